/* analyzers/tls_hidden.h: handshake messages of TLS 1.3 that were opened with logged secrets. */
#ifndef OVERT_ANALYZERS_TLS_HIDDEN_H
#define OVERT_ANALYZERS_TLS_HIDDEN_H

#include "analyzers/tls_handshake.h"

/* One whole message after ServerHello; body is what follows its header. The fault is that of the
 * body. */
enum bytes_fault tls_hidden_message(struct tls_handshake *hs, const struct segment *seg,
                                    uint8_t type, struct bytes body, struct sink *sink);

#endif

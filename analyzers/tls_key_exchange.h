/* analyzers/tls_key_exchange.h: the ServerKeyExchange message of SSL 3.0 to TLS 1.2. */
#ifndef OVERT_ANALYZERS_TLS_KEY_EXCHANGE_H
#define OVERT_ANALYZERS_TLS_KEY_EXCHANGE_H

#include "analyzers/tls_handshake.h"

/* Body of the message: reports group and signature, and whether that verifies. The fault is that of
 * the body. */
enum bytes_fault tls_key_exchange_server(struct tls_handshake *hs, const struct segment *seg,
                                         struct bytes body, struct sink *sink);

#endif

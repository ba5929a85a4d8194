/* analyzers/quic_close.h: what CONNECTION_CLOSE says. */
#ifndef OVERT_ANALYZERS_QUIC_CLOSE_H
#define OVERT_ANALYZERS_QUIC_CLOSE_H

#include "analyzers/tls_handshake.h"

/* RFC 9000 20.1: an alert of TLS, or an error of QUIC; *reported: an error, or one that was opened,
 * was told before. */
void quic_close_report(struct tls_handshake *hs, const struct segment *seg, uint64_t error,
                       bool *reported, struct sink *sink);

#endif

/* analyzers/tls_sslv2.h: SSL 2.0, and the SSL 2.0 form of later ClientHellos. */
#ifndef OVERT_ANALYZERS_TLS_SSLV2_H
#define OVERT_ANALYZERS_TLS_SSLV2_H

#include "analyzers/tls_handshake.h"

/* Does the stream start with an SSL 2.0 hello? Looks only. */
enum claim tls_sslv2_claim(struct bytes in);
/* Reads one SSL 2.0 record from *in and reports it; false when it is not all there. Only ask after
 * tls_sslv2_claim, or in a connection whose version is SSL 2.0. */
bool tls_sslv2_record(struct tls_handshake *hs, const struct segment *seg, struct bytes *in,
                      struct sink *sink);

#endif

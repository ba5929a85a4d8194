/* analyzers/tls_status.h: the OCSP response that a server staples to its certificate. */
#ifndef OVERT_ANALYZERS_TLS_STATUS_H
#define OVERT_ANALYZERS_TLS_STATUS_H

#include "analyzers/tls_handshake.h"

/* CertificateStatus (RFC 6066 8, RFC 6961 2.2): reports OBS_TLS_OCSP when the leaf and its issuer
 * were shown before. */
enum bytes_fault tls_status_message(const struct tls_handshake *hs, const struct segment *seg,
                                    struct bytes body, struct sink *sink);

#endif

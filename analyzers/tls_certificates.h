/* analyzers/tls_certificates.h: the Certificate message of SSL 3.0 to TLS 1.2. */
#ifndef OVERT_ANALYZERS_TLS_CERTIFICATES_H
#define OVERT_ANALYZERS_TLS_CERTIFICATES_H

#include "analyzers/tls_handshake.h"

struct certificate; /* analyzers/crypto/certificates.h */

/* Body of the message: reports its chain. The fault is that of the body; of a cut body the whole
 * certificates are reported. */
enum bytes_fault tls_certificates_message(struct tls_handshake *hs, const struct segment *seg,
                                          struct bytes body, struct sink *sink);
/* The same of TLS 1.3, opened. */
enum bytes_fault tls_certificates_hidden(struct tls_handshake *hs, const struct segment *seg,
                                         struct bytes body, struct sink *sink);
/* Body of CertificateRequest: reports the CAs whose certificates the server takes. The fault is
 * that of the body. */
enum bytes_fault tls_certificates_request(const struct tls_handshake *hs, const struct segment *seg,
                                          struct bytes body, struct sink *sink);
/* Reports one certificate of the server's (or the client's) chain, and gives its SHA-256 (32
 * bytes); false without memory. */
bool tls_certificates_report(const struct segment *seg, struct bytes der, bool client,
                             uint16_t index, struct sink *sink, uint8_t *ret_digest);

/* Reports what is known of a certificate of a chain. */
void tls_certificates_describe(const struct segment *seg, const struct certificate *c, bool client,
                               uint16_t index, struct sink *sink);

#endif

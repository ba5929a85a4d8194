/* analyzers/crypto/ocsp.h: what a stapled OCSP response says of a server's certificate (RFC 6960).
 */
#ifndef OVERT_ANALYZERS_CRYPTO_OCSP_H
#define OVERT_ANALYZERS_CRYPTO_OCSP_H

#include "analyzers/crypto/certificates.h"

/* The word of the flow record; constant English:
 *   good, revoked, unknown   signed by the certificate's issuer, or by whom it charged with that
 *   stale                    the same, but not for the time of the packets
 *   other                    about other certificates
 *   invalid                  not signed by those who may
 *   unreadable               no OCSP response, or one without an answer
 *   unchecked                a certificate is no longer kept
 * leaf and issuer: SHA-256 of the two certificates, 32 bytes each. time_us: since 1970. Takes the
 * lock of certificates. */
const char *ocsp_check(const struct certificates *certificates, const uint8_t *leaf,
                       const uint8_t *issuer, struct bytes response, int64_t time_us);

#endif

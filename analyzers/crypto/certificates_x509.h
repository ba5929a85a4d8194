/* analyzers/crypto/certificates_x509.h: OpenSSL's side of the kept certificates, for trust.c. */
#ifndef OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H
#define OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H

#include "analyzers/crypto/certificates.h"
#include "base/text.h"

struct x509_st;

/* The certificate with this hex SHA-256: borrowed until the next certificates_add. NULL when it is
 * not kept or was never readable. */
struct x509_st *certificates_x509(const struct certificates *certificates, const char *sha256);

enum { CERTIFICATE_TEXT_MAX = 32 * 1024 }; /* bytes of all texts of one certificate */

/* Fills in *ret_certificate except sha256; texts go to `texts`. NULL, or why it cannot be done. */
const char *certificates_x509_describe(struct x509_st *x509, struct text *texts,
                                       struct certificate *ret_certificate);

#endif

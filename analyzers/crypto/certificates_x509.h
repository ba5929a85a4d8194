/* analyzers/crypto/certificates_x509.h: OpenSSL's side of the kept certificates, for trust.c. */
#ifndef OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H
#define OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H

#include "analyzers/crypto/certificates.h"
#include "base/text.h"

struct x509_st;

/* The certificate with this hex SHA-256: borrowed until the next certificates_add. NULL when it is
 * not kept or was never readable. */
struct x509_st *certificates_x509(const struct certificates *certificates, const char *sha256);

struct evp_pkey_st;

/* The public key of the certificate with this SHA-256 (32 bytes), parsed once: borrowed like the
 * certificate. NULL when that is not kept, or its key is of no kind that OpenSSL knows. */
struct evp_pkey_st *certificates_key(const struct certificates *certificates, const uint8_t *digest,
                                     bool *ret_cheap);

enum { CERTIFICATE_TEXT_MAX = 32 * 1024 }; /* bytes of all texts of one certificate */

/* Fills in *ret_certificate except sha256; texts go to `texts`. NULL, or why it cannot be done. */
const char *certificates_x509_describe(struct x509_st *x509, struct text *texts,
                                       struct certificate *ret_certificate);

#endif

/* analyzers/crypto/certificates_x509.h: OpenSSL's side of the kept certificates, for trust.c. */
#ifndef OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H
#define OVERT_ANALYZERS_CRYPTO_CERTIFICATES_X509_H

#include "analyzers/crypto/certificates.h"
#include "base/text.h"

struct x509_st;
struct X509_name_st;
struct evp_pkey_st;

/* The certificate with this hex SHA-256, with all that OpenSSL can do for it; read when first asked
 * for. Borrowed until the next certificates_add. NULL when it is not kept or was never readable. */
struct x509_st *certificates_x509(const struct certificates *certificates, const char *sha256);

/* The public key of the certificate with this SHA-256 (32 bytes), made once: borrowed like the
 * certificate. NULL when that is not kept, or its key is of no kind that OpenSSL knows. */
struct evp_pkey_st *certificates_key(const struct certificates *certificates, const uint8_t *digest,
                                     bool *ret_cheap);

enum { CERTIFICATE_TEXT_MAX = 32 * 1024 }; /* bytes of all texts of one certificate */

/* Appends a distinguished name as certificates bear it in .issuer; false: it does not fit. */
bool certificates_x509_name(const struct X509_name_st *name, struct text *text);

/* Fills in what the certificate says, texts go to `texts`; key: its own, or NULL when OpenSSL knows
 * none like it. NULL, or why it cannot be done. */
const char *certificates_x509_describe(struct x509_st *x509, const struct evp_pkey_st *key,
                                       struct text *texts, struct certificate *ret_certificate);

#endif

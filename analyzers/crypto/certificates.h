/* analyzers/crypto/certificates.h: X.509 certificates, each parsed once and kept by SHA-256. */
#ifndef OVERT_ANALYZERS_CRYPTO_CERTIFICATES_H
#define OVERT_ANALYZERS_CRYPTO_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/crypto/digest.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
    CERTIFICATE_SANS = 100, /* names kept of one certificate */
    CERTIFICATE_EKUS = 8,
    CERTIFICATES_CHAIN = 10, /* certificates of one chain that are looked at */
};

/* All texts are NUL-terminated valid UTF-8, escaped where the certificate is hostile. */
struct certificate {
    const char *subject,
        *issuer;        /* RFC 2253 form, most specific first: "CN=fe01.contoso.com,O=..." */
    const char *serial; /* hex, upper case, no colons */
    const char *san[CERTIFICATE_SANS]; /* "fe01.contoso.com", "10.0.1.10", "sip:..." */
    const char *eku[CERTIFICATE_EKUS]; /* "serverAuth" or dotted OID */
    uint32_t san_count, eku_count;
    int64_t not_before_us, not_after_us; /* microseconds since 1970, UTC */
    const char *key_type;                /* RSA EC DSA Ed25519 Ed448 ... or an OID */
    uint32_t key_bits;
    const char *key_curve;      /* "P-256"; NULL when not EC */
    const char *signature;      /* "sha256WithRSAEncryption" */
    char sha256[65];            /* hex, lower case */
    uint8_t digest[32];         /* the same, as bytes */
    uint8_t key_digest[32];     /* SHA-256 of the public key's bits (RFC 5280 4.1.2.7) */
    uint8_t authority_key[32];  /* its issuer's key, as the issuer calls it (RFC 5280 4.2.1.1) */
    uint8_t authority_key_size; /* 0 = not told; of longer ones the beginning */
    bool has_key_digest;
    bool cheap_key;    /* its key is small enough to be tried on signatures */
    bool self_signed;  /* subject equals issuer and its own key, if not huge, verifies it */
    bool ca;           /* basicConstraints CA */
    const char *error; /* why the DER could not be read; then only sha256 is filled in */
};

struct authorities; /* analyzers/crypto/authorities.h */
struct certificates;
struct verified;

/* Keeps at most `most` certificates (the least recently used goes first). */
OV_MUST_CHECK enum ov_status certificates_new(uint32_t most,
                                              struct certificates **ret_certificates);
void certificates_free(struct certificates *certificates);
/* Which holders have proved their keys: of the cache, with a lock of its own. */
struct verified *certificates_verified(const struct certificates *certificates);
/* Names of CAs, printed: of the cache, with a lock of its own. */
struct authorities *certificates_authorities(const struct certificates *certificates);
/* Several threads may use one cache: what looks into it, and the use of what that gives, stands
 * between these two (NULL: nothing is locked). certificates_add and _enter lock by themselves. */
void certificates_lock(const struct certificates *certificates);
void certificates_unlock(const struct certificates *certificates);
/* The description of one DER certificate (all of der is used): borrowed until the next
 * certificates_add. Never NULL: hostile bytes give .error. NULL only without memory. */
const struct certificate *certificates_add(struct certificates *certificates, struct bytes der);
/* The same, and the lock is held when it returns: the caller unlocks, also after NULL. */
const struct certificate *certificates_enter(struct certificates *certificates, struct bytes der);
/* The DER of a kept certificate as base64 (RFC 4648 4), the first time that anybody asks for it:
 * ret_text is the caller's, for free(). False later, and where none is kept or no memory. */
bool certificates_untold(const struct certificates *certificates, const char *sha256,
                         char **ret_text);
/* Keeps a certificate written so. False when the text is no base64; what is no certificate is kept
 * as such. */
bool certificates_add_text(struct certificates *certificates, const char *text);
/* The kept certificate with this hex SHA-256, or NULL when it was never seen or is gone. */
const struct certificate *certificates_find(const struct certificates *certificates,
                                            const char *sha256);
/* Another digest of the DER of the certificate with this hex SHA-256. Returns its bytes; 0 when it
 * is not kept, was never readable, or the hash is unknown. */
uint32_t certificates_digest(const struct certificates *certificates, const char *sha256,
                             enum digest_hash hash, uint8_t ret_digest[DIGEST_SIZE_MAX]);

#endif

/* analyzers/crypto/signatures.c: signatures of handshakes through OpenSSL's EVP (RFC 5246 4.7,
 * RFC 8422 5.10, RFC 8446 4.2.3). */
#include "analyzers/crypto/signatures.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "analyzers/crypto/certificates_x509.h"

enum digest { MD5_SHA1, MD5, SHA1, SHA224, SHA256, SHA384, SHA512, DIGESTS, NO_DIGEST };

enum {
    MESSAGE_MAX = 128 * 1024
}; /* bytes that an EdDSA key may have signed: it wants them in one */

struct signatures {
    EVP_MD_CTX *context;      /* owned */
    EVP_MD *digests[DIGESTS]; /* owned, fetched once; NULL: this OpenSSL has not got it */
    uint8_t *message;         /* owned, MESSAGE_MAX bytes, made when first needed */
};

/* How one kind of key signs. */
struct method {
    int key; /* EVP_PKEY_* */
    enum digest digest;
    uint16_t scheme;
    bool pss;
};

/* RFC 8446 4.2.3, RFC 5246 7.4.1.4.1. */
static const struct method methods[] = {
    { EVP_PKEY_RSA, MD5, 0x0101, false },         { EVP_PKEY_RSA, SHA1, 0x0201, false },
    { EVP_PKEY_RSA, SHA224, 0x0301, false },      { EVP_PKEY_RSA, SHA256, 0x0401, false },
    { EVP_PKEY_RSA, SHA384, 0x0501, false },      { EVP_PKEY_RSA, SHA512, 0x0601, false },
    { EVP_PKEY_DSA, SHA1, 0x0202, false },        { EVP_PKEY_DSA, SHA224, 0x0302, false },
    { EVP_PKEY_DSA, SHA256, 0x0402, false },      { EVP_PKEY_DSA, SHA384, 0x0502, false },
    { EVP_PKEY_DSA, SHA512, 0x0602, false },      { EVP_PKEY_EC, SHA1, 0x0203, false },
    { EVP_PKEY_EC, SHA224, 0x0303, false },       { EVP_PKEY_EC, SHA256, 0x0403, false },
    { EVP_PKEY_EC, SHA384, 0x0503, false },       { EVP_PKEY_EC, SHA512, 0x0603, false },
    { EVP_PKEY_RSA, SHA256, 0x0804, true },       { EVP_PKEY_RSA, SHA384, 0x0805, true },
    { EVP_PKEY_RSA, SHA512, 0x0806, true },       { EVP_PKEY_ED25519, NO_DIGEST, 0x0807, false },
    { EVP_PKEY_ED448, NO_DIGEST, 0x0808, false }, { EVP_PKEY_RSA_PSS, SHA256, 0x0809, true },
    { EVP_PKEY_RSA_PSS, SHA384, 0x080a, true },   { EVP_PKEY_RSA_PSS, SHA512, 0x080b, true },
};

/* RFC 4346 7.4.3, RFC 4492 5.4: RSA signs MD5 and SHA-1 one behind the other. */
static const struct method legacy_methods[] = {
    { EVP_PKEY_RSA, MD5_SHA1, 0, false },
    { EVP_PKEY_DSA, SHA1, 0, false },
    { EVP_PKEY_EC, SHA1, 0, false },
};

enum ov_status signatures_new(struct signatures **ret_signatures)
{
    static const char *const names[DIGESTS] = {
        [MD5_SHA1] = "MD5-SHA1", [MD5] = "MD5",         [SHA1] = "SHA1",
        [SHA224] = "SHA2-224",   [SHA256] = "SHA2-256", [SHA384] = "SHA2-384",
        [SHA512] = "SHA2-512",
    };
    *ret_signatures = NULL;
    struct signatures *s = calloc(1, sizeof *s);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (s == NULL || context == NULL) {
        EVP_MD_CTX_free(context);
        free(s);
        return OV_NOMEM;
    }
    s->context = context;
    for (unsigned i = 0; i < DIGESTS; i++) {
        s->digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
    }
    ERR_clear_error();
    *ret_signatures = s;
    return OV_OK;
}

void signatures_free(struct signatures *signatures)
{
    if (signatures == NULL) {
        return;
    }
    for (unsigned i = 0; i < DIGESTS; i++) {
        EVP_MD_free(signatures->digests[i]);
    }
    EVP_MD_CTX_free(signatures->context);
    free(signatures->message);
    free(signatures);
}

/* How the claim says it was signed; NULL and *ret_reason when that cannot be. */
static const struct method *method_of(const struct signatures *s,
                                      const struct signature_claim *claim, const EVP_PKEY *key,
                                      const char **ret_reason)
{
    const struct method *list = claim->legacy ? legacy_methods : methods;
    size_t count = claim->legacy ? sizeof legacy_methods / sizeof *legacy_methods
                                 : sizeof methods / sizeof *methods;
    int type = EVP_PKEY_get_base_id(key);
    *ret_reason = claim->legacy ? "key-mismatch" : "unknown-scheme";
    for (size_t i = 0; i < count; i++) {
        const struct method *m = &list[i];
        if (!claim->legacy && m->scheme == claim->scheme && m->key != type) {
            *ret_reason = "key-mismatch";
            return NULL;
        }
        if (m->key == type && (claim->legacy || m->scheme == claim->scheme)) {
            bool had = m->digest == NO_DIGEST || s->digests[m->digest] != NULL;
            *ret_reason = had ? NULL : "unknown-scheme";
            return had ? m : NULL;
        }
    }
    return NULL;
}

/* The pieces in one; 0 bytes: too many, or no memory. */
static size_t gather(struct signatures *s, const struct signature_claim *claim)
{
    if (s->message == NULL) {
        s->message = malloc(MESSAGE_MAX);
    }
    size_t size = 0;
    for (uint32_t i = 0; s->message != NULL && i < claim->piece_count; i++) {
        struct bytes piece = claim->pieces[i];
        uint32_t n = bytes_left(&piece);
        if (n > MESSAGE_MAX - size) {
            return 0;
        }
        bytes_copy(&piece, s->message + size, n);
        size += n;
    }
    return s->message != NULL ? size : 0;
}

/* 1: verifies. 0: does not. Less: OpenSSL failed, or the signature is no signature at all. */
static int verify_whole(struct signatures *s, const struct signature_claim *claim,
                        const uint8_t *signature, size_t size, bool *ret_done)
{
    size_t message = gather(s, claim);
    *ret_done = message > 0;
    return message > 0 ? EVP_DigestVerify(s->context, signature, size, s->message, message) : 0;
}

static int verify_digest(struct signatures *s, const struct signature_claim *claim,
                         const uint8_t *signature, size_t size, bool *ret_done)
{
    for (uint32_t i = 0; i < claim->piece_count; i++) {
        struct bytes piece = claim->pieces[i];
        uint32_t n = bytes_left(&piece);
        const uint8_t *at = bytes_skip(&piece, n);
        if (n > 0 && EVP_DigestVerifyUpdate(s->context, at, n) != 1) {
            *ret_done = false;
            return 0;
        }
    }
    *ret_done = true;
    return EVP_DigestVerifyFinal(s->context, signature, size);
}

static bool prepare(struct signatures *s, const struct method *m, EVP_PKEY *key)
{
    EVP_PKEY_CTX *key_context = NULL;
    const EVP_MD *digest = m->digest == NO_DIGEST ? NULL : s->digests[m->digest];
    if (EVP_MD_CTX_reset(s->context) != 1 ||
        EVP_DigestVerifyInit(s->context, &key_context, digest, NULL, key) != 1) {
        return false;
    }
    return !m->pss || (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) > 0 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_AUTO) > 0);
}

/* Our own lack of memory is not the signer's fault. */
static bool failed_here(void)
{
    unsigned long error = ERR_peek_error();
    return error != 0 && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
}

static enum signature_result verify(struct signatures *s, const struct method *m, EVP_PKEY *key,
                                    const struct signature_claim *claim, const char **ret_reason)
{
    if (bytes_left(&claim->signature) == 0) {
        return SIGNATURE_INVALID;
    }
    ERR_clear_error();
    if (!prepare(s, m, key)) {
        *ret_reason = "unknown-scheme"; /* a key that this OpenSSL does not use for signatures */
        return SIGNATURE_UNCHECKED;
    }
    struct bytes rest = claim->signature;
    uint32_t size = bytes_left(&rest);
    const uint8_t *signature = bytes_skip(&rest, size);
    bool done = false;
    int verified = m->digest == NO_DIGEST ? verify_whole(s, claim, signature, size, &done)
                                          : verify_digest(s, claim, signature, size, &done);
    if (!done || (verified != 1 && failed_here())) {
        *ret_reason = "no-memory";
        return SIGNATURE_UNCHECKED;
    }
    return verified == 1 ? SIGNATURE_VALID : SIGNATURE_INVALID;
}

/* With a key that may be used. */
static enum signature_result check(struct signatures *s, EVP_PKEY *key, bool cheap,
                                   const struct signature_claim *claim, const char **ret_reason)
{
    if (key == NULL) {
        *ret_reason = "no-certificate";
        return SIGNATURE_UNCHECKED;
    }
    const struct method *m = method_of(s, claim, key, ret_reason);
    if (m == NULL) {
        return SIGNATURE_UNCHECKED;
    }
    if (!cheap) {
        *ret_reason = "key-too-large";
        return SIGNATURE_UNCHECKED;
    }
    return verify(s, m, key, claim, ret_reason);
}

enum signature_result signatures_verify(struct signatures *signatures,
                                        struct certificates *certificates,
                                        const struct signature_claim *claim,
                                        const char **ret_reason)
{
    bool cheap = false;
    *ret_reason = NULL;
    certificates_lock(certificates); /* the key, not the certificate, is ours from here on */
    EVP_PKEY *key = certificates_key(certificates, claim->signer, &cheap);
    key = key != NULL && EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    certificates_unlock(certificates);
    enum signature_result result = check(signatures, key, cheap, claim, ret_reason);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return result;
}

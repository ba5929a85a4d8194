/* analyzers/crypto/key_schedule.c: TLS1-PRF and TLS13-KDF of OpenSSL, and digests. */
#include "analyzers/crypto/key_schedule.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_HASH = 254, WORD_SIZE = 16 };

struct key_schedule {
    EVP_KDF_CTX *prf, *hkdf; /* owned */
};

struct handshake_hash {
    EVP_MD_CTX *context; /* owned */
};

static EVP_KDF_CTX *kdf(const char *name)
{
    EVP_KDF *fetched = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *context = fetched != NULL ? EVP_KDF_CTX_new(fetched) : NULL;
    EVP_KDF_free(fetched);
    return context;
}

enum ov_status key_schedule_new(struct key_schedule **ret_schedule)
{
    struct key_schedule *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return OV_NOMEM;
    }
    s->prf = kdf("TLS1-PRF");
    s->hkdf = kdf("TLS13-KDF");
    if (s->prf == NULL || s->hkdf == NULL) {
        key_schedule_free(s);
        return OV_NOMEM;
    }
    *ret_schedule = s;
    return OV_OK;
}

void key_schedule_free(struct key_schedule *s)
{
    if (s != NULL) {
        EVP_KDF_CTX_free(s->prf);
        EVP_KDF_CTX_free(s->hkdf);
        free(s);
    }
}

/* OpenSSL's parameters point to what is not constant. */
static OSSL_PARAM text_parameter(const char *key, const char *value, char buffer[WORD_SIZE])
{
    size_t size = strlen(value);
    size = size < WORD_SIZE ? size : WORD_SIZE - 1;
    memcpy(buffer, value, size);
    buffer[size] = '\0';
    return OSSL_PARAM_construct_utf8_string(key, buffer, 0);
}

bool key_schedule_expand(struct key_schedule *s, const char *hash,
                         const struct keylog_secret *secret, const char *label, uint8_t *out,
                         size_t size)
{
    uint8_t word[WORD_SIZE];
    char digest[WORD_SIZE], prefix[] = "tls13 ";
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    struct keylog_secret key = *secret;
    size_t label_size = strlen(label);
    if (label_size > sizeof word) {
        return false;
    }
    for (size_t i = 0; i < label_size; i++) {
        word[i] = (uint8_t)label[i];
    }
    OSSL_PARAM parameters[] = {
        text_parameter(OSSL_KDF_PARAM_DIGEST, hash, digest),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.bytes, key.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, sizeof prefix - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, word, label_size),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX_reset(s->hkdf);
    bool done = EVP_KDF_derive(s->hkdf, out, size, parameters) == 1;
    EVP_KDF_CTX_reset(s->hkdf); /* overwrites its key */
    OPENSSL_cleanse(&key, sizeof key);
    return done;
}

bool key_schedule_block(struct key_schedule *s, const char *hash,
                        const struct keylog_secret *master,
                        const uint8_t randoms[2 * KEY_RANDOM_SIZE], uint8_t *out, size_t size)
{
    static const char label[] = "key expansion";
    enum { LABEL = sizeof label - 1 };
    char digest[WORD_SIZE];
    uint8_t seed[LABEL + 2 * KEY_RANDOM_SIZE];
    struct keylog_secret key = *master;
    memcpy(seed, label, LABEL);
    memcpy(seed + LABEL, randoms, sizeof seed - LABEL);
    OSSL_PARAM parameters[] = {
        text_parameter(OSSL_KDF_PARAM_DIGEST, hash, digest),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, key.bytes, key.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX_reset(s->prf);
    bool done = EVP_KDF_derive(s->prf, out, size, parameters) == 1;
    EVP_KDF_CTX_reset(s->prf);
    OPENSSL_cleanse(&key, sizeof key);
    return done;
}

struct handshake_hash *key_schedule_hash_new(const char *hash)
{
    struct handshake_hash *h = calloc(1, sizeof *h);
    EVP_MD *digest = EVP_MD_fetch(NULL, hash, NULL);
    if (h != NULL) {
        h->context = EVP_MD_CTX_new();
    }
    bool good = h != NULL && h->context != NULL && digest != NULL &&
                EVP_DigestInit_ex2(h->context, digest, NULL) == 1;
    EVP_MD_free(digest);
    if (!good) {
        key_schedule_hash_free(h);
        return NULL;
    }
    return h;
}

void key_schedule_hash_free(struct handshake_hash *h)
{
    if (h != NULL) {
        EVP_MD_CTX_free(h->context);
        free(h);
    }
}

bool key_schedule_hash_add(struct handshake_hash *h, struct bytes bytes)
{
    uint32_t size = bytes_left(&bytes);
    const uint8_t *at = bytes_skip(&bytes, size);
    return size == 0 || EVP_DigestUpdate(h->context, at, size) == 1;
}

uint32_t key_schedule_hash_value(const struct handshake_hash *h, uint8_t *out)
{
    unsigned size = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    bool good = copy != NULL && EVP_MD_CTX_copy_ex(copy, h->context) == 1 &&
                EVP_MD_CTX_get_size(copy) <= KEY_HASH_MAX &&
                EVP_DigestFinal_ex(copy, out, &size) == 1;
    EVP_MD_CTX_free(copy);
    return good ? size : 0;
}

bool key_schedule_hash_restart(struct handshake_hash *h)
{
    uint8_t message[4 + KEY_HASH_MAX] = { MESSAGE_HASH };
    uint32_t size = key_schedule_hash_value(h, message + 4);
    message[3] = (uint8_t)size;
    return size > 0 && EVP_DigestInit_ex2(h->context, NULL, NULL) == 1 &&
           EVP_DigestUpdate(h->context, message, 4 + size) == 1;
}

bool key_schedule_finished(struct key_schedule *s, const char *hash,
                           const struct keylog_secret *secret, const uint8_t *value,
                           struct bytes finished)
{
    uint8_t key[KEY_HASH_MAX], mac[KEY_HASH_MAX];
    size_t size = secret->size, mac_size = 0;
    bool good = key_schedule_expand(s, hash, secret, "finished", key, size) &&
                EVP_Q_mac(NULL, "HMAC", NULL, hash, NULL, key, size, value, size, mac, sizeof mac,
                          &mac_size) != NULL;
    OPENSSL_cleanse(key, sizeof key);
    return good && bytes_equal(&finished, mac, (uint32_t)mac_size);
}

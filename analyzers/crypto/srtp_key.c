/* analyzers/crypto/srtp_key.c: names of SDES suites, base64 of keys, and the AES-CM derivation. */
#include "analyzers/crypto/srtp_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum {
    BLOCK_SIZE = 16,
    LABEL_AT = 7,                                  /* byte of the salt that the label goes into */
    DECODED_MAX = SRTP_KEY_TEXT_MAX / 4 * 3,       /* with what stands for padding */
    DERIVED_MAX = SRTP_KEY_CIPHER_MAX + BLOCK_SIZE /* bytes that are derived in one go */
};

/* RFC 4568 6.2, RFC 6188 4, RFC 7714 14.2; the third spelling of AES-192 and AES-256 is that of
 * many products. F8 differs from AES-CM in the cipher alone, which no tag depends on. */
static const struct srtp_suite suites[] = {
    /* clang-format off */
    { "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false },
    { "AES_CM_128_HMAC_SHA1_32", 16, 14,  4, 10, false },
    { "F8_128_HMAC_SHA1_80",     16, 14, 10, 10, false },
    { "AES_192_CM_HMAC_SHA1_80", 24, 14, 10, 10, false },
    { "AES_192_CM_HMAC_SHA1_32", 24, 14,  4, 10, false },
    { "AES_CM_192_HMAC_SHA1_80", 24, 14, 10, 10, false },
    { "AES_CM_192_HMAC_SHA1_32", 24, 14,  4, 10, false },
    { "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false },
    { "AES_256_CM_HMAC_SHA1_32", 32, 14,  4, 10, false },
    { "AES_CM_256_HMAC_SHA1_80", 32, 14, 10, 10, false },
    { "AES_CM_256_HMAC_SHA1_32", 32, 14,  4, 10, false },
    { "AEAD_AES_128_GCM",        16, 12, 16, 16, true },
    { "AEAD_AES_256_GCM",        32, 12, 16, 16, true },
    /* clang-format on */
};

const struct srtp_suite *srtp_key_suite(const char *name)
{
    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        if (strcmp(suites[i].name, name) == 0) {
            return &suites[i];
        }
    }
    return NULL;
}

uint32_t srtp_key_read(struct bytes text, uint8_t ret_bytes[SRTP_KEY_MAX])
{
    uint8_t padded[SRTP_KEY_TEXT_MAX + 1] = { 0 };
    uint8_t decoded[DECODED_MAX];
    uint32_t size = bytes_left(&text);
    while (size > 0 && bytes_peek(&text, size - 1) == '=') {
        size--;
    }
    uint32_t whole = (size + 3) / 4 * 4;
    if (size == 0 || size % 4 == 1 || whole > SRTP_KEY_TEXT_MAX ||
        !bytes_copy(&text, padded, size)) {
        return 0;
    }
    memset(padded + size, '=', whole - size);
    int n = EVP_DecodeBlock(decoded, padded, (int)whole);
    uint32_t bytes = size * 3 / 4;
    bool good = n == (int)(whole / 4 * 3) && bytes <= SRTP_KEY_MAX;
    if (good) {
        memcpy(ret_bytes, decoded, bytes);
    }
    OPENSSL_cleanse(padded, sizeof padded);
    OPENSSL_cleanse(decoded, sizeof decoded);
    return good ? bytes : 0;
}

static const EVP_CIPHER *counter_mode(uint8_t key_size)
{
    return key_size == 32   ? EVP_aes_256_ctr()
           : key_size == 24 ? EVP_aes_192_ctr()
                            : EVP_aes_128_ctr();
}

/* The key stream for the block number salt XOR label, times 2^16. */
bool srtp_key_derive(const struct srtp_key *key, unsigned label, uint8_t *out, uint32_t size)
{
    static const uint8_t zeros[DERIVED_MAX];
    uint8_t counter[BLOCK_SIZE] = { 0 };
    const uint8_t *salt = key->bytes + key->suite->key_size;
    int n = 0;
    if (size > sizeof zeros) {
        return false;
    }
    memcpy(counter, salt, key->suite->salt_size);
    counter[LABEL_AT] = (uint8_t)(counter[LABEL_AT] ^ label);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good = context != NULL &&
                EVP_EncryptInit_ex(context, counter_mode(key->suite->key_size), NULL, key->bytes,
                                   counter) == 1 &&
                EVP_EncryptUpdate(context, out, &n, zeros, (int)size) == 1 && n == (int)size;
    EVP_CIPHER_CTX_free(context); /* overwrites its key */
    OPENSSL_cleanse(counter, sizeof counter);
    return good;
}

void srtp_key_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}

/* analyzers/crypto/record_keys.c: AEAD and CBC records (RFC 8446 5.2, RFC 5246 6.2.3, RFC 7905, RFC
 * 7366, RFC 6655) through OpenSSL's EVP. */
#include "analyzers/crypto/record_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

enum {
    NONCE_SIZE = 12,
    SALT_SIZE = 4,     /* fixed part of the nonce of GCM and CCM, TLS 1.2 */
    EXPLICIT_SIZE = 8, /* the part that the record brings */
    BLOCK_MAX = 16,
    KEY_MAX = 32,
    MAC_MAX = 48,
    HEAD_MAX = 13, /* number(8) type(1) version(2) length(2) */
    TLS10 = 0x0301,
    KEY_BLOCK_MAX = 2 * (MAC_MAX + KEY_MAX + BLOCK_MAX),
};

struct record_keys {
    struct record_suite suite;
    EVP_CIPHER_CTX *cipher;      /* owned */
    EVP_MAC_CTX *hmac;           /* owned, of CBC */
    struct keylog_secret secret; /* TLS 1.3: traffic secret */
    uint64_t number;             /* of the next record */
    uint8_t key[KEY_MAX], mac_key[MAC_MAX];
    uint8_t iv[BLOCK_MAX]; /* fixed part of the nonce; TLS 1.0: the last block sent */
    bool is_13, encrypt_then_mac, chained;
};

void record_keys_free(struct record_keys *k)
{
    if (k != NULL) {
        EVP_CIPHER_CTX_free(k->cipher);
        EVP_MAC_CTX_free(k->hmac);
        OPENSSL_cleanse(k, sizeof *k);
        free(k);
    }
}

static bool set_up_cipher(struct record_keys *k)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, k->suite.cipher, NULL);
    k->cipher = EVP_CIPHER_CTX_new();
    bool good = cipher != NULL && k->cipher != NULL &&
                EVP_DecryptInit_ex2(k->cipher, cipher, NULL, NULL, NULL) == 1;
    EVP_CIPHER_free(cipher);
    if (good && k->suite.mode == RECORD_CBC) {
        return EVP_CIPHER_CTX_set_padding(k->cipher, 0) == 1;
    }
    return good && EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) == 1;
}

static bool set_up_mac(struct record_keys *k)
{
    char digest[16];
    size_t size = strlen(k->suite.mac);
    memcpy(digest, k->suite.mac, size + 1);
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    k->hmac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return k->hmac != NULL && EVP_MAC_CTX_set_params(k->hmac, parameters) == 1;
}

static struct record_keys *make(const struct record_suite *suite)
{
    struct record_keys *k = calloc(1, sizeof *k);
    if (k == NULL) {
        return NULL;
    }
    k->suite = *suite;
    if (!set_up_cipher(k) || (suite->mode == RECORD_CBC && !set_up_mac(k))) {
        record_keys_free(k);
        ERR_clear_error();
        return NULL;
    }
    return k;
}

/* RFC 5246 6.3: two MAC keys, two keys, two IVs, the client's first. */
static void cut_block(struct record_keys *k, const uint8_t *block, bool client, size_t iv_size)
{
    const struct record_suite *s = &k->suite;
    const uint8_t *keys = block + 2 * (size_t)s->mac_size;
    const uint8_t *ivs = keys + 2 * (size_t)s->key_size;
    memcpy(k->mac_key, client ? block : block + s->mac_size, s->mac_size);
    memcpy(k->key, client ? keys : keys + s->key_size, s->key_size);
    memcpy(k->iv, client ? ivs : ivs + iv_size, iv_size);
}

struct record_keys *record_keys_master(struct key_schedule *schedule,
                                       const struct record_terms *terms)
{
    bool old = terms->version < 0x0303 || terms->version == 0xfeff; /* before (D)TLS 1.2 */
    struct record_keys *k = make(terms->suite);
    if (k == NULL || (old && k->suite.mode != RECORD_CBC)) {
        record_keys_free(k);
        return NULL;
    }
    k->chained = terms->version == TLS10;
    k->encrypt_then_mac = terms->encrypt_then_mac && k->suite.mode == RECORD_CBC;
    size_t iv_size = k->chained                       ? k->suite.block_size
                     : k->suite.mode == RECORD_CHACHA ? NONCE_SIZE
                     : k->suite.mode == RECORD_CBC    ? 0
                                                      : SALT_SIZE;
    size_t size = 2 * ((size_t)k->suite.mac_size + k->suite.key_size + iv_size);
    uint8_t block[KEY_BLOCK_MAX], randoms[2 * KEY_RANDOM_SIZE];
    memcpy(randoms, terms->server_random, KEY_RANDOM_SIZE);
    memcpy(randoms + KEY_RANDOM_SIZE, terms->client_random, KEY_RANDOM_SIZE);
    bool good = key_schedule_block(schedule, old ? "MD5-SHA1" : k->suite.hash, terms->master,
                                   randoms, block, size);
    cut_block(k, block, terms->client, iv_size);
    OPENSSL_cleanse(block, sizeof block);
    if (!good) {
        record_keys_free(k);
        return NULL;
    }
    return k;
}

/* RFC 8446 7.3. */
static bool derive(struct key_schedule *schedule, struct record_keys *k)
{
    k->number = 0;
    return key_schedule_expand(schedule, k->suite.hash, &k->secret, "key", k->key,
                               k->suite.key_size) &&
           key_schedule_expand(schedule, k->suite.hash, &k->secret, "iv", k->iv, NONCE_SIZE);
}

struct record_keys *record_keys_traffic(struct key_schedule *schedule,
                                        const struct record_suite *suite,
                                        const struct keylog_secret *secret)
{
    bool fits = suite->mode != RECORD_CBC && secret->size == suite->hash_size;
    struct record_keys *k = fits ? make(suite) : NULL;
    if (k == NULL) {
        return NULL;
    }
    k->is_13 = true;
    k->secret = *secret;
    if (!derive(schedule, k)) {
        record_keys_free(k);
        return NULL;
    }
    return k;
}

bool record_keys_update(struct key_schedule *schedule, struct record_keys *k)
{
    struct keylog_secret next = { .size = k->secret.size };
    bool good = key_schedule_expand(schedule, k->suite.hash, &k->secret, "traffic upd", next.bytes,
                                    next.size);
    k->secret = next;
    OPENSSL_cleanse(&next, sizeof next);
    return good && derive(schedule, k);
}

const struct keylog_secret *record_keys_secret(const struct record_keys *k)
{
    return &k->secret;
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

/* What is authenticated beside the text: before TLS 1.3 with the number in front. */
static uint32_t write_head(const struct record_keys *k, const struct record_head *head,
                           uint64_t number, uint32_t size, uint8_t out[HEAD_MAX])
{
    uint32_t at = k->is_13 ? 0 : 8;
    put_u64(out, number); /* overwritten where it has no place */
    out[at] = head->type;
    put_u16(out + at + 1, head->version);
    put_u16(out + at + 3, size);
    return at + 5;
}

/* nonce: the fixed part with the number (TLS 1.3, ChaCha20), or with the record's own part. */
static bool read_nonce(const struct record_keys *k, uint64_t number, struct bytes *body,
                       uint8_t nonce[NONCE_SIZE])
{
    memcpy(nonce, k->iv, NONCE_SIZE);
    if (!k->is_13 && k->suite.mode != RECORD_CHACHA) {
        return bytes_copy(body, nonce + SALT_SIZE, EXPLICIT_SIZE);
    }
    uint8_t bytes[8];
    put_u64(bytes, number);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        nonce[NONCE_SIZE - sizeof bytes + i] ^= bytes[i];
    }
    return true;
}

/* Text and tag under one key; CCM wants to know the size before. */
static bool unseal(struct record_keys *k, const uint8_t nonce[NONCE_SIZE], struct bytes head,
                   struct bytes body, uint8_t *text)
{
    uint8_t tag[BLOCK_MAX], none[BLOCK_MAX];
    uint32_t size = bytes_left(&body) - k->suite.tag_size;
    const uint8_t *sealed = bytes_skip(&body, size);
    uint32_t head_size = bytes_left(&head);
    const uint8_t *head_at = bytes_skip(&head, head_size);
    bool ccm = k->suite.mode == RECORD_CCM;
    int n = 0;
    if (!bytes_copy(&body, tag, k->suite.tag_size) ||
        EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_SET_TAG, k->suite.tag_size, tag) != 1 ||
        EVP_DecryptInit_ex2(k->cipher, NULL, k->key, nonce, NULL) != 1 ||
        (ccm && EVP_DecryptUpdate(k->cipher, NULL, &n, NULL, (int)size) != 1) ||
        EVP_DecryptUpdate(k->cipher, NULL, &n, head_at, (int)head_size) != 1) {
        return false;
    }
    if (ccm) { /* verifies here; has no final step */
        return EVP_DecryptUpdate(k->cipher, text, &n, size > 0 ? sealed : none, (int)size) == 1;
    }
    return (size == 0 || EVP_DecryptUpdate(k->cipher, text, &n, sealed, (int)size) == 1) &&
           EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_SET_TAG, k->suite.tag_size, tag) == 1 &&
           EVP_DecryptFinal_ex(k->cipher, none, &n) == 1;
}

static bool open_aead(struct record_keys *k, const struct record_head *head, uint64_t number,
                      struct bytes body, uint8_t *text, uint32_t *ret_size)
{
    uint8_t nonce[NONCE_SIZE], ours[HEAD_MAX];
    uint32_t whole = bytes_left(&body);
    if (!read_nonce(k, number, &body, nonce) || bytes_left(&body) < k->suite.tag_size) {
        return false;
    }
    uint32_t size = bytes_left(&body) - k->suite.tag_size;
    uint32_t head_size = write_head(k, head, number, k->is_13 ? whole : size, ours);
    *ret_size = size;
    return unseal(k, nonce, bytes_of(ours, head_size, head_size), body, text);
}

/* HMAC over the head and these bytes: is it the tag? */
static bool is_mac(struct record_keys *k, struct bytes head, struct bytes text, const uint8_t *tag)
{
    uint8_t mac[MAC_MAX];
    size_t size = 0;
    uint32_t head_size = bytes_left(&head), text_size = bytes_left(&text);
    const uint8_t *head_at = bytes_skip(&head, head_size);
    const uint8_t *text_at = bytes_skip(&text, text_size);
    return EVP_MAC_init(k->hmac, k->mac_key, k->suite.mac_size, NULL) == 1 &&
           EVP_MAC_update(k->hmac, head_at, head_size) == 1 &&
           (text_size == 0 || EVP_MAC_update(k->hmac, text_at, text_size) == 1) &&
           EVP_MAC_final(k->hmac, mac, &size, sizeof mac) == 1 && size == k->suite.mac_size &&
           CRYPTO_memcmp(mac, tag, size) == 0;
}

/* RFC 5246 6.2.3.2: the last byte p, and p more of them before it. Size without; 0 = wrong. */
static uint32_t strip_padding(const uint8_t *text, uint32_t size)
{
    uint32_t padding = text[size - 1];
    if (padding + 1 > size) {
        return 0;
    }
    for (uint32_t i = size - 1 - padding; i < size; i++) {
        if (text[i] != padding) {
            return 0;
        }
    }
    return size - 1 - padding;
}

/* Decrypts blocks: an IV of their own in front, or the last block of the record before. */
static uint32_t decrypt_blocks(struct record_keys *k, struct bytes body, uint8_t *text)
{
    uint8_t iv[BLOCK_MAX], last[BLOCK_MAX];
    uint32_t block = k->suite.block_size;
    int n = 0;
    memcpy(iv, k->iv, block);
    if (!k->chained && !bytes_copy(&body, iv, block)) {
        return 0;
    }
    uint32_t size = bytes_left(&body);
    struct bytes end = body;
    if (size == 0 || size % block != 0) {
        return 0;
    }
    bytes_skip(&end, size - block);
    bytes_copy(&end, last, block);
    if (EVP_DecryptInit_ex2(k->cipher, NULL, k->key, iv, NULL) != 1 ||
        EVP_DecryptUpdate(k->cipher, text, &n, bytes_skip(&body, size), (int)size) != 1 ||
        (uint32_t)n != size) {
        return 0;
    }
    memcpy(k->iv, last, block);
    return size;
}

/* RFC 7366: the MAC is over what was sent. */
static bool open_encrypt_then_mac(struct record_keys *k, const struct record_head *head,
                                  uint64_t number, struct bytes body, uint8_t *text,
                                  uint32_t *ret_size)
{
    uint8_t ours[HEAD_MAX], tag[MAC_MAX];
    uint32_t mac_size = k->suite.mac_size;
    if (bytes_left(&body) < mac_size) {
        return false;
    }
    struct bytes blocks = bytes_take(&body, bytes_left(&body) - mac_size);
    uint32_t head_size = write_head(k, head, number, bytes_left(&blocks), ours);
    if (!bytes_copy(&body, tag, mac_size) ||
        !is_mac(k, bytes_of(ours, head_size, head_size), blocks, tag)) {
        return false;
    }
    uint32_t size = decrypt_blocks(k, blocks, text);
    uint32_t stripped = size > 0 ? strip_padding(text, size) : 0;
    *ret_size = stripped;
    return size > 0 && (stripped > 0 || text[size - 1] + 1U == size);
}

/* RFC 5246 6.2.3.2: text, MAC over the text, padding: all of it encrypted. */
static bool open_mac_then_encrypt(struct record_keys *k, const struct record_head *head,
                                  uint64_t number, struct bytes body, uint8_t *text,
                                  uint32_t *ret_size)
{
    uint8_t ours[HEAD_MAX];
    uint32_t size = decrypt_blocks(k, body, text);
    uint32_t stripped = size > 0 ? strip_padding(text, size) : 0;
    if (stripped < k->suite.mac_size) {
        return false;
    }
    *ret_size = stripped - k->suite.mac_size;
    uint32_t head_size = write_head(k, head, number, *ret_size, ours);
    return is_mac(k, bytes_of(ours, head_size, head_size), bytes_of(text, *ret_size, *ret_size),
                  text + *ret_size);
}

/* RFC 8446 5.2: text, its type, zeros. */
static bool read_inner_type(const uint8_t *text, uint32_t *size, uint8_t *ret_type)
{
    while (*size > 0 && text[*size - 1] == 0) {
        --*size;
    }
    if (*size == 0) {
        return false;
    }
    *ret_type = text[--*size];
    return true;
}

static bool open_record(struct record_keys *k, const struct record_head *head, uint64_t number,
                        struct bytes body, uint8_t *text, uint32_t *ret_size)
{
    if (k->suite.mode != RECORD_CBC) {
        return open_aead(k, head, number, body, text, ret_size);
    }
    return k->encrypt_then_mac ? open_encrypt_then_mac(k, head, number, body, text, ret_size)
                               : open_mac_then_encrypt(k, head, number, body, text, ret_size);
}

bool record_keys_open(struct record_keys *k, const struct record_head *head, struct bytes body,
                      uint8_t *text, uint32_t *ret_size, uint8_t *ret_type)
{
    bool datagram = head->version >> 8 == 0xfe;
    uint64_t number = datagram ? head->number : k->number;
    if (body.cut > 0 || bytes_left(&body) > RECORD_TEXT_MAX) {
        return false;
    }
    bool good = open_record(k, head, number, body, text, ret_size);
    *ret_type = head->type;
    k->number += good;
    ERR_clear_error();
    return good && (!k->is_13 || read_inner_type(text, ret_size, ret_type));
}

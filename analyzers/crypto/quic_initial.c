/* analyzers/crypto/quic_initial.c: keys of QUIC Initial packets, protection of packets and of their
 * headers (RFC 9001 5), and the integrity tag of Retry packets. */
#include "analyzers/crypto/quic_initial.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKET_MAX = 65535, /* a UDP datagram has no more */
    SECRET_SIZE = 32,   /* SHA-256 */
    LABEL_MAX = 32,     /* bytes of a label, "tls13 " included */
    SAMPLE_AT = 4,      /* of the sample for header protection, from the packet number (5.4.2) */
    SAMPLE_SIZE = 16,
    LONG_HEADER = 0x80,
};

/* OpenSSL's names. */
static const struct {
    const char *packet, *header;
} ciphers[QUIC_CIPHERS] = {
    [QUIC_AES_128_GCM] = { "AES-128-GCM", "AES-128-ECB" },
    [QUIC_AES_256_GCM] = { "AES-256-GCM", "AES-256-ECB" },
    [QUIC_CHACHA20] = { "ChaCha20-Poly1305", "ChaCha20" },
};

struct quic_initial {
    EVP_MAC *mac;
    EVP_MAC_CTX *hmac;                                             /* with SHA-256 */
    EVP_CIPHER_CTX *packets[QUIC_CIPHERS], *headers[QUIC_CIPHERS]; /* owned */
    uint8_t packet[1 + QUIC_CID_MAX + PACKET_MAX]; /* being opened; a Retry's pseudo-packet */
};

static EVP_CIPHER_CTX *make_context(const char *name, bool seals)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
    if (context != NULL && EVP_CipherInit_ex2(context, cipher, NULL, NULL, seals, NULL) != 1) {
        EVP_CIPHER_CTX_free(context);
        context = NULL;
    }
    EVP_CIPHER_free(cipher);
    return context;
}

static bool set_up(struct quic_initial *q)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    bool good = true;
    for (unsigned i = 0; i < QUIC_CIPHERS; i++) {
        q->packets[i] = make_context(ciphers[i].packet, false);
        q->headers[i] = make_context(ciphers[i].header, true);
        good &= q->packets[i] != NULL && q->headers[i] != NULL;
    }
    q->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    q->hmac = q->mac != NULL ? EVP_MAC_CTX_new(q->mac) : NULL;
    return good && q->hmac != NULL && EVP_MAC_CTX_set_params(q->hmac, params) == 1;
}

enum ov_status quic_initial_new(struct quic_initial **ret_initial)
{
    struct quic_initial *q = calloc(1, sizeof *q);
    if (q == NULL || !set_up(q)) {
        quic_initial_free(q);
        return OV_NOMEM;
    }
    *ret_initial = q;
    return OV_OK;
}

void quic_initial_free(struct quic_initial *q)
{
    if (q != NULL) {
        for (unsigned i = 0; i < QUIC_CIPHERS; i++) {
            EVP_CIPHER_CTX_free(q->packets[i]);
            EVP_CIPHER_CTX_free(q->headers[i]);
        }
        EVP_MAC_CTX_free(q->hmac);
        EVP_MAC_free(q->mac);
        OPENSSL_cleanse(q->packet, sizeof q->packet);
        free(q);
    }
}

/* A byte string of our own. */
struct octets {
    const uint8_t *at;
    size_t size;
};

static bool hmac(struct quic_initial *q, struct octets key, struct octets data,
                 uint8_t ret_mac[SECRET_SIZE])
{
    size_t size = 0;
    return EVP_MAC_init(q->hmac, key.at, key.size, NULL) == 1 &&
           EVP_MAC_update(q->hmac, data.at, data.size) == 1 &&
           EVP_MAC_final(q->hmac, ret_mac, &size, SECRET_SIZE) == 1 && size == SECRET_SIZE;
}

/* HKDF-Expand-Label (RFC 8446 7.1) without context. What is wanted is never longer than a digest,
 * so it is the first HMAC of HKDF-Expand (RFC 5869 2.3): length(2) label(1+) context(1+) 1. */
static bool expand(struct quic_initial *q, const uint8_t secret[SECRET_SIZE], const char *label,
                   uint8_t *out, uint8_t size)
{
    static const char prefix[] = "tls13 ";
    uint8_t info[2 + 1 + LABEL_MAX + 1 + 1], digest[SECRET_SIZE];
    size_t prefix_size = sizeof prefix - 1, label_size = strlen(label), n = 0;
    if (prefix_size + label_size > LABEL_MAX || size > SECRET_SIZE) {
        return false;
    }
    info[n++] = 0;
    info[n++] = size;
    info[n++] = (uint8_t)(prefix_size + label_size);
    memcpy(info + n, prefix, prefix_size);
    memcpy(info + n + prefix_size, label, label_size);
    n += prefix_size + label_size;
    info[n++] = 0;
    info[n++] = 1;
    if (!hmac(q, (struct octets){ secret, SECRET_SIZE }, (struct octets){ info, n }, digest)) {
        return false;
    }
    memcpy(out, digest, size);
    return true;
}

bool quic_initial_derive(struct quic_initial *q, const struct quic_protection *protection,
                         const struct quic_cid *first, bool server, struct quic_keys *ret_keys)
{
    uint8_t common[SECRET_SIZE], secret[SECRET_SIZE];
    struct octets salt = { protection->salt, QUIC_SALT_SIZE };
    struct octets cid = { first->bytes, first->size };
    ret_keys->cipher = QUIC_AES_128_GCM;
    return hmac(q, salt, cid, common) &&
           expand(q, common, server ? "server in" : "client in", secret, SECRET_SIZE) &&
           expand(q, secret, protection->key_label, ret_keys->key, QUIC_KEY_SIZE) &&
           expand(q, secret, protection->iv_label, ret_keys->iv, QUIC_IV_SIZE) &&
           expand(q, secret, protection->hp_label, ret_keys->hp, QUIC_KEY_SIZE);
}

/* RFC 9000 A.3: the number nearest to the next one that ends in these bits. */
static int64_t whole_number(int64_t largest, uint32_t low, unsigned bits)
{
    int64_t window = (int64_t)1 << bits, expected = largest + 1;
    int64_t number = (expected & ~(window - 1)) | (int64_t)low;
    if (number <= expected - window / 2) {
        return number + window;
    }
    return number > expected + window / 2 && number >= window ? number - window : number;
}

/* RFC 9001 5.4: what the header is masked with; ChaCha20 takes counter and nonce from the sample as
 * OpenSSL wants them. */
static bool mask_of(struct quic_initial *q, const struct quic_keys *keys, const uint8_t *sample,
                    uint8_t mask[SAMPLE_SIZE])
{
    static const uint8_t zeros[SAMPLE_SIZE];
    EVP_CIPHER_CTX *context = q->headers[keys->cipher];
    bool stream = keys->cipher == QUIC_CHACHA20;
    int size = 0;
    return EVP_EncryptInit_ex2(context, NULL, keys->hp, stream ? sample : NULL, NULL) == 1 &&
           EVP_EncryptUpdate(context, mask, &size, stream ? zeros : sample, SAMPLE_SIZE) == 1 &&
           size == SAMPLE_SIZE;
}

/* RFC 9001 5.4.1: unmasks first byte and packet number of q->packet; its size in bytes, 0 after a
 * failure. */
static unsigned unmask(struct quic_initial *q, const struct quic_keys *keys, uint32_t number_at)
{
    uint8_t mask[SAMPLE_SIZE];
    if (!mask_of(q, keys, q->packet + number_at + SAMPLE_AT, mask)) {
        return 0;
    }
    q->packet[0] ^= mask[0] & ((q->packet[0] & LONG_HEADER) != 0 ? 0x0f : 0x1f);
    unsigned bytes = (q->packet[0] & 3) + 1U;
    for (unsigned i = 0; i < bytes; i++) {
        q->packet[number_at + i] ^= mask[1 + i];
    }
    return bytes;
}

static uint32_t low_number(const struct quic_initial *q, uint32_t at, unsigned bytes)
{
    uint32_t low = 0;
    for (unsigned i = 0; i < bytes; i++) {
        low = low << 8 | q->packet[at + i];
    }
    return low;
}

/* A key with its nonce. */
struct sealing {
    EVP_CIPHER_CTX *context;
    const uint8_t *key, *iv;
};

/* Checks and decrypts in place: header(header_size) text(size) tag. */
static bool unseal(struct quic_initial *q, const struct sealing *by, uint32_t header_size,
                   uint32_t size)
{
    uint8_t *text = q->packet + header_size, none[1];
    int n = 0;
    return EVP_DecryptInit_ex2(by->context, NULL, by->key, by->iv, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(by->context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_SIZE, text + size) ==
               1 &&
           EVP_DecryptUpdate(by->context, NULL, &n, q->packet, (int)header_size) == 1 &&
           (size == 0 || EVP_DecryptUpdate(by->context, text, &n, text, (int)size) == 1) &&
           EVP_DecryptFinal_ex(by->context, none, &n) == 1;
}

bool quic_initial_open(struct quic_initial *q, const struct quic_keys *keys, struct bytes packet,
                       uint32_t number_at, int64_t *largest, struct bytes *ret_payload)
{
    uint32_t size = bytes_sent(&packet);
    if (size > PACKET_MAX || number_at > size || size - number_at < SAMPLE_AT + SAMPLE_SIZE ||
        !bytes_copy(&packet, q->packet, size)) {
        return false;
    }
    unsigned bytes = unmask(q, keys, number_at);
    if (bytes == 0) {
        return false;
    }
    int64_t number = whole_number(*largest, low_number(q, number_at, bytes), bytes * 8);
    uint8_t iv[QUIC_IV_SIZE];
    for (unsigned i = 0; i < QUIC_IV_SIZE; i++) {
        unsigned shift = (QUIC_IV_SIZE - 1 - i) * 8;
        iv[i] = (uint8_t)(keys->iv[i] ^ (shift < 64 ? (uint64_t)number >> shift & 0xff : 0));
    }
    uint32_t header_size = number_at + bytes;
    uint32_t payload_size = size - header_size - QUIC_TAG_SIZE;
    struct sealing by = { q->packets[keys->cipher], keys->key, iv };
    if (!unseal(q, &by, header_size, payload_size)) {
        return false;
    }
    *largest = number > *largest ? number : *largest;
    *ret_payload = bytes_of(q->packet + header_size, payload_size, payload_size);
    return true;
}

/* The tag is that of no text at all, with the pseudo-packet as what goes with it: connection
 * id(1+), the Retry packet without its tag. */
bool quic_initial_retry(struct quic_initial *q, const struct quic_protection *protection,
                        const struct quic_cid *first, struct bytes packet)
{
    uint32_t size = bytes_sent(&packet);
    uint32_t prefix = 1U + first->size;
    if (size < QUIC_TAG_SIZE || size > PACKET_MAX ||
        !bytes_copy(&packet, q->packet + prefix, size)) {
        return false;
    }
    q->packet[0] = first->size;
    memcpy(q->packet + 1, first->bytes, first->size);
    struct sealing by = { q->packets[QUIC_AES_128_GCM], protection->retry_key,
                          protection->retry_iv };
    return unseal(q, &by, prefix + size - QUIC_TAG_SIZE, 0);
}

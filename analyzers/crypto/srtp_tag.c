/* analyzers/crypto/srtp_tag.c: HMAC-SHA1 (RFC 3711 4.2) and AES-GCM (RFC 7714) tags. */
#include "analyzers/crypto/srtp_tag.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum {
    RTP_HEADER = 12, /* bytes without CSRCs and extension */
    RTCP_HEADER = 8, /* bytes in clear */
    INDEX_SIZE = 4,  /* bytes of E and SRTCP index */
    NONCE_SIZE = 12,
    SHA1_SIZE = 20,
    GCM_TAG = 16,
};

/* What is asked of a packet. */
enum kind { OF_RTP, OF_RTCP, KINDS };

struct srtp_tag {
    const struct srtp_suite *suite; /* NULL = no key at hand */
    uint8_t identifier_size;
    bool keyed[KINDS];                        /* contexts have the key at hand */
    bool mac_held[KINDS], cipher_held[KINDS]; /* they have one, of which nothing else is left */
    struct srtp_key key;
    struct srtp_session session[KINDS];
    bool derived[KINDS];
    EVP_MAC_CTX *mac[KINDS];       /* owned */
    EVP_CIPHER_CTX *cipher[KINDS]; /* owned */
    uint8_t text[SRTP_TAG_PACKET_MAX];
};

/* An AEAD packet in its parts, all borrowed. */
struct sealed {
    uint8_t nonce[NONCE_SIZE];
    const uint8_t *head, *index, *text, *tag; /* index: NULL = no part of what is authentic */
    uint32_t head_size, text_size;
};

enum ov_status srtp_tag_new(struct srtp_tag **ret_tag)
{
    char sha1[] = "SHA1";
    const OSSL_PARAM digest[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0),
        OSSL_PARAM_construct_end(),
    };
    struct srtp_tag *t = calloc(1, sizeof *t);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bool good = t != NULL && hmac != NULL;
    for (unsigned i = 0; good && i < KINDS; i++) {
        t->mac[i] = EVP_MAC_CTX_new(hmac);
        t->cipher[i] = EVP_CIPHER_CTX_new();
        good = t->mac[i] != NULL && t->cipher[i] != NULL &&
               EVP_MAC_CTX_set_params(t->mac[i], digest) == 1;
    }
    EVP_MAC_free(hmac);
    if (!good) {
        srtp_tag_free(t);
        return OV_NOMEM;
    }
    *ret_tag = t;
    return OV_OK;
}

/* The contexts keep theirs until the next one takes its place. */
static void drop_key(struct srtp_tag *t)
{
    OPENSSL_cleanse(&t->key, sizeof t->key);
    OPENSSL_cleanse(t->session, sizeof t->session);
    for (unsigned i = 0; i < KINDS; i++) {
        t->keyed[i] = false;
        t->derived[i] = false;
    }
    t->suite = NULL;
}

void srtp_tag_forget(struct srtp_tag *t)
{
    static const uint8_t nothing[SRTP_KEY_AUTH_SIZE];
    drop_key(t);
    for (unsigned i = 0; i < KINDS; i++) {
        if (t->cipher_held[i]) {
            EVP_CIPHER_CTX_reset(t->cipher[i]);
        }
        if (t->mac_held[i]) {
            (void)EVP_MAC_init(t->mac[i], nothing, sizeof nothing, NULL); /* takes its place */
        }
        t->cipher_held[i] = t->mac_held[i] = false;
    }
}

void srtp_tag_free(struct srtp_tag *t)
{
    if (t == NULL) {
        return;
    }
    srtp_tag_forget(t);
    for (unsigned i = 0; i < KINDS; i++) {
        EVP_MAC_CTX_free(t->mac[i]);
        EVP_CIPHER_CTX_free(t->cipher[i]);
    }
    free(t);
}

void srtp_tag_use(struct srtp_tag *t, const struct srtp_key *key)
{
    drop_key(t);
    t->suite = key->suite;
    t->identifier_size = key->identifier_size;
    t->key = *key;
}

void srtp_tag_use_session(struct srtp_tag *t, const struct srtp_suite *suite,
                          uint8_t identifier_size, const struct srtp_session session[2])
{
    drop_key(t);
    t->suite = suite;
    t->identifier_size = identifier_size;
    memcpy(t->session, session, sizeof t->session);
    t->derived[OF_RTP] = t->derived[OF_RTCP] = true;
}

static bool derive(struct srtp_tag *t, enum kind kind)
{
    struct srtp_session *s = &t->session[kind];
    unsigned more = kind == OF_RTCP ? SRTP_KEY_RTCP : 0;
    if (t->derived[kind]) {
        return true;
    }
    t->derived[kind] =
        t->suite->gcm
            ? srtp_key_derive(&t->key, SRTP_KEY_CIPHER + more, s->cipher, t->suite->key_size) &&
                  srtp_key_derive(&t->key, SRTP_KEY_SALT + more, s->salt, t->suite->salt_size)
            : srtp_key_derive(&t->key, SRTP_KEY_AUTH + more, s->auth, sizeof s->auth);
    return t->derived[kind];
}

/* Puts the session keys into the contexts; false: OpenSSL failed, or there is no key. */
static bool prepare(struct srtp_tag *t, enum kind kind)
{
    if (t->suite == NULL || t->keyed[kind]) {
        return t->suite != NULL;
    }
    const struct srtp_session *s = &t->session[kind];
    if (!derive(t, kind)) {
        return false;
    }
    if (t->suite->gcm) {
        const EVP_CIPHER *gcm = t->suite->key_size == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
        t->cipher_held[kind] = true;
        t->keyed[kind] = EVP_DecryptInit_ex(t->cipher[kind], gcm, NULL, s->cipher, NULL) == 1;
    } else {
        t->mac_held[kind] = true;
        t->keyed[kind] = EVP_MAC_init(t->mac[kind], s->auth, sizeof s->auth, NULL) == 1;
    }
    return t->keyed[kind];
}

/* covered || roll_over (SRTP only), RFC 3711 4.2. */
static bool is_hmac(EVP_MAC_CTX *mac, struct bytes covered, const uint8_t *roll_over,
                    const uint8_t *tag, uint32_t tag_size)
{
    uint8_t digest[SHA1_SIZE];
    size_t n = 0;
    uint32_t size = bytes_left(&covered);
    return EVP_MAC_init(mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(mac, bytes_skip(&covered, size), size) == 1 &&
           (roll_over == NULL || EVP_MAC_update(mac, roll_over, 4) == 1) &&
           EVP_MAC_final(mac, digest, &n, sizeof digest) == 1 && n >= tag_size &&
           CRYPTO_memcmp(digest, tag, tag_size) == 0;
}

static bool opens(struct srtp_tag *t, enum kind kind, const struct sealed *s)
{
    EVP_CIPHER_CTX *c = t->cipher[kind];
    uint8_t tag[GCM_TAG];
    int n = 0;
    memcpy(tag, s->tag, sizeof tag);
    bool good = EVP_DecryptInit_ex(c, NULL, NULL, NULL, s->nonce) == 1 &&
                EVP_DecryptUpdate(c, NULL, &n, s->head, (int)s->head_size) == 1 &&
                (s->index == NULL || EVP_DecryptUpdate(c, NULL, &n, s->index, INDEX_SIZE) == 1) &&
                EVP_DecryptUpdate(c, t->text, &n, s->text, (int)s->text_size) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) == 1 &&
                EVP_DecryptFinal_ex(c, t->text + n, &n) == 1;
    OPENSSL_cleanse(t->text, s->text_size);
    return good;
}

/* Both nonces of RFC 7714: 00 00 SSRC(4) and six bytes of the packet's index, XOR the salt. */
static void make_nonce(const struct srtp_session *session, const uint8_t *ssrc,
                       const uint8_t index[6], uint8_t nonce[NONCE_SIZE])
{
    memset(nonce, 0, NONCE_SIZE);
    memcpy(nonce + 2, ssrc, 4);
    memcpy(nonce + 6, index, 6);
    for (unsigned i = 0; i < NONCE_SIZE; i++) {
        nonce[i] ^= session->salt[i];
    }
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* Bytes of the header with CSRCs and extension (RFC 3550 5.1, 5.3.1); 0: not all are there. */
static uint32_t header_size(struct bytes packet)
{
    uint32_t all = bytes_left(&packet);
    uint8_t first = bytes_u8(&packet);
    bytes_skip(&packet, RTP_HEADER - 1 + (first & 15) * 4U);
    if ((first & 0x10) != 0) {
        bytes_skip(&packet, 2);
        uint16_t words = bytes_u16(&packet);
        bytes_skip(&packet, words * 4U);
    }
    return bytes_ok(&packet) ? all - bytes_left(&packet) : 0;
}

/* RFC 7714 8: header || ciphertext || tag || MKI. */
static bool is_sealed_rtp(struct srtp_tag *t, struct bytes packet, const uint8_t *roll_over)
{
    struct sealed s = { .head_size = header_size(packet) };
    uint8_t index[6];
    uint32_t size = bytes_left(&packet), end = GCM_TAG + t->identifier_size;
    if (s.head_size == 0 || size < s.head_size + end) {
        return false;
    }
    s.text_size = size - s.head_size - end;
    s.head = bytes_skip(&packet, s.head_size);
    s.text = bytes_skip(&packet, s.text_size);
    s.tag = bytes_skip(&packet, GCM_TAG);
    memcpy(index, roll_over, 4);
    memcpy(index + 4, s.head + 2, 2);
    make_nonce(&t->session[OF_RTP], s.head + 8, index, s.nonce);
    return opens(t, OF_RTP, &s);
}

/* RFC 7714 9: header || ciphertext || tag || E and index || MKI; E = 0: all is in clear, and
 * authentic. */
static bool is_sealed_rtcp(struct srtp_tag *t, struct bytes packet)
{
    uint32_t size = bytes_left(&packet), end = GCM_TAG + INDEX_SIZE + t->identifier_size;
    uint8_t index[6] = { 0 };
    if (size < RTCP_HEADER + end) {
        return false;
    }
    struct sealed s = { .head_size = RTCP_HEADER, .text_size = size - RTCP_HEADER - end };
    s.head = bytes_skip(&packet, RTCP_HEADER);
    s.text = bytes_skip(&packet, s.text_size);
    s.tag = bytes_skip(&packet, GCM_TAG);
    s.index = bytes_skip(&packet, INDEX_SIZE);
    memcpy(index + 2, s.index, INDEX_SIZE);
    index[2] &= 0x7f;
    if ((s.index[0] & 0x80) == 0) {
        s.head_size += s.text_size;
        s.text_size = 0;
    }
    make_nonce(&t->session[OF_RTCP], s.head + 4, index, s.nonce);
    return opens(t, OF_RTCP, &s);
}

static bool is_whole(const struct bytes *packet, uint32_t least)
{
    return bytes_ok(packet) && bytes_left(packet) == bytes_sent(packet) &&
           bytes_left(packet) >= least && bytes_left(packet) <= SRTP_TAG_PACKET_MAX;
}

bool srtp_tag_rtp(struct srtp_tag *t, struct bytes packet, uint32_t roll_over)
{
    uint8_t counter[4];
    put_u32(counter, roll_over);
    if (!is_whole(&packet, RTP_HEADER) || !prepare(t, OF_RTP)) {
        return false;
    }
    if (t->suite->gcm) {
        return is_sealed_rtp(t, packet, counter);
    }
    uint32_t end = (uint32_t)t->suite->tag_size + t->identifier_size;
    if (bytes_left(&packet) < RTP_HEADER + end) {
        return false;
    }
    struct bytes covered = bytes_take(&packet, bytes_left(&packet) - end);
    bytes_skip(&packet, t->identifier_size);
    return is_hmac(t->mac[OF_RTP], covered, counter, bytes_skip(&packet, t->suite->tag_size),
                   t->suite->tag_size);
}

/* RFC 3711 3.4: packet || E and index || MKI || tag. */
bool srtp_tag_rtcp(struct srtp_tag *t, struct bytes packet)
{
    if (!is_whole(&packet, RTCP_HEADER) || !prepare(t, OF_RTCP)) {
        return false;
    }
    if (t->suite->gcm) {
        return is_sealed_rtcp(t, packet);
    }
    uint32_t end = (uint32_t)t->suite->rtcp_tag_size + t->identifier_size;
    if (bytes_left(&packet) < RTCP_HEADER + INDEX_SIZE + end) {
        return false;
    }
    struct bytes covered = bytes_take(&packet, bytes_left(&packet) - end);
    bytes_skip(&packet, t->identifier_size);
    return is_hmac(t->mac[OF_RTCP], covered, NULL, bytes_skip(&packet, t->suite->rtcp_tag_size),
                   t->suite->rtcp_tag_size);
}

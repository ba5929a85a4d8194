/* analyzers/crypto/certificates.c: certificates kept by SHA-256, the least recently used goes
 * first. What one says is read in certificates_x509.c, once. */
#include "analyzers/crypto/certificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/authorities.h"
#include "analyzers/crypto/certificates_x509.h"
#include "analyzers/crypto/digest.h"
#include "analyzers/crypto/public_key.h"
#include "analyzers/crypto/verified.h"
#include "base/keyed_hash.h"

enum { DER_MAX = 64 * 1024, DER_TEXT_MAX = (DER_MAX + 2) / 3 * 4, DIGEST_SIZE = 32 };

struct entry {
    struct certificate view; /* texts point into texts */
    EVP_PKEY *key;           /* owned; NULL when none that OpenSSL knows */
    X509 *x509;              /* owned: read again with all OpenSSL knows; NULL until asked for */
    uint8_t *der;            /* owned; NULL when unreadable */
    uint32_t size;           /* bytes of der */
    bool told;               /* by certificates_untold */
    char *texts;             /* owned */
    struct entry *next;      /* of the same bucket */
    struct entry *newer, *older; /* by last use */
};

struct certificates {
    struct entry **buckets; /* owned; bucket_count is a power of two */
    uint32_t bucket_count;
    uint32_t count, most;
    struct entry *newest, *oldest;
    struct hash_seed seed;
    struct public_keys *keys;        /* owned */
    struct verified *verified;       /* owned */
    struct authorities *authorities; /* owned */
    pthread_mutex_t *lock;           /* owned; const users lock too */
};

enum ov_status certificates_new(uint32_t most, struct certificates **ret_certificates)
{
    *ret_certificates = NULL;
    struct certificates *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return OV_NOMEM;
    }
    c->most = most > 0 ? most : 1;
    c->bucket_count = 16;
    while (c->bucket_count < c->most && c->bucket_count < 1u << 20) {
        c->bucket_count *= 2;
    }
    c->buckets = calloc(c->bucket_count, sizeof(struct entry *));
    c->lock = calloc(1, sizeof(pthread_mutex_t));
    c->keys = public_keys_new();
    c->verified = verified_new();
    c->authorities = authorities_new();
    if (c->buckets == NULL || c->lock == NULL || c->keys == NULL || c->verified == NULL ||
        c->authorities == NULL || pthread_mutex_init(c->lock, NULL) != 0) {
        authorities_free(c->authorities);
        verified_free(c->verified);
        public_keys_free(c->keys);
        free(c->buckets);
        free(c->lock);
        free(c);
        return OV_NOMEM;
    }
    c->seed = hash_seed_random();
    *ret_certificates = c;
    return OV_OK;
}

static void free_entry(struct entry *e)
{
    EVP_PKEY_free(e->key);
    X509_free(e->x509);
    free(e->der);
    free(e->texts);
    free(e);
}

void certificates_free(struct certificates *certificates)
{
    if (certificates == NULL) {
        return;
    }
    for (struct entry *e = certificates->newest; e != NULL;) {
        struct entry *older = e->older;
        free_entry(e);
        e = older;
    }
    public_keys_free(certificates->keys);
    authorities_free(certificates->authorities);
    verified_free(certificates->verified);
    pthread_mutex_destroy(certificates->lock);
    free(certificates->lock);
    free(certificates->buckets);
    free(certificates);
}

struct authorities *certificates_authorities(const struct certificates *certificates)
{
    return certificates->authorities;
}

struct verified *certificates_verified(const struct certificates *certificates)
{
    return certificates->verified;
}

void certificates_lock(const struct certificates *certificates)
{
    if (certificates != NULL) {
        pthread_mutex_lock(certificates->lock);
    }
}

void certificates_unlock(const struct certificates *certificates)
{
    if (certificates != NULL) {
        pthread_mutex_unlock(certificates->lock);
    }
}

static struct entry **bucket_of(const struct certificates *c, const uint8_t *digest)
{
    return &c->buckets[keyed_hash(digest, DIGEST_SIZE, c->seed) & (c->bucket_count - 1)];
}

static struct entry *find(const struct certificates *c, const uint8_t *digest)
{
    struct entry *e = *bucket_of(c, digest);
    while (e != NULL && memcmp(e->view.digest, digest, DIGEST_SIZE) != 0) {
        e = e->next;
    }
    return e;
}

static void unlink_use(struct certificates *c, struct entry *e)
{
    struct entry **from_newer = e->newer != NULL ? &e->newer->older : &c->newest;
    struct entry **from_older = e->older != NULL ? &e->older->newer : &c->oldest;
    *from_newer = e->older;
    *from_older = e->newer;
}

static void link_newest(struct certificates *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (c->newest != NULL) {
        c->newest->newer = e;
    } else {
        c->oldest = e;
    }
    c->newest = e;
}

static void forget_oldest(struct certificates *c)
{
    struct entry *e = c->oldest;
    struct entry **at = bucket_of(c, e->view.digest);
    while (*at != e) {
        at = &(*at)->next;
    }
    *at = e->next;
    unlink_use(c, e);
    free_entry(e);
    c->count--;
}

/* Moves a text from the scratch buffer to the entry's own. */
static const char *moved(const char *scratch, const struct entry *e, const char *text)
{
    return text != NULL ? e->texts + (text - scratch) : NULL;
}

static bool keep_texts(const char *scratch, struct entry *e, size_t used)
{
    e->texts = malloc(used + 1);
    if (e->texts == NULL) {
        return false;
    }
    memcpy(e->texts, scratch, used + 1);
    struct certificate *v = &e->view;
    v->subject = moved(scratch, e, v->subject);
    v->issuer = moved(scratch, e, v->issuer);
    v->serial = moved(scratch, e, v->serial);
    v->key_type = moved(scratch, e, v->key_type);
    v->key_curve = moved(scratch, e, v->key_curve);
    v->signature = moved(scratch, e, v->signature);
    for (uint32_t i = 0; i < v->san_count; i++) {
        v->san[i] = moved(scratch, e, v->san[i]);
    }
    for (uint32_t i = 0; i < v->eku_count; i++) {
        v->eku[i] = moved(scratch, e, v->eku[i]);
    }
    return true;
}

/* With all that OpenSSL can do; NULL without memory, or where it finds a fault only then. */
static X509 *read_fully(const struct entry *e)
{
    const uint8_t *at = e->der;
    X509 *x509 = e->der != NULL ? d2i_X509(NULL, &at, (long)e->size) : NULL;
    ERR_clear_error();
    return x509;
}

/* Subject and issuer are the same, and its own key verifies it. */
static bool is_self_signed(const struct entry *e, X509 *x509)
{
    if (!e->view.cheap_key ||
        X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) != 0) {
        return false;
    }
    X509 *full = read_fully(e);
    bool verified = full != NULL && X509_self_signed(full, 1) == 1;
    X509_free(full);
    return verified;
}

/* What a readable certificate says. false: no memory. */
static bool describe(const struct public_keys *keys, struct entry *e, X509 *x509)
{
    char scratch[CERTIFICATE_TEXT_MAX];
    struct text texts = text_into(scratch, sizeof scratch);
    bool cheap = false;
    e->key = public_keys_make(keys, X509_get_X509_PUBKEY(x509), &cheap);
    e->view.error = certificates_x509_describe(x509, e->key, &texts, &e->view);
    if (e->view.error == NULL) {
        e->view.cheap_key = cheap;
        e->view.self_signed = is_self_signed(e, x509);
    }
    return e->view.error != NULL || keep_texts(scratch, e, texts.used);
}

/* Reads the DER into the entry, which has a copy; false only without memory. */
static bool read_der(const struct public_keys *keys, struct entry *e)
{
    const uint8_t *at = e->der;
    X509 *room = public_keys_x509(keys);
    if (room == NULL) {
        return false;
    }
    X509 *x509 = d2i_X509(&room, &at, (long)e->size); /* frees room when it fails */
    bool good = true;
    if (x509 == NULL || at != e->der + e->size) {
        e->view.error = x509 == NULL ? "not an X.509 certificate" : "bytes after its end";
    } else {
        good = describe(keys, e, x509);
    }
    X509_free(x509);
    ERR_clear_error();
    return good;
}

/* Of what cannot be read only that is kept. */
static void forget_contents(struct entry *e)
{
    e->view = (struct certificate){ .error = e->view.error };
    EVP_PKEY_free(e->key);
    free(e->der);
    e->key = NULL;
    e->der = NULL;
}

static bool fill(const struct public_keys *keys, struct entry *e, const uint8_t *der, uint32_t size)
{
    if (size > DER_MAX) {
        e->view.error = "larger than 64 KiB";
        return true;
    }
    e->der = malloc(size > 0 ? size : 1);
    if (e->der == NULL) {
        return false;
    }
    if (size > 0) {
        memcpy(e->der, der, size);
    }
    e->size = size;
    if (!read_der(keys, e)) {
        return false;
    }
    if (e->view.error != NULL) {
        forget_contents(e);
    }
    return true;
}

/* NULL without memory. */
static struct entry *read_entry(const struct public_keys *keys, const uint8_t *digest,
                                const uint8_t *der, uint32_t size)
{
    struct entry *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    if (!fill(keys, e, der, size)) {
        free_entry(e);
        return NULL;
    }
    memcpy(e->view.digest, digest, DIGEST_SIZE);
    struct text hex = text_into(e->view.sha256, sizeof e->view.sha256);
    text_put_hex(&hex, digest, DIGEST_SIZE);
    return e;
}

static void keep(struct certificates *c, struct entry *e)
{
    if (c->count == c->most) {
        forget_oldest(c);
    }
    struct entry **bucket = bucket_of(c, e->view.digest);
    e->next = *bucket;
    *bucket = e;
    link_newest(c, e);
    c->count++;
}

const struct certificate *certificates_enter(struct certificates *certificates, struct bytes der)
{
    uint8_t digest[DIGEST_SIZE];
    uint32_t size = bytes_left(&der);
    const uint8_t *at = bytes_skip(&der, size);
    digest_sha256(at, size, digest);
    certificates_lock(certificates);
    struct entry *e = find(certificates, digest);
    if (e == NULL) {
        certificates_unlock(certificates); /* OpenSSL takes its time */
        struct entry *fresh = read_entry(certificates->keys, digest, at, size);
        certificates_lock(certificates);
        e = find(certificates, digest); /* another thread may have been faster */
        if (e == NULL && fresh != NULL) {
            keep(certificates, fresh);
            return &fresh->view;
        }
        if (fresh != NULL) {
            free_entry(fresh);
        }
    }
    if (e == NULL) {
        return NULL;
    }
    unlink_use(certificates, e);
    link_newest(certificates, e);
    return &e->view;
}

const struct certificate *certificates_add(struct certificates *certificates, struct bytes der)
{
    const struct certificate *c = certificates_enter(certificates, der);
    certificates_unlock(certificates);
    return c;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The entry with this hex digest, or NULL. */
static struct entry *find_hex(const struct certificates *c, const char *sha256)
{
    uint8_t digest[DIGEST_SIZE];
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = digit_of(sha256[2 * i]);
        int low = high < 0 ? -1 : digit_of(sha256[2 * i + 1]);
        if (low < 0) {
            return NULL;
        }
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return sha256[2 * (size_t)DIGEST_SIZE] == '\0' ? find(c, digest) : NULL;
}

const struct certificate *certificates_find(const struct certificates *certificates,
                                            const char *sha256)
{
    const struct entry *e = find_hex(certificates, sha256);
    return e != NULL ? &e->view : NULL;
}

bool certificates_untold(const struct certificates *certificates, const char *sha256,
                         char **ret_text)
{
    certificates_lock(certificates);
    struct entry *e = find_hex(certificates, sha256);
    char *text = NULL;
    if (e != NULL && !e->told && e->der != NULL) {
        text = malloc(((size_t)e->size + 2) / 3 * 4 + 1);
    }
    if (text != NULL) {
        (void)EVP_EncodeBlock((unsigned char *)text, e->der, (int)e->size);
        e->told = true;
    }
    certificates_unlock(certificates);
    *ret_text = text;
    return text != NULL;
}

bool certificates_add_text(struct certificates *certificates, const char *text)
{
    size_t size = strlen(text);
    unsigned char *der = size > 0 && size <= DER_TEXT_MAX ? malloc(size / 4 * 3 + 3) : NULL;
    int got = der != NULL && size % 4 == 0
                  ? EVP_DecodeBlock(der, (const unsigned char *)text, (int)size)
                  : -1;
    if (got > 0) { /* which counts the padding */
        got -= (text[size - 1] == '=') + (text[size - 2] == '=');
        (void)certificates_add(certificates, bytes_of(der, (uint32_t)got, (uint32_t)got));
    }
    free(der);
    return got > 0;
}

uint32_t certificates_digest(const struct certificates *certificates, const char *sha256,
                             enum digest_hash hash, uint8_t ret_digest[DIGEST_SIZE_MAX])
{
    const struct entry *e = find_hex(certificates, sha256);
    return e != NULL && e->der != NULL ? digest_make(hash, e->der, e->size, ret_digest) : 0;
}

struct x509_st *certificates_x509(const struct certificates *certificates, const char *sha256)
{
    struct entry *e = find_hex(certificates, sha256);
    if (e != NULL && e->x509 == NULL) {
        e->x509 = read_fully(e);
    }
    return e != NULL ? e->x509 : NULL;
}

struct evp_pkey_st *certificates_key(const struct certificates *certificates, const uint8_t *digest,
                                     bool *ret_cheap)
{
    const struct entry *e = find(certificates, digest);
    *ret_cheap = e != NULL && e->view.cheap_key;
    return e != NULL ? e->key : NULL;
}

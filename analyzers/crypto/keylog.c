/* analyzers/crypto/keylog.c: lines `label random secret`, kept in chains by the random. */
#include "analyzers/crypto/keylog.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/scan.h"

enum {
    BUCKETS = 1 << 16,
    PIECE = 64, /* sessions that are made room for at once */
    PIECES = KEYLOG_SESSIONS_MAX / PIECE,
    LABEL_MAX = 64,
    SECRET_OTHER_MAX = 256, /* bytes of a secret of some other kind */
    MASTER_SIZE = 48,
    SHA256_SIZE = 32,
    NONE = UINT32_MAX,
};

struct session {
    uint8_t random[KEYLOG_RANDOM_SIZE];
    uint32_t next; /* in its chain */
    struct keylog_secret secrets[KEYLOG_LABELS];
    uint64_t since_us[KEYLOG_LABELS];
};

struct keylog {
    pthread_mutex_t lock;
    struct hash_seed seed;
    atomic_bool growing, used;
    uint32_t *buckets;              /* owned, BUCKETS of them */
    struct session *pieces[PIECES]; /* owned; a session never moves */
    uint32_t count, oldest;         /* sessions; the one to go next when all are taken */
    struct keylog_counts counts;
};

enum ov_status keylog_new(struct hash_seed seed, struct keylog **ret_keylog)
{
    struct keylog *k = calloc(1, sizeof *k);
    uint32_t *buckets = malloc(BUCKETS * sizeof *buckets);
    if (k == NULL || buckets == NULL) {
        free(buckets);
        free(k);
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < BUCKETS; i++) {
        buckets[i] = NONE;
    }
    pthread_mutex_init(&k->lock, NULL);
    k->seed = seed;
    k->buckets = buckets;
    *ret_keylog = k;
    return OV_OK;
}

void keylog_free(struct keylog *k)
{
    if (k == NULL) {
        return;
    }
    for (uint32_t i = 0; i < PIECES && k->pieces[i] != NULL; i++) {
        OPENSSL_cleanse(k->pieces[i], PIECE * sizeof *k->pieces[i]);
        free(k->pieces[i]);
    }
    pthread_mutex_destroy(&k->lock);
    free(k->buckets);
    free(k);
}

static struct session *session_at(const struct keylog *k, uint32_t i)
{
    return &k->pieces[i / PIECE][i % PIECE];
}

static uint32_t *bucket_of(const struct keylog *k, const uint8_t *random)
{
    return &k->buckets[keyed_hash(random, KEYLOG_RANDOM_SIZE, k->seed) % BUCKETS];
}

static struct session *find(const struct keylog *k, const uint8_t *random)
{
    for (uint32_t i = *bucket_of(k, random); i != NONE; i = session_at(k, i)->next) {
        if (memcmp(session_at(k, i)->random, random, KEYLOG_RANDOM_SIZE) == 0) {
            return session_at(k, i);
        }
    }
    return NULL;
}

/* Takes the oldest session out of its chain. */
static uint32_t give_up_oldest(struct keylog *k)
{
    uint32_t at = k->oldest;
    struct session *s = session_at(k, at);
    uint32_t *link = bucket_of(k, s->random);
    while (*link != at) {
        link = &session_at(k, *link)->next;
    }
    *link = s->next;
    OPENSSL_cleanse(s, sizeof *s);
    k->oldest = (at + 1) % KEYLOG_SESSIONS_MAX;
    k->counts.dropped++;
    return at;
}

/* NONE without memory. */
static uint32_t make_session(struct keylog *k)
{
    if (k->count == KEYLOG_SESSIONS_MAX) {
        return give_up_oldest(k);
    }
    struct session **piece = &k->pieces[k->count / PIECE];
    if (*piece == NULL) {
        *piece = calloc(PIECE, sizeof **piece);
    }
    if (*piece == NULL) {
        k->counts.dropped++;
        return NONE;
    }
    return k->count++;
}

static struct session *add(struct keylog *k, const uint8_t *random)
{
    uint32_t at = make_session(k);
    if (at == NONE) {
        return NULL;
    }
    struct session *s = session_at(k, at);
    uint32_t *bucket = bucket_of(k, random);
    memcpy(s->random, random, KEYLOG_RANDOM_SIZE);
    s->next = *bucket;
    *bucket = at;
    return s;
}

/* The first word on a secret stays. */
static void put(struct keylog *k, const uint8_t *random, enum keylog_label label,
                const struct keylog_secret *secret, uint64_t since_us)
{
    pthread_mutex_lock(&k->lock);
    struct session *s = find(k, random);
    s = s != NULL ? s : add(k, random);
    if (s != NULL && s->secrets[label].size == 0) {
        s->secrets[label] = *secret;
        s->since_us[label] = since_us;
        k->counts.secrets++;
    }
    pthread_mutex_unlock(&k->lock);
    atomic_store(&k->used, true);
}

static int nibble(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes written to out; 0: no hexadecimal, or more than `room` bytes. */
static uint32_t read_hex(struct bytes in, uint8_t *out, uint32_t room)
{
    uint32_t size = bytes_left(&in) / 2;
    if (bytes_left(&in) % 2 != 0 || size > room) {
        return 0;
    }
    for (uint32_t i = 0; i < size; i++) {
        int high = nibble(bytes_u8(&in)), low = nibble(bytes_u8(&in));
        if (high < 0 || low < 0) {
            return 0;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return size;
}

/* KEYLOG_LABELS: a label of some other kind. */
static enum keylog_label label_of(const struct bytes *word)
{
    static const char *const names[KEYLOG_LABELS] = {
        [KEYLOG_MASTER] = "CLIENT_RANDOM",
        [KEYLOG_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
        [KEYLOG_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        [KEYLOG_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        [KEYLOG_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
        [KEYLOG_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
    };
    for (unsigned i = 0; i < KEYLOG_LABELS; i++) {
        if (bytes_equal(word, names[i], (uint32_t)strlen(names[i]))) {
            return (enum keylog_label)i;
        }
    }
    return KEYLOG_LABELS;
}

/* Labels are capital letters, digits and underscores. */
static bool is_label(struct bytes word)
{
    bool good = bytes_left(&word) > 0 && bytes_left(&word) <= LABEL_MAX;
    while (bytes_left(&word) > 0) {
        uint8_t c = bytes_u8(&word);
        good &= (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    return good;
}

static bool is_size(enum keylog_label label, uint32_t size)
{
    return size == MASTER_SIZE || (label != KEYLOG_MASTER && size == SHA256_SIZE);
}

/* RFC 9850 2: label SP random SP secret. false: it is no such line. */
static bool read_line(struct keylog *k, struct bytes line, uint64_t since_us)
{
    uint8_t random[KEYLOG_RANDOM_SIZE], bytes[SECRET_OTHER_MAX];
    struct bytes label_word = scan_word(&line), random_word = scan_word(&line);
    struct bytes secret_word = scan_word(&line);
    enum keylog_label label = label_of(&label_word);
    uint32_t size = read_hex(secret_word, bytes, sizeof bytes);
    bool good = is_label(label_word) && bytes_left(&line) == 0 && size > 0;
    struct keylog_secret secret = { .size = (uint8_t)size };
    if (label == KEYLOG_LABELS) { /* exporter secrets, ECH, the premaster secret of RSA */
        OPENSSL_cleanse(bytes, sizeof bytes);
        return good && read_hex(random_word, random, sizeof random) > 0;
    }
    good = good && is_size(label, size) &&
           read_hex(random_word, random, sizeof random) == KEYLOG_RANDOM_SIZE;
    if (good) {
        memcpy(secret.bytes, bytes, size);
        put(k, random, label, &secret, since_us);
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(&secret, sizeof secret);
    return good;
}

void keylog_end(struct keylog *k, struct keylog_text *text)
{
    struct bytes line = bytes_of(text->line, text->used, text->used);
    line = scan_trim(line);
    bool empty = bytes_left(&line) == 0 || bytes_peek(&line, 0) == '#';
    if (text->too_long || (!empty && !read_line(k, line, text->since_us))) {
        pthread_mutex_lock(&k->lock);
        k->counts.unread++;
        pthread_mutex_unlock(&k->lock);
    }
    OPENSSL_cleanse(text->line, text->used);
    text->used = 0;
    text->too_long = false;
}

void keylog_read(struct keylog *k, struct keylog_text *text, struct bytes piece)
{
    while (bytes_left(&piece) > 0) {
        uint8_t c = bytes_u8(&piece);
        if (c == '\n' || c == '\r') {
            keylog_end(k, text);
        } else if (text->used < sizeof text->line) {
            text->line[text->used++] = (char)c;
        } else {
            text->too_long = text->line[0] != '#'; /* a comment may be as long as it likes */
        }
    }
}

void keylog_grows(struct keylog *k)
{
    atomic_store(&k->growing, true);
}

bool keylog_is_growing(const struct keylog *k)
{
    return atomic_load(&k->growing);
}

bool keylog_is_used(const struct keylog *k)
{
    return atomic_load(&k->used) || atomic_load(&k->growing);
}

bool keylog_find(struct keylog *k, const uint8_t random[KEYLOG_RANDOM_SIZE],
                 enum keylog_label label, uint64_t time_us, struct keylog_secret *ret_secret)
{
    bool found = false;
    pthread_mutex_lock(&k->lock);
    const struct session *s = find(k, random);
    if (s != NULL && s->secrets[label].size > 0 &&
        (s->since_us[label] == 0 || time_us > s->since_us[label])) {
        *ret_secret = s->secrets[label];
        found = true;
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

void keylog_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}

void keylog_count(struct keylog *k, struct keylog_counts *ret_counts)
{
    pthread_mutex_lock(&k->lock);
    *ret_counts = k->counts;
    pthread_mutex_unlock(&k->lock);
}

/* analyzers/crypto/keylog.h: secrets of TLS connections that their owners wrote down (NSS key log,
 * SSLKEYLOGFILE: RFC 9850), found by the random of the ClientHello.
 *
 * Secrets live here and in the keys derived from them, are never printed, and are overwritten
 * before their memory is given back. Any thread may add and find. */
#ifndef OVERT_ANALYZERS_CRYPTO_KEYLOG_H
#define OVERT_ANALYZERS_CRYPTO_KEYLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "base/status.h"

enum {
    KEYLOG_RANDOM_SIZE = 32,
    KEYLOG_SECRET_MAX = 48,         /* SHA-384; a master secret */
    KEYLOG_LINE_MAX = 512,          /* bytes of a line that may be a secret */
    KEYLOG_SESSIONS_MAX = 128 << 10 /* randoms kept; a new one takes the place of the oldest */
};

enum keylog_label {
    KEYLOG_MASTER,           /* CLIENT_RANDOM: before TLS 1.3 */
    KEYLOG_CLIENT_EARLY,     /* CLIENT_EARLY_TRAFFIC_SECRET */
    KEYLOG_CLIENT_HANDSHAKE, /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
    KEYLOG_SERVER_HANDSHAKE, /* SERVER_HANDSHAKE_TRAFFIC_SECRET */
    KEYLOG_CLIENT_TRAFFIC,   /* CLIENT_TRAFFIC_SECRET_0 */
    KEYLOG_SERVER_TRAFFIC,   /* SERVER_TRAFFIC_SECRET_0 */
    KEYLOG_LABELS,
};

struct keylog_secret {
    uint8_t size; /* bytes: 48 of a master secret; 32 or 48 of TLS 1.3 */
    uint8_t bytes[KEYLOG_SECRET_MAX];
};

/* A text that comes in pieces. Zeroed = its beginning; keylog_end ends it. */
struct keylog_text {
    uint64_t since_us; /* of no use for packets up to this time; 0 = for all */
    uint32_t used;     /* bytes of line */
    bool too_long;     /* the line at hand */
    char line[KEYLOG_LINE_MAX];
};

struct keylog_counts {
    uint64_t secrets; /* taken */
    uint64_t unread;  /* lines that are no comment and could not be read */
    uint64_t dropped; /* sessions given up for newer ones, or for lack of memory */
};

struct keylog;

OV_MUST_CHECK enum ov_status keylog_new(struct hash_seed seed, struct keylog **ret_keylog);
void keylog_free(struct keylog *keylog);

/* Reads one more piece of a text. */
void keylog_read(struct keylog *keylog, struct keylog_text *text, struct bytes piece);
/* What was read last is a whole line. */
void keylog_end(struct keylog *keylog, struct keylog_text *text);
/* Secrets may come later than the packets that they open: who misses one may wait for it. */
void keylog_grows(struct keylog *keylog);
bool keylog_is_growing(const struct keylog *keylog);
/* Has anything been read, or may it be? */
bool keylog_is_used(const struct keylog *keylog);
/* The secret for packets of that time; false when there is none. The caller overwrites it. */
bool keylog_find(struct keylog *keylog, const uint8_t random[KEYLOG_RANDOM_SIZE],
                 enum keylog_label label, uint64_t time_us, struct keylog_secret *ret_secret);
/* Overwrites what held secrets. */
void keylog_wipe(void *memory, size_t size);
void keylog_count(struct keylog *keylog, struct keylog_counts *ret_counts);

#endif

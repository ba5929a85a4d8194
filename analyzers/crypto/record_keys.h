/* analyzers/crypto/record_keys.h: opens records of TLS and DTLS 1.2, one direction's under keys
 * that come from logged secrets. A record that is not authentic is never given out. */
#ifndef OVERT_ANALYZERS_CRYPTO_RECORD_KEYS_H
#define OVERT_ANALYZERS_CRYPTO_RECORD_KEYS_H

#include "analyzers/crypto/key_schedule.h"
#include "analyzers/crypto/record_suite.h"

enum { RECORD_TEXT_MAX = (1 << 14) + 2048 }; /* bytes of a record's body */

/* One direction. */
struct record_keys;

/* What a connection up to TLS 1.2 agreed on. */
struct record_terms {
    const struct record_suite *suite;
    const struct keylog_secret *master;
    const uint8_t *server_random, *client_random; /* KEY_RANDOM_SIZE bytes each */
    uint16_t version;                             /* as in the hello: 0x0301 to 0x0303, DTLS */
    bool client;                                  /* records that the client sends */
    bool encrypt_then_mac;
};

/* As they stand in a record header. */
struct record_head {
    uint8_t type;
    uint16_t version;
    uint64_t number; /* DTLS: epoch and sequence number; TLS counts by itself */
};

/* NULL: no memory, or the library has not got it. The caller owns them. */
struct record_keys *record_keys_master(struct key_schedule *schedule,
                                       const struct record_terms *terms);
/* TLS 1.3, by a traffic secret, which is kept for KeyUpdate and Finished. */
struct record_keys *record_keys_traffic(struct key_schedule *schedule,
                                        const struct record_suite *suite,
                                        const struct keylog_secret *secret);
void record_keys_free(struct record_keys *keys);
/* RFC 8446 7.2: the next generation. */
bool record_keys_update(struct key_schedule *schedule, struct record_keys *keys);
/* The traffic secret in use. */
const struct keylog_secret *record_keys_secret(const struct record_keys *keys);

/* Opens the next record (DTLS: this one); body: whole. text has room for RECORD_TEXT_MAX bytes;
 * *ret_size of them are written; *ret_type is the content type. false: not authentic, or the
 * library failed; the same number is then expected of the next record. */
bool record_keys_open(struct record_keys *keys, const struct record_head *head, struct bytes body,
                      uint8_t *text, uint32_t *ret_size, uint8_t *ret_type);

#endif

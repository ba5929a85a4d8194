/* analyzers/crypto/key_schedule.h: from logged secrets to keys: the PRF of TLS up to 1.2, the
 * HKDF-Expand-Label of TLS 1.3 and QUIC, and the hash over a handshake. All of it OpenSSL's. */
#ifndef OVERT_ANALYZERS_CRYPTO_KEY_SCHEDULE_H
#define OVERT_ANALYZERS_CRYPTO_KEY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzers/crypto/keylog.h"
#include "base/bytes.h"
#include "base/status.h"

enum { KEY_HASH_MAX = 48, KEY_RANDOM_SIZE = 32 };

struct key_schedule; /* of one thread */

OV_MUST_CHECK enum ov_status key_schedule_new(struct key_schedule **ret_schedule);
void key_schedule_free(struct key_schedule *schedule);

/* RFC 8446 7.1, HKDF-Expand-Label without a context; hash: OpenSSL's name. false: the library
 * failed. */
bool key_schedule_expand(struct key_schedule *schedule, const char *hash,
                         const struct keylog_secret *secret, const char *label, uint8_t *out,
                         size_t size);
/* RFC 5246 6.3, the key block; hash "MD5-SHA1": TLS 1.0 and 1.1; randoms: the server's, then the
 * client's. */
bool key_schedule_block(struct key_schedule *schedule, const char *hash,
                        const struct keylog_secret *master,
                        const uint8_t randoms[2 * KEY_RANDOM_SIZE], uint8_t *out, size_t size);

/* RFC 8446 4.4.1: the hash over the messages of a handshake. */
struct handshake_hash;
/* NULL without memory. */
struct handshake_hash *key_schedule_hash_new(const char *hash);
void key_schedule_hash_free(struct handshake_hash *h);
bool key_schedule_hash_add(struct handshake_hash *h, struct bytes bytes);
/* The value so far (KEY_HASH_MAX bytes of room); its size, 0 when the library failed. */
uint32_t key_schedule_hash_value(const struct handshake_hash *h, uint8_t *out);
/* RFC 8446 4.4.1: what was added becomes the message_hash that stands for a first ClientHello. */
bool key_schedule_hash_restart(struct handshake_hash *h);
/* RFC 8446 4.4.4: is this the Finished of who has the traffic secret, over the value so far? */
bool key_schedule_finished(struct key_schedule *schedule, const char *hash,
                           const struct keylog_secret *secret, const uint8_t *value,
                           struct bytes finished);

#endif

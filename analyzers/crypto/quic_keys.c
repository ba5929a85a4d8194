/* analyzers/crypto/quic_keys.c: "quic key", "quic iv" and "quic hp" of a traffic secret (RFC 9001
 * 5.1, RFC 9369 3.3.2). */
#include "analyzers/crypto/quic_keys.h"

bool quic_keys_derive(struct key_schedule *schedule, const struct record_suite *suite,
                      const struct quic_protection *protection, const struct keylog_secret *secret,
                      struct quic_keys *ret_keys)
{
    if ((suite->mode != RECORD_GCM && suite->mode != RECORD_CHACHA) ||
        secret->size != suite->hash_size) {
        return false;
    }
    ret_keys->cipher = suite->mode == RECORD_CHACHA      ? QUIC_CHACHA20
                       : suite->key_size == QUIC_KEY_MAX ? QUIC_AES_256_GCM
                                                         : QUIC_AES_128_GCM;
    return key_schedule_expand(schedule, suite->hash, secret, protection->key_label, ret_keys->key,
                               suite->key_size) &&
           key_schedule_expand(schedule, suite->hash, secret, protection->iv_label, ret_keys->iv,
                               QUIC_IV_SIZE) &&
           key_schedule_expand(schedule, suite->hash, secret, protection->hp_label, ret_keys->hp,
                               suite->key_size);
}

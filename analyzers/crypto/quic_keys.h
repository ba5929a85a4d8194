/* analyzers/crypto/quic_keys.h: keys of QUIC packets from secrets that were logged. */
#ifndef OVERT_ANALYZERS_CRYPTO_QUIC_KEYS_H
#define OVERT_ANALYZERS_CRYPTO_QUIC_KEYS_H

#include "analyzers/crypto/key_schedule.h"
#include "analyzers/crypto/quic_initial.h"
#include "analyzers/crypto/record_suite.h"

/* RFC 9001 5.1, by the traffic secret of one direction. false: the suite's packets cannot be opened
 * (AES-CCM), the secret is not one of its size, or the library failed. The caller overwrites them.
 */
bool quic_keys_derive(struct key_schedule *schedule, const struct record_suite *suite,
                      const struct quic_protection *protection, const struct keylog_secret *secret,
                      struct quic_keys *ret_keys);

#endif

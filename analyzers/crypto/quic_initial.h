/* analyzers/crypto/quic_initial.h: protection of QUIC packets: Initial and Retry, whose keys come
 * from the bytes on the wire alone (RFC 9001 5.2), and those under keys of quic_keys.h. */
#ifndef OVERT_ANALYZERS_CRYPTO_QUIC_INITIAL_H
#define OVERT_ANALYZERS_CRYPTO_QUIC_INITIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
    QUIC_CID_MAX = 20, /* bytes of a connection id (RFC 9000 17.2) */
    QUIC_SALT_SIZE = 20,
    QUIC_KEY_SIZE = 16, /* AES-128 */
    QUIC_KEY_MAX = 32,
    QUIC_IV_SIZE = 12,
    QUIC_TAG_SIZE = 16,
};

/* Of packets and, the same without authentication, of their headers (RFC 9001 5.3, 5.4). */
enum quic_cipher { QUIC_AES_128_GCM, QUIC_AES_256_GCM, QUIC_CHACHA20, QUIC_CIPHERS };

/* What a version fixes. */
struct quic_protection {
    uint8_t salt[QUIC_SALT_SIZE];
    const char *key_label, *iv_label, *hp_label;
    uint8_t retry_key[QUIC_KEY_SIZE], retry_iv[QUIC_IV_SIZE];
};

/* Of one direction. Those of Initial packets can be known by everybody on the path: no secret. */
struct quic_keys {
    uint8_t cipher; /* enum quic_cipher; 0 = that of Initial packets */
    uint8_t iv[QUIC_IV_SIZE];
    uint8_t key[QUIC_KEY_MAX], hp[QUIC_KEY_MAX];
};

struct quic_cid {
    uint8_t size;
    uint8_t bytes[QUIC_CID_MAX];
};

struct quic_initial; /* OpenSSL's contexts and room for one packet; one per thread */

OV_MUST_CHECK enum ov_status quic_initial_new(struct quic_initial **ret_initial);
void quic_initial_free(struct quic_initial *q);

/* Keys of Initial packets from the server (or the client), given the Destination Connection ID of
 * the client's first one. false: the library failed. */
bool quic_initial_derive(struct quic_initial *q, const struct quic_protection *protection,
                         const struct quic_cid *first, bool server, struct quic_keys *ret_keys);
/* Removes the protection of one packet, captured as a whole; number_at: offset of its packet
 * number; *largest: largest packet number of that side so far, -1 = none, moved on when the packet
 * is authentic. *ret_payload: its frames, borrowed until the next call. false: not authentic. */
bool quic_initial_open(struct quic_initial *q, const struct quic_keys *keys, struct bytes packet,
                       uint32_t number_at, int64_t *largest, struct bytes *ret_payload);
/* Is the integrity tag at the end of a Retry packet right, given the Destination Connection ID that
 * the client had chosen (RFC 9001 5.8)? */
bool quic_initial_retry(struct quic_initial *q, const struct quic_protection *protection,
                        const struct quic_cid *first, struct bytes packet);

#endif

/* analyzers/crypto/srtp_tag.h: does the authentication tag of an SRTP or SRTCP packet fit a master
 * key? A tag that does proves the key; nothing of what the packet holds is kept. */
#ifndef OVERT_ANALYZERS_CRYPTO_SRTP_TAG_H
#define OVERT_ANALYZERS_CRYPTO_SRTP_TAG_H

#include "analyzers/crypto/srtp_key.h"
#include "base/status.h"

enum { SRTP_TAG_PACKET_MAX = 2048 }; /* bytes of a packet that is checked */

/* Session keys of one kind of packet: secrets. */
struct srtp_session {
    uint8_t cipher[SRTP_KEY_CIPHER_MAX];
    uint8_t salt[SRTP_KEY_SALT_SIZE];
    uint8_t auth[SRTP_KEY_AUTH_SIZE];
};

struct srtp_tag; /* the keys at hand; for one thread */

OV_MUST_CHECK enum ov_status srtp_tag_new(struct srtp_tag **ret_tag);
void srtp_tag_free(struct srtp_tag *tag);
/* From now on packets are checked with session keys of this master key. */
void srtp_tag_use(struct srtp_tag *tag, const struct srtp_key *key);
/* The same with session keys as they are: of SRTP and of SRTCP. */
void srtp_tag_use_session(struct srtp_tag *tag, const struct srtp_suite *suite,
                          uint8_t identifier_size, const struct srtp_session session[2]);
/* Overwrites the keys. */
void srtp_tag_forget(struct srtp_tag *tag);
/* A whole SRTP packet, at that roll-over counter (RFC 3711 3.3.1). */
bool srtp_tag_rtp(struct srtp_tag *tag, struct bytes packet, uint32_t roll_over);
/* A whole SRTCP packet. */
bool srtp_tag_rtcp(struct srtp_tag *tag, struct bytes packet);

#endif

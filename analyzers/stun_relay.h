/* analyzers/stun_relay.h: what a TURN relay carries for its client, and where it begins. */
#ifndef OVERT_ANALYZERS_STUN_RELAY_H
#define OVERT_ANALYZERS_STUN_RELAY_H

#include "analyzers/analyzer.h"

/* First byte of ChannelData: RFC 8656 12 (0x40 to 0x4f), RFC 5766 11.4 (0x40 to 0x7f). */
enum { RELAY_CHANNEL_FIRST = 0x40, RELAY_CHANNEL_LAST = 0x7f };

/* What a datagram that is ChannelData, or a message of [MS-TURN]'s multiplexed relay, carries.
 * Padding behind it may be missing; anything else is not there. false: it is neither. */
bool stun_relay_open(struct bytes datagram, struct bytes *ret_inner);
/* The same where no message has said that there is a relay: only what is media by its first bytes
 * counts (STUN, DTLS, RTP). */
bool stun_relay_is_sure(struct bytes datagram);
/* Whole ChannelData at the start of a stream that carries media. */
bool stun_relay_is_sure_stream(struct bytes in);
/* Takes what is inside to the analyzers of datagrams. */
void stun_relay_give(const struct segment *seg, struct sink *sink, const struct bytes *inner);

#endif

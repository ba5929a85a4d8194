/* analyzers/stun_relay.c: what a TURN relay carries for its client, and where it begins.
 *
 * A relay hides nothing: what is in ChannelData or in a DATA attribute is as readable as bare. */
#include "analyzers/stun_relay.h"

enum {
    CHANNEL_LAST_NOW = 0x4f, /* RFC 8656 12; further ones only where a relay is known to be */
    MULTIPLEXED = 0xff10,    /* [MS-TURN] channel of a multiplexed relay */
    SESSION_BYTES = 8,       /* its session id */
    RTP_HEADER = 12,
    PADDING_MAX = 3,
};

/* Multiplexed: 0xff10(2) length(2) session id(8) data. */
static bool open_multiplexed(struct bytes in, uint32_t length, struct bytes *ret_inner)
{
    bytes_skip(&in, SESSION_BYTES);
    bool fits = length == bytes_sent(&in) || length == bytes_sent(&in) + SESSION_BYTES;
    *ret_inner = in;
    return bytes_ok(&in) && fits;
}

/* RFC 8656 12.4: channel(2) length(2) data. */
bool stun_relay_open(struct bytes datagram, struct bytes *ret_inner)
{
    struct bytes in = datagram;
    uint16_t channel = bytes_u16(&in);
    uint16_t length = bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return false;
    }
    if (channel == MULTIPLEXED) {
        return open_multiplexed(in, length, ret_inner);
    }
    *ret_inner = bytes_take(&in, length);
    return channel >> 8 >= RELAY_CHANNEL_FIRST && channel >> 8 <= RELAY_CHANNEL_LAST &&
           bytes_ok(&in) && bytes_sent(&in) <= PADDING_MAX;
}

/* RFC 7983 7 by the first bytes: STUN with its cookie, a DTLS record, RTP or RTCP. */
static bool is_media(const struct bytes *inner)
{
    struct bytes in = *inner;
    int first = bytes_peek(&in, 0), second = bytes_peek(&in, 1);
    if (first >= 128 && first <= 191) {
        return bytes_left(&in) >= RTP_HEADER;
    }
    if (first >= 20 && first <= 25) {
        return second == 0xfe && bytes_peek(&in, 2) >= 0xfc;
    }
    bytes_u32(&in);
    return first >= 0 && first <= 3 && bytes_u32(&in) == 0x2112a442;
}

bool stun_relay_is_sure(struct bytes datagram)
{
    struct bytes inner;
    int first = bytes_peek(&datagram, 0);
    bool channel = first >= RELAY_CHANNEL_FIRST && first <= CHANNEL_LAST_NOW;
    bool multiplexed = first == MULTIPLEXED >> 8;
    return (channel || multiplexed) && stun_relay_open(datagram, &inner) && is_media(&inner);
}

bool stun_relay_is_sure_stream(struct bytes in)
{
    int first = bytes_peek(&in, 0);
    bytes_u16(&in);
    uint32_t length = bytes_u16(&in);
    uint32_t padded = (length + 3) & ~(uint32_t)3;
    bool whole = first >= RELAY_CHANNEL_FIRST && first <= CHANNEL_LAST_NOW && bytes_ok(&in) &&
                 bytes_left(&in) >= padded;
    bytes_limit(&in, length);
    return whole && is_media(&in);
}

void stun_relay_give(const struct segment *seg, struct sink *sink, const struct bytes *inner)
{
    struct segment datagram = *seg;
    datagram.payload = *inner;
    datagram.open = false;
    datagram.first = true;
    if (sink->datagram != NULL && bytes_left(inner) > 0) {
        sink->datagram(sink, &datagram);
    }
}

/* analyzers/sstp.c: packets of the Secure Socket Tunneling Protocol, behind SSTP_DUPLEX_POST:
 * inside of TLS where its keys were logged, or in clear behind a proxy that ends the TLS. */
#include "analyzers/analyzer.h"

enum {
    HEADER_SIZE = 4, /* version(1) reserved and C(1) reserved and length(2) */
    CONTROL_MIN = 8, /* with type(2) and number of attributes(2) */
    VERSION = 0x10,
    CONTROL = 1,
    LENGTH_MASK = 0x0fff,
    RESERVED_MASK = 0xf000,
    TYPE_MAX = 9,
};

struct sstp_state {
    uint16_t seen; /* bit n: a control packet of type n; bit 0: data */
};

struct packet {
    uint16_t length; /* with the header */
    uint16_t type;   /* 0 = data */
};

/* [MS-SSTP] 2.2.1, 2.2.2. False: no such packet, or not all of what tells it is there. */
static bool read_packet(struct bytes *in, struct packet *ret_packet)
{
    uint8_t version = bytes_u8(in);
    uint8_t flags = bytes_u8(in);
    uint16_t length = bytes_u16(in);
    *ret_packet = (struct packet){ .length = length & LENGTH_MASK };
    bool sound = version == VERSION && flags <= CONTROL && (length & RESERVED_MASK) == 0 &&
                 ret_packet->length >= HEADER_SIZE;
    if (!bytes_ok(in) || !sound) {
        return false;
    }
    if (flags == CONTROL) {
        ret_packet->type = bytes_u16(in);
        sound = ret_packet->length >= CONTROL_MIN && ret_packet->type >= 1 &&
                ret_packet->type <= TYPE_MAX;
    }
    return bytes_ok(in) && sound;
}

/* The first packet of each side: SSTP_MSG_CALL_CONNECT_REQUEST with PPP to be encapsulated
 * (2.2.9), and its answers: _ACK with one attribute, _NAK (2.2.10, 2.2.11). */
static enum claim sstp_claim(const struct segment *seg)
{
    static const uint8_t request[] = { VERSION, 1, 0, 14, 0, 1, 0, 1, 0, 1, 0, 6, 0, 1 };
    static const uint8_t answer[] = { VERSION, 1, 0, 48, 0, 2, 0, 1, 0, 4, 0, 40 };
    static const uint8_t refusal[] = { VERSION, 1, 0 };
    struct bytes in = seg->payload;
    struct packet packet;
    if (bytes_starts(&in, request, sizeof request) || bytes_starts(&in, answer, sizeof answer)) {
        return CLAIM_YES;
    }
    bool starts = bytes_starts(&in, refusal, sizeof refusal);
    if (starts && read_packet(&in, &packet) && packet.type == 3) {
        return CLAIM_YES;
    }
    bool few = bytes_left(&seg->payload) < sizeof request;
    return seg->open && few && bytes_peek(&seg->payload, 0) == VERSION ? CLAIM_MORE : CLAIM_NO;
}

static void note(struct sstp_state *s, const struct segment *seg, uint16_t type, struct sink *sink)
{
    static const char *const names[TYPE_MAX + 1] = {
        "data",  "connect_request", "connect_ack",    "connect_nak",  "connected",
        "abort", "disconnect",      "disconnect_ack", "echo_request", "echo_response",
    };
    if (s->seen == 0) {
        observe_text(sink, seg, OBS_APP, "sstp", 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "sstp", 0);
    }
    if ((s->seen >> type & 1) == 0) {
        s->seen |= (uint16_t)(1U << type);
        observe_text(sink, seg, OBS_SSTP_MESSAGE, names[type], 0);
    }
}

static enum feed sstp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct sstp_state *s = state;
    seg->from &= 1;
    while (bytes_left(&seg->payload) > 0) {
        struct bytes in = seg->payload;
        struct packet packet;
        bool good = read_packet(&in, &packet);
        if (in.fault == BYTES_CUT && seg->open) {
            return FEED_MORE;
        }
        if (!good) {
            observe_text(sink, seg, in.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "sstp", 0);
            return FEED_SETTLED;
        }
        note(s, seg, packet.type, sink);
        if (packet.type == 0) {
            return FEED_SETTLED; /* it is a tunnel, and what else comes says no more of it */
        }
        bytes_take(&seg->payload, packet.length);
        if (!bytes_ok(&seg->payload)) { /* the stream ended within it */
            return FEED_SETTLED;
        }
    }
    return FEED_MORE;
}

const struct analyzer sstp_analyzer = {
    .name = "sstp",
    .spec = "[MS-SSTP] 2.2",
    .carriers = CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct sstp_state),
    .claim = sstp_claim,
    .feed = sstp_feed,
};

/* analyzers/anyconnect.c: packets of AnyConnect and OpenConnect VPNs, as they stand inside of TLS
 * (eight bytes of header) and DTLS (one byte): seen only where keys were logged. */
#include "analyzers/analyzer.h"
#include "analyzers/inner_ip.h"

enum {
    HEADER_SIZE = 8, /* "STF" 1(1) length(2) type(1) 0(1) */
    DATA = 0,
    TYPE_MAX = 9,
};

struct anyconnect_state {
    bool datagrams; /* it is in DTLS */
    uint16_t seen;  /* bit n: a packet of type n */
};

/* draft-mavrogiannopoulos-openconnect 2.4; NULL: no type of it. */
static const char *name_of(uint8_t type)
{
    static const char *const names[TYPE_MAX + 1] = {
        [DATA] = "data",   [3] = "dpd_request", [4] = "dpd_response", [5] = "disconnect",
        [7] = "keepalive", [8] = "compressed",  [9] = "terminate",
    };
    return type <= TYPE_MAX ? names[type] : NULL;
}

/* Moves over the header: its type, or -1. */
static int read_header(struct bytes *in, uint16_t *ret_length)
{
    static const uint8_t magic[] = { 'S', 'T', 'F', 1 };
    bool starts = bytes_starts(in, magic, sizeof magic);
    bytes_skip(in, sizeof magic);
    *ret_length = bytes_u16(in);
    uint8_t type = bytes_u8(in);
    uint8_t zero = bytes_u8(in);
    return bytes_ok(in) && starts && zero == 0 && name_of(type) != NULL ? type : -1;
}

/* A datagram with data: the one byte before a whole IP packet. */
static bool is_data(const struct segment *seg)
{
    struct bytes in = seg->payload;
    return bytes_u8(&in) == DATA && bytes_ok(&in) && inner_ip_is_at(&in, 0);
}

static enum claim anyconnect_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint16_t length;
    if (read_header(&in, &length) >= 0 || is_data(seg)) {
        return CLAIM_YES;
    }
    return seg->open && bytes_left(&seg->payload) < HEADER_SIZE &&
                   bytes_peek(&seg->payload, 0) == 'S'
               ? CLAIM_MORE
               : CLAIM_NO;
}

static void note(struct anyconnect_state *s, const struct segment *seg, uint8_t type,
                 struct sink *sink)
{
    if (s->seen == 0) {
        observe_text(sink, seg, OBS_APP, "anyconnect", 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "anyconnect", 0);
    }
    if ((s->seen >> type & 1) == 0) {
        s->seen |= (uint16_t)(1U << type);
        observe_text(sink, seg, OBS_ANYCONNECT_MESSAGE, name_of(type), 0);
    }
}

/* In TLS: packets one after another. */
static enum feed read_stream(struct anyconnect_state *s, struct segment *seg, struct sink *sink)
{
    while (bytes_left(&seg->payload) > 0) {
        struct bytes in = seg->payload;
        uint16_t length;
        int type = read_header(&in, &length);
        if (in.fault == BYTES_CUT && seg->open) {
            return FEED_MORE;
        }
        if (type < 0) {
            observe_text(sink, seg, in.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "anyconnect",
                         0);
            return FEED_SETTLED;
        }
        note(s, seg, (uint8_t)type, sink);
        if (type == DATA) {
            return FEED_SETTLED; /* it is a tunnel, and what else comes says no more of it */
        }
        bytes_take(&seg->payload, HEADER_SIZE + (uint32_t)length);
        if (!bytes_ok(&seg->payload)) { /* the stream ended within it */
            return FEED_SETTLED;
        }
    }
    return FEED_MORE;
}

/* In DTLS: one packet a record. */
static enum feed read_datagram(struct anyconnect_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    uint8_t type = bytes_u8(&in);
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    if (!bytes_ok(&in) || name_of(type) == NULL) {
        observe_text(sink, seg, bytes_ok(&in) ? OBS_MALFORMED : OBS_CUT, "anyconnect", 0);
        return FEED_MORE;
    }
    note(s, seg, type, sink);
    return type == DATA ? FEED_SETTLED : FEED_MORE;
}

static enum feed anyconnect_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct anyconnect_state *s = state;
    s->datagrams |= s->seen == 0 && is_data(seg);
    seg->from &= 1;
    return s->datagrams ? read_datagram(s, seg, sink) : read_stream(s, seg, sink);
}

const struct analyzer anyconnect_analyzer = {
    .name = "anyconnect",
    .spec = "draft-mavrogiannopoulos-openconnect-04",
    .carriers = CARRIER_OPENED,
    .inside = true,
    .state_size = sizeof(struct anyconnect_state),
    .claim = anyconnect_claim,
    .feed = anyconnect_feed,
};

/* analyzers/l2tp.c: L2TP version 2 (RFC 2661) at UDP port 1701: it does not encrypt. IP in clear
 * inside is found by the frame decoder; here comes what is not: control, negotiation, and MPPE. */
#include "analyzers/ppp.h"

enum {
    L2TP_PORT = 1701,
    FLAG_CONTROL = 0x8000,
    FLAG_LENGTH = 0x4000,
    FLAG_SEQUENCE = 0x0800,
    FLAG_OFFSET = 0x0200,
    RESERVED = 0x34f0,
    VERSION = 0x000f,
};

struct l2tp_state {
    bool started;
    struct ppp ppp;
    struct segment last; /* of the last packet, without its payload */
};

/* RFC 2661 3.1: flags, version(2) [length(2)] tunnel(2) session(2) [sequence(2) next(2)]
 * [offset(2) pad]. Leaves the message, or PPP. */
static bool read_header(const struct segment *seg, struct bytes *in, bool *ret_control)
{
    uint32_t sent = bytes_sent(in);
    uint16_t flags = bytes_u16(in);
    uint32_t length = (flags & FLAG_LENGTH) != 0 ? bytes_u16(in) : sent;
    bytes_skip(in, 4);
    bytes_skip(in, (flags & FLAG_SEQUENCE) != 0 ? 4 : 0);
    uint16_t offset = (flags & FLAG_OFFSET) != 0 ? bytes_u16(in) : 0;
    bytes_skip(in, offset);
    *ret_control = (flags & FLAG_CONTROL) != 0;
    bool port = seg->port[0] == L2TP_PORT || seg->port[1] == L2TP_PORT;
    bool whole = !*ret_control || ((flags & FLAG_LENGTH) != 0 && (flags & FLAG_SEQUENCE) != 0 &&
                                   (flags & FLAG_OFFSET) == 0);
    return bytes_ok(in) && port && (flags & RESERVED) == 0 && (flags & VERSION) == 2 &&
           length == sent && whole;
}

static enum claim l2tp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    bool control;
    return !seg->open && read_header(seg, &in, &control) ? CLAIM_YES : CLAIM_NO;
}

static enum feed l2tp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct l2tp_state *l2tp = state;
    struct bytes in = seg->payload;
    bool control;
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    if (!read_header(seg, &in, &control)) {
        return FEED_MORE;
    }
    if (!l2tp->started) {
        l2tp->started = true;
        observe_text(sink, seg, OBS_APP, "l2tp", 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "l2tp", 0);
    }
    l2tp->last = *seg;
    l2tp->last.payload = (struct bytes){ 0 };
    if (!control) {
        ppp_read(&l2tp->ppp, seg, sink, in);
    }
    return FEED_MORE;
}

static void l2tp_close(void *state, struct sink *sink)
{
    struct l2tp_state *l2tp = state;
    ppp_close(&l2tp->ppp, &l2tp->last, sink);
}

const struct analyzer l2tp_analyzer = {
    .name = "l2tp",
    .spec = "RFC 2661",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct l2tp_state),
    .claim = l2tp_claim,
    .feed = l2tp_feed,
    .close = l2tp_close,
};

/* analyzers/pptp.c: PPTP (RFC 2637): its control connection, and the PPP in its GRE. IP in clear
 * inside is found by the frame decoder; here comes what is not: negotiation, and MPPE. */
#include <netinet/in.h>

#include "analyzers/ppp.h"

enum {
    COOKIE = 0x1a2b3c4d,
    CONTROL_MIN = 16,
    CONTROL_MAX = 220,
    CONTROL_MESSAGE = 1,
    GRE_FLAGS = 0x2001, /* key, version 1 */
    GRE_FIXED = 0xef7f, /* what must be as above: all but sequence number (S) and acknowledgment */
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGED = 0x0080,
    GRE_PPP = 0x880b,
};

struct pptp_state {
    bool started;
    struct ppp ppp;
    struct segment last; /* of the last packet, without its payload */
};

/* RFC 2637 1.4: length(2) kind(2) cookie(4) message(2) ... */
static enum claim claim_control(const struct segment *seg)
{
    struct bytes in = seg->payload;
    if (!seg->first) {
        return CLAIM_NO;
    }
    uint16_t length = bytes_u16(&in);
    uint16_t kind = bytes_u16(&in);
    uint32_t cookie = bytes_u32(&in);
    if (in.fault == BYTES_CUT && seg->open && bytes_peek(&seg->payload, 0) <= 0) {
        return CLAIM_MORE;
    }
    bool fits = length >= CONTROL_MIN && length <= CONTROL_MAX && kind == CONTROL_MESSAGE;
    return bytes_ok(&in) && fits && cookie == COOKIE ? CLAIM_YES : CLAIM_NO;
}

/* RFC 2637 4.1: flags and version(2) 0x880b(2) length(2) call(2) [sequence(4)] [acknowledged(4)] */
static bool read_gre(struct bytes *in)
{
    uint16_t flags = bytes_u16(in);
    uint16_t protocol = bytes_u16(in);
    uint16_t length = bytes_u16(in);
    bytes_skip(in, 2);
    bytes_skip(in, (flags & GRE_SEQUENCE) != 0 ? 4 : 0);
    bytes_skip(in, (flags & GRE_ACKNOWLEDGED) != 0 ? 4 : 0);
    bytes_limit(in, length);
    return bytes_ok(in) && (flags & GRE_FIXED) == GRE_FLAGS && protocol == GRE_PPP;
}

static enum claim pptp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    if (seg->protocol == 0) {
        return claim_control(seg);
    }
    return seg->protocol == IPPROTO_GRE && read_gre(&in) ? CLAIM_YES : CLAIM_NO;
}

static enum feed pptp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct pptp_state *pptp = state;
    struct bytes in = seg->payload;
    bool control = seg->protocol == 0;
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload) < UINT32_MAX ? bytes_sent(&seg->payload)
                                                                     : bytes_left(&seg->payload));
    if (!control && !read_gre(&in)) {
        return FEED_MORE;
    }
    if (!pptp->started) {
        pptp->started = true;
        observe_text(sink, seg, OBS_APP, "pptp", 0);
    }
    if (!control && pptp->ppp.packets == 0) {
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "pptp", 0);
    }
    if (control) {
        return FEED_SETTLED; /* what calls there are says nothing of their protection */
    }
    pptp->last = *seg;
    pptp->last.payload = (struct bytes){ 0 };
    if (bytes_left(&in) > 0) {
        ppp_read(&pptp->ppp, seg, sink, in);
    }
    return FEED_MORE;
}

static void pptp_close(void *state, struct sink *sink)
{
    struct pptp_state *pptp = state;
    ppp_close(&pptp->ppp, &pptp->last, sink);
}

const struct analyzer pptp_analyzer = {
    .name = "pptp",
    .spec = "RFC 2637",
    .carriers = CARRIER_TCP | CARRIER_IP,
    .state_size = sizeof(struct pptp_state),
    .claim = pptp_claim,
    .feed = pptp_feed,
    .close = pptp_close,
};

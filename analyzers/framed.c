/* analyzers/framed.c: datagrams behind their lengths on TCP (RFC 4571): media, RTCP, ICE and DTLS
 * go to the analyzers of datagrams.
 *
 * Two bytes of length are no protocol to know by: the stream is claimed by what stands in its first
 * frames, and what it is called is left to whoever reads them. */
#include "analyzers/analyzer.h"

enum {
    LENGTH_BYTES = 2,
    RTP_HEADER = 12,
    STUN_HEADER = 20,
    DTLS_HEADER = 13,
    COOKIE = 0x2112a442,
    LOST_MAX = 8, /* pieces thrown away before a stream is given up */
};

struct framed_side {
    uint32_t step_over; /* bytes of a frame that a hole broke */
    uint32_t awaited;   /* bytes until the frame at hand is whole */
    bool adrift;        /* bytes were lost, and with them where a frame begins */
};

struct framed_state {
    struct framed_side side[2];
    uint8_t lost; /* pieces thrown away since the last frame */
};

/* What a frame holds by its first bytes (RFC 7983 7). */
enum content { CONTENT_OTHER, CONTENT_SHORT, CONTENT_MEDIA, CONTENT_SURE };

/* STUN whose length is the frame's (RFC 8489 5). */
static enum content look_at_stun(struct bytes in, uint32_t length)
{
    uint16_t type = bytes_u16(&in);
    uint16_t attributes = bytes_u16(&in);
    uint32_t cookie = bytes_u32(&in);
    if (!bytes_ok(&in)) {
        return length >= STUN_HEADER ? CONTENT_SHORT : CONTENT_OTHER;
    }
    bool fits = attributes + (uint32_t)STUN_HEADER == length && type >> 14 == 0;
    return fits && cookie == COOKIE ? CONTENT_SURE : CONTENT_OTHER;
}

/* RFC 6347 4.1: type(1) version(2) epoch(2) sequence(6) length(2). */
static enum content look_at_dtls(struct bytes in, uint32_t length)
{
    bytes_u8(&in);
    uint16_t version = bytes_u16(&in);
    bytes_skip(&in, 8);
    uint32_t record = bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return length >= DTLS_HEADER ? CONTENT_SHORT : CONTENT_OTHER;
    }
    bool fits = record + DTLS_HEADER <= length;
    return fits && (version == 0xfeff || version == 0xfefd) ? CONTENT_SURE : CONTENT_OTHER;
}

static enum content look_at(struct bytes in, uint32_t length)
{
    int first = bytes_peek(&in, 0);
    if (first < 0) {
        return CONTENT_SHORT;
    }
    if (first <= 3) {
        return look_at_stun(in, length);
    }
    if (first >= 20 && first <= 25) {
        return look_at_dtls(in, length);
    }
    bool media = first >= 128 && first <= 191 && length >= RTP_HEADER;
    return !media ? CONTENT_OTHER : bytes_left(&in) < RTP_HEADER ? CONTENT_SHORT : CONTENT_MEDIA;
}

/* Are these two packets of media of one sender, one right after the other, or RTCP? */
static bool go_together(struct bytes a, struct bytes b)
{
    int type = bytes_peek(&b, 1);
    bool report = type >= 192 && type <= 223;
    bytes_skip(&a, 2);
    bytes_skip(&b, 2);
    uint16_t step = (uint16_t)(bytes_u16(&b) - bytes_u16(&a));
    bytes_skip(&a, 4);
    bytes_skip(&b, 4);
    return report || (step <= 1 && bytes_u32(&a) == bytes_u32(&b) && bytes_ok(&a));
}

/* Two frames of media that go together, or a segment that is one frame. */
static enum claim claim_media(struct bytes first, struct bytes rest, uint32_t length)
{
    if (bytes_left(&first) < length) {
        return CLAIM_MORE;
    }
    if (bytes_left(&rest) == 0) {
        return CLAIM_YES;
    }
    uint32_t next = bytes_u16(&rest);
    if (bytes_left(&rest) < RTP_HEADER) {
        return CLAIM_MORE;
    }
    return look_at(rest, next) == CONTENT_MEDIA && go_together(first, rest) ? CLAIM_YES : CLAIM_NO;
}

static enum claim framed_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t length = bytes_u16(&in);
    if (!seg->open || !bytes_ok(&in)) {
        return seg->open && in.fault == BYTES_CUT ? CLAIM_MORE : CLAIM_NO;
    }
    struct bytes frame = bytes_take(&in, length);
    switch (look_at(frame, length)) {
    case CONTENT_OTHER:
        break;
    case CONTENT_SHORT:
        return bytes_left(&frame) < length && length > 0 ? CLAIM_MORE : CLAIM_NO;
    case CONTENT_MEDIA:
        return claim_media(frame, in, length);
    case CONTENT_SURE:
        return CLAIM_YES;
    }
    return CLAIM_NO;
}

/* What stands here is no frame: the next segment may begin with one. */
static enum feed lose(struct framed_state *framed, struct segment *seg)
{
    bytes_take(&seg->payload, bytes_left(&seg->payload));
    framed->side[seg->from].adrift = true;
    framed->lost++;
    return framed->lost > LOST_MAX ? FEED_RELEASE : FEED_MORE;
}

/* RFC 7983 7: what no datagram of media begins with. */
static bool is_foreign(const struct bytes *frame)
{
    int first = bytes_peek(frame, 0);
    return (first > 3 && first < 16) || first > 191;
}

/* Hands over one whole frame. */
static void give(struct segment *seg, struct sink *sink, struct bytes frame)
{
    struct segment datagram = *seg;
    datagram.payload = frame;
    datagram.open = false;
    datagram.first = true;
    if (sink->datagram != NULL && bytes_left(&frame) > 0) {
        sink->datagram(sink, &datagram);
    }
}

static void step_over(struct framed_side *side, struct segment *seg)
{
    uint32_t have = bytes_left(&seg->payload);
    uint32_t size = side->step_over < have ? side->step_over : have;
    bytes_skip(&seg->payload, size);
    side->step_over -= size;
}

static enum feed framed_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct framed_state *framed = state;
    seg->from &= 1;
    struct framed_side *side = &framed->side[seg->from];
    step_over(side, seg);
    while (bytes_left(&seg->payload) >= LENGTH_BYTES) {
        struct bytes in = seg->payload;
        uint32_t length = bytes_u16(&in);
        if (side->adrift && framed_claim(seg) != CLAIM_YES) {
            return lose(framed, seg);
        }
        side->awaited = length > bytes_left(&in) ? length - bytes_left(&in) : 0;
        if (side->awaited > 0) {
            break;
        }
        bytes_limit(&in, length);
        if (is_foreign(&in)) {
            return lose(framed, seg);
        }
        framed->lost = 0;
        side->adrift = false;
        give(seg, sink, in);
        bytes_skip(&seg->payload, LENGTH_BYTES + length);
    }
    return FEED_MORE;
}

/* A hole in a frame whose end is known hides no more than that. */
static enum feed framed_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct framed_state *framed = state;
    struct framed_side *side = &framed->side[from & 1];
    uint32_t left = side->step_over + side->awaited;
    (void)sink;
    side->adrift |= missing > left;
    side->step_over = missing <= left ? left - (uint32_t)missing : 0;
    side->awaited = 0;
    return FEED_MORE;
}

const struct analyzer framed_analyzer = {
    .name = "framed",
    .spec = "RFC 4571",
    .carriers = CARRIER_TCP,
    .inside = true,
    .late = true,
    .state_size = sizeof(struct framed_state),
    .claim = framed_claim,
    .feed = framed_feed,
    .gap = framed_gap,
};

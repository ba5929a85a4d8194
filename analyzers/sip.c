/* analyzers/sip.c: finds SIP messages (RFC 3261) in datagrams and streams. */
#include "analyzers/analyzer.h"
#include "analyzers/header_lines.h"
#include "analyzers/sip_facts.h"
#include "analyzers/sip_message.h"
#include "base/scan.h"

enum {
    HEADERS_MAX = 32 * 1024,    /* bytes of start line and headers that a stream may keep waiting */
    BODY_MAX = 64 * 1024,       /* bytes of a body that is read */
    WAIT_MAX = 64 * 1024,       /* bytes of a message that a stream may keep waiting */
    RESYNCHRONISATIONS_MAX = 8, /* pieces thrown away before a stream is given up */
    BINARY_LOOK = 32,           /* bytes looked at to tell binary from text */
    PING_MAX = 4,               /* bytes: shorter datagrams keep NAT bindings alive */
};

/* One direction of a stream. */
struct sip_side {
    uint32_t step_over; /* bytes of a body still to be stepped over */
    uint32_t scanned;   /* bytes of the waiting message that hold no end of headers */
    uint32_t needed;    /* bytes of the waiting message, 0 = not known */
    bool synced;        /* a message was read */
};

struct sip_state {
    struct sip_facts facts;
    struct sip_side side[2];
    uint8_t thrown; /* pieces thrown away since the last message */
    bool stream;
    bool negotiated; /* NEGOTIATE was seen: compression may follow */
    bool malformed;  /* was told for this stream */
};

enum step { STEP_NEXT, STEP_WAIT, STEP_STOP };

static enum claim sip_claim(const struct segment *seg)
{
    return sip_message_claim(seg->payload, seg->open);
}

/* RFC 3261 18.3: the message is the datagram; Content-Length may leave a rest that is no part. */
static void read_datagram(struct sip_state *sip, struct segment *seg, const struct sip_place *place)
{
    struct bytes in = seg->payload;
    struct bytes all = in;
    struct sip_message message;
    if (!sip_message_read(&in, &message)) {
        int first = bytes_peek(&all, 0);
        bool other = first < 4 || first == '\r' || first == '\n'; /* STUN (RFC 5626 4.4.2), pings */
        if (sip->facts.started && !other && bytes_left(&all) > PING_MAX) {
            sip_facts_fault(place, OBS_MALFORMED);
        }
        return;
    }
    uint32_t size = bytes_sent(&in);
    bool long_body = message.has_length && !message.cut && message.content_length > size;
    if (message.has_length && message.content_length < size) {
        size = message.content_length;
    }
    struct bytes body = message.cut ? bytes_of(NULL, 0, 0) : bytes_take(&in, size);
    sip_facts_message(&sip->facts, &message, body, place);
    if (message.malformed || long_body) {
        sip_facts_fault(place, OBS_MALFORMED);
    } else if (message.cut || body.cut > 0) {
        sip_facts_fault(place, OBS_CUT);
    }
}

static void drop_all(struct segment *seg)
{
    bytes_take(&seg->payload, bytes_left(&seg->payload));
}

static bool looks_binary(struct bytes in)
{
    for (uint32_t i = 0; i < BINARY_LOOK && i < bytes_left(&in); i++) {
        int c = bytes_peek(&in, i);
        if (c >= 0x7f || (c < ' ' && c != '\t' && c != '\r' && c != '\n')) {
            return true;
        }
    }
    return false;
}

/* What stands here is no message. [MS-CONMGMT]: after NEGOTIATE it may be a compressed one. */
static enum step lose(struct sip_state *sip, struct segment *seg, const struct sip_place *place)
{
    struct sip_side *side = &sip->side[seg->from];
    if (sip->negotiated && looks_binary(seg->payload)) {
        observe_value(place->sink, seg, OBS_SIP_COMPRESSED, 1);
        drop_all(seg);
        return STEP_STOP;
    }
    if (!sip->malformed && (side->synced || seg->first)) {
        sip->malformed = true;
        sip_facts_fault(place, OBS_MALFORMED);
    }
    *side = (struct sip_side){ .synced = side->synced };
    drop_all(seg);
    sip->thrown++;
    return sip->thrown > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

static void finish_message(struct sip_state *sip, const struct sip_message *message,
                           struct bytes body, const struct sip_place *place)
{
    sip->thrown = 0;
    sip->negotiated |= scan_is(&message->method, "NEGOTIATE");
    sip_facts_message(&sip->facts, message, body, place);
    if (message->malformed) {
        sip_facts_fault(place, OBS_MALFORMED);
    }
}

/* A message whose headers are here; not complete: all of them that will come, and what stands last
 * may be half a line. RFC 3261 18.3: on a stream a missing Content-Length means no body here. */
static enum step read_message(struct sip_state *sip, struct segment *seg,
                              const struct sip_place *place, bool complete)
{
    struct sip_side *side = &sip->side[seg->from];
    struct bytes rest = seg->payload;
    struct bytes in = bytes_take(&rest, bytes_left(&rest));
    struct bytes start = in;
    struct sip_message message;
    in.cut = complete ? 0 : 1;
    if (!sip_message_read(&in, &message)) {
        return lose(sip, seg, place);
    }
    uint32_t headers = complete ? scan_offset(&start, &in) : bytes_left(&start);
    uint32_t length = message.content_length;
    bytes_skip(&start, headers);
    bool whole = length <= bytes_left(&start);
    bool readable = length <= BODY_MAX && headers + length <= WAIT_MAX;
    if (!whole && readable && seg->open) {
        side->needed = headers + length;
        return STEP_WAIT;
    }
    struct bytes body = start;
    uint32_t size = !readable ? 0 : whole ? length : bytes_left(&start);
    bytes_limit(&body, size);
    body.cut = message.cut ? 0 : length - size;
    bytes_take(&seg->payload, headers);
    *side = (struct sip_side){ .synced = true, .step_over = length };
    finish_message(sip, &message, body, place);
    if (!whole || !readable || message.cut) {
        sip_facts_fault(place, OBS_CUT);
    }
    return STEP_NEXT;
}

static enum step step_stream(struct sip_state *sip, struct segment *seg,
                             const struct sip_place *place)
{
    struct sip_side *side = &sip->side[seg->from];
    uint32_t have = bytes_left(&seg->payload);
    if (side->step_over > 0) {
        uint32_t size = side->step_over < have ? side->step_over : have;
        bytes_take(&seg->payload, size);
        side->step_over -= size;
        return STEP_NEXT;
    }
    int first = bytes_peek(&seg->payload, 0);
    if (first == '\r' || first == '\n') { /* keep-alive: RFC 5626 4.4.1 */
        bytes_skip(&seg->payload, 1);
        return STEP_NEXT;
    }
    if (have < side->needed && seg->open) {
        return STEP_WAIT;
    }
    bool begins = side->scanned == 0; /* else its start line was found good */
    if (begins) {
        enum claim claim = sip_message_claim(seg->payload, seg->open);
        if (claim != CLAIM_YES) {
            return claim == CLAIM_MORE ? STEP_WAIT : lose(sip, seg, place);
        }
    }
    bool whole = header_lines_whole(seg->payload, &side->scanned);
    if (seg->open && !whole) {
        struct sip_message message;
        if (begins && sip_message_begins(seg->payload, true, &message)) {
            sip_facts_begin(&sip->facts, &message, place);
        }
        return have > HEADERS_MAX ? lose(sip, seg, place) : STEP_WAIT;
    }
    return read_message(sip, seg, place, whole);
}

static enum feed sip_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct sip_state *sip = state;
    struct sip_place place = { seg, sink, seg->payload, "udp" };
    place.transport = seg->transport != NULL ? seg->transport : place.transport;
    seg->from &= 1;
    sip->stream |= seg->open;
    if (!sip->stream) {
        read_datagram(sip, seg, &place);
        bytes_take(&seg->payload, bytes_sent(&seg->payload));
        return FEED_MORE;
    }
    place.transport = "tcp";
    while (bytes_left(&seg->payload) > 0) {
        enum step step = step_stream(sip, seg, &place);
        if (step != STEP_NEXT) {
            return step == STEP_STOP ? FEED_SETTLED : FEED_MORE;
        }
    }
    return FEED_MORE;
}

static enum feed sip_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct sip_state *sip = state;
    struct sip_side *side = &sip->side[from & 1];
    (void)sink;
    if (missing <= side->step_over) {
        side->step_over -= (uint32_t)missing;
    } else {
        *side = (struct sip_side){ 0 };
    }
    return FEED_MORE;
}

static void sip_close(void *state, struct sink *sink)
{
    struct sip_state *sip = state;
    sip_facts_done(&sip->facts, sink);
}

const struct analyzer sip_analyzer = {
    .name = "sip",
    .spec = "RFC 3261",
    .carriers = CARRIER_UDP | CARRIER_TCP,
    .inside = true,
    .late = true,
    .state_size = sizeof(struct sip_state),
    .claim = sip_claim,
    .feed = sip_feed,
    .gap = sip_gap,
    .close = sip_close,
};

/* analyzers/dispatch_tcp.c: streams to the analyzer that claims them, and on to the next one after
 * STARTTLS, CONNECT and the like. */
#include <stdlib.h>

#include "analyzers/dispatch_internal.h"

/* The reader of one side while one packet is handled. */
struct side_reader {
    struct stream_reader reader; /* first: callbacks cast back */
    struct dispatch *dispatch;
    struct analysis *analysis;
    uint8_t side;
};

static uint32_t used_of(const struct bytes *before, const struct bytes *after)
{
    return bytes_sent(before) - bytes_sent(after);
}

static uint8_t side_bit(uint8_t side)
{
    return (uint8_t)(1u << side);
}

/* Feeds the analyzer that has the stream. Returns bytes used. */
static uint32_t feed_seat(struct side_reader *r, struct segment *seg)
{
    struct analysis *a = r->analysis;
    struct seat *seat = &a->seats[a->stream_seat];
    struct bytes before = seg->payload;
    const struct analyzer *analyzer = analyzers[seat->analyzer];
    enum feed feed =
        analyzer->feed(dispatch_state(r->dispatch, seat), seg, &r->dispatch->sink.sink);
    if (feed == FEED_SETTLED) {
        seat->settled = true;
        a->settled = true;
        return bytes_left(&before);
    }
    uint32_t used = used_of(&before, &seg->payload);
    if (used > 0) {
        a->fresh &= (uint8_t)~side_bit(seg->from);
    }
    if (feed == FEED_RELEASE) {
        a->stream_seat = SEAT_NONE;
        a->handed = seg->handed;
        a->undecided = 0;
        a->spoken = 0; /* what comes now begins anew */
        a->fresh = 3;
    }
    return used;
}

/* May this analyzer claim now? Once another protocol spoke from the start, only late ones may. */
static bool may_claim(const struct analysis *a, const struct analyzer *analyzer)
{
    bool late_only = a->spoken != 0 && a->start_seen;
    return (analyzer->carriers & CARRIER_TCP) != 0 && (analyzer->late || !late_only);
}

/* Asks all who may: a seat, or SEAT_NONE; ret_wait: somebody wants more bytes first. */
static uint8_t claim_stream(struct side_reader *r, const struct segment *seg, bool *ret_wait)
{
    for (unsigned i = 0; i < r->dispatch->analyzer_count; i++) {
        if (!may_claim(r->analysis, analyzers[i])) {
            continue;
        }
        enum claim claim = analyzers[i]->claim(seg);
        if (claim == CLAIM_YES) {
            return dispatch_sit(r->dispatch, r->analysis, i);
        }
        *ret_wait |= claim == CLAIM_MORE;
    }
    return SEAT_NONE;
}

/* Finds the stream a seat; false: there is none, and ret_used bytes go by without. */
static bool seat_stream(struct side_reader *r, const struct segment *seg, uint32_t *ret_used)
{
    struct analysis *a = r->analysis;
    bool wait = false;
    a->stream_seat = claim_stream(r, seg, &wait);
    if (a->stream_seat != SEAT_NONE) {
        return true;
    }
    *ret_used = 0;
    if (!wait || !seg->open || bytes_left(&seg->payload) >= CLAIM_WAIT_MAX) {
        a->fresh &= (uint8_t)~side_bit(r->side);
        a->spoken |= side_bit(r->side);
        a->undecided++;
        *ret_used = bytes_left(&seg->payload);
    }
    return false;
}

static uint32_t on_data(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                        uint64_t time_us, bool first)
{
    struct side_reader *r = (struct side_reader *)reader;
    struct analysis *a = r->analysis;
    if (a->settled) {
        return bytes_left(&bytes);
    }
    struct segment seg = dispatch_segment(a, r->side, packet, time_us);
    seg.payload = bytes;
    seg.open = bytes.cut > 0;
    uint32_t used = 0;
    do { /* one that hands the stream over may have used nothing; seats are few */
        seg.first = first || (a->fresh & side_bit(r->side)) != 0;
        if (a->stream_seat == SEAT_NONE && !seat_stream(r, &seg, &used)) {
            return used;
        }
        used = feed_seat(r, &seg);
    } while (used == 0 && a->stream_seat == SEAT_NONE);
    return used;
}

static void on_gap(struct stream_reader *reader, uint64_t missing, uint64_t packet)
{
    struct side_reader *r = (struct side_reader *)reader;
    struct analysis *a = r->analysis;
    (void)packet;
    a->fresh &= (uint8_t)~side_bit(r->side);
    a->spoken |= side_bit(r->side);
    if (a->stream_seat == SEAT_NONE || a->settled) {
        return;
    }
    struct seat *seat = &a->seats[a->stream_seat];
    const struct analyzer *analyzer = analyzers[seat->analyzer];
    enum feed feed = analyzer->gap == NULL
                         ? FEED_MORE
                         : analyzer->gap(dispatch_state(r->dispatch, seat), r->side, missing,
                                         &r->dispatch->sink.sink);
    seat->settled |= feed == FEED_SETTLED;
    a->settled |= feed == FEED_SETTLED;
    a->stream_seat = feed == FEED_RELEASE ? SEAT_NONE : a->stream_seat;
}

static struct side_reader reader_of(struct dispatch *d, struct analysis *a, uint8_t side)
{
    return (struct side_reader){ { on_data, on_gap }, d, a, side };
}

/* By its SYN, or by the other side's answer to that. */
static bool is_isn_known(const struct flow_cold *cold, uint8_t side)
{
    return (cold->flags & ((uint32_t)COLD_SYN << side)) != 0 ||
           (cold->flags & ((uint32_t)COLD_SYN_ACK << (1 - side))) != 0;
}

static struct stream *stream_of(struct dispatch *d, struct analysis *a,
                                const struct flow_cold *cold, uint8_t side)
{
    if (a->stream[side] == NULL) {
        a->stream[side] = stream_new(is_isn_known(cold, side), cold->isn[side]);
        if (a->stream[side] != NULL) {
            stream_share(a->stream[side], d->shared);
        }
    }
    return a->stream[side];
}

bool dispatch_tcp_acks_data(const struct batch *b, uint32_t i)
{
    uint8_t other = (uint8_t)(1 - b->side[i]);
    const struct flow_cold *cold = b->cold[i];
    if ((b->tcp_flags[i] & TCP_ACK) == 0 || !is_isn_known(cold, other)) {
        return false;
    }
    uint32_t beyond = b->tcp_ack[i] - (cold->isn[other] + 1);
    return beyond > 1 && beyond <= INT32_MAX; /* 1: may be the FIN alone */
}

void dispatch_tcp(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i)
{
    uint8_t side = b->side[i];
    uint8_t other = (uint8_t)(1 - side);
    struct counters *counters = d->options.counters;
    if (a->stream[other] == NULL && dispatch_tcp_acks_data(b, i)) {
        (void)stream_of(d, a, b->cold[i], other); /* its first bytes were lost, or overtaken */
    }
    if ((b->tcp_flags[i] & TCP_ACK) != 0 && a->stream[other] != NULL) {
        struct side_reader r = reader_of(d, a, other);
        stream_acked(a->stream[other], b->tcp_ack[i], &r.reader, counters);
    }
    if (bytes_sent(&b->payload[i]) == 0) {
        return;
    }
    struct stream *stream = stream_of(d, a, b->cold[i], side);
    if (stream == NULL) {
        counters->value[COUNT_TCP_DROPPED] += bytes_sent(&b->payload[i]);
        a->settled = true;
        return;
    }
    struct side_reader r = reader_of(d, a, side);
    struct stream_segment segment = { b->tcp_seq[i], b->payload[i], b->packet[i], b->time_us[i] };
    segment.seq += (b->tcp_flags[i] & TCP_SYN) != 0;
    stream_push(stream, &segment, &r.reader, counters);
}

void dispatch_tcp_finish(struct dispatch *d, struct analysis *a)
{
    for (uint8_t side = 0; side < 2; side++) {
        if (a->stream[side] != NULL) {
            struct side_reader r = reader_of(d, a, side);
            stream_finish(a->stream[side], &r.reader, d->options.counters);
        }
    }
}

void dispatch_tcp_stop(struct analysis *a)
{
    for (uint8_t side = 0; side < 2; side++) {
        if (a->stream[side] != NULL) {
            a->missing_bytes += stream_missing(a->stream[side]);
            a->duplicates += stream_duplicates(a->stream[side]);
            a->conflicts += stream_conflicts(a->stream[side]);
            stream_free(a->stream[side]);
            a->stream[side] = NULL;
        }
    }
}

/* analyzers/dispatch_inner.c: a stream inside of a stream: TLS in the packets of a database. */
#include <stdlib.h>

#include "analyzers/dispatch_internal.h"

/* The reader of one side of the inner stream. */
struct inner_reader {
    struct stream_reader reader; /* first: callbacks cast back */
    struct dispatch *dispatch;
    struct analysis *analysis;
    uint8_t side;
};

/* Whoever claims it, but not who carries it. */
static uint8_t claim_inner(struct dispatch *d, struct analysis *a, const struct segment *seg,
                           bool *ret_wait)
{
    for (unsigned i = 0; i < d->analyzer_count; i++) {
        bool carrier = a->stream_seat != SEAT_NONE && a->seats[a->stream_seat].analyzer == i;
        if (carrier || (analyzers[i]->carriers & CARRIER_TCP) == 0) {
            continue;
        }
        enum claim claim = analyzers[i]->claim(seg);
        if (claim == CLAIM_YES) {
            return dispatch_sit(d, a, i);
        }
        *ret_wait |= claim == CLAIM_MORE;
    }
    return SEAT_NONE;
}

static uint32_t on_data(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                        uint64_t time_us, bool first)
{
    struct inner_reader *r = (struct inner_reader *)reader;
    struct dispatch *d = r->dispatch;
    struct inner *inner = r->analysis->inner;
    struct segment seg = dispatch_segment(r->analysis, r->side, packet, time_us);
    seg.payload = bytes;
    seg.open = bytes.cut > 0;
    seg.first = first;
    bool wait = false;
    if (inner->seat == SEAT_NONE && !inner->settled) {
        inner->seat = claim_inner(d, r->analysis, &seg, &wait);
    }
    if (inner->seat == SEAT_NONE || inner->settled) {
        bool waits = wait && seg.open && bytes_left(&bytes) < CLAIM_WAIT_MAX;
        inner->settled |= !waits;
        return waits ? 0 : bytes_left(&bytes);
    }
    struct seat *seat = &r->analysis->seats[inner->seat];
    enum feed feed = analyzers[seat->analyzer]->feed(dispatch_state(d, seat), &seg, &d->sink.sink);
    seat->settled = feed != FEED_MORE;
    inner->settled = seat->settled;
    return inner->settled ? bytes_left(&bytes) : bytes_sent(&bytes) - bytes_sent(&seg.payload);
}

static void on_gap(struct stream_reader *reader, uint64_t missing, uint64_t packet)
{
    struct inner_reader *r = (struct inner_reader *)reader;
    struct inner *inner = r->analysis->inner;
    (void)packet;
    if (inner->seat == SEAT_NONE || inner->settled) {
        return;
    }
    struct seat *seat = &r->analysis->seats[inner->seat];
    const struct analyzer *analyzer = analyzers[seat->analyzer];
    if (analyzer->gap != NULL) {
        (void)analyzer->gap(dispatch_state(r->dispatch, seat), r->side, missing,
                            &r->dispatch->sink.sink);
    }
}

static struct inner *inner_of(struct dispatch *d, struct analysis *a)
{
    if (a->inner == NULL && budget_take(d->shared, sizeof *a->inner)) {
        a->inner = calloc(1, sizeof *a->inner);
        if (a->inner == NULL) {
            budget_give(d->shared, sizeof *a->inner);
            return NULL;
        }
        a->inner->seat = SEAT_NONE;
    }
    return a->inner;
}

bool dispatch_inner(struct dispatch *d, struct analysis *a, const struct segment *seg)
{
    struct inner *inner = inner_of(d, a);
    if (inner == NULL || inner->settled) {
        return false;
    }
    struct inner_reader r = { { on_data, on_gap }, d, a, seg->from };
    if (bytes_left(&seg->payload) == 0) {
        on_gap(&r.reader, bytes_sent(&seg->payload), seg->packet);
        return true;
    }
    if (inner->stream[seg->from] == NULL) {
        inner->stream[seg->from] = stream_new(true, 0);
        inner->seq[seg->from] = 1;
        if (inner->stream[seg->from] == NULL) {
            return false;
        }
        stream_share(inner->stream[seg->from], d->shared);
    }
    struct stream_segment part = { inner->seq[seg->from], seg->payload, seg->packet, seg->time_us };
    part.payload.cut = 0;
    inner->seq[seg->from] += bytes_left(&seg->payload);
    stream_push(inner->stream[seg->from], &part, &r.reader, d->options.counters);
    return !inner->settled;
}

void dispatch_inner_finish(struct dispatch *d, struct analysis *a)
{
    for (uint8_t side = 0; a->inner != NULL && side < 2; side++) {
        if (a->inner->stream[side] != NULL) {
            struct inner_reader r = { { on_data, on_gap }, d, a, side };
            stream_finish(a->inner->stream[side], &r.reader, d->options.counters);
        }
    }
}

void dispatch_inner_free(struct dispatch *d, struct analysis *a)
{
    if (a->inner != NULL) {
        for (unsigned side = 0; side < 2; side++) {
            if (a->inner->stream[side] != NULL) {
                stream_free(a->inner->stream[side]);
            }
        }
        budget_give(d->shared, sizeof *a->inner);
        free(a->inner);
        a->inner = NULL;
    }
}

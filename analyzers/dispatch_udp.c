/* analyzers/dispatch_udp.c: which analyzer gets which datagram of a flow, or packet where that is
 * neither of UDP nor of TCP. */
#include "analyzers/dispatch_internal.h"

/* Reads it datagrams, at the depth at which we are (inside records, or not)? */
static bool reads_datagrams(const struct dispatch *d, const struct seat *seat)
{
    return seat->opened == d->sink.opened &&
           (analyzers[seat->analyzer]->carriers & CARRIER_UDP) != 0;
}

/* The seat of an analyzer that still wants what could be its own and is claimed by nobody. */
static uint8_t heir_of_datagram(const struct dispatch *d, const struct analysis *a,
                                const struct segment *seg)
{
    for (uint8_t i = 0; i < a->seat_count; i++) {
        const struct analyzer *analyzer = analyzers[a->seats[i].analyzer];
        if (analyzer->owns != NULL && !a->seats[i].settled && reads_datagrams(d, &a->seats[i]) &&
            analyzer->claim(seg) == CLAIM_MORE) {
            return i;
        }
    }
    return SEAT_NONE;
}

/* The seat whose analyzer knows this datagram by what it has seen of the flow. */
static uint8_t owner_of_datagram(struct dispatch *d, const struct analysis *a,
                                 const struct segment *seg)
{
    for (uint8_t i = 0; i < a->seat_count; i++) {
        const struct analyzer *analyzer = analyzers[a->seats[i].analyzer];
        if (analyzer->owns != NULL && reads_datagrams(d, &a->seats[i]) &&
            analyzer->owns(dispatch_state(d, &a->seats[i]), seg)) {
            return i;
        }
    }
    return SEAT_NONE;
}

/* Is there an analyzer with a seat that says this datagram is its own? Seated ones are asked first.
 */
static uint8_t seat_for_datagram(struct dispatch *d, struct analysis *a, const struct segment *seg)
{
    uint8_t owner = owner_of_datagram(d, a, seg);
    if (owner != SEAT_NONE) {
        return owner;
    }
    for (uint8_t i = 0; i < a->seat_count; i++) {
        if (reads_datagrams(d, &a->seats[i]) &&
            analyzers[a->seats[i].analyzer]->claim(seg) == CLAIM_YES) {
            return i;
        }
    }
    for (unsigned i = 0; i < d->analyzer_count; i++) {
        if ((analyzers[i]->carriers & CARRIER_UDP) != 0 && analyzers[i]->claim(seg) == CLAIM_YES) {
            uint8_t seat = dispatch_sit(d, a, i);
            if (seat != SEAT_NONE) {
                a->seats[seat].opened = d->sink.opened;
            }
            return seat;
        }
    }
    return heir_of_datagram(d, a, seg);
}

static void feed_seat(struct dispatch *d, struct seat *seat, struct segment *seg)
{
    if (!seat->settled && analyzers[seat->analyzer]->feed(dispatch_state(d, seat), seg,
                                                          &d->sink.sink) == FEED_SETTLED) {
        seat->settled = true;
    }
}

void dispatch_udp(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i)
{
    struct segment seg = dispatch_segment(a, b->side[i], b->packet[i], b->time_us[i]);
    seg.payload = b->payload[i];
    seg.first = true;
    uint8_t at = seat_for_datagram(d, a, &seg);
    if (at == SEAT_NONE) {
        a->undecided++;
        return;
    }
    feed_seat(d, &a->seats[at], &seg);
}

static uint8_t seat_for_packet(struct dispatch *d, struct analysis *a, const struct segment *seg)
{
    for (unsigned i = 0; a->seat_count == 0 && i < d->analyzer_count; i++) {
        if ((analyzers[i]->carriers & CARRIER_IP) != 0 && analyzers[i]->claim(seg) == CLAIM_YES) {
            return dispatch_sit(d, a, i);
        }
    }
    return a->seat_count > 0 ? 0 : SEAT_NONE;
}

void dispatch_ip(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i)
{
    struct segment seg = dispatch_segment(a, b->side[i], b->packet[i], b->time_us[i]);
    seg.payload = b->payload[i];
    seg.protocol = a->l4;
    seg.first = true;
    uint8_t at = seat_for_packet(d, a, &seg);
    if (at == SEAT_NONE) {
        b->flow[i]->feeds_left = 0; /* nobody reads its protocol */
        return;
    }
    feed_seat(d, &a->seats[at], &seg);
}

void dispatch_udp_inside(struct dispatch *d, struct analysis *a, const struct segment *seg)
{
    struct segment inner = *seg;
    uint8_t at = seat_for_datagram(d, a, &inner);
    if (at != SEAT_NONE) {
        feed_seat(d, &a->seats[at], &inner);
    }
}

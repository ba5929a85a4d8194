/* analyzers/dispatch_rest.c: what is known of a flow that is quiet, or of which nobody wants more,
 * is packed into one block of its size, and unpacked as it was when the flow goes on or ends.
 *
 *   block := streams(1, bit per side) analysis stream* state* facts
 *
 * The first flows are not packed: few flows are quicker as they are. Those that wait to be packed
 * stand in one chain in order of their last look; what is not quiet then goes to its end. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/dispatch_internal.h"
#include "analyzers/facts_pack.h"
#include "base/sparse.h"

enum {
    QUIET_US = 5000000,     /* a flow silent for so long may be packed, ... */
    QUIET_MANY_US = 100000, /* ... when many are awake; a call sends every 20 to 60 ms */
    STATE_MAX = 16 * 1024,  /* bytes of a state that is packed */
    LOOKS_LEAST = 8,        /* at flows, in one go */
    AWAKE_BYTES = 8192,     /* of the memory for analysis: sets how many stay awake, ... */
    AWAKE_MAX = 4096,       /* ... at most these */
    AWAKE_MANY = 8,         /* many are awake: so many times that */
    SCRATCH = 8 * 1024 + (SEATS + 1) * (STATE_MAX + STATE_MAX / 4) + FACTS_PACK_MAX,
};

/* A packed flow. */
struct rest {
    uint32_t size; /* bytes */
    uint8_t bytes[];
};

static struct analysis *at_slot(const struct dispatch *d, uint32_t slot)
{
    return pool_at(&d->flows, slot);
}

void dispatch_rest_init(struct dispatch *d)
{
    uint64_t most = d->options.memory_bytes / AWAKE_BYTES;
    d->awake.limit = d->shared != NULL && most < AWAKE_MAX ? (uint32_t)most : AWAKE_MAX;
    phrases_init(&d->phrases, d->shared);
}

void dispatch_rest_done(struct dispatch *d)
{
    phrases_done(&d->phrases);
    free(d->scratch);
}

void dispatch_rest_add(struct dispatch *d, struct analysis *a)
{
    a->awake_before = d->awake.last;
    a->awake_next = POOL_NONE;
    if (d->awake.last != POOL_NONE) {
        at_slot(d, d->awake.last)->awake_next = a->pool_slot;
    } else {
        d->awake.first = a->pool_slot;
    }
    d->awake.last = a->pool_slot;
    d->awake.count++;
    d->awake.news++;
}

void dispatch_rest_remove(struct dispatch *d, struct analysis *a)
{
    if (a->awake_before != POOL_NONE) {
        at_slot(d, a->awake_before)->awake_next = a->awake_next;
    } else {
        d->awake.first = a->awake_next;
    }
    if (a->awake_next != POOL_NONE) {
        at_slot(d, a->awake_next)->awake_before = a->awake_before;
    } else {
        d->awake.last = a->awake_before;
    }
    d->awake.count--;
}

/* Is nothing expected of it soon, and nothing borrowed from it? */
static bool may_rest(const struct dispatch *d, const struct analysis *a)
{
    if (a->changed || a->ndpi != NULL) {
        return false;
    }
    for (uint8_t i = 0; i < a->seat_count; i++) {
        if (analyzers[a->seats[i].analyzer]->state_size > STATE_MAX) {
            return false;
        }
    }
    for (unsigned side = 0; side < 2; side++) {
        if (a->stream[side] != NULL && !stream_is_empty(a->stream[side])) {
            return false;
        }
    }
    bool many = d->awake.count / AWAKE_MANY > d->awake.limit;
    return a->concluded || a->settled ||
           a->cold->last_us + (many ? QUIET_MANY_US : QUIET_US) < d->now_us;
}

/* What is made anew when it wakes is left out. */
static uint8_t *pack_analysis(const struct analysis *a, uint8_t *out)
{
    struct analysis still = *a;
    for (unsigned i = 0; i < SEATS; i++) {
        still.seats[i].state = a->seats[i].state != POOL_NONE;
    }
    memset(still.stream, 0, sizeof still.stream);
    memset(still.end, 0, sizeof still.end);
    still.flow_id = 0;
    still.cold = NULL;
    still.pool_slot = 0;
    still.awake_before = 0;
    still.awake_next = 0;
    still.facts = (struct facts){ 0 };
    return out + sparse_pack(&still, sizeof still, out);
}

static uint8_t *pack(struct dispatch *d, const struct analysis *a, uint8_t *out)
{
    *out++ = (uint8_t)((a->stream[0] != NULL ? 1 : 0) | (a->stream[1] != NULL ? 2 : 0));
    out = pack_analysis(a, out);
    for (unsigned side = 0; side < 2; side++) {
        out += a->stream[side] != NULL ? stream_pack(a->stream[side], out) : 0;
    }
    for (uint8_t i = 0; i < a->seat_count; i++) {
        const void *state = dispatch_state(d, &a->seats[i]);
        size_t size = analyzers[a->seats[i].analyzer]->state_size;
        out += state != NULL ? sparse_pack(state, size, out) : 0;
    }
    return out + facts_pack_write(&a->facts, &d->phrases, out);
}

/* Frees the memory of an analysis, but not what states and packed streams own. */
static void give_back(struct dispatch *d, struct analysis *a)
{
    for (uint8_t i = 0; i < a->seat_count; i++) {
        struct seat *seat = &a->seats[i];
        if (seat->state != POOL_NONE) {
            pool_give(&d->states[seat->analyzer], seat->state);
            budget_give(d->shared, analyzers[seat->analyzer]->state_size);
        }
    }
    stream_free(a->stream[0]);
    stream_free(a->stream[1]);
    facts_done(&a->facts);
    pool_give(&d->flows, a->pool_slot);
    budget_give(d->shared, sizeof *a);
}

/* False without memory. */
static bool put_to_rest(struct dispatch *d, struct analysis *a)
{
    d->scratch = d->scratch != NULL ? d->scratch : malloc(SCRATCH);
    if (d->scratch == NULL) {
        return false;
    }
    uint32_t size = (uint32_t)(pack(d, a, d->scratch) - d->scratch);
    struct rest *rest = malloc(sizeof *rest + size);
    if (rest == NULL) {
        return false;
    }
    rest->size = size;
    memcpy(rest->bytes, d->scratch, size);
    budget_overdraw(d->shared, sizeof *rest + size);
    struct flow_cold *cold = a->cold;
    cold->analysis = rest;
    cold->flags |= COLD_RESTS;
    dispatch_rest_remove(d, a);
    give_back(d, a);
    return true;
}

void dispatch_rest(struct dispatch *d)
{
    uint32_t looks = 2 * d->awake.news + LOOKS_LEAST;
    d->awake.news = 0;
    while (looks-- > 0 && d->awake.count > d->awake.limit) {
        struct analysis *a = at_slot(d, d->awake.first);
        if (!may_rest(d, a) || !put_to_rest(d, a)) {
            dispatch_rest_remove(d, a);
            dispatch_rest_add(d, a);
            d->awake.news--;
        }
    }
}

/* Takes a slot for a state, whatever the budget says; false without memory. */
static bool unpack_seat(struct dispatch *d, struct seat *seat, const uint8_t **in)
{
    if (seat->state == POOL_NONE) {
        return true;
    }
    seat->state = pool_take(&d->states[seat->analyzer]);
    if (seat->state == POOL_NONE) {
        return false;
    }
    size_t size = analyzers[seat->analyzer]->state_size;
    budget_overdraw(d->shared, size);
    *in = sparse_unpack(*in, dispatch_state(d, seat), size);
    return true;
}

static bool unpack_streams(struct dispatch *d, struct analysis *a, unsigned sides,
                           const uint8_t **in)
{
    for (unsigned side = 0; side < 2; side++) {
        if ((sides >> side & 1) != 0) {
            a->stream[side] = stream_unpack(in);
            if (a->stream[side] == NULL) {
                return false;
            }
            stream_share(a->stream[side], d->shared);
        }
    }
    return true;
}

static bool unpack_seats(struct dispatch *d, struct analysis *a, const uint8_t **in)
{
    bool good = true;
    for (uint8_t i = 0; i < a->seat_count; i++) {
        good = good && unpack_seat(d, &a->seats[i], in);
        a->seats[i].state = good ? a->seats[i].state : POOL_NONE;
    }
    return good;
}

struct analysis *dispatch_wake(struct dispatch *d, struct flow_cold *cold)
{
    if ((cold->flags & COLD_RESTS) == 0) {
        return cold->analysis;
    }
    struct rest *rest = cold->analysis;
    uint32_t slot = pool_take(&d->flows);
    if (slot == POOL_NONE) {
        return NULL;
    }
    struct analysis *a = at_slot(d, slot);
    budget_overdraw(d->shared, sizeof *a);
    unsigned sides = rest->bytes[0];
    const uint8_t *in = sparse_unpack(rest->bytes + 1, a, sizeof *a);
    a->pool_slot = slot;
    a->facts.budget = d->shared;
    if (!unpack_streams(d, a, sides, &in) || !unpack_seats(d, a, &in) ||
        !facts_pack_read(in, &d->phrases, &a->facts)) {
        give_back(d, a);
        return NULL;
    }
    dispatch_identify(a, cold);
    cold->analysis = a;
    cold->flags &= ~(uint32_t)COLD_RESTS;
    dispatch_rest_add(d, a);
    budget_give(d->shared, sizeof *rest + rest->size);
    free(rest);
    return a;
}

void dispatch_lose(struct dispatch *d, struct flow_cold *cold)
{
    struct rest *rest = cold->analysis;
    budget_give(d->shared, sizeof *rest + rest->size);
    free(rest);
    cold->analysis = NULL;
    cold->flags &= ~(uint32_t)COLD_RESTS;
    d->options.counters->value[COUNT_FACTS_DROPPED]++;
}

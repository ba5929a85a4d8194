/* rules/legs.c: pairs of hosts and the signalling seen between them. */
#include "rules/legs.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "rules/lookup.h"

struct legs {
    struct hash_seed seed;
    struct lookup by_ends;
    struct leg *items; /* owned */
    uint32_t count, capacity;
    uint64_t dropped;
};

enum ov_status legs_new(struct legs **ret_legs)
{
    struct legs *legs = calloc(1, sizeof *legs);
    if (legs == NULL) {
        return OV_NOMEM;
    }
    legs->seed = hash_seed_random();
    *ret_legs = legs;
    return OV_OK;
}

void legs_free(struct legs *legs)
{
    if (legs != NULL) {
        lookup_done(&legs->by_ends);
        free(legs->items);
        free(legs);
    }
}

/* An entry of these ends in the order in which they are kept. */
static struct leg leg_of(const struct address *a, const struct address *b)
{
    struct leg leg = { 0 };
    bool swap = b != NULL && memcmp(a->byte, b->byte, sizeof a->byte) < 0;
    leg.end[1] = swap ? *b : *a;
    if (b != NULL) {
        leg.end[0] = swap ? *a : *b;
    }
    return leg;
}

static bool same_ends(const struct leg *a, const struct leg *b)
{
    return address_equal(&a->end[0], &b->end[0]) && address_equal(&a->end[1], &b->end[1]);
}

static uint64_t key_of(const struct legs *legs, const struct leg *leg)
{
    return keyed_hash(leg->end, sizeof leg->end, legs->seed);
}

static struct leg *find(const struct legs *legs, const struct leg *wanted)
{
    uint32_t i = lookup_find(&legs->by_ends, key_of(legs, wanted));
    bool found = i != LOOKUP_NONE && same_ends(&legs->items[i], wanted);
    return found ? &legs->items[i] : NULL;
}

static bool grow(struct legs *legs)
{
    uint32_t capacity = legs->capacity == 0 ? 64 : legs->capacity * 2;
    struct leg *items = realloc(legs->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    legs->items = items;
    legs->capacity = capacity;
    return true;
}

/* The entry of these ends, made if need be; NULL, and counted, where there is no room. */
static struct leg *entry_of(struct legs *legs, const struct leg *wanted)
{
    struct leg *known = find(legs, wanted);
    if (known != NULL) {
        return known;
    }
    uint64_t key = key_of(legs, wanted);
    if (legs->count == LEGS_MAX || lookup_find(&legs->by_ends, key) != LOOKUP_NONE ||
        (legs->count == legs->capacity && !grow(legs)) ||
        !lookup_add(&legs->by_ends, key, legs->count)) {
        legs->dropped++;
        return NULL;
    }
    legs->items[legs->count] = *wanted;
    return &legs->items[legs->count++];
}

/* 0 is the worst. */
static int rank_of(unsigned seen)
{
    return (seen & LEG_CLEAR) != 0       ? 0
           : (seen & LEG_ONE_WAY) != 0   ? 1
           : (seen & LEG_UNDECIDED) != 0 ? 2
           : (seen & LEG_MTLS) != 0      ? 3
                                         : 4;
}

/* Flows come in any order: which one is named must not depend on it. */
static bool is_earlier(const struct flow_record *record, const struct leg *leg)
{
    return record->start_us != leg->start_us ? record->start_us < leg->start_us
                                             : record->id < leg->flow_id;
}

static void note(struct leg *leg, enum leg_signalling signalling, const struct flow_record *record)
{
    if (leg == NULL) {
        return;
    }
    int old = rank_of(leg->seen), now = rank_of(signalling);
    leg->seen |= signalling;
    if (now < old || (now == old && is_earlier(record, leg))) {
        leg->flow_id = record->id;
        leg->start_us = record->start_us;
    }
}

void legs_note(struct legs *legs, const struct address *a, const struct address *b,
               enum leg_signalling signalling, const struct flow_record *record)
{
    struct leg pair = leg_of(a, b), first = leg_of(a, NULL), second = leg_of(b, NULL);
    note(entry_of(legs, &pair), signalling, record);
    note(entry_of(legs, &first), signalling, record);
    note(entry_of(legs, &second), signalling, record);
}

const struct leg *legs_find(const struct legs *legs, const struct address *a,
                            const struct address *b)
{
    struct leg wanted = leg_of(a, b);
    return find(legs, &wanted);
}

uint64_t legs_dropped(const struct legs *legs)
{
    return legs->dropped;
}

/* analyzers/joins/calls_twins.c: one call under several Call-IDs.
 *
 * A B2BUA that stays out of the media hands on the SDP of one side to the other (RFC 7092 3.1):
 * each of its dialogs announces the same addresses for the same two parties, at the same time. */
#include "analyzers/joins/calls_internal.h"

enum {
    LOOKED_AT = 16, /* addresses of a call, and calls that have one of them, that are compared */
    APART_US = 300000000 /* the second dialog begins before the first one is answered */
};

static uint8_t party_of(const struct calls *calls, const struct call_endpoint *entry)
{
    return calls_line_at(calls, entry->line)->party;
}

/* Which party of the call announced this end? -1 = none. */
static int party_behind(const struct calls *calls, const struct call *call,
                        const struct flow_end *end)
{
    for (uint32_t at = call->endpoints; at != POOL_NONE;
         at = calls_endpoint_at(calls, at)->next_same) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        if (!entry->guess && calls_same_end(&entry->end, end)) {
            return party_of(calls, entry);
        }
    }
    return -1;
}

static bool are_at_once(const struct call *a, const struct call *b)
{
    uint64_t apart =
        a->start_us > b->start_us ? a->start_us - b->start_us : b->start_us - a->start_us;
    const struct call *first = a->start_us <= b->start_us ? a : b;
    const struct call *second = first == a ? b : a;
    return apart <= APART_US && (first->ended_us == 0 || first->ended_us >= second->start_us);
}

/* Do both calls have the same two parties? ret_reversed: who calls in one is called in the other.
 */
static bool are_twins(const struct calls *calls, const struct call *call, const struct call *other,
                      bool *ret_reversed)
{
    bool seen[2][2] = { { false } }; /* a party of call is that party of other */
    uint32_t at = call->endpoints;
    for (unsigned i = 0; at != POOL_NONE && i < LOOKED_AT; i++) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        int party = entry->guess ? -1 : party_behind(calls, other, &entry->end);
        if (party >= 0) {
            seen[party_of(calls, entry) & 1][party & 1] = true;
        }
        at = entry->next_same;
    }
    bool straight = seen[0][0] && seen[1][1], crossed = seen[0][1] && seen[1][0];
    *ret_reversed = crossed;
    return straight != crossed && are_at_once(call, other);
}

static bool is_in(const struct call_group *group, uint32_t call)
{
    for (uint32_t i = 0; i < group->count; i++) {
        if (group->call[i] == call) {
            return true;
        }
    }
    return false;
}

static bool is_earlier(const struct call *a, const struct call *b)
{
    return a->start_us != b->start_us ? a->start_us < b->start_us : a->name < b->name;
}

/* By their first messages. */
static void insert(const struct calls *calls, struct call_group *group, uint32_t call,
                   bool reversed)
{
    uint32_t to = group->count++;
    for (; to > 0 && is_earlier(calls_at(calls, call), calls_at(calls, group->call[to - 1]));
         to--) {
        group->call[to] = group->call[to - 1];
        group->reversed[to] = group->reversed[to - 1];
    }
    group->call[to] = call;
    group->reversed[to] = reversed;
}

static void take_chain(const struct calls *calls, uint32_t place, const struct flow_end *end,
                       unsigned *looked, struct call_group *group)
{
    uint32_t at = calls_chain(calls, end);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK && *looked < LOOKED_AT; i++) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        at = entry->next;
        bool candidate = !entry->guess && calls_same_end(&entry->end, end) && entry->call != place;
        if (!candidate || group->count == CALL_GROUP || is_in(group, entry->call)) {
            continue;
        }
        bool reversed;
        (*looked)++;
        if (are_twins(calls, calls_at(calls, place), calls_at(calls, entry->call), &reversed)) {
            insert(calls, group, entry->call, reversed);
        }
    }
}

void calls_twins_of(const struct calls *calls, uint32_t place, struct call_group *ret_group)
{
    *ret_group = (struct call_group){ .count = 0 };
    insert(calls, ret_group, place, false);
    unsigned looked = 0;
    uint32_t at = calls_at(calls, place)->endpoints;
    for (unsigned i = 0; at != POOL_NONE && i < LOOKED_AT; i++) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        if (!entry->guess) {
            take_chain(calls, place, &entry->end, &looked, ret_group);
        }
        at = entry->next_same;
    }
    bool crossed = ret_group->reversed[0]; /* who called first is the caller of all */
    for (uint32_t i = 0; i < ret_group->count; i++) {
        ret_group->reversed[i] = ret_group->reversed[i] != crossed;
    }
}

/* analyzers/dispatch_ahead.c: brings in what packets will touch, a few packets ahead.
 *
 * Each step needs what the one before has fetched. A whole batch ahead would drive itself out of
 * the cache. */
#include "analyzers/dispatch_internal.h"

enum {
    CACHE_LINE = 64,
    STATE_BYTES = 6 * CACHE_LINE, /* of a state whose analyzer does not know better */
    ANALYSIS_BYTES = 128,
    STEP = 8, /* packets between two steps */
};

static const struct analysis *analysis_at(const struct batch *b, uint32_t i)
{
    bool wanted = i < b->count && (b->state[i] & FRAME_FLOW) != 0 && b->flow[i] != NULL &&
                  b->flow[i]->feeds_left > 0 && (b->cold[i]->flags & COLD_RESTS) == 0;
    return wanted ? b->cold[i]->analysis : NULL;
}

/* The seat that most likely gets packet i, or NULL. */
static const struct seat *likely_seat(const struct batch *b, uint32_t i)
{
    const struct analysis *a = analysis_at(b, i);
    if (a == NULL || a->seat_count == 0) {
        return NULL;
    }
    const struct seat *seat = &a->seats[a->seat_count - 1];
    return seat->state != POOL_NONE ? seat : NULL;
}

static void fetch_analysis(const struct batch *b, uint32_t i)
{
    const char *analysis = (const char *)analysis_at(b, i);
    if (analysis != NULL) {
        __builtin_prefetch(analysis, 1);
        __builtin_prefetch(analysis + CACHE_LINE, 1);
        __builtin_prefetch(analysis + ANALYSIS_BYTES - 1, 1);
    }
}

static void fetch_state(const struct dispatch *d, const struct batch *b, uint32_t i)
{
    const struct seat *seat = likely_seat(b, i);
    if (seat == NULL) {
        return;
    }
    const char *state = pool_at(&d->states[seat->analyzer], seat->state);
    const struct analyzer *analyzer = analyzers[seat->analyzer];
    size_t most = analyzer->prefetch != NULL ? CACHE_LINE : STATE_BYTES;
    for (size_t at = 0; at < analyzer->state_size && at < most; at += CACHE_LINE) {
        __builtin_prefetch(state + at, 1);
    }
}

static void fetch_inside(const struct dispatch *d, const struct batch *b, uint32_t i)
{
    const struct seat *seat = likely_seat(b, i);
    if (seat != NULL && analyzers[seat->analyzer]->prefetch != NULL) {
        analyzers[seat->analyzer]->prefetch(pool_at(&d->states[seat->analyzer], seat->state),
                                            b->side[i]);
    }
}

void dispatch_ahead(const struct dispatch *d, const struct batch *b, uint32_t i)
{
    for (uint32_t first = 0; i == 0 && first < 3 * STEP; first++) {
        fetch_analysis(b, first);
        if (first >= STEP) {
            fetch_state(d, b, first - STEP);
        }
        if (first >= 2 * STEP) {
            fetch_inside(d, b, first - 2 * STEP);
        }
    }
    fetch_analysis(b, i + 3 * STEP);
    fetch_state(d, b, i + 2 * STEP);
    fetch_inside(d, b, i + STEP);
}

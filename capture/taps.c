/* capture/taps.c: merges batches read ahead, one for each interface. */
#include "capture/taps.h"

#include <stdlib.h>

struct tap {
    struct batch *ahead; /* owned */
    uint32_t at;         /* next of it to go out */
    bool away, read;     /* read: since it was found with no packet left */
    uint64_t came_us;    /* when it was read: steady clock */
};

struct taps {
    unsigned count;
    struct tap tap[];
};

enum ov_status taps_new(unsigned count, struct taps **ret_taps)
{
    struct taps *taps = calloc(1, sizeof *taps + count * sizeof taps->tap[0]);
    if (taps == NULL) {
        return OV_NOMEM;
    }
    for (unsigned i = 0; i < count; i++) {
        taps->tap[i] = (struct tap){ .ahead = calloc(1, sizeof *taps->tap[i].ahead), .away = true };
        if (taps->tap[i].ahead == NULL) {
            taps_free(taps);
            return OV_NOMEM;
        }
        taps->count++;
    }
    *ret_taps = taps;
    return OV_OK;
}

void taps_free(struct taps *taps)
{
    for (unsigned i = 0; taps != NULL && i < taps->count; i++) {
        source_release(taps->tap[i].ahead);
        free(taps->tap[i].ahead);
    }
    free(taps);
}

static bool has_some(const struct tap *tap)
{
    return tap->at < tap->ahead->count;
}

struct batch *taps_room(struct taps *taps, unsigned i)
{
    struct tap *tap = &taps->tap[i];
    if (has_some(tap)) {
        return NULL;
    }
    source_release(tap->ahead);
    tap->at = 0;
    return tap->ahead;
}

void taps_came(struct taps *taps, unsigned i, uint64_t steady_us)
{
    taps->tap[i].away = false;
    taps->tap[i].read = true;
    taps->tap[i].came_us = steady_us;
}

void taps_away(struct taps *taps, unsigned i)
{
    taps->tap[i].away = true;
}

/* The one with the earliest packet; NULL when there is none, or one has to be read again first.
 * *ret_sure: every other one has a packet too, or is away. */
static struct tap *earliest(struct taps *taps, bool *ret_sure)
{
    struct tap *first = NULL;
    *ret_sure = true;
    for (unsigned i = 0; i < taps->count; i++) {
        struct tap *tap = &taps->tap[i];
        if (has_some(tap)) {
            bool earlier =
                first == NULL || tap->ahead->time_us[tap->at] < first->ahead->time_us[first->at];
            first = earlier ? tap : first;
        } else if (!tap->away) {
            *ret_sure = false;
            if (!tap->read) {
                return NULL;
            }
        }
    }
    return first;
}

void taps_merge(struct taps *taps, uint64_t wall_us, uint64_t steady_us, struct batch *out)
{
    bool sure = false;
    struct tap *tap = NULL;
    out->count = 0;
    out->buffer = NULL; /* its frames lie in the buffers of the batches ahead */
    while (out->count < BATCH_SIZE && (tap = earliest(taps, &sure)) != NULL) {
        uint64_t time_us = tap->ahead->time_us[tap->at];
        bool waited = wall_us >= TAPS_WAIT_US && time_us <= wall_us - TAPS_WAIT_US;
        if (!sure && !waited && steady_us - tap->came_us < TAPS_WAIT_US) {
            return;
        }
        uint32_t i = out->count++;
        out->frame[i] = tap->ahead->frame[tap->at];
        out->time_us[i] = time_us;
        out->link_type[i] = tap->ahead->link_type[tap->at];
        tap->at++;
        tap->read = has_some(tap);
    }
}

/* analyzers/steps.c: from one step to the answer of feed. */
#include "analyzers/steps.h"

enum feed steps_feed(steps_one *one, void *state, struct segment *seg, struct sink *sink)
{
    seg->from &= 1;
    while (bytes_left(&seg->payload) > 0) {
        switch (one(state, seg, sink)) {
        case STEP_NEXT:
            break;
        case STEP_WAIT:
            return FEED_MORE;
        case STEP_STOP:
            return FEED_SETTLED;
        case STEP_RELEASE:
            return FEED_RELEASE;
        }
    }
    return FEED_MORE;
}

enum feed steps_gap_release(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    (void)state;
    (void)from;
    (void)missing;
    (void)sink;
    return FEED_RELEASE;
}

/* analyzers/steps.h: streams that are read one message, line or element at a time. */
#ifndef OVERT_ANALYZERS_STEPS_H
#define OVERT_ANALYZERS_STEPS_H

#include "analyzers/analyzer.h"

enum step {
    STEP_NEXT,    /* one was taken, or stepped over */
    STEP_WAIT,    /* the next one is not whole yet */
    STEP_STOP,    /* nothing more is wanted */
    STEP_RELEASE, /* what follows belongs to another protocol */
};

/* Takes the next one off seg->payload, which is not empty; seg->from is 0 or 1. */
typedef enum step steps_one(void *state, struct segment *seg, struct sink *sink);

/* Takes one after another while there are bytes: the answer of an analyzer's feed. */
enum feed steps_feed(steps_one *one, void *state, struct segment *seg, struct sink *sink);
/* The gap of protocols with few messages, of which any may be the one that tells: TLS may still be
 * found by others. */
enum feed steps_gap_release(void *state, uint8_t from, uint64_t missing, struct sink *sink);

#endif

/* base/phrases.h: byte strings that come again and again, kept once under a number.
 *
 * What comes for the first time is only noted by its hash; from the second time on it is kept. So
 * strings that never come again take no room, and what a stranger can fill has a cap. */
#ifndef OVERT_BASE_PHRASES_H
#define OVERT_BASE_PHRASES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/budget.h"

enum {
    PHRASES_MAX = 1 << 15,        /* strings kept */
    PHRASES_BYTES_MAX = 4 << 20,  /* of all together */
    PHRASES_SIZE_MAX = 16 * 1024, /* bytes of one */
};

struct phrase {
    const uint8_t *bytes;
    uint32_t size;
    uint32_t hash;
};

/* Zeroed = empty. */
struct phrases {
    struct phrases_tables *tables; /* owned */
    struct arena bytes;
    uint64_t charged;      /* bytes */
    struct budget *budget; /* that all counts against; borrowed, NULL = none */
};

void phrases_init(struct phrases *phrases, struct budget *budget);
void phrases_done(struct phrases *phrases);
/* The number of this string; 0: it is not kept (not yet, or a cap or the memory's end is met). */
uint32_t phrases_number(struct phrases *phrases, const uint8_t *bytes, size_t size);
/* The string of a number that phrases_number gave: stays until phrases_done. */
struct phrase phrases_at(const struct phrases *phrases, uint32_t number);

#endif

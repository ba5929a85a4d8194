/* rules/lookup.h: a growing map from 64-bit keys (hashes or ids) to numbers. */
#ifndef OVERT_RULES_LOOKUP_H
#define OVERT_RULES_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed = empty. Keys should be hashes: their low bits choose the slot. */
struct lookup {
    struct lookup_slot *slots; /* owned */
    uint32_t count, capacity;  /* capacity is a power of two or 0 */
};

enum { LOOKUP_NONE = UINT32_MAX };

/* The value kept for key, or LOOKUP_NONE. */
uint32_t lookup_find(const struct lookup *lookup, uint64_t key);
/* Keeps value (not LOOKUP_NONE) for a key that is not there yet; false without memory. */
bool lookup_add(struct lookup *lookup, uint64_t key, uint32_t value);
void lookup_done(struct lookup *lookup);

#endif

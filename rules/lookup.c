/* rules/lookup.c: open addressing, at most half full. */
#include "rules/lookup.h"

#include <stdlib.h>

struct lookup_slot {
    uint64_t key;
    uint32_t value; /* LOOKUP_NONE = free */
};

static uint32_t slot_of(const struct lookup *lookup, uint64_t key)
{
    uint32_t mask = lookup->capacity - 1;
    uint32_t i = (uint32_t)(key ^ key >> 32) & mask;
    while (lookup->slots[i].value != LOOKUP_NONE && lookup->slots[i].key != key) {
        i = (i + 1) & mask;
    }
    return i;
}

uint32_t lookup_find(const struct lookup *lookup, uint64_t key)
{
    return lookup->capacity == 0 ? LOOKUP_NONE : lookup->slots[slot_of(lookup, key)].value;
}

static bool grow(struct lookup *lookup)
{
    struct lookup wider = { .capacity = lookup->capacity == 0 ? 64 : lookup->capacity * 2 };
    wider.slots = calloc(wider.capacity, sizeof *wider.slots);
    if (wider.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < wider.capacity; i++) {
        wider.slots[i].value = LOOKUP_NONE;
    }
    for (uint32_t i = 0; i < lookup->capacity; i++) {
        if (lookup->slots[i].value != LOOKUP_NONE) {
            wider.slots[slot_of(&wider, lookup->slots[i].key)] = lookup->slots[i];
        }
    }
    wider.count = lookup->count;
    free(lookup->slots);
    *lookup = wider;
    return true;
}

bool lookup_add(struct lookup *lookup, uint64_t key, uint32_t value)
{
    if (lookup->count >= lookup->capacity / 2 && !grow(lookup)) {
        return false;
    }
    lookup->slots[slot_of(lookup, key)] = (struct lookup_slot){ key, value };
    lookup->count++;
    return true;
}

void lookup_done(struct lookup *lookup)
{
    free(lookup->slots);
    *lookup = (struct lookup){ 0 };
}

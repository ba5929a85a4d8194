/* base/phrases.c: numbers by open addressing with few looks, so that no choice of strings makes a
 * look-up long. */
#include "base/phrases.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 2 * PHRASES_MAX,
    LOOKS = 8,       /* places where a string may stand */
    NOTED = 1 << 13, /* hashes of strings that came once */
};

struct phrases_tables {
    uint32_t count;
    uint16_t slot[SLOTS]; /* number, 0 = empty */
    uint32_t noted[NOTED];
    struct phrase at[PHRASES_MAX];
};

_Static_assert(PHRASES_MAX <= UINT16_MAX, "numbers are kept in 16 bits");

void phrases_init(struct phrases *phrases, struct budget *budget)
{
    *phrases = (struct phrases){ .budget = budget };
    arena_init(&phrases->bytes, PHRASES_BYTES_MAX);
}

void phrases_done(struct phrases *phrases)
{
    budget_give(phrases->budget, phrases->charged);
    free(phrases->tables);
    arena_done(&phrases->bytes);
    phrases_init(phrases, phrases->budget);
}

static bool charge(struct phrases *phrases, uint64_t bytes)
{
    bool taken = budget_take(phrases->budget, bytes);
    phrases->charged += taken ? bytes : 0;
    return taken;
}

/* Few strings have the same hash: more than that is not asked of it. */
static uint32_t hash_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = size * 0x9e3779b97f4a7c15u;
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + at, size - at < 8 ? size - at : 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

/* The number of an equal string, or 0 and in ret_free an empty slot, if one is near. */
static uint32_t find(const struct phrases_tables *t, const struct phrase *what, uint32_t *ret_free)
{
    *ret_free = SLOTS;
    for (uint32_t look = 0; look < LOOKS; look++) {
        uint32_t slot = (what->hash + look) % SLOTS;
        if (t->slot[slot] == 0) {
            *ret_free = slot;
            return 0;
        }
        const struct phrase *at = &t->at[t->slot[slot] - 1];
        if (at->hash == what->hash && at->size == what->size &&
            memcmp(at->bytes, what->bytes, what->size) == 0) {
            return t->slot[slot];
        }
    }
    return 0;
}

static uint32_t keep(struct phrases *phrases, const struct phrase *what, uint32_t slot)
{
    struct phrases_tables *t = phrases->tables;
    if (t->count == PHRASES_MAX || slot == SLOTS || !charge(phrases, what->size)) {
        return 0;
    }
    uint8_t *copy = arena_take(&phrases->bytes, what->size);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, what->bytes, what->size);
    t->at[t->count] = (struct phrase){ copy, what->size, what->hash };
    t->slot[slot] = (uint16_t)++t->count;
    return t->count;
}

uint32_t phrases_number(struct phrases *phrases, const uint8_t *bytes, size_t size)
{
    struct phrases_tables *t = phrases->tables;
    if (size == 0 || size > PHRASES_SIZE_MAX) {
        return 0;
    }
    if (t == NULL) {
        t = charge(phrases, sizeof *t) ? calloc(1, sizeof *t) : NULL;
        phrases->tables = t;
    }
    if (t == NULL) {
        return 0;
    }
    struct phrase what = { bytes, (uint32_t)size, hash_of(bytes, size) };
    uint32_t slot;
    uint32_t number = find(t, &what, &slot);
    uint32_t *noted = &t->noted[(what.hash >> 16 ^ what.hash) % NOTED];
    if (number != 0) {
        return number;
    }
    if (*noted != what.hash) {
        *noted = what.hash;
        return 0;
    }
    return keep(phrases, &what, slot);
}

struct phrase phrases_at(const struct phrases *phrases, uint32_t number)
{
    return phrases->tables->at[number - 1];
}

/* analyzers/once.h: a small set of texts, so that a flow reports each of them once and not more
 * of them than the cap. */
#ifndef OVERT_ANALYZERS_ONCE_H
#define OVERT_ANALYZERS_ONCE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/keyed_hash.h"

enum { ONCE_MAX = 64 };

enum once_answer { ONCE_NEW, ONCE_KNOWN, ONCE_FULL };

/* Zeroed = empty. */
struct once {
    uint32_t hash[ONCE_MAX];
    uint8_t count;
};

/* Adds a text; ONCE_FULL: it is not known and there is no room. */
enum once_answer once_add(struct once *once, const struct bytes *text, struct hash_seed seed);

/* The keyed hash of the captured bytes of a window. */
uint64_t once_digest(const struct bytes *text, struct hash_seed seed);

#endif

/* analyzers/once.c: a small set of texts by 32 bits of their keyed hash. */
#include "analyzers/once.h"

uint64_t once_digest(const struct bytes *text, struct hash_seed seed)
{
    struct bytes in = *text;
    uint32_t size = bytes_left(&in);
    return keyed_hash(bytes_skip(&in, size), size, seed);
}

enum once_answer once_add(struct once *once, const struct bytes *text, struct hash_seed seed)
{
    uint32_t hash = (uint32_t)once_digest(text, seed);
    for (uint8_t i = 0; i < once->count; i++) {
        if (once->hash[i] == hash) {
            return ONCE_KNOWN;
        }
    }
    if (once->count == ONCE_MAX) {
        return ONCE_FULL;
    }
    once->hash[once->count++] = hash;
    return ONCE_NEW;
}

/* base/pool.c: chunks of slots, freed slots chained through their first four bytes. */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024, CHUNK_SHIFT_MAX = 10 };

void pool_init(struct pool *pool, size_t slot_size, uint32_t cap)
{
    *pool = (struct pool){ .slot_size = (slot_size + 7) / 8 * 8, .cap = cap };
    while (pool->chunk_shift < CHUNK_SHIFT_MAX &&
           (pool->slot_size << (pool->chunk_shift + 1)) <= CHUNK_BYTES) {
        pool->chunk_shift++;
    }
}

static int add_chunk(struct pool *pool)
{
    unsigned char **chunks = realloc(pool->chunks, (pool->chunk_count + 1) * sizeof *pool->chunks);
    if (chunks == NULL) {
        return -1;
    }
    pool->chunks = chunks;
    chunks[pool->chunk_count] = calloc((size_t)1 << pool->chunk_shift, pool->slot_size);
    if (chunks[pool->chunk_count] == NULL) {
        return -1;
    }
    pool->chunk_count++;
    return 0;
}

uint32_t pool_take(struct pool *pool)
{
    uint32_t index = pool->free;
    if (index != POOL_NONE) {
        unsigned char *slot = pool_at(pool, index);
        memcpy(&pool->free, slot, sizeof pool->free);
        memset(slot, 0, pool->slot_size);
        pool->in_use++;
        return index;
    }
    if (pool->made >= pool->cap) {
        return POOL_NONE;
    }
    if (pool->made == pool->chunk_count << pool->chunk_shift && add_chunk(pool) != 0) {
        return POOL_NONE;
    }
    pool->in_use++;
    return ++pool->made;
}

void pool_give(struct pool *pool, uint32_t index)
{
    if (index != POOL_NONE) {
        memcpy(pool_at(pool, index), &pool->free, sizeof pool->free);
        pool->free = index;
        pool->in_use--;
    }
}

void pool_done(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++) {
        free(pool->chunks[i]);
    }
    free(pool->chunks);
    pool_init(pool, pool->slot_size, pool->cap);
}

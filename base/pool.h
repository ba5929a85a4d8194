/* base/pool.h: fixed-size slots by index; a slot never moves while the pool lives. */
#ifndef OVERT_BASE_POOL_H
#define OVERT_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { POOL_NONE = 0 }; /* no slot; the first slot is 1 */

struct pool {
    unsigned char **chunks; /* owned; 1 << chunk_shift slots each */
    size_t slot_size;       /* bytes, rounded up to 8 */
    uint32_t chunk_count;
    uint32_t made; /* slots ever handed out */
    uint32_t free; /* head of the free list, POOL_NONE = empty */
    uint32_t cap;  /* most slots */
    uint32_t in_use;
    unsigned chunk_shift;
};

/* slot_size is at least 4; cap counts slots. Takes no memory until the first pool_take. */
void pool_init(struct pool *pool, size_t slot_size, uint32_t cap);
/* A zeroed slot, or POOL_NONE at the cap or without memory. */
uint32_t pool_take(struct pool *pool);
/* The slot's memory: valid until pool_give or pool_done. index must be taken. */
static inline void *pool_at(const struct pool *pool, uint32_t index)
{
    uint32_t i = index - 1;
    uint32_t inside = i & ((1U << pool->chunk_shift) - 1);
    return pool->chunks[i >> pool->chunk_shift] + inside * pool->slot_size;
}
void pool_give(struct pool *pool, uint32_t index);
void pool_done(struct pool *pool);

#endif

/* base/arena.h: bump memory with a cap; everything goes at once. */
#ifndef OVERT_BASE_ARENA_H
#define OVERT_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first; owned */
    size_t cap_bytes;           /* most that may be taken, 0 = no cap */
    size_t used_bytes;
};

void arena_init(struct arena *arena, size_t cap_bytes);
/* Zeroed memory aligned for any type, valid until reset or done; NULL at the cap or without memory.
 */
void *arena_take(struct arena *arena, size_t size);
/* A NUL-terminated copy of size bytes; NULL as arena_take. */
char *arena_text(struct arena *arena, const void *text, size_t size);
/* Frees all but one block: earlier pointers are dead. */
void arena_reset(struct arena *arena);
void arena_done(struct arena *arena);

#endif

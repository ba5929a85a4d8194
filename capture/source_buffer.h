/* capture/source_buffer.h: memory that frames lie in, used again when nobody holds it any more. */
#ifndef OVERT_CAPTURE_SOURCE_BUFFER_H
#define OVERT_CAPTURE_SOURCE_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One thread fills it; batches that hold frames in it may be given back by another. */
struct source_buffer {
    struct source_buffer *next; /* in its owner's list */
    uint8_t *bytes;             /* owned */
    uint32_t size;
    atomic_uint holders; /* batches with frames in it */
};

/* All buffers of one source; the first is the one in use. Zeroed = empty. */
struct source_buffers {
    struct source_buffer *first;
};

/* The buffer in use, if nobody holds it, else another one, of at least `size` bytes; its content
 * stays when it is the same. It is the first from now on. NULL without memory. */
struct source_buffer *source_buffers_take(struct source_buffers *buffers, uint32_t size);
/* Does any batch hold frames in one of them? */
bool source_buffers_held(const struct source_buffers *buffers);
void source_buffers_done(struct source_buffers *buffers);

static inline void source_buffer_hold(struct source_buffer *buffer)
{
    atomic_fetch_add_explicit(&buffer->holders, 1, memory_order_relaxed);
}

static inline void source_buffer_release(struct source_buffer *buffer)
{
    atomic_fetch_sub_explicit(&buffer->holders, 1, memory_order_release);
}

#endif

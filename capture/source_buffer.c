/* capture/source_buffer.c: as many buffers as are held at once. */
#include "capture/source_buffer.h"

#include <stdlib.h>

static bool is_free(const struct source_buffer *buffer)
{
    return atomic_load_explicit(&buffer->holders, memory_order_acquire) == 0;
}

static bool grow(struct source_buffer *buffer, uint32_t size)
{
    if (buffer->size >= size) {
        return true;
    }
    uint8_t *grown = realloc(buffer->bytes, size);
    if (grown == NULL) {
        return false;
    }
    buffer->bytes = grown;
    buffer->size = size;
    return true;
}

struct source_buffer *source_buffers_take(struct source_buffers *buffers, uint32_t size)
{
    struct source_buffer **link = &buffers->first;
    while (*link != NULL && !is_free(*link)) {
        link = &(*link)->next;
    }
    struct source_buffer *found = *link;
    if (found == NULL) {
        found = calloc(1, sizeof *found);
        if (found == NULL) {
            return NULL;
        }
    } else {
        *link = found->next;
    }
    found->next = buffers->first;
    buffers->first = found;
    return grow(found, size) ? found : NULL;
}

bool source_buffers_held(const struct source_buffers *buffers)
{
    const struct source_buffer *buffer = buffers->first;
    while (buffer != NULL && is_free(buffer)) {
        buffer = buffer->next;
    }
    return buffer != NULL;
}

void source_buffers_done(struct source_buffers *buffers)
{
    while (buffers->first != NULL) {
        struct source_buffer *gone = buffers->first;
        buffers->first = gone->next;
        free(gone->bytes);
        free(gone);
    }
}

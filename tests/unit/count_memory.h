/* tests/unit/count_memory.h: counts the memory that overt takes. The linker puts the count_*()
 * below in place of malloc() and the like in all that is linked statically (tests/CMakeLists.txt).
 */
#ifndef OVERT_TESTS_UNIT_COUNT_MEMORY_H
#define OVERT_TESTS_UNIT_COUNT_MEMORY_H

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t taken_blocks; /* so far */
static int64_t taken_bytes;   /* now; what libraries take for us or free is not seen */

void *count_malloc(size_t size);
void *count_calloc(size_t count, size_t size);
void *count_realloc(void *old, size_t size);
void count_free(void *old);

/* By functions of the C library that stay as they are. */
void *count_malloc(size_t size)
{
    enum { ALIGN = 16 };
    void *new = aligned_alloc(ALIGN, (size / ALIGN + 1) * ALIGN);
    if (new != NULL) {
        taken_blocks++;
        taken_bytes += (int64_t)malloc_usable_size(new);
    }
    return new;
}

void count_free(void *old)
{
    if (old != NULL) {
        taken_bytes -= (int64_t)malloc_usable_size(old);
        (void)!reallocarray(old, 0, 0);
    }
}

void *count_calloc(size_t count, size_t size)
{
    void *new = count_malloc(count * size);
    if (new != NULL) {
        memset(new, 0, count * size);
    }
    return new;
}

void *count_realloc(void *old, size_t size)
{
    void *new = count_malloc(size);
    if (new != NULL && old != NULL) {
        size_t had = malloc_usable_size(old);
        memcpy(new, old, had < size ? had : size);
        count_free(old);
    }
    return new;
}

#endif

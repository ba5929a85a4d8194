/* tests/unit/test_source_buffer.c */
#include <string.h>

#include "capture/source_buffer.h"
#include "tests/check.h"

static void a_buffer_that_nobody_holds_is_used_again(void)
{
    struct source_buffers buffers = { 0 };
    struct source_buffer *first = source_buffers_take(&buffers, 100);
    CHECK(first != NULL && first->size >= 100);
    memset(first->bytes, 7, 100);
    CHECK(source_buffers_take(&buffers, 5000) == first);
    CHECK(first->size >= 5000 && first->bytes[99] == 7);
    source_buffers_done(&buffers);
}

static void a_buffer_that_is_held_stays_as_it_is(void)
{
    struct source_buffers buffers = { 0 };
    struct source_buffer *first = source_buffers_take(&buffers, 16);
    source_buffer_hold(first);
    source_buffer_hold(first);
    struct source_buffer *second = source_buffers_take(&buffers, 16);
    CHECK(second != NULL && second != first && buffers.first == second);
    source_buffer_release(first);
    source_buffer_hold(second);
    struct source_buffer *third = source_buffers_take(&buffers, 16);
    CHECK(third != first && third != second); /* first has one holder left */
    source_buffer_release(first);
    source_buffer_hold(third);
    CHECK(source_buffers_take(&buffers, 16) == first);
    source_buffers_done(&buffers);
}

int main(void)
{
    a_buffer_that_nobody_holds_is_used_again();
    a_buffer_that_is_held_stays_as_it_is();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

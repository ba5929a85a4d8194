/* tests/unit/test_arena.c: bump memory. */
#include "base/arena.h"

#include <string.h>

#include "tests/check.h"

static bool is_zero(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

static void arena_memory_is_zeroed_aligned_and_apart(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    unsigned char *last = NULL;
    for (size_t size = 1; size < 5000; size += 7) {
        unsigned char *at = arena_take(&arena, size);
        CHECK(at != NULL && (uintptr_t)at % _Alignof(max_align_t) == 0 && at != last);
        CHECK(at != NULL && is_zero(at, size));
        if (at != NULL) {
            memset(at, 0xaa, size);
        }
        last = at;
    }
    arena_done(&arena);
    CHECK_EQ(arena.used_bytes, 0);
}

static void arena_cap_counts_what_was_taken(void)
{
    struct arena arena;
    arena_init(&arena, 64);
    CHECK(arena_take(&arena, 48) != NULL);
    CHECK(arena_take(&arena, 17) == NULL);
    CHECK(arena_take(&arena, 16) != NULL);
    CHECK(arena_take(&arena, 1) == NULL);
    CHECK(arena_take(&arena, SIZE_MAX) == NULL);
    CHECK(arena_text(&arena, "x", SIZE_MAX) == NULL);
    arena_done(&arena);
}

static void arena_reset_gives_zeroed_memory_again(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 5; i++) {
            unsigned char *at = arena_take(&arena, 40000);
            CHECK(at != NULL && is_zero(at, 40000));
            if (at != NULL) {
                memset(at, 0xff, 40000);
            }
        }
        arena_reset(&arena);
        CHECK_EQ(arena.used_bytes, 0);
    }
    arena_done(&arena);
    arena_reset(&arena);
    CHECK(arena.blocks == NULL);
}

static void arena_block_larger_than_usual_is_its_own(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    unsigned char *large = arena_take(&arena, 1000000);
    CHECK(large != NULL && is_zero(large, 1000000));
    arena_done(&arena);
}

static void arena_text_is_terminated(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char *copy = arena_text(&arena, "hello", 3);
    CHECK(copy != NULL && strcmp(copy, "hel") == 0);
    copy = arena_text(&arena, NULL, 0);
    CHECK(copy != NULL && copy[0] == '\0');
    arena_done(&arena);
}

int main(void)
{
    arena_memory_is_zeroed_aligned_and_apart();
    arena_cap_counts_what_was_taken();
    arena_reset_gives_zeroed_memory_again();
    arena_block_larger_than_usual_is_its_own();
    arena_text_is_terminated();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

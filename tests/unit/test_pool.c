/* tests/unit/test_pool.c: slots by index. */
#include "base/pool.h"

#include <string.h>

#include "tests/check.h"

enum { SLOTS = 2500 }; /* more than two chunks */

static void pool_slots_do_not_move_or_overlap(void)
{
    struct pool pool;
    pool_init(&pool, 12, SLOTS);
    void *first = NULL;
    for (uint32_t i = 1; i <= SLOTS; i++) {
        CHECK_EQ(pool_take(&pool), i);
        first = i == 1 ? pool_at(&pool, i) : first;
        memset(pool_at(&pool, i), (int)(i % 251), 12);
    }
    CHECK(pool_at(&pool, 1) == first);
    for (uint32_t i = 1; i <= SLOTS; i++) {
        const unsigned char *slot = pool_at(&pool, i);
        CHECK(slot[0] == i % 251 && slot[11] == i % 251);
    }
    pool_done(&pool);
}

static void pool_is_capped_and_counts_slots_in_use(void)
{
    struct pool pool;
    pool_init(&pool, 8, 3);
    CHECK_EQ(pool_take(&pool), 1);
    CHECK_EQ(pool_take(&pool), 2);
    CHECK_EQ(pool_take(&pool), 3);
    CHECK_EQ(pool_take(&pool), POOL_NONE);
    CHECK_EQ(pool.in_use, 3);
    pool_give(&pool, 2);
    CHECK_EQ(pool.in_use, 2);
    CHECK_EQ(pool_take(&pool), 2);
    CHECK_EQ(pool_take(&pool), POOL_NONE);
    pool_done(&pool);
}

static void pool_slot_is_zeroed_each_time_it_is_taken(void)
{
    static const unsigned char zero[64];
    struct pool pool;
    pool_init(&pool, sizeof zero, 8);
    for (unsigned round = 0; round < 3; round++) {
        uint32_t a = pool_take(&pool), b = pool_take(&pool);
        CHECK(memcmp(pool_at(&pool, a), zero, sizeof zero) == 0);
        CHECK(memcmp(pool_at(&pool, b), zero, sizeof zero) == 0);
        memset(pool_at(&pool, a), 0xff, sizeof zero);
        memset(pool_at(&pool, b), 0xff, sizeof zero);
        pool_give(&pool, a);
        pool_give(&pool, b);
    }
    pool_done(&pool);
}

static void pool_of_small_slots_still_chains_its_free_slots(void)
{
    struct pool pool;
    pool_init(&pool, 4, 10);
    uint32_t a = pool_take(&pool), b = pool_take(&pool), c = pool_take(&pool);
    pool_give(&pool, a);
    pool_give(&pool, c);
    pool_give(&pool, POOL_NONE);
    CHECK_EQ(pool_take(&pool), c);
    CHECK_EQ(pool_take(&pool), a);
    CHECK_EQ(pool_take(&pool), b + 2);
    pool_done(&pool);
    CHECK_EQ(pool_take(&pool), 1);
    pool_done(&pool);
}

int main(void)
{
    pool_slots_do_not_move_or_overlap();
    pool_is_capped_and_counts_slots_in_use();
    pool_slot_is_zeroed_each_time_it_is_taken();
    pool_of_small_slots_still_chains_its_free_slots();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_phrases.c */
#include <string.h>

#include "base/phrases.h"
#include "tests/check.h"

static uint32_t number(struct phrases *p, const char *text)
{
    return phrases_number(p, (const uint8_t *)text, strlen(text));
}

static void what_comes_again_is_kept_under_one_number(void)
{
    struct phrases p;
    phrases_init(&p, NULL);
    CHECK_EQ(number(&p, "once"), 0); /* only noted */
    CHECK_EQ(number(&p, "other"), 0);
    uint32_t once = number(&p, "once"), other = number(&p, "other");
    CHECK(once != 0 && other != 0 && once != other);
    CHECK_EQ(number(&p, "once"), once);
    struct phrase at = phrases_at(&p, once);
    CHECK_EQ(at.size, 4);
    CHECK(memcmp(at.bytes, "once", 4) == 0);
    CHECK_EQ(number(&p, ""), 0);
    phrases_done(&p);
}

static void strings_of_one_time_take_no_room(void)
{
    struct phrases p;
    phrases_init(&p, NULL);
    for (uint32_t i = 0; i < 100000; i++) {
        uint8_t name[8] = { 0 };
        memcpy(name, &i, sizeof i);
        CHECK_EQ(phrases_number(&p, name, sizeof name), 0);
    }
    CHECK_EQ(p.bytes.used_bytes, 0);
    phrases_done(&p);
}

static void what_strangers_repeat_is_capped(void)
{
    struct phrases p;
    struct budget budget = { .left = 64 << 20 };
    static uint8_t name[4096];
    uint32_t kept = 0;
    phrases_init(&p, &budget);
    for (uint32_t i = 0; i < 4096; i++) {
        memcpy(name, &i, sizeof i);
        (void)phrases_number(&p, name, sizeof name);
        kept += phrases_number(&p, name, sizeof name) != 0;
    }
    CHECK(kept > 500 && kept <= PHRASES_BYTES_MAX / sizeof name);
    CHECK(p.bytes.used_bytes <= PHRASES_BYTES_MAX);
    CHECK((64 << 20) - budget.left >= (int64_t)p.bytes.used_bytes);
    phrases_done(&p);
    CHECK_EQ(budget.left, 64 << 20);
}

static void without_memory_nothing_is_kept(void)
{
    struct phrases p;
    struct budget budget = { .left = 100 };
    phrases_init(&p, &budget);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(number(&p, "again and again"), 0);
    }
    CHECK_EQ(budget.left, 100);
    phrases_done(&p);
}

int main(void)
{
    what_comes_again_is_kept_under_one_number();
    strings_of_one_time_take_no_room();
    what_strangers_repeat_is_capped();
    without_memory_nothing_is_kept();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

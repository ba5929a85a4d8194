/* tests/unit/test_taps.c: packets of several interfaces leave in the order of their times. */
#include "capture/taps.h"

#include <stdlib.h>

#include "tests/check.h"

enum { LATER_US = TAPS_WAIT_US + 1, DAY_US = 1000000000 };

static struct batch out;

static struct taps *begin(unsigned count)
{
    struct taps *taps = NULL;
    CHECK_EQ(taps_new(count, &taps), OV_OK);
    return taps;
}

/* So many packets come in at an interface, `step` microseconds apart; true when they were wanted.
 */
static bool come(struct taps *taps, unsigned i, uint64_t steady_us, uint64_t time_us,
                 uint32_t count)
{
    struct batch *room = taps_room(taps, i);
    if (room == NULL) {
        return false;
    }
    for (uint32_t k = 0; k < count; k++) {
        room->time_us[k] = time_us + (uint64_t)k * 10;
        room->link_type[k] = (uint16_t)(i + 1);
    }
    room->count = count;
    taps_came(taps, i, steady_us);
    return true;
}

static bool is_sorted(const struct batch *b)
{
    for (uint32_t i = 1; i < b->count; i++) {
        if (b->time_us[i] < b->time_us[i - 1]) {
            return false;
        }
    }
    return true;
}

/* Both have packets: they alternate, up to the end of the first batch; then it has to be read. */
static void check_both_have_packets(void)
{
    struct taps *taps = begin(2);
    CHECK(come(taps, 0, 0, DAY_US, 5));
    CHECK(come(taps, 1, 0, DAY_US + 5, 20));
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 9);
    CHECK(is_sorted(&out));
    CHECK_EQ(out.link_type[0], 1);
    CHECK_EQ(out.link_type[1], 2);
    CHECK_EQ(out.link_type[8], 1);
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 0);
    CHECK(!come(taps, 1, 0, DAY_US, 1));
    CHECK(come(taps, 0, 0, DAY_US + 70, 2));
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 6);
    CHECK(is_sorted(&out));
    taps_free(taps);
}

/* The other one is silent: a packet waits until it cannot have an older one any more. */
static void check_one_is_silent(void)
{
    struct taps *taps = begin(2);
    CHECK(come(taps, 0, 0, DAY_US, 2));
    CHECK(come(taps, 1, 0, 0, 0));
    taps_merge(taps, DAY_US + 100, 100, &out);
    CHECK_EQ(out.count, 0);
    taps_merge(taps, DAY_US + TAPS_WAIT_US + 5, 100, &out);
    CHECK_EQ(out.count, 1);
    CHECK(come(taps, 1, 200, DAY_US + 5, 1));
    taps_merge(taps, DAY_US + LATER_US, 200, &out);
    CHECK_EQ(out.count, 1);
    CHECK_EQ(out.link_type[0], 2);
    CHECK(come(taps, 1, 300, 0, 0));
    taps_merge(taps, DAY_US + LATER_US + 10, 300, &out);
    CHECK_EQ(out.count, 1);
    CHECK_EQ(out.time_us[0], DAY_US + 10);
    taps_free(taps);
}

/* The packets' clock goes ahead of ours: the steady one bounds the wait. */
static void check_clock_ahead(void)
{
    struct taps *taps = begin(2);
    CHECK(come(taps, 0, 1000, 2 * (uint64_t)DAY_US, 1));
    CHECK(come(taps, 1, 1000, 0, 0));
    taps_merge(taps, DAY_US, 1000 + TAPS_WAIT_US - 1, &out);
    CHECK_EQ(out.count, 0);
    taps_merge(taps, DAY_US, 1000 + TAPS_WAIT_US, &out);
    CHECK_EQ(out.count, 1);
    taps_free(taps);
}

/* Nobody waits for an interface that is away, nor for any at the end. */
static void check_nobody_to_wait_for(void)
{
    struct taps *taps = begin(3);
    CHECK(come(taps, 0, 0, DAY_US, 1));
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 1);
    CHECK(come(taps, 0, 0, DAY_US, 1));
    CHECK(come(taps, 1, 0, 0, 0));
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 0);
    taps_away(taps, 1);
    taps_merge(taps, DAY_US, 0, &out);
    CHECK_EQ(out.count, 1);
    CHECK(come(taps, 0, 0, DAY_US, 1));
    CHECK(come(taps, 1, 0, 0, 0));
    taps_merge(taps, UINT64_MAX, 0, &out);
    CHECK_EQ(out.count, 1);
    taps_free(taps);
}

/* More than a batch holds goes out in several, none lost, none twice. */
static void check_long_runs(void)
{
    struct taps *taps = begin(2);
    uint32_t seen = 0;
    for (uint32_t round = 0; round < 10; round++) {
        uint64_t begun_us = DAY_US + (uint64_t)round * BATCH_SIZE * 10;
        for (unsigned i = 0; i < 2; i++) {
            (void)come(taps, i, 0, begun_us + i, BATCH_SIZE);
        }
        for (taps_merge(taps, DAY_US, 0, &out); out.count > 0; taps_merge(taps, DAY_US, 0, &out)) {
            CHECK(is_sorted(&out));
            seen += out.count;
        }
        taps_away(taps, 0);
        taps_away(taps, 1);
        taps_merge(taps, UINT64_MAX, 0, &out);
        seen += out.count;
    }
    CHECK_EQ(seen, 20 * BATCH_SIZE);
    taps_free(taps);
}

int main(void)
{
    check_both_have_packets();
    check_one_is_silent();
    check_clock_ahead();
    check_nobody_to_wait_for();
    check_long_runs();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

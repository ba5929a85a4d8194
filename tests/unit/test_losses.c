/* tests/unit/test_losses.c: spans in which a live capture lost packets. */
#include "cli/losses.h"

#include "tests/check.h"

static void without_losses_nothing_is_touched(void)
{
    struct losses l = { 0 };
    CHECK(!losses_touch(&l, 0, UINT64_MAX));
}

static void a_span_is_touched_at_both_its_ends_and_not_beside_them(void)
{
    struct losses l = { 0 };
    losses_add(&l, 100, 200);
    CHECK(losses_touch(&l, 200, 300) && losses_touch(&l, 0, 100) && losses_touch(&l, 150, 160));
    CHECK(losses_touch(&l, 0, 1000));
    CHECK(!losses_touch(&l, 201, 300) && !losses_touch(&l, 0, 99));
}

static void what_lies_between_two_spans_is_whole(void)
{
    struct losses l = { 0 };
    losses_add(&l, 100, 200);
    losses_add(&l, 400, 500);
    CHECK(l.count == 2);
    CHECK(!losses_touch(&l, 250, 350));
    CHECK(losses_touch(&l, 250, 450) && losses_touch(&l, 150, 350));
}

static void spans_that_overlap_are_one(void)
{
    struct losses l = { 0 };
    losses_add(&l, 100, 200);
    losses_add(&l, 300, 400);
    losses_add(&l, 150, 500);
    CHECK(l.count == 1 && l.spans[0].from_us == 100 && l.spans[0].to_us == 500);
}

static void a_full_table_forgets_no_loss(void)
{
    static struct losses l;
    for (uint64_t i = 0; i < LOSSES_MAX + 100; i++) {
        losses_add(&l, i * 10, i * 10 + 1);
    }
    CHECK(l.count == LOSSES_MAX);
    for (uint64_t i = 0; i < LOSSES_MAX + 100; i++) {
        CHECK(losses_touch(&l, i * 10, i * 10));
    }
    CHECK(!losses_touch(&l, (LOSSES_MAX + 50) * 10 + 2, (LOSSES_MAX + 50) * 10 + 9));
}

int main(void)
{
    without_losses_nothing_is_touched();
    a_span_is_touched_at_both_its_ends_and_not_beside_them();
    what_lies_between_two_spans_is_whole();
    spans_that_overlap_are_one();
    a_full_table_forgets_no_loss();
    return check_failures > 0;
}

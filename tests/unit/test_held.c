/* tests/unit/test_held.c: findings of flows that go on. */
#include "rules/held.h"

#include "tests/check.h"

static struct held *held_for(uint32_t flows)
{
    struct held *held = NULL;
    CHECK_EQ(held_new(flows, &held), OV_OK);
    return held;
}

static void what_was_added_is_taken_once(void)
{
    struct held *held = held_for(8);
    uint64_t id = 0;
    CHECK(!held_take(held, 3, &id));
    CHECK(held_add(held, 3, 100) && held_add(held, 3, 101) && held_add(held, 11, 102));
    CHECK(held_take(held, 3, &id) && id == 101);
    CHECK(held_take(held, 3, &id) && id == 100);
    CHECK(!held_take(held, 3, &id));
    CHECK(held_take(held, 11, &id) && id == 102); /* of the same chain */
    held_free(held);
}

static void a_full_table_takes_no_more_until_there_is_room(void)
{
    struct held *held = held_for(4);
    uint64_t id = 0;
    for (uint64_t flow = 0; flow < 4; flow++) {
        CHECK(held_add(held, flow * 4, flow));
    }
    CHECK(!held_add(held, 99, 1));
    CHECK(held_take(held, 8, &id) && id == 2);
    CHECK(held_add(held, 99, 1));
    CHECK(held_take(held, 12, &id) && id == 3);
    CHECK(held_take(held, 99, &id) && id == 1);
    held_free(held);
}

static void one_flow_has_few_findings(void)
{
    struct held *held = held_for(4);
    uint64_t id = 0;
    unsigned count = 0;
    while (held_add(held, 7, count)) {
        count++;
    }
    CHECK(count >= 4);
    while (held_take(held, 7, &id)) {
        count--;
    }
    CHECK_EQ(count, 0);
    held_free(held);
}

int main(void)
{
    what_was_added_is_taken_once();
    a_full_table_takes_no_more_until_there_is_room();
    one_flow_has_few_findings();
    return check_failures > 0;
}

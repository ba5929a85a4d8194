/* tests/unit/test_flow_table_slots.c */
#include <string.h>

#include "capture/flow_table_slots.h"
#include "tests/check.h"

enum { FLOWS = 30000 };

static uint32_t hash_of(uint32_t flow)
{
    return flow * 2654435761u;
}

static bool stands_in(const struct flow_slot_table *table, uint32_t flow)
{
    if (table->at == NULL) {
        return false;
    }
    for (uint32_t at = hash_of(flow) & table->mask; table->at[at].flow != POOL_NONE;
         at = (at + 1) & table->mask) {
        if (table->at[at].flow == flow) {
            return true;
        }
    }
    return false;
}

static uint32_t used_of(const struct flow_slot_table *table)
{
    uint32_t used = 0;
    for (uint32_t at = 0; table->at != NULL && at <= table->mask; at++) {
        used += table->at[at].flow != POOL_NONE;
    }
    return used;
}

/* Adds and removes; while the table grows each flow stands in one of the two. */
static void no_flow_is_lost_while_the_table_grows(void)
{
    static bool there[FLOWS + 1];
    struct flow_slots slots;
    uint32_t count = 0, grown = 0;
    memset(there, 0, sizeof there);
    CHECK(flow_table_slots_init(&slots, 256));
    for (uint32_t flow = 1; flow <= FLOWS; flow++) {
        if (flow % 64 == 1) {
            CHECK(flow_table_slots_step(&slots, count, 64));
            grown += slots.old.at != NULL;
        }
        flow_table_slots_add(&slots, hash_of(flow), flow);
        there[flow] = true;
        count++;
        uint32_t gone = flow - flow / 5;
        if (flow % 3 == 0 && gone < flow && there[gone]) {
            flow_table_slots_remove(&slots, hash_of(gone), gone);
            there[gone] = false;
            count--;
        }
        CHECK_EQ(stands_in(&slots.now, flow) + stands_in(&slots.old, flow), 1);
    }
    for (uint32_t flow = 1; flow <= FLOWS; flow++) {
        CHECK_EQ(stands_in(&slots.now, flow) + stands_in(&slots.old, flow), there[flow]);
    }
    CHECK_EQ(used_of(&slots.now) + used_of(&slots.old), count);
    CHECK(grown > 20);
    CHECK(count <= flow_table_slots_room(&slots));
    flow_table_slots_done(&slots);
}

/* So that no batch waits for a whole table to be copied. */
static void one_step_of_growing_moves_few(void)
{
    struct flow_slots slots;
    uint32_t flow = 0, most = 0;
    CHECK(flow_table_slots_init(&slots, 1 << 16));
    while (flow < flow_table_slots_room(&slots)) {
        flow_table_slots_add(&slots, hash_of(flow + 1), flow + 1);
        flow++;
    }
    CHECK(flow_table_slots_step(&slots, flow, 128));
    CHECK_EQ(used_of(&slots.now), 0); /* nothing moved yet */
    uint32_t steps = 0;
    for (uint32_t before = 0; slots.old.at != NULL; steps++) {
        CHECK(flow_table_slots_step(&slots, flow, 128));
        uint32_t used = used_of(&slots.now);
        most = used - before > most ? used - before : most;
        before = used;
    }
    CHECK(most > 0 && most <= FLOW_SLOTS_MOVED);
    CHECK_EQ(used_of(&slots.now), flow);
    CHECK(steps * 128 < flow); /* done long before as many new flows come that it must grow again */
    flow_table_slots_done(&slots);
}

int main(void)
{
    no_flow_is_lost_while_the_table_grows();
    one_step_of_growing_moves_few();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_flow_leap.c: flows age by packet time, however far that leaps. */
#include <string.h>

#include "capture/flow_table.h"
#include "tests/check.h"

enum { UDP = 17, IDLE_MS = 30000, FLOWS = 64 };

static const uint64_t start_us = 1700000000000000;
static const struct flow_table_limits limits = { 5000, 60000, IDLE_MS, 5000 };
static struct batch batch;
static struct batch_clock clock_of_packets;
static struct counters counters;
static unsigned closed_count;

static void closed(struct flow_closer *closer, struct flow_cold *cold)
{
    (void)closer, (void)cold;
    closed_count++;
}

/* A packet of flow `id`, alone in its batch; what is over by then is closed. */
static void play(struct flow_table *table, uint32_t id, uint64_t ms)
{
    struct flow_closer closer = { .closed = closed };
    memset(&batch, 0, sizeof batch);
    batch.count = 1;
    batch.state[0] = FRAME_FLOW;
    batch.key[0] = (struct flow_key){ .port = { 5060, 5060 }, .l4 = UDP };
    memcpy(batch.key[0].addr[0].byte, &id, sizeof id);
    batch.key[0].addr[1].byte[15] = 1;
    batch.time_us[0] = start_us + ms * 1000;
    batch.packet[0] = 1;
    batch_tell_time(&batch, &clock_of_packets);
    flow_table_find(table, &batch, &counters);
    flow_table_expire(table, &batch, &closer);
}

/* Flows seen over half a minute, then one packet after the leap. */
static void leap(uint64_t by_ms)
{
    struct flow_table *table = NULL;
    closed_count = 0;
    memset(&clock_of_packets, 0, sizeof clock_of_packets);
    CHECK_EQ(flow_table_new(&limits, (struct hash_seed){ { 1, 2 } }, &table), OV_OK);
    for (uint32_t i = 0; i < FLOWS; i++) {
        play(table, i, i * (IDLE_MS / FLOWS / 2));
    }
    CHECK_EQ(closed_count, 0);
    play(table, FLOWS, by_ms);
    CHECK_EQ(closed_count, FLOWS);
    CHECK_EQ(flow_table_count(table), 1);
    play(table, FLOWS + 1, by_ms + IDLE_MS / 2); /* the new flow ages as others do */
    CHECK_EQ(closed_count, FLOWS);
    play(table, FLOWS + 1, by_ms + IDLE_MS + IDLE_MS / 4);
    CHECK_EQ(closed_count, FLOWS + 1);
    CHECK_EQ(flow_table_count(table), 1);
    flow_table_free(table);
}

static void a_leap_of_time_costs_no_more_than_the_flows_there_are(void)
{
    leap(10 * IDLE_MS);
    leap((uint64_t)365 * 24 * 3600 * 1000);          /* a year */
    leap((uint64_t)23 * 365 * 24 * 3600 * 1000);     /* 23 years: captures joined by hand */
    leap((uint64_t)100000 * 365 * 24 * 3600 * 1000); /* what a damaged file may say */
}

int main(void)
{
    a_leap_of_time_costs_no_more_than_the_flows_there_are();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_flow_table.c */
#include <string.h>

#include "capture/flow_table.h"
#include "tests/check.h"

enum { TCP = 6, UDP = 17, LOG_MAX = 20000 };
static const uint64_t start_us = 1700000000000000;
static const struct hash_seed fixed = { { 1, 2 } };
static const struct flow_table_limits usual = { 5000, 60000, 30000, 5000 };

/* Copies of the cold records in the order they were closed. */
struct log {
    struct flow_closer closer;
    struct flow_cold cold[LOG_MAX];
    uint32_t count;
};

/* One table, one batch that is filled packet by packet, and what was closed. */
struct bench {
    struct flow_table *table;
    struct batch batch;
    struct batch_clock clock;
    struct counters counters;
    struct log log;
    uint64_t packet;
};

static struct bench bench;

static void closed(struct flow_closer *closer, struct flow_cold *cold)
{
    struct log *log = (struct log *)(void *)closer;
    if (log->count < LOG_MAX) {
        struct flow *hot = &log->cold[log->count].hot;
        log->cold[log->count++] = *cold;
        hot->record = hot->table_hash = hot->seen_ms = hot->bucket = 0; /* the table's own */
        hot->flags &= (uint8_t)~FLOW_ASIDE;
    }
}

static void open_bench(const struct flow_table_limits *limits, struct hash_seed seed)
{
    memset(&bench, 0, sizeof bench);
    bench.log.closer.closed = closed;
    CHECK_EQ(flow_table_new(limits, seed, &bench.table), OV_OK);
}

static void close_all(void)
{
    while (flow_table_count(bench.table) > 0) {
        flow_table_close_first(bench.table, &bench.log.closer);
    }
}

static void close_bench(void)
{
    flow_table_free(bench.table);
}

/* Puts a packet of the conversation `id` at ms into the batch; low: sent by the lower address. */
static uint32_t add(uint32_t id, uint8_t l4, bool low, uint64_t ms)
{
    struct batch *b = &bench.batch;
    uint32_t i = b->count++;
    b->state[i] = (uint8_t)(FRAME_FLOW | (low ? FRAME_LOW : 0));
    b->key[i] = (struct flow_key){ .port = { 5060, 443 }, .l4 = l4 };
    memcpy(b->key[i].addr[0].byte, &id, sizeof id);
    b->key[i].addr[1].byte[15] = 1;
    b->time_us[i] = start_us + ms * 1000;
    b->packet[i] = ++bench.packet;
    b->frame[i] = (struct bytes){ .cut = 0 };
    b->on_wire[i] = 100;
    b->vlan[i][0] = b->vlan[i][1] = 0;
    b->tunnel[i] = 0;
    b->tcp_flags[i] = l4 == TCP ? TCP_ACK : 0;
    b->tcp_seq[i] = 0;
    return i;
}

static uint32_t add_tcp(uint32_t id, bool low, uint64_t ms, unsigned flags, uint32_t seq)
{
    uint32_t i = add(id, TCP, low, ms);
    bench.batch.tcp_flags[i] = (uint8_t)flags;
    bench.batch.tcp_seq[i] = seq;
    return i;
}

static void find(void)
{
    batch_tell_time(&bench.batch, &bench.clock);
    flow_table_find(bench.table, &bench.batch, &bench.counters);
}

static void expire(void)
{
    flow_table_expire(bench.table, &bench.batch, &bench.log.closer);
    bench.batch.count = 0;
}

static void run(void)
{
    find();
    expire();
}

static void flow_table_counts_both_directions_in_one_flow(void)
{
    open_bench(&usual, fixed);
    add(7, UDP, false, 0);
    add(7, UDP, true, 1);
    add(7, UDP, true, 2);
    bench.batch.on_wire[1] = 1500;
    bench.batch.frame[0].cut = 10;
    bench.batch.payload[2].cut = 10; /* the frame is whole, but shorter than its IP header says */
    bench.batch.state[2] |= FRAME_FRAGMENT;
    find();
    const struct batch *b = &bench.batch;
    CHECK(b->flow[0] == b->flow[1] && b->flow[1] == b->flow[2]);
    CHECK(b->cold[0] == b->cold[2]);
    CHECK(b->side[0] == 0 && b->side[1] == 1 && b->side[2] == 1);
    CHECK_EQ(b->flow[0]->packets[0], 1);
    CHECK_EQ(b->flow[0]->packets[1], 2);
    CHECK_EQ(b->flow[0]->feeds_left, UINT16_MAX);
    CHECK_EQ(b->flow[0]->seen_ms, 2);
    CHECK_EQ(flow_table_count(bench.table), 1);
    expire();
    CHECK_EQ(bench.log.count, 0);
    close_all();
    CHECK_EQ(bench.log.count, 1);
    const struct flow_cold *cold = &bench.log.cold[0];
    CHECK_EQ(cold->hot.packets[0], 1);
    CHECK_EQ(cold->hot.packets[1], 2);
    CHECK_EQ(cold->bytes[0], 100);
    CHECK_EQ(cold->bytes[1], 1600);
    CHECK_EQ(cold->first_us, start_us);
    CHECK_EQ(cold->last_us, start_us + 2000);
    CHECK_EQ(cold->first_packet, 1);
    CHECK_EQ(cold->last_packet, 3);
    CHECK_EQ(cold->cut_packets, 2);
    CHECK_EQ(cold->flags, COLD_FRAGMENTS);
    CHECK_EQ(cold->low_first, 0);
    CHECK_EQ(flow_table_count(bench.table), 0);
    close_bench();
}

static void flow_table_leaves_frames_without_a_flow_alone(void)
{
    open_bench(&usual, fixed);
    add(1, UDP, true, 0);
    uint32_t arp = add(2, UDP, true, 0);
    bench.batch.state[arp] = 0;
    find();
    CHECK(bench.batch.flow[0] != NULL);
    CHECK(bench.batch.flow[arp] == NULL && bench.batch.cold[arp] == NULL);
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 1);
    close_bench();
}

static void flow_table_keeps_each_vlan_once_and_says_when_there_are_more(void)
{
    static const uint16_t tags[][2] = { { 10, 20 }, { 10, 0 }, { 20, 10 }, { 30, 0 }, { 40, 0 } };
    open_bench(&usual, fixed);
    for (uint32_t i = 0; i < 5; i++) {
        memcpy(bench.batch.vlan[add(1, UDP, true, i)], tags[i], sizeof tags[i]);
    }
    find();
    const struct flow_cold *cold = bench.batch.cold[0];
    CHECK_EQ(cold->vlan_count, 4);
    CHECK(cold->vlan[0] == 10 && cold->vlan[1] == 20 && cold->vlan[2] == 30);
    CHECK_EQ(cold->flags & COLD_VLAN_MORE, 0);
    expire();
    bench.batch.vlan[add(1, UDP, true, 9)][0] = 50;
    find();
    CHECK_EQ(bench.batch.cold[0]->flags & COLD_VLAN_MORE, COLD_VLAN_MORE);
    close_bench();
}

static void flow_table_keeps_the_first_tunnel_of_each_side(void)
{
    static const uint16_t tunnels[] = { 0, 3, 4, 0 };
    open_bench(&usual, fixed);
    for (uint32_t i = 0; i < 8; i++) {
        bench.batch.tunnel[add(1, UDP, i < 4, i)] = (uint16_t)(tunnels[i % 4] * (i < 4 ? 1 : 2));
    }
    find();
    CHECK_EQ(bench.batch.cold[0]->tunnel[0], 3);
    CHECK_EQ(bench.batch.cold[0]->tunnel[1], 6);
    close_bench();
}

static void flow_table_syn_again_is_a_retransmission(void)
{
    open_bench(&usual, fixed);
    add_tcp(1, true, 0, TCP_SYN, 1000);
    add_tcp(1, true, 1, TCP_SYN, 1000);
    add_tcp(1, false, 2, TCP_SYN | TCP_ACK, 5000);
    add_tcp(1, false, 3, TCP_SYN | TCP_ACK, 6000); /* never parts flows */
    add_tcp(1, false, 4, TCP_RST | TCP_ACK, 0);
    add_tcp(1, true, 5, TCP_SYN, 1000); /* refused, asked again */
    find();
    for (uint32_t i = 1; i < 6; i++) {
        CHECK(bench.batch.flow[i] == bench.batch.flow[0]);
    }
    CHECK_EQ(bench.batch.cold[0]->isn[0], 1000);
    CHECK_EQ(bench.batch.cold[0]->isn[1], 5000);
    CHECK_EQ(bench.batch.cold[0]->flags,
             COLD_SYN | COLD_SYN << 1 | COLD_SYN_ACK << 1 | COLD_RST << 1);
    CHECK_EQ(flow_table_count(bench.table), 1);
    close_bench();
}

static void flow_table_syn_with_another_number_begins_another_flow(void)
{
    open_bench(&usual, fixed);
    add_tcp(1, true, 0, TCP_SYN, 1000);
    add_tcp(1, true, 1, TCP_SYN, 2000);
    add_tcp(1, true, 2, TCP_ACK, 2001);
    find();
    const struct batch *b = &bench.batch;
    CHECK(b->flow[0] != b->flow[1] && b->flow[1] == b->flow[2]);
    CHECK_EQ(b->flow[0]->packets[0], 1); /* still there to look at */
    CHECK_EQ(b->cold[0]->isn[0], 1000);
    CHECK_EQ(b->flow[1]->packets[0], 2);
    CHECK_EQ(b->cold[1]->isn[0], 2000);
    CHECK_EQ(flow_table_count(bench.table), 1);
    expire();
    CHECK_EQ(bench.log.count, 1);
    CHECK_EQ(bench.log.cold[0].first_packet, 1);
    CHECK_EQ(bench.log.cold[0].hot.packets[0], 1);
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 2);
    CHECK_EQ(bench.counters.value[COUNT_FLOWS_EVICTED], 0);
    close_bench();
}

static void flow_table_syn_after_the_end_or_in_mid_stream_begins_another_flow(void)
{
    open_bench(&usual, fixed);
    add_tcp(1, true, 0, TCP_ACK, 1); /* no SYN was seen */
    add_tcp(1, true, 1, TCP_SYN, 70);
    add_tcp(1, false, 2, TCP_FIN | TCP_ACK, 5);
    add_tcp(1, true, 3, TCP_FIN | TCP_ACK, 71);
    find();
    CHECK(bench.batch.flow[0] != bench.batch.flow[1]);
    CHECK_EQ(bench.batch.flow[3]->flags & FLOW_CLOSED, FLOW_CLOSED);
    expire();
    add_tcp(1, false, 4, TCP_SYN, 9); /* the other way round */
    find();
    CHECK_EQ(bench.batch.flow[0]->packets[0], 1);
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 3);
    close_bench();
}

static void flow_table_simultaneous_open_is_one_flow(void)
{
    open_bench(&usual, fixed);
    add_tcp(1, true, 0, TCP_SYN, 1);
    add_tcp(1, false, 0, TCP_SYN, 2);
    add_tcp(1, true, 1, TCP_SYN | TCP_ACK, 1);
    add_tcp(1, false, 1, TCP_SYN | TCP_ACK, 2);
    find();
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 1);
    CHECK(bench.batch.cold[0]->isn[0] == 1 && bench.batch.cold[0]->isn[1] == 2);
    close_bench();
}

static void flow_table_one_fin_does_not_close(void)
{
    open_bench(&usual, fixed);
    add_tcp(1, true, 0, TCP_FIN | TCP_ACK, 0);
    add_tcp(1, true, 0, TCP_FIN | TCP_ACK, 0);
    find();
    CHECK_EQ(bench.batch.flow[0]->flags & FLOW_CLOSED, 0);
    close_bench();
}

static void flow_table_each_class_has_its_own_timeout(void)
{
    open_bench(&usual, fixed);
    add(1, TCP, true, 0);
    add(2, UDP, true, 0);
    add_tcp(3, true, 0, TCP_RST, 0);
    run();
    static const struct {
        uint64_t ms;
        uint32_t closed;
    } steps[] = {
        { 4900, 0 }, { 6000, 1 }, { 29900, 1 }, { 31000, 2 }, { 59900, 2 }, { 62000, 3 }
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        uint32_t arp = add(9, UDP, true, steps[i].ms); /* only tells the time */
        bench.batch.state[arp] = 0;
        run();
        CHECK_EQ(bench.log.count, steps[i].closed);
    }
    CHECK(bench.log.cold[0].first_packet == 3 && bench.log.cold[1].first_packet == 2);
    close_bench();
}

static void flow_table_active_flows_stay_and_time_never_goes_back(void)
{
    open_bench(&usual, fixed);
    for (uint64_t ms = 0; ms < 300000; ms += 20000) {
        add(1, UDP, true, ms);
        run();
    }
    CHECK_EQ(bench.log.count, 0);
    add(2, UDP, true, 100); /* out of order by minutes */
    run();
    add(2, UDP, true, 100);
    add(1, UDP, true, 100); /* was last seen at 280 s */
    run();
    CHECK_EQ(bench.log.count, 0);
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 2);
    close_all();
    CHECK_EQ(bench.log.cold[0].last_us, start_us + 280000000);
    close_bench();
}

static void flow_table_survives_captures_of_many_weeks(void)
{
    static const uint64_t day_ms = 86400000;
    open_bench(&usual, fixed);
    for (uint64_t day = 0; day < 120; day++) {
        for (uint64_t k = 0; k < 4; k++) {
            add(1, UDP, true, day * day_ms + k * 25000);
            run();
        }
    }
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], 120);
    CHECK_EQ(bench.log.count, 119);
    CHECK_EQ(bench.log.cold[118].hot.packets[0], 4);
    close_bench();
}

/* What a packet finds when the table is full, by what the flows 1 to 4 were. */
static uint32_t evicted_of(const uint8_t l4[4], const unsigned tcp_flags[4],
                           const uint16_t feeds_left[4], const uint64_t again_ms[4])
{
    struct flow_table_limits limits = usual;
    limits.flows_max = 4;
    open_bench(&limits, fixed);
    for (uint32_t id = 0; id < 4; id++) {
        uint32_t i = add(id + 1, l4[id], true, id);
        bench.batch.tcp_flags[i] = (uint8_t)tcp_flags[id];
    }
    find();
    for (uint32_t id = 0; id < 4; id++) {
        bench.batch.flow[id]->feeds_left = feeds_left[id];
    }
    expire();
    for (uint64_t ms = 0; ms < 4000; ms++) {
        for (uint32_t id = 0; id < 4; id++) {
            if (again_ms[id] == ms && ms > 0) {
                add(id + 1, l4[id], true, ms);
                run();
            }
        }
    }
    add(9, UDP, true, 4000);
    find();
    CHECK_EQ(bench.batch.flow[0]->packets[0], 1);
    CHECK_EQ(flow_table_count(bench.table), 4);
    expire();
    CHECK_EQ(bench.counters.value[COUNT_FLOWS_EVICTED], 1);
    CHECK_EQ(bench.log.count, 1);
    CHECK_EQ(bench.log.cold[0].flags & COLD_EVICTED, COLD_EVICTED);
    uint32_t id;
    memcpy(&id, bench.log.cold[0].hot.key.addr[0].byte, sizeof id);
    close_bench();
    return id;
}

static void flow_table_full_gives_up_the_least_valuable(void)
{
    static const uint8_t mixed[4] = { UDP, TCP, UDP, TCP };
    static const unsigned none[4] = { 0, 0, 0, 0 }, third[4] = { 0, 0, 0, TCP_RST };
    static const uint16_t wanted[4] = { 9, 9, 9, 9 }, settled[4] = { 9, 9, 0, 0 };
    static const uint64_t never[4] = { 0, 0, 0, 0 }, some[4] = { 3000, 1000, 2000, 3500 };
    CHECK_EQ(evicted_of(mixed, third, settled, some), 4); /* closed */
    CHECK_EQ(evicted_of(mixed, none, settled, some), 3);  /* settled, longest idle */
    CHECK_EQ(evicted_of(mixed, none, wanted, some), 2);   /* longest idle */
    CHECK_EQ(evicted_of(mixed, none, wanted, never), 1);
}

static void flow_table_evicted_flows_stay_valid_in_their_batch(void)
{
    struct flow_table_limits limits = usual;
    limits.flows_max = 1;
    open_bench(&limits, fixed);
    for (uint32_t id = 0; id < BATCH_SIZE; id++) {
        add(id, UDP, true, 0);
    }
    find();
    for (uint32_t id = 0; id < BATCH_SIZE; id++) {
        CHECK_EQ(bench.batch.flow[id]->packets[0], 1);
        CHECK_EQ(bench.batch.cold[id]->first_packet, id + 1);
        CHECK(memcmp(bench.batch.flow[id]->key.addr[0].byte, &id, sizeof id) == 0);
    }
    expire();
    CHECK_EQ(bench.log.count, BATCH_SIZE - 1);
    CHECK_EQ(flow_table_count(bench.table), 1);
    add(0, UDP, true, 0);
    run();
    CHECK_EQ(bench.log.count, BATCH_SIZE);
    close_bench();
}

static void flow_table_closes_and_visits_in_order_of_first_packet(void)
{
    open_bench(&usual, fixed);
    for (uint32_t k = 0; k < 3000; k++) {
        add(k * 1000 % 3001, UDP, true, k % 7); /* 3000 different ones */
        if (bench.batch.count == BATCH_SIZE) {
            run();
        }
    }
    run();
    for (struct flow_cold *cold = NULL; (cold = flow_table_next(bench.table, cold)) != NULL;) {
        closed(&bench.log.closer, cold);
    }
    CHECK_EQ(bench.log.count, 3000);
    CHECK_EQ(flow_table_count(bench.table), 3000);
    close_all();
    CHECK_EQ(bench.log.count, 6000);
    for (uint32_t i = 0; i < 6000; i++) {
        CHECK_EQ(bench.log.cold[i].first_packet, i % 3000 + 1);
        CHECK_EQ(bench.log.cold[i].hot.packets[0], 1);
    }
    close_bench();
}

static void flow_table_refuses_a_table_for_nobody(void)
{
    struct flow_table_limits limits = usual;
    limits.flows_max = 0;
    struct flow_table *table;
    CHECK_EQ(flow_table_new(&limits, fixed, &table), OV_LIMIT);
    CHECK(table == NULL);
    flow_table_free(table);
}

static uint32_t roll(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Random packets of few hosts with pauses; all ends of flows go to the log. */
static void play(struct hash_seed seed, const struct flow_table_limits *limits, uint32_t batch_size)
{
    open_bench(limits, seed);
    uint32_t state = 42;
    uint64_t ms = 0;
    for (uint32_t k = 0; k < 20000; k++) {
        uint32_t dice = roll(&state) % 100;
        ms += dice < 90 ? 20 : 400;
        uint32_t id = roll(&state) % (dice < 50 ? 40 : 2500);
        uint32_t i = add(id, id % 3 == 0 ? TCP : UDP, roll(&state) % 2 != 0, ms);
        if (id % 3 == 0 && dice % 8 == 0) {
            static const uint8_t control[4] = { TCP_SYN, TCP_RST, TCP_FIN | TCP_ACK, TCP_ACK };
            bench.batch.tcp_flags[i] = control[roll(&state) % 4];
            bench.batch.tcp_seq[i] = roll(&state) % 3;
        }
        if (bench.batch.count == batch_size) {
            run();
        }
    }
    run();
    close_all();
    CHECK_EQ(bench.log.count, bench.counters.value[COUNT_FLOWS]);
    CHECK(bench.log.count < LOG_MAX);
    CHECK_EQ(flow_table_count(bench.table), 0);
    close_bench();
}

static uint64_t log_digest(void)
{
    uint64_t digest = 0;
    for (uint32_t i = 0; i < bench.log.count; i++) {
        digest ^= keyed_hash(&bench.log.cold[i], sizeof bench.log.cold[i], fixed);
        digest = digest << 7 | digest >> 57; /* the order counts */
    }
    return digest;
}

static void flow_table_order_does_not_depend_on_the_seed(void)
{
    struct flow_table_limits small = usual;
    small.flows_max = 300; /* evictions too */
    const struct flow_table_limits *limits[2] = { &usual, &small };
    for (unsigned i = 0; i < 2; i++) {
        play(fixed, limits[i], 100);
        uint64_t digest = log_digest();
        uint32_t count = bench.log.count;
        CHECK_EQ(bench.counters.value[COUNT_FLOWS_EVICTED] > 0, i == 1);
        play((struct hash_seed){ { 77, 1234567 } }, limits[i], 100);
        CHECK_EQ(bench.log.count, count);
        CHECK(log_digest() == digest);
    }
}

static int by_first_packet(const void *a, const void *b)
{
    const struct flow_cold *left = a, *right = b;
    return left->first_packet < right->first_packet ? -1 : left->first_packet > right->first_packet;
}

static void flow_table_flows_do_not_depend_on_where_batches_end(void)
{
    static const uint32_t sizes[3] = { 1, 37, BATCH_SIZE };
    uint64_t digest = 0;
    for (unsigned i = 0; i < 3; i++) {
        play(fixed, &usual, sizes[i]);
        qsort(bench.log.cold, bench.log.count, sizeof bench.log.cold[0], by_first_packet);
        CHECK(i == 0 || log_digest() == digest);
        digest = log_digest();
    }
}

/* Finds every flow again, whichever table it is in while the table grows, and loses none. */
static void flow_table_grows_while_it_is_used(void)
{
    enum { FLOWS = 40000, GONE = 7 };
    struct flow_table_limits limits = { FLOWS, 1 << 30, 1 << 30, 1 };
    open_bench(&limits, fixed);
    for (uint32_t id = 1; id <= FLOWS; id++) {
        add_tcp(id, true, id / 100, id % GONE == 0 ? TCP_RST : TCP_ACK, 0);
        uint32_t older = id - id / 3; /* one of those that were there before */
        if (older % GONE != 0) {
            add_tcp(older, false, id / 100, TCP_ACK, 0);
        }
        if (bench.batch.count >= BATCH_SIZE - 2) {
            run();
        }
    }
    add(FLOWS + 1, UDP, true, FLOWS);
    run();
    CHECK_EQ(bench.counters.value[COUNT_FLOWS], FLOWS + 1); /* each was found again */
    CHECK_EQ(bench.counters.value[COUNT_FLOWS_EVICTED], 0);
    CHECK_EQ(bench.log.count, FLOWS / GONE);
    CHECK_EQ(flow_table_count(bench.table), FLOWS + 1 - FLOWS / GONE);
    close_all();
    CHECK_EQ(flow_table_count(bench.table), 0);
    close_bench();
}

/* Time of look-ups in a table of strangers' choice. */
static void flow_table_keys_made_for_another_seed_do_not_collide(void)
{
    enum { CHOSEN = 64, BITS = 10 };
    static const struct hash_seed other = { { 3, 4 } };
    uint32_t ids[CHOSEN], found = 0, same = 0;
    open_bench(&usual, other);
    for (uint32_t id = 1; found < CHOSEN; id++) {
        uint32_t i = add(id, UDP, true, 0);
        if (keyed_hash(&bench.batch.key[i], sizeof bench.batch.key[i], fixed) << (64 - BITS) == 0) {
            ids[found++] = id; /* under `fixed` all of these want one slot */
        }
        bench.batch.count = 0;
    }
    for (uint32_t k = 0; k < CHOSEN; k++) {
        add(ids[k], UDP, true, 0);
        find();
        same += bench.batch.flow[0]->table_hash << (32 - BITS) == 0;
        expire();
    }
    CHECK(same <= 4);
    close_all();
    close_bench();
}

int main(void)
{
    flow_table_grows_while_it_is_used();
    flow_table_keys_made_for_another_seed_do_not_collide();
    flow_table_counts_both_directions_in_one_flow();
    flow_table_leaves_frames_without_a_flow_alone();
    flow_table_keeps_each_vlan_once_and_says_when_there_are_more();
    flow_table_keeps_the_first_tunnel_of_each_side();
    flow_table_syn_again_is_a_retransmission();
    flow_table_syn_with_another_number_begins_another_flow();
    flow_table_syn_after_the_end_or_in_mid_stream_begins_another_flow();
    flow_table_simultaneous_open_is_one_flow();
    flow_table_one_fin_does_not_close();
    flow_table_each_class_has_its_own_timeout();
    flow_table_active_flows_stay_and_time_never_goes_back();
    flow_table_survives_captures_of_many_weeks();
    flow_table_full_gives_up_the_least_valuable();
    flow_table_evicted_flows_stay_valid_in_their_batch();
    flow_table_closes_and_visits_in_order_of_first_packet();
    flow_table_refuses_a_table_for_nobody();
    flow_table_order_does_not_depend_on_the_seed();
    flow_table_flows_do_not_depend_on_where_batches_end();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

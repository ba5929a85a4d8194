/* capture/flow_table.c: records in a pool, found by the hash of their key (flow_table_slots.c).
 *
 * Records never move, so what a batch points to stays put. Whatever has an order (births, ageing,
 * evictions) is a chain through the records by index: the hash seed decides nothing but where a
 * slot lies.
 *
 * Ageing is lazy. A list in order of last packet would move a record, and so touch two strange
 * cache lines, with every packet. Instead each flow waits in the bucket of the time it was last
 * looked at; when that bucket is old enough to expire, the flow is closed or, when packets came
 * meanwhile, moved to the bucket of its last one: one look per flow and timeout. */
#include "capture/flow_table.h"

#include <stdlib.h>
#include <string.h>

#include "capture/flow_table_slots.h"

enum {
    SLOTS_MIN = 4096, /* 32 KiB; a power of two, more than four batches */
    FLOWS_MOST = 1 << 29,
    BUCKETS = 256,    /* the timeout is half of them */
    EVICT_LOOKS = 16, /* flows looked at per class to find one to evict */
    PROTOCOL_TCP = 6,
};

enum age_class { AGE_TCP, AGE_OTHER, AGE_CLOSED, AGE_CLASSES };

enum chain_kind { CHAIN_BORN, CHAIN_AGE, CHAIN_KINDS };

struct link {
    uint32_t next, prev; /* record indices, POOL_NONE at the ends */
};

struct chain {
    uint32_t head, tail;
};

struct record {
    struct flow_cold cold;         /* first: what a batch points to */
    struct link link[CHAIN_KINDS]; /* CHAIN_AGE: of its bucket, or, put aside, of the aside chain */
};

_Static_assert(sizeof(struct record) <= 168,
               "with its slot, 8 bytes at a load of 3/8 or more, a flow takes no 200 bytes");

struct ageing {
    struct chain bucket[BUCKETS]; /* flows last looked at in tick t: bucket[t % BUCKETS] */
    uint64_t tick;                /* of the oldest bucket that may hold flows */
    uint32_t tick_ms;
    uint32_t idle_ms;
    uint32_t count;
};

struct flow_table {
    struct flow_slots slots;
    uint32_t count; /* open flows */
    uint32_t aside_count;
    uint32_t flows_max;
    uint32_t limit;      /* flows_max, or less while the table cannot grow or is pressed */
    struct pool records; /* of struct record */
    struct chain born;   /* every record, in order of first packet */
    struct chain aside;
    struct hash_seed seed;
    uint64_t base_us; /* time of the capture's first packet */
    uint64_t now_ms;  /* latest packet time, since base_us */
    bool pressed;
    struct ageing ageing[AGE_CLASSES];
};

static struct record *record_at(const struct flow_table *t, uint32_t index)
{
    return pool_at(&t->records, index);
}

static void chain_append(const struct flow_table *t, struct chain *chain, enum chain_kind kind,
                         uint32_t index)
{
    struct link *link = &record_at(t, index)->link[kind];
    *link = (struct link){ POOL_NONE, chain->tail };
    if (chain->tail != POOL_NONE) {
        record_at(t, chain->tail)->link[kind].next = index;
    } else {
        chain->head = index;
    }
    chain->tail = index;
}

static void chain_remove(const struct flow_table *t, struct chain *chain, enum chain_kind kind,
                         uint32_t index)
{
    struct link link = record_at(t, index)->link[kind];
    if (link.prev != POOL_NONE) {
        record_at(t, link.prev)->link[kind].next = link.next;
    } else {
        chain->head = link.next;
    }
    if (link.next != POOL_NONE) {
        record_at(t, link.next)->link[kind].prev = link.prev;
    } else {
        chain->tail = link.prev;
    }
}

static struct flow *hot_at(const struct flow_table *t, uint32_t index)
{
    return &record_at(t, index)->cold.hot;
}

/* Room for a batch of new flows. Without memory the table stays and the limit drops. */
static void make_room(struct flow_table *t)
{
    t->limit = t->flows_max;
    if (!flow_table_slots_step(&t->slots, t->count + t->aside_count, BATCH_SIZE)) {
        uint32_t most = flow_table_slots_room(&t->slots) - 2 * BATCH_SIZE;
        t->limit = t->limit < most ? t->limit : most;
    }
    if (t->pressed && t->count > 0 && t->limit > t->count) {
        t->limit = t->count;
    }
}

static enum age_class class_of(const struct flow *flow)
{
    if (flow->key.l4 != PROTOCOL_TCP) {
        return AGE_OTHER;
    }
    return (flow->flags & FLOW_CLOSED) != 0 ? AGE_CLOSED : AGE_TCP;
}

/* Exact unless the flow was silent for more than 49 days. */
static uint64_t seen_at(const struct flow_table *t, const struct flow *flow)
{
    return t->now_ms - ((uint32_t)t->now_ms - flow->seen_ms);
}

static void age_remove(struct flow_table *t, uint32_t index)
{
    const struct flow *flow = hot_at(t, index);
    struct ageing *age = &t->ageing[class_of(flow)];
    chain_remove(t, &age->bucket[flow->bucket], CHAIN_AGE, index);
    age->count--;
}

static void age_add(struct flow_table *t, uint32_t index, uint64_t seen_ms)
{
    struct flow *flow = hot_at(t, index);
    struct ageing *age = &t->ageing[class_of(flow)];
    uint64_t tick = seen_ms / age->tick_ms;
    if (age->count == 0) {
        age->tick = tick;
    }
    if (tick < age->tick) {
        tick = age->tick;
    } else if (tick >= age->tick + BUCKETS) {
        tick = age->tick + BUCKETS - 1; /* looked at too early, then moved on */
    }
    flow->bucket = (uint8_t)(tick % BUCKETS);
    chain_append(t, &age->bucket[flow->bucket], CHAIN_AGE, index);
    age->count++;
}

/* The longest idle flow of a class, up to one tick; flows seen since their last look are moved
 * while looks last. POOL_NONE when the class is empty. */
static uint32_t age_oldest(struct flow_table *t, enum age_class kind)
{
    struct ageing *age = &t->ageing[kind];
    for (uint32_t looks = 0; age->count > 0; looks++) {
        while (age->bucket[age->tick % BUCKETS].head == POOL_NONE) {
            age->tick++;
        }
        uint32_t index = age->bucket[age->tick % BUCKETS].head;
        uint64_t seen_ms = seen_at(t, hot_at(t, index));
        if (seen_ms / age->tick_ms <= age->tick || looks == EVICT_LOOKS) {
            return index;
        }
        age_remove(t, index);
        age_add(t, index, seen_ms);
    }
    return POOL_NONE;
}

/* The first settled flow among the oldest of a class, or POOL_NONE. */
static uint32_t age_oldest_settled(struct flow_table *t, enum age_class kind)
{
    const struct ageing *age = &t->ageing[kind];
    uint32_t index = age_oldest(t, kind);
    for (uint32_t looks = 0; index != POOL_NONE && looks < EVICT_LOOKS; looks++) {
        const struct flow *flow = hot_at(t, index);
        if (flow->feeds_left == 0 && seen_at(t, flow) / age->tick_ms <= age->tick) {
            return index;
        }
        index = record_at(t, index)->link[CHAIN_AGE].next;
    }
    return POOL_NONE;
}

static uint32_t longer_idle(const struct flow_table *t, uint32_t a, uint32_t b)
{
    if (a == POOL_NONE || b == POOL_NONE) {
        return a == POOL_NONE ? b : a;
    }
    return seen_at(t, hot_at(t, b)) < seen_at(t, hot_at(t, a)) ? b : a;
}

/* Takes a flow out of look-up and ageing; its slot and record stay until flow_table_expire. */
static void put_aside(struct flow_table *t, uint32_t index)
{
    age_remove(t, index);
    hot_at(t, index)->flags |= FLOW_ASIDE;
    chain_append(t, &t->aside, CHAIN_AGE, index);
    t->aside_count++;
    t->count--;
}

/* The flow with the least left to tell goes first. */
static void evict_one(struct flow_table *t, struct counters *counters)
{
    uint32_t index = age_oldest(t, AGE_CLOSED);
    if (index == POOL_NONE) {
        index = longer_idle(t, age_oldest_settled(t, AGE_TCP), age_oldest_settled(t, AGE_OTHER));
    }
    if (index == POOL_NONE) {
        index = longer_idle(t, age_oldest(t, AGE_TCP), age_oldest(t, AGE_OTHER));
    }
    record_at(t, index)->cold.flags |= COLD_EVICTED;
    counters->value[COUNT_FLOWS_EVICTED]++;
    put_aside(t, index);
}

static struct flow *add_flow(struct flow_table *t, const struct batch *b, uint32_t i, uint32_t hash,
                             struct counters *counters)
{
    if (t->count >= t->limit) {
        evict_one(t, counters);
    }
    uint32_t index = pool_take(&t->records);
    if (index == POOL_NONE) {
        return NULL;
    }
    bool low_first = (b->state[i] & FRAME_LOW) != 0;
    struct record *record = record_at(t, index);
    record->cold.first_us = b->time_us[i];
    record->cold.first_packet = b->packet[i];
    record->cold.low_first = low_first;
    struct flow *flow = &record->cold.hot;
    *flow = (struct flow){
        .key = b->key[i],
        .record = index,
        .feeds_left = UINT16_MAX,
        .flags = low_first ? FLOW_LOW_FIRST : 0,
        .table_hash = hash,
    };
    flow_table_slots_add(&t->slots, hash, index);
    chain_append(t, &t->born, CHAIN_BORN, index);
    age_add(t, index, t->now_ms);
    t->count++;
    counters->value[COUNT_FLOWS]++;
    return flow;
}

static uint8_t side_of(const struct flow *flow, uint8_t state)
{
    return ((state & FRAME_LOW) != 0) == ((flow->flags & FLOW_LOW_FIRST) != 0) ? 0 : 1;
}

/* Does this SYN without ACK begin another connection? */
static bool syn_parts(const struct flow *flow, const struct flow_cold *cold, uint8_t side,
                      uint32_t seq)
{
    if ((cold->flags & (uint32_t)COLD_SYN << side) != 0) {
        return cold->isn[side] != seq; /* the same one again is a retransmission */
    }
    if ((flow->flags & FLOW_CLOSED) != 0) {
        return true;
    }
    /* only the other side's SYN so far: simultaneous open, or its answer came first */
    return (cold->flags & (uint32_t)COLD_SYN << (side ^ 1)) == 0;
}

/* Has the flow ended before packet i? Idleness is asked here too, so that it does not depend on
 * how far flow_table_expire got which flows there are. */
static bool parts(const struct flow_table *t, const struct flow *flow, const struct batch *b,
                  uint32_t i)
{
    if ((uint32_t)t->now_ms - flow->seen_ms > t->ageing[class_of(flow)].idle_ms) {
        return true;
    }
    return flow->key.l4 == PROTOCOL_TCP && (b->tcp_flags[i] & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
           syn_parts(flow, &record_at(t, flow->record)->cold, side_of(flow, b->state[i]),
                     b->tcp_seq[i]);
}

/* SYN, FIN and RST: at once, since they decide about later packets of the same batch. */
static void note_control(struct flow_table *t, struct flow *flow, const struct batch *b, uint32_t i)
{
    struct flow_cold *cold = &record_at(t, flow->record)->cold;
    uint8_t side = b->side[i], other = side ^ 1, tcp_flags = b->tcp_flags[i];
    if ((tcp_flags & TCP_SYN) != 0) {
        if ((cold->flags & (uint32_t)COLD_SYN << side) == 0) {
            cold->isn[side] = b->tcp_seq[i];
        }
        if ((tcp_flags & TCP_ACK) != 0 && (cold->flags & (uint32_t)COLD_SYN << other) == 0) {
            cold->isn[other] = b->tcp_ack[i] - 1;
        }
        cold->flags |= (uint32_t)COLD_SYN << side;
        cold->flags |= (tcp_flags & TCP_ACK) != 0 ? (uint32_t)COLD_SYN_ACK << side : 0;
    }
    cold->flags |= (tcp_flags & TCP_FIN) != 0 ? (uint32_t)COLD_FIN << side : 0;
    cold->flags |= (tcp_flags & TCP_RST) != 0 ? (uint32_t)COLD_RST << side : 0;
    uint32_t both_fin = COLD_FIN | COLD_FIN << 1;
    bool closed =
        (cold->flags & (COLD_RST | COLD_RST << 1)) != 0 || (cold->flags & both_fin) == both_fin;
    if (closed && (flow->flags & FLOW_CLOSED) == 0) {
        age_remove(t, flow->record); /* from the class it had */
        flow->flags |= FLOW_CLOSED;
        age_add(t, flow->record, t->now_ms);
    }
}

static void advance_clock(struct flow_table *t, uint64_t time_us)
{
    uint64_t ms = time_us > t->base_us ? (time_us - t->base_us) / 1000 : 0;
    if (ms > t->now_ms) {
        t->now_ms = ms;
    }
}

/* Brings in what find_one will need: the record that the first slot names. */
static void peek_one(const struct flow_table *t, uint32_t hash)
{
    const struct flow_slot *slot = flow_table_slots_home(&t->slots.now, hash);
    if (slot->hash == hash && slot->flow != POOL_NONE) {
        flow_prefetch(&record_at(t, slot->flow)->cold);
    }
}

static struct flow *find_in(const struct flow_table *t, const struct flow_slot_table *table,
                            const struct flow_key *key, uint32_t hash)
{
    for (uint32_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        struct flow_slot slot = table->at[at];
        if (slot.flow == POOL_NONE) {
            return NULL;
        }
        if (slot.hash == hash) {
            struct flow *flow = hot_at(t, slot.flow);
            if ((flow->flags & FLOW_ASIDE) == 0 && memcmp(&flow->key, key, sizeof *key) == 0) {
                return flow;
            }
        }
    }
}

/* The flow with this key that was not put aside, or NULL. */
static struct flow *find_flow(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
    struct flow *flow = find_in(t, &t->slots.now, key, hash);
    if (flow == NULL && t->slots.old.at != NULL) {
        flow = find_in(t, &t->slots.old, key, hash);
    }
    return flow;
}

/* A copy shows that its flow is seen on other VLANs too, and nothing else. */
static void find_duplicate(struct flow_table *t, struct batch *b, uint32_t i, uint32_t hash)
{
    const struct flow *flow = find_flow(t, &b->key[i], hash);
    b->state[i] &= (uint8_t)~FRAME_FLOW;
    if (flow != NULL) {
        struct flow_cold *cold = &record_at(t, flow->record)->cold;
        if (cold->duplicates < FLOW_DUPLICATES_MAX) {
            cold->duplicates++;
        }
        flow_note_vlans(cold, b->vlan[i]);
    }
}

/* What later packets of the batch depend on: line, side, hot counters, TCP state. */
static void find_one(struct flow_table *t, struct batch *b, uint32_t i, uint32_t hash,
                     struct counters *counters)
{
    advance_clock(t, b->clock_us[i]);
    if ((b->state[i] & FRAME_DUPLICATE) != 0) {
        find_duplicate(t, b, i, hash);
        return;
    }
    struct flow *flow = find_flow(t, &b->key[i], hash);
    if (flow != NULL && parts(t, flow, b, i)) {
        put_aside(t, flow->record);
        flow = NULL;
    }
    if (flow == NULL) {
        flow = add_flow(t, b, i, hash, counters);
    }
    if (flow == NULL) { /* out of memory: the packet stays without a flow */
        b->state[i] &= (uint8_t)~FRAME_FLOW;
        counters->value[COUNT_FLOWS_EVICTED]++;
        return;
    }
    uint8_t side = side_of(flow, b->state[i]);
    flow->seen_ms = (uint32_t)t->now_ms;
    flow->packets[side] += flow->packets[side] < UINT32_MAX;
    b->flow[i] = flow;
    b->side[i] = side;
    b->cold[i] = &record_at(t, flow->record)->cold;
    if (flow->key.l4 == PROTOCOL_TCP && (b->tcp_flags[i] & (TCP_SYN | TCP_FIN | TCP_RST)) != 0) {
        note_control(t, flow, b, i);
    }
}

static void count_one(struct batch *b, uint32_t i)
{
    struct flow_cold *cold = b->cold[i];
    cold->bytes[b->side[i]] += b->on_wire[i];
    cold->last_packet = b->packet[i];
    if (b->time_us[i] > cold->last_us) {
        cold->last_us = b->time_us[i];
    }
    bool cut = b->frame[i].cut > 0 || b->payload[i].cut > 0; /* or its IP header asks for more */
    cold->cut_packets += cut && cold->cut_packets < UINT32_MAX;
    cold->flags |= (b->state[i] & FRAME_FRAGMENT) != 0 ? COLD_FRAGMENTS : 0;
    if (b->tunnel[i] != 0 && cold->tunnel[b->side[i]] == 0) {
        cold->tunnel[b->side[i]] = b->tunnel[i];
    }
    flow_note_vlans(cold, b->vlan[i]);
}

void flow_table_find(struct flow_table *table, struct batch *b, struct counters *counters)
{
    uint32_t hash[BATCH_SIZE];
    make_room(table);
    table->base_us = b->first_us;
    for (uint32_t i = 0; i < b->count; i++) {
        b->flow[i] = NULL;
        b->cold[i] = NULL;
        if ((b->state[i] & FRAME_FLOW) != 0) {
            hash[i] = (uint32_t)keyed_hash(&b->key[i], sizeof b->key[i], table->seed);
            __builtin_prefetch(flow_table_slots_home(&table->slots.now, hash[i]));
        }
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if ((b->state[i] & FRAME_FLOW) != 0) {
            peek_one(table, hash[i]);
        }
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if ((b->state[i] & FRAME_FLOW) != 0) {
            find_one(table, b, i, hash[i], counters);
        }
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->flow[i] != NULL) {
            count_one(b, i);
        }
    }
}

static void close_one(struct flow_table *t, uint32_t index, struct flow_closer *closer)
{
    struct record *record = record_at(t, index);
    const struct flow *flow = &record->cold.hot;
    if ((flow->flags & FLOW_ASIDE) != 0) {
        chain_remove(t, &t->aside, CHAIN_AGE, index);
        t->aside_count--;
    } else {
        age_remove(t, index);
        t->count--;
    }
    chain_remove(t, &t->born, CHAIN_BORN, index);
    flow_table_slots_remove(&t->slots, flow->table_hash, index);
    closer->closed(closer, &record->cold);
    pool_give(&t->records, index);
}

/* A flow in a bucket whose tick is over, when all before tick `due` are. */
static void expire_one(struct flow_table *t, uint32_t index, uint64_t due,
                       struct flow_closer *closer)
{
    struct flow *flow = hot_at(t, index);
    uint64_t seen_ms = seen_at(t, flow);
    if (seen_ms / t->ageing[class_of(flow)].tick_ms < due) {
        close_one(t, index, closer);
    } else {
        age_remove(t, index);
        age_add(t, index, seen_ms);
    }
}

/* Time leapt over all buckets, by days or ages: each is looked at once. What stays is appended
 * behind the last one of before. */
static void expire_leapt(struct flow_table *t, struct ageing *age, uint64_t due,
                         struct flow_closer *closer)
{
    age->tick = due;
    for (unsigned i = 0; i < BUCKETS; i++) {
        uint32_t last = age->bucket[i].tail, index = POOL_NONE;
        while (index != last) {
            index = age->bucket[i].head;
            expire_one(t, index, due, closer);
        }
    }
}

static void expire_class(struct flow_table *t, enum age_class kind, struct flow_closer *closer)
{
    struct ageing *age = &t->ageing[kind];
    /* due: even the last instant of the tick is longer ago than the timeout */
    uint64_t due = t->now_ms < age->idle_ms ? 0 : (t->now_ms - age->idle_ms) / age->tick_ms;
    if (age->count > 0 && due > age->tick + BUCKETS) {
        expire_leapt(t, age, due, closer);
    }
    while (age->count > 0 && age->tick < due) {
        uint32_t index = age->bucket[age->tick % BUCKETS].head;
        if (index == POOL_NONE) {
            age->tick++;
        } else {
            expire_one(t, index, age->tick + 1, closer);
        }
    }
}

void flow_table_expire(struct flow_table *table, const struct batch *b, struct flow_closer *closer)
{
    table->base_us = b->first_us;
    advance_clock(table, b->end_us); /* frames without a flow are time too */
    while (table->aside.head != POOL_NONE) {
        close_one(table, table->aside.head, closer);
    }
    for (enum age_class kind = 0; kind < AGE_CLASSES; kind++) {
        expire_class(table, kind, closer);
    }
}

struct flow_cold *flow_table_next(const struct flow_table *table, const struct flow_cold *after)
{
    uint32_t index = table->born.head;
    if (after != NULL) { /* a record begins with what the caller has of it */
        index = ((const struct record *)(const void *)after)->link[CHAIN_BORN].next;
    }
    return index != POOL_NONE ? &record_at(table, index)->cold : NULL;
}

void flow_table_close_first(struct flow_table *table, struct flow_closer *closer)
{
    if (table->born.head != POOL_NONE) {
        close_one(table, table->born.head, closer);
    }
}

void flow_table_press(struct flow_table *table, bool pressed)
{
    table->pressed = pressed;
}

uint32_t flow_table_count(const struct flow_table *table)
{
    return table->count;
}

static void ageing_init(struct ageing *age, uint32_t idle_ms)
{
    age->idle_ms = idle_ms < INT32_MAX ? idle_ms : INT32_MAX;
    age->tick_ms = age->idle_ms / (BUCKETS / 2) + 1;
}

enum ov_status flow_table_new(const struct flow_table_limits *limits, struct hash_seed seed,
                              struct flow_table **ret_table)
{
    *ret_table = NULL;
    if (limits->flows_max == 0 || limits->flows_max > FLOWS_MOST) {
        return OV_LIMIT;
    }
    struct flow_table *t = calloc(1, sizeof *t);
    if (t == NULL || !flow_table_slots_init(&t->slots, SLOTS_MIN)) {
        free(t);
        return OV_NOMEM;
    }
    t->flows_max = limits->flows_max;
    t->seed = seed;
    pool_init(&t->records, sizeof(struct record), limits->flows_max + BATCH_SIZE);
    ageing_init(&t->ageing[AGE_TCP], limits->idle_tcp_ms);
    ageing_init(&t->ageing[AGE_OTHER], limits->idle_udp_ms);
    ageing_init(&t->ageing[AGE_CLOSED], limits->idle_closed_ms);
    *ret_table = t;
    return OV_OK;
}

void flow_table_free(struct flow_table *table)
{
    if (table != NULL) {
        pool_done(&table->records);
        flow_table_slots_done(&table->slots);
        free(table);
    }
}

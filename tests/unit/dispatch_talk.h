/* tests/unit/dispatch_talk.h: conversations fed to the dispatcher packet by packet. */
#ifndef OVERT_TESTS_UNIT_DISPATCH_TALK_H
#define OVERT_TESTS_UNIT_DISPATCH_TALK_H

#include <netinet/in.h>
#include <string.h>

#include "analyzers/dispatch.h"
#include "capture/flow_table.h"
#include "tests/check.h"

enum { CLIENT = 0, SERVER = 1 };

/* A conversation of 10.0.0.1:40000 (client) and 10.0.0.2:port, fed packet by packet. */
struct talk {
    struct certificates *certificates;
    struct call_log log;
    struct dispatch *dispatch;
    struct flow_table *table;
    struct counters counters;
    struct batch batch;
    struct batch_clock clock;
    uint8_t l4;
    uint16_t port;
    uint32_t seq[2];
    uint64_t packets;
    uint32_t tick_us;          /* from packet to packet */
    struct flow_closer closer; /* first conclusion of the flow */
    struct flow_record record;
    char app[32];
    bool fed; /* does the last packet's flow still want packets? */
};

static inline void must(enum ov_status status)
{
    if (status != OV_OK) {
        fprintf(stderr, "%s\n", ov_status_text(status));
        exit(EXIT_FAILURE);
    }
}

/* keylog: borrowed; NULL = nothing is opened. */
static inline struct talk *talk_under(struct keylog *keylog, uint8_t l4, uint16_t port,
                                      uint32_t flows_max, uint64_t memory_bytes)
{
    static struct talk talk;
    memset(&talk, 0, sizeof talk);
    talk.l4 = l4;
    talk.port = port;
    talk.tick_us = 1000;
    struct hash_seed seed = { { 1, 2 } };
    struct flow_table_limits limits = { flows_max, 60000, 60000, 60000 };
    must(certificates_new(16, &talk.certificates));
    must(flow_table_new(&limits, seed, &talk.table));
    struct dispatch_options options = { .certificates = talk.certificates,
                                        .keylog = keylog,
                                        .counters = &talk.counters,
                                        .seed = seed,
                                        .flows_max = flows_max,
                                        .memory_bytes = memory_bytes,
                                        .ndpi = false };
    must(dispatch_new(&options, &talk.dispatch));
    dispatch_log(talk.dispatch, &talk.log);
    return &talk;
}

static inline struct talk *talk_with(uint8_t l4, uint16_t port, uint32_t flows_max,
                                     uint64_t memory_bytes)
{
    return talk_under(NULL, l4, port, flows_max, memory_bytes);
}

static inline struct talk *talk_new(uint8_t l4, uint16_t port)
{
    return talk_with(l4, port, 1000, 0);
}

static inline void talk_free(struct talk *t)
{
    dispatch_free(t->dispatch);
    flow_table_free(t->table);
    call_log_done(&t->log);
    certificates_free(t->certificates);
}

static inline struct flow_key key_of(const struct talk *t)
{
    struct flow_key key;
    memset(&key, 0, sizeof key);
    uint8_t client[4] = { 10, 0, 0, 1 }, server[4] = { 10, 0, 0, 2 };
    key.addr[0] = address_of_ipv4(client);
    key.addr[1] = address_of_ipv4(server);
    key.port[0] = 40000;
    key.port[1] = t->port;
    key.l4 = t->l4;
    return key;
}

static inline void say(struct talk *t, unsigned from, uint8_t flags, const void *data,
                       uint32_t size)
{
    struct batch *b = &t->batch;
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        exit(EXIT_FAILURE);
    }
    if (size > 0) {
        memcpy(heap, data, size);
    }
    b->count = 1;
    b->packet[0] = ++t->packets;
    b->time_us[0] = 1000000 + t->packets * t->tick_us;
    b->state[0] = (uint8_t)(FRAME_FLOW | (from == CLIENT ? FRAME_LOW : 0));
    b->key[0] = key_of(t);
    b->payload[0] = bytes_of(heap, size, size);
    b->frame[0] = b->payload[0];
    b->on_wire[0] = size + 54;
    b->tcp_flags[0] = flags;
    b->tcp_seq[0] = t->seq[from];
    b->tcp_ack[0] = t->seq[1 - from];
    t->seq[from] += size + ((flags & (TCP_SYN | TCP_FIN)) != 0);
    batch_tell_time(b, &t->clock);
    flow_table_find(t->table, b, &t->counters);
    dispatch_batch(t->dispatch, b);
    t->fed = b->flow[0]->feeds_left > 0;
    flow_table_expire(t->table, b, &t->closer);
    free(heap);
}

static inline void handshake(struct talk *t)
{
    say(t, CLIENT, TCP_SYN, NULL, 0);
    say(t, SERVER, TCP_SYN | TCP_ACK, NULL, 0);
    say(t, CLIENT, TCP_ACK, NULL, 0);
}

static inline void on_closed(struct flow_closer *closer, struct flow_cold *cold)
{
    struct talk *t = (struct talk *)(void *)((char *)closer - offsetof(struct talk, closer));
    dispatch_conclude(t->dispatch, cold, true, &t->record);
    uint32_t facts = t->record.facts != NULL ? t->record.facts->count : 0;
    dispatch_conclude(t->dispatch, cold, true, &t->record); /* again: nothing changes */
    CHECK_EQ(t->record.facts != NULL ? t->record.facts->count : 0, facts);
    snprintf(t->app, sizeof t->app, "%s", t->record.app);
}

static inline void on_gone(struct flow_closer *closer, struct flow_cold *cold)
{
    struct talk *t = (struct talk *)(void *)((char *)closer - offsetof(struct talk, closer));
    dispatch_forget(t->dispatch, dispatch_part(t->dispatch, cold));
}

/* Looks at the flow's record; talk_over ends it. */
static inline void conclude(struct talk *t)
{
    t->closer.closed = on_closed;
    for (struct flow_cold *cold = NULL; (cold = flow_table_next(t->table, cold)) != NULL;) {
        on_closed(&t->closer, cold);
    }
}

static inline void talk_over(struct talk *t)
{
    t->closer.closed = on_gone;
    while (flow_table_count(t->table) > 0) {
        flow_table_close_first(t->table, &t->closer);
    }
    talk_free(t);
}

/* TLS 1.2 ClientHello, one suite, SNI "x.example". */
static const uint8_t client_hello[] = {
    0x16, 3,  1,  0,  65, 1,  0,  0,   61,  3,   3,    0,    1,   2,   3,   4,   5,  6,
    7,    8,  9,  10, 11, 12, 13, 14,  15,  16,  17,   18,   19,  20,  21,  22,  23, 24,
    25,   26, 27, 28, 29, 30, 31, 0,   0,   2,   0xc0, 0x2f, 1,   0,   0,   18,  0,  0,
    0,    14, 0,  12, 0,  0,  9,  'x', '.', 'e', 'x',  'a',  'm', 'p', 'l', 'e',
};

#endif

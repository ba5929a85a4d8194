/* tests/unit/test_dispatch_rest.c */
#include "tests/unit/dispatch_talk.h"

static uint32_t packed_flows(const struct talk *t)
{
    uint32_t count = 0;
    for (struct flow_cold *cold = NULL; (cold = flow_table_next(t->table, cold)) != NULL;) {
        count += (cold->flags & COLD_RESTS) != 0;
    }
    return count;
}

/* Many conversations at once, each with other ports, all of them quiet between its packets. Returns
 * how many were packed at most. */
static uint32_t play_many(struct talk *t, unsigned flows)
{
    static const char request[] = "GET /path HTTP/1.1\r\nHost: x.example\r\n\r\n";
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    uint32_t seq[2] = { t->seq[0], t->seq[1] };
    uint32_t packed = 0;
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < flows; i++) {
            bool tls = i % 2 == 0;
            t->port = (uint16_t)(1024 + i);
            t->seq[CLIENT] = seq[CLIENT] + (round == 0 ? 0 : 1);
            t->seq[SERVER] = seq[SERVER] + (round == 0 ? 0 : 1);
            if (round == 0) {
                handshake(t);
            } else if (round == 1) {
                say(t, CLIENT, TCP_ACK, tls ? (const void *)client_hello : request,
                    tls ? 40 : sizeof request - 1);
            } else if (round == 2 && tls) {
                t->seq[CLIENT] += 40;
                say(t, CLIENT, TCP_ACK, client_hello + 40, sizeof client_hello - 40);
            } else if (round == 2) {
                say(t, SERVER, TCP_ACK, answer, sizeof answer - 1);
            } else if (tls) {
                say(t, SERVER, TCP_ACK, "\x15\x03\x03\x00\x02\x02\x28", 7);
            } else {
                t->seq[CLIENT] += sizeof request - 1;
                say(t, CLIENT, TCP_ACK, request, sizeof request - 1);
            }
        }
        packed = packed_flows(t) > packed ? packed_flows(t) : packed;
    }
    return packed;
}

/* What is told of all flows, in one number. */
static uint64_t told_by(const struct talk *t)
{
    static const struct hash_seed seed;
    uint64_t told = 0;
    struct flow_record record;
    for (struct flow_cold *cold = NULL; (cold = flow_table_next(t->table, cold)) != NULL;) {
        dispatch_conclude(t->dispatch, cold, true, &record);
        for (uint32_t i = 0; i < record.facts->count; i++) {
            const struct fact *f = &record.facts->items[i];
            const char *text = facts_text(record.facts, f);
            uint64_t words[] = { told,
                                 record.id,
                                 f->kind,
                                 f->index,
                                 f->value,
                                 f->packet,
                                 f->offset,
                                 f->time_us,
                                 (uint64_t)record.missing_bytes,
                                 keyed_hash(text, strlen(text), seed),
                                 keyed_hash(record.app, strlen(record.app), seed) };
            told = keyed_hash(words, sizeof words, seed);
        }
        dispatch_rest(t->dispatch);
    }
    return told;
}

static void flows_that_were_packed_meanwhile_tell_the_same(void)
{
    enum { FLOWS = 600, MEMORY = 2 << 20, TICK_US = 25000 };
    struct talk *t = talk_new(IPPROTO_TCP, 1);
    t->tick_us = TICK_US;
    CHECK_EQ(play_many(t, FLOWS), 0);
    uint64_t told = told_by(t);
    CHECK(told != 0);
    talk_over(t);
    t = talk_with(IPPROTO_TCP, 1, 1000, MEMORY); /* few stay awake */
    t->tick_us = TICK_US;
    CHECK(play_many(t, FLOWS) > FLOWS / 5);
    CHECK(told_by(t) == told);
    CHECK_EQ(t->counters.value[COUNT_FACTS_DROPPED], 0);
    talk_over(t);
}

int main(void)
{
    flows_that_were_packed_meanwhile_tell_the_same();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

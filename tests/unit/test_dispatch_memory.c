/* tests/unit/test_dispatch_memory.c: whatever strangers leave half done, it stays under the cap. */
#include "tests/unit/count_memory.h"
#include "tests/unit/dispatch_talk.h"
#include "tests/unit/quic_vectors.h"

enum {
    FLOWS = 1500,
    MEMORY = 8 << 20, /* for analysis */
    SLACK = 2 << 20,  /* chunks of pools that are used in part, the flow table */
    RECORD = 16384,
};

/* Three times as much of a message as a record holds, and never its end. */
static void begin_tls(struct talk *t)
{
    static uint8_t record[5 + RECORD] = { 22, 3, 1, RECORD >> 8, RECORD & 0xff, 1, 1, 0xd4, 0xc0 };
    handshake(t);
    for (unsigned i = 0; i < 3; i++) {
        say(t, CLIENT, TCP_ACK, record, sizeof record);
        memset(record + 5, 0, 4);
    }
    memcpy(record + 5, (const uint8_t[]){ 1, 1, 0xd4, 0xc0 }, 4);
}

/* RFC 6347 4.2.2: fragments of a ClientHello of 64 KiB, without the first byte. */
static void begin_dtls(struct talk *t)
{
    static uint8_t record[13 + 12 + 8000] = { 22, 0xfe, 0xfd };
    enum { SIZE = sizeof record - 25 };
    for (unsigned i = 0; i < 4; i++) {
        uint32_t offset = 1 + i * SIZE;
        const uint8_t header[] = { (uint8_t)((SIZE + 12) >> 8),
                                   (SIZE + 12) & 0xff,
                                   1,
                                   1,
                                   0,
                                   0,
                                   0,
                                   0,
                                   (uint8_t)(offset >> 16),
                                   (uint8_t)(offset >> 8),
                                   (uint8_t)offset,
                                   0,
                                   (uint8_t)(SIZE >> 8),
                                   SIZE & 0xff };
        memcpy(record + 11, header, sizeof header);
        say(t, CLIENT, 0, record, sizeof record);
    }
}

/* RFC 9000 19.6: the end of a handshake that never begins makes room for all of it. */
static void begin_quic(struct talk *t)
{
    static struct packet datagram;
    if (datagram.size == 0) {
        struct packet frames = { .size = 0 }, data = { .size = 0 };
        struct quic_cid none = { 0 };
        struct seal seal = { V1, &vector_cid, &vector_cid, &none, false, 0 };
        packet_zeros(&data, 1000);
        packet_u8(&frames, 6);
        packet_u16(&frames, 0x4000 | 15000);
        packet_u16(&frames, 0x4000 | data.size);
        packet_put(&frames, data.at, data.size);
        put_initial(&datagram, &seal, &frames);
    }
    say(t, CLIENT, 0, datagram.at, datagram.size);
}

/* Bytes beyond a hole that is never filled. */
static void begin_hole(struct talk *t)
{
    static const uint8_t data[RECORD];
    handshake(t);
    t->seq[CLIENT] += 1;
    for (unsigned i = 0; i < 3; i++) {
        say(t, CLIENT, TCP_ACK, data, sizeof data);
    }
}

static void on_over(struct flow_closer *closer, struct flow_cold *cold)
{
    struct talk *t = (struct talk *)(void *)((char *)closer - offsetof(struct talk, closer));
    dispatch_conclude(t->dispatch, cold, false, &t->record);
    dispatch_forget(t->dispatch, dispatch_part(t->dispatch, cold));
}

/* Begins many flows so; returns the most bytes of memory there were meanwhile. */
static int64_t most_taken(struct talk *t, void (*begin)(struct talk *talk))
{
    int64_t most = 0;
    t->closer.closed = on_over;
    for (unsigned i = 0; i < FLOWS; i++) {
        t->port = (uint16_t)(5000 + i);
        begin(t);
        flow_table_press(t->table, dispatch_pressed(t->dispatch)); /* as worker_step does */
        most = taken_bytes > most ? taken_bytes : most;
    }
    return most;
}

static void check_cap(uint8_t l4, void (*begin)(struct talk *talk), const char *name)
{
    int64_t before = taken_bytes;
    struct talk *t = talk_with(l4, 5000, 2 * FLOWS, MEMORY);
    int64_t fixed = taken_bytes; /* takes no part in what strangers send */
    int64_t most = most_taken(t, begin) - fixed;
    if (most > MEMORY + SLACK) {
        fprintf(stderr, "%s: %" PRId64 " bytes\n", name, most);
    }
    CHECK(most <= MEMORY + SLACK);
    CHECK(most > MEMORY / 2); /* it was tried */
    CHECK(t->counters.value[COUNT_FLOWS_EVICTED] > 0);
    while (flow_table_count(t->table) > 0) {
        flow_table_close_first(t->table, &t->closer);
    }
    talk_free(t);
    CHECK(taken_bytes <= before + 4096);
}

static void half_open_handshakes_stay_under_the_cap(void)
{
    check_cap(IPPROTO_TCP, begin_tls, "TLS");
    check_cap(IPPROTO_UDP, begin_dtls, "DTLS");
    check_cap(IPPROTO_UDP, begin_quic, "QUIC");
}

static void bytes_beyond_holes_stay_under_the_cap(void)
{
    check_cap(IPPROTO_TCP, begin_hole, "hole");
}

int main(void)
{
    half_open_handshakes_stay_under_the_cap();
    bytes_beyond_holes_stay_under_the_cap();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

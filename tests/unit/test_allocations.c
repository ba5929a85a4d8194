/* tests/unit/test_allocations.c: after warm-up no packet takes memory: a capture of which the calls
 * and the settled TLS connection are twice as long takes memory as many times. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/pipeline.h"
#include "rules/policy.h"
#include "tests/unit/count_memory.h"
#include "tests/unit/tls_captures.h"

enum { FRAME_MAX = 20000, HEADERS = 14 + 20, TCP_HEADER = 20, UDP_HEADER = 8 };

static void put(FILE *file, uint64_t value, unsigned bytes, bool big_end)
{
    for (unsigned i = 0; i < bytes; i++) {
        unsigned shift = 8 * (big_end ? bytes - 1 - i : i);
        fputc((int)(value >> shift & 0xff), file);
    }
}

/* One packet between 10.0.0.1 and 10.0.0.2: pcap record, Ethernet, IPv4. */
static void put_packet(FILE *file, uint64_t time_us, unsigned side, uint8_t l4, size_t inner)
{
    put(file, time_us / 1000000, 4, false);
    put(file, time_us % 1000000, 4, false);
    put(file, HEADERS + inner, 4, false);
    put(file, HEADERS + inner, 4, false);
    put(file, 2 + side, 6, true);
    put(file, 3 - side, 6, true);
    put(file, 0x0800, 2, true);
    put(file, 0x4500, 2, true);
    put(file, 20 + inner, 2, true);
    put(file, time_us & 0xffff, 2, true); /* so that no packet is a copy of another */
    put(file, 0, 2, true);
    put(file, 64u << 8 | l4, 2, true);
    put(file, 0, 2, true);
    put(file, 0x0a000001 + side, 4, true);
    put(file, 0x0a000002 - side, 4, true);
}

static uint32_t roll(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* SRTP of G.711: payloads of 170 random bytes. */
static void put_media(FILE *file, uint64_t time_us, unsigned side, uint32_t number)
{
    uint32_t state = 2 * number + side;
    put_packet(file, time_us, side, 17, UDP_HEADER + 12 + 170);
    put(file, 20000 + side, 2, true);
    put(file, 20001 - side, 2, true);
    put(file, UDP_HEADER + 12 + 170, 2, true);
    put(file, 0, 2, true);
    put(file, 0x8000, 2, true);
    put(file, number & 0xffff, 2, true);
    put(file, UINT64_C(160) * number, 4, true);
    put(file, 0xabcd0000 + side, 4, true);
    for (unsigned i = 0; i < 170; i++) {
        put(file, roll(&state) & 0xff, 1, true);
    }
}

struct connection {
    FILE *file;
    uint64_t time_us;
    uint32_t next[2]; /* sequence numbers */
};

static void put_tcp(struct connection *c, unsigned side, unsigned flags, const uint8_t *data,
                    size_t size)
{
    put_packet(c->file, c->time_us, side, 6, TCP_HEADER + size);
    put(c->file, side == 0 ? 40000 : 443, 2, true);
    put(c->file, side == 0 ? 443 : 40000, 2, true);
    put(c->file, c->next[side], 4, true);
    put(c->file, c->next[1 - side], 4, true);
    put(c->file, 0x5000 | flags, 2, true);
    put(c->file, 65535, 2, true);
    put(c->file, 0, 4, true);
    if (size > 0) {
        fwrite(data, 1, size, c->file);
    }
    c->next[side] += (uint32_t)size + ((flags & TCP_SYN) != 0);
    c->time_us += 100;
}

static void put_chunk(struct connection *c, const struct chunk *chunk)
{
    static uint8_t bytes[FRAME_MAX];
    size_t size = strlen(chunk->hex) / 2;
    for (size_t i = 0; i < size && i < FRAME_MAX; i++) {
        char byte[3] = { chunk->hex[2 * i], chunk->hex[2 * i + 1], '\0' };
        bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    for (size_t at = 0; at < size; at += 1400) {
        put_tcp(c, chunk->side, TCP_ACK, bytes + at, size - at < 1400 ? size - at : 1400);
    }
}

/* One call and one TLS connection of `packets` packets in each direction. */
static void write_capture(const char *path, uint32_t packets)
{
    static const uint8_t data[1005] = { 0x17, 3, 3, 3, 0xe8 }; /* 1000 bytes under keys */
    struct connection c = { .file = fopen(path, "wb"), .time_us = 1000000000 };
    if (c.file == NULL) {
        exit(EXIT_FAILURE);
    }
    put(c.file, 0xa1b2c3d4, 4, false);
    put(c.file, 2 | 4 << 16, 4, false);
    put(c.file, 0, 8, false);
    put(c.file, 65535, 4, false);
    put(c.file, 1, 4, false);
    put_tcp(&c, 0, TCP_SYN, NULL, 0);
    put_tcp(&c, 1, TCP_SYN | TCP_ACK, NULL, 0);
    for (const struct chunk *chunk = tls12_mutual; chunk->hex != NULL; chunk++) {
        put_chunk(&c, chunk);
    }
    for (uint32_t i = 0; i < packets; i++) {
        for (unsigned side = 0; side < 2; side++) {
            c.time_us = 1001000000 + 20000 * (uint64_t)i + UINT64_C(3000) * side;
            put_media(c.file, c.time_us, side, i);
            c.time_us++;
            put_tcp(&c, side, TCP_ACK, data, sizeof data);
        }
    }
    fclose(c.file);
}

/* Audits the capture; returns how often memory was taken. */
static uint64_t allocations_of(const char *path, uint64_t *ret_packets)
{
    static const volatile sig_atomic_t stop;
    static struct pipeline p;
    struct options options = { .sensor = "overt", .memory_bytes = 256 << 20, .workers = 1 };
    struct source_options wanted = { .stop = &stop };
    struct source_set *set = NULL;
    struct policy *policy = NULL;
    struct progress progress;
    char *paths[1] = { strdup(path) };
    uint64_t before = taken_blocks;
    CHECK_EQ(policy_builtin("lync-2010", &policy), OV_OK);
    CHECK_EQ(pipeline_init(&p, &options, policy), OV_OK);
    CHECK_EQ(source_set_new(paths, 1, &wanted, &set), OV_OK);
    progress_begin(&progress, path, false);
    CHECK_EQ(pipeline_run(&p, set, NULL, &progress, &stop), OV_OK);
    struct source_status status;
    source_set_status(set, &status);
    *ret_packets = status.packets;
    CHECK_EQ(p.verdicts.flow_count, 2);
    source_set_free(set);
    pipeline_done(&p);
    policy_free(policy);
    free(paths[0]);
    return taken_blocks - before;
}

static void media_and_settled_flows_take_no_memory_for_packets(void)
{
    char path[] = "/tmp/overt-allocations-XXXXXX";
    int fd = mkstemp(path);
    uint64_t packets[2], taken[2];
    if (fd < 0) {
        exit(EXIT_FAILURE);
    }
    close(fd);
    for (unsigned i = 0; i < 2; i++) {
        write_capture(path, 20000 << i);
        taken[i] = allocations_of(path, &packets[i]);
    }
    unlink(path);
    CHECK_EQ(packets[1] - packets[0], 4 * 20000);
    CHECK(taken[0] > 50); /* they are counted */
    CHECK_EQ(taken[1], taken[0]);
}

int main(void)
{
    media_and_settled_flows_take_no_memory_for_packets();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

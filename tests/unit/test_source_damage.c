/* tests/unit/test_source_damage.c: what is read behind damage, and what is told of it. */
#include "capture/source.h"

#include <unistd.h>

#include "tests/check.h"
#include "tests/unit/source_made.h"

enum { PACKETS = 8, FIRST_SIZE = 40, TIME_S = 1700000000 };

/* A capture of PACKETS packets; number i (from 0) has FIRST_SIZE + i bytes of that value and comes
 * i microseconds after TIME_S. */
struct whole {
    struct made m;
    uint32_t ends[PACKETS + 1]; /* the header's, then those of records */
};

/* What was read of a damaged copy. */
struct reading {
    bool read[PACKETS];
    uint32_t others; /* packets that are none of them */
    uint64_t lost_from_us, lost_to_us;
    struct source_status status;
};

static void make_capture(struct whole *w, bool ng, bool big)
{
    *w = (struct whole){ .m = { .big = big } };
    if (ng) {
        put_section(&w->m);
        put_interface(&w->m, 1, 0);
    } else {
        put_pcap_header(&w->m, 0xa1b2c3d4, 65535, 1);
    }
    w->ends[0] = w->m.size;
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint32_t size = FIRST_SIZE + i;
        ng ? put_enhanced(&w->m, 0, UINT64_C(1000000) * TIME_S + i, size, size)
           : put_pcap_record(&w->m, i, size, size);
        w->ends[i + 1] = w->m.size;
    }
}

static void note_packet(struct reading *r, const struct batch *b, uint32_t i)
{
    uint32_t size = bytes_left(&b->frame[i]);
    uint32_t packet = size - FIRST_SIZE;
    bool known = size >= FIRST_SIZE && packet < PACKETS;
    for (uint32_t at = 0; at < size && known; at++) {
        known = bytes_peek(&b->frame[i], at) == (int)size;
    }
    if (known) {
        r->read[packet] = true;
    } else {
        r->others++;
    }
}

static struct reading read_made(const struct made *m)
{
    static struct batch batch;
    char why[SOURCE_TEXT_SIZE];
    struct source *source = NULL;
    struct reading r = { .others = 0 };
    write_file(m, m->size);
    if (source_open(path, NULL, &source, why) != OV_OK) {
        return r;
    }
    while (source_read(source, &batch)) {
        for (uint32_t i = 0; i < batch.count; i++) {
            note_packet(&r, &batch, i);
        }
        if (batch.lost_to_us > 0) {
            r.lost_from_us = batch.lost_from_us;
            r.lost_to_us = batch.lost_to_us;
        }
        source_release(&batch);
    }
    source_status(source, &r.status);
    source_close(source);
    return r;
}

static uint32_t count_read(const struct reading *r)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PACKETS; i++) {
        count += r->read[i];
    }
    return count;
}

/* Any value in any byte of a record's frame costs that packet and none behind it, and the span of
 * time is told; a changed time, interface drop count and the like may cost nothing. */
static void a_flipped_byte_costs_one_packet(void)
{
    static const uint8_t values[] = { 0x01, 0x10, 0x80, 0xff };
    enum { HIT = 4 };
    for (unsigned kind = 0; kind < 4; kind++) {
        struct whole w;
        make_capture(&w, kind % 2 != 0, kind / 2 != 0);
        uint32_t head = kind % 2 != 0 ? 28 : 16;
        for (uint32_t i = 0; i < head * sizeof values; i++) {
            uint8_t *byte = &w.m.at[w.ends[HIT] + i / sizeof values];
            *byte ^= values[i % sizeof values];
            struct reading r = read_made(&w.m);
            CHECK(r.read[0] && r.read[1] && r.read[2] && r.read[3]);
            CHECK(r.read[5] && r.read[6] && r.read[7]);
            CHECK(count_read(&r) + r.others <= PACKETS);
            CHECK(!r.status.damaged || r.status.damaged_at >= w.ends[HIT]);
            CHECK(r.status.damaged || r.status.packets >= PACKETS - 1);
            CHECK_EQ(r.lost_to_us > 0, r.status.damaged);
            CHECK(!r.status.tail_lost);
            *byte ^= values[i % sizeof values];
        }
        free(w.m.at);
    }
}

static struct made splice(const struct made *m, uint32_t at, uint32_t removed, uint32_t added)
{
    struct made copy = { .big = m->big };
    put_bytes(&copy, m->at, at);
    put_fill(&copy, added, 0x5a);
    put_bytes(&copy, m->at + at + removed, m->size - at - removed);
    return copy;
}

/* The damage is somewhere in record 2: at worst it costs that and the next one. */
static void check_spliced(const struct whole *w, uint32_t at, uint32_t removed, uint32_t added)
{
    struct made m = splice(&w->m, at, removed, added);
    struct reading r = read_made(&m);
    CHECK(r.read[0] && r.read[1]);
    CHECK(r.read[4] && r.read[5] && r.read[6] && r.read[7]);
    CHECK(r.status.damaged);
    CHECK(r.lost_from_us >= UINT64_C(1000000) * TIME_S + 1);
    CHECK(r.lost_to_us < UINT64_C(1000000) * (TIME_S + 256));
    free(m.at);
}

static void bytes_that_are_missing_or_too_many_cost_what_they_touch(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        struct whole w;
        make_capture(&w, kind != 0, false);
        for (uint32_t at = w.ends[2]; at < w.ends[3]; at++) {
            check_spliced(&w, at, 3, 0);
            check_spliced(&w, at, 12, 0);
            check_spliced(&w, at, 0, 3);
            check_spliced(&w, at, 0, 12);
        }
        free(w.m.at);
    }
}

static void damage_is_counted_with_its_place_and_time(void)
{
    struct whole w;
    make_capture(&w, false, false);
    struct made m = splice(&w.m, w.ends[3], 0, 1000);
    struct reading r = read_made(&m);
    CHECK_EQ(count_read(&r), PACKETS);
    CHECK_EQ(r.others, 0);
    CHECK_EQ(r.status.damaged_at, w.ends[3]);
    CHECK_EQ(r.status.damaged_places, 1);
    CHECK_EQ(r.status.damaged_packets, 3);
    CHECK_EQ(r.status.damaged_us, UINT64_C(1000000) * TIME_S + 2);
    CHECK_EQ(r.status.skipped_bytes, 1000);
    CHECK_EQ(r.lost_from_us, UINT64_C(1000000) * TIME_S + 2);
    CHECK_EQ(r.lost_to_us, UINT64_C(1000000) * TIME_S + 3);
    free(m.at);
    free(w.m.at);
}

/* What a crashed disk or a bad copy leaves at the end. */
static void a_tail_of_zeros_or_garbage_is_lost_and_told(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct whole w;
        make_capture(&w, kind % 2 != 0, false);
        put_fill(&w.m, 600000, kind / 2 != 0 ? 0x5a : 0);
        struct reading r = read_made(&w.m);
        CHECK_EQ(count_read(&r), PACKETS);
        CHECK_EQ(r.others, 0);
        CHECK(r.status.damaged && r.status.tail_lost);
        CHECK_EQ(r.status.damaged_at, w.ends[PACKETS]);
        CHECK_EQ(r.status.skipped_bytes, 600000);
        CHECK_EQ(r.status.last_us, UINT64_C(1000000) * TIME_S + PACKETS - 1);
        free(w.m.at);
    }
}

static void a_file_that_ends_inside_a_record_lost_none_before(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        struct whole w;
        make_capture(&w, kind != 0, false);
        for (uint32_t size = w.ends[PACKETS - 1] + 1; size < w.ends[PACKETS]; size++) {
            struct made m = { .size = size, .at = w.m.at };
            struct reading r = read_made(&m);
            CHECK_EQ(count_read(&r), PACKETS - 1);
            CHECK(r.status.damaged && !r.status.tail_lost);
            CHECK_EQ(r.status.skipped_bytes, size - w.ends[PACKETS - 1]);
        }
        free(w.m.at);
    }
}

/* A length that reaches behind the end of the file hides nothing that is whole. */
static void a_record_longer_than_the_file_is_damage(void)
{
    struct whole w;
    make_capture(&w, false, false);
    w.m.at[w.ends[5] + 10] = 1; /* captured: 65536 more */
    struct reading r = read_made(&w.m);
    CHECK_EQ(count_read(&r), PACKETS - 1);
    CHECK(!r.read[5] && r.status.damaged && !r.status.tail_lost);
    free(w.m.at);
    make_capture(&w, true, false);
    w.m.at[w.ends[5] + 4 + 2] = 1; /* block length, likewise */
    r = read_made(&w.m);
    CHECK_EQ(count_read(&r), PACKETS - 1);
    CHECK(!r.read[5] && r.status.damaged && !r.status.tail_lost);
    free(w.m.at);
}

/* Behind a hole nobody knows which number an interface has. */
static void packets_of_a_lost_interface_are_not_read_as_another_ones(void)
{
    struct made m = { .size = 0 };
    put_section(&m);
    put_interface(&m, 1, 0);
    uint32_t second = m.size;
    put_interface(&m, 113, 0);
    put_interface(&m, 101, 0);
    for (uint32_t i = 0; i < PACKETS; i++) {
        put_enhanced(&m, i % 3, UINT64_C(1000000) * TIME_S + i, FIRST_SIZE + i, FIRST_SIZE + i);
    }
    struct reading r = read_made(&m);
    CHECK_EQ(count_read(&r), PACKETS);
    CHECK(!r.status.damaged);
    m.at[second + 4] ^= 8; /* its length */
    r = read_made(&m);
    CHECK(r.read[0] && r.read[3] && r.read[6]);
    CHECK_EQ(count_read(&r), 3);
    CHECK_EQ(r.others, 0);
    CHECK(r.status.damaged && r.status.tail_lost);
    free(m.at);
}

/* Packets of 0 bytes, lengths that claim less was sent than kept: some writers make them. */
static void odd_records_that_others_follow_are_read(void)
{
    struct made m = { .size = 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 65535, 1);
    for (uint32_t i = 0; i < PACKETS; i++) {
        put_pcap_record(&m, i % 2 != 0 ? 2000000 : i, FIRST_SIZE + i, i % 3 != 0 ? 10 : 100);
    }
    put_pcap_record(&m, 0, 0, 60);
    struct reading r = read_made(&m);
    CHECK_EQ(count_read(&r), PACKETS);
    CHECK_EQ(r.others, 1);
    CHECK(!r.status.damaged);
    free(m.at);
}

/* Damage again and again, over more than one window. */
static void many_holes_cost_what_they_hit(void)
{
    struct made m = { .size = 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 65535, 1);
    for (uint32_t i = 0; i < 20000; i++) {
        put_pcap_record(&m, i, FIRST_SIZE + i % PACKETS, FIRST_SIZE + i % PACKETS);
        if (i % 100 == 50) {
            put_fill(&m, 333, 0xee);
        }
    }
    struct reading r = read_made(&m);
    CHECK_EQ(count_read(&r), PACKETS);
    CHECK_EQ(r.status.packets, 20000);
    CHECK_EQ(r.status.damaged_places, 200);
    CHECK_EQ(r.status.skipped_bytes, 200 * 333);
    free(m.at);
}

int main(void)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0 || close(descriptor) != 0) {
        return EXIT_FAILURE;
    }
    a_flipped_byte_costs_one_packet();
    bytes_that_are_missing_or_too_many_cost_what_they_touch();
    damage_is_counted_with_its_place_and_time();
    a_tail_of_zeros_or_garbage_is_lost_and_told();
    a_file_that_ends_inside_a_record_lost_none_before();
    a_record_longer_than_the_file_is_damage();
    packets_of_a_lost_interface_are_not_read_as_another_ones();
    odd_records_that_others_follow_are_read();
    many_holes_cost_what_they_hit();
    unlink(path);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

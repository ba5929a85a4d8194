/* tests/unit/test_fragments.c: datagrams come back whole or not at all. */
#include "capture/fragments.h"

#include <string.h>

#include "tests/check.h"

enum { SIZE = 52 }; /* of the test datagram: six units and a half */

static const struct hash_seed seed = { { 1, 2 } };
static struct counters counters;
static struct fragments *fragments;
static uint8_t datagram[SIZE];

static void begin(uint32_t datagrams_max)
{
    memset(&counters, 0, sizeof counters);
    for (uint32_t i = 0; i < SIZE; i++) {
        datagram[i] = (uint8_t)(i + 1);
    }
    CHECK_EQ(fragments_new(datagrams_max, seed, &fragments), OV_OK);
}

static struct fragment_key key_of(uint32_t id)
{
    return (struct fragment_key){ .from = { { 1 } }, .to = { { 2 } }, .id = id, .protocol = 17 };
}

/* Adds bytes of `data` from offset on, of which `captured` were kept. */
static bool add_at(uint64_t time_us, uint32_t id, struct fragment fragment,
                   struct bytes *ret_payload)
{
    struct fragment_key key = key_of(id);
    struct bytes from = fragment.payload;
    uint32_t captured = bytes_left(&from), on_wire = bytes_sent(&from);
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    if (heap == NULL || !bytes_copy(&from, heap, captured)) {
        abort();
    }
    fragment.payload = bytes_of(heap, captured, on_wire);
    fragment.from.time_us = time_us;
    bool whole = fragments_add(fragments, &key, &fragment, &counters, ret_payload);
    free(heap); /* the datagram must live on copies */
    return whole;
}

static bool add(uint32_t id, uint32_t offset, uint32_t size, bool more, struct bytes *ret_payload)
{
    struct bytes all = bytes_of(datagram, SIZE, SIZE);
    bytes_skip(&all, offset);
    struct fragment fragment = { offset, more, bytes_take(&all, size), { 0 } };
    return add_at(0, id, fragment, ret_payload);
}

static void fragments_in_any_order_give_the_datagram(void)
{
    static const uint32_t order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                          { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    static const uint32_t offset[3] = { 0, 16, 40 }, size[3] = { 16, 24, 12 };
    begin(4);
    for (uint32_t i = 0; i < 6; i++) {
        struct bytes whole = bytes_of(NULL, 0, 0);
        for (uint32_t n = 0; n < 3; n++) {
            uint32_t part = order[i][n];
            CHECK_EQ(add(i, offset[part], size[part], part != 2, &whole), n == 2);
        }
        CHECK(bytes_equal(&whole, datagram, SIZE));
        fragments_recycle(fragments, fragments_lent(fragments));
    }
    CHECK_EQ(counters.value[COUNT_FRAGMENTS], 18);
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_JOINED], 6);
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 0);
    fragments_free(fragments);
}

static void fragments_of_different_keys_do_not_mix(void)
{
    struct bytes whole;
    begin(8);
    CHECK(!add(1, 0, 16, true, &whole));
    CHECK(!add(2, 16, 36, false, &whole));
    struct fragment_key other = key_of(1);
    other.protocol = 6;
    struct fragment rest = { 16, false, bytes_of(datagram, 36, 36), { 0 } };
    CHECK(!fragments_add(fragments, &other, &rest, &counters, &whole));
    other = key_of(1);
    other.to.byte[15] = 1;
    CHECK(!fragments_add(fragments, &other, &rest, &counters, &whole));
    CHECK(add(1, 16, 36, false, &whole));
    fragments_free(fragments);
}

static void fragment_seen_twice_with_the_same_bytes_does_no_harm(void)
{
    struct bytes whole;
    begin(4);
    CHECK(!add(1, 16, 36, false, &whole));
    CHECK(!add(1, 16, 36, false, &whole));
    CHECK(!add(1, 24, 16, true, &whole));
    CHECK(add(1, 0, 16, true, &whole));
    CHECK(bytes_equal(&whole, datagram, SIZE));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 0);
    fragments_free(fragments);
}

static void fragment_that_overlaps_with_other_bytes_ends_the_datagram(void)
{
    struct bytes whole;
    begin(4);
    CHECK(!add(1, 0, 24, true, &whole));
    datagram[20] ^= 1;
    CHECK(!add(1, 16, 36, false, &whole));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 2);
    CHECK(!add(1, 16, 36, false, &whole));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_JOINED], 0);
    fragments_free(fragments);
}

static void fragments_that_disagree_on_the_end_are_given_up(void)
{
    struct bytes whole;
    begin(4);
    CHECK(!add(1, 16, 36, false, &whole)); /* ends at 52 */
    CHECK(!add(1, 16, 20, false, &whole)); /* ends at 36 */
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 2);
    CHECK(!add(2, 16, 20, false, &whole));
    CHECK(!add(2, 32, 16, true, &whole)); /* goes on behind the end */
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 4);
    CHECK(!add(3, 32, 16, true, &whole));
    CHECK(!add(3, 16, 20, false, &whole)); /* ends before what came */
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 6);
    fragments_free(fragments);
}

static void fragment_with_senseless_lengths_is_lost_alone(void)
{
    static uint8_t large[65535];
    struct bytes whole;
    begin(4);
    CHECK(!add(1, 0, 16, true, &whole));
    CHECK(!add(1, 16, 7, true, &whole)); /* not the last: 0 units of 8 bytes */
    CHECK(!add(1, 16, 0, true, &whole));
    CHECK(!add(1, 16, 0, false, &whole));
    struct fragment beyond = { 65528, false, bytes_of(large, 8, 8), { 0 } }; /* ping of death */
    CHECK(!add_at(0, 1, beyond, &whole));
    beyond = (struct fragment){ 8, false, bytes_of(large, 65535, 65535), { 0 } };
    CHECK(!add_at(0, 1, beyond, &whole));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 5);
    CHECK(!add(1, 16, 15, true, &whole)); /* one unit */
    CHECK(add(1, 24, 28, false, &whole));
    CHECK(bytes_equal(&whole, datagram, SIZE));
    fragments_free(fragments);
}

static void largest_datagram_is_joined(void)
{
    static uint8_t large[65535];
    struct bytes whole = bytes_of(NULL, 0, 0);
    begin(1);
    large[65534] = 7;
    struct fragment first = { 0, true, bytes_of(large, 65528, 65528), { 0 } };
    struct bytes tail = bytes_of(large, 65535, 65535);
    bytes_skip(&tail, 65528);
    struct fragment last = { 65528, false, tail, { 0 } };
    CHECK(!add_at(0, 1, first, &whole));
    CHECK(add_at(0, 1, last, &whole));
    CHECK(bytes_equal(&whole, large, sizeof large));
    fragments_free(fragments);
}

static void datagram_not_complete_after_30_seconds_is_given_up(void)
{
    struct bytes whole;
    begin(4);
    struct fragment first = { 0, true, bytes_of(datagram, 16, 16), { 0 } };
    struct bytes tail = bytes_of(datagram, SIZE, SIZE);
    bytes_skip(&tail, 16);
    struct fragment last = { 16, false, tail, { 0 } };
    CHECK(!add_at(1000000, 1, first, &whole));
    CHECK(!add_at(1000000, 2, first, &whole));
    CHECK(add_at(31000000, 1, last, &whole));
    CHECK(!add_at(31000001, 2, last, &whole));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 1);
    CHECK(!add_at(0, 3, first, &whole)); /* time may also go back */
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 1);
    fragments_free(fragments);
}

static void what_is_under_way_at_the_end_is_lost(void)
{
    struct bytes whole;
    begin(8);
    CHECK(!add(1, 0, 16, true, &whole));
    CHECK(!add(1, 40, 12, false, &whole));
    CHECK(!add(2, 0, 16, true, &whole));
    fragments_finish(fragments, &counters);
    fragments_finish(fragments, &counters);
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 3);
    fragments_free(fragments);
}

static void full_table_gives_up_the_oldest_and_counts_it(void)
{
    struct bytes whole;
    begin(3);
    for (uint32_t id = 0; id < 5; id++) {
        CHECK(!add(id, 0, 16, true, &whole));
    }
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 2);
    CHECK(add(2, 16, 36, false, &whole));
    CHECK(add(3, 16, 36, false, &whole));
    CHECK(add(4, 16, 36, false, &whole));
    CHECK(bytes_equal(&whole, datagram, SIZE));
    uint16_t given_out = fragments_lent(fragments);
    CHECK(!add(5, 0, 16, true, &whole)); /* what is given out takes no room from others */
    CHECK(add(5, 16, 36, false, &whole));
    fragments_recycle(fragments, given_out);
    fragments_recycle(fragments, fragments_lent(fragments));
    CHECK(fragments_lent(fragments) == FRAGMENTS_NONE);
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 2);
    fragments_free(fragments);
}

static void snap_length_leaves_the_start_of_the_datagram(void)
{
    struct bytes whole = bytes_of(NULL, 0, 0);
    begin(4);
    struct fragment first = { 0, true, bytes_of(datagram, 16, 16), { 0 } };
    struct fragment middle = { 16, true, bytes_of(datagram + 16, 10, 16), { 0 } };
    struct fragment last = { 32, false, bytes_of(datagram + 32, 4, 20), { 0 } };
    CHECK(!add_at(0, 1, last, &whole));
    CHECK(!add_at(0, 1, middle, &whole));
    CHECK(add_at(0, 1, first, &whole));
    CHECK_EQ(whole.left, 26);
    CHECK_EQ(whole.cut, SIZE - 26);
    CHECK(bytes_starts(&whole, datagram, 26));
    fragments_free(fragments);
}

/* Of the datagram `id` nothing more will come: its beginning is so long, and lacks so much. */
static void check_head(uint32_t id, uint32_t left, uint32_t cut)
{
    struct fragment_head head;
    CHECK(fragments_head(fragments, &head));
    CHECK_EQ(head.key.id, id);
    CHECK_EQ(head.payload.left, left);
    CHECK_EQ(head.payload.cut, cut);
    CHECK(bytes_starts(&head.payload, datagram, left));
    fragments_recycle(fragments, fragments_lent(fragments));
}

static void beginning_of_what_was_given_up_is_told(void)
{
    struct fragment_head none;
    struct bytes whole;
    begin(8);
    CHECK(!add(1, 0, 16, true, &whole)); /* UDP: its header tells how much lacks */
    CHECK(!add(2, 16, 36, false, &whole));
    CHECK(!add(3, 24, 28, false, &whole)); /* a hole from 16 to 24 */
    CHECK(!add(3, 0, 16, true, &whole));
    CHECK(!fragments_head(fragments, &none));
    fragments_finish(fragments, &counters);
    check_head(1, 16, 65535 - 16);
    check_head(3, 16, SIZE - 16);
    CHECK(!fragments_head(fragments, &none));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], 4);
    CHECK(!add(4, 0, 24, true, &whole));
    datagram[20] ^= 1;
    CHECK(!add(4, 16, 36, false, &whole)); /* says otherwise: only the ports may be believed */
    check_head(4, 8, SIZE - 8);
    fragments_free(fragments);
}

static void beginning_knows_the_packet_that_brought_it(void)
{
    static const struct fragment_key key = { .from = { { 1 } }, .id = 9, .protocol = 6 };
    struct fragment_head head;
    struct bytes whole;
    begin(8);
    struct fragment rest = { 40, true, bytes_of(datagram, 8, 8), { .packet = 7, .time_us = 70 } };
    struct fragment first = {
        0, true, bytes_of(datagram, 20, 24), { .packet = 8, .time_us = 80, .on_wire = 60 }
    };
    CHECK(!fragments_add(fragments, &key, &rest, &counters, &whole));
    CHECK(!fragments_add(fragments, &key, &first, &counters, &whole));
    first.from.packet = 9; /* the same once more */
    CHECK(!fragments_add(fragments, &key, &first, &counters, &whole));
    fragments_finish(fragments, &counters);
    CHECK(fragments_head(fragments, &head));
    CHECK_EQ(head.from.packet, 8);
    CHECK_EQ(head.from.time_us, 80);
    CHECK_EQ(head.from.on_wire, 60);
    CHECK_EQ(head.payload.left, 20); /* what the capture kept */
    CHECK_EQ(bytes_sent(&head.payload), 48);
    fragments_free(fragments);
}

static void only_so_many_beginnings_wait(void)
{
    struct fragment_head head;
    struct bytes whole;
    begin(1);
    for (uint32_t id = 0; id < FRAGMENTS_HEADS_MAX + 3; id++) {
        CHECK(!add(id, 0, 16, true, &whole));
    }
    for (uint32_t id = 0; id < FRAGMENTS_HEADS_MAX; id++) {
        CHECK(fragments_head(fragments, &head) && head.key.id == id);
    }
    CHECK(!fragments_head(fragments, &head));
    fragments_recycle(fragments, fragments_lent(fragments));
    CHECK_EQ(counters.value[COUNT_FRAGMENTS_LOST], FRAGMENTS_HEADS_MAX + 2);
    fragments_free(fragments);
}

int main(void)
{
    fragments_in_any_order_give_the_datagram();
    fragments_of_different_keys_do_not_mix();
    fragment_seen_twice_with_the_same_bytes_does_no_harm();
    fragment_that_overlaps_with_other_bytes_ends_the_datagram();
    fragments_that_disagree_on_the_end_are_given_up();
    fragment_with_senseless_lengths_is_lost_alone();
    largest_datagram_is_joined();
    datagram_not_complete_after_30_seconds_is_given_up();
    full_table_gives_up_the_oldest_and_counts_it();
    what_is_under_way_at_the_end_is_lost();
    snap_length_leaves_the_start_of_the_datagram();
    beginning_of_what_was_given_up_is_told();
    beginning_knows_the_packet_that_brought_it();
    only_so_many_beginnings_wait();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

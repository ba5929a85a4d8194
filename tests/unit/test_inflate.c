/* tests/unit/test_inflate.c: deflated bodies and WebSocket messages become what they were, within
 * caps. */
#include "analyzers/inflate.h"

#include <stdlib.h>

#include "tests/check.h"
#include "tests/unit/inflate_vectors.h"

/* A window on an exact-size copy; free(copy). */
static struct bytes copy_of(const void *data, uint32_t size, uint8_t **ret_copy)
{
    *ret_copy = malloc(size > 0 ? size : 1);
    memcpy(*ret_copy, data, size);
    return bytes_of(*ret_copy, size, size);
}

static enum inflate_end body(struct inflate *all, const void *data, uint32_t size,
                             struct bytes *ret_plain)
{
    uint8_t *copy;
    *ret_plain = bytes_of(NULL, 0, 0);
    enum inflate_end end = inflate_body(all, copy_of(data, size, &copy), ret_plain);
    free(copy);
    return end;
}

static enum inflate_end message(struct inflate *all, struct inflate_stream *stream,
                                const void *data, uint32_t size, struct bytes *ret_plain)
{
    uint8_t *copy;
    *ret_plain = bytes_of(NULL, 0, 0);
    enum inflate_end end = inflate_message(all, stream, copy_of(data, size, &copy), ret_plain);
    free(copy);
    return end;
}

static bool says(const struct bytes *plain, const char *text)
{
    return bytes_equal(plain, text, (uint32_t)strlen(text));
}

static void bodies_of_all_three_forms_are_unpacked(void)
{
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    CHECK_EQ(body(&all, sdp_gzip, sizeof sdp_gzip, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, packed_sdp));
    CHECK_EQ(body(&all, sdp_zlib, sizeof sdp_zlib, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, packed_sdp));
    CHECK_EQ(body(&all, sdp_bare, sizeof sdp_bare, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, packed_sdp));
    inflate_done(&all);
}

/* What came before the cut is right, and known to be a part. */
static void every_short_body_is_a_part_of_it(void)
{
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    for (uint32_t size = 0; size < sizeof sdp_gzip; size++) {
        CHECK_EQ(body(&all, sdp_gzip, size, &plain), INFLATE_PART);
        CHECK(plain.cut > 0);
        CHECK(bytes_left(&plain) < sizeof packed_sdp &&
              bytes_starts(&plain, packed_sdp, plain.left));
    }
    inflate_done(&all);
}

static void every_flipped_bit_stays_in_bounds(void)
{
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    unsigned same = 0;
    for (uint32_t i = 0; i < sizeof sdp_gzip * 8; i++) {
        uint8_t bad[sizeof sdp_gzip];
        memcpy(bad, sdp_gzip, sizeof bad);
        bad[i / 8] ^= (uint8_t)(1U << i % 8);
        same += body(&all, bad, sizeof bad, &plain) == INFLATE_WHOLE;
        CHECK(bytes_left(&plain) <= INFLATE_SIZE_MAX);
    }
    CHECK(same < 16 * 8); /* the checksum holds all but what the header says of itself */
    inflate_done(&all);
}

static void bodies_that_become_too_large_are_not_unpacked(void)
{
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    CHECK_EQ(body(&all, zeros_70000, sizeof zeros_70000, &plain), INFLATE_TOO_LARGE);
    CHECK(sizeof zeros_60000 * INFLATE_RATIO_MAX < 60000);
    CHECK_EQ(body(&all, zeros_60000, sizeof zeros_60000, &plain), INFLATE_TOO_LARGE);
    CHECK_EQ(body(&all, sdp_gzip, sizeof sdp_gzip, &plain), INFLATE_WHOLE); /* no harm done */
    inflate_done(&all);
}

/* RFC 7692 7.2.3: the same word in each way that a sender may write it. */
static void messages_of_the_rfc_are_unpacked(void)
{
    static const uint8_t hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
    static const uint8_t again[] = { 0xf2, 0x00, 0x11, 0x00, 0x00 };
    static const uint8_t stored[] = { 0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0 };
    static const uint8_t final[] = { 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00 };
    static const uint8_t blocks[] = { 0xf2, 0x48, 0x05, 0,    0,    0,   0xff,
                                      0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00 };
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    struct inflate_stream *stream = inflate_stream_new(&all);
    CHECK_EQ(message(&all, stream, hello, sizeof hello, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello"));
    CHECK_EQ(message(&all, stream, again, sizeof again, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello")); /* it refers to the one before */
    CHECK_EQ(message(&all, stream, final, sizeof final, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello"));
    CHECK_EQ(message(&all, stream, again, sizeof again, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello")); /* beyond a last block too */
    CHECK_EQ(message(&all, stream, stored, sizeof stored, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello"));
    CHECK_EQ(message(&all, NULL, blocks, sizeof blocks, &plain), INFLATE_WHOLE);
    CHECK(says(&plain, "Hello"));
    CHECK_EQ(message(&all, NULL, again, sizeof again, &plain), INFLATE_DAMAGED);
    inflate_stream_free(&all, stream);
    inflate_done(&all);
}

static void short_and_flipped_messages_stay_in_bounds(void)
{
    struct inflate all = { .budget = NULL };
    struct bytes plain;
    for (uint32_t size = 0; size < sizeof sdp_bare; size++) {
        bool whole = message(&all, NULL, sdp_bare, size, &plain) == INFLATE_WHOLE;
        CHECK(!whole || bytes_left(&plain) < sizeof packed_sdp);
    }
    for (uint32_t i = 0; i < sizeof sdp_bare * 8; i++) {
        uint8_t bad[sizeof sdp_bare];
        memcpy(bad, sdp_bare, sizeof bad);
        bad[i / 8] ^= (uint8_t)(1U << i % 8);
        (void)message(&all, NULL, bad, sizeof bad, &plain);
        CHECK(bytes_left(&plain) <= INFLATE_SIZE_MAX);
    }
    CHECK_EQ(message(&all, NULL, zeros_60000 + 2, sizeof zeros_60000 - 2, &plain),
             INFLATE_TOO_LARGE);
    inflate_done(&all);
}

static void streams_are_capped_and_paid_for(void)
{
    const int64_t much = INT64_C(64) << 20;
    struct budget budget = { .left = much };
    struct inflate all = { .budget = &budget };
    struct inflate_stream *streams[INFLATE_STREAMS_MAX];
    for (unsigned i = 0; i < INFLATE_STREAMS_MAX; i++) {
        streams[i] = inflate_stream_new(&all);
        CHECK(streams[i] != NULL);
    }
    CHECK(inflate_stream_new(&all) == NULL);
    for (unsigned i = 0; i < INFLATE_STREAMS_MAX; i++) {
        inflate_stream_free(&all, streams[i]);
    }
    CHECK_EQ(budget.left, much);
    budget.left = 1000;
    struct bytes plain;
    CHECK(inflate_stream_new(&all) == NULL);
    CHECK_EQ(body(&all, sdp_gzip, sizeof sdp_gzip, &plain), INFLATE_NO_ROOM);
    CHECK_EQ(inflate_body(NULL, bytes_of(sdp_gzip, sizeof sdp_gzip, sizeof sdp_gzip), &plain),
             INFLATE_NO_ROOM);
    CHECK_EQ(budget.left, 1000);
    inflate_done(&all);
}

int main(void)
{
    bodies_of_all_three_forms_are_unpacked();
    every_short_body_is_a_part_of_it();
    every_flipped_bit_stays_in_bounds();
    bodies_that_become_too_large_are_not_unpacked();
    messages_of_the_rfc_are_unpacked();
    short_and_flipped_messages_stay_in_bounds();
    streams_are_capped_and_paid_for();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

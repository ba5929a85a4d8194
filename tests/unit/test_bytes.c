/* tests/unit/test_bytes.c: the window never lets a read leave it, and remembers why it ended. */
#include "base/bytes.h"

#include "tests/check.h"

static const uint8_t eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static uint8_t *heap_copy(uint32_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, eight, size);
    return copy;
}

static void bytes_numbers_are_read_in_both_byte_orders(void)
{
    struct bytes in = bytes_of(eight, 8, 8);
    CHECK_EQ(bytes_u8(&in), 1);
    CHECK_EQ(bytes_u16(&in), 0x0203);
    CHECK_EQ(bytes_u24(&in), 0x040506);
    CHECK_EQ(bytes_le16(&in), 0x0807);
    CHECK_EQ(bytes_finish(&in), BYTES_OK);
    in = bytes_of(eight, 8, 8);
    CHECK_EQ(bytes_u32(&in), 0x01020304);
    CHECK_EQ(bytes_le32(&in), 0x08070605);
    in = bytes_of(eight, 8, 8);
    CHECK_EQ(bytes_u64(&in), 0x0102030405060708);
    CHECK(bytes_ok(&in));
}

static void bytes_read_past_the_end_is_malformed_and_stays_so(void)
{
    for (uint32_t n = 0; n < 8; n++) {
        uint8_t *copy = heap_copy(n);
        struct bytes in = bytes_of(copy, n, n);
        CHECK_EQ(bytes_u64(&in) & UINT32_MAX, 0);
        CHECK_EQ(in.fault, BYTES_MALFORMED);
        CHECK_EQ(bytes_left(&in), 0);
        CHECK_EQ(bytes_u8(&in), 0);
        bytes_fail(&in, BYTES_CUT);
        CHECK_EQ(in.fault, BYTES_MALFORMED);
        free(copy);
    }
}

static void bytes_read_into_what_was_not_captured_is_cut(void)
{
    for (uint32_t n = 0; n < 4; n++) {
        uint8_t *copy = heap_copy(n);
        struct bytes in = bytes_of(copy, n, 4);
        CHECK_EQ(bytes_sent(&in), 4);
        CHECK_EQ(bytes_u32(&in), 0);
        CHECK_EQ(in.fault, BYTES_CUT);
        in = bytes_of(copy, n, 4);
        CHECK(bytes_skip(&in, 5) == NULL);
        CHECK_EQ(in.fault, BYTES_MALFORMED);
        free(copy);
    }
}

static void bytes_take_gives_a_window_that_ends_where_its_length_says(void)
{
    struct bytes in = bytes_of(eight, 8, 8);
    struct bytes child = bytes_take(&in, 3);
    CHECK_EQ(bytes_u32(&child), 0);
    CHECK_EQ(child.fault, BYTES_MALFORMED);
    CHECK_EQ(bytes_u8(&in), 4);
    CHECK_EQ(bytes_left(&in), 4);
    child = bytes_take(&in, 5);
    CHECK_EQ(child.fault, BYTES_MALFORMED);
    CHECK_EQ(in.fault, BYTES_MALFORMED);
}

static void bytes_take_shares_the_cut_between_child_and_rest(void)
{
    struct bytes in = bytes_of(eight, 4, 10);
    struct bytes child = bytes_take(&in, 6);
    CHECK_EQ(child.left, 4);
    CHECK_EQ(child.cut, 2);
    CHECK_EQ(in.left, 0);
    CHECK_EQ(in.cut, 4);
    CHECK_EQ(bytes_finish(&in), BYTES_CUT);
}

static void bytes_limit_ends_the_window_and_keeps_the_cut_inside(void)
{
    struct bytes in = bytes_of(eight, 8, 8);
    bytes_limit(&in, 3);
    CHECK_EQ(bytes_u24(&in), 0x010203);
    CHECK_EQ(bytes_finish(&in), BYTES_OK);
    in = bytes_of(eight, 4, 10);
    bytes_limit(&in, 6);
    CHECK_EQ(in.left, 4);
    CHECK_EQ(in.cut, 2);
    bytes_limit(&in, 4);
    CHECK_EQ(in.cut, 0);
    bytes_limit(&in, 5);
    CHECK_EQ(in.fault, BYTES_MALFORMED);
    bytes_limit(&in, 0);
    CHECK_EQ(in.fault, BYTES_MALFORMED);
}

static void bytes_of_a_stream_never_overflow_when_counted(void)
{
    struct bytes in = { eight, 8, UINT32_MAX, BYTES_OK };
    CHECK_EQ(bytes_sent(&in), UINT32_MAX);
    struct bytes child = bytes_take(&in, bytes_sent(&in));
    CHECK_EQ(child.left, 8);
    CHECK(bytes_ok(&in));
}

static void bytes_copy_leaves_the_target_alone_after_a_fault(void)
{
    uint8_t out[4] = { 9, 9, 9, 9 };
    struct bytes in = bytes_of(eight, 3, 3);
    CHECK(!bytes_copy(&in, out, 4));
    CHECK_EQ(out[0], 9);
    in = bytes_of(eight, 4, 4);
    CHECK(bytes_copy(&in, out, 4));
    CHECK_EQ(out[3], 4);
    CHECK(bytes_copy(&in, out, 0));
    in = bytes_of(NULL, 0, 0);
    CHECK(bytes_ok(&in) && !bytes_copy(&in, out, 1));
}

static void bytes_peek_neither_moves_nor_faults(void)
{
    struct bytes in = bytes_of(eight, 2, 2);
    CHECK_EQ(bytes_peek(&in, 1), 2);
    CHECK_EQ(bytes_peek(&in, 2), -1);
    CHECK_EQ(bytes_peek(&in, UINT32_MAX), -1);
    CHECK_EQ(bytes_left(&in), 2);
    CHECK(bytes_ok(&in));
}

static void bytes_equal_needs_everything_and_starts_only_the_captured(void)
{
    struct bytes whole = bytes_of(eight, 4, 4);
    struct bytes cut = bytes_of(eight, 4, 5);
    CHECK(bytes_equal(&whole, eight, 4));
    CHECK(!bytes_equal(&whole, eight, 3));
    CHECK(!bytes_equal(&cut, eight, 4));
    CHECK(bytes_starts(&cut, eight, 4));
    CHECK(!bytes_starts(&cut, eight, 5));
}

static void bytes_finish_finds_what_was_left_unread(void)
{
    struct bytes in = bytes_of(eight, 2, 2);
    (void)bytes_u8(&in);
    CHECK_EQ(bytes_finish(&in), BYTES_MALFORMED);
}

int main(void)
{
    bytes_numbers_are_read_in_both_byte_orders();
    bytes_read_past_the_end_is_malformed_and_stays_so();
    bytes_read_into_what_was_not_captured_is_cut();
    bytes_take_gives_a_window_that_ends_where_its_length_says();
    bytes_take_shares_the_cut_between_child_and_rest();
    bytes_limit_ends_the_window_and_keeps_the_cut_inside();
    bytes_of_a_stream_never_overflow_when_counted();
    bytes_copy_leaves_the_target_alone_after_a_fault();
    bytes_peek_neither_moves_nor_faults();
    bytes_equal_needs_everything_and_starts_only_the_captured();
    bytes_finish_finds_what_was_left_unread();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

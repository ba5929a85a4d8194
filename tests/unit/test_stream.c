/* tests/unit/test_stream.c */
#include <string.h>

#include "capture/stream.h"
#include "tests/check.h"

/* isn: offsets soon pass the wrap. all: use as many bytes as there are */
static const uint32_t isn = 0xffffff00U, all = UINT32_MAX;
enum { LOG_SIZE = 4096 };

/* Writes down what it is given: bytes as they are, gaps as "<17>", the end of a call as "|". */
struct log {
    struct stream_reader reader;
    char text[LOG_SIZE];
    size_t size;
    uint32_t use;  /* how many bytes to use each time; all = as many as there are */
    bool quiet;    /* note only sizes */
    uint64_t seen; /* bytes offered, counted again each time */
    uint64_t packet;
    uint32_t cut;
    const uint8_t *at;
    bool first;
    unsigned calls;
    unsigned gaps;
};

static struct counters counters;

static void put(struct log *log, const char *text, size_t size)
{
    if (log->size + size < LOG_SIZE) {
        memcpy(log->text + log->size, text, size);
        log->size += size;
        log->text[log->size] = '\0';
    }
}

static uint32_t data(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                     uint64_t time_us, bool first)
{
    struct log *log = (struct log *)(void *)reader;
    char copy[LOG_SIZE] = "";
    CHECK_EQ(time_us, packet * 10);
    log->calls++;
    log->seen += bytes.left;
    log->packet = packet;
    log->cut = bytes.cut;
    log->at = bytes.next;
    log->first = first;
    uint32_t left = bytes.left;
    if (!log->quiet && bytes_copy(&bytes, copy, left)) {
        put(log, copy, left);
        put(log, "|", 1);
    }
    return log->use == all ? left : log->use;
}

static void gap(struct stream_reader *reader, uint64_t missing, uint64_t packet)
{
    struct log *log = (struct log *)(void *)reader;
    char text[32];
    int size = snprintf(text, sizeof text, "<%" PRIu64 ">", missing);
    put(log, text, (size_t)size);
    log->packet = packet;
    log->gaps++;
}

static struct log log_of(uint32_t use)
{
    memset(&counters, 0, sizeof counters);
    return (struct log){ .reader = { data, gap }, .use = use };
}

/* A segment at an offset of the stream, from an exact-size block that is gone afterwards. */
static void push_cut(struct stream *s, struct log *log, uint32_t offset, const char *text,
                     uint32_t on_wire)
{
    static uint64_t packet;
    size_t size = strlen(text);
    uint8_t *heap = malloc(size > 0 ? size : 1);
    for (size_t i = 0; i < size; i++) {
        heap[i] = (uint8_t)text[i];
    }
    packet++;
    struct stream_segment segment = { isn + 1 + offset, bytes_of(heap, (uint32_t)size, on_wire),
                                      packet, packet * 10 };
    stream_push(s, &segment, &log->reader, &counters);
    free(heap);
}

static void push(struct stream *s, struct log *log, uint32_t offset, const char *text)
{
    push_cut(s, log, offset, text, (uint32_t)strlen(text));
}

/* size bytes of 'x' */
static void push_many(struct stream *s, struct log *log, uint32_t offset, uint32_t size)
{
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    text[size] = '\0';
    push(s, log, offset, text);
    free(text);
}

static void acked(struct stream *s, struct log *log, uint32_t offset)
{
    stream_acked(s, isn + 1 + offset, &log->reader, &counters);
}

static void check_text(const struct log *log, const char *want, const char *place, const char *test)
{
    check_true(strcmp(log->text, want) == 0, place, test, log->text);
}
#define CHECK_LOG(log, want) check_text(&(log), want, CHECK_PLACE, __func__)

static void finish(struct stream *s, struct log *log)
{
    stream_finish(s, &log->reader, &counters);
    stream_free(s);
}

static void stream_in_order_bytes_are_not_copied(void)
{
    static const uint8_t text[4] = { 'a', 'b', 'c', 'd' };
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    struct stream_segment segment = { isn + 1, bytes_of(text, 4, 4), 5, 50 };
    stream_push(s, &segment, &log.reader, &counters);
    CHECK(log.at == text);
    CHECK(log.first);
    CHECK_EQ(log.cut, UINT32_MAX - 4);
    CHECK_EQ(log.packet, 5);
    push(s, &log, 4, "ef");
    CHECK(!log.first);
    finish(s, &log);
    CHECK_LOG(log, "abcd|ef|");
    CHECK_EQ(log.calls, 2);
}

/* RFC 8446 5.1: five bytes say that 16 KiB of application data follow. */
static void stream_a_record_is_stepped_over_without_a_copy(void)
{
    enum { HEADER = 5, DATA = 16384, SEGMENT = 1000 };
    struct budget budget = { .left = 1 << 20 };
    struct stream *s = stream_new(true, isn);
    struct log log = log_of(HEADER + DATA);
    log.quiet = true;
    stream_share(s, &budget);
    int64_t empty = budget.left;
    push_many(s, &log, 0, SEGMENT);
    push_many(s, &log, 2 * SEGMENT, SEGMENT); /* one overtakes another */
    push_many(s, &log, SEGMENT, SEGMENT);
    for (uint32_t at = 3 * SEGMENT; at + SEGMENT < HEADER + DATA; at += SEGMENT) {
        push_many(s, &log, at, SEGMENT);
        CHECK(stream_is_empty(s));
    }
    CHECK_EQ(log.calls, 1); /* the first segment; the others were not looked at */
    CHECK_EQ(budget.left, empty);
    stream_free(s);
    CHECK_EQ(budget.left, 1 << 20);
}

static void stream_only_what_lies_beyond_a_hole_is_kept(void)
{
    enum { SEGMENT = 1000 };
    struct budget budget = { .left = 1 << 20 };
    struct stream *s = stream_new(true, isn);
    struct log log = log_of(all);
    log.quiet = true;
    stream_share(s, &budget);
    int64_t empty = budget.left;
    push_many(s, &log, 0, SEGMENT);
    CHECK_EQ(budget.left, empty);
    push_many(s, &log, 2 * SEGMENT, SEGMENT);
    CHECK(empty - budget.left >= SEGMENT && empty - budget.left < SEGMENT + 100);
    push_many(s, &log, SEGMENT, SEGMENT);
    CHECK_EQ(budget.left, empty);
    CHECK_EQ(log.seen, 3 * SEGMENT); /* each byte was offered once */
    stream_free(s);
}

static void stream_what_the_reader_leaves_comes_again_with_more(void)
{
    struct log log = log_of(0);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    push(s, &log, 2, "cd");
    log.use = 3;
    push(s, &log, 4, "e"); /* abcde: uses abc, then de: steps over one to come */
    log.use = all;
    push(s, &log, 5, "fgh");
    finish(s, &log);
    CHECK_LOG(log, "ab|abcd|abcde|de|gh|");
    CHECK_EQ(counters.value[COUNT_TCP_MISSING], 0);
}

static void stream_holes_are_filled_by_late_segments(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 4, "ef");
    push(s, &log, 2, "cd");
    push(s, &log, 8, "ij");
    CHECK_LOG(log, "");
    push(s, &log, 0, "ab");
    CHECK_LOG(log, "ab|cd|ef|");
    push(s, &log, 6, "gh");
    finish(s, &log);
    CHECK_LOG(log, "ab|cd|ef|gh|ij|");
    CHECK_EQ(log.gaps, 0);
}

static void stream_first_copy_wins_in_order_and_beyond_a_hole(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "abc");
    push(s, &log, 1, "XYde"); /* two old bytes */
    push(s, &log, 8, "ij");   /* beyond a hole of three */
    push(s, &log, 12, "mn");
    push(s, &log, 7, "hXXklXXop"); /* around both */
    push(s, &log, 9, "XXXX");      /* nothing new */
    push(s, &log, 4, "Xfg");
    finish(s, &log);
    CHECK_LOG(log, "abc|de|fg|h|ij|kl|mn|op|");
    CHECK_EQ(log.gaps, 0);
}

static uint32_t conflicts_after(const char *first, const char *second, uint32_t offset)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, first);
    push(s, &log, offset, second);
    uint32_t conflicts = stream_conflicts(s);
    CHECK_EQ(counters.value[COUNT_TCP_CONFLICTS], conflicts);
    finish(s, &log);
    return conflicts;
}

static void stream_other_bytes_at_the_same_place_are_a_conflict(void)
{
    CHECK_EQ(conflicts_after("abcdefghij", "abcdefghij", 0), 0);
    CHECK_EQ(conflicts_after("abcdefghij", "abcdefghiX", 0), 1);
    CHECK_EQ(conflicts_after("abcdefghij", "aXcdefghijklm", 0), 1);
    CHECK_EQ(conflicts_after("abcdefghij", "abcdefghijklm", 0), 0);
    CHECK_EQ(conflicts_after("abcdefghij", "X", 9), 0); /* garbage of a keep-alive */
    CHECK_EQ(conflicts_after("abcdefghij", "klm", 10), 0);
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    push(s, &log, 4, "efgh"); /* beyond a hole: compared byte by byte */
    push(s, &log, 5, "fgh");
    CHECK_EQ(stream_conflicts(s), 0);
    push(s, &log, 6, "gX");
    CHECK_EQ(stream_conflicts(s), 1);
    push(s, &log, 2, "cdeX"); /* fills it */
    push(s, &log, 0, "abcdefgh");
    CHECK_EQ(stream_conflicts(s), 2); /* the first "efgh" is not what came out */
    finish(s, &log);
}

static void stream_retransmissions_and_keep_alives_are_duplicates(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, UINT32_MAX, "X"); /* keep-alive before the first byte */
    push(s, &log, 0, "abcd");
    push(s, &log, 0, "abcd");
    push(s, &log, 3, "d");
    push(s, &log, 9, "j");
    push(s, &log, 9, "j"); /* known beyond the hole */
    CHECK_EQ(stream_duplicates(s), 4);
    finish(s, &log);
    CHECK_LOG(log, "abcd|<5>j|");
}

static void stream_ack_gives_up_a_hole_only_with_three_segments_behind_it(void)
{
    struct log log = log_of(0);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    acked(s, &log, 4); /* the ACK came before its data */
    push(s, &log, 4, "ef");
    push(s, &log, 6, "gh");
    CHECK_LOG(log, "ab|");
    push(s, &log, 8, "ij");
    CHECK_LOG(log, "ab|<2>ef|efgh|efghij|");
    CHECK_EQ(stream_missing(s), 2);
    CHECK_EQ(counters.value[COUNT_TCP_MISSING], 2);
    CHECK(!log.first);
    finish(s, &log);
}

static void stream_ack_inside_a_hole_gives_up_nothing(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    for (uint32_t i = 0; i < 5; i++) {
        push(s, &log, 10 + i, "x");
    }
    acked(s, &log, 9);
    CHECK_EQ(log.gaps, 0);
    acked(s, &log, 10);
    CHECK_EQ(log.gaps, 1);
    finish(s, &log);
}

static void stream_hole_is_given_up_at_the_caps(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    for (uint32_t i = 0; i < STREAM_HOLE_SEGMENTS; i++) {
        push(s, &log, 10 + 2 * i, "x"); /* each with a hole before it */
    }
    CHECK_EQ(log.gaps, 0);
    push(s, &log, 1000, "z");
    CHECK_EQ(log.gaps, 1);
    CHECK_LOG(log, "<10>x|");
    stream_free(s);

    log = log_of(all);
    log.quiet = true;
    s = stream_new(true, isn);
    for (uint32_t i = 0; i < STREAM_HOLE_MAX / 32768; i++) {
        push_many(s, &log, 100 + i * 32768, 32768);
    }
    CHECK_EQ(log.gaps, 0);
    push(s, &log, 100 + STREAM_HOLE_MAX, "z");
    CHECK_EQ(log.gaps, 1);
    CHECK_EQ(log.seen, STREAM_HOLE_MAX + 1);
    stream_free(s);
}

static void stream_snap_length_leaves_a_hole_that_only_a_retransmission_fills(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push_cut(s, &log, 0, "ab", 5);
    push_cut(s, &log, 5, "fg", 10); /* gives up cde at once: it was seen, and cut */
    CHECK_LOG(log, "ab|<3>fg|");
    push(s, &log, 7, "hij"); /* what was cut, again */
    push(s, &log, 10, "k");
    CHECK_LOG(log, "ab|<3>fg|hij|k|");
    push_cut(s, &log, 11, "", 4);
    finish(s, &log);
    CHECK_LOG(log, "ab|<3>fg|hij|k|<4>");
}

static void stream_bytes_stepped_over_may_be_cut_or_lost(void)
{
    struct log log = log_of(100);
    struct stream *s = stream_new(true, isn);
    push_cut(s, &log, 0, "ab", 50); /* the reader uses 100 */
    push(s, &log, 60, "xx");        /* 50..60 lost: nobody cares */
    log.use = all;
    push_cut(s, &log, 90, "xxxxxxxxxxcd", 12);
    CHECK_LOG(log, "ab|cd|");
    CHECK_EQ(stream_missing(s), 0);
    push(s, &log, 62, "late");
    CHECK_EQ(stream_duplicates(s), 0);
    finish(s, &log);
    CHECK_EQ(log.gaps, 0);
    CHECK_EQ(counters.value[COUNT_TCP_MISSING], 48 + 10 + 28 - 4);
}

static void stream_pending_is_dropped_when_the_reader_waits_for_too_much(void)
{
    struct log log = log_of(0);
    log.quiet = true;
    struct stream *s = stream_new(true, isn);
    push_many(s, &log, 0, 40000);
    CHECK_EQ(log.gaps, 0);
    push_many(s, &log, 40000, 40000);
    CHECK_EQ(log.gaps, 1);
    CHECK_EQ(counters.value[COUNT_TCP_DROPPED], STREAM_PENDING_MAX);
    CHECK_EQ(counters.value[COUNT_TCP_MISSING], 0);
    CHECK_EQ(stream_missing(s), STREAM_PENDING_MAX);
    log.use = all;
    log.seen = 0;
    push(s, &log, 80000, "x");
    CHECK_EQ(log.seen, 80001 - STREAM_PENDING_MAX);
    finish(s, &log);
}

static void stream_finish_shows_the_end(void)
{
    struct log log = log_of(0);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    CHECK_EQ(log.cut, UINT32_MAX - 2);
    acked(s, &log, 3); /* with the FIN */
    stream_finish(s, &log.reader, &counters);
    CHECK_EQ(log.cut, 0);
    CHECK_LOG(log, "ab|ab|");
    stream_free(s);
}

static void stream_finish_reports_acknowledged_bytes_that_never_came(void)
{
    struct log log = log_of(0);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    push(s, &log, 4, "ef");
    acked(s, &log, 12);
    stream_finish(s, &log.reader, &counters);
    CHECK_LOG(log, "ab|<2>ef|ef|<5>");
    CHECK_EQ(log.cut, 5);
    CHECK_EQ(counters.value[COUNT_TCP_MISSING], 7);
    stream_free(s);
}

static void stream_middle_of_a_connection_begins_with_the_first_segment(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(false, 0);
    acked(s, &log, 500); /* nothing to place it by yet */
    push(s, &log, 1000, "cd");
    CHECK(log.first);
    push(s, &log, 998, "ab"); /* too late */
    push(s, &log, 1002, "ef");
    CHECK_EQ(stream_duplicates(s), 0);
    CHECK_EQ(counters.value[COUNT_TCP_DROPPED], 2);
    finish(s, &log);
    CHECK_LOG(log, "cd|ef|");
}

static void stream_sequence_numbers_wrap(void)
{
    struct log log = log_of(all);
    log.quiet = true;
    uint32_t start = isn;
    struct stream *s = stream_new(true, start);
    uint64_t sent = 0;
    while (sent < ((uint64_t)1 << 32) + 100000) { /* once around, in steps of 64 MiB */
        log.use = 1 << 26;
        push(s, &log, (uint32_t)sent, "x");
        sent += 1 << 26;
    }
    log.quiet = false;
    log.use = all;
    push(s, &log, (uint32_t)sent, "abc");
    push(s, &log, (uint32_t)sent + 5, "fg");
    push(s, &log, (uint32_t)sent + 3, "de");
    CHECK_LOG(log, "abc|de|fg|");
    CHECK_EQ(log.gaps, 0);
    stream_free(s);
}

static void stream_wild_sequence_numbers_are_ignored(void)
{
    struct log log = log_of(all);
    struct stream *s = stream_new(true, isn);
    push(s, &log, 0, "ab");
    push(s, &log, 0x50000000, "XXX");
    push(s, &log, 0x90000000, "XX");
    acked(s, &log, 0x50000000);
    push(s, &log, 2, "cd");
    CHECK_EQ(counters.value[COUNT_TCP_DROPPED], 5);
    CHECK_EQ(stream_duplicates(s), 0);
    finish(s, &log);
    CHECK_LOG(log, "ab|cd|");
}

int main(void)
{
    stream_in_order_bytes_are_not_copied();
    stream_a_record_is_stepped_over_without_a_copy();
    stream_only_what_lies_beyond_a_hole_is_kept();
    stream_what_the_reader_leaves_comes_again_with_more();
    stream_holes_are_filled_by_late_segments();
    stream_first_copy_wins_in_order_and_beyond_a_hole();
    stream_other_bytes_at_the_same_place_are_a_conflict();
    stream_retransmissions_and_keep_alives_are_duplicates();
    stream_ack_gives_up_a_hole_only_with_three_segments_behind_it();
    stream_ack_inside_a_hole_gives_up_nothing();
    stream_hole_is_given_up_at_the_caps();
    stream_snap_length_leaves_a_hole_that_only_a_retransmission_fills();
    stream_bytes_stepped_over_may_be_cut_or_lost();
    stream_pending_is_dropped_when_the_reader_waits_for_too_much();
    stream_finish_shows_the_end();
    stream_finish_reports_acknowledged_bytes_that_never_came();
    stream_middle_of_a_connection_begins_with_the_first_segment();
    stream_sequence_numbers_wrap();
    stream_wild_sequence_numbers_are_ignored();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

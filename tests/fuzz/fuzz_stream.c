/* tests/fuzz/fuzz_stream.c: segments of a known byte string in any order, with any loss.
 *
 * Input: initial sequence number (4), options (1), then steps of 4 bytes: what, how far, size. The
 * reader's appetite comes from the same bytes. Whatever it is given must be the string at the place
 * it has reached, and places reached and gaps must add up to what was sent. */
#include <stdlib.h>
#include <string.h>

#include "capture/stream.h"

enum { STRING_PERIOD = 1048573, STRING_AGAIN = 2 * 65536, STEP_SIZE = 4 };

static uint8_t string[STRING_PERIOD + STRING_AGAIN];

struct fuzz_reader {
    struct stream_reader reader;
    struct counters *counters;
    const uint8_t *appetite;
    size_t appetite_size;
    size_t calls;
    uint64_t dropped; /* COUNT_TCP_DROPPED when the stream was last called */
    int64_t place;    /* offset of the first byte not used */
    int64_t given;    /* end of what was handed over */
    uint64_t gaps;
    uint64_t overflow; /* gaps that were handed over and never used */
    bool ever_used;
    bool skipped; /* used more than was given */
    bool finishing;
};

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static uint32_t appetite(struct fuzz_reader *r, uint32_t left)
{
    uint8_t mood = r->appetite[r->calls++ % r->appetite_size];
    switch (mood & 7) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return left / 2;
    case 3:
        return left > mood ? left - mood : 0;
    case 4:
        return left + mood; /* steps over bytes to come */
    case 5:
        return mood == 0xfd ? UINT32_MAX : left + 64u * mood;
    default:
        return left;
    }
}

static uint32_t take(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                     uint64_t time_us, bool first)
{
    struct fuzz_reader *r = (struct fuzz_reader *)(void *)reader;
    must(packet == time_us && packet > 0);
    must(first == (!r->ever_used && r->gaps == 0));
    must(bytes.left > 0 && (r->finishing || bytes.cut == UINT32_MAX - bytes.left));
    must(bytes.left <= STREAM_PENDING_MAX + 65536u);
    must(r->place + bytes.left >= r->given || r->place > r->given);
    must(bytes_equal(&(struct bytes){ bytes.next, bytes.left, 0, BYTES_OK },
                     string + r->place % STRING_PERIOD, bytes.left));
    r->given = r->place + bytes.left;
    uint32_t used = appetite(r, bytes.left);
    r->place += used;
    r->ever_used = r->ever_used || used > 0;
    r->skipped = r->skipped || used > bytes.left;
    return used;
}

static void gap(struct stream_reader *reader, uint64_t missing, uint64_t packet)
{
    struct fuzz_reader *r = (struct fuzz_reader *)(void *)reader;
    must(missing > 0 && packet > 0);
    r->gaps += missing;
    uint64_t dropped = r->counters->value[COUNT_TCP_DROPPED];
    if (dropped != r->dropped) {
        must(dropped - r->dropped == missing && missing >= STREAM_PENDING_MAX);
        must(r->place + (int64_t)missing == r->given);
        r->dropped = dropped;
        r->overflow += missing;
        r->place = r->given;
        return;
    }
    r->place = (r->place > r->given ? r->place : r->given) + (int64_t)missing;
    r->given = r->place;
}

struct sender {
    uint32_t base;
    int64_t sent;     /* end of the highest segment, as sent */
    int64_t captured; /* end of the highest captured byte */
    int64_t acked;
    uint64_t packet;
    bool started;
};

/* One segment of the string; its bytes lie in a block of their own size. */
static void send(struct stream *stream, struct sender *s, struct fuzz_reader *r, int64_t offset,
                 uint32_t size, uint32_t cut)
{
    if (!s->started) {
        s->started = true;
        r->place = r->given = offset;
    }
    uint32_t kept = cut < size ? size - cut : 0;
    uint8_t *heap = malloc(kept > 0 ? kept : 1);
    memcpy(heap, string + offset % STRING_PERIOD, kept);
    s->packet++;
    struct stream_segment segment = { s->base + (uint32_t)(uint64_t)offset,
                                      bytes_of(heap, kept, size), s->packet, s->packet };
    r->dropped = r->counters->value[COUNT_TCP_DROPPED];
    stream_push(stream, &segment, &r->reader, r->counters);
    free(heap);
    s->sent = offset + size > s->sent ? offset + size : s->sent;
    s->captured = kept > 0 && offset + kept > s->captured ? offset + kept : s->captured;
}

static void send_wild(struct stream *stream, struct sender *s, struct fuzz_reader *r)
{
    static const uint8_t foreign[3] = { 1, 2, 3 };
    s->packet++;
    struct stream_segment segment = { s->base + (uint32_t)(uint64_t)s->sent + 0x80000000U,
                                      bytes_of(foreign, 3, 3), s->packet, s->packet };
    r->dropped = r->counters->value[COUNT_TCP_DROPPED];
    stream_push(stream, &segment, &r->reader, r->counters);
    must(r->counters->value[COUNT_TCP_DROPPED] == r->dropped + 3);
}

static void step(struct stream *stream, struct sender *s, struct fuzz_reader *r,
                 const uint8_t *data)
{
    int64_t far = data[1];
    uint32_t size = (uint32_t)data[2] << 8 | data[3];
    uint32_t cut = (data[0] & 0x40) != 0 ? data[1] * 8u : 0;
    size = (data[0] & 0x80) != 0 ? size : size & 0x7ff;
    int64_t offset = s->sent;
    switch (data[0] & 7) {
    case 0:
    case 1:
        break; /* the next one */
    case 2:
        offset += far + 1; /* a small hole */
        break;
    case 3:
        offset += far * 997; /* a large one */
        break;
    case 4:
        offset -= far * 16; /* retransmission, late or overlapping */
        break;
    case 5:
        offset -= far * 997;
        break;
    case 6:
        if (s->started) {
            s->acked = s->acked > offset - far ? s->acked : offset - far;
            r->dropped = r->counters->value[COUNT_TCP_DROPPED];
            stream_acked(stream, s->base + (uint32_t)(uint64_t)(offset - far), &r->reader,
                         r->counters);
        }
        return;
    default:
        if (s->started) {
            send_wild(stream, s, r);
        }
        return;
    }
    if (size > 0) {
        send(stream, s, r, offset > 0 ? offset : 0, size, cut);
    }
}

static void fill_string(void)
{
    uint32_t state = 1;
    for (uint32_t i = 0; i < STRING_PERIOD; i++) {
        state = state * 1664525 + 1013904223;
        string[i] = (uint8_t)(state >> 24);
    }
    memcpy(string + STRING_PERIOD, string, STRING_AGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5 + STEP_SIZE) {
        return 0;
    }
    if (string[0] == 0 && string[1] == 0) {
        fill_string();
    }
    struct counters counters = { { 0 } };
    struct fuzz_reader r = { { take, gap }, &counters, data, size, .calls = data[4] };
    uint32_t isn;
    memcpy(&isn, data, sizeof isn);
    bool isn_known = (data[4] & 1) != 0;
    struct sender s = { .base = isn + 1, .started = isn_known, .sent = isn_known ? 0 : 100000 };
    struct stream *stream = stream_new(isn_known, isn);
    if (stream == NULL) {
        return 0;
    }
    for (size_t at = 5; at + STEP_SIZE <= size; at += STEP_SIZE) {
        step(stream, &s, &r, data + at);
    }
    r.finishing = true;
    r.dropped = counters.value[COUNT_TCP_DROPPED];
    stream_finish(stream, &r.reader, &counters);
    int64_t reached = r.place > r.given ? r.place : r.given;
    int64_t tail = s.acked - 1 > s.sent ? s.acked - 1 : s.sent;
    must(stream_missing(stream) == r.gaps);
    must(stream_conflicts(stream) == 0 && counters.value[COUNT_TCP_CONFLICTS] == 0);
    must(counters.value[COUNT_TCP_MISSING] + r.overflow >= r.gaps);
    must(!s.started || reached >= s.captured);
    must(!s.started || s.packet == 0 || r.skipped || reached <= tail);
    must(r.skipped || counters.value[COUNT_TCP_MISSING] + r.overflow == r.gaps);
    stream_free(stream);
    return 0;
}

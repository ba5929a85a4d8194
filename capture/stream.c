/* capture/stream.c: TCP sequence space to in-order bytes, first copy wins.
 *
 * Bytes have 64-bit offsets from the stream's first byte; `next` is where the following segment
 * should begin and `want` the first byte the reader has not stepped over. want is beyond next only
 * after the reader used more than it was given: holes and segments before it do not matter.
 * What the reader left (pending) always ends at next; what lies beyond a hole (held) is a sorted
 * list of pieces that do not overlap. */
#include "capture/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/sparse.h"

enum {
    WILD_DISTANCE = 1 << 30, /* sequence numbers further away belong to something else */
    SEGMENTS_BEHIND = 3,     /* captures reorder: one ACK before its data proves no loss */
    PENDING_MIN = 2048,      /* first size of a pending buffer */
};

/* Captured bytes beyond a hole. */
struct piece {
    struct piece *next; /* further up the stream */
    int64_t offset;
    uint64_t packet;
    uint64_t time_us;
    uint32_t size;
    uint32_t cut; /* bytes sent after these that the capture did not keep */
    uint8_t data[];
};

/* In-order bytes that the reader left. */
struct pending {
    uint64_t packet; /* of the newest byte */
    uint64_t time_us;
    uint32_t size;
    uint32_t room;
    uint8_t data[];
};

/* A segment that was given out. */
struct mark {
    uint32_t offset, size; /* 0 = none */
    uint32_t digest;       /* of its bytes */
};

struct stream {
    int64_t next;     /* offset where the following segment should begin */
    int64_t want;     /* offset of the first byte the reader wants to see; counts beyond next */
    int64_t cut_end;  /* up to here bytes were seen sent, but not kept */
    int64_t acked;    /* highest offset that the other side acknowledged */
    uint64_t missing; /* bytes in gap calls */
    uint64_t last_packet;
    struct piece *held;      /* owned, sorted by offset */
    struct pending *pending; /* owned; NULL when nothing is */
    struct budget *budget;   /* of pieces and pending; borrowed, NULL = none */
    uint32_t base;           /* sequence number of offset 0 */
    uint32_t held_bytes;
    uint32_t held_count;
    uint32_t stepped; /* holes among bytes the reader stepped over, saturating */
    uint32_t duplicates;
    uint32_t conflicts;
    struct mark marks[STREAM_MARKS];
    uint8_t mark_at; /* the oldest */
    bool isn_known;
    bool started; /* base is known */
    bool used;    /* the reader has used a byte */
};

_Static_assert(sizeof(struct stream) + sizeof(struct stream) / 4 + 16 <= STREAM_PACK_MAX,
               "a packed stream has room");

/* Segments of the caller and pieces of ours, placed. */
struct arrival {
    int64_t offset;
    struct bytes payload;
    uint64_t packet;
    uint64_t time_us;
};

/* Whom to tell. */
struct outlet {
    struct stream_reader *reader;
    struct counters *counters;
};

struct stream *stream_new(bool isn_known, uint32_t isn)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->isn_known = isn_known;
        s->started = isn_known;
        s->base = isn + 1;
    }
    return s;
}

void stream_share(struct stream *stream, struct budget *budget)
{
    stream->budget = budget;
    budget_overdraw(budget, sizeof *stream);
}

bool stream_is_empty(const struct stream *stream)
{
    return stream->held == NULL && stream->pending == NULL;
}

size_t stream_pack(const struct stream *stream, uint8_t *out)
{
    struct stream still = *stream;
    still.budget = NULL;
    return sparse_pack(&still, sizeof still, out);
}

struct stream *stream_unpack(const uint8_t **in)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s != NULL) {
        *in = sparse_unpack(*in, s, sizeof *s);
    }
    return s;
}

static void drop_pending(struct stream *s)
{
    if (s->pending != NULL) {
        budget_give(s->budget, sizeof *s->pending + s->pending->room);
        free(s->pending);
        s->pending = NULL;
    }
}

/* The first held piece has done its duty. */
static void drop_piece(struct stream *s, struct piece *piece)
{
    budget_give(s->budget, sizeof *piece + piece->size);
    free(piece);
}

void stream_free(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    while (stream->held != NULL) {
        struct piece *piece = stream->held;
        stream->held = piece->next;
        drop_piece(stream, piece);
    }
    drop_pending(stream);
    budget_give(stream->budget, sizeof *stream);
    free(stream);
}

static int64_t lowest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t highest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The offset nearest to next that has this sequence number. */
static int64_t offset_of(const struct stream *s, uint32_t seq)
{
    uint32_t distance = seq - (s->base + (uint32_t)(uint64_t)s->next);
    return s->next + (distance > INT32_MAX ? (int64_t)distance - ((int64_t)1 << 32) : distance);
}

static bool is_wild(const struct stream *s, int64_t offset)
{
    return offset - s->next > WILD_DISTANCE || s->next - offset > WILD_DISTANCE;
}

static void note_stepped(struct stream *s, int64_t hole)
{
    s->stepped = (uint32_t)lowest(UINT32_MAX, hole + s->stepped);
}

static void tell_gap(struct stream *s, int64_t missing, uint64_t packet, const struct outlet *out)
{
    drop_pending(s);
    s->missing += (uint64_t)missing;
    out->reader->gap(out->reader, (uint64_t)missing, packet);
}

/* Offers bytes until the reader takes no more of them; returns what it left. in ends at next. */
static struct bytes offer(struct stream *s, struct bytes in, const struct arrival *from,
                          uint32_t cut, const struct outlet *out)
{
    while (in.left > 0) {
        struct bytes window = in;
        window.cut = cut < UINT32_MAX - in.left ? cut : UINT32_MAX - in.left;
        uint32_t used = out->reader->data(out->reader, window, from->packet, from->time_us,
                                          !s->used && s->missing == 0);
        if (used == 0) {
            break;
        }
        s->used = true;
        if (used > in.left) {
            s->want = s->next + (used - in.left);
            used = in.left;
        }
        (void)bytes_skip(&in, used);
    }
    return in;
}

static bool grow_pending(struct stream *s, uint32_t room)
{
    struct pending *old = s->pending;
    uint64_t more = old != NULL ? room - old->room : sizeof *old + room;
    if (!budget_take(s->budget, more)) {
        return false;
    }
    struct pending *grown = realloc(old, sizeof *grown + room);
    if (grown == NULL) {
        budget_give(s->budget, more);
        return false;
    }
    grown->room = room;
    s->pending = grown;
    return true;
}

/* Copies the start of in, as much as the cap allows, behind what is pending; next moves along.
 * False without memory. */
static bool append_pending(struct stream *s, struct bytes *in, const struct arrival *from)
{
    uint32_t size = s->pending != NULL ? s->pending->size : 0;
    uint32_t take = (uint32_t)lowest(in->left, STREAM_PENDING_MAX - size);
    int64_t need = size + take;
    if (s->pending == NULL || need > s->pending->room) {
        uint32_t room = (uint32_t)highest(PENDING_MIN, lowest(STREAM_PENDING_MAX, 2 * need));
        if (!grow_pending(s, room)) {
            return false;
        }
    }
    s->pending->packet = from->packet;
    s->pending->time_us = from->time_us;
    s->pending->size = (uint32_t)need;
    s->next += take;
    return bytes_copy(in, s->pending->data + size, take);
}

/* Nobody will use the last `size` bytes before next. */
static void give_up_bytes(struct stream *s, uint32_t size, const struct arrival *from,
                          const struct outlet *out)
{
    out->counters->value[COUNT_TCP_DROPPED] += size;
    tell_gap(s, size, from->packet, out);
}

/* Offers what is pending and keeps what the reader leaves. */
static void offer_pending(struct stream *s, const struct arrival *from, uint32_t cut,
                          const struct outlet *out)
{
    struct pending *pending = s->pending;
    struct bytes all = bytes_of(pending->data, pending->size, pending->size);
    struct bytes left = offer(s, all, from, cut, out);
    if (left.left == 0) {
        drop_pending(s);
    } else if (left.left < pending->size) {
        memmove(pending->data, pending->data + (pending->size - left.left), left.left);
        pending->size = left.left;
    }
}

/* Takes the captured bytes of in, which begin at next. */
static void deliver(struct stream *s, struct bytes in, const struct arrival *from,
                    const struct outlet *out)
{
    while (in.left > 0) {
        uint32_t step = (uint32_t)lowest(in.left, highest(0, s->want - s->next));
        s->next += step;
        (void)bytes_skip(&in, step);
        bool direct = s->pending == NULL;
        if (direct) {
            s->next += in.left; /* where in ends, as offer expects */
            in = offer(s, in, from, UINT32_MAX, out);
            s->next -= in.left;
        }
        if (in.left == 0) {
            return;
        }
        if ((direct && in.left >= STREAM_PENDING_MAX) || !append_pending(s, &in, from)) {
            s->next += in.left;
            give_up_bytes(s, in.left + (s->pending != NULL ? s->pending->size : 0), from, out);
            return;
        }
        if (!direct) {
            offer_pending(s, from, UINT32_MAX, out);
        }
        if (s->pending != NULL && s->pending->size == STREAM_PENDING_MAX) {
            give_up_bytes(s, STREAM_PENDING_MAX, from, out);
        }
    }
}

/* Of captured bytes; strangers can make equal ones, which only hides their own doing. */
static uint32_t digest_of(struct bytes in)
{
    static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t sum = in.left;
    in.cut = 0;
    while (in.left >= 8) {
        sum = (sum ^ bytes_u64(&in)) * odd;
        sum ^= sum >> 32;
    }
    while (in.left > 0) {
        sum = (sum ^ bytes_u8(&in)) * odd;
    }
    return (uint32_t)(sum >> 32);
}

/* Remembers what is given out, while the stream is young: handshakes are. */
static void mark(struct stream *s, const struct arrival *from)
{
    int64_t end = from->offset + from->payload.left;
    if (from->offset >= 0 && end <= STREAM_MARKED_MAX && from->payload.left > 1) {
        s->marks[s->mark_at] =
            (struct mark){ (uint32_t)from->offset, from->payload.left, digest_of(from->payload) };
        s->mark_at = (uint8_t)((s->mark_at + 1) % STREAM_MARKS);
    }
}

static void note_conflict(struct stream *s, const struct outlet *out)
{
    s->conflicts++;
    out->counters->value[COUNT_TCP_CONFLICTS]++;
}

/* Are the bytes of this segment others than those given out? A single one may be the garbage of a
 * keep-alive. */
static void compare(struct stream *s, const struct arrival *from, const struct outlet *out)
{
    int64_t end = from->offset + from->payload.left;
    for (uint32_t i = 0; i < STREAM_MARKS; i++) {
        const struct mark *known = &s->marks[i];
        if (known->size == 0 || known->offset < from->offset ||
            (int64_t)known->offset + known->size > end) {
            continue;
        }
        struct bytes at = from->payload;
        (void)bytes_skip(&at, (uint32_t)(known->offset - from->offset));
        struct bytes same = bytes_take(&at, known->size);
        if (digest_of(same) != known->digest) {
            note_conflict(s, out);
            return;
        }
    }
}

/* Takes a segment that begins at or before what the reader waits for. */
static void arrive(struct stream *s, const struct arrival *from, const struct outlet *out)
{
    if (from->offset > s->next) { /* a hole among bytes the reader has stepped over */
        note_stepped(s, from->offset - s->next);
        s->next = from->offset;
    }
    if (from->offset < s->next) {
        compare(s, from, out);
    } else {
        mark(s, from);
    }
    struct bytes in = from->payload;
    int64_t old = s->next - from->offset;
    int64_t old_captured = lowest(old, in.left);
    int64_t cut = in.cut - (old - old_captured);
    (void)bytes_skip(&in, (uint32_t)old_captured);
    deliver(s, in, from, out);
    if (cut > 0) {
        int64_t step = lowest(cut, highest(0, s->want - s->next));
        note_stepped(s, step);
        s->next += step;
        s->cut_end = highest(s->cut_end, s->next + cut - step);
    }
}

/* Hands over the held pieces that a hole no longer keeps back. */
static void drain(struct stream *s, const struct outlet *out)
{
    while (s->held != NULL && s->held->offset <= highest(s->next, s->want)) {
        struct piece *piece = s->held;
        s->held = piece->next;
        s->held_bytes -= piece->size;
        s->held_count--;
        struct arrival from = { piece->offset,
                                bytes_of(piece->data, piece->size, piece->size + piece->cut),
                                piece->packet, piece->time_us };
        arrive(s, &from, out);
        drop_piece(s, piece);
    }
}

/* Will what lies before the first held piece never come? */
static bool hole_is_lost(const struct stream *s)
{
    if (s->held == NULL) {
        return false;
    }
    return s->held_bytes > STREAM_HOLE_MAX || s->held_count > STREAM_HOLE_SEGMENTS ||
           s->held->offset <= s->cut_end ||
           (s->held->offset <= s->acked && s->held_count >= SEGMENTS_BEHIND);
}

/* Moves next to an offset that nothing before will reach. */
static void pass_hole(struct stream *s, int64_t end, uint64_t packet, const struct outlet *out)
{
    if (s->want > s->next) {
        int64_t step = lowest(s->want, end) - s->next;
        note_stepped(s, step);
        s->next += step;
    }
    int64_t missing = end - s->next;
    s->next = end;
    if (missing > 0) {
        out->counters->value[COUNT_TCP_MISSING] += (uint64_t)missing;
        tell_gap(s, missing, packet, out);
    }
}

static void give_up_holes(struct stream *s, const struct outlet *out)
{
    while (hole_is_lost(s)) {
        pass_hole(s, s->held->offset, s->held->packet, out);
        drain(s, out);
    }
}

/* A piece of the first `size` bytes of in, put before *at; in moves on. */
static bool hold_piece(struct stream *s, struct piece **at, struct arrival *from, uint32_t size)
{
    if (!budget_take(s->budget, sizeof(struct piece) + size)) {
        return false;
    }
    struct piece *piece = malloc(sizeof *piece + size);
    if (piece == NULL) {
        budget_give(s->budget, sizeof *piece + size);
        return false;
    }
    uint32_t cut = from->payload.left == size ? from->payload.cut : 0;
    *piece = (struct piece){ *at, from->offset, from->packet, from->time_us, size, cut };
    (void)bytes_copy(&from->payload, piece->data, size);
    from->offset += size;
    *at = piece;
    s->held_bytes += size;
    s->held_count++;
    return true;
}

/* Keeps what no held piece has yet of a segment beyond a hole. False when that is nothing. */
static bool hold(struct stream *s, struct arrival *from, const struct outlet *out)
{
    bool header_only = from->payload.left == 0;
    bool news = false;
    struct piece **at = &s->held;
    while (from->payload.left > 0 || (header_only && !news)) {
        while (*at != NULL && (*at)->offset + (*at)->size <= from->offset) {
            if (header_only && (*at)->offset + (*at)->size == from->offset && (*at)->cut > 0) {
                return false;
            }
            at = &(*at)->next;
        }
        const struct piece *above = *at;
        int64_t room = above != NULL ? above->offset - from->offset : INT64_MAX;
        if (room <= 0) {
            int64_t known = lowest(from->payload.left, above->size + room);
            if (known == 0) {
                return false;
            }
            if (!bytes_starts(&from->payload, above->data - room, (uint32_t)known)) {
                note_conflict(s, out);
            }
            (void)bytes_skip(&from->payload, (uint32_t)known);
            from->offset += known;
        } else if (hold_piece(s, at, from, (uint32_t)lowest(from->payload.left, room))) {
            news = true;
        } else {
            out->counters->value[COUNT_TCP_DROPPED] += from->payload.left;
            return true;
        }
    }
    return news;
}

/* All bytes of the segment lie before next. */
static void note_old(struct stream *s, int64_t offset, uint32_t size, const struct outlet *out)
{
    if (offset < 0 && !s->isn_known) { /* overtook the segment that began the stream for us */
        out->counters->value[COUNT_TCP_DROPPED] += (uint64_t)lowest(size, -offset);
    } else if (s->stepped > 0) { /* may be late for a hole that did not matter */
        s->stepped -= (uint32_t)lowest(s->stepped, size);
    } else {
        s->duplicates++;
    }
}

void stream_push(struct stream *stream, const struct stream_segment *segment,
                 struct stream_reader *reader, struct counters *counters)
{
    struct outlet out = { reader, counters };
    uint32_t size = bytes_sent(&segment->payload);
    if (size == 0) {
        return;
    }
    if (!stream->started) {
        stream->started = true;
        stream->base = segment->seq;
    }
    struct arrival from = { offset_of(stream, segment->seq), segment->payload, segment->packet,
                            segment->time_us };
    if (is_wild(stream, from.offset)) {
        counters->value[COUNT_TCP_DROPPED] += size;
        return;
    }
    stream->last_packet = segment->packet;
    if (from.offset + size <= stream->next) {
        compare(stream, &from, &out);
        note_old(stream, from.offset, size, &out);
    } else if (from.offset <= highest(stream->next, stream->want)) {
        arrive(stream, &from, &out);
        drain(stream, &out);
    } else if (!hold(stream, &from, &out)) {
        stream->duplicates++;
    }
    give_up_holes(stream, &out);
}

void stream_acked(struct stream *stream, uint32_t ack, struct stream_reader *reader,
                  struct counters *counters)
{
    struct outlet out = { reader, counters };
    int64_t offset = offset_of(stream, ack);
    if (stream->started && !is_wild(stream, offset) && offset > stream->acked) {
        stream->acked = offset;
        give_up_holes(stream, &out);
    }
}

void stream_finish(struct stream *stream, struct stream_reader *reader, struct counters *counters)
{
    struct outlet out = { reader, counters };
    while (stream->held != NULL) {
        pass_hole(stream, stream->held->offset, stream->held->packet, &out);
        drain(stream, &out);
    }
    /* the last byte acknowledged may be the FIN */
    int64_t end = highest(stream->cut_end, stream->acked - 1);
    int64_t tail = highest(0, end - stream->next);
    if (stream->pending != NULL) {
        struct arrival from = { .packet = stream->pending->packet,
                                .time_us = stream->pending->time_us };
        offer_pending(stream, &from, (uint32_t)lowest(tail, UINT32_MAX), &out);
    }
    drop_pending(stream);
    if (tail > 0) {
        pass_hole(stream, end, stream->last_packet, &out);
    }
    counters->value[COUNT_TCP_MISSING] += stream->stepped;
    stream->stepped = 0;
}

uint64_t stream_missing(const struct stream *stream)
{
    return stream->missing;
}

uint32_t stream_conflicts(const struct stream *stream)
{
    return stream->conflicts;
}

uint32_t stream_duplicates(const struct stream *stream)
{
    return stream->duplicates;
}

/* analyzers/inflate.c: the only file of analyzers that knows zlib; it may be left out.
 *
 * zlib takes its memory from a block beside its state: nothing is allocated for a message. */
#include "analyzers/inflate.h"

#include <stdalign.h>
#include <stdlib.h>

#ifdef OVERT_ZLIB
#define ZLIB_CONST
#include <zlib.h>

enum {
    ARENA = 46 * 1024,      /* bytes: zlib's state of 7 kB, and a window of 32 kB */
    WINDOW_MAX = 32 * 1024, /* bytes, RFC 1951 3.2.5 */
    FORM_BARE = -15,        /* windowBits of inflateInit2 */
    FORM_HEADED = 15 + 32,  /* likewise: gzip or zlib, by what stands there */
    FINAL_BLOCKS_MAX = 8,   /* of a message, RFC 7692 7.2.3.4 */
    BEHIND_BLOCK = 128,     /* in z_stream.data_type: no block is begun */
    UNUSED_BITS = 7,        /* likewise: of the last byte */
    ALIGNMENT = alignof(max_align_t),
};

struct inflate_stream {
    z_stream z;
    uint32_t used; /* bytes of arena */
    bool begun;
    alignas(max_align_t) uint8_t arena[ARENA];
};

struct inflate_scratch {
    struct inflate_stream stream; /* of what refers to nothing before */
    uint8_t plain[INFLATE_SIZE_MAX + 1];
    uint8_t window[WINDOW_MAX];
};

static voidpf take(voidpf from, uInt count, uInt size)
{
    struct inflate_stream *stream = from;
    uint64_t bytes = ((uint64_t)count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes > ARENA - stream->used) {
        return Z_NULL;
    }
    void *at = stream->arena + stream->used;
    stream->used += (uint32_t)bytes;
    return at;
}

static void give(voidpf to, voidpf at)
{
    (void)to, (void)at; /* all of it goes at once */
}

static bool begin(struct inflate_stream *stream, int form)
{
    stream->z = (z_stream){ .zalloc = take, .zfree = give };
    stream->z.opaque = stream;
    stream->used = 0;
    stream->begun = inflateInit2(&stream->z, form) == Z_OK;
    return stream->begun;
}

static struct inflate_scratch *scratch_of(struct inflate *all)
{
    if (all != NULL && all->scratch == NULL && budget_take(all->budget, sizeof *all->scratch)) {
        all->scratch = calloc(1, sizeof *all->scratch);
        if (all->scratch == NULL) {
            budget_give(all->budget, sizeof *all->scratch);
        }
    }
    return all != NULL ? all->scratch : NULL;
}

/* Bytes that so many may become, and one to find out that they become more. */
static uint32_t room_for(uint32_t packed)
{
    uint64_t most = (uint64_t)packed * INFLATE_RATIO_MAX;
    most = most < INFLATE_SMALL ? INFLATE_SMALL : most;
    return (uint32_t)(most < INFLATE_SIZE_MAX ? most : INFLATE_SIZE_MAX) + 1;
}

/* What zlib is to read next; room stays as it is. */
static void offer(z_stream *z, struct bytes packed)
{
    uint32_t size = bytes_left(&packed);
    z->avail_in = size;
    z->next_in = bytes_skip(&packed, size);
}

static struct bytes plain_of(const struct inflate_scratch *scratch, const z_stream *z, bool part)
{
    uint32_t size = (uint32_t)(z->next_out - scratch->plain);
    return bytes_of(scratch->plain, size, size + (part ? 1 : 0));
}

/* RFC 1952 2.3.1, RFC 1950 2.2; many write neither header (RFC 9110 8.4.1.2). */
static int form_of(const struct bytes *packed)
{
    int first = bytes_peek(packed, 0), second = bytes_peek(packed, 1);
    bool gzip = first == 0x1f && second == 0x8b;
    bool zlib = first >= 0 && second >= 0 && (first & 15) == 8 && (first * 256 + second) % 31 == 0;
    return gzip || zlib || second < 0 ? FORM_HEADED : FORM_BARE;
}

enum inflate_end inflate_body(struct inflate *all, struct bytes packed, struct bytes *ret_plain)
{
    struct inflate_scratch *scratch = scratch_of(all);
    if (scratch == NULL || !begin(&scratch->stream, form_of(&packed))) {
        return INFLATE_NO_ROOM;
    }
    z_stream *z = &scratch->stream.z;
    offer(z, packed);
    z->next_out = scratch->plain;
    z->avail_out = room_for(bytes_left(&packed));
    int got = inflate(z, Z_SYNC_FLUSH);
    if (got != Z_OK && got != Z_BUF_ERROR && got != Z_STREAM_END) {
        return INFLATE_DAMAGED;
    }
    if (z->avail_out == 0) {
        return INFLATE_TOO_LARGE;
    }
    *ret_plain = plain_of(scratch, z, got != Z_STREAM_END);
    return got == Z_STREAM_END ? INFLATE_WHOLE : INFLATE_PART;
}

struct inflate_stream *inflate_stream_new(struct inflate *all)
{
    struct inflate_stream *stream = NULL;
    if (all == NULL || all->stream_count == INFLATE_STREAMS_MAX ||
        !budget_take(all->budget, sizeof *stream)) {
        return NULL;
    }
    stream = malloc(sizeof *stream);
    if (stream == NULL || !begin(stream, FORM_BARE)) {
        budget_give(all->budget, sizeof *stream);
        free(stream);
        return NULL;
    }
    all->stream_count++;
    return stream;
}

void inflate_stream_free(struct inflate *all, struct inflate_stream *stream)
{
    if (stream != NULL) {
        budget_give(all->budget, sizeof *stream);
        all->stream_count--;
        free(stream);
    }
}

/* A block that says it is the last is not: what follows may refer to it. */
static bool begin_again(z_stream *z, struct inflate_scratch *scratch)
{
    uInt size = 0;
    return inflateGetDictionary(z, scratch->window, &size) == Z_OK && inflateReset(z) == Z_OK &&
           inflateSetDictionary(z, scratch->window, size) == Z_OK;
}

/* All of what was offered; final: such blocks so far. */
static enum inflate_end run(z_stream *z, struct inflate_scratch *scratch, unsigned *final)
{
    for (;;) {
        int got = inflate(z, Z_SYNC_FLUSH);
        if (z->avail_out == 0) {
            return INFLATE_TOO_LARGE;
        }
        if (got == Z_STREAM_END) {
            if (++*final > FINAL_BLOCKS_MAX || !begin_again(z, scratch)) {
                return INFLATE_DAMAGED;
            }
        } else if (got != Z_OK && (got != Z_BUF_ERROR || z->avail_in > 0)) {
            return INFLATE_DAMAGED;
        }
        if (z->avail_in == 0) {
            return INFLATE_WHOLE;
        }
    }
}

enum inflate_end inflate_message(struct inflate *all, struct inflate_stream *stream,
                                 struct bytes packed, struct bytes *ret_plain)
{
    static const uint8_t tail[] = { 0, 0, 0xff, 0xff }; /* RFC 7692 7.2.2 */
    struct inflate_scratch *scratch = scratch_of(all);
    if (scratch == NULL || (stream == NULL && !begin(&scratch->stream, FORM_BARE))) {
        return INFLATE_NO_ROOM;
    }
    z_stream *z = stream != NULL ? &stream->z : &scratch->stream.z;
    unsigned final = 0;
    offer(z, packed);
    z->next_out = scratch->plain;
    z->avail_out = room_for(bytes_left(&packed));
    enum inflate_end end = run(z, scratch, &final);
    if (end == INFLATE_WHOLE) {
        offer(z, bytes_of(tail, sizeof tail, sizeof tail));
        end = run(z, scratch, &final);
    }
    if (end != INFLATE_WHOLE) {
        return end;
    }
    if ((z->data_type & (BEHIND_BLOCK | UNUSED_BITS)) != BEHIND_BLOCK) {
        return INFLATE_DAMAGED;
    }
    *ret_plain = plain_of(scratch, z, false);
    return INFLATE_WHOLE;
}

void inflate_done(struct inflate *all)
{
    if (all->scratch != NULL) {
        budget_give(all->budget, sizeof *all->scratch);
        free(all->scratch);
        all->scratch = NULL;
    }
}

#else

enum inflate_end inflate_body(struct inflate *all, struct bytes packed, struct bytes *ret_plain)
{
    (void)all, (void)packed, (void)ret_plain;
    return INFLATE_NO_ROOM;
}

struct inflate_stream *inflate_stream_new(struct inflate *all)
{
    (void)all;
    return NULL;
}

void inflate_stream_free(struct inflate *all, struct inflate_stream *stream)
{
    (void)all, (void)stream;
}

enum inflate_end inflate_message(struct inflate *all, struct inflate_stream *stream,
                                 struct bytes packed, struct bytes *ret_plain)
{
    (void)all, (void)stream, (void)packed, (void)ret_plain;
    return INFLATE_NO_ROOM;
}

void inflate_done(struct inflate *all)
{
    (void)all;
}

#endif

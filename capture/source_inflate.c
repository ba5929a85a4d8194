/* capture/source_inflate.c: the only file that knows zlib and libzstd; either may be left out. */
#include "capture/source_inflate.h"

#include <stdlib.h>

#ifdef OVERT_ZLIB
#define ZLIB_CONST
#include <zlib.h>
#endif
#ifdef OVERT_ZSTD
#include <zstd.h>
#endif

enum {
    GZIP_MAGIC = 0x1f8b08,
    ZSTD_MAGIC = 0x28b52ffd,
    ZSTD_SKIPPABLE = 0x502a4d18 /* to 0x5f... */
};

struct source_inflate {
    enum source_inflate_kind kind;
    bool within; /* a gzip member or zstd frame is begun and not at its end */
    bool any;    /* at least one is behind us */
    void *state; /* owned: of the library */
};

enum source_inflate_kind source_inflate_kind(struct bytes first)
{
    uint32_t magic = bytes_u32(&first);
    if (!bytes_ok(&first)) {
        return SOURCE_INFLATE_NONE;
    }
    if (magic >> 8 == GZIP_MAGIC) {
        return SOURCE_INFLATE_GZIP;
    }
    bool zstd = magic == ZSTD_MAGIC || (magic & 0xf0ffffffU) == ZSTD_SKIPPABLE;
    return zstd ? SOURCE_INFLATE_ZSTD : SOURCE_INFLATE_NONE;
}

const char *source_inflate_name(enum source_inflate_kind kind)
{
    return kind == SOURCE_INFLATE_GZIP ? "gzip" : "zstd";
}

#ifdef OVERT_ZLIB

enum { ZLIB_GZIP_ONLY = 15 + 16 };

static const char *gzip_version(void)
{
    return zlibVersion();
}

static void *gzip_new(void)
{
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream != NULL && inflateInit2(stream, ZLIB_GZIP_ONLY) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

static void gzip_free(void *state)
{
    if (state != NULL) {
        (void)inflateEnd(state);
        free(state);
    }
}

/* Members end with the padding of tapes at times: zeros. True when no member follows in `in`. */
static bool gzip_skip_padding(struct bytes *in)
{
    struct bytes at = *in;
    while (bytes_left(&at) > 0) {
        if (bytes_u8(&at) != 0) {
            return false;
        }
        *in = at;
    }
    return true;
}

/* Outside of gzip_step, whose parameter has the library's name for this. */
static int unpack(z_stream *stream)
{
    return inflate(stream, Z_NO_FLUSH);
}

static enum source_inflate_step gzip_step(struct source_inflate *inflate, struct bytes *in,
                                          uint8_t *room, uint32_t size, uint32_t *ret_made)
{
    z_stream *stream = inflate->state;
    if (!inflate->within && inflate->any && gzip_skip_padding(in)) {
        return SOURCE_INFLATE_MORE;
    }
    if (!inflate->within && inflate->any) {
        (void)inflateReset(stream);
    }
    inflate->within = true;
    uint32_t packed = bytes_left(in);
    stream->next_in = in->next;
    stream->avail_in = packed;
    stream->next_out = room;
    stream->avail_out = size;
    int got = unpack(stream);
    bytes_skip(in, packed - stream->avail_in);
    *ret_made = size - stream->avail_out;
    if (got == Z_STREAM_END) {
        inflate->within = false;
        inflate->any = true;
    } else if (got != Z_OK && got != Z_BUF_ERROR && *ret_made == 0) {
        return SOURCE_INFLATE_DAMAGED;
    }
    return *ret_made > 0 ? SOURCE_INFLATE_MADE : SOURCE_INFLATE_MORE;
}

#else

static const char *gzip_version(void)
{
    return NULL;
}

static void *gzip_new(void)
{
    return NULL;
}

static void gzip_free(void *state)
{
    (void)state;
}

static enum source_inflate_step gzip_step(struct source_inflate *inflate, struct bytes *in,
                                          uint8_t *room, uint32_t size, uint32_t *ret_made)
{
    (void)inflate, (void)in, (void)room, (void)size, (void)ret_made;
    return SOURCE_INFLATE_DAMAGED;
}

#endif

#ifdef OVERT_ZSTD

static const char *zstd_version(void)
{
    return ZSTD_versionString();
}

static void *zstd_new(void)
{
    return ZSTD_createDStream(); /* takes windows up to 128 MiB, as the zstd program does */
}

static void zstd_free(void *state)
{
    (void)ZSTD_freeDStream(state);
}

static enum source_inflate_step zstd_step(struct source_inflate *inflate, struct bytes *in,
                                          uint8_t *room, uint32_t size, uint32_t *ret_made)
{
    ZSTD_inBuffer packed = { in->next, bytes_left(in), 0 };
    ZSTD_outBuffer plain = { .size = size };
    plain.dst = room;
    if (packed.size == 0 && !inflate->within) {
        return SOURCE_INFLATE_MORE;
    }
    size_t hint = ZSTD_decompressStream(inflate->state, &plain, &packed);
    bytes_skip(in, (uint32_t)packed.pos);
    *ret_made = (uint32_t)plain.pos;
    if (ZSTD_isError(hint) != 0) {
        return SOURCE_INFLATE_DAMAGED;
    }
    inflate->within = hint != 0;
    inflate->any = true;
    return *ret_made > 0 ? SOURCE_INFLATE_MADE : SOURCE_INFLATE_MORE;
}

#else

static const char *zstd_version(void)
{
    return NULL;
}

static void *zstd_new(void)
{
    return NULL;
}

static void zstd_free(void *state)
{
    (void)state;
}

static enum source_inflate_step zstd_step(struct source_inflate *inflate, struct bytes *in,
                                          uint8_t *room, uint32_t size, uint32_t *ret_made)
{
    (void)inflate, (void)in, (void)room, (void)size, (void)ret_made;
    return SOURCE_INFLATE_DAMAGED;
}

#endif

const char *source_inflate_version(enum source_inflate_kind kind)
{
    return kind == SOURCE_INFLATE_GZIP ? gzip_version() : zstd_version();
}

struct source_inflate *source_inflate_new(enum source_inflate_kind kind)
{
    struct source_inflate *inflate = calloc(1, sizeof *inflate);
    if (inflate == NULL) {
        return NULL;
    }
    inflate->kind = kind;
    inflate->state = kind == SOURCE_INFLATE_GZIP ? gzip_new() : zstd_new();
    if (inflate->state == NULL) {
        free(inflate);
        return NULL;
    }
    return inflate;
}

void source_inflate_free(struct source_inflate *inflate)
{
    if (inflate != NULL && inflate->kind == SOURCE_INFLATE_GZIP) {
        gzip_free(inflate->state);
    } else if (inflate != NULL) {
        zstd_free(inflate->state);
    }
    free(inflate);
}

enum source_inflate_step source_inflate_step(struct source_inflate *inflate, struct bytes *in,
                                             uint8_t *room, uint32_t size, uint32_t *ret_made)
{
    *ret_made = 0;
    return inflate->kind == SOURCE_INFLATE_GZIP ? gzip_step(inflate, in, room, size, ret_made)
                                                : zstd_step(inflate, in, room, size, ret_made);
}

bool source_inflate_complete(const struct source_inflate *inflate)
{
    return inflate->any && !inflate->within;
}

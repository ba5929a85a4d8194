/* tests/unit/test_source_inflate.c: what gzip and zstd wrote, whole, in pieces, cut and flipped. */
#include "capture/source_inflate.h"

#include <string.h>

#include "tests/check.h"

/* "overt reads packed captures: " four times, by gzip 1.12 and zstd 1.5.4 */
static const uint8_t by_gzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x2f, 0x4b,
    0x2d, 0x2a, 0x51, 0x28, 0x4a, 0x4d, 0x4c, 0x29, 0x56, 0x28, 0x48, 0x4c, 0xce,
    0x4e, 0x4d, 0x51, 0x48, 0x4e, 0x2c, 0x28, 0x29, 0x2d, 0x4a, 0x2d, 0xb6, 0x52,
    0xc8, 0xa7, 0x8d, 0x24, 0x00, 0x13, 0x3a, 0x5e, 0xa6, 0x74, 0x00, 0x00, 0x00,
};
static const uint8_t by_zstd[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x25, 0x01, 0x00, 0xe8, 0x6f, 0x76, 0x65,
    0x72, 0x74, 0x20, 0x72, 0x65, 0x61, 0x64, 0x73, 0x20, 0x70, 0x61, 0x63, 0x6b,
    0x65, 0x64, 0x20, 0x63, 0x61, 0x70, 0x74, 0x75, 0x72, 0x65, 0x73, 0x3a, 0x20,
    0x01, 0x00, 0x11, 0x98, 0x94, 0x13, 0x80, 0x84, 0x1a, 0x8b,
};

static const char sentence[] = "overt reads packed captures: ";

enum { PLAIN_SIZE = 4 * (sizeof sentence - 1), ROOM = 512 };

static const struct vector {
    enum source_inflate_kind kind;
    const uint8_t *bytes;
    uint32_t size;
} vectors[] = {
    { SOURCE_INFLATE_GZIP, by_gzip, sizeof by_gzip },
    { SOURCE_INFLATE_ZSTD, by_zstd, sizeof by_zstd },
};

static char plain[ROOM];

/* Unpacks an exact-size copy of `size` bytes, `piece` bytes of output at a time; the count of
 * unpacked bytes, and whether the end is one. */
static uint32_t unpack(const struct vector *v, const uint8_t *bytes, uint32_t size, uint32_t piece,
                       bool *ret_complete)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    struct source_inflate *inflate = source_inflate_new(v->kind);
    if (copy == NULL || inflate == NULL) {
        abort();
    }
    memcpy(copy, bytes, size);
    struct bytes in = bytes_of(copy, size, size);
    uint32_t used = 0;
    bool damaged = false;
    for (uint32_t steps = 0; steps < 4 * ROOM && !damaged && used + piece <= ROOM; steps++) {
        uint32_t made = 0, left = bytes_left(&in);
        enum source_inflate_step step =
            source_inflate_step(inflate, &in, (uint8_t *)plain + used, piece, &made);
        damaged = step == SOURCE_INFLATE_DAMAGED;
        used += made;
        CHECK((step == SOURCE_INFLATE_MADE) == (made > 0));
        if (step == SOURCE_INFLATE_MORE && bytes_left(&in) == left) {
            break;
        }
    }
    *ret_complete = !damaged && source_inflate_complete(inflate);
    source_inflate_free(inflate);
    free(copy);
    return used;
}

static bool is_plain(uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (plain[i] != sentence[i % (sizeof sentence - 1)]) {
            return false;
        }
    }
    return true;
}

static void inflate_unpacks_in_pieces_of_any_size(void)
{
    bool complete = false;
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t piece = 1; piece < PLAIN_SIZE + 2; piece++) {
            CHECK_EQ(unpack(&vectors[i], vectors[i].bytes, vectors[i].size, piece, &complete),
                     PLAIN_SIZE);
            CHECK(complete && is_plain(PLAIN_SIZE));
        }
    }
}

static void inflate_reads_files_behind_one_another(void)
{
    uint8_t twice[2 * ROOM];
    bool complete = false;
    for (size_t i = 0; i < 2; i++) {
        const struct vector *v = &vectors[i];
        memcpy(twice, v->bytes, v->size);
        memcpy(twice + v->size, v->bytes, v->size);
        CHECK_EQ(unpack(v, twice, 2 * v->size, 64, &complete), 2 * PLAIN_SIZE);
        CHECK(complete && is_plain(2 * PLAIN_SIZE));
    }
}

static void every_cut_file_is_incomplete(void)
{
    bool complete = true;
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t size = 0; size < vectors[i].size; size++) {
            uint32_t made = unpack(&vectors[i], vectors[i].bytes, size, 64, &complete);
            CHECK(!complete && made <= PLAIN_SIZE && is_plain(made));
        }
    }
}

static void every_flipped_byte_stays_in_bounds(void)
{
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t at = 0; at < vectors[i].size; at++) {
            uint8_t flipped[ROOM];
            bool complete = false;
            memcpy(flipped, vectors[i].bytes, vectors[i].size);
            flipped[at] ^= 0xff;
            CHECK(unpack(&vectors[i], flipped, vectors[i].size, 64, &complete) <= ROOM);
        }
    }
}

static void inflate_is_told_by_magic(void)
{
    static const uint8_t skippable[] = { 0x5e, 0x2a, 0x4d, 0x18 },
                         pcap[] = { 0xd4, 0xc3, 0xb2, 0xa1 };
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(source_inflate_kind(bytes_of(vectors[i].bytes, 4, 4)), vectors[i].kind);
        CHECK_EQ(source_inflate_kind(bytes_of(vectors[i].bytes, 3, 3)), SOURCE_INFLATE_NONE);
        CHECK(source_inflate_version(vectors[i].kind) != NULL);
    }
    CHECK_EQ(source_inflate_kind(bytes_of(skippable, 4, 4)), SOURCE_INFLATE_ZSTD);
    CHECK_EQ(source_inflate_kind(bytes_of(pcap, 4, 4)), SOURCE_INFLATE_NONE);
}

int main(void)
{
    if (source_inflate_version(SOURCE_INFLATE_GZIP) == NULL ||
        source_inflate_version(SOURCE_INFLATE_ZSTD) == NULL) {
        return EXIT_SUCCESS; /* left out by the build */
    }
    inflate_unpacks_in_pieces_of_any_size();
    inflate_reads_files_behind_one_another();
    every_cut_file_is_incomplete();
    every_flipped_byte_stays_in_bounds();
    inflate_is_told_by_magic();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

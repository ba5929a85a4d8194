/* base/sparse.c: groups of eight words: a bit for each word that is not 0, then for each of these a
 * bit for each byte that is not 0, and these bytes. A group of zeros is followed by the number of
 * further ones. The last word may be a part. */
#include "base/sparse.h"

#include <endian.h>
#include <string.h>

enum { WORD = 8, GROUP = 8 * WORD, ZEROS_MAX = 255 };

static size_t lower(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The first byte is the lowest one. */
static inline uint64_t word_of(const uint8_t *in, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, in, size);
    return le64toh(word);
}

static inline uint64_t word_at(const uint8_t *in, size_t size)
{
    return size >= WORD ? word_of(in, WORD) : word_of(in, size);
}

static inline int is_zero(const uint8_t *group)
{
    uint64_t all = 0;
    for (size_t at = 0; at < GROUP; at += WORD) {
        all |= word_of(group + at, WORD);
    }
    return all == 0;
}

/* The bytes of a word that are not 0, behind a bit for each. */
static uint8_t *put_word(uint64_t word, uint8_t *out)
{
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t high_bits = (((word & low7) + low7) | word) & ~low7; /* of bytes that are not 0 */
    *out++ = (uint8_t)((high_bits >> 7) * UINT64_C(0x0102040810204080) >> 56);
    for (; word != 0; word >>= 8) {
        *out = (uint8_t)word;
        out += (uint8_t)word != 0;
    }
    return out;
}

/* Returns false for a group of zeros. */
static int put_group(const uint8_t *in, size_t size, uint8_t **out)
{
    uint8_t *begin = *out, *to = begin + 1;
    unsigned bits = 0;
    if (size == GROUP && is_zero(in)) {
        size = 0;
    }
    for (size_t at = 0; at < size; at += WORD) {
        uint64_t word = word_at(in + at, size - at);
        if (word != 0) {
            bits |= 1u << at / WORD;
            to = put_word(word, to);
        }
    }
    *begin = (uint8_t)bits;
    *out = to;
    return bits != 0;
}

size_t sparse_pack(const void *data, size_t size, uint8_t *out)
{
    const uint8_t *in = data;
    uint8_t *start = out;
    uint8_t *zeros = NULL; /* where the further groups of zeros are counted */
    for (size_t at = 0; at < size; at += GROUP) {
        uint8_t *before = out;
        if (put_group(in + at, lower(size - at, GROUP), &out)) {
            zeros = NULL;
        } else if (zeros != NULL && *zeros < ZEROS_MAX) {
            ++*zeros;
            out = before;
        } else {
            zeros = out++;
            *zeros = 0;
        }
    }
    return (size_t)(out - start);
}

static const uint8_t *take_word(const uint8_t *in, uint8_t *out)
{
    for (unsigned bits = *in++; bits != 0; bits &= bits - 1) {
        out[__builtin_ctz(bits)] = *in++;
    }
    return in;
}

const uint8_t *sparse_unpack(const uint8_t *in, void *out, size_t size)
{
    uint8_t *to = out;
    for (size_t at = 0; at < size; at += GROUP) {
        unsigned bits = *in++;
        if (bits == 0) {
            at += (size_t)GROUP * *in++;
        }
        for (; bits != 0; bits &= bits - 1) {
            in = take_word(in, to + at + WORD * (size_t)__builtin_ctz(bits));
        }
    }
    return in;
}

/* base/sparse.c: groups of eight words: a bit for each word that is not 0, then for each of these a
 * bit for each byte that is not 0, and these bytes. A group of zeros is followed by the number of
 * further ones. The last word may be a part. */
#include "base/sparse.h"

#include <string.h>

enum { WORD = 8, GROUP = 8 * WORD, ZEROS_MAX = 255 };

static size_t lower(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uint64_t word_at(const uint8_t *in, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, in, lower(size, WORD));
    return word;
}

/* The bytes of a word that are not 0, behind a bit for each. */
static uint8_t *put_word(const uint8_t *in, size_t size, uint8_t *out)
{
    uint8_t *bits = out++;
    *bits = 0;
    for (size_t i = 0; i < size; i++) {
        *out = in[i];
        out += in[i] != 0;
        *bits |= (uint8_t)((in[i] != 0) << i);
    }
    return out;
}

/* Returns false for a group of zeros. */
static int put_group(const uint8_t *in, size_t size, uint8_t **out)
{
    uint8_t *bits = (*out)++;
    *bits = 0;
    for (size_t at = 0; at < size; at += WORD) {
        if (word_at(in + at, size - at) != 0) {
            *bits |= (uint8_t)(1u << at / WORD);
            *out = put_word(in + at, lower(size - at, WORD), *out);
        }
    }
    return *bits != 0;
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

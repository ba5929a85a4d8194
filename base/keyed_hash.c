/* base/keyed_hash.c: multiply-fold over 16 bytes a step (the idea of wyhash). */
#include "base/keyed_hash.h"

#include <sys/random.h>
#include <time.h>

static const uint64_t step_a = 0xa0761d6478bd642fU, step_b = 0xe7037ed1a0b428dbU;

struct hash_seed hash_seed_random(void)
{
    struct hash_seed seed = { { 0 } };
    if (getrandom(seed.word, sizeof seed.word, 0) != (ssize_t)sizeof seed.word) {
        seed.word[0] = (uint64_t)time(NULL) * step_a; /* no entropy: still not a constant */
        seed.word[1] = (uint64_t)(uintptr_t)&seed * step_b;
    }
    return seed;
}

/* High and low half of the 128-bit product, folded. */
#ifdef __SIZEOF_INT128__
static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#else
static inline uint64_t fold(uint64_t a, uint64_t b)
{
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
    uint64_t middle = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    uint64_t low = (uint32_t)ll | middle << 32;
    uint64_t high = hh + (lh >> 32) + (hl >> 32) + (middle >> 32);
    return low ^ high;
}
#endif

/* Spelled out: compilers make one load of this, and every machine the same value. */
static inline uint64_t load_word(const unsigned char *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

static inline uint64_t load_tail(const unsigned char *at, size_t size)
{
    if (size == 8) {
        return load_word(at);
    }
    uint64_t little = 0;
    for (size_t i = 0; i < size; i++) {
        little |= (uint64_t)at[i] << (8 * i);
    }
    return little;
}

uint64_t keyed_hash(const void *data, size_t size, struct hash_seed seed)
{
    const unsigned char *at = data;
    uint64_t state = seed.word[0] ^ step_a;
    uint64_t mask = seed.word[1] ^ step_b;
    size_t left = size;
    while (left >= 16) {
        state = fold(load_word(at) ^ mask, load_word(at + 8) ^ state);
        at += 16;
        left -= 16;
    }
    uint64_t a = left > 8 ? load_word(at) : load_tail(at, left);
    uint64_t b = left > 8 ? load_tail(at + 8, left - 8) : 0;
    state = fold(a ^ mask, b ^ state);
    return fold(state ^ step_a, (uint64_t)size ^ step_b);
}

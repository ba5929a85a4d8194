/* tests/unit/test_keyed_hash.c */
#include <string.h>

#include "base/keyed_hash.h"
#include "tests/check.h"

static const struct hash_seed fixed = { { 0x0123456789abcdefU, 0xfedcba9876543210U } };

static void fill(unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] = (unsigned char)(i * 37 + 11);
    }
}

/* Values of the version without 128-bit products. */
static void keyed_hash_is_the_same_on_every_machine(void)
{
    unsigned char data[64];
    fill(data, sizeof data);
    CHECK(keyed_hash(data, 0, fixed) == 0xa4a01861d73dcbbeU);
    CHECK(keyed_hash(data, 8, fixed) == 0x5b3ca33cb10b2a1aU);
    CHECK(keyed_hash(data, 40, fixed) == 0x23f44b858f5ed752U);
    CHECK(keyed_hash(data, 64, fixed) == 0xf5862cef8a290f72U);
}

static void keyed_hash_reads_exactly_the_bytes_it_was_given(void)
{
    for (size_t size = 0; size <= 50; size++) {
        unsigned char *heap = malloc(size > 0 ? size : 1);
        fill(heap, size);
        uint64_t whole = keyed_hash(heap, size, fixed);
        for (size_t i = 0; i < size; i++) {
            heap[i] ^= 1;
            CHECK(keyed_hash(heap, size, fixed) != whole);
            heap[i] ^= 1;
        }
        CHECK(keyed_hash(heap, size, fixed) == whole);
        free(heap);
    }
}

static void keyed_hash_counts_trailing_zeros(void)
{
    static const unsigned char zeros[40];
    for (size_t size = 1; size <= sizeof zeros; size++) {
        CHECK(keyed_hash(zeros, size, fixed) != keyed_hash(zeros, size - 1, fixed));
    }
}

static unsigned bits_of(uint64_t word)
{
    unsigned bits = 0;
    for (; word != 0; word &= word - 1) {
        bits++;
    }
    return bits;
}

/* Every input bit of a 40-byte key flips every output bit about half the time. */
static void keyed_hash_spreads_every_bit_of_a_key(void)
{
    enum { KEYS = 512, BITS = 40 * 8 };
    static unsigned flips[BITS][64];
    unsigned char key[40];
    unsigned total = 0;
    for (uint32_t k = 0; k < KEYS; k++) {
        memset(key, 0, sizeof key);
        memcpy(key + 12, &k, sizeof k); /* as close together as addresses are */
        uint64_t whole = keyed_hash(key, sizeof key, fixed);
        for (unsigned bit = 0; bit < BITS; bit++) {
            key[bit / 8] ^= (unsigned char)(1U << bit % 8);
            uint64_t change = whole ^ keyed_hash(key, sizeof key, fixed);
            key[bit / 8] ^= (unsigned char)(1U << bit % 8);
            total += bits_of(change);
            for (unsigned out = 0; out < 64; out++) {
                flips[bit][out] += (unsigned)(change >> out & 1);
            }
        }
    }
    unsigned all = (unsigned)KEYS * BITS * 64;
    CHECK(total > all / 100 * 49 && total < all / 100 * 51);
    for (unsigned bit = 0; bit < BITS; bit++) {
        for (unsigned out = 0; out < 64; out++) {
            /* 512 throws of a coin: eight deviations of 11 */
            CHECK(flips[bit][out] > 256 - 91 && flips[bit][out] < 256 + 91);
        }
    }
}

static void keyed_hash_depends_on_both_words_of_the_seed(void)
{
    unsigned char data[40];
    fill(data, sizeof data);
    uint64_t whole = keyed_hash(data, sizeof data, fixed);
    for (unsigned bit = 0; bit < 128; bit++) {
        struct hash_seed other = fixed;
        other.word[bit / 64] ^= (uint64_t)1 << bit % 64;
        CHECK(keyed_hash(data, sizeof data, other) != whole);
    }
}

static void keyed_hash_seeds_are_fresh(void)
{
    struct hash_seed a = hash_seed_random(), b = hash_seed_random();
    CHECK(a.word[0] != b.word[0] || a.word[1] != b.word[1]);
}

int main(void)
{
    keyed_hash_is_the_same_on_every_machine();
    keyed_hash_reads_exactly_the_bytes_it_was_given();
    keyed_hash_counts_trailing_zeros();
    keyed_hash_spreads_every_bit_of_a_key();
    keyed_hash_depends_on_both_words_of_the_seed();
    keyed_hash_seeds_are_fresh();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

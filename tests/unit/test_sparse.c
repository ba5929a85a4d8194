/* tests/unit/test_sparse.c */
#include <string.h>

#include "base/sparse.h"
#include "tests/check.h"

enum { MOST = 20000 };

static uint8_t data[MOST], packed[MOST * 2];

/* Packs `size` bytes of data on exact-size heap copies; returns the packed size. */
static size_t round_trip(size_t size)
{
    uint8_t *in = malloc(size > 0 ? size : 1), *out = malloc(size > 0 ? size : 1);
    memcpy(in, data, size);
    size_t used = sparse_pack(in, size, packed);
    CHECK(used <= sparse_bound(size));
    uint8_t *exact = malloc(used > 0 ? used : 1);
    memcpy(exact, packed, used);
    memset(out, 0, size);
    CHECK(sparse_unpack(exact, out, size) == exact + used);
    CHECK(memcmp(in, out, size) == 0);
    free(exact);
    free(out);
    free(in);
    return used;
}

static void zeros_take_next_to_nothing(void)
{
    memset(data, 0, sizeof data);
    CHECK_EQ(round_trip(8400), 2);
    CHECK_EQ(round_trip(MOST), 4); /* more than one count of groups */
    CHECK_EQ(round_trip(0), 0);
}

static void few_bytes_among_zeros_take_few(void)
{
    memset(data, 0, sizeof data);
    data[3000] = 7;
    data[3007] = 9;
    data[8399] = 1;
    CHECK(round_trip(8400) <= 16);
}

static void every_size_and_density_comes_back(void)
{
    uint32_t random = 1;
    for (size_t size = 0; size < 700; size++) {
        for (unsigned rare = 1; rare < 64; rare *= 4) {
            for (size_t i = 0; i < size; i++) {
                random = random * 1664525u + 1013904223u;
                data[i] = (random >> 16) % rare == 0 ? (uint8_t)(random >> 24) : 0;
            }
            round_trip(size);
        }
    }
}

static void a_full_buffer_stays_within_its_bound(void)
{
    memset(data, 0xff, sizeof data);
    CHECK(round_trip(MOST) <= sparse_bound(MOST));
}

int main(void)
{
    zeros_take_next_to_nothing();
    few_bytes_among_zeros_take_few();
    every_size_and_density_comes_back();
    a_full_buffer_stays_within_its_bound();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/fuzz/fuzz_fragments.c: fragments of any places, sizes and datagrams through fragments_add.
 *
 * Input: steps of 6 bytes: which datagram(1), offset in units of 8(2), size(1), what(1), time(1).
 * The bytes of a datagram are a known string unless the step asks for others, and so is what comes
 * out, unless one with other bytes went in. */
#include <stdlib.h>
#include <string.h>

#include "capture/fragments.h"

enum { STEP_SIZE = 6, DATAGRAM_MAX = 65535, KEYS = 8 };
enum { WHAT_LAST = 1, WHAT_OTHER_BYTES = 2, WHAT_CUT = 4, WHAT_LARGE = 8, WHAT_RECYCLE = 16 };

static uint8_t string[2 * DATAGRAM_MAX];

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void fill_string(void)
{
    for (uint32_t i = 0; i < sizeof string; i++) {
        string[i] = (uint8_t)(i * 7 + i / 251);
    }
}

/* A whole datagram: of one string, as far as it was captured. */
static void check_payload(const struct bytes *payload, bool mixed)
{
    require(bytes_ok(payload) && bytes_sent(payload) <= DATAGRAM_MAX);
    unsigned sum = 0;
    for (uint32_t i = 0; i < bytes_left(payload); i++) {
        int byte = bytes_peek(payload, i);
        sum += (unsigned)byte;
        require(mixed || byte == string[i]);
    }
    require(sum <= 255U * bytes_left(payload));
}

/* One fragment from an exact-size heap copy. */
static bool step(struct fragments *fragments, const uint8_t *data, struct counters *counters,
                 bool *mixed)
{
    uint32_t offset = ((uint32_t)data[1] << 8 | data[2]) % 8192 * 8;
    uint32_t size = (data[4] & WHAT_LARGE) != 0 ? data[3] * 256U : data[3];
    uint32_t cut = (data[4] & WHAT_CUT) != 0 ? size / 2 : 0;
    bool other = (data[4] & WHAT_OTHER_BYTES) != 0;
    uint8_t *heap = malloc(size - cut > 0 ? size - cut : 1);
    require(heap != NULL);
    memcpy(heap, string + (other ? offset + 1 : offset) % DATAGRAM_MAX, size - cut);
    struct fragment_key key = { .id = data[0] % KEYS, .protocol = 17 };
    struct fragment fragment = {
        .offset = offset,
        .more = (data[4] & WHAT_LAST) == 0,
        .payload = bytes_of(heap, size - cut, size),
        .from = { .time_us = UINT64_C(1000000) * data[5] },
    };
    struct bytes payload;
    *mixed |= other;
    bool whole = fragments_add(fragments, &key, &fragment, counters, &payload);
    if (whole) {
        check_payload(&payload, *mixed);
    }
    free(heap);
    return whole;
}

static void check_heads(struct fragments *fragments, bool mixed)
{
    struct fragment_head head;
    for (uint32_t count = 0; fragments_head(fragments, &head); count++) {
        require(count < FRAGMENTS_HEADS_MAX);
        check_payload(&head.payload, mixed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counters counters = { { 0 } };
    struct fragments *fragments = NULL;
    uint64_t steps = 0, joined = 0;
    bool mixed = false;
    if (string[1] == 0) {
        fill_string();
    }
    require(fragments_new(4, (struct hash_seed){ { 1, 2 } }, &fragments) == OV_OK);
    for (size_t at = 0; at + STEP_SIZE <= size && joined < FRAGMENTS_LENT_MAX; at += STEP_SIZE) {
        steps++;
        joined += step(fragments, data + at, &counters, &mixed);
        if ((data[at + 4] & WHAT_RECYCLE) != 0) {
            check_heads(fragments, mixed);
            fragments_recycle(fragments, fragments_lent(fragments));
        }
    }
    fragments_recycle(fragments, fragments_lent(fragments));
    fragments_finish(fragments, &counters);
    check_heads(fragments, mixed);
    require(counters.value[COUNT_FRAGMENTS] == steps);
    require(counters.value[COUNT_FRAGMENTS_JOINED] == joined);
    require(counters.value[COUNT_FRAGMENTS_LOST] <= steps);
    fragments_free(fragments);
    return 0;
}

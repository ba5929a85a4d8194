/* tests/unit/test_tls_session.c: names of sessions as hellos and tickets show them. */
#include "analyzers/tls_session.h"

#include <stdlib.h>

#include "tests/check.h"

struct events {
    struct sink sink; /* first: put casts back */
    unsigned count;
    struct observation last;
};

static void put(struct sink *sink, const struct observation *obs)
{
    struct events *events = (struct events *)sink;
    events->count++;
    events->last = *obs;
    CHECK(obs->text == NULL); /* a name is never told in words */
}

static const struct segment seg = { .packet = 1, .from = 1 };

/* RFC 5077 3.3: lifetime 7200, a ticket of 6 bytes. */
static const uint8_t ticket[] = { 0, 0, 0x1c, 0x20, 0, 6, 1, 2, 3, 4, 5, 6 };

/* RFC 8446 4.2.11: two identities, of 5 and 3 bytes, then one binder of 32 bytes. */
static const uint8_t keys[2 + 11 + 9 + 2 + 33] = { 0,    20, 0,    5, 'a', 'b', 'c', 'd', 'e',
                                                   0x12, 1,  0x56, 7, 0,   3,   'f', 'g', 'h',
                                                   9,    1,  2,    3, 0,   33,  32 };

/* An exact-size copy, so that one byte past its end is a red zone. */
static struct events read_keys(const uint8_t *bytes, uint32_t size)
{
    struct events events = { .sink = { .put = put } };
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, bytes, size);
    tls_session_keys(&seg, bytes_of(heap, size, size), &events.sink);
    free(heap);
    return events;
}

static struct events read_ticket(const uint8_t *bytes, uint32_t size, enum bytes_fault *ret_fault)
{
    struct events events = { .sink = { .put = put } };
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, bytes, size);
    *ret_fault = tls_session_ticket(&seg, bytes_of(heap, size, size), &events.sink);
    free(heap);
    return events;
}

static void a_ticket_is_told_by_its_digest(void)
{
    enum bytes_fault fault;
    struct events issued = read_ticket(ticket, sizeof ticket, &fault);
    CHECK_EQ(fault, BYTES_OK);
    CHECK_EQ(issued.count, 1);
    CHECK(issued.last.kind == OBS_TLS_SESSION_ISSUED);
    CHECK_EQ(issued.last.index, TLS_SESSION_TICKET);
    struct events offered = { .sink = { .put = put } };
    struct bytes name = bytes_of(ticket + 6, 6, 6);
    tls_session_report(&seg, OBS_TLS_SESSION_OFFERED, TLS_SESSION_TICKET, &name, &offered.sink);
    CHECK(offered.last.value == issued.last.value);
}

static void an_empty_ticket_is_no_name(void)
{
    static const uint8_t empty[] = { 0, 0, 0, 0, 0, 0 };
    enum bytes_fault fault;
    CHECK_EQ(read_ticket(empty, sizeof empty, &fault).count, 0);
    CHECK_EQ(fault, BYTES_OK);
}

static void a_hello_is_told_with_and_without_session_id(void)
{
    struct events events = { .sink = { .put = put } };
    struct bytes none = bytes_of(NULL, 0, 0), cut = bytes_of(ticket, 6, 12);
    tls_session_hello(&seg, &none, &events.sink);
    CHECK_EQ(events.count, 1);
    tls_session_hello(&seg, &cut, &events.sink);
    CHECK_EQ(events.count, 2); /* part of a name is no name */
    CHECK_EQ(events.last.index, TLS_SESSION_HELLO);
}

static void a_key_without_age_is_external(void)
{
    CHECK_EQ(read_keys(keys, sizeof keys).count, 0);
    uint8_t external[sizeof keys];
    memcpy(external, keys, sizeof keys);
    memset(external + 18, 0, 4);
    struct events events = read_keys(external, sizeof external);
    CHECK_EQ(events.count, 1);
    CHECK_EQ(events.last.index, TLS_SESSION_EXTERNAL);
}

static void every_cut_and_flip_stays_in_bounds(void)
{
    enum bytes_fault fault;
    for (uint32_t size = 0; size < sizeof ticket; size++) {
        CHECK_EQ(read_ticket(ticket, size, &fault).count, 0);
        CHECK_EQ(fault, BYTES_MALFORMED);
    }
    for (uint32_t size = 0; size < 22; size++) { /* what is not all there is no resumption */
        CHECK_EQ(read_keys(keys, size).count, 1);
    }
    for (uint32_t i = 0; i < 8 * sizeof keys; i++) {
        uint8_t flipped[sizeof keys];
        memcpy(flipped, keys, sizeof keys);
        flipped[i / 8] ^= (uint8_t)(1U << i % 8);
        CHECK(read_keys(flipped, sizeof flipped).count <= 1);
        if (i < 8 * sizeof ticket) {
            uint8_t other[sizeof ticket];
            memcpy(other, ticket, sizeof ticket);
            other[i / 8] ^= (uint8_t)(1U << i % 8);
            CHECK(read_ticket(other, sizeof other, &fault).count <= 1);
        }
    }
}

int main(void)
{
    a_ticket_is_told_by_its_digest();
    an_empty_ticket_is_no_name();
    a_hello_is_told_with_and_without_session_id();
    a_key_without_age_is_external();
    every_cut_and_flip_stays_in_bounds();
    return check_failures > 0;
}

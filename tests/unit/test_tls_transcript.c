/* tests/unit/test_tls_transcript.c: messages that CertificateVerify signs: order, headers, caps. */
#include "analyzers/tls_transcript.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/tls_handshake.h"
#include "tests/check.h"

enum { LARGE = TRANSCRIPT_BLOCKS_SIDE * TRANSCRIPT_BLOCK };

static uint8_t large[LARGE];

static void add(struct transcripts *all, struct transcript *t, uint8_t side, uint8_t type,
                uint32_t size)
{
    struct transcript_message m = { .type = type, .body = bytes_of(large, size, size) };
    tls_transcript_add(all, t, side, &m);
}

/* All pieces one behind the other. */
static uint32_t joined(const struct transcripts *all, const struct transcript *t, uint8_t *out)
{
    struct bytes pieces[TRANSCRIPT_PIECES];
    uint32_t count = tls_transcript_pieces(all, t, 0, pieces);
    CHECK(count <= TRANSCRIPT_PIECES);
    uint32_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = bytes_left(&pieces[i]);
        bytes_copy(&pieces[i], out + size, n);
        size += n;
    }
    return size;
}

static void the_client_s_hello_stands_before_the_server_s_flight(void)
{
    static const uint8_t want[] = { 1, 0, 0,  1, 0xaa, 2, 0,    0,    1,  0xaa, 14, 0,
                                    0, 0, 11, 0, 0,    2, 0xaa, 0xaa, 16, 0,    0,  0 };
    struct transcripts all;
    struct transcript t = { 0 };
    uint8_t out[64], verify[8];
    tls_transcript_init(&all, NULL);
    add(&all, &t, 0, CLIENT_HELLO, 1);
    add(&all, &t, 0, CERTIFICATE, 2);
    add(&all, &t, 0, CLIENT_KEY_EXCHANGE, 0);
    add(&all, &t, 0, CERTIFICATE_VERIFY, 5);
    add(&all, &t, 1, SERVER_HELLO, 1);
    add(&all, &t, 1, SERVER_HELLO_DONE, 0);
    add(&all, &t, 1, NEW_SESSION_TICKET, 9); /* after the client's flight: not signed */
    CHECK(t.side[0].complete && t.side[1].complete);
    CHECK_EQ(joined(&all, &t, out), sizeof want);
    CHECK(memcmp(out, want, sizeof want) == 0);
    CHECK_EQ(tls_transcript_verify(&all, &t, 0, verify, sizeof verify), 5);
    CHECK_EQ(tls_transcript_verify(&all, &t, 0, verify, 3), 3);
    tls_transcript_drop(&all, &t);
    CHECK_EQ(all.blocks.in_use, 0);
    tls_transcript_done(&all);
}

/* RFC 6347 4.2.6. */
static void datagrams_are_signed_as_if_in_one_fragment(void)
{
    static const uint8_t want[] = { 1, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 2, 0xaa, 0xaa };
    struct transcripts all;
    struct transcript t = { 0 };
    uint8_t out[64];
    tls_transcript_init(&all, NULL);
    struct transcript_message hello = {
        .type = CLIENT_HELLO, .datagram = true, .number = 0x102, .body = bytes_of(large, 2, 2)
    };
    tls_transcript_add(&all, &t, 0, &hello);
    CHECK_EQ(joined(&all, &t, out), sizeof want);
    CHECK(memcmp(out, want, sizeof want) == 0);
    struct transcript_message later = hello;
    later.type = CERTIFICATE;
    later.number = 0x104; /* one is missing between them */
    tls_transcript_add(&all, &t, 0, &later);
    CHECK(t.broken != NULL && strcmp(t.broken, "lost-bytes") == 0);
    CHECK_EQ(all.blocks.in_use, 0);
    tls_transcript_done(&all);
}

static void large_messages_cross_blocks_up_to_the_cap(void)
{
    static uint8_t out[LARGE];
    static const uint32_t sizes[] = { 1, TRANSCRIPT_BLOCK - 9, TRANSCRIPT_BLOCK - 8,
                                      3 * TRANSCRIPT_BLOCK, LARGE - 9 };
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct transcripts all;
        struct transcript t = { 0 };
        tls_transcript_init(&all, NULL);
        add(&all, &t, 0, CLIENT_HELLO, 1);
        add(&all, &t, 0, CERTIFICATE, sizes[i]);
        add(&all, &t, 0, CERTIFICATE_VERIFY, 0);
        bool fits = 5 + 4 + sizes[i] + 4 <= LARGE;
        CHECK_EQ(t.broken == NULL, fits);
        CHECK(fits || strcmp(t.broken, "too-long") == 0);
        CHECK_EQ(joined(&all, &t, out), fits ? 5 + 4 + sizes[i] : 0);
        tls_transcript_drop(&all, &t);
        CHECK_EQ(all.blocks.in_use, 0);
        tls_transcript_done(&all);
    }
}

static void blocks_count_against_the_budget(void)
{
    struct budget budget = { .left = 5000 };
    struct transcripts all;
    struct transcript t = { 0 };
    tls_transcript_init(&all, &budget);
    add(&all, &t, 0, CLIENT_HELLO, 100);
    CHECK(budget.left < 5000 && t.broken == NULL);
    add(&all, &t, 0, CERTIFICATE, 3 * TRANSCRIPT_BLOCK);
    CHECK(t.broken != NULL && strcmp(t.broken, "no-memory") == 0);
    CHECK_EQ(budget.left, 5000);
    add(&all, &t, 0, CLIENT_HELLO, 100); /* nothing is kept any more */
    CHECK_EQ(budget.left, 5000);
    tls_transcript_done(&all);
}

static void what_the_capture_cut_breaks_it(void)
{
    struct transcripts all;
    struct transcript t = { 0 };
    tls_transcript_init(&all, NULL);
    struct transcript_message hello = { .type = CLIENT_HELLO, .body = bytes_of(large, 2, 3) };
    tls_transcript_add(&all, &t, 0, &hello);
    CHECK(t.broken != NULL && strcmp(t.broken, "lost-bytes") == 0);
    struct transcript no_hello = { 0 };
    add(&all, &no_hello, 1, CERTIFICATE, 1);
    CHECK(no_hello.broken != NULL);
    CHECK_EQ(all.blocks.in_use, 0);
    tls_transcript_done(&all);
}

int main(void)
{
    memset(large, 0xaa, sizeof large);
    the_client_s_hello_stands_before_the_server_s_flight();
    datagrams_are_signed_as_if_in_one_fragment();
    large_messages_cross_blocks_up_to_the_cap();
    blocks_count_against_the_budget();
    what_the_capture_cut_breaks_it();
    return check_failures > 0;
}

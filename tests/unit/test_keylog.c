/* tests/unit/test_keylog.c: lines of key logs: good ones, broken ones, in any pieces. */
#include "analyzers/crypto/keylog.h"
#include "tests/check.h"

#define RANDOM_1  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RANDOM_2  "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define SECRET_32 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define SECRET_48 SECRET_32 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

static const struct hash_seed seed = { { 3, 4 } };

static const uint8_t random_1[KEYLOG_RANDOM_SIZE] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                      11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                                      22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

static struct keylog *fresh(void)
{
    struct keylog *k = NULL;
    if (keylog_new(seed, &k) != OV_OK) {
        abort();
    }
    return k;
}

/* In pieces of `piece` bytes, each on a heap block of its exact size. */
static void read_text(struct keylog *k, const char *text, size_t piece, uint64_t since_us)
{
    struct keylog_text t = { .since_us = since_us };
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        uint8_t *heap = malloc(n);
        memcpy(heap, text + at, n);
        keylog_read(k, &t, bytes_of(heap, (uint32_t)n, (uint32_t)n));
        free(heap);
    }
    keylog_end(k, &t);
}

static uint64_t unread_of(struct keylog *k)
{
    struct keylog_counts counts;
    keylog_count(k, &counts);
    return counts.unread;
}

static void every_label_is_found_under_its_random(void)
{
    static const char text[] =
        "# a comment\r\n"
        "CLIENT_RANDOM " RANDOM_2 " " SECRET_48 "\r\n"
        "\r\n"
        "CLIENT_EARLY_TRAFFIC_SECRET " RANDOM_1 " " SECRET_32 "\n"
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_1 " " SECRET_32 "\n"
        "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_1 " " SECRET_48 "\r"
        "CLIENT_TRAFFIC_SECRET_0 " RANDOM_1 " " SECRET_32 "\n"
        "EXPORTER_SECRET " RANDOM_1 " " SECRET_48 "\n"
        "RSA 0001020304050607 " SECRET_48 "\n"
        "SERVER_TRAFFIC_SECRET_0 " RANDOM_1 " " SECRET_32; /* no end of line */
    for (size_t piece = 1; piece < 70; piece += 3) {
        struct keylog *k = fresh();
        struct keylog_secret s;
        CHECK(!keylog_is_used(k));
        read_text(k, text, piece, 0);
        for (int label = KEYLOG_CLIENT_EARLY; label < KEYLOG_LABELS; label++) {
            CHECK(keylog_find(k, random_1, (enum keylog_label)label, 0, &s));
            CHECK_EQ(s.size, label == KEYLOG_SERVER_HANDSHAKE ? 48 : 32);
            CHECK_EQ(s.bytes[31], 0xbf);
        }
        CHECK(!keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
        CHECK(keylog_is_used(k));
        CHECK_EQ(unread_of(k), 0);
        keylog_free(k);
    }
}

static void hexadecimal_may_be_capital(void)
{
    struct keylog *k = fresh();
    struct keylog_secret s;
    read_text(
        k,
        "CLIENT_RANDOM 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F " SECRET_48
        "\n",
        1000, 0);
    CHECK(keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
    keylog_free(k);
}

static void broken_lines_are_counted_and_hold_nothing(void)
{
    static const char *const lines[] = {
        "CLIENT_RANDOM",
        "CLIENT_RANDOM " RANDOM_1,
        "CLIENT_RANDOM " RANDOM_1 " " SECRET_32, /* a master secret has 48 bytes */
        "CLIENT_RANDOM " RANDOM_1 "00 " SECRET_48,
        "CLIENT_RANDOM " RANDOM_1 " " SECRET_48 "0",
        "CLIENT_RANDOM " RANDOM_1 " " SECRET_48 " more",
        "CLIENT_RANDOM 0g" RANDOM_1 " " SECRET_48,
        "CLIENT_TRAFFIC_SECRET_0 " RANDOM_1 " a0a1",
        "client_random " RANDOM_1 " " SECRET_48,
        "what is this",
        "\x01\x02\xff",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct keylog *k = fresh();
        struct keylog_secret s;
        read_text(k, lines[i], 7, 0);
        CHECK_EQ(unread_of(k), 1);
        CHECK(!keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
        CHECK(!keylog_is_used(k));
        keylog_free(k);
    }
}

static void a_line_without_end_is_one_broken_line(void)
{
    struct keylog *k = fresh();
    struct keylog_secret s;
    struct keylog_text t = { 0 };
    for (int i = 0; i < 3 * KEYLOG_LINE_MAX; i++) {
        keylog_read(k, &t, bytes_of("A", 1, 1));
    }
    keylog_read(k, &t, bytes_of("\n", 1, 1));
    CHECK_EQ(unread_of(k), 1);
    read_text(k, "CLIENT_RANDOM " RANDOM_1 " " SECRET_48 "\n", 9, 0);
    CHECK(keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
    CHECK_EQ(unread_of(k), 1);
    keylog_free(k);
}

static void a_secret_of_a_capture_opens_only_what_follows_it(void)
{
    struct keylog *k = fresh();
    struct keylog_secret s;
    read_text(k, "CLIENT_RANDOM " RANDOM_1 " " SECRET_48 "\n", 100, 5000);
    CHECK(!keylog_find(k, random_1, KEYLOG_MASTER, 5000, &s));
    CHECK(keylog_find(k, random_1, KEYLOG_MASTER, 5001, &s));
    keylog_free(k);
}

static void a_full_table_gives_up_the_oldest(void)
{
    struct keylog *k = fresh();
    struct keylog_secret s;
    struct keylog_counts counts;
    char line[256];
    uint8_t random[KEYLOG_RANDOM_SIZE] = { 0 };
    read_text(k, "CLIENT_RANDOM " RANDOM_1 " " SECRET_48 "\n", 300, 0);
    for (unsigned i = 0; i < KEYLOG_SESSIONS_MAX; i++) {
        snprintf(line, sizeof line, "CLIENT_RANDOM %064x %s\n", i + 1, SECRET_48);
        read_text(k, line, 300, 0);
        if (i == KEYLOG_SESSIONS_MAX - 2) {
            CHECK(keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
        }
    }
    CHECK(!keylog_find(k, random_1, KEYLOG_MASTER, 0, &s));
    random[31] = 1;
    CHECK(keylog_find(k, random, KEYLOG_MASTER, 0, &s));
    keylog_count(k, &counts);
    CHECK_EQ(counts.dropped, 1);
    CHECK_EQ(counts.secrets, KEYLOG_SESSIONS_MAX + 1);
    keylog_free(k);
}

int main(void)
{
    every_label_is_found_under_its_random();
    hexadecimal_may_be_capital();
    broken_lines_are_counted_and_hold_nothing();
    a_line_without_end_is_one_broken_line();
    a_secret_of_a_capture_opens_only_what_follows_it();
    a_full_table_gives_up_the_oldest();
    return check_failures > 0;
}

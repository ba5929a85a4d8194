/* tests/unit/test_openvpn.c: OpenVPN's handshake, the TLS inside, and classes of data ciphers. */
#include "tests/seen.h"
#include "tests/unit/openvpn_vectors.h"

extern const struct analyzer openvpn_analyzer;

static uint8_t inside[4096]; /* the TLS that came out */
static uint32_t inside_size;

static bool take_stream(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    struct bytes in = seg->payload;
    uint32_t n = bytes_left(&in);
    if (inside_size + n <= sizeof inside && bytes_copy(&in, inside + inside_size, n)) {
        inside_size += n;
    }
    return true;
}

static struct seen_flow open_flow(void)
{
    struct seen_flow flow = seen_open(&openvpn_analyzer);
    flow.sink.stream = take_stream;
    inside_size = 0;
    return flow;
}

static void feed_all(struct seen_flow *flow, uint8_t from, const uint8_t *packet, uint32_t size)
{
    seen_datagram(flow, from, packet, size, size);
}

/* Data packets with what comes behind the header made up. */
static void feed_data(struct seen_flow *flow, uint32_t id, uint32_t size)
{
    uint8_t m[512] = { 0x48, 0, 0, 1 };
    for (uint32_t i = 4; i < size; i++) {
        m[i] = (uint8_t)(0xd7 + i * 0x3b + size * 0x2f + id * 0x65);
    }
    for (uint32_t i = 0; i < 4; i++) {
        m[4 + i] = (uint8_t)(id >> (24 - 8 * i));
    }
    feed_all(flow, 0, m, size);
}

static void the_handshake_is_read_and_its_tls_handed_on(void)
{
    struct seen_flow flow = open_flow();
    feed_all(&flow, 0, reset_client, sizeof reset_client);
    CHECK(seen_text(OBS_APP, "openvpn"));
    CHECK(seen_text(OBS_OPENVPN_WRAP, "none"));
    CHECK(seen_text(OBS_CLIENT, "request"));
    feed_all(&flow, 1, reset_server, sizeof reset_server);
    feed_all(&flow, 0, client_hello, sizeof client_hello);
    feed_all(&flow, 0, client_hello, sizeof client_hello); /* sent again */
    CHECK(inside_size > 200 && inside[0] == 22 && inside[1] == 3 && inside[5] == 1);
    CHECK_EQ(inside_size, (uint32_t)(inside[3] << 8 | inside[4]) + 5);
    seen_close(&flow);
    CHECK(seen_text(OBS_OPENVPN_MESSAGE, "hard_reset_client_v2"));
    CHECK(seen_text(OBS_OPENVPN_MESSAGE, "hard_reset_server_v2"));
    CHECK(seen_text(OBS_OPENVPN_MESSAGE, "control_v1"));
    CHECK_EQ(seen_times(OBS_OPENVPN_CLASS), 0);
}

static void wraps_of_the_control_channel_are_told_apart(void)
{
    struct seen_flow flow = open_flow();
    feed_all(&flow, 0, reset_tls_auth, sizeof reset_tls_auth);
    CHECK(seen_text(OBS_OPENVPN_WRAP, "tls_auth"));
    seen_close(&flow);
    flow = open_flow();
    feed_all(&flow, 0, reset_tls_crypt, sizeof reset_tls_crypt);
    CHECK(seen_text(OBS_OPENVPN_WRAP, "tls_crypt"));
    feed_all(&flow, 0, client_hello, sizeof client_hello);
    CHECK_EQ(inside_size, 0);
    seen_close(&flow);
}

static const char *class_by(uint32_t id_step, uint32_t first, uint32_t step, uint32_t count)
{
    struct seen_flow flow = open_flow();
    feed_all(&flow, 0, reset_client, sizeof reset_client);
    for (uint32_t i = 0; i < count; i++) {
        feed_data(&flow, 5 + i * id_step, first + i * step);
    }
    seen_close(&flow);
    return seen_nth(OBS_OPENVPN_CLASS, 0) != NULL ? seen_nth(OBS_OPENVPN_CLASS, 0)->text : "";
}

static void ids_and_lengths_tell_the_class_of_the_cipher(void)
{
    CHECK(strcmp(class_by(1, 60, 1, 12), "aead") == 0);
    CHECK(strcmp(class_by(1, 60, 1, 5), "stream") == 0); /* too few that count */
    CHECK(strcmp(class_by(0x51234567, 60, 16, 8), "block128") == 0);
    CHECK(strcmp(class_by(0x51234567, 60, 8, 8), "block64") == 0);
    CHECK(strcmp(class_by(0x51234567, 60, 8, 3), "undecided") == 0);
    CHECK(strcmp(class_by(0x51234567, 60, 3, 8), "stream") == 0);
}

static void readable_packets_prove_that_there_is_no_cipher(void)
{
    struct seen_flow flow = open_flow();
    feed_all(&flow, 0, reset_client, sizeof reset_client);
    for (unsigned i = 0; i < 3; i++) {
        feed_all(&flow, 0, clear_data, sizeof clear_data);
    }
    seen_close(&flow);
    CHECK(seen_text(OBS_OPENVPN_CLASS, "null"));
    CHECK(seen_text(OBS_OPENVPN_EVIDENCE, "proven"));
    CHECK_EQ(seen_value(OBS_OPENVPN_READABLE), 3);
}

static void nothing_of_it_is_claimed_by_chance(void)
{
    CHECK_EQ(seen_claim(&openvpn_analyzer, reset_client, sizeof reset_client, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&openvpn_analyzer, reset_tls_auth, sizeof reset_tls_auth, false),
             CLAIM_YES);
    CHECK_EQ(seen_claim(&openvpn_analyzer, reset_tls_crypt, sizeof reset_tls_crypt, false),
             CLAIM_YES);
    CHECK_EQ(seen_claim(&openvpn_analyzer, client_hello, sizeof client_hello, false), CLAIM_NO);
    CHECK_EQ(seen_claim(&openvpn_analyzer, clear_data, sizeof clear_data, false), CLAIM_NO);
    for (uint32_t n = 0; n < sizeof reset_tls_auth; n++) {
        CHECK_EQ(seen_claim(&openvpn_analyzer, reset_tls_auth, n, false), CLAIM_NO);
    }
}

/* The same over TCP, each packet behind its length, in pieces of every size. */
static void a_stream_is_cut_into_its_packets(void)
{
    uint8_t m[4 + sizeof reset_client + sizeof client_hello];
    m[0] = 0;
    m[1] = sizeof reset_client;
    memcpy(m + 2, reset_client, sizeof reset_client);
    m[2 + sizeof reset_client] = sizeof client_hello >> 8;
    m[3 + sizeof reset_client] = sizeof client_hello & 0xff;
    memcpy(m + 4 + sizeof reset_client, client_hello, sizeof client_hello);
    CHECK_EQ(seen_claim(&openvpn_analyzer, m, sizeof m, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&openvpn_analyzer, m, 10, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&openvpn_analyzer, m, 10, false), CLAIM_NO);
    for (uint32_t piece = 1; piece < 40; piece++) {
        struct seen_flow flow = open_flow();
        for (uint32_t at = 0; at < sizeof m; at += piece) {
            seen_bytes(&flow, 0, m + at, at + piece < sizeof m ? piece : (uint32_t)sizeof m - at);
        }
        CHECK_EQ(inside_size, (uint32_t)(inside[3] << 8 | inside[4]) + 5);
        seen_gap(&flow, 0, 10);
        CHECK_EQ(flow.last, FEED_SETTLED);
        seen_close(&flow);
    }
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    static const struct {
        const uint8_t *at;
        uint32_t size;
    } all[] = { { reset_client, sizeof reset_client },
                { reset_tls_auth, sizeof reset_tls_auth },
                { reset_tls_crypt, sizeof reset_tls_crypt },
                { client_hello, sizeof client_hello },
                { clear_data, sizeof clear_data } };
    for (unsigned k = 0; k < sizeof all / sizeof all[0]; k++) {
        for (uint32_t i = 0; i < all[k].size; i++) {
            uint8_t m[512];
            struct seen_flow flow = open_flow();
            feed_all(&flow, 0, reset_client, sizeof reset_client);
            memcpy(m, all[k].at, all[k].size);
            seen_datagram(&flow, 0, m, i, all[k].size);
            m[i] ^= 0x5a;
            feed_all(&flow, 1, m, all[k].size);
            CHECK(!seen_text(OBS_OPENVPN_CLASS, "aead"));
            seen_close(&flow);
        }
    }
}

int main(void)
{
    the_handshake_is_read_and_its_tls_handed_on();
    wraps_of_the_control_channel_are_told_apart();
    ids_and_lengths_tell_the_class_of_the_cipher();
    readable_packets_prove_that_there_is_no_cipher();
    nothing_of_it_is_claimed_by_chance();
    a_stream_is_cut_into_its_packets();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

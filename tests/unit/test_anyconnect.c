/* tests/unit/test_anyconnect.c: packets inside of AnyConnect's TLS and DTLS, as openconnect 9.01
 * and ocserv 1.1.6 sent them. */
#include "tests/seen.h"

extern const struct analyzer anyconnect_analyzer;

/* In TLS: eight bytes of header, and a Router Solicitation. */
static const uint8_t data[] = {
    0x53, 0x54, 0x46, 0x01, 0x00, 0x30, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x08,
    0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x78, 0xe0, 0x8a, 0xca,
    0xea, 0x49, 0x0c, 0x39, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x85, 0x00, 0x83, 0x09, 0x00, 0x00, 0x00, 0x00,
};
static const uint8_t bye[] = {
    0x53, 0x54, 0x46, 0x01, 0x00, 0x12, 0x05, 0x00, 0xb0, 0x41, 0x62, 0x6f, 0x72,
    0x74, 0x65, 0x64, 0x20, 0x62, 0x79, 0x20, 0x63, 0x61, 0x6c, 0x6c, 0x65, 0x72,
};
static const uint8_t dpd[] = { 'S', 'T', 'F', 1, 0, 0, 3, 0 };
/* In DTLS: one byte, and the same. */
static const uint8_t datagram[] = {
    0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x08, 0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x78, 0xe0, 0x8a, 0xca, 0xea, 0x49, 0x0c, 0x39, 0xff,
    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x85, 0x00, 0x83, 0x09, 0x00, 0x00, 0x00, 0x00,
};

static void a_stream_is_read_up_to_its_data(void)
{
    struct seen_flow flow = seen_open(&anyconnect_analyzer);
    seen_bytes(&flow, 0, dpd, sizeof dpd);
    CHECK(seen_text(OBS_APP, "anyconnect"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "anyconnect"));
    CHECK(seen_text(OBS_ANYCONNECT_MESSAGE, "dpd_request"));
    seen_bytes(&flow, 0, bye, sizeof bye);
    CHECK(seen_text(OBS_ANYCONNECT_MESSAGE, "disconnect"));
    CHECK(!seen_anywhere("Aborted"));
    seen_bytes(&flow, 1, data, sizeof data);
    CHECK(seen_text(OBS_ANYCONNECT_MESSAGE, "data"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_TUNNEL_SEEN), 1);
    seen_close(&flow);
}

static void a_datagram_with_data_begins_it(void)
{
    struct seen_flow flow = seen_open(&anyconnect_analyzer);
    CHECK_EQ(seen_claim(&anyconnect_analyzer, datagram, sizeof datagram, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&anyconnect_analyzer, "\3", 1, false), CLAIM_NO);
    CHECK_EQ(seen_claim(&anyconnect_analyzer, datagram + 1, sizeof datagram - 1, false), CLAIM_NO);
    seen_datagram(&flow, 0, datagram, sizeof datagram, sizeof datagram);
    CHECK(seen_text(OBS_ANYCONNECT_MESSAGE, "data"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void first_packets_of_streams_are_claimed(void)
{
    CHECK_EQ(seen_claim(&anyconnect_analyzer, data, sizeof data, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&anyconnect_analyzer, dpd, sizeof dpd, true), CLAIM_YES);
    for (uint32_t n = 1; n < sizeof dpd; n++) {
        CHECK_EQ(seen_claim(&anyconnect_analyzer, dpd, n, true), CLAIM_MORE);
        CHECK_EQ(seen_claim(&anyconnect_analyzer, dpd, n, false), CLAIM_NO);
    }
    for (uint32_t i = 0; i < sizeof dpd; i++) {
        uint8_t m[sizeof dpd];
        bool length = i == 4 || i == 5;
        memcpy(m, dpd, sizeof m);
        m[i] ^= 0x42;
        CHECK_EQ(seen_claim(&anyconnect_analyzer, m, sizeof m, true),
                 length ? CLAIM_YES : CLAIM_NO);
    }
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    uint8_t all[sizeof dpd + sizeof bye + sizeof data];
    memcpy(all, dpd, sizeof dpd);
    memcpy(all + sizeof dpd, bye, sizeof bye);
    memcpy(all + sizeof dpd + sizeof bye, data, sizeof data);
    for (uint32_t i = 0; i < sizeof all; i++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t m[sizeof all];
            struct seen_flow flow = seen_open(&anyconnect_analyzer);
            memcpy(m, all, sizeof m);
            m[i] ^= (uint8_t)v;
            seen_bytes(&flow, 0, m, v == 0 ? i : sizeof m);
            if (flow.last == FEED_MORE) {
                seen_finish(&flow, 0);
            }
            seen_close(&flow);
        }
    }
    for (uint32_t i = 0; i < sizeof datagram; i++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t m[sizeof datagram];
            struct seen_flow flow = seen_open(&anyconnect_analyzer);
            seen_datagram(&flow, 0, datagram, sizeof datagram, sizeof datagram);
            memcpy(m, datagram, sizeof m);
            m[i] ^= (uint8_t)v;
            seen_datagram(&flow, 1, m, v == 0 ? i : sizeof m, sizeof m);
            seen_close(&flow);
        }
    }
}

int main(void)
{
    a_stream_is_read_up_to_its_data();
    a_datagram_with_data_begins_it();
    first_packets_of_streams_are_claimed();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

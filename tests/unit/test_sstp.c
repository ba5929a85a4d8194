/* tests/unit/test_sstp.c: packets of SSTP, as sstp-client 1.0.18 sent them. */
#include "tests/seen.h"

extern const struct analyzer sstp_analyzer;

static const uint8_t request[] = {
    0x10, 0x01, 0x00, 0x0e, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x06, 0x00, 0x01,
};
/* [MS-SSTP] 2.2.10: with a crypto binding request. */
static const uint8_t ack[] = {
    0x10, 0x01, 0x00, 0x30, 0x00, 0x02, 0x00, 0x01, 0x00, 0x04, 0x00, 0x28, 0x00, 0x00, 0x00, 0x03,
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
};
static const uint8_t nak[] = { 0x10, 0x01, 0x00, 0x14, 0x00, 0x03, 0x00, 0x01, 0x00, 0x02,
                               0x00, 0x0c, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x04 };
static const uint8_t echo[] = { 0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00 };
/* An LCP Configure-Request. */
static const uint8_t data[] = {
    0x10, 0x00, 0x00, 0x16, 0xff, 0x03, 0xc0, 0x21, 0x01, 0x01, 0x00,
    0x0e, 0x01, 0x04, 0x05, 0xdc, 0x05, 0x06, 0x09, 0x08, 0x07, 0x06,
};

static void a_call_is_read_up_to_its_data(void)
{
    struct seen_flow flow = seen_open(&sstp_analyzer);
    seen_bytes(&flow, 0, request, sizeof request);
    CHECK(seen_text(OBS_APP, "sstp"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "sstp"));
    CHECK(seen_text(OBS_SSTP_MESSAGE, "connect_request"));
    seen_bytes(&flow, 1, ack, sizeof ack);
    seen_bytes(&flow, 0, echo, sizeof echo);
    seen_bytes(&flow, 0, echo, sizeof echo);
    CHECK_EQ(flow.last, FEED_MORE);
    seen_bytes(&flow, 0, data, sizeof data);
    CHECK(seen_text(OBS_SSTP_MESSAGE, "data"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_SSTP_MESSAGE), 4);
    CHECK_EQ(seen_times(OBS_TUNNEL_SEEN), 1);
    seen_close(&flow);
}

static void first_packets_are_claimed_and_nothing_else(void)
{
    CHECK_EQ(seen_claim(&sstp_analyzer, request, sizeof request, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sstp_analyzer, ack, sizeof ack, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sstp_analyzer, nak, sizeof nak, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sstp_analyzer, echo, sizeof echo, false), CLAIM_NO);
    CHECK_EQ(seen_claim(&sstp_analyzer, data, sizeof data, true), CLAIM_NO);
    for (uint32_t n = 1; n < sizeof request; n++) {
        CHECK_EQ(seen_claim(&sstp_analyzer, request, n, true), CLAIM_MORE);
        CHECK_EQ(seen_claim(&sstp_analyzer, request, n, false), CLAIM_NO);
    }
    for (uint32_t i = 0; i < sizeof request; i++) {
        uint8_t m[sizeof request];
        memcpy(m, request, sizeof m);
        m[i] ^= 0x40;
        CHECK_EQ(seen_claim(&sstp_analyzer, m, sizeof m, true), CLAIM_NO);
    }
}

static void packets_come_in_any_pieces(void)
{
    uint8_t all[sizeof request + sizeof data];
    memcpy(all, request, sizeof request);
    memcpy(all + sizeof request, data, sizeof data);
    for (uint32_t n = 1; n < sizeof all; n++) {
        struct seen_flow flow = seen_open(&sstp_analyzer);
        seen_bytes(&flow, 0, all, n);
        if (flow.last == FEED_MORE) {
            seen_bytes(&flow, 0, all + n, sizeof all - n);
        }
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        CHECK_EQ(seen_times(OBS_CUT), 0);
        CHECK(seen_text(OBS_SSTP_MESSAGE, "data"));
        seen_close(&flow);
    }
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    uint8_t all[sizeof request + sizeof nak + sizeof data];
    memcpy(all, request, sizeof request);
    memcpy(all + sizeof request, nak, sizeof nak);
    memcpy(all + sizeof request + sizeof nak, data, sizeof data);
    for (uint32_t i = 0; i < sizeof all; i++) {
        struct seen_flow cut = seen_open(&sstp_analyzer);
        seen_bytes(&cut, 0, all, i);
        if (cut.last == FEED_MORE) {
            seen_finish(&cut, 0);
        }
        seen_close(&cut);
        for (unsigned v = 1; v < 256; v++) {
            uint8_t m[sizeof all];
            struct seen_flow flow = seen_open(&sstp_analyzer);
            memcpy(m, all, sizeof m);
            m[i] ^= (uint8_t)v;
            seen_bytes(&flow, 0, m, sizeof m);
            if (flow.last == FEED_MORE) {
                seen_finish(&flow, 0);
            }
            seen_close(&flow);
        }
    }
}

int main(void)
{
    a_call_is_read_up_to_its_data();
    first_packets_are_claimed_and_nothing_else();
    packets_come_in_any_pieces();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

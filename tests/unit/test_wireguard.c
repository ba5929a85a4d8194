/* tests/unit/test_wireguard.c: WireGuard's four messages, by type and exact size. */
#include "tests/seen.h"
#include "tests/unit/wireguard_vectors.h"

extern const struct analyzer wireguard_analyzer;

static void a_session_is_counted(void)
{
    struct seen_flow flow = seen_open(&wireguard_analyzer);
    seen_datagram(&flow, 0, initiation, sizeof initiation, sizeof initiation);
    CHECK(seen_text(OBS_APP, "wireguard"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "wireguard"));
    CHECK(seen_text(OBS_CLIENT, "request"));
    seen_datagram(&flow, 1, response, sizeof response, sizeof response);
    seen_datagram(&flow, 0, data, sizeof data, sizeof data);
    seen_datagram(&flow, 0, data, sizeof data, sizeof data);
    seen_close(&flow);
    CHECK(seen_text(OBS_WIREGUARD_MESSAGE, "initiation"));
    CHECK(seen_text(OBS_WIREGUARD_MESSAGE, "response"));
    CHECK(seen_text(OBS_WIREGUARD_MESSAGE, "data"));
    CHECK_EQ(seen_value(OBS_WIREGUARD_MESSAGE), 2);
}

static void a_byte_more_or_less_is_something_else(void)
{
    uint8_t m[sizeof initiation + 1] = { 0 };
    memcpy(m, initiation, sizeof initiation);
    CHECK_EQ(seen_claim(&wireguard_analyzer, initiation, sizeof initiation, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&wireguard_analyzer, response, sizeof response, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&wireguard_analyzer, data, sizeof data, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&wireguard_analyzer, data, sizeof data, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&wireguard_analyzer, m, sizeof initiation + 1, false), CLAIM_NO);
    for (uint32_t n = 0; n < sizeof initiation; n++) {
        CHECK_EQ(seen_claim(&wireguard_analyzer, initiation, n, false), CLAIM_NO);
    }
    for (uint32_t n = 0; n < sizeof data; n++) { /* padded to 16: a shorter one may be whole */
        enum claim want = n >= 32 && n % 16 == 0 ? CLAIM_YES : CLAIM_NO;
        CHECK_EQ(seen_claim(&wireguard_analyzer, data, n, false), want);
    }
}

static void reserved_bytes_and_a_sane_counter_are_demanded(void)
{
    for (uint32_t i = 0; i < 16; i++) {
        uint8_t m[sizeof data];
        bool any = (i >= 4 && i < 12); /* receiver and the low half of the counter */
        memcpy(m, data, sizeof m);
        m[i] ^= 0x11;
        CHECK_EQ(seen_claim(&wireguard_analyzer, m, sizeof m, false), any ? CLAIM_YES : CLAIM_NO);
    }
}

static void snap_length_hides_nothing_but_contents(void)
{
    for (uint32_t n = 0; n <= sizeof data; n++) {
        struct seen_flow flow = seen_open(&wireguard_analyzer);
        seen_datagram(&flow, 1, data, n, sizeof data);
        CHECK_EQ(seen_times(OBS_APP), n >= 16 ? 1 : 0);
        seen_close(&flow);
    }
}

int main(void)
{
    a_session_is_counted();
    a_byte_more_or_less_is_something_else();
    reserved_bytes_and_a_sane_counter_are_demanded();
    snap_length_hides_nothing_but_contents();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_pptp.c: PPTP and its PPP, by the formats of RFC 2637, 1661 and 3078. (No program
 * that speaks it runs in the lab: these are written by hand; pcaps/oldvpn has whole sessions.) */
#include <netinet/in.h>

#include "tests/seen.h"

extern const struct analyzer pptp_analyzer;

/* RFC 2637 2.1: Start-Control-Connection-Request, as far as its version. */
static const uint8_t start_request[] = { 0, 156, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d,
                                         0, 1,   0, 0, 1,    0,    0,    0 };
/* RFC 2637 4.1 with sequence and acknowledgment; PPP: LCP Configure-Ack with MS-CHAP-v2. */
static const uint8_t lcp_ack[] = { 0x30, 0x81, 0x88, 0x0b, 0, 13, 0,    7,    0,    0,
                                   0,    1,    0,    0,    0, 2,  0xff, 0x03, 0xc0, 0x21,
                                   2,    1,    0,    9,    3, 5,  0xc2, 0x23, 0x81 };
/* CCP Configure-Ack: MPPE, stateless, 128 bits (RFC 3078 2.1). */
static const uint8_t ccp_ack[] = { 0x30, 0x01, 0x88, 0x0b, 0, 14, 0,  7,  0, 0,    0,    2, 0xff,
                                   0x03, 0x80, 0xfd, 2,    4, 0,  10, 18, 6, 0x01, 0x00, 0, 0x40 };
/* RFC 3078 3.1: bits A and D, coherency count 1. */
static const uint8_t mppe_data[] = { 0x30, 0x01, 0x88, 0x0b, 0,    8,    0,    7,    0,    0,
                                     0,    3,    0x00, 0xfd, 0x90, 0x01, 0xab, 0xcd, 0xef, 0x12 };

static enum claim feed_gre(struct seen_flow *flow, const uint8_t *data, uint32_t captured,
                           uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, data, captured);
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire) };
    seg.protocol = IPPROTO_GRE;
    seg.first = true;
    enum claim claim = pptp_analyzer.claim(&seg);
    flow->last = pptp_analyzer.feed(flow->state, &seg, &flow->sink);
    free(heap);
    return claim;
}

static void what_is_agreed_and_encrypted_is_told(void)
{
    struct seen_flow flow = seen_open(&pptp_analyzer);
    CHECK_EQ(feed_gre(&flow, lcp_ack, sizeof lcp_ack, sizeof lcp_ack), CLAIM_YES);
    CHECK(seen_text(OBS_APP, "pptp"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "pptp"));
    CHECK(seen_text(OBS_PPP_AUTHENTICATION, "ms-chap-v2"));
    CHECK_EQ(feed_gre(&flow, ccp_ack, sizeof ccp_ack, sizeof ccp_ack), CLAIM_YES);
    CHECK(seen_text(OBS_PPP_MPPE, "128bit"));
    CHECK_EQ(seen_value(OBS_PPP_STATELESS), 1);
    CHECK_EQ(feed_gre(&flow, mppe_data, sizeof mppe_data, sizeof mppe_data), CLAIM_YES);
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_PPP_PACKETS), 3);
    CHECK_EQ(seen_value(OBS_PPP_ENCRYPTED), 1);
    CHECK_EQ(seen_times(OBS_TUNNEL_SEEN), 1);
}

/* What is only asked for decides nothing. */
static void requests_are_not_agreements(void)
{
    uint8_t m[sizeof ccp_ack];
    struct seen_flow flow = seen_open(&pptp_analyzer);
    memcpy(m, ccp_ack, sizeof m);
    m[16] = 1; /* Configure-Request */
    feed_gre(&flow, m, sizeof m, sizeof m);
    CHECK_EQ(seen_times(OBS_PPP_MPPE), 0);
    m[16] = 2;
    m[25] = 0x20;
    feed_gre(&flow, m, sizeof m, sizeof m);
    CHECK(seen_text(OBS_PPP_MPPE, "40bit"));
    m[25] = 0x80;
    m[22] = 0;
    feed_gre(&flow, m, sizeof m, sizeof m);
    CHECK(seen_text(OBS_PPP_MPPE, "56bit"));
    CHECK_EQ(seen_value(OBS_PPP_STATELESS), 0);
    seen_close(&flow);
}

static void the_control_connection_is_named(void)
{
    struct seen_flow flow = seen_open(&pptp_analyzer);
    CHECK_EQ(seen_claim(&pptp_analyzer, start_request, sizeof start_request, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&pptp_analyzer, start_request, 6, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&pptp_analyzer, start_request, 6, false), CLAIM_NO);
    CHECK_EQ(seen_claim(&pptp_analyzer, "GET / HTTP/1.0\r\n", 16, true), CLAIM_NO);
    seen_bytes(&flow, 0, start_request, sizeof start_request);
    CHECK(seen_text(OBS_APP, "pptp"));
    CHECK_EQ(seen_times(OBS_TUNNEL_SEEN), 0);
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void other_gre_is_not_claimed(void)
{
    uint8_t m[sizeof mppe_data];
    struct seen_flow flow = seen_open(&pptp_analyzer);
    for (uint32_t i = 0; i < 4; i++) {
        memcpy(m, mppe_data, sizeof m);
        m[i] ^= 0x08;
        CHECK_EQ(feed_gre(&flow, m, sizeof m, sizeof m), CLAIM_NO);
    }
    CHECK_EQ(seen_count, 0);
    seen_close(&flow);
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof ccp_ack; i++) {
        uint8_t m[sizeof ccp_ack];
        struct seen_flow flow = seen_open(&pptp_analyzer);
        feed_gre(&flow, ccp_ack, i, sizeof ccp_ack);
        feed_gre(&flow, ccp_ack, i, i);
        CHECK_EQ(seen_times(OBS_PPP_MPPE), 0);
        for (unsigned v = 1; v < 256; v += 3) {
            memcpy(m, ccp_ack, sizeof m);
            m[i] ^= (uint8_t)v;
            feed_gre(&flow, m, sizeof m, sizeof m);
        }
        seen_close(&flow);
    }
}

int main(void)
{
    what_is_agreed_and_encrypted_is_told();
    requests_are_not_agreements();
    the_control_connection_is_named();
    other_gre_is_not_claimed();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_l2tp.c: L2TP by the formats of RFC 2661 and 1334. (Written by hand: no program
 * that speaks it runs in the lab.) */
#include "tests/seen.h"

extern const struct analyzer l2tp_analyzer;

/* RFC 2661 3.1, 4.4.1: a zero-length body: ZLB acknowledgment. */
static const uint8_t zlb[] = { 0xc8, 0x02, 0, 12, 0, 5, 0, 0, 0, 1, 0, 2 };
/* Data with a length: LCP Configure-Ack that agrees on PAP. */
static const uint8_t lcp_ack[] = { 0x40, 0x02, 0, 20, 0, 5, 0, 9, 0xff, 0x03,
                                   0xc0, 0x21, 2, 1,  0, 8, 3, 4, 0xc0, 0x23 };
/* RFC 1334 2.2.1: Authenticate-Request: "a", "b". */
static const uint8_t pap[] = { 0x00, 0x02, 0, 5, 0, 9, 0xff, 0x03, 0xc0,
                               0x23, 1,    1, 0, 8, 1, 'a',  1,    'b' };

static enum claim feed_at(struct seen_flow *flow, uint16_t port, const uint8_t *data,
                          uint32_t captured, uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, data, captured);
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire) };
    seg.port[1] = port;
    seg.first = true;
    enum claim claim = l2tp_analyzer.claim(&seg);
    flow->last = l2tp_analyzer.feed(flow->state, &seg, &flow->sink);
    free(heap);
    return claim;
}

static void negotiation_and_passwords_are_told(void)
{
    struct seen_flow flow = seen_open(&l2tp_analyzer);
    CHECK_EQ(feed_at(&flow, 1701, zlb, sizeof zlb, sizeof zlb), CLAIM_YES);
    CHECK(seen_text(OBS_APP, "l2tp"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "l2tp"));
    CHECK_EQ(feed_at(&flow, 1701, lcp_ack, sizeof lcp_ack, sizeof lcp_ack), CLAIM_YES);
    CHECK(seen_text(OBS_PPP_AUTHENTICATION, "pap"));
    CHECK_EQ(feed_at(&flow, 1701, pap, sizeof pap, sizeof pap), CLAIM_YES);
    feed_at(&flow, 1701, pap, sizeof pap, sizeof pap);
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 1);
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_PPP_PACKETS), 3);
    CHECK_EQ(seen_value(OBS_PPP_ENCRYPTED), 0);
}

static void it_is_known_at_its_port_and_by_a_right_header(void)
{
    struct seen_flow flow = seen_open(&l2tp_analyzer);
    CHECK_EQ(feed_at(&flow, 1702, zlb, sizeof zlb, sizeof zlb), CLAIM_NO);
    for (uint32_t i = 0; i < 4; i++) {
        uint8_t m[sizeof zlb];
        memcpy(m, zlb, sizeof m);
        m[i] ^= i == 0 ? 0x10 : 0x05;
        CHECK_EQ(feed_at(&flow, 1701, m, sizeof m, sizeof m), CLAIM_NO);
    }
    CHECK_EQ(seen_count, 0);
    seen_close(&flow);
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof lcp_ack; i++) {
        struct seen_flow flow = seen_open(&l2tp_analyzer);
        feed_at(&flow, 1701, lcp_ack, i, sizeof lcp_ack);
        CHECK_EQ(feed_at(&flow, 1701, lcp_ack, i, i), CLAIM_NO);
        CHECK_EQ(seen_times(OBS_PPP_AUTHENTICATION), 0);
        for (unsigned v = 1; v < 256; v += 3) {
            uint8_t m[sizeof lcp_ack];
            memcpy(m, lcp_ack, sizeof m);
            m[i] ^= (uint8_t)v;
            feed_at(&flow, 1701, m, sizeof m, sizeof m);
        }
        seen_close(&flow);
    }
}

int main(void)
{
    negotiation_and_passwords_are_told();
    it_is_known_at_its_port_and_by_a_right_header();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

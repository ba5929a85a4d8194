/* tests/unit/test_ike.c: IKE 1 and 2 as strongSwan speaks them, and as nobody should. */
#include "tests/seen.h"
#include "tests/unit/ike_vectors.h"

extern const struct analyzer ike_analyzer;

/* One datagram between two equal ports, in a block of its size. */
static enum claim feed_at(struct seen_flow *flow, uint8_t from, uint16_t port, const void *data,
                          uint32_t captured, uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, data, captured);
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire), .from = from };
    seg.port[0] = port;
    seg.port[1] = port;
    seg.first = true;
    seg.packet = 7;
    enum claim claim = ike_analyzer.claim(&seg);
    flow->last = ike_analyzer.feed(flow->state, &seg, &flow->sink);
    free(heap);
    return claim;
}

static void version_2_tells_what_the_responder_chose(void)
{
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 500, init_request, sizeof init_request, sizeof init_request),
             CLAIM_YES);
    CHECK(seen_text(OBS_APP, "ike"));
    CHECK(seen_text(OBS_IKE_VERSION, "2.0"));
    CHECK(seen_text(OBS_CLIENT, "request"));
    CHECK(seen_text(OBS_IKE_OFFER_ENCRYPTION, "ENCR_AES_GCM_16/128"));
    CHECK_EQ(seen_times(OBS_IKE_ENCRYPTION), 0); /* an offer decides nothing */
    CHECK_EQ(feed_at(&flow, 1, 500, init_response, sizeof init_response, sizeof init_response),
             CLAIM_YES);
    CHECK(seen_text(OBS_IKE_ENCRYPTION, "ENCR_AES_GCM_16"));
    CHECK_EQ(seen_value(OBS_IKE_KEY_BITS), 128);
    CHECK(seen_text(OBS_IKE_PRF, "PRF_HMAC_SHA2_256"));
    CHECK_EQ(seen_times(OBS_IKE_INTEGRITY), 0);
    CHECK(seen_text(OBS_IKE_GROUP, "modp2048") || seen_text(OBS_IKE_GROUP, "ecp256") ||
          seen_text(OBS_IKE_GROUP, "curve25519"));
    CHECK_EQ(seen_value(OBS_TUNNEL_SEEN) & 0xffffffff, 20 | 128 << 16);
    CHECK(seen_text(OBS_IKE_NOTIFY, "ikev2_fragmentation_supported"));
    CHECK_EQ(seen_times(OBS_IKE_NAT_TRAVERSAL), 0);
    CHECK_EQ(feed_at(&flow, 0, 4500, auth_request, sizeof auth_request, sizeof auth_request),
             CLAIM_YES);
    CHECK(seen_text(OBS_IKE_EXCHANGE, "ike_auth"));
    CHECK_EQ(seen_value(OBS_IKE_NAT_TRAVERSAL), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    seen_close(&flow);
}

static void version_1_tells_the_answer_of_main_mode(void)
{
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 500, main_1, sizeof main_1, sizeof main_1), CLAIM_YES);
    CHECK(seen_text(OBS_IKE_VERSION, "1.0"));
    CHECK(seen_text(OBS_IKE_OFFER_ENCRYPTION, "ENCR_3DES"));
    CHECK(seen_text(OBS_IKE_VENDOR, "nat_traversal"));
    CHECK(seen_text(OBS_IKE_VENDOR, "dead_peer_detection"));
    CHECK_EQ(seen_times(OBS_IKE_ENCRYPTION), 0);
    CHECK_EQ(feed_at(&flow, 1, 500, main_2, sizeof main_2, sizeof main_2), CLAIM_YES);
    CHECK(seen_text(OBS_IKE_ENCRYPTION, "ENCR_3DES"));
    CHECK(seen_text(OBS_IKE_PRF, "PRF_HMAC_SHA1"));
    CHECK(seen_text(OBS_IKE_AUTHENTICATION, "psk"));
    CHECK(seen_text(OBS_IKE_EXCHANGE, "main"));
    CHECK_EQ(seen_times(OBS_IKE_KEY_BITS), 0);
    CHECK_EQ(feed_at(&flow, 0, 4500, main_5, sizeof main_5, sizeof main_5), CLAIM_YES);
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    seen_close(&flow);
}

static void the_marker_belongs_to_port_4500(void)
{
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 500, auth_request, sizeof auth_request, sizeof auth_request),
             CLAIM_NO);
    CHECK_EQ(feed_at(&flow, 0, 4500, init_request, sizeof init_request, sizeof init_request),
             CLAIM_NO);
    CHECK_EQ(seen_count, 0);
    seen_close(&flow);
}

/* RFC 7296 2.6, 3.10.1: what is refused is a Notify; nothing is chosen. */
static void a_refusal_is_told(void)
{
    static const uint8_t refusal[] = { 1, 2, 3, 4,  5,  6,    7,  8,    9, 9, 9, 9,
                                       9, 9, 9, 9,  41, 0x20, 34, 0x20, 0, 0, 0, 0,
                                       0, 0, 0, 36, 0,  0,    0,  8,    0, 0, 0, 14 };
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 1, 500, refusal, sizeof refusal, sizeof refusal), CLAIM_YES);
    CHECK(seen_text(OBS_IKE_NOTIFY, "no_proposal_chosen"));
    CHECK_EQ(seen_times(OBS_IKE_ENCRYPTION) + seen_times(OBS_IKE_SUITE), 0);
    CHECK_EQ(seen_value(OBS_TUNNEL_SEEN), 0); /* they talked about it only */
    seen_close(&flow);
}

/* RFC 7383 2.5: SKF; its contents are under keys. */
static void fragments_are_noticed(void)
{
    static const uint8_t fragment[] = { 1,  2, 3,  4,    5,  6,    7, 8, 9, 9, 9, 9, 9, 9,
                                        9,  9, 53, 0x20, 35, 0x08, 0, 0, 0, 1, 0, 0, 0, 40,
                                        35, 0, 0,  12,   0,  1,    0, 2, 1, 2, 3, 4 };
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 500, fragment, sizeof fragment, sizeof fragment), CLAIM_YES);
    CHECK(seen_text(OBS_IKE_EXCHANGE, "fragment"));
    seen_close(&flow);
}

/* An unknown transform is its number, never a name of something good. */
static void unknown_transforms_are_numbers(void)
{
    uint8_t m[sizeof init_response];
    struct seen_flow flow = seen_open(&ike_analyzer);
    memcpy(m, init_response, sizeof m);
    for (uint32_t i = 28; i + 12 < sizeof m;
         i++) { /* the transform ENCR_AES_GCM_16 with 128 bits */
        static const uint8_t want[] = { 1, 0, 0, 20, 0x80, 14, 0, 128 };
        if (memcmp(m + i, want, sizeof want) == 0) {
            m[i + 2] = 0x03;
            m[i + 3] = 0xf1;
        }
    }
    feed_at(&flow, 1, 500, m, sizeof m, sizeof m);
    CHECK(seen_text(OBS_IKE_ENCRYPTION, "0x03f1"));
    seen_close(&flow);
}

/* Of several SAs in one flow the first gives the facts, and all are listed. */
static void later_sas_are_listed(void)
{
    struct seen_flow flow = seen_open(&ike_analyzer);
    feed_at(&flow, 1, 500, init_response, sizeof init_response, sizeof init_response);
    uint8_t m[sizeof init_response];
    memcpy(m, init_response, sizeof m);
    for (uint32_t i = 28; i + 8 < sizeof m; i++) {
        m[i + 7] = memcmp(m + i, "\x01\x00\x00\x14\x80\x0e\x00\x80", 8) == 0 ? 192 : m[i + 7];
    }
    feed_at(&flow, 1, 500, m, sizeof m, sizeof m);
    CHECK_EQ(seen_times(OBS_IKE_SUITE), 2);
    CHECK(seen_text(OBS_IKE_SUITE, "ENCR_AES_GCM_16/128 PRF_HMAC_SHA2_256 ecp256"));
    CHECK(seen_text(OBS_IKE_SUITE, "ENCR_AES_GCM_16/192 PRF_HMAC_SHA2_256 ecp256"));
    CHECK_EQ(seen_times(OBS_IKE_ENCRYPTION), 1);
    CHECK_EQ(seen_value(OBS_IKE_KEY_BITS), 128);
    seen_close(&flow);
}

/* At port 500 what breaks the rules of IKE is broken IKE. */
static void broken_messages_are_known_by_their_port(void)
{
    uint8_t m[sizeof init_request + 4];
    memcpy(m, init_request, sizeof init_request);
    memset(m + sizeof init_request, 0, 4);
    struct seen_flow flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 500, m, sizeof m, sizeof m), CLAIM_YES);
    CHECK(seen_text(OBS_APP, "ike"));
    CHECK(seen_text(OBS_MALFORMED, "ike"));
    CHECK_EQ(seen_times(OBS_IKE_OFFER_ENCRYPTION), 0);
    seen_close(&flow);
    flow = seen_open(&ike_analyzer);
    CHECK_EQ(feed_at(&flow, 0, 501, m, sizeof m, sizeof m), CLAIM_NO);
    seen_close(&flow);
}

static void only_whole_headers_are_claimed(void)
{
    for (uint32_t n = 0; n < sizeof init_request; n++) {
        CHECK_EQ(seen_claim(&ike_analyzer, init_request, n, false), CLAIM_NO);
    }
    CHECK_EQ(seen_claim(&ike_analyzer, init_request, sizeof init_request, true), CLAIM_NO);
}

static void snap_length_hides_only_what_was_needed(void)
{
    for (uint32_t n = 0; n <= sizeof init_response; n++) {
        struct seen_flow flow = seen_open(&ike_analyzer);
        feed_at(&flow, 1, 500, init_response, n, sizeof init_response);
        CHECK_EQ(seen_times(OBS_APP), n >= 28 ? 1 : 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        CHECK(seen_times(OBS_IKE_ENCRYPTION) == 1 || seen_times(OBS_CUT) > 0 || n < 28);
        seen_close(&flow);
    }
}

static void any_flipped_byte_stays_in_bounds(const uint8_t *vector, uint32_t size)
{
    uint8_t m[1024];
    for (uint32_t i = 0; i < size; i++) {
        for (int v = 1; v < 256; v += 5) {
            struct seen_flow flow = seen_open(&ike_analyzer);
            memcpy(m, vector, size);
            m[i] ^= (uint8_t)v;
            feed_at(&flow, 1, 500, m, size, size);
            CHECK(seen_times(OBS_APP) <= 1);
            seen_close(&flow);
        }
    }
}

int main(void)
{
    version_2_tells_what_the_responder_chose();
    version_1_tells_the_answer_of_main_mode();
    the_marker_belongs_to_port_4500();
    a_refusal_is_told();
    fragments_are_noticed();
    unknown_transforms_are_numbers();
    later_sas_are_listed();
    broken_messages_are_known_by_their_port();
    only_whole_headers_are_claimed();
    snap_length_hides_only_what_was_needed();
    any_flipped_byte_stays_in_bounds(init_response, sizeof init_response);
    any_flipped_byte_stays_in_bounds(main_2, sizeof main_2);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_sip_stream.c: SIP messages in TCP streams: framing, holes, compression. */
#include "tests/seen.h"

extern const struct analyzer sip_analyzer;

/* Keep-alive, request with SDP, bare line feeds, a response with the compact length, no length. */
static const char stream[] = "\r\n\r\n"
                             "INVITE sip:b@x SIP/2.0\r\n"
                             "Via: SIP/2.0/TCP h\r\n"
                             "Call-ID: one\r\n"
                             "CSeq: 1 INVITE\r\n"
                             "Content-Type: application/sdp\r\n"
                             "Content-Length: 31\r\n\r\n"
                             "v=0\r\nm=audio 49172 RTP/AVP 0\r\n"
                             "\r\n\r\n"
                             "MESSAGE sip:b@x SIP/2.0\ni: two\nCSeq: 2 MESSAGE\nl: 5\n\nhello"
                             "SIP/2.0 200 OK\r\nCall-ID: three\r\nCSeq: 3 REGISTER\r\nl:0\r\n\r\n"
                             "ACK sip:b@x SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 ACK\r\n\r\n"
                             "BYE sip:b@x SIP/2.0\r\nCall-ID: one\r\nCSeq: 4 BYE\r\n\r\n";

static void check_stream_facts(const struct seen_flow *flow)
{
    CHECK(seen_text(OBS_SIP_TRANSPORT, "tcp"));
    CHECK_EQ(seen_times(OBS_SIP_MESSAGE), 5);
    CHECK_EQ(seen_times(OBS_SIP_MESSAGE_END), 5);
    CHECK(seen_text(OBS_SIP_METHOD, "MESSAGE"));
    CHECK(seen_text(OBS_SIP_METHOD, "ACK"));
    CHECK(seen_text(OBS_SIP_METHOD, "BYE"));
    CHECK_EQ(seen_value(OBS_SIP_CALLS), 3);
    CHECK_EQ(seen_value(OBS_SDP_MEDIA), 49172);
    CHECK_EQ(seen_value(OBS_SIP_IM), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    CHECK_EQ(flow->kept_size[0], 0);
    CHECK(!seen_anywhere("hello"));
}

static void sip_stream_split_anywhere_gives_the_same_facts(void)
{
    for (uint32_t first = 0; first < sizeof stream; first++) {
        struct seen_flow flow = seen_open(&sip_analyzer);
        seen_bytes(&flow, 0, stream, first);
        seen_string(&flow, 0, stream + first);
        check_stream_facts(&flow);
        seen_close(&flow);
    }
}

static void sip_stream_of_single_bytes_gives_the_same_facts(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    for (uint32_t i = 0; i < sizeof stream - 1; i++) {
        seen_bytes(&flow, 0, stream + i, 1);
    }
    check_stream_facts(&flow);
    seen_close(&flow);
}

static void sip_stream_is_claimed_as_soon_as_it_is_sure(void)
{
    uint32_t sure = (uint32_t)strlen("INVITE sip:b");
    uint32_t line = (uint32_t)strlen("INVITE sip:b@x SIP/2.0\r\n");
    for (uint32_t n = 1; n < line; n++) {
        CHECK_EQ(seen_claim(&sip_analyzer, stream + 4, n, true), n < sure ? CLAIM_MORE : CLAIM_YES);
    }
    CHECK_EQ(seen_claim(&sip_analyzer, stream + 4, line, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sip_analyzer, "SIP/2.0 200 ", 12, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sip_analyzer, "OPTIONS sips:x", 14, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sip_analyzer, "OPTIONS rtsp://x", 16, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&sip_analyzer, "SIP/2.0 99 x", 12, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&sip_analyzer, stream, line + 4, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&sip_analyzer, "SIP/2.0 1", 9, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&sip_analyzer, "GET /x", 6, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&sip_analyzer, "\x16\x03\x01", 3, true), CLAIM_NO);
    static char endless[10000];
    memset(endless, 'A', sizeof endless);
    endless[6] = ' ';
    CHECK_EQ(seen_claim(&sip_analyzer, endless, 8000, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&sip_analyzer, endless, sizeof endless, true), CLAIM_NO);
}

/* Of each packet the capture kept the beginning: it is SIP all the same, and readable. */
static void sip_stream_of_which_little_was_kept_is_told(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0, "INVITE sip:bob@contoso.com;tra");
    seen_gap(&flow, 0, 800);
    seen_string(&flow, 1, "SIP/2.0 180 Ringing\r\nVia: SIP");
    seen_gap(&flow, 1, 300);
    CHECK(seen_text(OBS_SIP_TRANSPORT, "tcp"));
    CHECK_EQ(seen_times(OBS_SIP_BEGIN), 2);
    CHECK(seen_text(OBS_SIP_BEGIN, "INVITE"));
    CHECK_EQ(seen_times(OBS_SIP_MESSAGE), 0);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void sip_stream_steps_over_a_huge_body(void)
{
    static const char media[] = "m=audio 9 RTP/AVP 0\r\n";
    static char body[70000];
    memset(body, 'x', sizeof body);
    memcpy(body, media, sizeof media - 1);
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0,
                "MESSAGE sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
                "Content-Type: application/sdp\r\nContent-Length: 70000\r\n\r\n");
    CHECK_EQ(flow.kept_size[0], 0);
    CHECK_EQ(seen_times(OBS_CUT), 1);
    for (uint32_t i = 0; i < sizeof body; i += 1000) {
        seen_bytes(&flow, 0, body + i, 1000);
        CHECK_EQ(flow.kept_size[0], 0);
    }
    seen_string(&flow, 0, "BYE sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\n\r\n");
    CHECK(seen_text(OBS_SIP_METHOD, "BYE"));
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 0);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void sip_stream_does_not_wait_for_endless_headers(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0, "INVITE sip:x SIP/2.0\r\n");
    for (int i = 0; i < 4000 && seen_times(OBS_MALFORMED) == 0; i++) {
        seen_string(&flow, 0, "Header: value\r\n");
        CHECK(flow.kept_size[0] < 33 * 1024);
    }
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    CHECK_EQ(flow.kept_size[0], 0);
    seen_close(&flow);
}

static void sip_stream_is_picked_up_in_the_middle_without_a_fault(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    flow.used[0] = flow.used[1] = true; /* the capture began later */
    seen_string(&flow, 0, "OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n");
    seen_string(&flow, 1, "rver: x\r\nContent-Length: 0\r\n\r\n");
    seen_string(&flow, 1, "SIP/2.0 200 OK\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n");
    CHECK(seen_text(OBS_SIP_RESPONSE, "200"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void sip_stream_goes_on_after_holes(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0, "INVITE sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 IN");
    seen_gap(&flow, 0, 300);
    seen_string(&flow, 0, "RTP/AVP 0\r\na=sendrecv\r\n");
    seen_string(&flow, 0, "BYE sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\nl: 100000\r\n\r\n");
    seen_gap(&flow, 0, 99990); /* inside the body that is stepped over */
    seen_string(&flow, 0, "0123456789ACK sip:x SIP/2.0\r\nCall-ID: 2\r\n\r\n");
    CHECK(seen_text(OBS_SIP_METHOD, "BYE"));
    CHECK(seen_text(OBS_SIP_METHOD, "ACK"));
    CHECK(!seen_text(OBS_SIP_METHOD, "INVITE"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void sip_stream_garbage_is_told_once_and_given_up(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0, stream);
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(flow.last, FEED_MORE);
        seen_string(&flow, 0, "no message\r\n");
    }
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void sip_stream_binary_after_negotiate_is_compressed(void)
{
    static const uint8_t packed[] = { 0x42, 0x01, 0x00, 0x9c, 0x80, 0xff };
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0,
                "NEGOTIATE sip:127.0.0.1 SIP/2.0\r\nCall-ID: n\r\nCSeq: 1 NEGOTIATE\r\n"
                "Compression: LZ77-8K\r\nContent-Length: 0\r\n\r\n");
    seen_string(&flow, 1, "SIP/2.0 200 OK\r\nCall-ID: n\r\nCSeq: 1 NEGOTIATE\r\nl: 0\r\n\r\n");
    CHECK_EQ(seen_times(OBS_SIP_COMPRESSED), 0);
    seen_bytes(&flow, 0, packed, sizeof packed);
    CHECK_EQ(seen_value(OBS_SIP_COMPRESSED), 1);
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

/* What stands last when the capture ends may be half a line. */
static void sip_stream_that_ends_in_a_message_tells_whole_lines_only(void)
{
    static const char text[] = "INVITE sip:x SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n"
                               "Content-Type: application/sdp\r\nContent-Length: 55\r\n\r\n"
                               "v=0\r\nc=IN IP4 192.0.2.33\r\nm=audio 49172 RTP/AVP 0\r\n";
    for (uint32_t n = 30; n < sizeof text; n++) {
        struct seen_flow flow = seen_open(&sip_analyzer);
        seen_bytes(&flow, 0, text, n);
        seen_finish(&flow, 0);
        seen_close(&flow);
        CHECK(seen_text(OBS_SIP_METHOD, "INVITE"));
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        CHECK_EQ(seen_times(OBS_CUT), 1);
        CHECK(seen_times(OBS_SIP_CALL_ID) == 0 || seen_text(OBS_SIP_CALL_ID, "one"));
        CHECK(seen_times(OBS_SDP_ADDRESS) == 0 || seen_text(OBS_SDP_ADDRESS, "192.0.2.33"));
        CHECK(seen_times(OBS_SDP_PROTO) == 0 || seen_text(OBS_SDP_PROTO, "RTP/AVP"));
    }
}

static void sip_stream_message_too_long_to_read_is_still_a_message(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    seen_string(&flow, 0,
                "MESSAGE sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
                "Content-Type: text/plain\r\nContent-Length: 70000\r\n\r\nhello");
    CHECK_EQ(seen_value(OBS_SIP_IM), 1);
    seen_close(&flow);
}

static void sip_stream_any_flipped_byte_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof stream - 1; i++) {
        for (int v = 1; v < 256; v += 9) {
            char m[sizeof stream];
            memcpy(m, stream, sizeof m);
            m[i] = (char)(m[i] ^ v);
            struct seen_flow flow = seen_open(&sip_analyzer);
            seen_bytes(&flow, 0, m, sizeof m / 2);
            seen_bytes(&flow, 0, m + sizeof m / 2, sizeof m - 1 - sizeof m / 2);
            CHECK(seen_times(OBS_MALFORMED) < 6);
            CHECK(seen_times(OBS_SIP_MESSAGE) <= 5);
            seen_close(&flow);
        }
    }
}

int main(void)
{
    sip_stream_split_anywhere_gives_the_same_facts();
    sip_stream_of_single_bytes_gives_the_same_facts();
    sip_stream_is_claimed_as_soon_as_it_is_sure();
    sip_stream_of_which_little_was_kept_is_told();
    sip_stream_steps_over_a_huge_body();
    sip_stream_does_not_wait_for_endless_headers();
    sip_stream_is_picked_up_in_the_middle_without_a_fault();
    sip_stream_goes_on_after_holes();
    sip_stream_garbage_is_told_once_and_given_up();
    sip_stream_binary_after_negotiate_is_compressed();
    sip_stream_that_ends_in_a_message_tells_whole_lines_only();
    sip_stream_message_too_long_to_read_is_still_a_message();
    sip_stream_any_flipped_byte_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_msrp.c: MSRP messages on streams (RFC 4975). */
#include "tests/seen.h"

extern const struct analyzer msrp_analyzer;

#define PATHS                                                                                      \
    "To-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp\r\n"                              \
    "From-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp\r\n"

/* RFC 4975 4. */
static const char send[] = "MSRP a786hjs2 SEND\r\n" PATHS "Message-ID: 87652491\r\n"
                           "Byte-Range: 1-25/25\r\n"
                           "Content-Type: text/plain\r\n\r\n"
                           "Hey Bob, are you there?\r\n"
                           "-------a786hjs2$\r\n";
static const char answer[] = "MSRP a786hjs2 200 OK\r\n" PATHS "-------a786hjs2$\r\n";
/* RFC 4975 11.4, of a chunked message. */
static const char wrapped[] = "MSRP d93kswow SEND\r\n" PATHS "Message-ID: 12339sdqwer\r\n"
                              "Byte-Range: 1-137/148\r\n"
                              "Content-Type: message/cpim\r\n\r\n"
                              "To: Bob <sip:bob@example.com>\r\n"
                              "From: Alice <sip:alice@example.com>\r\n"
                              "DateTime: 2006-05-15T15:02:31-03:00\r\n"
                              "Content-Type: text/plain\r\n\r\n"
                              "ABCD\r\n"
                              "-------d93kswow+\r\n";

static void feed_one(const char *text)
{
    struct seen_flow flow = seen_open(&msrp_analyzer);
    seen_string(&flow, 0, text);
    seen_close(&flow);
}

static void a_message_and_its_answer_are_read(void)
{
    struct seen_flow flow = seen_open(&msrp_analyzer);
    seen_string(&flow, 1, send);
    seen_string(&flow, 0, answer);
    CHECK(seen_text(OBS_APP, "msrp"));
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK(seen_text(OBS_MSRP_METHOD, "SEND"));
    CHECK(seen_text(OBS_MSRP_RESPONSE, "200"));
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    CHECK(!seen_anywhere("Bob") && !seen_anywhere("kjhd37s2s20w2a"));
    seen_close(&flow);
}

static void an_answer_tells_who_asked(void)
{
    feed_one(answer);
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 0);
}

/* RFC 3862 puts an empty line before the headers of what is wrapped, RFC 4975 11 does not. */
static void what_cpim_wraps_is_looked_at(void)
{
    static const char *const types[] = { "\r\nContent-Type: text/plain", "Content-Type: text/plain",
                                         "\r\nContent-Type: application/im-iscomposing+xml",
                                         "Content-Type: message/imdn+xml" };
    feed_one(wrapped);
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 1);
    for (unsigned i = 0; i < 4; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "MSRP d93kswow SEND\r\nContent-Type: message/cpim\r\n\r\n"
                 "From: <sip:a@example.com>\r\n%s\r\n\r\nABCD\r\n-------d93kswow$\r\n",
                 types[i]);
        feed_one(text);
        CHECK_EQ(seen_times(OBS_MSRP_TEXT), i < 2 ? 1 : 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    }
}

static void nobody_wrote_typing_notices_reports_and_empty_bodies(void)
{
    feed_one("MSRP 1234 SEND\r\nContent-Type: application/im-iscomposing+xml\r\n\r\n"
             "<isComposing/>\r\n-------1234$\r\n");
    CHECK_EQ(seen_times(OBS_MSRP_METHOD), 1);
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 0);
    feed_one("MSRP 1234 REPORT\r\nByte-Range: 1-39/39\r\nStatus: 000 200 OK\r\n-------1234$\r\n");
    CHECK(seen_text(OBS_MSRP_METHOD, "REPORT"));
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 0);
    feed_one("MSRP 1234 SEND\r\nContent-Type: text/plain\r\n\r\n\r\n-------1234$\r\n");
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 0);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
}

static void messages_cut_anywhere_are_the_same(void)
{
    char all[2048];
    snprintf(all, sizeof all, "%s%s%s", send, wrapped, send);
    uint32_t size = (uint32_t)strlen(all);
    for (uint32_t first = 0; first <= size; first++) {
        struct seen_flow flow = seen_open(&msrp_analyzer);
        seen_bytes(&flow, 0, all, first);
        seen_bytes(&flow, 0, all + first, size - first);
        CHECK_EQ(seen_times(OBS_MSRP_METHOD), 3);
        CHECK_EQ(flow.kept_size[0], 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

/* A file has no lines, and may hold what looks like the end of another message. */
static void bodies_without_line_ends_are_stepped_over(void)
{
    struct seen_flow flow = seen_open(&msrp_analyzer);
    seen_string(&flow, 0, "MSRP 1234 SEND\r\nContent-Type: image/jpeg\r\n\r\n");
    for (unsigned i = 0; i < 40; i++) {
        char piece[4096];
        memset(piece, 'x', sizeof piece);
        seen_bytes(&flow, 0, piece, sizeof piece);
        CHECK(flow.kept_size[0] <= 64);
    }
    seen_string(&flow, 0, "\r\n-------1235$\r\n-------1234$\r\n");
    seen_string(&flow, 0, send);
    CHECK_EQ(seen_times(OBS_MSRP_METHOD), 2);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void behind_a_hole_the_next_message_is_found(void)
{
    struct seen_flow flow = seen_open(&msrp_analyzer);
    seen_bytes(&flow, 0, send, 60);
    seen_gap(&flow, 0, 50);
    seen_string(&flow, 0, "rest of a line\r\nMessage-ID: 1\r\n\r\nwords\r\n-------a786hjs2$\r\n");
    CHECK_EQ(seen_times(OBS_MSRP_TEXT), 0);
    seen_string(&flow, 0, send);
    CHECK_EQ(seen_times(OBS_MSRP_METHOD), 2);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void garbage_is_told_once_and_given_up(void)
{
    struct seen_flow flow = seen_open(&msrp_analyzer);
    seen_string(&flow, 0, send);
    for (unsigned i = 0; i < 65; i++) {
        CHECK_EQ(flow.last, FEED_MORE);
        seen_string(&flow, 0, "MSRP is not spoken here\r\n");
    }
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void streams_are_claimed_by_the_start_line(void)
{
    for (uint32_t n = 1; n < 20; n++) {
        CHECK_EQ(seen_claim(&msrp_analyzer, send, n, true), CLAIM_MORE);
        CHECK_EQ(seen_claim(&msrp_analyzer, send, n, false), CLAIM_NO);
    }
    CHECK_EQ(seen_claim(&msrp_analyzer, send, 20, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&msrp_analyzer, answer, sizeof answer - 1, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&msrp_analyzer, "MSRP abc SEND\r\n", 15, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&msrp_analyzer, "MSRP abcd 2000\r\n", 16, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&msrp_analyzer, "MSRPS abcd SEND\r\n", 17, true), CLAIM_NO);
}

static void cut_and_flipped_bytes_stay_in_bounds(void)
{
    char all[sizeof wrapped];
    for (uint32_t i = 0; i < sizeof wrapped - 1; i++) {
        for (int v = 1; v < 256; v += 7) {
            memcpy(all, wrapped, sizeof all);
            all[i] = (char)(all[i] ^ v);
            (void)seen_claim(&msrp_analyzer, all, sizeof all - 1, true);
            struct seen_flow flow = seen_open(&msrp_analyzer);
            seen_bytes(&flow, 0, all, sizeof all - 1);
            seen_finish(&flow, 0);
            CHECK(seen_times(OBS_MSRP_METHOD) <= 1);
            seen_close(&flow);
        }
        (void)seen_claim(&msrp_analyzer, wrapped, i, true);
    }
}

int main(void)
{
    a_message_and_its_answer_are_read();
    an_answer_tells_who_asked();
    what_cpim_wraps_is_looked_at();
    nobody_wrote_typing_notices_reports_and_empty_bodies();
    messages_cut_anywhere_are_the_same();
    bodies_without_line_ends_are_stepped_over();
    behind_a_hole_the_next_message_is_found();
    garbage_is_told_once_and_given_up();
    streams_are_claimed_by_the_start_line();
    cut_and_flipped_bytes_stay_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_http_framing.c: where HTTP bodies begin, end or stay away; hostile framings. */
#include "tests/seen.h"

extern const struct analyzer http_analyzer;

/* One exchange: is the path told as content? */
static bool is_content(const char *request, const char *response)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, request);
    seen_string(&flow, 1, response);
    seen_finish(&flow, 1);
    seen_close(&flow);
    return seen_times(OBS_HTTP_CONTENT_PATH) > 0;
}

static void http_content_is_what_a_receiver_may_take_for_content(void)
{
    static const char get[] = "GET /abs/x HTTP/1.1\r\nHost: h\r\n\r\n";
    static const struct {
        const char *response;
        bool content;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\nbody", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0, 4\r\n\r\nbody", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nbody", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nbody", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: gzip\r\n\r\nbody", true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n4\r\nbody",
          true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
          "4\r\nbody",
          true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;ext=\"4\"\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0, 0\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 4\r\nContent-Length: 0\r\n\r\n", false },
        { "HTTP/1.1 302 Found\r\nLocation: https://h/\r\nContent-Length: 4\r\n\r\nbody", false },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", true },
        { "HTTP/1.1 103 Early Hints\r\nLocation: https://h/\r\n\r\n"
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
          false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQ(is_content(get, rows[i].response), rows[i].content);
    }
    CHECK(!is_content("HEAD /abs/x HTTP/1.1\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    CHECK(!is_content("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                      "HTTP/1.1 204 OK\r\n\r\n"));
}

/* RFC 9110 10.1.1: the first answer asks for credentials, the body comes with the second request.
 */
static void http_body_that_was_only_expected_is_no_content(void)
{
    static const char post[] = "POST /GroupExpansion/s.svc HTTP/1.1\r\nExpect: 100-continue\r\n"
                               "Content-Length: 64\r\n\r\n";
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, post);
    seen_string(&flow, 1,
                "HTTP/1.1 302 Found\r\nLocation: https://h/\r\nContent-Length: 0\r\n\r\n");
    seen_string(&flow, 0, "GET /n");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_string(&flow, 0, "ext HTTP/1.1\r\n\r\n");
    CHECK(seen_text(OBS_HTTP_PATH, "/next"));
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_string(&flow, 1, "HTTP/1.1 204 No\r\n\r\n");
    seen_string(&flow, 0, post);
    seen_string(&flow, 1, "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_string(&flow, 0, "<s:Envelope>");
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/GroupExpansion/s.svc"));
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    seen_close(&flow);
}

static void http_pipeline_that_never_rests_keeps_its_paths(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /first HTTP/1.1\r\n\r\n");
    for (unsigned i = 0; i < 60; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET /%0100u HTTP/1.1\r\n\r\n", i);
        seen_string(&flow, 0, text);
        seen_string(&flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    }
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 60);
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/first"));
    CHECK_EQ(seen_times(OBS_CUT) + seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

/* The capture may have swapped the first request and its response: then nobody knows the pairs. */
static void http_response_before_its_request_makes_pairs_unknown(void)
{
    static const char found[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 1, "HTTP/1.1 302 No\r\nContent-Length: 0\r\n\r\n");
    seen_string(&flow, 0, "GET /abs/a HTTP/1.1\r\n\r\n");
    seen_string(&flow, 0, "GET /b HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, found);
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    CHECK(seen_text(OBS_CUT, "http"));
    CHECK_EQ(seen_times(OBS_CUT), 1);
    seen_close(&flow);
    flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /a HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, found);
    seen_string(&flow, 1, "HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
    seen_string(&flow, 0, "GET /b HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, found);
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 2);
    CHECK_EQ(seen_times(OBS_CUT), 0);
    seen_close(&flow);
}

static void http_requests_without_a_response_are_told(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_HTTP_UNANSWERED), 2);
    CHECK_EQ(seen_nth(OBS_HTTP_UNANSWERED, 0)->obs.packet, 7);
    flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /a HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_HTTP_UNANSWERED), 0);
}

static void http_headers_that_end_with_the_capture_are_cut(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /a HTTP/1.1\r\nHost: pool.cont");
    seen_finish(&flow, 0);
    CHECK(seen_text(OBS_HTTP_PATH, "/a"));
    CHECK_EQ(seen_times(OBS_HTTP_HOST), 0);
    CHECK_EQ(seen_times(OBS_CUT), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

/* Chunks may be smaller than a hole: what follows is data until a message starts. */
static void http_goes_on_after_a_hole_in_a_long_chunked_body(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /a HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab");
    seen_gap(&flow, 1, 5000);
    for (int i = 0; i < 100; i++) {
        seen_string(&flow, 1, "4\r\nabcd\r\n");
    }
    CHECK_EQ(flow.last, FEED_MORE);
    seen_string(&flow, 0, "GET /abs/b HTTP/1.1\r\n\r\n");
    CHECK(seen_text(OBS_HTTP_PATH, "/abs/b"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

int main(void)
{
    http_content_is_what_a_receiver_may_take_for_content();
    http_body_that_was_only_expected_is_no_content();
    http_pipeline_that_never_rests_keeps_its_paths();
    http_response_before_its_request_makes_pairs_unknown();
    http_requests_without_a_response_are_told();
    http_headers_that_end_with_the_capture_are_cut();
    http_goes_on_after_a_hole_in_a_long_chunked_body();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

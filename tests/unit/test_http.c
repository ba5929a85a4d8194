/* tests/unit/test_http.c: HTTP/1 connections. */
#include "tests/seen.h"

extern const struct analyzer http_analyzer;

static void http_request_and_response_tell_their_facts(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0,
                "GET /ABS/int/Handler/F-0dd.lsabs?user=bob&ticket=s3cr3t HTTP/1.1\r\n"
                "Host: pool.contoso.com\r\nAuthorization: NTLM TlRMTVNTUAADAAAA\r\n"
                "Cookie: sid=c00kie\r\n\r\n");
    seen_string(&flow, 1,
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nWWW-Authenticate: Negotiate\r\n\r\nb0dy");
    CHECK_EQ(seen[0].obs.kind, OBS_APP);
    CHECK(seen_text(OBS_APP, "http"));
    CHECK_EQ(seen_value(OBS_CLIENT), 0);
    CHECK_EQ(seen_value(OBS_HTTP_REQUESTS), 1);
    CHECK(seen_text(OBS_HTTP_HOST, "pool.contoso.com"));
    CHECK(seen_text(OBS_HTTP_PATH, "/ABS/int/Handler/F-0dd.lsabs?<masked>"));
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/ABS/int/Handler/F-0dd.lsabs?<masked>"));
    CHECK(seen_text(OBS_HTTP_AUTH_SCHEME, "NTLM"));
    CHECK(seen_text(OBS_HTTP_AUTH_SCHEME, "Negotiate"));
    CHECK_EQ(seen_times(OBS_HTTP_CREDENTIALS_EXPOSED), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    static const char *const secrets[] = { "s3cr3t", "bob", "TlRM", "c00kie", "b0dy" };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(!seen_anywhere(secrets[i]));
    }
    seen_close(&flow);
}

/* Pipelined: a body of a length, HEAD, chunks with a trailer (RFC 9112 7.1), 304, 100. */
static const char requests[] =
    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nGET /no HTTP/1.1\r\n\r\n"
    "HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n"
    "GET /c HTTP/1.0\r\nHost: h\r\n\r\n"
    "GET /d HTTP/1.1\r\nHost: h\r\n\r\n"
    "PUT /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    "4;ext=1\r\n\r\n\r\n\r\n0\r\nTrailer: x\r\n\r\n"
    "GET /f HTTP/1.1\nHost: h\n\n";
static const char responses[] =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"
    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\nHTTP/1.1 200 OK\r\n\r\n0123456789"
    "\r\n0\r\n\r\n\r\n"
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    "HTTP/1.1 302 Found\r\nLocation: https://h/f\r\nContent-Length: 0\r\n\r\n";

static void check_pipeline(const struct seen_flow *flow)
{
    CHECK_EQ(seen_value(OBS_HTTP_REQUESTS), 6);
    CHECK_EQ(seen_times(OBS_HTTP_PATH), 6);
    CHECK_EQ(seen_times(OBS_HTTP_HOST), 1);
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 3);
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/a"));
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/c"));
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/e"));
    CHECK_EQ(seen_times(OBS_HTTP_REDIRECT_TO_HTTPS), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    CHECK_EQ(flow->kept_size[0] + flow->kept_size[1], 0);
    CHECK_EQ(flow->last, FEED_MORE);
}

static void http_pipeline_split_anywhere_gives_the_same_facts(void)
{
    for (uint32_t first = 0; first < sizeof requests; first++) {
        uint32_t second = first < sizeof responses ? first : (uint32_t)sizeof responses - 1;
        struct seen_flow flow = seen_open(&http_analyzer);
        seen_bytes(&flow, 0, requests, first);
        seen_string(&flow, 0, requests + first);
        seen_bytes(&flow, 1, responses, second);
        seen_string(&flow, 1, responses + second);
        check_pipeline(&flow);
        seen_close(&flow);
    }
    for (uint32_t first = 0; first < sizeof responses; first++) {
        struct seen_flow flow = seen_open(&http_analyzer);
        seen_string(&flow, 0, requests);
        seen_bytes(&flow, 1, responses, first);
        seen_string(&flow, 1, responses + first);
        check_pipeline(&flow);
        seen_close(&flow);
    }
}

static void http_one_direction_alone_gives_its_facts(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 1,
                "HTTP/1.1 301 Moved\r\nLocation: HTTPS://h/\r\nContent-Length: 0\r\n\r\n");
    CHECK_EQ(seen_value(OBS_CLIENT), 0);
    CHECK_EQ(seen_times(OBS_HTTP_REDIRECT_TO_HTTPS), 1);
    CHECK_EQ(seen_times(OBS_HTTP_REQUESTS) + seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_close(&flow);
    flow = seen_open(&http_analyzer);
    seen_string(&flow, 1, requests);
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK_EQ(seen_value(OBS_HTTP_REQUESTS), 6);
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 2);
    seen_close(&flow);
}

static void http_response_without_a_length_goes_to_the_end_or_the_next_response(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /one HTTP/1.0\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.0 200 OK\r\n\r\n");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_string(&flow, 0, "GET /two HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\n\r\n");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0);
    seen_string(&flow, 1, "body");
    CHECK(seen_text(OBS_HTTP_CONTENT_PATH, "/two"));
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\n\r\nis text here: nobody asked");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 1);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void http_connect_and_upgrade_release_the_flow(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "CONNECT user:pw@edge.example.com:443 HTTP/1.1\r\nHost: e\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
    CHECK_EQ(flow.last, FEED_MORE);
    seen_string(&flow, 0, "CONNECT edge.example.com:443 HTTP/1.1\r\nHost: e\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200 Established\r\n\r\n\x16\x03\x01");
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(flow.kept_size[1], 3);
    CHECK(seen_text(OBS_HTTP_PATH, "edge.example.com:443"));
    CHECK(!seen_anywhere("user:pw"));
    seen_close(&flow);

    flow = seen_open(&http_analyzer); /* [MS-SSTP] 3.2.4.1: the length is 2^64 - 1, both ways */
    seen_string(&flow, 0,
                "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
                "Host: vpn\r\nContent-Length: 18446744073709551615\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200\r\nContent-Length: 18446744073709551615\r\n\r\n\x10\x01");
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(flow.kept_size[1], 2);
    CHECK(seen_text(OBS_WRAPPER, "sstp"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);

    flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81");
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(flow.kept_size[1], 1);
    seen_close(&flow);
}

static void http_targets_lose_everything_that_may_be_secret(void)
{
    static const struct {
        const char *target, *path;
    } rows[] = {
        { "http://bob:pw@proxy.example.com:80/x/y?q=1", "/x/y?<masked>" },
        { "http://bare.example.com", "/" },
        { "http://bob:pw@h?to=/x@y", "/?<masked>" },
        { "x?to=a@secret", "x?<masked>" },
        { "*", "*" },
        { "/a;jsessionid=77#f", "/a;<masked>" },
        { "/redirect?to=http://x@y/", "/redirect?<masked>" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: u:p@h\r\n\r\n", rows[i].target);
        struct seen_flow flow = seen_open(&http_analyzer);
        seen_string(&flow, 0, text);
        CHECK(seen_text(OBS_HTTP_PATH, rows[i].path));
        CHECK(seen_text(OBS_HTTP_HOST, "h"));
        seen_close(&flow);
    }
}

static void http_only_http1_is_claimed(void)
{
    static const struct {
        const char *text;
        enum claim claim;
    } rows[] = {
        { "GET / HTTP/1.1\r\n", CLAIM_YES },
        { "M-SEARCH * HTTP/1.1\n", CLAIM_YES },
        { "HTTP/1.0 404 x\r\n", CLAIM_YES },
        { "OPTIONS rtsp://x RTSP/1.0\r\n", CLAIM_NO },
        { "SUBSCRIBE sip:x SIP/2.0\r\n", CLAIM_NO },
        { "PRI * HTTP/2.0\r\n", CLAIM_NO },
        { "GET /\r\n", CLAIM_NO },
        { "G(T / HTTP/1.1\r\n", CLAIM_NO },
        { "HTTP/1.1 x\r\n", CLAIM_NO },
        { "GET /x", CLAIM_MORE },
        { "HTTP/1.1 20", CLAIM_MORE },
        { "\x16\x03\x01\x02", CLAIM_NO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t size = (uint32_t)strlen(rows[i].text);
        CHECK_EQ(seen_claim(&http_analyzer, rows[i].text, size, true), rows[i].claim);
    }
}

static void http_goes_on_after_holes_without_guessing(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "PUT /a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n12345");
    seen_gap(&flow, 0, 4990); /* inside the body: nothing is lost */
    seen_string(&flow, 0, "67890GET /b HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 20");
    CHECK(seen_text(OBS_HTTP_PATH, "/b"));
    seen_gap(&flow, 1, 100); /* the response to /b */
    seen_string(&flow, 1, "of a body\r\n");
    seen_string(&flow, 0, "GET /c HTTP/1.1\r\n\r\n");
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 1); /* /a: nobody knows whose response this is */
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void http_garbage_is_told_once_and_given_up(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    seen_string(&flow, 0, "GET / HTTP/1.1\r\n\r\n");
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(flow.last, FEED_MORE);
        seen_string(&flow, 0, "no request\r\n");
    }
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void http_bad_lengths_are_malformed(void)
{
    static const char *const bad[] = {
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5, 6\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct seen_flow flow = seen_open(&http_analyzer);
        seen_string(&flow, 0, bad[i]);
        CHECK_EQ(seen_times(OBS_MALFORMED), 1);
        seen_close(&flow);
    }
}

static void http_lists_stop_at_their_caps_and_say_so(void)
{
    struct seen_flow flow = seen_open(&http_analyzer);
    for (unsigned i = 0; i < 70; i++) {
        char text[64];
        snprintf(text, sizeof text, "GET /%u HTTP/1.1\r\n\r\n", i);
        seen_string(&flow, 0, text);
    }
    CHECK_EQ(seen_value(OBS_HTTP_REQUESTS), 70);
    CHECK_EQ(seen_times(OBS_HTTP_PATH), 64);
    CHECK_EQ(seen_times(OBS_CUT), 6 + 1); /* six paths, and that responses lost their requests */
    seen_string(&flow, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    CHECK_EQ(seen_times(OBS_HTTP_CONTENT_PATH), 0); /* more than 32 waited */
    seen_close(&flow);
}

static void http_any_flipped_byte_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof requests - 1; i++) {
        for (int v = 1; v < 256; v += 9) {
            char m[sizeof requests];
            memcpy(m, requests, sizeof m);
            m[i] = (char)(m[i] ^ v);
            struct seen_flow flow = seen_open(&http_analyzer);
            seen_bytes(&flow, 0, m, sizeof m / 2);
            seen_string(&flow, 1, responses);
            seen_bytes(&flow, 0, m + sizeof m / 2, sizeof m - 1 - sizeof m / 2);
            CHECK(seen_times(OBS_HTTP_REQUESTS) <= 8);
            seen_close(&flow);
        }
    }
}

int main(void)
{
    http_request_and_response_tell_their_facts();
    http_pipeline_split_anywhere_gives_the_same_facts();
    http_one_direction_alone_gives_its_facts();
    http_response_without_a_length_goes_to_the_end_or_the_next_response();
    http_connect_and_upgrade_release_the_flow();
    http_targets_lose_everything_that_may_be_secret();
    http_only_http1_is_claimed();
    http_goes_on_after_holes_without_guessing();
    http_garbage_is_told_once_and_given_up();
    http_bad_lengths_are_malformed();
    http_lists_stop_at_their_caps_and_say_so();
    http_any_flipped_byte_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

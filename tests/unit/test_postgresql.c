/* tests/unit/test_postgresql.c: PostgreSQL up to TLS or the session. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer postgresql_analyzer;

/* 55.7 of the manual: SSLRequest, GSSENCRequest, StartupMessage of user bob. */
static const char ssl_request[] = "0000000804d2162f";
static const char gss_request[] = "0000000804d21630";
static const char startup[] = "0000001200030000"
                              "7573657200626f620000";
static const char ask_clear[] = "520000000800000003";
static const char ask_md5[] = "520000000c0000000501020304";
static const char ask_scram[] = "52000000170000000a534352414d2d5348412d3235360000";
static const char password[] = "700000000b73656372657400";
static const char welcome[] = "520000000800000000";

static const struct say to_tls[] = {
    { C, gss_request }, { S, "4e" }, { C, ssl_request }, { S, "53" }, { 0, NULL }
};

static void ssl_is_followed_to_the_hello(void)
{
    say_becomes_tls(&postgresql_analyzer, to_tls, "postgresql");
    say_becomes_tls(&postgresql_analyzer, to_tls + 2, "postgresql");
    static struct seen_flow flow;
    flow = seen_open(&postgresql_analyzer);
    say_all(&flow, to_tls);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    seen_close(&flow);
}

static void passwords_after_a_refusal_are_told_by_their_kind(void)
{
    static const struct {
        const char *ask, *kind;
    } cases[] = { { ask_clear, "password" }, { ask_md5, "digest" }, { ask_scram, NULL } };
    for (size_t i = 0; i < 3; i++) {
        struct seen_flow flow = seen_open(&postgresql_analyzer);
        say_all(&flow, (const struct say[]){ { C, ssl_request },
                                             { S, "4e" },
                                             { C, startup },
                                             { S, cases[i].ask },
                                             { C, password },
                                             { 0, NULL } });
        CHECK(seen_text(OBS_STARTTLS_OFFER, "no"));
        CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
        CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), cases[i].kind != NULL ? 1 : 0);
        CHECK(cases[i].kind == NULL || seen_text(OBS_CREDENTIALS_EXPOSED, cases[i].kind));
        CHECK(!seen_anywhere("secret"));
        CHECK_EQ(flow.last, FEED_MORE);
        say_one(&flow, S, welcome);
        CHECK_EQ(flow.last, FEED_SETTLED);
        seen_close(&flow);
    }
}

static void a_client_that_never_asks_is_told_too(void)
{
    struct seen_flow flow = seen_open(&postgresql_analyzer);
    say_one(&flow, C, startup);
    CHECK(seen_text(OBS_APP, "postgresql"));
    CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
    CHECK_EQ(seen_times(OBS_STARTTLS_CLEAR), 0);
    seen_close(&flow);
}

static void clear_text_instead_of_tls_is_a_failure(void)
{
    struct seen_flow flow = seen_open(&postgresql_analyzer);
    say_all(&flow, to_tls);
    say_one(&flow, C, startup);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    seen_close(&flow);
}

/* CVE-2021-23214. */
static void what_is_sent_behind_the_request_is_counted(void)
{
    char both[SAY_MAX];
    snprintf(both, sizeof both, "%s%s", ssl_request, startup);
    struct seen_flow flow = seen_open(&postgresql_analyzer);
    say_one(&flow, C, both);
    CHECK_EQ(seen_value(OBS_STARTTLS_INJECTED), 18);
    seen_close(&flow);
}

static void gssapi_encryption_ends_reading(void)
{
    struct seen_flow flow = seen_open(&postgresql_analyzer);
    say_one(&flow, C, gss_request);
    say_one(&flow, S, "47");
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
    seen_close(&flow);
}

static void a_hole_makes_no_answer(void)
{
    struct seen_flow flow = seen_open(&postgresql_analyzer);
    say_one(&flow, C, ssl_request);
    seen_gap(&flow, S, 1);
    say_one(&flow, S, "4e");
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    say_one(&flow, C, say_client_hello);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void only_postgresql_is_claimed(void)
{
    say_claimed_when_whole(&postgresql_analyzer, ssl_request);
    say_claimed_when_whole(&postgresql_analyzer, startup);
    static const char *const others[] = {
        "0000000804d2162e0000000100000002",     /* a request to cancel is no conversation */
        "00000012000300006e616d6500626f620000", /* no user */
        "000000120002000075736572",             /* version 2 */
        "0000271100030000",                     /* longer than any */
        "0000000904d2162f",
        "000e6b65657020616c697665",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&postgresql_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, ssl_request }, { S, "4e" },     { C, startup },
                                       { S, ask_md5 },     { C, password }, { S, welcome },
                                       { 0, NULL } };
    say_spoilt_everywhere(&postgresql_analyzer, says);
    say_spoilt_everywhere(&postgresql_analyzer, to_tls);
}

int main(void)
{
    ssl_is_followed_to_the_hello();
    passwords_after_a_refusal_are_told_by_their_kind();
    a_client_that_never_asks_is_told_too();
    clear_text_instead_of_tls_is_a_failure();
    what_is_sent_behind_the_request_is_counted();
    gssapi_encryption_ends_reading();
    a_hole_makes_no_answer();
    only_postgresql_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

/* tests/unit/test_telnet.c: options of Telnet that protect, and passwords that are typed in clear.
 */
#include "tests/unit/starttls_play.h"

extern const struct analyzer telnet_analyzer;

/* RFC 854: DO TERMINAL-TYPE, DO NEW-ENVIRON; their answers. */
static const char asks[] = "fffd18fffd27";
static const char answers[] = "fffb18fffb27";
/* draft-altman-telnet-starttls-02 5: DO, WILL, FOLLOWS of both. */
static const char do_tls[] = "fffd2efffd18";
static const char will_tls[] = "fffb2e";
static const char follows[] = "fffa2e01fff0";
/* RFC 2946 2: START of a side's encryption, with key id 0. */
static const char start[] = "fffa260300fff0";
static const char login[] = "6c6f67696e3a20";            /* "login: " */
static const char name[] = "616c6963650d00";             /* "alice" */
static const char prompt[] = "0d0a50617373776f72643a20"; /* "Password: " */
static const char secret[] = "7365637265740d00";         /* "secret" */

/* A connection to the port of Telnet: C opened it. */
static void a_typed_password_is_told_and_not_shown(void)
{
    static const struct say says[] = { { S, asks },   { C, answers }, { S, login }, { C, name },
                                       { S, prompt }, { C, secret },  { 0, NULL } };
    for (unsigned slowly = 0; slowly < 2; slowly++) {
        struct seen_flow flow = seen_open(&telnet_analyzer);
        (slowly ? say_one_by_one : say_all)(&flow, says);
        CHECK(seen_text(OBS_APP, "telnet"));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
        CHECK(!seen_anywhere("secret"));
        CHECK(!seen_anywhere("alice"));
        seen_close(&flow);
    }
}

static void no_password_is_told_where_none_was_typed(void)
{
    static const struct say cases[][6] = {
        { { S, asks }, { S, login }, { C, name }, { 0, NULL } },
        { { S, asks }, { S, prompt }, { C, "0d00" }, { C, secret }, { 0, NULL } },
        { { S, asks }, { S, prompt }, { C, "7365" }, { 0, NULL } },
        { { S, asks }, { C, prompt }, { S, secret }, { 0, NULL } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen_flow flow = seen_open(&telnet_analyzer);
        say_all(&flow, cases[i]);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
        seen_close(&flow);
    }
}

static void tls_is_followed_to_the_hello(void)
{
    static const struct say says[] = {
        { S, do_tls }, { C, will_tls }, { S, follows }, { C, follows }, { 0, NULL }
    };
    say_becomes_tls(&telnet_analyzer, says, "telnet");
}

static void a_refusal_of_tls_is_told(void)
{
    static const struct say says[] = {
        { S, do_tls }, { C, will_tls }, { S, "fffe2e" }, { 0, NULL }
    };
    struct seen_flow flow = seen_open(&telnet_analyzer);
    say_all(&flow, says);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
    seen_close(&flow);
}

static void its_own_encryption_is_told_and_not_read(void)
{
    struct seen_flow flow = seen_open(&telnet_analyzer);
    say_one(&flow, S, "fffd26fffb26");
    CHECK(seen_text(OBS_TELNET_ENCRYPT, "offered"));
    say_one(&flow, S, start);
    CHECK_EQ(seen_times(OBS_TELNET_ENCRYPT), 3);
    say_one(&flow, S, prompt); /* ciphertext that happens to look so */
    say_one(&flow, C, secret);
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    say_one(&flow, C, start);
    say_one(&flow, C, "a1");
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK(seen_text(OBS_TELNET_ENCRYPT, "both"));
    seen_close(&flow);
}

static void a_doubled_byte_ends_no_option(void)
{
    struct seen_flow flow = seen_open(&telnet_analyzer);
    say_one(&flow, S, "fffd18fffd20fffa18fffff0");
    CHECK_EQ(flow.kept_size[S], 6); /* the end is not here yet */
    say_one(&flow, S, "fff0");
    CHECK_EQ(flow.kept_size[S], 0);
    seen_close(&flow);
}

static void a_hole_makes_no_password(void)
{
    struct seen_flow flow = seen_open(&telnet_analyzer);
    say_one(&flow, S, asks);
    say_one(&flow, S, prompt);
    seen_gap(&flow, C, 3);
    say_one(&flow, C, secret);
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    seen_close(&flow);
}

static void only_telnet_is_claimed(void)
{
    static const char *const others[] = { "fffd18aabb", "fffd99fffd18", "fff0fffd18",
                                          "fffffffb18", "ff534d42",     "16030100" };
    say_claimed_when_whole(&telnet_analyzer, asks);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&telnet_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { S, asks },    { C, answers }, { S, prompt },
                                       { C, secret },  { S, do_tls },  { C, will_tls },
                                       { S, follows }, { C, start },   { 0, NULL } };
    say_spoilt_everywhere(&telnet_analyzer, says);
}

int main(void)
{
    a_typed_password_is_told_and_not_shown();
    no_password_is_told_where_none_was_typed();
    tls_is_followed_to_the_hello();
    a_refusal_of_tls_is_told();
    its_own_encryption_is_told_and_not_read();
    a_doubled_byte_ends_no_option();
    a_hole_makes_no_password();
    only_telnet_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

/* tests/unit/test_mysql.c: MySQL's connection phase. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer mysql_analyzer;

#define SCRAMBLE "0102030405060708"
/* HandshakeV10 of "8.0.36": with CLIENT_SSL and without. */
static const char greeting[] = "1d0000000a"
                               "382e302e333600"
                               "0a000000" SCRAMBLE "00"
                               "ffff"
                               "ff0200ffdf15";
static const char greeting_plain[] = "1d0000000a"
                                     "382e302e333600"
                                     "0a000000" SCRAMBLE "00"
                                     "fff7"
                                     "ff0200ffdf15";
/* SSLRequest: capabilities with CLIENT_SSL, and nothing but the fixed part. */
static const char ssl_request[] = "20000001"
                                  "85ae3f19"
                                  "00000001"
                                  "ff"
                                  "0000000000000000000000000000000000000000000000";
/* HandshakeResponse41 of bob with an answer of 20 bytes, without one, and with a plugin in clear.
 */
#define RESPONSE                                                                                   \
    "85a63f19"                                                                                     \
    "00000001"                                                                                     \
    "ff"                                                                                           \
    "0000000000000000000000000000000000000000000000"                                               \
    "626f6200"
static const char response[] = "39000001" RESPONSE "14"
                               "4142434445464748494a4b4c4d4e4f5051525354";
static const char response_empty[] = "25000001" RESPONSE "00";
static const char response_clear[] = "41000001" RESPONSE "07"
                                     "73656372657400"
                                     "6d7973716c5f636c6561725f70617373776f726400";
static const char auth_switch[] = "16000002"
                                  "fe"
                                  "6d7973716c5f636c6561725f70617373776f726400";
static const char password[] = "07000003"
                               "73656372657400";
static const char ok[] = "0700000200000002000000";

static const struct say to_tls[] = { { S, greeting }, { C, ssl_request }, { 0, NULL } };

static void ssl_is_followed_to_the_hello(void)
{
    say_becomes_tls(&mysql_analyzer, to_tls, "mysql");
    static struct seen_flow flow;
    flow = seen_open(&mysql_analyzer);
    say_all(&flow, to_tls);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0); /* the protocol has none */
    seen_close(&flow);
}

static void answers_in_clear_are_told_by_their_kind(void)
{
    static const struct {
        const char *response, *kind;
    } cases[] = { { response, "digest" },
                  { response_empty, NULL },
                  { response_clear, "password" } };
    for (size_t i = 0; i < 3; i++) {
        struct seen_flow flow = seen_open(&mysql_analyzer);
        say_all(&flow, (const struct say[]){
                           { S, greeting_plain }, { C, cases[i].response }, { 0, NULL } });
        CHECK(seen_text(OBS_STARTTLS_OFFER, "no"));
        CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), cases[i].kind != NULL ? 1 : 0);
        CHECK(cases[i].kind == NULL || seen_text(OBS_CREDENTIALS_EXPOSED, cases[i].kind));
        CHECK_EQ(flow.last, FEED_MORE);
        say_one(&flow, S, ok);
        CHECK_EQ(flow.last, FEED_SETTLED);
        seen_close(&flow);
    }
}

static void a_server_that_asks_for_the_password_itself_gets_it(void)
{
    struct seen_flow flow = seen_open(&mysql_analyzer);
    say_all(&flow, (const struct say[]){ { S, greeting },
                                         { C, response_empty },
                                         { S, auth_switch },
                                         { C, password },
                                         { 0, NULL } });
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
    CHECK(!seen_anywhere("secret"));
    seen_close(&flow);
}

static void clear_text_instead_of_tls_is_a_failure(void)
{
    struct seen_flow flow = seen_open(&mysql_analyzer);
    say_all(&flow, to_tls);
    say_one(&flow, C, response);
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    seen_close(&flow);
}

static void a_hole_leaves_the_stream_to_others(void)
{
    struct seen_flow flow = seen_open(&mysql_analyzer);
    say_one(&flow, S, greeting);
    seen_gap(&flow, C, 36);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void only_mysql_is_claimed(void)
{
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(greeting, bytes);
    for (uint32_t n = 1; n < size - 6; n++) {
        CHECK_EQ(seen_claim(&mysql_analyzer, bytes, n, true), CLAIM_MORE);
    }
    CHECK_EQ(seen_claim(&mysql_analyzer, bytes, size, true), CLAIM_YES);
    static const char *const others[] = {
        "1e0000010a382e302e3336000a000000", /* not the first packet */
        "1e00000009382e302e3336000a000000", /* protocol 9 */
        "1e0000000a78797a000a000000010203040506070800ffffff",
        "1e0000000a3830333600"
        "0a000000" SCRAMBLE "00ffffff0200ffdf15", /* no version */
        "ff0f00000a382e302e333600"
        "0a000000" SCRAMBLE "00ffffff02", /* longer than any */
        "474554202f20485454502f312e31",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&mysql_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = {
        { S, greeting }, { C, response_clear }, { S, auth_switch }, { C, password }, { 0, NULL }
    };
    say_spoilt_everywhere(&mysql_analyzer, says);
    say_spoilt_everywhere(&mysql_analyzer, to_tls);
}

int main(void)
{
    ssl_is_followed_to_the_hello();
    answers_in_clear_are_told_by_their_kind();
    a_server_that_asks_for_the_password_itself_gets_it();
    clear_text_instead_of_tls_is_a_failure();
    a_hole_leaves_the_stream_to_others();
    only_mysql_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

/* tests/unit/test_socks.c: SOCKS 4, 4a and 5 until the proxy's reply. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer socks_analyzer;

static const char hello[] = "05020002"; /* no authentication, or user and password */
static const char none[] = "0500";
static const char wants_password[] = "0502";
static const char password[] = "0103626f6206736563726574";
static const char taken[] = "0100";
static const char connect_ip[] = "050100010a00000101bb";
static const char connect_ip6[] = "05010004"
                                  "fd770000000000000000000000000001"
                                  "01bb";
static const char connect_name[] = "05010003"
                                   "03612e62"
                                   "01bb";
static const char granted[] = "05000001000000000000";
static const char denied[] = "05050001000000000000";
static const char connect_4[] = "040101bb0a000001"
                                "626f6200";
static const char connect_4a[] = "040101bb00000001"
                                 "626f6200"
                                 "612e6200";
static const char granted_4[] = "005a000000000000";
static const char denied_4[] = "005b000000000000";

static void a_granted_request_hands_the_stream_over(void)
{
    static const struct {
        struct say says[6];
        const char *wrapper;
    } cases[] = {
        { { { C, hello }, { S, none }, { C, connect_ip }, { S, granted } }, "socks5" },
        { { { C, hello }, { S, none }, { C, connect_ip6 }, { S, granted } }, "socks5" },
        { { { C, hello }, { S, none }, { C, connect_name }, { S, granted } }, "socks5" },
        { { { C, connect_4 }, { S, granted_4 } }, "socks4" },
        { { { C, connect_4a }, { S, granted_4 } }, "socks4" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned slowly = 0; slowly < 2; slowly++) {
            struct seen_flow flow = seen_open(&socks_analyzer);
            if (slowly) {
                say_one_by_one(&flow, cases[i].says);
            } else {
                say_all(&flow, cases[i].says);
            }
            CHECK_EQ(flow.last, FEED_RELEASE);
            CHECK_EQ(seen[0].obs.kind, OBS_APP);
            CHECK(seen_text(OBS_APP, "socks"));
            CHECK(seen_text(OBS_WRAPPER, cases[i].wrapper));
            CHECK_EQ(seen_value(OBS_CLIENT), C);
            CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
            seen_close(&flow);
        }
    }
}

static void a_password_is_told_by_its_kind_only(void)
{
    struct seen_flow flow = seen_open(&socks_analyzer);
    say_one_by_one(&flow, (const struct say[]){ { C, hello },
                                                { S, wants_password },
                                                { C, password },
                                                { S, taken },
                                                { C, connect_ip },
                                                { S, granted },
                                                { 0, NULL } });
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
    CHECK(!seen_anywhere("secret") && !seen_anywhere("bob"));
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void what_is_not_granted_carries_nothing(void)
{
    struct seen_flow flow = seen_open(&socks_analyzer);
    say_all(&flow, (const struct say[]){
                       { C, hello }, { S, none }, { C, connect_ip }, { S, denied }, { 0, NULL } });
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
    flow = seen_open(&socks_analyzer);
    say_all(&flow, (const struct say[]){ { C, connect_4 }, { S, denied_4 }, { 0, NULL } });
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
    flow = seen_open(&socks_analyzer);
    say_all(&flow, (const struct say[]){ { C, hello }, { S, "05ff" }, { 0, NULL } });
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

/* Few bytes look like SOCKS: only the proxy's answer makes it that. */
static void without_its_answer_it_is_no_socks(void)
{
    static const struct say cases[][3] = {
        { { C, hello }, { S, "0501" }, { 0, NULL } },    /* a method that was not offered */
        { { C, hello }, { S, "4854" }, { 0, NULL } },    /* something else */
        { { C, connect_4 }, { S, "0163000000000000" } }, /* likewise */
        { { C, connect_4 }, { S, "0070000000000000" } }, /* a code that does not exist */
    };
    for (size_t i = 0; i < 4; i++) {
        struct seen_flow flow = seen_open(&socks_analyzer);
        say_all(&flow, cases[i]);
        CHECK_EQ(flow.last, FEED_RELEASE);
        CHECK_EQ(seen_count, 0);
        seen_close(&flow);
    }
}

static void what_a_hasty_client_sends_waits_for_the_reply(void)
{
    char both[SAY_MAX];
    snprintf(both, sizeof both, "%s%s", connect_ip, say_client_hello);
    struct seen_flow flow = seen_open(&socks_analyzer);
    say_all(&flow, (const struct say[]){
                       { C, hello }, { S, none }, { C, both }, { S, granted }, { 0, NULL } });
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(flow.kept_size[C], sizeof say_client_hello / 2);
    seen_close(&flow);
}

static void a_hole_leaves_the_stream_to_others(void)
{
    struct seen_flow flow = seen_open(&socks_analyzer);
    say_one(&flow, C, hello);
    seen_gap(&flow, S, 2);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void only_whole_hellos_are_claimed(void)
{
    say_claimed_when_whole(&socks_analyzer, hello);
    say_claimed_when_whole(&socks_analyzer, connect_4a);
    static const char *const others[] = {
        "05000b031000", /* DCE/RPC */
        "0502000005",   /* more than it says */
        "05020000",     /* a method twice */
        "05010a",       /* no method */
        "050b000102030405060708",
        "040301bb0a00000100", /* no such command */
        "040100000a00000100", /* no port */
        "040101bb0a000001"
        "01020300",
        "040101bb0a000001"
        "00"
        "16",
        "160301",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&socks_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say five[] = { { C, hello }, { S, wants_password }, { C, password },
                                       { S, taken }, { C, connect_name },   { S, granted },
                                       { 0, NULL } };
    static const struct say four[] = { { C, connect_4a }, { S, granted_4 }, { 0, NULL } };
    say_spoilt_everywhere(&socks_analyzer, five);
    say_spoilt_everywhere(&socks_analyzer, four);
}

int main(void)
{
    a_granted_request_hands_the_stream_over();
    a_password_is_told_by_its_kind_only();
    what_is_not_granted_carries_nothing();
    without_its_answer_it_is_no_socks();
    what_a_hasty_client_sends_waits_for_the_reply();
    a_hole_leaves_the_stream_to_others();
    only_whole_hellos_are_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

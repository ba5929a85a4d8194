/* tests/unit/test_rdp.c: the start of Remote Desktop connections ([MS-RDPBCGR] 4.1). */
#include "tests/unit/starttls_play.h"

extern const struct analyzer rdp_analyzer;

/* 4.1.1: a cookie and no protocol; 4.1.2: its answer. */
static const char request_standard[] =
    "0300002c27e00000000000436f6f6b69653a206d737473686173683d656c746f6e730d0a0100080000000000";
static const char confirm_standard[] = "030000130ed000001234000200080000000000";
/* TLS, NLA and NLA with early user authorization asked for; what answers that. */
static const char request[] = "030000130ee00000000000010008000b000000";
static const char confirm_tls[] = "030000130ed000001234000200080001000000";
static const char confirm_nla[] = "030000130ed000001234000201080002000000";
static const char confirm_new[] = "030000130ed000001234000201080020000000";
static const char failure[] = "030000130ed000001234000300080002000000";
static const char confirm_old[] = "0300000b06d00000123400";
static const char request_old[] = "0300000b06e00000000000";
/* MCS Connect Initial, and the Response with the blocks of core and security data: 2.2.1.4. */
static const char connect_initial[] = "0300000c02f0807f65820000";
#define CONNECT_RESPONSE(method, level)                                                            \
    "0300002702f0807f6620"                                                                         \
    "4d63446e18"                                                                                   \
    "010c0c000400080000000000"                                                                     \
    "020c0c00" method "000000" level "000000"
static const char connect_response[] = CONNECT_RESPONSE("02", "02");

static const struct say to_tls[] = { { C, request }, { S, confirm_tls }, { 0, NULL } };

static void tls_is_followed_to_the_hello(void)
{
    say_becomes_tls(&rdp_analyzer, to_tls, "rdp");
    static struct seen_flow flow;
    flow = seen_open(&rdp_analyzer);
    say_all(&flow, to_tls);
    CHECK(seen_text(OBS_RDP_SECURITY, "tls"));
    CHECK(seen_text(OBS_RDP_OFFER, "standard") && seen_text(OBS_RDP_OFFER, "tls"));
    CHECK(seen_text(OBS_RDP_OFFER, "nla") && seen_text(OBS_RDP_OFFER, "nla_ex"));
    CHECK_EQ(seen_times(OBS_RDP_OFFER), 4);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    seen_close(&flow);
}

static void what_is_chosen_has_its_name(void)
{
    static const struct {
        const char *confirm, *security, *answer;
    } cases[] = { { confirm_nla, "nla", "accepted" },
                  { confirm_new, "0x20", "accepted" },
                  { confirm_old, "standard", "refused" },
                  { failure, NULL, "refused" } };
    for (size_t i = 0; i < 4; i++) {
        struct seen_flow flow = seen_open(&rdp_analyzer);
        say_one(&flow, C, request);
        say_one(&flow, S, cases[i].confirm);
        CHECK(seen_text(OBS_STARTTLS_ANSWER, cases[i].answer));
        CHECK_EQ(seen_times(OBS_RDP_SECURITY), cases[i].security != NULL ? 1 : 0);
        CHECK(cases[i].security == NULL || seen_text(OBS_RDP_SECURITY, cases[i].security));
        CHECK_EQ(flow.last, cases[i].security != NULL ? FEED_MORE : FEED_SETTLED);
        seen_close(&flow);
    }
}

static void rdp_s_own_security_has_a_method_and_a_level(void)
{
    static const struct say says[] = { { C, request_standard },
                                       { S, confirm_standard },
                                       { C, connect_initial },
                                       { S, connect_response },
                                       { 0, NULL } };
    struct seen_flow flow = seen_open(&rdp_analyzer);
    say_one_by_one(&flow, says);
    CHECK(seen_text(OBS_APP, "rdp"));
    CHECK(!seen_anywhere("eltons"));
    CHECK_EQ(seen_times(OBS_RDP_OFFER), 1);
    CHECK(seen_text(OBS_RDP_SECURITY, "standard"));
    CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
    CHECK(seen_text(OBS_RDP_METHOD, "128bit"));
    CHECK(seen_text(OBS_RDP_LEVEL, "client_compatible"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void methods_and_levels_have_their_names(void)
{
    static const struct {
        const char *response, *method, *level;
    } cases[] = { { CONNECT_RESPONSE("00", "00"), "none", "none" },
                  { CONNECT_RESPONSE("01", "01"), "40bit", "low" },
                  { CONNECT_RESPONSE("08", "03"), "56bit", "high" },
                  { CONNECT_RESPONSE("10", "04"), "fips", "fips" },
                  { CONNECT_RESPONSE("40", "09"), "0x40", "0x9" } };
    for (size_t i = 0; i < 5; i++) {
        struct seen_flow flow = seen_open(&rdp_analyzer);
        say_one(&flow, C, request_standard);
        say_one(&flow, S, confirm_standard);
        say_one(&flow, S, cases[i].response);
        CHECK(seen_text(OBS_RDP_METHOD, cases[i].method));
        CHECK(seen_text(OBS_RDP_LEVEL, cases[i].level));
        seen_close(&flow);
    }
}

static void clear_text_instead_of_tls_is_a_failure(void)
{
    struct seen_flow flow = seen_open(&rdp_analyzer);
    say_all(&flow, to_tls);
    say_one(&flow, C, connect_initial);
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    seen_close(&flow);
}

static void a_hole_leaves_the_stream_to_others(void)
{
    struct seen_flow flow = seen_open(&rdp_analyzer);
    say_one(&flow, C, request);
    seen_gap(&flow, S, 19);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static enum claim claim_on_port(const char *hex, uint16_t port)
{
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(hex, bytes);
    struct segment seg = { .payload = bytes_of(bytes, size, UINT32_MAX),
                           .open = true,
                           .first = true };
    seg.port[1] = port;
    return rdp_analyzer.claim(&seg);
}

static void other_users_of_x224_are_not_claimed(void)
{
    say_claimed_when_whole(&rdp_analyzer, request);
    say_claimed_when_whole(&rdp_analyzer, confirm_tls);
    say_claimed_when_whole(&rdp_analyzer, request_standard);
    CHECK_EQ(claim_on_port(request_old, 3389), CLAIM_YES);
    CHECK_EQ(claim_on_port(request_old, 102), CLAIM_NO);
    /* S7: its parameters name ends of transport */
    CHECK_EQ(say_claim(&rdp_analyzer, "0300001611e00000000100c0010ac1020100c2020102"), CLAIM_NO);
    CHECK_EQ(say_claim(&rdp_analyzer, "0300002c080200"), CLAIM_NO); /* H.225 */
    CHECK_EQ(say_claim(&rdp_analyzer, "0300000702f080"), CLAIM_NO);
    CHECK_EQ(say_claim(&rdp_analyzer, "030000050ee0"), CLAIM_NO);
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, request_standard },
                                       { S, confirm_standard },
                                       { C, connect_initial },
                                       { S, connect_response },
                                       { 0, NULL } };
    say_spoilt_everywhere(&rdp_analyzer, says);
    say_spoilt_everywhere(&rdp_analyzer, to_tls);
}

int main(void)
{
    tls_is_followed_to_the_hello();
    what_is_chosen_has_its_name();
    rdp_s_own_security_has_a_method_and_a_level();
    methods_and_levels_have_their_names();
    clear_text_instead_of_tls_is_a_failure();
    a_hole_leaves_the_stream_to_others();
    other_users_of_x224_are_not_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

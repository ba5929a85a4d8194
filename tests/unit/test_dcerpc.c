/* tests/unit/test_dcerpc.c: binds and calls of DCE/RPC (C706 12.6.4) and their levels. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer dcerpc_analyzer;

#define SIZES "d016d01600000000"
#define MAPPER                                                                                     \
    "0883afe11f5dc91191a408002b14a0fa"                                                             \
    "03000000"
#define SAMR                                                                                       \
    "785734123412cdabef000123456789ac"                                                             \
    "01000000" /* 12345778-1234-abcd-ef00-0123456789ac */
#define NDR                                                                                        \
    "045d888aeb1cc9119fe808002b104860"                                                             \
    "02000000"
#define CONTEXTS(interface)                                                                        \
    SIZES "01000000"                                                                               \
          "00000100" interface NDR
/* Header: type, length, length of the verifier; representation is little-endian. */
#define HEAD(type, length, auth)                                                                   \
    "0500" type "03"                                                                               \
    "10000000" length auth "01000000"
/* sec_trailer: NTLM at this level, and a verifier of 16 bytes. */
#define TRAILER(level) "0a" level "000000000100"
#define VERIFIER       "01000000aabbccddeeff001122334455"

static const char bind_mapper[] = HEAD("0b", "4800", "0000") CONTEXTS(MAPPER);
static const char bind[] = HEAD("0b", "4800", "0000") CONTEXTS(SAMR);
static const char bind_private[] = HEAD("0b", "6000", "1000") CONTEXTS(SAMR) TRAILER("06") VERIFIER;
/* hint, context 0, operation, 8 bytes of arguments */
#define BODY                                                                                       \
    "08000000"                                                                                     \
    "0000"                                                                                         \
    "0100"                                                                                         \
    "1122334455667788"
static const char call_clear[] = HEAD("00", "2000", "0000") BODY;
static const char answer_clear[] = HEAD("02", "2000", "0000") BODY;
static const char call_private[] = HEAD("00", "3800", "1000") BODY TRAILER("06") VERIFIER;
static const char call_integrity[] = HEAD("00", "3800", "1000") BODY TRAILER("05") VERIFIER;
/* The same as a big-endian host writes it. */
static const char bind_big[] = "05000b03"
                               "00000000"
                               "0048"
                               "0000"
                               "00000001"
                               "16d016d000000000"
                               "01000000"
                               "00000100"
                               "123457781234abcdef000123456789ac"
                               "00000001"
                               "8a885d041ceb11c99fe808002b104860"
                               "00000002";

static uint64_t calls(const char *level)
{
    uint64_t count = 0;
    for (unsigned i = 0; seen_nth(OBS_DCERPC_CALLS, i) != NULL; i++) {
        const struct seen *s = seen_nth(OBS_DCERPC_CALLS, i);
        count += strcmp(s->text, level) == 0 ? s->obs.value : 0;
    }
    return count;
}

static void calls_are_counted_by_their_own_level(void)
{
    static const struct say says[] = {
        { C, bind_private },   { C, call_private }, { C, call_private }, { C, call_private },
        { C, call_integrity }, { S, answer_clear }, { 0, NULL }
    };
    for (unsigned slowly = 0; slowly < 2; slowly++) {
        struct seen_flow flow = seen_open(&dcerpc_analyzer);
        (slowly ? say_one_by_one : say_all)(&flow, says);
        CHECK(seen_text(OBS_APP, "dcerpc"));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK(seen_text(OBS_DCERPC_INTERFACE, "12345778-1234-abcd-ef00-0123456789ac"));
        CHECK(seen_text(OBS_DCERPC_AUTH, "ntlm"));
        CHECK(seen_text(OBS_DCERPC_LEVEL, "privacy"));
        CHECK_EQ(flow.last, FEED_MORE);
        seen_close(&flow);
        CHECK_EQ(calls("privacy"), 3);
        CHECK_EQ(calls("integrity"), 1);
        CHECK_EQ(calls("none"), 1);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    }
}

static void who_asks_for_ports_is_told_apart(void)
{
    static const struct say says[] = {
        { C, bind_mapper }, { C, call_clear }, { S, answer_clear }, { 0, NULL }
    };
    struct seen_flow flow = seen_open(&dcerpc_analyzer);
    say_all(&flow, says);
    CHECK(seen_text(OBS_DCERPC_INTERFACE, "epmapper"));
    seen_close(&flow);
    CHECK_EQ(calls("mapper"), 2);
    CHECK_EQ(calls("none"), 0);
}

static void both_orders_of_bytes_are_read(void)
{
    struct seen_flow flow = seen_open(&dcerpc_analyzer);
    say_one(&flow, C, bind_big);
    CHECK(seen_text(OBS_DCERPC_INTERFACE, "12345778-1234-abcd-ef00-0123456789ac"));
    seen_close(&flow);
}

/* Of what was lost nobody knows the level. */
static void a_hole_ends_the_reading_of_its_side(void)
{
    struct seen_flow flow = seen_open(&dcerpc_analyzer);
    say_one(&flow, C, bind);
    seen_gap(&flow, C, 10);
    say_one(&flow, C, call_clear);
    seen_close(&flow);
    CHECK_EQ(calls("none"), 0);
}

static void only_binds_are_claimed(void)
{
    static const char *const others[] = {
        HEAD("00", "2000", "0000"), /* a call: from the middle */
        HEAD("0b", "0f00", "0000"), /* shorter than its header */
        HEAD("0b", "2000", "1000"), /* a verifier that does not fit */
        "05000b03"
        "12000000"
        "4800"
        "0000"
        "01000000", /* no such letters */
        "05000b03"
        "10000001"
        "4800"
        "0000"
        "01000000",
        "0502000100", /* SOCKS 5 */
        "04000b0310000000",
    };
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(bind, bytes);
    for (uint32_t n = 1; n <= size; n++) {
        CHECK_EQ(seen_claim(&dcerpc_analyzer, bytes, n, true), n < 16 ? CLAIM_MORE : CLAIM_YES);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK(say_claim(&dcerpc_analyzer, others[i]) != CLAIM_YES);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, bind_private },   { C, call_private },
                                       { S, answer_clear },   { C, bind_mapper },
                                       { C, call_integrity }, { 0, NULL } };
    say_spoilt_everywhere(&dcerpc_analyzer, says);
}

int main(void)
{
    calls_are_counted_by_their_own_level();
    who_asks_for_ports_is_told_apart();
    both_orders_of_bytes_are_read();
    a_hole_ends_the_reading_of_its_side();
    only_binds_are_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

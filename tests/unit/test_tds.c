/* tests/unit/test_tds.c: PRELOGIN and logins of SQL Server ([MS-TDS] 4.1, 4.2). */
#include "tests/unit/starttls_play.h"

extern const struct analyzer tds_analyzer;

/* 4.1, with what the client says of encryption. */
#define PRELOGIN(encryption)                                                                       \
    "1201002f00000100"                                                                             \
    "00001a0006010020000102002100010300220004040026"                                               \
    "0001ff"                                                                                       \
    "090000000000" encryption "00b80d000001"
#define ANSWER(encryption)                                                                         \
    "0401002b00000100"                                                                             \
    "00001a0006010020000102002100010300220000040022"                                               \
    "0001ff"                                                                                       \
    "0900002f0000" encryption "0001"
/* LOGIN7 as far as the password's place, of 4 characters; of an integrated login; without one. */
#define LOGIN(flags2, characters)                                                                  \
    "1001003a00000100"                                                                             \
    "320000000200097200100000000000070001000000000000"                                             \
    "03" flags2 "00000000000000000000"                                                             \
    "5e000800"                                                                                     \
    "6e000200"                                                                                     \
    "7200" characters "00"                                                                         \
    "0000"
static const char login[] = LOGIN("03", "04");

static void what_is_agreed_has_its_name(void)
{
    static const struct {
        const char *prelogin, *answer;
        const char *client, *server, *agreed;
    } cases[] = {
        { PRELOGIN("00"), ANSWER("00"), "off", "off", "login" },
        { PRELOGIN("01"), ANSWER("01"), "on", "on", "all" },
        { PRELOGIN("00"), ANSWER("03"), "off", "required", "all" },
        { PRELOGIN("02"), ANSWER("02"), "not_supported", "not_supported", "none" },
        { PRELOGIN("00"), ANSWER("02"), "off", "not_supported", "none" },
        { PRELOGIN("81"), ANSWER("01"), "on", "on", "all" },
        { PRELOGIN("01"), ANSWER("07"), "on", "unknown", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen_flow flow = seen_open(&tds_analyzer);
        say_one_by_one(&flow, (const struct say[]){
                                  { C, cases[i].prelogin }, { S, cases[i].answer }, { 0, NULL } });
        CHECK(seen_text(OBS_APP, "tds"));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK(seen_text(OBS_TDS_CLIENT, cases[i].client));
        CHECK(seen_text(OBS_TDS_SERVER, cases[i].server));
        CHECK_EQ(seen_times(OBS_TDS_ENCRYPTION), cases[i].agreed != NULL ? 1 : 0);
        CHECK(cases[i].agreed == NULL || seen_text(OBS_TDS_ENCRYPTION, cases[i].agreed));
        CHECK_EQ(flow.last, FEED_MORE);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static uint8_t inside[2][SAY_MAX];
static uint32_t inside_size[2];

static bool take_inside(struct sink *sink, const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t size = bytes_left(&in);
    (void)sink;
    bytes_copy(&in, inside[seg->from] + inside_size[seg->from], size);
    inside_size[seg->from] += size;
    return true;
}

/* A handshake in packets of both sides, then a record without one, cut anywhere. */
static void tls_is_taken_out_of_packets(void)
{
    static const char first[] = "1201000c00000100"
                                "16030100"
                                "1201000c00000200"
                                "04010203";
    static const char second[] = "1201000b00000100"
                                 "160301"
                                 "0401000a00000100"
                                 "ffff";
    static const char record[] = "170303000401020304";
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(first, bytes);
    for (uint32_t cut = 0; cut <= size; cut++) {
        struct seen_flow flow = seen_open(&tds_analyzer);
        flow.sink.stream = take_inside;
        memset(inside_size, 0, sizeof inside_size);
        say_one(&flow, C, PRELOGIN("01"));
        say_one(&flow, S, ANSWER("01"));
        seen_bytes(&flow, C, bytes, cut);
        seen_bytes(&flow, C, bytes + cut, size - cut);
        say_one(&flow, C, record);
        CHECK_EQ(inside_size[C], 8 + 9);
        CHECK(memcmp(inside[C], "\x16\3\1\0\4\1\2\3\x17\3\3\0\4\1\2\3\4", 17) == 0);
        CHECK_EQ(flow.last, FEED_MORE);
        say_one(&flow, S, second);
        CHECK_EQ(inside_size[S], 3);
        CHECK_EQ(flow.last, FEED_SETTLED); /* an answer in clear: only the login was to be hidden */
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
        seen_close(&flow);
    }
}

static void logins_in_clear_are_told(void)
{
    static const struct {
        const char *login;
        bool told;
    } cases[] = { { LOGIN("03", "04"), true },
                  { LOGIN("83", "04"), false },
                  { LOGIN("03", "00"), false } };
    for (size_t i = 0; i < 3; i++) {
        struct seen_flow flow = seen_open(&tds_analyzer);
        say_all(&flow, (const struct say[]){ { C, PRELOGIN("00") },
                                             { S, ANSWER("02") },
                                             { C, cases[i].login },
                                             { 0, NULL } });
        CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
        CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
        CHECK_EQ(seen_text(OBS_CREDENTIALS_EXPOSED, "obfuscated"), cases[i].told);
        CHECK_EQ(flow.last, FEED_SETTLED);
        seen_close(&flow);
    }
}

static unsigned gaps;

static bool take_gap(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    gaps += bytes_left(&seg->payload) == 0 && bytes_sent(&seg->payload) == 50;
    return true;
}

static void a_hole_is_passed_on_and_ends_reading(void)
{
    struct seen_flow flow = seen_open(&tds_analyzer);
    flow.sink.stream = take_gap;
    gaps = 0;
    say_one(&flow, C, PRELOGIN("01"));
    say_one(&flow, S, ANSWER("01"));
    seen_gap(&flow, S, 50);
    CHECK_EQ(gaps, 1);
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void only_a_prelogin_is_claimed(void)
{
    say_claimed_when_whole(&tds_analyzer, PRELOGIN("00"));
    say_claimed_when_whole(&tds_analyzer, ANSWER("00"));
    static const char *const others[] = {
        "1201002f00000100"
        "16030100", /* TLS in a packet */
        "1200002f00000100"
        "0000", /* goes on in a next packet */
        "0401001100000100"
        "fd000000000000000000", /* another answer */
        "1201001400000100"
        "0000060006"
        "ff"
        "090000000000", /* no place for its version */
        "1201000600000100"
        "00001a0006",
        "1001003a00000100"
        "32000000",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&tds_analyzer, others[i]), i == 3 ? CLAIM_YES : CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say clear[] = {
        { C, PRELOGIN("00") }, { S, ANSWER("02") }, { C, login }, { 0, NULL }
    };
    static const struct say hidden[] = {
        { C, PRELOGIN("00") }, { S, ANSWER("00") },           { C, "1201000c0000010016030100" },
        { C, "1703030001ff" }, { S, "0401000a00000100ffff" }, { 0, NULL }
    };
    say_spoilt_everywhere(&tds_analyzer, clear);
    say_spoilt_everywhere(&tds_analyzer, hidden);
}

int main(void)
{
    what_is_agreed_has_its_name();
    tls_is_taken_out_of_packets();
    logins_in_clear_are_told();
    a_hole_is_passed_on_and_ends_reading();
    only_a_prelogin_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

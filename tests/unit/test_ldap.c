/* tests/unit/test_ldap.c: StartTLS and binds of LDAP. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer ldap_analyzer;

/* RFC 4511 4.14: ExtendedRequest with the OID of StartTLS, message 1. */
static const char starttls[] = "301d02010177188016312e332e362e312e342e312e313436362e3230303337";
static const char accepted[] = "300c02010178070a010004000400";
static const char refused[] = "300c02010178070a013404000400"; /* unavailable (52) */
/* Bind, version 3, cn=a, password "secret". */
static const char simple[] = "3016020102601102010304"
                             "04636e3d61"
                             "8006736563726574";
static const char anonymous[] = "300c020101600702010304008000";
/* Bind by SASL: mechanism and words. */
static const char cram[] = "301a0201016015020103"
                           "0400"
                           "a30e04084352414d2d4d4435"
                           "04027878";
static const char gssapi[] = "3018020101"
                             "6013020103"
                             "0400"
                             "a30c0406475353415049"
                             "04027878";
/* Search of the server's own entry, and of another. */
static const char search_root[] = "302502010163200400"
                                  "0a01000a0100020100020100010100870b6f626a656374436c6173733000";
static const char search[] = "302c0201036327"
                             "0407"
                             "64633d78782c64"
                             "0a01020a0100020100020100010100870b6f626a656374436c6173733000";
static const char root_entry[] = "3039020101643404003030302e0412737570706f72746564457874656e73696f"
                                 "6e31180416312e332e362e312e342e312e313436362e3230303337";

static const struct say to_tls[] = { { C, starttls }, { S, accepted }, { 0, NULL } };

static void starttls_is_followed_to_the_hello(void)
{
    say_becomes_tls(&ldap_analyzer, to_tls, "ldap");
    static struct seen_flow flow;
    flow = seen_open(&ldap_analyzer);
    say_all(&flow, to_tls);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    seen_close(&flow);
}

static void a_refusal_and_the_password_after_it_are_told(void)
{
    static const struct say says[] = {
        { C, starttls }, { S, refused }, { C, simple }, { 0, NULL }
    };
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_all(&flow, says);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
    CHECK(!seen_anywhere("secret"));
    CHECK_EQ(flow.last, FEED_MORE);
    say_one(&flow, C, search);
    CHECK_EQ(flow.last, FEED_SETTLED); /* it works in clear */
    seen_close(&flow);
}

static void an_answer_to_another_request_is_none(void)
{
    static const struct say says[] = { { C, starttls },
                                       { S, "300c02010578070a010004000400" },
                                       { 0, NULL } };
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_all(&flow, says);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    seen_close(&flow);
}

static void binds_are_told_by_their_kind(void)
{
    static const struct {
        const char *hex, *kind;
    } cases[] = {
        { simple, "password" }, { anonymous, NULL }, { cram, "cram-md5" }, { gssapi, NULL }
    };
    for (size_t i = 0; i < 4; i++) {
        struct seen_flow flow = seen_open(&ldap_analyzer);
        say_one(&flow, C, cases[i].hex);
        CHECK(seen_text(OBS_APP, "ldap"));
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), cases[i].kind != NULL ? 1 : 0);
        CHECK(cases[i].kind == NULL || seen_text(OBS_CREDENTIALS_EXPOSED, cases[i].kind));
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void the_server_s_own_entry_offers_starttls(void)
{
    static const struct say says[] = { { C, search_root }, { S, root_entry }, { 0, NULL } };
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_all(&flow, says);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK_EQ(flow.last, FEED_MORE);
    seen_close(&flow);
}

static void what_is_sent_behind_the_request_is_counted(void)
{
    char both[SAY_MAX];
    snprintf(both, sizeof both, "%s%s", starttls, anonymous);
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_one(&flow, C, both);
    CHECK_EQ(seen_value(OBS_STARTTLS_INJECTED), 14);
    seen_close(&flow);
}

static void a_hole_makes_no_answer(void)
{
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_one(&flow, C, starttls);
    seen_gap(&flow, S, 20);
    say_one(&flow, S, refused);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    say_one(&flow, C, say_client_hello);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

/* Of a search that answers much only the head is read. */
static void long_messages_are_stepped_over(void)
{
    uint8_t zeros[1000] = { 0 };
    struct seen_flow flow = seen_open(&ldap_analyzer);
    say_one(&flow, C, anonymous);
    say_one(&flow, S, "308300753002010164830075280400");
    for (unsigned i = 0; i < 30; i++) {
        CHECK_EQ(flow.kept_size[S], 0);
        seen_bytes(&flow, S, zeros, i < 29 ? 1000 : 990);
    }
    say_one(&flow, C, starttls);
    say_one(&flow, S, accepted);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    seen_close(&flow);
}

static void only_ldap_is_claimed(void)
{
    say_claimed_when_whole(&ldap_analyzer, starttls);
    say_claimed_when_whole(&ldap_analyzer, anonymous);
    say_claimed_when_whole(&ldap_analyzer, accepted);
    static const char *const others[] = {
        "300c020101600702010904008000",     /* version 9 */
        "3082010a0282010100c3",             /* an RSA key */
        "302d02010104067075626c6963a02002", /* SNMP */
        "30800201016007020103",             /* a length that is not given */
        "308500000000010201016007",
        "3003020101",
        "474554202f20485454502f312e31",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&ldap_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, search_root }, { S, root_entry }, { C, starttls },
                                       { S, refused },     { C, simple },     { C, cram },
                                       { C, search },      { 0, NULL } };
    say_spoilt_everywhere(&ldap_analyzer, says);
    say_spoilt_everywhere(&ldap_analyzer, to_tls);
}

int main(void)
{
    starttls_is_followed_to_the_hello();
    a_refusal_and_the_password_after_it_are_told();
    an_answer_to_another_request_is_none();
    binds_are_told_by_their_kind();
    the_server_s_own_entry_offers_starttls();
    what_is_sent_behind_the_request_is_counted();
    a_hole_makes_no_answer();
    long_messages_are_stepped_over();
    only_ldap_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

/* tests/unit/test_lines.c: SMTP, FTP, POP3 and IMAP up to TLS. */
#include "tests/seen.h"

extern const struct analyzer lines_analyzer;

enum { C = 0, S = 1, GAP_C = 2, GAP_S = 3 };

struct say {
    uint8_t from; /* C, S; GAP_*: bytes of that side are missing */
    const char *text;
};

/* A ClientHello as far as it is looked at. */
#define HELLO                                                                                      \
    "\x16\x03\x01\x00\x60\x01\x00\x00\x5c\x03\x03"                                                 \
    "0123456789abcdef0123456789abcdef\x00........"
static const char hello[] = HELLO;

static struct seen_flow open_flow(void)
{
    return seen_open(&lines_analyzer);
}

static void say_hello(struct seen_flow *flow, uint8_t from)
{
    seen_bytes(flow, from, hello, sizeof hello - 1);
}

static void play(struct seen_flow *flow, const struct say *says)
{
    for (; says->text != NULL && flow->last == FEED_MORE; says++) {
        if (says->from >= GAP_C) {
            seen_gap(flow, says->from - GAP_C, 100);
        } else {
            seen_string(flow, says->from, says->text);
        }
    }
}

static const struct say smtp[] = {
    { S, "220 mx.contoso.com ESMTP Postfix\r\n" },
    { C, "EHLO client.contoso.com\r\n" },
    { S, "250-mx.contoso.com\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 HELP\r\n" },
    { C, "STARTTLS\r\n" },
    { S, "220 2.0.0 Ready to start TLS\r\n" },
    { 0, NULL },
};
static const struct say ftp[] = {
    { S, "220-Welcome\r\n to our files\r\n220 done\r\n" },
    { C, "FEAT\r\n" },
    { S, "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n" },
    { C, "AUTH TLS\r\n" },
    { S, "234 Proceed\r\n" },
    { 0, NULL },
};
static const struct say pop3[] = {
    { S, "+OK Dovecot ready.\r\n" },
    { C, "CAPA\r\n" },
    { S, "+OK\r\nUSER\r\nSTLS\r\n.\r\n" },
    { C, "STLS\r\n" },
    { S, "+OK Begin TLS\r\n" },
    { 0, NULL },
};
static const struct say imap[] = {
    { S, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n" },
    { C, "a1 STARTTLS\r\n" },
    { S, "* BYE not this one\r\na1 OK Begin TLS\r\n" },
    { 0, NULL },
};
static const struct {
    const char *name;
    const struct say *says;
    const char *offer;
} protocols[] = {
    { "smtp", smtp, "offered" },
    { "ftp", ftp, "offered" },
    { "pop3", pop3, "offered" },
    { "imap", imap, "required" },
};

static void starttls_is_followed_to_the_hello(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct seen_flow flow = open_flow();
        play(&flow, protocols[i].says);
        CHECK_EQ(flow.last, FEED_MORE);
        CHECK_EQ(seen[0].obs.kind, OBS_APP);
        CHECK(seen_text(OBS_APP, protocols[i].name));
        CHECK(seen_text(OBS_STARTTLS_PROTOCOL, protocols[i].name));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK(seen_text(OBS_STARTTLS_OFFER, protocols[i].offer));
        CHECK_EQ(seen_value(OBS_STARTTLS_ASKED), 1);
        CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
        say_hello(&flow, C);
        CHECK_EQ(flow.last, FEED_RELEASE);
        CHECK_EQ(flow.kept_size[C], sizeof hello - 1); /* left for TLS */
        CHECK_EQ(seen_times(OBS_STARTTLS_CLEAR), 0);
        CHECK_EQ(seen_times(OBS_STARTTLS_INJECTED), 0);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void bytes_that_come_one_by_one_give_the_same(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct seen_flow flow = open_flow();
        for (const struct say *say = protocols[i].says; say->text != NULL; say++) {
            for (const char *c = say->text; *c != '\0'; c++) {
                seen_bytes(&flow, say->from, c, 1);
            }
        }
        CHECK_EQ(flow.last, FEED_MORE);
        for (size_t at = 0; at < sizeof hello - 1 && flow.last == FEED_MORE; at++) {
            seen_bytes(&flow, C, hello + at, 1);
        }
        CHECK(seen_text(OBS_APP, protocols[i].name));
        CHECK(seen_text(OBS_STARTTLS_OFFER, protocols[i].offer));
        CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
        CHECK_EQ(flow.last, FEED_RELEASE);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void a_refusal_and_what_is_said_after_it_are_told(void)
{
    static const struct say says[] = {
        { S, "220 mx ESMTP\r\n" },
        { C, "EHLO c\r\n" },
        { S, "250-mx\r\n250 STARTTLS\r\n" },
        { C, "STARTTLS\r\n" },
        { S, "454 TLS not available\r\n" },
        { C, "AUTH PLAIN AGEAYgBj\r\n" },
        { S, "235 good\r\n" },
        { C, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n" },
        { 0, NULL },
    };
    struct seen_flow flow = open_flow();
    play(&flow, says);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 3);
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "plain"));
    CHECK(!seen_anywhere("AGEAYgBj"));
    CHECK_EQ(flow.last, FEED_MORE);
    seen_string(&flow, C, "DATA\r\n");
    CHECK_EQ(flow.last, FEED_SETTLED); /* what the mail says is not read */
    seen_close(&flow);
}

static void clear_text_instead_of_tls_is_a_failure(void)
{
    struct seen_flow flow = open_flow();
    play(&flow, smtp);
    seen_string(&flow, C, "EHLO again\r\n");
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    CHECK_EQ(flow.last, FEED_MORE);
    seen_close(&flow);
}

static void what_is_sent_behind_the_request_is_counted(void)
{
    struct seen_flow flow = open_flow();
    play(&flow, (const struct say[]){ smtp[0], smtp[1], smtp[2], { 0, NULL } });
    seen_string(&flow, C, "STARTTLS\r\nRSET\r\n");
    CHECK_EQ(seen_value(OBS_STARTTLS_INJECTED), 6);
    seen_string(&flow, S, "220 go\r\n");
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    say_hello(&flow, C);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void a_hello_behind_the_request_is_no_injection(void)
{
    static const char both[] = "STARTTLS\r\n" HELLO;
    struct seen_flow flow = open_flow();
    play(&flow, (const struct say[]){ smtp[0], smtp[1], smtp[2], { 0, NULL } });
    seen_bytes(&flow, C, both, sizeof both - 1);
    CHECK_EQ(seen_times(OBS_STARTTLS_INJECTED), 0);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void the_answer_is_the_reply_to_the_request(void)
{
    static const struct say says[] = {
        { S, "220 mx ESMTP\r\n" },       { C, "EHLO c\r\n" },
        { S, "250 STARTTLS\r\n" },       { C, "NOOP\r\nSTARTTLS\r\n" },
        { S, "250 noop\r\n220 go\r\n" }, { 0, NULL },
    };
    struct seen_flow flow = open_flow();
    play(&flow, says);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 1);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    seen_close(&flow);
}

static void a_hole_makes_no_answer_of_another_reply(void)
{
    static const struct say says[] = {
        { S, "220 mx ESMTP\r\n" }, { C, "EHLO c\r\n" },   { S, "250 STARTTLS\r\n" },
        { C, "STARTTLS\r\n" },     { GAP_S, "" },         { S, "lf\r\n501 what\r\n" },
        { C, "MAIL FROM:<>\r\n" }, { S, "250 fine\r\n" }, { 0, NULL },
    };
    struct seen_flow flow = open_flow();
    play(&flow, says);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    CHECK_EQ(seen_times(OBS_STARTTLS_CLEAR), 0);
    say_hello(&flow, S);
    CHECK_EQ(flow.last, FEED_RELEASE); /* TLS is found all the same */
    seen_close(&flow);
}

static void an_offer_is_absent_only_from_a_whole_list(void)
{
    static const struct {
        struct say says[5];
        const char *offer;
    } cases[] = {
        { { { S, "220 mx ESMTP\r\n" }, { C, "EHLO c\r\n" }, { S, "250-mx\r\n250 HELP\r\n" } },
          "no" },
        { { { S, "220 mx ESMTP\r\n" }, { C, "EHLO c\r\n" }, { S, "250-mx\r\n" } }, NULL },
        { { { S, "220 mx ESMTP\r\n" }, { C, "HELO c\r\n" }, { S, "250 mx\r\n" } }, NULL },
        { { { S, "220 FTP\r\n" }, { C, "FEAT\r\n" }, { S, "211-F\r\n MDTM\r\n211 End\r\n" } },
          "no" },
        { { { S, "220 FTP\r\n" }, { C, "FEAT\r\n" }, { S, "500 what\r\n" } }, NULL },
        { { { S, "+OK\r\n" }, { C, "CAPA\r\n" }, { S, "+OK\r\nUSER\r\n.\r\n" } }, "no" },
        { { { S, "+OK\r\n" }, { C, "CAPA\r\n" }, { S, "-ERR\r\n" } }, NULL },
        { { { S, "* OK [CAPABILITY IMAP4 AUTH=PLAIN] hi\r\n" } }, "no" },
        { { { S, "* OK hi\r\n* CAPABILITY IMAP4 STARTTLS\r\n" } }, "offered" },
        { { { S, "* OK hi\r\n" } }, NULL },
        { { { S, "220 mx ESMTP\r\n" }, { C, "MAIL x\r\n" }, { S, "530 Must STARTTLS first\r\n" } },
          "required" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen_flow flow = open_flow();
        play(&flow, cases[i].says);
        if (cases[i].offer == NULL) {
            CHECK_EQ(seen_times(OBS_STARTTLS_OFFER), 0);
        } else {
            CHECK(seen_text(OBS_STARTTLS_OFFER, cases[i].offer));
        }
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void passwords_are_told_by_their_kind_only(void)
{
    static const struct {
        struct say says[7];
        const char *kind;
    } cases[] = {
        { { { S, "220 mx ESMTP\r\n" },
            { C, "AUTH LOGIN\r\n" },
            { S, "334 VXNlcm5hbWU6\r\n" },
            { C, "SECRET=\r\n" } },
          "login" },
        { { { S, "220 mx ESMTP\r\n" },
            { C, "AUTH CRAM-MD5\r\n" },
            { S, "334 PDE=\r\n" },
            { C, "SECRET=\r\n" } },
          "cram-md5" },
        { { { S, "220 mx ESMTP\r\n" }, { C, "AUTH PLAIN\r\n" }, { S, "334 \r\n" }, { C, "*\r\n" } },
          NULL },
        { { { S, "220 mx ESMTP\r\n" }, { C, "AUTH GSSAPI SECRET\r\n" } }, NULL },
        { { { S, "220 mx ESMTP\r\n" },
            { C, "AUTH NTLM\r\n" },
            { S, "334 \r\n" },
            { C, "TlRMTVNTUAABSECRET\r\n" } },
          NULL },
        { { { S, "220 FTP\r\n" },
            { C, "USER bob\r\n" },
            { S, "331 more\r\n" },
            { C, "PASS SECRET\r\n" } },
          "password" },
        { { { S, "220 FTP\r\n" },
            { C, "USER anonymous\r\n" },
            { S, "331 more\r\n" },
            { C, "PASS SECRET@x\r\n" } },
          NULL },
        { { { S, "+OK\r\n" }, { C, "USER bob\r\n" }, { S, "+OK\r\n" }, { C, "PASS SECRET\r\n" } },
          "password" },
        { { { S, "+OK <1@x>\r\n" }, { C, "APOP bob SECRET\r\n" } }, "cram-md5" },
        { { { S, "* OK\r\n" } }, NULL },
        { { { S, "* OK hi\r\n" }, { C, "a1 LOGIN bob SECRET\r\n" } }, "login" },
        { { { S, "* OK hi\r\n" },
            { C, "a1 LOGIN {3}\r\n" },
            { S, "+\r\n" },
            { C, "bob {6}\r\n" },
            { S, "+\r\n" },
            { C, "SECRET\r\n" } },
          "login" },
        { { { S, "* OK hi\r\n" },
            { C, "a1 AUTHENTICATE PLAIN\r\n" },
            { S, "+ \r\n" },
            { C, "SECRET==\r\n" } },
          "plain" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen_flow flow = open_flow();
        play(&flow, cases[i].says);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), cases[i].kind != NULL ? 1 : 0);
        CHECK(cases[i].kind == NULL || seen_text(OBS_CREDENTIALS_EXPOSED, cases[i].kind));
        CHECK(!seen_anywhere("SECRET"));
        seen_close(&flow);
    }
}

static void a_literal_is_no_command(void)
{
    static const struct say says[] = {
        { S, "* OK hi\r\n" },
        { C, "a1 ID {20+}\r\nx LOGIN bob SECRET\r\n x\r\n" },
        { C, "a2 STARTTLS\r\n" },
        { S, "a2 NO\r\n" },
        { 0, NULL },
    };
    struct seen_flow flow = open_flow();
    play(&flow, says);
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
    seen_close(&flow);
}

static void the_client_alone_tells_smtp_and_its_tls(void)
{
    struct seen_flow flow = open_flow();
    seen_string(&flow, 1, "EHLO x\r\nSTARTTLS\r\n");
    CHECK(seen_text(OBS_APP, "smtp"));
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    say_hello(&flow, 1);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void only_a_greeting_is_claimed(void)
{
    static const struct {
        const char *text;
        enum claim claim;
    } cases[] = {
        { "220 mx ESMTP\r\n", CLAIM_YES },
        { "220-x\r\n", CLAIM_YES },
        { "+OK\r\n", CLAIM_YES },
        { "* OK x\r\n", CLAIM_YES },
        { "EHLO x\r\n", CLAIM_YES },
        { "2", CLAIM_MORE },
        { "220 mx ESM", CLAIM_MORE },
        { "+OKAY\r\n", CLAIM_NO },
        { "2200 x\r\n", CLAIM_NO },
        { "EHLO \r\n", CLAIM_NO },
        { "250 STARTTLS\r\n", CLAIM_NO },
        { "STARTTLS\r\n", CLAIM_NO },
        { "MAIL FROM:<a>\r\n", CLAIM_NO },
        { "220 \x01\x02\r\n", CLAIM_NO },
        { "HTTP/1.1 200 OK\r\n", CLAIM_NO },
        { "POST / HTTP/1.1\r\n\r\nEHLO x\r\n", CLAIM_NO },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t size = (uint32_t)strlen(cases[i].text);
        CHECK_EQ(seen_claim(&lines_analyzer, cases[i].text, size, true), cases[i].claim);
    }
}

static void a_greeting_without_its_protocol_is_handed_back(void)
{
    struct seen_flow flow = open_flow();
    seen_string(&flow, S, "+OK\r\n");
    seen_string(&flow, C, "SET x 1\r\n");
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(seen_count, 0);
    seen_close(&flow);
}

static void say_noise(struct seen_flow *flow)
{
    char noise[5000];
    memset(noise, 'x', sizeof noise);
    for (unsigned i = 0; i < 40 && flow->last == FEED_MORE; i++) {
        seen_bytes(flow, C, noise, sizeof noise);
    }
}

static void long_lines_and_noise_are_told_once_and_given_up(void)
{
    static struct seen_flow flow;
    flow = open_flow();
    play(&flow, (const struct say[]){ smtp[0], smtp[1], { 0, NULL } });
    say_noise(&flow);
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

/* One byte of each message is another, or the rest of it is missing. */
static void say_spoilt(struct seen_flow *flow, const struct say *says, uint32_t at, unsigned how)
{
    for (; says->text != NULL && flow->last == FEED_MORE; says++) {
        char text[128];
        uint32_t size = (uint32_t)strlen(says->text);
        memcpy(text, says->text, size);
        text[at % size] = (char)(text[at % size] ^ (how == 0 ? 0x80 : how == 1 ? 0x20 : 0));
        seen_bytes(flow, says->from, text, how == 2 ? at % size : size);
    }
    if (flow->last == FEED_MORE) {
        seen_finish(flow, C);
    }
}

static void play_spoilt(const struct say *says, uint32_t at, unsigned how)
{
    static struct seen_flow flow;
    flow = open_flow();
    say_spoilt(&flow, says, at, how);
    seen_close(&flow);
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    for (size_t p = 0; p < 4; p++) {
        for (uint32_t at = 0; at < 100; at++) {
            play_spoilt(protocols[p].says, at, 0);
            play_spoilt(protocols[p].says, at, 1);
            play_spoilt(protocols[p].says, at, 2);
        }
    }
}

int main(void)
{
    starttls_is_followed_to_the_hello();
    bytes_that_come_one_by_one_give_the_same();
    a_refusal_and_what_is_said_after_it_are_told();
    clear_text_instead_of_tls_is_a_failure();
    what_is_sent_behind_the_request_is_counted();
    a_hello_behind_the_request_is_no_injection();
    the_answer_is_the_reply_to_the_request();
    a_hole_makes_no_answer_of_another_reply();
    an_offer_is_absent_only_from_a_whole_list();
    passwords_are_told_by_their_kind_only();
    a_literal_is_no_command();
    the_client_alone_tells_smtp_and_its_tls();
    only_a_greeting_is_claimed();
    a_greeting_without_its_protocol_is_handed_back();
    long_lines_and_noise_are_told_once_and_given_up();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

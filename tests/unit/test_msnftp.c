/* tests/unit/test_msnftp.c: file transfers of Messenger and Communicator, by their first line. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer msnftp_analyzer;

static enum claim claim_of(const char *text, bool open)
{
    return seen_claim(&msnftp_analyzer, text, (uint32_t)strlen(text), open);
}

static void both_kinds_have_their_names(void)
{
    static const struct {
        const char *line, *app;
    } cases[] = { { "VER MSN_SECURE_FTP\r\n", "msn_secure_ftp" }, { "VER MSNFTP\r\n", "msnftp" } };
    for (size_t i = 0; i < 2; i++) {
        struct seen_flow flow = seen_open(&msnftp_analyzer);
        seen_bytes(&flow, C, (const uint8_t *)cases[i].line, (uint32_t)strlen(cases[i].line));
        CHECK(seen_text(OBS_APP, cases[i].app));
        CHECK_EQ(flow.last, FEED_SETTLED);
        seen_close(&flow);
    }
}

static void only_these_are_claimed(void)
{
    static const char *const others[] = { "VER MSNP8 CVR0\r\n", "VER MSN_SECURE_FTPX\r\n", "VERY",
                                          "VER MSNFTPS", "GET / HTTP/1.1\r\n" };
    for (size_t n = 1; n < strlen("VER MSN_SECURE_FTP\r\n"); n++) {
        char start[32];
        snprintf(start, sizeof start, "%.*s", (int)n, "VER MSN_SECURE_FTP\r\n");
        CHECK_EQ(claim_of(start, true), CLAIM_MORE);
        CHECK_EQ(claim_of(start, false), CLAIM_NO);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(claim_of(others[i], true), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, "564552204d534e5f5345435552455f4654500d0a" },
                                       { 0, NULL } };
    say_spoilt_everywhere(&msnftp_analyzer, says);
}

int main(void)
{
    both_kinds_have_their_names();
    only_these_are_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}

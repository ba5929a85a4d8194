/* tests/unit/test_judge_download.c: downloads by HTTP: answered, redirected, or nobody knows. */
#include "tests/unit/judge_case.h"

/* A client asked the Front End for the address book by HTTP. */
static void ask(struct judge_case *c, uint64_t requests)
{
    *c = case_of(case_site);
    case_flow(c, "10.20.0.7", "10.0.1.10", 80, "http");
    case_value(c, OBS_HTTP_REQUESTS, requests);
    case_text(c, OBS_HTTP_PATH, "/abs/handler");
}

static void check_unknown(struct judge_case *c)
{
    case_judge(c);
    CHECK(case_is(c, "TT-08", "unknown proven low"));
    CHECK(case_reason(case_row(c, "TT-08"), "http.response-unseen"));
    case_done(c);
}

static void an_answer_without_content_is_nothing(void)
{
    struct judge_case c;
    ask(&c, 1);
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_value(&c, OBS_HTTP_UNANSWERED, 1); /* the connection ended: no answer will come */
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void an_answer_after_the_capture_is_unknown(void)
{
    struct judge_case c;
    ask(&c, 1);
    case_value(&c, OBS_HTTP_UNANSWERED, 1);
    c.record.end_seen = false;
    check_unknown(&c);
}

static void an_answer_among_bytes_not_understood_is_unknown(void)
{
    struct judge_case c;
    ask(&c, 2);
    case_text(&c, OBS_CUT, "http");
    check_unknown(&c);
    ask(&c, 2);
    case_text(&c, OBS_MALFORMED, "http");
    check_unknown(&c);
    ask(&c, 2);
    case_text(&c, OBS_MALFORMED, "sip");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void a_redirect_excuses_only_its_own_request(void)
{
    struct judge_case c;
    ask(&c, 1);
    case_value(&c, OBS_HTTP_REDIRECT_TO_HTTPS, 1);
    c.record.missing_bytes = 100;
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
    ask(&c, 2);
    case_value(&c, OBS_HTTP_REDIRECT_TO_HTTPS, 1);
    c.record.missing_bytes = 100;
    check_unknown(&c);
}

static void a_long_path_is_shown_up_to_a_whole_character(void)
{
    static const char accent[] = "\xc3\xa9";
    char path[160] = "/abs/";
    for (size_t i = strlen(path); i + 2 < 125; i += 2) {
        memcpy(path + i, accent, sizeof accent);
    }
    struct judge_case c;
    ask(&c, 1);
    case_text(&c, OBS_HTTP_CONTENT_PATH, path);
    case_judge(&c);
    CHECK(case_is(&c, "TT-08", "violation proven high"));
    const char *text = case_row(&c, "TT-08")->reasons[0].text;
    CHECK(strstr(text, accent) != NULL && strstr(text, "\xc3\xa9 from ") != NULL);
    case_done(&c);
}

/* Traffic table 6: im_tls: false makes TT-03 exempt, not the messages across the firewall. */
static void messages_across_the_firewall_are_never_exempt(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%ssettings: {im_tls: false}\n", case_site);
    struct judge_case c = case_of(text);
    case_flow(&c, "198.51.100.9", "10.20.0.8", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-14b", "violation proven critical"));
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-03", "exempt proven low"));
    case_done(&c);
}

int main(void)
{
    an_answer_without_content_is_nothing();
    an_answer_after_the_capture_is_unknown();
    an_answer_among_bytes_not_understood_is_unknown();
    a_redirect_excuses_only_its_own_request();
    a_long_path_is_shown_up_to_a_whole_character();
    messages_across_the_firewall_are_never_exempt();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

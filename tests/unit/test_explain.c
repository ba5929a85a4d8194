/* tests/unit/test_explain.c: `overt explain` of rows, reason codes and mistyped words. */
#include <stdio.h>
#include <stdlib.h>

#include "reports/report.h"
#include "tests/check.h"
#include "tests/unit/fake_rules.h"

static void expect(const char *what, bool want_known, const char *want, const char *test)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    bool known = report_explain(out, NULL, what);
    fclose(out);
    if (known != want_known || strcmp(got, want) != 0) {
        fprintf(stderr, "%s: %d\n got:\n%s\nwant:\n%s\n", test, known, got, want);
        check_failures++;
    }
    free(got);
}

static void row_tells_all_of_the_policy(void)
{
    expect("TT-01", true,
           "TT-01  server-to-server\n"
           "\n"
           "required    MTLS\n"
           "ports       5060-5061, 8057\n"
           "severity    high\n"
           "state       checked\n"
           "meets       R-41\n"
           "source      seed\n"
           "\n"
           "Servers show each other certificates.\n"
           "\n"
           "Second paragraph.\n"
           "\n"
           "What to do:\n"
           "Assign certificates.\n",
           __func__);
}

static void row_is_found_in_any_case_and_names_both_ends(void)
{
    expect("tt-02", true,
           "TT-02  client-to-server signalling\n"
           "\n"
           "required    TLS\n"
           "from        client_*\n"
           "to and back front_end, director, 10.0.7.0/24, 2001:db8::/32 port 443\n"
           "severity    high\n"
           "state       switched off by this policy\n"
           "source      seed\n"
           "\n"
           "Clients use TLS.\n",
           __func__);
}

static void reason_tells_its_meaning_and_fix(void)
{
    expect("media.clear", true,
           "media.clear\n"
           "\n"
           "Media that anybody on the path can listen to.\n"
           "\n"
           "What to do:\n"
           "Require SRTP.\n",
           __func__);
    expect("tls.client-certificate-empty", true,
           "tls.client-certificate-empty\n"
           "\n"
           "The client was asked for a certificate and sent none.\n"
           "\n"
           "What to do:\n"
           "What the row of the finding says: overt explain ROW.\n",
           __func__);
}

static void mistyped_word_gets_the_nearest_ones(void)
{
    expect("TT-1", false,
           "Neither a row nor a reason code is named \"TT-1\". "
           "Did you mean TT-01 or TT-02?\n",
           __func__);
    expect("certificate", false,
           "Neither a row nor a reason code is named \"certificate\". "
           "Did you mean tls.client-certificate-empty?\n",
           __func__);
}

static void hostile_word_is_printed_escaped(void)
{
    char *got = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&got, &size);
    CHECK(!report_explain(out, NULL, "\033[2J\n"));
    fclose(out);
    CHECK(strstr(got, "\"\\x1b[2J\\x0a\"") != NULL);
    free(got);
}

int main(void)
{
    row_tells_all_of_the_policy();
    row_is_found_in_any_case_and_names_both_ends();
    reason_tells_its_meaning_and_fix();
    mistyped_word_gets_the_nearest_ones();
    hostile_word_is_printed_escaped();
    return check_failures > 0;
}

/* tests/unit/test_judge_implied.c: what SIP carries inside TLS that nobody reads (table 5.5). */
#include "tests/unit/judge_case.h"

#define TLS12 "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"

static const char *const carried[] = { "TT-03", "TT-05", "TT-15", "TT-16" };
enum { CARRIED = sizeof carried / sizeof *carried };

static unsigned implied(const struct judge_case *c)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CARRIED; i++) {
        const struct assessment *a = case_row(c, carried[i]);
        count += a != NULL && case_reason(a, "sip.inside-tls") ? 1 : 0;
    }
    return count;
}

static void tls_flow(struct judge_case *c, const char *client, const char *server, uint16_t port)
{
    case_flow(c, client, server, port, "tls");
    case_tls(c, TLS12);
    case_mtls(c, "disproven", "not-requested");
}

static void what_a_client_sends_inside_tls_is_compliant_and_inferred(void)
{
    struct judge_case c = case_of(case_site);
    tls_flow(&c, "10.20.0.7", "10.0.1.10", 5061);
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 5);
    for (unsigned i = 0; i < CARRIED; i++) {
        CHECK(case_is(&c, carried[i], "compliant inferred info"));
    }
    CHECK_EQ(implied(&c), CARRIED);
    tls_flow(&c, "198.51.100.7", "192.0.2.10", 443); /* from outside: the Edge listens there */
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "compliant proven info"));
    CHECK(case_is(&c, "TT-15", "compliant inferred info"));
    case_done(&c);
}

static void between_servers_mutual_tls_is_what_implies(void)
{
    struct judge_case c = case_of(case_site);
    tls_flow(&c, "10.0.1.10", "192.0.2.10", 5061);
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK_EQ(implied(&c), 0);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_mutual(&c);
    case_judge(&c);
    CHECK_EQ(implied(&c), 2);
    CHECK(case_is(&c, "TT-03", "compliant inferred info"));
    CHECK(case_is(&c, "TT-15", "compliant inferred info"));
    case_done(&c);
}

static void weak_or_unseen_tls_implies_nothing(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.0", "TLS_RSA_WITH_RC4_128_SHA");
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls"); /* from the middle */
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    tls_flow(&c, "10.0.77.1", "10.0.1.10", 5061); /* client or server? */
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    case_done(&c);
}

static void tls_that_is_not_for_sip_implies_nothing(void)
{
    struct judge_case c = case_of(case_site);
    tls_flow(&c, "10.20.0.7", "10.0.1.30", 443); /* downloads, web conferences */
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    tls_flow(&c, "10.20.0.7", "10.0.1.10", 5061);
    case_text(&c, OBS_CARRIES, "http");
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    case_flow(&c, "10.0.1.10", "10.0.2.10", 444, "tls"); /* C3P */
    case_tls(&c, TLS12);
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK_EQ(implied(&c), 0);
    case_done(&c);
}

static void of_opened_tls_only_keys_and_credentials_are_implied(void)
{
    struct judge_case c = case_of(case_site);
    tls_flow(&c, "10.20.0.7", "10.0.1.10", 5061);
    case_value(&c, OBS_TLS_DECRYPTED, 1);
    case_value(&c, OBS_SIP_DECRYPTED, 1);
    case_text(&c, OBS_CARRIES, "sip");
    case_judge(&c);
    CHECK_EQ(implied(&c), 2);
    CHECK(case_row(&c, "TT-03") == NULL); /* no message was seen */
    CHECK(case_is(&c, "TT-15", "compliant inferred info"));
    CHECK(case_is(&c, "TT-16", "compliant inferred info"));
    case_done(&c);
}

int main(void)
{
    what_a_client_sends_inside_tls_is_compliant_and_inferred();
    between_servers_mutual_tls_is_what_implies();
    weak_or_unseen_tls_implies_nothing();
    tls_that_is_not_for_sip_implies_nothing();
    of_opened_tls_only_keys_and_credentials_are_implied();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

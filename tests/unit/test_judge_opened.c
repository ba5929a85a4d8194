/* tests/unit/test_judge_opened.c: SIP and HTTP inside TLS that was opened are not cleartext. */
#include "tests/unit/judge_case.h"

/* SIP with all that would be a violation if it were readable. */
static void put_sip(struct judge_case *c, bool opened)
{
    case_sip(c, "INVITE");
    case_text(c, OBS_SIP_RESPONSE, "200");
    case_value(c, OBS_SIP_IM, 1);
    case_value(c, OBS_SIP_PRESENCE, 1);
    case_value(c, OBS_SIP_SHARING, 1);
    case_value(c, OBS_SIP_FINGERPRINTS, 2);
    case_value(c, OBS_SIP_SIPS_URI, 1);
    if (opened) {
        case_value(c, OBS_SIP_DECRYPTED, 1);
        case_value(c, OBS_TLS_DECRYPTED, 1);
        case_text(c, OBS_CARRIES, "sip");
        case_text(c, OBS_CARRIES_BY, "decryption");
    }
}

static void opened_sip_is_judged_by_its_tls(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    case_mtls(&c, "disproven", "not-requested");
    put_sip(&c, true);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "compliant proven info"));
    CHECK(case_is(&c, "TT-03", "compliant proven info"));
    CHECK(case_is(&c, "TT-05", "compliant proven info"));
    CHECK(case_is(&c, "TT-15", "compliant inferred info")); /* whatever keys there may be */
    case_done(&c);
}

static void opened_sip_between_servers_needs_mtls_all_the_same(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    case_value(&c, OBS_TLS_CERTIFICATE_REQUESTED, 0);
    case_mtls(&c, "disproven", "not-requested");
    put_sip(&c, true);
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    case_done(&c);
}

/* Half of the connection in clear, the rest in TLS that was opened. */
static void sip_in_clear_before_opened_tls_stays_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_tls(&c, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    put_sip(&c, true);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    case_done(&c);
}

static void what_sizes_said_is_inferred_what_was_opened_is_proven(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation inferred medium"));
    case_done(&c);
}

int main(void)
{
    opened_sip_is_judged_by_its_tls();
    opened_sip_between_servers_needs_mtls_all_the_same();
    sip_in_clear_before_opened_tls_stays_a_violation();
    what_sizes_said_is_inferred_what_was_opened_is_proven();
    return check_failures > 0;
}

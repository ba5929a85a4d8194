/* tests/unit/test_judge_quic.c: HTTP/3 is judged as HTTPS; QUIC that cannot be read is unknown. */
#include "tests/unit/judge_case.h"

/* A client of the Front End's web server. */
static void begin(struct judge_case *c, const char *alpn)
{
    *c = case_of(case_site);
    case_flow(c, "10.20.0.7", "10.0.1.10", 443, "quic");
    c->record.initiator_by = "hello";
    case_text(c, OBS_QUIC_VERSION, "v1");
    case_text(c, OBS_TLS_OFFER_CIPHER, "TLS_AES_128_GCM_SHA256");
    case_text(c, OBS_TLS_OFFER_ALPN, alpn);
    if (alpn[0] == 'h') {
        case_text(c, OBS_CARRIES, "http");
    }
}

static void answer(struct judge_case *c, const char *version, const char *cipher)
{
    case_text(c, OBS_TLS_VERSION, version);
    case_text(c, OBS_TLS_CIPHER, cipher);
    case_text(c, OBS_TLS_MTLS_STATE, "unknown");
    case_text(c, OBS_TLS_MTLS_REASON, "encrypted-handshake");
}

static void http3_is_https(void)
{
    struct judge_case c;
    begin(&c, "h3");
    answer(&c, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-07", "compliant inferred info"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void a_handshake_that_was_not_seen_to_finish_is_unknown(void)
{
    struct judge_case c;
    begin(&c, "h3");
    answer(&c, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    case_judge(&c);
    CHECK(case_is(&c, "TT-07", "unknown inferred low"));
    CHECK(case_reason(case_row(&c, "TT-07"), "tls.handshake-unseen"));
    case_value(&c, OBS_TLS_ESTABLISHED, 0);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-07"), "tls.unfinished"));
    case_done(&c);
}

static void a_suite_nobody_knows_is_unknown(void)
{
    struct judge_case c;
    begin(&c, "h3");
    answer(&c, "TLSv1.3", "0x13f0");
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-07", "unknown inferred low"));
    case_done(&c);
}

static void unread_initials_and_unknown_versions_are_unknown(void)
{
    static const struct {
        const char *version, *code;
    } cases[] = {
        { NULL, "quic.initial-unread" },          { "v1", "quic.initial-unread" },
        { "0x00000007", "quic.version-unknown" }, { "Q046", "quic.version-unknown" },
        { "T051", "quic.version-unknown" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", "10.0.1.10", 443, "quic");
        if (cases[i].version != NULL) {
            case_text(&c, OBS_QUIC_VERSION, cases[i].version);
        }
        case_judge(&c);
        CHECK(case_is(&c, "TT-07", "unknown inferred low"));
        CHECK(case_reason(case_row(&c, "TT-07"), cases[i].code));
        case_done(&c);
    }
}

static void other_protocols_in_quic_are_not_of_the_table(void)
{
    struct judge_case c;
    begin(&c, "doq");
    answer(&c, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

/* Between servers the table wants MTLS: TLS 1.3 hides it. */
static void http3_between_servers_hides_its_certificates(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.2.10", "10.0.1.10", 443, "quic");
    c.record.initiator_by = "hello";
    case_text(&c, OBS_QUIC_VERSION, "v1");
    case_text(&c, OBS_TLS_OFFER_CIPHER, "TLS_AES_128_GCM_SHA256");
    case_text(&c, OBS_CARRIES, "http");
    answer(&c, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_judge(&c);
    for (uint32_t i = 0; i < c.judgement.count; i++) {
        const struct assessment *a = &c.judgement.assessments[i];
        bool mutual = (a->row->require & REQUIRE_MTLS) != 0;
        CHECK(a->verdict == (mutual ? VERDICT_UNKNOWN : VERDICT_COMPLIANT));
    }
    case_done(&c);
}

int main(void)
{
    http3_is_https();
    a_handshake_that_was_not_seen_to_finish_is_unknown();
    a_suite_nobody_knows_is_unknown();
    unread_initials_and_unknown_versions_are_unknown();
    other_protocols_in_quic_are_not_of_the_table();
    http3_between_servers_hides_its_certificates();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_judge.c: row selection, severity, coverage and findings beyond the truth cases.
 */
#include "tests/unit/judge_case.h"

#include "rules/judge_view.h"
#include "rules/reasons.h"

#define TLS12 "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"

static void ordinary_web_browsing_is_not_assessed(void)
{
    const char *policies[] = { NULL, case_site };
    for (unsigned i = 0; i < 2; i++) {
        struct judge_case c = case_of(policies[i]);
        case_flow(&c, "10.20.0.7", "93.184.216.34", 443, "tls");
        case_tls(&c, TLS12);
        case_judge(&c);
        CHECK_EQ(c.judgement.count, 0);
        case_flow(&c, "10.20.0.7", "93.184.216.34", 80, "http");
        case_text(&c, OBS_HTTP_PATH, "/abs/index.html");
        case_text(&c, OBS_HTTP_CONTENT_PATH, "/abs/index.html");
        case_judge(&c);
        CHECK_EQ(c.judgement.count, 0);
        struct address address;
        CHECK(!judge_roleless(c.judge, 0, &address));
        case_done(&c);
    }
}

static void tls_of_a_client_is_compliant_only_when_it_was_established(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_mtls(&c, "disproven", "empty");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "compliant proven info"));
    CHECK_EQ(c.judgement.count, 5); /* and what SIP inside may carry */
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_text(&c, OBS_TLS_VERSION, "TLSv1.2");
    case_value(&c, OBS_TLS_ESTABLISHED, 0);
    case_put_at(&c, OBS_TLS_ALERT_NAME, 0, "unknown_ca", 48);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "unknown proven low"));
    CHECK(strstr(c.judgement.assessments[0].reasons[0].text, "unknown_ca") != NULL);
    case_done(&c);
}

static void absence_in_an_incomplete_capture_is_unknown_with_its_reasons(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    c.record.both_directions = false;
    c.record.start_seen = false;
    c.record.missing_bytes = 300;
    c.record.cut_packets = 4;
    c.record.evicted = true;
    c.record.facts->dropped = 2;
    case_judge(&c);
    const struct assessment *a = case_row(&c, "TT-02");
    CHECK(case_reason(a, "capture.facts-dropped"));
    CHECK(case_is(&c, "TT-02", "unknown proven low"));
    CHECK(case_reason(a, "capture.one-direction") && case_reason(a, "capture.start-unseen") &&
          case_reason(a, "capture.missing-bytes") && case_reason(a, "capture.cut-packets") &&
          case_reason(a, "capture.evicted") && case_reason(a, "tls.handshake-unseen"));
    case_done(&c);
}

static void absence_while_a_live_capture_lost_packets_is_unknown(void)
{
    for (unsigned lost = 0; lost < 2; lost++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
        c.record.lost_nearby = lost != 0;
        case_judge(&c);
        const struct assessment *a = case_row(&c, "TT-02");
        CHECK(a != NULL && case_reason(a, "capture.packets-lost") == (lost != 0));
        CHECK(judge_notes_complete(&c.record) == (lost == 0));
        case_done(&c);
    }
}

/* What does not look like TLS is a violation where the capture was whole, else unknown. */
static void what_loss_may_have_hidden_is_no_violation(void)
{
    static const char *const want[] = { "violation", "unknown" };
    for (unsigned lost = 0; lost < 2; lost++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "unknown");
        c.record.lost_nearby = lost != 0;
        case_judge(&c);
        const struct assessment *a = case_row(&c, "TT-06");
        CHECK(a != NULL && strcmp(verdict_name(a->verdict), want[lost]) == 0);
        case_done(&c);
    }
}

static void suites_and_versions_are_judged_by_what_they_are(void)
{
    static const struct {
        const char *version, *cipher, *want;
    } cases[] = {
        { "SSLv3", "TLS_RSA_WITH_AES_128_CBC_SHA", "weak proven medium" },
        { "TLSv1.0", "TLS_RSA_WITH_RC4_128_SHA", "weak proven medium" },
        { "TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "weak proven medium" },
        { "TLSv1.2", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "weak proven medium" },
        { "TLSv1.2", "TLS_RSA_WITH_IDEA_CBC_SHA", "weak proven medium" },
        { "TLSv1.2", "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", "weak proven medium" },
        { "TLSv1.2", "TLS_DH_DSS_WITH_AES_128_CBC_SHA", "weak proven medium" },
        { "TLSv1.2", "TLS_RSA_WITH_NULL_SHA256", "violation proven high" },
        { "TLSv1.3", "TLS_SHA384_SHA384", "violation proven high" },
        { "TLSv1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", "violation proven high" },
        { "TLSv1.3", "TLS_SHA256_SHA256", "violation proven high" },
        { "TLSv1.2", "TLS_PSK_WITH_AES_128_CBC_SHA", "violation proven high" },
        { "TLSv1.2", "0xfedc", "unknown proven low" },
        { "0x0305", "TLS_AES_128_GCM_SHA256", "unknown proven low" },
        { "TLSv1.3", "TLS_AES_128_GCM_SHA256", "compliant proven info" },
    };
    struct judge_case c = case_of(case_site);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
        case_tls(&c, cases[i].version, cases[i].cipher);
        case_judge(&c);
        CHECK(case_is(&c, "TT-02", cases[i].want));
    }
    case_done(&c);
}

static void all_failed_checks_are_named(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "SSLv3", "TLS_DH_anon_WITH_NULL_SHA");
    case_mtls(&c, "disproven", "anonymous");
    case_judge(&c);
    const struct assessment *a = case_row(&c, "TT-01");
    CHECK(case_reason(a, "tls.null-cipher") && case_reason(a, "tls.anonymous") &&
          case_reason(a, "tls.version-obsolete"));
    case_done(&c);
}

static void pseudo_tls_is_never_taken_for_tls(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 443, "pseudo_tls");
    case_text(&c, OBS_TLS_VERSION, "TLSv1.0");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void an_unknown_role_is_judged_when_all_rows_agree(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "172.16.0.1", "10.0.1.10", 5060, "sip"); /* TT-01, TT-02, TT-13 all fail */
    case_sip(&c, "OPTIONS");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high")); /* external raises, a guess lowers */
    CHECK(case_reason(case_row(&c, "TT-02"), "role.inferred"));
    case_flow(&c, "172.16.0.1", "10.0.1.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    CHECK(judge_roleless(c.judge, 0, &address));
    CHECK(strcmp(address_text(&address, text), "172.16.0.1") == 0);
    CHECK(!judge_roleless(c.judge, 1, &address));
    case_done(&c);
}

static void an_unknown_role_is_unknown_when_rows_differ(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.77.1", "10.0.1.10", 5061, "tls"); /* client or server? */
    case_tls(&c, TLS12);
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 1);
    const struct assessment *a = &c.judgement.assessments[0];
    CHECK_EQ(a->verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(a, "role.unknown"));
    CHECK(strstr(a->reasons[0].text, "TT-01") != NULL && strstr(a->reasons[0].text, "TT-02"));
    case_flow(&c, "10.0.2.10", "10.0.77.2", 5060, "sip"); /* mediation to gateway or to pool? */
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 1);
    CHECK_EQ(c.judgement.assessments[0].verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(&c.judgement.assessments[0], "role.unknown"));
    case_done(&c);
}

static void media_of_unknown_hosts_must_be_srtp_all_the_same(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.77.1", "10.0.77.2", 50002, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "violation proven high"));
    CHECK(strcmp(c.judgement.client.role, "client_internal") == 0);
    CHECK(strcmp(c.judgement.client.role_by, "inferred") == 0);
    case_flow(&c, "10.0.2.10", "10.0.77.2", 50002,
              "rtp"); /* mediation: the peer may be a gateway */
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 1);
    CHECK_EQ(c.judgement.assessments[0].verdict, VERDICT_UNKNOWN);
    case_flow(&c, "10.0.77.1", "10.0.77.2", 50002, "unknown"); /* looks like RTP, nobody is sure */
    case_stream(&c, 0, "unknown", "inferred");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void messages_through_a_server_follow_the_settings(void)
{
    static const struct {
        const char *settings, *row, *want;
    } cases[] = {
        { "", "TT-03", "violation proven critical" },
        { "settings: {internal_im_tcp: true}\n", "TT-14a", "exempt proven low" },
        { "settings: {im_tls: false}\n", "TT-03", "exempt proven low" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s", case_site, cases[i].settings);
        struct judge_case c = case_of(text);
        case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
        case_sip(&c, "MESSAGE");
        case_value(&c, OBS_SIP_IM, 1);
        case_judge(&c);
        CHECK(case_is(&c, cases[i].row, cases[i].want));
        CHECK((case_row(&c, "TT-02") == NULL) == (i == 1)); /* the exempt hop has no other row */
        case_done(&c);
    }
}

static void messages_over_msrp_are_judged_as_those_in_sip(void)
{
    static const struct {
        const char *peer, *app, *row, *want;
    } cases[] = {
        { "10.20.0.8", "msrp", "TT-14a", "exempt proven low" },
        { "10.0.1.10", "msrp", "TT-03", "violation proven critical" },
        { "10.0.1.10", "tls", "TT-03", "" }, /* under keys that were logged */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", cases[i].peer, 2855, cases[i].app);
        case_value(&c, OBS_MSRP_TEXT, 1);
        case_judge(&c);
        CHECK(cases[i].want[0] == '\0' ? case_row(&c, cases[i].row) == NULL
                                       : case_is(&c, cases[i].row, cases[i].want));
        case_done(&c);
    }
}

static void sharing_keys_and_fingerprints_in_readable_sip_have_their_rows(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_SIP_SHARING, 1);
    case_value(&c, OBS_SIP_FINGERPRINTS, 2);
    case_value(&c, OBS_SIP_SIPS_URI, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-05", "violation proven high"));
    CHECK(case_is(&c, "TT-15", "weak proven medium"));
    CHECK(case_reason(case_row(&c, "TT-02"), "sip.sips-in-clear"));
    case_done(&c);
}

static void web_conferencing_must_be_tls(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "tls");
    case_tls(&c, TLS12);
    case_judge(&c);
    CHECK(case_is(&c, "TT-06", "compliant proven info"));
    case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "unknown");
    case_judge(&c);
    CHECK(case_is(&c, "TT-06", "violation inferred medium"));
    case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "unknown");
    c.record.start_seen = false;
    case_judge(&c);
    CHECK(case_is(&c, "TT-06", "unknown proven low"));
    case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "unknown"); /* a port scan: headers alone */
    c.record.talked = false;
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void downloads_are_judged_by_their_answers(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 443, "tls");
    case_tls(&c, TLS12);
    case_judge(&c);
    CHECK(case_is(&c, "TT-07", "compliant inferred info"));
    CHECK_EQ(c.judgement.count, 1);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 80, "http");
    case_text(&c, OBS_HTTP_PATH, "/GroupExpansion/int/service.asmx");
    c.record.both_directions = false;
    case_judge(&c);
    CHECK(case_is(&c, "TT-09", "unknown proven low"));
    case_flow(&c, "10.20.0.7", "10.0.1.10", 80, "http");
    case_text(&c, OBS_HTTP_PATH, "/GroupExpansion/int/service.asmx");
    case_value(&c, OBS_HTTP_CREDENTIALS_EXPOSED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-09", "violation proven critical"));
    case_flow(&c, "10.20.0.7", "10.0.1.10", 80, "http"); /* answered 404: no content came */
    case_text(&c, OBS_HTTP_PATH, "/abs/handler");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void dates_of_certificates_are_judged_without_trust_sets(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_text(&c, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com");
    case_value(&c, OBS_SERVER_CERT_NOT_AFTER, 1700000000000000);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "weak proven medium"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.expired"));
    CHECK(strstr(case_row(&c, "TT-24")->reasons[0].text, "on 2023-11-14.") != NULL);
    CHECK(strcmp(case_row(&c, "TT-24")->proofs[0].detail, "2023-11-14T22:13:20Z") == 0);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_value(&c, OBS_SERVER_CERT_NOT_BEFORE, 1900000000000000);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.not-yet-valid"));
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_value(&c, OBS_SERVER_CERT_NOT_BEFORE, (uint64_t)-1000000); /* before 1970 */
    case_value(&c, OBS_SERVER_CERT_NOT_AFTER, 1900000000000000);
    case_judge(&c);
    CHECK(case_row(&c, "TT-24") == NULL);
    case_done(&c);
}

static void short_keys_and_old_signatures_of_certificates_are_weak(void)
{
    static const struct {
        const char *type, *curve, *signature;
        uint64_t bits;
        const char *reason; /* NULL: strong enough */
    } cases[] = {
        { "RSA", NULL, "sha256WithRSAEncryption", 1024, "cert.key-short" },
        { "EC", "secp192r1", "ecdsa-with-SHA256", 192, "cert.key-short" },
        { "RSA", NULL, "sha1WithRSAEncryption", 2048, "cert.signature-weak" },
        { "RSA", NULL, "rsassaPss-SHA1", 2048, "cert.signature-weak" },
        { "EC", "P-256", "ecdsa-with-SHA1", 256, "cert.signature-weak" },
        { "RSA", NULL, "md5WithRSAEncryption", 4096, "cert.signature-weak" },
        { "RSA", NULL, "sha256WithRSAEncryption", 2048, NULL },
        { "RSA", NULL, "rsassaPss-SHA256", 2048, NULL },
        { "EC", "P-256", "ecdsa-with-SHA256", 256, NULL },
        { "Ed25519", NULL, "ED25519", 253, NULL },
    };
    struct judge_case c = case_of(case_site);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
        case_tls(&c, TLS12);
        case_text(&c, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com");
        case_text(&c, OBS_SERVER_CERT_KEY_TYPE, cases[i].type);
        if (cases[i].curve != NULL) {
            case_text(&c, OBS_SERVER_CERT_KEY_CURVE, cases[i].curve);
        }
        case_value(&c, OBS_SERVER_CERT_KEY_BITS, cases[i].bits);
        case_text(&c, OBS_SERVER_CERT_SIGNATURE, cases[i].signature);
        case_judge(&c);
        const struct assessment *a = case_row(&c, "TT-24");
        CHECK((a != NULL) == (cases[i].reason != NULL));
        if (a != NULL && cases[i].reason != NULL) {
            CHECK(case_is(&c, "TT-24", "weak proven medium"));
            CHECK(case_reason(a, cases[i].reason));
        }
    }
    case_done(&c);
}

static void own_rows_win_and_disabled_rows_are_silent(void)
{
    char text[4096];
    snprintf(text, sizeof text,
             "%srows:\n"
             "- {id: TT-02, enabled: false}\n"
             "- {id: C-01, title: recorder, traffic: {from: front_end, to: 10.0.7.7, app: rtp},\n"
             "   require: none, severity: low}\n",
             case_site);
    struct judge_case c = case_of(text);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "REGISTER");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_flow(&c, "10.0.1.10", "10.0.7.7", 4000, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    CHECK(case_is(&c, "C-01", "exempt proven low"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void flows_about_one_subject_are_one_finding_with_a_stable_id(void)
{
    uint64_t ids[2] = { 0, 0 };
    for (unsigned run = 0; run < 2; run++) {
        struct judge_case c = case_of(case_site);
        for (unsigned i = 0; i < 12; i++) {
            case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
            case_sip(&c, "REGISTER");
            c.record.start_us += i;
            c.record.side[0].port = (uint16_t)(40000 + i + run);
            c.record.missing_bytes = i == 5 ? 1 : 0;
            case_judge(&c);
        }
        struct finding_list list;
        CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
        CHECK_EQ(list.count, 1);
        CHECK_EQ(list.items[0]->flow_count, 12);
        CHECK_EQ(list.items[0]->last_us, c.record.end_us);
        CHECK_EQ(list.items[0]->first_us, 1800000000000000);
        CHECK_EQ(list.items[0]->client.port, 0);
        CHECK_EQ(list.items[0]->server.port, 5060);
        CHECK(!list.items[0]->capture_complete);
        ids[run] = list.items[0]->id;
        CHECK_EQ(judge_coverage(c.judge, 1)->flows, 12);
        CHECK_EQ(judge_coverage(c.judge, 1)->by_verdict[VERDICT_VIOLATION], 12);
        case_done(&c);
    }
    CHECK(ids[0] != 0 && ids[0] == ids[1]);
}

static void findings_come_in_order_and_quiet_ones_only_on_request(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "REGISTER");
    case_judge(&c);
    case_flow(&c, "10.20.0.9", "10.0.1.10", 5060, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_SIP_KEYS_EXPOSED, 1);
    c.record.start_us++;
    case_judge(&c);
    struct finding_list list;
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 3);
    CHECK_EQ(list.items[0]->severity, SEVERITY_CRITICAL);
    CHECK(list.items[1]->first_us < list.items[2]->first_us);
    CHECK_EQ(judge_findings(c.judge, true, &list), OV_OK);
    CHECK_EQ(list.count, 4);
    CHECK_EQ(list.items[3]->verdict, VERDICT_EXEMPT);
    case_done(&c);
}

static void media_between_two_hosts_is_one_finding_whoever_spoke_first(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    case_flow(&c, "10.20.0.8", "10.20.0.7", 51400, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    struct finding_list list;
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 1);
    CHECK_EQ(list.items[0]->flow_count, 2);
    case_done(&c);
}

static void a_finding_says_what_to_do_about_its_own_first_reason(void)
{
    struct judge_case c = case_of(case_site);
    struct finding_list list;
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_RSA_WITH_NULL_SHA256");
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 1);
    CHECK(strstr(list.items[0]->fix, "NULL suites") != NULL);
    case_done(&c);
    c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    c.record.both_directions = false;
    case_judge(&c);
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK(strstr(list.items[0]->fix, "Mirror both directions") != NULL);
    case_done(&c);
    c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK(list.items[0]->fix == list.items[0]->row->fix);
    case_done(&c);
}

static void silent_hosts_are_those_that_never_appeared(void)
{
    struct judge_case c = case_of(case_site);
    CHECK(strcmp(judge_silent_host(c.judge, 0)->name, "fe01.contoso.com") == 0);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 9999, "unknown");
    case_judge(&c);
    CHECK(strcmp(judge_silent_host(c.judge, 0)->name, "med01.contoso.com") == 0);
    CHECK(judge_silent_host(c.judge, 3) == NULL);
    case_done(&c);
}

static void every_reason_given_is_in_the_table_of_reasons(void)
{
    struct judge_case c = case_of(NULL);
    case_flow(&c, "10.20.0.7", "8.8.4.4", 5060, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_SIP_IM, 1);
    case_value(&c, OBS_SIP_PRESENCE, 1);
    case_value(&c, OBS_SIP_KEYS_EXPOSED, 1);
    case_value(&c, OBS_SIP_FINGERPRINTS, 1);
    case_value(&c, OBS_SIP_SHARING, 1);
    case_judge(&c);
    CHECK(c.judgement.count >= 4);
    for (uint32_t i = 0; i < c.judgement.count; i++) {
        const struct assessment *a = &c.judgement.assessments[i];
        CHECK(a->reason_count > 0 && a->proof_count > 0);
        for (uint32_t k = 0; k < a->reason_count; k++) {
            CHECK(reason_find(a->reasons[k].code) != NULL);
        }
    }
    case_done(&c);
}

int main(void)
{
    ordinary_web_browsing_is_not_assessed();
    tls_of_a_client_is_compliant_only_when_it_was_established();
    absence_while_a_live_capture_lost_packets_is_unknown();
    what_loss_may_have_hidden_is_no_violation();
    absence_in_an_incomplete_capture_is_unknown_with_its_reasons();
    suites_and_versions_are_judged_by_what_they_are();
    all_failed_checks_are_named();
    pseudo_tls_is_never_taken_for_tls();
    an_unknown_role_is_judged_when_all_rows_agree();
    an_unknown_role_is_unknown_when_rows_differ();
    media_of_unknown_hosts_must_be_srtp_all_the_same();
    messages_through_a_server_follow_the_settings();
    messages_over_msrp_are_judged_as_those_in_sip();
    sharing_keys_and_fingerprints_in_readable_sip_have_their_rows();
    web_conferencing_must_be_tls();
    downloads_are_judged_by_their_answers();
    dates_of_certificates_are_judged_without_trust_sets();
    short_keys_and_old_signatures_of_certificates_are_weak();
    own_rows_win_and_disabled_rows_are_silent();
    flows_about_one_subject_are_one_finding_with_a_stable_id();
    findings_come_in_order_and_quiet_ones_only_on_request();
    media_between_two_hosts_is_one_finding_whoever_spoke_first();
    a_finding_says_what_to_do_about_its_own_first_reason();
    silent_hosts_are_those_that_never_appeared();
    every_reason_given_is_in_the_table_of_reasons();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_judge_gateway.c: the leg between Mediation Server and gateway (rows TT-10,
 * TT-11).
 */
#include "tests/unit/judge_case.h"

#define TLS12     "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define MEDIATION "10.0.2.10"
#define GATEWAY   "10.0.9.5"

enum signalling {
    NOTHING,
    CLEAR,
    PINGS,
    CUT_PINGS,
    ONE_WAY,
    NULL_SUITE,
    MUTUAL,
    INFERRED,
    MIDDLE,
    FAILED
};

/* Signalling between two hosts, learned as at the end of a capture, not judged. */
static void signal_between(struct judge_case *c, const char *a, const char *b, enum signalling what)
{
    if (what == NOTHING) {
        return;
    }
    bool sip = what == CLEAR || what == PINGS || what == CUT_PINGS;
    case_flow(c, a, b, sip ? 5068 : 5067, sip ? "sip" : "tls");
    if (sip) {
        case_sip(c, "OPTIONS");
        c->record.cut_packets = what == CUT_PINGS ? 3 : 0;
        if (what == CLEAR) {
            case_sip(c, "INVITE");
        }
    } else if (what == FAILED) {
        case_text(c, OBS_TLS_VERSION, "TLSv1.2");
        case_value(c, OBS_TLS_ESTABLISHED, 0);
        case_mtls(c, "disproven", "refused");
    } else if (what == MIDDLE) {
        c->record.start_seen = false;
        case_mtls(c, "unknown", "no-start");
    } else {
        case_tls(c, "TLSv1.2",
                 what == NULL_SUITE ? "TLS_RSA_WITH_NULL_SHA256"
                                    : "TLS_RSA_WITH_AES_256_GCM_SHA384");
        case_mtls(c,
                  what == ONE_WAY    ? "disproven"
                  : what == INFERRED ? "inferred"
                                     : "proven",
                  what == ONE_WAY ? "not-requested" : "certificate-verify");
    }
    judge_learn(c->judge, &c->record);
}

static void srtp_between(struct judge_case *c, const char *a, const char *b)
{
    case_flow(c, a, b, 60100, "rtp");
    case_stream(c, 0, "srtp", "inferred");
    case_stream(c, 1, "srtp", "inferred");
    case_judge(c);
}

static void each_direction_has_the_row_of_what_it_is(void)
{
    struct judge_case c = case_of(case_site);
    signal_between(&c, MEDIATION, GATEWAY, CLEAR);
    case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_stream(&c, 1, "rtp", "proven");
    case_judge(&c);
    CHECK(case_row(&c, "TT-11a") != NULL && case_row(&c, "TT-11b") != NULL);
    CHECK(case_row(&c, "TT-11a")->verdict == VERDICT_EXEMPT);
    CHECK(case_is(&c, "TT-11b", "violation inferred medium"));
    CHECK(case_reason(case_row(&c, "TT-11b"), "media.signalling-clear"));
    case_done(&c);
}

static void srtp_is_as_good_as_the_signalling_that_keys_it(void)
{
    static const struct {
        enum signalling first, second;
        const char *want, *reason;
    } cases[] = {
        { NOTHING, NOTHING, "unknown inferred low", "media.signalling-not-seen" },
        { CLEAR, NOTHING, "violation inferred medium", "media.signalling-clear" },
        { PINGS, NOTHING, "unknown inferred low", "media.signalling-not-seen" },
        { PINGS, MUTUAL, "compliant inferred info", NULL },
        { CUT_PINGS, MUTUAL, "unknown inferred low", "media.signalling-unknown" },
        { ONE_WAY, NOTHING, "violation inferred medium", "media.signalling-one-way" },
        { NULL_SUITE, NOTHING, "violation inferred medium", "media.signalling-clear" },
        { MUTUAL, NOTHING, "compliant inferred info", NULL },
        { INFERRED, NOTHING, "compliant inferred info", NULL },
        { MUTUAL, CLEAR, "violation inferred medium", "media.signalling-clear" },
        { ONE_WAY, MUTUAL, "violation inferred medium", "media.signalling-one-way" },
        { MIDDLE, NOTHING, "unknown inferred low", "media.signalling-unknown" },
        { MUTUAL, MIDDLE, "unknown inferred low", "media.signalling-unknown" },
        { FAILED, NOTHING, "unknown inferred low", "media.signalling-not-seen" },
        { FAILED, MUTUAL, "compliant inferred info", NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(case_site);
        signal_between(&c, MEDIATION, GATEWAY, cases[i].first);
        signal_between(&c, GATEWAY, MEDIATION, cases[i].second);
        srtp_between(&c, GATEWAY, MEDIATION);
        CHECK(case_is(&c, "TT-11b", cases[i].want));
        CHECK_EQ(c.judgement.count, 2); /* and TT-22, of a class that nobody declared */
        const struct assessment *a = case_row(&c, "TT-11b");
        CHECK(cases[i].reason == NULL || case_reason(a, cases[i].reason));
        CHECK(a->proof_count > 0);
        case_done(&c);
    }
}

static void signalling_of_other_hosts_does_not_count(void)
{
    struct judge_case c = case_of(case_site);
    signal_between(&c, "10.20.0.7", "10.0.1.10", CLEAR); /* client to Front End */
    signal_between(&c, MEDIATION, "10.0.1.10", ONE_WAY); /* Mediation Server to Front End */
    signal_between(&c, "10.0.77.1", GATEWAY, CLEAR);     /* nobody knows whom */
    signal_between(&c, MEDIATION, GATEWAY, MUTUAL);
    srtp_between(&c, MEDIATION, GATEWAY);
    CHECK(case_is(&c, "TT-11b", "compliant inferred info"));
    srtp_between(&c, MEDIATION, "10.20.0.7"); /* the inside has a row that needs no signalling */
    CHECK(case_is(&c, "TT-12", "compliant inferred info"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void a_readable_key_is_proof_and_is_told_once(void)
{
    struct judge_case c = case_of(case_site);
    signal_between(&c, MEDIATION, GATEWAY, CLEAR);
    case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_value(&c, OBS_MEDIA_KEY_EXPOSED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-11b", "violation proven critical"));
    CHECK(!case_reason(case_row(&c, "TT-11b"), "media.signalling-clear"));
    case_done(&c);
}

static void dtls_keyed_media_needs_the_same_signalling(void)
{
    struct judge_case c = case_of(case_site);
    signal_between(&c, MEDIATION, GATEWAY, CLEAR);
    case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
    case_stream(&c, 0, "srtp", "proven");
    case_text(&c, OBS_MEDIA_KEYING, "dtls");
    case_judge(&c);
    CHECK(case_is(&c, "TT-11b", "violation inferred medium"));
    CHECK(strstr(case_row(&c, "TT-11b")->reasons[0].text, "fingerprint") != NULL);
    case_done(&c);
}

static void dtls_with_another_certificate_than_announced_is_a_violation(void)
{
    static const struct {
        const char *keying;
        enum observation_kind kind;
        const char *said, *want, *reason;
    } cases[] = {
        { "dtls", OBS_TLS_SERVER_FINGERPRINT, "mismatch", "violation proven high",
          "media.fingerprint-mismatch" },
        { "dtls", OBS_TLS_CLIENT_FINGERPRINT, "mismatch", "violation proven high",
          "media.fingerprint-mismatch" },
        { "dtls", OBS_TLS_CLIENT_FINGERPRINT, "unknown", "unknown inferred low",
          "media.fingerprint-unknown" },
        { "dtls", OBS_TLS_SERVER_FINGERPRINT, "match", "compliant inferred info", NULL },
        { "sdes", OBS_TLS_SERVER_FINGERPRINT, "mismatch", "compliant inferred info", NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(case_site);
        signal_between(&c, MEDIATION, GATEWAY, MUTUAL);
        case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
        case_stream(&c, 0, "srtp", "inferred");
        case_text(&c, OBS_MEDIA_KEYING, cases[i].keying);
        case_text(&c, cases[i].kind, cases[i].said);
        case_judge(&c);
        CHECK(case_is(&c, "TT-11b", cases[i].want));
        CHECK(cases[i].reason == NULL || case_reason(case_row(&c, "TT-11b"), cases[i].reason));
        case_done(&c);
    }
}

/* Whatever else was told of the streams: the finding points at the packet of the certificate. */
static void the_wrong_certificate_comes_first(void)
{
    for (uint16_t streams = 1; streams < 12; streams += 5) {
        struct judge_case c = case_of(case_site);
        signal_between(&c, MEDIATION, GATEWAY, MUTUAL);
        case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
        for (uint16_t i = 0; i < streams; i++) {
            case_stream(&c, i, "srtp", "proven");
        }
        case_text(&c, OBS_MEDIA_KEYING, "dtls");
        case_text(&c, OBS_TLS_SERVER_FINGERPRINT, "mismatch");
        case_judge(&c);
        const struct assessment *a = case_row(&c, "TT-11b");
        CHECK(a != NULL && a->proof_count > 1 &&
              strcmp(a->reasons[0].code, "media.fingerprint-mismatch") == 0 &&
              strcmp(a->proofs[0].fact, "tls.server_fingerprint") == 0 &&
              strcmp(a->proofs[1].fact, "tls.server_fingerprint") != 0);
        case_done(&c);
    }
}

static void bypassed_media_counts_the_gateways_own_signalling(void)
{
    struct judge_case c = case_of(case_site);
    srtp_between(&c, "10.20.0.7", GATEWAY);
    CHECK(case_is(&c, "TT-11b", "unknown inferred low"));
    signal_between(&c, MEDIATION, GATEWAY, MUTUAL);
    srtp_between(&c, "10.20.0.7", GATEWAY);
    CHECK(case_is(&c, "TT-11b", "compliant inferred info"));
    signal_between(&c, MEDIATION, GATEWAY, CLEAR); /* which of the two keyed it? */
    srtp_between(&c, "10.20.0.7", GATEWAY);
    CHECK(case_is(&c, "TT-11b", "unknown inferred low"));
    case_done(&c);
    c = case_of(case_site);
    signal_between(&c, MEDIATION, GATEWAY, CLEAR);
    srtp_between(&c, "10.20.0.7", GATEWAY);
    CHECK(case_is(&c, "TT-11b", "violation inferred medium"));
    case_done(&c);
}

static void a_host_with_several_addresses_is_one_host(void)
{
    static const char address[] = "address: 10.0.9.5, role: gateway";
    const char *at = strstr(case_site, address);
    char text[4096];
    snprintf(text, sizeof text, "%.*saddress: [10.0.9.5, 10.0.9.6], role: gateway%s",
             (int)(at - case_site), case_site, at + strlen(address));
    struct judge_case c = case_of(text);
    signal_between(&c, MEDIATION, GATEWAY, ONE_WAY);
    srtp_between(&c, MEDIATION, "10.0.9.6");
    CHECK(case_is(&c, "TT-11b", "violation inferred medium"));
    case_done(&c);
}

static void an_own_row_may_name_the_signalling_it_rests_on(void)
{
    char text[4096];
    snprintf(text, sizeof text,
             "%srows:\n"
             "- {id: C-01, title: signalling of the recorder, traffic: {from: front_end,\n"
             "   to: 10.0.7.7, either_way: true, app: sip}, require: tls, severity: high}\n"
             "- {id: C-02, title: recorder, traffic: {from: front_end, to: 10.0.7.7, app: rtp},\n"
             "   require: srtp, severity: high, over: C-01}\n",
             case_site);
    struct judge_case c = case_of(text);
    srtp_between(&c, "10.0.1.10", "10.0.7.7");
    CHECK(case_is(&c, "C-02", "unknown inferred low"));
    signal_between(&c, "10.0.1.10", "10.0.7.7", ONE_WAY); /* enough for this row */
    srtp_between(&c, "10.0.1.10", "10.0.7.7");
    CHECK(case_is(&c, "C-02", "compliant inferred info"));
    signal_between(&c, "10.0.1.10", "10.0.7.7", CLEAR);
    srtp_between(&c, "10.0.1.10", "10.0.7.7");
    CHECK(case_is(&c, "C-02", "violation inferred low")); /* the recorder has no role */
    case_done(&c);
}

static void a_row_rests_on_a_signalling_row_above_or_is_an_error(void)
{
    static const char *const rows[] = {
        "{id: C-1, title: t, traffic: {from: any, to: any, app: rtp}, require: srtp,"
        " severity: low, over: TT-99}",
        "{id: C-1, title: t, traffic: {from: any, to: any, app: rtp}, require: srtp,"
        " severity: low, over: TT-04}",
        "{id: C-1, title: t, traffic: {from: any, to: any, app: sip}, require: tls,"
        " severity: low, over: TT-01}",
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[4096], errors[512] = "";
        FILE *file = fmemopen(errors, sizeof errors, "w");
        struct policy *policy = NULL;
        snprintf(text, sizeof text, "%srows: [%s]\n", case_site, rows[i]);
        CHECK_EQ(policy_read_text("case.yaml", text, strlen(text), file, &policy), OV_SYNTAX);
        (void)fclose(file);
        CHECK(strstr(errors, "found over") != NULL);
    }
}

static void clear_media_of_the_gateway_is_exempt(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, MEDIATION, GATEWAY, 60100, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_judge(&c);
    CHECK(case_is(&c, "TT-11a", "exempt proven info"));
    CHECK(case_is(&c, "TT-22", "unknown inferred low"));
    CHECK_EQ(c.judgement.count, 2);
    case_done(&c);
}

/* The site with other words at the gateway's host entry. */
static struct judge_case case_of_gateway(const char *address, const char *words)
{
    static const char entry[] = "address: 10.0.9.5, role: gateway";
    const char *at = strstr(case_site, entry);
    char text[4096];
    snprintf(text, sizeof text, "%.*saddress: %s, role: gateway%s%s", (int)(at - case_site),
             case_site, address, words, at + strlen(entry));
    return case_of(text);
}

static void the_trunk_class_decides_whether_a_clear_gateway_leg_is_exempt(void)
{
    static const struct {
        const char *address, *words, *want, *reason;
    } cases[] = {
        { GATEWAY, ", trunk: private", "exempt proven low", "gateway.clear-permitted" },
        { GATEWAY, ", trunk: public", "violation proven critical", "gateway.public-clear" },
        { GATEWAY, ", trunk: vpn", "unknown proven low", "vpn.not-around" },
        { GATEWAY, "", "exempt proven low", "gateway.trunk-undeclared" },
        { "203.0.113.9", "", "violation inferred critical", "gateway.public-clear" },
        { "203.0.113.9", ", trunk: private", "exempt proven low", "gateway.clear-permitted" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of_gateway(cases[i].address, cases[i].words);
        case_flow(&c, MEDIATION, cases[i].address, 5068, "sip");
        case_sip(&c, "INVITE");
        case_judge(&c);
        CHECK(case_is(&c, "TT-10a", cases[i].want));
        const struct assessment *a = case_row(&c, "TT-10a");
        CHECK(case_reason(a, cases[i].reason));
        CHECK_EQ(case_reason(a, "gateway.trunk-undeclared"), i == 3);
        case_done(&c);
    }
}

int main(void)
{
    each_direction_has_the_row_of_what_it_is();
    srtp_is_as_good_as_the_signalling_that_keys_it();
    signalling_of_other_hosts_does_not_count();
    a_readable_key_is_proof_and_is_told_once();
    dtls_keyed_media_needs_the_same_signalling();
    dtls_with_another_certificate_than_announced_is_a_violation();
    the_wrong_certificate_comes_first();
    bypassed_media_counts_the_gateways_own_signalling();
    a_host_with_several_addresses_is_one_host();
    an_own_row_may_name_the_signalling_it_rests_on();
    a_row_rests_on_a_signalling_row_above_or_is_an_error();
    clear_media_of_the_gateway_is_exempt();
    the_trunk_class_decides_whether_a_clear_gateway_leg_is_exempt();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

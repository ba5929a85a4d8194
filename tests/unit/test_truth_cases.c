/* tests/unit/test_truth_cases.c: the cases of the traffic table (section 7) give their verdicts. */
#include "tests/unit/judge_case.h"

#define TLS12 "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define TLS13 "TLSv1.3", "TLS_AES_256_GCM_SHA384"

static void case_1_mutual_tls_between_servers_is_compliant(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_mutual(&c);
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    CHECK_EQ(c.judgement.count, 3); /* and messages and media keys inside */
    CHECK(strcmp(c.judgement.assessments[0].observed, "mtls") == 0);
    CHECK(strcmp(c.judgement.client.role, "front_end") == 0);
    CHECK(strcmp(c.judgement.server.role, "edge_access") == 0);
    CHECK(strcmp(c.judgement.server.zone, "perimeter") == 0);
    case_done(&c);
}

static void case_2_an_empty_client_certificate_between_servers_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS12);
    case_text(&c, OBS_TLS_CLIENT_CERTIFICATE, "empty");
    case_mtls(&c, "disproven", "empty");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.client-certificate-empty"));
    CHECK(strstr(c.judgement.assessments[0].reasons[0].text, "fe01.contoso.com") != NULL);
    CHECK_EQ(c.judgement.assessments[0].proofs[0].packet, 12);
    case_done(&c);
}

static void case_3_inferred_mutual_tls_is_compliant_when_the_policy_accepts_it(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS13);
    case_mtls(&c, "inferred", "record-sizes");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant inferred info"));
    case_done(&c);
    char strict[2048];
    snprintf(strict, sizeof strict, "%ssettings: {accept_inferred_mtls: false}\n", case_site);
    c = case_of(strict);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS13);
    case_mtls(&c, "inferred", "record-sizes");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "unknown inferred low"));
    case_done(&c);
}

static void case_4_disproven_by_record_sizes_is_a_medium_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS13);
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation inferred medium"));
    case_done(&c);
}

static void case_5_a_resumed_session_of_unknown_origin_is_unknown(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, TLS13);
    case_mtls(&c, "unknown", "psk");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.mtls-resumed"));
    case_done(&c);
}

static void case_7_a_clear_register_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "REGISTER");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    CHECK_EQ(c.judgement.count, 1);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "REGISTER");
    case_text(&c, OBS_SIP_AUTH_SCHEME, "NTLM");
    case_value(&c, OBS_SIP_CREDENTIALS_EXPOSED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven critical"));
    CHECK(case_reason(case_row(&c, "TT-02"), "sip.credentials-exposed"));
    case_done(&c);
}

static void case_8_a_message_between_internal_clients_is_exempt(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-14a", "exempt proven low"));
    CHECK(case_reason(case_row(&c, "TT-14a"), "im.readable"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void case_9_a_message_across_the_firewall_is_critical(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "198.51.100.9", "10.20.0.8", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-14b", "violation proven critical"));
    CHECK(case_row(&c, "TT-14a") == NULL && case_row(&c, "TT-03") == NULL);
    case_done(&c);
}

static void case_10_clear_signalling_on_a_private_trunk_is_exempt(void)
{
    char text[4096];
    const char *at = strstr(case_site, "role: gateway");
    snprintf(text, sizeof text, "%.*srole: gateway, trunk: private%s", (int)(at - case_site),
             case_site, at + strlen("role: gateway"));
    struct judge_case c = case_of(text);
    case_flow(&c, "10.0.2.10", "10.0.9.5", 5068, "sip");
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK(case_is(&c, "TT-10a", "exempt proven low"));
    CHECK(case_is(&c, "TT-20", "exempt proven low"));
    CHECK_EQ(c.judgement.count, 2);
    case_done(&c);
}

/* Outside the network; inside, the gateway may as well be one of the house: unknown. */
static void case_11_a_trunk_of_unknown_class_counts_as_public(void)
{
    char text[4096];
    const char *at = strstr(case_site, "10.0.9.5");
    snprintf(text, sizeof text, "%.*s203.0.113.5%s", (int)(at - case_site), case_site,
             at + strlen("10.0.9.5"));
    struct judge_case c = case_of(text);
    case_flow(&c, "203.0.113.5", "10.0.2.10", 5068, "sip");
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK(case_is(&c, "TT-22", "violation inferred critical"));
    CHECK(case_reason(case_row(&c, "TT-22"), "gateway.trunk-undeclared"));
    case_done(&c);
    c = case_of(case_site);
    case_flow(&c, "10.0.9.5", "10.0.2.10", 5068, "sip");
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK(case_is(&c, "TT-22", "unknown inferred low"));
    case_done(&c);
}

static void case_12_one_way_tls_to_the_gateway_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.9.5", "10.0.2.10", 5067, "tls");
    case_tls(&c, TLS12);
    case_value(&c, OBS_TLS_CERTIFICATE_REQUESTED, 0);
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(case_is(&c, "TT-10b", "violation proven high"));
    CHECK_EQ(c.judgement.count, 2); /* and TT-22, of a class that nobody declared */
    case_done(&c);
}

static void case_13_srtp_keyed_in_the_clear_is_critical(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.2.10", "10.0.9.5", 5068, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_SIP_KEYS_EXPOSED, 2);
    case_judge(&c);
    CHECK(case_is(&c, "TT-10a", "exempt proven low"));
    CHECK(case_is(&c, "TT-15", "violation proven critical"));
    char id[32];
    snprintf(id, sizeof id, "f:%016" PRIx64, c.record.id);
    case_flow(&c, "10.0.2.10", "10.0.9.5", 60100, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_value(&c, OBS_MEDIA_KEY_EXPOSED, 1);
    case_text(&c, OBS_MEDIA_KEYED_BY, id);
    case_judge(&c);
    CHECK(case_is(&c, "TT-11b", "violation proven critical"));
    CHECK(case_row(&c, "TT-11a") == NULL);
    struct finding_list list;
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 4); /* two of them TT-22, unknown */
    for (uint32_t i = 0; i < list.count; i++) {
        bool keys = strcmp(list.items[i]->row->id, "TT-15") == 0;
        CHECK_EQ(list.items[i]->streams_exposed, keys ? 1 : 0);
    }
    case_done(&c);
}

static void case_15_plain_rtp_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_stream(&c, 1, "rtp", "proven");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "violation proven critical"));
    CHECK_EQ(c.judgement.assessments[0].media_us, 8000000);
    CHECK(strcmp(c.judgement.assessments[0].observed, "rtp") == 0);
    case_done(&c);
}

static void case_16_srtp_is_compliant_by_its_evidence(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "compliant inferred info"));
    case_done(&c);
}

static void case_16_srtp_of_an_unknown_cipher_is_not_compliant(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "declared");
    case_text(&c, OBS_MEDIA_SUITE, "ROT13");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "unknown declared low"));
    CHECK(case_reason(case_row(&c, "TT-04"), "media.cipher-unknown"));
    CHECK(case_reason(case_row(&c, "TT-04"), "strength.unknown"));
    case_value(&c, OBS_MEDIA_CONFIDENTIAL, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "unknown declared low")); /* it encrypts: how well is not known */
    case_text(&c, OBS_MEDIA_SUITE, "F8_128_HMAC_SHA1_80");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "compliant declared info"));
    case_done(&c);
}

static void case_16_srtp_is_not_compliant_when_no_tag_is_known_of(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "unknown", "inferred");
    case_text(&c, OBS_MEDIA_PROTECTION, "srtp");
    case_value(&c, OBS_MEDIA_CONFIDENTIAL, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "unknown inferred low"));
    CHECK(case_reason(case_row(&c, "TT-04"), "media.authentication-unknown"));
    case_value(&c, OBS_MEDIA_AUTHENTICATED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "compliant inferred info"));
    case_done(&c);
}

static void case_16_srtp_under_another_key_than_agreed_is_not_compliant(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_text(&c, OBS_MEDIA_TAG, "mismatch");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "unknown inferred low"));
    CHECK(case_reason(case_row(&c, "TT-04"), "media.tag-mismatch"));
    case_done(&c);
}

static void case_16_srtp_whose_key_has_other_uses_is_weak_or_worse(void)
{
    static const struct {
        const char *reuse, *want, *reason;
    } cases[] = {
        { "direction", "weak inferred medium", "media.key-shared" },
        { "section", "weak inferred medium", "media.key-shared" },
        { "call", "weak inferred medium", "media.key-shared" },
        { "index", "violation proven high", "media.key-stream-reused" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
        case_stream(&c, 0, "srtp", "inferred");
        case_text(&c, OBS_MEDIA_KEY_REUSE, cases[i].reuse);
        case_judge(&c);
        CHECK(case_is(&c, "TT-04", cases[i].want));
        CHECK(case_reason(case_row(&c, "TT-04"), cases[i].reason));
        case_done(&c);
    }
}

static void case_17_srtp_that_changed_to_clear_names_the_packet(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "rtp", "inferred");
    case_text(&c, OBS_MEDIA_GROUND_TEST, "change");
    case_text(&c, OBS_MEDIA_GROUND_RESULT, "rtp");
    case_judge(&c);
    const struct assessment *a = case_row(&c, "TT-04");
    CHECK(case_reason(a, "media.changed"));
    CHECK(a != NULL && strstr(a->reasons[1].text, "from packet 12 on it was readable") != NULL);
    case_done(&c);
}

static void case_17_srtp_that_was_only_negotiated_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_text(&c, OBS_MEDIA_NEGOTIATED, "srtp");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "violation proven critical"));
    CHECK(case_reason(case_row(&c, "TT-04"), "media.negotiated-not-applied"));
    case_done(&c);
}

static void case_18_unauthenticated_srtp_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "proven");
    case_value(&c, OBS_MEDIA_CONFIDENTIAL, 1);
    case_value(&c, OBS_MEDIA_AUTHENTICATED, 0);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-04"), "media.not-authenticated"));
    CHECK(strstr(c.judgement.assessments[0].reasons[0].text, "replay") != NULL);
    case_done(&c);
}

static void case_19_a_null_dtls_srtp_profile_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "dtls");
    case_put_at(&c, OBS_TLS_USE_SRTP, 0, "SRTP_NULL_HMAC_SHA1_80", 5);
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "violation proven critical"));
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "dtls");
    case_put_at(&c, OBS_TLS_USE_SRTP, 0, "SRTP_NULL_HMAC_SHA1_80", 5);
    case_stream(&c, 0, "srtp", "inferred");
    case_value(&c, OBS_MEDIA_CONFIDENTIAL, 0);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-04"), "media.not-confidential"));
    case_done(&c);
}

static void case_20_a_clear_address_book_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 80, "http");
    case_value(&c, OBS_HTTP_REQUESTS, 1);
    case_text(&c, OBS_HTTP_PATH, "/ABS/int/Handler/D-0d1b-0d1c.lsabs");
    case_text(&c, OBS_HTTP_CONTENT_PATH, "/ABS/int/Handler/D-0d1b-0d1c.lsabs");
    case_judge(&c);
    CHECK(case_is(&c, "TT-08", "violation proven high"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void case_21_a_redirect_to_https_is_no_finding(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 80, "http");
    case_value(&c, OBS_HTTP_REQUESTS, 1);
    case_text(&c, OBS_HTTP_PATH, "/abs/handler");
    case_value(&c, OBS_HTTP_REDIRECT_TO_HTTPS, 1);
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void case_22_a_null_suite_between_servers_is_a_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_RSA_WITH_NULL_SHA256");
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.null-cipher"));
    case_done(&c);
}

/* A flow of a tunnel between Mediation Server and gateway, whose trunk is declared to be in a VPN.
 */
static struct judge_case case_of_vpn(void)
{
    char text[4096];
    const char *at = strstr(case_site, "role: gateway}");
    snprintf(text, sizeof text, "%.*srole: gateway, trunk: vpn%s", (int)(at - case_site), case_site,
             at + strlen("role: gateway"));
    return case_of(text);
}

static void put_rating(struct judge_case *c, const char *protocol, const char *rating,
                       const char *evidence, const char *reason)
{
    c->record.l4 = IPPROTO_UDP;
    case_text(c, OBS_VPN_PROTOCOL, protocol);
    case_text(c, OBS_VPN_RATING, rating);
    case_text(c, OBS_VPN_EVIDENCE, evidence);
    case_text(c, OBS_VPN_REASON, reason);
}

static void case_25_a_trunk_inside_esp_of_a_strong_ike_sa_is_compliant(void)
{
    struct judge_case c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 4500, "esp");
    put_rating(&c, "esp", "ok128", "inferred", "ike");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "compliant inferred info"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.rated"));
    CHECK_EQ(c.judgement.count, 1);
    case_done(&c);
}

static void case_26_a_trunk_inside_3des_is_a_violation(void)
{
    struct judge_case c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 4500, "esp");
    put_rating(&c, "esp", "weak", "inferred", "ike-cipher");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "violation inferred medium"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.weak"));
    case_done(&c);
    c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 4500, "esp");
    put_rating(&c, "esp", "none", "proven", "readable");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.not-encrypted"));
    case_done(&c);
}

static void case_27_media_outside_of_the_vpn_is_critical(void)
{
    struct judge_case c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 20000, "rtp");
    case_stream(&c, 0, "rtp", "proven");
    case_text(&c, OBS_VPN_BESIDE, "f:0000000000000001");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "violation proven critical"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.leak"));
    CHECK(case_is(&c, "TT-11a", "violation proven critical"));
    case_done(&c);
    c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 20000,
              "rtp"); /* one way only: a tunnel's end may see what it opened */
    c.record.both_directions = false;
    case_stream(&c, 0, "rtp", "proven");
    case_text(&c, OBS_VPN_BESIDE, "f:0000000000000001");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "violation inferred high"));
    case_done(&c);
}

/* The exception must be earned: what was not seen, or cannot be rated, is never compliant. */
static void a_vpn_that_nobody_can_rate_makes_nothing_compliant(void)
{
    struct judge_case c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 4500, "esp");
    put_rating(&c, "esp", "unknown", "inferred", "no-key-exchange");
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "unknown inferred low"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.unrated"));
    case_done(&c);
    c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 4500, "esp");
    put_rating(&c, "esp", "excellent", "proven", "ike"); /* a word that is not one */
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "unknown proven low"));
    case_done(&c);
    c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 5068, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_VPN_ELSEWHERE, 1); /* between two appliances, perhaps */
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "unknown inferred low"));
    CHECK(case_is(&c, "TT-10a", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.not-around"));
    case_done(&c);
}

/* an advice, never a fault of protection. */
static void a_vpn_inside_tcp_is_compliant_with_an_advice(void)
{
    struct judge_case c = case_of_vpn();
    case_flow(&c, "10.0.2.10", "10.0.9.5", 1194, "openvpn");
    put_rating(&c, "openvpn", "ok128", "inferred", "aead");
    case_value(&c, OBS_VPN_INSIDE_TCP, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-21", "compliant inferred info"));
    CHECK(case_reason(case_row(&c, "TT-21"), "vpn.inside-tcp"));
    case_done(&c);
}

static void case_31_compressed_sip_is_clear(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "NEGOTIATE");
    case_value(&c, OBS_SIP_COMPRESSED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-02"), "sip.compressed"));
    case_done(&c);
}

/* What readable SIP tells of the media policies of others. */
static void clear_sip_tells_of_levels_of_media_encryption(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "INVITE");
    case_value(&c, OBS_SIP_ENCRYPTION_REFUSED, 1);
    case_text(&c, OBS_SIP_AV_ENCRYPTION, "rejected");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-02"), "sip.encryption-refused"));
    CHECK(case_reason(case_row(&c, "TT-02"), "sip.provisions-clear-media"));
    case_done(&c);
}

static void case_32_tls_from_the_middle_is_unknown(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    c.record.start_seen = false;
    case_mtls(&c, "unknown", "no-start");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-01"), "capture.start-unseen"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.handshake-unseen"));
    case_done(&c);
}

int main(void)
{
    case_1_mutual_tls_between_servers_is_compliant();
    case_2_an_empty_client_certificate_between_servers_is_a_violation();
    case_3_inferred_mutual_tls_is_compliant_when_the_policy_accepts_it();
    case_4_disproven_by_record_sizes_is_a_medium_violation();
    case_5_a_resumed_session_of_unknown_origin_is_unknown();
    case_7_a_clear_register_is_a_violation();
    case_8_a_message_between_internal_clients_is_exempt();
    case_9_a_message_across_the_firewall_is_critical();
    case_10_clear_signalling_on_a_private_trunk_is_exempt();
    case_11_a_trunk_of_unknown_class_counts_as_public();
    case_12_one_way_tls_to_the_gateway_is_a_violation();
    case_13_srtp_keyed_in_the_clear_is_critical();
    case_15_plain_rtp_is_a_violation();
    case_16_srtp_is_compliant_by_its_evidence();
    case_16_srtp_of_an_unknown_cipher_is_not_compliant();
    case_16_srtp_is_not_compliant_when_no_tag_is_known_of();
    case_16_srtp_under_another_key_than_agreed_is_not_compliant();
    case_16_srtp_whose_key_has_other_uses_is_weak_or_worse();
    case_17_srtp_that_changed_to_clear_names_the_packet();
    case_17_srtp_that_was_only_negotiated_is_a_violation();
    case_18_unauthenticated_srtp_is_a_violation();
    case_19_a_null_dtls_srtp_profile_is_a_violation();
    case_20_a_clear_address_book_is_a_violation();
    case_21_a_redirect_to_https_is_no_finding();
    case_22_a_null_suite_between_servers_is_a_violation();
    case_25_a_trunk_inside_esp_of_a_strong_ike_sa_is_compliant();
    case_26_a_trunk_inside_3des_is_a_violation();
    case_27_media_outside_of_the_vpn_is_critical();
    a_vpn_that_nobody_can_rate_makes_nothing_compliant();
    a_vpn_inside_tcp_is_compliant_with_an_advice();
    case_31_compressed_sip_is_clear();
    clear_sip_tells_of_levels_of_media_encryption();
    case_32_tls_from_the_middle_is_unknown();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

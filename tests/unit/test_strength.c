/* tests/unit/test_strength.c: strength profiles of one's own, their mistakes, and what the judge
 * makes of profiles. */
#include <unistd.h>

#include "rules/strength_read.h"
#include "tests/unit/judge_case.h"

struct grade_case {
    const char *profile;
    enum strength_kind kind;
    const char *name;
    uint64_t bits; /* 0: none */
    const char *want;
};

static const char *grade_of(const struct policy *policy, const struct grade_case *g, bool etm)
{
    struct strength_finding finding;
    struct strength_value value = { .kind = g->kind, .name = g->name, .etm = etm };
    value.bits = (uint32_t)g->bits;
    return strength_grade_name(strength_grade(policy_strength(policy), &value, &finding));
}

/* A file of a profile, and a policy that names it; both are gone afterwards. */
static enum ov_status read_own(const char *profile, char *errors, size_t size,
                               struct policy **ret_policy)
{
    char path[] = "/tmp/overt-strength-XXXXXX", text[256];
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w"), *sink = fmemopen(errors, size, "w");
    if (file == NULL || sink == NULL) {
        exit(EXIT_FAILURE);
    }
    fputs(profile, file);
    fclose(file);
    snprintf(text, sizeof text, "overt: 1\nextends: lync-2010\nstrength: %s\n", path);
    enum ov_status status = policy_read_text("p.yaml", text, strlen(text), sink, ret_policy);
    fclose(sink);
    unlink(path);
    return status;
}

static void an_own_profile_decides_before_what_it_extends(void)
{
    static const char own[] = "overt_strength: 1\n"
                              "name: contoso\n"
                              "extends: rfc9325\n"
                              "suites:\n"
                              "  - {good: TLS_SM4_GCM_SM3, source: SEC-7}\n"
                              "  - {weak: '*_CBC_*'}\n"
                              "  - {acceptable: '*_AES_*_CBC_*', encrypt_then_mac: true}\n"
                              "  - {acceptable: TLS_RSA_WITH_AES_128_GCM_SHA256}\n"
                              "keys:\n"
                              "  - {weak: RSA, bits: 2048-3071}\n";
    static const struct grade_case own_cases[] = {
        { "", STRENGTH_SUITE, "TLS_SM4_GCM_SM3", 0, "good" },
        { "", STRENGTH_SUITE, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0, "weak" },
        { "", STRENGTH_SUITE, "TLS_RSA_WITH_AES_128_GCM_SHA256", 0, "acceptable" },
        { "", STRENGTH_SUITE, "TLS_RSA_WITH_AES_256_GCM_SHA384", 0, "forbidden" },
        { "", STRENGTH_KEY, "RSA", 3071, "weak" },
        { "", STRENGTH_KEY, "RSA", 3072, "good" },
        { "", STRENGTH_KEY, "RSA", 1024, "forbidden" },
    };
    char errors[512] = "";
    struct policy *policy = NULL;
    CHECK_EQ(read_own(own, errors, sizeof errors, &policy), OV_OK);
    for (unsigned i = 0; policy != NULL && i < sizeof own_cases / sizeof *own_cases; i++) {
        CHECK(strcmp(grade_of(policy, &own_cases[i], false), own_cases[i].want) == 0);
    }
    policy_free(policy);
}

static void an_entry_may_ask_for_encrypt_then_mac(void)
{
    static const char own[] = "overt_strength: 1\n"
                              "suites:\n"
                              "  - {acceptable: '*_CBC_*', encrypt_then_mac: true}\n";
    static const struct grade_case cbc = { "", STRENGTH_SUITE, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
                                           0, "" };
    char errors[512] = "";
    struct policy *policy = NULL;
    CHECK_EQ(read_own(own, errors, sizeof errors, &policy), OV_OK);
    if (policy != NULL) {
        CHECK(strcmp(grade_of(policy, &cbc, true), "acceptable") == 0);
        CHECK(strcmp(grade_of(policy, &cbc, false), "unknown") == 0);
    }
    policy_free(policy);
}

static void mistakes_of_a_profile_are_all_told_with_their_places(void)
{
    static const char own[] = "overt_strength: 2\n"
                              "extends: rfc9326\n"
                              "suits: []\n"
                              "groups: x\n"
                              "keys:\n"
                              "  - {good: RSA, weak: RSA}\n"
                              "  - {good: RSA, bits: 2048+}\n"
                              "  - {good: RSA, bits: 30-20}\n"
                              "  - {source: x}\n"
                              "  - {good: [[]], reason: nonsense}\n"
                              "  - {good: RSA, unconfirmed: 1}\n"
                              "  - text\n";
    static const char *const wants[] = {
        ":1:17: found '2', expected 'overt_strength: 1'",
        ":3:1: found key 'suits'",
        ":4:9: found 'x', expected a list of entries",
        ":6:5: found an entry with 2 grades",
        ":7:23: found bits '2048+'",
        ":8:23: found bits '30-20'",
        ":9:5: found an entry with 0 grades",
        ":10:13: found a list, expected a text",
        ":10:26: found reason 'nonsense'",
        ":11:30: found value '1'",
        ":12:5: found 'text', expected a map",
        ":2:10: found 'rfc9326', which cannot be read",
    };
    char errors[8192] = "";
    struct policy *policy = NULL;
    CHECK_EQ(read_own(own, errors, sizeof errors, &policy), OV_SYNTAX);
    CHECK(policy == NULL);
    for (unsigned i = 0; i < sizeof wants / sizeof *wants; i++) {
        if (strstr(errors, wants[i]) == NULL) {
            fprintf(stderr, "no '%s' in:\n%s", wants[i], errors);
        }
        CHECK(strstr(errors, wants[i]) != NULL);
    }
}

/* A full handshake of TLS 1.2 between two servers, with all that it shows. */
static void put_handshake(struct judge_case *c, const char *suite, const char *group)
{
    case_tls(c, "TLSv1.2", suite);
    case_mtls(c, "proven", "certificate-verify");
    case_text(c, OBS_TLS_GROUP, group);
    case_text(c, OBS_TLS_SIGNATURE, "rsa_pss_rsae_sha256");
    case_text(c, OBS_TLS_CLIENT_CERTIFICATE, "presented");
    case_text(c, OBS_TLS_CLIENT_SIGNATURE, "ecdsa_secp256r1_sha256");
    case_text(c, OBS_SERVER_CERT_KEY_TYPE, "RSA");
    case_value(c, OBS_SERVER_CERT_KEY_BITS, 2048);
    case_text(c, OBS_SERVER_CERT_SIGNATURE, "sha256WithRSAEncryption");
    case_text(c, OBS_CLIENT_CERT_KEY_TYPE, "EC");
    case_text(c, OBS_CLIENT_CERT_KEY_CURVE, "P-256");
    case_value(c, OBS_CLIENT_CERT_KEY_BITS, 256);
    case_text(c, OBS_CLIENT_CERT_SIGNATURE, "ecdsa-with-SHA256");
}

#define GCM    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
#define CHACHA "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

static struct judge_case case_with(const char *more)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", case_site, more);
    return case_of(text);
}

static void the_profile_judges_group_and_signature_and_says_what_it_does_not_know(void)
{
    struct judge_case c = case_with("");
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    put_handshake(&c, GCM, "secp384r1");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    CHECK(case_row(&c, "TT-25") == NULL); /* fips is off */
    case_text(&c, OBS_TLS_GROUP, "DHE-1024");
    case_text(&c, OBS_TLS_SIGNATURE, "rsa_pkcs1_sha1");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "weak proven medium"));
    CHECK(case_reason(case_row(&c, "TT-01"), "strength.group"));
    CHECK(case_reason(case_row(&c, "TT-01"), "strength.signature"));
    case_text(&c, OBS_TLS_GROUP, "0x9999");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "unknown proven low"));
    const struct assessment *a = case_row(&c, "TT-01");
    CHECK(a != NULL &&
          strstr(a->reasons[0].text, "0x9999 is not in the strength profile rfc9325") != NULL);
    case_done(&c);
}

static void dtls_of_media_is_judged_by_the_profile_too(void)
{
    struct judge_case c = case_with("");
    case_flow(&c, "10.20.0.7", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "inferred");
    case_value(&c, OBS_MEDIA_CONFIDENTIAL, 1);
    case_text(&c, OBS_MEDIA_KEYING, "dtls");
    case_text(&c, OBS_MEDIA_SUITE, "SRTP_AEAD_AES_128_GCM");
    case_tls(&c, "DTLSv1.2", GCM);
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "compliant inferred info"));
    case_text(&c, OBS_TLS_VERSION, "DTLSv1.0");
    case_judge(&c);
    CHECK(case_is(&c, "TT-04", "weak inferred medium"));
    CHECK(case_reason(case_row(&c, "TT-04"), "tls.version-obsolete"));
    case_done(&c);
}

static void fips_mode_is_satisfied_by_approved_algorithms_alone(void)
{
    struct judge_case c = case_with("settings: {fips: true}\n");
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    put_handshake(&c, GCM, "secp256r1");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "compliant proven info"));
    case_text(&c, OBS_TLS_CIPHER, CHACHA);
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation proven medium"));
    CHECK(case_is(&c, "TT-01", "compliant proven info")); /* by rfc9325 */
    CHECK(case_reason(case_row(&c, "TT-25"), "strength.suite"));
    case_flow(&c, "10.20.0.7", "10.20.0.8", 5061, "tls"); /* no server */
    put_handshake(&c, CHACHA, "x25519");
    case_judge(&c);
    CHECK(case_row(&c, "TT-25") == NULL);
    case_done(&c);
}

static void fips_mode_does_not_call_compliant_what_it_cannot_see(void)
{
    static const enum observation_kind hidden[] = { OBS_TLS_SIGNATURE, OBS_SERVER_CERT_KEY_TYPE };
    struct judge_case c = case_with("settings: {fips: true}\n");
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    case_mtls(&c, "inferred", "certificate-verify");
    case_text(&c, OBS_TLS_GROUP, "secp256r1");
    for (unsigned i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        case_judge(&c);
        CHECK(case_is(&c, "TT-25", "unknown proven low"));
        CHECK(case_reason(case_row(&c, "TT-25"), "fips.not-seen"));
        case_text(&c, hidden[i], i == 0 ? "rsa_pss_rsae_sha256" : "RSA");
    }
    case_value(&c, OBS_SERVER_CERT_KEY_BITS, 3072);
    case_text(&c, OBS_SERVER_CERT_SIGNATURE, "sha256WithRSAEncryption");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "compliant proven info"));
    case_value(&c, OBS_TLS_RESUMED, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "unknown proven low"));
    case_done(&c);
}

static void fips_mode_judges_srtp_and_tunnels(void)
{
    struct judge_case c = case_with("settings: {fips: true}\n");
    case_flow(&c, "10.0.1.10", "10.20.0.8", 50020, "rtp");
    case_stream(&c, 0, "srtp", "proven");
    case_text(&c, OBS_MEDIA_SUITE, "AES_CM_128_HMAC_SHA1_80");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "compliant proven info"));
    case_text(&c, OBS_MEDIA_SUITE, "AES_CM_128_HMAC_SHA1_32");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "weak proven medium"));
    case_text(&c, OBS_MEDIA_SUITE, "SEED_128_GCM_96");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation proven medium"));
    case_flow(&c, "10.0.1.10", "10.0.2.10", 500, "ike");
    case_text(&c, OBS_IKE_ENCRYPTION, "ENCR_AES_GCM_16");
    case_text(&c, OBS_IKE_GROUP, "ecp256");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "unknown proven low")); /* ESP's cipher is hidden */
    case_text(&c, OBS_IKE_GROUP, "modp1024");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation proven medium"));
    case_flow(&c, "10.0.1.10", "10.0.2.10", 51820, "wireguard");
    case_text(&c, OBS_WIREGUARD_MESSAGE, "initiation");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation proven medium"));
    case_flow(&c, "10.0.1.10", "10.0.2.10", 0, "esp");
    case_text(&c, OBS_ESP_CLASS, "block64");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation inferred low"));
    case_text(&c, OBS_ESP_CLASS, "block128");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "unknown inferred low"));
    case_done(&c);
}

static void fips_mode_judges_ssh(void)
{
    struct judge_case c = case_with("settings: {fips: true}\n");
    case_flow(&c, "10.0.1.10", "10.0.2.10", 22, "ssh");
    case_text(&c, OBS_SSH_KEX, "ecdh-sha2-nistp256");
    case_text(&c, OBS_SSH_HOST_KEY, "rsa-sha2-256");
    case_text(&c, OBS_SSH_CIPHER, "aes256-gcm@openssh.com");
    case_text(&c, OBS_SSH_CIPHER_BACK, "aes256-gcm@openssh.com");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "compliant proven info"));
    case_text(&c, OBS_SSH_CIPHER_BACK, "chacha20-poly1305@openssh.com");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "violation proven medium"));
    CHECK(case_reason(case_row(&c, "TT-25"), "strength.ssh-cipher"));
    case_done(&c);
}

static void fips_mode_judges_rdp(void)
{
    static const char *const methods[] = { "40bit", "56bit", "128bit", "fips", "none" };
    struct judge_case c = case_with("settings: {fips: true}\n");
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
        case_flow(&c, "10.20.0.7", "10.0.1.10", 3389, "rdp");
        case_text(&c, OBS_RDP_SECURITY, "standard");
        case_judge(&c);
        CHECK(case_is(&c, "TT-25", "unknown proven low")); /* the method was not seen */
        CHECK(case_reason(case_row(&c, "TT-25"), "fips.not-seen"));
        case_text(&c, OBS_RDP_METHOD, methods[i]);
        case_judge(&c);
        CHECK(case_is(&c, "TT-25", "violation proven medium"));
        CHECK(case_reason(case_row(&c, "TT-25"), "strength.rdp"));
    }
    case_flow(&c, "10.20.0.7", "10.0.1.10", 3389, "rdp");
    case_text(&c, OBS_RDP_SECURITY, "standard");
    case_text(&c, OBS_RDP_METHOD, "0x20");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-25"), "strength.unknown"));
    case_done(&c);
}

/* What no other row is about: TT-51, of servers alone. */
static void sessions_of_servers_are_judged_by_the_profile(void)
{
    static const struct {
        enum observation_kind kind;
        const char *app, *value, *want, *reason;
    } cases[] = {
        { OBS_SSH_KEX, "ssh", "curve25519-sha256", NULL, NULL },
        { OBS_SSH_KEX, "ssh", "diffie-hellman-group1-sha1", "weak proven low", "strength.ssh-kex" },
        { OBS_SSH_KEX, "ssh", "kex@example.org", "unknown proven low", "strength.unknown" },
        { OBS_RDP_METHOD, "rdp", "128bit", "weak proven low", "strength.rdp" },
        { OBS_RDP_METHOD, "rdp", "fips", "weak proven low", "strength.rdp" },
        { OBS_RDP_METHOD, "rdp", "0x20", "unknown proven low", "strength.unknown" },
        { OBS_IKE_ENCRYPTION, "ike", "ENCR_CHACHA20_POLY1305", NULL, NULL },
        { OBS_IKE_ENCRYPTION, "ike", "ENCR_3DES", "weak proven low", "strength.ike-encryption" },
        { OBS_IKE_ENCRYPTION, "ike", "0x0021", "unknown proven low", "strength.unknown" },
        { OBS_IKE_ENCRYPTION, "ike", "ENCR_AES_CBC", "unknown proven low", "strength.unknown" },
    };
    struct judge_case c = case_with("");
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        case_flow(&c, "10.20.0.7", "10.0.1.10", 22, cases[i].app);
        case_text(&c, cases[i].kind, cases[i].value);
        case_judge(&c);
        if (cases[i].want == NULL) {
            CHECK_EQ(c.judgement.count, 0);
        } else {
            CHECK(case_is(&c, "TT-51", cases[i].want));
            CHECK(case_reason(case_row(&c, "TT-51"), cases[i].reason));
            CHECK(strcmp(case_row(&c, "TT-51")->observed, cases[i].app) == 0);
        }
        case_flow(&c, "10.20.0.7", "10.20.0.8", 22, cases[i].app); /* no server */
        case_text(&c, cases[i].kind, cases[i].value);
        case_judge(&c);
        CHECK_EQ(c.judgement.count, 0);
    }
    case_done(&c);
}

static struct judge_case vpn_case_with(const char *strength)
{
    char text[4096];
    const char *at = strstr(case_site, "role: gateway}");
    snprintf(text, sizeof text, "%.*srole: gateway, trunk: vpn%sstrength: %s\n",
             (int)(at - case_site), case_site, at + strlen("role: gateway"), strength);
    return case_of(text);
}

/* TT-21 asks for 128 bits; the profile may ask for more. The flow of IKE alone earns nothing. */
static void tunnels_of_trunks_are_judged_by_the_profile_too(void)
{
    static const struct {
        const char *strength, *group, *want; /* want: of a tunnel that is rated ok128 */
    } cases[] = {
        { "rfc9325", "ecp384", "compliant inferred info" },
        { "rfc9325", "modp2048_256", "weak inferred medium" },
        { "rfc9325", "0x0021", "unknown inferred low" },
        { "cnsa-2", "ecp256", "weak inferred medium" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = vpn_case_with(cases[i].strength);
        for (unsigned tunnel = 0; tunnel < 2; tunnel++) {
            case_flow(&c, "10.0.2.10", "10.0.9.5", tunnel ? 4500 : 500, tunnel ? "esp" : "ike");
            c.record.l4 = IPPROTO_UDP;
            case_text(&c, OBS_IKE_ENCRYPTION, "ENCR_AES_GCM_16");
            case_value(&c, OBS_IKE_KEY_BITS, 256);
            case_text(&c, OBS_IKE_GROUP, cases[i].group);
            if (tunnel) {
                case_text(&c, OBS_VPN_PROTOCOL, "esp");
                case_text(&c, OBS_VPN_RATING, "ok128");
                case_text(&c, OBS_VPN_EVIDENCE, "inferred");
                case_text(&c, OBS_VPN_REASON, "ike");
            }
            case_judge(&c);
            if (tunnel) {
                CHECK(case_is(&c, "TT-21", cases[i].want));
            } else if (cases[i].want[0] == 'c') {
                CHECK_EQ(c.judgement.count, 0);
            } else {
                CHECK(case_row(&c, "TT-21") != NULL);
                CHECK(case_row(&c, "TT-21")->evidence == EVIDENCE_PROVEN);
            }
        }
        case_done(&c);
    }
}

static void unconfirmed_entries_say_so_in_reasons(void)
{
    struct judge_case c = case_with("strength: legacy-ocs\n");
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "weak proven medium"));
    const struct assessment *a = case_row(&c, "TT-02");
    CHECK(case_reason(a, "strength.version"));
    CHECK(a != NULL && strstr(a->reasons[0].text, "unconfirmed") != NULL);
    case_done(&c);
}

static void fips_mode_is_waived_like_any_row(void)
{
    struct judge_case c =
        case_with("settings: {fips: true}\n"
                  "waivers:\n"
                  "  - {row: TT-25, between: [fe01.contoso.com, edge01.contoso.com],\n"
                  "     reason: until the next version, owner: netsec,\n"
                  "     expires: 2030-01-31}\n");
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    put_handshake(&c, CHACHA, "secp256r1");
    case_judge(&c);
    CHECK(case_is(&c, "TT-25", "exempt proven low"));
    CHECK(case_reason(case_row(&c, "TT-25"), "waiver.applied"));
    case_done(&c);
}

int main(void)
{
    an_own_profile_decides_before_what_it_extends();
    an_entry_may_ask_for_encrypt_then_mac();
    mistakes_of_a_profile_are_all_told_with_their_places();
    the_profile_judges_group_and_signature_and_says_what_it_does_not_know();
    dtls_of_media_is_judged_by_the_profile_too();
    fips_mode_is_satisfied_by_approved_algorithms_alone();
    fips_mode_does_not_call_compliant_what_it_cannot_see();
    fips_mode_judges_srtp_and_tunnels();
    fips_mode_judges_ssh();
    fips_mode_judges_rdp();
    sessions_of_servers_are_judged_by_the_profile();
    tunnels_of_trunks_are_judged_by_the_profile_too();
    unconfirmed_entries_say_so_in_reasons();
    fips_mode_is_waived_like_any_row();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

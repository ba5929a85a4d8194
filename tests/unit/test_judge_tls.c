/* tests/unit/test_judge_tls.c: what kinds of TLS and of certificate chains are worth. */
#include <unistd.h>

#include "analyzers/crypto/certificates.h"
#include "tests/unit/chain_vectors.h"
#include "tests/unit/judge_case.h"

/* A client's TLS 1.2 with this suite, from outside the perimeter to the Front End. */
static struct judge_case client_tls(const char *cipher)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", cipher);
    case_mtls(&c, "disproven", "psk");
    case_judge(&c);
    return c;
}

static void a_server_without_a_certificate_is_a_violation(void)
{
    static const char *const suites[] = {
        "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", "TLS_SRP_SHA_WITH_AES_256_CBC_SHA",
        "TLS_KRB5_WITH_3DES_EDE_CBC_SHA",   "TLS_ECCPWD_WITH_AES_256_GCM_SHA384",
        "TLS_ECJPAKE_WITH_AES_128_CCM_8",
    };
    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct judge_case c = client_tls(suites[i]);
        CHECK(case_is(&c, "TT-02", "violation proven high"));
        CHECK(case_reason(case_row(&c, "TT-02"), "tls.no-server-certificate"));
        case_done(&c);
    }
}

static void a_server_with_key_and_certificate_is_compliant_towards_clients(void)
{
    static const char *const suites[] = {
        "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    };
    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct judge_case c = client_tls(suites[i]);
        case_value(&c, OBS_TLS_ENCRYPT_THEN_MAC, 1);
        case_judge(&c);
        CHECK(case_is(&c, "TT-02", "compliant proven info"));
        case_done(&c);
    }
}

/* RFC 9325 4.2, RFC 10015 3 */
static void cbc_without_encrypt_then_mac_and_dhe_are_weak_and_say_so(void)
{
    static const char *const cases[][2] = {
        { "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "CBC without encrypt-then-MAC" },
        { "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256", "CBC without encrypt-then-MAC" },
        { "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "RFC 10015 3" },
        { "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "RFC 10015 3" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = client_tls(cases[i][0]);
        const struct assessment *a = case_row(&c, "TT-02");
        CHECK(case_is(&c, "TT-02", "weak proven medium"));
        CHECK(a != NULL && a->reason_count > 0 && strstr(a->reasons[0].text, cases[i][1]) != NULL);
        case_done(&c);
    }
}

static void static_rsa_is_weak_and_says_so(void)
{
    static const char *const suites[] = {
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_PSK_WITH_AES_128_CBC_SHA",
    };
    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        struct judge_case c = client_tls(suites[i]);
        CHECK_EQ(case_row(&c, "TT-02")->verdict, VERDICT_WEAK);
        CHECK(case_reason(case_row(&c, "TT-02"), "tls.no-forward-secrecy"));
        case_done(&c);
    }
}

static void a_bare_public_key_is_no_mutual_tls_and_no_violation(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(&c, "unknown", "raw-public-key");
    case_judge(&c);
    CHECK_EQ(case_row(&c, "TT-01")->verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.mtls-undecided"));
    case_done(&c);
}

/* Two servers whose TLS ended in this state. */
static struct judge_case server_tls(const char *state, const char *reason, const char *settings)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s", case_site, settings);
    struct judge_case c = case_of(text);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(&c, state, reason);
    return c;
}

static void a_wrong_signature_that_was_accepted_is_a_violation(void)
{
    struct judge_case c = server_tls("disproven", "signature-invalid", "");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.client-signature-invalid"));
    case_done(&c);
    c = server_tls("disproven", "server-signature-invalid", "");
    case_put_at(&c, OBS_TLS_KEY_EXCHANGE_SIGNATURE, 0, "invalid", 0);
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.server-signature-invalid"));
    CHECK_EQ(case_row(&c, "TT-01")->reason_count, 1);
    case_done(&c);
}

/* First bytes win: the receiver may have taken the others, which the signature may fit. */
static void a_wrong_signature_over_contradicting_bytes_is_unknown(void)
{
    struct judge_case c = server_tls("disproven", "signature-invalid", "");
    c.record.conflicts = 1;
    case_judge(&c);
    CHECK_EQ(case_row(&c, "TT-01")->verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(case_row(&c, "TT-01"), "capture.conflicting-bytes"));
    case_done(&c);
    c = server_tls("unknown", "one-direction", "");
    c.record.conflicts = 1;
    case_put_at(&c, OBS_TLS_KEY_EXCHANGE_SIGNATURE, 0, "invalid", 0);
    case_judge(&c);
    CHECK_EQ(case_row(&c, "TT-01")->verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(case_row(&c, "TT-01"), "capture.conflicting-bytes"));
    CHECK(!case_reason(case_row(&c, "TT-01"), "tls.server-signature-invalid"));
    case_done(&c);
}

static void a_server_that_signs_wrong_is_a_violation_towards_clients(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_put_at(&c, OBS_TLS_KEY_EXCHANGE_SIGNATURE, 0, "invalid", 0);
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-02"), "tls.server-signature-invalid"));
    case_done(&c);
}

static void an_unchecked_signature_is_what_the_policy_makes_of_it(void)
{
    struct judge_case c = server_tls("inferred", "signature-unchecked", "");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant inferred info"));
    case_done(&c);
    c = server_tls("inferred", "signature-unchecked", "settings: {accept_inferred_mtls: false}\n");
    case_judge(&c);
    CHECK_EQ(case_row(&c, "TT-01")->verdict, VERDICT_UNKNOWN);
    CHECK(case_reason(case_row(&c, "TT-01"), "tls.signature-unchecked"));
    case_done(&c);
}

static void show(struct judge_case *c, struct certificates *all, uint16_t index, const char *hex)
{
    uint8_t der[2048];
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < sizeof der; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    const struct certificate *x = certificates_add(all, bytes_of(der, n, n));
    case_put_at(c, OBS_SERVER_CERT_SHA256, index, x->sha256, 0);
}

/* The flow is of 2027 by default; the CA of this chain ends with 2027, the leaf and the root not.
 */
static void an_expired_ca_is_weak_and_is_said(void)
{
    char ca[] = "/tmp/overt-old-XXXXXX";
    int fd = mkstemp(ca);
    struct certificates *all = NULL;
    if (fd < 0 || write(fd, root_pem, strlen(root_pem)) != (ssize_t)strlen(root_pem) ||
        certificates_new(8, &all) != OV_OK) {
        abort();
    }
    char text[512];
    snprintf(text, sizeof text,
             "overt: 1\nextends: lync-2010\ntrust: {ours: {ca: %s}}\nhosts:\n"
             "- {name: fe01.contoso.com, address: 10.0.1.10, role: front_end, trust: ours}\n"
             "roles: {client_internal: [10.20.0.0/16]}\n",
             ca);
    struct judge_case c = case_of(text);
    judge_free(c.judge);
    if (judge_new(c.policy, all, &c.judge) != OV_OK) {
        abort();
    }
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    show(&c, all, 0, old_leaf_der);
    show(&c, all, 1, old_ca_der);
    for (uint32_t i = 0; i < c.facts.count; i++) {
        c.facts.items[i].time_us = UINT64_C(1893456000) * 1000000; /* 2030 */
    }
    case_judge(&c);
    const struct assessment *a = case_row(&c, "TT-24");
    CHECK(a != NULL && a->verdict == VERDICT_WEAK);
    CHECK(case_reason(a, "cert.expired"));
    CHECK(a != NULL && a->proof_count > 0);
    case_done(&c);
    certificates_free(all);
    close(fd);
    unlink(ca);
}

static void the_last_second_of_a_certificate_is_its_own(void)
{
    static const int64_t seen_us = INT64_C(1800000001000000);
    static const struct {
        int64_t after_us;
        bool expired;
    } cases[] = { { seen_us, false }, { seen_us - 1000000, true } };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(case_site);
        case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
        case_tls(&c, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
        case_put_at(&c, OBS_SERVER_CERT_NOT_AFTER, 0, NULL, (uint64_t)cases[i].after_us);
        c.facts.items[c.facts.count - 1].time_us = (uint64_t)seen_us + 500000;
        case_judge(&c);
        CHECK_EQ(case_reason(case_row(&c, "TT-24"), "cert.expired"), cases[i].expired);
        case_done(&c);
    }
}

int main(void)
{
    a_server_without_a_certificate_is_a_violation();
    a_server_with_key_and_certificate_is_compliant_towards_clients();
    cbc_without_encrypt_then_mac_and_dhe_are_weak_and_say_so();
    static_rsa_is_weak_and_says_so();
    a_bare_public_key_is_no_mutual_tls_and_no_violation();
    a_wrong_signature_that_was_accepted_is_a_violation();
    a_wrong_signature_over_contradicting_bytes_is_unknown();
    a_server_that_signs_wrong_is_a_violation_towards_clients();
    an_unchecked_signature_is_what_the_policy_makes_of_it();
    an_expired_ca_is_weak_and_is_said();
    the_last_second_of_a_certificate_is_its_own();
    return check_failures > 0;
}

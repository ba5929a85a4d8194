/* tests/unit/test_issuers.c: chains completed by certificates of other connections. */
#include "rules/issuers.h"

#include <unistd.h>

#include "tests/unit/judge_case.h"
#include "tests/unit/pki_vectors.h"

enum { DER_MAX = 4096 };

static struct certificates *certificates;
static char ca_path[] = "/tmp/overt-issuers-XXXXXX";

/* 10.0.1.10 bears leaf_der, which inter_der issued, which ca_der issued. */
static struct judge_case site(void)
{
    char text[1024];
    snprintf(text, sizeof text,
             "overt: 1\n"
             "extends: lync-2010\n"
             "trust: {enterprise: {ca: %s}}\n"
             "hosts:\n"
             "- {name: leaf.contoso.com, address: 10.0.1.10, role: front_end, trust: enterprise}\n"
             "roles: {client_internal: [10.20.0.0/16]}\n",
             ca_path);
    struct judge_case c = case_of(text);
    judge_free(c.judge);
    if (judge_new(c.policy, certificates, &c.judge) != OV_OK) {
        exit(EXIT_FAILURE);
    }
    return c;
}

static void show(struct judge_case *c, uint16_t index, const char *hex, bool ca)
{
    uint8_t der[DER_MAX];
    uint32_t n = 0;
    for (; hex[0] != '\0'; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    const struct certificate *x = certificates_add(certificates, bytes_of(der, n, n));
    case_put_at(c, OBS_SERVER_CERT_SHA256, index, x->sha256, 0);
    case_put_at(c, OBS_SERVER_CERT_CA, index, NULL, ca);
}

static void start(struct judge_case *c, const char *server)
{
    case_flow(c, "10.20.0.7", server, 5061, "tls");
    case_tls(c, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
}

static void an_intermediate_seen_elsewhere_completes_a_chain(void)
{
    struct judge_case c = site();
    start(&c, "10.0.1.10");
    show(&c, 0, leaf_der, false);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.chain-incomplete"));
    CHECK(case_is(&c, "TT-24", "violation inferred medium"));

    start(&c, "10.0.1.99"); /* a host of nobody's shows the intermediate */
    show(&c, 0, server_der, false);
    show(&c, 1, inter_der, true);
    case_judge(&c);

    start(&c, "10.0.1.10");
    show(&c, 0, leaf_der, false);
    case_judge(&c);
    const struct assessment *a = case_row(&c, "TT-24");
    CHECK(case_reason(a, "cert.intermediate-not-sent"));
    CHECK(!case_reason(a, "cert.chain-incomplete"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_STATUS, "incomplete"));
    case_done(&c);
}

/* A stranger's CA, or a leaf shown as if it were one, completes nothing. */
static void others_complete_nothing(void)
{
    struct judge_case c = site();
    start(&c, "10.0.1.99");
    show(&c, 0, server_der, false);
    show(&c, 1, other_der, true);
    show(&c, 2, inter_der, false);
    case_judge(&c);
    start(&c, "10.0.1.10");
    show(&c, 0, leaf_der, false);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.chain-incomplete"));
    case_done(&c);
}

static void put_issuer(struct facts *facts, uint16_t index, unsigned number)
{
    char sha256[ISSUERS_HEX];
    snprintf(sha256, sizeof sha256, "%064x", number);
    struct observation obs = {
        .kind = OBS_CLIENT_CERT_SHA256, .index = index, .text = sha256, .text_size = ISSUERS_HEX - 1
    };
    facts_put(facts, &obs);
    obs = (struct observation){ .kind = OBS_CLIENT_CERT_CA, .index = index, .value = 1 };
    facts_put(facts, &obs);
}

static void the_oldest_issuer_makes_room(void)
{
    struct issuers issuers = { 0 };
    for (unsigned i = 0; i < 2 * ISSUERS_MAX; i++) {
        struct facts facts = { 0 };
        put_issuer(&facts, 1, i);
        put_issuer(&facts, 2, i); /* twice: kept once */
        issuers_learn(&issuers, &facts);
        facts_done(&facts);
    }
    CHECK_EQ(issuers.count, ISSUERS_MAX);
    bool kept = false, gone = true;
    for (uint32_t i = 0; i < issuers.count; i++) {
        unsigned long number = strtoul(issuers.sha256[i] + 56, NULL, 16);
        kept |= number == 2 * ISSUERS_MAX - 1;
        gone &= number >= ISSUERS_MAX;
    }
    CHECK(kept && gone);
}

static void a_certificate_for_another_purpose_is_weak(void)
{
    static const struct {
        const char *usage;
        bool good;
    } rows[] = { { "serverAuth", true },
                 { "anyExtendedKeyUsage", true },
                 { "clientAuth", false },
                 { "emailProtection", false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct judge_case c = site();
        start(&c, "10.0.1.10");
        show(&c, 0, leaf_der, false);
        show(&c, 1, inter_der, true);
        case_put_at(&c, OBS_SERVER_CERT_EKU, 1, "serverAuth", 0); /* the issuer's does not count */
        case_put_at(&c, OBS_SERVER_CERT_EKU, 0, rows[i].usage, 0);
        case_judge(&c);
        CHECK_EQ(case_reason(case_row(&c, "TT-24"), "cert.usage"), !rows[i].good);
        case_done(&c);
    }
}

/* The client's chain against the CA names of CertificateRequest. */
static void the_server_named_the_issuer_or_not(void)
{
    static const struct {
        const char *first, *second;
        uint64_t count;
        int64_t named; /* -1: cannot be told */
    } rows[] = {
        { "CN=Other", "CN=Enterprise", 2, 1 },
        { "CN=Other", "CN=Third", 2, 0 },
        { "CN=Other", "CN=Third", 40, -1 }, /* not all were kept */
        { NULL, NULL, 0, -1 },              /* any CA will do */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct judge_case c = site();
        start(&c, "10.0.1.10");
        case_text(&c, OBS_CLIENT_CERT_SHA256, "00");
        case_text(&c, OBS_CLIENT_CERT_ISSUER, "CN=Enterprise");
        case_value(&c, OBS_TLS_AUTHORITIES, rows[i].count);
        if (rows[i].first != NULL) {
            case_text(&c, OBS_TLS_AUTHORITY, rows[i].first);
            case_text(&c, OBS_TLS_AUTHORITY, rows[i].second);
        }
        case_judge(&c);
        const struct fact *named = facts_find(&c.facts, OBS_TLS_CLIENT_TRUST_NAMED);
        CHECK_EQ(named == NULL ? -1 : (int64_t)named->value, rows[i].named);
        case_done(&c);
    }
}

int main(void)
{
    int file = mkstemp(ca_path);
    if (file < 0 || write(file, ca_pem, strlen(ca_pem)) != (ssize_t)strlen(ca_pem) ||
        certificates_new(16, &certificates) != OV_OK) {
        return EXIT_FAILURE;
    }
    close(file);
    an_intermediate_seen_elsewhere_completes_a_chain();
    others_complete_nothing();
    the_oldest_issuer_makes_room();
    a_certificate_for_another_purpose_is_weak();
    the_server_named_the_issuer_or_not();
    unlink(ca_path);
    certificates_free(certificates);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_judge_certificates.c: certificates against a policy's trust sets (row TT-24).
 *
 * CA a and CA b are two roots; each issued a certificate to fe01.contoso.com, valid 2026 to 2126.
 * Their keys were thrown away. */
#include <unistd.h>

#include "analyzers/crypto/certificates.h"
#include "rules/identities.h"
#include "tests/unit/judge_case.h"

/* clang-format off */
static const char ca_a_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbDCCARKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlUZXN0IENB\n"
    "IGEwIBcNMjYxMTIyMTQzOTQwWhgPMjEyNjEwMjkxNDM5NDBaMBQxEjAQBgNVBAMM\n"
    "CVRlc3QgQ0EgYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLKQTiEAjMADpnFt\n"
    "ptJiSRkJ9zZ33hu8wzQlpx4wnHQqbJDzyX4onrx9KmYcHG1Jw7nRemW5uQzOAwu/\n"
    "8324r1KjUzBRMB0GA1UdDgQWBBTfd5bgFU8PV/47TCHd8o89PKsScTAfBgNVHSME\n"
    "GDAWgBTfd5bgFU8PV/47TCHd8o89PKsScTAPBgNVHRMBAf8EBTADAQH/MAoGCCqG\n"
    "SM49BAMCA0gAMEUCIE6dejNWieMCeOPKc3g5s+beJrdjGfwFBNLDFNA6nmSEAiEA\n"
    "55sadXZ2G/hlr5PMq5lOI9EDr5Cu1xtcJBvgXaepCE8=\n"
    "-----END CERTIFICATE-----\n";
static const uint8_t leaf_a[] = {
    0x30, 0x82, 0x01, 0x7f, 0x30, 0x82, 0x01, 0x25, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x02,
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x30, 0x14, 0x31, 0x12,
    0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09, 0x54, 0x65, 0x73, 0x74, 0x20, 0x43, 0x41,
    0x20, 0x61, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36, 0x31, 0x31, 0x32, 0x32, 0x31, 0x34, 0x33, 0x39,
    0x34, 0x30, 0x5a, 0x18, 0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x30, 0x32, 0x39, 0x31, 0x34, 0x33,
    0x39, 0x34, 0x30, 0x5a, 0x30, 0x1b, 0x31, 0x19, 0x30, 0x17, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c,
    0x10, 0x66, 0x65, 0x30, 0x31, 0x2e, 0x63, 0x6f, 0x6e, 0x74, 0x6f, 0x73, 0x6f, 0x2e, 0x63, 0x6f,
    0x6d, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x01, 0x13, 0x53, 0xd5,
    0xaa, 0x8a, 0x6e, 0x72, 0xed, 0x49, 0x59, 0x8f, 0x92, 0x92, 0x66, 0x51, 0x67, 0xfb, 0x80, 0x1a,
    0xb1, 0x75, 0xbe, 0xc9, 0x29, 0xc0, 0x74, 0x72, 0x26, 0xcd, 0x5e, 0xd5, 0x6d, 0x68, 0x98, 0x2d,
    0xbb, 0x8b, 0xd2, 0xf2, 0x21, 0x69, 0xca, 0xa1, 0x3d, 0x4b, 0x22, 0x82, 0xbd, 0x79, 0xcd, 0x26,
    0xf3, 0xeb, 0x32, 0x17, 0x6c, 0xf9, 0x75, 0x31, 0x2d, 0x0f, 0x2f, 0x98, 0xa3, 0x5f, 0x30, 0x5d,
    0x30, 0x1b, 0x06, 0x03, 0x55, 0x1d, 0x11, 0x04, 0x14, 0x30, 0x12, 0x82, 0x10, 0x66, 0x65, 0x30,
    0x31, 0x2e, 0x63, 0x6f, 0x6e, 0x74, 0x6f, 0x73, 0x6f, 0x2e, 0x63, 0x6f, 0x6d, 0x30, 0x1d, 0x06,
    0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14, 0x1d, 0x2e, 0xf3, 0xec, 0xc7, 0x38, 0x7d, 0x3d,
    0xb0, 0xda, 0x53, 0x1d, 0x21, 0x7e, 0x2d, 0x26, 0xb6, 0x70, 0xd1, 0xa9, 0x30, 0x1f, 0x06, 0x03,
    0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14, 0xdf, 0x77, 0x96, 0xe0, 0x15, 0x4f, 0x0f,
    0x57, 0xfe, 0x3b, 0x4c, 0x21, 0xdd, 0xf2, 0x8f, 0x3d, 0x3c, 0xab, 0x12, 0x71, 0x30, 0x0a, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03, 0x48, 0x00, 0x30, 0x45, 0x02, 0x20,
    0x04, 0xae, 0xbe, 0xd6, 0xd2, 0x17, 0x9d, 0xbe, 0xed, 0xf9, 0xae, 0xa9, 0xdf, 0xdf, 0x67, 0x72,
    0x76, 0x85, 0x25, 0x7e, 0xb3, 0xbe, 0x19, 0x84, 0xeb, 0xb0, 0x87, 0x53, 0xd0, 0xd2, 0x79, 0xf1,
    0x02, 0x21, 0x00, 0x8e, 0x6d, 0x9b, 0xca, 0x16, 0x62, 0xf3, 0x1c, 0x80, 0x56, 0xef, 0xfe, 0x0e,
    0xf8, 0x7c, 0x69, 0x24, 0xda, 0xdb, 0xf6, 0x74, 0x76, 0x16, 0xd0, 0xa4, 0xd1, 0x49, 0x90, 0xd4,
    0x5d, 0x62, 0x5a,
};
static const uint8_t leaf_b[] = {
    0x30, 0x82, 0x01, 0x7e, 0x30, 0x82, 0x01, 0x25, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x02,
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x30, 0x14, 0x31, 0x12,
    0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09, 0x54, 0x65, 0x73, 0x74, 0x20, 0x43, 0x41,
    0x20, 0x62, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36, 0x31, 0x31, 0x32, 0x32, 0x31, 0x34, 0x33, 0x39,
    0x34, 0x30, 0x5a, 0x18, 0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x30, 0x32, 0x39, 0x31, 0x34, 0x33,
    0x39, 0x34, 0x30, 0x5a, 0x30, 0x1b, 0x31, 0x19, 0x30, 0x17, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c,
    0x10, 0x66, 0x65, 0x30, 0x31, 0x2e, 0x63, 0x6f, 0x6e, 0x74, 0x6f, 0x73, 0x6f, 0x2e, 0x63, 0x6f,
    0x6d, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0xa6, 0xf4, 0xcc, 0x19,
    0x6f, 0x10, 0x70, 0x12, 0x05, 0x43, 0x6f, 0xed, 0xf7, 0x69, 0x7b, 0x8b, 0x01, 0x15, 0x06, 0xbb,
    0x45, 0xed, 0x8c, 0xa4, 0xb1, 0x35, 0xa3, 0x4d, 0x84, 0x07, 0x2f, 0xaf, 0x35, 0x8e, 0x1c, 0x2b,
    0xdc, 0xff, 0xb5, 0xa9, 0xc6, 0x04, 0xd5, 0x99, 0x00, 0x06, 0xea, 0xc6, 0x58, 0xf1, 0x92, 0x7f,
    0xf7, 0xd1, 0xd8, 0xb3, 0x05, 0x80, 0xfb, 0x72, 0x8c, 0x6a, 0xf9, 0xc8, 0xa3, 0x5f, 0x30, 0x5d,
    0x30, 0x1b, 0x06, 0x03, 0x55, 0x1d, 0x11, 0x04, 0x14, 0x30, 0x12, 0x82, 0x10, 0x66, 0x65, 0x30,
    0x31, 0x2e, 0x63, 0x6f, 0x6e, 0x74, 0x6f, 0x73, 0x6f, 0x2e, 0x63, 0x6f, 0x6d, 0x30, 0x1d, 0x06,
    0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14, 0x2e, 0x45, 0xbd, 0x75, 0x6c, 0xdd, 0x7d, 0xf7,
    0x3d, 0x7d, 0x3e, 0x2c, 0x15, 0xd9, 0xb0, 0xd8, 0xb4, 0x73, 0xac, 0x3e, 0x30, 0x1f, 0x06, 0x03,
    0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14, 0xab, 0xc5, 0xa0, 0x14, 0x65, 0x59, 0x36,
    0x69, 0xea, 0x50, 0xf0, 0xae, 0x8a, 0x6f, 0xb2, 0xa6, 0x94, 0xef, 0x1b, 0x0e, 0x30, 0x0a, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03, 0x47, 0x00, 0x30, 0x44, 0x02, 0x20,
    0x37, 0xc0, 0xe4, 0x3f, 0xfb, 0xd9, 0xe2, 0x36, 0xbb, 0xd9, 0xae, 0xab, 0xd6, 0xeb, 0xde, 0x2e,
    0x66, 0x62, 0xce, 0xca, 0x06, 0x03, 0xed, 0x77, 0x49, 0xee, 0xb6, 0x12, 0xdd, 0x19, 0x5c, 0x0d,
    0x02, 0x20, 0x3e, 0x68, 0x10, 0xaa, 0x32, 0x8b, 0xe1, 0x1f, 0xbf, 0x01, 0x96, 0x97, 0xd1, 0x19,
    0x28, 0xfb, 0xa0, 0xbd, 0xb2, 0x52, 0xe4, 0xd6, 0x62, 0x81, 0x99, 0xd9, 0xc0, 0x6e, 0xb5, 0xfc,
    0x0f, 0x4a,
};
static const uint8_t ca_b[] = {
    0x30, 0x82, 0x01, 0x6b, 0x30, 0x82, 0x01, 0x12, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01,
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x30, 0x14, 0x31, 0x12,
    0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09, 0x54, 0x65, 0x73, 0x74, 0x20, 0x43, 0x41,
    0x20, 0x62, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36, 0x31, 0x31, 0x32, 0x32, 0x31, 0x34, 0x33, 0x39,
    0x34, 0x30, 0x5a, 0x18, 0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x30, 0x32, 0x39, 0x31, 0x34, 0x33,
    0x39, 0x34, 0x30, 0x5a, 0x30, 0x14, 0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c,
    0x09, 0x54, 0x65, 0x73, 0x74, 0x20, 0x43, 0x41, 0x20, 0x62, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00, 0x04, 0x86, 0x5c, 0xed, 0x77, 0xb4, 0xe0, 0x9f, 0xe9, 0x71, 0x4b, 0x81,
    0x29, 0xfd, 0x30, 0xac, 0xa4, 0x23, 0xed, 0xb9, 0xf1, 0x0a, 0xb3, 0x90, 0x60, 0xd0, 0xd0, 0x9f,
    0x44, 0xac, 0x0f, 0xfd, 0x3d, 0x53, 0x9e, 0x9e, 0xf2, 0x1e, 0xb1, 0x4b, 0x4b, 0x2f, 0x49, 0xd7,
    0xaf, 0x0c, 0xb0, 0xb8, 0x64, 0x37, 0x5f, 0x00, 0x09, 0x11, 0xc0, 0x0a, 0xeb, 0xe9, 0xa6, 0xb5,
    0xa7, 0xc5, 0xf9, 0x2a, 0x9a, 0xa3, 0x53, 0x30, 0x51, 0x30, 0x1d, 0x06, 0x03, 0x55, 0x1d, 0x0e,
    0x04, 0x16, 0x04, 0x14, 0xab, 0xc5, 0xa0, 0x14, 0x65, 0x59, 0x36, 0x69, 0xea, 0x50, 0xf0, 0xae,
    0x8a, 0x6f, 0xb2, 0xa6, 0x94, 0xef, 0x1b, 0x0e, 0x30, 0x1f, 0x06, 0x03, 0x55, 0x1d, 0x23, 0x04,
    0x18, 0x30, 0x16, 0x80, 0x14, 0xab, 0xc5, 0xa0, 0x14, 0x65, 0x59, 0x36, 0x69, 0xea, 0x50, 0xf0,
    0xae, 0x8a, 0x6f, 0xb2, 0xa6, 0x94, 0xef, 0x1b, 0x0e, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13,
    0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03, 0x47, 0x00, 0x30, 0x44, 0x02, 0x20, 0x27, 0xf5, 0xdb,
    0xc9, 0x39, 0x5b, 0x60, 0xe5, 0x84, 0x30, 0xd5, 0x71, 0x4a, 0x23, 0x08, 0x6e, 0xeb, 0xf5, 0xbd,
    0xfa, 0x43, 0xc4, 0x8c, 0x3d, 0x6c, 0xb0, 0xdb, 0x97, 0xe1, 0x1f, 0xcd, 0x4a, 0x02, 0x20, 0x40,
    0x4e, 0x0d, 0xd7, 0x4e, 0xba, 0x43, 0x4a, 0x62, 0x46, 0xb8, 0x01, 0xe8, 0x8e, 0x3f, 0x84, 0x88,
    0xd8, 0x77, 0x0c, 0xcf, 0xe8, 0xb0, 0x80, 0x89, 0xb4, 0x50, 0xde, 0xaa, 0x3b, 0x98, 0x98,
};
/* clang-format on */

static struct certificates *certificates;
static char ca_path[] = "/tmp/overt-ca-XXXXXX";

/* A site that trusts CA a for its Front End fe01 (10.0.1.10) and for 10.0.1.11. */
static struct judge_case site(void)
{
    char text[1024];
    snprintf(text, sizeof text,
             "overt: 1\n"
             "extends: lync-2010\n"
             "trust: {enterprise: {ca: %s}}\n"
             "hosts:\n"
             "- {name: fe01.contoso.com, address: 10.0.1.10, role: front_end, trust: enterprise}\n"
             "- {name: other.contoso.com, address: 10.0.1.11, role: director, trust: enterprise}\n"
             "roles: {client_internal: [10.20.0.0/16]}\n",
             ca_path);
    struct judge_case c = case_of(text);
    judge_free(c.judge);
    if (judge_new(c.policy, certificates, &c.judge) != OV_OK) {
        exit(EXIT_FAILURE);
    }
    return c;
}

/* A TLS 1.2 handshake in which the server (or client) showed one certificate. */
static void show(struct judge_case *c, bool server, uint16_t index, const uint8_t *der, size_t size)
{
    const struct certificate *x =
        certificates_add(certificates, bytes_of(der, (uint32_t)size, (uint32_t)size));
    case_put_at(c, server ? OBS_SERVER_CERT_SHA256 : OBS_CLIENT_CERT_SHA256, index, x->sha256, 0);
}

static void start(struct judge_case *c, const char *client, const char *server)
{
    case_flow(c, client, server, 5061, "tls");
    case_tls(c, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    case_mtls(c, "proven", "");
}

static void a_chain_to_the_trust_set_with_the_right_name_is_compliant(void)
{
    struct judge_case c = site();
    start(&c, "10.20.0.7", "10.0.1.10");
    show(&c, true, 0, leaf_a, sizeof leaf_a);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "compliant proven info"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_STATUS, "trusted"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_SET, "enterprise"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_NAME, "match"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_NAME_FROM, "policy"));
    case_done(&c);
}

static void case_24_an_issuer_outside_the_trust_set_is_a_violation(void)
{
    struct judge_case c = site();
    start(&c, "10.20.0.7", "10.0.1.10");
    show(&c, true, 0, leaf_b, sizeof leaf_b);
    show(&c, true, 1, ca_b, sizeof ca_b);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.untrusted"));
    start(&c, "10.20.0.7", "10.0.1.10"); /* alone: an intermediate could be missing */
    show(&c, true, 0, leaf_b, sizeof leaf_b);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "violation inferred medium"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.chain-incomplete"));
    case_done(&c);
}

static void a_foreign_name_is_a_violation_by_sni_and_by_policy(void)
{
    struct judge_case c = site();
    start(&c, "10.20.0.7", "10.0.1.11");
    show(&c, true, 0, leaf_a, sizeof leaf_a);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "violation proven high"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.name-mismatch"));
    start(&c, "10.20.0.7", "10.0.1.11");
    case_text(&c, OBS_TLS_SNI, "fe01.contoso.com");
    show(&c, true, 0, leaf_a, sizeof leaf_a);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "compliant proven info"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_NAME_FROM, "sni"));
    case_done(&c);
}

static void both_chains_of_a_mutual_handshake_are_judged(void)
{
    struct judge_case c = site();
    start(&c, "10.0.1.11", "10.0.1.10");
    show(&c, true, 0, leaf_a, sizeof leaf_a);
    show(&c, false, 0, leaf_b, sizeof leaf_b);
    show(&c, false, 1, ca_b, sizeof ca_b);
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    CHECK(case_is(&c, "TT-24", "violation proven high"));
    CHECK(facts_is(&c.facts, OBS_TLS_CLIENT_TRUST_STATUS, "untrusted"));
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_STATUS, "trusted"));
    case_done(&c);
}

/* Between two servers of the trust set, the server's chain seen and the client's not. */
static void start_server_only(struct judge_case *c)
{
    case_flow(c, "10.0.1.11", "10.0.1.10", 5061, "tls");
    case_text(c, OBS_TLS_VERSION, "TLSv1.2");
    case_text(c, OBS_TLS_CIPHER, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    show(c, true, 0, leaf_a, sizeof leaf_a);
}

static void a_client_chain_that_may_exist_and_was_not_seen_is_unknown(void)
{
    struct judge_case c = site();
    start_server_only(&c); /* the capture ends behind the server's first flight */
    case_value(&c, OBS_TLS_CERTIFICATE_REQUESTED, 1);
    case_value(&c, OBS_TLS_ESTABLISHED, 0);
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.not-seen"));
    const struct assessment *row = case_row(&c, "TT-24");
    CHECK(row != NULL && strstr(row->reasons[0].text, "other.contoso.com") != NULL);
    start_server_only(&c); /* behind its certificate */
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "unknown proven low"));
    start_server_only(&c); /* presented, but cut by the capture */
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_mutual(&c);
    c.record.cut_packets = 1;
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "unknown proven low"));
    case_done(&c);
}

static void a_client_chain_that_was_not_asked_for_or_withheld_is_no_matter(void)
{
    struct judge_case c = site();
    start_server_only(&c);
    case_value(&c, OBS_TLS_CERTIFICATE_REQUESTED, 0);
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_text(&c, OBS_TLS_CLIENT_CERTIFICATE, "none");
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "compliant proven info"));
    start_server_only(&c);
    case_value(&c, OBS_TLS_CERTIFICATE_REQUESTED, 1);
    case_value(&c, OBS_TLS_ESTABLISHED, 1);
    case_text(&c, OBS_TLS_CLIENT_CERTIFICATE, "empty");
    case_mtls(&c, "disproven", "empty");
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "compliant proven info"));
    case_flow(&c, "10.0.1.11", "93.184.216.34", 443, "tls"); /* a server browses, cut early */
    case_text(&c, OBS_TLS_VERSION, "TLSv1.2");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

static void what_is_hidden_or_resumed_is_unknown(void)
{
    struct judge_case c = site();
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5061, "tls");
    case_tls(&c, "TLSv1.3", "TLS_AES_128_GCM_SHA256");
    case_judge(&c);
    CHECK(case_is(&c, "TT-24", "unknown proven low"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.hidden"));
    start(&c, "10.20.0.7", "10.0.1.10");
    case_value(&c, OBS_TLS_RESUMED, 1);
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.resumed"));
    start(&c, "10.20.0.7", "10.0.1.10");
    c.record.both_directions = false;
    case_judge(&c);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.not-seen"));
    CHECK(case_reason(case_row(&c, "TT-24"), "capture.one-direction"));
    case_done(&c);
}

static void time_is_packet_time(void)
{
    struct judge_case c = site();
    start(&c, "10.20.0.7", "10.0.1.10");
    c.record.start_us = 1500000000000000; /* 2017: long before the certificate */
    const struct certificate *x =
        certificates_add(certificates, bytes_of(leaf_a, sizeof leaf_a, sizeof leaf_a));
    struct observation obs = { .kind = OBS_SERVER_CERT_SHA256,
                               .text = x->sha256,
                               .text_size = 64,
                               .packet = 3,
                               .time_us = c.record.start_us };
    facts_put(&c.facts, &obs);
    case_value(&c, OBS_SERVER_CERT_NOT_BEFORE, (uint64_t)x->not_before_us);
    case_judge(&c);
    CHECK(facts_is(&c.facts, OBS_TLS_SERVER_TRUST_STATUS, "not_yet_valid"));
    CHECK(case_is(&c, "TT-24", "weak proven medium"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.not-yet-valid"));
    case_done(&c);
}

/* A connection to `server`, which shows the certificate of CA a or of CA b. */
static void talk(struct judge_case *c, const char *server, bool of_b)
{
    start(c, "10.20.0.7", server);
    show(c, true, 0, of_b ? leaf_b : leaf_a, of_b ? sizeof leaf_b : sizeof leaf_a);
    if (of_b) {
        show(c, true, 1, ca_b, sizeof ca_b);
    }
    judge_learn(c->judge, &c->record);
    case_judge(c);
}

static void another_ca_under_one_name_is_told_once(void)
{
    struct judge_case c = site();
    talk(&c, "10.0.5.5", false);
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    talk(&c, "10.0.5.6", true); /* another host */
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    talk(&c, "10.0.5.5", true);
    CHECK(case_is(&c, "TT-24", "weak proven medium"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    CHECK(case_row(&c, "TT-24") != NULL && case_row(&c, "TT-24")->proof_count == 2);
    talk(&c, "10.0.5.5", true);
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    judge_restart(c.judge);
    talk(&c, "10.0.5.5", false);
    talk(&c, "10.0.5.5", false);
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    case_done(&c);
}

static void another_ca_that_is_trusted_is_a_renewal(void)
{
    struct judge_case c = site();
    talk(&c, "10.0.1.10", true);
    talk(&c, "10.0.1.10", false);
    CHECK(case_is(&c, "TT-24", "compliant proven info"));
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.renewed"));
    talk(&c, "10.0.1.11", true);
    talk(&c, "10.0.1.10", true); /* known */
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.renewed"));
    case_done(&c);
}

/* One CA, unless what is known of its key says that there are two of that name. */
static void cas_are_told_apart_by_key_where_it_is_known(void)
{
    struct identity a = { .issuer = "CN=CA", .top = "CN=Root", .key = { 1 } }, b = a;
    b.key[0] = 2;
    CHECK(identities_are_akin(&a, &b));
    a.has_authority_key = b.has_authority_key = true;
    a.authority_key[0] = 7;
    CHECK(!identities_are_akin(&a, &b) && identities_are_namesakes(&a, &b));
    a.has_issuer_key = b.has_issuer_key = true; /* the key itself counts more than its name */
    CHECK(identities_are_akin(&a, &b) && !identities_are_namesakes(&a, &b));
    b.issuer_key[31] = 1;
    CHECK(!identities_are_akin(&a, &b) && identities_are_namesakes(&a, &b));
    b.has_issuer_key = b.has_authority_key = false;
    CHECK(identities_are_akin(&a, &b));
    (void)snprintf(b.issuer, sizeof b.issuer, "CN=Other CA"); /* below the same root */
    CHECK(identities_are_akin(&a, &b) && !identities_are_namesakes(&a, &b));
    b = a;
    b.issuer_key[31] = 1;
    CHECK(identities_are_akin(&a, &b)); /* the leaf's own key is the same */
}

static void one_key_of_two_roles_is_told_of_the_second(void)
{
    struct judge_case c = site();
    talk(&c, "10.0.1.10", false);
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.shared"));
    talk(&c, "10.0.1.11", false);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.shared"));
    talk(&c, "10.0.5.5", false); /* of a host without a role nothing is said */
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.shared"));
    case_done(&c);
}

/* A host shows leaf a under `name`; twice, since a flow may be learnt of more than once. */
static void appear(struct judge_case *c, const char *address, const char *name)
{
    start(c, "10.20.0.7", address);
    if (name != NULL) {
        case_text(c, OBS_TLS_SNI, name);
    }
    show(c, true, 0, leaf_a, sizeof leaf_a);
    judge_learn(c->judge, &c->record);
    judge_learn(c->judge, &c->record);
}

static void the_least_used_host_is_forgotten_first(void)
{
    struct judge_case c = site();
    char address[24];
    for (unsigned i = 0; i < IDENTITIES_MAX + 2; i++) {
        (void)snprintf(address, sizeof address, "10.5.%u.%u", i / 250, i % 250 + 1);
        appear(&c, address, NULL);
        if (i == IDENTITIES_MAX - 1) {
            appear(&c, "10.5.0.1", NULL); /* used again */
        }
    }
    uint64_t keys = IDENTITIES_MAX + 2 - IDENTITIES_CHECKED + 1; /* and 10.5.0.1 has it again */
    CHECK_EQ(judge_identities_dropped(c.judge), 2 + keys);
    talk(&c, address, true); /* the newest is known: its certificate has changed */
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    talk(&c, "10.5.0.1", true);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    talk(&c, "10.5.0.2", true);
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    case_done(&c);
}

/* Who makes up server names fills the share of the endpoint that he speaks to, nobody else's. */
static void made_up_names_push_out_those_of_their_endpoint_only(void)
{
    struct judge_case c = site();
    char name[24];
    talk(&c, "10.0.5.5", false);
    talk(&c, "10.0.5.6", false);
    uint64_t before = judge_identities_dropped(c.judge);
    for (unsigned i = 0; i < IDENTITIES_MAX + 100; i++) {
        (void)snprintf(name, sizeof name, "n%u.example", i);
        appear(&c, "10.0.5.6", name);
    }
    CHECK_EQ(judge_identities_dropped(c.judge) - before,
             IDENTITIES_MAX + 100 + 1 - IDENTITIES_CHECKED);
    talk(&c, "10.0.5.5", true);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    talk(&c, "10.0.5.6", true); /* under no name: pushed out */
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.issuer-changed"));
    case_done(&c);
}

static void a_key_under_many_names_is_one_of_its_address(void)
{
    struct judge_case c = site();
    char name[24];
    talk(&c, "10.0.1.10", false);
    for (unsigned i = 0; i < 2 * IDENTITIES_CHECKED; i++) {
        (void)snprintf(name, sizeof name, "n%u.example", i);
        appear(&c, "10.0.5.5", name); /* a host without a role */
    }
    talk(&c, "10.0.1.11", false);
    CHECK(case_reason(case_row(&c, "TT-24"), "cert.shared"));
    start(&c, "10.20.0.7", "10.0.1.11");
    case_text(&c, OBS_TLS_SNI, "new.example");
    show(&c, true, 0, leaf_a, sizeof leaf_a);
    judge_learn(c.judge, &c.record);
    case_judge(&c); /* told when the host first showed it */
    CHECK(!case_reason(case_row(&c, "TT-24"), "cert.shared"));
    case_done(&c);
}

int main(void)
{
    int file = mkstemp(ca_path);
    if (file < 0 || write(file, ca_a_pem, sizeof ca_a_pem - 1) != (ssize_t)sizeof ca_a_pem - 1 ||
        certificates_new(64, &certificates) != OV_OK) {
        return EXIT_FAILURE;
    }
    (void)close(file);
    a_chain_to_the_trust_set_with_the_right_name_is_compliant();
    case_24_an_issuer_outside_the_trust_set_is_a_violation();
    a_foreign_name_is_a_violation_by_sni_and_by_policy();
    both_chains_of_a_mutual_handshake_are_judged();
    a_client_chain_that_may_exist_and_was_not_seen_is_unknown();
    a_client_chain_that_was_not_asked_for_or_withheld_is_no_matter();
    what_is_hidden_or_resumed_is_unknown();
    time_is_packet_time();
    another_ca_under_one_name_is_told_once();
    another_ca_that_is_trusted_is_a_renewal();
    cas_are_told_apart_by_key_where_it_is_known();
    one_key_of_two_roles_is_told_of_the_second();
    the_least_used_host_is_forgotten_first();
    made_up_names_push_out_those_of_their_endpoint_only();
    a_key_under_many_names_is_one_of_its_address();
    certificates_free(certificates);
    (void)unlink(ca_path);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

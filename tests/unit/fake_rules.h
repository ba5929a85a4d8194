/* tests/unit/fake_rules.h: a policy of three rows and a judge with fixed counts, in place of those
 * of rules/: the tests of reports/ then depend on no judgement and no shipped text. */
#ifndef OVERT_TESTS_UNIT_FAKE_RULES_H
#define OVERT_TESTS_UNIT_FAKE_RULES_H

#include <string.h>

#include "base/text.h"
#include "rules/judge.h"
#include "rules/reasons.h"

enum { FAKE_ROWS = 3 };

static const char *const fake_requirements[] = { "R-41", NULL };
static const struct port_range fake_ports[] = { { 5060, 5061 }, { 8057, 8057 } };
static const struct network fake_networks[] = {
    { { { [10] = 0xff, 0xff, 10, 0, 7, 0 } }, 120, 0 },
    { { { 0x20, 0x01, 0x0d, 0xb8 } }, 32, 443 },
};
static const struct policy_row fake_rows[FAKE_ROWS] = {
    { .id = "TT-01",
      .title = "server-to-server",
      .traffic = "server-to-server",
      .require = REQUIRE_MTLS,
      .severity = SEVERITY_HIGH,
      .requirements = fake_requirements,
      .ports = fake_ports,
      .port_count = 2,
      .source = "seed",
      .explain = "Servers show each other certificates.\n\nSecond paragraph.",
      .fix = "Assign certificates.",
      .enabled = true },
    { .id = "TT-02",
      .title = "client-to-server signalling",
      .traffic = "client-to-server signalling",
      .require = REQUIRE_TLS,
      .severity = SEVERITY_HIGH,
      .from = (uint64_t)1 << ROLE_CLIENT_INTERNAL | (uint64_t)1 << ROLE_CLIENT_EXTERNAL,
      .to = (uint64_t)1 << ROLE_FRONT_END | (uint64_t)1 << ROLE_DIRECTOR,
      .to_networks = fake_networks,
      .to_network_count = 2,
      .either_way = true,
      .source = "seed",
      .explain = "Clients use TLS.",
      .fix = "",
      .enabled = false },
    { .id = "C-long-name",
      .title = "a row that somebody named \"at length\"",
      .traffic = "a feed of calls to the recorder in cellar",
      .require = REQUIRE_SRTP | REQUIRE_VPN,
      .severity = SEVERITY_CRITICAL,
      .source = "SEC-114",
      .explain = "Own row.",
      .fix = "Ask.",
      .enabled = true },
};

static struct row_coverage fake_coverage[FAKE_ROWS];
static const char *fake_policy_name = "contoso";
static bool fake_builtin;
static uint32_t fake_hosts; /* silent, roleless and inferred ones: this many of each */

uint32_t policy_row_count(const struct policy *policy)
{
    (void)policy;
    return FAKE_ROWS;
}

const struct policy_row *policy_row(const struct policy *policy, uint32_t i)
{
    (void)policy;
    return &fake_rows[i];
}

const struct policy_row *policy_row_by_id(const struct policy *policy, const char *id)
{
    for (uint32_t i = 0; i < FAKE_ROWS; i++) {
        if (strcmp(policy_row(policy, i)->id, id) == 0) {
            return policy_row(policy, i);
        }
    }
    return NULL;
}

const char *policy_name(const struct policy *policy)
{
    (void)policy;
    return fake_policy_name;
}

bool policy_is_builtin(const struct policy *policy)
{
    (void)policy;
    return fake_builtin;
}

const char *requirement_text(unsigned require, char *buffer, uint32_t size)
{
    struct text t = text_into(buffer, size);
    text_put(&t, require == REQUIRE_MTLS ? "MTLS" : require == REQUIRE_TLS ? "TLS" : "SRTP or VPN");
    return buffer;
}

const char *requirement_word(unsigned require, uint32_t i)
{
    static const char *const words[] = { "none", "tls", "mtls", "https", "srtp", "vpn" };
    for (uint32_t bit = 0; bit < 6; bit++) {
        if ((require & 1U << bit) != 0 && i-- == 0) {
            return words[bit];
        }
    }
    return NULL;
}

const struct row_coverage *judge_coverage(const struct judge *judge, uint32_t row)
{
    (void)judge;
    return &fake_coverage[row];
}

const struct signature_tally *judge_signatures(const struct judge *judge)
{
    static const struct signature_tally tally = { .valid = 3, .invalid = 1, .unchecked = { 2 } };
    (void)judge;
    return &tally;
}

const struct policy_host *judge_silent_host(const struct judge *judge, uint32_t i)
{
    static const struct policy_host host = { .name = "fe02.contoso.com" };
    (void)judge;
    return i < fake_hosts ? &host : NULL;
}

bool judge_roleless(const struct judge *judge, uint32_t i, struct address *ret_address)
{
    (void)judge;
    *ret_address = address_of_ipv4((const uint8_t[4]){ 10, 0, 0, (uint8_t)i });
    return i < fake_hosts && i < 100;
}

bool judge_inferred(const struct judge *judge, uint32_t i, struct address *ret_address,
                    uint64_t *ret_roles, const char **ret_ground)
{
    (void)judge;
    *ret_address = address_of_ipv4((const uint8_t[4]){ 10, 1, (uint8_t)(i >> 8), (uint8_t)i });
    *ret_roles = role_bit(ROLE_FRONT_END) | role_bit(ROLE_DIRECTOR);
    *ret_ground = "answered REGISTER";
    return i < fake_hosts;
}

static const struct reason_word fake_reasons[] = {
    { "tls.client-certificate-empty", "The client was asked for a certificate and sent none.", "" },
    { "media.clear", "Media that anybody on the path can listen to.", "Require SRTP." },
};

const struct reason_word *reason_at(uint32_t i)
{
    return i < sizeof fake_reasons / sizeof fake_reasons[0] ? &fake_reasons[i] : NULL;
}

const struct reason_word *reason_find(const char *code)
{
    for (uint32_t i = 0; reason_at(i) != NULL; i++) {
        if (strcmp(reason_at(i)->code, code) == 0) {
            return reason_at(i);
        }
    }
    return NULL;
}

static inline struct address fake_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return address_of_ipv4((const uint8_t[4]){ a, b, c, d });
}

/* A violation of row 0 from 10.20.0.7 to 10.0.1.10:5060, first proved in packet 812. */
static inline struct finding fake_finding(void)
{
    struct finding f = { .id = 0x9f2c, .row = &fake_rows[0], .verdict = VERDICT_VIOLATION };
    f.evidence = EVIDENCE_PROVEN;
    f.severity = SEVERITY_HIGH;
    f.observed = "tls";
    f.client.address = fake_ipv4(10, 20, 0, 7);
    f.server = (struct flow_end){ fake_ipv4(10, 0, 1, 10), 5060 };
    f.client_party = (struct party){ "internal", "front_end", "policy", "fe01.contoso.com" };
    f.server_party = (struct party){ "perimeter", "", NULL, NULL };
    f.first_us = 1000000;
    f.last_us = 61000000;
    f.flow_count = 2;
    f.flow_ids[0] = 1;
    f.flow_ids[1] = 2;
    f.fix = fake_rows[0].fix;
    f.capture_complete = true;
    static struct reason reasons[8];
    static struct proof proofs[8];
    static unsigned used;
    f.reasons = &reasons[used % 8]; /* each finding of a test has its own */
    f.proofs = &proofs[used++ % 8];
    f.reason_count = 1;
    f.reasons[0] = (struct reason){ "tls.client-certificate-empty", "It sent no certificate." };
    f.proof_count = 1;
    f.proofs[0] = (struct proof){ 812, 2000000, "tls.client_certificate", "empty", NULL };
    return f;
}

#endif

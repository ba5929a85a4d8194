/* tests/unit/judge_case.h: flows made by hand, and their judgement. */
#ifndef OVERT_TESTS_UNIT_JUDGE_CASE_H
#define OVERT_TESTS_UNIT_JUDGE_CASE_H

#include <netinet/in.h>
#include <string.h>

#include "rules/judge.h"
#include "rules/policy_reader.h"
#include "tests/check.h"

/* One site: a host of each role that the truth cases need. */
static const char case_site[] =
    "overt: 1\n"
    "name: site\n"
    "extends: lync-2010\n"
    "zones: {internal: [10.0.0.0/8, \"fd00::/8\"], perimeter: [192.0.2.0/24]}\n"
    "hosts:\n"
    "  - {name: fe01.contoso.com, address: [10.0.1.10], role: front_end}\n"
    "  - {name: edge01.contoso.com, address: [\"192.0.2.10:5061\", \"192.0.2.10:443\"],\n"
    "     role: edge_access}\n"
    "  - {name: med01.contoso.com, address: 10.0.2.10, role: mediation}\n"
    "  - {name: gw01.contoso.com, address: 10.0.9.5, role: gateway}\n"
    "  - {name: web01.contoso.com, address: 10.0.1.30, role: web_mcu}\n"
    "roles:\n"
    "  client_internal: [10.20.0.0/16]\n"
    "  client_external: [198.51.100.0/24]\n";

struct judge_case {
    struct policy *policy;
    struct judge *judge;
    struct facts facts;
    struct flow_record record;
    struct judgement judgement;
};

static inline struct judge_case case_of(const char *text)
{
    struct judge_case c = { 0 };
    enum ov_status status =
        text == NULL ? policy_builtin("lync-2010", &c.policy)
                     : policy_read_text("case.yaml", text, strlen(text), stderr, &c.policy);
    if (status != OV_OK || judge_new(c.policy, NULL, &c.judge) != OV_OK) {
        fprintf(stderr, "the policy of the case cannot be read\n");
        exit(EXIT_FAILURE);
    }
    return c;
}

static inline void case_done(struct judge_case *c)
{
    judge_free(c->judge);
    policy_free(c->policy);
    facts_done(&c->facts);
}

static inline struct flow_end case_end(const char *address, uint16_t port)
{
    struct flow_end end = { .port = port };
    if (!address_parse(address, (uint32_t)strlen(address), &end.address)) {
        exit(EXIT_FAILURE);
    }
    return end;
}

/* A fresh, completely captured flow, opened by `client`. */
static inline void case_flow(struct judge_case *c, const char *client, const char *server,
                             uint16_t port, const char *app)
{
    static uint64_t id = 0x1000;
    facts_done(&c->facts);
    bool udp = strcmp(app, "rtp") == 0 || strcmp(app, "dtls") == 0 || strcmp(app, "quic") == 0;
    c->record = (struct flow_record){
        .id = id++,
        .side = { case_end(client, udp ? 50000 : 49211), case_end(server, port) },
        .initiator_by = udp ? "first_packet" : "syn",
        .l4 = udp ? IPPROTO_UDP : IPPROTO_TCP,
        .start_us = 1800000000000000,
        .end_us = 1800000009000000,
        .packets = { 10, 10 },
        .bytes = { 4000, 4000 },
        .packet_first = 7,
        .packet_last = 26,
        .both_directions = true,
        .start_seen = true,
        .end_seen = true,
        .talked = strcmp(app, "unknown") == 0,
        .app = app,
        .app_by = "content",
        .facts = &c->facts,
    };
}

static inline void case_put_at(struct judge_case *c, enum observation_kind kind, uint16_t index,
                               const char *text, uint64_t value)
{
    struct observation obs = {
        .kind = kind,
        .index = index,
        .text = text,
        .text_size = text == NULL ? 0 : (uint32_t)strlen(text),
        .value = value,
        .packet = 12,
        .time_us = 1800000001000000,
    };
    facts_put(&c->facts, &obs);
}

static inline void case_text(struct judge_case *c, enum observation_kind kind, const char *text)
{
    case_put_at(c, kind, 0, text, 0);
}

static inline void case_value(struct judge_case *c, enum observation_kind kind, uint64_t value)
{
    case_put_at(c, kind, 0, NULL, value);
}

/* A finished TLS handshake. */
static inline void case_tls(struct judge_case *c, const char *version, const char *cipher)
{
    case_text(c, OBS_TLS_VERSION, version);
    case_text(c, OBS_TLS_CIPHER, cipher);
    case_value(c, OBS_TLS_ESTABLISHED, 1);
}

static inline void case_mtls(struct judge_case *c, const char *state, const char *reason)
{
    case_text(c, OBS_TLS_MTLS_STATE, state);
    case_text(c, OBS_TLS_MTLS_REASON, reason);
}

/* A client certificate that was asked for, shown and proven. */
static inline void case_mutual(struct judge_case *c)
{
    case_value(c, OBS_TLS_CERTIFICATE_REQUESTED, 1);
    case_text(c, OBS_TLS_CLIENT_CERTIFICATE, "presented");
    case_mtls(c, "proven", "certificate-verify");
}

/* Readable SIP with one request. */
static inline void case_sip(struct judge_case *c, const char *method)
{
    case_text(c, OBS_SIP_TRANSPORT, "tcp");
    case_text(c, OBS_SIP_METHOD, method);
}

static inline void case_stream(struct judge_case *c, uint16_t index, const char *protection,
                               const char *evidence)
{
    case_put_at(c, OBS_MEDIA_SSRC, index, "0x11223344", 0x11223344);
    case_put_at(c, OBS_MEDIA_FROM, index, NULL, index & 1);
    case_put_at(c, OBS_MEDIA_PACKETS, index, NULL, 400);
    case_put_at(c, OBS_MEDIA_FIRST, index, NULL, 1800000001000000);
    case_put_at(c, OBS_MEDIA_LAST, index, NULL, 1800000009000000);
    case_put_at(c, OBS_MEDIA_PROTECTION, index, protection, 0);
    case_put_at(c, OBS_MEDIA_EVIDENCE, index, evidence, 0);
    if (strcmp(protection, "srtp") == 0) {
        case_put_at(c, OBS_MEDIA_AUTHENTICATED, index, NULL, 1);
    }
}

static inline void case_judge(struct judge_case *c)
{
    judge_learn(c->judge, &c->record);
    judge_flow(c->judge, &c->record, NULL, &c->judgement);
}

/* The assessment under a row, or NULL. */
static inline const struct assessment *case_row(const struct judge_case *c, const char *row)
{
    for (uint32_t i = 0; i < c->judgement.count; i++) {
        if (strcmp(c->judgement.assessments[i].row->id, row) == 0) {
            return &c->judgement.assessments[i];
        }
    }
    return NULL;
}

static inline bool case_reason(const struct assessment *a, const char *code)
{
    for (uint32_t i = 0; a != NULL && i < a->reason_count; i++) {
        if (strcmp(a->reasons[i].code, code) == 0) {
            return a->reasons[i].text[0] != '\0';
        }
    }
    return false;
}

/* Is the row assessed with exactly this verdict, evidence and severity? Says what else it is. */
static inline bool case_is(const struct judge_case *c, const char *row, const char *want)
{
    const struct assessment *a = case_row(c, row);
    char got[64] = "not assessed";
    if (a != NULL) {
        snprintf(got, sizeof got, "%s %s %s", verdict_name(a->verdict), evidence_name(a->evidence),
                 severity_name(a->severity));
    }
    if (strcmp(got, want) == 0) {
        return true;
    }
    fprintf(stderr, "%s: %s, want %s\n", row, got, want);
    for (uint32_t i = 0; i < c->judgement.count; i++) {
        const struct assessment *other = &c->judgement.assessments[i];
        fprintf(stderr, "  %s %s: %s\n", other->row->id, verdict_name(other->verdict),
                other->reason_count > 0 ? other->reasons[0].text : "");
    }
    return false;
}

#endif

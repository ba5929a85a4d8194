/* rules/judge_identity.c: certificates compared with those of other flows: a name whose
 * certificate changed, and one key of hosts with different roles. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rules/identities.h"
#include "rules/judge_view.h"
#include "rules/policy_model.h"

uint64_t judge_identity_roles(const struct view *view, const struct address *address,
                              bool *ret_inferred)
{
    uint32_t count;
    struct flow_end end = { .address = *address };
    const struct host_entry *entries = policy_entries_of(view->policy, address, &count);
    uint64_t roles = policy_roles_at(view->policy, &end);
    for (uint32_t i = 0; i < count; i++) {
        roles |= view->policy->hosts[entries[i].host].roles;
    }
    *ret_inferred = roles == 0;
    if (roles == 0 && view->infer != NULL) {
        const char *ground;
        uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
        roles = infer_roles(view->infer, address, &ground) & ~clients;
    }
    return roles;
}

/* The services of an Edge Server have one certificate at several addresses. */
static uint64_t family_of(uint64_t roles)
{
    uint64_t edges = role_bit(ROLE_EDGE_ACCESS) | role_bit(ROLE_EDGE_WEB) | role_bit(ROLE_EDGE_AV);
    return (roles & edges) != 0 ? roles | edges : roles;
}

/* Another flow's certificate, as a proof: its packet, and what tells it from others. */
static void put_proof(const struct identity *i, bool of_server, struct assessment *a)
{
    if (a->proof_count < PROOFS_MAX) {
        struct proof *proof = &a->proofs[a->proof_count++];
        struct text t = text_into(proof->detail, sizeof proof->detail);
        *proof = (struct proof){
            .packet = i->packet,
            .time_us = i->time_us,
            .fact =
                observation_word(of_server ? OBS_SERVER_CERT_SHA256 : OBS_CLIENT_CERT_SHA256)->path,
        };
        text_put_hex(&t, i->leaf, sizeof i->leaf);
    }
}

static const char *name_of(const struct view *view, const struct identity *i, char *buffer)
{
    struct view_side side = { .end = &i->end, .host = policy_host_at(view->policy, &i->end) };
    return judge_notes_name(&side, buffer);
}

/* A CA that the policy trusts for this host has issued the new one: a change of CA, as they are. */
static bool is_vouched(const struct view *view)
{
    return facts_is(view->facts, OBS_TLS_SERVER_TRUST_STATUS, "trusted");
}

/* One name, one endpoint, two certificates: a renewal keeps the CA, or the key. */
static enum verdict judge_change(const struct view *view, const struct identity *own,
                                 struct assessment *a)
{
    const struct identity *other = NULL, *first = NULL;
    while ((other = identities_next_of_end(view->identities, own, other)) != NULL) {
        first = first == NULL || !identities_are_akin(own, other) ? other : first;
    }
    if (first == NULL) {
        return VERDICT_COMPLIANT;
    }
    char name[VIEW_NAME_SIZE];
    judge_notes_name(&view->server, name);
    bool renewed = identities_are_akin(own, first) || is_vouched(view);
    if (renewed) {
        judge_notes_reason(a, "cert.renewed",
                           "%s:%u showed two certificates for %.60s, of one CA or key, or of one "
                           "that is trusted.",
                           name, view->port, own->name[0] != '\0' ? own->name : name);
    } else if (identities_are_namesakes(own, first)) {
        judge_notes_reason(a, "cert.issuer-changed",
                           "%s:%u showed two certificates for %.40s, by CAs that are both called "
                           "%.60s and have different keys.",
                           name, view->port, own->name[0] != '\0' ? own->name : name, own->issuer);
    } else {
        judge_notes_reason(a, "cert.issuer-changed",
                           "%s:%u showed two certificates for %.40s: one by %.50s, one by %.50s.",
                           name, view->port, own->name[0] != '\0' ? own->name : name, first->issuer,
                           own->issuer);
    }
    put_proof(own, true, a); /* first: the finding is about this flow */
    put_proof(first, true, a);
    return renewed ? VERDICT_COMPLIANT : VERDICT_WEAK;
}

/* Hosts of one pool may share a certificate; what stands in different zones of trust may not: who
 * has the key of one can pose as the other. */
static enum verdict judge_sharing(const struct view *view, const struct identity *own,
                                  bool of_server, struct assessment *a)
{
    bool inferred, other_inferred;
    const struct identity *other = NULL;
    uint64_t roles = judge_identity_roles(view, &own->end.address, &inferred);
    while (roles != 0 && (other = identities_next_of_key(view->identities, own, other)) != NULL) {
        uint64_t its = judge_identity_roles(view, &other->end.address, &other_inferred);
        if (its == 0 || (family_of(its) & family_of(roles)) != 0) {
            continue;
        }
        char name[VIEW_NAME_SIZE], other_name[VIEW_NAME_SIZE];
        char role[ROLE_TEXT_SIZE], other_role[ROLE_TEXT_SIZE];
        roles_text(roles, role, sizeof role);
        roles_text(its, other_role, sizeof other_role);
        judge_notes_reason(a, "cert.shared",
                           "%s (%.40s) and %s (%.40s) have one key: the certificate is shared by "
                           "hosts of different roles.",
                           name_of(view, other, other_name), other_role, name_of(view, own, name),
                           role);
        put_proof(own, of_server, a);
        put_proof(other, other->end.port != 0, a);
        a->evidence = inferred || other_inferred ? EVIDENCE_INFERRED : a->evidence;
        return VERDICT_WEAK;
    }
    return VERDICT_COMPLIANT;
}

enum verdict judge_identity(const struct view *view, struct assessment *a)
{
    enum verdict verdict = VERDICT_COMPLIANT;
    for (unsigned server = 0; server < 2 && view->identities != NULL; server++) {
        struct identity_news news;
        identities_of(view->identities, view->certificates, view->record, server == 1, &news);
        if (server == 1 && news.at_end != NULL) {
            verdict = judge_notes_worse(verdict, judge_change(view, news.at_end, a));
        }
        if (news.of_key != NULL) {
            verdict = judge_notes_worse(verdict, judge_sharing(view, news.of_key, server == 1, a));
        }
    }
    return verdict;
}

/* rules/judge_names.c: who is asked for names, and whether the answers can be true. */
#include <string.h>

#include "base/text.h"
#include "rules/answers.h"
#include "rules/judge_view.h"
#include "rules/policy_model.h"

/* Are addresses of this family declared for the name? ret_match: one of them was answered. */
static bool is_declared(const struct view *view, const struct answer *answer, bool *ret_match,
                        const struct network **ret_first)
{
    const struct policy_host *host = NULL;
    *ret_match = false;
    *ret_first = NULL;
    for (uint32_t i = 0; (host = policy_host_named(view->policy, answer->name, i)) != NULL; i++) {
        for (uint32_t k = 0; k < host->network_count; k++) {
            const struct network *network = &host->networks[k];
            if (address_is_ipv4(&network->address) == answer->ipv6) {
                continue;
            }
            *ret_first = *ret_first != NULL ? *ret_first : network;
            for (uint32_t n = 0; n < answer->count; n++) {
                *ret_match |= address_equal(&answer->address[n], &network->address);
            }
        }
    }
    return *ret_first != NULL;
}

static void put_addresses(const struct answer *answer, struct text *t)
{
    char ip[ADDRESS_TEXT_SIZE];
    for (uint32_t i = 0; i < answer->count; i++) {
        text_put(t, i > 0 ? " " : "");
        text_put(t, address_text(&answer->address[i], ip));
    }
}

static void put_proof(const struct answer *answer, struct assessment *a)
{
    if (a->proof_count < PROOFS_MAX) {
        struct proof *proof = &a->proofs[a->proof_count++];
        *proof = (struct proof){
            .packet = answer->packet,
            .time_us = answer->first_us,
            .fact = observation_word(OBS_DNS_ANSWER_ADDRESS)->path,
        };
        struct text t = text_into(proof->detail, sizeof proof->detail);
        put_addresses(answer, &t);
    }
}

/* The policy says where the host is, and the answer leads elsewhere. Clients outside may be told
 * other addresses than those inside. */
static enum verdict judge_foreign(const struct view *view, const struct answer *answer,
                                  const struct network *declared, struct assessment *a)
{
    char ip[ADDRESS_TEXT_SIZE], told[ADDRESS_TEXT_SIZE], resolver[VIEW_NAME_SIZE];
    judge_notes_reason(a, "dns.foreign-answer",
                       "%s answered %s for %.80s, which the policy has at %s: connections to it go "
                       "elsewhere.",
                       judge_notes_name(&view->server, resolver),
                       address_text(&answer->address[0], told), answer->name,
                       address_text(&declared->address, ip));
    put_proof(answer, a);
    a->evidence = EVIDENCE_PROVEN;
    return VERDICT_WEAK;
}

/* Roles of the addresses, those of clients left out. ret_ours: they are of a host of ours:
 * declared, or inferred and inside. */
static uint64_t roles_of(const struct view *view, const struct answer *answer, bool *ret_ours)
{
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    uint64_t roles = 0;
    for (uint32_t i = 0; i < answer->count; i++) {
        bool inferred;
        uint64_t its = judge_identity_roles(view, &answer->address[i], &inferred) & ~clients;
        bool outside = policy_zone_at(view->policy, &answer->address[i]) == ZONE_EXTERNAL;
        *ret_ours |= its != 0 && !(inferred && outside);
        roles |= its;
    }
    return roles;
}

/* Resolvers inside and outside may well give different answers (split horizon). One that the policy
 * does not trust may not, to a host inside. */
static bool is_of_one_side(const struct view *view, const struct answer *one,
                           const struct answer *other)
{
    bool outside = policy_zone_at(view->policy, &one->resolver) == ZONE_EXTERNAL;
    bool other_outside = policy_zone_at(view->policy, &other->resolver) == ZONE_EXTERNAL;
    bool trusted = policy_is_resolver(view->policy, &one->resolver);
    return outside == other_outside ||
           (policy_resolver_count(view->policy) > 0 &&
            trusted != policy_is_resolver(view->policy, &other->resolver));
}

/* Two resolvers say something else at the same time, about a host of ours. Members of one pool may
 * be given out in turn: they have the same role. */
static bool is_contradiction(const struct view *view, const struct answer *own,
                             const struct answer *other)
{
    if (other->serial >= own->serial || other->ipv6 != own->ipv6 ||
        address_equal(&other->resolver, &own->resolver) || answers_overlap(own, other) ||
        own->first_us > other->until_us || other->first_us > own->until_us ||
        !is_of_one_side(view, own, other)) {
        return false;
    }
    bool ours = false;
    uint64_t roles = roles_of(view, own, &ours), its = roles_of(view, other, &ours);
    return ours && (roles & its) == 0;
}

static enum verdict judge_others(const struct view *view, const struct answer *own,
                                 struct assessment *a)
{
    const struct answer *other = NULL;
    for (unsigned i = 0; own->serial != 0 && i < ANSWERS_CHECKED; i++) {
        other = answers_next(view->answers, own->name, other);
        if (other == NULL) {
            break;
        }
        if (!is_contradiction(view, own, other)) {
            continue;
        }
        char ip[ADDRESS_TEXT_SIZE], told[ADDRESS_TEXT_SIZE], its[ADDRESS_TEXT_SIZE];
        char resolver[VIEW_NAME_SIZE];
        judge_notes_reason(
            a, "dns.conflicting-answers",
            "%s answered %s for %.60s, and %s answered %s while that was valid: no "
            "address in common.",
            judge_notes_name(&view->server, resolver), address_text(&own->address[0], told),
            own->name, address_text(&other->resolver, ip), address_text(&other->address[0], its));
        put_proof(own, a); /* first: the finding is about this flow */
        put_proof(other, a);
        a->evidence = EVIDENCE_INFERRED;
        return VERDICT_WEAK;
    }
    return VERDICT_COMPLIANT;
}

/* The i-th answer of the flow came second to a query. Where packets were lost it may be to another
 * query, which was not captured. */
static enum verdict judge_rival(const struct view *view, unsigned i, struct assessment *a)
{
    const struct facts *facts = view->facts;
    const struct fact *rival = facts_find_at(facts, OBS_DNS_ANSWER_RIVAL, (uint16_t)i, 0);
    if (rival == NULL || view->record->lost_nearby) {
        return VERDICT_COMPLIANT;
    }
    uint16_t first = (uint16_t)rival->value;
    const struct fact *name = facts_find_at(facts, OBS_DNS_ANSWER_NAME, (uint16_t)i, 0);
    const struct fact *before = facts_find_at(facts, OBS_DNS_ANSWER_ADDRESS, first, 0);
    const struct fact *after = facts_find_at(facts, OBS_DNS_ANSWER_ADDRESS, (uint16_t)i, 0);
    char resolver[VIEW_NAME_SIZE];
    judge_notes_reason(a, "dns.answered-twice",
                       "One query to %s for %.80s was answered twice: by %.46s, and then by %.46s.",
                       judge_notes_name(&view->server, resolver), facts_text(facts, name),
                       facts_text(facts, before), facts_text(facts, after));
    judge_notes_proof_of(view, a, rival);
    judge_notes_proof_of(view, a, after);
    judge_notes_proof_of(view, a, before);
    a->evidence = EVIDENCE_INFERRED;
    return VERDICT_WEAK;
}

static enum verdict judge_answer(const struct view *view, const struct answer *answer,
                                 struct assessment *a)
{
    bool match;
    const struct network *declared;
    if (is_declared(view, answer, &match, &declared)) {
        return match ? VERDICT_COMPLIANT : judge_foreign(view, answer, declared, a);
    }
    return judge_others(view, answer, a);
}

static enum verdict judge_answers(const struct view *view, struct assessment *a)
{
    struct answer answer;
    enum verdict verdict = VERDICT_COMPLIANT;
    if (view->answers == NULL || view->client.zone == ZONE_EXTERNAL) {
        return verdict;
    }
    for (unsigned i = 0; verdict == VERDICT_COMPLIANT &&
                         facts_find_at(view->facts, OBS_DNS_ANSWER_NAME, (uint16_t)i, 0) != NULL;
         i++) {
        verdict = judge_rival(view, i, a);
        for (unsigned family = 0; family < 2 && verdict == VERDICT_COMPLIANT; family++) {
            if (answers_read(view->answers, view->record, i, family == 1, &answer)) {
                verdict = judge_answer(view, &answer, a);
            }
        }
    }
    return verdict;
}

bool judge_names_contradict(const struct view *view)
{
    struct assessment a = { .evidence = EVIDENCE_PROVEN };
    return facts_find(view->facts, OBS_DNS_ANSWER_NAME) != NULL &&
           judge_answers(view, &a) != VERDICT_COMPLIANT;
}

/* Who answers for names is trusted like a domain controller. Without a list, only a resolver
 * outside the network is certain not to be. */
static enum verdict judge_resolver(const struct view *view, struct assessment *a)
{
    uint64_t trusted = role_bit(ROLE_DNS) | role_bit(ROLE_DC);
    bool listed = policy_resolver_count(view->policy) > 0;
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    if (policy_is_resolver(view->policy, &view->server.end->address) ||
        (!listed && (view->server.roles & trusted) != 0)) {
        return VERDICT_COMPLIANT;
    }
    if (!listed && view->server.zone != ZONE_EXTERNAL) {
        judge_notes_reason(a, "dns.resolvers-undeclared",
                           "%s asks %s for names; the policy does not say which resolvers are to "
                           "be trusted.",
                           client, server);
        return VERDICT_UNKNOWN;
    }
    judge_notes_reason(a, "dns.untrusted-resolver",
                       "%s asks %s for names, which is not among the trusted resolvers: its "
                       "answers decide where connections go.",
                       client, server);
    return VERDICT_VIOLATION;
}

/* A contradiction is the subject where there is one: its reason comes first. */
void judge_name_service(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    (void)row;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    enum verdict answers = judge_answers(view, a);
    enum verdict resolver = judge_resolver(view, a);
    a->verdict = resolver;
    if (resolver == VERDICT_VIOLATION) {
        a->evidence = EVIDENCE_PROVEN;
    } else if (answers == VERDICT_WEAK) {
        a->verdict = VERDICT_WEAK;
    }
    if (a->proof_count == 0) {
        judge_notes_proof_flow(view, a, "app", view->record->app);
    }
}

/* rules/judge_adopt.c: another policy in the middle of a run: what was learnt and found stays. */
#include <string.h>

#include "rules/judge_state.h"
#include "rules/policy_model.h"

/* Counts of rows go on under their ids. */
static void keep_coverage(const struct judge *old, struct judge *next)
{
    for (uint32_t i = 0; i < policy_row_count(next->policy); i++) {
        const struct policy_row *row =
            policy_row_by_id(old->policy, policy_row(next->policy, i)->id);
        if (row != NULL) {
            next->coverage[i] = old->coverage[row - policy_row(old->policy, 0)];
        }
    }
}

/* A host that was seen at any of its addresses stays seen. */
static void keep_seen(const struct judge *old, struct judge *next)
{
    for (uint32_t i = 0; i < next->policy->entry_count; i++) {
        const struct host_entry *entry = &next->policy->entries[i];
        uint32_t count;
        const struct host_entry *entries = policy_entries_of(old->policy, &entry->address, &count);
        for (uint32_t k = 0; k < count; k++) {
            next->host_seen[entry->host] |= old->host_seen[entries[k].host];
        }
    }
}

static bool is_same_waiver(const struct policy_waiver *a, const struct policy_waiver *b)
{
    return strcmp(a->row, b->row) == 0 && strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->owner, b->owner) == 0 && a->end_us == b->end_us;
}

static void keep_waived(const struct judge *old, struct judge *next)
{
    for (uint32_t i = 0; i < policy_waiver_count(next->policy); i++) {
        for (uint32_t k = 0; k < policy_waiver_count(old->policy); k++) {
            bool same =
                is_same_waiver(policy_waiver(next->policy, i), policy_waiver(old->policy, k));
            next->waived[i] |= same && old->waived[k];
        }
    }
}

/* Addresses that the new policy knows nothing of either. */
static void keep_roleless(const struct judge *old, struct judge *next)
{
    for (uint32_t i = 0; i < old->roleless_count; i++) {
        struct flow_end end = { .address = old->roleless[i] };
        uint32_t count;
        if (policy_roles_at(next->policy, &end) == 0 &&
            policy_entries_of(next->policy, &end.address, &count) == NULL) {
            next->roleless[next->roleless_count++] = end.address;
        }
    }
}

enum ov_status judge_adopt(struct judge **judge, const struct policy *policy)
{
    struct judge *old = *judge, *next = NULL;
    enum ov_status status = judge_new(policy, old->certificates, &next);
    if (status == OV_OK) {
        status = findings_adopt(old->findings, policy);
    }
    if (status != OV_OK) {
        judge_free(next);
        return status;
    }
    struct findings *findings = next->findings;
    struct legs *legs = next->legs;
    struct answers *answers = next->answers;
    struct identities *identities = next->identities;
    next->findings = old->findings;
    next->legs = old->legs;
    next->answers = old->answers;
    next->identities = old->identities;
    next->issuers = old->issuers;
    next->signatures = old->signatures;
    old->findings = findings;
    old->legs = legs;
    old->answers = answers;
    old->identities = identities;
    keep_coverage(old, next);
    keep_seen(old, next);
    keep_waived(old, next);
    keep_roleless(old, next);
    judge_free(old);
    *judge = next;
    return OV_OK;
}

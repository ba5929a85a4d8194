/* rules/judge_waivers.c: what the policy's owner lives with for a time, and whom it trusts. */
#include <string.h>

#include "rules/judge_view.h"

static bool is_end(const struct waiver_end *end, const struct view_side *side)
{
    if (end->host != NULL) {
        return side->host != NULL && side->host->name != NULL &&
               strcmp(side->host->name, end->host) == 0;
    }
    return address_in(&side->end->address, &end->network.address, end->network.bits);
}

static bool is_about(const struct policy_waiver *waiver, const struct view *view,
                     const struct assessment *a)
{
    const struct waiver_end *ends = waiver->ends;
    return strcmp(waiver->row, a->row->id) == 0 &&
           ((is_end(&ends[0], &view->client) && is_end(&ends[1], &view->server)) ||
            (is_end(&ends[1], &view->client) && is_end(&ends[0], &view->server)));
}

/* The word on a waiver may take the last reason's place. */
static void note(struct assessment *a, const char *code, const struct policy_waiver *waiver,
                 const char *verb)
{
    a->reason_count -= a->reason_count == REASONS_MAX ? 1 : 0;
    judge_notes_reason(a, code, "%.60s %s this until %s: %.120s", waiver->owner, verb,
                       waiver->expires, waiver->reason);
}

void judge_waivers_apply(const struct view *view, struct assessment *a)
{
    bool faulty = a->verdict == VERDICT_VIOLATION || a->verdict == VERDICT_WEAK ||
                  a->verdict == VERDICT_UNKNOWN;
    const struct policy_waiver *expired = NULL;
    for (uint32_t i = 0; faulty && i < policy_waiver_count(view->policy); i++) {
        const struct policy_waiver *waiver = policy_waiver(view->policy, i);
        if (!is_about(waiver, view, a)) {
            continue;
        }
        if (view->waived != NULL) {
            view->waived[i] = true;
        }
        if ((int64_t)view->record->start_us < waiver->end_us) {
            note(a, "waiver.applied", waiver, "waives");
            a->verdict = VERDICT_EXEMPT;
            return;
        }
        expired = waiver;
    }
    if (expired != NULL) {
        note(a, "waiver.expired", expired, "waived");
    }
}

static bool is_unlisted_server(const struct view_side *side)
{
    return (side->roles & roles_of_word("any_server")) != 0 && !side->inferred &&
           !(side->host != NULL && side->host->trusted);
}

void judge_waivers_servers(const struct view *view, struct assessment *a)
{
    bool mutual = a->row->require == REQUIRE_MTLS && a->verdict == VERDICT_COMPLIANT;
    if (!mutual || !policy_has_trusted_servers(view->policy)) {
        return;
    }
    const struct view_side *sides[] = { &view->client, &view->server };
    for (unsigned i = 0; i < 2; i++) {
        char name[VIEW_NAME_SIZE];
        if (is_unlisted_server(sides[i])) {
            a->verdict = VERDICT_WEAK;
            judge_notes_reason(a, "server.not-listed",
                               "%s proved who it is, but is not among the policy's trusted "
                               "servers.",
                               judge_notes_name(sides[i], name));
        }
    }
}

/* rules/judge_content.c: rows on what SIP carries: messages, sharing, media keys; readable, or in
 * TLS, opened or not. */
#include "rules/judge_view.h"

static void judge_im(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    bool msrp = facts_true(view->facts, OBS_MSRP_TEXT);
    bool text = msrp || facts_true(view->facts, OBS_SIP_IM);
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    a->verdict = VERDICT_VIOLATION;
    if (text) {
        judge_notes_reason(a, "im.readable",
                           "The text of instant messages between %s and %s:%u is readable.", client,
                           server, view->port);
        judge_notes_proof(view, a, msrp ? OBS_MSRP_TEXT : OBS_SIP_IM);
    }
    if (facts_true(view->facts, OBS_SIP_PRESENCE)) {
        judge_notes_reason(a, "im.presence-readable", "Presence between %s and %s:%u is readable.",
                           client, server, view->port);
        judge_notes_proof(view, a, OBS_SIP_PRESENCE);
    }
    if ((row->require & REQUIRE_NONE) != 0) {
        judge_notes_reason(a, "row.clear-permitted",
                           "The table permits cleartext messages inside the network; whoever is on "
                           "the path can read them all the same.");
        a->verdict = VERDICT_EXEMPT;
    } else if (row->rank <= 1 && !policy_settings(view->policy)->im_tls) { /* traffic table 6 */
        judge_notes_reason(a, "im.tls-not-configured",
                           "The policy says that this deployment is not configured for TLS.");
        a->verdict = VERDICT_EXEMPT;
    }
}

static void judge_sharing(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    a->verdict = VERDICT_VIOLATION;
    judge_notes_reason(a, "sharing.clear",
                       "The set-up of desktop sharing between %s and %s:%u is readable.",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port);
    judge_notes_proof(view, a, OBS_SIP_SHARING);
}

static void judge_keys(const struct view *view, struct assessment *a)
{
    uint64_t keys = facts_value(view->facts, OBS_SIP_KEYS_EXPOSED, 0);
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    if (keys > 0) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "sip.key-exposed",
                           "%llu SRTP key%s readable in SIP between %s and %s:%u: the media keyed "
                           "by %s is no longer confidential.",
                           (unsigned long long)keys, keys == 1 ? " is" : "s are", client, server,
                           view->port, keys == 1 ? "it" : "them");
        judge_notes_proof(view, a, OBS_SIP_KEYS_EXPOSED);
    }
    if (facts_value(view->facts, OBS_SIP_FINGERPRINTS, 0) > 0) {
        a->verdict = judge_notes_worse(a->verdict, VERDICT_WEAK);
        judge_notes_reason(
            a, "sip.fingerprint-clear",
            "DTLS fingerprints between %s and %s:%u travel in the clear: an attacker "
            "on the path can replace them and sit in the middle of the media.",
            client, server, view->port);
        judge_notes_proof(view, a, OBS_SIP_FINGERPRINTS);
    }
}

/* Read under logged keys: as well protected as the TLS around it. */
static void judge_opened(const struct view *view, const struct policy_row *row,
                         struct assessment *a)
{
    judge_tls(view, row, a);
    if (row->subject == SUBJECT_SHARING) {
        judge_notes_proof(view, a, OBS_SIP_SHARING);
        return;
    }
    judge_notes_proof(view, a, OBS_SIP_IM);
    judge_notes_proof(view, a, OBS_SIP_PRESENCE);
}

bool judge_content_implies(const struct view *view, const struct assessment *assessments,
                           uint32_t count)
{
    bool satisfied = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct assessment *a = &assessments[i];
        bool signalling = a->row->subject == SUBJECT_SIGNALLING;
        if (!judge_rows_hide_sip(view, a->row) || (signalling && a->verdict != VERDICT_COMPLIANT)) {
            return false;
        }
        satisfied = satisfied || signalling;
    }
    return satisfied;
}

void judge_content_implied(const struct view *view, const struct policy_row *row,
                           struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_tls(view, row, a);
    a->reason_count = 0;
    a->evidence = EVIDENCE_INFERRED;
    judge_notes_reason(a, "sip.inside-tls",
                       "SIP between %s and %s:%u goes inside TLS: what it carries of this is "
                       "protected by it.",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port);
}

void judge_content(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    if (view->tls) {
        judge_opened(view, row, a);
        return;
    }
    a->observed = "none";
    a->evidence = EVIDENCE_PROVEN;
    if (row->subject == SUBJECT_IM) {
        judge_im(view, row, a);
    } else if (row->subject == SUBJECT_SHARING) {
        judge_sharing(view, a);
    } else {
        judge_keys(view, a);
    }
    if (row->subject != SUBJECT_IM && (row->require & REQUIRE_NONE) != 0) {
        judge_signalling_permit(view, a);
    }
}

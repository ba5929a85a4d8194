/* rules/judge_estate.c: services of the estate that protect themselves without TLS: SMB, DCE/RPC,
 * and file transfers of Communicator. */
#include <inttypes.h>
#include <string.h>

#include "rules/judge_view.h"

/* How many messages of a flow. */
struct shown {
    uint64_t hidden, readable;
};

static uint64_t number(const struct view *view, enum observation_kind kind)
{
    const struct fact *fact = facts_find(view->facts, kind);
    return fact == NULL ? 0 : fact->value;
}

/* No certificates are in such protection: it is not what a row on MTLS or HTTPS is about. */
static bool may_satisfy(const struct policy_row *row)
{
    return (row->require & (REQUIRE_NONE | REQUIRE_TLS)) != 0;
}

static void satisfied(const struct view *view, struct assessment *a, const char *observed)
{
    a->observed = observed;
    a->evidence = EVIDENCE_PROVEN;
    a->verdict =
        judge_notes_incomplete(view, a) ? VERDICT_UNKNOWN : VERDICT_COMPLIANT; /* all of it? */
}

static void readable(const struct policy_row *row, struct assessment *a)
{
    a->observed = "none";
    a->evidence = EVIDENCE_PROVEN;
    a->verdict = (row->require & REQUIRE_NONE) != 0 ? VERDICT_EXEMPT : VERDICT_VIOLATION;
}

static void judge_smb(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    uint64_t encrypted = number(view, OBS_SMB_ENCRYPTED), clear = number(view, OBS_SMB_CLEAR);
    uint64_t is_signed = number(view, OBS_SMB_SIGNED);
    const char *dialect = facts_text(view->facts, facts_find(view->facts, OBS_SMB_DIALECT));
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    if (encrypted > 0 && clear == 0 && may_satisfy(row)) {
        satisfied(view, a, "smb3");
        judge_notes_proof(view, a, OBS_SMB_ENCRYPTED);
        return;
    }
    readable(row, a);
    judge_notes_reason(a, encrypted > 0 ? "smb.partly-encrypted" : "smb.not-encrypted",
                       "Of what %s and %s:%u said of files and pipes by SMB %s, %" PRIu64
                       " messages were readable, %" PRIu64 " of them signed; %" PRIu64
                       " were encrypted.",
                       client, server, view->port, dialect, clear, is_signed, encrypted);
    judge_notes_proof(view, a, OBS_SMB_CLEAR);
    if (strcmp(dialect, "1.0") == 0 || strcmp(dialect, "lanman") == 0) {
        judge_notes_reason(a, "smb.version-1",
                           "%s speaks SMB 1, which cannot encrypt and whose signatures are MD5.",
                           server);
        judge_notes_proof(view, a, OBS_SMB_DIALECT);
    }
}

/* Calls but those of the endpoint mapper, who tells ports to anybody. */
static struct shown calls_of(const struct view *view)
{
    struct shown shown = { 0 };
    const struct facts *facts = view->facts;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_DCERPC_CALLS, f)) != NULL;) {
        const char *level = facts_text(facts, f);
        if (strcmp(level, "privacy") == 0) {
            shown.hidden += f->value;
        } else if (strcmp(level, "mapper") != 0) {
            shown.readable += f->value;
        }
    }
    return shown;
}

static void judge_dcerpc(const struct view *view, const struct policy_row *row,
                         struct assessment *a, const struct shown *calls)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    if (calls->readable == 0 && may_satisfy(row)) {
        satisfied(view, a, "rpc-privacy");
    } else {
        readable(row, a);
        judge_notes_reason(a, "rpc.not-private",
                           "%" PRIu64 " calls and answers between %s and %s:%u are readable: their "
                           "authentication level is below packet privacy; %" PRIu64 " are private.",
                           calls->readable, judge_notes_name(&view->client, client),
                           judge_notes_name(&view->server, server), view->port, calls->hidden);
    }
    judge_notes_proof(view, a, OBS_DCERPC_CALLS);
}

bool judge_estate(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    const char *app = view->record->app;
    struct shown calls = calls_of(view);
    if (strcmp(app, "smb") == 0 && number(view, OBS_SMB_ENCRYPTED) + number(view, OBS_SMB_CLEAR)) {
        judge_smb(view, row, a);
        return true;
    }
    if (strcmp(app, "dcerpc") == 0 && calls.hidden + calls.readable > 0) {
        judge_dcerpc(view, row, a, &calls);
        return true;
    }
    if (strcmp(app, "msn_secure_ftp") == 0 && (row->require & REQUIRE_TLS) != 0) {
        a->verdict = VERDICT_WEAK;
        a->evidence = EVIDENCE_PROVEN;
        a->observed = "rc4";
        judge_notes_reason(
            a, "service.rc4",
            "The file goes under RC4 (MSN_SECURE_FTP), with a key that SIP brought.");
        judge_notes_proof_flow(view, a, "app", app);
        return true;
    }
    if ((strcmp(app, "smb") == 0 || strcmp(app, "dcerpc") == 0) &&
        (row->require & REQUIRE_NONE) == 0) {
        a->verdict = VERDICT_UNKNOWN;
        judge_notes_reason(a, "service.nothing-said",
                           "A connection was set up, and nothing that would have to be protected "
                           "was seen in it.");
        judge_notes_proof_flow(view, a, "app", app);
        return true;
    }
    return false;
}

/* rules/judge_service.c: rows on protocols beside SIP, media and downloads. */
#include <string.h>

#include "rules/judge_view.h"

static void judge_permitted(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    a->verdict = VERDICT_EXEMPT;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    judge_notes_reason(a, "row.clear-permitted",
                       "The row asks for no protection by TLS between %s and %s:%u; what is not "
                       "protected otherwise is readable.",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port);
    judge_notes_proof_flow(view, a, "app", view->record->app);
}

/* [MS-TDS] 2.2.6.5: encryption of the login packet alone. */
static bool is_login_only(const struct view *view)
{
    return facts_is(view->facts, OBS_TDS_ENCRYPTION, "login");
}

/* Ports of clients say little: any program may have them. */
static bool is_between_clients(const struct view *view)
{
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    return (view->client.roles & clients) != 0 && (view->server.roles & clients) != 0;
}

static void judge_unprotected(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    bool known = strcmp(view->record->app, "unknown") != 0;
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    if (!known && is_between_clients(view)) {
        a->verdict = VERDICT_UNKNOWN;
        judge_notes_reason(a, "service.not-recognised",
                           "What %s and %s:%u exchange is not TLS; nothing but the port tells what "
                           "it is.",
                           client, server, view->port);
    } else if (!known && judge_notes_incomplete(view, a)) {
        a->verdict = VERDICT_UNKNOWN;
    } else {
        a->verdict = VERDICT_VIOLATION;
        a->evidence = view->http ? EVIDENCE_PROVEN : EVIDENCE_INFERRED;
        a->observed = view->http ? "http" : "none";
        judge_notes_reason(a, "service.not-tls",
                           "What %s and %s:%u exchange is not TLS (%s), although this service "
                           "must be.",
                           client, server, view->port,
                           known ? view->record->app : "not recognised");
    }
    judge_notes_proof_flow(view, a, "app", view->record->app);
}

/* A row that permits cleartext permits no passwords in it. */
static void judge_credentials(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    const struct fact *fact = facts_find(view->facts, OBS_CREDENTIALS_EXPOSED);
    const char *what = facts_text(view->facts, fact);
    if (fact == NULL && view->http && facts_true(view->facts, OBS_HTTP_CREDENTIALS_EXPOSED)) {
        fact = facts_find(view->facts, OBS_HTTP_CREDENTIALS_EXPOSED);
        what = facts_text(view->facts, facts_find(view->facts, OBS_HTTP_AUTH_SCHEME));
    }
    if (fact == NULL) {
        return;
    }
    a->verdict = VERDICT_VIOLATION;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    judge_notes_reason(a, "credentials.exposed",
                       "%s sent credentials (%s) to %s:%u by %s, in the clear.",
                       judge_notes_name(&view->client, client), what,
                       judge_notes_name(&view->server, server), view->port, view->record->app);
    judge_notes_proof_of(view, a, fact);
}

void judge_service(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    bool permitted = (row->require & REQUIRE_NONE) != 0;
    if (view->tls && !is_login_only(view)) {
        judge_tls(view, row, a);
    } else if (view->tls && !permitted) {
        a->verdict = VERDICT_VIOLATION;
        a->evidence = EVIDENCE_PROVEN;
        a->observed = "none";
        judge_notes_reason(a, "service.login-only",
                           "TLS protects the login alone: what follows it is readable.");
        judge_notes_proof(view, a, OBS_TDS_ENCRYPTION);
    } else if (!judge_estate(view, row, a)) {
        (permitted ? judge_permitted : judge_unprotected)(view, a);
    }
    judge_credentials(view, a);
}

void judge_relay_credentials(const struct view *view, const struct policy_row *row,
                             struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    if (view->tls) {
        judge_tls(view, row, a);
        return;
    }
    a->verdict = VERDICT_VIOLATION;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    judge_notes_reason(a, "sip.relay-credentials-exposed",
                       "User name and password of a media relay are readable in SIP between %s and "
                       "%s:%u.",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port);
    judge_notes_proof(view, a, OBS_SIP_RELAY_CREDENTIALS);
}

void judge_relay_control(const struct view *view, const struct policy_row *row,
                         struct assessment *a)
{
    (void)row;
    a->verdict = VERDICT_EXEMPT;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    judge_notes_reason(a, "relay.control",
                       "STUN and TURN messages are not secret by design; what they carry is judged "
                       "as media%s.",
                       strcmp(view->record->app, "pseudo_tls") == 0
                           ? ", and the TLS in front of them is feigned"
                           : "");
    judge_notes_proof(view, a, OBS_STUN_METHOD);
    if (a->proof_count == 0) {
        judge_notes_proof_flow(view, a, "app", view->record->app);
    }
}

/* What protects itself, and shows how: NULL where nothing does. */
static const char *session_of(const struct view *view)
{
    const struct facts *facts = view->facts;
    return facts_find(facts, OBS_SSH_KEX) != NULL          ? "ssh"
           : facts_find(facts, OBS_RDP_METHOD) != NULL     ? "rdp"
           : facts_find(facts, OBS_IKE_ENCRYPTION) != NULL ? "ike"
                                                           : NULL;
}

bool judge_unlisted_is_session(const struct view *view)
{
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    return ((view->client.roles | view->server.roles) & ~clients) != 0 && session_of(view) != NULL;
}

void judge_unlisted(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    (void)row;
    judge_credentials(view, a);
    if (judge_unlisted_is_session(view)) {
        enum verdict strength = judge_strength_session(view, policy_strength(view->policy), a);
        a->verdict = judge_notes_worse(a->verdict, strength);
        a->observed = session_of(view);
    }
}

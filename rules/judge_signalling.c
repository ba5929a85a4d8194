/* rules/judge_signalling.c: rows on the transport of signalling: SIP, PSOM, links between servers.
 */
#include <string.h>

#include "rules/judge_view.h"

/* What a reader of this cleartext learns beside the signalling itself. */
static void note_exposure(const struct view *view, struct assessment *a)
{
    const struct fact *scheme = facts_find(view->facts, OBS_SIP_AUTH_SCHEME);
    if (facts_true(view->facts, OBS_SIP_CREDENTIALS_EXPOSED)) {
        judge_notes_reason(a, "sip.credentials-exposed",
                           "Credentials%s%s were sent in the clear; they can be broken off-line.",
                           scheme != NULL ? " for " : "", facts_text(view->facts, scheme));
        judge_notes_proof(view, a, OBS_SIP_CREDENTIALS_EXPOSED);
    }
    if (facts_true(view->facts, OBS_SIP_SIPS_URI)) {
        judge_notes_reason(a, "sip.sips-in-clear",
                           "A sips: address was used, which promises TLS on every hop; this hop is "
                           "not.");
        judge_notes_proof(view, a, OBS_SIP_SIPS_URI);
    }
    if (facts_find(view->facts, OBS_SIP_CLEAR_URL) != NULL) {
        judge_notes_reason(a, "sip.provisions-http",
                           "The server tells its clients to download by http: (%s).",
                           facts_text(view->facts, facts_find(view->facts, OBS_SIP_CLEAR_URL)));
        judge_notes_proof(view, a, OBS_SIP_CLEAR_URL);
    }
    if (facts_is(view->facts, OBS_SIP_AV_ENCRYPTION, "rejected")) {
        judge_notes_reason(a, "sip.provisions-clear-media",
                           "The server tells its clients not to encrypt audio and video.");
        judge_notes_proof(view, a, OBS_SIP_AV_ENCRYPTION);
    }
    if (facts_true(view->facts, OBS_SIP_ENCRYPTION_REFUSED)) {
        judge_notes_reason(a, "sip.encryption-refused",
                           "A call was refused (488): one end requires encryption of media, the "
                           "other one does not have it.");
        judge_notes_proof(view, a, OBS_SIP_ENCRYPTION_REFUSED);
    }
    if (facts_true(view->facts, OBS_SIP_COMPRESSED)) {
        judge_notes_reason(a, "sip.compressed",
                           "After NEGOTIATE the messages are compressed, which is no encryption.");
        judge_notes_proof(view, a, OBS_SIP_COMPRESSED);
    }
}

static void judge_clear_sip(const struct view *view, struct assessment *a)
{
    const char *transport = facts_text(view->facts, facts_find(view->facts, OBS_SIP_TRANSPORT));
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    a->observed = "none";
    a->evidence = EVIDENCE_PROVEN;
    a->verdict = VERDICT_VIOLATION;
    judge_notes_reason(a, "sip.clear", "SIP from %s to %s:%u is readable (over %s, without TLS).",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port,
                       transport[0] != '\0' ? transport : "UDP or TCP");
    judge_notes_proof(view, a, OBS_SIP_METHOD);
    if (a->proof_count == 0) {
        judge_notes_proof(view, a, OBS_SIP_RESPONSE);
    }
    if (a->proof_count == 0) { /* no message of it was captured whole */
        judge_notes_proof(view, a, OBS_SIP_TRANSPORT);
    }
    note_exposure(view, a);
}

/* Without a declared trunk class a gateway inside is an ordinary media gateway; one outside is the
 * far end of a public path. */
static void permit_undeclared(const struct view *view, struct assessment *a)
{
    bool client = (view->client.roles & role_bit(ROLE_GATEWAY)) != 0;
    const struct view_side *gateway = client ? &view->client : &view->server;
    char name[VIEW_NAME_SIZE];
    judge_notes_name(gateway, name);
    if (gateway->zone == ZONE_EXTERNAL) {
        judge_notes_reason(
            a, "gateway.public-clear",
            "%s is outside the network and has no declared trunk class, which counts "
            "as public: the trunk must be MTLS and SRTP, and it is in the clear.",
            name);
        a->evidence = EVIDENCE_INFERRED;
        a->verdict = VERDICT_VIOLATION;
        return;
    }
    judge_notes_reason(a, "gateway.clear-permitted",
                       "The table permits cleartext on this leg to the media gateway %s; TLS and "
                       "SRTP are strongly recommended.",
                       name);
    judge_notes_reason(a, "gateway.trunk-undeclared",
                       "The policy declares no trunk class for %s: if a SIP trunk runs over a "
                       "public path here, it must be MTLS and SRTP.",
                       name);
    a->verdict = VERDICT_EXEMPT;
}

/* Cleartext that a row permits: exempt, unless the path to the gateway is declared otherwise. */
void judge_signalling_permit(const struct view *view, struct assessment *a)
{
    bool gateway = a->row->rank != RANK_EXTENSION &&
                   ((view->client.roles | view->server.roles) & role_bit(ROLE_GATEWAY)) != 0;
    enum trunk trunk = gateway ? judge_session_trunk(view) : TRUNK_UNKNOWN;
    a->reason_count = 0;
    if (trunk == TRUNK_PUBLIC) {
        judge_notes_reason(a, "gateway.public-clear",
                           "The trunk is declared public: it must be MTLS and SRTP, and it is in "
                           "the clear.");
        a->verdict = VERDICT_VIOLATION;
    } else if (trunk == TRUNK_VPN && judge_tunnel_is_leak(view)) {
        judge_notes_reason(a, "vpn.leak",
                           "The trunk is declared to run inside a VPN, and this is in the clear "
                           "outside of it.");
        judge_notes_proof(view, a, OBS_VPN_BESIDE);
        a->verdict = VERDICT_VIOLATION;
    } else if (trunk == TRUNK_VPN) {
        judge_notes_reason(a, "vpn.not-around",
                           "The trunk is declared to run inside a VPN. Here it does not: whether "
                           "it enters one further on is not to be seen.");
        a->verdict = VERDICT_UNKNOWN;
    } else if (gateway && trunk == TRUNK_PRIVATE) {
        judge_notes_reason(a, "gateway.clear-permitted",
                           "The trunk is declared private: the table permits cleartext on it; TLS "
                           "and SRTP are strongly recommended.");
        a->verdict = VERDICT_EXEMPT;
    } else if (gateway) {
        permit_undeclared(view, a);
    } else {
        judge_notes_reason(a, "row.clear-permitted",
                           "The row permits cleartext here; the traffic is readable.");
        a->verdict = VERDICT_EXEMPT;
    }
}

static void judge_clear_other(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    a->verdict = VERDICT_VIOLATION;
    if (view->http) {
        a->observed = "http";
        a->evidence = EVIDENCE_PROVEN;
        judge_notes_reason(a, "http.clear", "HTTP from %s to %s:%u is readable (without TLS).",
                           client, server, view->port);
        judge_notes_proof(view, a, OBS_HTTP_PATH);
        return;
    }
    a->observed = "none";
    a->evidence = EVIDENCE_INFERRED;
    judge_notes_reason(a, "psom.not-tls",
                       "What %s and %s:%u exchange is not TLS, although this port must carry it.",
                       client, server, view->port);
    judge_notes_proof_flow(view, a, "app", view->record->app);
}

void judge_signalling(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    if (view->tls) {
        judge_tls(view, row, a);
        if (row->trusted) {
            judge_certificates_both(view, a);
        }
        return;
    }
    if (view->sip) {
        judge_clear_sip(view, a);
    } else if (view->opaque && judge_notes_incomplete(view, a)) {
        a->verdict = VERDICT_UNKNOWN;
        a->observed = "unknown";
        judge_notes_proof_flow(view, a, "app", view->record->app);
        return;
    } else {
        judge_clear_other(view, a);
    }
    if ((row->require & REQUIRE_NONE) != 0) {
        judge_signalling_permit(view, a);
    }
}

/* Requests between calls (keep-alive, registration) carry no media keys. */
static bool sets_up_calls(const struct view *view)
{
    static const char *const others[] = { "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH" };
    const struct facts *facts = view->facts;
    bool any = false;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_SIP_METHOD, f)) != NULL;) {
        bool other = false;
        for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
            other = other || strcmp(facts_text(facts, f), others[i]) == 0;
        }
        if (!other) {
            return true;
        }
        any = true;
    }
    return !any;
}

unsigned judge_signalling_state(const struct view *view)
{
    static const struct policy_row row = { .require = REQUIRE_MTLS };
    const struct fact *established = facts_find(view->facts, OBS_TLS_ESTABLISHED);
    struct assessment a = { .row = &row };
    if (view->sip) {
        bool whole = view->record->cut_packets == 0 && view->record->missing_bytes == 0 &&
                     !view->record->lost_nearby;
        return sets_up_calls(view) ? LEG_CLEAR : whole ? 0 : LEG_UNDECIDED;
    }
    if (!view->tls || (established != NULL && established->value == 0)) {
        return 0; /* a handshake that failed carried nothing */
    }
    judge_tls(view, &row, &a);
    if (a.verdict == VERDICT_UNKNOWN || established == NULL) {
        return LEG_UNDECIDED;
    }
    if (a.verdict == VERDICT_VIOLATION) {
        return judge_notes_has(&a, "tls.null-cipher") ? LEG_CLEAR : LEG_ONE_WAY;
    }
    return LEG_MTLS;
}

const struct address *judge_signalling_host(const struct view_side *side)
{
    const struct policy_host *host = side->host;
    return host != NULL && host->network_count > 0 ? &host->networks[0].address
                                                   : &side->end->address;
}

/* rules/judge_session.c: rows on a link as a whole: its signalling, its media, what else is on it.
 */
#include <string.h>

#include "rules/judge_view.h"

static const struct view_side *gateway_of(const struct view *view)
{
    bool client = (view->client.roles & role_bit(ROLE_GATEWAY)) != 0;
    return client ? &view->client : &view->server;
}

enum trunk judge_session_trunk(const struct view *view)
{
    const struct view_side *sides[] = { &view->client, &view->server };
    for (unsigned i = 0; i < 2; i++) {
        const struct policy_host *host = sides[i]->host;
        if (host != NULL && host->trunk != TRUNK_UNKNOWN) {
            return host->trunk;
        }
    }
    return TRUNK_UNKNOWN;
}

/* Does the peer take part in the trunk? Other UC hosts may exchange calls with it, nothing else. */
static bool is_of_trunk(const struct view *view, const struct view_side *side)
{
    static const char *const media[] = { "rtp", "dtls", "stun" };
    bool calls = view->sip || view->tls || view->media;
    for (unsigned i = 0; i < sizeof media / sizeof *media; i++) { /* RTCP beside RTP, ICE */
        calls = calls || strcmp(view->record->app, media[i]) == 0;
    }
    uint64_t ends = role_bit(ROLE_MEDIATION) | role_bit(ROLE_GATEWAY);
    return (side->roles & ends) != 0 || (calls && side->roles != 0 && !side->inferred);
}

bool judge_session_is_stranger(const struct view *view)
{
    if (!policy_has_private_links(view->policy)) {
        return false;
    }
    bool client = policy_is_private_link(view->policy, view->client.end);
    bool server = policy_is_private_link(view->policy, view->server.end);
    return ((client && !is_of_trunk(view, &view->server)) ||
            (server && !is_of_trunk(view, &view->client))) &&
           !address_is_multicast(&view->client.end->address) &&
           !address_is_multicast(&view->server.end->address);
}

static void judge_stranger(const struct view *view, struct assessment *a)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    a->verdict = VERDICT_VIOLATION;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "none";
    judge_notes_reason(a, "trunk.private-contradicted",
                       "The link of the trunk is declared private, and %s and %s:%u use it for "
                       "something else (%s): whoever is on the link can read the trunk.",
                       judge_notes_name(&view->client, client),
                       judge_notes_name(&view->server, server), view->port, view->record->app);
    judge_notes_proof_flow(view, a, "app", view->record->app);
}

/* A trunk that nobody gave a class, to a gateway inside: it may as well be a media gateway of the
 * house, which other rows permit to be in the clear. */
static void soften_undeclared(const struct view *view, struct assessment *a)
{
    const struct view_side *gateway = gateway_of(view);
    char name[VIEW_NAME_SIZE];
    if (judge_session_trunk(view) != TRUNK_UNKNOWN || a->verdict != VERDICT_VIOLATION) {
        return;
    }
    a->evidence = EVIDENCE_INFERRED;
    if (gateway->zone != ZONE_EXTERNAL) {
        a->verdict = VERDICT_UNKNOWN;
    }
    judge_notes_reason(a, "gateway.trunk-undeclared",
                       "The policy declares no trunk class for %s: if a SIP trunk runs over a "
                       "public path here, it must be MTLS and SRTP.",
                       judge_notes_name(gateway, name));
}

/* such calls are possible only where media need not be encrypted. */
static void check_level(const struct view *view, struct assessment *a)
{
    if (strcmp(policy_settings(view->policy)->encryption_level, "required") == 0) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "media.level-contradicted",
                           "The policy permits media in the clear with Windows Live, and says that "
                           "encryption is required: both cannot be.");
    }
}

void judge_session(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    struct policy_row kind = *row;
    unsigned wanted = view->media ? REQUIRE_SRTP : REQUIRE_TLS | REQUIRE_MTLS;
    if (row->when == WHEN_TRUNK_PRIVATE && judge_session_is_stranger(view)) {
        judge_stranger(view, a);
        return;
    }
    if ((row->require & REQUIRE_VPN) != 0) {
        judge_tunnel(view, row, a);
        return;
    }
    kind.require = (row->require & wanted) != 0 ? row->require & wanted : REQUIRE_NONE;
    if (view->media) {
        judge_media(view, &kind, a);
    } else {
        judge_signalling(view, &kind, a);
    }
    if (row->when == WHEN_TRUNK_PUBLIC) {
        soften_undeclared(view, a);
    }
    if (row->when == WHEN_WINDOWS_LIVE && a->verdict == VERDICT_EXEMPT) {
        check_level(view, a);
    }
}

void judge_beyond(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    char name[VIEW_NAME_SIZE];
    (void)row;
    a->verdict = VERDICT_NOT_ASSESSABLE;
    a->evidence = EVIDENCE_DECLARED;
    judge_notes_reason(a, "hop.beyond",
                       "What %s sends on to its own clients passes where nobody here can look.",
                       judge_notes_name(&view->server, name));
    judge_notes_proof_flow(view, a, "app", view->record->app);
}

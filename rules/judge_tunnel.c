/* rules/judge_tunnel.c: rows on a trunk that is declared to be inside a VPN. The exception must be
 * earned: by a tunnel between the two hosts that was seen and rated, and by nothing outside of it.
 */
#include <string.h>

#include "rules/judge_view.h"

bool judge_tunnel_is_leak(const struct view *view)
{
    return facts_find(view->facts, OBS_VPN_BESIDE) != NULL;
}

/* Not at a port of SIP, where it would be the trunk itself; and once a VPN was seen between the
 * hosts, that is what carries the trunk. */
bool judge_tunnel_is_veiled(const struct view *view)
{
    const struct facts *facts = view->facts;
    bool dtls = strcmp(view->record->app, "dtls") == 0;
    bool records = dtls || (view->tls && !view->quic);
    return records && !view->tunnel && !judge_rows_is_uc_port(view->port) &&
           facts_true(facts, OBS_TLS_ESTABLISHED) && facts_find(facts, OBS_CARRIES) == NULL &&
           facts_find(facts, OBS_TLS_USE_SRTP) == NULL && !judge_tunnel_is_leak(view);
}

/* Why it is rated so, in words. */
static const char *words_of(const char *reason)
{
    static const char *const words[] = {
        "readable",
        "what is inside can be read",
        "integrity-only",
        "AH protects integrity alone",
        "block64",
        "its packets are those of a cipher with blocks of 64 bits",
        "block128",
        "its packets are those of a cipher with blocks of 128 bits",
        "aead",
        "the ids of its packets are those of an AEAD",
        "wireguard",
        "it has no other cipher than ChaCha20-Poly1305",
        "ike",
        "by the cipher of its IKE SA, which its packets fit",
        "ike-null",
        "its IKE SA does not encrypt",
        "ike-cipher",
        "by the cipher of its IKE SA",
        "ike-group",
        "its IKE SA was agreed on in a weak group",
        "ike-key",
        "the key of its IKE SA is too short",
        "ike-cipher-unknown",
        "the cipher of its IKE SA is not known",
        "ike-group-unknown",
        "how strong the group of its IKE SA is, is not known",
        "suite",
        "by the cipher suite of its TLS or DTLS",
        "suite-weak",
        "the cipher suite of its TLS or DTLS is weak",
        "suite-null",
        "the cipher suite of its TLS or DTLS does not encrypt",
        "suite-unknown",
        "the cipher suite of its TLS or DTLS is not known",
        "mppe",
        "MPPE is RC4",
        "no-cipher",
        "nothing in it encrypts",
        "no-key-exchange",
        "its key exchange was not seen",
        "too-little-captured",
        "too little of its packets was captured",
    };
    for (unsigned i = 0; i < sizeof words / sizeof *words; i += 2) {
        if (strcmp(words[i], reason) == 0) {
            return words[i + 1];
        }
    }
    return "nothing tells its cipher";
}

static void judge_inside(const struct view *view, struct assessment *a)
{
    static const struct {
        const char *rating, *code;
        enum verdict verdict;
    } ratings[] = {
        { "none", "vpn.not-encrypted", VERDICT_VIOLATION },
        { "weak", "vpn.weak", VERDICT_VIOLATION },
        { "ok128", "vpn.rated", VERDICT_COMPLIANT },
        { "strong", "vpn.rated", VERDICT_COMPLIANT },
        { "unknown", "vpn.unrated", VERDICT_UNKNOWN },
    };
    const struct facts *facts = view->facts;
    const char *rating = facts_text(facts, facts_find(facts, OBS_VPN_RATING));
    unsigned i = 0;
    while (i + 1 < sizeof ratings / sizeof *ratings && strcmp(ratings[i].rating, rating) != 0) {
        i++;
    }
    a->verdict = ratings[i].verdict;
    a->evidence = facts_is(facts, OBS_VPN_EVIDENCE, "proven") ? EVIDENCE_PROVEN : EVIDENCE_INFERRED;
    a->observed = a->verdict == VERDICT_COMPLIANT ? "vpn"
                  : a->verdict == VERDICT_UNKNOWN ? "unknown"
                                                  : "none";
    judge_notes_reason(a, ratings[i].code, "The tunnel (%s) is rated %s: %s.",
                       facts_text(facts, facts_find(facts, OBS_VPN_PROTOCOL)), ratings[i].rating,
                       words_of(facts_text(facts, facts_find(facts, OBS_VPN_REASON))));
    if (facts_true(facts, OBS_VPN_INSIDE_TCP)) {
        judge_notes_reason(a, "vpn.inside-tcp",
                           "The tunnel runs over TCP: calls inside may suffer (that is no fault of "
                           "protection).");
    }
    judge_notes_proof(view, a, OBS_VPN_RATING);
    judge_notes_proof(view, a, OBS_VPN_REASON);
    judge_notes_proof(view, a, OBS_VPN_KEYED_BY);
    judge_notes_proof(view, a, OBS_VPN_CONTROLS);
}

/* Signalling or media that is not inside: what it does for itself is for other rows to say. */
static void judge_outside(const struct view *view, struct assessment *a)
{
    const struct facts *facts = view->facts;
    uint64_t elsewhere = facts_value(facts, OBS_VPN_ELSEWHERE, 0);
    a->observed = "none";
    judge_notes_proof_flow(view, a, "app", view->record->app);
    if (judge_tunnel_is_leak(view)) {
        bool both = view->record->both_directions;
        a->verdict = VERDICT_VIOLATION;
        a->evidence = both ? EVIDENCE_PROVEN : EVIDENCE_INFERRED; /* a host sees what it opened */
        judge_notes_reason(
            a, "vpn.leak",
            "The trunk is declared to run inside a VPN; there is one between the two "
            "hosts (flow %s), and this passed outside of it.",
            facts_text(facts, facts_find(facts, OBS_VPN_BESIDE)));
        judge_notes_proof(view, a, OBS_VPN_BESIDE);
        return;
    }
    a->evidence = EVIDENCE_INFERRED;
    a->verdict = elsewhere > 0 ? VERDICT_UNKNOWN : VERDICT_VIOLATION;
    judge_notes_reason(a, "vpn.not-around",
                       "The trunk is declared to run inside a VPN; here it is outside of one, and "
                       "%s.",
                       elsewhere > 0 ? "whether it enters one of those that were seen between "
                                       "other hosts is not to be seen"
                                     : "none that overt knows was seen at all");
}

/* What it agreed on in clear, by the policy's profile: the rating asks for 128 bits and no more.
 * OpenVPN agrees on its keys by TLS. */
static void judge_agreed(const struct view *view, struct assessment *a)
{
    const struct strength_profile *profile = policy_strength(view->policy);
    const struct fact *wireguard = facts_find(view->facts, OBS_WIREGUARD_MESSAGE);
    struct strength_value value = { .kind = STRENGTH_VPN, .name = "wireguard" };
    enum verdict verdict = judge_strength_session(view, profile, a);
    verdict = judge_notes_worse(
        verdict, judge_strength_facts(view, profile, OBS_TLS_VERSION, STRENGTH_VERSION, a));
    verdict = judge_notes_worse(
        verdict, judge_strength_facts(view, profile, OBS_TLS_CIPHER, STRENGTH_SUITE, a));
    verdict = judge_notes_worse(verdict, judge_strength_handshake(view, profile, a));
    if (wireguard != NULL) {
        verdict =
            judge_notes_worse(verdict, judge_strength(view, profile, &value, wireguard, "", a));
    }
    a->verdict = judge_notes_worse(a->verdict, verdict);
}

static void judge_veiled(const struct view *view, struct assessment *a)
{
    a->verdict = VERDICT_UNKNOWN;
    a->evidence = EVIDENCE_INFERRED;
    a->observed = "unknown";
    judge_notes_proof_flow(view, a, "app", view->record->app);
    judge_notes_reason(
        a, "vpn.veiled",
        "The trunk is declared to run inside a VPN; this %s to port %u may be it, or "
        "something else: nothing shows what it carries.",
        strcmp(view->record->app, "dtls") == 0 ? "DTLS" : "TLS", view->port);
}

void judge_tunnel(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    (void)row;
    if (view->tunnel) {
        judge_inside(view, a);
        judge_agreed(view, a);
    } else if (view->keying) {
        a->observed = "ike";
        judge_agreed(view, a);
    } else if (view->veiled) {
        judge_veiled(view, a);
    } else {
        judge_outside(view, a);
    }
}

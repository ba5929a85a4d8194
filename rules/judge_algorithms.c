/* rules/judge_algorithms.c: FIPS mode: is everything that protects the flow approved (TT-25)? */
#include <string.h>

#include "rules/judge_view.h"

static bool is_srtp(const struct view *view, uint16_t index)
{
    const struct fact *f = facts_find_at(view->facts, OBS_MEDIA_PROTECTION, index, 0);
    return strcmp(facts_text(view->facts, f), "srtp") == 0;
}

static bool has_srtp(const struct view *view)
{
    return facts_has(view->facts, OBS_MEDIA_PROTECTION, "srtp");
}

static bool has_tunnel(const struct view *view)
{
    static const enum observation_kind kinds[] = { OBS_IKE_ENCRYPTION,    OBS_ESP_CLASS,
                                                   OBS_WIREGUARD_MESSAGE, OBS_OPENVPN_CLASS,
                                                   OBS_SSH_KEX,           OBS_RDP_METHOD };
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (facts_find(view->facts, kinds[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* RDP under its own security, whose method the server tells in a later packet. */
static bool is_rdp_alone(const struct view *view)
{
    return facts_is(view->facts, OBS_RDP_SECURITY, "standard");
}

bool judge_algorithms_concerns(const struct view *view)
{
    return facts_true(view->facts, OBS_TLS_ESTABLISHED) || has_srtp(view) || has_tunnel(view) ||
           is_rdp_alone(view);
}

static enum verdict miss(struct assessment *a, const char *what)
{
    judge_notes_reason(a, "fips.not-seen",
                       "%s not to be seen here: whether all algorithms are approved cannot be "
                       "said.",
                       what);
    return VERDICT_UNKNOWN;
}

/* What a whole handshake shows of itself; a resumed one shows less. */
static enum verdict miss_handshake(const struct view *view, struct assessment *a)
{
    const struct facts *facts = view->facts;
    const char *suite = facts_text(facts, facts_find(facts, OBS_TLS_CIPHER));
    bool by_rsa = strncmp(suite, "TLS_RSA_WITH_", 13) == 0;
    if (suite[0] == '\0' || facts_find(facts, OBS_TLS_VERSION) == NULL) {
        return miss(a, "Version and cipher suite are");
    }
    if (facts_true(facts, OBS_TLS_RESUMED)) {
        return miss(a, "The handshake that this session goes back to is");
    }
    if (!by_rsa && facts_find(facts, OBS_TLS_GROUP) == NULL) {
        return miss(a, "The group of the key exchange is");
    }
    if (!by_rsa && facts_find(facts, OBS_TLS_SIGNATURE) == NULL) {
        return miss(a, "The signature of the server is");
    }
    if (facts_find(facts, OBS_SERVER_CERT_KEY_TYPE) == NULL ||
        facts_find(facts, OBS_SERVER_CERT_SIGNATURE) == NULL) {
        return miss(a, "The certificate of the server is");
    }
    bool client =
        strcmp(facts_text(facts, facts_find(facts, OBS_TLS_CLIENT_CERTIFICATE)), "presented") == 0;
    if (client && (facts_find(facts, OBS_CLIENT_CERT_KEY_TYPE) == NULL ||
                   facts_find(facts, OBS_TLS_CLIENT_SIGNATURE) == NULL)) {
        return miss(a, "The client's certificate or signature is");
    }
    return VERDICT_COMPLIANT;
}

static enum verdict judge_handshake(const struct view *view, const struct strength_profile *fips,
                                    struct assessment *a)
{
    enum verdict verdict = judge_strength_facts(view, fips, OBS_TLS_VERSION, STRENGTH_VERSION, a);
    verdict = judge_notes_worse(
        verdict, judge_strength_facts(view, fips, OBS_TLS_CIPHER, STRENGTH_SUITE, a));
    verdict = judge_notes_worse(verdict, judge_strength_handshake(view, fips, a));
    verdict = judge_notes_worse(verdict, judge_strength_leaf(view, fips, true, a));
    verdict = judge_notes_worse(verdict, judge_strength_leaf(view, fips, false, a));
    return judge_notes_worse(verdict, miss_handshake(view, a));
}

static enum evidence evidence_of(const struct view *view, uint16_t index)
{
    const struct fact *f = facts_find_at(view->facts, OBS_MEDIA_EVIDENCE, index, 0);
    const char *word = facts_text(view->facts, f);
    return strcmp(word, "proven") == 0     ? EVIDENCE_PROVEN
           : strcmp(word, "declared") == 0 ? EVIDENCE_DECLARED
                                           : EVIDENCE_INFERRED;
}

static enum verdict judge_streams(const struct view *view, const struct strength_profile *fips,
                                  struct assessment *a)
{
    enum verdict verdict = VERDICT_COMPLIANT;
    char name[STRENGTH_NAME_SIZE];
    for (const struct fact *f = NULL; (f = facts_next(view->facts, OBS_MEDIA_SSRC, f)) != NULL;) {
        const struct fact *suite = facts_find_at(view->facts, OBS_MEDIA_SUITE, f->index, 0);
        if (!is_srtp(view, f->index)) {
            continue;
        }
        enum evidence evidence = evidence_of(view, f->index);
        a->evidence = evidence > a->evidence ? evidence : a->evidence;
        if (suite == NULL) {
            verdict = judge_notes_worse(verdict, miss(a, "The SRTP suite is"));
            continue;
        }
        struct strength_value value = judge_strength_value(view, STRENGTH_SRTP, suite, name);
        verdict = judge_notes_worse(verdict, judge_strength(view, fips, &value, suite, "", a));
    }
    return verdict;
}

/* A class that lengths of packets tell: of those with a name in the profile one is sure to be bad,
 * the others hold good ciphers and bad ones. */
static enum verdict judge_class(const struct view *view, const struct strength_profile *fips,
                                enum observation_kind kind, struct assessment *a)
{
    const struct fact *f = facts_find(view->facts, kind);
    const char *word = facts_text(view->facts, f);
    struct strength_value value = { .kind = STRENGTH_VPN, .name = word };
    if (f == NULL) {
        return VERDICT_COMPLIANT;
    }
    a->evidence = EVIDENCE_INFERRED;
    if (strcmp(word, "block64") == 0 || strcmp(word, "null") == 0) {
        return judge_strength(view, fips, &value, f, "", a);
    }
    return miss(a, "Which cipher the tunnel uses is");
}

static enum verdict judge_vpn(const struct view *view, const struct strength_profile *fips,
                              struct assessment *a)
{
    enum verdict verdict = judge_strength_session(view, fips, a);
    const struct fact *wireguard = facts_find(view->facts, OBS_WIREGUARD_MESSAGE);
    struct strength_value value = { .kind = STRENGTH_VPN, .name = "wireguard" };
    if (facts_find(view->facts, OBS_IKE_ENCRYPTION) != NULL) {
        verdict = judge_notes_worse(verdict, miss(a, "What IKE agrees on under its keys is"));
    }
    if (is_rdp_alone(view) && facts_find(view->facts, OBS_RDP_METHOD) == NULL) {
        verdict = judge_notes_worse(verdict, miss(a, "The encryption method of RDP is"));
    }
    if (wireguard != NULL) {
        verdict = judge_notes_worse(verdict, judge_strength(view, fips, &value, wireguard, "", a));
    }
    verdict = judge_notes_worse(verdict, judge_class(view, fips, OBS_ESP_CLASS, a));
    return judge_notes_worse(verdict, judge_class(view, fips, OBS_OPENVPN_CLASS, a));
}

void judge_algorithms(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    const struct strength_profile *fips = policy_fips(view->policy);
    bool tls = facts_true(view->facts, OBS_TLS_ESTABLISHED);
    (void)row;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = has_srtp(view) ? "srtp" : tls ? "tls" : "unknown";
    a->verdict = judge_streams(view, fips, a);
    a->verdict =
        judge_notes_worse(a->verdict, tls ? judge_handshake(view, fips, a) : VERDICT_COMPLIANT);
    a->verdict = judge_notes_worse(a->verdict, judge_vpn(view, fips, a));
    if (a->verdict == VERDICT_COMPLIANT) {
        judge_notes_proof(view, a,
                          tls              ? OBS_TLS_CIPHER
                          : has_srtp(view) ? OBS_MEDIA_SUITE
                                           : OBS_SSH_CIPHER);
    }
}

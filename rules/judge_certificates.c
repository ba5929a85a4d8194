/* rules/judge_certificates.c: certificates against the policy's trust sets and the packets' time.
 */
#include <string.h>

#include "rules/judge_view.h"

/* What differs between the two ends of a handshake. */
struct chain {
    enum observation_kind sha256, not_before, not_after, subject;
    enum observation_kind key_type, key_bits, signature, usage;
    enum observation_kind status, set, error, name, name_from;
    bool server;
};

static const struct chain server_chain = {
    OBS_SERVER_CERT_SHA256,         OBS_SERVER_CERT_NOT_BEFORE,
    OBS_SERVER_CERT_NOT_AFTER,      OBS_SERVER_CERT_SUBJECT,
    OBS_SERVER_CERT_KEY_TYPE,       OBS_SERVER_CERT_KEY_BITS,
    OBS_SERVER_CERT_SIGNATURE,      OBS_SERVER_CERT_EKU,
    OBS_TLS_SERVER_TRUST_STATUS,    OBS_TLS_SERVER_TRUST_SET,
    OBS_TLS_SERVER_TRUST_ERROR,     OBS_TLS_SERVER_TRUST_NAME,
    OBS_TLS_SERVER_TRUST_NAME_FROM, true,
};
static const struct chain client_chain = {
    OBS_CLIENT_CERT_SHA256,         OBS_CLIENT_CERT_NOT_BEFORE,
    OBS_CLIENT_CERT_NOT_AFTER,      OBS_CLIENT_CERT_SUBJECT,
    OBS_CLIENT_CERT_KEY_TYPE,       OBS_CLIENT_CERT_KEY_BITS,
    OBS_CLIENT_CERT_SIGNATURE,      OBS_CLIENT_CERT_EKU,
    OBS_TLS_CLIENT_TRUST_STATUS,    OBS_TLS_CLIENT_TRUST_SET,
    OBS_TLS_CLIENT_TRUST_ERROR,     OBS_TLS_CLIENT_TRUST_NAME,
    OBS_TLS_CLIENT_TRUST_NAME_FROM, false,
};

static const struct view_side *side_of(const struct view *view, const struct chain *chain)
{
    return chain->server ? &view->server : &view->client;
}

static const char *trust_of(const struct view *view, const struct chain *chain)
{
    const struct policy_host *host = side_of(view, chain)->host;
    return host == NULL ? NULL : host->trust;
}

/* A fact that follows from the chain: its evidence is the leaf's. */
static void put(struct view *view, enum observation_kind kind, const char *text,
                const struct fact *leaf)
{
    struct observation obs = {
        .kind = kind,
        .from = leaf->from,
        .text = text,
        .text_size = (uint32_t)strlen(text),
        .packet = leaf->packet,
        .time_us = leaf->time_us,
    };
    facts_put(view->facts, &obs);
}

static void check_name(struct view *view, const struct chain *chain, const struct fact leaf)
{
    static const char *const words[] = { "unknown", "match", "mismatch" };
    const struct fact *sni = chain->server ? facts_find(view->facts, OBS_TLS_SNI) : NULL;
    const struct policy_host *host = side_of(view, chain)->host;
    char name[256], sha256[65];
    (void)snprintf(name, sizeof name, "%s",
                   sni != NULL ? facts_text(view->facts, sni) : host->name);
    (void)snprintf(sha256, sizeof sha256, "%s", facts_text(view->facts, &leaf));
    enum trust_name result = trust_name_check(view->certificates, sha256, name, NULL);
    bool by_sni = sni != NULL;
    struct address literal;
    if (by_sni && result == TRUST_NAME_MISMATCH &&
        address_parse(name, (uint32_t)strlen(name), &literal)) {
        /* RFC 6066 3 allows no address there: who sends one has said no name */
        result = trust_name_check(view->certificates, sha256, host->name, NULL);
        by_sni = false;
    }
    put(view, chain->name, words[result], &leaf);
    put(view, chain->name_from, by_sni ? "sni" : "policy", &leaf);
}

/* OpenSSL's words are for chains as they were shown; these are for one completed by us. */
static const char completed[] = "an intermediate was not sent; it is known from elsewhere";

/* The chain as shown; where that leads nowhere, with the CA certificates that others showed. count
 * is at most CERTIFICATES_CHAIN; sha256 has TRUST_CHAIN_MAX places. */
static enum trust_status check_trust(const struct view *view, const struct trust_set *set,
                                     const char *sha256[static TRUST_CHAIN_MAX], uint32_t count,
                                     int64_t time_us, const char **ret_error)
{
    enum trust_status status =
        trust_check(set, view->certificates, sha256, count, time_us, ret_error);
    if (status != TRUST_INCOMPLETE && status != TRUST_UNTRUSTED) {
        return status;
    }
    const char *unused;
    for (uint32_t i = 0; i < view->issuers->count && count < TRUST_CHAIN_MAX; i++) {
        sha256[count++] = view->issuers->sha256[i];
    }
    if (trust_check(set, view->certificates, sha256, count, time_us, &unused) == TRUST_TRUSTED) {
        *ret_error = completed;
        return TRUST_INCOMPLETE;
    }
    return status;
}

static void check_chain(struct view *view, const struct chain *chain)
{
    const struct fact *first = facts_find_at(view->facts, chain->sha256, 0, 0);
    const char *name = trust_of(view, chain);
    const struct policy_trust *trust = name == NULL ? NULL : policy_trust(view->policy, name);
    if (first == NULL || trust == NULL) {
        return;
    }
    struct fact leaf = *first; /* putting facts moves them */
    const char *sha256[TRUST_CHAIN_MAX];
    uint32_t count = 0;
    for (const struct fact *f = NULL;
         count < CERTIFICATES_CHAIN && (f = facts_next(view->facts, chain->sha256, f)) != NULL;) {
        sha256[count++] = facts_text(view->facts, f);
    }
    const char *error = "";
    uint64_t time_us = leaf.time_us != 0 ? leaf.time_us : view->record->start_us;
    enum trust_status status =
        check_trust(view, trust->set, sha256, count, (int64_t)time_us, &error);
    put(view, chain->status, trust_status_name(status), &leaf);
    put(view, chain->set, trust->name, &leaf);
    if (error[0] != '\0') {
        put(view, chain->error, error, &leaf);
    }
    check_name(view, chain, leaf);
}

/* RFC 5246 7.4.4: is an issuer in the client's chain one that the server asked for? Who asks takes
 * what it wants in the end: this explains a refusal and judges nothing. */
static void check_authorities(struct view *view)
{
    const struct fact *first = facts_find_at(view->facts, OBS_CLIENT_CERT_SHA256, 0, 0);
    uint64_t asked = facts_value(view->facts, OBS_TLS_AUTHORITIES, 0), told = 0;
    bool named = false;
    const struct fact *ca = NULL;
    while (first != NULL && (ca = facts_next(view->facts, OBS_TLS_AUTHORITY, ca)) != NULL) {
        const char *name = facts_text(view->facts, ca);
        told++;
        named |= facts_has(view->facts, OBS_CLIENT_CERT_ISSUER, name);
    }
    if (first != NULL && asked > 0 && (named || told == asked)) {
        struct observation obs = { .kind = OBS_TLS_CLIENT_TRUST_NAMED,
                                   .from = first->from,
                                   .value = named,
                                   .packet = first->packet,
                                   .time_us = first->time_us };
        facts_put(view->facts, &obs);
    }
}

void judge_certificates_trust(struct view *view)
{
    if (view->tls) {
        check_authorities(view);
        certificates_lock(view->certificates);
        check_chain(view, &server_chain);
        check_chain(view, &client_chain);
        certificates_unlock(view->certificates);
    }
}

/* The date that was put as proof just now: two chains never fill the list. */
static const char *date_of(const struct assessment *a)
{
    return a->proofs[a->proof_count - 1].detail;
}

/* When the certificate was shown, in whole seconds, as X.509 counts: the last one is included. */
static int64_t seconds_shown(const struct view *view, const struct fact *date)
{
    return (int64_t)(date->time_us != 0 ? date->time_us : view->record->start_us) / 1000000;
}

/* Dates need no trust set: they are judged at the time of the packets. */
static enum verdict judge_dates(const struct view *view, const struct chain *chain,
                                struct assessment *a)
{
    const struct fact *before = facts_find_at(view->facts, chain->not_before, 0, 0);
    const struct fact *after = facts_find_at(view->facts, chain->not_after, 0, 0);
    const struct fact *subject = facts_find_at(view->facts, chain->subject, 0, 0);
    char name[VIEW_NAME_SIZE];
    judge_notes_name(side_of(view, chain), name);
    if (after != NULL && (int64_t)after->value / 1000000 < seconds_shown(view, after)) {
        judge_notes_proof_of(view, a, after);
        judge_notes_reason(a, "cert.expired",
                           "The certificate of %s (%.100s) had expired on %.10s.", name,
                           facts_text(view->facts, subject), date_of(a));
        return VERDICT_WEAK;
    }
    if (before != NULL && (int64_t)before->value / 1000000 > seconds_shown(view, before)) {
        judge_notes_proof_of(view, a, before);
        judge_notes_reason(a, "cert.not-yet-valid",
                           "The certificate of %s (%.100s) was not valid before %.10s.", name,
                           facts_text(view->facts, subject), date_of(a));
        return VERDICT_WEAK;
    }
    return VERDICT_COMPLIANT;
}

/* RFC 5280 4.2.1.12: without the extension any purpose is meant. A server's certificate is enough
 * for its connections as a TLS client. */
static enum verdict judge_usage(const struct view *view, const struct chain *chain,
                                struct assessment *a)
{
    const struct fact *first = NULL;
    for (const struct fact *f = NULL; (f = facts_next(view->facts, chain->usage, f)) != NULL;) {
        const char *usage = facts_text(view->facts, f);
        if (f->index != 0) {
            continue; /* of the leaf's issuers */
        }
        if (strcmp(usage, "serverAuth") == 0 || strcmp(usage, "anyExtendedKeyUsage") == 0 ||
            (!chain->server && strcmp(usage, "clientAuth") == 0)) {
            return VERDICT_COMPLIANT;
        }
        first = first != NULL ? first : f;
    }
    if (first == NULL) {
        return VERDICT_COMPLIANT;
    }
    char name[VIEW_NAME_SIZE];
    judge_notes_reason(a, "cert.usage", "The certificate of %s is not meant for TLS %s (%s).",
                       judge_notes_name(side_of(view, chain), name),
                       chain->server ? "servers" : "clients", facts_text(view->facts, first));
    judge_notes_proof_of(view, a, first);
    return VERDICT_WEAK;
}

/* The issuer's own word, sent with the handshake: it needs no trust set. */
static enum verdict judge_staple(const struct view *view, struct assessment *a)
{
    const struct fact *ocsp = facts_find(view->facts, OBS_TLS_OCSP);
    if (strcmp(facts_text(view->facts, ocsp), "revoked") != 0) {
        return VERDICT_COMPLIANT;
    }
    char name[VIEW_NAME_SIZE];
    judge_notes_reason(a, "cert.revoked",
                       "The certificate of %s is revoked, by the OCSP response it sent itself.",
                       judge_notes_name(&view->server, name));
    judge_notes_proof_of(view, a, ocsp);
    return VERDICT_VIOLATION;
}

/* The chain is out of its time, by the trust set's word. */
static void note_old_chain(const struct view *view, const struct chain *chain, const char *status,
                           struct assessment *a)
{
    char name[VIEW_NAME_SIZE];
    judge_notes_name(side_of(view, chain), name);
    if (strcmp(status, "expired") == 0) {
        judge_notes_reason(a, "cert.expired", "A CA certificate above that of %s had expired.",
                           name);
    } else {
        judge_notes_reason(a, "cert.not-yet-valid",
                           "A CA certificate above that of %s was not valid yet.", name);
    }
    judge_notes_proof_of(view, a, facts_find(view->facts, chain->status));
}

/* dates: what is known of the leaf's own. */
static enum verdict judge_status(const struct view *view, const struct chain *chain,
                                 enum verdict dates, struct assessment *a)
{
    const struct fact *fact = facts_find(view->facts, chain->status);
    const char *status = facts_text(view->facts, fact);
    const char *set = facts_text(view->facts, facts_find(view->facts, chain->set));
    char name[VIEW_NAME_SIZE];
    judge_notes_name(side_of(view, chain), name);
    if (strcmp(status, "trusted") == 0) {
        return VERDICT_COMPLIANT; /* proof where all is well: beside a fault it would mislead */
    }
    if (strcmp(status, "untrusted") == 0) {
        judge_notes_reason(a, "cert.untrusted",
                           "The certificate of %s was not issued by a CA of the trust set '%s'.",
                           name, set);
    } else if (facts_is(view->facts, chain->error, completed)) {
        judge_notes_reason(a, "cert.intermediate-not-sent",
                           "The chain of %s lacks an intermediate, known from other connections, "
                           "that leads to the trust set '%s'.",
                           name, set);
        judge_notes_proof_of(view, a, fact);
        return VERDICT_WEAK;
    } else if (strcmp(status, "incomplete") == 0) {
        judge_notes_reason(a, "cert.chain-incomplete",
                           "The chain of %s leads to no CA of the trust set '%s'; an intermediate "
                           "that was not sent could be missing.",
                           name, set);
        a->evidence = EVIDENCE_INFERRED;
    } else if (strcmp(status, "revoked") == 0) {
        judge_notes_reason(a, "cert.revoked", "The certificate of %s is revoked.", name);
    } else if (strcmp(status, "unchecked") == 0) {
        judge_notes_reason(a, "cert.unchecked", "The certificate of %s could not be checked.",
                           name);
        return VERDICT_UNKNOWN;
    } else {
        if (dates == VERDICT_COMPLIANT) { /* else the leaf's dates have said it */
            note_old_chain(view, chain, status, a);
        }
        return VERDICT_WEAK;
    }
    judge_notes_proof_of(view, a, fact);
    return VERDICT_VIOLATION;
}

static enum verdict judge_name(const struct view *view, const struct chain *chain,
                               struct assessment *a)
{
    const struct fact *fact = facts_find(view->facts, chain->name);
    const char *result = facts_text(view->facts, fact);
    char name[VIEW_NAME_SIZE];
    judge_notes_name(side_of(view, chain), name);
    if (strcmp(result, "match") == 0) {
        return VERDICT_COMPLIANT;
    }
    judge_notes_proof_of(view, a, fact);
    if (strcmp(result, "mismatch") == 0) {
        judge_notes_reason(a, "cert.name-mismatch",
                           "The certificate of %s does not bear its name (asked for by %s).", name,
                           facts_text(view->facts, facts_find(view->facts, chain->name_from)));
        return VERDICT_VIOLATION;
    }
    judge_notes_reason(a, "cert.name-unknown",
                       "Whether the certificate of %s bears its name could not be told.", name);
    return VERDICT_UNKNOWN;
}

/* May the client have shown a certificate that is not in the capture? A server that nobody knows
 * asks for none, and whether one must be shown is for other rows to say. */
static bool is_client_due(const struct view *view)
{
    const struct fact *requested = facts_find(view->facts, OBS_TLS_CERTIFICATE_REQUESTED);
    const struct fact *sent = facts_find(view->facts, OBS_TLS_CLIENT_CERTIFICATE);
    const char *words = facts_text(view->facts, sent);
    if (requested == NULL ? view->server.roles == 0 : requested->value == 0) {
        return false;
    }
    bool withheld = strcmp(words, "empty") == 0 || strcmp(words, "none") == 0;
    bool disproven = facts_is(view->facts, OBS_TLS_MTLS_STATE, "disproven");
    return !withheld && !(disproven && sent == NULL);
}

static enum verdict judge_chain(const struct view *view, const struct chain *chain,
                                struct assessment *a)
{
    char name[VIEW_NAME_SIZE];
    enum verdict dates = judge_dates(view, chain, a);
    enum verdict verdict = judge_notes_worse(
        dates, judge_strength_leaf(view, policy_strength(view->policy), chain->server, a));
    verdict = judge_notes_worse(verdict, judge_usage(view, chain, a));
    verdict = judge_notes_worse(verdict, chain->server ? judge_staple(view, a) : verdict);
    if (trust_of(view, chain) == NULL) {
        return verdict;
    }
    if (facts_find(view->facts, chain->status) != NULL) {
        verdict = judge_notes_worse(verdict, judge_status(view, chain, dates, a));
        return judge_notes_worse(verdict, judge_name(view, chain, a));
    }
    if (!chain->server && !is_client_due(view)) {
        return verdict;
    }
    bool tls13 = strncmp(facts_text(view->facts, facts_find(view->facts, OBS_TLS_VERSION)),
                         "TLSv1.3", 7) == 0;
    if (tls13) {
        judge_notes_reason(a, "cert.hidden", "TLS 1.3 hides the certificates.");
        judge_notes_proof(view, a, OBS_TLS_VERSION);
    } else if (facts_true(view->facts, OBS_TLS_RESUMED)) {
        judge_notes_reason(a, "cert.resumed",
                           "The session was resumed: its certificates were shown earlier.");
        judge_notes_proof(view, a, OBS_TLS_RESUMED);
    } else {
        judge_notes_reason(a, "cert.not-seen", "The certificate of %s is not in the capture.",
                           judge_notes_name(side_of(view, chain), name));
        (void)judge_notes_incomplete(view, a);
        judge_notes_proof_flow(view, a, chain->server ? "tls.server_chain" : "tls.client_chain",
                               "not seen");
    }
    return VERDICT_UNKNOWN;
}

/* The trust set's word on one end; without one nobody can say. */
static enum verdict judge_peer(const struct view *view, const struct chain *chain,
                               struct assessment *a)
{
    char name[VIEW_NAME_SIZE];
    judge_notes_name(side_of(view, chain), name);
    if (trust_of(view, chain) == NULL) {
        judge_notes_reason(a, "cert.no-trust-set",
                           "The policy names no trust set for %s: whether its CA is to be trusted "
                           "cannot be said.",
                           name);
        return VERDICT_UNKNOWN;
    }
    if (facts_find(view->facts, chain->status) == NULL) {
        judge_notes_reason(a, "cert.not-seen", "The certificate of %s is not in the capture.",
                           name);
        return VERDICT_UNKNOWN;
    }
    struct assessment word = { .row = a->row, .evidence = EVIDENCE_PROVEN };
    enum verdict status = judge_status(view, chain, VERDICT_WEAK, &word);
    enum verdict verdict = judge_notes_worse(status, judge_name(view, chain, &word));
    if (verdict != VERDICT_VIOLATION && verdict != VERDICT_UNKNOWN) {
        return VERDICT_COMPLIANT; /* dates and missing intermediates are for another row */
    }
    for (uint32_t i = 0; i < word.reason_count; i++) {
        judge_notes_reason(a, word.reasons[i].code, "%s", word.reasons[i].text);
    }
    for (uint32_t i = 0; i < word.proof_count && a->proof_count < PROOFS_MAX; i++) {
        a->proofs[a->proof_count++] = word.proofs[i];
    }
    if (a->verdict == VERDICT_COMPLIANT) {
        a->evidence = word.evidence;
    }
    return verdict;
}

void judge_certificates_both(const struct view *view, struct assessment *a)
{
    if (facts_true(view->facts, OBS_TLS_RESUMED) && a->verdict == VERDICT_COMPLIANT &&
        facts_find(view->facts, server_chain.sha256) == NULL) {
        judge_notes_reason(a, "cert.resumed",
                           "The session was resumed: its certificates were shown earlier.");
        a->verdict = VERDICT_UNKNOWN;
        return;
    }
    enum verdict server = judge_peer(view, &server_chain, a);
    enum verdict client = judge_peer(view, &client_chain, a);
    a->verdict = judge_notes_worse(a->verdict, judge_notes_worse(server, client));
}

void judge_certificates(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    (void)row;
    a->observed = "tls";
    a->evidence = EVIDENCE_PROVEN;
    enum verdict server = judge_chain(view, &server_chain, a);
    a->verdict = judge_notes_worse(server, judge_chain(view, &client_chain, a));
    a->verdict = judge_notes_worse(a->verdict, judge_identity(view, a));
    if (a->verdict == VERDICT_COMPLIANT) {
        judge_notes_proof(view, a, server_chain.status);
        judge_notes_proof(view, a, client_chain.status);
    }
}

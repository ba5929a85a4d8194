/* rules/judge_tls.c: does the TLS of a flow protect it, and does it prove both ends? */
#include <string.h>

#include "rules/judge_view.h"

static bool has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

static bool has_any(const char *text, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (has(text, words[i])) {
            return true;
        }
    }
    return false;
}

/* Suites without encryption: NULL, and the integrity-only suites of RFC 9150. */
static bool is_null(const char *cipher)
{
    return has(cipher, "_NULL_") || strcmp(cipher, "TLS_SHA256_SHA256") == 0 ||
           strcmp(cipher, "TLS_SHA384_SHA384") == 0;
}

/* Suites in which the server proves itself by a shared key, password or ticket alone. */
static bool is_keyed_by_secret(const char *cipher)
{
    static const char *const words[] = { "_SRP_SHA_WITH_", "_KRB5_", "_ECCPWD_", "_ECJPAKE_" };
    bool psk =
        (has(cipher, "PSK_WITH") && !has(cipher, "_RSA_PSK_")) || has(cipher, "TLS_PSK_DHE_");
    return psk || has_any(cipher, words, sizeof words / sizeof *words);
}

static enum verdict judge_cipher(const struct view *view, struct assessment *a)
{
    const char *cipher = facts_text(view->facts, facts_find(view->facts, OBS_TLS_CIPHER));
    enum verdict verdict = VERDICT_COMPLIANT;
    if (is_null(cipher)) {
        judge_notes_reason(a, "tls.null-cipher", "The cipher suite %s does not encrypt.", cipher);
        verdict = VERDICT_VIOLATION;
    }
    if (has(cipher, "_anon_")) {
        judge_notes_reason(a, "tls.anonymous",
                           "The cipher suite %s has no certificates: nobody proved to be the "
                           "server.",
                           cipher);
        verdict = VERDICT_VIOLATION;
    }
    if (is_keyed_by_secret(cipher)) {
        judge_notes_reason(a, "tls.no-server-certificate",
                           "The cipher suite %s uses a shared secret in place of a server "
                           "certificate.",
                           cipher);
        verdict = VERDICT_VIOLATION;
    }
    if (cipher[0] == '\0') {
        judge_notes_reason(a, "tls.cipher-unknown", "The cipher suite was not seen.");
        return judge_notes_worse(verdict, VERDICT_UNKNOWN);
    }
    enum verdict strength = judge_strength_facts(view, policy_strength(view->policy),
                                                 OBS_TLS_CIPHER, STRENGTH_SUITE, a);
    if (verdict != VERDICT_COMPLIANT && strength == VERDICT_COMPLIANT) {
        judge_notes_proof(view, a, OBS_TLS_CIPHER);
    }
    return judge_notes_worse(verdict, strength);
}

static enum verdict judge_version(const struct view *view, struct assessment *a)
{
    if (facts_find(view->facts, OBS_TLS_VERSION) == NULL) {
        judge_notes_reason(a, "tls.version-unknown", "The TLS version was not seen.");
        return VERDICT_UNKNOWN;
    }
    return judge_strength_facts(view, policy_strength(view->policy), OBS_TLS_VERSION,
                                STRENGTH_VERSION, a);
}

enum verdict judge_tls_strength(const struct view *view, struct assessment *a)
{
    enum verdict verdict = judge_notes_worse(judge_cipher(view, a), judge_version(view, a));
    return judge_notes_worse(verdict,
                             judge_strength_handshake(view, policy_strength(view->policy), a));
}

/* Why the handshake inside QUIC could not be read; false when it was. */
static bool note_quic(const struct view *view, struct assessment *a)
{
    const struct fact *version = facts_find(view->facts, OBS_QUIC_VERSION);
    const char *name = facts_text(view->facts, version);
    if (facts_find(view->facts, OBS_TLS_OFFER_CIPHER) != NULL) {
        return false;
    }
    if (version != NULL && (name[0] == 'Q' || name[0] == 'T' || has(name, "0x"))) {
        judge_notes_reason(a, "quic.version-unknown",
                           "QUIC version %s is not one whose protection overt can tell.", name);
        judge_notes_proof(view, a, OBS_QUIC_VERSION);
        return true;
    }
    judge_notes_reason(a, "quic.initial-unread",
                       "The first QUIC packets (Initial) are not wholly in the capture, so that "
                       "the TLS handshake inside could not be read.");
    judge_notes_proof_flow(view, a, "tls.quic_version", version != NULL ? name : "not seen");
    return true;
}

/* The handshake did not end with protected records from both sides, or was not seen to. */
static enum verdict judge_unestablished(const struct view *view, struct assessment *a)
{
    const struct fact *alert = facts_find(view->facts, OBS_TLS_ALERT_NAME);
    bool known = facts_find(view->facts, OBS_TLS_ESTABLISHED) != NULL;
    a->observed = "unknown";
    if (view->quic && note_quic(view, a)) {
        (void)judge_notes_incomplete(view, a);
        return VERDICT_UNKNOWN;
    }
    if ((judge_notes_incomplete(view, a) || view->quic) && !known) {
        judge_notes_reason(a, "tls.handshake-unseen",
                           "The TLS handshake is not, or not wholly, in the capture: nothing tells "
                           "what protects this connection.");
        judge_notes_proof_flow(view, a, "tls.established", "not seen");
        return VERDICT_UNKNOWN;
    }
    judge_notes_reason(a, "tls.unfinished", "The TLS handshake did not finish%s%s%s.",
                       view->record->end_seen ? "" : " within the capture",
                       alert != NULL ? "; alert: " : "", facts_text(view->facts, alert));
    if (alert != NULL) {
        judge_notes_proof_of(view, a, alert);
    } else {
        judge_notes_proof_flow(view, a, "tls.established", "false");
    }
    return VERDICT_UNKNOWN;
}

/* A signature that does not verify, in a handshake that went on: who holds the server's certificate
 * did not take part, or its client did not look. */
static enum verdict judge_server_signature(const struct view *view, struct assessment *a)
{
    if (!facts_is(view->facts, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid")) {
        return VERDICT_COMPLIANT;
    }
    if (view->record->conflicts > 0) { /* the copy that was not read may be the signed one */
        judge_notes_conflicts(view, a);
        return VERDICT_UNKNOWN;
    }
    char server[VIEW_NAME_SIZE];
    judge_notes_reason(a, "tls.server-signature-invalid",
                       "The key exchange of %s is not signed with the key of the certificate that "
                       "it showed.",
                       judge_notes_name(&view->server, server));
    judge_notes_proof(view, a, OBS_TLS_KEY_EXCHANGE_SIGNATURE);
    return VERDICT_VIOLATION;
}

/* One way in which the client did not prove itself: the reason word of the TLS analyzer. */
struct mtls_word {
    const char *reason;
    const char *code;
    const char *text; /* one %s: the client's name, or the server's where by_server */
    bool by_server;
};

static const struct mtls_word disproven[] = {
    { "not-requested", "tls.client-certificate-not-requested",
      "%s did not ask for a client certificate: the TLS is one-way.", true },
    { "empty", "tls.client-certificate-empty",
      "A client certificate was asked for and %s sent none.", false },
    { "no-verify", "tls.client-certificate-unproven",
      "%s sent a certificate without proof of its key (no CertificateVerify).", false },
    { "refused", "tls.client-certificate-refused", "%s refused the client's certificate.", true },
    { "anonymous", "tls.anonymous", "An anonymous cipher suite: %s did not prove who it is.",
      true },
    { "signature-invalid", "tls.client-signature-invalid",
      "The CertificateVerify of %s does not verify with the key of the certificate that it showed.",
      false },
    { "server-signature-invalid", "tls.server-signature-invalid",
      "The key exchange of %s is not signed with the key of the certificate that it showed.",
      true },
    { "psk", "tls.mtls-by-psk", "A shared key is used in place of certificates by %s.", false },
};

static const struct mtls_word undecided[] = {
    { "resumed", "tls.mtls-resumed",
      "%s resumed a session: certificates belong to an earlier handshake, which is not tied to "
      "this one.",
      false },
    { "encrypted-handshake", "tls.mtls-hidden", "TLS 1.3 hides whether %s presented a certificate.",
      false },
    { "psk", "tls.mtls-resumed",
      "%s resumed a session (PSK): certificates belong to an earlier handshake, which is not tied "
      "to this one.",
      false },
    { "renegotiated", "tls.mtls-renegotiated",
      "The handshake was repeated inside the TLS: %s may have presented a certificate there.",
      false },
    { "later", "tls.mtls-later",
      "%s showed no certificate in the handshake, but offers to do so after it, which TLS 1.3 "
      "hides.",
      false },
    { "raw-public-key-offered", "tls.mtls-undecided",
      "%s offers a bare public key (RFC 7250) in place of a certificate, and TLS 1.3 hides which "
      "of "
      "them it sent.",
      false },
    { "raw-public-key", "tls.mtls-undecided",
      "%s proved a bare public key (RFC 7250): no certificate tells whose it is.", false },
    { "no-start", "tls.handshake-unseen", "The handshake of %s is not in the capture.", false },
    { "one-direction", "capture.one-direction", "Only one direction to %s was captured.", true },
    { "missing-bytes", "capture.missing-bytes",
      "Parts of the handshake with %s were lost by the capture.", true },
    { "unfinished", "tls.unfinished", "The TLS handshake with %s did not finish.", true },
};

/* Inferred, where the policy does not accept that. */
static const struct mtls_word unproven[] = {
    { "signature-unchecked", "tls.signature-unchecked",
      "%s sent a certificate and a CertificateVerify whose signature was not verified, and the "
      "policy does not accept that.",
      false },
};

static void note_mtls(const struct view *view, struct assessment *a, const struct mtls_word *words,
                      uint32_t count)
{
    const char *reason = facts_text(view->facts, facts_find(view->facts, OBS_TLS_MTLS_REASON));
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(words[i].reason, reason) == 0) {
            const char *who = words[i].by_server ? server : client;
            char text[REASON_TEXT_SIZE];
            const char *at = strstr(words[i].text, "%s");
            (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - words[i].text), words[i].text,
                           who, at + 2);
            judge_notes_reason(a, words[i].code, "%s", text);
            return;
        }
    }
    judge_notes_reason(a, "tls.mtls-undecided",
                       "Nothing in the capture tells whether %s proved who it is.", client);
}

static void prove_mtls(const struct view *view, struct assessment *a)
{
    uint32_t before = a->proof_count;
    if (facts_true(view->facts, OBS_TLS_RESUMED)) {
        judge_notes_proof(view, a, OBS_TLS_RESUMED);
        judge_notes_proof(view, a, OBS_TLS_MTLS_PARENT);
        return;
    }
    if (facts_find(view->facts, OBS_TLS_MTLS_RECORDS) != NULL) {
        judge_notes_proof(view, a, OBS_TLS_MTLS_RECORDS);
        return;
    }
    judge_notes_proof(view, a, OBS_TLS_CERTIFICATE_REQUESTED);
    judge_notes_proof(view, a, OBS_TLS_CLIENT_CERTIFICATE);
    judge_notes_proof(view, a, OBS_TLS_CERTIFICATE_VERIFY);
    if (a->proof_count == before) {
        judge_notes_proof(view, a, OBS_TLS_MTLS_REASON);
    }
}

/* Mutual authentication: only `proven`, and `inferred` where the policy accepts it, will do. */
static enum verdict judge_mutual(const struct view *view, struct assessment *a)
{
    const struct fact *fact = facts_find(view->facts, OBS_TLS_MTLS_STATE);
    const char *state = facts_text(view->facts, fact);
    if (strcmp(state, "proven") == 0) {
        a->observed = "mtls";
        prove_mtls(view, a);
        return VERDICT_COMPLIANT;
    }
    if (strcmp(state, "disproven") == 0 && view->record->conflicts > 0) {
        judge_notes_conflicts(view, a);
        return VERDICT_UNKNOWN;
    }
    if (strcmp(state, "disproven") == 0) {
        bool tls13 = has(facts_text(view->facts, facts_find(view->facts, OBS_TLS_VERSION)), "v1.3");
        bool opened = facts_find(view->facts, OBS_TLS_CERTIFICATE_REQUESTED) != NULL;
        a->evidence = tls13 && !opened ? EVIDENCE_INFERRED : EVIDENCE_PROVEN;
        note_mtls(view, a, disproven, sizeof disproven / sizeof *disproven);
        prove_mtls(view, a);
        return VERDICT_VIOLATION;
    }
    if (strcmp(state, "inferred") == 0) {
        a->evidence = EVIDENCE_INFERRED;
        prove_mtls(view, a);
        if (policy_settings(view->policy)->accept_inferred_mtls) {
            a->observed = "mtls";
            return VERDICT_COMPLIANT;
        }
        if (facts_is(view->facts, OBS_TLS_MTLS_REASON, unproven[0].reason)) {
            note_mtls(view, a, unproven, sizeof unproven / sizeof *unproven);
        } else {
            judge_notes_reason(a, "tls.mtls-inferred-only",
                               "Mutual TLS is only inferred, and the policy does not accept that.");
        }
        return VERDICT_UNKNOWN;
    }
    note_mtls(view, a, undecided, sizeof undecided / sizeof *undecided);
    prove_mtls(view, a);
    return VERDICT_UNKNOWN;
}

/* A certificate that was refused or withheld is known although no connection came of it. */
static bool ended_by_certificate(const struct view *view)
{
    return facts_is(view->facts, OBS_TLS_MTLS_STATE, "disproven") &&
           (facts_is(view->facts, OBS_TLS_MTLS_REASON, "refused") ||
            facts_is(view->facts, OBS_TLS_MTLS_REASON, "empty"));
}

void judge_tls(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    bool mutual = (row->require & REQUIRE_MTLS) != 0 && (row->require & REQUIRE_TLS) == 0;
    a->evidence = view->quic ? EVIDENCE_INFERRED : EVIDENCE_PROVEN; /* by sizes of packets */
    a->observed = "tls";
    if (!facts_true(view->facts, OBS_TLS_ESTABLISHED)) {
        a->verdict = mutual && ended_by_certificate(view) ? judge_mutual(view, a)
                                                          : judge_unestablished(view, a);
        return;
    }
    a->verdict = judge_tls_strength(view, a);
    a->verdict = judge_notes_worse(a->verdict, judge_server_signature(view, a));
    if (mutual) {
        a->verdict = judge_notes_worse(a->verdict, judge_mutual(view, a));
    }
    if (a->verdict == VERDICT_COMPLIANT && !mutual) {
        judge_notes_proof(view, a, OBS_TLS_VERSION);
        judge_notes_proof(view, a, OBS_TLS_CIPHER);
    }
}

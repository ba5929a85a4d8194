/* rules/judge_strength.c: versions, algorithms and keys of a flow held against a strength profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/judge_view.h"

enum { VALUE_SIZE = 160 };

static const char *name_of(const struct strength_value *value)
{
    return value->shown != NULL ? value->shown : value->name;
}

/* "RSA, 1024 bits" */
static const char *value_text(const struct strength_value *value, char *buffer)
{
    if (value->bits == 0) {
        return name_of(value);
    }
    (void)snprintf(buffer, VALUE_SIZE, "%.120s, %u bits", name_of(value), value->bits);
    return buffer;
}

/* Reasons that stood before there were profiles, in their own words; false for any other. */
static bool note_own(const char *code, const struct strength_value *value, const char *whose,
                     struct assessment *a)
{
    if (strcmp(code, "tls.cipher-broken") == 0) {
        judge_notes_reason(a, code, "The cipher suite %s can be broken.", name_of(value));
    } else if (strcmp(code, "tls.no-forward-secrecy") == 0) {
        judge_notes_reason(a, code,
                           "With the cipher suite %s the session's secret hangs on the server's "
                           "lasting key: whoever gets that key later can read what was recorded.",
                           value->name);
    } else if (strcmp(code, "tls.version-obsolete") == 0) {
        judge_notes_reason(a, code, "%s was negotiated; it is obsolete and must not be used.",
                           value->name);
    } else if (strcmp(code, "cert.key-short") == 0) {
        judge_notes_reason(a, code, "The certificate of %s has a key of %u bits (%.64s).", whose,
                           value->bits, value->name);
    } else if (strcmp(code, "cert.signature-weak") == 0) {
        judge_notes_reason(a, code, "The certificate of %s is signed with %.100s.", whose,
                           value->name);
    } else {
        return false;
    }
    return true;
}

/* One code for each kind: reasons are told once, and each failed check is to be told. */
static const char *const codes[STRENGTH_KINDS] = {
    [STRENGTH_VERSION] = "strength.version",
    [STRENGTH_SUITE] = "strength.suite",
    [STRENGTH_GROUP] = "strength.group",
    [STRENGTH_SIGNATURE] = "strength.signature",
    [STRENGTH_KEY] = "strength.key",
    [STRENGTH_CERTIFICATE_SIGNATURE] = "strength.certificate-signature",
    [STRENGTH_SRTP] = "strength.srtp",
    [STRENGTH_IKE_ENCRYPTION] = "strength.ike-encryption",
    [STRENGTH_IKE_PRF] = "strength.ike-prf",
    [STRENGTH_IKE_INTEGRITY] = "strength.ike-integrity",
    [STRENGTH_IKE_GROUP] = "strength.ike-group",
    [STRENGTH_VPN] = "strength.vpn",
    [STRENGTH_SSH_KEX] = "strength.ssh-kex",
    [STRENGTH_SSH_HOST_KEY] = "strength.ssh-host-key",
    [STRENGTH_SSH_CIPHER] = "strength.ssh-cipher",
    [STRENGTH_SSH_MAC] = "strength.ssh-mac",
    [STRENGTH_RDP] = "strength.rdp",
};

static void note_fault(const struct strength_profile *profile, const struct strength_entry *entry,
                       const struct strength_value *value, const char *whose, struct assessment *a)
{
    char text[VALUE_SIZE];
    if (entry->reason != NULL && note_own(entry->reason, value, whose, a)) {
        return;
    }
    judge_notes_reason(a, entry->reason != NULL ? entry->reason : codes[value->kind],
                       "The %s %.100s%s%s is %s by the strength profile %.40s (%.60s%s)%s%.60s.",
                       strength_kind_phrase(value->kind), value_text(value, text),
                       whose[0] != '\0' ? " of " : "", whose,
                       entry->grade == STRENGTH_FORBIDDEN ? "forbidden" : "called weak",
                       profile->name, entry->source, entry->unconfirmed ? ", unconfirmed" : "",
                       entry->note != NULL ? ": " : "", entry->note != NULL ? entry->note : "");
}

enum verdict judge_strength(const struct view *view, const struct strength_profile *profile,
                            const struct strength_value *value, const struct fact *fact,
                            const char *whose, struct assessment *a)
{
    struct strength_finding finding;
    char text[VALUE_SIZE];
    enum strength_grade grade = strength_grade(profile, value, &finding);
    if (grade < STRENGTH_WEAK) {
        return VERDICT_COMPLIANT;
    }
    for (uint32_t i = 0; i < finding.count; i++) {
        note_fault(profile, finding.entries[i], value, whose, a);
    }
    if (grade == STRENGTH_UNKNOWN) {
        judge_notes_reason(a, "strength.unknown",
                           "The %s %.100s%s%s is not in the strength profile %.40s: whether it is "
                           "strong enough cannot be said.",
                           strength_kind_phrase(value->kind), value_text(value, text),
                           whose[0] != '\0' ? " of " : "", whose, profile->name);
    }
    judge_notes_proof_of(view, a, fact);
    if (grade == STRENGTH_FORBIDDEN && a->row->subject == SUBJECT_ALGORITHMS) {
        return VERDICT_VIOLATION; /* the row asks for nothing else */
    }
    return grade == STRENGTH_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_WEAK;
}

/* "DHE-1024", "RSA-512": name and bits of what is no named group. */
static void split_bits(struct strength_value *value, char *name)
{
    const char *dash = strchr(value->name, '-');
    size_t size = dash == NULL ? 0 : (size_t)(dash - value->name);
    if (size > 0 && size < STRENGTH_NAME_SIZE && dash[1] >= '0' && dash[1] <= '9') {
        memcpy(name, value->name, size);
        name[size] = '\0';
        value->bits = (uint32_t)strtoul(dash + 1, NULL, 10);
        value->name = name;
    }
}

/* DTLS that goes on with a session or a key of HTTPS has no key exchange of its own, and the suite
 * names one all the same: of that only cipher and MAC count, beside the exchange of HTTPS. */
static void suite_of_session(const struct view *view, struct strength_value *value, char *name)
{
    const char *with = strstr(value->name, "_WITH_");
    if (with != NULL && facts_find(view->facts, OBS_ANYCONNECT_SIGN) != NULL) {
        (void)snprintf(name, STRENGTH_NAME_SIZE, "TLS_ECDHE_RSA%.100s", with);
        value->shown = value->name;
        value->name = name;
    }
}

struct strength_value judge_strength_value(const struct view *view, enum strength_kind kind,
                                           const struct fact *fact, char *name)
{
    struct strength_value value = { .kind = kind, .name = facts_text(view->facts, fact) };
    if (kind == STRENGTH_GROUP) {
        split_bits(&value, name);
    } else if (kind == STRENGTH_SUITE) {
        suite_of_session(view, &value, name);
        value.etm = facts_true(view->facts, OBS_TLS_ENCRYPT_THEN_MAC);
    } else if (kind == STRENGTH_IKE_ENCRYPTION) {
        value.bits = (uint32_t)facts_value(view->facts, OBS_IKE_KEY_BITS, 0);
    }
    return value;
}

enum verdict judge_strength_facts(const struct view *view, const struct strength_profile *profile,
                                  enum observation_kind from, enum strength_kind kind,
                                  struct assessment *a)
{
    char name[STRENGTH_NAME_SIZE];
    enum verdict verdict = VERDICT_COMPLIANT;
    for (const struct fact *f = NULL; (f = facts_next(view->facts, from, f)) != NULL;) {
        struct strength_value value = judge_strength_value(view, kind, f, name);
        verdict = judge_notes_worse(verdict, judge_strength(view, profile, &value, f, "", a));
    }
    return verdict;
}

enum verdict judge_strength_handshake(const struct view *view,
                                      const struct strength_profile *profile, struct assessment *a)
{
    enum verdict group = judge_strength_facts(view, profile, OBS_TLS_GROUP, STRENGTH_GROUP, a);
    enum verdict server =
        judge_strength_facts(view, profile, OBS_TLS_SIGNATURE, STRENGTH_SIGNATURE, a);
    enum verdict client =
        judge_strength_facts(view, profile, OBS_TLS_CLIENT_SIGNATURE, STRENGTH_SIGNATURE, a);
    return judge_notes_worse(group, judge_notes_worse(server, client));
}

enum verdict judge_strength_session(const struct view *view, const struct strength_profile *profile,
                                    struct assessment *a)
{
    static const struct {
        enum observation_kind from;
        enum strength_kind kind;
    } parts[] = {
        { OBS_IKE_ENCRYPTION, STRENGTH_IKE_ENCRYPTION },  { OBS_IKE_PRF, STRENGTH_IKE_PRF },
        { OBS_IKE_INTEGRITY, STRENGTH_IKE_INTEGRITY },    { OBS_IKE_GROUP, STRENGTH_IKE_GROUP },
        { OBS_IKE_ADDITIONAL_GROUP, STRENGTH_IKE_GROUP }, { OBS_SSH_KEX, STRENGTH_SSH_KEX },
        { OBS_SSH_HOST_KEY, STRENGTH_SSH_HOST_KEY },      { OBS_SSH_CIPHER, STRENGTH_SSH_CIPHER },
        { OBS_SSH_CIPHER_BACK, STRENGTH_SSH_CIPHER },     { OBS_SSH_MAC, STRENGTH_SSH_MAC },
        { OBS_SSH_MAC_BACK, STRENGTH_SSH_MAC },           { OBS_RDP_METHOD, STRENGTH_RDP },
    };
    enum verdict verdict = VERDICT_COMPLIANT;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        verdict = judge_notes_worse(
            verdict, judge_strength_facts(view, profile, parts[i].from, parts[i].kind, a));
    }
    return verdict;
}

enum verdict judge_strength_leaf(const struct view *view, const struct strength_profile *profile,
                                 bool of_server, struct assessment *a)
{
    const struct facts *facts = view->facts;
    const struct fact *type =
        facts_find_at(facts, of_server ? OBS_SERVER_CERT_KEY_TYPE : OBS_CLIENT_CERT_KEY_TYPE, 0, 0);
    const struct fact *bits =
        facts_find_at(facts, of_server ? OBS_SERVER_CERT_KEY_BITS : OBS_CLIENT_CERT_KEY_BITS, 0, 0);
    const struct fact *curve = facts_find_at(
        facts, of_server ? OBS_SERVER_CERT_KEY_CURVE : OBS_CLIENT_CERT_KEY_CURVE, 0, 0);
    const struct fact *signature = facts_find_at(
        facts, of_server ? OBS_SERVER_CERT_SIGNATURE : OBS_CLIENT_CERT_SIGNATURE, 0, 0);
    char name[STRENGTH_NAME_SIZE], whose[VIEW_NAME_SIZE];
    enum verdict verdict = VERDICT_COMPLIANT;
    judge_notes_name(of_server ? &view->server : &view->client, whose);
    if (type != NULL) {
        (void)snprintf(name, sizeof name, "%s%s%s", facts_text(facts, type),
                       curve != NULL ? "/" : "", facts_text(facts, curve));
        struct strength_value key = { .kind = STRENGTH_KEY, .name = name };
        key.bits = bits == NULL ? 0 : (uint32_t)bits->value;
        verdict = judge_strength(view, profile, &key, bits != NULL ? bits : type, whose, a);
    }
    if (signature != NULL) {
        struct strength_value hash = { .kind = STRENGTH_CERTIFICATE_SIGNATURE,
                                       .name = facts_text(facts, signature) };
        verdict =
            judge_notes_worse(verdict, judge_strength(view, profile, &hash, signature, whose, a));
    }
    return verdict;
}

/* rules/judge_media.c: rows on media: the worst stream of a flow decides, every fault is named. */
#include <string.h>

#include "rules/judge_view.h"

struct stream {
    const struct fact *ssrc;
    const struct fact *protection;
    uint16_t index;
};

static const struct fact *fact_of(const struct view *view, const struct stream *s,
                                  enum observation_kind kind)
{
    return facts_find_at(view->facts, kind, s->index, 0);
}

static const char *text_of(const struct view *view, const struct stream *s,
                           enum observation_kind kind)
{
    return facts_text(view->facts, fact_of(view, s, kind));
}

static bool is_false(const struct fact *fact)
{
    return fact != NULL && fact->value == 0;
}

static const char *sender_of(const struct view *view, const struct stream *s, char *buffer)
{
    const struct fact *from = fact_of(view, s, OBS_MEDIA_FROM);
    bool client = from == NULL || (from->value & 1) == view->record->client;
    return judge_notes_name(client ? &view->client : &view->server, buffer);
}

static enum evidence evidence_of(const struct view *view, const struct stream *s)
{
    const char *evidence = text_of(view, s, OBS_MEDIA_EVIDENCE);
    return strcmp(evidence, "proven") == 0     ? EVIDENCE_PROVEN
           : strcmp(evidence, "declared") == 0 ? EVIDENCE_DECLARED
                                               : EVIDENCE_INFERRED;
}

/* Where a look at the payloads said otherwise than those before; NULL when none did. */
static const struct fact *change_of(const struct view *view, const struct stream *s)
{
    const struct fact *f = NULL;
    while ((f = facts_next(view->facts, OBS_MEDIA_GROUND_TEST, f)) != NULL) {
        if (f->index == s->index && strcmp(facts_text(view->facts, f), "change") == 0) {
            return f;
        }
    }
    return NULL;
}

static void judge_clear(const struct view *view, const struct stream *s, struct assessment *a)
{
    char sender[VIEW_NAME_SIZE];
    const char *codec = text_of(view, s, OBS_MEDIA_CODEC);
    a->verdict = VERDICT_VIOLATION;
    a->observed = "rtp";
    judge_notes_reason(
        a, "media.clear", "The media from %s %s plain RTP%s%s: it can be listened to.",
        sender_of(view, s, sender), a->evidence == EVIDENCE_PROVEN ? "is" : "shows all signs of",
        codec[0] != '\0' ? ", " : "", codec);
    if (strcmp(text_of(view, s, OBS_MEDIA_NEGOTIATED), "srtp") == 0) {
        judge_notes_reason(a, "media.negotiated-not-applied",
                           "SRTP was negotiated in the signalling, but the packets are not "
                           "encrypted.");
        judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_NEGOTIATED));
    }
    const struct fact *change = change_of(view, s);
    if (change != NULL) {
        bool readable =
            strcmp(facts_text(view->facts, facts_find_at(view->facts, OBS_MEDIA_GROUND_RESULT,
                                                         s->index, change->sub)),
                   "rtp") == 0;
        judge_notes_reason(a, "media.changed",
                           "It changed: looked at from packet %llu on it was %s, before that it "
                           "was not.",
                           (unsigned long long)change->packet, readable ? "readable" : "encrypted");
        judge_notes_proof_of(view, a, change);
    }
    judge_notes_proof_of(view, a, s->protection);
    judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_GROUND_TEST));
}

/* Where no tag was checked, nor its room seen, nor a suite agreed on, nobody knows of any. */
static void doubt_tags(const struct view *view, const struct stream *s, const char *sender,
                       struct assessment *a)
{
    bool mismatch = strcmp(text_of(view, s, OBS_MEDIA_TAG), "mismatch") == 0;
    if (a->verdict != VERDICT_COMPLIANT) {
        return;
    }
    if (mismatch) {
        a->verdict = VERDICT_UNKNOWN;
        judge_notes_reason(a, "media.tag-mismatch",
                           "The packets from %s do not fit the key that was agreed on: who has "
                           "theirs is not known.",
                           sender);
        judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_TAG));
    } else if (fact_of(view, s, OBS_MEDIA_AUTHENTICATED) == NULL) {
        a->verdict = VERDICT_UNKNOWN;
        judge_notes_reason(a, "media.authentication-unknown",
                           "The media from %s is encrypted, but nothing seen tells whether it is "
                           "authenticated.",
                           sender);
    }
}

/* Keys go through SIP: where that is in clear and was not captured whole, others may have them. */
static void doubt_keys(const struct view *view, const struct stream *s, const char *sender,
                       struct assessment *a)
{
    const struct fact *signalling = fact_of(view, s, OBS_MEDIA_SIGNALLING);
    if (a->verdict != VERDICT_COMPLIANT || signalling == NULL) {
        return;
    }
    a->verdict = VERDICT_UNKNOWN;
    judge_notes_reason(a, "media.keying-not-captured",
                       "The media from %s is encrypted, but SIP of these hosts is readable, and "
                       "the capture does not show the part of it that set this stream up: its "
                       "keys may have been in there.",
                       sender);
    judge_notes_proof_of(view, a, signalling);
}

/* A key of its own keeps what a stream holds from whoever knows another stream's (RFC 3711 9.1). */
static void judge_reuse(const struct view *view, const struct stream *s, const char *sender,
                        struct assessment *a)
{
    static const char *const others[] = { "direction", "the other direction of the call",
                                          "section",   "another stream of the call",
                                          "call",      "an earlier call" };
    const struct fact *f = NULL;
    while ((f = facts_next(view->facts, OBS_MEDIA_KEY_REUSE, f)) != NULL) {
        const char *how = facts_text(view->facts, f);
        if (f->index == s->index && strcmp(how, "index") == 0) {
            a->verdict = VERDICT_VIOLATION;
            a->evidence = EVIDENCE_PROVEN;
            judge_notes_reason(a, "media.key-stream-reused",
                               "The SRTP from %s encrypted different packets under one index of "
                               "one key: what they hold can be computed.",
                               sender);
            judge_notes_proof_of(view, a, f);
        }
        for (unsigned i = 0; f->index == s->index && i < sizeof others / sizeof *others; i += 2) {
            if (strcmp(how, others[i]) == 0) {
                a->verdict = judge_notes_worse(a->verdict, VERDICT_WEAK);
                judge_notes_reason(a, "media.key-shared",
                                   "The key of the SRTP from %s is that of %s too.", sender,
                                   others[i + 1]);
                judge_notes_proof_of(view, a, f);
            }
        }
    }
}

/* By the strength profile. */
static void judge_suite(const struct view *view, const struct stream *s, struct assessment *a)
{
    const struct fact *suite = fact_of(view, s, OBS_MEDIA_SUITE);
    char name[STRENGTH_NAME_SIZE];
    if (suite != NULL) {
        struct strength_value value = judge_strength_value(view, STRENGTH_SRTP, suite, name);
        enum verdict verdict =
            judge_strength(view, policy_strength(view->policy), &value, suite, "", a);
        a->verdict = judge_notes_worse(a->verdict, verdict);
    }
}

/* SRTP must give confidentiality, authentication and replay protection, under a secret key. */
static void judge_protected(const struct view *view, const struct stream *s, struct assessment *a)
{
    const struct fact *confidential = fact_of(view, s, OBS_MEDIA_CONFIDENTIAL);
    const struct fact *authenticated = fact_of(view, s, OBS_MEDIA_AUTHENTICATED);
    const struct fact *exposed = fact_of(view, s, OBS_MEDIA_KEY_EXPOSED);
    const char *suite = text_of(view, s, OBS_MEDIA_SUITE);
    char sender[VIEW_NAME_SIZE];
    sender_of(view, s, sender);
    a->observed = "srtp";
    a->verdict = VERDICT_COMPLIANT;
    if (is_false(confidential)) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "media.not-confidential",
                           "The SRTP from %s does not encrypt%s%s%s: it can be listened to.",
                           sender, suite[0] != '\0' ? " (" : "", suite,
                           suite[0] != '\0' ? ")" : "");
        judge_notes_proof_of(view, a, confidential);
    }
    if (is_false(authenticated)) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "media.not-authenticated",
                           "The SRTP from %s is not authenticated: it can be changed, and played "
                           "again (no replay protection).",
                           sender);
        judge_notes_proof_of(view, a, authenticated);
    }
    if (exposed != NULL && exposed->value != 0) {
        const struct fact *keyed_by = fact_of(view, s, OBS_MEDIA_KEYED_BY);
        a->verdict = VERDICT_VIOLATION;
        a->evidence = EVIDENCE_PROVEN;
        judge_notes_reason(a, "media.key-exposed",
                           "The key of the SRTP from %s was readable in SIP%s%s: it can be "
                           "listened to.",
                           sender, keyed_by != NULL ? " flow " : "",
                           facts_text(view->facts, keyed_by));
        judge_notes_proof_of(view, a, exposed);
        judge_notes_proof_of(view, a, keyed_by);
        judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_TAG));
    }
    bool promised = suite[0] != '\0' || a->evidence == EVIDENCE_DECLARED;
    if (a->verdict == VERDICT_COMPLIANT && confidential == NULL && promised) {
        a->verdict = VERDICT_UNKNOWN;
        judge_notes_reason(a, "media.cipher-unknown",
                           "The media from %s is SRTP%s%s%s, but nothing seen tells whether that "
                           "encrypts.",
                           sender, suite[0] != '\0' ? " (" : "", suite,
                           suite[0] != '\0' ? ")" : "");
    }
    judge_suite(view, s, a);
    doubt_tags(view, s, sender, a);
    doubt_keys(view, s, sender, a);
    judge_reuse(view, s, sender, a);
    if (a->verdict != VERDICT_VIOLATION) {
        judge_notes_proof_of(view, a, s->protection);
    }
}

/* Media that was on its way before ZRTP had keys (RFC 6189 4.6), and has no others. */
static bool is_before_keys(const struct view *view, const struct stream *s)
{
    const struct fact *first = fact_of(view, s, OBS_MEDIA_FIRST);
    const struct fact *confirmed = facts_find(view->facts, OBS_ZRTP_CONFIRMED);
    return strcmp(text_of(view, s, OBS_MEDIA_KEYING), "zrtp") == 0 && first != NULL &&
           confirmed != NULL && first->packet < confirmed->packet;
}

static void judge_before_keys(const struct view *view, const struct stream *s, struct assessment *a)
{
    char sender[VIEW_NAME_SIZE];
    a->verdict = VERDICT_VIOLATION;
    a->evidence = EVIDENCE_INFERRED;
    a->observed = "rtp";
    judge_notes_reason(a, "media.clear-before-keys",
                       "The media from %s began before ZRTP had agreed on keys: its first packets "
                       "can be listened to.",
                       sender_of(view, s, sender));
    judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_FIRST));
    judge_notes_proof_of(view, a, facts_find(view->facts, OBS_ZRTP_CONFIRMED));
}

static void judge_undecided(const struct view *view, const struct stream *s, struct assessment *a)
{
    const struct fact *packets = fact_of(view, s, OBS_MEDIA_PACKETS);
    char sender[VIEW_NAME_SIZE];
    a->verdict = VERDICT_UNKNOWN;
    a->observed = "unknown";
    judge_notes_reason(a, "media.undecided",
                       "Neither the %llu packets from %s nor the signalling tell whether the "
                       "media is encrypted.",
                       packets == NULL ? 0ull : (unsigned long long)packets->value,
                       sender_of(view, s, sender));
    if (strcmp(text_of(view, s, OBS_MEDIA_NEGOTIATED), "unknown") == 0) {
        judge_notes_reason(a, "media.alternatives-undecided",
                           "The offer let the peer choose from several descriptions, and the "
                           "answer does not tell which of them it took.");
        judge_notes_proof_of(view, a, fact_of(view, s, OBS_MEDIA_NEGOTIATED));
    }
    judge_notes_proof_of(view, a, s->ssrc);
}

static void judge_stream(const struct view *view, const struct policy_row *row,
                         const struct stream *s, struct assessment *a)
{
    const char *protection = facts_text(view->facts, s->protection);
    char sender[VIEW_NAME_SIZE];
    a->evidence = evidence_of(view, s);
    if (strcmp(protection, "rtp") == 0 && facts_true(view->facts, OBS_STUN_DECRYPTED)) {
        a->verdict = VERDICT_UNKNOWN;
        a->observed = "rtp";
        judge_notes_reason(a, "media.inside-tls",
                           "The media from %s is plain RTP to a relay, inside TLS: the relay can "
                           "listen to it, and what becomes of it there is not seen here.",
                           sender_of(view, s, sender));
        judge_notes_proof_of(view, a, s->protection);
    } else if (strcmp(protection, "rtp") == 0) {
        judge_clear(view, s, a);
    } else if (is_before_keys(view, s)) {
        judge_before_keys(view, s, a);
    } else if (strcmp(protection, "srtp") == 0) {
        judge_protected(view, s, a);
    } else {
        judge_undecided(view, s, a);
    }
    if (a->verdict == VERDICT_VIOLATION && (row->require & REQUIRE_NONE) != 0) {
        judge_signalling_permit(view, a);
    }
}

/* Joins one stream's assessment into the flow's: the worst verdict with its best evidence. */
static void merge(struct assessment *a, const struct assessment *stream, bool first)
{
    bool worse = judge_notes_worse(a->verdict, stream->verdict) != a->verdict;
    if (first || worse || (a->verdict == stream->verdict && stream->evidence < a->evidence)) {
        a->evidence = stream->evidence;
        a->observed = stream->observed;
    }
    a->verdict = first ? stream->verdict : judge_notes_worse(a->verdict, stream->verdict);
    for (uint32_t i = 0; i < stream->reason_count; i++) {
        judge_notes_reason(a, stream->reasons[i].code, "%s", stream->reasons[i].text);
    }
    for (uint32_t i = 0; i < stream->proof_count && a->proof_count < PROOFS_MAX; i++) {
        a->proofs[a->proof_count++] = stream->proofs[i];
    }
}

/* From the first packet of any stream to the last of any. */
static uint64_t media_time_us(const struct view *view)
{
    uint64_t first = UINT64_MAX, last = 0;
    const struct facts *facts = view->facts;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_MEDIA_FIRST, f)) != NULL;) {
        first = f->value < first ? f->value : first;
    }
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_MEDIA_LAST, f)) != NULL;) {
        last = f->value > last ? f->value : last;
    }
    return last > first ? last - first : 0;
}

/* A DTLS handshake for SRTP whose media was not seen: only its profile can be judged. */
static void judge_profile(const struct view *view, struct assessment *a)
{
    const struct fact *profile = facts_find(view->facts, OBS_TLS_USE_SRTP);
    a->verdict = VERDICT_VIOLATION;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "srtp";
    judge_notes_reason(a, "media.not-confidential",
                       "DTLS-SRTP chose the profile %s, which does not encrypt.",
                       facts_text(view->facts, profile));
    judge_notes_proof_of(view, a, profile);
}

/* Nothing of it was seen: it may be media, protected or not, or none at all. */
static void judge_hidden(const struct view *view, struct assessment *a)
{
    char server[VIEW_NAME_SIZE];
    a->verdict = VERDICT_UNKNOWN;
    a->evidence = EVIDENCE_PROVEN;
    a->observed = "tls";
    judge_notes_reason(a, "media.hidden-in-tls",
                       "What goes through the relay %s inside TLS is not to be seen: it may be "
                       "media, and the TLS ends at the relay.",
                       judge_notes_name(&view->server, server));
    judge_notes_proof(view, a, OBS_TLS_ESTABLISHED);
}

/* Of a pair of rows for one link, one takes the clear streams and the other (which asks what the
 * keys came over) those that are protected. */
static bool is_for_row(const struct view *view, const struct policy_row *row,
                       const struct stream *s)
{
    bool clear = strcmp(facts_text(view->facts, s->protection), "rtp") == 0;
    if (row->subject == SUBJECT_SESSION) { /* the pair in one */
        return true;
    }
    return row->require == REQUIRE_NONE ? clear : row->over == NULL || !clear;
}

/* Who is at the other end of DTLS is known by the fingerprint in the signalling only (RFC 5763 5):
 * keys agreed on with another certificate are those of whoever showed it. */
static void judge_fingerprints(const struct view *view, const struct policy_row *row,
                               struct assessment *a)
{
    static const enum observation_kind kinds[] = { OBS_TLS_SERVER_FINGERPRINT,
                                                   OBS_TLS_CLIENT_FINGERPRINT };
    bool found = false, decides = a->verdict != VERDICT_VIOLATION;
    uint32_t reasons = a->reason_count, proofs = a->proof_count;
    for (unsigned i = 0; i < 2 && facts_is(view->facts, OBS_MEDIA_KEYING, "dtls"); i++) {
        if (facts_is(view->facts, kinds[i], "mismatch")) {
            found = true;
            if (decides && a->proof_count == PROOFS_MAX) {
                proofs = --a->proof_count; /* a stream's makes room */
            }
            judge_notes_reason(a, "media.fingerprint-mismatch",
                               "The keys of this SRTP come of a DTLS handshake whose %s showed "
                               "another certificate than the signalling announced: someone else "
                               "may have them.",
                               i == 0 ? "server" : "client");
            judge_notes_proof(view, a, kinds[i]);
        } else if (facts_is(view->facts, kinds[i], "unknown") && a->verdict == VERDICT_COMPLIANT) {
            a->verdict = VERDICT_UNKNOWN;
            judge_notes_reason(
                a, "media.fingerprint-unknown",
                "The certificate that the DTLS %s showed is none that the signalling "
                "seen here announced; not all of it may have been seen.",
                i == 0 ? "server" : "client");
            judge_notes_proof(view, a, kinds[i]);
        }
    }
    if (found && decides) { /* the certificate's packet is what the finding points at */
        judge_notes_lead(a, reasons, proofs);
    }
    if (found) {
        a->verdict = VERDICT_VIOLATION;
        a->evidence = EVIDENCE_PROVEN;
        if ((row->require & REQUIRE_NONE) != 0) {
            judge_signalling_permit(view, a);
        }
    }
}

void judge_media(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    const struct facts *facts = view->facts;
    struct stream s = { NULL, NULL, 0 };
    bool first = true;
    if (view->hidden) {
        judge_hidden(view, a);
        return;
    }
    while ((s.ssrc = facts_next(facts, OBS_MEDIA_SSRC, s.ssrc)) != NULL) {
        struct assessment one = { .row = row, .observed = "unknown" };
        s.index = s.ssrc->index;
        s.protection = fact_of(view, &s, OBS_MEDIA_PROTECTION);
        if (is_for_row(view, row, &s)) {
            judge_stream(view, row, &s, &one);
            merge(a, &one, first);
            first = false;
        }
    }
    if (facts_find(view->facts, OBS_MEDIA_SSRC) == NULL) {
        judge_profile(view, a);
    }
    if (strcmp(a->observed, "srtp") == 0 && facts_is(facts, OBS_MEDIA_KEYING, "dtls") &&
        facts_true(facts, OBS_TLS_ESTABLISHED)) {
        a->verdict = judge_notes_worse(a->verdict, judge_tls_strength(view, a));
    }
    if (row->over != NULL && strcmp(a->observed, "srtp") == 0 &&
        !judge_notes_has(a, "media.key-exposed")) {
        judge_keying(view, row, a);
    }
    if (strcmp(a->observed, "srtp") == 0) {
        judge_fingerprints(view, row, a);
    }
    a->media_us = media_time_us(view);
}

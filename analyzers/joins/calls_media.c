/* analyzers/joins/calls_media.c: final facts of media streams from packets, DTLS and SDP.
 *
 * A tag that fits a key proves most. What packets show otherwise outranks what a DTLS handshake on
 * the same ports implies, and that outranks what the answered SDP declares. Offers alone say
 * nothing. */
#include <string.h>

#include "analyzers/joins/calls_internal.h"
#include "base/text.h"

/* What was agreed for one direction of a flow. */
struct agreement {
    const char *negotiated;     /* srtp rtp, NULL = no answer seen or it says nothing */
    bool undecided;             /* an answer was seen, to which description is not known */
    const char *keying;         /* sdes dtls zrtp mikey, NULL = not known */
    char suite[CALL_NAME_SIZE]; /* "" = not known; a copy, since facts move when they grow */
    bool null_cipher;           /* payload not encrypted: NULL suite, UNENCRYPTED_SRTP */
    bool unauthenticated;       /* UNAUTHENTICATED_SRTP */
    bool known_suite;           /* the suite is one that encrypts and authenticates */
    bool dtls;                  /* DTLS with use_srtp was completed on these ports */
    bool zrtp;                  /* ZRTP was */
    bool key_exposed;           /* the key of this direction was readable */
    uint64_t key_flow;          /* in this SIP flow */
    bool checkable;             /* the sender's key is known, and makes tags */
    enum call_tags tags;
};

/* A stream of the record. */
struct stream {
    struct facts *facts;
    uint16_t index;
    uint8_t from;
    uint32_t ssrc;
    uint64_t packet, time_us;
};

static void put_text(const struct stream *stream, enum observation_kind kind, const char *text)
{
    struct observation obs = {
        .kind = kind,
        .index = stream->index,
        .from = stream->from,
        .text = text,
        .text_size = (uint32_t)strlen(text),
        .packet = stream->packet,
        .time_us = stream->time_us,
    };
    facts_put(stream->facts, &obs);
}

static void put_flag(const struct stream *stream, enum observation_kind kind, bool value)
{
    struct observation obs = {
        .kind = kind,
        .index = stream->index,
        .from = stream->from,
        .value = value,
        .packet = stream->packet,
        .time_us = stream->time_us,
    };
    facts_put(stream->facts, &obs);
}

static bool fact_is(const struct stream *stream, enum observation_kind kind, const char *text)
{
    const struct fact *fact = facts_find_at(stream->facts, kind, stream->index, 0);
    return fact != NULL && strcmp(facts_text(stream->facts, fact), text) == 0;
}

static bool starts(const char *text, const char *want)
{
    return strncmp(text, want, strlen(want)) == 0;
}

static bool ends(const char *text, const char *want)
{
    size_t size = strlen(text);
    size_t tail = strlen(want);
    return size >= tail && strcmp(text + size - tail, want) == 0;
}

/* Suites of RFC 4568, 5669, 6188, 7714, 8269 and their spellings that encrypt and authenticate;
 * others of the same families (AES_CM_128_NULL_AUTH) may not. */
static bool is_known_suite(const char *suite)
{
    bool aead = starts(suite, "AEAD_AES_") || starts(suite, "AEAD_ARIA_") ||
                starts(suite, "SEED_128_CCM_80") || starts(suite, "SEED_128_GCM_96");
    bool family = starts(suite, "AES_") || starts(suite, "F8_128_") || starts(suite, "SEED_") ||
                  starts(suite, "ARIA_");
    return aead || (family && (ends(suite, "HMAC_SHA1_80") || ends(suite, "HMAC_SHA1_32")));
}

static void set_suite(struct agreement *agreement, const char *suite)
{
    struct text text = text_into(agreement->suite, sizeof agreement->suite);
    text_put(&text, suite);
}

/* IANA DTLS-SRTP profiles: 5 and 6 have no cipher, 3 and 4 no meaning. */
static void read_profile(const struct facts *facts, struct agreement *agreement)
{
    const struct fact *chosen = facts_find(facts, OBS_TLS_USE_SRTP);
    bool hidden = facts_is(facts, OBS_TLS_VERSION, "DTLSv1.3") &&
                  facts_find(facts, OBS_TLS_OFFER_SRTP) != NULL;
    if (!facts_true(facts, OBS_TLS_ESTABLISHED) || (chosen == NULL && !hidden)) {
        return;
    }
    agreement->dtls = true;
    agreement->keying = "dtls";
    if (chosen != NULL) {
        uint64_t code = chosen->value;
        set_suite(agreement, facts_text(facts, chosen));
        agreement->null_cipher = code == 5 || code == 6;
        agreement->known_suite = code == 1 || code == 2 || (code >= 7 && code <= 0x10);
    }
}

/* proto and attributes of the answer, RFC 3264 6; RFC 8643 lets RTP/AVP carry keys. */
static void read_answer(const struct call_line *answer, const struct call_line *offer,
                        struct agreement *agreement)
{
    bool both_crypto = answer->crypto_count > 0 && offer->crypto_count > 0;
    bool both_fingerprint = answer->fingerprint && offer->fingerprint;
    if (answer->port == 0 || answer->proto == PROTO_OTHER) {
        return;
    }
    bool protected = answer->proto != PROTO_AVP || both_crypto || both_fingerprint ||
                     (answer->keys == KEYS_MIKEY && offer->keys == KEYS_MIKEY);
    if (!protected) {
        bool may_be_zrtp = answer->keys == KEYS_ZRTP && offer->keys == KEYS_ZRTP;
        agreement->negotiated = may_be_zrtp ? NULL : "rtp";
        agreement->keying = may_be_zrtp && !agreement->dtls ? "zrtp" : agreement->keying;
        return;
    }
    agreement->negotiated = "srtp";
    if (agreement->dtls) {
        return;
    }
    if (answer->proto == PROTO_DTLS || (answer->crypto_count == 0 && answer->fingerprint)) {
        agreement->keying = "dtls";
    } else if (answer->crypto_count > 0) {
        agreement->keying = "sdes";
    } else if (answer->keys != KEYS_NONE) {
        agreement->keying = answer->keys == KEYS_MIKEY ? "mikey" : "zrtp";
    }
}

const char *calls_media_agreed(const struct call_line *answer, const struct call_line *offer)
{
    struct agreement agreement = { .negotiated = NULL };
    read_answer(answer, offer, &agreement);
    if (agreement.negotiated != NULL) {
        return agreement.negotiated;
    }
    return answer->port == 0 ? "refused" : answer->proto == PROTO_OTHER ? "other" : "zrtp";
}

/* RFC 6189 4.5: SRTP as the Commit says. What the signalling says of ZRTP does not matter (3.1.1);
 * where it agreed on other keys, those are used. */
static void read_zrtp(const struct facts *facts, struct agreement *agreement)
{
    bool other = agreement->keying != NULL && strcmp(agreement->keying, "zrtp") != 0;
    if (other || !facts_is(facts, OBS_ZRTP_STATE, "agreed")) {
        return;
    }
    agreement->zrtp = true;
    agreement->keying = "zrtp";
    agreement->negotiated = NULL;
    const char *cipher = facts_text(facts, facts_find(facts, OBS_ZRTP_CIPHER));
    const char *tag = facts_text(facts, facts_find(facts, OBS_ZRTP_TAG));
    bool aes = strcmp(cipher, "AES1") == 0 || strcmp(cipher, "AES2") == 0 ||
               strcmp(cipher, "AES3") == 0; /* RFC 6189 5.1.3: 128, 192, 256 bits */
    bool sha1 = strcmp(tag, "HS80") == 0 || strcmp(tag, "HS32") == 0;
    if (aes && sha1) {
        static const char *const bits[] = { "128", "192", "256" };
        struct text suite = text_into(agreement->suite, sizeof agreement->suite);
        text_printf(&suite, "AES_CM_%s_HMAC_SHA1_%s", bits[cipher[3] - '1'], tag + 2);
        agreement->known_suite = true;
    }
}

/* The offered crypto that the answer took (RFC 4568 5.1.2: same tag). */
static const struct call_crypto *chosen_of(const struct call_line *line,
                                           const struct call_crypto *answered)
{
    for (unsigned i = 0; i < line->crypto_count; i++) {
        if (line->cryptos[i].tag == answered->tag) {
            return &line->cryptos[i];
        }
    }
    return NULL;
}

static void read_suite(const struct calls *calls, const struct call_line *answer,
                       const struct call_line *offer, struct agreement *agreement)
{
    if (agreement->keying == NULL || strcmp(agreement->keying, "sdes") != 0) {
        return;
    }
    const struct call_crypto *answered = &answer->cryptos[0];
    const struct call_crypto *offered = chosen_of(offer, answered);
    const char *suite = calls->names.text[answered->suite];
    set_suite(agreement, suite);
    agreement->known_suite = is_known_suite(suite);
    agreement->null_cipher =
        starts(suite, "NULL") || answered->unencrypted || (offered != NULL && offered->unencrypted);
    agreement->unauthenticated = ends(suite, "NULL_AUTH") || answered->unauthenticated ||
                                 (offered != NULL && offered->unauthenticated);
}

/* A sender encrypts with the key that it announced (RFC 4568 5.1). */
static void read_exposure(const struct call_line *sender, const struct call_line *answer,
                          struct agreement *agreement)
{
    if (sender == NULL || agreement->dtls || sender->decrypted) {
        return;
    }
    bool readable = sender->crypto_count > 0 || sender->key_line;
    if (answer != NULL) {
        bool taken = answer->crypto_count > 0 && sender->crypto_count > 0 &&
                     chosen_of(sender, &answer->cryptos[0]) != NULL;
        readable = taken || (sender->key_line && answer->crypto_count == 0);
    }
    agreement->key_exposed = readable;
    agreement->key_flow = sender->flow_id;
}

/* Has the sender announced a key whose tags can be checked, and was it taken? */
static bool is_checkable(const struct calls *calls, const struct call_line *sender,
                         const struct call_line *answer)
{
    const struct call_crypto *taken = sender != NULL && answer != NULL && answer->crypto_count > 0
                                          ? chosen_of(sender, &answer->cryptos[0])
                                          : NULL;
    if (taken == NULL || sender->alike || taken->other || taken->unauthenticated ||
        answer->cryptos[0].unauthenticated) {
        return false;
    }
    uint32_t at = sender->keys_held;
    while (at != POOL_NONE) {
        const struct call_key *key = pool_at(&calls->keys, at);
        if (key->tag == taken->tag && key->suite == taken->suite) {
            return true;
        }
        at = key->next_of_line;
    }
    return false;
}

static struct agreement agreement_of(const struct calls *calls, const struct facts *facts,
                                     const struct call_match *match, uint8_t from)
{
    struct agreement agreement = { .negotiated = NULL };
    read_profile(facts, &agreement);
    const struct call_line *sender = match->side[from];
    const struct call_line *receiver = match->side[1 - from];
    const struct call_line *known = sender != NULL ? sender : receiver;
    const struct call_line *peer = known != NULL ? calls_line_at(calls, known->peer) : NULL;
    if (sender != NULL && receiver != NULL && calls_line_at(calls, receiver->peer) == sender) {
        known = receiver; /* one of several answers to the sender's offer */
        peer = sender;
    }
    const struct call_line *answer = NULL;
    agreement.undecided = known != NULL && peer == NULL && known->undecided;
    if (peer != NULL) {
        answer = known->is_answer ? known : peer;
        const struct call_line *offer = known->is_answer ? peer : known;
        read_answer(answer, offer, &agreement);
        read_suite(calls, answer, offer, &agreement);
    }
    read_zrtp(facts, &agreement);
    read_exposure(sender, answer, &agreement);
    agreement.checkable = !agreement.dtls && is_checkable(calls, sender, answer);
    return agreement;
}

/* What keys prove outranks what was agreed. */
static void adopt(const struct calls *calls, const struct call_stream *seen,
                  struct agreement *agreement)
{
    agreement->tags = calls_tags_of(seen, agreement->checkable);
    if (agreement->tags == TAGS_NONE) {
        return;
    }
    bool fits = agreement->tags != TAGS_MISMATCH;
    bool all = agreement->tags == TAGS_VERIFIED;
    agreement->key_exposed = fits && seen->exposed;
    agreement->key_flow = seen->key_flow;
    agreement->known_suite = all;
    agreement->null_cipher = fits && (agreement->null_cipher || seen->unencrypted);
    agreement->unauthenticated = agreement->unauthenticated && !all;
    if (fits) {
        agreement->keying = "sdes";
    }
    set_suite(agreement, fits ? calls->names.text[seen->suite] : "");
}

/* Did a look at the payloads say otherwise than those before? */
static bool is_changed(const struct stream *stream)
{
    const struct fact *f = NULL;
    while ((f = facts_next(stream->facts, OBS_MEDIA_GROUND_TEST, f)) != NULL) {
        if (f->index == stream->index && strcmp(facts_text(stream->facts, f), "change") == 0) {
            return true;
        }
    }
    return false;
}

/* Packets that were undecided although one of their tests found them readable: no promise makes
 * them SRTP. */
static bool is_contradicted(const struct stream *stream)
{
    const struct fact *f = NULL;
    while ((f = facts_next(stream->facts, OBS_MEDIA_GROUND_RESULT, f)) != NULL) {
        if (f->index == stream->index && strcmp(facts_text(stream->facts, f), "rtp") == 0) {
            return true;
        }
    }
    return false;
}

/* The final word on protection, its evidence written down. */
static const char *decide(const struct stream *stream, struct agreement *agreement)
{
    bool readable = fact_is(stream, OBS_MEDIA_PROTECTION, "rtp");
    if (agreement->tags == TAGS_VERIFIED && !(readable && is_changed(stream))) {
        agreement->null_cipher = agreement->null_cipher || readable;
        put_text(stream, OBS_MEDIA_EVIDENCE, "proven");
        return "srtp";
    }
    bool proven = fact_is(stream, OBS_MEDIA_EVIDENCE, "proven");
    bool on_path = agreement->dtls || agreement->zrtp;
    bool srtp_agreed =
        on_path || (agreement->negotiated != NULL && strcmp(agreement->negotiated, "srtp") == 0);
    if (readable && !proven && srtp_agreed && agreement->null_cipher) {
        return "srtp"; /* what a NULL cipher looks like */
    }
    if (readable) {
        return "rtp";
    }
    if (fact_is(stream, OBS_MEDIA_PROTECTION, "srtp")) {
        return "srtp";
    }
    if (srtp_agreed && !agreement->unauthenticated && is_contradicted(stream)) {
        return "unknown";
    }
    if (on_path) {
        put_text(stream, OBS_MEDIA_EVIDENCE, "inferred");
        return "srtp";
    }
    if (agreement->negotiated != NULL && agreement->tags == TAGS_NONE) {
        put_text(stream, OBS_MEDIA_EVIDENCE, "declared");
        return agreement->negotiated;
    }
    return "unknown";
}

static void put_properties(const struct stream *stream, const struct agreement *agreement)
{
    const struct facts *facts = stream->facts;
    bool seen_cipher = facts_find_at(facts, OBS_MEDIA_CONFIDENTIAL, stream->index, 0) != NULL;
    bool seen_tag = facts_find_at(facts, OBS_MEDIA_AUTHENTICATED, stream->index, 0) != NULL;
    bool hidden_profile = agreement->dtls && agreement->suite[0] == '\0'; /* all there are do */
    if (agreement->null_cipher) {
        put_flag(stream, OBS_MEDIA_CONFIDENTIAL, false);
    } else if (!seen_cipher && agreement->known_suite) {
        put_flag(stream, OBS_MEDIA_CONFIDENTIAL, true);
    }
    if (agreement->unauthenticated) {
        put_flag(stream, OBS_MEDIA_AUTHENTICATED, false);
    } else if (agreement->tags == TAGS_VERIFIED ||
               (!seen_tag && (agreement->known_suite || hidden_profile ||
                              (agreement->null_cipher && agreement->suite[0] != '\0')))) {
        put_flag(stream, OBS_MEDIA_AUTHENTICATED, true);
    }
    if (agreement->keying != NULL) {
        put_text(stream, OBS_MEDIA_KEYING, agreement->keying);
    }
    if (agreement->suite[0] != '\0') {
        put_text(stream, OBS_MEDIA_SUITE, agreement->suite);
    }
}

static void put_exposure(const struct stream *stream, const struct agreement *agreement)
{
    if (agreement->key_exposed) {
        char id[24];
        struct text text = text_into(id, sizeof id);
        text_printf(&text, "f:%016llx", (unsigned long long)agreement->key_flow);
        put_flag(stream, OBS_MEDIA_KEY_EXPOSED, true);
        put_text(stream, OBS_MEDIA_KEYED_BY, id);
    }
}

static const char *codec_of(const struct calls *calls, const struct call_line *line, uint64_t type)
{
    for (unsigned i = 0; i < line->codec_count; i++) {
        if (line->codecs[i].payload_type == type) {
            return calls->names.text[line->codecs[i].name];
        }
    }
    return "";
}

/* The line that names the payload type: this one, or another of its message on the same port
 * (BUNDLE, RFC 9143). NULL when none does. */
static const struct call_line *line_naming(const struct calls *calls, uint32_t call,
                                           const struct call_line *line, uint64_t type)
{
    if (line == NULL || codec_of(calls, line, type)[0] != '\0') {
        return line;
    }
    uint32_t at = calls_at(calls, call)->lines;
    while (at != POOL_NONE) {
        const struct call_line *other = calls_line_at(calls, at);
        if (other->digest == line->digest && other->party == line->party &&
            other->part == line->part && other->port == line->port &&
            codec_of(calls, other, type)[0] != '\0') {
            return other;
        }
        at = other->next;
    }
    return NULL;
}

static const char *kind_of(const struct calls *calls, const struct call_line *line,
                           const char *codec)
{
    const char *media = calls->names.text[line->kind];
    if (strcmp(codec, "telephone-event") == 0) {
        return "event";
    }
    if (starts(media, "applicationsharing")) {
        return "sharing";
    }
    return strcmp(media, "audio") == 0 || strcmp(media, "video") == 0 ? media : "";
}

/* RFC 3264 5.1: a payload type means what the receiver announced; most agree on one number. */
static void put_codec(const struct calls *calls, const struct stream *stream,
                      const struct call_match *match)
{
    const struct call_line *receiver = match->side[1 - stream->from];
    const struct call_line *sender = match->side[stream->from];
    const struct fact *type =
        facts_find_at(stream->facts, OBS_MEDIA_PAYLOAD_TYPE, stream->index, 0);
    if (type == NULL || (receiver == NULL && sender == NULL)) {
        return;
    }
    const struct call_line *line = line_naming(calls, match->call, receiver, type->value);
    line = line != NULL ? line : line_naming(calls, match->call, sender, type->value);
    const struct call_line *any = receiver != NULL ? receiver : sender;
    const char *codec = line != NULL ? codec_of(calls, line, type->value) : "";
    if (codec[0] != '\0') {
        put_text(stream, OBS_MEDIA_CODEC, codec);
    }
    const char *kind = kind_of(calls, line != NULL ? line : any, codec);
    if (kind[0] != '\0') {
        put_text(stream, OBS_MEDIA_KIND, kind);
    }
}

static void conclude_stream(struct calls *calls, const struct flow_record *record,
                            const struct call_match *match, const struct stream *stream)
{
    struct agreement agreement = agreement_of(calls, stream->facts, match, stream->from);
    const struct proof_search search = {
        .flow_id = record->id,
        .end = record->side,
        .match = match,
        .ssrc = stream->ssrc,
        .from = stream->from,
        .all = !agreement.dtls && !fact_is(stream, OBS_MEDIA_PROTECTION, "rtp"),
    };
    const struct call_stream *seen = calls_proof_find(calls, &search);
    adopt(calls, seen, &agreement);
    if (agreement.tags != TAGS_NONE) {
        const struct observation place = { .index = stream->index,
                                           .from = stream->from,
                                           .packet = stream->packet,
                                           .time_us = stream->time_us };
        calls_tags_put(stream->facts, &place, agreement.tags, seen);
        calls_reuse_put(calls, seen, match->call, stream->facts, &place);
    }
    const char *protection = decide(stream, &agreement);
    put_text(stream, OBS_MEDIA_PROTECTION, protection);
    const char *negotiated = agreement.undecided ? "unknown" : agreement.negotiated;
    if (negotiated != NULL) {
        put_text(stream, OBS_MEDIA_NEGOTIATED, negotiated);
    }
    if (strcmp(protection, "rtp") == 0) {
        put_flag(stream, OBS_MEDIA_CONFIDENTIAL, false);
        put_flag(stream, OBS_MEDIA_AUTHENTICATED, false);
    } else {
        put_exposure(stream, &agreement);
    }
    if (strcmp(protection, "srtp") == 0) {
        put_properties(stream, &agreement);
    }
    bool keyed = agreement.keying != NULL || agreement.key_exposed;
    if (!keyed && calls_talk_hides(calls, record->side, stream->time_us)) {
        put_text(stream, OBS_MEDIA_SIGNALLING, "readable");
    }
    if (agreement.zrtp && agreement.keying != NULL) {
        put_text(stream, OBS_MEDIA_KEYING, agreement.keying);
    }
    put_codec(calls, stream, match);
}

static void put_call(const struct calls *calls, const struct call_match *match,
                     struct flow_record *record)
{
    char id[24];
    struct text text = text_into(id, sizeof id);
    struct call_group group;
    calls_twins_of(calls, match->call, &group);
    text_printf(&text, "c:%016llx", (unsigned long long)calls_at(calls, group.call[0])->name);
    struct stream flow = { .facts = record->facts, .packet = record->packet_first };
    flow.time_us = record->start_us;
    put_text(&flow, OBS_MEDIA_CALL, id);
}

void calls_name(struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const struct fact *reports = facts_find(facts, OBS_MEDIA_RTCP_PROTECTION);
    bool media = facts_find(facts, OBS_MEDIA_SSRC) != NULL || reports != NULL;
    bool fitted = facts_is(facts, OBS_MEDIA_RTCP_EVIDENCE, "proven");
    bool unnamed = record->app == NULL || strcmp(record->app, "unknown") == 0;
    if (unnamed && media && (fitted || facts_find(facts, OBS_MEDIA_CALL) != NULL)) {
        record->app = "rtp";
        record->app_by = "content";
    }
}

void calls_media_reports(struct calls *calls, struct flow_record *record)
{
    struct call_match match = calls_match_flow(calls, record);
    if (match.call != POOL_NONE) {
        put_call(calls, &match, record);
    }
}

/* One pair of ports may serve several calls, one after the other: each stream has its own. */
void calls_media_conclude(struct calls *calls, struct flow_record *record)
{
    struct facts *facts = record->facts;
    const struct fact *relay = facts_find(facts, OBS_STUN_RELAYS);
    char relays[16];
    struct text copy = text_into(relays, sizeof relays); /* facts move when they grow */
    text_put(&copy, facts_text(facts, relay));
    struct call_match of_flow = calls_match_flow(calls, record);
    uint32_t known = facts->count; /* they grow meanwhile, and may move */
    for (uint32_t at = 0; at < known; at++) {
        const struct fact *fact = &facts->items[at];
        if (fact->kind != OBS_MEDIA_SSRC) {
            continue;
        }
        const struct fact *from = facts_find_at(facts, OBS_MEDIA_FROM, fact->index, 0);
        struct stream stream = {
            .facts = facts,
            .index = fact->index,
            .from = from != NULL ? from->value & 1 : fact->from & 1,
            .ssrc = (uint32_t)fact->value,
            .packet = fact->packet,
            .time_us = fact->time_us,
        };
        struct call_match match = calls_match_stream(calls, record, fact->index);
        conclude_stream(calls, record, &match, &stream);
        if (relays[0] != '\0') {
            put_text(&stream, OBS_MEDIA_RELAYED, relays);
        }
        of_flow = of_flow.call == POOL_NONE ? match : of_flow;
    }
    if (of_flow.call != POOL_NONE) {
        put_call(calls, &of_flow, record);
    }
}

/* analyzers/joins/calls_draft.c: one SIP message put together from its observations. */
#include <string.h>
#include <strings.h>

#include "analyzers/crypto/digest.h"
#include "analyzers/joins/calls_internal.h"

static const struct hash_seed stable_seed; /* call ids are the same in every run */

static bool text_is(const struct observation *obs, const char *want)
{
    return obs->text_size == strlen(want) && strncasecmp(obs->text, want, obs->text_size) == 0;
}

static bool text_has(const struct observation *obs, const char *want)
{
    size_t size = strlen(want);
    for (size_t i = 0; i + size <= obs->text_size; i++) {
        if (strncasecmp(obs->text + i, want, size) == 0) {
            return true;
        }
    }
    return false;
}

static uint16_t name_of(struct calls *calls, const char *text, uint32_t size)
{
    uint16_t id = calls_names_id(&calls->names, text, size);
    calls->dropped += id == 0;
    return id;
}

/* The line an observation speaks of; NULL beyond the cap. */
static struct call_line *line_of(struct calls *calls, const struct observation *obs)
{
    struct call_draft *draft = &calls->draft;
    if (obs->index >= DRAFT_LINES) {
        calls->dropped++;
        return NULL;
    }
    if (obs->index >= draft->line_count) {
        draft->line_count = (uint8_t)(obs->index + 1);
    }
    return &draft->lines[obs->index];
}

static void take_call_id(struct calls *calls, const struct observation *obs)
{
    struct call_draft *draft = &calls->draft;
    draft->has_call_id = obs->text_size > 0;
    draft->key = keyed_hash(obs->text, obs->text_size, calls->seed);
    draft->name = keyed_hash(obs->text, obs->text_size, stable_seed);
    draft->cseq = (uint32_t)obs->value;
    uint32_t size = obs->text_size < CALL_ID_SIZE ? obs->text_size : CALL_ID_SIZE - 1;
    memcpy(draft->id, obs->text, size);
    draft->id[size] = '\0';
}

static void take_media(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    line->present = true;
    line->port = (uint16_t)obs->value;
    line->kind = name_of(calls, obs->text, obs->text_size);
}

/* Tokens of RFC 3551, 3711, 4585, 5124, 5764, 7850, domain C.5. */
static void take_proto(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    (void)calls;
    bool dtls = text_has(obs, "TLS/RTP/"); /* UDP/TLS/, TCP/DTLS/; TCP/TLS/RTP/AVP is TLS below */
    if (dtls && text_has(obs, "/SAVP")) {
        line->proto = PROTO_DTLS;
    } else if (text_has(obs, "RTP/SAVP")) {
        line->proto = PROTO_SAVP;
    } else if (text_has(obs, "RTP/AVP")) {
        line->proto = PROTO_AVP;
    }
}

static void take_address(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    (void)calls;
    static const struct address zero;
    static const uint8_t zero4[4];
    struct address any4 = address_of_ipv4(zero4);
    line->has_address = address_parse(obs->text, obs->text_size, &line->address) &&
                        !address_equal(&line->address, &any4) &&
                        !address_equal(&line->address, &zero);
}

static void take_codec(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    if (line->codec_count >= CALL_CODECS) {
        calls->dropped++;
        return;
    }
    const char *slash = memchr(obs->text, '/', obs->text_size);
    uint32_t size = slash != NULL ? (uint32_t)(slash - obs->text) : obs->text_size;
    line->codecs[line->codec_count++] = (struct call_codec){
        .payload_type = (uint8_t)(obs->value & 127),
        .name = name_of(calls, obs->text, size),
    };
}

static void take_crypto(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    if (line->crypto_count >= CALL_CRYPTOS) {
        calls->dropped++;
        return;
    }
    line->cryptos[line->crypto_count++] = (struct call_crypto){
        .tag = obs->sub,
        .suite = name_of(calls, obs->text, obs->text_size),
    };
}

/* The key of the crypto attribute that was told last. */
static void take_crypto_key(struct calls *calls, const struct observation *obs)
{
    struct call_draft *draft = &calls->draft;
    const struct call_line *line =
        obs->index < draft->line_count ? &draft->lines[obs->index] : NULL;
    if (line == NULL || line->crypto_count == 0 || obs->value > SRTP_KEY_IDENTIFIER) {
        return;
    }
    const struct call_crypto *crypto = &line->cryptos[line->crypto_count - 1];
    const struct srtp_suite *suite = srtp_key_suite(calls->names.text[crypto->suite]);
    if (suite == NULL || crypto->tag != obs->sub ||
        obs->text_size != (uint32_t)suite->key_size + suite->salt_size) {
        return; /* of a kind whose tags are not checked */
    }
    if (draft->key_count >= DRAFT_KEYS) {
        calls->dropped++;
        return;
    }
    struct draft_key *key = &draft->keys[draft->key_count++];
    *key = (struct draft_key){
        .line = (uint8_t)obs->index,
        .tag = obs->sub,
        .suite = crypto->suite,
        .key = { .suite = suite, .identifier_size = (uint8_t)obs->value },
    };
    memcpy(key->key.bytes, obs->text, obs->text_size);
}

static void take_crypto_parameter(struct calls *calls, struct call_line *line,
                                  const struct observation *obs)
{
    (void)calls;
    for (unsigned i = 0; i < line->crypto_count; i++) {
        struct call_crypto *crypto = &line->cryptos[i];
        if (crypto->tag == obs->sub) {
            crypto->unencrypted = crypto->unencrypted || text_has(obs, "UNENCRYPTED_SRTP");
            crypto->unauthenticated =
                crypto->unauthenticated || text_has(obs, "UNAUTHENTICATED_SRTP");
            crypto->other = crypto->other || text_is(obs, "KDR") || text_is(obs, "FEC_ORDER");
        }
    }
}

static void take_candidate(struct calls *calls, struct call_line *line,
                           const struct observation *obs)
{
    struct call_draft *draft = &calls->draft;
    line->ice |= (obs->sub & OBSERVATION_ICE_DRAFT_6) != 0 ? CALL_ICE_6 : CALL_ICE_19;
    struct draft_candidate candidate = { .line = (uint8_t)obs->index };
    if (!address_parse(obs->text, obs->text_size, &candidate.end.address) || obs->value == 0 ||
        obs->value > UINT16_MAX) {
        return; /* mDNS names stand for addresses that nobody may know */
    }
    if (draft->candidate_count >= DRAFT_CANDIDATES) {
        calls->dropped++;
        return;
    }
    candidate.end.port = (uint16_t)obs->value;
    draft->candidates[draft->candidate_count++] = candidate;
}

static void take_rtcp_port(struct calls *calls, struct call_line *line,
                           const struct observation *obs)
{
    (void)calls;
    line->rtcp_port = (uint16_t)obs->value;
}

static void take_rtcp_mux(struct calls *calls, struct call_line *line,
                          const struct observation *obs)
{
    (void)calls;
    (void)obs;
    line->rtcp_mux = true;
}

/* Its place in a message with several descriptions, or with alternatives to choose from. */
static void take_part(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    if (obs->value >= CALL_PARTS || obs->sub >= DRAFT_LINES) {
        calls->dropped++;
        line->present = false;
        return;
    }
    line->alternative = text_is(obs, "alternative");
    line->part = (uint8_t)obs->value;
    line->place = (uint8_t)obs->sub;
}

static void take_key(struct calls *calls, struct call_line *line, const struct observation *obs)
{
    (void)calls;
    (void)obs;
    line->key_line = true;
}

static void take_fingerprint(struct calls *calls, struct call_line *line,
                             const struct observation *obs)
{
    (void)calls;
    enum digest_hash hash = digest_named(obs->text, obs->text_size);
    bool known = hash != DIGEST_UNKNOWN && obs->sub == digest_size(hash);
    line->fingerprint = line->fingerprint || obs->text_size > 0;
    if (!known || line->fingerprint_count == CALL_FINGERPRINTS) {
        line->fingerprints_unread = true;
        return;
    }
    line->fingerprints[line->fingerprint_count++] =
        (struct call_fingerprint){ .value = obs->value, .hash = (uint8_t)hash };
}

static void take_key_mgmt(struct calls *calls, struct call_line *line,
                          const struct observation *obs)
{
    (void)calls;
    line->keys = text_is(obs, "zrtp") ? KEYS_ZRTP : text_is(obs, "mikey") ? KEYS_MIKEY : KEYS_NONE;
}

typedef void (*take_line_fn)(struct calls *calls, struct call_line *line,
                             const struct observation *obs);

static const take_line_fn take_line[OBS_COUNT] = {
    [OBS_SDP_MEDIA] = take_media,       [OBS_SDP_PROTO] = take_proto,
    [OBS_SDP_ADDRESS] = take_address,   [OBS_SDP_RTCP_PORT] = take_rtcp_port,
    [OBS_SDP_RTCP_MUX] = take_rtcp_mux, [OBS_SDP_CODEC] = take_codec,
    [OBS_SDP_CRYPTO] = take_crypto,     [OBS_SDP_CRYPTO_PARAMETER] = take_crypto_parameter,
    [OBS_SDP_KEY] = take_key,           [OBS_SDP_FINGERPRINT] = take_fingerprint,
    [OBS_SDP_KEY_MGMT] = take_key_mgmt, [OBS_SDP_CANDIDATE] = take_candidate,
    [OBS_SDP_PART] = take_part,
};

static enum call_method method_of(const struct observation *obs)
{
    static const struct {
        const char *text;
        enum call_method method;
    } methods[] = {
        { "INVITE", METHOD_INVITE }, { "ACK", METHOD_ACK }, { "PRACK", METHOD_PRACK },
        { "UPDATE", METHOD_UPDATE }, { "BYE", METHOD_BYE },
    };
    for (unsigned i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (text_is(obs, methods[i].text)) {
            return methods[i].method;
        }
    }
    return METHOD_OTHER;
}

static void open_draft(struct call_draft *draft, uint64_t flow_id, const struct flow_end end[2],
                       const struct observation *obs)
{
    memset(draft->lines, 0, draft->line_count * sizeof draft->lines[0]);
    srtp_key_wipe(draft->keys, draft->key_count * sizeof draft->keys[0]);
    draft->key_count = 0;
    draft->open = true;
    draft->has_call_id = false;
    draft->decrypted = obs->decrypted;
    draft->flow_id = flow_id;
    draft->end[0] = end[0];
    draft->end[1] = end[1];
    draft->from = obs->from & 1;
    draft->method = (uint8_t)method_of(obs);
    draft->status = (uint16_t)obs->value;
    draft->time_us = obs->time_us;
    draft->digest = 0;
    draft->line_count = 0;
    draft->candidate_count = 0;
}

/* Two messages with the same SDP have the same digest, whoever forwards or repeats them. */
static void add_to_digest(struct call_draft *draft, const struct observation *obs)
{
    uint64_t parts[3] = {
        draft->digest,
        (uint64_t)obs->kind << 32 | (uint64_t)obs->index << 16 | obs->sub,
        obs->value,
    };
    if (obs->text_size > 0) {
        parts[2] ^= keyed_hash(obs->text, obs->text_size, stable_seed);
    }
    draft->digest = keyed_hash(parts, sizeof parts, stable_seed);
}

bool calls_draft_take(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                      const struct observation *obs)
{
    struct call_draft *draft = &calls->draft;
    if (obs->kind == OBS_SIP_MESSAGE) {
        open_draft(draft, flow_id, end, obs);
        draft->order = calls_order(calls, obs->packet, obs->time_us);
        return false;
    }
    if (!draft->open || draft->flow_id != flow_id) {
        return false;
    }
    if (obs->kind == OBS_SIP_MESSAGE_END) {
        draft->open = false;
        return draft->has_call_id && draft->method != METHOD_OTHER;
    }
    if (obs->kind == OBS_SIP_CALL_ID) {
        take_call_id(calls, obs);
        return false;
    }
    if (obs->kind == OBS_SDP_CRYPTO_KEY) {
        take_crypto_key(calls, obs);
        return false;
    }
    if (obs->kind >= OBS_COUNT || take_line[obs->kind] == NULL) {
        return false;
    }
    struct call_line *line = line_of(calls, obs);
    if (line != NULL) {
        add_to_digest(draft, obs);
        take_line[obs->kind](calls, line, obs);
    }
    return false;
}

/* tests/unit/calls_case.h: SIP dialogs and media flows made by hand. */
#ifndef OVERT_TESTS_UNIT_CALLS_CASE_H
#define OVERT_TESTS_UNIT_CALLS_CASE_H

#include "analyzers/joins/calls.h"
#include "tests/check.h"
#include <string.h>

static const struct hash_seed seed = { { 3, 4 } };

/* Hosts of the tests: the last byte of 10.0.0.x. */
enum { CALLER = 1, CALLEE = 2, PROXY = 3 };

static inline struct flow_end end_of(uint8_t host, uint16_t port)
{
    const uint8_t four[4] = { 10, 0, 0, host };
    return (struct flow_end){ address_of_ipv4(four), port };
}

static inline struct calls *new_calls(uint32_t max)
{
    struct calls *calls = NULL;
    if (calls_new(max, seed, &calls) != OV_OK) {
        abort();
    }
    return calls;
}

/* A SIP flow between two hosts and the message that travels on it. */
struct leg {
    struct calls *calls;
    uint64_t id;
    struct flow_end end[2];
    const char *call_id;
    uint8_t from;
    uint64_t time_us;
    uint64_t packet; /* 0: as the time */
    bool decrypted;  /* the flow is TLS that was opened */
};

static inline struct leg leg_between(struct calls *calls, uint64_t id, uint8_t host0, uint8_t host1)
{
    return (struct leg){ calls, id,   { end_of(host0, 5060), end_of(host1, 5060) }, "call-1", 0, 1,
                         0,     false };
}

static inline void tell(const struct leg *leg, struct observation obs)
{
    obs.from = leg->from;
    obs.decrypted = leg->decrypted;
    obs.time_us = leg->time_us;
    obs.packet = leg->packet != 0 ? leg->packet : leg->time_us; /* in order of time */
    obs.text_size = obs.text != NULL ? (uint32_t)strlen(obs.text) : 0;
    calls_observe(leg->calls, leg->id, leg->end, &obs);
}

static inline void start(struct leg *leg, uint8_t from, const char *method, unsigned status,
                         uint32_t cseq)
{
    leg->from = from;
    tell(leg, (struct observation){ .kind = OBS_SIP_MESSAGE, .text = method, .value = status });
    tell(leg, (struct observation){ .kind = OBS_SIP_CALL_ID, .text = leg->call_id, .value = cseq });
}

static inline void finish(const struct leg *leg)
{
    tell(leg, (struct observation){ .kind = OBS_SIP_MESSAGE_END });
}

static inline void m_line(const struct leg *leg, uint16_t index, uint16_t port, const char *proto,
                          uint8_t host)
{
    char address[16];
    snprintf(address, sizeof address, "10.0.0.%u", host);
    tell(leg, (struct observation){
                  .kind = OBS_SDP_MEDIA, .index = index, .text = "audio", .value = port });
    tell(leg, (struct observation){ .kind = OBS_SDP_PROTO, .index = index, .text = proto });
    tell(leg, (struct observation){ .kind = OBS_SDP_ADDRESS, .index = index, .text = address });
    tell(leg, (struct observation){
                  .kind = OBS_SDP_CODEC, .index = index, .text = "opus/48000/2", .value = 96 });
}

static inline void crypto(const struct leg *leg, uint16_t tag, const char *suite)
{
    tell(leg, (struct observation){
                  .kind = OBS_SDP_CRYPTO, .sub = tag, .text = suite, .value = 0x5eed + tag });
}

static inline void parameter(const struct leg *leg, uint16_t tag, const char *text)
{
    tell(leg, (struct observation){ .kind = OBS_SDP_CRYPTO_PARAMETER, .sub = tag, .text = text });
}

static const char *const suite_80 = "AES_CM_128_HMAC_SHA1_80";

/* The caller offers on port 4000, the callee answers on port 6000. crypto NULL: none. */
static inline void offer(struct leg *leg, uint32_t cseq, const char *proto, const char *suite)
{
    start(leg, 0, "INVITE", 0, cseq);
    m_line(leg, 0, 4000, proto, CALLER);
    if (suite != NULL) {
        crypto(leg, 1, suite);
    }
    finish(leg);
}

static inline void answer(struct leg *leg, uint32_t cseq, const char *proto, const char *suite)
{
    start(leg, 1, "INVITE", 200, cseq);
    m_line(leg, 0, 6000, proto, CALLEE);
    if (suite != NULL) {
        crypto(leg, 1, suite);
    }
    finish(leg);
}

/* The media flow between both, with one stream of each side; what their packets showed. */
struct media {
    struct facts facts;
    struct flow_record record;
};

static inline void add_stream(struct media *media, uint16_t index, uint8_t from,
                              const char *protection, const char *evidence)
{
    struct observation obs = { .kind = OBS_MEDIA_SSRC, .index = index, .from = from };
    obs.text = "0x00000001";
    obs.text_size = 10;
    facts_put(&media->facts, &obs);
    obs = (struct observation){ .kind = OBS_MEDIA_FROM, .index = index, .value = from };
    facts_put(&media->facts, &obs);
    obs = (struct observation){ .kind = OBS_MEDIA_PAYLOAD_TYPE, .index = index, .value = 96 };
    facts_put(&media->facts, &obs);
    obs = (struct observation){ .kind = OBS_MEDIA_PROTECTION, .index = index, .text = protection };
    obs.text_size = (uint32_t)strlen(protection);
    facts_put(&media->facts, &obs);
    if (evidence != NULL) {
        obs.kind = OBS_MEDIA_EVIDENCE;
        obs.text = evidence;
        obs.text_size = (uint32_t)strlen(evidence);
        facts_put(&media->facts, &obs);
    }
}

static inline void open_media(struct media *media, const char *protection, const char *evidence)
{
    *media = (struct media){ .record.app = "rtp" };
    media->record.facts = &media->facts;
    media->record.end_us = 1000;
    media->record.packet_last = 1000;
    media->record.side[0] = end_of(CALLER, 4000);
    media->record.side[1] = end_of(CALLEE, 6000);
    add_stream(media, 0, 0, protection, evidence);
    add_stream(media, 1, 1, protection, evidence);
}

static inline bool is_text(const struct media *media, enum observation_kind kind, uint16_t index,
                           const char *want)
{
    const struct fact *fact = facts_find_at(&media->facts, kind, index, 0);
    return fact != NULL && strcmp(facts_text(&media->facts, fact), want) == 0;
}

/* 0, 1, or -1 when not known. */
static inline int flag(const struct media *media, enum observation_kind kind, uint16_t index)
{
    const struct fact *fact = facts_find_at(&media->facts, kind, index, 0);
    return fact != NULL ? (int)fact->value : -1;
}

static inline void close_all(struct calls *calls, struct media *media)
{
    facts_done(&media->facts);
    calls_free(calls);
}

#endif

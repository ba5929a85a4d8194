/* tests/fuzz/fuzz_calls.c: any sequence of SIP and SDP observations through the call join, then
 * media flows between the addresses it was told.
 *
 * Input: records of what(1) flags(1) index(1) sub(1) value(2) length(1) text(length). what: number
 * in kinds[]. flags bit 0: side; bits 1, 2: SIP flow. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls.h"
#include "base/bytes.h"

/* A sheet speaks the words of its schema. */
static void check_sheet(void *context, const struct call_sheet *sheet)
{
    uint32_t *count = context;
    ++*count;
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        const struct sheet_medium *medium = &sheet->media[i];
        if (medium->kind == NULL || (medium->sent && medium->applied == NULL) ||
            medium->clear_us > medium->last_us - medium->first_us ||
            medium->change_count > SHEET_CHANGES) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS = 4, ENDS = 8 };

static const enum observation_kind kinds[] = {
    OBS_SIP_MESSAGE,     OBS_SIP_CALL_ID,    OBS_SDP_MEDIA,       OBS_SDP_PROTO,
    OBS_SDP_ADDRESS,     OBS_SDP_RTCP_PORT,  OBS_SDP_RTCP_MUX,    OBS_SDP_CODEC,
    OBS_SDP_CRYPTO,      OBS_SDP_KEY,        OBS_SDP_FINGERPRINT, OBS_SDP_CRYPTO_PARAMETER,
    OBS_SDP_SETUP,       OBS_SDP_KEY_MGMT,   OBS_SDP_ENCRYPTION,  OBS_SDP_CANDIDATE,
    OBS_SIP_MESSAGE_END, OBS_SDP_CRYPTO_KEY, OBS_MEDIA_SAMPLE,    OBS_SDP_PART,
};

/* Media ends to try: what was announced last. */
struct told {
    struct flow_end ends[ENDS];
    uint32_t count;
};

static void remember(struct told *told, const struct observation *obs)
{
    struct flow_end *end = &told->ends[told->count % ENDS];
    if (obs->kind == OBS_SDP_MEDIA) {
        end->port = (uint16_t)obs->value;
    } else if (obs->kind == OBS_SDP_ADDRESS &&
               address_parse(obs->text, obs->text_size, &end->address)) {
        told->count++;
    }
}

static void put(struct facts *facts, enum observation_kind kind, const char *text, uint64_t value)
{
    struct observation obs = { .kind = kind, .text = text, .value = value };
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    facts_put(facts, &obs);
}

static void conclude(struct calls *calls, const struct flow_end *a, const struct flow_end *b,
                     unsigned i)
{
    bool dtls = i % 2 == 0;
    struct facts facts = { .count = 0 };
    struct flow_record record = { .id = i & 3, .facts = &facts, .end_us = UINT32_MAX };
    record.side[0] = *a;
    record.side[1] = *b;
    put(&facts, OBS_MEDIA_SSRC, "0x00000001", 1);
    put(&facts, OBS_MEDIA_FROM, NULL, i >> 2 & 1);
    put(&facts, OBS_MEDIA_PAYLOAD_TYPE, NULL, 96);
    put(&facts, OBS_MEDIA_PROTECTION, "unknown", 0);
    put(&facts, OBS_MEDIA_RTCP_PROTECTION, "unknown", 0);
    if (dtls) {
        put(&facts, OBS_TLS_USE_SRTP, "NULL_HMAC_SHA1_80", 5);
        put(&facts, OBS_TLS_ESTABLISHED, NULL, 1);
    }
    calls_conclude(calls, &record);
    if (!facts_is(&facts, OBS_MEDIA_PROTECTION, "unknown") &&
        facts_find(&facts, OBS_MEDIA_EVIDENCE) == NULL) {
        abort(); /* a verdict always says how it is known */
    }
    facts_done(&facts);
}

static void observe(struct calls *calls, struct bytes *in, struct told *told)
{
    static const struct flow_end ends[2] = { { { { 1 } }, 5060 }, { { { 2 } }, 5060 } };
    struct observation obs = { .kind = kinds[bytes_u8(in) % (sizeof kinds / sizeof kinds[0])] };
    uint8_t flags = bytes_u8(in);
    obs.from = flags & 1;
    obs.index = bytes_u8(in);
    obs.sub = bytes_u8(in);
    obs.value = bytes_u16(in);
    obs.text_size = bytes_u8(in);
    char *text = malloc(obs.text_size + 1U); /* its own block: one byte past is a red zone */
    if (text == NULL) {
        abort();
    }
    if (!bytes_copy(in, text, obs.text_size)) {
        obs.text_size = 0;
    }
    obs.text = text;
    calls_observe(calls, flags >> 1 & 3, ends, &obs);
    remember(told, &obs);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calls *calls = NULL;
    struct told told = { .count = 0 };
    if (size > 65535 || calls_new(CALLS, (struct hash_seed){ { 1, 2 } }, &calls) != OV_OK) {
        return 0;
    }
    struct bytes in = bytes_of(data, (uint32_t)size, (uint32_t)size);
    uint32_t sheets = 0;
    calls_teller(calls, check_sheet, &sheets);
    while (bytes_left(&in) > 0) {
        observe(calls, &in, &told);
    }
    if (calls_count(calls) > CALLS) {
        abort();
    }
    for (unsigned i = 0; i < ENDS; i++) {
        conclude(calls, &told.ends[i], &told.ends[(i + 1) % ENDS], i);
        (void)calls_announced(calls, &told.ends[i]);
        calls_pass_time(calls, UINT64_MAX / 2);
    }
    calls_tell(calls);
    calls_free(calls);
    return 0;
}

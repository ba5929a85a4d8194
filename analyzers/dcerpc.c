/* analyzers/dcerpc.c: DCE/RPC over TCP (C706 12, [MS-RPCE]): who is bound to, and at which level of
 * authentication calls go. */
#include <stdio.h>

#include "analyzers/analyzer.h"
#include "analyzers/steps.h"

enum {
    HEADER = 16,
    TRAILER = 8,     /* sec_trailer, [MS-RPCE] 2.2.2.11 */
    BIND_MAX = 4096, /* bytes of a PDU about contexts that are waited for */
    CONTEXTS_MAX = 32,
    CONTEXT_IDS = 64, /* whose interface is remembered */
    LEVELS = 7,
};

/* C706 12.6.4 */
enum pdu {
    PDU_REQUEST = 0,
    PDU_RESPONSE = 2,
    PDU_FAULT = 3,
    PDU_BIND = 11,
    PDU_BIND_ACK = 12,
    PDU_BIND_NAK = 13,
    PDU_ALTER = 14,
    PDU_ALTER_RESPONSE = 15,
    PDU_AUTH3 = 16,
    PDU_SHUTDOWN = 17,
    PDU_CANCEL = 18,
    PDU_ORPHANED = 19,
};

enum { LEVEL_MAPPER = LEVELS, LEVEL_KINDS };

/* [MS-RPCE] 2.2.1.1.8; the last is no level: who asks the endpoint mapper for a port */
static const char *const levels[LEVEL_KINDS] = { "none",   "none",      "connect", "call",
                                                 "packet", "integrity", "privacy", "mapper" };

struct dcerpc_state {
    uint32_t skip[2];      /* bytes to be stepped over */
    uint32_t auth_size[2]; /* behind them: of the verifier whose trailer comes next; 0 = none */
    uint32_t calls[LEVEL_KINDS], told_calls[LEVEL_KINDS];
    uint64_t mapper; /* a bit for each context id below CONTEXT_IDS that is the endpoint mapper */
    uint64_t packet, time_us;
    bool told;
    bool lost[2];
    bool ends[2]; /* the call at hand is the mapper's */
};

struct head {
    uint8_t type;
    bool little;
    uint32_t size, auth;
};

static uint32_t read_16(struct bytes *in, bool little)
{
    return little ? bytes_le16(in) : bytes_u16(in);
}

/* version(1) minor(1) type(1) flags(1) representation(4) length(2) auth length(2) call(4) */
static struct head read_head(struct bytes *in)
{
    struct head h = { 0 };
    uint8_t version = bytes_u8(in), minor = bytes_u8(in);
    h.type = bytes_u8(in);
    bytes_u8(in);
    uint8_t numbers = bytes_u8(in), floats = bytes_u8(in);
    uint16_t reserved = bytes_u16(in);
    h.little = (numbers & 0x10) != 0;
    h.size = read_16(in, h.little);
    h.auth = read_16(in, h.little);
    bytes_skip(in, 4);
    bool sane = version == 5 && minor <= 1 && (numbers & 0xee) == 0 && floats <= 3 &&
                reserved == 0 && h.size >= HEADER && h.type <= PDU_ORPHANED &&
                (h.auth == 0 || h.auth + HEADER + TRAILER <= h.size);
    if (bytes_ok(in) && !sane) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return h;
}

static enum claim dcerpc_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    if (bytes_peek(&in, 0) != 5 || !seg->first) {
        return CLAIM_NO;
    }
    struct head h = read_head(&in);
    if (in.fault == BYTES_CUT) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    bool first = h.type == PDU_BIND || h.type == PDU_BIND_ACK || h.type == PDU_BIND_NAK;
    return bytes_ok(&in) && first && h.size <= BIND_MAX ? CLAIM_YES : CLAIM_NO;
}

static uint32_t read_32(struct bytes *in, bool little)
{
    return little ? bytes_le32(in) : bytes_u32(in);
}

/* C706 A.1: time_low time_mid time_hi, then bytes. */
static void read_uuid(struct bytes *in, bool little, char ret_text[40])
{
    uint32_t low = read_32(in, little);
    unsigned middle = read_16(in, little), high = read_16(in, little);
    uint64_t rest = bytes_u64(in);
    snprintf(ret_text, 40, "%08x-%04x-%04x-%04x-%012llx", low, middle, high, (unsigned)(rest >> 48),
             (unsigned long long)(rest & 0xffffffffffff));
}

/* C706 12.6.4.3: fragment sizes(4) group(4), count(1) reserved(3), then: id(2) count(1) reserved(1)
 * interface(20) and what may carry it(20 each). */
static void take_contexts(struct dcerpc_state *s, const struct segment *seg, struct sink *sink,
                          struct bytes in, bool little)
{
    static const char mapper[] = "e1af8308-5d1f-11c9-91a4-08002b14a0fa"; /* C706 O */
    bytes_skip(&in, 8);
    uint8_t count = bytes_u8(&in);
    bytes_skip(&in, 3);
    for (uint8_t i = 0; i < count && i < CONTEXTS_MAX && bytes_ok(&in); i++) {
        char uuid[40];
        uint32_t id = read_16(&in, little);
        uint32_t carriers = bytes_u8(&in);
        bytes_u8(&in);
        read_uuid(&in, little, uuid);
        bytes_skip(&in, 4);
        bytes_skip(&in, carriers * 20);
        if (!bytes_ok(&in)) {
            observe_text(sink, seg, OBS_MALFORMED, "dcerpc", 1);
            return;
        }
        bool is_mapper = strcmp(uuid, mapper) == 0;
        observe_text(sink, seg, OBS_DCERPC_INTERFACE, is_mapper ? "epmapper" : uuid, 0);
        if (id < CONTEXT_IDS) {
            uint64_t bit = (uint64_t)1 << id;
            s->mapper = is_mapper ? s->mapper | bit : s->mapper & ~bit;
        }
    }
}

/* type(1) level(1) padding(1) reserved(1) context(4) */
static void take_trailer(const struct segment *seg, struct sink *sink, struct bytes in)
{
    static const struct {
        uint8_t type;
        const char *name;
    } types[] = {
        { 9, "spnego" }, { 10, "ntlm" }, { 14, "tls" }, { 16, "kerberos" }, { 68, "netlogon" }
    };
    uint8_t type = bytes_u8(&in), level = bytes_u8(&in);
    char unknown[8];
    if (!bytes_ok(&in)) {
        return;
    }
    snprintf(unknown, sizeof unknown, "0x%04x", type);
    const char *name = unknown;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        name = types[i].type == type ? types[i].name : name;
    }
    observe_text(sink, seg, OBS_DCERPC_AUTH, name, type);
    snprintf(unknown, sizeof unknown, "0x%04x", level);
    observe_text(sink, seg, OBS_DCERPC_LEVEL, level < LEVELS ? levels[level] : unknown, level);
}

static void count_call(struct dcerpc_state *s, const struct segment *seg, struct sink *sink,
                       uint8_t level)
{
    unsigned kind = s->ends[seg->from] ? LEVEL_MAPPER : level < LEVELS ? level : 0;
    s->packet = seg->packet;
    s->time_us = seg->time_us;
    if (s->calls[kind]++ == 0) { /* the rest when the flow ends */
        s->told_calls[kind] = 1;
        observe_text(sink, seg, OBS_DCERPC_CALLS, levels[kind], 1);
    }
}

/* The trailer of a call, whose verifier is behind it. */
static enum step take_call_trailer(struct dcerpc_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    bytes_u8(&in);
    uint8_t level = bytes_u8(&in);
    bytes_skip(&in, TRAILER - 2);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    count_call(s, seg, sink, level);
    seg->payload = in;
    s->skip[seg->from] = s->auth_size[seg->from];
    s->auth_size[seg->from] = 0;
    return STEP_NEXT;
}

/* A request or response: hint(4) context(2) ... ; its body is stepped over. */
static enum step take_call(struct dcerpc_state *s, struct segment *seg, struct sink *sink,
                           const struct head *h, struct bytes in)
{
    bytes_skip(&in, 4);
    uint32_t id = read_16(&in, h->little);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    s->ends[seg->from] = id < CONTEXT_IDS && (s->mapper >> id & 1) != 0;
    uint32_t used = HEADER + 6;
    bytes_skip(&seg->payload, used);
    uint32_t verifier = h->auth == 0 ? 0 : h->auth + TRAILER;
    if (h->size < used + verifier) {
        observe_text(sink, seg, OBS_MALFORMED, "dcerpc", 1);
        return STEP_STOP;
    }
    s->skip[seg->from] = h->size - used - verifier;
    s->auth_size[seg->from] = h->auth;
    if (h->auth == 0) {
        count_call(s, seg, sink, 0);
    }
    return STEP_NEXT;
}

static bool is_about_contexts(uint8_t type)
{
    return type >= PDU_BIND && type <= PDU_AUTH3;
}

static enum step take_other(struct dcerpc_state *s, struct segment *seg, struct sink *sink,
                            const struct head *h, struct bytes in)
{
    bool whole = bytes_left(&seg->payload) >= h->size;
    if (!is_about_contexts(h->type) || h->size > BIND_MAX) {
        s->skip[seg->from] = h->size;
        return STEP_NEXT;
    }
    if (!whole) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    struct bytes pdu = seg->payload;
    bytes_limit(&pdu, h->size);
    bytes_limit(&in, h->size - HEADER);
    if (h->type == PDU_BIND || h->type == PDU_ALTER) {
        take_contexts(s, seg, sink, in, h->little);
    }
    if (h->auth > 0) {
        bytes_skip(&pdu, h->size - h->auth - TRAILER);
        take_trailer(seg, sink, pdu);
    }
    bytes_skip(&seg->payload, h->size);
    return STEP_NEXT;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct dcerpc_state *s = state;
    struct bytes *in = &seg->payload;
    uint32_t *skip = &s->skip[seg->from];
    if (s->lost[seg->from]) {
        bytes_skip(in, bytes_left(in));
        return STEP_NEXT;
    }
    if (*skip > 0) {
        uint32_t here = *skip < bytes_left(in) ? *skip : bytes_left(in);
        bytes_skip(in, here);
        *skip -= here;
        return STEP_NEXT;
    }
    if (s->auth_size[seg->from] > 0) {
        return take_call_trailer(s, seg, sink);
    }
    struct bytes head = *in;
    struct head h = read_head(&head);
    if (head.fault == BYTES_CUT && seg->open) {
        return STEP_WAIT;
    }
    if (!bytes_ok(&head)) {
        return STEP_STOP;
    }
    if (!s->told) {
        s->told = true;
        observe_text(sink, seg, OBS_APP, "dcerpc", 0);
        observe_text(sink, seg, OBS_CLIENT, "request",
                     h.type == PDU_BIND ? seg->from : 1 - seg->from);
    }
    bool call = h.type == PDU_REQUEST || h.type == PDU_RESPONSE;
    return call ? take_call(s, seg, sink, &h, head) : take_other(s, seg, sink, &h, head);
}

static enum feed dcerpc_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

/* Where the next PDU begins is known while one is stepped over. */
static enum feed dcerpc_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct dcerpc_state *s = state;
    uint32_t *skip = &s->skip[from & 1];
    (void)sink;
    s->lost[from & 1] |= missing > *skip;
    *skip -= missing <= *skip ? (uint32_t)missing : *skip;
    return FEED_MORE;
}

static void dcerpc_close(void *state, struct sink *sink)
{
    struct dcerpc_state *s = state;
    struct segment seg = { .packet = s->packet, .time_us = s->time_us };
    for (unsigned i = 0; i < LEVEL_KINDS; i++) {
        uint32_t more = s->calls[i] - s->told_calls[i];
        if (more > 0) {
            observe_text(sink, &seg, OBS_DCERPC_CALLS, levels[i], more);
        }
    }
}

const struct analyzer dcerpc_analyzer = {
    .name = "dcerpc",
    .spec = "C706 12, [MS-RPCE]",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct dcerpc_state),
    .claim = dcerpc_claim,
    .feed = dcerpc_feed,
    .gap = dcerpc_gap,
    .close = dcerpc_close,
};

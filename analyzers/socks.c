/* analyzers/socks.c: SOCKS 4, 4a and 5 (RFC 1928, 1929) until the proxy hands the stream to another
 * protocol. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    VERSION_4 = 4,
    VERSION_5 = 5,
    METHODS_MAX = 10, /* that a client may offer here; RFC 1928 knows four */
    METHOD_NONE = 0,
    METHOD_PASSWORD = 2,
    METHOD_LAST = 9,       /* of those that IANA names */
    METHOD_PRIVATE = 0x80, /* and above */
    METHOD_NO = 0xff,
    COMMAND_CONNECT = 1,
    COMMAND_BIND = 2,
    COMMAND_ASSOCIATE = 3,
    TEXT_MAX = 256, /* bytes of a name in version 4 */
    REPLY_4_SIZE = 8,
    REPLY_4_GRANTED = 90,
};

enum phase { PHASE_METHODS, PHASE_PASSWORD, PHASE_REQUEST, PHASE_REPLY };

struct socks_state {
    struct starttls tls; /* who the client is, and what was told */
    uint8_t version;
    uint8_t phase; /* enum phase: what the server's next message answers */
    uint8_t sent;  /* messages of the client that the server has not answered */
    bool bind;     /* a second reply comes when somebody connects */
    uint8_t offered;
    uint8_t methods[METHODS_MAX];
};

static bool is_method(uint8_t method)
{
    return method <= METHOD_LAST || (method >= METHOD_PRIVATE && method != METHOD_NO);
}

/* RFC 1928 3: 5(1) count(1) methods: nothing but it, each once. */
static bool is_hello_5(struct bytes in)
{
    uint32_t seen[8] = { 0 };
    bytes_u8(&in);
    uint8_t count = bytes_u8(&in);
    if (count == 0 || count > METHODS_MAX || bytes_left(&in) > count) {
        return false;
    }
    while (bytes_left(&in) > 0) {
        uint8_t method = bytes_u8(&in);
        if (!is_method(method) || (seen[method / 32] & 1u << method % 32) != 0) {
            return false;
        }
        seen[method / 32] |= 1u << method % 32;
    }
    return true;
}

static void read_name(struct bytes *in)
{
    for (uint32_t i = 0; i <= TEXT_MAX; i++) {
        uint8_t c = bytes_u8(in);
        if (c == 0 || !bytes_ok(in)) {
            return;
        }
        if (c < ' ' || c == 0x7f) {
            break;
        }
    }
    bytes_fail(in, BYTES_MALFORMED);
}

/* SOCKS 4: 4(1) command(1) port(2) address(4) user NUL; 4a: address 0.0.0.x, then a name NUL. */
static uint8_t read_request_4(struct bytes *in)
{
    bytes_u8(in);
    uint8_t command = bytes_u8(in);
    uint16_t port = bytes_u16(in);
    uint32_t address = bytes_u32(in);
    if (bytes_ok(in) &&
        (port == 0 || address == 0 || (command != COMMAND_CONNECT && command != COMMAND_BIND))) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    read_name(in);
    if (address <= 0xff) {
        read_name(in);
    }
    return command;
}

static enum claim socks_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int version = bytes_peek(&in, 0);
    if (!seg->first || (version != VERSION_4 && version != VERSION_5)) {
        return CLAIM_NO;
    }
    if (version == VERSION_5) {
        uint32_t left = bytes_left(&in);
        if (left > 1 && !is_hello_5(in)) {
            return CLAIM_NO;
        }
        bool whole = left > 1 && left == 2 + (uint32_t)bytes_peek(&in, 1);
        return whole ? CLAIM_YES : seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    read_request_4(&in);
    if (in.fault == BYTES_CUT) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    return bytes_ok(&in) && bytes_left(&in) == 0 ? CLAIM_YES : CLAIM_NO;
}

/* RFC 1928 4, 6: 5(1) command or reply(1) 0(1) type(1) address port(2). */
static uint8_t read_request_5(struct bytes *in)
{
    uint8_t version = bytes_u8(in);
    uint8_t code = bytes_u8(in);
    uint8_t zero = bytes_u8(in);
    uint8_t type = bytes_u8(in);
    uint32_t size = type == 1 ? 4 : type == 4 ? 16 : 0;
    if (type == 3) {
        size = bytes_u8(in);
    }
    if (bytes_ok(in) && (version != VERSION_5 || zero != 0 || size == 0)) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    bytes_skip(in, size);
    bytes_u16(in);
    return code;
}

/* A message that is not there yet, or that is none. */
static enum step fault(const struct segment *seg, const struct bytes *in)
{
    return in->fault == BYTES_CUT && seg->open ? STEP_WAIT : STEP_RELEASE;
}

static enum step take_hello(struct socks_state *s, struct segment *seg)
{
    struct bytes in = seg->payload;
    bool four = bytes_peek(&in, 0) == VERSION_4;
    if (four) {
        s->bind = read_request_4(&in) == COMMAND_BIND;
    } else {
        bytes_u8(&in);
        uint8_t count = bytes_u8(&in);
        s->offered = count < METHODS_MAX ? count : METHODS_MAX;
        bytes_copy(&in, s->methods, s->offered);
    }
    if (!bytes_ok(&in)) {
        return fault(seg, &in);
    }
    s->version = four ? VERSION_4 : VERSION_5;
    s->phase = four ? PHASE_REPLY : PHASE_METHODS;
    s->tls.client = seg->from;
    seg->payload = in;
    return STEP_NEXT;
}

/* RFC 1929 2: 1(1) length(1) name length(1) password. Some clients do not wait for the answers. */
static enum step take_client(struct socks_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    if (s->version == VERSION_4) {
        return STEP_WAIT; /* for the proxy's reply: this may be of the next protocol */
    }
    if (bytes_peek(&in, 0) == 1 && s->phase <= PHASE_PASSWORD) {
        bytes_u8(&in);
        bytes_skip(&in, bytes_u8(&in));
        uint8_t size = bytes_u8(&in);
        bytes_skip(&in, size);
        if (!bytes_ok(&in)) {
            return fault(seg, &in);
        }
        starttls_exposes(&s->tls, seg, sink, size > 0 ? SECRET_PASSWORD : SECRET_COUNT);
        seg->payload = in;
        return STEP_NEXT;
    }
    if (s->sent > 0) {
        return STEP_WAIT;
    }
    uint8_t command = read_request_5(&in);
    if (!bytes_ok(&in) || command < COMMAND_CONNECT || command > COMMAND_ASSOCIATE) {
        return fault(seg, &in);
    }
    s->bind = command == COMMAND_BIND;
    s->sent = 1;
    seg->payload = in;
    return STEP_NEXT;
}

static void tell(struct socks_state *s, const struct segment *seg, struct sink *sink)
{
    observe_text(sink, seg, OBS_APP, "socks", 0);
    observe_text(sink, seg, OBS_CLIENT, "request", s->tls.client);
    observe_text(sink, seg, OBS_WRAPPER, s->version == VERSION_4 ? "socks4" : "socks5", 0);
}

static bool was_offered(const struct socks_state *s, uint8_t method)
{
    return method == METHOD_NO || memchr(s->methods, method, s->offered) != NULL;
}

static enum step take_method(struct socks_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    uint8_t version = bytes_u8(&in);
    uint8_t method = bytes_u8(&in);
    if (!bytes_ok(&in) || version != VERSION_5 || !was_offered(s, method)) {
        return fault(seg, &in);
    }
    tell(s, seg, sink);
    seg->payload = in;
    s->phase = method == METHOD_PASSWORD ? PHASE_PASSWORD : PHASE_REPLY;
    return method == METHOD_NONE || method == METHOD_PASSWORD ? STEP_NEXT : STEP_STOP;
}

/* The reply hands the stream over; without success the connection ends. */
static enum step take_reply(struct socks_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    bool good;
    if (s->version == VERSION_4) {
        uint8_t zero = bytes_u8(&in);
        uint8_t code = bytes_u8(&in);
        bytes_skip(&in, REPLY_4_SIZE - 2);
        good = code == REPLY_4_GRANTED;
        if (bytes_ok(&in) && (zero != 0 || code < REPLY_4_GRANTED || code > REPLY_4_GRANTED + 3)) {
            return STEP_RELEASE;
        }
    } else {
        good = read_request_5(&in) == 0;
    }
    if (!bytes_ok(&in)) {
        return fault(seg, &in);
    }
    if (s->version == VERSION_4) {
        tell(s, seg, sink);
    }
    seg->payload = in;
    if (good && s->bind) {
        s->bind = false;
        return STEP_NEXT;
    }
    return good ? STEP_RELEASE : STEP_STOP;
}

static enum step take_server(struct socks_state *s, struct segment *seg, struct sink *sink)
{
    if (s->phase == PHASE_METHODS) {
        return take_method(s, seg, sink);
    }
    if (s->phase == PHASE_PASSWORD) { /* 1(1) status(1) */
        struct bytes in = seg->payload;
        uint8_t version = bytes_u8(&in);
        uint8_t status = bytes_u8(&in);
        if (!bytes_ok(&in) || version != 1) {
            return fault(seg, &in);
        }
        seg->payload = in;
        s->phase = PHASE_REPLY;
        return status == 0 ? STEP_NEXT : STEP_STOP;
    }
    return take_reply(s, seg, sink);
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct socks_state *s = state;
    return s->version == 0              ? take_hello(s, seg)
           : seg->from == s->tls.client ? take_client(s, seg, sink)
                                        : take_server(s, seg, sink);
}

static enum feed socks_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

const struct analyzer socks_analyzer = {
    .name = "socks",
    .spec = "RFC 1928, RFC 1929, SOCKS 4A",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct socks_state),
    .claim = socks_claim,
    .feed = socks_feed,
    .gap = steps_gap_release,
};

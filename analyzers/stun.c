/* analyzers/stun.c: STUN and TURN messages: RFC 8489 and 8656, RFC 3489, [MS-TURN]. */
#include "analyzers/analyzer.h"
#include "analyzers/once.h"
#include "base/scan.h"
#include "base/text.h"
#include "capture/address.h"

enum { MAGIC_COOKIE = 0x2112a442, MS_MAGIC_COOKIE = 0x72c64bc6, HEADER_SIZE = 20 };

enum {
    ATTR_DESTINATION_ADDRESS = 0x0011, /* [MS-TURN] 2.2.2.12 */
    ATTR_XOR_PEER_ADDRESS = 0x0012,    /* RFC 8656 18.3 */
    ATTR_MS_MAGIC_COOKIE = 0x000f,     /* [MS-TURN] 2.2.2.1: first of every message */
    ATTR_SOFTWARE = 0x8022,            /* RFC 8489 14.14 */
};

enum { FAMILY_IPV4 = 0x01, FAMILY_IPV6 = 0x02 };
enum { PEER_TEXT_SIZE = ADDRESS_TEXT_SIZE + 8 };
enum { METHOD_BINDING = 0x001, METHOD_ALLOCATE = 0x003 };
/* [MS-TURN] 2.1.1: on TCP, type(1) 0(1) length(2) stand before what a frame carries. */
enum { FRAME_CONTROL = 2, FRAME_DATA = 3, FRAME_HEADER = 4 };
enum {
    RESYNCHRONISATIONS_MAX = 8, /* pieces thrown away before a stream is given up */
    STRANGE_MAX = 8,            /* message types without a name that are told apart */
};

enum dialect { DIALECT_NONE, DIALECT_RFC8489, DIALECT_RFC3489, DIALECT_MS_TURN };

struct header {
    uint16_t type;    /* 14 bits, class and method interleaved: RFC 8489 5 */
    uint16_t length;  /* bytes after the header */
    uint8_t mask[16]; /* cookie and transaction id: what XOR'd addresses are masked with */
    bool cookie;      /* that of RFC 8489 */
    enum dialect dialect;
};

struct stun_state {
    struct once peers;
    uint16_t strange[STRANGE_MAX]; /* message types without a name, 0 = free */
    uint32_t step_over[2];         /* of each side's stream: bytes of ChannelData */
    uint8_t thrown;                /* pieces of a stream thrown away since the last message */
    uint8_t dialect;               /* last told */
    bool started;                  /* the flow is told to be STUN */
    bool client;                   /* the client was told */
    bool software;                 /* was told */
    bool framed;                   /* messages stand in frames of [MS-TURN] */
    bool stream;
};

/* RFC 8489 5: type(2) length(2) cookie(4) transaction id(12). RFC 3489 has no cookie and an id of
 * 16 bytes; [MS-TURN] likewise, and its own cookie as the first attribute. */
static struct header read_header(struct bytes *in)
{
    struct header h = { 0 };
    h.type = bytes_u16(in);
    h.length = bytes_u16(in);
    struct bytes id = *in;
    bytes_copy(in, h.mask, sizeof h.mask);
    h.cookie = bytes_u32(&id) == MAGIC_COOKIE;
    struct bytes first = *in;
    uint32_t type_and_length = bytes_u32(&first);
    uint32_t value = bytes_u32(&first);
    bool ms = type_and_length == (ATTR_MS_MAGIC_COOKIE << 16 | 4) && value == MS_MAGIC_COOKIE &&
              h.length >= 8;
    if (bytes_ok(in) && h.type >> 14 != 0) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    if (bytes_ok(in)) {
        h.dialect = ms ? DIALECT_MS_TURN : h.cookie ? DIALECT_RFC8489 : DIALECT_RFC3489;
    }
    return h;
}

/* RFC 8489 14: type(2) length(2) value(length), padded to 4 bytes; [MS-TURN] pads nothing, and some
 * senders leave out the padding of the last one. */
static bool next_attribute(struct bytes *attrs, enum dialect dialect, uint16_t *ret_type,
                           struct bytes *ret_value)
{
    if (bytes_left(attrs) == 0) {
        return false;
    }
    *ret_type = bytes_u16(attrs);
    uint16_t length = bytes_u16(attrs);
    *ret_value = bytes_take(attrs, length);
    bool whole = bytes_ok(attrs);
    bool padded = dialect == DIALECT_RFC3489 || bytes_sent(attrs) > 0;
    if (dialect != DIALECT_MS_TURN && padded) {
        bytes_skip(attrs, -(uint32_t)length & 3);
    }
    return whole;
}

/* RFC 3489 11.1: without a cookie only these types, and only when all of it fits exactly. */
static bool is_classic(const struct header *h, struct bytes in)
{
    static const uint16_t types[] = { 0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112 };
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        known |= h->type == types[i];
    }
    if (!known || h->length % 4 != 0 || bytes_left(&in) != h->length || in.cut > 0) {
        return false;
    }
    uint16_t type;
    struct bytes value;
    while (next_attribute(&in, h->dialect, &type, &value)) {
    }
    return bytes_finish(&in) == BYTES_OK;
}

/* A frame of [MS-TURN] with a whole header of its message, which has a cookie: CLAIM_MORE while
 * all that is here fits. */
static enum claim claim_frame(struct bytes in)
{
    static const uint8_t cookie[] = { 0, ATTR_MS_MAGIC_COOKIE, 0, 4, 0x72, 0xc6, 0x4b, 0xc6 };
    bool whole = bytes_left(&in) >= FRAME_HEADER + HEADER_SIZE + sizeof cookie;
    int type = bytes_peek(&in, 0), zero = bytes_peek(&in, 1);
    bytes_skip(&in, 2);
    uint16_t length = bytes_u16(&in);
    struct bytes inner = in;
    bytes_u16(&inner);
    uint16_t inner_length = bytes_u16(&inner);
    if (type != FRAME_CONTROL || zero > 0 ||
        (bytes_ok(&in) && length < HEADER_SIZE + sizeof cookie) ||
        (bytes_ok(&inner) && inner_length + HEADER_SIZE != length)) {
        return CLAIM_NO;
    }
    bytes_skip(&in, HEADER_SIZE);
    return !whole ? CLAIM_MORE : bytes_starts(&in, cookie, sizeof cookie) ? CLAIM_YES : CLAIM_NO;
}

static enum claim stun_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int first = bytes_peek(&in, 0);
    if (first < 0 || first > 3) {
        return CLAIM_NO;
    }
    enum claim frame = seg->open ? claim_frame(in) : CLAIM_NO;
    if (frame != CLAIM_NO) {
        return frame;
    }
    struct header h = read_header(&in);
    if (in.fault == BYTES_CUT && seg->open) {
        struct bytes start = seg->payload;
        bytes_u32(&start);
        bool cookie = bytes_u32(&start) == MAGIC_COOKIE;
        return cookie || start.fault == BYTES_CUT ? CLAIM_MORE : CLAIM_NO;
    }
    if (!bytes_ok(&in) || (seg->open && !h.cookie)) {
        return CLAIM_NO;
    }
    if (h.dialect == DIALECT_RFC3489) {
        return is_classic(&h, in) ? CLAIM_YES : CLAIM_NO;
    }
    return seg->open || h.length <= bytes_sent(&in) ? CLAIM_YES : CLAIM_NO;
}

/* RFC 8489 14.1: zero(1) family(1) port(2) address(4 or 16); 14.2: XOR'd with the mask. */
static bool read_address(struct bytes value, const uint8_t mask[16], struct text *ret_text)
{
    uint8_t raw[16];
    bytes_u8(&value);
    uint8_t family = bytes_u8(&value);
    unsigned port = bytes_u16(&value);
    uint32_t size = family == FAMILY_IPV4 ? 4 : 16;
    if (family != FAMILY_IPV4 && family != FAMILY_IPV6) {
        return false;
    }
    if (!bytes_copy(&value, raw, size) || bytes_finish(&value) != BYTES_OK) {
        return false;
    }
    for (uint32_t i = 0; i < size; i++) {
        raw[i] ^= mask[i];
    }
    port ^= (unsigned)mask[0] << 8 | mask[1];
    struct address address;
    if (family == FAMILY_IPV4) {
        address = address_of_ipv4(raw);
    } else {
        memcpy(address.byte, raw, sizeof raw);
    }
    char buffer[ADDRESS_TEXT_SIZE];
    address_text(&address, buffer);
    text_printf(ret_text, family == FAMILY_IPV4 ? "%s:%u" : "[%s]:%u", buffer, port);
    return true;
}

static void put_peer(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                     struct bytes value, const uint8_t mask[16])
{
    char buffer[PEER_TEXT_SIZE];
    struct text text = text_into(buffer, sizeof buffer);
    if (!read_address(value, mask, &text)) {
        return;
    }
    struct bytes name = bytes_of(buffer, (uint32_t)text.used, (uint32_t)text.used);
    enum once_answer answer = once_add(&stun->peers, &name, sink->digest_seed);
    if (answer == ONCE_NEW) {
        struct observation obs = observation_of(seg, OBS_STUN_RELAYED_PEER);
        obs.text = buffer;
        obs.text_size = (uint32_t)text.used;
        obs.offset = scan_offset(&seg->payload, &value);
        sink->put(sink, &obs);
    } else if (answer == ONCE_FULL) {
        observe_text(sink, seg, OBS_CUT, "stun", 1);
    }
}

/* IANA "STUN Methods"; [MS-TURN] 2.2.1 gives some of the numbers another meaning. */
static const char *method_name(uint32_t method, enum dialect dialect)
{
    static const char *const names[] = {
        [0x001] = "binding",
        [0x002] = "shared_secret",
        [0x003] = "allocate",
        [0x004] = "refresh",
        [0x006] = "send",
        [0x007] = "data",
        [0x008] = "create_permission",
        [0x009] = "channel_bind",
        [0x00a] = "connect",
        [0x00b] = "connection_bind",
        [0x00c] = "connection_attempt",
    };
    static const char *const ms_names[] = {
        [0x001] = "binding",
        [0x003] = "allocate",
        [0x004] = "send",
        [0x005] = "data",
        [0x006] = "set_active_destination",
    };
    if (dialect == DIALECT_MS_TURN) {
        return method < sizeof ms_names / sizeof ms_names[0] ? ms_names[method] : NULL;
    }
    return method < sizeof names / sizeof names[0] ? names[method] : NULL;
}

/* Is this type without a name one of the first few? */
static bool is_told_apart(struct stun_state *stun, uint16_t type)
{
    for (unsigned i = 0; i < STRANGE_MAX; i++) {
        if (stun->strange[i] == 0 || stun->strange[i] == type) {
            stun->strange[i] = type;
            return true;
        }
    }
    return false;
}

/* RFC 8489 5: the class is bits 8 and 4 of the type, the method the rest of it. */
static void put_method(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                       const struct header *h)
{
    static const char *const classes[] = { "request", "indication", "success", "error" };
    unsigned class = (h->type & 0x0100u) >> 7 | (h->type & 0x0010u) >> 4;
    uint32_t method = (h->type & 0x3e00u) >> 2 | (h->type & 0x00e0u) >> 1 | (h->type & 0x000fu);
    char buffer[48];
    struct text text = text_into(buffer, sizeof buffer);
    const char *name = method_name(method, h->dialect);
    if (name != NULL) {
        text_printf(&text, "%s.%s", name, classes[class]);
    } else if (is_told_apart(stun, h->type)) {
        text_printf(&text, "0x%03x.%s", (unsigned)method, classes[class]);
    } else {
        text_put(&text, "other");
    }
    bool asks = class == 0 && (method == METHOD_BINDING || method == METHOD_ALLOCATE);
    if (asks && !stun->client) {
        stun->client = true;
        observe_text(sink, seg, OBS_CLIENT, "request", seg->from);
    }
    observe_text(sink, seg, OBS_STUN_METHOD, buffer, 1);
}

static void put_attributes(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                           const struct header *h, struct bytes attrs)
{
    static const uint8_t no_mask[16] = { 0 };
    uint16_t type;
    struct bytes value;
    while (next_attribute(&attrs, h->dialect, &type, &value)) {
        bool ms = h->dialect == DIALECT_MS_TURN;
        if (type == ATTR_SOFTWARE && !ms && !stun->software && value.cut == 0) {
            stun->software = true;
            observe_bytes(sink, seg, OBS_STUN_SOFTWARE, &value);
        } else if (type == ATTR_XOR_PEER_ADDRESS && h->dialect == DIALECT_RFC8489) {
            put_peer(stun, seg, sink, value, h->mask);
        } else if (type == ATTR_DESTINATION_ADDRESS && ms) {
            put_peer(stun, seg, sink, value, no_mask);
        }
    }
}

static void put_message(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                        const struct header *h, struct bytes attrs)
{
    static const char *const dialects[] = { NULL, "rfc8489", "rfc3489", "ms-turn" };
    if (!stun->started) {
        stun->started = true;
        observe_text(sink, seg, OBS_APP, "stun", 0);
    }
    if (stun->dialect != (uint8_t)h->dialect) {
        stun->dialect = (uint8_t)h->dialect;
        observe_text(sink, seg, OBS_STUN_DIALECT, dialects[h->dialect], 0);
    }
    put_method(stun, seg, sink, h);
    put_attributes(stun, seg, sink, h, attrs);
}

/* Believes the message only when its attributes fill it exactly, or are there as far as captured.
 */
static enum bytes_fault read_message(struct stun_state *stun, const struct segment *seg,
                                     struct sink *sink, struct bytes *in)
{
    struct header h = read_header(in);
    if (bytes_ok(in) && h.dialect == DIALECT_RFC3489 && !is_classic(&h, *in)) {
        return in->cut > 0 ? BYTES_CUT : BYTES_MALFORMED;
    }
    struct bytes attrs = bytes_take(in, h.length);
    if (!bytes_ok(in) || (seg->open && attrs.cut > 0)) {
        return bytes_ok(in) ? BYTES_CUT : in->fault;
    }
    struct bytes all = attrs;
    uint16_t type;
    struct bytes value;
    while (next_attribute(&attrs, h.dialect, &type, &value)) {
    }
    if (attrs.fault != BYTES_MALFORMED) {
        put_message(stun, seg, sink, &h, all);
    }
    return bytes_finish(&attrs);
}

/* RFC 7983 7: only first bytes 0..3 are STUN; another protocol's datagram is no fault. */
static void read_datagram(struct stun_state *stun, const struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    if (bytes_peek(&in, 0) < 0 || bytes_peek(&in, 0) > 3) {
        return;
    }
    enum bytes_fault fault = read_message(stun, seg, sink, &in);
    if (fault != BYTES_OK) {
        observe_text(sink, seg, fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "stun", 1);
    }
}

enum step { STEP_NEXT, STEP_WAIT, STEP_STOP };

static enum step lose(struct stun_state *stun, struct segment *seg, struct sink *sink)
{
    if (stun->thrown == 0 && stun->started) {
        observe_text(sink, seg, OBS_MALFORMED, "stun", 1);
    }
    bytes_take(&seg->payload, bytes_left(&seg->payload));
    stun->thrown++;
    return stun->thrown > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

/* RFC 8656 12.4: channel(2) length(2) data, padded to 4 bytes on streams. */
static enum step step_over_channel_data(struct stun_state *stun, struct segment *seg)
{
    struct bytes in = seg->payload;
    bytes_u16(&in);
    uint32_t length = bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return STEP_WAIT;
    }
    seg->payload = in;
    stun->step_over[seg->from] = (length + 3) & ~(uint32_t)3;
    return STEP_NEXT;
}

/* One message of the stream, whole or not at all; in: from its start, back: behind it. */
static enum step step_message(struct stun_state *stun, struct segment *seg, struct sink *sink,
                              struct bytes *in)
{
    enum bytes_fault fault = read_message(stun, seg, sink, in);
    if (fault == BYTES_CUT && seg->open) {
        return STEP_WAIT;
    }
    if (fault != BYTES_OK) {
        return lose(stun, seg, sink);
    }
    stun->thrown = 0;
    seg->payload = *in;
    return STEP_NEXT;
}

/* A frame of [MS-TURN]: a message, or what the two ends of the relay say to each other. */
static enum step step_frame(struct stun_state *stun, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    uint8_t type = bytes_u8(&in);
    uint8_t zero = bytes_u8(&in);
    uint16_t length = bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if ((type != FRAME_CONTROL && type != FRAME_DATA) || zero != 0) {
        return lose(stun, seg, sink);
    }
    bytes_limit(&in, length);
    if (in.cut > 0 || !bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : lose(stun, seg, sink);
    }
    if (type == FRAME_DATA) {
        struct segment inner = *seg;
        inner.payload = in;
        inner.open = false;
        inner.first = true;
        if (sink->datagram != NULL) {
            sink->datagram(sink, &inner);
        }
        bytes_skip(&seg->payload, FRAME_HEADER + length);
        return STEP_NEXT;
    }
    struct bytes after = seg->payload;
    bytes_skip(&after, FRAME_HEADER + length);
    enum step step = step_message(stun, seg, sink, &in);
    if (step == STEP_NEXT) {
        seg->payload = after;
    }
    return step;
}

static enum step step_stream(struct stun_state *stun, struct segment *seg, struct sink *sink)
{
    uint32_t have = bytes_left(&seg->payload);
    uint32_t *step_over = &stun->step_over[seg->from];
    if (*step_over > 0) {
        uint32_t size = *step_over < have ? *step_over : have;
        bytes_take(&seg->payload, size);
        *step_over -= size;
        return STEP_NEXT;
    }
    stun->framed |= !stun->started && seg->open && claim_frame(seg->payload) == CLAIM_YES;
    if (stun->framed) {
        return step_frame(stun, seg, sink);
    }
    int first = bytes_peek(&seg->payload, 0);
    if (first >= 0x40 && first <= 0x7f && stun->started) {
        return seg->open || have >= 4 ? step_over_channel_data(stun, seg) : STEP_STOP;
    }
    enum claim claim = stun_claim(seg);
    if (claim == CLAIM_MORE) {
        return STEP_WAIT;
    }
    if (claim == CLAIM_NO) {
        return lose(stun, seg, sink);
    }
    struct bytes in = seg->payload;
    return step_message(stun, seg, sink, &in);
}

static enum feed stun_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct stun_state *stun = state;
    seg->from &= 1;
    stun->stream |= seg->open;
    if (!stun->stream) {
        read_datagram(stun, seg, sink);
        bytes_take(&seg->payload, bytes_sent(&seg->payload));
        return FEED_MORE;
    }
    while (bytes_left(&seg->payload) > 0) {
        enum step step = step_stream(stun, seg, sink);
        if (step != STEP_NEXT) {
            return step == STEP_STOP ? FEED_SETTLED : FEED_MORE;
        }
    }
    return FEED_MORE;
}

static enum feed stun_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct stun_state *stun = state;
    uint32_t *step_over = &stun->step_over[from & 1];
    (void)sink;
    *step_over = missing <= *step_over ? *step_over - (uint32_t)missing : 0;
    return FEED_MORE;
}

const struct analyzer stun_analyzer = {
    .name = "stun",
    .spec = "RFC 8489",
    .carriers = CARRIER_UDP | CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct stun_state),
    .claim = stun_claim,
    .feed = stun_feed,
    .gap = stun_gap,
};

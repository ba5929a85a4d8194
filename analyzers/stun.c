/* analyzers/stun.c: STUN and TURN messages: RFC 8489 and 8656, RFC 3489, [MS-TURN]. */
#include "analyzers/analyzer.h"
#include "analyzers/once.h"
#include "analyzers/stun_methods.h"
#include "analyzers/stun_relay.h"
#include "base/scan.h"
#include "base/text.h"
#include "capture/address.h"

enum { MAGIC_COOKIE = 0x2112a442, MS_MAGIC_COOKIE = 0x72c64bc6, HEADER_SIZE = 20 };

enum {
    ATTR_MAPPED_ADDRESS = 0x0001,      /* [MS-TURN] 2.2.2.2: of an allocation, the relayed one */
    ATTR_DESTINATION_ADDRESS = 0x0011, /* [MS-TURN] 2.2.2.12 */
    ATTR_XOR_PEER_ADDRESS = 0x0012,    /* RFC 8656 18.3 */
    ATTR_DATA = 0x0013,                /* RFC 8656 18.4, [MS-TURN] 2.2.2.14 */
    ATTR_XOR_RELAYED_ADDRESS = 0x0016, /* RFC 8656 18.5 */
    ATTR_MS_MAGIC_COOKIE = 0x000f,     /* [MS-TURN] 2.2.2.1: first of every message */
    ATTR_SOFTWARE = 0x8022,            /* RFC 8489 14.14 */
};

enum { FAMILY_IPV4 = 0x01, FAMILY_IPV6 = 0x02 };
enum { PEER_TEXT_SIZE = ADDRESS_TEXT_SIZE + 8 };
enum { METHOD_BINDING = 0x001, METHOD_ALLOCATE = 0x003, METHOD_CHANNEL_BIND = 0x009 };
/* Whole types: RFC 8656 17, [MS-TURN] 2.2.1. */
enum {
    TYPE_ALLOCATED = 0x0103,
    TYPE_SEND_INDICATION = 0x0016,
    TYPE_DATA_INDICATION = 0x0017,
    TYPE_MS_SEND = 0x0004,
    TYPE_MS_DATA = 0x0115,
    TYPE_MS_ACTIVE = 0x0106, /* from now on datagrams to that peer go bare */
};
/* [MS-TURN] 2.1.1: on TCP, type(1) 0(1) length(2) stand before what a frame carries. */
enum { FRAME_CONTROL = 2, FRAME_DATA = 3, FRAME_HEADER = 4 };
enum { CHANNEL_HEADER = 4 };
enum {
    RESYNCHRONISATIONS_MAX = 8, /* pieces thrown away before a stream is given up */
    STRANGE_MAX = 8,            /* message types without a name that are told apart */
};

struct header {
    uint16_t type;    /* 14 bits, class and method interleaved: RFC 8489 5 */
    uint16_t length;  /* bytes after the header */
    uint8_t mask[16]; /* cookie and transaction id: what XOR'd addresses are masked with */
    bool cookie;      /* that of RFC 8489 */
    enum stun_dialect dialect;
};

struct stun_state {
    struct once peers;
    uint16_t strange[STRANGE_MAX]; /* message types without a name, 0 = free */
    uint32_t step_over[2];         /* of each side's stream: the rest of what a gap broke */
    uint32_t awaited[2];           /* likewise: bytes until the message at hand is whole */
    bool adrift[2];  /* likewise: bytes were lost, and where a message begins with them */
    uint8_t thrown;  /* pieces of a stream thrown away since the last message */
    uint8_t dialect; /* last told */
    bool started;    /* the flow is told to be STUN */
    bool client;     /* the client was told */
    bool software;   /* was told */
    bool framed;     /* messages stand in frames of [MS-TURN] */
    bool stream;
    bool relay;  /* messages of TURN were seen */
    bool relays; /* that it carries something was told */
    bool inside; /* what comes now was carried by the relay */
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
        h.dialect = ms         ? STUN_DIALECT_MS_TURN
                    : h.cookie ? STUN_DIALECT_RFC8489
                               : STUN_DIALECT_RFC3489;
    }
    return h;
}

/* RFC 8489 14: type(2) length(2) value(length), padded to 4 bytes; [MS-TURN] pads nothing, and some
 * senders leave out the padding of the last one. */
static bool next_attribute(struct bytes *attrs, enum stun_dialect dialect, uint16_t *ret_type,
                           struct bytes *ret_value)
{
    if (bytes_left(attrs) == 0) {
        return false;
    }
    *ret_type = bytes_u16(attrs);
    uint16_t length = bytes_u16(attrs);
    *ret_value = bytes_take(attrs, length);
    bool whole = bytes_ok(attrs);
    bool padded = dialect == STUN_DIALECT_RFC3489 || bytes_sent(attrs) > 0;
    if (dialect != STUN_DIALECT_MS_TURN && padded) {
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
        bool sure = seg->open ? stun_relay_is_sure_stream(in) : stun_relay_is_sure(in);
        return sure ? CLAIM_YES : CLAIM_NO;
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
    if (h.dialect == STUN_DIALECT_RFC3489) {
        return is_classic(&h, in) ? CLAIM_YES : CLAIM_NO;
    }
    return seg->open || h.length <= bytes_sent(&in) ? CLAIM_YES : CLAIM_NO;
}

/* ChannelData has nothing of its own to know it by: messages said that this is a relay. */
static bool stun_owns(const void *state, const struct segment *seg)
{
    const struct stun_state *stun = state;
    struct bytes inner;
    int first = bytes_peek(&seg->payload, 0);
    bool channel = first >= RELAY_CHANNEL_FIRST && first <= RELAY_CHANNEL_LAST;
    return stun->relay && (channel || first == 0xff) && stun_relay_open(seg->payload, &inner);
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

/* Which address the relay gave its client: media of a call is announced under that one. */
static void put_relayed(const struct segment *seg, struct sink *sink, struct bytes value,
                        const uint8_t mask[16])
{
    char buffer[PEER_TEXT_SIZE];
    struct text text = text_into(buffer, sizeof buffer);
    if (read_address(value, mask, &text)) {
        observe_text(sink, seg, OBS_STUN_RELAYED_ADDRESS, buffer, 0);
    }
}

static void tell_relay(struct stun_state *stun, const struct segment *seg, struct sink *sink)
{
    bool ms = stun->framed || stun->dialect == STUN_DIALECT_MS_TURN;
    if (!stun->relays) {
        stun->relays = true;
        observe_text(sink, seg, OBS_STUN_RELAYS, ms ? "ms-turn" : "turn", 0);
    }
}

/* Hands over what the relay carries, once and not what that carries in turn. */
static void give(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                 const struct bytes *inner)
{
    if (stun->inside || bytes_sent(inner) == 0) {
        return;
    }
    tell_relay(stun, seg, sink);
    stun->inside = true;
    stun_relay_give(seg, sink, inner);
    stun->inside = false;
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
    const char *name = stun_methods_name(method, h->dialect);
    if (name != NULL) {
        text_printf(&text, "%s.%s", name, classes[class]);
    } else if (is_told_apart(stun, h->type)) {
        text_printf(&text, "0x%03x.%s", (unsigned)method, classes[class]);
    } else {
        text_put(&text, "other");
    }
    bool asks = class == 0 && (method == METHOD_BINDING || method == METHOD_ALLOCATE);
    bool relay = method >= METHOD_ALLOCATE && method <= METHOD_CHANNEL_BIND;
    stun->relay |= relay && h->dialect != STUN_DIALECT_RFC3489;
    if (asks && !stun->client && !stun->inside) {
        stun->client = true;
        observe_text(sink, seg, OBS_CLIENT, "request", seg->from);
    }
    observe_text(sink, seg, OBS_STUN_METHOD, buffer, 1);
}

/* One attribute of RFC 8489 or 8656. */
static void put_attribute(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                          const struct header *h, uint16_t type, struct bytes value)
{
    if (type == ATTR_SOFTWARE && !stun->software && value.cut == 0) {
        stun->software = true;
        observe_bytes(sink, seg, OBS_STUN_SOFTWARE, &value);
    } else if (type == ATTR_XOR_PEER_ADDRESS && h->dialect == STUN_DIALECT_RFC8489) {
        put_peer(stun, seg, sink, value, h->mask);
    } else if (type == ATTR_XOR_RELAYED_ADDRESS && h->type == TYPE_ALLOCATED) {
        put_relayed(seg, sink, value, h->mask);
    } else if (type == ATTR_DATA &&
               (h->type == TYPE_SEND_INDICATION || h->type == TYPE_DATA_INDICATION)) {
        give(stun, seg, sink, &value);
    }
}

static void put_ms_attribute(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                             const struct header *h, uint16_t type, struct bytes value)
{
    static const uint8_t no_mask[16] = { 0 };
    if (type == ATTR_DESTINATION_ADDRESS) {
        put_peer(stun, seg, sink, value, no_mask);
    } else if (type == ATTR_MAPPED_ADDRESS && h->type == TYPE_ALLOCATED) {
        put_relayed(seg, sink, value, no_mask);
    } else if (type == ATTR_DATA && (h->type == TYPE_MS_SEND || h->type == TYPE_MS_DATA)) {
        give(stun, seg, sink, &value);
    }
}

static void put_attributes(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                           const struct header *h, struct bytes attrs)
{
    uint16_t type;
    struct bytes value;
    while (next_attribute(&attrs, h->dialect, &type, &value)) {
        if (h->dialect == STUN_DIALECT_MS_TURN) {
            put_ms_attribute(stun, seg, sink, h, type, value);
        } else {
            put_attribute(stun, seg, sink, h, type, value);
        }
    }
}

static void put_message(struct stun_state *stun, const struct segment *seg, struct sink *sink,
                        const struct header *h, struct bytes attrs)
{
    static const char *const dialects[] = { NULL, "rfc8489", "rfc3489", "ms-turn" };
    if (stun->inside) {
        put_method(stun, seg, sink, h);
        return;
    }
    if (!stun->started) {
        stun->started = true;
        observe_text(sink, seg, OBS_APP, "stun", 0);
    }
    if (stun->dialect != (uint8_t)h->dialect) {
        stun->dialect = (uint8_t)h->dialect;
        observe_text(sink, seg, OBS_STUN_DIALECT, dialects[h->dialect], 0);
    }
    put_method(stun, seg, sink, h);
    if (h->type == TYPE_MS_ACTIVE && h->dialect == STUN_DIALECT_MS_TURN) {
        tell_relay(stun, seg, sink);
    }
    put_attributes(stun, seg, sink, h, attrs);
}

/* Believes the message only when its attributes fill it exactly, or are there as far as captured.
 */
static enum bytes_fault read_message(struct stun_state *stun, const struct segment *seg,
                                     struct sink *sink, struct bytes *in)
{
    struct header h = read_header(in);
    if (bytes_ok(in) && h.dialect == STUN_DIALECT_RFC3489 && !is_classic(&h, *in)) {
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
    struct bytes inner;
    if (bytes_peek(&in, 0) < 0 || bytes_peek(&in, 0) > 3) {
        if (stun_relay_open(in, &inner)) {
            give(stun, seg, sink, &inner);
        }
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
    stun->adrift[seg->from] = true;
    stun->thrown++;
    return stun->thrown > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

/* Waits for the rest of a message that has so many bytes. */
static enum step await(struct stun_state *stun, const struct segment *seg, uint32_t size)
{
    uint32_t have = bytes_left(&seg->payload);
    stun->awaited[seg->from] = size > have ? size - have : 0;
    return STEP_WAIT;
}

/* RFC 8656 12.4: channel(2) length(2) data, padded to 4 bytes on streams. */
static enum step step_channel_data(struct stun_state *stun, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    bytes_u16(&in);
    uint32_t length = bytes_u16(&in);
    uint32_t padding = -length & 3;
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (stun->adrift[seg->from] && !stun_relay_is_sure_stream(seg->payload)) {
        return lose(stun, seg, sink);
    }
    if (bytes_left(&in) < length + padding && seg->open) {
        return await(stun, seg, CHANNEL_HEADER + length + padding);
    }
    stun->adrift[seg->from] = false;
    stun->thrown = 0;
    seg->payload = in;
    bytes_limit(&in, length);
    give(stun, seg, sink, &in);
    bytes_skip(&seg->payload, length + padding);
    return STEP_NEXT;
}

/* One message of the stream, whole or not at all; in: from its start, back: behind it. */
static enum step step_message(struct stun_state *stun, struct segment *seg, struct sink *sink,
                              struct bytes *in)
{
    enum bytes_fault fault = read_message(stun, seg, sink, in);
    if (fault == BYTES_CUT && seg->open) {
        struct bytes start = seg->payload;
        bytes_u16(&start);
        return await(stun, seg, HEADER_SIZE + bytes_u16(&start));
    }
    if (fault != BYTES_OK) {
        return lose(stun, seg, sink);
    }
    stun->thrown = 0;
    stun->adrift[seg->from] = false;
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
        return seg->open ? await(stun, seg, FRAME_HEADER + (uint32_t)length)
                         : lose(stun, seg, sink);
    }
    if (type == FRAME_DATA) {
        give(stun, seg, sink, &in);
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
    if (first >= RELAY_CHANNEL_FIRST && first <= RELAY_CHANNEL_LAST) {
        return step_channel_data(stun, seg, sink);
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
    if (!stun->stream || stun->inside) {
        read_datagram(stun, seg, sink);
        bytes_take(&seg->payload, bytes_sent(&seg->payload));
        return FEED_MORE;
    }
    stun->awaited[seg->from] = 0;
    while (bytes_left(&seg->payload) > 0) {
        enum step step = step_stream(stun, seg, sink);
        if (step != STEP_NEXT) {
            return step == STEP_STOP ? FEED_SETTLED : FEED_MORE;
        }
    }
    return FEED_MORE;
}

/* A hole in a message whose end is known hides no more than that. */
static enum feed stun_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct stun_state *stun = state;
    uint8_t side = from & 1;
    uint32_t left = stun->step_over[side] + stun->awaited[side];
    (void)sink;
    stun->adrift[side] |= missing > left;
    stun->step_over[side] = missing <= left ? left - (uint32_t)missing : 0;
    stun->awaited[side] = 0;
    return FEED_MORE;
}

const struct analyzer stun_analyzer = {
    .name = "stun",
    .spec = "RFC 8489",
    .carriers = CARRIER_UDP | CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct stun_state),
    .claim = stun_claim,
    .owns = stun_owns,
    .feed = stun_feed,
    .gap = stun_gap,
};

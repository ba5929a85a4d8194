/* analyzers/rdp.c: the start of Remote Desktop connections ([MS-RDPBCGR] 1.3.1.1): which security
 * both sides agree on, and the level of RDP's own. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"
#include "base/text.h"

enum {
    TPKT_VERSION = 3, /* RFC 1006 6: version(1) 0(1) length(2) */
    TPKT_HEADER = 4,
    X224_HEADER = 7, /* length(1) code(1) destination(2) source(2) class(1): X.224 13.3 */
    CONNECTION_REQUEST = 0xe0,
    CONNECTION_CONFIRM = 0xd0,
    DATA = 0xf0,
    NEGOTIATION_SIZE = 8, /* type(1) flags(1) length(2) protocols(4), little-endian: 2.2.1.1.1 */
    NEGOTIATION_REQUEST = 1,
    NEGOTIATION_RESPONSE = 2,
    NEGOTIATION_FAILURE = 3,
    RDP_PORT = 3389,
    PACKET_MAX = 16384,
    SERVER_SECURITY = 0x0c02, /* 2.2.1.4.3: type(2) length(2) method(4) level(4) */
    BLOCKS_MAX = 16,          /* of user data in the server's answer */
    PACKETS_MAX = 8,          /* of the server after its confirm, in which the level may come */
};

struct rdp_state {
    struct starttls tls;
    bool told;
    bool confirmed;
    uint8_t packets;
};

/* One TPKT packet as far as X.224's fixed part. */
struct packet {
    uint16_t length; /* of all */
    uint8_t code;    /* of X.224 */
};

static struct packet read_packet(struct bytes *in)
{
    struct packet p = { 0 };
    uint8_t version = bytes_u8(in);
    bytes_u8(in);
    p.length = bytes_u16(in);
    uint8_t indicator = bytes_u8(in);
    p.code = bytes_u8(in);
    bool fits = p.length > TPKT_HEADER + 2 && indicator <= p.length - TPKT_HEADER - 1;
    if (bytes_ok(in) && (version != TPKT_VERSION || !fits)) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return p;
}

/* What RDP alone has behind X.224's fixed part: in begins there and ends with the packet. */
static bool is_rdp(const struct segment *seg, uint8_t code, struct bytes in)
{
    if (bytes_sent(&in) == 0) {
        return seg->port[0] == RDP_PORT || seg->port[1] == RDP_PORT;
    }
    int type = bytes_peek(&in, 0);
    bool size = bytes_peek(&in, 2) == NEGOTIATION_SIZE && bytes_peek(&in, 3) == 0;
    if (code == CONNECTION_CONFIRM) {
        return (type == NEGOTIATION_RESPONSE || type == NEGOTIATION_FAILURE) && size;
    }
    return scan_starts(&in, "Cookie: ms") || (type == NEGOTIATION_REQUEST && size);
}

static enum claim rdp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int code = bytes_peek(&in, 5);
    if (!seg->first || bytes_peek(&in, 0) != TPKT_VERSION || bytes_peek(&in, 1) > 0 ||
        (code >= 0 && code != CONNECTION_REQUEST && code != CONNECTION_CONFIRM)) {
        return CLAIM_NO;
    }
    struct packet p = read_packet(&in);
    bytes_skip(&in, X224_HEADER - 2);
    if (in.fault == BYTES_CUT) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    if (!bytes_ok(&in) || p.length < TPKT_HEADER + X224_HEADER || p.length > PACKET_MAX) {
        return CLAIM_NO;
    }
    uint32_t rest = p.length - TPKT_HEADER - X224_HEADER;
    if (bytes_left(&in) < rest) {
        return seg->open && rest <= 1024 ? CLAIM_MORE : CLAIM_NO;
    }
    bytes_limit(&in, rest);
    return is_rdp(seg, p.code, in) ? CLAIM_YES : CLAIM_NO;
}

static void begin(struct rdp_state *s, const struct segment *seg, struct sink *sink, bool client)
{
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "rdp", client ? seg->from : (uint8_t)(1 - seg->from));
    }
}

/* 2.2.1.1.1 requestedProtocols: a bit for each. */
static void take_request(struct rdp_state *s, const struct segment *seg, struct sink *sink,
                         struct bytes in)
{
    static const char *const names[] = { "tls", "nla", "rdstls", "nla_ex", "aad" };
    begin(s, seg, sink, true);
    if (scan_starts(&in, "Cookie:")) { /* ends with a line end */
        struct bytes line;
        scan_line(&in, &line);
    }
    uint8_t type = bytes_u8(&in);
    bytes_skip(&in, 3);
    uint32_t wanted = bytes_le32(&in);
    if (!bytes_ok(&in) || type != NEGOTIATION_REQUEST) {
        wanted = 0; /* old clients send none */
    }
    observe_text(sink, seg, OBS_RDP_OFFER, "standard", 0);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((wanted & 1u << i) != 0) {
            observe_text(sink, seg, OBS_RDP_OFFER, names[i], 1u << i);
        }
    }
    if (wanted != 0) {
        starttls_asks(&s->tls, seg, sink);
    }
}

static const char *name_of_security(uint32_t selected)
{
    switch (selected) {
    case 0:
        return "standard";
    case 1:
        return "tls";
    case 2:
        return "nla";
    case 4:
        return "rdstls";
    case 8:
        return "nla_ex";
    case 16:
        return "aad";
    default:
        return NULL;
    }
}

static void put_code(const struct segment *seg, struct sink *sink, enum observation_kind kind,
                     const char *name, uint32_t code)
{
    char buffer[16];
    struct text t = text_into(buffer, sizeof buffer);
    text_printf(&t, "0x%x", (unsigned)code);
    observe_text(sink, seg, kind, name != NULL ? name : buffer, code);
}

/* 2.2.1.2: without a negotiation response the server has RDP's own security only. */
static enum step take_confirm(struct rdp_state *s, const struct segment *seg, struct sink *sink,
                              struct bytes in)
{
    begin(s, seg, sink, false);
    s->confirmed = true;
    uint8_t type = bytes_u8(&in);
    bytes_skip(&in, 3);
    uint32_t selected = bytes_le32(&in);
    bool response = bytes_ok(&in) && type == NEGOTIATION_RESPONSE;
    bool failure = bytes_ok(&in) && type == NEGOTIATION_FAILURE;
    selected = response ? selected : 0;
    if (s->tls.phase == STARTTLS_ASKED) {
        starttls_answers(&s->tls, seg, sink, selected != 0);
    } else if (selected != 0) {
        s->tls.phase = STARTTLS_ACCEPTED; /* the request was not captured */
    }
    if (!failure) {
        put_code(seg, sink, OBS_RDP_SECURITY, name_of_security(selected), selected);
    }
    return failure ? STEP_STOP : STEP_NEXT;
}

/* 5.3.2: methods and levels of RDP's own security. */
static void put_level(const struct segment *seg, struct sink *sink, uint32_t method, uint32_t level)
{
    static const char *const levels[] = { "none", "low", "client_compatible", "high", "fips" };
    static const struct {
        uint32_t method;
        const char *name;
    } methods[] = {
        { 0, "none" }, { 1, "40bit" }, { 2, "128bit" }, { 8, "56bit" }, { 16, "fips" }
    };
    const char *name = NULL;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        name = methods[i].method == method ? methods[i].name : name;
    }
    put_code(seg, sink, OBS_RDP_METHOD, name, method);
    put_code(seg, sink, OBS_RDP_LEVEL, level <= 4 ? levels[level] : NULL, level);
}

/* 2.2.1.4, in the MCS Connect Response: behind "McDn" (T.124 8.7) and a length of PER are blocks of
 * type(2) length(2), little-endian. */
static bool take_connect_response(const struct segment *seg, struct sink *sink, struct bytes in)
{
    int64_t at = scan_find(&in, "McDn");
    if (at < 0) {
        return false;
    }
    bytes_skip(&in, (uint32_t)at + 4);
    uint8_t length = bytes_u8(&in);
    bytes_skip(&in, length >= 0x80 ? 1 : 0);
    for (unsigned i = 0; i < BLOCKS_MAX && bytes_left(&in) > 0; i++) {
        uint16_t type = bytes_le16(&in);
        uint16_t size = bytes_le16(&in);
        struct bytes block = bytes_take(&in, size >= 4 ? size - 4u : 0);
        uint32_t method = bytes_le32(&block);
        uint32_t level = bytes_le32(&block);
        if (type == SERVER_SECURITY && bytes_ok(&block)) {
            put_level(seg, sink, method, level);
            return true;
        }
    }
    return false;
}

static enum step take_packet(struct rdp_state *s, struct segment *seg, struct sink *sink,
                             uint8_t code, struct bytes in)
{
    if (code == CONNECTION_REQUEST || code == CONNECTION_CONFIRM) {
        bytes_skip(&in, X224_HEADER - 2);
        if (!bytes_ok(&in)) {
            return STEP_STOP;
        }
        if (code == CONNECTION_CONFIRM) {
            return take_confirm(s, seg, sink, in);
        }
        take_request(s, seg, sink, in);
        return STEP_NEXT;
    }
    if (seg->from == s->tls.client) {
        starttls_speaks(&s->tls, seg, sink);
        return STEP_NEXT;
    }
    bool found = code == DATA && take_connect_response(seg, sink, in);
    return found || ++s->packets > PACKETS_MAX ? STEP_STOP : STEP_NEXT;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct rdp_state *s = state;
    enum claim hello = s->told ? starttls_hello(&s->tls, seg) : CLAIM_NO;
    if (hello != CLAIM_NO) {
        return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
    }
    struct bytes in = seg->payload;
    struct packet p = read_packet(&in);
    if (in.fault == BYTES_CUT) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (!bytes_ok(&in)) {
        return STEP_STOP; /* fast-path output: the session is under way */
    }
    uint32_t rest = p.length - TPKT_HEADER - 2u;
    if (bytes_left(&in) < rest) {
        return seg->open && p.length <= PACKET_MAX ? STEP_WAIT : STEP_STOP;
    }
    bytes_skip(&seg->payload, p.length);
    bytes_limit(&in, rest);
    return take_packet(s, seg, sink, p.code, in);
}

static enum feed rdp_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

const struct analyzer rdp_analyzer = {
    .name = "rdp",
    .spec = "[MS-RDPBCGR]",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct rdp_state),
    .claim = rdp_claim,
    .feed = rdp_feed,
    .gap = steps_gap_release,
};

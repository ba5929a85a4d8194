/* analyzers/mysql.c: the connection phase of MySQL and MariaDB ("Client/Server Protocol") until TLS
 * begins or the client has answered in clear. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    HEADER_SIZE = 4, /* length(3, little-endian) number(1) */
    PROTOCOL_10 = 10,
    GREETING_MAX = 1024,
    PACKET_MAX = 65536,
    VERSION_MAX = 64, /* characters of the server's version */
    SSL_REQUEST_SIZE = 32,
    SSL_REQUEST_SIZE_OLD = 4, /* before 4.1: capabilities(2) most(2) */
    CLIENT_SSL = 1 << 11,
    CLIENT_PROTOCOL_41 = 1 << 9,
    CLIENT_LENENC_AUTH = 1 << 21, /* CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA */
    AUTH_SWITCH = 0xfe,
};

struct mysql_state {
    struct starttls tls;
    bool told;
    bool answered;   /* the client's HandshakeResponse was seen */
    bool clear_text; /* the server asks for the password as it is */
};

static uint32_t read_header(struct bytes *in, uint8_t *ret_number)
{
    uint32_t low = bytes_le16(in);
    uint32_t length = low | (uint32_t)bytes_u8(in) << 16;
    *ret_number = bytes_u8(in);
    return length;
}

/* "8.0.36", "5.5.5-10.11.6-MariaDB": digits, dots and letters, ended by NUL. */
static bool read_version(struct bytes *in)
{
    bool dotted = false;
    for (uint32_t i = 0; i < VERSION_MAX; i++) {
        uint8_t c = bytes_u8(in);
        if (!bytes_ok(in) || c == 0) {
            return bytes_ok(in) && i >= 3 && dotted;
        }
        dotted |= c == '.';
        if (c <= ' ' || c >= 0x7f || (i == 0 && (c < '0' || c > '9'))) {
            bytes_fail(in, BYTES_MALFORMED);
        }
    }
    return false;
}

/* length(3) 0(1) 10(1) version NUL thread(4) scramble(8) 0(1) capabilities(2) ... */
static enum claim mysql_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint8_t number;
    if (!seg->first || bytes_peek(&in, 3) > 0 ||
        (bytes_peek(&in, 4) >= 0 && bytes_peek(&in, 4) != PROTOCOL_10)) {
        return CLAIM_NO;
    }
    uint32_t length = read_header(&in, &number);
    bytes_u8(&in);
    bool version = read_version(&in);
    bytes_skip(&in, 4 + 8);
    uint8_t filler = bytes_u8(&in);
    bytes_u16(&in);
    if (in.fault == BYTES_CUT) {
        bool fits = bytes_left(&seg->payload) < 3 || length <= GREETING_MAX;
        return seg->open && fits ? CLAIM_MORE : CLAIM_NO;
    }
    return bytes_ok(&in) && version && filler == 0 && length <= GREETING_MAX ? CLAIM_YES : CLAIM_NO;
}

static enum step take_greeting(struct mysql_state *s, const struct segment *seg, struct sink *sink,
                               struct bytes in)
{
    bytes_u8(&in);
    read_version(&in);
    bytes_skip(&in, 4 + 8 + 1);
    uint32_t capabilities = bytes_le16(&in);
    s->told = true;
    starttls_begin(&s->tls, seg, sink, "mysql", (uint8_t)(1 - seg->from));
    if (bytes_ok(&in)) {
        bool offers = (capabilities & CLIENT_SSL) != 0;
        starttls_offers(&s->tls, seg, sink, offers ? STARTTLS_OFFERED : STARTTLS_ABSENT);
    }
    return STEP_NEXT;
}

static void skip_text(struct bytes *in)
{
    while (bytes_left(in) > 0 && bytes_u8(in) != 0) {
    }
}

/* What answers the server's scramble: a digest of it and the password; nothing: no password. */
static void take_response(struct mysql_state *s, const struct segment *seg, struct sink *sink,
                          uint32_t capabilities, struct bytes in)
{
    bytes_skip(&in, 4 + 1 + 23); /* longest packet, character set, filler */
    skip_text(&in);
    uint32_t size = bytes_u8(&in);
    if ((capabilities & CLIENT_LENENC_AUTH) != 0 && size == 0xfc) {
        size = bytes_le16(&in);
    }
    struct bytes answer = bytes_take(&in, size);
    bool clear = scan_find(&in, "mysql_clear_password") >= 0;
    if (bytes_ok(&in) && bytes_sent(&answer) > 0) {
        starttls_exposes(&s->tls, seg, sink, clear ? SECRET_PASSWORD : SECRET_DIGEST);
    }
}

static enum step take_client(struct mysql_state *s, struct segment *seg, struct sink *sink,
                             struct bytes in)
{
    if (s->answered) {
        if (s->clear_text && bytes_sent(&in) > 1) {
            starttls_exposes(&s->tls, seg, sink, SECRET_PASSWORD);
        }
        return STEP_STOP;
    }
    uint32_t size = bytes_sent(&in);
    uint32_t capabilities = bytes_le16(&in);
    bool modern = (capabilities & CLIENT_PROTOCOL_41) != 0;
    capabilities |= modern ? (uint32_t)bytes_le16(&in) << 16 : 0;
    bool ssl = (capabilities & CLIENT_SSL) != 0;
    if (ssl && size == (modern ? SSL_REQUEST_SIZE : SSL_REQUEST_SIZE_OLD)) {
        starttls_asks(&s->tls, seg, sink);
        s->tls.phase = STARTTLS_ACCEPTED; /* by the offer: no answer comes */
        return STEP_NEXT;
    }
    s->answered = true;
    starttls_speaks(&s->tls, seg, sink);
    if (modern) {
        take_response(s, seg, sink, capabilities, in);
    }
    return STEP_NEXT;
}

/* AuthSwitchRequest: 0xfe plugin NUL data; all else ends the connection phase. */
static enum step take_server(struct mysql_state *s, struct bytes in)
{
    if (bytes_u8(&in) != AUTH_SWITCH || bytes_left(&in) == 0) {
        return s->answered ? STEP_STOP : STEP_NEXT;
    }
    struct bytes plugin = scan_until(&in, '\0');
    s->clear_text = scan_is(&plugin, "mysql_clear_password");
    return STEP_NEXT;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct mysql_state *s = state;
    enum claim hello = s->told ? starttls_hello(&s->tls, seg) : CLAIM_NO;
    if (hello != CLAIM_NO) {
        return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
    }
    struct bytes in = seg->payload;
    uint8_t number;
    uint32_t length = read_header(&in, &number);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (length == 0 || length > PACKET_MAX) {
        observe_text(sink, seg, OBS_MALFORMED, "mysql", 1);
        return STEP_STOP;
    }
    if (bytes_left(&in) < length) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    seg->payload = in;
    bytes_skip(&seg->payload, length);
    bytes_limit(&in, length);
    if (!s->told) {
        return take_greeting(s, seg, sink, in);
    }
    return seg->from == s->tls.client ? take_client(s, seg, sink, in) : take_server(s, in);
}

static enum feed mysql_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

const struct analyzer mysql_analyzer = {
    .name = "mysql",
    .spec = "MySQL Client/Server Protocol",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct mysql_state),
    .claim = mysql_claim,
    .feed = mysql_feed,
    .gap = steps_gap_release,
};

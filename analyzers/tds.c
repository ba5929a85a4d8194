/* analyzers/tds.c: Microsoft SQL Server's protocol ([MS-TDS] 2.2.6.4, 2.2.6.5) until the user is
 * let in: what PRELOGIN agrees on, the TLS inside its packets, and logins in clear. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"

enum {
    HEADER_SIZE = 8, /* type(1) status(1) length(2) process(2) number(1) window(1): 2.2.3.1 */
    TYPE_RESPONSE = 0x04,
    TYPE_LOGIN7 = 0x10,
    TYPE_PRELOGIN = 0x12,
    STATUS_END = 0x01,
    PACKET_MAX = 32768,
    PRELOGIN_MAX = 1024, /* bytes of one; they have some dozens */
    OPTION_VERSION = 0x00,
    OPTION_ENCRYPTION = 0x01,
    OPTION_END = 0xff,
    OPTIONS_MAX = 16,
    OPTION_FLAGS_2_AT = 25, /* in LOGIN7, 2.2.6.4; its highest bit: integrated */
    PASSWORD_AT = 44,       /* offset and length of the password, in LOGIN7 */
    RECORD_HEADER = 5,      /* of TLS: type(1) version(2) length(2) */
    RECORD_FIRST = 20,      /* of its types; no type of a packet is among them */
    RECORD_LAST = 23,
};

/* 2.2.6.5: what a side says of encryption; a client that has a certificate adds 0x80. */
enum { ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUPPORTED, ENCRYPT_REQUIRED, ENCRYPT_UNKNOWN };

struct tds_state {
    struct starttls tls;
    bool told;
    bool answered;      /* the server's PRELOGIN was seen */
    bool wraps;         /* what PRELOGIN packets carry now is TLS */
    uint8_t wanted;     /* by the client: ENCRYPT_* */
    uint16_t inside[2]; /* bytes still to come of a packet that carries TLS */
    uint16_t skip[2];   /* likewise, that are stepped over */
};

struct packet {
    uint8_t type;
    uint8_t status;
    uint32_t size; /* bytes behind the header */
};

static struct packet read_packet(struct bytes *in)
{
    struct packet p;
    p.type = bytes_u8(in);
    p.status = bytes_u8(in);
    uint32_t length = bytes_u16(in);
    bytes_skip(in, 4);
    if (bytes_ok(in) && (length < HEADER_SIZE || length > PACKET_MAX)) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    p.size = length - HEADER_SIZE;
    return p;
}

/* 2.2.6.5: token(1) offset(2) length(2) ... 0xff, then the values: false when that does not fit. */
static bool read_prelogin(struct bytes in, uint8_t *ret_encryption)
{
    struct bytes options = in;
    uint32_t size = bytes_left(&in);
    *ret_encryption = ENCRYPT_UNKNOWN;
    for (unsigned i = 0; i < OPTIONS_MAX; i++) {
        uint8_t token = bytes_u8(&options);
        if (token == OPTION_END || !bytes_ok(&options)) {
            return bytes_ok(&options) && i > 0;
        }
        uint32_t offset = bytes_u16(&options);
        uint32_t length = bytes_u16(&options);
        if (!bytes_ok(&options) || offset + length > size || (i == 0 && token != OPTION_VERSION) ||
            (token == OPTION_VERSION && length != 6)) {
            return false;
        }
        if (token == OPTION_ENCRYPTION && length == 1) {
            uint8_t value = (uint8_t)bytes_peek(&in, offset) & 0x7f;
            *ret_encryption = value < ENCRYPT_UNKNOWN ? value : ENCRYPT_UNKNOWN;
        }
    }
    return false;
}

static enum claim tds_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int first = bytes_peek(&in, HEADER_SIZE);
    if (!seg->first ||
        (bytes_peek(&in, 0) != TYPE_PRELOGIN && bytes_peek(&in, 0) != TYPE_RESPONSE) ||
        (bytes_left(&in) > 1 && bytes_peek(&in, 1) != STATUS_END) ||
        (first >= 0 && first != OPTION_VERSION)) {
        return CLAIM_NO;
    }
    struct packet p = read_packet(&in);
    uint8_t encryption;
    if (in.fault == BYTES_CUT) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    if (!bytes_ok(&in) || p.size > PRELOGIN_MAX) {
        return CLAIM_NO;
    }
    if (bytes_left(&in) < p.size) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    bytes_limit(&in, p.size);
    return read_prelogin(in, &encryption) ? CLAIM_YES : CLAIM_NO;
}

static void put_word(const struct segment *seg, struct sink *sink, enum observation_kind kind,
                     uint8_t encryption)
{
    static const char *const words[] = { "off", "on", "not_supported", "required", "unknown" };
    observe_text(sink, seg, kind, words[encryption], encryption);
}

/* The server's word decides (2.2.6.5): off means for the login alone. */
static void agree(struct tds_state *s, const struct segment *seg, struct sink *sink, uint8_t answer)
{
    static const char *const agreed[] = { "login", "all", "none", "all", NULL };
    static const uint8_t offers[] = { STARTTLS_OFFERED, STARTTLS_OFFERED, STARTTLS_ABSENT,
                                      STARTTLS_REQUIRED, STARTTLS_UNTOLD };
    s->answered = true;
    s->wraps = answer != ENCRYPT_NOT_SUPPORTED;
    put_word(seg, sink, OBS_TDS_SERVER, answer);
    if (agreed[answer] != NULL) {
        observe_text(sink, seg, OBS_TDS_ENCRYPTION, agreed[answer], answer);
        starttls_offers(&s->tls, seg, sink, (enum starttls_offer)offers[answer]);
        starttls_answers(&s->tls, seg, sink, s->wraps);
    }
}

static enum step take_prelogin(struct tds_state *s, const struct segment *seg, struct sink *sink,
                               struct bytes body, bool client)
{
    uint8_t encryption;
    if (!read_prelogin(body, &encryption)) {
        observe_text(sink, seg, OBS_MALFORMED, "tds", 1);
        return STEP_STOP;
    }
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "tds", client ? seg->from : (uint8_t)(1 - seg->from));
    }
    if (!client) {
        agree(s, seg, sink, encryption);
        return STEP_NEXT;
    }
    put_word(seg, sink, OBS_TDS_CLIENT, encryption);
    if (encryption != ENCRYPT_NOT_SUPPORTED && encryption != ENCRYPT_UNKNOWN) {
        starttls_asks(&s->tls, seg, sink);
    }
    return STEP_NEXT;
}

/* 2.2.6.4: the password is only swapped and XORed; of an integrated login there is none. */
static enum step take_login(struct tds_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes body)
{
    int flags = bytes_peek(&body, OPTION_FLAGS_2_AT);
    bytes_skip(&body, PASSWORD_AT + 2);
    uint32_t characters = (uint32_t)bytes_u8(&body) | (uint32_t)bytes_u8(&body) << 8;
    starttls_speaks(&s->tls, seg, sink);
    if (bytes_ok(&body) && (flags & 0x80) == 0 && characters > 0) {
        starttls_exposes(&s->tls, seg, sink, SECRET_OBFUSCATED);
    }
    return STEP_STOP;
}

/* What is inside of a packet goes to TLS; when its handshake is over it needs no packets. */
static enum step pass_on(struct tds_state *s, struct segment *seg, struct sink *sink)
{
    uint16_t *inside = &s->inside[seg->from];
    struct segment inner = *seg;
    uint32_t here = *inside < bytes_left(&seg->payload) ? *inside : bytes_left(&seg->payload);
    inner.payload = bytes_take(&seg->payload, here);
    inner.payload.cut = 0;
    *inside = (uint16_t)(*inside - here);
    return sink->stream != NULL && sink->stream(sink, &inner) ? STEP_NEXT : STEP_STOP;
}

/* A TLS record without a packet around it (2.2.6.5): behind the handshake, the login at least. */
static enum step take_record(struct tds_state *s, struct segment *seg)
{
    struct bytes in = seg->payload;
    bytes_skip(&in, 3);
    uint32_t length = bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    s->inside[seg->from] = (uint16_t)(RECORD_HEADER + (length < PACKET_MAX ? length : PACKET_MAX));
    return STEP_NEXT;
}

static enum step take_packet(struct tds_state *s, struct segment *seg, struct sink *sink,
                             const struct packet *p, struct bytes in)
{
    bool here = bytes_left(&in) >= p->size;
    bool client = s->told ? seg->from == s->tls.client : p->type == TYPE_PRELOGIN;
    bool wrapped = s->wraps && p->type == TYPE_PRELOGIN;
    if (wrapped) {
        seg->payload = in;
        s->inside[seg->from] = (uint16_t)(p->size);
        return STEP_NEXT;
    }
    if (!here && p->size <= PRELOGIN_MAX) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    struct bytes body = in;
    bytes_limit(&body, here ? p->size : bytes_left(&in));
    bytes_skip(&seg->payload, HEADER_SIZE + bytes_left(&body));
    s->skip[seg->from] = (uint16_t)(p->size - bytes_left(&body));
    if (client && p->type == TYPE_LOGIN7) {
        return take_login(s, seg, sink, body);
    }
    if (p->type == (client ? TYPE_PRELOGIN : TYPE_RESPONSE) && (client || !s->answered)) {
        return take_prelogin(s, seg, sink, body, client);
    }
    return STEP_STOP;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct tds_state *s = state;
    struct bytes *in = &seg->payload;
    uint16_t *skip = &s->skip[seg->from];
    if (*skip > 0) {
        uint32_t here = *skip < bytes_left(in) ? *skip : bytes_left(in);
        bytes_skip(in, here);
        *skip = (uint16_t)(*skip - here);
        return STEP_NEXT;
    }
    if (s->inside[seg->from] > 0) {
        return pass_on(s, seg, sink);
    }
    int first = bytes_peek(in, 0);
    if (s->wraps && first >= RECORD_FIRST && first <= RECORD_LAST) {
        return take_record(s, seg);
    }
    struct bytes body = *in;
    struct packet p = read_packet(&body);
    if (body.fault == BYTES_CUT) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    return bytes_ok(&body) ? take_packet(s, seg, sink, &p, body) : STEP_STOP;
}

static enum feed tds_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

/* What the hole had of the TLS inside is told to it; where packets go on is not known. */
static enum feed tds_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    const struct tds_state *s = state;
    struct segment seg = { .from = from & 1 };
    seg.payload.cut = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
    if (s->wraps && sink->stream != NULL) {
        sink->stream(sink, &seg);
    }
    return FEED_SETTLED;
}

const struct analyzer tds_analyzer = {
    .name = "tds",
    .spec = "[MS-TDS]",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct tds_state),
    .claim = tds_claim,
    .feed = tds_feed,
    .gap = tds_gap,
};

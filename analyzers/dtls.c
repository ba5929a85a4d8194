/* analyzers/dtls.c: DTLS 1.0 and 1.2 on UDP, and of DTLS 1.3 the hellos and the sizes of records.
 *
 * Datagrams are lost, repeated and reordered; messages are handed on in the order of their sequence
 * numbers (dtls_fragments.c), and what they mean is in tls_handshake.c. */
#include "analyzers/dtls_fragments.h"
#include "analyzers/tls_handshake.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_outcome.h"
#include "analyzers/tls_signatures.h"
#include "analyzers/tls_suites.h"

enum {
    RECORD_HEADER_SIZE = 13,
    BODY_MAX = (1 << 14) + 2048, /* RFC 6347 4.1 */
    CONTENT_CID = 25,            /* RFC 9146: a connection id stands before the length */
    CONTENT_ACK = 26,            /* RFC 9147 */
    ALERT_SIZE = 2,
    PROTECTED_MIN = 8, /* bytes that no record under keys goes below */
    TYPE_MAX = 25,     /* highest handshake type */
    REORDERED_MAX = 2, /* records under keys that may overtake those in clear */
    VPN_PORT = 443,
};

/* RFC 9147 4: first byte 001CSLEE of records under keys of DTLS 1.3. */
enum {
    UNIFIED_MASK = 0xe0,
    UNIFIED = 0x20,
    UNIFIED_CID = 0x10,
    UNIFIED_SEQ16 = 0x08,
    UNIFIED_LENGTH = 4,
    UNIFIED_EPOCH = 3, /* its two low bits */
};

struct order {
    struct dtls_fragments *waiting; /* owned; NULL = none */
    uint16_t next;                  /* sequence number of the message that comes next */
    bool known;                     /* next is known: a hello was read */
};

struct dtls_state {
    struct tls_handshake hs;
    struct order order[2];
    bool cid_seen;   /* the fact that connection ids are used was reported */
    bool inner_done; /* nobody wants the data that are opened */
    bool sign_told;  /* that it may be a VPN, or that it is none */
};

struct record {
    uint8_t type;
    uint16_t version, epoch, length;
    uint64_t number; /* epoch and sequence number */
};

/* The connection id in records to a side has the size that it asked for; false: not known. */
static bool cid_of_receiver(const struct dtls_state *s, uint8_t from, uint32_t *ret_size)
{
    const struct tls_side *receiver = &s->hs.side[1 - from];
    *ret_size = receiver->cid_size;
    return receiver->cid_known && s->hs.side[from].cid_known;
}

/* RFC 6347 4.1: type(1) version(2) epoch(2) sequence number(6) length(2). */
static struct record read_header(struct bytes *in)
{
    struct record h;
    h.type = bytes_u8(in);
    h.version = bytes_u16(in);
    h.epoch = bytes_u16(in);
    h.number = (uint64_t)h.epoch << 48 | (uint64_t)bytes_u16(in) << 32;
    h.number |= bytes_u32(in);
    h.length = h.type == CONTENT_CID ? 0 : bytes_u16(in);
    bool known = h.version == DTLS10_VERSION || h.version == DTLS12_VERSION ||
                 h.version == DTLS_OPENSSL_VERSION;
    bool sound = known && h.type >= CONTENT_CHANGE_CIPHER_SPEC && h.type <= CONTENT_ACK &&
                 h.length <= BODY_MAX;
    if (bytes_ok(in) && !sound) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return h;
}

/* RFC 9146 4: what follows the sequence number of a record with an id: id, length(2). Where the
 * size of the id is not known, all of the datagram is one record. */
static uint32_t read_cid_length(const struct dtls_state *s, uint8_t from, struct bytes *in)
{
    uint32_t size = 0;
    if (!cid_of_receiver(s, from, &size)) {
        return bytes_sent(in);
    }
    bytes_skip(in, size);
    return bytes_u16(in);
}

static bool is_unified(const struct bytes *in)
{
    int first = bytes_peek(in, 0);
    return first >= 0 && (first & UNIFIED_MASK) == UNIFIED;
}

/* Could the body of a record in clear be what its type says? */
static bool is_plausible(const struct record *h, struct bytes body)
{
    if (h->epoch > 0 || h->type == CONTENT_CID || h->type == CONTENT_ACK) {
        return h->length >= PROTECTED_MIN;
    }
    switch (h->type) {
    case CONTENT_CHANGE_CIPHER_SPEC: /* 3 bytes: OpenSSL before the standard */
        return bytes_peek(&body, 0) == 1 && (h->length == 1 || h->length == 3);
    case CONTENT_ALERT:
        return h->length == ALERT_SIZE;
    case CONTENT_HANDSHAKE: {
        struct dtls_fragment f = dtls_fragments_read(&body);
        return bytes_ok(&body) && f.type <= TYPE_MAX;
    }
    default:
        return false;
    }
}

/* RFC 5415 4.2: CAPWAP puts version and type(1), 1 for DTLS, and reserved(3) before the records. */
static void skip_preamble(struct bytes *in)
{
    static const uint8_t capwap[] = { 1, 0, 0, 0 };
    if (bytes_starts(in, capwap, sizeof capwap)) {
        bytes_skip(in, sizeof capwap);
    }
}

static enum claim dtls_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    skip_preamble(&in);
    struct record h = read_header(&in);
    h.length = h.type == CONTENT_CID ? (uint16_t)bytes_sent(&in) : h.length;
    struct bytes body = bytes_take(&in, h.length);
    if (!bytes_ok(&in) || !is_plausible(&h, body)) {
        return CLAIM_NO;
    }
    if (bytes_left(&in) >= RECORD_HEADER_SIZE && !is_unified(&in)) {
        read_header(&in);
    }
    return bytes_ok(&in) ? CLAIM_YES : CLAIM_NO;
}

/* RFC 9147 4.1: with DTLS 1.3, first bytes 32 to 63 are records under keys. */
static bool dtls_owns(const void *state, const struct segment *seg)
{
    const struct dtls_state *s = state;
    return tls_names_is_13(s->hs.version) && is_unified(&seg->payload);
}

static bool is_hello(uint8_t type)
{
    return type == CLIENT_HELLO || type == SERVER_HELLO || type == HELLO_VERIFY_REQUEST;
}

static void hand_on(struct dtls_state *s, const struct segment *seg,
                    const struct dtls_fragment *message, struct sink *sink)
{
    struct order *order = &s->order[seg->from];
    order->next = (uint16_t)(message->seq + 1);
    order->known = true;
    s->hs.message_number = message->seq;
    tls_handshake_message(&s->hs, seg, message->type, message->bytes, sink);
}

/* Hands on the waiting messages whose turn it is. */
static void hand_on_ready(struct dtls_state *s, const struct segment *seg, struct sink *sink)
{
    struct order *order = &s->order[seg->from];
    struct dtls_fragment message;
    while (order->known && dtls_fragments_whole(order->waiting, order->next, &message)) {
        uint16_t seq = message.seq;
        hand_on(s, seg, &message, sink);
        dtls_fragments_remove(order->waiting, seq);
    }
}

/* Nothing more will come in clear from this side: what waits is used as it is. */
static void hand_on_rest(struct dtls_state *s, const struct segment *seg, struct sink *sink)
{
    struct order *order = &s->order[seg->from];
    struct dtls_fragment message;
    while (dtls_fragments_first(order->waiting, &message)) {
        uint16_t seq = message.seq;
        if (!order->known || seq != order->next || bytes_left(&message.bytes) < message.length) {
            tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
        }
        if (bytes_left(&message.bytes) == message.length) {
            hand_on(s, seg, &message, sink);
        }
        dtls_fragments_remove(order->waiting, seq);
    }
}

/* May a message with a number that had its turn be new? A ClientHello begins another handshake, and
 * who said hello himself may become the server. */
static bool begins_anew(const struct dtls_state *s, uint8_t from, const struct dtls_fragment *f)
{
    return f->size == f->length &&
           (f->type == CLIENT_HELLO || (f->type == SERVER_HELLO && s->hs.version == 0 &&
                                        tls_handshake_has(&s->hs.side[from], CLIENT_HELLO)));
}

static void read_fragment(struct dtls_state *s, const struct segment *seg,
                          const struct dtls_fragment *f, struct sink *sink)
{
    struct order *order = &s->order[seg->from];
    if (order->known && f->seq < order->next) { /* a repetition, but for the first message */
        if (begins_anew(s, seg->from, f)) {
            order->next = f->type == SERVER_HELLO ? (uint16_t)(f->seq + 1) : order->next;
            s->hs.message_number = f->seq;
            tls_handshake_message(&s->hs, seg, f->type, f->bytes, sink);
        }
        return;
    }
    bool whole = f->size == f->length;
    if (whole && (is_hello(f->type) || (order->known && f->seq == order->next))) {
        dtls_fragments_remove(order->waiting, f->seq);
        hand_on(s, seg, f, sink);
    } else if (!dtls_fragments_add(&order->waiting, f, sink->budget)) {
        tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
    } else {
        struct dtls_fragment message;
        if (is_hello(f->type) && dtls_fragments_whole(order->waiting, f->seq, &message)) {
            hand_on(s, seg, &message, sink);
            dtls_fragments_remove(order->waiting, f->seq);
        }
    }
    hand_on_ready(s, seg, sink);
    s->hs.side[seg->from].waiting =
        dtls_fragments_first(order->waiting, &(struct dtls_fragment){ 0 });
}

/* A record in clear may hold several fragments. */
static enum bytes_fault read_handshake(struct dtls_state *s, const struct segment *seg,
                                       struct bytes body, struct sink *sink)
{
    while (bytes_ok(&body) && bytes_sent(&body) > 0) {
        struct dtls_fragment f = dtls_fragments_read(&body);
        if (bytes_ok(&body)) {
            read_fragment(s, seg, &f, sink);
        }
    }
    return body.fault;
}

static enum bytes_fault read_clear(struct dtls_state *s, const struct segment *seg,
                                   const struct record *h, struct bytes body, struct sink *sink)
{
    if (h->type == CONTENT_HANDSHAKE) {
        return read_handshake(s, seg, body, sink);
    }
    tls_handshake_announce(&s->hs, seg, sink);
    if (h->type == CONTENT_CHANGE_CIPHER_SPEC) {
        tls_handshake_change(&s->hs, seg->from);
    } else if (h->type == CONTENT_HEARTBEAT) {
        tls_handshake_heartbeat(&s->hs, seg, body, sink);
    } else if (h->type == CONTENT_ALERT) {
        uint8_t level = bytes_u8(&body);
        uint8_t code = bytes_u8(&body);
        if (bytes_ok(&body)) {
            tls_handshake_alert(&s->hs, seg, level, code, sink);
        }
    }
    return body.fault;
}

static void read_protected(struct dtls_state *s, const struct segment *seg, uint8_t type,
                           uint32_t size, struct sink *sink)
{
    tls_handshake_announce(&s->hs, seg, sink);
    if (type == CONTENT_HEARTBEAT) {
        tls_handshake_heartbeat(&s->hs, seg, bytes_of(NULL, 0, 0), sink);
    }
    tls_handshake_protected(&s->hs, seg->from, type, size);
    if (type == CONTENT_DATA || s->hs.side[seg->from].under_keys > REORDERED_MAX) {
        hand_on_rest(s, seg, sink);
    }
}

/* A record of the first epoch under keys, if their secret was logged. Handshake messages in it are
 * Finished, or of a renegotiation, which is not followed. */
static void open_record(struct dtls_state *s, const struct segment *seg, const struct record *h,
                        struct bytes body, struct sink *sink)
{
    struct record_head head = { .type = h->type, .version = h->version, .number = h->number };
    struct segment inner = *seg;
    struct tls_opened opened;
    if (h->epoch != 1 || h->type == CONTENT_CID || body.cut > 0 ||
        tls_open_ready(&s->hs, seg, sink) != TLS_OPEN_YES ||
        !tls_open_record(&s->hs, seg, &head, body, sink, &opened)) {
        return;
    }
    inner.payload = opened.text;
    if (opened.type == CONTENT_ALERT) {
        tls_handshake_hidden_alert(&s->hs, seg, inner.payload, sink);
    } else if (opened.type == CONTENT_DATA && !s->inner_done && bytes_left(&inner.payload) > 0) {
        s->inner_done = sink->opened == NULL || !sink->opened(sink, &inner);
    }
}

static void note_cid(struct dtls_state *s, const struct segment *seg, struct sink *sink)
{
    tls_handshake_announce(&s->hs, seg, sink);
    if (!s->cid_seen) {
        s->cid_seen = true;
        observe_value(sink, seg, OBS_TLS_CONNECTION_ID, 1);
    }
}

/* RFC 9147 4: 001CSLEE(1) [connection id] sequence number(1 or 2) [length(2)]. */
static void read_unified(struct dtls_state *s, const struct segment *seg, struct bytes *in,
                         struct sink *sink)
{
    uint8_t first = bytes_u8(in);
    bool with_cid = (first & UNIFIED_CID) != 0;
    uint32_t cid_size = 0;
    bool known = !with_cid || cid_of_receiver(s, seg->from, &cid_size);
    bytes_skip(in, cid_size);
    bytes_skip(in, (first & UNIFIED_SEQ16) != 0 ? 2 : 1);
    bool sized = known && (first & UNIFIED_LENGTH) != 0;
    uint32_t size = sized ? bytes_u16(in) : bytes_sent(in);
    bytes_take(in, size);
    if (!bytes_ok(in)) {
        return;
    }
    s->hs.side[seg->from].seen = true;
    if (with_cid) {
        note_cid(s, seg, sink);
    }
    if (known) { /* else it may be several records, and how long the id is does not show */
        tls_flight_datagram(&s->hs.flight, seg->from == s->hs.client, first & UNIFIED_EPOCH, size);
    }
    read_protected(s, seg, CONTENT_DATA, size, sink);
}

static void read_record(struct dtls_state *s, const struct segment *seg, struct bytes *in,
                        struct sink *sink)
{
    struct record h = read_header(in);
    uint32_t length = h.type == CONTENT_CID ? read_cid_length(s, seg->from, in) : h.length;
    struct bytes body = bytes_take(in, length);
    if (!bytes_ok(in)) {
        return;
    }
    s->hs.side[seg->from].seen = true;
    if (h.type == CONTENT_CID) {
        note_cid(s, seg, sink);
    }
    if (h.epoch > 0 || h.type == CONTENT_CID) {
        read_protected(s, seg, h.type == CONTENT_CID ? CONTENT_DATA : h.type, length, sink);
        open_record(s, seg, &h, body, sink);
        return;
    }
    enum bytes_fault fault = read_clear(s, seg, &h, body, sink);
    if (fault != BYTES_OK) {
        bytes_fail(in, fault);
    }
}

/* Nothing more is read: what waits is used, and what is still unknown is said to be so. */
static void finish(struct dtls_state *s, struct sink *sink)
{
    struct segment seg = { .packet = s->hs.packet, .time_us = s->hs.time_us };
    for (uint8_t side = 0; side < 2; side++) {
        seg.from = side;
        hand_on_rest(s, &seg, sink);
        dtls_fragments_free(s->order[side].waiting);
        s->order[side].waiting = NULL;
    }
    tls_signatures_end(&s->hs, &seg, sink);
    tls_outcome_update(&s->hs, &seg, true, sink);
    tls_open_end(&s->hs, sink);
}

/* Did the hellos name a session, or a key, that nothing here agreed on? NULL: no. */
static const char *foreign_session(const struct tls_handshake *hs)
{
    if (hs->side[hs->client].session_id_size == 0 || hs->offers_srtp ||
        tls_names_is_13(hs->version)) {
        return NULL;
    }
    return tls_suites_is_psk(hs->cipher) ? "psk" : tls_outcome_is_resumed(hs) ? "resumed" : NULL;
}

/* AnyConnect and OpenConnect agree in HTTPS on the session that their DTLS goes on with, by session
 * id or by PSK with the id of the application in its place (draft-mavrogiannopoulos-openconnect-04
 * 2.3): a DTLS connection of its own begins otherwise, and one for media offers use_srtp. */
static void note_vpn(struct dtls_state *s, const struct segment *seg, struct sink *sink)
{
    const struct tls_handshake *hs = &s->hs;
    if (s->sign_told || !hs->roles_known || hs->version == 0 || hs->side[0].under_keys == 0 ||
        hs->side[1].under_keys == 0) {
        return;
    }
    const char *sign = seg->port[1 - hs->client] == VPN_PORT ? foreign_session(hs) : NULL;
    s->sign_told = true;
    if (sign != NULL) {
        observe_text(sink, seg, OBS_ANYCONNECT_SIGN, sign, 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "anyconnect", 0);
    }
}

static enum feed dtls_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct dtls_state *s = state;
    struct bytes in = seg->payload;
    s->hs.datagram = true;
    s->hs.packet = seg->packet;
    s->hs.time_us = seg->time_us;
    skip_preamble(&in);
    while (bytes_ok(&in) && bytes_sent(&in) > 0) {
        if (is_unified(&in) && tls_names_is_13(s->hs.version)) {
            read_unified(s, seg, &in, sink);
        } else {
            read_record(s, seg, &in, sink);
        }
    }
    if (!bytes_ok(&in)) {
        observe_text(sink, seg, in.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "dtls", 0);
    }
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    tls_outcome_update(&s->hs, seg, false, sink);
    note_vpn(s, seg, sink);
    bool opens = tls_open_is_active(&s->hs) && !s->inner_done;
    if (opens || !tls_outcome_settled(&s->hs)) {
        return FEED_MORE;
    }
    finish(s, sink);
    return FEED_SETTLED;
}

static void dtls_close(void *state, struct sink *sink)
{
    finish(state, sink);
}

const struct analyzer dtls_analyzer = {
    .name = "dtls",
    .spec = "RFC 6347, RFC 9147",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct dtls_state),
    .claim = dtls_claim,
    .owns = dtls_owns,
    .feed = dtls_feed,
    .close = dtls_close,
};

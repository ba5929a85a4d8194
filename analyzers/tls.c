/* analyzers/tls.c: SSL and TLS on TCP: records of both sides, whichever come first or are missing.
 *
 * Handshake records are read whole and their messages in place; a message that goes on in a later
 * record is put together in one buffer per side. Records under keys are stepped over, or opened
 * where their secrets were logged: their messages come the same way. */
#include <stdlib.h>

#include "analyzers/tls_handshake.h"
#include "analyzers/tls_hello.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_outcome.h"
#include "analyzers/tls_record.h"
#include "analyzers/tls_signatures.h"
#include "analyzers/tls_sslv2.h"
#include "base/budget.h"

enum {
    MESSAGE_HEADER = 4, /* type(1) length(3) */
    HELD_MIN = 2048,    /* first size of a buffer for a message in pieces */
    HELD_MAX = TLS_MESSAGE_MAX + MESSAGE_HEADER + (1 << 14) + 2048, /* with one more record */
    HELLO_LOOK = 6,        /* bytes that tell a hello from a record under keys */
    HEARTBEAT_LOOK = 3,    /* bytes that tell how much a heartbeat says that it holds */
    LEADING_MAX = 64,      /* bytes of another protocol that may stand before a hello */
    ALERTS_CLEAR_MAX = 15, /* bytes of alerts in clear; one under keys has no fewer than 16 */
};

/* One side's record layer. */
struct records {
    uint8_t *held;      /* owned: the start of a handshake message that is not complete */
    uint32_t held_size; /* bytes in held */
    uint32_t held_room; /* bytes allocated */
    uint32_t skip;      /* bytes of the current record still to be stepped over */
    uint32_t body_left; /* bytes of the current handshake record still to come */
    uint8_t level;      /* of an alert whose second byte is in the next record; 0 = none */
    bool aligned;       /* a record boundary is known */
    bool deaf;          /* this side stopped making sense */
};

struct tls_state {
    struct tls_handshake hs;
    struct records records[2];
    bool inner_done; /* nobody wants the data that are opened */
};

static void drop_held(struct records *r, struct sink *sink)
{
    budget_give(sink->budget, r->held_room);
    free(r->held);
    r->held = NULL;
    r->held_size = 0;
    r->held_room = 0;
}

static enum claim tls_claim(const struct segment *seg)
{
    return bytes_peek(&seg->payload, 0) >= 0x80 ? tls_sslv2_claim(seg->payload)
                                                : tls_record_claim(seg->payload);
}

/* Adds bytes to the message in pieces; false at the cap or without memory. Room counts against the
 * sink's budget. */
static bool hold(struct records *r, struct bytes more, struct sink *sink)
{
    uint32_t size = r->held_size + bytes_left(&more);
    if (size > HELD_MAX) {
        return false;
    }
    if (size > r->held_room) {
        uint32_t room = r->held_room * 2 > HELD_MIN ? r->held_room * 2 : HELD_MIN;
        room = room > size ? room : size;
        bool paid = budget_take(sink->budget, room - r->held_room);
        uint8_t *grown = paid ? realloc(r->held, room) : NULL;
        if (grown == NULL) {
            budget_give(sink->budget, paid ? room - r->held_room : 0);
            return false;
        }
        r->held = grown;
        r->held_room = room;
    }
    bytes_copy(&more, r->held + r->held_size, bytes_left(&more));
    r->held_size = size;
    return true;
}

/* RFC 8446 4: type(1) length(3) body. Reads the whole messages; false when one is too long. */
static bool read_messages(struct tls_state *s, const struct segment *seg, struct bytes *in,
                          struct sink *sink)
{
    while (bytes_left(in) >= MESSAGE_HEADER) {
        struct bytes rest = *in;
        uint8_t type = bytes_u8(&rest);
        uint32_t length = bytes_u24(&rest);
        if (length > TLS_MESSAGE_MAX) {
            return false;
        }
        struct bytes body = bytes_take(&rest, length);
        if (!bytes_ok(&rest)) {
            return true;
        }
        *in = rest;
        tls_handshake_message(&s->hs, seg, type, body, sink);
    }
    return true;
}

/* One handshake record in clear. */
static void read_handshake(struct tls_state *s, const struct segment *seg, struct bytes body,
                           struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    bool fits = true;
    if (r->held_size == 0) {
        fits = read_messages(s, seg, &body, sink);
        fits = fits && (bytes_left(&body) == 0 || hold(r, body, sink));
    } else if (hold(r, body, sink)) {
        struct bytes all = bytes_of(r->held, r->held_size, r->held_size);
        fits = read_messages(s, seg, &all, sink);
        uint32_t rest = bytes_left(&all);
        if (rest < r->held_size) { /* else nothing was used: it would cost again and again */
            memmove(r->held, r->held + (r->held_size - rest), rest);
            r->held_size = rest;
        }
    } else {
        fits = false;
    }
    if (!fits) {
        tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
        drop_held(r, sink);
    } else if (r->held_size == 0) {
        drop_held(r, sink);
    }
}

/* RFC 8446 6: level(1) code(1); the two may come in records of their own. */
static void read_alerts(struct tls_state *s, const struct segment *seg, struct bytes body,
                        struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    while (bytes_left(&body) > 0) {
        uint8_t byte = bytes_u8(&body);
        if (r->level != 0) {
            tls_handshake_alert(&s->hs, seg, r->level, byte, sink);
            r->level = 0;
        } else if (byte == 1 || byte == 2) {
            r->level = byte;
        } else {
            return; /* under keys after all: the start of the connection was not captured */
        }
    }
}

static void read_change_cipher_spec(struct tls_state *s, const struct segment *seg,
                                    struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    if (r->held_size > 0) {
        tls_handshake_lost(&s->hs, seg, BYTES_MALFORMED, sink);
        drop_held(r, sink);
    }
    tls_handshake_change(&s->hs, seg->from);
}

/* An alert or ChangeCipherSpec in clear. */
static void read_body(struct tls_state *s, const struct segment *seg, uint8_t type,
                      struct bytes body, struct sink *sink)
{
    tls_hello_release(&s->hs, seg, sink);
    if (type == CONTENT_ALERT) {
        read_alerts(s, seg, body, sink);
    } else {
        read_change_cipher_spec(s, seg, sink);
    }
}

/* Is this side's record under keys (RFC 5246 7.1)? The ChangeCipherSpec of TLS 1.3 means nothing:
 * after it, a second hello may still come. in: from the body on. */
static bool is_protected(const struct tls_state *s, const struct segment *seg,
                         const struct tls_record *h, const struct bytes *in)
{
    const struct tls_side *side = &s->hs.side[seg->from];
    if (tls_open_is_on(&s->hs, seg->from)) {
        return h->type == CONTENT_DATA || !tls_names_is_13(s->hs.version);
    }
    if (h->type == CONTENT_CHANGE_CIPHER_SPEC) {
        return false;
    }
    if (h->type != CONTENT_HANDSHAKE && h->type != CONTENT_ALERT) {
        return true;
    }
    if (h->type == CONTENT_ALERT && tls_names_is_13(s->hs.version)) {
        return false;
    }
    if (h->type == CONTENT_ALERT && h->length > ALERTS_CLEAR_MAX) {
        return true;
    }
    bool may_be_13 = s->hs.version == 0 || tls_names_is_13(s->hs.version);
    bool again = h->type == CONTENT_HANDSHAKE && may_be_13 &&
                 (s->hs.offers_13 || s->hs.hello_retry) && tls_record_is_hello(in);
    return side->changed_cipher ? !again : side->lost && h->type == CONTENT_HANDSHAKE;
}

/* Application data of a record that was opened. */
static void read_data(struct tls_state *s, const struct segment *seg, struct bytes text,
                      struct sink *sink)
{
    struct segment inner = *seg;
    tls_handshake_hidden_data(&s->hs, seg->from);
    inner.payload = text;
    if (!s->inner_done && bytes_left(&text) > 0) {
        s->inner_done = sink->opened == NULL || !sink->opened(sink, &inner);
    }
}

/* What was in a record under keys. */
static void read_opened(struct tls_state *s, const struct segment *seg, uint8_t type,
                        struct bytes text, struct sink *sink)
{
    switch (type) {
    case CONTENT_HANDSHAKE:
        s->hs.opening = true;
        read_handshake(s, seg, text, sink);
        s->hs.opening = false;
        break;
    case CONTENT_ALERT:
        tls_handshake_hidden_alert(&s->hs, seg, text, sink);
        break;
    case CONTENT_CHANGE_CIPHER_SPEC: /* of a renegotiation */
        tls_open_change(&s->hs, seg->from);
        s->hs.side[seg->from].changed_cipher = true;
        break;
    case CONTENT_DATA:
        read_data(s, seg, text, sink);
        break;
    default:
        break;
    }
}

/* A record under keys whose secret is known. false: more bytes are needed. in: from its body on. */
static bool open_record(struct tls_state *s, struct segment *seg, const struct tls_record *h,
                        struct bytes in, struct sink *sink)
{
    struct record_head head = { .type = h->type, .version = h->version };
    struct bytes body = bytes_take(&in, h->length);
    struct tls_opened opened;
    if (seg->open && body.cut > 0) {
        return false;
    }
    seg->payload = in;
    tls_handshake_protected(&s->hs, seg->from, h->type, h->length);
    if (tls_open_record(&s->hs, seg, &head, body, sink, &opened)) {
        read_opened(s, seg, opened.type, opened.text, sink);
    }
    return true;
}

/* Where a hello begins behind the last words of another protocol (PostgreSQL answers "S"): true
 * when the bytes before it were stepped over, or more bytes would tell. */
static bool find_hello(struct segment *seg, enum claim *ret_claim)
{
    struct bytes in = seg->payload;
    for (uint32_t i = 0; i < LEADING_MAX && bytes_left(&in) > 0; i++) {
        bytes_skip(&in, 1);
        enum claim claim =
            bytes_peek(&in, 0) == CONTENT_HANDSHAKE ? tls_record_claim(in) : CLAIM_NO;
        if (claim != CLAIM_NO) {
            seg->payload = in;
            *ret_claim = claim;
            return true;
        }
    }
    return false;
}

/* Finds the first record of a side that may begin anywhere. false: not in these bytes. */
static bool align(struct tls_state *s, struct segment *seg, struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    if (r->aligned) {
        return true;
    }
    enum claim claim = tls_claim(seg);
    bool hello = claim != CLAIM_NO || find_hello(seg, &claim);
    r->aligned = claim == CLAIM_YES;
    if (!hello || (claim == CLAIM_MORE && !seg->open)) {
        bytes_skip(&seg->payload, bytes_left(&seg->payload));
        if (seg->first) {
            r->deaf = true;
            tls_handshake_lost(&s->hs, seg, BYTES_MALFORMED, sink);
        }
    }
    return r->aligned;
}

/* What is no record: after a doubtful hello it is what pseudo-TLS carries, left for others. */
static void stop(struct tls_state *s, struct segment *seg, struct sink *sink)
{
    if (s->hs.imitation != IMITATION_NONE && s->hs.version != 0) {
        s->hs.pseudo = true;
        tls_hello_release(&s->hs, seg, sink);
        return;
    }
    s->records[seg->from].deaf = true;
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    tls_handshake_lost(&s->hs, seg, BYTES_MALFORMED, sink);
}

/* Bytes of the body that must be there before anything is made of the record. */
static uint32_t look_of(const struct tls_record *h)
{
    uint32_t look = h->type == CONTENT_HANDSHAKE   ? HELLO_LOOK
                    : h->type == CONTENT_HEARTBEAT ? HEARTBEAT_LOOK
                                                   : 0;
    return h->length >= look ? look : 0;
}

/* in: from the body on. Before ChangeCipherSpec it is in clear; TLS 1.3 hides all later ones. */
static void read_heartbeat(struct tls_state *s, const struct segment *seg,
                           const struct tls_record *h, struct bytes in, struct sink *sink)
{
    bool known = s->hs.version != 0 || s->hs.side[seg->from].messages != 0;
    bool clear = known && !s->hs.side[seg->from].changed_cipher && !s->hs.side[seg->from].lost;
    struct bytes body = bytes_take(&in, h->length);
    tls_handshake_heartbeat(&s->hs, seg, clear ? body : bytes_of(NULL, 0, 0), sink);
}

/* At a record boundary. false: more bytes are needed, or none will be understood. */
static bool read_record(struct tls_state *s, struct segment *seg, struct sink *sink)
{
    struct tls_side *side = &s->hs.side[seg->from];
    struct bytes in = seg->payload;
    struct tls_record h = tls_record_read(&in);
    if (in.fault == BYTES_MALFORMED && bytes_left(&seg->payload) >= TLS_RECORD_HEADER_SIZE) {
        stop(s, seg, sink);
        return false;
    }
    if (!bytes_ok(&in) || bytes_left(&in) < look_of(&h)) {
        return false;
    }
    side->seen = true;
    if (h.type == CONTENT_HEARTBEAT) {
        read_heartbeat(s, seg, &h, in, sink);
    }
    if (is_protected(s, seg, &h, &in)) {
        tls_hello_release(&s->hs, seg, sink);
        enum tls_open_answer answer = tls_open_ready(&s->hs, seg, sink);
        if (answer != TLS_OPEN_NO) {
            return answer == TLS_OPEN_YES && open_record(s, seg, &h, in, sink);
        }
        tls_handshake_protected(&s->hs, seg->from, h.type, h.length);
        s->records[seg->from].skip = h.length;
        seg->payload = in;
        return true;
    }
    if (h.type == CONTENT_HANDSHAKE) {
        s->records[seg->from].body_left = h.length;
        seg->payload = in;
        return true;
    }
    struct bytes body = bytes_take(&in, h.length);
    if (!bytes_ok(&in) || body.cut > 0) {
        return false;
    }
    seg->payload = in;
    read_body(s, seg, h.type, body, sink);
    return true;
}

/* What is there of a handshake record in clear: its end may never have been captured. */
static void read_handshake_part(struct tls_state *s, struct segment *seg, struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    uint32_t left = bytes_left(&seg->payload);
    uint32_t here = r->body_left < left ? r->body_left : left;
    struct bytes part = bytes_take(&seg->payload, here);
    r->body_left -= here;
    read_handshake(s, seg, part, sink);
}

/* One step through the stream of a side; false when it can go no further now. */
static bool step(struct tls_state *s, struct segment *seg, struct sink *sink)
{
    struct records *r = &s->records[seg->from];
    struct bytes *in = &seg->payload;
    uint32_t here = r->deaf || r->skip > bytes_left(in) ? bytes_left(in) : r->skip;
    bytes_skip(in, here);
    r->skip -= r->skip > 0 ? here : 0;
    if (bytes_left(in) > 0 && r->body_left > 0) {
        read_handshake_part(s, seg, sink);
    }
    if (bytes_left(in) == 0 || !align(s, seg, sink)) {
        return false;
    }
    bool old_hello = bytes_peek(in, 0) >= 0x80 && s->hs.side[seg->from].messages == 0;
    if (s->hs.version == SSL2_VERSION || old_hello) {
        return tls_sslv2_record(&s->hs, seg, in, sink);
    }
    return read_record(s, seg, sink);
}

static void end(struct tls_state *s, const struct segment *seg, struct sink *sink)
{
    tls_outcome_update(&s->hs, seg, true, sink);
    tls_open_end(&s->hs, sink);
    drop_held(&s->records[0], sink);
    drop_held(&s->records[1], sink);
}

static enum feed finish(struct tls_state *s, const struct segment *seg, struct sink *sink)
{
    bool deaf = s->records[0].deaf && s->records[1].deaf;
    tls_outcome_update(&s->hs, seg, false, sink);
    bool opens = tls_open_is_active(&s->hs) && !s->inner_done;
    if (!deaf && (opens || !tls_outcome_settled(&s->hs))) {
        return FEED_MORE;
    }
    tls_hello_release(&s->hs, seg, sink);
    tls_signatures_end(&s->hs, seg, sink);
    end(s, seg, sink);
    return s->hs.pseudo ? FEED_RELEASE : FEED_SETTLED;
}

static enum feed tls_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct tls_state *s = state;
    s->hs.packet = seg->packet;
    s->hs.time_us = seg->time_us;
    while (step(s, seg, sink) && !s->hs.pseudo) {
    }
    return finish(s, seg, sink);
}

/* A segment without bytes, for what is reported between and after the segments. */
static struct segment empty_segment(const struct tls_state *s, uint8_t from)
{
    return (struct segment){ .packet = s->hs.packet, .time_us = s->hs.time_us, .from = from };
}

static enum feed tls_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct tls_state *s = state;
    struct records *r = &s->records[from];
    if (missing <= r->skip) {
        r->skip -= (uint32_t)missing; /* inside a record under keys: nothing is lost */
        return FEED_MORE;
    }
    struct segment seg = empty_segment(s, from);
    drop_held(r, sink);
    r->skip = 0;
    r->body_left = 0;
    r->level = 0;
    r->aligned = false;
    tls_open_stop(&s->hs, &seg, "lost-bytes", sink);
    tls_handshake_lost(&s->hs, &seg, BYTES_CUT, sink);
    return FEED_MORE;
}

static void tls_close(void *state, struct sink *sink)
{
    struct tls_state *s = state;
    struct segment seg = empty_segment(s, 0);
    if (s->hs.side[0].seen || s->hs.side[1].seen) {
        tls_hello_release(&s->hs, &seg, sink);
    }
    tls_signatures_end(&s->hs, &seg, sink);
    end(s, &seg, sink);
}

const struct analyzer tls_analyzer = {
    .name = "tls",
    .spec = "RFC 8446, RFC 5246",
    .carriers = CARRIER_TCP,
    .late = true,
    .state_size = sizeof(struct tls_state),
    .claim = tls_claim,
    .feed = tls_feed,
    .gap = tls_gap,
    .close = tls_close,
};

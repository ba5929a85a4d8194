/* analyzers/websocket.c: SIP in WebSocket frames (RFC 6455, RFC 7118), one message to a datagram.
 *
 * Messages may be compressed (RFC 7692), as was agreed on in the upgrade, and refer to those before
 * them: then none may be missing. Clients mask what they send with a key beside it, which hides
 * nothing: messages are put together in clear in one buffer a side. Streams are claimed by the SIP
 * that stands in their frames, so it does not matter whether the upgrade was seen; or, where the
 * first frame is compressed, by what was agreed on. */
#include "analyzers/analyzer.h"

#include <stdlib.h>

#include "analyzers/inflate.h"
#include "analyzers/sip_message.h"
#include "analyzers/websocket_terms.h"
#include "base/budget.h"

enum {
    MESSAGE_MAX = 64 * 1024, /* bytes of a message that are put together */
    ROOM_MIN = 2048,         /* bytes of the first buffer */
    LOOK = 512,              /* bytes of a first frame that are looked at */
    LOST_MAX = 8,            /* pieces thrown away before a stream is given up */
    CONTROL_MAX = 125,       /* RFC 6455 5.5 */
    MASK_BYTES = 4,
};

/* RFC 6455 5.2 */
enum { OPCODE_CONTINUATION = 0, OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CLOSE = 8 };
enum { OPCODE_LAST = 10 };

struct frame {
    bool final, reserved, masked;
    uint8_t opcode;
    uint64_t length; /* bytes of payload */
    uint8_t mask[MASK_BYTES];
};

struct websocket_side {
    uint8_t *message; /* owned: the message so far, in clear */
    uint32_t size, room;
    uint64_t left;  /* bytes of the frame at hand that are still to come */
    uint32_t place; /* of the next byte in its mask */
    uint8_t mask[MASK_BYTES];
    bool final;    /* the message ends with the frame at hand */
    bool control;  /* the frame at hand is none of the message */
    bool packed;   /* the message is compressed */
    bool skip;     /* the message is not put together: too large, not to be unpacked, or a part is
                    * missing */
    bool stale;    /* likewise: the message refers to one that is not there */
    bool lost;     /* a compressed message was: others may refer to it */
    bool adrift;   /* bytes were lost, and with them where a frame begins */
    bool in_frame; /* its header was read */
    struct inflate_stream *stream; /* owned; what was said so far, NULL = nothing compressed */
};

struct websocket_state {
    struct websocket_side side[2];
    uint8_t lost;  /* pieces thrown away since the last frame */
    uint8_t terms; /* WEBSOCKET_TERMS_* */
};

/* FIN(1) RSV(3) opcode(4) MASK(1) length(7) [length(16 or 64)] [mask(32)] */
static bool read_frame(struct bytes *in, struct frame *ret_frame)
{
    uint8_t first = bytes_u8(in);
    uint8_t second = bytes_u8(in);
    *ret_frame = (struct frame){
        .final = (first & 0x80) != 0,
        .reserved = (first & 0x70) != 0,
        .masked = (second & 0x80) != 0,
        .opcode = first & 15,
        .length = second & 0x7f,
    };
    if (ret_frame->length == 126) {
        ret_frame->length = bytes_u16(in);
    } else if (ret_frame->length == 127) {
        ret_frame->length = bytes_u64(in);
    }
    if (ret_frame->masked) {
        bytes_copy(in, ret_frame->mask, MASK_BYTES);
    }
    return bytes_ok(in);
}

/* RFC 6455 5.2, 5.5: RSV1 may be compression, which a message says once (RFC 7692 6), the others
 * mean nothing. */
static bool is_legal(uint8_t first, const struct frame *frame)
{
    bool control = frame->opcode >= OPCODE_CLOSE;
    bool known = control ? frame->opcode <= OPCODE_LAST : frame->opcode <= OPCODE_BINARY;
    bool once = !frame->reserved || frame->opcode != OPCODE_CONTINUATION;
    return known && once && (first & 0x30) == 0 && frame->length <= INT32_MAX &&
           (!control || (frame->length <= CONTROL_MAX && frame->final && !frame->reserved));
}

static bool agreed(uint8_t terms)
{
    const uint8_t both = WEBSOCKET_TERMS_SIP | WEBSOCKET_TERMS_DEFLATE;
    return (terms & both) == both;
}

/* Does the first frame hold the start of a SIP message, or a compressed one where it was said that
 * they are SIP? */
static enum claim websocket_claim(const struct segment *seg)
{
    uint8_t clear[LOOK];
    struct bytes in = seg->payload;
    struct frame frame;
    int first = bytes_peek(&in, 0);
    bool data = first >= 0 && ((first & 0x3f) == OPCODE_TEXT || (first & 0x3f) == OPCODE_BINARY);
    if (!seg->open || !data) {
        return CLAIM_NO;
    }
    if (!read_frame(&in, &frame)) {
        return in.fault == BYTES_CUT ? CLAIM_MORE : CLAIM_NO;
    }
    if (frame.reserved) {
        return agreed(seg->handed) && is_legal((uint8_t)first, &frame) ? CLAIM_YES : CLAIM_NO;
    }
    uint32_t size = bytes_left(&in) < LOOK ? bytes_left(&in) : LOOK;
    size = frame.length < size ? (uint32_t)frame.length : size;
    if (!is_legal((uint8_t)first, &frame) || !bytes_copy(&in, clear, size)) {
        return CLAIM_NO;
    }
    for (uint32_t i = 0; i < size; i++) {
        clear[i] ^= frame.mask[i % MASK_BYTES];
    }
    struct bytes message = bytes_of(clear, size, size);
    message.cut = size < frame.length ? UINT32_MAX : 0;
    return sip_message_claim(message, size < frame.length);
}

static void give_back(struct websocket_side *side, struct budget *budget)
{
    budget_give(budget, side->room);
    free(side->message);
    side->message = NULL;
    side->size = 0;
    side->room = 0;
}

/* Room for so many bytes more; false at the cap and without memory. */
static bool make_room(struct websocket_side *side, uint64_t more, struct budget *budget)
{
    uint32_t room = side->room > 0 ? side->room : ROOM_MIN;
    if (more > MESSAGE_MAX || side->size + more > MESSAGE_MAX) {
        return false;
    }
    while (room < side->size + more) {
        room *= 2;
    }
    if (room == side->room) {
        return true;
    }
    if (!budget_take(budget, room - side->room)) {
        return false;
    }
    uint8_t *message = realloc(side->message, room);
    if (message == NULL) {
        budget_give(budget, room - side->room);
        return false;
    }
    side->message = message;
    side->room = room;
    return true;
}

static void tell_unread(const struct segment *seg, struct sink *sink, const char *why)
{
    observe_text(sink, seg, OBS_WEBSOCKET_UNREAD, why, 1);
}

/* Does no message of that side refer to one before? */
static bool is_fresh(const struct websocket_state *ws, uint8_t from)
{
    uint8_t server = (ws->terms & WEBSOCKET_TERMS_SERVER) != 0;
    return (ws->terms &
            (from == server ? WEBSOCKET_TERMS_SERVER_FRESH : WEBSOCKET_TERMS_CLIENT_FRESH)) != 0;
}

/* The message at hand, or one before it, is not there in whole. */
static void miss(const struct websocket_state *ws, struct websocket_side *side, uint8_t from)
{
    side->skip = true;
    side->lost = side->lost || (agreed(ws->terms) && !is_fresh(ws, from));
}

/* The header of the next frame. A message that is begun anew before its end was lost in part. */
static void begin_frame(struct websocket_state *ws, uint8_t from, const struct frame *frame,
                        struct sink *sink)
{
    struct websocket_side *side = &ws->side[from];
    side->in_frame = true;
    side->left = frame->length;
    side->place = 0;
    memcpy(side->mask, frame->mask, MASK_BYTES);
    side->control = frame->opcode >= OPCODE_CLOSE;
    if (side->control) {
        return;
    }
    side->final = frame->final;
    if (frame->opcode != OPCODE_CONTINUATION) {
        side->size = 0;
        side->packed = frame->reserved;
        side->stale = side->packed && side->lost;
        side->skip = side->stale || (side->packed && !agreed(ws->terms));
    }
    if (!side->skip && !make_room(side, frame->length, sink->budget)) {
        miss(ws, side, from);
    }
}

static void take_payload(struct websocket_side *side, struct segment *seg)
{
    uint32_t have = bytes_left(&seg->payload);
    uint32_t size = side->left < have ? (uint32_t)side->left : have;
    if (side->control || side->skip) {
        bytes_skip(&seg->payload, size);
    } else {
        uint8_t *to = side->message + side->size;
        bytes_copy(&seg->payload, to, size);
        for (uint32_t i = 0; i < size; i++) {
            to[i] ^= side->mask[side->place++ % MASK_BYTES];
        }
        side->size += size;
    }
    side->left -= size;
}

/* Unpacks the message in its place; false, and told, when that cannot be. */
static bool unpack(struct websocket_state *ws, const struct segment *seg, struct sink *sink)
{
    static const char *const reasons[] = {
        [INFLATE_PART] = "damaged",
        [INFLATE_DAMAGED] = "damaged",
        [INFLATE_TOO_LARGE] = "too-large",
        [INFLATE_NO_ROOM] = "no-room",
    };
    struct websocket_side *side = &ws->side[seg->from];
    bool fresh = is_fresh(ws, seg->from);
    struct bytes packed = bytes_of(side->message, side->size, side->size), plain;
    enum inflate_end end = INFLATE_NO_ROOM;
    if (!fresh && side->stream == NULL) {
        side->stream = inflate_stream_new(sink->inflate);
    }
    if (fresh || side->stream != NULL) {
        end = inflate_message(sink->inflate, side->stream, packed, &plain);
    }
    if (end != INFLATE_WHOLE) {
        side->lost = !fresh;
        tell_unread(seg, sink, reasons[end]);
        return false;
    }
    side->size = 0;
    uint32_t size = bytes_left(&plain);
    if (!make_room(side, size, sink->budget)) {
        tell_unread(seg, sink, "no-room");
        return false;
    }
    side->size = bytes_copy(&plain, side->message, size) ? size : 0;
    return true;
}

/* A message of which not all was kept, or which cannot be unpacked. */
static void tell_skipped(const struct websocket_state *ws, const struct segment *seg,
                         struct sink *sink)
{
    const struct websocket_side *side = &ws->side[seg->from];
    if (side->packed && !agreed(ws->terms)) {
        tell_unread(seg, sink, "compressed");
    } else if (side->stale) {
        tell_unread(seg, sink, "context-lost");
    } else {
        observe_text(sink, seg, OBS_CUT, "websocket", 1);
    }
}

/* RFC 7118 5: a message of WebSocket is one of SIP, or a keep-alive. */
static void end_frame(struct websocket_state *ws, const struct segment *seg, struct sink *sink)
{
    struct websocket_side *side = &ws->side[seg->from];
    side->in_frame = false;
    if (side->control || !side->final) {
        return;
    }
    bool whole = !side->skip;
    if (!whole) {
        tell_skipped(ws, seg, sink);
    } else if (side->packed && side->size > 0) {
        whole = unpack(ws, seg, sink);
    }
    if (whole && side->size > 0 && sink->datagram != NULL) {
        struct segment datagram = *seg;
        datagram.payload = bytes_of(side->message, side->size, side->size);
        datagram.open = false;
        datagram.first = true;
        datagram.transport = "ws";
        sink->datagram(sink, &datagram);
    }
    side->skip = true; /* until a message begins */
    side->packed = false;
    side->size = 0;
}

/* What stands here is no frame: the next segment may begin with one. */
static enum feed lose(struct websocket_state *ws, struct segment *seg)
{
    bytes_take(&seg->payload, bytes_left(&seg->payload));
    ws->side[seg->from].adrift = true;
    miss(ws, &ws->side[seg->from], seg->from);
    ws->lost++;
    return ws->lost > LOST_MAX ? FEED_SETTLED : FEED_MORE;
}

/* Bytes behind a hole that read as the header of a compressed message: who sends it masks it or not
 * (RFC 6455 5.1), and it ends with the segment. */
static bool is_likely(const struct websocket_state *ws, uint8_t from, const struct bytes *in,
                      const struct frame *frame)
{
    bool server = from == ((ws->terms & WEBSOCKET_TERMS_SERVER) != 0);
    return frame->masked == !server && frame->length == bytes_left(in);
}

static enum feed websocket_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct websocket_state *ws = state;
    seg->from &= 1;
    struct websocket_side *side = &ws->side[seg->from];
    ws->terms = seg->handed;
    while (bytes_left(&seg->payload) > 0) {
        struct frame frame;
        struct bytes in = seg->payload;
        int first = bytes_peek(&in, 0);
        if (!side->in_frame) {
            if (side->adrift && websocket_claim(seg) != CLAIM_YES) {
                return lose(ws, seg);
            }
            if (!read_frame(&in, &frame)) {
                return FEED_MORE;
            }
            if (side->adrift && frame.reserved && !is_likely(ws, seg->from, &in, &frame)) {
                return lose(ws, seg);
            }
            if (!is_legal((uint8_t)first, &frame)) {
                return lose(ws, seg);
            }
            side->adrift = false;
            ws->lost = 0;
            seg->payload = in;
            begin_frame(ws, seg->from, &frame, sink);
        }
        take_payload(side, seg);
        if (side->left == 0) {
            end_frame(ws, seg, sink);
        }
    }
    return FEED_MORE;
}

static enum feed websocket_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct websocket_state *ws = state;
    struct websocket_side *side = &ws->side[from & 1];
    (void)sink;
    if (!side->in_frame || !side->control || missing > side->left) {
        miss(ws, side, from & 1);
    }
    if (side->in_frame && missing < side->left) {
        side->left -= missing;
        side->place += (uint32_t)missing;
        return FEED_MORE;
    }
    side->adrift = !side->in_frame || missing > side->left;
    side->in_frame = false;
    return FEED_MORE;
}

static void websocket_close(void *state, struct sink *sink)
{
    struct websocket_state *ws = state;
    give_back(&ws->side[0], sink->budget);
    give_back(&ws->side[1], sink->budget);
    inflate_stream_free(sink->inflate, ws->side[0].stream);
    inflate_stream_free(sink->inflate, ws->side[1].stream);
}

const struct analyzer websocket_analyzer = {
    .name = "websocket",
    .spec = "RFC 7118",
    .carriers = CARRIER_TCP,
    .inside = true,
    .late = true,
    .state_size = sizeof(struct websocket_state),
    .claim = websocket_claim,
    .feed = websocket_feed,
    .gap = websocket_gap,
    .close = websocket_close,
};

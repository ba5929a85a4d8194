/* analyzers/http.c: HTTP/1 connections: requests matched to responses, bodies stepped over. */
#include "analyzers/analyzer.h"
#include "analyzers/header_lines.h"
#include "analyzers/http_facts.h"
#include "analyzers/http_message.h"
#include "analyzers/websocket_terms.h"
#include "base/scan.h"

enum {
    HEADERS_MAX = 32 * 1024,    /* bytes of start line and headers that a stream may keep waiting */
    CHUNK_LINE_MAX = 4096,      /* bytes of a chunk's size line or a trailer line */
    RESYNCHRONISATIONS_MAX = 8, /* pieces thrown away before a stream is given up */
};

enum mode {
    MODE_MESSAGE,    /* a start line is expected */
    MODE_BODY,       /* body_left bytes of a body, then MODE_MESSAGE */
    MODE_CHUNK_SIZE, /* RFC 9112 7.1 */
    MODE_CHUNK_DATA, /* body_left bytes with the line end, then MODE_CHUNK_SIZE */
    MODE_TRAILER,    /* RFC 9112 7.1.2 */
    MODE_CLOSE,      /* the body ends with the connection */
};

/* One direction. */
struct http_side {
    uint64_t body_left; /* bytes */
    uint32_t scanned;   /* bytes of the waiting message that hold no end of headers */
    enum mode mode;
    bool synced;  /* a message was read */
    bool expects; /* of a request: the body comes only if the server wants it */
};

struct http_state {
    struct http_facts facts;
    struct http_side side[2];
    uint8_t thrown; /* pieces thrown away since the last message */
    bool malformed; /* was told */
};

enum step { STEP_NEXT, STEP_WAIT, STEP_STOP, STEP_RELEASE };

static enum claim http_claim(const struct segment *seg)
{
    return http_message_claim(seg->payload, seg->open);
}

static void drop_all(struct segment *seg)
{
    bytes_take(&seg->payload, bytes_left(&seg->payload));
}

/* What stands here is no message: look again at the start of a later segment. */
static enum step lose(struct http_state *http, struct segment *seg, const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    if (side->synced || seg->first) { /* else it is the capture that lacks the start */
        http->thrown++;
        if (!http->malformed) {
            http_facts_fault(place, OBS_MALFORMED);
        }
        http->malformed = true;
    }
    *side = (struct http_side){ .synced = side->synced };
    http_facts_unmatched(&http->facts);
    drop_all(seg);
    return http->thrown > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

/* The body of a message; without_body by its request or status. */
static void expect_body(struct http_side *side, const struct http_message *message,
                        bool without_body)
{
    static const enum mode modes[] = {
        [HTTP_BODY_NONE] = MODE_MESSAGE,
        [HTTP_BODY_LENGTH] = MODE_BODY,
        [HTTP_BODY_CHUNKED] = MODE_CHUNK_SIZE,
        [HTTP_BODY_TO_END] = MODE_CLOSE,
    };
    enum http_body body = without_body ? HTTP_BODY_NONE : http_message_body(message);
    side->scanned = 0;
    side->synced = true;
    side->mode = modes[body];
    side->body_left = body == HTTP_BODY_LENGTH ? message->content_length : 0;
    side->expects = body != HTTP_BODY_NONE && message->expects && !message->response;
}

static bool is_bodiless(uint16_t status)
{
    return status / 100 == 1 || status == 204 || status == 304;
}

/* RFC 9110 7.8, 9.3.6: another protocol from here on. */
static const char *wrapper_of(const struct http_message *message, const struct http_request *asked)
{
    struct bytes headers = message->headers;
    struct http_header header;
    if (message->status != 101) {
        return asked->sstp ? "sstp" : "http_connect";
    }
    while (http_message_next(&headers, &header)) {
        if (header.name == HTTP_HEADER_UPGRADE && scan_is(&header.value, "websocket")) {
            return "websocket";
        }
    }
    return "http_upgrade";
}

/* RFC 6455 4.2.2: what the server took of what the client wanted. Two headers of extensions are two
 * of them. */
static uint8_t terms_of(const struct http_message *message, uint8_t server)
{
    struct bytes headers = message->headers;
    struct http_header header;
    unsigned lists = 0;
    uint8_t extension = 0, terms = server == 1 ? WEBSOCKET_TERMS_SERVER : 0;
    while (http_message_next(&headers, &header)) {
        if (header.name == HTTP_HEADER_WEBSOCKET_EXTENSIONS) {
            extension = websocket_terms_read(header.value);
            lists++;
        } else if (header.name == HTTP_HEADER_WEBSOCKET_PROTOCOL && scan_is(&header.value, "sip")) {
            terms |= WEBSOCKET_TERMS_SIP;
        }
    }
    return lists == 1 ? terms | extension : terms;
}

/* A message whose headers are here; not whole: all of them that will come, and what stands last may
 * be half a line. */
static enum step read_message(struct http_state *http, struct segment *seg,
                              const struct http_place *place, bool whole)
{
    struct http_side *side = &http->side[seg->from];
    struct bytes rest = seg->payload;
    struct bytes in = bytes_take(&rest, bytes_left(&rest));
    struct bytes start = in;
    struct http_message message;
    in.cut = whole ? 0 : 1;
    if (!http_message_read(&in, &message)) {
        return lose(http, seg, place);
    }
    http->thrown = 0;
    bytes_take(&seg->payload, whole ? scan_offset(&start, &in) : bytes_left(&start));
    if (message.malformed) {
        http_facts_fault(place, OBS_MALFORMED);
    }
    if (!whole) {
        http_facts_fault(place, OBS_CUT);
    }
    if (!message.response) {
        http_facts_request(&http->facts, &message, place);
        expect_body(side, &message, false);
        return STEP_NEXT;
    }
    struct http_request asked = http_facts_response(&http->facts, &message, place);
    bool through = (asked.connect || asked.sstp) && message.status / 100 == 2;
    if (message.status == 101 || through) {
        observe_text(place->sink, seg, OBS_WRAPPER, wrapper_of(&message, &asked), 0);
        seg->handed = message.status == 101 && whole ? terms_of(&message, seg->from) : 0;
        return STEP_RELEASE;
    }
    expect_body(side, &message, asked.head || is_bodiless(message.status));
    return STEP_NEXT;
}

static enum step step_message(struct http_state *http, struct segment *seg,
                              const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    int first = bytes_peek(&seg->payload, 0);
    if (first == '\r' || first == '\n') { /* RFC 9112 2.2 */
        bytes_skip(&seg->payload, 1);
        return STEP_NEXT;
    }
    if (side->scanned == 0) { /* else its start line was found good */
        enum claim claim = http_message_claim(seg->payload, seg->open);
        if (claim != CLAIM_YES) {
            return claim == CLAIM_MORE ? STEP_WAIT : lose(http, seg, place);
        }
    }
    bool whole = header_lines_whole(seg->payload, &side->scanned);
    if (seg->open && !whole) {
        return bytes_left(&seg->payload) > HEADERS_MAX ? lose(http, seg, place) : STEP_WAIT;
    }
    return read_message(http, seg, place, whole);
}

/* Does the body come, or the next request, because the server did not want it (RFC 9110 10.1.1)? */
static enum step step_expect(struct http_side *side, const struct segment *seg)
{
    enum claim claim = http_message_claim(seg->payload, seg->open);
    if (claim == CLAIM_MORE) {
        return STEP_WAIT;
    }
    side->expects = false;
    if (claim == CLAIM_YES) {
        side->mode = MODE_MESSAGE;
        side->body_left = 0;
    }
    return STEP_NEXT;
}

static enum step step_body(struct http_state *http, struct segment *seg,
                           const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    http_facts_body(&http->facts, place); /* it was not certain that one would come */
    uint32_t have = bytes_left(&seg->payload);
    uint32_t size = side->body_left < have ? (uint32_t)side->body_left : have;
    bytes_take(&seg->payload, size);
    side->body_left -= size;
    if (side->body_left == 0) {
        side->mode = side->mode == MODE_BODY ? MODE_MESSAGE : MODE_CHUNK_SIZE;
    }
    return STEP_NEXT;
}

/* RFC 9112 7.1: chunk-size in hex [";" extensions]. */
static bool read_chunk_size(struct bytes line, uint64_t *ret_size)
{
    struct bytes digits = scan_trim(scan_until(&line, ';'));
    uint64_t size = 0;
    for (uint32_t i = 0; i < bytes_left(&digits); i++) {
        int c = bytes_peek(&digits, i);
        int low = c | 0x20;
        bool digit = c >= '0' && c <= '9';
        if ((!digit && (low < 'a' || low > 'f')) || size > UINT32_MAX) {
            return false;
        }
        size = size * 16 + (uint64_t)(digit ? c - '0' : low - 'a' + 10);
    }
    *ret_size = size;
    return bytes_left(&digits) > 0;
}

/* A chunk's size line, or a line after the last chunk. */
static enum step step_chunk_line(struct http_state *http, struct segment *seg,
                                 const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    struct bytes in = seg->payload;
    struct bytes line;
    if (!scan_line(&in, &line)) {
        return bytes_left(&in) > CHUNK_LINE_MAX || !seg->open ? lose(http, seg, place) : STEP_WAIT;
    }
    uint64_t size = 0;
    if (side->mode == MODE_TRAILER) {
        side->mode = bytes_left(&line) == 0 ? MODE_MESSAGE : MODE_TRAILER;
    } else if (!read_chunk_size(line, &size)) {
        return lose(http, seg, place);
    } else if (size > 0) {
        side->mode = MODE_CHUNK_DATA;
        side->body_left = size + 2;
        http_facts_body(&http->facts, place);
    } else {
        side->mode = MODE_TRAILER;
    }
    seg->payload = in;
    return STEP_NEXT;
}

/* A body without a length goes to the end, unless a response to a further request starts here:
 * some servers leave out "Content-Length: 0". */
static enum step step_close(struct http_state *http, struct segment *seg,
                            const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    if (http_facts_waiting(&http->facts) && http_message_claim(seg->payload, false) == CLAIM_YES) {
        side->mode = MODE_MESSAGE;
        return STEP_NEXT;
    }
    http_facts_body(&http->facts, place);
    drop_all(seg);
    return STEP_NEXT;
}

static enum step step(struct http_state *http, struct segment *seg, const struct http_place *place)
{
    struct http_side *side = &http->side[seg->from];
    if (side->expects) {
        return step_expect(side, seg);
    }
    switch (side->mode) {
    case MODE_MESSAGE:
        return step_message(http, seg, place);
    case MODE_BODY:
    case MODE_CHUNK_DATA:
        return step_body(http, seg, place);
    case MODE_CHUNK_SIZE:
    case MODE_TRAILER:
        return step_chunk_line(http, seg, place);
    case MODE_CLOSE:
        return step_close(http, seg, place);
    }
    return STEP_STOP;
}

static enum feed http_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct http_state *http = state;
    struct http_place place = { seg, sink, seg->payload };
    seg->from &= 1;
    while (bytes_left(&seg->payload) > 0) {
        switch (step(http, seg, &place)) {
        case STEP_NEXT:
            break;
        case STEP_WAIT:
            return FEED_MORE;
        case STEP_STOP:
            return FEED_SETTLED;
        case STEP_RELEASE:
            return FEED_RELEASE;
        }
    }
    return FEED_MORE;
}

static enum feed http_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct http_state *http = state;
    struct http_side *side = &http->side[from & 1];
    (void)sink;
    bool body = side->mode == MODE_BODY || side->mode == MODE_CHUNK_DATA;
    if (side->mode == MODE_CLOSE) {
        return FEED_MORE;
    }
    if (!body || missing > side->body_left) {
        *side = (struct http_side){ 0 };
        http_facts_unmatched(&http->facts);
        return FEED_MORE;
    }
    side->expects = false;
    side->body_left -= missing;
    if (side->body_left == 0) {
        side->mode = side->mode == MODE_BODY ? MODE_MESSAGE : MODE_CHUNK_SIZE;
    }
    return FEED_MORE;
}

static void http_close(void *state, struct sink *sink)
{
    const struct http_state *http = state;
    http_facts_close(&http->facts, sink);
}

const struct analyzer http_analyzer = {
    .name = "http",
    .spec = "RFC 9112",
    .carriers = CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct http_state),
    .claim = http_claim,
    .feed = http_feed,
    .gap = http_gap,
    .close = http_close,
};

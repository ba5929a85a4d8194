/* analyzers/msrp.c: MSRP messages (RFC 4975) on streams: methods, and whether people's words can be
 * read. Nothing of a body is kept. */
#include "analyzers/analyzer.h"
#include "analyzers/header_lines.h"
#include "analyzers/once.h"
#include "analyzers/sip_body.h"
#include "base/scan.h"

enum {
    ID_MIN = 4, /* characters of a transaction id: RFC 4975 9 */
    ID_MAX = 32,
    METHOD_MAX = 16,
    LINE_MAX = 8 * 1024,         /* bytes of a header line that a stream may keep waiting */
    RESYNCHRONISATIONS_MAX = 64, /* lines that are no message before a stream is given up */
    DASHES = 7,
};

enum mode {
    MODE_START,   /* a message is expected */
    MODE_HEADERS, /* up to an empty line, or the end line of a message without a body */
    MODE_CPIM,    /* RFC 3862 2: message headers and an empty line (RFC 4975 11 shows it without),
                   * then those of what is inside */
    MODE_BODY,    /* up to the end line */
    MODE_LOST,    /* bytes are missing: a start is looked for */
};

struct msrp_side {
    uint8_t mode; /* enum mode */
    uint8_t id_size;
    uint8_t blank; /* empty lines so far of what CPIM wraps */
    bool typed;    /* what it wraps has a type */
    bool text;     /* the body is words or a file of somebody */
    bool cpim;
    char id[ID_MAX];
};

struct msrp_state {
    struct msrp_side side[2];
    struct once names; /* methods and status codes */
    uint8_t lost;      /* lines without a message since the last one */
    bool started, text, malformed;
};

enum step { STEP_NEXT, STEP_WAIT, STEP_STOP };

static bool is_id(const struct bytes *word)
{
    uint32_t size = bytes_left(word);
    for (uint32_t i = 0; i < size; i++) {
        int c = bytes_peek(word, i), low = c | 0x20;
        bool letter = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || c == 0 || strchr(".-+%=", c) == NULL)) {
            return false;
        }
    }
    return size >= ID_MIN && size <= ID_MAX;
}

static bool is_method(const struct bytes *word)
{
    uint32_t size = bytes_left(word);
    for (uint32_t i = 0; i < size; i++) {
        if (bytes_peek(word, i) < 'A' || bytes_peek(word, i) > 'Z') {
            return false;
        }
    }
    return size > 0 && size <= METHOD_MAX;
}

static bool is_status(const struct bytes *word)
{
    uint64_t status;
    return bytes_left(word) == 3 && scan_number(word, 999, &status);
}

/* RFC 4975 9: "MSRP" SP transact-id SP (method | status [SP comment]). */
static bool read_start(struct bytes line, struct bytes *ret_id, struct bytes *ret_what)
{
    struct bytes name = scan_word(&line);
    *ret_id = scan_word(&line);
    *ret_what = scan_word(&line);
    return bytes_equal(&name, "MSRP", 4) && is_id(ret_id) &&
           (is_method(ret_what) || is_status(ret_what));
}

static enum claim msrp_claim(const struct segment *seg)
{
    static const char name[] = "MSRP ";
    struct bytes in = seg->payload;
    struct bytes line, id, what;
    for (uint32_t i = 0; i < sizeof name - 1; i++) {
        int c = bytes_peek(&in, i);
        if (c < 0) {
            return i > 0 && seg->open ? CLAIM_MORE : CLAIM_NO;
        }
        if (c != name[i]) {
            return CLAIM_NO;
        }
    }
    if (!scan_line(&in, &line)) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    return read_start(line, &id, &what) ? CLAIM_YES : CLAIM_NO;
}

/* RFC 4975 7.1: "-------" transact-id ("$" | "#" | "+"). */
static bool is_end(const struct msrp_side *side, struct bytes line)
{
    static const char dashes[DASHES + 1] = "-------";
    bool starts = bytes_starts(&line, dashes, DASHES);
    bytes_skip(&line, DASHES);
    int flag = bytes_peek(&line, side->id_size);
    return starts && bytes_starts(&line, side->id, side->id_size) &&
           bytes_left(&line) == side->id_size + 1U && (flag == '$' || flag == '#' || flag == '+');
}

static void put_counted(struct msrp_state *msrp, const struct segment *seg, struct sink *sink,
                        enum observation_kind kind, const struct bytes *name)
{
    if (once_add(&msrp->names, name, sink->digest_seed) == ONCE_FULL) {
        observe_text(sink, seg, kind, "other", 1);
    } else {
        observe_bytes(sink, seg, kind, name);
    }
}

static void begin(struct msrp_state *msrp, const struct segment *seg, struct sink *sink,
                  const struct bytes *id, const struct bytes *what)
{
    struct msrp_side *side = &msrp->side[seg->from];
    bool response = is_status(what);
    struct bytes copy = *id;
    *side = (struct msrp_side){ .mode = MODE_HEADERS, .id_size = (uint8_t)bytes_left(id) };
    bytes_copy(&copy, side->id, side->id_size);
    msrp->lost = 0;
    if (!msrp->started) {
        msrp->started = true;
        observe_text(sink, seg, OBS_APP, "msrp", 0);
        observe_text(sink, seg, OBS_CLIENT, "request", response ? !seg->from : seg->from);
    }
    put_counted(msrp, seg, sink, response ? OBS_MSRP_RESPONSE : OBS_MSRP_METHOD, what);
}

/* A line where a message should start, or while one is looked for. */
static enum step take_start(struct msrp_state *msrp, const struct segment *seg, struct sink *sink,
                            const struct bytes *line)
{
    struct bytes id, what;
    if (read_start(*line, &id, &what)) {
        begin(msrp, seg, sink, &id, &what);
        return STEP_NEXT;
    }
    bool known = msrp->side[seg->from].mode == MODE_START && bytes_left(line) > 0;
    if (known && !msrp->malformed) {
        msrp->malformed = true;
        observe_text(sink, seg, OBS_MALFORMED, "msrp", 1);
    }
    msrp->lost++;
    return msrp->lost > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

/* "Content-Type: " type [";" parameters] of the message, or of what CPIM wraps. */
static void take_header(struct msrp_side *side, struct bytes line)
{
    struct bytes name = scan_trim(scan_until(&line, ':'));
    struct bytes type = scan_trim(scan_until(&line, ';'));
    if (!scan_is(&name, "Content-Type")) {
        return;
    }
    side->typed = side->mode == MODE_CPIM;
    side->cpim = side->mode == MODE_HEADERS && scan_is(&type, "message/cpim");
    side->text = bytes_left(&type) > 0 && !side->cpim && sip_body_may_be_text(&type);
}

static enum step take_line(struct msrp_state *msrp, const struct segment *seg, struct sink *sink,
                           const struct bytes *line)
{
    struct msrp_side *side = &msrp->side[seg->from];
    bool empty = bytes_left(line) == 0;
    if (side->mode == MODE_START || side->mode == MODE_LOST) {
        return take_start(msrp, seg, sink, line);
    }
    if (is_end(side, *line)) {
        side->mode = MODE_START;
    } else if (side->mode == MODE_HEADERS) {
        side->mode = !empty ? MODE_HEADERS : side->cpim ? MODE_CPIM : MODE_BODY;
    } else if (side->mode == MODE_CPIM) {
        side->blank += empty;
        side->mode = side->blank == 2 || (empty && side->typed) ? MODE_BODY : MODE_CPIM;
    } else if (side->text && !empty && !msrp->text) {
        msrp->text = true;
        observe_value(sink, seg, OBS_MSRP_TEXT, 1);
    }
    if (side->mode == MODE_HEADERS || side->mode == MODE_CPIM) {
        take_header(side, *line);
    }
    return STEP_NEXT;
}

/* Bytes without a line end: of a body they may be as many as they like. */
static enum step take_piece(struct msrp_state *msrp, struct segment *seg, struct sink *sink)
{
    struct msrp_side *side = &msrp->side[seg->from];
    uint32_t have = bytes_left(&seg->payload);
    bool body = side->mode == MODE_BODY || side->mode == MODE_LOST;
    struct bytes piece = seg->payload;
    if (have <= (body ? DASHES + ID_MAX + 3 : LINE_MAX) && seg->open) {
        return STEP_WAIT;
    }
    bytes_take(&seg->payload, have);
    piece.cut = 0;
    if (!body) {
        side->mode = MODE_LOST;
        return STEP_NEXT;
    }
    return side->mode == MODE_BODY ? take_line(msrp, seg, sink, &piece) : STEP_NEXT;
}

static enum feed msrp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct msrp_state *msrp = state;
    seg->from &= 1;
    while (bytes_left(&seg->payload) > 0) {
        struct bytes line;
        enum step step = scan_line(&seg->payload, &line) ? take_line(msrp, seg, sink, &line)
                                                         : take_piece(msrp, seg, sink);
        if (step != STEP_NEXT) {
            return step == STEP_STOP ? FEED_SETTLED : FEED_MORE;
        }
    }
    return FEED_MORE;
}

/* What was lost may hold an end line and the start of another message. */
static enum feed msrp_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct msrp_state *msrp = state;
    (void)missing;
    (void)sink;
    msrp->side[from & 1] = (struct msrp_side){ .mode = MODE_LOST };
    return FEED_MORE;
}

const struct analyzer msrp_analyzer = {
    .name = "msrp",
    .spec = "RFC 4975",
    .carriers = CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct msrp_state),
    .claim = msrp_claim,
    .feed = msrp_feed,
    .gap = msrp_gap,
};

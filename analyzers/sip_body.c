/* analyzers/sip_body.c: walks bodies of SIP messages, multipart ones included (RFC 2046 5.1). */
#include "analyzers/sip_body.h"

#include "analyzers/header_lines.h"
#include "analyzers/inflate.h"
#include "base/scan.h"

enum {
    PARTS_MAX = 16,   /* of a multipart body */
    NESTING_MAX = 4,  /* multipart bodies in each other */
    BOUNDARY_MAX = 70 /* characters: RFC 2046 5.1.1 */
};

struct walk {
    struct sdp *sdp;
    struct sip_body *found;
    bool unpacked; /* what is walked stands where bodies are unpacked to */
};

/* RFC 3863, [MS-PRES]: presence documents, categories and who may see them. Other msrtc- types are
 * relay credentials, error reports, conference control. */
static bool is_presence(const struct bytes *type)
{
    bool microsoft = scan_starts(type, "application/msrtc");
    return scan_find(type, "pidf") >= 0 ||
           (microsoft && (scan_find(type, "presence") >= 0 || scan_find(type, "categor") >= 0));
}

bool sip_body_may_be_text(const struct bytes *type)
{
    static const char *const starts[] = {
        "application/im-iscomposing", /* RFC 3994: somebody types */
        "text/x-msmsgscontrol",       /* the same, of Messenger */
        "message/imdn",               /* RFC 5438: delivery notice */
        "application/manscdp",        /* GB/T 28181: cameras */
        "application/pkcs7-mime",     /* RFC 8551: encrypted from end to end */
        "multipart/encrypted",        /* RFC 1847 */
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (scan_starts(type, starts[i])) {
            return false;
        }
    }
    return scan_find(type, "keyboardactivity") < 0;
}

/* A MIME entity: header lines, empty line, body. */
static struct sip_content entity_of(struct bytes entity)
{
    struct sip_content content = { bytes_of(NULL, 0, 0), bytes_of(NULL, 0, 0), entity };
    struct header_line header;
    while (header_lines_next(&content.body, &header) == HEADER_LINE) {
        if (scan_is(&header.name, "Content-Type") || scan_is(&header.name, "c")) {
            content.type = header.value;
        } else if (scan_is(&header.name, "Content-Encoding") || scan_is(&header.name, "e")) {
            content.encoding = header.value;
        }
    }
    return content;
}

static void tell_unread(const struct walk *walk, const char *why)
{
    observe_text(walk->sdp->sink, walk->sdp->seg, OBS_SIP_BODY_UNREAD, why, 1);
}

/* RFC 9110 8.4.1; the names with x- are as good. False, and told, when it cannot be read. */
static bool unpack(struct walk *walk, struct sip_content *content)
{
    static const char *const reasons[] = {
        [INFLATE_PART] = "damaged",
        [INFLATE_DAMAGED] = "damaged",
        [INFLATE_TOO_LARGE] = "too-large",
        [INFLATE_NO_ROOM] = "no-room",
    };
    const struct bytes *coding = &content->encoding;
    if (bytes_left(coding) == 0 || scan_is(coding, "identity") || bytes_sent(&content->body) == 0) {
        return true;
    }
    bool known = scan_is(coding, "gzip") || scan_is(coding, "x-gzip") || scan_is(coding, "deflate");
    if (!known || walk->unpacked) { /* one within another has no place to go */
        tell_unread(walk, known ? "no-room" : "unknown-coding");
        return false;
    }
    bool cut = content->body.cut > 0;
    enum inflate_end end = inflate_body(walk->sdp->sink->inflate, content->body, &content->body);
    if (end != INFLATE_WHOLE && !(end == INFLATE_PART && cut)) {
        tell_unread(walk, reasons[end]);
    }
    if (end != INFLATE_WHOLE && end != INFLATE_PART) {
        return false;
    }
    walk->unpacked = true;
    walk->sdp->payload = content->body;
    return true;
}

static void read_plain(const struct walk *walk, struct bytes type, struct bytes body)
{
    struct bytes name = header_lines_trim(scan_until(&type, ';'));
    bool untyped_sdp = bytes_left(&name) == 0 && scan_starts(&body, "v=0");
    if (scan_is(&name, "message/cpim")) { /* RFC 3862 2: message headers, then a MIME entity */
        const struct sip_content head = entity_of(body);
        type = entity_of(head.body).type;
        name = header_lines_trim(scan_until(&type, ';'));
    }
    if (scan_starts(&name, "application/vnd-microsoft-roaming-provisioning")) {
        sip_provision_read(body, &walk->found->provision);
    }
    if (scan_is(&name, "application/msrtc-media-relay-auth+xml")) { /* [MS-AVEDGEA] 2.2 */
        walk->found->relay |= scan_find(&body, "<password>") >= 0;
    }
    if (scan_is(&name, "application/sdp") || untyped_sdp) {
        sdp_read(walk->sdp, body);
    } else if (is_presence(&name)) {
        walk->found->presence = true;
    } else if (sip_body_may_be_text(&name) && bytes_sent(&body) > 0) {
        walk->found->text = true;
    }
}

/* The boundary parameter of a multipart type; empty when there is none. */
static struct bytes boundary_of(struct bytes type)
{
    while (bytes_left(&type) > 0) {
        struct bytes item = header_lines_item(&type, ';');
        struct bytes name = header_lines_trim(scan_until(&item, '='));
        if (scan_is(&name, "boundary")) {
            struct bytes value = header_lines_trim(item);
            if (bytes_peek(&value, 0) == '"') {
                bytes_skip(&value, 1);
                value = scan_until(&value, '"');
            }
            return bytes_left(&value) <= BOUNDARY_MAX ? value : bytes_of(NULL, 0, 0);
        }
    }
    return bytes_of(NULL, 0, 0);
}

/* RFC 2046 5.1.1: "--" boundary ["--"] blanks. Behind the last one stands nothing of the body. */
static bool is_delimiter(struct bytes line, const struct bytes *boundary, bool *ret_last)
{
    if (bytes_peek(&line, 0) != '-' || bytes_peek(&line, 1) != '-') {
        return false;
    }
    bytes_skip(&line, 2);
    if (!scan_begins(&line, boundary)) {
        return false;
    }
    bytes_skip(&line, bytes_left(boundary));
    *ret_last = bytes_peek(&line, 0) == '-' && bytes_peek(&line, 1) == '-';
    struct bytes rest = scan_trim(line);
    return *ret_last || bytes_left(&rest) == 0;
}

/* A multipart body that is being walked. */
struct level {
    struct bytes rest, boundary;
    bool alternative; /* it, or one around it, is multipart/alternative */
    unsigned parts;   /* taken */
};

/* Takes the lines up to the next delimiter line and that line; the rest when there is none. */
static struct bytes take_part(struct level *level)
{
    struct bytes *in = &level->rest;
    struct bytes start = *in;
    struct bytes line;
    struct bytes before = *in; /* at the line being looked at */
    bool last = false;
    while (scan_line(in, &line) || bytes_left(in) > 0) {
        if (scan_offset(&before, in) == 0) { /* a last line without its end */
            line = bytes_take(in, bytes_left(in));
        }
        if (is_delimiter(line, &level->boundary, &last)) {
            struct bytes part = bytes_take(&start, scan_offset(&start, &before));
            if (last) {
                bytes_limit(in, 0);
            }
            return part;
        }
        before = *in;
    }
    return start;
}

/* Steps into a multipart body and over its preamble; no step without a boundary. */
static unsigned enter(struct level *level, struct bytes type, struct bytes body,
                      const struct walk *walk, bool within)
{
    struct bytes name = type;
    *level = (struct level){ .rest = body, .boundary = boundary_of(type) };
    level->alternative = within || scan_starts(&name, "multipart/alternative");
    if (bytes_left(&level->boundary) == 0) {
        walk->sdp->malformed++;
        return 0;
    }
    (void)take_part(level);
    return 1;
}

/* A part may be packed by itself. */
static void read_part(const struct walk *walk, const struct sip_content *part)
{
    struct walk within = *walk;
    struct sip_content plain = *part;
    struct bytes payload = walk->sdp->payload;
    if (unpack(&within, &plain)) {
        read_plain(&within, plain.type, plain.body);
    }
    walk->sdp->payload = payload;
}

static void read_multipart(const struct walk *walk, struct bytes type, struct bytes body)
{
    struct level levels[NESTING_MAX];
    unsigned depth = enter(&levels[0], type, body, walk, false);
    while (depth > 0) {
        struct level *level = &levels[depth - 1];
        if (bytes_left(&level->rest) == 0 || level->parts == PARTS_MAX) {
            walk->sdp->dropped += bytes_left(&level->rest) > 0 ? 1 : 0;
            depth--;
            continue;
        }
        const struct sip_content part = entity_of(take_part(level));
        level->parts++;
        if (!scan_starts(&part.type, "multipart/")) {
            walk->sdp->alternative = level->alternative;
            read_part(walk, &part);
        } else if (depth < NESTING_MAX) {
            depth += enter(&levels[depth], part.type, part.body, walk, level->alternative);
        } else {
            walk->sdp->dropped++;
        }
    }
}

void sip_body_read(const struct sip_content *content, struct sdp *sdp, struct sip_body *ret_body)
{
    struct walk walk = { .sdp = sdp, .found = ret_body };
    struct sip_content plain = *content;
    *ret_body = (struct sip_body){ .text = false };
    if (!unpack(&walk, &plain)) {
        return;
    }
    if (scan_starts(&plain.type, "multipart/") && sip_body_may_be_text(&plain.type)) {
        read_multipart(&walk, plain.type, plain.body);
    } else {
        read_plain(&walk, plain.type, plain.body);
    }
}

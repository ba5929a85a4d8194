/* analyzers/sdp.c: the order of a session description: session level, m-lines, inheritance. */
#include "analyzers/sdp.h"

#include "analyzers/header_lines.h"
#include "analyzers/sdp_internal.h"
#include "base/scan.h"

static const struct {
    const char *name;
    enum sdp_line_kind kind;
    bool has_value;
} attributes[] = {
    { "crypto", SDP_LINE_CRYPTO, true },           /* RFC 4568 4 */
    { "cryptoscale", SDP_LINE_CRYPTOSCALE, true }, /* [MS-SDPEXT] */
    { "fingerprint", SDP_LINE_FINGERPRINT, true }, /* RFC 8122 5 */
    { "setup", SDP_LINE_SETUP, true },             /* RFC 4145 4 */
    { "key-mgmt", SDP_LINE_KEY_MGMT, true },       /* RFC 4567 3 */
    { "zrtp-hash", SDP_LINE_ZRTP_HASH, true },     /* RFC 6189 8 */
    { "encryption", SDP_LINE_ENCRYPTION, true },   /* [MS-SDPEXT] */
    { "rtcp", SDP_LINE_RTCP, true },               /* RFC 3605 */
    { "rtcp-mux", SDP_LINE_RTCP_MUX, false },      /* RFC 5761 5.1.3 */
    { "rtpmap", SDP_LINE_RTPMAP, true },           /* RFC 8866 6.6 */
    { "candidate", SDP_LINE_CANDIDATE, true },     /* RFC 8839 5.1, [MS-ICE] */
};

/* RFC 8866 9: "a=" name [":" value]. */
static struct sdp_line attribute(struct bytes text)
{
    struct bytes name = header_lines_trim(scan_until(&text, ':'));
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (scan_is(&name, attributes[i].name)) {
            bool usable = !attributes[i].has_value || bytes_left(&text) > 0;
            return (struct sdp_line){ usable ? attributes[i].kind : SDP_LINE_OTHER,
                                      scan_trim(text) };
        }
    }
    return (struct sdp_line){ SDP_LINE_OTHER, text };
}

/* RFC 8866 5: type "=" value. */
static struct sdp_line line_of(struct bytes text)
{
    int type = bytes_peek(&text, 0);
    if (bytes_peek(&text, 1) != '=') {
        return (struct sdp_line){ SDP_LINE_OTHER, text };
    }
    bytes_skip(&text, 2);
    switch (type) {
    case 'c':
        return (struct sdp_line){ SDP_LINE_ADDRESS, text };
    case 'k':
        return (struct sdp_line){ SDP_LINE_KEY, text };
    case 'm':
        return (struct sdp_line){ SDP_LINE_MEDIA, text };
    case 'a':
        return attribute(text);
    default:
        return (struct sdp_line){ SDP_LINE_OTHER, text };
    }
}

struct section {
    struct sdp_line inherited[SDP_INHERITED_MAX]; /* of the session level */
    uint32_t inherited_count;
    bool unread;         /* a fingerprint of the session level is not among them */
    struct sdp_use use;  /* of the current m-line */
    bool media;          /* an m-line was read: the session level is over */
    uint32_t own;        /* bit per sdp_line_kind: lines of the current m-line */
    uint32_t attributes; /* of the current m-line */
    uint16_t place;      /* of the next m-line in this body */
};

/* at: what comes behind it. */
static void close_media(struct section *section, const struct bytes *at)
{
    struct sdp_use use = section->use;
    use.counted = false; /* was, when the session level was read */
    for (uint32_t i = 0; use.told && i < section->inherited_count; i++) {
        const struct sdp_line *line = &section->inherited[i];
        bool adds = line->kind == SDP_LINE_FINGERPRINT; /* writers differ on what it means */
        if (adds || (section->own & 1u << line->kind) == 0) {
            sdp_line_put(&use, line);
        }
    }
    if (section->unread) {
        sdp_line_put_unread(&use, at);
    }
}

static void open_media(struct section *section, const struct sdp_line *line)
{
    struct sdp *sdp = section->use.sdp;
    section->media = true;
    section->own = 0;
    section->attributes = 0;
    section->use.index = sdp->media_count;
    section->use.told = sdp->media_count < SDP_MEDIA_MAX;
    section->use.counted = true;
    section->use.place = section->place++;
    sdp->dropped += section->use.told ? 0 : 1;
    if (!sdp_line_put_media(&section->use, line)) {
        sdp->malformed++;
        section->use.told = false;
    }
    if (sdp->media_count < UINT16_MAX) {
        sdp->media_count++;
    }
}

static void read_session_line(struct section *section, const struct sdp_line *line)
{
    sdp_line_put(&section->use, line);
    if (line->kind > SDP_LINE_INHERITED) {
        return;
    }
    if (section->inherited_count == SDP_INHERITED_MAX ||
        bytes_left(&line->value) > SDP_INHERITED_SIZE_MAX) {
        section->use.sdp->dropped++;
        section->unread |= line->kind == SDP_LINE_FINGERPRINT;
        return;
    }
    section->inherited[section->inherited_count++] = *line;
}

static void read_media_line(struct section *section, const struct sdp_line *line)
{
    section->own |= 1u << line->kind;
    struct sdp_use use = section->use;
    if (section->attributes == SDP_ATTRIBUTES_MAX) {
        if (line->kind == SDP_LINE_FINGERPRINT) {
            sdp_line_put_unread(&use, &line->value);
        }
        use.sdp->dropped++;
        use.told = false;
    } else {
        section->attributes++;
    }
    sdp_line_put(&use, line);
}

void sdp_read(struct sdp *sdp, struct bytes body)
{
    struct section section = { .use = { .sdp = sdp, .counted = true } };
    struct bytes text;
    while (header_lines_line(&body, &text)) {
        struct sdp_line line = line_of(text);
        if (line.kind == SDP_LINE_OTHER) {
            continue;
        }
        if (line.kind == SDP_LINE_MEDIA) {
            close_media(&section, &line.value);
            open_media(&section, &line);
        } else if (section.media) {
            read_media_line(&section, &line);
        } else {
            read_session_line(&section, &line);
        }
    }
    section.unread |= body.cut > 0;
    close_media(&section, &body);
    sdp->part_count++;
}

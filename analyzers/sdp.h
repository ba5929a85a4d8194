/* analyzers/sdp.h: session descriptions (RFC 8866) told as events of one SIP message. */
#ifndef OVERT_ANALYZERS_SDP_H
#define OVERT_ANALYZERS_SDP_H

#include "analyzers/analyzer.h"

enum {
    SDP_MEDIA_MAX = 32,            /* m-lines of a message that are told */
    SDP_ATTRIBUTES_MAX = 64,       /* attributes of an m-line that are told */
    SDP_INHERITED_MAX = 16,        /* lines of the session level that m-lines inherit */
    SDP_INHERITED_SIZE_MAX = 1024, /* bytes of such a line: each m-line reads it again */
};

/* What the bodies of one message said so far; the caller sets the first three, and `alternative`
 * for each body. */
struct sdp {
    const struct segment *seg;
    struct sink *sink;
    struct bytes payload;  /* as fed: offsets are counted from its start */
    bool alternative;      /* the body is one of several, of which the peer takes one */
    uint16_t part_count;   /* bodies read */
    uint16_t media_count;  /* m-lines, through all bodies of the message */
    uint32_t keys;         /* keys readable in a=crypto, a=cryptoscale and k= */
    uint32_t fingerprints; /* a=fingerprint lines */
    uint32_t dropped;      /* m-lines, attributes, keys and parts of bodies over the caps */
    uint32_t malformed;    /* m-lines without a media, port or proto */
    bool sharing;          /* an m=applicationsharing* line */
};

/* Reads one application/sdp body. Unknown lines are nothing; a line that the capture cut is not
 * read. Session level keys, addresses and policies are told with each m-line that has none. Secrets
 * are only told as keyed digests: of the base64 text of an SDES key and salt without padding, of
 * the text after k=clear: or k=base64:, and of the bytes of a certificate fingerprint; but for
 * OBS_SDP_CRYPTO_KEY, which goes to the join that checks tags, and nowhere else. */
void sdp_read(struct sdp *sdp, struct bytes body);

#endif

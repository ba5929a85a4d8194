/* analyzers/sdp_internal.h: one line of a session description; for analyzers/sdp*.c only. */
#ifndef OVERT_ANALYZERS_SDP_INTERNAL_H
#define OVERT_ANALYZERS_SDP_INTERNAL_H

#include "analyzers/sdp.h"

/* Up to SDP_LINE_INHERITED: an m-line without one takes that of the session level. */
enum sdp_line_kind {
    SDP_LINE_OTHER,
    SDP_LINE_ADDRESS,
    SDP_LINE_KEY,
    SDP_LINE_CRYPTO,
    SDP_LINE_CRYPTOSCALE,
    SDP_LINE_FINGERPRINT,
    SDP_LINE_SETUP,
    SDP_LINE_KEY_MGMT,
    SDP_LINE_ZRTP_HASH,
    SDP_LINE_ENCRYPTION,
    SDP_LINE_INHERITED = SDP_LINE_ENCRYPTION,
    SDP_LINE_RTCP,
    SDP_LINE_RTCP_MUX,
    SDP_LINE_RTPMAP,
    SDP_LINE_CANDIDATE,
    SDP_LINE_MEDIA,
};

struct sdp_line {
    enum sdp_line_kind kind;
    struct bytes value; /* after the "c=" or "a=name:" */
};

/* How a line is used: a session level line is counted once and told with each m-line. */
struct sdp_use {
    struct sdp *sdp;
    uint16_t index; /* m-line */
    uint16_t place; /* likewise, in its own body */
    bool told;
    bool counted;
};

void sdp_line_put(const struct sdp_use *use, const struct sdp_line *line);
/* Tells that the m-line may have a fingerprint that was not read; at: near it. */
void sdp_line_put_unread(const struct sdp_use *use, const struct bytes *at);
/* Tells the m-line itself: media, port, proto. False, and nothing told, when it has not all. */
bool sdp_line_put_media(const struct sdp_use *use, const struct sdp_line *line);

#endif

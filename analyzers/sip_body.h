/* analyzers/sip_body.h: bodies of SIP messages: SDP, multipart, instant messages, presence. */
#ifndef OVERT_ANALYZERS_SIP_BODY_H
#define OVERT_ANALYZERS_SIP_BODY_H

#include "analyzers/sdp.h"
#include "analyzers/sip_provision.h"

struct sip_body {
    bool text;     /* something to read that is neither SDP nor a typing notice */
    bool presence; /* a presence document */
    bool relay;    /* the password of a media relay */
    struct sip_provision provision;
};

/* Not what a message may carry that nobody wrote, or nobody can read. */
bool sip_body_may_be_text(const struct bytes *type);
/* What a message carries: Content-Type and Content-Encoding ("" = not told), and the bytes. */
struct sip_content {
    struct bytes type, encoding, body;
};

/* Walks a body; its SDP goes to sdp. What gzip or deflate packed (RFC 3261 20.12) is unpacked, and
 * offsets are then counted in that; what cannot be is told (OBS_SIP_BODY_UNREAD). */
void sip_body_read(const struct sip_content *content, struct sdp *sdp, struct sip_body *ret_body);

#endif

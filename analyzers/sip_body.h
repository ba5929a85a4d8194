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
/* Walks a body of content type `type` ("" = not told); its SDP goes to sdp. */
void sip_body_read(struct bytes type, struct bytes body, struct sdp *sdp,
                   struct sip_body *ret_body);

#endif

/* analyzers/sip_message.h: start line and header fields of one SIP message (RFC 3261 7). */
#ifndef OVERT_ANALYZERS_SIP_MESSAGE_H
#define OVERT_ANALYZERS_SIP_MESSAGE_H

#include "analyzers/analyzer.h"

enum { SIP_MESSAGE_LINE_MAX = 8 * 1024 }; /* bytes of a start line */

enum sip_header_name {
    SIP_HEADER_OTHER,
    SIP_HEADER_MICROSOFT, /* any "ms-..." */
    SIP_HEADER_AUTHORIZATION,
    SIP_HEADER_CALL_ID,
    SIP_HEADER_CHALLENGE, /* WWW-Authenticate, Proxy-Authenticate */
    SIP_HEADER_CONTENT_ENCODING,
    SIP_HEADER_CONTENT_LENGTH,
    SIP_HEADER_CONTENT_TYPE,
    SIP_HEADER_CSEQ,
    SIP_HEADER_DIAGNOSTICS, /* ms-diagnostics, ms-client-diagnostics, ms-diagnostics-public */
    SIP_HEADER_EVENT,
    SIP_HEADER_PARTY,      /* Contact, From, To, Route, Record-Route: holds addresses */
    SIP_HEADER_USER_AGENT, /* User-Agent, Server */
    SIP_HEADER_VIA,
    SIP_HEADER_WARNING,
};

struct sip_header {
    enum sip_header_name name;
    struct bytes value;
};

/* Windows are empty where the message has no such thing. */
struct sip_message {
    uint16_t status;      /* of a response; 0 = request */
    struct bytes method;  /* of a response: the one in CSeq */
    struct bytes uri;     /* Request-URI */
    struct bytes headers; /* all header lines, for sip_message_next */
    struct bytes call_id;
    uint32_t cseq;
    struct bytes content_type;
    struct bytes content_encoding;
    struct bytes event;
    bool has_length;         /* Content-Length was there and is a number */
    uint32_t content_length; /* bytes */
    bool malformed;          /* no empty line after the headers, or a field breaks its rules */
    bool cut;                /* the capture kept less than the headers */
};

/* Does a SIP message start here? Line ends before it are keep-alives. CLAIM_MORE only when open. */
enum claim sip_message_claim(struct bytes in, bool open);
/* Is this the beginning of one, sure already, though the rest of its start line may be still to
 * come (open) or not captured? Then method or status are read. */
bool sip_message_begins(struct bytes in, bool open, struct sip_message *ret_message);
/* Reads the start line and headers and moves `in` behind the empty line. False when there is no
 * start line. */
bool sip_message_read(struct bytes *in, struct sip_message *ret_message);
/* Takes the next header of message.headers (pass a copy); false at the end. */
bool sip_message_next(struct bytes *headers, struct sip_header *ret_header);

#endif

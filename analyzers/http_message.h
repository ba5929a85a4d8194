/* analyzers/http_message.h: start line and header fields of one HTTP/1 message (RFC 9112). */
#ifndef OVERT_ANALYZERS_HTTP_MESSAGE_H
#define OVERT_ANALYZERS_HTTP_MESSAGE_H

#include "analyzers/analyzer.h"

enum { HTTP_MESSAGE_LINE_MAX = 16 * 1024 }; /* bytes of a start line */

enum http_header_name {
    HTTP_HEADER_OTHER,
    HTTP_HEADER_AUTHORIZATION, /* Authorization, Proxy-Authorization */
    HTTP_HEADER_CHALLENGE,     /* WWW-Authenticate, Proxy-Authenticate */
    HTTP_HEADER_CONTENT_LENGTH,
    HTTP_HEADER_EXPECT,
    HTTP_HEADER_HOST,
    HTTP_HEADER_LOCATION,
    HTTP_HEADER_TICKET, /* X-MS-WebTicket */
    HTTP_HEADER_TRANSFER_ENCODING,
    HTTP_HEADER_UPGRADE,
    HTTP_HEADER_WEBSOCKET_EXTENSIONS, /* Sec-WebSocket-Extensions */
    HTTP_HEADER_WEBSOCKET_PROTOCOL,   /* Sec-WebSocket-Protocol */
};

struct http_header {
    enum http_header_name name;
    struct bytes value;
};

/* Windows are empty where the message has no such thing. */
struct http_message {
    bool response;
    uint16_t status;      /* of a response */
    struct bytes method;  /* of a request */
    struct bytes target;  /* of a request */
    struct bytes headers; /* all header lines, for http_message_next */
    struct bytes host;
    struct bytes location;
    bool coded;              /* there is a transfer coding */
    bool chunked;            /* the last transfer coding is "chunked" */
    bool has_length;         /* Content-Length was there and is one number */
    uint64_t content_length; /* bytes */
    bool expects;            /* Expect: 100-continue: the body may never be sent */
    bool malformed;          /* a field breaks its rules */
};

/* How the body of a message is framed. */
enum http_body {
    HTTP_BODY_NONE,
    HTTP_BODY_LENGTH, /* content_length bytes, at least 1 */
    HTTP_BODY_CHUNKED,
    HTTP_BODY_TO_END, /* of the connection */
};

/* Does an HTTP/1 message start here? CLAIM_MORE only when open. */
enum claim http_message_claim(struct bytes in, bool open);
/* Reads the start line and headers and moves `in` behind the empty line; without one, to the
 * end. False when there is no start line. */
bool http_message_read(struct bytes *in, struct http_message *ret_message);
/* RFC 9112 6.3, by the headers alone: HEAD, CONNECT and the status may say that there is none. */
enum http_body http_message_body(const struct http_message *message);
/* Takes the next header of message.headers (pass a copy); false at the end. */
bool http_message_next(struct bytes *headers, struct http_header *ret_header);
/* The host and port of an authority, without user and password before it. */
struct bytes http_message_host(struct bytes authority);
/* The path of a request target, without scheme, authority and what follows `?`, `#`, `;`, `&` or
 * `=`;
 * ret_masked is that character, or 0 when nothing followed. */
struct bytes http_message_path(struct bytes target, char *ret_masked);

#endif

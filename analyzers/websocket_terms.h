/* analyzers/websocket_terms.h: what client and server agreed on when HTTP became WebSocket. */
#ifndef OVERT_ANALYZERS_WEBSOCKET_TERMS_H
#define OVERT_ANALYZERS_WEBSOCKET_TERMS_H

#include "base/bytes.h"

/* Bits of segment.handed. */
enum {
    WEBSOCKET_TERMS_SIP = 1 << 0,          /* RFC 7118 4: the subprotocol */
    WEBSOCKET_TERMS_DEFLATE = 1 << 1,      /* RFC 7692: messages may be compressed */
    WEBSOCKET_TERMS_SERVER_FRESH = 1 << 2, /* 7.1.1.1: none of the server's refers to others */
    WEBSOCKET_TERMS_CLIENT_FRESH = 1 << 3, /* 7.1.1.2: likewise, of the client */
    WEBSOCKET_TERMS_SERVER = 1 << 4,       /* the server is side 1 */
};

/* The terms in the Sec-WebSocket-Extensions of a response (RFC 6455 9.1). Beside another extension
 * permessage-deflate is not read: nobody knows then what the bits of frames mean. */
uint8_t websocket_terms_read(struct bytes extensions);

#endif

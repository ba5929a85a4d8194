/* analyzers/websocket_terms.c: reads Sec-WebSocket-Extensions (RFC 6455 9.1, RFC 7692 7.1). */
#include "analyzers/websocket_terms.h"

#include "analyzers/header_lines.h"
#include "base/scan.h"

/* name *(";" parameter ["=" value]). */
static uint8_t read_extension(struct bytes item)
{
    struct bytes name = header_lines_item(&item, ';');
    uint8_t terms = WEBSOCKET_TERMS_DEFLATE;
    if (!scan_is(&name, "permessage-deflate")) {
        return 0;
    }
    while (bytes_left(&item) > 0) {
        struct bytes parameter = header_lines_item(&item, ';');
        struct bytes word = header_lines_trim(scan_until(&parameter, '='));
        terms |= scan_is(&word, "server_no_context_takeover") ? WEBSOCKET_TERMS_SERVER_FRESH : 0;
        terms |= scan_is(&word, "client_no_context_takeover") ? WEBSOCKET_TERMS_CLIENT_FRESH : 0;
    }
    return terms;
}

uint8_t websocket_terms_read(struct bytes extensions)
{
    struct bytes first = header_lines_item(&extensions, ',');
    return bytes_left(&extensions) == 0 ? read_extension(first) : 0;
}

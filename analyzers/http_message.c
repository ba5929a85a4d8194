/* analyzers/http_message.c: the grammar of HTTP/1 messages. */
#include "analyzers/http_message.h"

#include "analyzers/header_lines.h"
#include "base/scan.h"

enum {
    METHOD_MAX = 32, /* characters */
    LOOK_MAX = 256,  /* bytes of an unfinished line that are looked at, with each that is added */
};

/* RFC 9110 5.6.2: token. */
static bool is_token_char(int c)
{
    int low = c | 0x20;
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           (c > 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_method(const struct bytes *word)
{
    uint32_t size = bytes_left(word);
    for (uint32_t i = 0; i < size; i++) {
        if (!is_token_char(bytes_peek(word, i))) {
            return false;
        }
    }
    return size > 0 && size <= METHOD_MAX;
}

static bool is_version(const struct bytes *word)
{
    return bytes_left(word) == 8 && bytes_starts(word, "HTTP/1.", 7);
}

/* RFC 9112 3: method SP request-target SP HTTP-version; 4: HTTP-version SP status [SP reason]. */
static bool read_start_line(struct bytes line, struct http_message *ret_message)
{
    struct bytes first = scan_until(&line, ' ');
    struct bytes second = scan_word(&line);
    if (is_version(&first)) {
        uint64_t status = 0;
        bool valid = scan_number(&second, 999, &status);
        ret_message->response = true;
        ret_message->status = (uint16_t)status;
        return valid;
    }
    struct bytes last = bytes_of(NULL, 0, 0);
    while (bytes_left(&line) > 0) {
        last = scan_word(&line);
    }
    ret_message->method = first;
    ret_message->target = second;
    return is_method(&first) && bytes_left(&second) > 0 && is_version(&last);
}

static void skip_line_ends(struct bytes *in)
{
    for (int i = 0; i < 4; i++) {
        int c = bytes_peek(in, 0);
        if (c != '\r' && c != '\n') {
            return;
        }
        bytes_skip(in, 1);
    }
}

/* Could these bytes, without a line end yet, grow into a start line? */
static bool may_become_start_line(struct bytes in)
{
    static const char version[] = "HTTP/1.";
    uint32_t size = bytes_left(&in) < LOOK_MAX ? bytes_left(&in) : LOOK_MAX;
    struct bytes have = bytes_take(&in, size);
    uint32_t n = 0;
    while (n < size && n < sizeof version - 1 && bytes_peek(&have, n) == version[n]) {
        n++;
    }
    if (n == size || n == sizeof version - 1) {
        return true;
    }
    struct bytes method = scan_until(&have, ' ');
    if (!is_method(&method)) {
        return false;
    }
    for (uint32_t i = 0; i < bytes_left(&have); i++) {
        int c = bytes_peek(&have, i);
        if (c < ' ' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return true;
}

enum claim http_message_claim(struct bytes in, bool open)
{
    struct bytes line;
    struct http_message unused = { 0 };
    skip_line_ends(&in);
    if (scan_line(&in, &line)) {
        return read_start_line(line, &unused) ? CLAIM_YES : CLAIM_NO;
    }
    if (!open || bytes_left(&in) > HTTP_MESSAGE_LINE_MAX) {
        return CLAIM_NO;
    }
    return may_become_start_line(in) ? CLAIM_MORE : CLAIM_NO;
}

static const struct {
    const char *text;
    enum http_header_name name;
} header_names[] = {
    { "Host", HTTP_HEADER_HOST },
    { "Content-Length", HTTP_HEADER_CONTENT_LENGTH },
    { "Transfer-Encoding", HTTP_HEADER_TRANSFER_ENCODING },
    { "Expect", HTTP_HEADER_EXPECT },
    { "Authorization", HTTP_HEADER_AUTHORIZATION },
    { "Proxy-Authorization", HTTP_HEADER_AUTHORIZATION },
    { "WWW-Authenticate", HTTP_HEADER_CHALLENGE },
    { "Proxy-Authenticate", HTTP_HEADER_CHALLENGE },
    { "Location", HTTP_HEADER_LOCATION },
    { "X-MS-WebTicket", HTTP_HEADER_TICKET },
    { "Upgrade", HTTP_HEADER_UPGRADE },
    { "Sec-WebSocket-Extensions", HTTP_HEADER_WEBSOCKET_EXTENSIONS },
    { "Sec-WebSocket-Protocol", HTTP_HEADER_WEBSOCKET_PROTOCOL },
};

bool http_message_next(struct bytes *headers, struct http_header *ret_header)
{
    struct header_line line;
    if (header_lines_next(headers, &line) != HEADER_LINE) {
        return false;
    }
    ret_header->name = HTTP_HEADER_OTHER;
    ret_header->value = line.value;
    for (size_t i = 0; i < sizeof header_names / sizeof header_names[0]; i++) {
        if (scan_is(&line.name, header_names[i].text)) {
            ret_header->name = header_names[i].name;
        }
    }
    return true;
}

/* RFC 9112 6.1: chunked frames the message only as the last coding. "identity" was none of them
 * (RFC 2616 3.6). */
static void read_codings(struct http_message *message, struct bytes codings)
{
    while (bytes_left(&codings) > 0) {
        struct bytes coding = header_lines_item(&codings, ',');
        if (bytes_left(&coding) > 0 && !scan_is(&coding, "identity")) {
            message->coded = true;
            message->chunked = scan_is(&coding, "chunked");
        }
    }
}

/* RFC 9112 6.3: a list of equal lengths is one length; of different ones nobody knows which the
 * receiver believes. */
static void read_content_length(struct http_message *message, struct bytes value)
{
    uint64_t length = 0;
    do {
        struct bytes item = header_lines_item(&value, ',');
        bool valid = scan_number(&item, UINT64_MAX, &length);
        bool differs = message->has_length && length != message->content_length;
        message->malformed |= !valid || differs;
        message->has_length = !message->malformed;
        message->content_length = message->has_length ? length : 0;
    } while (bytes_left(&value) > 0);
}

enum http_body http_message_body(const struct http_message *message)
{
    if (message->chunked) {
        return HTTP_BODY_CHUNKED;
    }
    if (message->response && (message->coded || !message->has_length)) {
        return HTTP_BODY_TO_END;
    }
    return message->content_length > 0 ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
}

static void read_header(struct http_message *message, const struct http_header *header)
{
    switch (header->name) {
    case HTTP_HEADER_CONTENT_LENGTH:
        read_content_length(message, header->value);
        break;
    case HTTP_HEADER_EXPECT:
        message->expects = scan_is(&header->value, "100-continue");
        break;
    case HTTP_HEADER_HOST:
        message->host = header->value;
        break;
    case HTTP_HEADER_LOCATION:
        message->location = header->value;
        break;
    case HTTP_HEADER_TRANSFER_ENCODING:
        read_codings(message, header->value);
        break;
    case HTTP_HEADER_OTHER:
    case HTTP_HEADER_AUTHORIZATION:
    case HTTP_HEADER_CHALLENGE:
    case HTTP_HEADER_TICKET:
    case HTTP_HEADER_UPGRADE:
    case HTTP_HEADER_WEBSOCKET_EXTENSIONS:
    case HTTP_HEADER_WEBSOCKET_PROTOCOL:
        break;
    }
}

bool http_message_read(struct bytes *in, struct http_message *ret_message)
{
    struct bytes line;
    *ret_message = (struct http_message){ 0 };
    skip_line_ends(in);
    if (!scan_line(in, &line) || !read_start_line(line, ret_message)) {
        return false;
    }
    struct bytes block = *in;
    struct header_line header;
    enum header_step step = header_lines_next(in, &header);
    while (step == HEADER_LINE) {
        step = header_lines_next(in, &header);
    }
    ret_message->headers = bytes_take(&block, scan_offset(&block, in));
    struct bytes headers = ret_message->headers;
    struct http_header known;
    while (http_message_next(&headers, &known)) {
        read_header(ret_message, &known);
    }
    return true;
}

/* The target up to the first of these characters, after which something secret may follow. */
static struct bytes unmasked(struct bytes target, const char *stops, char *ret_masked)
{
    for (uint32_t i = 0; i < bytes_left(&target); i++) {
        int c = bytes_peek(&target, i);
        if (c != 0 && strchr(stops, c) != NULL) {
            *ret_masked = (char)c;
            return bytes_take(&target, i);
        }
    }
    return target;
}

/* A target that names no scheme and no path: an authority, as far as it is no password. */
static struct bytes unmasked_authority(struct bytes target, char *ret_masked)
{
    struct bytes all = target;
    struct bytes host = http_message_host(unmasked(target, "?#", ret_masked));
    bool cut = *ret_masked != 0 && scan_find(&all, "@") >= 0;
    if (cut && scan_find(&host, ":") >= 0) {
        return bytes_of(NULL, 0, 0);
    }
    return unmasked(host, ";&=", ret_masked);
}

/* RFC 9112 3.2: origin form "/path?query", absolute form "scheme://authority/path?query",
 * authority form "host:port", asterisk form. */
struct bytes http_message_path(struct bytes target, char *ret_masked)
{
    *ret_masked = 0;
    if (bytes_peek(&target, 0) == '/') {
        return unmasked(target, "?#;&=", ret_masked);
    }
    struct bytes path = unmasked(target, "?#", ret_masked);
    int64_t scheme = scan_find(&path, "://");
    if (scheme <= 0) {
        *ret_masked = 0;
        return unmasked_authority(target, ret_masked);
    }
    bytes_skip(&path, (uint32_t)scheme + 3);
    while (bytes_left(&path) > 0 && bytes_peek(&path, 0) != '/') {
        bytes_skip(&path, 1);
    }
    return unmasked(path, ";&=", ret_masked);
}

struct bytes http_message_host(struct bytes authority)
{
    while (scan_find(&authority, "@") >= 0) {
        scan_until(&authority, '@');
    }
    return authority;
}

/* analyzers/sip_message.c: the grammar of SIP messages, as lenient as real ones need. */
#include "analyzers/sip_message.h"

#include "analyzers/header_lines.h"
#include "base/scan.h"

enum {
    METHOD_MAX = 32, /* characters */
    LOOK_MAX = 256,  /* bytes of an unfinished line that are looked at, with each that is added */
    KEEPALIVES_MAX = 64, /* line end characters before a start line */
};

/* RFC 3261 25.1: token. */
static bool is_token_char(int c)
{
    int low = c | 0x20;
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           (c > 0 && strchr("-.!%*_+`'~", c) != NULL);
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

/* RFC 3261 7.1: Method SP Request-URI SP "SIP/2.0"; 7.2: "SIP/2.0" SP 3DIGIT SP Reason. */
static bool read_start_line(struct bytes line, struct sip_message *ret_message)
{
    struct bytes first = scan_until(&line, ' ');
    struct bytes second = scan_word(&line);
    if (scan_is(&first, "SIP/2.0")) {
        uint64_t status = 0;
        bool valid = bytes_left(&second) == 3 && scan_number(&second, 699, &status);
        ret_message->status = (uint16_t)status;
        return valid && status >= 100;
    }
    struct bytes last = bytes_of(NULL, 0, 0);
    while (bytes_left(&line) > 0) {
        last = scan_word(&line);
    }
    ret_message->method = first;
    ret_message->uri = second;
    return is_method(&first) && bytes_left(&second) > 0 && scan_is(&last, "SIP/2.0");
}

/* What is left of a start line whose end the capture does not have: SIP by its scheme or version,
 * and nothing else has both where they stand. */
static bool read_cut_start_line(struct bytes line, struct sip_message *ret_message)
{
    struct bytes first = scan_until(&line, ' ');
    if (scan_is(&first, "SIP/2.0")) {
        struct bytes second = bytes_take(&line, 3);
        uint64_t status = 0;
        bool valid = scan_number(&second, 699, &status) && bytes_peek(&line, 0) == ' ';
        ret_message->status = (uint16_t)status;
        return valid && status >= 100;
    }
    struct bytes scheme = scan_until(&line, ':');
    ret_message->method = first;
    return is_method(&first) && bytes_left(&line) > 0 &&
           (scan_is(&scheme, "sip") || scan_is(&scheme, "sips"));
}

static void skip_keepalives(struct bytes *in)
{
    for (int i = 0; i < KEEPALIVES_MAX; i++) {
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
    static const char version[] = "SIP/2.0 ";
    uint32_t size = bytes_left(&in) < LOOK_MAX ? bytes_left(&in) : LOOK_MAX;
    struct bytes have = bytes_take(&in, size);
    uint32_t n = 0;
    while (n < size && n < sizeof version - 1 && bytes_peek(&have, n) == version[n]) {
        n++;
    }
    if (n == size || n == sizeof version - 1) {
        return true;
    }
    bool spaced = scan_find(&have, " ") >= 0;
    struct bytes method = scan_until(&have, ' ');
    if (!is_method(&method) || !spaced) {
        return is_method(&method);
    }
    int scheme = bytes_peek(&have, 0) | 0x20;
    if (bytes_left(&have) > 0 && (scheme < 'a' || scheme > 'z')) {
        return false;
    }
    for (uint32_t i = 0; i < bytes_left(&have); i++) {
        if (bytes_peek(&have, i) < ' ' && bytes_peek(&have, i) != '\r') {
            return false;
        }
    }
    return true;
}

bool sip_message_begins(struct bytes in, bool open, struct sip_message *ret_message)
{
    struct bytes line;
    *ret_message = (struct sip_message){ 0 };
    skip_keepalives(&in);
    if (scan_line(&in, &line)) {
        return read_start_line(line, ret_message);
    }
    ret_message->cut = open || in.cut > 0;
    return ret_message->cut && read_cut_start_line(in, ret_message);
}

enum claim sip_message_claim(struct bytes in, bool open)
{
    struct bytes line, rest;
    struct sip_message unused;
    if (sip_message_begins(in, open, &unused)) {
        return CLAIM_YES;
    }
    skip_keepalives(&in);
    rest = in;
    if (scan_line(&rest, &line) || !open || bytes_left(&in) > SIP_MESSAGE_LINE_MAX) {
        return CLAIM_NO;
    }
    return may_become_start_line(in) ? CLAIM_MORE : CLAIM_NO;
}

/* RFC 3261 7.3.3 and 20: names and their compact forms. */
static const struct {
    const char *full;
    const char *compact; /* NULL = none */
    enum sip_header_name name;
} header_names[] = {
    { "Via", "v", SIP_HEADER_VIA },
    { "From", "f", SIP_HEADER_PARTY },
    { "To", "t", SIP_HEADER_PARTY },
    { "Contact", "m", SIP_HEADER_PARTY },
    { "Route", NULL, SIP_HEADER_PARTY },
    { "Record-Route", NULL, SIP_HEADER_PARTY },
    { "Call-ID", "i", SIP_HEADER_CALL_ID },
    { "CSeq", NULL, SIP_HEADER_CSEQ },
    { "Content-Encoding", "e", SIP_HEADER_CONTENT_ENCODING },
    { "Content-Length", "l", SIP_HEADER_CONTENT_LENGTH },
    { "Content-Type", "c", SIP_HEADER_CONTENT_TYPE },
    { "Event", "o", SIP_HEADER_EVENT },
    { "ms-diagnostics", NULL, SIP_HEADER_DIAGNOSTICS },
    { "ms-diagnostics-public", NULL, SIP_HEADER_DIAGNOSTICS },
    { "ms-client-diagnostics", NULL, SIP_HEADER_DIAGNOSTICS },
    { "User-Agent", NULL, SIP_HEADER_USER_AGENT },
    { "Server", NULL, SIP_HEADER_USER_AGENT },
    { "Authorization", NULL, SIP_HEADER_AUTHORIZATION },
    { "Proxy-Authorization", NULL, SIP_HEADER_AUTHORIZATION },
    { "Warning", NULL, SIP_HEADER_WARNING },
    { "WWW-Authenticate", NULL, SIP_HEADER_CHALLENGE },
    { "Proxy-Authenticate", NULL, SIP_HEADER_CHALLENGE },
};

static enum sip_header_name name_of(const struct bytes *name)
{
    for (size_t i = 0; i < sizeof header_names / sizeof header_names[0]; i++) {
        const char *compact = header_names[i].compact;
        if (scan_is(name, header_names[i].full) || (compact != NULL && scan_is(name, compact))) {
            return header_names[i].name;
        }
    }
    return scan_starts(name, "ms-") ? SIP_HEADER_MICROSOFT : SIP_HEADER_OTHER;
}

bool sip_message_next(struct bytes *headers, struct sip_header *ret_header)
{
    struct header_line line;
    if (header_lines_next(headers, &line) != HEADER_LINE) {
        return false;
    }
    ret_header->name = name_of(&line.name);
    ret_header->value = line.value;
    return true;
}

static bool is_empty(const struct bytes *in)
{
    return bytes_left(in) == 0;
}

/* RFC 3261 20.16: Cseq = 1*DIGIT LWS Method. */
static void read_cseq(struct sip_message *message, struct bytes value)
{
    struct bytes number = header_lines_word(&value);
    uint64_t cseq = 0;
    if (!scan_number(&number, UINT32_MAX, &cseq)) {
        message->malformed = true;
        return;
    }
    message->cseq = (uint32_t)cseq;
    struct bytes method = header_lines_trim(value);
    if (message->status != 0 && is_method(&method)) {
        message->method = method;
    }
}

static void read_content_length(struct sip_message *message, const struct bytes *value)
{
    uint64_t length = 0;
    message->has_length = scan_number(value, INT32_MAX, &length);
    message->content_length = (uint32_t)length;
    message->malformed |= !message->has_length;
}

/* The first header of a name counts. */
static void read_header(struct sip_message *message, const struct sip_header *header)
{
    switch (header->name) {
    case SIP_HEADER_CALL_ID:
        if (is_empty(&message->call_id)) {
            message->call_id = header->value;
        }
        break;
    case SIP_HEADER_CSEQ:
        read_cseq(message, header->value);
        break;
    case SIP_HEADER_CONTENT_LENGTH:
        if (!message->has_length) {
            read_content_length(message, &header->value);
        }
        break;
    case SIP_HEADER_CONTENT_ENCODING:
        if (is_empty(&message->content_encoding)) {
            message->content_encoding = header->value;
        }
        break;
    case SIP_HEADER_CONTENT_TYPE:
        if (is_empty(&message->content_type)) {
            message->content_type = header->value;
        }
        break;
    case SIP_HEADER_EVENT:
        if (is_empty(&message->event)) {
            message->event = header->value;
        }
        break;
    case SIP_HEADER_OTHER:
    case SIP_HEADER_MICROSOFT:
    case SIP_HEADER_AUTHORIZATION:
    case SIP_HEADER_CHALLENGE:
    case SIP_HEADER_DIAGNOSTICS:
    case SIP_HEADER_PARTY:
    case SIP_HEADER_USER_AGENT:
    case SIP_HEADER_VIA:
    case SIP_HEADER_WARNING:
        break;
    }
}

bool sip_message_read(struct bytes *in, struct sip_message *ret_message)
{
    struct bytes line;
    *ret_message = (struct sip_message){ 0 };
    skip_keepalives(in);
    if (!scan_line(in, &line)) {
        line = bytes_take(in, bytes_left(in));
        ret_message->cut = true;
        return in->cut > 0 && read_cut_start_line(line, ret_message);
    }
    if (!read_start_line(line, ret_message)) {
        return false;
    }
    struct bytes block = *in;
    struct header_line header;
    enum header_step step = header_lines_next(in, &header);
    while (step == HEADER_LINE) {
        step = header_lines_next(in, &header);
    }
    ret_message->cut = step == HEADER_OUT && in->cut > 0;
    ret_message->malformed = step == HEADER_OUT && in->cut == 0;
    ret_message->headers = step == HEADER_OUT ? block : bytes_take(&block, scan_offset(&block, in));

    struct bytes headers = ret_message->headers;
    struct sip_header known;
    while (sip_message_next(&headers, &known)) {
        read_header(ret_message, &known);
    }
    return true;
}

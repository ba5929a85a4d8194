/* analyzers/header_lines.c: header lines of text protocols; lenient about line ends and folding. */
#include "analyzers/header_lines.h"

#include "base/scan.h"

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_spaces(struct bytes *in)
{
    while (is_space(bytes_peek(in, 0))) {
        bytes_skip(in, 1);
    }
}

struct bytes header_lines_trim(struct bytes in)
{
    skip_spaces(&in);
    uint32_t n = bytes_left(&in);
    while (in.cut == 0 && n > 0 && is_space(bytes_peek(&in, n - 1))) {
        n--;
    }
    return in.cut > 0 ? in : bytes_take(&in, n);
}

bool header_lines_line(struct bytes *in, struct bytes *ret_line)
{
    if (scan_line(in, ret_line)) {
        return true;
    }
    if (bytes_left(in) == 0 || in->cut > 0) {
        return false;
    }
    *ret_line = bytes_take(in, bytes_left(in));
    return true;
}

static bool is_folded(const struct bytes *in)
{
    int c = bytes_peek(in, 0);
    return c == ' ' || c == '\t';
}

/* RFC 3261 7.3.1, RFC 9112 5: name ":" value; a line that begins with a blank goes on with it. */
enum header_step header_lines_next(struct bytes *in, struct header_line *ret_line)
{
    struct bytes start = *in;
    struct bytes line;
    if (!header_lines_line(in, &line)) {
        return HEADER_OUT;
    }
    if (bytes_left(&line) == 0) {
        return HEADER_END;
    }
    while (is_folded(in) && header_lines_line(in, &line)) {
    }
    struct bytes header = bytes_take(&start, scan_offset(&start, in));
    ret_line->name = header_lines_trim(scan_until(&header, ':'));
    ret_line->value = header_lines_trim(header);
    return HEADER_LINE;
}

bool header_lines_whole(struct bytes have, uint32_t *scanned)
{
    struct bytes at = have;
    struct bytes line;
    if (bytes_skip(&at, *scanned) == NULL) {
        *scanned = 0; /* what waited was dropped */
        return false;
    }
    while (scan_line(&at, &line)) {
        if (bytes_left(&line) == 0) {
            return true;
        }
        *scanned = scan_offset(&have, &at);
    }
    return false;
}

struct bytes header_lines_word(struct bytes *in)
{
    uint32_t n = 0;
    skip_spaces(in);
    while (n < bytes_left(in) && !is_space(bytes_peek(in, n))) {
        n++;
    }
    struct bytes word = bytes_take(in, n);
    skip_spaces(in);
    return word;
}

struct bytes header_lines_item(struct bytes *in, char stop)
{
    bool quoted = false;
    for (uint32_t i = 0; i < bytes_left(in); i++) {
        int c = bytes_peek(in, i);
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\\' && quoted) {
            i++; /* RFC 9110 5.6.4: quoted-pair */
        } else if (c == stop && !quoted) {
            struct bytes item = bytes_take(in, i);
            bytes_skip(in, 1);
            return header_lines_trim(item);
        }
    }
    return header_lines_trim(bytes_take(in, bytes_left(in)));
}

/* analyzers/header_lines.h: "Name: value" lines as SIP, HTTP and MIME write them (RFC 5322 2.2). */
#ifndef OVERT_ANALYZERS_HEADER_LINES_H
#define OVERT_ANALYZERS_HEADER_LINES_H

#include "base/bytes.h"

struct header_line {
    struct bytes name;  /* without blanks around */
    struct bytes value; /* likewise; of a folded header all its lines, line ends included */
};

enum header_step {
    HEADER_LINE, /* one header; without a colon its value is empty */
    HEADER_END,  /* the empty line was taken */
    HEADER_OUT,  /* no more whole lines: the block goes on after the window, or has no end */
};

/* Takes one header, or the empty line after the last. The last line of a window that was not cut
 * needs no line end. */
enum header_step header_lines_next(struct bytes *in, struct header_line *ret_line);

/* Is the empty line after the headers there? Remembers in scanned, zeroed for a new message, up to
 * where no header ends the block, so that bytes that come one by one are looked at once. */
bool header_lines_whole(struct bytes have, uint32_t *scanned);

/* Takes one line; without a line end the rest of a window that was not cut. */
bool header_lines_line(struct bytes *in, struct bytes *ret_line);

/* The window without blanks and line ends around it. */
struct bytes header_lines_trim(struct bytes in);

/* Takes the next word, stepping over blanks and line ends around it. */
struct bytes header_lines_word(struct bytes *in);

/* Takes the next item of a list, without blanks around: up to `stop` outside of quotes. */
struct bytes header_lines_item(struct bytes *in, char stop);

#endif

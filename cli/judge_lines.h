/* cli/judge_lines.h: a file of records line by line, with a way back. */
#ifndef OVERT_CLI_JUDGE_LINES_H
#define OVERT_CLI_JUDGE_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/records.h"

/* Before a line. */
struct judge_place {
    uint64_t offset; /* bytes */
    uint64_t line;   /* of this line, from 1 */
};

struct judge_lines {
    FILE *file;              /* owned, but standard input */
    struct judge_place at;   /* of the line in text */
    struct judge_place next; /* of the one behind it */
    size_t size;             /* bytes of text, without the line's end */
    char text[REPORT_LINE_MAX + 1];
};

enum judge_line { JUDGE_LINE_NONE, JUDGE_LINE_GOOD, JUDGE_LINE_TOO_LONG };

/* "-": standard input. What has no way back is copied to a temporary file. False: errno tells. */
bool judge_lines_open(struct judge_lines *lines, const char *path);
/* The next line into text; one that is too long, or has a byte 0, is gone past. */
enum judge_line judge_lines_next(struct judge_lines *lines);
/* Goes to a place that was met before; false when that is impossible. */
bool judge_lines_go(struct judge_lines *lines, const struct judge_place *place);
void judge_lines_done(struct judge_lines *lines);

#endif

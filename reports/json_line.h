/* reports/json_line.h: one JSON line while it is built. Every failure sticks to the line; its end
 * writes it and frees it. Objects and arrays handed out live as long as the line. */
#ifndef OVERT_REPORTS_JSON_LINE_H
#define OVERT_REPORTS_JSON_LINE_H

#include "reports/report.h"

struct json_t; /* jansson.h */

enum { JSON_TEXT_MAX = 1024 }; /* bytes of one text that did not come from facts; the rest is cut */

struct json_line {
    struct json_t *root; /* owned; NULL when there was no memory */
    bool failed;         /* no memory somewhere: the line must not be written */
};

/* Will a line be written at all? Else nothing needs to be built. */
bool json_line_wanted(const struct report_out *out);
/* Begins {"type","v","sensor","file"}; file may be NULL. */
void json_line_begin(struct json_line *line, const char *type, const char *sensor,
                     const char *file);
/* Writes the line (shortened to REPORT_LINE_MAX bytes) and frees it; failures go to out. */
void json_line_end(struct json_line *line, struct report_out *out);

/* Takes value, which may be NULL: no memory. */
void json_line_put(struct json_line *line, struct json_t *object, const char *key,
                   struct json_t *value);
/* A text of any bytes, cut (then object gets "cut": true) at JSON_TEXT_MAX; NULL and "" put
 * nothing. */
void json_line_text(struct json_line *line, struct json_t *object, const char *key,
                    const char *text);
void json_line_count(struct json_line *line, struct json_t *object, const char *key,
                     uint64_t value);
void json_line_flag(struct json_line *line, struct json_t *object, const char *key, bool value);
/* RFC 3339 in UTC with microseconds; us is clamped to the years 0000 to 9999. */
void json_line_time(struct json_line *line, struct json_t *object, const char *key, int64_t us);
/* The same of a capture time, which has no sign. */
void json_line_capture_time(struct json_line *line, struct json_t *object, const char *key,
                            uint64_t us);
/* A number with up to three decimals. */
void json_line_thousandths(struct json_line *line, struct json_t *object, const char *key,
                           int64_t value);
/* "f:0123456789abcdef"; prefix is "f" or "o". */
struct json_t *json_line_new_id(char prefix, uint64_t id);
/* A new text value: escaped where it is not UTF-8, cut at JSON_TEXT_MAX (then ret_cut is set). */
struct json_t *json_line_new_text(const char *text, bool *ret_cut);
/* Appends to an array; takes value, which may be NULL: no memory. */
void json_line_append(struct json_line *line, struct json_t *array, struct json_t *value);
/* A new object or array under key (appended when parent is an array: key NULL); NULL without
 * memory. */
struct json_t *json_line_object(struct json_line *line, struct json_t *parent, const char *key);
struct json_t *json_line_array(struct json_line *line, struct json_t *parent, const char *key);
/* Joined role names ("front_end,director") as an array of texts. */
void json_line_words(struct json_line *line, struct json_t *object, const char *key,
                     const char *joined);

#endif

/* reports/json_line.c: values of the output contract, and lines that never pass their limit. */
#include "reports/json_line.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "reports/json_shorten.h"

enum { DUMP_FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(15) };

bool json_line_wanted(const struct report_out *out)
{
    return out->file != NULL && !out->failed;
}

void json_line_begin(struct json_line *line, const char *type, const char *sensor, const char *file)
{
    *line = (struct json_line){ .root = json_object() };
    json_line_put(line, line->root, "type", json_string(type));
    json_line_put(line, line->root, "v", json_integer(1));
    json_line_text(line, line->root, "sensor", sensor);
    json_line_text(line, line->root, "file", file);
}

void json_line_put(struct json_line *line, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        line->failed = true;
    }
}

void json_line_append(struct json_line *line, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        line->failed = true;
    }
}

json_t *json_line_new_text(const char *text, bool *ret_cut)
{
    json_t *value = strlen(text) <= JSON_TEXT_MAX ? json_string(text) : NULL;
    if (value != NULL) {
        return value;
    }
    char buffer[JSON_TEXT_MAX + 1];
    struct text t = text_into(buffer, sizeof buffer);
    text_put_escaped(&t, text, strlen(text));
    *ret_cut |= t.cut;
    return json_string(buffer);
}

void json_line_text(struct json_line *line, json_t *object, const char *key, const char *text)
{
    bool cut = false;
    if (text == NULL || text[0] == '\0') {
        return;
    }
    json_line_put(line, object, key, json_line_new_text(text, &cut));
    if (cut) {
        json_line_flag(line, object, "cut", true);
    }
}

void json_line_count(struct json_line *line, json_t *object, const char *key, uint64_t value)
{
    json_line_put(line, object, key, json_integer(value > INT64_MAX ? INT64_MAX : (int64_t)value));
}

void json_line_flag(struct json_line *line, json_t *object, const char *key, bool value)
{
    json_line_put(line, object, key, json_boolean(value));
}

void json_line_time(struct json_line *line, json_t *object, const char *key, int64_t us)
{
    const int64_t year_0000 = INT64_C(-62167219200), year_9999 = INT64_C(253402300799);
    int64_t micros = us % 1000000, seconds = us / 1000000;
    if (micros < 0) {
        micros += 1000000;
        seconds--;
    }
    seconds = seconds < year_0000 ? year_0000 : seconds > year_9999 ? year_9999 : seconds;
    time_t clock = (time_t)seconds;
    struct tm day;
    char buffer[64];
    if (gmtime_r(&clock, &day) == NULL) {
        line->failed = true;
        return;
    }
    struct text t = text_into(buffer, sizeof buffer);
    text_printf(&t, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", day.tm_year + 1900, day.tm_mon + 1,
                day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec, (int)micros);
    json_line_put(line, object, key, json_string(buffer));
}

void json_line_capture_time(struct json_line *line, json_t *object, const char *key, uint64_t us)
{
    json_line_time(line, object, key, us > INT64_MAX ? INT64_MAX : (int64_t)us);
}

void json_line_thousandths(struct json_line *line, json_t *object, const char *key, int64_t value)
{
    bool whole = value % 1000 == 0;
    json_line_put(line, object, key,
                  whole ? json_integer(value / 1000) : json_real((double)value / 1000));
}

json_t *json_line_new_id(char prefix, uint64_t id)
{
    char buffer[32];
    struct text t = text_into(buffer, sizeof buffer);
    text_printf(&t, "%c:%016llx", prefix, (unsigned long long)id);
    return json_string(buffer);
}

/* Gives a new child to parent and keeps a borrowed view of it. */
static json_t *adopt(struct json_line *line, json_t *parent, const char *key, json_t *child)
{
    int wrong =
        key != NULL ? json_object_set(parent, key, child) : json_array_append(parent, child);
    json_decref(child);
    if (wrong != 0) {
        line->failed = true;
        return NULL;
    }
    return child;
}

json_t *json_line_object(struct json_line *line, json_t *parent, const char *key)
{
    return adopt(line, parent, key, json_object());
}

json_t *json_line_array(struct json_line *line, json_t *parent, const char *key)
{
    return adopt(line, parent, key, json_array());
}

void json_line_words(struct json_line *line, json_t *object, const char *key, const char *joined)
{
    json_t *array = json_line_array(line, object, key);
    while (joined[0] != '\0') {
        size_t size = strcspn(joined, ",");
        json_line_append(line, array, json_stringn(joined, size));
        joined += size + (joined[size] == ',');
    }
}

/* Size of the line in bytes without its end; 0 = no memory; above the limit = cannot be shortened.
 */
static size_t dump_fitting(json_t *root, char *bytes, size_t limit)
{
    size_t size = json_dumpb(root, bytes, limit, DUMP_FLAGS);
    if (size > limit && json_object_set_new(root, "cut", json_true()) != 0) {
        return 0;
    }
    while (size > limit && json_shorten_longest(root)) {
        size = json_dumpb(root, bytes, limit, DUMP_FLAGS);
    }
    return size;
}

static void fail(struct report_out *out, int error)
{
    out->failed = true;
    out->errno_kept = error != 0 ? error : EIO;
}

void json_line_end(struct json_line *line, struct report_out *out)
{
    char bytes[REPORT_LINE_MAX];
    size_t limit = sizeof bytes - 1;
    size_t size = line->failed ? 0 : dump_fitting(line->root, bytes, limit);
    json_decref(line->root);
    line->root = NULL;
    if (size == 0 || size > limit) {
        fail(out, size == 0 ? ENOMEM : EMSGSIZE);
        return;
    }
    bytes[size] = '\n';
    errno = 0;
    if (fwrite(bytes, 1, size + 1, out->file) != size + 1) {
        fail(out, errno);
    }
}

void report_line(struct report_out *out, const char *line)
{
    errno = 0;
    if (json_line_wanted(out) && fprintf(out->file, "%s\n", line) < 0) {
        fail(out, errno);
    }
}

bool report_flush(struct report_out *out)
{
    errno = 0;
    if (json_line_wanted(out) && fflush(out->file) != 0) {
        fail(out, errno);
    }
    return !out->failed;
}

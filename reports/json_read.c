/* reports/json_read.c: numbers, texts and times with their ranges. */
#include "reports/json_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { TIME_SIZE = 27 }; /* "2026-11-02T09:14:03.120331Z" */

static const char *kind_of(const json_t *value)
{
    static const char *const words[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return value == NULL ? "nothing" : words[json_typeof(value)];
}

void json_read_fault(struct json_read *in, const json_t *value, const char *key,
                     const char *expected)
{
    char found[64];
    if (in->bad) {
        return;
    }
    in->bad = true;
    (void)snprintf(found, sizeof found, "%s", kind_of(value));
    if (json_is_string(value)) {
        char escaped[48];
        struct text t = text_into(escaped, sizeof escaped);
        text_put_escaped(&t, json_string_value(value), json_string_length(value));
        (void)snprintf(found, sizeof found, "'%s'", escaped);
    } else if (json_is_integer(value)) {
        (void)snprintf(found, sizeof found, "%lld", (long long)json_integer_value(value));
    }
    (void)snprintf(in->why, RECORDS_WHY_SIZE, "found %s, expected %s as %.60s", found, expected,
                   key);
}

json_t *json_read_member(struct json_read *in, const json_t *object, const char *key, bool needed)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL && needed) {
        json_read_fault(in, NULL, key, "a value");
    }
    return value;
}

const char *json_read_text(struct json_read *in, const json_t *value, const char *key)
{
    if (value != NULL && !json_is_string(value)) {
        json_read_fault(in, value, key, "a text");
    }
    return json_string_value(value);
}

uint64_t json_read_count(struct json_read *in, const json_t *value, const char *key, uint64_t most)
{
    char expected[64];
    if (value == NULL) {
        return 0;
    }
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > most) {
        (void)snprintf(expected, sizeof expected, "a whole number from 0 to %llu",
                       (unsigned long long)most);
        json_read_fault(in, value, key, most < INT64_MAX ? expected : "a count");
        return 0;
    }
    return (uint64_t)number;
}

bool json_read_flag(struct json_read *in, const json_t *value, const char *key)
{
    if (value != NULL && !json_is_boolean(value)) {
        json_read_fault(in, value, key, "true or false");
    }
    return json_is_true(value);
}

/* Days from 1970-01-01 to this day of the Gregorian calendar; month from 1. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int64_t leaps = 400 + year - (month < 3); /* 400 behind the last 29 February's year */
    int64_t days = 365 * (year - 1970) + leaps / 4 - leaps / 100 + leaps / 400 - 574;
    return days + before[month - 1] + day - 1;
}

/* The digits of a time as numbers; false when it has another form. */
static bool read_digits(const char *text, int64_t ret[7])
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    unsigned field = 0;
    memset(ret, 0, 7 * sizeof *ret);
    for (unsigned i = 0; i < TIME_SIZE; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) {
            return false;
        }
        field += form[i] != 'd';
        if (digit) {
            ret[field] = 10 * ret[field] + text[i] - '0';
        }
    }
    return true;
}

int64_t json_read_time(struct json_read *in, const json_t *value, const char *key)
{
    int64_t f[7];
    if (value == NULL) {
        return 0;
    }
    bool good = json_is_string(value) && json_string_length(value) == TIME_SIZE &&
                read_digits(json_string_value(value), f) && f[1] >= 1 && f[1] <= 12 && f[2] >= 1 &&
                f[2] <= 31 && f[3] < 24 && f[4] < 60 && f[5] <= 60;
    if (!good) {
        json_read_fault(in, value, key, "a time such as 2026-11-02T09:14:03.120331Z");
        return 0;
    }
    int64_t seconds = days_of(f[0], f[1], f[2]) * 86400 + f[3] * 3600 + f[4] * 60 + f[5];
    return seconds * 1000000 + f[6];
}

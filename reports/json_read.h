/* reports/json_read.h: values out of JSON that strangers may have written, each with its range. The
 * first fault sticks, and says what was found where. */
#ifndef OVERT_REPORTS_JSON_READ_H
#define OVERT_REPORTS_JSON_READ_H

#include "reports/records.h"

struct json_read {
    bool bad;
    char *why; /* RECORDS_WHY_SIZE bytes */
};

/* Notes "found <value>, expected <what> as <key>". value may be NULL: nothing. */
void json_read_fault(struct json_read *in, const struct json_t *value, const char *key,
                     const char *expected);
/* The member of an object, NULL when it is not there (a fault when it is needed). */
struct json_t *json_read_member(struct json_read *in, const struct json_t *object, const char *key,
                                bool needed);
/* The value of a member that is not there: NULL, 0, false. key is for the message. */
const char *json_read_text(struct json_read *in, const struct json_t *value, const char *key);
uint64_t json_read_count(struct json_read *in, const struct json_t *value, const char *key,
                         uint64_t most);
bool json_read_flag(struct json_read *in, const struct json_t *value, const char *key);
/* RFC 3339 in UTC with microseconds: microseconds since 1970. */
int64_t json_read_time(struct json_read *in, const struct json_t *value, const char *key);

/* reports/json_read_facts.c: the facts of a record into facts, which is empty. flow: all else of
 * the record is filled in. OV_NOMEM. */
OV_MUST_CHECK enum ov_status json_read_facts(struct json_read *in, const struct json_t *root,
                                             const struct flow_record *flow,
                                             struct facts *ret_facts);

#endif

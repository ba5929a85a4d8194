/* reports/records.h: records that overt wrote, read again: what `overt judge` and the cases of a
 * policy are judged by. */
#ifndef OVERT_REPORTS_RECORDS_H
#define OVERT_REPORTS_RECORDS_H

#include "analyzers/crypto/certificates.h"
#include "analyzers/flow_record.h"
#include "base/status.h"
#include "capture/counters.h"
#include "reports/report.h"

struct json_t; /* jansson.h */

enum record_kind {
    RECORD_FLOW,
    RECORD_COVERAGE, /* what a capture was, behind its flows */
    RECORD_NOTICE,
    RECORD_OTHER, /* of no use here */
};

/* Of a coverage record: what depends on no policy. */
struct record_totals {
    struct counters counters;
    struct report_drops drops;
    bool live;                  /* it has drops */
    uint64_t first_us, last_us; /* 0 = no packet */
};

enum { RECORDS_WHY_SIZE = 256 };

struct record {
    enum record_kind kind;
    struct flow_record flow; /* its facts are those below; side 0 is the client */
    struct facts facts;
    const char *file;            /* capture that the flow is of, or NULL */
    struct record_totals totals; /* RECORD_COVERAGE */
    struct json_t *json;         /* owned: texts of flow and file are borrowed from it */
    char why[RECORDS_WHY_SIZE];  /* it could not be read: "found X, expected Y" */
};

/* Reads one line of size bytes; its certificates go to `certificates`. The record must not move.
 * OV_SYNTAX: ret_record->why tells, the record is empty. OV_NOMEM. Trust in certificates is left
 * out where a policy said it: it depends on that. */
OV_MUST_CHECK enum ov_status records_read(const char *line, size_t size,
                                          struct certificates *certificates,
                                          struct record *ret_record);
/* The same of what is parsed; json becomes the record's in any case. */
OV_MUST_CHECK enum ov_status records_take(struct json_t *json, struct certificates *certificates,
                                          struct record *ret_record);
void records_done(struct record *record);

#endif

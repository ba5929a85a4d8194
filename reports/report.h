/* reports/report.h: records as JSON Lines and the ending on a terminal; decides nothing. */
#ifndef OVERT_REPORTS_REPORT_H
#define OVERT_REPORTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "capture/counters.h"
#include "capture/source.h"
#include "rules/call_verdicts.h"
#include "rules/judge.h"

enum { REPORT_LINE_MAX = 64 * 1024 }; /* bytes of one JSON line, line end included */

/* Where JSON lines go. */
struct report_out {
    FILE *file;  /* NULL: nothing is written */
    bool failed; /* a write failed: what follows is not written; errno_kept tells why */
    int errno_kept;
};

struct report_notice {
    const char *code;       /* "capture.damaged", "policy.roles-inferred", ... */
    const char *text;       /* one sentence with what to do */
    const char *file;       /* capture concerned, or NULL */
    uint64_t offset;        /* byte of the damage; 0 = none */
    uint64_t packet;        /* last packet before it; 0 = none */
    uint64_t skipped_bytes; /* of the file, there and behind it; 0 = none */
    uint64_t time_us;       /* capture time; 0 = none */
};

/* Packets that a live capture lost. */
struct report_drops {
    uint64_t kernel, interface;
};

/* How a live capture does; counts since its start. */
struct report_stats {
    const char *sensor;
    uint64_t written_us; /* wall clock */
    uint64_t time_us;    /* of the latest packet; 0 = none yet */
    uint64_t packets, bytes;
    struct report_drops drops;
    uint64_t flows_open, flows_judged;
    uint64_t memory_bytes; /* resident */
    uint64_t backlog;      /* flows that are over and not judged yet */
};

/* What one run looked at, for coverage and the ending. */
struct report_run {
    const char *sensor;
    const struct policy *policy;
    const struct judge *judge;
    const struct counters *counters;
    const char *input;        /* "contoso.pcapng", "3 captures", "standard input" */
    const char *const *files; /* paths of all captures, for short names of them; or NULL */
    uint32_t file_count;
    uint64_t first_us, last_us; /* capture time span; 0 = no packet */
    uint64_t flows;
    double seconds;                   /* wall time, terminal only */
    const struct report_drops *drops; /* of a live capture, else NULL */
};

/* A flow, what the judge says of it, and where its certificates are; all but the flow may be NULL.
 */
struct report_judged {
    const struct flow_record *record;
    const struct judgement *judgement;
    const struct certificates *certificates;
};

/* Certificates go with the first record that shows them. */
void report_flow(struct report_out *out, const char *sensor, const struct report_judged *judged,
                 const char *file);
/* worst: of the call's flows. */
void report_call(struct report_out *out, const char *sensor, const struct call_sheet *sheet,
                 const struct call_verdict *worst, const char *file);
void report_finding(struct report_out *out, const char *sensor, const struct finding *finding);
void report_coverage(struct report_out *out, const struct report_run *run);
void report_notice(struct report_out *out, const char *sensor, const struct report_notice *notice);
void report_stats(struct report_out *out, const struct report_stats *stats);
/* A record that was written before, as it is. */
void report_line(struct report_out *out, const char *line);
/* Flushes; false when anything of it could not be written. */
bool report_flush(struct report_out *out);

/* The ending of output contract section 5: table of rows seen, then the findings (the worst
 * `most` ones in full, the rest counted). color: ANSI colours. */
void report_ending(FILE *terminal, const struct report_run *run,
                   const struct finding_list *findings, bool color, uint32_t most);
/* The effective table and all else that a policy decides. OV_NOMEM. */
OV_MUST_CHECK enum ov_status report_policy_show(FILE *out, const struct policy *policy,
                                                bool markdown);
/* What b decides otherwise than a: "- " lines are a's, "+ " lines b's. OV_NOMEM. */
OV_MUST_CHECK enum ov_status report_policy_diff(FILE *out, const struct policy *a,
                                                const struct policy *b, bool *ret_differ);
/* `overt explain ROW|REASON`: false when neither is known (then a hint was printed). */
bool report_explain(FILE *out, const struct policy *policy, const char *what);

#endif

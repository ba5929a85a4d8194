/* cli/verdicts.h: what workers saw, in the order of the capture, through joins, judge and reports.
 */
#ifndef OVERT_CLI_VERDICTS_H
#define OVERT_CLI_VERDICTS_H

#include "cli/losses.h"
#include "cli/worker.h"
#include "reports/report.h"

struct verdicts {
    const struct options *options;           /* borrowed */
    const struct certificates *certificates; /* borrowed */
    struct joins joins;                      /* all owned */
    struct judge *judge;
    struct report_out records;           /* findings, coverage, notices */
    struct report_out flows;             /* flow records, calls */
    struct call_verdicts *call_verdicts; /* owned; of the flows so far */
    uint64_t flow_count;
    struct losses losses;                 /* of the capture at hand */
    struct call_log waiting[WORKERS_MAX]; /* of a live capture: later than what all have read */
    const char *file;                     /* capture at hand when there are several, else NULL */
    struct facts nothing;                 /* known of flows that were not looked at */
};

/* policy, options and certificates are borrowed; the outputs are set by the caller afterwards. */
OV_MUST_CHECK enum ov_status verdicts_init(struct verdicts *v, const struct options *options,
                                           const struct policy *policy,
                                           const struct certificates *certificates,
                                           struct hash_seed seed);
void verdicts_done(struct verdicts *v);
/* Another capture begins: its name when there are several, else NULL (borrowed). */
void verdicts_begin(struct verdicts *v, const char *file);
/* The outputs of all workers for the same batches. They stay the workers'. */
void verdicts_take(struct verdicts *v, struct worker_out *const outs[], unsigned workers);
/* The same of a live capture, whose workers read on their own: what packets told the join of calls
 * comes in the order of their times, up to until_us, before which all workers have read all; the
 * rest waits. Flows that ended come worker by worker. */
void verdicts_take_live(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                        uint64_t until_us);
/* The capture is at its end, the workers rest: learns from all open flows, then judges them. */
void verdicts_end(struct verdicts *v, struct worker *workers, unsigned count);

#endif

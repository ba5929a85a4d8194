/* cli/pipeline.h: the whole path of a packet, from a capture file to its records. */
#ifndef OVERT_CLI_PIPELINE_H
#define OVERT_CLI_PIPELINE_H

#include "analyzers/dispatch.h"
#include "capture/flow_table.h"
#include "capture/fragments.h"
#include "capture/frame.h"
#include "capture/source.h"
#include "cli/options.h"
#include "reports/report.h"

struct pipeline {
    const struct options *options; /* borrowed */
    const struct policy *policy;   /* borrowed */
    struct certificates *certificates;
    struct calls *calls;
    struct dispatch *dispatch;
    struct judge *judge;
    struct counters counters;
    struct report_out records; /* findings, coverage, notices */
    struct report_out flows;   /* flow records */
    struct hash_seed seed;
    uint64_t first_us, last_us; /* capture time of all packets so far */
    uint64_t time_us;           /* of the last packet read */
    uint64_t flow_count;

    /* of the capture at hand */
    struct source *source;
    struct fragments *fragments;
    struct flow_table *table;
    struct batch batch;
    struct flow_closer closer;  /* flow is over */
    struct flow_closer learner; /* flow goes on to the end: what does it teach? */
    const char *file;           /* its name when there are several, else NULL */
    bool at_end;                /* all packets are read */
};

/* policy and options outlive the pipeline; the outputs are set by the caller afterwards. */
OV_MUST_CHECK enum ov_status pipeline_init(struct pipeline *p, const struct options *options,
                                           const struct policy *policy);
void pipeline_done(struct pipeline *p);
/* Takes the source over: it is closed by pipeline_end. OV_NOMEM. */
OV_MUST_CHECK enum ov_status pipeline_begin(struct pipeline *p, struct source *source,
                                            const char *file);
/* One batch; false when the capture is at its end. */
bool pipeline_step(struct pipeline *p);
/* Judges what is still open and closes the source. */
void pipeline_end(struct pipeline *p);

#endif

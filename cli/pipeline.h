/* cli/pipeline.h: the whole path of a packet, from a capture file to its records. */
#ifndef OVERT_CLI_PIPELINE_H
#define OVERT_CLI_PIPELINE_H

#include "capture/duplicates.h"
#include "capture/fragments.h"
#include "capture/frame.h"
#include "capture/source_set.h"
#include "cli/keylog_file.h"
#include "cli/progress.h"
#include "cli/verdicts.h"

struct pipeline {
    const struct options *options; /* borrowed */
    const struct policy *policy;   /* borrowed; cli/reload.c may put another one here */
    struct policy *own_policy;     /* the same, or NULL: the caller of pipeline_init frees it */
    struct certificates *certificates;
    struct keylog_file keys;
    struct worker *workers; /* owned */
    unsigned worker_count;
    struct verdicts verdicts;
    struct counters counters; /* of reading; pipeline_count adds those of the workers */
    struct hash_seed seed;
    uint64_t first_us, last_us; /* capture time of all packets so far */
    struct tunnels *tunnels;    /* owned: paths of all captures */

    /* of the capture at hand */
    struct source_set *source; /* borrowed */
    struct fragments *fragments;
    struct duplicates *duplicates;
    struct batch_clock clock;
    struct progress *progress;         /* borrowed */
    const volatile sig_atomic_t *stop; /* borrowed: not 0 = read no more */
    struct batch batch;                /* one worker: read and judged in place */
    struct worker_out out;             /* of it */

    /* Called by the thread that judges, after each share of the packets; NULL = nobody asks. */
    void (*judged)(struct pipeline *p);
    double judged_last; /* of its own: when it last wrote, on the steady clock, s */
};

/* policy and options outlive the pipeline; the outputs in verdicts are set by the caller
 * afterwards. */
OV_MUST_CHECK enum ov_status pipeline_init(struct pipeline *p, const struct options *options,
                                           const struct policy *policy);
void pipeline_done(struct pipeline *p);
/* Judges captures as one, or what comes until *stop is not 0. The source stays the caller's; file
 * is its name when several are judged one by one, else NULL (borrowed as long as findings are).
 * OV_NOMEM. */
OV_MUST_CHECK enum ov_status pipeline_run(struct pipeline *p, struct source_set *source,
                                          const char *file, struct progress *progress,
                                          const volatile sig_atomic_t *stop);
/* One batch, read and decoded, or what is left of datagrams that will not be whole; false when the
 * capture is at its end. The batch is done with by pipeline_release. */
bool pipeline_read(struct pipeline *p, struct batch *b);
void pipeline_release(struct pipeline *p, struct batch *b);
/* The counters of reading and of all workers. Only between captures. */
void pipeline_count(const struct pipeline *p, struct counters *ret_counters);

/* cli/pipeline_threads.c: the packets of the capture at hand with a thread for each worker, one to
 * read and this one to judge. */
OV_MUST_CHECK enum ov_status pipeline_threads(struct pipeline *p);

#endif

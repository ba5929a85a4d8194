/* cli/worker.h: one share of the flows: packets in, what the judge wants to know out. */
#ifndef OVERT_CLI_WORKER_H
#define OVERT_CLI_WORKER_H

#include "analyzers/dispatch.h"
#include "capture/flow_table.h"
#include "cli/options.h"

enum { WORKERS_MAX = 64 };

/* A flow that is over. */
struct closing {
    struct flow_record record;
    struct analysis *analysis; /* what record points to; NULL = nothing was looked at */
    size_t log_begin, log_end; /* what its end told the join of calls */
};

/* A flow that goes on, as it was at one moment. */
struct glance {
    struct flow_record record; /* points into the glance */
    struct facts facts;        /* a copy; owned */
    char app[DISPATCH_APP_SIZE];
};

enum { GLANCES_MAX = 128 }; /* flows looked at in one go */

/* What one batch left behind. */
struct worker_part {
    size_t log_begin, log_end;           /* told by packets, in their order */
    uint32_t closing_begin, closing_end; /* in order of first packets */
    uint64_t lost_from_us, lost_to_us;   /* as in the batch */
};

/* The output of some batches. Zeroed = empty. */
struct worker_out {
    struct call_log log;
    struct closing *closings; /* owned */
    uint32_t closing_count, closing_room;
    struct worker_part *parts; /* owned */
    uint32_t part_count, part_room;
    struct glance *glances; /* owned, GLANCES_MAX; NULL until worker_look was called */
    uint32_t glance_count;
};

struct worker {
    struct dispatch *dispatch;
    struct flow_table *table;
    struct flow_table_limits limits;
    struct counters counters;
    struct hash_seed seed;
    struct flow_closer closer;
    struct worker_out *out; /* of the step at hand; borrowed */
    bool at_end;            /* all packets are read */
    bool short_of_memory;   /* a flow's end was lost: the run is worth nothing */
};

/* What all workers use; borrowed. Paths may be added to tunnels meanwhile, those of packets handed
 * over stay as they are. */
struct worker_shared {
    struct certificates *certificates;
    struct keylog *keylog;
    const struct tunnels *tunnels;
    struct hash_seed seed;
};

/* One of `workers` that share the options' memory. */
OV_MUST_CHECK enum ov_status worker_init(struct worker *worker, const struct options *options,
                                         unsigned workers, const struct worker_shared *shared);
void worker_done(struct worker *worker);

/* Another capture begins. OV_NOMEM. */
OV_MUST_CHECK enum ov_status worker_begin(struct worker *worker);
/* A decoded batch of its own packets, or an empty one that tells the time: adds a part to out. */
void worker_step(struct worker *worker, struct batch *b, struct worker_out *out);
/* Looks at open flows with news, since dispatch_watch; some may have to wait for the next look. */
void worker_look(struct worker *worker, struct worker_out *out);
/* Frees what the flows in out left and empties it. */
void worker_forget(struct worker *worker, struct worker_out *out);
void worker_out_done(struct worker_out *out);

/* The capture is at its end: open flows are looked at in order of their first packets, and then
 * closed in the same order. What they tell the join of calls is added to out. */
struct flow_cold *worker_next(const struct worker *worker, const struct flow_cold *after);
void worker_conclude(struct worker *worker, struct flow_cold *cold, struct worker_out *out,
                     struct flow_record *ret_record);
void worker_close_first(struct worker *worker, struct worker_out *out);
/* All flows are closed. */
void worker_end(struct worker *worker);

#endif

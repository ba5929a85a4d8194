/* analyzers/dispatch.h: packets of flows to analyzers: claims, streams, hand-over, facts. */
#ifndef OVERT_ANALYZERS_DISPATCH_H
#define OVERT_ANALYZERS_DISPATCH_H

#include "analyzers/crypto/certificates.h"
#include "analyzers/crypto/verified.h"
#include "analyzers/flow_record.h"
#include "analyzers/joins/call_log.h"
#include "base/keyed_hash.h"
#include "base/status.h"
#include "capture/batch.h"
#include "capture/counters.h"

struct dispatch;
struct keylog; /* analyzers/crypto/keylog.h */

struct dispatch_options {
    struct certificates *certificates; /* borrowed */
    struct keylog *keylog;             /* borrowed; NULL: nothing is opened */
    struct counters *counters;         /* borrowed */
    const struct tunnels *tunnels;     /* borrowed: the paths of frames_decode; NULL = none */
    struct hash_seed seed;             /* for keyed digests of secrets */
    uint32_t flows_max;                /* most flows of the table */
    uint64_t memory_bytes; /* for analyzers' state, streams and facts together, 0 = no cap */
    enum verify verify;    /* which signatures of handshakes */
    bool terse;            /* facts that only flow records show are not kept */
    bool ndpi;             /* ask nDPI about what nobody claims */
};

OV_MUST_CHECK enum ov_status dispatch_new(const struct dispatch_options *options,
                                          struct dispatch **ret_dispatch);
void dispatch_free(struct dispatch *dispatch);

/* Another capture begins. */
void dispatch_restart(struct dispatch *dispatch);
/* From now on paths of packets are numbered there; borrowed. Before anything is fed. */
void dispatch_tunnels(struct dispatch *dispatch, const struct tunnels *tunnels);
/* From now on what the join of calls wants goes there; borrowed. Before anything is fed. */
void dispatch_log(struct dispatch *dispatch, struct call_log *log);
/* Feeds the payloads of a batch (after flow_table_find); settled flows cost nothing here. */
void dispatch_batch(struct dispatch *dispatch, struct batch *b);

/* Brings a flow's analysis to its end (streams, analyzers; once, later calls change nothing) and
 * describes it. at_end: the capture ended, the flow perhaps not. What ret_record points to lives
 * until dispatch_forget or dispatch_rest; ret_record->facts is NULL for a flow of which nothing was
 * looked at. */
void dispatch_conclude(struct dispatch *dispatch, struct flow_cold *cold, bool at_end,
                       struct flow_record *ret_record);
/* From now on flows with new facts are noted for dispatch_look. */
void dispatch_watch(struct dispatch *dispatch);
/* A flow that goes on, but of which enough is known to judge what it showed so far: readable SIP or
 * HTTP, or a protocol whose analyzers have all they want, with facts since the last look. Describes
 * it as it is now, with copies of its facts, for the caller to free, and of the name of its app
 * (DISPATCH_APP_SIZE bytes); ret_record->packets only tells which directions were seen. False when
 * there is none left. */
enum { DISPATCH_APP_SIZE = 32 };
bool dispatch_look(struct dispatch *dispatch, struct flow_record *ret_record,
                   struct facts *ret_facts, char *ret_app);
/* Is so little memory left that flows should be given up for new ones? */
bool dispatch_pressed(const struct dispatch *dispatch);
struct analysis;
/* Parts the analysis from its flow, which may then go; NULL when there is none. */
struct analysis *dispatch_part(struct dispatch *dispatch, struct flow_cold *cold);
/* Packs a few flows that are quiet, over or settled, when many are not packed; ends the life of
 * what ret_record of dispatch_conclude points to, unless the analysis was parted. */
void dispatch_rest(struct dispatch *dispatch);
/* Frees an analysis (NULL is good): its facts are gone. */
void dispatch_forget(struct dispatch *dispatch, struct analysis *analysis);

#endif

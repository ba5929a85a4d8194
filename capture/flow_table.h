/* capture/flow_table.h: flows of one worker, by key; capped, aged by packet time. */
#ifndef OVERT_CAPTURE_FLOW_TABLE_H
#define OVERT_CAPTURE_FLOW_TABLE_H

#include "base/keyed_hash.h"
#include "base/pool.h"
#include "base/status.h"
#include "capture/batch.h"
#include "capture/counters.h"

/* Told of each flow that ends, in an order that depends on the packets alone. cold dies when the
 * call returns. */
struct flow_closer {
    void (*closed)(struct flow_closer *closer, struct flow_cold *cold);
};

struct flow_table_limits {
    uint32_t flows_max;      /* most flows at once */
    uint32_t idle_tcp_ms;    /* silent this long: closed */
    uint32_t idle_udp_ms;    /* all that is not TCP */
    uint32_t idle_closed_ms; /* TCP after RST or both FINs */
};

struct flow_table;

OV_MUST_CHECK enum ov_status flow_table_new(const struct flow_table_limits *limits,
                                            struct hash_seed seed, struct flow_table **ret_table);
void flow_table_free(struct flow_table *table);

/* Fills the third group of the batch's arrays and counts each packet in its flow (packets, bytes,
 * times, VLANs, TCP flags, initial sequence numbers). A SYN that begins another connection on the
 * same ports begins another flow. Flows that must go (table full, ports reused) stay valid until
 * flow_table_expire, which closes them. New flows get feeds_left = UINT16_MAX. */
void flow_table_find(struct flow_table *table, struct batch *b, struct counters *counters);
/* Closes what is idle at the batch's end_us, and the flows that flow_table_find put aside. Which
 * flows these are depends on their own packets and on the clock alone, not on other flows. */
void flow_table_expire(struct flow_table *table, const struct batch *b, struct flow_closer *closer);
/* Memory is short (or no longer): from now on each new flow takes the place of an old one. */
void flow_table_press(struct flow_table *table, bool pressed);
uint32_t flow_table_count(const struct flow_table *table);
/* The open flow whose first packet is the next after that of `after` (NULL = the first of all);
 * NULL behind the last. Valid until the next call that closes flows. */
struct flow_cold *flow_table_next(const struct flow_table *table, const struct flow_cold *after);
/* Closes the first open flow in that order, if there is one. */
void flow_table_close_first(struct flow_table *table, struct flow_closer *closer);

#endif

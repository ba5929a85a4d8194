/* analyzers/joins/tunnels.h: what protects a tunnel, and what passes beside it between its hosts.
 *
 * The cipher of ESP is agreed on under keys. What is rated is the IKE SA of the same two hosts, and
 * lengths and contents of ESP may only take from that (domain: "128-bit AES or better"). */
#ifndef OVERT_ANALYZERS_JOINS_TUNNELS_H
#define OVERT_ANALYZERS_JOINS_TUNNELS_H

#include "analyzers/flow_record.h"
#include "base/keyed_hash.h"
#include "base/status.h"

struct tunnels_join;

/* Keeps at most pairs_max pairs of hosts; the oldest goes first. Caller owns. */
OV_MUST_CHECK enum ov_status tunnels_join_new(uint32_t pairs_max, struct hash_seed seed,
                                              struct tunnels_join **ret_join);
void tunnels_join_free(struct tunnels_join *join);
/* Another capture begins: what was seen is forgotten. */
void tunnels_join_restart(struct tunnels_join *join);
/* Takes OBS_TUNNEL_SEEN in the order of the capture; others pass by. join may be NULL. end: of side
 * 0 and side 1. */
void tunnels_join_observe(struct tunnels_join *join, uint64_t flow_id, const struct flow_end end[2],
                          const struct observation *obs);
/* A flow ended: a tunnel gets its rating (vpn.*, ike.rating); what may be of a trunk is told which
 * tunnel between its hosts it passed by, and how many there were elsewhere. */
void tunnels_join_conclude(const struct tunnels_join *join, struct flow_record *record);
/* Pairs that were forgotten because the table was full. */
uint64_t tunnels_join_dropped(const struct tunnels_join *join);

#endif

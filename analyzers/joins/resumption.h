/* analyzers/joins/resumption.h: leads a resumed TLS session back to the handshake that made it, and
 * gives it that handshake's certificates and its word on mutual authentication.
 *
 * Session ids and tickets before TLS 1.3 are seen when they are issued and when they are offered:
 * the same name is proof. A ticket of TLS 1.3 is issued under keys and differs from what is
 * offered: there, only that all full handshakes between the same hosts, for the same name, had the
 * same outcome speaks for it. Who is not found stays unknown. */
#ifndef OVERT_ANALYZERS_JOINS_RESUMPTION_H
#define OVERT_ANALYZERS_JOINS_RESUMPTION_H

#include "analyzers/flow_record.h"
#include "base/keyed_hash.h"
#include "base/status.h"

struct certificates; /* analyzers/crypto/certificates.h */
struct resumption;

/* Keeps at most sessions_max handshakes; the oldest goes first. Caller owns. */
OV_MUST_CHECK enum ov_status resumption_new(uint32_t sessions_max, struct hash_seed seed,
                                            struct resumption **ret_resumption);
void resumption_free(struct resumption *r);
/* Another capture begins: what was seen is forgotten. */
void resumption_restart(struct resumption *r);
/* Does the join want to see observations of this kind? */
bool resumption_wants(enum observation_kind kind);
/* Takes the observations of a flow as they are put. end: of side 0 and side 1. */
void resumption_observe(struct resumption *r, uint64_t flow_id, const struct flow_end end[2],
                        const struct observation *obs);
/* A flow ended: what its session inherits becomes its own facts. certificates: where the chains
 * are described (borrowed). */
void resumption_conclude(struct resumption *r, const struct certificates *certificates,
                         struct flow_record *record);
/* Handshakes that were forgotten because the table was full. */
uint64_t resumption_dropped(const struct resumption *r);

#endif

/* analyzers/joins/call_log.h: what flows tell the joins of calls, sessions and names, kept until
 * their turn.
 *
 * Workers read flows side by side; the joins want what they saw in the order of the capture. */
#ifndef OVERT_ANALYZERS_JOINS_CALL_LOG_H
#define OVERT_ANALYZERS_JOINS_CALL_LOG_H

#include "analyzers/joins/calls.h"
#include "analyzers/joins/names.h"
#include "analyzers/joins/resumption.h"
#include "analyzers/joins/tunnels.h"

enum { CALL_LOG_MAX = 32 * 1024 * 1024 }; /* bytes of one log */

/* Who reads a log: borrowed, each may be NULL. */
struct joins {
    struct calls *calls;
    struct resumption *resumption;
    struct names *names;
    struct tunnels_join *tunnels;
};

/* Zeroed = empty. */
struct call_log {
    uint8_t *bytes; /* owned */
    size_t used, room;
    uint64_t dropped; /* observations not kept: cap or no memory */
    bool secret;      /* among them are keys: overwritten before the memory is given back */
};

/* Copies one observation (see calls_observe, resumption_observe, names_observe and
 * tunnels_join_observe). */
void call_log_put(struct call_log *log, uint64_t flow_id, const struct flow_end end[2],
                  const struct observation *obs);
/* Packet number of the entry at `at`, which is below log->used. */
uint64_t call_log_packet(const struct call_log *log, size_t at);
/* Its time, microseconds since 1970. */
uint64_t call_log_time(const struct call_log *log, size_t at);
/* Adds a copy of the entries of `from` between begin and end. */
void call_log_append(struct call_log *log, const struct call_log *from, size_t begin, size_t end);
/* Forgets the first `size` bytes: entries that were replayed. */
void call_log_drop(struct call_log *log, size_t size);
/* Gives the entry at `at` to the joins; returns where the next one begins. */
size_t call_log_replay(const struct call_log *log, size_t at, const struct joins *joins);
/* Forgets all entries, overwriting keys, and keeps the memory. */
void call_log_reset(struct call_log *log);
void call_log_done(struct call_log *log);

#endif

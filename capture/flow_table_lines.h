/* capture/flow_table_lines.h: the hot lines of capture/flow_table.c, open addressing by key. */
#ifndef OVERT_CAPTURE_FLOW_TABLE_LINES_H
#define OVERT_CAPTURE_FLOW_TABLE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/pool.h"
#include "capture/flow.h"

struct flow_lines {
    struct flow *at; /* owned, on cache lines; cold == POOL_NONE is empty */
    uint32_t mask;   /* lines - 1; a power of two */
};

/* count lines, a power of two, all empty; false without memory. */
bool flow_table_lines_init(struct flow_lines *lines, uint32_t count);
void flow_table_lines_done(struct flow_lines *lines);
/* Moves all lines to a table twice as large; false, and nothing moved, without memory. */
bool flow_table_lines_double(struct flow_lines *lines);
/* An empty line for this hash: the caller fills it in. The table must never be full. */
struct flow *flow_table_lines_add(const struct flow_lines *lines, uint32_t hash);
/* The line that belongs to a cold record; it must be there. */
struct flow *flow_table_lines_of(const struct flow_lines *lines, uint32_t hash, uint32_t cold);
/* Empties a line. Lines after it move up to where a look-up finds them sooner. */
void flow_table_lines_remove(struct flow_lines *lines, struct flow *line);

/* The flow with this key that was not put aside, or NULL. */
static inline struct flow *flow_table_lines_find(const struct flow_lines *lines,
                                                 const struct flow_key *key, uint32_t hash)
{
    for (uint32_t at = hash & lines->mask;; at = (at + 1) & lines->mask) {
        struct flow *flow = &lines->at[at];
        if (flow->cold == POOL_NONE) {
            return NULL;
        }
        if (flow->table_hash == hash && (flow->flags & FLOW_ASIDE) == 0 &&
            memcmp(&flow->key, key, sizeof *key) == 0) {
            return flow;
        }
    }
}

#endif

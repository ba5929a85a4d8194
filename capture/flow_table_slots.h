/* capture/flow_table_slots.h: which record belongs to a key's hash: open addressing that grows a
 * part at a time. */
#ifndef OVERT_CAPTURE_FLOW_TABLE_SLOTS_H
#define OVERT_CAPTURE_FLOW_TABLE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"

struct flow_slot {
    uint32_t hash; /* low half of the key's hash */
    uint32_t flow; /* index of its record, POOL_NONE = empty */
};

struct flow_slot_table {
    struct flow_slot *at; /* owned; NULL = none */
    uint32_t mask;        /* slots - 1; a power of two */
};

/* While it grows there are two: what comes goes into the new one, and what is in the old one moves
 * over, a few slots at a time. */
struct flow_slots {
    struct flow_slot_table now, old;
    uint32_t moved; /* slots of old before this one are empty */
};

enum { FLOW_SLOTS_MOVED = 1024 }; /* slots of the old table that one step empties */

/* count slots, a power of two, all empty; false without memory. */
bool flow_table_slots_init(struct flow_slots *slots, uint32_t count);
void flow_table_slots_done(struct flow_slots *slots);
/* Makes room for `more` beside `used` at a load of 3/4 and goes on with growing. False when there
 * is no memory for a larger table. */
bool flow_table_slots_step(struct flow_slots *slots, uint32_t used, uint32_t more);
/* Slots that may be used. */
uint32_t flow_table_slots_room(const struct flow_slots *slots);
/* flow: not in the table. The table must never be full. */
void flow_table_slots_add(struct flow_slots *slots, uint32_t hash, uint32_t flow);
/* It must be there. Slots after it move up to where a look-up finds them sooner. */
void flow_table_slots_remove(struct flow_slots *slots, uint32_t hash, uint32_t flow);

static inline const struct flow_slot *flow_table_slots_home(const struct flow_slot_table *table,
                                                            uint32_t hash)
{
    return &table->at[hash & table->mask];
}

#endif

/* capture/flow_table_slots.c: linear probing, removal by backward shift, no tombstones.
 *
 * A table of a million flows is doubled in steps of FLOW_SLOTS_MOVED slots, one step a batch: a
 * table of n slots has grown after n / 1024 batches of at most 128 new flows each, long before the
 * new one must grow in its turn. */
#include "capture/flow_table_slots.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static const size_t huge_page = (size_t)2 << 20;

static bool make_table(struct flow_slot_table *table, uint32_t count)
{
    size_t size = (size_t)count * sizeof *table->at;
    struct flow_slot *at = calloc(count, sizeof *at);
    if (at == NULL) {
        return false;
    }
    uintptr_t inside = ((uintptr_t)at + huge_page - 1) / huge_page * huge_page;
    size_t before = inside - (uintptr_t)at;
    if (size >= before + huge_page) { /* refused: only slower */
        (void)madvise((char *)at + before, (size - before) / huge_page * huge_page, MADV_HUGEPAGE);
    }
    *table = (struct flow_slot_table){ at, count - 1 };
    return true;
}

static void free_table(struct flow_slot_table *table)
{
    free(table->at);
    *table = (struct flow_slot_table){ 0 };
}

bool flow_table_slots_init(struct flow_slots *slots, uint32_t count)
{
    *slots = (struct flow_slots){ 0 };
    return make_table(&slots->now, count);
}

void flow_table_slots_done(struct flow_slots *slots)
{
    free_table(&slots->now);
    free_table(&slots->old);
}

uint32_t flow_table_slots_room(const struct flow_slots *slots)
{
    return (slots->now.mask + 1) / 4 * 3;
}

static void add(const struct flow_slot_table *table, struct flow_slot what)
{
    uint32_t at = what.hash & table->mask;
    while (table->at[at].flow != POOL_NONE) {
        at = (at + 1) & table->mask;
    }
    table->at[at] = what;
}

void flow_table_slots_add(struct flow_slots *slots, uint32_t hash, uint32_t flow)
{
    add(&slots->now, (struct flow_slot){ hash, flow });
}

static void empty(const struct flow_slot_table *table, uint32_t gap)
{
    for (uint32_t at = gap;;) {
        at = (at + 1) & table->mask;
        const struct flow_slot *slot = &table->at[at];
        if (slot->flow == POOL_NONE) {
            break;
        }
        /* may move up when its home is not between the gap and here */
        if (((at - slot->hash) & table->mask) >= ((at - gap) & table->mask)) {
            table->at[gap] = *slot;
            gap = at;
        }
    }
    table->at[gap] = (struct flow_slot){ 0, POOL_NONE };
}

static bool remove_from(const struct flow_slot_table *table, uint32_t hash, uint32_t flow)
{
    uint32_t at = hash & table->mask;
    while (table->at[at].flow != flow) {
        if (table->at[at].flow == POOL_NONE) {
            return false;
        }
        at = (at + 1) & table->mask;
    }
    empty(table, at);
    return true;
}

void flow_table_slots_remove(struct flow_slots *slots, uint32_t hash, uint32_t flow)
{
    bool found = remove_from(&slots->now, hash, flow) ||
                 (slots->old.at != NULL && remove_from(&slots->old, hash, flow));
    assert(found);
    (void)found;
}

/* Empties slots of the old table. What moves up behind one that was emptied lands on it or later,
 * so nothing comes to lie before `moved`. */
static void move(struct flow_slots *slots, uint32_t most)
{
    const struct flow_slot_table *old = &slots->old;
    for (; most > 0 && slots->moved <= old->mask; most--) {
        struct flow_slot slot = old->at[slots->moved];
        if (slot.flow == POOL_NONE) {
            slots->moved++;
        } else {
            add(&slots->now, slot);
            empty(old, slots->moved);
        }
    }
    if (slots->moved > old->mask) {
        free_table(&slots->old);
    }
}

bool flow_table_slots_step(struct flow_slots *slots, uint32_t used, uint32_t more)
{
    bool full = used + more > flow_table_slots_room(slots);
    if (slots->old.at != NULL) {
        move(slots, full ? UINT32_MAX : FLOW_SLOTS_MOVED);
    }
    if (!full) {
        return true;
    }
    struct flow_slot_table larger;
    if (!make_table(&larger, (slots->now.mask + 1) * 2)) {
        return false;
    }
    slots->old = slots->now;
    slots->now = larger;
    slots->moved = 0;
    return true;
}

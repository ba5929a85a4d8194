/* rules/held.c: chains of flows by their id, which is a hash already. */
#include "rules/held.h"

#include <stdlib.h>

enum { FINDINGS_A_FLOW = 4, NONE = UINT32_MAX };

struct entry {
    uint64_t flow_id;
    uint64_t findings[FINDINGS_A_FLOW];
    uint32_t count;
    uint32_t next; /* in its chain, or of the free ones */
};

struct held {
    uint32_t mask;
    uint32_t free;    /* first of a chain */
    uint32_t *chains; /* owned, mask + 1: their first entries */
    struct entry *entries;
};

enum ov_status held_new(uint32_t flows_max, struct held **ret_held)
{
    struct held *held = calloc(1, sizeof *held);
    *ret_held = held;
    if (held == NULL) {
        return OV_NOMEM;
    }
    held->mask = flows_max - 1;
    held->chains = malloc(flows_max * sizeof *held->chains);
    held->entries = calloc(flows_max, sizeof *held->entries);
    if (held->chains == NULL || held->entries == NULL) {
        held_free(held);
        *ret_held = NULL;
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < flows_max; i++) {
        held->chains[i] = NONE;
        held->entries[i].next = i + 1 < flows_max ? i + 1 : NONE;
    }
    return OV_OK;
}

void held_free(struct held *held)
{
    if (held != NULL) {
        free(held->chains);
        free(held->entries);
        free(held);
    }
}

/* What leads to the flow's entry; it holds NONE when there is none. */
static uint32_t *link_to(struct held *held, uint64_t flow_id)
{
    uint32_t *link = &held->chains[flow_id & held->mask];
    while (*link != NONE && held->entries[*link].flow_id != flow_id) {
        link = &held->entries[*link].next;
    }
    return link;
}

bool held_add(struct held *held, uint64_t flow_id, uint64_t finding_id)
{
    uint32_t *link = link_to(held, flow_id);
    if (*link == NONE) {
        uint32_t at = held->free;
        if (at == NONE) {
            return false;
        }
        held->free = held->entries[at].next;
        held->entries[at] = (struct entry){ .flow_id = flow_id, .next = NONE };
        *link = at;
    }
    struct entry *entry = &held->entries[*link];
    if (entry->count == FINDINGS_A_FLOW) {
        return false;
    }
    entry->findings[entry->count++] = finding_id;
    return true;
}

bool held_take(struct held *held, uint64_t flow_id, uint64_t *ret_finding_id)
{
    uint32_t *link = link_to(held, flow_id), at = *link;
    if (at == NONE) {
        return false;
    }
    struct entry *entry = &held->entries[at];
    *ret_finding_id = entry->findings[--entry->count];
    if (entry->count == 0) {
        *link = entry->next;
        entry->next = held->free;
        held->free = at;
    }
    return true;
}

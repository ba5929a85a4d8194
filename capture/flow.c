/* capture/flow.c: what packets tell of their flow on the way. */
#include "capture/batch.h"

static void note_vlan(struct flow_cold *cold, uint16_t id)
{
    for (unsigned i = 0; i < cold->vlan_count; i++) {
        if (cold->vlan[i] == id) {
            return;
        }
    }
    if (cold->vlan_count == FLOW_VLANS) {
        cold->flags |= COLD_VLAN_MORE;
        return;
    }
    cold->vlan[cold->vlan_count++] = id;
}

void flow_note_vlans(struct flow_cold *cold, const uint16_t *ids)
{
    for (uint32_t tag = 0; tag < FRAME_VLANS && ids[tag] != 0; tag++) {
        note_vlan(cold, ids[tag]);
    }
}

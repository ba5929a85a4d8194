/* rules/held.h: which findings rest on flows that go on, to be taken back when more is known. */
#ifndef OVERT_RULES_HELD_H
#define OVERT_RULES_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct held;

/* For at most flows_max flows at once, a power of two. */
OV_MUST_CHECK enum ov_status held_new(uint32_t flows_max, struct held **ret_held);
void held_free(struct held *held);
/* Notes that this finding counts this flow; false when there is no room. */
bool held_add(struct held *held, uint64_t flow_id, uint64_t finding_id);
/* Takes one finding of the flow out; false when it has none (left). */
bool held_take(struct held *held, uint64_t flow_id, uint64_t *ret_finding_id);

#endif

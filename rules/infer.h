/* rules/infer.h: roles learned from traffic when there is no policy file (architecture 6).
 *
 * Every ground is kept; a host that is a server on any ground is no client. */
#ifndef OVERT_RULES_INFER_H
#define OVERT_RULES_INFER_H

#include "analyzers/flow_record.h"
#include "base/status.h"
#include "rules/policy.h"

enum { INFER_MAX = 65536 }; /* addresses with a ground; further ones are counted */

struct infer;

OV_MUST_CHECK enum ov_status infer_new(const struct policy *policy, struct infer **ret_infer);
void infer_free(struct infer *infer);
/* Takes the grounds that one flow gives. The same flow twice does no harm. */
void infer_learn(struct infer *infer, const struct flow_record *record);
/* The roles of an address, 0 when there is no ground; ret_ground: constant text, or NULL. */
uint64_t infer_roles(const struct infer *infer, const struct address *address,
                     const char **ret_ground);
/* The i-th address with a ground, in order of first sight; false past the last. */
bool infer_at(const struct infer *infer, uint32_t i, struct address *ret_address,
              uint64_t *ret_roles, const char **ret_ground);
/* Addresses that found no room. */
uint64_t infer_dropped(const struct infer *infer);

#endif

/* rules/kept.h: what findings say in the words of a policy that may be replaced: copies that
 * outlive it. */
#ifndef OVERT_RULES_KEPT_H
#define OVERT_RULES_KEPT_H

#include "base/arena.h"
#include "rules/lookup.h"
#include "rules/policy.h"

enum { KEPT_MEMORY_MAX = 64 * 1024 * 1024 }; /* bytes, of all policies of a run */

struct kept_row;

struct kept {
    struct arena arena;
    struct lookup by_text; /* hash to texts[] */
    const char **texts;    /* owned; each in the arena, once */
    uint32_t count, capacity;
    struct kept_row *rows; /* in the arena */
};

void kept_init(struct kept *kept);
void kept_done(struct kept *kept);
/* The copy of a text, NULL of NULL, at the cap or without memory. */
const char *kept_text(struct kept *kept, const char *text);
/* A copy of a row with all that findings are told by: no networks, ports and paths. The same row
 * gives the same copy. NULL at the cap or without memory. */
const struct policy_row *kept_row(struct kept *kept, const struct policy_row *row);

#endif

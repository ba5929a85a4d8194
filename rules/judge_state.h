/* rules/judge_state.h: inside of struct judge, for judge.c and for judge_adopt.c, which gives what
 * was learnt to a judge of another policy. */
#ifndef OVERT_RULES_JUDGE_STATE_H
#define OVERT_RULES_JUDGE_STATE_H

#include "rules/findings.h"
#include "rules/infer.h"
#include "rules/issuers.h"
#include "rules/judge_view.h"

enum { ROLELESS_MAX = 100, OVER_MAX = 16 };

struct judge {
    const struct policy *policy;             /* borrowed */
    const struct certificates *certificates; /* borrowed */
    struct infer *infer;                     /* NULL: roles come from the policy file */
    struct row_lists lists;
    const struct policy_row *over[OVER_MAX]; /* rows that the media of others depends on */
    uint32_t over_count;
    struct legs *legs;
    struct issuers issuers;
    struct answers *answers;
    struct identities *identities;
    struct findings *findings;
    struct row_coverage *coverage; /* one per row */
    bool *host_seen;               /* one per host */
    bool *waived;                  /* one per waiver: it was of use */
    struct address roleless[ROLELESS_MAX];
    uint32_t roleless_count;
    struct signature_tally signatures;
};

#endif

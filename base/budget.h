/* base/budget.h: bytes of memory that many owners share: who finds too little left does without. */
#ifndef OVERT_BASE_BUDGET_H
#define OVERT_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    uint64_t left; /* bytes */
};

/* False, and nothing taken, when fewer are left. NULL is a budget without end. */
static inline bool budget_take(struct budget *budget, uint64_t bytes)
{
    if (budget == NULL) {
        return true;
    }
    bool enough = budget->left >= bytes;
    budget->left -= enough ? bytes : 0;
    return enough;
}

/* Gives back what was taken. */
static inline void budget_give(struct budget *budget, uint64_t bytes)
{
    if (budget != NULL) {
        budget->left += bytes;
    }
}

#endif

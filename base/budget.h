/* base/budget.h: bytes of memory that many owners share: who finds too little left does without. */
#ifndef OVERT_BASE_BUDGET_H
#define OVERT_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Several threads may share one. */
struct budget {
    _Atomic int64_t left; /* bytes; below 0 when it is overdrawn */
};

/* False, and nothing taken, when fewer are left. NULL is a budget without end. */
static inline bool budget_take(struct budget *budget, uint64_t bytes)
{
    if (budget == NULL) {
        return true;
    }
    int64_t left = atomic_load_explicit(&budget->left, memory_order_relaxed);
    while (left >= 0 && (uint64_t)left >= bytes) {
        if (atomic_compare_exchange_weak_explicit(&budget->left, &left, left - (int64_t)bytes,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

/* Takes even what is not left: for what must be, and is soon given back. */
static inline void budget_overdraw(struct budget *budget, uint64_t bytes)
{
    if (budget != NULL) {
        atomic_fetch_sub_explicit(&budget->left, (int64_t)bytes, memory_order_relaxed);
    }
}

/* Gives back what was taken. */
static inline void budget_give(struct budget *budget, uint64_t bytes)
{
    if (budget != NULL) {
        atomic_fetch_add_explicit(&budget->left, (int64_t)bytes, memory_order_relaxed);
    }
}

#endif

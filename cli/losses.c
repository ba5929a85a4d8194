/* cli/losses.c: spans of time; the table never says that less was lost than was. */
#include "cli/losses.h"

#include <string.h>

void losses_add(struct losses *l, uint64_t from_us, uint64_t to_us)
{
    struct loss span = { from_us, to_us };
    while (l->count > 0 && l->spans[l->count - 1].to_us >= span.from_us) {
        const struct loss *last = &l->spans[--l->count];
        span.from_us = last->from_us < span.from_us ? last->from_us : span.from_us;
        span.to_us = last->to_us > span.to_us ? last->to_us : span.to_us;
    }
    if (l->count == LOSSES_MAX) {
        l->spans[1].from_us = l->spans[0].from_us;
        memmove(l->spans, l->spans + 1, --l->count * sizeof *l->spans);
    }
    l->spans[l->count++] = span;
}

bool losses_touch(const struct losses *l, uint64_t from_us, uint64_t to_us)
{
    for (uint32_t i = l->count; i > 0 && l->spans[i - 1].to_us >= from_us; i--) {
        if (l->spans[i - 1].from_us <= to_us) {
            return true;
        }
    }
    return false;
}

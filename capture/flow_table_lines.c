/* capture/flow_table_lines.c: linear probing, removal by backward shift, no tombstones. */
#include "capture/flow_table_lines.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

static const size_t huge_page = (size_t)2 << 20;

bool flow_table_lines_init(struct flow_lines *lines, uint32_t count)
{
    size_t size = (size_t)count * sizeof *lines->at;
    struct flow *at = aligned_alloc(size < huge_page ? sizeof *at : huge_page, size);
    if (at == NULL) {
        return false;
    }
    if (size >= huge_page) {
        (void)madvise(at, size, MADV_HUGEPAGE); /* refused: only slower */
    }
    memset(at, 0, size);
    *lines = (struct flow_lines){ at, count - 1 };
    return true;
}

void flow_table_lines_done(struct flow_lines *lines)
{
    free(lines->at);
    lines->at = NULL;
}

struct flow *flow_table_lines_add(const struct flow_lines *lines, uint32_t hash)
{
    uint32_t at = hash & lines->mask;
    while (lines->at[at].cold != POOL_NONE) {
        at = (at + 1) & lines->mask;
    }
    return &lines->at[at];
}

bool flow_table_lines_double(struct flow_lines *lines)
{
    struct flow_lines larger;
    if (!flow_table_lines_init(&larger, (lines->mask + 1) * 2)) {
        return false;
    }
    for (uint32_t i = 0; i <= lines->mask; i++) {
        const struct flow *flow = &lines->at[i];
        if (flow->cold != POOL_NONE) {
            *flow_table_lines_add(&larger, flow->table_hash) = *flow;
        }
    }
    flow_table_lines_done(lines);
    *lines = larger;
    return true;
}

struct flow *flow_table_lines_of(const struct flow_lines *lines, uint32_t hash, uint32_t cold)
{
    uint32_t at = hash & lines->mask;
    while (lines->at[at].cold != cold) {
        assert(lines->at[at].cold != POOL_NONE);
        at = (at + 1) & lines->mask;
    }
    return &lines->at[at];
}

void flow_table_lines_remove(struct flow_lines *lines, struct flow *line)
{
    uint32_t gap = (uint32_t)(line - lines->at);
    for (uint32_t at = gap;;) {
        at = (at + 1) & lines->mask;
        const struct flow *flow = &lines->at[at];
        if (flow->cold == POOL_NONE) {
            break;
        }
        /* may move up when its home is not between the gap and here */
        if (((at - flow->table_hash) & lines->mask) >= ((at - gap) & lines->mask)) {
            lines->at[gap] = *flow;
            gap = at;
        }
    }
    lines->at[gap] = (struct flow){ .cold = POOL_NONE };
}

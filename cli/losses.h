/* cli/losses.h: when packets were lost, live or by damage: what is not seen then proves nothing. */
#ifndef OVERT_CLI_LOSSES_H
#define OVERT_CLI_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

enum { LOSSES_MAX = 1024 }; /* spans; where there are more, the oldest ones grow together */

struct loss {
    uint64_t from_us, to_us; /* microseconds since 1970, both included */
};

/* Zeroed = none. Spans are in order and do not overlap. */
struct losses {
    struct loss spans[LOSSES_MAX];
    uint32_t count;
};

/* Packets were lost in this span, which ends after all spans before it began. */
void losses_add(struct losses *losses, uint64_t from_us, uint64_t to_us);
/* Was any packet lost from from_us to to_us? */
bool losses_touch(const struct losses *losses, uint64_t from_us, uint64_t to_us);

#endif

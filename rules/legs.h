/* rules/legs.h: what signalling was seen between two hosts, for media whose keys travel in it. */
#ifndef OVERT_RULES_LEGS_H
#define OVERT_RULES_LEGS_H

#include "analyzers/flow_record.h"
#include "base/status.h"

/* Pairs of hosts, and hosts with any peer; further ones are counted. */
enum { LEGS_MAX = 3 * 4096 };

/* Bits: a pair may be seen to use several. */
enum leg_signalling {
    LEG_CLEAR = 1 << 0,     /* readable, or TLS that does not encrypt */
    LEG_ONE_WAY = 1 << 1,   /* TLS in which the client, or nobody, proved who it is */
    LEG_MTLS = 1 << 2,      /* proven or inferred */
    LEG_UNDECIDED = 1 << 3, /* TLS whose handshake does not tell */
};

struct leg {
    struct address end[2]; /* in order; end[0] is zero for a host with any peer */
    unsigned seen;         /* LEG_* */
    uint64_t flow_id;      /* the flow that shows the worst of them, the first one of equals */
    uint64_t start_us;     /* of that flow */
};

struct legs;

OV_MUST_CHECK enum ov_status legs_new(struct legs **ret_legs);
void legs_free(struct legs *legs);
/* Adds one signalling flow between a and b: to the pair, and to each of the two with any peer. */
void legs_note(struct legs *legs, const struct address *a, const struct address *b,
               enum leg_signalling signalling, const struct flow_record *record);
/* The pair; b NULL: all signalling of a. NULL when none was seen. Borrowed until the next note. */
const struct leg *legs_find(const struct legs *legs, const struct address *a,
                            const struct address *b);
/* Pairs and hosts that found no room. */
uint64_t legs_dropped(const struct legs *legs);

#endif

/* analyzers/sip_facts.h: what whole SIP messages tell about their flow, and for the call join. */
#ifndef OVERT_ANALYZERS_SIP_FACTS_H
#define OVERT_ANALYZERS_SIP_FACTS_H

#include "analyzers/once.h"
#include "analyzers/sip_message.h"

enum { SIP_FACTS_CALLS_MAX = 4096 }; /* Call-IDs of a flow that are told apart */

/* One flow's; zeroed at the start. */
struct sip_facts {
    struct once names;  /* methods and status codes */
    struct once agents; /* User-Agent, Server */
    struct once lists;  /* Via transports and authentication schemes */
    uint64_t *calls;    /* digests of Call-IDs, 0 = free; owned */
    uint32_t call_room; /* slots of calls, a power of two */
    uint32_t call_count;
    uint32_t keys;                                            /* media keys readable so far */
    uint32_t fingerprints;                                    /* a=fingerprint lines so far */
    bool started;                                             /* the flow is told to be SIP */
    bool domain;                                              /* likewise: of the first request */
    bool sips, credentials, im, presence, sharing, registrar; /* was told */
    bool relay;                                               /* likewise: credentials of one */
    bool refused;                                             /* likewise: for its encryption */
};

struct sip_place {
    const struct segment *seg;
    struct sink *sink;
    struct bytes payload; /* as fed: offsets are counted from its start */
    const char *transport;
};

/* Tells that a message began of which the rest may never come: that it is readable. */
void sip_facts_begin(struct sip_facts *facts, const struct sip_message *message,
                     const struct sip_place *place);
/* Tells one message. body holds what the capture has of it. */
void sip_facts_message(struct sip_facts *facts, const struct sip_message *message,
                       struct bytes body, const struct sip_place *place);
/* Counts a fault of the flow: OBS_MALFORMED or OBS_CUT. */
void sip_facts_fault(const struct sip_place *place, enum observation_kind kind);
void sip_facts_done(struct sip_facts *facts, struct sink *sink);

#endif

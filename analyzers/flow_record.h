/* analyzers/flow_record.h: one finished flow, as joins, rules and reports see it. */
#ifndef OVERT_ANALYZERS_FLOW_RECORD_H
#define OVERT_ANALYZERS_FLOW_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/facts.h"
#include "capture/flow.h"
#include "capture/tunnel.h"

struct flow_end {
    struct address address;
    uint16_t port; /* 0 where the protocol has none */
};

struct flow_record {
    uint64_t id;              /* printed as f:%016x; the same for the same capture everywhere */
    struct flow_end side[2];  /* 0 = sender of the first captured packet */
    uint8_t client;           /* side that is the client (initiator) */
    const char *initiator_by; /* syn hello request port first_packet */
    uint8_t l4;               /* IPPROTO_* */
    uint64_t start_us, end_us;
    uint64_t packets[2], bytes[2]; /* per side; bytes as sent, link header included */
    uint64_t packet_first, packet_last;
    uint16_t vlan[FLOW_VLANS];
    uint8_t vlan_count;
    const struct tunnel_path *tunnel[2]; /* per side, NULL = none; borrowed from the dispatcher's
                                            tunnels */
    bool both_directions;
    bool start_seen;  /* TCP: SYN seen. UDP: the protocol's opening message was seen, or the flow
                         began more than FLOW_START_QUIET_US after the capture did and no flow was
                         given up that it could go on with */
    bool end_seen;    /* TCP: FIN of both sides or RST; others: idle before the capture ended */
    bool talked;      /* TCP: stream bytes that no analyzer knows went by: of both sides, or many of
                         one, or of the only one that was captured */
    bool evicted;     /* closed early because a table was full */
    bool open;        /* went on when its capture ended: judged when all such were learnt from */
    bool lost_nearby; /* packets of any flow were lost, live or by damage to a file, while this one
                         lived, or so shortly before or, if its end was not seen, behind that some
                         of its own may be among them */
    uint64_t missing_bytes;
    uint32_t cut_packets, duplicates;
    uint32_t
        conflicts;   /* TCP segments whose bytes differ from those that came first at their place */
    const char *app; /* outermost protocol recognised, "unknown" when none */
    const char *app_by;  /* content ndpi port; NULL when app is unknown */
    struct facts *facts; /* never NULL; owned by the dispatcher until the flow's close returns */
};

enum { FLOW_START_QUIET_US = 2000000 };

/* The server's side number. */
static inline uint8_t flow_server(const struct flow_record *r)
{
    return (uint8_t)(1 - r->client);
}

#endif

/* capture/flow.h: what a worker remembers about one conversation.
 *
 * A side is 0 for the sender of the flow's first captured packet and 1 for the other end. Who is
 * the client is decided when the flow ends (RFC-style initiator, see analyzers/flow_record.h). */
#ifndef OVERT_CAPTURE_FLOW_H
#define OVERT_CAPTURE_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "capture/address.h"

/* Compared and hashed as 40 bytes: no padding, unused bytes zero. VLANs do not part flows. */
struct flow_key {
    struct address addr[2]; /* [0] is the lower (address, port) */
    uint16_t port[2];       /* host order, same index as addr; 0 for protocols without ports */
    uint8_t l4;             /* IPPROTO_* */
    uint8_t zero[3];
};

enum {
    FLOW_LOW_FIRST = 1 << 0, /* side 0 is key.addr[0] (else key.addr[1]) */
    FLOW_CLOSED = 1 << 1,    /* TCP: RST, or FIN from both sides */
    FLOW_ASIDE = 1 << 2,     /* flow table's own: ended, closed by the next flow_table_expire */
};

/* All that a packet of a settled flow touches first: one cache line. */
struct flow {
    struct flow_key key;
    uint32_t seen_ms;    /* capture time when the last packet came, ms since the table's first
                            packet; never goes back, wraps after 49 days */
    uint32_t packets[2]; /* per side, saturating */
    uint32_t record;     /* flow table's own: index of this flow's record */
    uint16_t feeds_left; /* packets with payload the analyzers still want; 0 = settled */
    uint8_t bucket;      /* flow table's own: of its class, unless aside */
    uint8_t flags;       /* FLOW_* */
    uint32_t table_hash; /* flow table's own: low half of the key's hash */
};

enum {
    COLD_SYN = 1 << 0,        /* per side, shifted by side: SYN seen, with or without ACK: isn[side]
                                 is known. The side that asked has this and no COLD_SYN_ACK */
    COLD_FIN = 1 << 2,        /* per side, shifted by side */
    COLD_RST = 1 << 4,        /* per side, shifted by side */
    COLD_SYN_ACK = 1 << 6,    /* per side, shifted by side: SYN with ACK seen */
    COLD_EVICTED = 1 << 8,    /* closed because a table was full */
    COLD_FRAGMENTS = 1 << 9,  /* at least one packet came in IP fragments */
    COLD_VLAN_MORE = 1 << 10, /* more VLAN ids than vlan[] holds */
    COLD_RESTS = 1 << 11,     /* analyzers/dispatch.c's own: analysis is packed */
};

enum { FLOW_VLANS = 4, FLOW_DUPLICATES_MAX = (1 << 27) - 1 };

/* The hot line, and behind it what is touched once a packet for the counters, or on the flow's own
 * occasions. */
struct flow_cold {
    struct flow hot;
    /* written with every packet: kept together, 48 bytes */
    uint64_t last_us; /* capture time, microseconds since 1970; the latest one */
    uint64_t last_packet;
    uint64_t bytes[2];         /* per side: frame bytes as sent, link header included */
    uint16_t vlan[FLOW_VLANS]; /* ids seen, outer first, each once */
    uint32_t flags;            /* COLD_* */
    uint32_t cut_packets;      /* packets of which the capture kept only a part */

    uint64_t first_us;
    uint64_t first_packet; /* number in the capture, from 1 */
    uint32_t isn[2];       /* TCP initial sequence number of each side whose SYN was seen, or whose
                              SYN the other side's SYN with ACK answered */
    unsigned vlan_count : 4;
    unsigned low_first : 1;   /* side 0 is hot.key.addr[0] */
    unsigned duplicates : 27; /* copies of packets that were there before; counted nowhere else */
    uint16_t tunnel[2];       /* per side: number of the first tunnel path seen, 0 = none */
    void *analysis;           /* owned by analyzers/dispatch.c; NULL until a payload was fed */
};

_Static_assert(sizeof(struct flow_key) == 40, "flow_key is hashed as bytes: no padding");
_Static_assert(sizeof(struct flow) == 64, "flow: one cache line; move cold fields to flow_cold");
_Static_assert(sizeof(struct flow_cold) <= 152, "flow_cold: memory per idle flow is a promise");

/* The hot line and what count_one writes behind it. */
static inline void flow_prefetch(const struct flow_cold *cold)
{
    const char *at = (const char *)cold;
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + sizeof(struct flow), 1);
    __builtin_prefetch(at + offsetof(struct flow_cold, first_us) - 1, 1);
}

/* Adds the VLAN ids of a packet, outer first, FRAME_VLANS of them and 0 where there are fewer. */
void flow_note_vlans(struct flow_cold *cold, const uint16_t *ids);

#endif

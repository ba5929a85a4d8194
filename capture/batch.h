/* capture/batch.h: a batch of packets as parallel arrays; each stage is one loop over it. */
#ifndef OVERT_CAPTURE_BATCH_H
#define OVERT_CAPTURE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/flow.h"
#include "capture/source_buffer.h"

enum { BATCH_SIZE = 128, BATCH_MORE_BUFFERS = 15, FRAME_VLANS = 2 };

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

enum {
    FRAME_FLOW = 1 << 0,     /* key, payload and what follows are filled in: belongs to a flow */
    FRAME_LOW = 1 << 1,      /* sender is key.addr[0] */
    FRAME_FRAGMENT = 1 << 2, /* payload was put together from IP fragments */
    FRAME_HEADLESS = 1 << 3, /* only the ports of its TCP or UDP header could be read, so payload is
                                empty; was counted for its cause too */
    FRAME_DUPLICATE = 1 << 4, /* by duplicates_mark: a copy of a packet that was there before */
};

struct batch {
    uint32_t count;

    /* by source_read */
    struct bytes frame[BATCH_SIZE]; /* link header first; borrowed until source_release */
    uint64_t time_us[BATCH_SIZE];   /* microseconds since 1970 */
    uint64_t packet[BATCH_SIZE];    /* number in the capture file, from 1 */
    uint16_t link_type[BATCH_SIZE]; /* LINKTYPE_* of tcpdump.org */
    struct source_buffer *buffer;   /* that frames lie in; borrowed until source_release */
    struct source_buffer *more[BATCH_MORE_BUFFERS]; /* likewise, where they come of several files */
    uint32_t more_count;
    uint64_t lost_from_us, lost_to_us; /* a damaged part of a capture lay between these times, both
                                          included; lost_to_us 0 = none */

    /* by batch_tell_time: clocks step back at times, this one does not */
    uint64_t clock_us[BATCH_SIZE]; /* latest time of all packets up to this one */
    uint64_t first_us;             /* of the capture's first packet */
    uint64_t end_us;               /* clock after the last packet of the batch */

    /* by frames_decode */
    uint8_t state[BATCH_SIZE]; /* FRAME_*; 0 = counted and of no further interest */
    struct flow_key key[BATCH_SIZE];
    struct bytes payload[BATCH_SIZE]; /* after the TCP or UDP header; after IP for others; link
                                         padding is left out */
    uint32_t on_wire[BATCH_SIZE];     /* frame bytes as sent */
    uint16_t vlan[BATCH_SIZE][FRAME_VLANS]; /* outer first, 0 = none */
    uint16_t tunnel[BATCH_SIZE];            /* number of its path in struct tunnels, 0 = none */
    uint16_t ip_id[BATCH_SIZE];    /* identification in the innermost IPv4 header, 0 = none */
    uint16_t checksum[BATCH_SIZE]; /* of the innermost TCP or UDP header, as sent */
    uint32_t tcp_seq[BATCH_SIZE];
    uint32_t tcp_ack[BATCH_SIZE];
    uint8_t tcp_flags[BATCH_SIZE]; /* TCP_* */
    uint16_t datagrams;            /* joined from fragments: chain for fragments_recycle */

    /* by flow_table_find, where FRAME_FLOW is set; valid until flow_table_expire */
    struct flow *flow[BATCH_SIZE];
    struct flow_cold *cold[BATCH_SIZE];
    uint8_t side[BATCH_SIZE]; /* 0 = sender of the flow's first packet */
};

/* Packets of these times are missing: one span holds all that a batch knows of. */
static inline void batch_lose(struct batch *b, uint64_t from_us, uint64_t to_us)
{
    bool first = b->lost_to_us == 0;
    b->lost_from_us = first || from_us < b->lost_from_us ? from_us : b->lost_from_us;
    b->lost_to_us = first || to_us > b->lost_to_us ? to_us : b->lost_to_us;
}

/* The clock of one capture. Zeroed before its first packet. */
struct batch_clock {
    bool started;
    uint64_t first_us, latest_us;
};

/* Fills the second group of the batch's arrays; every batch of a capture in its turn. */
static inline void batch_tell_time(struct batch *b, struct batch_clock *clock)
{
    if (!clock->started && b->count > 0) {
        clock->started = true;
        clock->first_us = b->time_us[0];
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->time_us[i] > clock->latest_us) {
            clock->latest_us = b->time_us[i];
        }
        b->clock_us[i] = clock->latest_us;
    }
    b->first_us = clock->first_us;
    b->end_us = clock->latest_us;
}

#endif

/* capture/batch.h: a batch of packets as parallel arrays; each stage is one loop over it. */
#ifndef OVERT_CAPTURE_BATCH_H
#define OVERT_CAPTURE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/flow.h"

enum { BATCH_SIZE = 128, FRAME_VLANS = 2 };

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

enum {
    FRAME_FLOW = 1 << 0,     /* key, payload and what follows are filled in: belongs to a flow */
    FRAME_LOW = 1 << 1,      /* sender is key.addr[0] */
    FRAME_FRAGMENT = 1 << 2, /* payload was put together from IP fragments */
};

struct batch {
    uint32_t count;

    /* by source_read */
    struct bytes frame[BATCH_SIZE]; /* link header first; borrowed until source_release */
    uint64_t time_us[BATCH_SIZE];   /* microseconds since 1970 */
    uint64_t packet[BATCH_SIZE];    /* number in the capture file, from 1 */
    uint16_t link_type[BATCH_SIZE]; /* LINKTYPE_* of tcpdump.org */

    /* by frames_decode */
    uint8_t state[BATCH_SIZE]; /* FRAME_*; 0 = counted and of no further interest */
    struct flow_key key[BATCH_SIZE];
    struct bytes payload[BATCH_SIZE]; /* after the TCP or UDP header; after IP for others; link
                                         padding is left out */
    uint32_t on_wire[BATCH_SIZE];     /* frame bytes as sent */
    uint16_t vlan[BATCH_SIZE][FRAME_VLANS]; /* outer first, 0 = none */
    uint32_t tcp_seq[BATCH_SIZE];
    uint32_t tcp_ack[BATCH_SIZE];
    uint8_t tcp_flags[BATCH_SIZE]; /* TCP_* */

    /* by flow_table_find, where FRAME_FLOW is set; valid until flow_table_expire */
    struct flow *flow[BATCH_SIZE];
    struct flow_cold *cold[BATCH_SIZE];
    uint8_t side[BATCH_SIZE]; /* 0 = sender of the flow's first packet */
};

#endif

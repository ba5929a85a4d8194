/* capture/frame_layer.h: the rows of the frame decoder; for capture/frame*.c only.
 *
 * A packet is a walk over headers. Each reader takes one header off `rest` and names the next
 * layer; LAYER_END means that the packet is a flow's or was counted as something else. Readers work
 * on `rest` in place: to copy a window just after it was stepped in stalls the processor. */
#ifndef OVERT_CAPTURE_FRAME_LAYER_H
#define OVERT_CAPTURE_FRAME_LAYER_H

#include "capture/batch.h"
#include "capture/counters.h"
#include "capture/fragments.h"

enum layer {
    LAYER_END,
    LAYER_ETHERNET,
    LAYER_LOOPBACK,
    LAYER_RAW,
    LAYER_SLL,
    LAYER_SLL2,
    LAYER_PPP,
    LAYER_VLAN,
    LAYER_CISCO_METADATA,
    LAYER_NOT_IP,
    LAYER_IPV4,
    LAYER_IPV6,
    LAYER_IPV6_OPTIONS, /* hop-by-hop, routing, destination: one layout */
    LAYER_IPV6_FRAGMENT,
    LAYER_AH,
    LAYER_GRE,
    LAYER_TCP,
    LAYER_UDP,
    LAYER_OTHER, /* any other IP protocol */
    LAYER_COUNT,
};

struct walk {
    struct batch *batch;
    struct fragments *fragments;
    struct counters *counters;
    uint32_t i;              /* packet in the batch */
    struct bytes rest;       /* the next header comes first */
    struct address from, to; /* of the innermost IP header so far */
    uint8_t protocol;        /* IP protocol of rest, once an IP header was read */
    uint8_t vlans;           /* ids kept in the batch */
    uint8_t extensions;      /* IPv6 extension headers since the IPv6 header */
};

/* Readers by layer, in frame_link.c. */
enum layer frame_link_ethernet(struct walk *w);
enum layer frame_link_loopback(struct walk *w);
enum layer frame_link_raw(struct walk *w);
enum layer frame_link_sll(struct walk *w);
enum layer frame_link_sll2(struct walk *w);
enum layer frame_link_ppp(struct walk *w);
enum layer frame_link_vlan(struct walk *w);
enum layer frame_link_cisco_metadata(struct walk *w);
enum layer frame_link_not_ip(struct walk *w);
/* The layer of an EtherType. */
enum layer frame_link_of(uint16_t ethertype);

/* Readers by layer, in frame_ip.c. */
enum layer frame_ip_v4(struct walk *w);
enum layer frame_ip_v6(struct walk *w);
enum layer frame_ip_v6_options(struct walk *w);
enum layer frame_ip_v6_fragment(struct walk *w);
enum layer frame_ip_ah(struct walk *w);
enum layer frame_ip_gre(struct walk *w);
/* Is rest, the payload of a datagram to port 6081, a Geneve header around what is decoded? Then it
 * is taken off and the layer inside returned; else LAYER_END and rest is as it was. */
enum layer frame_ip_geneve(struct walk *w);

/* Counts why a packet is not a flow's. */
static inline enum layer frame_layer_stop(struct walk *w, enum capture_counter why)
{
    w->counters->value[why]++;
    return LAYER_END;
}

/* Are the n bytes of a header there? Else rest has its fault. Asked once, the reads of the header
 * need no checks of their own. */
static inline bool frame_layer_has(struct walk *w, uint32_t n)
{
    return bytes_left(&w->rest) >= n || bytes_skip(&w->rest, n) != NULL;
}

/* Counts a header that could not be read: the capture or the sender is to blame. */
static inline enum layer frame_layer_fault(struct walk *w, enum capture_counter if_cut,
                                           enum capture_counter if_malformed)
{
    return frame_layer_stop(w, w->rest.fault == BYTES_CUT ? if_cut : if_malformed);
}

#endif

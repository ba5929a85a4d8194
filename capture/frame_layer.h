/* capture/frame_layer.h: the rows of the frame decoder; for capture/frame*.c only.
 *
 * A packet is a walk over headers. Each reader takes one header off `rest` and names the next
 * layer; LAYER_END means that the packet is a flow's or waits as a fragment, LAYER_STOP that it
 * cannot be followed, for the cause in `why`. Readers work on `rest` in place: to copy a window
 * just after it was stepped in stalls the processor. */
#ifndef OVERT_CAPTURE_FRAME_LAYER_H
#define OVERT_CAPTURE_FRAME_LAYER_H

#include "capture/batch.h"
#include "capture/counters.h"
#include "capture/fragments.h"
#include "capture/tunnel.h"

/* layer, its reader; LAYER_END and LAYER_STOP have none. */
#define FRAME_LAYERS(X)                                                                            \
    X(LAYER_ETHERNET, frame_link_ethernet)                                                         \
    X(LAYER_VLAN, frame_link_vlan)                                                                 \
    X(LAYER_LLC, frame_link_llc)                                                                   \
    X(LAYER_CISCO_METADATA, frame_link_cisco_metadata)                                             \
    X(LAYER_NOT_IP, frame_link_not_ip)                                                             \
    X(LAYER_UNKNOWN, frame_link_unknown)                                                           \
    X(LAYER_LOOPBACK, frame_capture_loopback)                                                      \
    X(LAYER_RAW, frame_capture_raw)                                                                \
    X(LAYER_SLL, frame_capture_sll)                                                                \
    X(LAYER_SLL2, frame_capture_sll2)                                                              \
    X(LAYER_NFLOG, frame_capture_nflog)                                                            \
    X(LAYER_PFLOG, frame_capture_pflog)                                                            \
    X(LAYER_ENC, frame_capture_enc)                                                                \
    X(LAYER_PPI, frame_capture_ppi)                                                                \
    X(LAYER_PKTAP, frame_capture_pktap)                                                            \
    X(LAYER_ERF, frame_capture_erf)                                                                \
    X(LAYER_MPACKET, frame_capture_mpacket)                                                        \
    X(LAYER_JUNIPER_ETHERNET, frame_capture_juniper_ethernet)                                      \
    X(LAYER_ARCNET, frame_capture_arcnet)                                                          \
    X(LAYER_ARCNET_LINUX, frame_capture_arcnet_linux)                                              \
    X(LAYER_WLAN, frame_wlan_frame)                                                                \
    X(LAYER_WLAN_SWAPPED, frame_wlan_swapped)                                                      \
    X(LAYER_RADIOTAP, frame_wlan_radiotap)                                                         \
    X(LAYER_PRISM, frame_wlan_prism)                                                               \
    X(LAYER_PPP, frame_ppp_packet)                                                                 \
    X(LAYER_PPP_DIRECTION, frame_ppp_direction)                                                    \
    X(LAYER_SERIAL, frame_ppp_serial)                                                              \
    X(LAYER_CISCO_HDLC, frame_ppp_cisco_hdlc)                                                      \
    X(LAYER_FRAME_RELAY, frame_ppp_frame_relay)                                                    \
    X(LAYER_PPPOE, frame_ppp_pppoe)                                                                \
    X(LAYER_MPLS, frame_provider_mpls)                                                             \
    X(LAYER_PBB, frame_provider_pbb)                                                               \
    X(LAYER_VNTAG, frame_provider_vntag)                                                           \
    X(LAYER_ETAG, frame_provider_etag)                                                             \
    X(LAYER_TRILL, frame_provider_trill)                                                           \
    X(LAYER_FABRICPATH, frame_provider_fabricpath)                                                 \
    X(LAYER_NSH, frame_provider_nsh)                                                               \
    X(LAYER_MACSEC, frame_provider_macsec)                                                         \
    X(LAYER_IPV4, frame_ip_v4)                                                                     \
    X(LAYER_IPV6, frame_ip_v6)                                                                     \
    X(LAYER_IP_IN_IP, frame_ip_in_ip)                                                              \
    X(LAYER_IPV6_OPTIONS, frame_ip_v6_options) /* hop-by-hop, routing, destination */              \
    X(LAYER_IPV6_FRAGMENT, frame_ip_v6_fragment)                                                   \
    X(LAYER_AH, frame_ip_ah)                                                                       \
    X(LAYER_IP_TUNNEL, frame_tunnel_ip) /* GRE, EtherIP, L2TPv3, MPLS */                           \
    X(LAYER_TCP, frame_transport_tcp)                                                              \
    X(LAYER_UDP, frame_transport_udp)                                                              \
    X(LAYER_SCTP, frame_transport_sctp)                                                            \
    X(LAYER_OTHER, frame_transport_other) /* any other IP protocol */

enum layer {
    LAYER_END,
    LAYER_STOP,
#define X(row, reader) row,
    FRAME_LAYERS(X)
#undef X
        LAYER_COUNT,
};

/* The flow that a packet is of when the inside of its tunnel cannot be followed. */
struct outer {
    struct bytes rest;
    struct address from, to;
    uint16_t from_port, to_port;
    uint8_t l4;
    uint8_t vlans, hops; /* so many were known then */
};

struct walk {
    struct batch *batch;
    struct fragments *fragments;
    struct tunnels *tunnels;
    struct counters *counters;
    uint32_t i; /* packet in the batch */
    enum capture_counter why;
    struct bytes rest;       /* the next header comes first */
    struct address from, to; /* of the innermost IP header so far */
    uint8_t protocol;        /* IP protocol of rest, once an IP header was read */
    uint8_t extensions;      /* IPv6 extension headers since the IPv6 header */
    uint8_t vlans;           /* ids kept in the batch */
    uint8_t hops;            /* tunnels in path */
    bool has_outer;          /* outer is filled in */
    struct tunnel_path path; /* its count and what lies behind hops are filled in at the end */
    struct outer outer;
};

/* UDP ports at which a tunnel may be */
#define FRAME_UDP_PORTS(X)                                                                         \
    X(FRAME_PORT_L2TP, 1701)                                                                       \
    X(FRAME_PORT_GTP, 2152)                                                                        \
    X(FRAME_PORT_TEREDO, 3544)                                                                     \
    X(FRAME_PORT_GRE, 4754)                                                                        \
    X(FRAME_PORT_VXLAN, 4789)                                                                      \
    X(FRAME_PORT_VXLAN_GPE, 4790)                                                                  \
    X(FRAME_PORT_AYIYA, 5072)                                                                      \
    X(FRAME_PORT_CAPWAP, 5247)                                                                     \
    X(FRAME_PORT_GENEVE, 6081)                                                                     \
    X(FRAME_PORT_MPLS, 6635)                                                                       \
    X(FRAME_PORT_VXLAN_LINUX, 8472)

enum frame_udp_port {
#define X(name, port) name = (port),
    FRAME_UDP_PORTS(X)
#undef X
};

/* Is one of the ports perhaps in that list? Most are outside its range; then a bit tells of 1 in 64
 * ports, so that no table is touched. */
static inline bool frame_udp_may_tunnel(uint32_t from_port, uint32_t to_port)
{
#define X(name, port) | UINT64_C(1) << (((port) ^ (port) >> 6) & 63)
    const uint64_t bits = 0 FRAME_UDP_PORTS(X);
#undef X
    const uint32_t lowest = FRAME_PORT_L2TP, range = FRAME_PORT_VXLAN_LINUX - FRAME_PORT_L2TP;
    if (from_port - lowest > range && to_port - lowest > range) {
        return false;
    }
    return ((bits >> ((from_port ^ from_port >> 6) & 63) |
             bits >> ((to_port ^ to_port >> 6) & 63)) &
            1) != 0;
}

#define X(row, reader) enum layer reader(struct walk *w);
FRAME_LAYERS(X)
#undef X

/* frame_link.c: the layer of an EtherType, LAYER_LLC for an IEEE 802.3 length; and whether an
 * Ethernet frame begins here, as far as that shows. */
enum layer frame_link_of(uint16_t ethertype);
bool frame_link_is_ethernet(const struct bytes *at);
/* frame_capture.c: the layer of a LINKTYPE_*. */
enum layer frame_capture_first(uint32_t link_type);
/* frame_ip.c: LAYER_IPV4 or LAYER_IPV6 when a whole such header with sound lengths begins here,
 * else LAYER_STOP. */
enum layer frame_ip_sniff(const struct bytes *at);
/* frame_ip.c: begins behind the IP header of a datagram of which only the beginning came. */
enum layer frame_ip_head(struct walk *w, const struct fragment_head *head);
/* frame_tunnel.c: takes the header of a tunnel off that is an IP protocol, of GRE, or of L2TPv3
 * from its session on; LAYER_STOP when its inside is not followed. */
enum layer frame_tunnel_inside(struct walk *w);
enum layer frame_tunnel_gre(struct walk *w);
enum layer frame_tunnel_l2tp_session(struct walk *w);
/* frame_udp.c: takes a tunnel's header off rest, the payload of a datagram. LAYER_STOP when it is
 * none: rest is as it was then. */
enum layer frame_udp_tunnel(struct walk *w, uint16_t from_port, uint16_t to_port);

/* The packet cannot be followed: counted for this cause, unless it has an outer flow. */
static inline enum layer frame_layer_stop(struct walk *w, enum capture_counter why)
{
    w->why = why;
    return LAYER_STOP;
}

/* Steps over a header of n bytes and gives a window on it, whose reads then need no checks and no
 * memory. False when it is not there: rest has its fault. */
__attribute__((always_inline)) static inline bool frame_layer_take(struct walk *w, uint32_t n,
                                                                   struct bytes *ret_header)
{
    const uint8_t *at = bytes_skip(&w->rest, n);
    *ret_header = bytes_of(at, n, n);
    return at != NULL;
}

/* A header could not be read: the capture or the sender is to blame. */
static inline enum layer frame_layer_fault(struct walk *w, enum capture_counter if_cut,
                                           enum capture_counter if_malformed)
{
    return frame_layer_stop(w, w->rest.fault == BYTES_CUT ? if_cut : if_malformed);
}

/* Ends a header below IP: `next`, if the header was there. */
static inline enum layer frame_layer_after(struct walk *w, enum layer next)
{
    return bytes_ok(&w->rest) ? next : frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
}

/* Notes a tunnel around what follows; then `next`. */
enum layer frame_layer_enter(struct walk *w, enum tunnel_kind kind, enum layer next);
enum layer frame_layer_enter_id(struct walk *w, enum tunnel_kind kind, uint32_t id,
                                enum layer next);

#endif

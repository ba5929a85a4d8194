/* capture/frame_tunnel.c: tunnels that are IP protocols of their own; frame_udp.c has the others.
 */
#include <netinet/in.h>

#include "capture/frame_layer.h"

enum { PROTOCOL_ETHERIP = 97, PROTOCOL_L2TP = 115, PROTOCOL_MPLS = 137 };
enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000 };
enum { GRE_ACKNOWLEDGE = 0x0080, GRE_RESERVED = 0x00f8, GRE_VERSION = 0x0007, ROUTES_MAX = 8 };
enum { TYPE_PPP = 0x880b, TYPE_EOIP = 0x6400, TYPE_WCCP = 0x883e, TYPE_WLAN = 0x8200 };
enum { TYPE_ERSPAN = 0x88be, TYPE_ERSPAN_III = 0x22eb, TYPE_WLAN_MASK = 0xff0f };
enum { FLAGS_EOIP = 0x2001, ETHERIP_VERSION = 0x3000 };

/* ERSPAN type II: version(4 bits: 1) vlan(12 bits) class and flags(6 bits) session(10 bits)
 * index(4). Type I is the mirrored frame at once; only its GRE header has no sequence number. */
static enum layer read_erspan(struct walk *w, uint16_t gre_flags)
{
    if ((gre_flags & GRE_SEQUENCE) == 0) {
        return frame_layer_enter(w, TUNNEL_ERSPAN, LAYER_ETHERNET);
    }
    uint16_t first = bytes_u16(&w->rest);
    uint32_t session = bytes_u16(&w->rest) & 0x03ff;
    bytes_skip(&w->rest, 4);
    enum layer next = first >> 12 == 1 ? LAYER_ETHERNET : LAYER_STOP;
    return frame_layer_enter_id(w, TUNNEL_ERSPAN, session, next);
}

/* ERSPAN type III: version(4 bits: 2) vlan(12 bits) class and flags(6 bits) session(10 bits)
 * time(4) group(2) flags(1 bit) frame type(5 bits: 0 Ethernet, 2 IP) more(9 bits) subheader(1 bit),
 * then 8 bytes of it */
static enum layer read_erspan_iii(struct walk *w)
{
    uint16_t first = bytes_u16(&w->rest);
    uint32_t session = bytes_u16(&w->rest) & 0x03ff;
    bytes_skip(&w->rest, 6);
    uint16_t flags = bytes_u16(&w->rest);
    bytes_skip(&w->rest, (flags & 1) != 0 ? 8 : 0);
    unsigned frame_type = flags >> 10 & 31;
    enum layer next = frame_type == 0 ? LAYER_ETHERNET : frame_type == 2 ? LAYER_RAW : LAYER_STOP;
    next = first >> 12 == 2 ? next : LAYER_STOP;
    return frame_layer_enter_id(w, TUNNEL_ERSPAN, session, next);
}

/* RFC 1701: family(2) offset(1) length(1) routes, until both are 0 */
static void skip_routes(struct bytes *in)
{
    for (unsigned i = 0; i < ROUTES_MAX && bytes_ok(in); i++) {
        uint16_t family = bytes_u16(in);
        bytes_skip(in, 1);
        uint8_t length = bytes_u8(in);
        bytes_skip(in, length);
        if (family == 0 && length == 0) {
            return;
        }
    }
    bytes_fail(in, BYTES_MALFORMED);
}

/* The layer of a GRE protocol type; LAYER_STOP for what is not followed. */
static enum layer layer_of(struct walk *w, uint16_t type, uint16_t flags)
{
    if (type == TYPE_ERSPAN) {
        return read_erspan(w, flags);
    }
    if (type == TYPE_ERSPAN_III) {
        return read_erspan_iii(w);
    }
    if (type == TYPE_WCCP) { /* version 2 puts 4 bytes before the IP header */
        bytes_skip(&w->rest, bytes_peek(&w->rest, 0) >> 4 == 4 ? 0 : 4);
        return LAYER_IPV4;
    }
    if ((type & TYPE_WLAN_MASK) == TYPE_WLAN) { /* Aruba's access points */
        return LAYER_WLAN;
    }
    enum layer next = frame_link_of(type);
    return next == LAYER_LLC || next == LAYER_NOT_IP ? LAYER_STOP : next;
}

/* RFC 2784 2.1, RFC 2890 2, RFC 1701: flags(13 bits) version(3 bits: 0) type(2) [checksum(2)
 * offset(2)] [key(4)] [sequence(4)] [routes] */
static enum layer read_version_0(struct walk *w, uint16_t flags, uint16_t type)
{
    struct bytes *in = &w->rest;
    bytes_skip(in, (flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 ? 4 : 0);
    uint32_t key = (flags & GRE_KEY) != 0 ? bytes_u32(in) : 0;
    bytes_skip(in, (flags & GRE_SEQUENCE) != 0 ? 4 : 0);
    if ((flags & GRE_ROUTING) != 0) {
        skip_routes(in);
    }
    if (!bytes_ok(in) || (flags & GRE_RESERVED) != 0) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_IP_MALFORMED);
    }
    enum layer next = (flags & GRE_KEY) != 0
                          ? frame_layer_enter_id(w, TUNNEL_GRE, key, LAYER_NOT_IP)
                          : frame_layer_enter(w, TUNNEL_GRE, LAYER_NOT_IP);
    return next == LAYER_STOP ? LAYER_STOP : layer_of(w, type, flags);
}

/* RFC 2637 4.1: flags(13 bits) version(3 bits: 1) type(2) length(2) call(2) [sequence(4)]
 * [acknowledgement(4)], then PPP. EoIP, which looks like it: length(2) tunnel(2, little endian). */
static enum layer read_version_1(struct walk *w, uint16_t flags, uint16_t type)
{
    struct bytes *in = &w->rest;
    uint16_t length = bytes_u16(in);
    if (flags == FLAGS_EOIP && type == TYPE_EOIP) {
        uint16_t id = bytes_le16(in);
        bytes_limit(in, length);
        return frame_layer_enter_id(w, TUNNEL_EOIP, id, length > 0 ? LAYER_ETHERNET : LAYER_STOP);
    }
    uint16_t call = bytes_u16(in);
    bytes_skip(in, (flags & GRE_SEQUENCE) != 0 ? 4 : 0);
    bytes_skip(in, (flags & GRE_ACKNOWLEDGE) != 0 ? 4 : 0);
    bytes_limit(in, length);
    bool carries = type == TYPE_PPP && (flags & GRE_SEQUENCE) != 0;
    return frame_layer_enter_id(w, TUNNEL_PPTP, call, carries ? LAYER_PPP : LAYER_STOP);
}

enum layer frame_tunnel_gre(struct walk *w)
{
    uint16_t flags = bytes_u16(&w->rest);
    uint16_t type = bytes_u16(&w->rest);
    switch (flags & GRE_VERSION) {
    case 0:
        return read_version_0(w, flags, type);
    case 1:
        return read_version_1(w, flags, type);
    default:
        return frame_layer_stop(w, COUNT_IP_MALFORMED);
    }
}

enum layer frame_tunnel_l2tp_session(struct walk *w)
{
    /* RFC 3931 3.2.2, 4.6: a cookie of 0, 4 or 8 bytes and a sublayer of 0 or 4, as was agreed in
     * messages that may have been missed: where a frame begins must show by itself. */
    enum { STEP = 4, STEPS = 4 };
    uint32_t session = bytes_u32(&w->rest);
    struct bytes at = w->rest;
    for (unsigned i = 0; i < STEPS && session != 0; i++) {
        bool ethernet = frame_link_is_ethernet(&at);
        enum layer ip = frame_ip_sniff(&at);
        if (ethernet || ip != LAYER_STOP) {
            w->rest = at;
            return frame_layer_enter_id(w, TUNNEL_L2TP, session, ethernet ? LAYER_ETHERNET : ip);
        }
        bytes_skip(&at, STEP);
    }
    return frame_layer_stop(w, COUNT_NOT_IP);
}

/* RFC 3378 3: version(4 bits: 3) reserved(12 bits), then Ethernet */
static enum layer read_etherip(struct walk *w)
{
    bool known = bytes_u16(&w->rest) == ETHERIP_VERSION;
    return frame_layer_enter(w, TUNNEL_ETHERIP, known ? LAYER_ETHERNET : LAYER_STOP);
}

enum layer frame_tunnel_inside(struct walk *w)
{
    switch (w->protocol) {
    case IPPROTO_GRE:
        return frame_tunnel_gre(w);
    case PROTOCOL_ETHERIP:
        return read_etherip(w);
    case PROTOCOL_L2TP:
        return frame_tunnel_l2tp_session(w);
    case PROTOCOL_MPLS: /* RFC 4023 3 */
        return LAYER_MPLS;
    default:
        return frame_layer_stop(w, COUNT_NOT_IP);
    }
}

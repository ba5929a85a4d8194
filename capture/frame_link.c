/* capture/frame_link.c: Ethernet, its tags and IEEE 802.2; frame_capture.c has other links. */
#include "capture/frame_layer.h"

enum { ETHERNET_HEADER_SIZE = 14, TYPE_MIN = 0x0600, TAGS_SNIFFED = 2 };
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };
enum { ETHERTYPE_VLAN = 0x8100, ETHERTYPE_QINQ = 0x88a8, ETHERTYPE_QINQ_OLD = 0x9100 };
enum { SNAP = 0xaaaa03, LLC_IP = 0x060603, LLC_OSI = 0xfefe03 };
enum { OUI_ETHERTYPE = 0, OUI_BRIDGE_TUNNEL = 0x0000f8, OUI_BRIDGED = 0x0080c2 };
enum { BRIDGED_ETHERNET = 0x0001, BRIDGED_ETHERNET_NO_FCS = 0x0007, NLPID_IPV4 = 0xcc };
enum { NLPID_IPV6 = 0x8e };

static enum layer rare_layer_of(uint16_t ethertype)
{
    static const struct {
        uint16_t ethertype;
        enum layer layer;
    } rows[] = {
        { ETHERTYPE_QINQ, LAYER_VLAN }, { ETHERTYPE_QINQ_OLD, LAYER_VLAN },
        { 0x8847, LAYER_MPLS },         { 0x8848, LAYER_MPLS }, /* RFC 5332 */
        { 0x8864, LAYER_PPPOE },        { 0x880b, LAYER_PPP },
        { 0x88e7, LAYER_PBB },          { 0x8926, LAYER_VNTAG },
        { 0x893f, LAYER_ETAG },         { 0x22f3, LAYER_TRILL },
        { 0x8903, LAYER_FABRICPATH },   { 0x8909, LAYER_CISCO_METADATA },
        { 0x894f, LAYER_NSH },          { 0x88e5, LAYER_MACSEC },
        { 0x6558, LAYER_ETHERNET }, /* RFC 1701: transparent bridging */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].ethertype == ethertype) {
            return rows[i].layer;
        }
    }
    return ethertype < TYPE_MIN ? LAYER_LLC : LAYER_NOT_IP;
}

enum layer frame_link_of(uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        return LAYER_IPV4;
    case ETHERTYPE_IPV6:
        return LAYER_IPV6;
    case ETHERTYPE_VLAN:
        return LAYER_VLAN;
    default:
        return rare_layer_of(ethertype);
    }
}

/* The layer of a type field. A length below 0x0600 also ends the frame, if it is that long. */
static enum layer after_type(struct walk *w, uint16_t type)
{
    enum layer next = frame_layer_after(w, frame_link_of(type));
    if (next == LAYER_LLC && type <= bytes_sent(&w->rest)) {
        bytes_limit(&w->rest, type);
    }
    return next;
}

/* IEEE 802.3 3.1: to(6) from(6) type(2) */
enum layer frame_link_ethernet(struct walk *w)
{
    struct bytes in;
    if (!frame_layer_take(w, ETHERNET_HEADER_SIZE, &in)) {
        return frame_layer_after(w, LAYER_STOP);
    }
    bytes_skip(&in, 12);
    uint16_t type = bytes_u16(&in);
    return type == ETHERTYPE_IPV4 ? LAYER_IPV4 : after_type(w, type);
}

bool frame_link_is_ethernet(const struct bytes *at)
{
    struct bytes in = *at;
    bytes_skip(&in, 12);
    uint16_t type = bytes_u16(&in);
    for (unsigned tag = 0; tag < TAGS_SNIFFED && frame_link_of(type) == LAYER_VLAN; tag++) {
        bytes_skip(&in, 2);
        type = bytes_u16(&in);
    }
    if (type == ETHERTYPE_ARP) {
        return bytes_u32(&in) == (0x0001U << 16 | ETHERTYPE_IPV4);
    }
    return bytes_ok(&in) && (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) &&
           frame_ip_sniff(&in) == frame_link_of(type);
}

/* IEEE 802.1Q 9.6: priority(3 bits) drop eligible(1) id(12), then type(2) */
enum layer frame_link_vlan(struct walk *w)
{
    uint16_t id = bytes_u16(&w->rest) & 0x0fff;
    uint16_t type = bytes_u16(&w->rest);
    if (id != 0 && w->vlans < FRAME_VLANS) { /* 0: only a priority */
        w->batch->vlan[w->i][w->vlans++] = id;
    }
    return after_type(w, type);
}

/* RFC 2684 5.2, RFC 1042: after SNAP organisation(3) type(2) */
static enum layer read_snap(struct walk *w)
{
    uint32_t organisation = bytes_u24(&w->rest);
    uint16_t type = bytes_u16(&w->rest);
    enum layer next = LAYER_NOT_IP;
    if (organisation == OUI_ETHERTYPE || organisation == OUI_BRIDGE_TUNNEL) {
        next = type < TYPE_MIN ? LAYER_NOT_IP : frame_link_of(type);
    } else if (organisation == OUI_BRIDGED &&
               (type == BRIDGED_ETHERNET || type == BRIDGED_ETHERNET_NO_FCS)) {
        bytes_skip(&w->rest, 2);
        next = LAYER_ETHERNET;
    }
    return frame_layer_after(w, next);
}

/* IEEE 802.2: destination(1) source(1) control(1) */
enum layer frame_link_llc(struct walk *w)
{
    uint32_t header = bytes_u24(&w->rest);
    if (header == SNAP) {
        return read_snap(w);
    }
    enum layer next = header == LLC_IP ? LAYER_IPV4 : LAYER_NOT_IP;
    if (header == LLC_OSI) {
        uint8_t nlpid = bytes_u8(&w->rest);
        next = nlpid == NLPID_IPV4 ? LAYER_IPV4 : nlpid == NLPID_IPV6 ? LAYER_IPV6 : LAYER_NOT_IP;
    }
    return frame_layer_after(w, next);
}

/* Cisco metadata (TrustSec tag): version(1) length(1) option(2) tag(2), then type(2) */
enum layer frame_link_cisco_metadata(struct walk *w)
{
    bytes_skip(&w->rest, 6);
    return after_type(w, bytes_u16(&w->rest));
}

enum layer frame_link_not_ip(struct walk *w)
{
    return frame_layer_stop(w, COUNT_NOT_IP);
}

enum layer frame_link_unknown(struct walk *w)
{
    return frame_layer_stop(w, COUNT_LINK_UNKNOWN);
}

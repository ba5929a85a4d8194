/* capture/frame_link.c: headers below IP. */
#include "capture/frame_layer.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };
enum { ETHERTYPE_VLAN = 0x8100, ETHERTYPE_QINQ = 0x88a8, ETHERTYPE_QINQ_OLD = 0x9100 };
enum { ETHERTYPE_CISCO_METADATA = 0x8909 };
enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57 };

enum layer frame_link_of(uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        return LAYER_IPV4;
    case ETHERTYPE_IPV6:
        return LAYER_IPV6;
    case ETHERTYPE_VLAN:
    case ETHERTYPE_QINQ:
    case ETHERTYPE_QINQ_OLD:
        return LAYER_VLAN;
    case ETHERTYPE_CISCO_METADATA:
        return LAYER_CISCO_METADATA;
    default:
        return LAYER_NOT_IP; /* also a length: values below 0x0600 are IEEE 802.3 */
    }
}

/* Ends a link header: the layer of its type field, if the header was there. */
static enum layer after_header(struct walk *w, uint16_t ethertype)
{
    if (!bytes_ok(&w->rest)) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
    }
    return frame_link_of(ethertype);
}

/* IEEE 802.3 3.1: to(6) from(6) type(2) */
enum layer frame_link_ethernet(struct walk *w)
{
    bytes_skip(&w->rest, 12);
    return after_header(w, bytes_u16(&w->rest));
}

/* IEEE 802.1Q 9.6: priority(3 bits) drop eligible(1) id(12), then type(2) */
enum layer frame_link_vlan(struct walk *w)
{
    uint16_t id = bytes_u16(&w->rest) & 0x0fff;
    uint16_t type = bytes_u16(&w->rest);
    if (id != 0 && w->vlans < FRAME_VLANS) { /* 0: only a priority */
        w->batch->vlan[w->i][w->vlans++] = id;
    }
    return after_header(w, type);
}

/* Cisco metadata (TrustSec tag): version(1) length(1) option(2) tag(2), then type(2) */
enum layer frame_link_cisco_metadata(struct walk *w)
{
    bytes_skip(&w->rest, 6);
    return after_header(w, bytes_u16(&w->rest));
}

/* LINKTYPE_NULL, LINKTYPE_LOOP: address family(4), in the byte order of whoever captured it.
 * IPv6 has another number on each system. */
enum layer frame_link_loopback(struct walk *w)
{
    struct bytes swapped = w->rest;
    uint32_t family = bytes_u32(&w->rest);
    if (family > UINT16_MAX) {
        family = bytes_le32(&swapped);
    }
    if (!bytes_ok(&w->rest)) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
    }
    switch (family) {
    case 2:
        return LAYER_IPV4;
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return LAYER_IPV6;
    default:
        return LAYER_NOT_IP;
    }
}

/* LINKTYPE_RAW: the version is the first half byte of either IP. */
enum layer frame_link_raw(struct walk *w)
{
    if (!frame_layer_has(w, 1)) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
    }
    int version = bytes_peek(&w->rest, 0) >> 4;
    return version == 4 ? LAYER_IPV4 : version == 6 ? LAYER_IPV6 : LAYER_NOT_IP;
}

/* LINKTYPE_LINUX_SLL: direction(2) hardware(2) address length(2) address(8) type(2) */
enum layer frame_link_sll(struct walk *w)
{
    bytes_skip(&w->rest, 14);
    return after_header(w, bytes_u16(&w->rest));
}

/* LINKTYPE_LINUX_SLL2: type(2) reserved(2) interface(4) hardware(2) direction(1) address length(1)
 * address(8) */
enum layer frame_link_sll2(struct walk *w)
{
    uint16_t type = bytes_u16(&w->rest);
    bytes_skip(&w->rest, 18);
    return after_header(w, type);
}

/* RFC 1661 2, RFC 1662 3.1: [address(1) control(1)] protocol(1 or 2: the last byte is odd) */
enum layer frame_link_ppp(struct walk *w)
{
    if (bytes_peek(&w->rest, 0) == 0xff && bytes_peek(&w->rest, 1) == 0x03) {
        bytes_skip(&w->rest, 2);
    }
    uint16_t protocol = bytes_u8(&w->rest);
    if ((protocol & 1) == 0) {
        protocol = (uint16_t)(protocol << 8 | bytes_u8(&w->rest));
    }
    if (!bytes_ok(&w->rest)) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
    }
    return protocol == PPP_IPV4 ? LAYER_IPV4 : protocol == PPP_IPV6 ? LAYER_IPV6 : LAYER_NOT_IP;
}

enum layer frame_link_not_ip(struct walk *w)
{
    return frame_layer_stop(w, COUNT_NOT_IP);
}

/* capture/frame_ppp.c: PPP, PPPoE, Cisco HDLC and frame relay. */
#include "capture/frame_layer.h"

enum { PPP_IPV4 = 0x21, PPP_BRIDGED = 0x31, PPP_MULTILINK = 0x3d, PPP_ENCRYPTED = 0x53 };
enum { PPP_IPV6 = 0x57, PPP_COMPRESSED_LINK = 0xfb, PPP_COMPRESSED = 0xfd, PPP_MPLS = 0x281 };
enum { PPP_JACOBSON = 0x2d, PPP_JACOBSON_WHOLE = 0x2f, PPP_ENCRYPTED_LINK = 0x55 };
enum { BRIDGED_ETHERNET = 1, CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
enum { UNNUMBERED = 0x03, NLPID_PAD = 0, NLPID_SNAP = 0x80, NLPID_IPV4 = 0xcc };
enum { NLPID_IPV6 = 0x8e, PPPOE_VERSION_AND_TYPE = 0x11 };

static enum layer layer_of(struct walk *w, uint16_t protocol)
{
    switch (protocol) {
    case PPP_IPV4:
        return LAYER_IPV4;
    case PPP_IPV6:
        return LAYER_IPV6;
    case PPP_MPLS:
        return LAYER_MPLS;
    case PPP_MULTILINK:
    case PPP_JACOBSON:
    case PPP_JACOBSON_WHOLE:
    case PPP_COMPRESSED_LINK:
    case PPP_COMPRESSED: /* MPPE too: encrypted or not shows only in the negotiation */
        return frame_layer_stop(w, COUNT_LINK_OTHER);
    case PPP_ENCRYPTED:
    case PPP_ENCRYPTED_LINK:
        return frame_layer_stop(w, COUNT_LINK_ENCRYPTED);
    default:
        return LAYER_NOT_IP;
    }
}

/* RFC 1661 2, RFC 1662 3.1: [address(1) control(1)] protocol(1 or 2: the last byte is odd) */
enum layer frame_ppp_packet(struct walk *w)
{
    if (bytes_peek(&w->rest, 0) == 0xff && bytes_peek(&w->rest, 1) == UNNUMBERED) {
        bytes_skip(&w->rest, 2);
    }
    uint16_t protocol = bytes_u8(&w->rest);
    if ((protocol & 1) == 0) {
        protocol = (uint16_t)(protocol << 8 | bytes_u8(&w->rest));
    }
    if (bytes_ok(&w->rest) && protocol == PPP_BRIDGED) { /* RFC 3518 4.2: flags(1) kind(1) */
        bytes_skip(&w->rest, 1);
        bool ethernet = bytes_u8(&w->rest) == BRIDGED_ETHERNET;
        return frame_layer_after(w, ethernet ? LAYER_ETHERNET : LAYER_NOT_IP);
    }
    return bytes_ok(&w->rest) ? layer_of(w, protocol) : frame_layer_after(w, LAYER_STOP);
}

/* LINKTYPE_PPP_PPPD, LINKTYPE_PPP_WITH_DIR: direction(1), in place of the address where a control
 * byte follows it, else before the frame. */
enum layer frame_ppp_direction(struct walk *w)
{
    bool in_place = bytes_peek(&w->rest, 1) == UNNUMBERED;
    bytes_skip(&w->rest, in_place ? 2 : 1);
    return frame_layer_after(w, LAYER_PPP);
}

/* Cisco HDLC: address(1) control(1) EtherType(2) */
enum layer frame_ppp_cisco_hdlc(struct walk *w)
{
    bytes_skip(&w->rest, 2);
    uint16_t type = bytes_u16(&w->rest);
    enum layer next = frame_link_of(type);
    return frame_layer_after(w, next == LAYER_LLC ? LAYER_NOT_IP : next);
}

/* RFC 1662 or Cisco HDLC: their first bytes differ. */
enum layer frame_ppp_serial(struct walk *w)
{
    int address = bytes_peek(&w->rest, 0);
    bool cisco = address == CISCO_UNICAST || address == CISCO_MULTICAST;
    return cisco ? LAYER_CISCO_HDLC : LAYER_PPP;
}

/* RFC 2427 3: Q.922 address(2) control(1) [pad(1)] protocol(1) */
enum layer frame_ppp_frame_relay(struct walk *w)
{
    bytes_skip(&w->rest, 2);
    uint8_t control = bytes_u8(&w->rest);
    uint8_t protocol = bytes_u8(&w->rest);
    if (protocol == NLPID_PAD) {
        protocol = bytes_u8(&w->rest);
    }
    enum layer next = LAYER_NOT_IP;
    if (control == UNNUMBERED && protocol == NLPID_IPV4) {
        next = LAYER_IPV4;
    } else if (control == UNNUMBERED && protocol == NLPID_IPV6) {
        next = LAYER_IPV6;
    } else if (control == UNNUMBERED && protocol == NLPID_SNAP) {
        bytes_skip(&w->rest, 3);
        uint16_t type = bytes_u16(&w->rest);
        next = frame_link_of(type);
        next = next == LAYER_LLC ? LAYER_NOT_IP : next;
    }
    return frame_layer_after(w, next);
}

/* RFC 2516 4: version(4 bits) type(4 bits) code(1: 0 in a session) session(2) length(2), then PPP
 * without address and control */
enum layer frame_ppp_pppoe(struct walk *w)
{
    uint8_t version_and_type = bytes_u8(&w->rest);
    uint8_t code = bytes_u8(&w->rest);
    uint16_t session = bytes_u16(&w->rest);
    uint16_t length = bytes_u16(&w->rest);
    if (bytes_ok(&w->rest) && (version_and_type != PPPOE_VERSION_AND_TYPE || code != 0)) {
        return LAYER_NOT_IP;
    }
    if (length <= bytes_sent(&w->rest)) {
        bytes_limit(&w->rest, length);
    }
    return frame_layer_enter_id(w, TUNNEL_PPPOE, session, LAYER_PPP);
}

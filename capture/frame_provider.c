/* capture/frame_provider.c: what networks put between Ethernet and IP: MPLS, tags, MACsec. */
#include "capture/frame_layer.h"

enum { LABELS_MAX = 16, LABEL_BOTTOM = 0x100, CONTROL_WORD_SIZE = 4 };
enum { MACSEC_VERSION = 0x80, MACSEC_SCI = 0x20, MACSEC_ENCRYPTED = 0x08, MACSEC_CHANGED = 0x04 };
enum { NSH_IPV4 = 1, NSH_IPV6 = 2, NSH_ETHERNET = 3, NSH_NSH = 4, NSH_MPLS = 5 };

/* What a label stack carries is not written anywhere: IP begins with its version (RFC 4928 3), a
 * pseudo-wire of Ethernet with a control word of 0 (RFC 4448 4.6) or at once. */
static enum layer layer_below_labels(struct walk *w)
{
    enum layer ip = frame_ip_sniff(&w->rest);
    if (ip != LAYER_STOP) {
        return ip;
    }
    struct bytes wire = w->rest;
    bytes_skip(&wire, CONTROL_WORD_SIZE);
    int first = bytes_peek(&w->rest, 0) >> 4;
    if (first == 0 && frame_link_is_ethernet(&wire)) {
        w->rest = wire;
        return LAYER_ETHERNET;
    }
    if (frame_link_is_ethernet(&w->rest)) {
        return LAYER_ETHERNET;
    }
    return first == 4 ? LAYER_IPV4 : first == 6 ? LAYER_IPV6 : LAYER_NOT_IP;
}

/* RFC 3032 2.1: label(20 bits) class(3 bits) bottom of stack(1 bit) ttl(8 bits), repeated */
enum layer frame_provider_mpls(struct walk *w)
{
    uint32_t entry = bytes_u32(&w->rest);
    uint32_t label = entry >> 12;
    for (unsigned i = 1; bytes_ok(&w->rest) && (entry & LABEL_BOTTOM) == 0; i++) {
        if (i == LABELS_MAX) {
            return frame_layer_stop(w, COUNT_TOO_DEEP);
        }
        entry = bytes_u32(&w->rest);
    }
    if (!bytes_ok(&w->rest)) {
        return frame_layer_after(w, LAYER_STOP);
    }
    return frame_layer_enter_id(w, TUNNEL_MPLS, label, layer_below_labels(w));
}

/* IEEE 802.1ah 9.7: priority and flags(1) service(3), then a customer's whole Ethernet frame */
enum layer frame_provider_pbb(struct walk *w)
{
    bytes_skip(&w->rest, 1);
    uint32_t service = bytes_u24(&w->rest);
    return frame_layer_enter_id(w, TUNNEL_PBB, service, LAYER_ETHERNET);
}

/* A tag of n bytes, then type(2) */
static enum layer skip_tag(struct walk *w, uint32_t n)
{
    bytes_skip(&w->rest, n);
    uint16_t type = bytes_u16(&w->rest);
    return frame_layer_after(w, frame_link_of(type));
}

/* Cisco VN-Tag: direction, interfaces(4) */
enum layer frame_provider_vntag(struct walk *w)
{
    return skip_tag(w, 4);
}

/* IEEE 802.1BR 7.5: E-CID and its extensions(6) */
enum layer frame_provider_etag(struct walk *w)
{
    return skip_tag(w, 6);
}

/* RFC 6325 3: version(2 bits) reserved(2 bits) multicast(1 bit) options in 4 bytes(5 bits)
 * hops(6 bits) egress(2) ingress(2) options, then Ethernet */
enum layer frame_provider_trill(struct walk *w)
{
    uint16_t first = bytes_u16(&w->rest);
    bytes_skip(&w->rest, 4 + (first >> 6 & 31U) * 4);
    return frame_layer_enter(w, TUNNEL_TRILL, LAYER_ETHERNET);
}

/* Cisco FabricPath: tree(10 bits) ttl(6 bits), then Ethernet */
enum layer frame_provider_fabricpath(struct walk *w)
{
    bytes_skip(&w->rest, 2);
    return frame_layer_enter(w, TUNNEL_FABRICPATH, LAYER_ETHERNET);
}

/* RFC 8300 2.2: version(2 bits) flags(2 bits) ttl(6 bits) length in 4 bytes(6 bits) kind(1) next(1)
 * service path(3) index(1), then metadata up to that length */
enum layer frame_provider_nsh(struct walk *w)
{
    static const uint8_t layers[] = {
        [NSH_IPV4] = LAYER_IPV4, [NSH_IPV6] = LAYER_IPV6, [NSH_ETHERNET] = LAYER_ETHERNET,
        [NSH_NSH] = LAYER_NSH,   [NSH_MPLS] = LAYER_MPLS,
    };
    uint32_t length = (bytes_u16(&w->rest) & 63U) * 4;
    bytes_skip(&w->rest, 1);
    uint8_t next = bytes_u8(&w->rest);
    uint32_t path = bytes_u24(&w->rest);
    bytes_skip(&w->rest, length < 8 ? UINT32_MAX : length - 7);
    if (bytes_ok(&w->rest) && (next == 0 || next >= sizeof layers)) {
        return LAYER_NOT_IP;
    }
    return frame_layer_enter_id(w, TUNNEL_NSH, path, (enum layer)layers[next % sizeof layers]);
}

/* IEEE 802.1AE 9.3: control(1) short length(1) number(4) [SCI(8)], then type(2) where nothing is
 * encrypted */
enum layer frame_provider_macsec(struct walk *w)
{
    uint8_t control = bytes_u8(&w->rest);
    if (bytes_ok(&w->rest) && (control & MACSEC_ENCRYPTED) != 0) {
        return frame_layer_stop(w, COUNT_LINK_ENCRYPTED);
    }
    if ((control & (MACSEC_VERSION | MACSEC_CHANGED)) != 0) {
        return frame_layer_stop(w, COUNT_LINK_OTHER);
    }
    return skip_tag(w, (control & MACSEC_SCI) != 0 ? 13 : 5);
}

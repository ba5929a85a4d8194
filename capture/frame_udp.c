/* capture/frame_udp.c: tunnels inside UDP. A port only says where to look: the header must be
 * right, and what it carries too, or the datagram stays one of its own flow. */
#include "capture/frame_layer.h"

enum { VXLAN_HAS_VNI = 0x08, GPE_HAS_NEXT = 0x04, GPE_VERSION = 0x30 };
enum { GENEVE_VERSION = 0xc0, GENEVE_OPTIONS = 0x3f, GENEVE_CONTROL = 0x80 };
enum { GTP_VERSION_1 = 0x30, GTP_FIXED = 0xf0, GTP_OPTIONAL = 0x07, GTP_EXTENDED = 0x04 };
enum { GTP_G_PDU = 255, GTP_EXTENSIONS_MAX = 8 };
enum { TEREDO_AUTHENTICATION = 0x0001, TEREDO_ORIGIN = 0x0000, TEREDO_PREFIX = 0x20010000 };
enum { L2TP_CONTROL = 0x8000, L2TP_LENGTH = 0x4000, L2TP_SEQUENCE = 0x0800, L2TP_OFFSET = 0x0200 };
enum { L2TP_RESERVED = 0x34f0, L2TP_VERSION = 0x000f };
enum { CAPWAP_NATIVE = 0x100, CAPWAP_FRAGMENT = 0x80, CAPWAP_WIRELESS = 0x20, CAPWAP_RADIO = 0x10 };
enum { CAPWAP_KEEP_ALIVE = 0x08, CAPWAP_WLAN = 1 };
enum { AYIYA_FORWARD = 1, AYIYA_IPV6 = 41, AYIYA_IPV4 = 4 };

/* RFC 7348 5: flags(1: bit 3 VNI is valid) reserved(3) VNI(3) reserved(1), then Ethernet */
static enum layer read_vxlan(struct walk *w)
{
    uint8_t flags = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 3);
    uint32_t vni = bytes_u24(&w->rest);
    bytes_skip(&w->rest, 1);
    enum layer next = (flags & VXLAN_HAS_VNI) != 0 ? LAYER_ETHERNET : LAYER_STOP;
    return frame_layer_enter_id(w, TUNNEL_VXLAN, vni, next);
}

/* draft-ietf-nvo3-vxlan-gpe 3: flags(1: version, bit 3 VNI, bit 2 next is valid) reserved(2)
 * next(1) VNI(3) reserved(1) */
static enum layer read_vxlan_gpe(struct walk *w)
{
    static const uint8_t layers[] = { LAYER_STOP,     LAYER_IPV4, LAYER_IPV6,
                                      LAYER_ETHERNET, LAYER_NSH,  LAYER_MPLS };
    uint8_t flags = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 2);
    uint8_t next = bytes_u8(&w->rest);
    uint32_t vni = bytes_u24(&w->rest);
    bytes_skip(&w->rest, 1);
    bool known = (flags & (GPE_VERSION | VXLAN_HAS_VNI)) == VXLAN_HAS_VNI && next < sizeof layers;
    enum layer layer = known ? (enum layer)layers[next] : LAYER_STOP;
    if (known && next == 0 && (flags & GPE_HAS_NEXT) == 0) {
        layer = LAYER_ETHERNET; /* a peer that knows plain VXLAN only */
    }
    return frame_layer_enter_id(w, TUNNEL_VXLAN_GPE, vni, layer);
}

/* RFC 8926 3.4: version(2 bits) options in 4 bytes(6 bits) flags(1) type(2) VNI(3) reserved(1) */
static enum layer read_geneve(struct walk *w)
{
    uint8_t first = bytes_u8(&w->rest);
    uint8_t flags = bytes_u8(&w->rest);
    uint16_t type = bytes_u16(&w->rest);
    uint32_t vni = bytes_u24(&w->rest);
    bytes_skip(&w->rest, 1 + (first & GENEVE_OPTIONS) * 4U);
    enum layer next = frame_link_of(type);
    if ((first & GENEVE_VERSION) != 0 || (flags & GENEVE_CONTROL) != 0 || next == LAYER_LLC ||
        next == LAYER_NOT_IP) {
        next = LAYER_STOP;
    }
    return frame_layer_enter_id(w, TUNNEL_GENEVE, vni, next);
}

/* 3GPP TS 29.281 5.2: kind of the next(1); else length in 4 bytes(1) contents, kind of the next(1)
 */
static void skip_gtp_extensions(struct bytes *in, uint8_t kind)
{
    for (unsigned i = 0; kind != 0 && bytes_ok(in); i++) {
        uint32_t length = bytes_u8(in) * 4U;
        if (length == 0 || i == GTP_EXTENSIONS_MAX) {
            bytes_fail(in, BYTES_MALFORMED);
            return;
        }
        bytes_skip(in, length - 2);
        kind = bytes_u8(in);
    }
}

/* 3GPP TS 29.281 5.1: version(3 bits: 1) GTP(1 bit: 1) spare(1 bit) extension, sequence, number
 * flags(3 bits) message(1) length after these 8 bytes(2) TEID(4) [sequence(2) number(1) kind of
 * extension(1)] extensions, then IP */
static enum layer read_gtp(struct walk *w)
{
    struct bytes *in = &w->rest;
    uint8_t flags = bytes_u8(in);
    uint8_t message = bytes_u8(in);
    uint16_t length = bytes_u16(in);
    uint32_t teid = bytes_u32(in);
    if ((flags & GTP_FIXED) != GTP_VERSION_1 || message != GTP_G_PDU || length != bytes_sent(in)) {
        return frame_layer_stop(w, COUNT_NOT_IP);
    }
    if ((flags & GTP_OPTIONAL) != 0) {
        bytes_skip(in, 3);
        uint8_t kind = bytes_u8(in);
        skip_gtp_extensions(in, (flags & GTP_EXTENDED) != 0 ? kind : 0);
    }
    int version = bytes_peek(in, 0) >> 4;
    enum layer next = version == 4 ? LAYER_IPV4 : version == 6 ? LAYER_IPV6 : LAYER_STOP;
    return frame_layer_enter_id(w, TUNNEL_GTP, teid, next);
}

/* RFC 4380 4: the prefix 2001:0::/32, or link-local for the router's messages. */
static bool is_teredo_address(uint32_t first)
{
    return first == TEREDO_PREFIX || first >> 22 == 0xfe80 >> 6;
}

/* RFC 4380 5.1.1: [0x0001 client id length(1) value length(1) id, value, nonce(8) confirmation(1)]
 * [0x0000 port(2) address(4)] IPv6 */
static enum layer read_teredo(struct walk *w)
{
    struct bytes *in = &w->rest;
    if (bytes_peek(in, 0) == 0 && bytes_peek(in, 1) == TEREDO_AUTHENTICATION) {
        bytes_skip(in, 2);
        uint8_t id = bytes_u8(in);
        uint8_t value = bytes_u8(in);
        bytes_skip(in, (uint32_t)id + value + 9);
    }
    if (bytes_peek(in, 0) == 0 && bytes_peek(in, 1) == TEREDO_ORIGIN) {
        bytes_skip(in, 8);
    }
    struct bytes addresses = *in;
    bytes_skip(&addresses, 8);
    uint32_t from = bytes_u32(&addresses);
    bytes_skip(&addresses, 12);
    uint32_t to = bytes_u32(&addresses);
    bool ours = is_teredo_address(from) || is_teredo_address(to);
    return frame_layer_enter(w, TUNNEL_TEREDO,
                             ours && frame_ip_sniff(in) == LAYER_IPV6 ? LAYER_IPV6 : LAYER_STOP);
}

/* RFC 2661 3.1: control, length, sequence, offset, priority flags; version(4 bits: 2) [length(2)]
 * tunnel(2) session(2) [sequence(2) next(2)] [offset(2) pad], then PPP.
 * RFC 3931 4.1.2.1: the same with version 3: reserved(2), then session(4) */
static enum layer read_l2tp(struct walk *w)
{
    struct bytes *in = &w->rest;
    uint32_t sent = bytes_sent(in);
    uint16_t flags = bytes_u16(in);
    if ((flags & (L2TP_CONTROL | L2TP_RESERVED)) != 0) {
        return frame_layer_stop(w, COUNT_NOT_IP);
    }
    if (flags == 3) {
        bytes_skip(in, 2);
        return frame_tunnel_l2tp_session(w);
    }
    uint32_t length = (flags & L2TP_LENGTH) != 0 ? bytes_u16(in) : sent;
    bytes_skip(in, 2);
    uint16_t session = bytes_u16(in);
    bytes_skip(in, (flags & L2TP_SEQUENCE) != 0 ? 4 : 0);
    uint16_t offset = (flags & L2TP_OFFSET) != 0 ? bytes_u16(in) : 0;
    bytes_skip(in, offset);
    bool known = (flags & L2TP_VERSION) == 2 && session != 0 && length == sent;
    return frame_layer_enter_id(w, TUNNEL_L2TP, session, known ? LAYER_PPP : LAYER_STOP);
}

/* RFC 5415 4.3: version(4 bits: 0) type(4 bits: 0, 1 is DTLS) header in 4 bytes(5 bits) radio(5
 * bits) binding(5 bits: 1 is 802.11) native, fragment, last, wireless, address, keep-alive flags
 * reserved(3 bits), fragment(4) [length(1) address, padded to 4] [length(1) information, padded] */
static enum layer read_capwap(struct walk *w)
{
    uint8_t preamble = bytes_u8(&w->rest);
    uint32_t fields = bytes_u24(&w->rest);
    uint32_t header = (fields >> 19) * 4;
    bytes_skip(&w->rest, header < 8 ? UINT32_MAX : header - 4);
    if (preamble != 0 || (fields & (CAPWAP_FRAGMENT | CAPWAP_KEEP_ALIVE | 7)) != 0) {
        return frame_layer_stop(w, COUNT_NOT_IP);
    }
    bool native = (fields & CAPWAP_NATIVE) != 0;
    bool long_enough = header > 8 || (fields & (CAPWAP_WIRELESS | CAPWAP_RADIO)) == 0;
    if (!long_enough || (native && (fields >> 9 & 31) != CAPWAP_WLAN)) {
        return frame_layer_stop(w, COUNT_NOT_IP);
    }
    return frame_layer_enter(w, TUNNEL_CAPWAP, native ? LAYER_WLAN_SWAPPED : LAYER_ETHERNET);
}

/* draft-massar-v6ops-ayiya 4: identity length as a power of 2(4 bits) its kind(4 bits) signature in
 * 4 bytes(4 bits) its hash(4 bits) authentication(4 bits) operation(4 bits: 1 forward) next(1)
 * time(4) identity, signature */
static enum layer read_ayiya(struct walk *w)
{
    uint8_t identity = bytes_u8(&w->rest);
    uint8_t signature = bytes_u8(&w->rest);
    uint8_t operation = bytes_u8(&w->rest) & 15;
    uint8_t next = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 4 + (UINT32_C(1) << (identity >> 4)) + (signature >> 4) * 4U);
    enum layer ip = frame_ip_sniff(&w->rest);
    bool known = operation == AYIYA_FORWARD && ((next == AYIYA_IPV6 && ip == LAYER_IPV6) ||
                                                (next == AYIYA_IPV4 && ip == LAYER_IPV4));
    return frame_layer_enter(w, TUNNEL_AYIYA, known ? ip : LAYER_STOP);
}

/* RFC 7510 3: labels at once. They say little of themselves, so what they carry must be clear. */
static enum layer read_mpls(struct walk *w)
{
    struct bytes in = w->rest;
    uint32_t entry = 0;
    for (unsigned i = 0; i < 4 && (entry & 0x100) == 0; i++) {
        entry = bytes_u32(&in);
    }
    bool clear =
        (entry & 0x100) != 0 && (frame_ip_sniff(&in) != LAYER_STOP || frame_link_is_ethernet(&in));
    return clear ? LAYER_MPLS : frame_layer_stop(w, COUNT_NOT_IP);
}

enum layer frame_udp_tunnel(struct walk *w, uint16_t from_port, uint16_t to_port)
{
    static const struct {
        uint16_t port;
        enum layer (*read)(struct walk *w);
    } rows[] = {
        { FRAME_PORT_L2TP, read_l2tp },         { FRAME_PORT_GTP, read_gtp },
        { FRAME_PORT_TEREDO, read_teredo },     { FRAME_PORT_GRE, frame_tunnel_gre }, /* RFC 8086 */
        { FRAME_PORT_VXLAN, read_vxlan },       { FRAME_PORT_VXLAN_GPE, read_vxlan_gpe },
        { FRAME_PORT_AYIYA, read_ayiya },       { FRAME_PORT_CAPWAP, read_capwap },
        { FRAME_PORT_GENEVE, read_geneve },     { FRAME_PORT_MPLS, read_mpls },
        { FRAME_PORT_VXLAN_LINUX, read_vxlan },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].port == to_port || rows[i].port == from_port) {
            return rows[i].read(w);
        }
    }
    return frame_layer_stop(w, COUNT_NOT_IP);
}

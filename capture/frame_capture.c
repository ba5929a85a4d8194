/* capture/frame_capture.c: what capturing systems put before or instead of a link header. */
#include "capture/frame_layer.h"

enum { ETHERTYPE_LLC_OF_LINUX = 0x0004 };
enum { NFLOG_VALUES_MAX = 64, NFLOG_PAYLOAD = 9 };
enum { ERF_ETHERNET = 2, ERF_COLOR_ETHERNET = 11, ERF_DSM_COLOR_ETHERNET = 16 };
enum { ERF_HDLC = 1, ERF_IPV4 = 22, ERF_IPV6 = 23, ERF_MORE = 0x80, ERF_MORE_MAX = 8 };
enum { MPACKET_EXPRESS = 0xd5 };
enum { JUNIPER_MAGIC = 0x4d4743, JUNIPER_NO_LINK = 0x02, JUNIPER_EXTENSION = 0x80 };
enum { ARCNET_IP = 212, ARCNET_IP_OLD = 240, ARCNET_ARP_OLD = 241, ARCNET_DIAGNOSE = 128 };

/* https://www.tcpdump.org/linktypes.html */
enum layer frame_capture_first(uint32_t link_type)
{
    static const struct {
        uint16_t link_type;
        uint16_t layer;
    } rows[] = {
        { 1, LAYER_ETHERNET },
        { 0, LAYER_LOOPBACK }, /* NULL */
        { 7, LAYER_ARCNET },
        { 9, LAYER_PPP },
        { 12, LAYER_RAW }, /* as some systems wrote it */
        { 14, LAYER_RAW },
        { 50, LAYER_SERIAL }, /* PPP_HDLC */
        { 51, LAYER_PPPOE },  /* PPP_ETHER */
        { 100, LAYER_LLC },   /* ATM_RFC1483 */
        { 101, LAYER_RAW },
        { 104, LAYER_CISCO_HDLC }, /* C_HDLC */
        { 105, LAYER_WLAN },       /* IEEE802_11 */
        { 107, LAYER_FRAME_RELAY },
        { 108, LAYER_LOOPBACK }, /* LOOP */
        { 109, LAYER_ENC },
        { 113, LAYER_SLL },
        { 117, LAYER_PFLOG },
        { 119, LAYER_PRISM },
        { 127, LAYER_RADIOTAP },
        { 129, LAYER_ARCNET_LINUX },
        { 163, LAYER_PRISM },         /* IEEE802_11_AVS */
        { 166, LAYER_PPP_DIRECTION }, /* PPP_PPPD */
        { 178, LAYER_JUNIPER_ETHERNET },
        { 192, LAYER_PPI },
        { 197, LAYER_ERF },
        { 204, LAYER_PPP_DIRECTION }, /* PPP_WITH_DIR */
        { 228, LAYER_IPV4 },
        { 229, LAYER_IPV6 },
        { 239, LAYER_NFLOG },
        { 258, LAYER_PKTAP },
        { 274, LAYER_MPACKET },
        { 276, LAYER_SLL2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].link_type == link_type) {
            return (enum layer)rows[i].layer;
        }
    }
    return LAYER_UNKNOWN;
}

/* Address families as systems number them; IPv6 has another number on each. */
static enum layer layer_of_family(uint32_t family)
{
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

/* A family in the byte order of whoever captured it. */
static uint32_t read_family(struct walk *w)
{
    struct bytes swapped = w->rest;
    uint32_t family = bytes_u32(&w->rest);
    return family > UINT16_MAX ? bytes_le32(&swapped) : family;
}

/* LINKTYPE_NULL, LINKTYPE_LOOP: address family(4) */
enum layer frame_capture_loopback(struct walk *w)
{
    uint32_t family = read_family(w);
    return frame_layer_after(w, layer_of_family(family));
}

/* LINKTYPE_RAW: the version is the first half byte of either IP. */
enum layer frame_capture_raw(struct walk *w)
{
    int version = bytes_peek(&w->rest, 0) >> 4;
    if (version < 0) {
        bytes_skip(&w->rest, 1); /* for its fault */
        return frame_layer_after(w, LAYER_STOP);
    }
    return version == 4 ? LAYER_IPV4 : version == 6 ? LAYER_IPV6 : LAYER_NOT_IP;
}

static enum layer layer_of_linux(uint16_t type)
{
    if (type == ETHERTYPE_LLC_OF_LINUX) {
        return LAYER_LLC;
    }
    enum layer layer = frame_link_of(type);
    return layer == LAYER_LLC ? LAYER_NOT_IP : layer; /* other low numbers are Linux's own */
}

/* LINKTYPE_LINUX_SLL: direction(2) hardware(2) address length(2) address(8) type(2) */
enum layer frame_capture_sll(struct walk *w)
{
    bytes_skip(&w->rest, 14);
    uint16_t type = bytes_u16(&w->rest);
    return frame_layer_after(w, layer_of_linux(type));
}

/* LINKTYPE_LINUX_SLL2: type(2) reserved(2) interface(4) hardware(2) direction(1) address length(1)
 * address(8) */
enum layer frame_capture_sll2(struct walk *w)
{
    uint16_t type = bytes_u16(&w->rest);
    bytes_skip(&w->rest, 18);
    return frame_layer_after(w, layer_of_linux(type));
}

/* LINKTYPE_NFLOG: family(1) version(1) resource(2), then values: length(2, with these 4 bytes)
 * type(2) bytes, padded to 4; numbers in the order of whoever captured it, so of the first length
 * the reading is right that is not too long. */
enum layer frame_capture_nflog(struct walk *w)
{
    uint8_t family = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 3);
    struct bytes first = w->rest;
    bool little = bytes_le16(&first) <= bytes_sent(&w->rest);
    for (unsigned i = 0; i < NFLOG_VALUES_MAX && bytes_left(&w->rest) > 0; i++) {
        uint16_t length = little ? bytes_le16(&w->rest) : bytes_u16(&w->rest);
        uint16_t type = little ? bytes_le16(&w->rest) : bytes_u16(&w->rest);
        if (length < 4) {
            break;
        }
        if (type == NFLOG_PAYLOAD) {
            bytes_limit(&w->rest, length - 4U);
            return frame_layer_after(w, layer_of_family(family));
        }
        bytes_skip(&w->rest, (length - 4U + 3U) & ~3U);
    }
    return bytes_ok(&w->rest) ? LAYER_NOT_IP : frame_layer_after(w, LAYER_STOP);
}

/* LINKTYPE_PFLOG: length(1) family(1) and more up to that length, padded to 4 */
enum layer frame_capture_pflog(struct walk *w)
{
    uint32_t length = bytes_u8(&w->rest);
    uint8_t family = bytes_u8(&w->rest);
    bytes_skip(&w->rest, length < 2 ? UINT32_MAX : ((length + 3) & ~3U) - 2);
    return frame_layer_after(w, layer_of_family(family));
}

/* LINKTYPE_ENC: family(4) SPI(4) flags(4) */
enum layer frame_capture_enc(struct walk *w)
{
    uint32_t family = read_family(w);
    bytes_skip(&w->rest, 8);
    return frame_layer_after(w, layer_of_family(family));
}

/* A link type inside: not one of those that name a link type themselves. */
static enum layer layer_of_named(uint32_t link_type)
{
    enum layer layer = frame_capture_first(link_type);
    return layer == LAYER_PPI || layer == LAYER_PKTAP ? LAYER_UNKNOWN : layer;
}

/* LINKTYPE_PPI: version(1) flags(1) length(2) link type(4), all little endian, fields */
enum layer frame_capture_ppi(struct walk *w)
{
    bytes_skip(&w->rest, 2);
    uint32_t length = bytes_le16(&w->rest);
    uint32_t link_type = bytes_le32(&w->rest);
    bytes_skip(&w->rest, length < 8 ? UINT32_MAX : length - 8);
    return frame_layer_after(w, layer_of_named(link_type));
}

/* LINKTYPE_PKTAP: length(4) kind(4) link type(4), all little endian, and more up to that length */
enum layer frame_capture_pktap(struct walk *w)
{
    uint32_t length = bytes_le32(&w->rest);
    bytes_skip(&w->rest, 4);
    uint32_t link_type = bytes_le32(&w->rest);
    bytes_skip(&w->rest, length < 12 ? UINT32_MAX : length - 12);
    return frame_layer_after(w, layer_of_named(link_type));
}

/* LINKTYPE_ERF: time(8) type(1: another header follows(1 bit)) flags(1) lengths and loss(6),
 * headers of 8 bytes; Ethernet after 2 more bytes */
enum layer frame_capture_erf(struct walk *w)
{
    bytes_skip(&w->rest, 8);
    uint8_t type = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 7);
    uint8_t more = type & ERF_MORE;
    for (unsigned i = 0; i < ERF_MORE_MAX && more != 0; i++) {
        more = bytes_u8(&w->rest) & ERF_MORE;
        bytes_skip(&w->rest, 7);
    }
    switch (type & ~ERF_MORE) {
    case ERF_ETHERNET:
    case ERF_COLOR_ETHERNET:
    case ERF_DSM_COLOR_ETHERNET:
        bytes_skip(&w->rest, 2);
        return frame_layer_after(w, LAYER_ETHERNET);
    case ERF_HDLC:
        return frame_layer_after(w, LAYER_SERIAL);
    case ERF_IPV4:
        return frame_layer_after(w, LAYER_IPV4);
    case ERF_IPV6:
        return frame_layer_after(w, LAYER_IPV6);
    default:
        return frame_layer_after(w, LAYER_UNKNOWN);
    }
}

/* LINKTYPE_ETHERNET_MPACKET: preamble(7) start(1: a whole frame follows, else a part) */
enum layer frame_capture_mpacket(struct walk *w)
{
    bytes_skip(&w->rest, 7);
    uint8_t start = bytes_u8(&w->rest);
    if (bytes_ok(&w->rest) && start != MPACKET_EXPRESS) {
        return frame_layer_stop(w, COUNT_LINK_OTHER);
    }
    return frame_layer_after(w, LAYER_ETHERNET);
}

/* LINKTYPE_JUNIPER_ETHER: magic(3) flags(1) [length of extensions(2) extensions] */
enum layer frame_capture_juniper_ethernet(struct walk *w)
{
    uint32_t magic = bytes_u24(&w->rest);
    uint8_t flags = bytes_u8(&w->rest);
    if ((flags & JUNIPER_EXTENSION) != 0) {
        bytes_skip(&w->rest, bytes_u16(&w->rest));
    }
    bool whole = magic == JUNIPER_MAGIC && (flags & JUNIPER_NO_LINK) == 0;
    return frame_layer_after(w, whole ? LAYER_ETHERNET : LAYER_UNKNOWN);
}

/* After the addresses: type(1); RFC 1201 2 adds split flag(1) sequence(2), RFC 1051 does not. */
static enum layer after_arcnet(struct walk *w)
{
    uint8_t type = bytes_u8(&w->rest);
    uint8_t split = 0;
    if (type != ARCNET_IP_OLD && type != ARCNET_ARP_OLD && type != ARCNET_DIAGNOSE) {
        split = bytes_u8(&w->rest);
        bytes_skip(&w->rest, 2);
    }
    if (bytes_ok(&w->rest) && split != 0) {
        return frame_layer_stop(w, COUNT_LINK_OTHER);
    }
    bool ip = type == ARCNET_IP || type == ARCNET_IP_OLD;
    return frame_layer_after(w, ip ? LAYER_IPV4 : LAYER_NOT_IP);
}

/* LINKTYPE_ARCNET_BSD: from(1) to(1) */
enum layer frame_capture_arcnet(struct walk *w)
{
    bytes_skip(&w->rest, 2);
    return after_arcnet(w);
}

/* LINKTYPE_ARCNET_LINUX: from(1) to(1) offset(2) */
enum layer frame_capture_arcnet_linux(struct walk *w)
{
    bytes_skip(&w->rest, 4);
    return after_arcnet(w);
}

/* capture/frame_ip.c: IPv4, IPv6 with its extension headers, and fragments. */
#include <netinet/in.h>

#include "capture/frame_layer.h"

enum { EXTENSIONS_MAX = 8, IPV4_HEADER_MIN = 20, IPV6_HEADER_SIZE = 40 };
enum { IPV4_MORE = 0x2000, IPV4_OFFSET = 0x1fff };
enum { PROTOCOL_ETHERIP = 97, PROTOCOL_L2TP = 115, PROTOCOL_MPLS = 137 };

/* The layer of an IP protocol that both versions know. */
static inline enum layer layer_of(uint8_t protocol)
{
    if (protocol == IPPROTO_TCP) {
        return LAYER_TCP;
    }
    if (protocol == IPPROTO_UDP) {
        return LAYER_UDP;
    }
    switch (protocol) {
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
        return LAYER_IP_IN_IP;
    case IPPROTO_GRE:
    case PROTOCOL_ETHERIP:
    case PROTOCOL_L2TP:
    case PROTOCOL_MPLS:
        return LAYER_IP_TUNNEL;
    case IPPROTO_SCTP:
        return LAYER_SCTP;
    case IPPROTO_AH:
        return LAYER_AH;
    default:
        return LAYER_OTHER;
    }
}

static inline enum layer layer_of_next(uint8_t next_header)
{
    if (next_header == IPPROTO_TCP) {
        return LAYER_TCP;
    }
    switch (next_header) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
        return LAYER_IPV6_OPTIONS;
    case IPPROTO_FRAGMENT:
        return LAYER_IPV6_FRAGMENT;
    default:
        return layer_of(next_header);
    }
}

static enum layer ip_fault(struct walk *w)
{
    return frame_layer_fault(w, COUNT_IP_CUT, COUNT_IP_MALFORMED);
}

/* Leaves in rest the n bytes that follow an IP header by its own length field. Where the frame ends
 * before them the capture lost them (tools shorten frames without telling): they count as cut, once
 * a packet whatever is nested in it. A tunnel's own length is no less true than the one inside, so
 * there it is an error. */
static inline void limit_payload(struct walk *w, uint32_t n)
{
    if (!w->has_outer && bytes_ok(&w->rest) && n > bytes_sent(&w->rest)) {
        w->counters->value[COUNT_CUT] += w->batch->frame[w->i].cut == 0 && w->rest.cut == 0;
        w->rest.cut = n - w->rest.left;
    }
    bytes_limit(&w->rest, n);
}

/* Hands rest over as one fragment. True when it completes the datagram, which then is rest. */
static bool join(struct walk *w, uint32_t id, uint32_t offset, bool more)
{
    struct fragment_key key = { .from = w->from, .to = w->to, .id = id, .protocol = w->protocol };
    struct batch *b = w->batch;
    struct fragment fragment = {
        .offset = offset,
        .more = more,
        .payload = w->rest,
        .from = { .packet = b->packet[w->i],
                  .time_us = b->time_us[w->i],
                  .on_wire = b->on_wire[w->i],
                  .vlan = { b->vlan[w->i][0], b->vlan[w->i][1] },
                  .path = w->path },
    };
    fragment.from.path.count = w->hops;
    if (!fragments_add(w->fragments, &key, &fragment, w->counters, &w->rest)) {
        return false;
    }
    b->state[w->i] |= FRAME_FRAGMENT;
    return true;
}

enum layer frame_ip_head(struct walk *w, const struct fragment_head *head)
{
    w->from = head->key.from;
    w->to = head->key.to;
    w->protocol = head->key.protocol;
    w->extensions = 0;
    w->rest = head->payload;
    bool v4 = address_is_ipv4(&w->from);
    w->batch->ip_id[w->i] = v4 ? (uint16_t)head->key.id : 0;
    return v4 ? layer_of(w->protocol) : layer_of_next(w->protocol);
}

enum layer frame_ip_sniff(const struct bytes *at)
{
    struct bytes in = *at;
    uint32_t sent = bytes_sent(&in);
    uint16_t first = bytes_u16(&in);
    uint16_t second = bytes_u16(&in);
    uint16_t third = bytes_u16(&in);
    uint32_t header = (first >> 8 & 15U) * 4U;
    if (first >> 12 == 4 && header >= IPV4_HEADER_MIN && bytes_left(at) >= header) {
        return second >= header && second <= sent ? LAYER_IPV4 : LAYER_STOP;
    }
    bool whole = first >> 12 == 6 && bytes_left(at) >= IPV6_HEADER_SIZE;
    return whole && third + (uint32_t)IPV6_HEADER_SIZE <= sent ? LAYER_IPV6 : LAYER_STOP;
}

/* RFC 2003, RFC 2473, RFC 4213: what follows is a whole IP packet. */
enum layer frame_ip_in_ip(struct walk *w)
{
    bool outer_v4 = address_is_ipv4(&w->from), inner_v4 = w->protocol == IPPROTO_IPIP;
    enum tunnel_kind kind = outer_v4   ? inner_v4 ? TUNNEL_IPIP : TUNNEL_6IN4
                            : inner_v4 ? TUNNEL_4IN6
                                       : TUNNEL_6IN6;
    return frame_layer_enter(w, kind, inner_v4 ? LAYER_IPV4 : LAYER_IPV6);
}

static void read_address_v4(struct bytes *in, struct address *ret_address)
{
    static const struct address zero = { { [10] = 0xff, [11] = 0xff } };
    *ret_address = zero;
    (void)bytes_copy(in, ret_address->byte + 12, 4);
}

/* RFC 791 3.1: version(4 bits) header words(4 bits) service(1) total length(2) id(2) flags(3 bits)
 * offset(13 bits) ttl(1) protocol(1) checksum(2) from(4) to(4) options */
enum layer frame_ip_v4(struct walk *w)
{
    struct bytes in;
    if (!frame_layer_take(w, IPV4_HEADER_MIN, &in)) {
        return ip_fault(w);
    }
    uint8_t first = bytes_u8(&in);
    bytes_skip(&in, 1);
    uint16_t total = bytes_u16(&in);
    uint16_t id = bytes_u16(&in);
    uint16_t flags = bytes_u16(&in);
    bytes_skip(&in, 1);
    w->protocol = bytes_u8(&in);
    bytes_skip(&in, 2);
    read_address_v4(&in, &w->from);
    read_address_v4(&in, &w->to);
    uint32_t header = (first & 15U) * 4U;
    if (first >> 4 != 4 || header < IPV4_HEADER_MIN || (total != 0 && total < header)) {
        return frame_layer_stop(w, COUNT_IP_MALFORMED);
    }
    bytes_skip(&w->rest, header - IPV4_HEADER_MIN);
    if (total != 0) { /* 0: segmentation was left to the network card */
        limit_payload(w, total - header);
    }
    if (!bytes_ok(&w->rest)) {
        return ip_fault(w);
    }
    w->extensions = 0;
    w->batch->ip_id[w->i] = id;
    bool more = (flags & IPV4_MORE) != 0;
    uint32_t offset = (flags & IPV4_OFFSET) * 8U;
    if ((more || offset > 0) && !join(w, id, offset, more)) {
        return LAYER_END;
    }
    return layer_of(w->protocol);
}

static void read_address_v6(struct bytes *in, struct address *ret_address)
{
    (void)bytes_copy(in, ret_address->byte, sizeof ret_address->byte);
    if (address_number(ret_address->byte) == 0) { /* may be IPv4-mapped */
        *ret_address = address_of_ipv6(ret_address->byte);
    }
}

/* RFC 8200 3: version(4 bits) class(8 bits) label(20 bits) payload length(2) next header(1)
 * hop limit(1) from(16) to(16) */
enum layer frame_ip_v6(struct walk *w)
{
    struct bytes in;
    if (!frame_layer_take(w, IPV6_HEADER_SIZE, &in)) {
        return ip_fault(w);
    }
    uint32_t first = bytes_u32(&in);
    uint16_t length = bytes_u16(&in);
    w->protocol = bytes_u8(&in);
    bytes_skip(&in, 1);
    read_address_v6(&in, &w->from);
    read_address_v6(&in, &w->to);
    if (first >> 28 != 6) {
        return frame_layer_stop(w, COUNT_IP_MALFORMED);
    }
    if (length != 0) { /* 0: jumbogram, or segmentation was left to the network card */
        limit_payload(w, length);
    }
    w->batch->ip_id[w->i] = 0;
    w->extensions = 0;
    return layer_of_next(w->protocol);
}

/* Ends an extension header: rest is what follows. */
static enum layer after_extension(struct walk *w, uint8_t next_header)
{
    if (!bytes_ok(&w->rest)) {
        return ip_fault(w);
    }
    if (++w->extensions > EXTENSIONS_MAX) {
        return frame_layer_stop(w, COUNT_TOO_DEEP);
    }
    w->protocol = next_header;
    return layer_of_next(next_header);
}

/* RFC 8200 4.3, 4.4, 4.6: next header(1) length in 8 bytes after the first 8(1) */
enum layer frame_ip_v6_options(struct walk *w)
{
    uint8_t next_header = bytes_u8(&w->rest);
    uint8_t length = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 6U + length * 8U);
    return after_extension(w, next_header);
}

/* RFC 4302 2: next header(1) length in 4 bytes after the first 8(1). Around what has no ports the
 * flow is AH's own. */
enum layer frame_ip_ah(struct walk *w)
{
    struct bytes whole = w->rest;
    uint8_t next_header = bytes_u8(&w->rest);
    uint8_t length = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 6U + length * 4U);
    if (bytes_ok(&w->rest) && layer_of_next(next_header) == LAYER_OTHER) {
        w->rest = whole;
        return LAYER_OTHER;
    }
    return after_extension(w, next_header);
}

/* RFC 8200 4.5: next header(1) reserved(1) offset(13 bits) reserved(2 bits) more(1 bit) id(4) */
enum layer frame_ip_v6_fragment(struct walk *w)
{
    uint8_t next_header = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 1);
    uint16_t place = bytes_u16(&w->rest);
    uint32_t id = bytes_u32(&w->rest);
    if (!bytes_ok(&w->rest)) {
        return ip_fault(w);
    }
    w->protocol = next_header;
    bool whole = (place & 0xfff9) == 0; /* RFC 6946: a fragment that is all there is */
    if (!whole && !join(w, id, place & 0xfff8U, (place & 1) != 0)) {
        return LAYER_END;
    }
    return after_extension(w, next_header);
}

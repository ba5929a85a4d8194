/* capture/frame.c: walks each packet from its link type to its flow; frame_layer.h has the rows. */
#include "capture/frame.h"

#include <netinet/in.h>
#include <string.h>

#include "capture/frame_layer.h"

enum { LAYERS_MAX = 24, UDP_HEADER_SIZE = 8, TCP_HEADER_MIN = 20, PORT_GENEVE = 6081 };

/* https://www.tcpdump.org/linktypes.html */
static enum layer first_layer(uint16_t link_type)
{
    switch (link_type) {
    case 1:
        return LAYER_ETHERNET;
    case 0:   /* NULL */
    case 108: /* LOOP */
        return LAYER_LOOPBACK;
    case 9:
        return LAYER_PPP;
    case 101: /* RAW */
    case 12:  /* RAW, as some systems wrote it */
    case 14:
        return LAYER_RAW;
    case 113:
        return LAYER_SLL;
    case 228:
        return LAYER_IPV4;
    case 229:
        return LAYER_IPV6;
    case 276:
        return LAYER_SLL2;
    default:
        return LAYER_COUNT;
    }
}

/* The packet belongs to a flow and rest is its payload. Its key has the lower (address, port)
 * first. */
static enum layer put_flow(struct walk *w, uint16_t from_port, uint16_t to_port, uint8_t l4)
{
    struct flow_key *key = &w->batch->key[w->i];
    int order = memcmp(w->from.byte, w->to.byte, sizeof w->from.byte);
    bool low = order != 0 ? order < 0 : from_port <= to_port;
    key->addr[0] = low ? w->from : w->to;
    key->addr[1] = low ? w->to : w->from;
    key->port[0] = low ? from_port : to_port;
    key->port[1] = low ? to_port : from_port;
    key->l4 = l4;
    memset(key->zero, 0, sizeof key->zero);
    w->batch->payload[w->i] = bytes_of(w->rest.next, w->rest.left, bytes_sent(&w->rest));
    w->batch->state[w->i] |= (uint8_t)(FRAME_FLOW | (low ? FRAME_LOW : 0));
    return LAYER_END;
}

static enum layer l4_fault(struct walk *w)
{
    return frame_layer_fault(w, COUNT_L4_CUT, COUNT_L4_MALFORMED);
}

/* RFC 768: from(2) to(2) length(2) checksum(2) */
static enum layer read_udp(struct walk *w)
{
    struct bytes *in = &w->rest;
    if (!frame_layer_has(w, UDP_HEADER_SIZE)) {
        return l4_fault(w);
    }
    uint16_t from_port = bytes_u16(in);
    uint16_t to_port = bytes_u16(in);
    uint16_t length = bytes_u16(in);
    bytes_skip(in, 2);
    if (length != 0 && length < UDP_HEADER_SIZE) {
        return frame_layer_stop(w, COUNT_L4_MALFORMED);
    }
    if (length != 0) { /* 0: RFC 2675 4 */
        bytes_limit(in, length - UDP_HEADER_SIZE);
    }
    if (!bytes_ok(in)) {
        return l4_fault(w);
    }
    enum layer inside = to_port == PORT_GENEVE ? frame_ip_geneve(w) : LAYER_END;
    return inside != LAYER_END ? inside : put_flow(w, from_port, to_port, IPPROTO_UDP);
}

/* RFC 9293 3.1: from(2) to(2) seq(4) ack(4) header words(4 bits) reserved(4 bits) flags(1)
 * window(2) checksum(2) urgent(2) options */
static enum layer read_tcp(struct walk *w)
{
    struct bytes *in = &w->rest;
    if (!frame_layer_has(w, TCP_HEADER_MIN)) {
        return l4_fault(w);
    }
    uint16_t from_port = bytes_u16(in);
    uint16_t to_port = bytes_u16(in);
    uint32_t seq = bytes_u32(in);
    uint32_t ack = bytes_u32(in);
    uint32_t header = (bytes_u8(in) >> 4) * 4U;
    uint8_t flags = bytes_u8(in);
    bytes_skip(in, 6);
    if (header < TCP_HEADER_MIN) {
        return frame_layer_stop(w, COUNT_L4_MALFORMED);
    }
    bytes_skip(in, header - TCP_HEADER_MIN);
    if (!bytes_ok(in)) {
        return l4_fault(w);
    }
    w->batch->tcp_seq[w->i] = seq;
    w->batch->tcp_ack[w->i] = ack;
    w->batch->tcp_flags[w->i] = flags;
    return put_flow(w, from_port, to_port, IPPROTO_TCP);
}

static enum layer read_other(struct walk *w)
{
    w->counters->value[COUNT_L4_OTHER]++;
    return put_flow(w, 0, 0, w->protocol);
}

static enum layer read_link_unknown(struct walk *w)
{
    return frame_layer_stop(w, COUNT_LINK_UNKNOWN);
}

static enum layer (*const readers[LAYER_COUNT + 1])(struct walk *w) = {
    [LAYER_ETHERNET] = frame_link_ethernet,
    [LAYER_LOOPBACK] = frame_link_loopback,
    [LAYER_RAW] = frame_link_raw,
    [LAYER_SLL] = frame_link_sll,
    [LAYER_SLL2] = frame_link_sll2,
    [LAYER_PPP] = frame_link_ppp,
    [LAYER_VLAN] = frame_link_vlan,
    [LAYER_CISCO_METADATA] = frame_link_cisco_metadata,
    [LAYER_NOT_IP] = frame_link_not_ip,
    [LAYER_IPV4] = frame_ip_v4,
    [LAYER_IPV6] = frame_ip_v6,
    [LAYER_IPV6_OPTIONS] = frame_ip_v6_options,
    [LAYER_IPV6_FRAGMENT] = frame_ip_v6_fragment,
    [LAYER_AH] = frame_ip_ah,
    [LAYER_GRE] = frame_ip_gre,
    [LAYER_TCP] = read_tcp,
    [LAYER_UDP] = read_udp,
    [LAYER_OTHER] = read_other,
    [LAYER_COUNT] = read_link_unknown,
};

/* Takes headers off until the packet is a flow's or counted. */
static void walk_layers(struct walk *w)
{
    enum layer layer = first_layer(w->batch->link_type[w->i]);
    for (unsigned depth = 0; layer != LAYER_END; depth++) {
        if (depth == LAYERS_MAX) {
            frame_layer_stop(w, COUNT_TOO_DEEP);
            return;
        }
        layer = readers[layer](w);
    }
}

void frames_decode(struct batch *b, struct fragments *fragments, struct counters *counters)
{
    struct walk w = { .batch = b, .fragments = fragments, .counters = counters };
    for (w.i = 0; w.i < b->count; w.i++) {
        w.rest = b->frame[w.i];
        w.vlans = 0;
        b->state[w.i] = 0;
        b->on_wire[w.i] = bytes_sent(&w.rest);
        memset(b->vlan[w.i], 0, sizeof b->vlan[w.i]);
        b->tcp_seq[w.i] = 0;
        b->tcp_ack[w.i] = 0;
        b->tcp_flags[w.i] = 0;
        counters->value[COUNT_PACKETS]++;
        counters->value[COUNT_BYTES] += b->on_wire[w.i];
        counters->value[COUNT_CUT] += w.rest.cut > 0;
        walk_layers(&w);
    }
    b->datagrams = fragments_lent(fragments);
}

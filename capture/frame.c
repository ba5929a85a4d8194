/* capture/frame.c: walks each packet from its link type to its flow; frame_layer.h has the rows. */
#include "capture/frame.h"

#include <netinet/in.h>
#include <string.h>

#include "capture/frame_layer.h"

enum { LAYERS_MAX = 24, UDP_HEADER_SIZE = 8, TCP_HEADER_MIN = 20, SCTP_HEADER_SIZE = 12 };

__attribute__((noinline)) static void put_tunnels(struct walk *w)
{
    struct tunnel_path *path = &w->path;
    for (uint32_t hop = w->hops; hop < TUNNEL_HOPS; hop++) {
        path->id[hop] = 0;
        path->kind[hop] = 0;
    }
    path->has_id &= (uint8_t)((1U << w->hops) - 1);
    path->count = w->hops;
    w->batch->tunnel[w->i] = tunnels_number(w->tunnels, path, w->counters);
}

/* The packet belongs to a flow and rest is its payload. Its key has the lower (address, port)
 * first. */
static enum layer put_flow(struct walk *w, uint16_t from_port, uint16_t to_port, uint8_t l4)
{
    struct flow_key *key = &w->batch->key[w->i];
    int order = address_order(&w->from, &w->to);
    bool low = order != 0 ? order < 0 : from_port <= to_port;
    key->addr[0] = low ? w->from : w->to;
    key->addr[1] = low ? w->to : w->from;
    key->port[0] = low ? from_port : to_port;
    key->port[1] = low ? to_port : from_port;
    key->l4 = l4;
    memset(key->zero, 0, sizeof key->zero);
    w->batch->payload[w->i] = bytes_of(w->rest.next, w->rest.left, bytes_sent(&w->rest));
    w->batch->state[w->i] |= (uint8_t)(FRAME_FLOW | (low ? FRAME_LOW : 0));
    if (w->hops > 0) {
        put_tunnels(w);
    }
    return LAYER_END;
}

/* The header of TCP or UDP is not all there or is wrong: counted, and where its ports are there a
 * packet of their flow; that much is known. A payload is not. */
__attribute__((noinline)) static enum layer put_headless(struct walk *w, struct bytes in,
                                                         enum capture_counter why)
{
    bool tunnel = w->has_outer && why == COUNT_L4_MALFORMED; /* perhaps no tunnel at all */
    if (bytes_left(&in) < 4 || tunnel) {
        return frame_layer_stop(w, why);
    }
    uint16_t from_port = bytes_u16(&in);
    uint16_t to_port = bytes_u16(&in);
    if (w->protocol == IPPROTO_TCP && why == COUNT_L4_CUT && bytes_left(&in) >= 10) {
        w->batch->tcp_seq[w->i] = bytes_u32(&in);
        w->batch->tcp_ack[w->i] = bytes_u32(&in);
        uint32_t options = (bytes_u8(&in) >> 4) * 4U - TCP_HEADER_MIN;
        w->batch->tcp_flags[w->i] = bytes_u8(&in);
        uint32_t lost = bytes_sent(&in), rest = 6 + options;
        in = bytes_of(NULL, 0, lost > rest && rest < 64 ? lost - rest : 0);
    } else {
        in = bytes_of(NULL, 0, 0);
    }
    w->rest = in;
    w->counters->value[why]++;
    w->batch->state[w->i] |= FRAME_HEADLESS;
    return put_flow(w, from_port, to_port, w->protocol);
}

/* Fewer than the n bytes of its header are there. */
static enum layer put_short(struct walk *w, uint32_t n)
{
    bool cut = bytes_sent(&w->rest) >= n;
    return put_headless(w, w->rest, cut ? COUNT_L4_CUT : COUNT_L4_MALFORMED);
}

/* From here on `rest` is the inside of a tunnel. Where it cannot be followed the packet is one of
 * the flow with these ports, and `whole` its payload. */
static void remember_outer(struct walk *w, const struct bytes *whole, uint16_t from_port,
                           uint16_t to_port, uint8_t hops)
{
    w->outer = (struct outer){
        .rest = *whole,
        .from = w->from,
        .to = w->to,
        .from_port = from_port,
        .to_port = to_port,
        .l4 = w->protocol,
        .vlans = w->vlans,
        .hops = hops,
    };
    w->has_outer = true;
}

__attribute__((noinline)) static enum layer try_udp_tunnel(struct walk *w, uint16_t from_port,
                                                           uint16_t to_port)
{
    struct bytes whole = w->rest;
    uint8_t hops = w->hops;
    enum layer inside = frame_udp_tunnel(w, from_port, to_port);
    if (inside == LAYER_STOP) {
        w->rest = whole;
        w->hops = hops;
        return put_flow(w, from_port, to_port, IPPROTO_UDP);
    }
    remember_outer(w, &whole, from_port, to_port, hops);
    return inside;
}

/* RFC 768: from(2) to(2) length(2) checksum(2) */
enum layer frame_transport_udp(struct walk *w)
{
    struct bytes in;
    if (__builtin_expect(bytes_left(&w->rest) < UDP_HEADER_SIZE, 0)) {
        return put_short(w, UDP_HEADER_SIZE);
    }
    (void)frame_layer_take(w, UDP_HEADER_SIZE, &in);
    struct bytes ports = in;
    uint16_t from_port = bytes_u16(&in);
    uint16_t to_port = bytes_u16(&in);
    uint32_t length = bytes_u16(&in);
    uint32_t size = length - UDP_HEADER_SIZE;
    w->batch->checksum[w->i] = bytes_u16(&in);
    if (length != 0) {                     /* 0: RFC 2675 4 */
        if (size > bytes_sent(&w->rest)) { /* also a length below 8 */
            return put_headless(w, ports, COUNT_L4_MALFORMED);
        }
        bytes_limit(&w->rest, size);
    }
    if (frame_udp_may_tunnel(from_port, to_port)) {
        return try_udp_tunnel(w, from_port, to_port);
    }
    return put_flow(w, from_port, to_port, IPPROTO_UDP);
}

/* RFC 9293 3.1: from(2) to(2) seq(4) ack(4) header words(4 bits) reserved(4 bits) flags(1)
 * window(2) checksum(2) urgent(2) options */
enum layer frame_transport_tcp(struct walk *w)
{
    struct bytes in;
    if (__builtin_expect(bytes_left(&w->rest) < TCP_HEADER_MIN, 0)) {
        return put_short(w, TCP_HEADER_MIN);
    }
    (void)frame_layer_take(w, TCP_HEADER_MIN, &in);
    struct bytes whole = in;
    uint16_t from_port = bytes_u16(&in);
    uint16_t to_port = bytes_u16(&in);
    uint32_t seq = bytes_u32(&in);
    uint32_t ack = bytes_u32(&in);
    uint32_t options = (bytes_u8(&in) >> 4) * 4U - TCP_HEADER_MIN;
    uint8_t flags = bytes_u8(&in);
    bytes_skip(&in, 2);
    w->batch->checksum[w->i] = bytes_u16(&in);
    if (__builtin_expect(options > bytes_left(&w->rest), 0)) { /* also a header below 20 bytes */
        bool cut = options <= bytes_sent(&w->rest);
        whole.cut = bytes_sent(&w->rest);
        return put_headless(w, whole, cut ? COUNT_L4_CUT : COUNT_L4_MALFORMED);
    }
    bytes_skip(&w->rest, options);
    w->batch->tcp_seq[w->i] = seq;
    w->batch->tcp_ack[w->i] = ack;
    w->batch->tcp_flags[w->i] = flags;
    return put_flow(w, from_port, to_port, IPPROTO_TCP);
}

/* RFC 9260 3.1: from(2) to(2) verification tag(4) checksum(4), then chunks */
enum layer frame_transport_sctp(struct walk *w)
{
    struct bytes in;
    if (!frame_layer_take(w, SCTP_HEADER_SIZE, &in)) {
        return frame_layer_fault(w, COUNT_L4_CUT, COUNT_L4_MALFORMED);
    }
    uint16_t from_port = bytes_u16(&in);
    uint16_t to_port = bytes_u16(&in);
    return put_flow(w, from_port, to_port, IPPROTO_SCTP);
}

enum layer frame_transport_other(struct walk *w)
{
    w->counters->value[COUNT_L4_OTHER]++;
    return put_flow(w, 0, 0, w->protocol);
}

/* A protocol of IP that may be a tunnel; else, or when its inside is not followed, a flow. */
enum layer frame_tunnel_ip(struct walk *w)
{
    struct bytes whole = w->rest;
    uint8_t hops = w->hops;
    enum layer inside = frame_tunnel_inside(w);
    if (inside == LAYER_STOP) {
        w->rest = whole;
        w->hops = hops;
        return LAYER_OTHER;
    }
    remember_outer(w, &whole, 0, 0, hops);
    return inside;
}

enum layer frame_layer_enter(struct walk *w, enum tunnel_kind kind, enum layer next)
{
    if (!bytes_ok(&w->rest) || next == LAYER_STOP) {
        return frame_layer_fault(w, COUNT_IP_CUT, COUNT_LINK_SHORT);
    }
    if (w->hops == TUNNEL_HOPS) {
        return frame_layer_stop(w, COUNT_TOO_DEEP);
    }
    w->path.kind[w->hops] = (uint8_t)kind;
    w->path.id[w->hops] = 0;
    w->path.has_id &= (uint8_t) ~(1U << w->hops);
    w->hops++;
    return next;
}

enum layer frame_layer_enter_id(struct walk *w, enum tunnel_kind kind, uint32_t id, enum layer next)
{
    next = frame_layer_enter(w, kind, next);
    if (next != LAYER_STOP) {
        w->path.id[w->hops - 1] = id;
        w->path.has_id |= (uint8_t)(1U << (w->hops - 1));
    }
    return next;
}

static enum layer (*const readers[LAYER_COUNT])(struct walk *w) = {
#define X(row, reader) [row] = (reader),
    FRAME_LAYERS(X)
#undef X
};

/* Counts why a packet is not followed; inside a tunnel it stays with the outer flow. */
__attribute__((noinline)) static void end_stopped(struct walk *w)
{
    if (!w->has_outer) {
        w->counters->value[w->why]++;
        return;
    }
    const struct outer *outer = &w->outer;
    w->counters->value[COUNT_TUNNEL_UNREAD]++;
    w->counters->value[COUNT_L4_OTHER] += outer->l4 != IPPROTO_UDP;
    for (uint32_t tag = outer->vlans; tag < FRAME_VLANS; tag++) {
        w->batch->vlan[w->i][tag] = 0;
    }
    w->rest = outer->rest;
    w->from = outer->from;
    w->to = outer->to;
    w->hops = outer->hops;
    (void)put_flow(w, outer->from_port, outer->to_port, outer->l4);
}

/* Takes headers off until the packet is a flow's or counted. */
static inline void walk_layers(struct walk *w, enum layer layer)
{
    for (unsigned depth = 0; layer > LAYER_STOP; depth++) {
        layer = depth < LAYERS_MAX ? readers[layer](w) : frame_layer_stop(w, COUNT_TOO_DEEP);
    }
    if (layer == LAYER_STOP) {
        end_stopped(w);
    }
}

/* Nothing is known of the packet yet but its frame. */
static inline void begin_packet(struct walk *w)
{
    struct batch *b = w->batch;
    w->vlans = 0;
    w->hops = 0;
    w->has_outer = false;
    b->state[w->i] = 0;
    memset(b->vlan[w->i], 0, sizeof b->vlan[w->i]);
    b->tunnel[w->i] = 0;
    b->ip_id[w->i] = 0;
    b->checksum[w->i] = 0;
    b->tcp_seq[w->i] = 0;
    b->tcp_ack[w->i] = 0;
    b->tcp_flags[w->i] = 0;
}

void frames_decode(struct batch *b, struct fragments *fragments, struct tunnels *tunnels,
                   struct counters *counters)
{
    struct walk w = {
        .batch = b, .fragments = fragments, .tunnels = tunnels, .counters = counters
    };
    for (w.i = 0; w.i < b->count; w.i++) {
        begin_packet(&w);
        w.rest = b->frame[w.i];
        b->on_wire[w.i] = bytes_sent(&w.rest);
        counters->value[COUNT_PACKETS]++;
        counters->value[COUNT_BYTES] += b->on_wire[w.i];
        counters->value[COUNT_CUT] += w.rest.cut > 0;
        uint32_t link_type = b->link_type[w.i];
        walk_layers(&w, link_type == 1 ? LAYER_ETHERNET : frame_capture_first(link_type));
    }
    b->datagrams = fragments_lent(fragments);
}

static void put_head(struct walk *w, const struct fragment_head *head)
{
    struct batch *b = w->batch;
    begin_packet(w);
    b->frame[w->i] = bytes_of(NULL, 0, 0);
    b->link_type[w->i] = 0;
    b->packet[w->i] = head->from.packet;
    b->time_us[w->i] = head->from.time_us;
    b->on_wire[w->i] = head->from.on_wire;
    memcpy(b->vlan[w->i], head->from.vlan, sizeof b->vlan[w->i]);
    while (w->vlans < FRAME_VLANS && head->from.vlan[w->vlans] != 0) {
        w->vlans++;
    }
    w->path = head->from.path;
    w->hops = w->path.count;
    walk_layers(w, frame_ip_head(w, head));
    b->state[w->i] |= FRAME_FRAGMENT;
}

/* Sorts the heads by packet: they come nearly so. */
static void sort_heads(struct fragment_head *heads, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct fragment_head one = heads[i];
        uint32_t to = i;
        for (; to > 0 && heads[to - 1].from.packet > one.from.packet; to--) {
            heads[to] = heads[to - 1];
        }
        heads[to] = one;
    }
}

bool frames_heads(struct batch *b, struct fragments *fragments, struct tunnels *tunnels)
{
    struct fragment_head heads[BATCH_SIZE];
    struct counters counted = { { 0 } }; /* as lost fragments already */
    struct walk w = {
        .batch = b, .fragments = fragments, .tunnels = tunnels, .counters = &counted
    };
    b->count = 0;
    while (b->count < BATCH_SIZE && fragments_head(fragments, &heads[b->count])) {
        b->count++;
    }
    if (b->count == 0) {
        return false;
    }
    sort_heads(heads, b->count);
    b->buffer = NULL;
    b->more_count = 0;
    b->lost_from_us = b->lost_to_us = 0;
    for (w.i = 0; w.i < b->count; w.i++) {
        put_head(&w, &heads[w.i]);
    }
    b->datagrams = fragments_lent(fragments);
    return true;
}

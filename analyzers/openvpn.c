/* analyzers/openvpn.c: OpenVPN over UDP and TCP: its handshake, the TLS inside, and what its data
 * packets tell of their cipher, which is agreed on under keys.
 *
 * With an AEAD cipher the packet id is readable and counts; with CBC lengths leave one rest of a
 * block; without a cipher the IP packets inside are readable. */
#include "analyzers/analyzer.h"
#include "analyzers/openvpn_packet.h"
#include "analyzers/steps.h"

enum {
    OPENVPN_PORT = 1194,
    DATA_V1_HEADER = 1,
    DATA_V2_HEADER = 4, /* opcode and key id(1) peer id(3) */
    ID_SIZE = 4,
    TAG_SIZE = 16,
    COUNTS_MIN = 8,         /* packet ids that go on, before they are one */
    STEP_MAX = 64,          /* so many packets may be missing between two ids */
    FIRST_ID_MAX = 1 << 24, /* of a packet that is to be known by its port */
    LENGTHS = 16,           /* different lengths kept */
    LENGTHS_BLOCK128 = 4,
    LENGTHS_BLOCK64 = 6,
    LOOKS_MIN = 3,
    LOOK_BYTES = 96,   /* of a data packet in a stream that are waited for */
    PACKET_MAX = 4096, /* of control packets in a stream */
};

/* What ids and lengths of one side's data packets are like. */
struct data_side {
    bool started;
    uint32_t id, behind; /* of the last packet: the word where an id would be, and the next */
    uint32_t counts, jumps;
};

struct openvpn_state {
    struct openvpn_layout layout;
    bool started, talked; /* talked: there was a handshake */
    bool stream;          /* TCP */
    bool lost;            /* no more TLS is put together */
    bool bare;
    uint32_t next_id[2]; /* of the control packet whose TLS comes next */
    struct data_side side[2];
    uint16_t residues;
    uint16_t length[LENGTHS];
    uint8_t lengths;
    uint32_t samples, looked, readable;
    struct segment last; /* of the last data packet, without its payload */
};

static const char *const opcode_names[] = {
    "",
    "hard_reset_client_v1",
    "hard_reset_server_v1",
    "soft_reset_v1",
    "control_v1",
    "ack_v1",
    "data_v1",
    "hard_reset_client_v2",
    "hard_reset_server_v2",
    "data_v2",
    "hard_reset_client_v3",
    "control_wkc_v1",
};

static bool is_data(uint8_t opcode)
{
    return opcode == OPENVPN_DATA_V1 || opcode == OPENVPN_DATA_V2;
}

/* Data of a connection that began earlier: only at its port, and with an id that is an AEAD's. */
static bool may_be_data(const struct segment *seg, struct bytes in)
{
    bool port = seg->port[0] == OPENVPN_PORT || seg->port[1] == OPENVPN_PORT;
    uint8_t opcode = openvpn_packet_opcode(&in);
    bytes_skip(&in, opcode == OPENVPN_DATA_V2 ? DATA_V2_HEADER : DATA_V1_HEADER);
    uint32_t id = bytes_u32(&in);
    return port && is_data(opcode) && id < FIRST_ID_MAX && bytes_ok(&in) &&
           bytes_sent(&in) > TAG_SIZE;
}

/* Packets with nothing around them say nothing of OpenVPN but at its port, where they ping. */
static bool may_be_bare(const struct segment *seg)
{
    bool port = seg->port[0] == OPENVPN_PORT || seg->port[1] == OPENVPN_PORT;
    return port && openvpn_packet_is_bare(&seg->payload);
}

/* A stream has a length(2) in front of each packet. */
static enum claim claim_stream(const struct segment *seg)
{
    struct openvpn_layout layout;
    struct bytes in = seg->payload;
    uint32_t length = bytes_u16(&in);
    uint8_t opcode = openvpn_packet_opcode(&in);
    bool opens = opcode >= OPENVPN_RESET_CLIENT_V2 && opcode <= OPENVPN_RESET_CLIENT_V3 &&
                 opcode != OPENVPN_DATA_V2 && (bytes_peek(&in, 0) & 7) == 0;
    if (!seg->first || !bytes_ok(&in) || length < 14 || length > 1500 ||
        (bytes_left(&in) > 0 && !opens)) {
        return CLAIM_NO;
    }
    if (bytes_left(&in) < length) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    bytes_limit(&in, length);
    return openvpn_packet_is_reset(&in, &layout) ? CLAIM_YES : CLAIM_NO;
}

static enum claim openvpn_claim(const struct segment *seg)
{
    struct openvpn_layout layout;
    if (seg->open) {
        return claim_stream(seg);
    }
    bool known = openvpn_packet_is_reset(&seg->payload, &layout) ||
                 may_be_data(seg, seg->payload) || may_be_bare(seg);
    return known ? CLAIM_YES : CLAIM_NO;
}

/* Only the first packets of a connection say what they are. */
static bool openvpn_owns(const void *state, const struct segment *seg)
{
    const struct openvpn_state *vpn = state;
    uint8_t opcode = openvpn_packet_opcode(&seg->payload);
    bool known = opcode > 0 && opcode <= OPENVPN_CONTROL_WKC;
    return (vpn->talked && known) || (vpn->bare && may_be_bare(seg));
}

static void begin(struct openvpn_state *vpn, const struct segment *seg, struct sink *sink)
{
    if (!vpn->started) {
        vpn->started = true;
        observe_text(sink, seg, OBS_APP, "openvpn", 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "openvpn", 0);
    }
}

static void take_reset(struct openvpn_state *vpn, const struct segment *seg, struct sink *sink,
                       const struct openvpn_layout *layout, uint8_t opcode)
{
    static const char *const wraps[] = { "", "none", "tls_auth", "tls_crypt" };
    bool v3 = opcode == OPENVPN_RESET_CLIENT_V3;
    if (!vpn->talked || layout->wrap != vpn->layout.wrap) {
        vpn->layout = *layout;
        observe_text(sink, seg, OBS_OPENVPN_WRAP, v3 ? "tls_crypt_v2" : wraps[layout->wrap], 0);
    }
    vpn->talked = true;
    if (opcode == OPENVPN_RESET_CLIENT_V1 || opcode == OPENVPN_RESET_CLIENT_V2 || v3) {
        observe_text(sink, seg, OBS_CLIENT, "request", seg->from);
    }
    vpn->next_id[seg->from] = 1;
}

/* The TLS in a control packet, in order; where packets went missing the rest is given up. */
static void take_control(struct openvpn_state *vpn, const struct segment *seg, struct sink *sink,
                         struct bytes in)
{
    uint32_t id = 0;
    uint32_t *next = &vpn->next_id[seg->from];
    if (vpn->lost || *next == 0 || !openvpn_packet_control(&in, &vpn->layout, &id) || id < *next) {
        return; /* an id below: sent again */
    }
    if (id != *next || in.cut > 0 || sink->stream == NULL) {
        vpn->lost = true;
        return;
    }
    struct segment inner = *seg;
    inner.payload = in;
    inner.open = true;
    (*next)++;
    vpn->lost = !sink->stream(sink, &inner);
}

static void note_length(struct openvpn_state *vpn, uint32_t length)
{
    uint16_t kept = (uint16_t)length;
    vpn->residues |= (uint16_t)(1U << (length & 15));
    for (uint8_t i = 0; i < vpn->lengths; i++) {
        if (vpn->length[i] == kept) {
            return;
        }
    }
    if (vpn->lengths < LENGTHS) {
        vpn->length[vpn->lengths++] = kept;
    }
}

/* An AEAD's id goes on by few, and a tag that nobody can foresee follows. (Modes like CFB may begin
 * with an id too, and go on with the time.) */
static void note_id(struct data_side *side, struct bytes in)
{
    uint32_t id = bytes_u32(&in);
    uint32_t behind = bytes_u32(&in);
    if (!bytes_ok(&in)) {
        return;
    }
    uint32_t step = id - side->id;
    bool counts = step > 0 && step <= STEP_MAX && behind - side->behind > STEP_MAX;
    side->counts += side->started && counts;
    side->jumps += side->started && !counts && step != 0;
    *side = (struct data_side){ true, id, behind, side->counts, side->jumps };
}

/* in: the packet from its opcode on, as far as it is here; size: of all of it. */
static void take_data(struct openvpn_state *vpn, const struct segment *seg, struct bytes in,
                      uint8_t opcode)
{
    uint32_t header = opcode == OPENVPN_DATA_V2 ? DATA_V2_HEADER : DATA_V1_HEADER;
    vpn->last = *seg;
    vpn->last.payload = (struct bytes){ 0 };
    bytes_skip(&in, header);
    if (!bytes_ok(&in)) {
        return;
    }
    vpn->samples++;
    vpn->looked += bytes_left(&in) >= LOOK_BYTES || in.cut == 0;
    vpn->readable += openvpn_packet_is_readable(&in);
    note_length(vpn, bytes_sent(&in));
    note_id(&vpn->side[seg->from], in);
}

/* One packet, in: from its opcode on. */
static void take_packet(struct openvpn_state *vpn, const struct segment *seg, struct sink *sink,
                        struct bytes in)
{
    struct openvpn_layout layout;
    uint8_t opcode = openvpn_packet_opcode(&in);
    if (openvpn_packet_is_reset(&in, &layout)) {
        begin(vpn, seg, sink);
        take_reset(vpn, seg, sink, &layout, opcode);
    } else if (is_data(opcode) && (vpn->talked || may_be_data(seg, in))) {
        begin(vpn, seg, sink);
        take_data(vpn, seg, in, opcode);
        return;
    } else if (openvpn_packet_is_bare(&in)) {
        begin(vpn, seg, sink);
        vpn->bare = true;
        vpn->samples++;
        vpn->looked++;
        vpn->readable++;
        vpn->last = *seg;
        vpn->last.payload = (struct bytes){ 0 };
        return;
    } else if (!vpn->talked || opcode > OPENVPN_CONTROL_WKC || opcode == 0) {
        return;
    }
    observe_text(sink, seg, OBS_OPENVPN_MESSAGE, opcode_names[opcode], 1);
    if (opcode == OPENVPN_CONTROL) {
        take_control(vpn, seg, sink, in);
    }
}

/* length(2), then a packet: of data, as much as is looked at. */
static enum step take_framed(void *state, struct segment *seg, struct sink *sink)
{
    struct openvpn_state *vpn = state;
    struct bytes in = seg->payload;
    uint32_t length = bytes_u16(&in);
    uint8_t opcode = openvpn_packet_opcode(&in);
    uint32_t most = is_data(opcode) ? LOOK_BYTES + DATA_V2_HEADER : PACKET_MAX;
    uint32_t wanted = length < most ? length : most;
    if (seg->open && (!bytes_ok(&in) || bytes_left(&in) < wanted || bytes_left(&in) == 0)) {
        return STEP_WAIT;
    }
    if (length == 0 || opcode == 0 || opcode > OPENVPN_CONTROL_WKC) {
        return STEP_STOP; /* not where a packet begins */
    }
    struct bytes packet = bytes_take(&in, length);
    seg->payload = in;
    take_packet(vpn, seg, sink, packet);
    return STEP_NEXT;
}

static enum feed openvpn_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct openvpn_state *vpn = state;
    vpn->stream |= seg->open;
    seg->from &= 1;
    if (vpn->stream) {
        return steps_feed(take_framed, state, seg, sink);
    }
    struct bytes in = seg->payload;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    take_packet(vpn, seg, sink, in);
    return FEED_MORE;
}

static enum feed openvpn_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    (void)state, (void)from, (void)missing, (void)sink;
    return FEED_SETTLED; /* where the next packet begins nobody can tell */
}

static bool is_single(uint32_t mask)
{
    return mask != 0 && (mask & (mask - 1)) == 0;
}

static const char *class_of(const struct openvpn_state *vpn)
{
    uint32_t folded = (vpn->residues | vpn->residues >> 8) & 0xff;
    uint32_t counts = vpn->side[0].counts + vpn->side[1].counts;
    uint32_t jumps = vpn->side[0].jumps + vpn->side[1].jumps;
    if (vpn->bare || (vpn->readable >= LOOKS_MIN && vpn->readable * 10 >= vpn->looked * 7)) {
        return "null";
    }
    if (vpn->readable == 0 && counts >= COUNTS_MIN && jumps <= counts / 16) {
        return "aead";
    }
    if (vpn->readable == 0 && is_single(vpn->residues) && vpn->lengths >= LENGTHS_BLOCK128) {
        return "block128";
    }
    if (vpn->readable == 0 && is_single(folded) && vpn->lengths >= LENGTHS_BLOCK64) {
        return "block64";
    }
    return vpn->readable == 0 && !is_single(folded) ? "stream" : "undecided";
}

static void openvpn_close(void *state, struct sink *sink)
{
    struct openvpn_state *vpn = state;
    const struct segment *seg = &vpn->last;
    if (vpn->samples == 0) {
        return;
    }
    const char *class = class_of(vpn);
    observe_text(sink, seg, OBS_OPENVPN_CLASS, class, 0);
    observe_text(sink, seg, OBS_OPENVPN_EVIDENCE,
                 strcmp(class, "null") == 0 ? "proven" : "inferred", 0);
    observe_value(sink, seg, OBS_OPENVPN_SAMPLES, vpn->samples);
    observe_value(sink, seg, OBS_OPENVPN_LENGTHS, vpn->lengths);
    observe_value(sink, seg, OBS_OPENVPN_LOOKED, vpn->looked);
    if (vpn->readable > 0) {
        observe_value(sink, seg, OBS_OPENVPN_READABLE, vpn->readable);
    }
}

const struct analyzer openvpn_analyzer = {
    .name = "openvpn",
    .spec = "OpenVPN 2.6: ssl_pkt.h, tls_crypt.h, crypto.c",
    .carriers = CARRIER_UDP | CARRIER_TCP,
    .state_size = sizeof(struct openvpn_state),
    .claim = openvpn_claim,
    .owns = openvpn_owns,
    .feed = openvpn_feed,
    .gap = openvpn_gap,
    .close = openvpn_close,
};

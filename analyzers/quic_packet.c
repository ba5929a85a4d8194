/* analyzers/quic_packet.c: long headers (RFC 9000 17.2, RFC 8999 5.1) and frames (RFC 9000 19). */
#include "analyzers/quic_packet.h"

enum {
    FRAME_PADDING = 0x00,
    FRAME_PING = 0x01,
    FRAME_ACK = 0x02,
    FRAME_ACK_ECN = 0x03,
    FRAME_CRYPTO = 0x06,
    FRAME_NEW_TOKEN = 0x07,
    FRAME_STREAM = 0x08, /* to 0x0f */
    FRAME_STREAM_LAST = 0x0f,
    STREAM_HAS_LENGTH = 0x02,
    STREAM_HAS_OFFSET = 0x04,
    FRAME_NEW_CONNECTION_ID = 0x18,
    FRAME_PATH_CHALLENGE = 0x1a,
    FRAME_PATH_RESPONSE = 0x1b,
    FRAME_CONNECTION_CLOSE = 0x1c,
    FRAME_APPLICATION_CLOSE = 0x1d,
    FRAME_HANDSHAKE_DONE = 0x1e,
    FRAME_DATAGRAM = 0x30, /* RFC 9221 */
    FRAME_DATAGRAM_SIZED = 0x31,
    RESET_TOKEN_SIZE = 16,
    PATH_DATA_SIZE = 8,
    GOOGLE_PING = 0x07,
    GOOGLE_CRYPTO = 0x08,
    GOOGLE_ACK = 0x40,
    GOOGLE_ACK_MASK = 0xc0,
    GOOGLE_ACK_BLOCKS = 0x20,
    ACK_RANGES_MAX = 4096, /* ranges of one acknowledgement that are stepped over */
};

/* RFC 9000 16: the two highest bits tell the size: 1, 2, 4 or 8 bytes. */
static uint64_t read_varint(struct bytes *in)
{
    uint8_t first = bytes_u8(in);
    uint64_t value = first & 0x3f;
    for (unsigned more = (1U << (first >> 6)) - 1; more > 0; more--) {
        value = value << 8 | bytes_u8(in);
    }
    return value;
}

/* A varint that says how many bytes follow: never more than a datagram has. */
static uint32_t read_size(struct bytes *in)
{
    uint64_t size = read_varint(in);
    if (size > bytes_sent(in)) {
        bytes_fail(in, BYTES_MALFORMED);
        return 0;
    }
    return (uint32_t)size;
}

static struct bytes read_cid(struct bytes *in, bool known_version)
{
    uint8_t size = bytes_u8(in);
    if (known_version && size > QUIC_CID_MAX) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return bytes_take(in, size);
}

static enum quic_packet_type type_of(const struct quic_version *version, uint8_t first)
{
    static const enum quic_packet_type types[] = { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE,
                                                   QUIC_RETRY };
    unsigned code = first >> 4 & 3U;
    return types[version->types_moved ? (code + 3) & 3 : code];
}

static struct bytes take_rest(struct bytes *in)
{
    return bytes_take(in, bytes_sent(in));
}

/* Initial: token(varint+) length(varint) ...; 0-RTT, Handshake: length(varint) ... */
static void read_numbered(struct bytes *in, uint32_t sent, struct quic_packet *packet)
{
    if (packet->type == QUIC_INITIAL) {
        bytes_take(in, read_size(in));
    }
    packet->length = read_size(in);
    packet->packet_number_at = sent - bytes_sent(in);
    bytes_take(in, packet->length);
}

/* first(1) version(4) destination(1+) source(1+), then as the type has it. */
struct quic_packet quic_packet_read(struct bytes *in)
{
    struct quic_packet packet = { 0 };
    struct bytes start = *in;
    uint32_t sent = bytes_sent(in);
    uint8_t first = bytes_u8(in);
    packet.number = bytes_u32(in);
    packet.version = quic_versions_find(packet.number);
    if (quic_versions_is_google(packet.number) && packet.version == NULL) {
        packet.type = QUIC_OTHER; /* its header goes on in another way */
        take_rest(in);
        return packet;
    }
    packet.destination = read_cid(in, packet.version != NULL);
    packet.source = read_cid(in, packet.version != NULL);
    if (packet.number == 0) {
        packet.type = QUIC_NEGOTIATION;
    } else {
        packet.type = packet.version != NULL ? type_of(packet.version, first) : QUIC_OTHER;
    }
    if (packet.type == QUIC_INITIAL || packet.type == QUIC_ZERO_RTT ||
        packet.type == QUIC_HANDSHAKE) {
        read_numbered(in, sent, &packet);
    } else {
        packet.rest = take_rest(in);
    }
    if (bytes_ok(in)) {
        packet.whole = bytes_take(&start, sent - bytes_sent(in));
    }
    return packet;
}

/* RFC 9000 14.1, 7.2: at least 1200 bytes and a connection id of 8; type Initial, and a length that
 * goes to the very end. */
bool quic_packet_is_first(const struct quic_packet *packet)
{
    enum { TYPE = 0x30, DATAGRAM_MIN = 1200, CID_MIN = 8 };
    struct bytes rest = packet->rest;
    bool sized = bytes_sent(&packet->whole) >= DATAGRAM_MIN &&
                 bytes_sent(&packet->destination) >= CID_MIN &&
                 bytes_sent(&packet->destination) <= QUIC_CID_MAX &&
                 bytes_sent(&packet->source) <= QUIC_CID_MAX;
    bytes_take(&rest, read_size(&rest));
    uint64_t length = read_varint(&rest);
    return sized && (bytes_peek(&packet->whole, 0) & TYPE) == 0 && bytes_ok(&rest) &&
           length == bytes_sent(&rest);
}

/* RFC 9000 19.3: largest, delay, count of ranges, first range, (gap, range)*, with ECN 3 counts. */
static void skip_ack(struct bytes *in, bool ecn)
{
    read_varint(in);
    read_varint(in);
    uint64_t ranges = read_varint(in);
    if (ranges > ACK_RANGES_MAX) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    read_varint(in);
    for (uint64_t i = 0; i < ranges * 2 + (ecn ? 3 : 0) && bytes_ok(in); i++) {
        read_varint(in);
    }
}

/* RFC 9000 19.6: offset, size, data. */
static struct quic_frame read_crypto(struct bytes *in)
{
    struct quic_frame frame = { .type = QUIC_FRAME_CRYPTO };
    frame.offset = read_varint(in);
    frame.data = bytes_take(in, read_size(in));
    return frame;
}

/* RFC 9000 19.19: error, type of the frame at fault, reason. */
static struct quic_frame read_close(struct bytes *in)
{
    struct quic_frame frame = { .type = QUIC_FRAME_CLOSE };
    frame.error = read_varint(in);
    read_varint(in);
    bytes_take(in, read_size(in));
    return frame;
}

/* Google's ACK: largest(1, 2, 4, 6) delay(2) [count(1)] first block(1, 2, 4, 6), then gap(1) block;
 * count(1) of times: 5 bytes for the first, 3 for each other. */
static void skip_google_ack(struct bytes *in, uint8_t type)
{
    static const uint8_t sizes[] = { 1, 2, 4, 6 };
    uint32_t block = sizes[type & 3];
    bytes_skip(in, sizes[type >> 2 & 3]);
    bytes_skip(in, 2);
    uint32_t count = (type & GOOGLE_ACK_BLOCKS) != 0 ? bytes_u8(in) : 0;
    bytes_skip(in, block + count * (1 + block));
    uint32_t times = bytes_u8(in);
    bytes_skip(in, times > 0 ? 2 + 3 * times : 0);
}

/* Of T050 and T051; a type says nothing beyond the frames that an Initial packet has there. */
static struct quic_frame read_google(struct bytes *in, uint8_t type)
{
    if (type == GOOGLE_CRYPTO) {
        return read_crypto(in);
    }
    if ((type & GOOGLE_ACK_MASK) == GOOGLE_ACK) {
        skip_google_ack(in, type);
    } else if (type != GOOGLE_PING) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return (struct quic_frame){ .type = QUIC_FRAME_NONE };
}

static struct quic_frame read_standard(struct bytes *in, uint8_t type)
{
    switch (type) {
    case FRAME_PING:
        break;
    case FRAME_ACK:
    case FRAME_ACK_ECN:
        skip_ack(in, type == FRAME_ACK_ECN);
        break;
    case FRAME_CRYPTO:
        return read_crypto(in);
    case FRAME_CONNECTION_CLOSE:
        return read_close(in);
    default:
        bytes_fail(in, BYTES_MALFORMED);
        break;
    }
    return (struct quic_frame){ .type = QUIC_FRAME_NONE };
}

/* RFC 9000 19.8: stream, offset and size if it has them, data. */
static void skip_stream(struct bytes *in, uint8_t type)
{
    read_varint(in);
    if ((type & STREAM_HAS_OFFSET) != 0) {
        read_varint(in);
    }
    bytes_take(in, (type & STREAM_HAS_LENGTH) != 0 ? read_size(in) : bytes_sent(in));
}

/* RFC 9000 19.4 to 19.16: frames of nothing but numbers; how many. 0: another frame. */
static unsigned numbers_of(uint8_t type)
{
    static const uint8_t numbers[] = {
        [0x04] = 3, [0x05] = 2, [0x10] = 1, [0x11] = 2, [0x12] = 1, [0x13] = 1,
        [0x14] = 1, [0x15] = 2, [0x16] = 1, [0x17] = 1, [0x19] = 1,
    };
    return type < sizeof numbers ? numbers[type] : 0;
}

/* Of 1-RTT packets; what follows a frame that nobody knows cannot be read. */
static struct quic_frame read_later(struct bytes *in, uint8_t type)
{
    if (type >= FRAME_STREAM && type <= FRAME_STREAM_LAST) {
        skip_stream(in, type);
    } else if (type == FRAME_NEW_TOKEN || type == FRAME_DATAGRAM_SIZED) {
        bytes_take(in, read_size(in));
    } else if (type == FRAME_NEW_CONNECTION_ID) {
        read_varint(in);
        read_varint(in);
        bytes_take(in, bytes_u8(in));
        bytes_skip(in, RESET_TOKEN_SIZE);
    } else if (type == FRAME_PATH_CHALLENGE || type == FRAME_PATH_RESPONSE) {
        bytes_skip(in, PATH_DATA_SIZE);
    } else if (type == FRAME_APPLICATION_CLOSE) {
        read_varint(in);
        bytes_take(in, read_size(in));
    } else if (type == FRAME_HANDSHAKE_DONE) {
        return (struct quic_frame){ .type = QUIC_FRAME_DONE };
    } else if (type == FRAME_DATAGRAM || numbers_of(type) == 0) {
        bytes_take(in, bytes_sent(in));
    }
    for (unsigned i = 0; i < numbers_of(type); i++) {
        read_varint(in);
    }
    return (struct quic_frame){ .type = QUIC_FRAME_NONE };
}

static struct quic_frame read_all(struct bytes *in, uint8_t type)
{
    bool common = type == FRAME_PING || type == FRAME_ACK || type == FRAME_ACK_ECN ||
                  type == FRAME_CRYPTO || type == FRAME_CONNECTION_CLOSE;
    return common ? read_standard(in, type) : read_later(in, type);
}

struct quic_frame quic_packet_frame(struct bytes *in, enum quic_frames which)
{
    static struct quic_frame (*const readers[])(struct bytes * in, uint8_t type) = {
        [QUIC_FRAMES_HANDSHAKE] = read_standard,
        [QUIC_FRAMES_GOOGLE] = read_google,
        [QUIC_FRAMES_ALL] = read_all,
    };
    struct quic_frame frame = { .type = QUIC_FRAME_NONE };
    while (bytes_left(in) > 0 && frame.type == QUIC_FRAME_NONE) {
        uint8_t type = bytes_u8(in);
        if (type != FRAME_PADDING) {
            frame = readers[which](in, type);
        }
    }
    return bytes_ok(in) ? frame : (struct quic_frame){ .type = QUIC_FRAME_NONE };
}

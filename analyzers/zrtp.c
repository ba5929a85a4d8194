/* analyzers/zrtp.c: keys agreed on the path of the media (RFC 6189): what was chosen, and whether
 * both sides confirmed it, or went back to clear. */
#include "analyzers/analyzer.h"
#include "base/scan.h"
#include "base/text.h"

enum {
    COOKIE = 0x5a525450,   /* "ZRTP" */
    PREAMBLE = 0x505a,     /* of the message */
    TYPE_BYTES = 8,        /* padded with blanks */
    IMAGE_BYTES = 32,      /* of a hash chain */
    ZID_BYTES = 12,        /* who an endpoint is */
    SOFTWARE_BYTES = 16,   /* padded with blanks, or zeros */
    ALGORITHM_BYTES = 4,   /* padded with blanks */
    MESSAGE_WORDS_MIN = 3, /* preamble, length, type */
    CRC_BYTES = 4,
};

enum message {
    MESSAGE_OTHER,
    MESSAGE_HELLO,
    MESSAGE_COMMIT,
    MESSAGE_CONFIRM1,
    MESSAGE_CONF2ACK,
    MESSAGE_ERROR,
    MESSAGE_GO_CLEAR,
    MESSAGE_CLEAR_ACK,
};

struct zrtp_state {
    bool started;
    bool confirmed; /* was told */
    bool software[2];
};

/* RFC 6189 5.1.1. */
static const struct {
    const char *name;
    enum message message;
    char type[TYPE_BYTES + 1];
} types[] = {
    { "hello", MESSAGE_HELLO, "Hello   " },       { "hello_ack", MESSAGE_OTHER, "HelloACK" },
    { "commit", MESSAGE_COMMIT, "Commit  " },     { "dh_part1", MESSAGE_OTHER, "DHPart1 " },
    { "dh_part2", MESSAGE_OTHER, "DHPart2 " },    { "confirm1", MESSAGE_CONFIRM1, "Confirm1" },
    { "confirm2", MESSAGE_OTHER, "Confirm2" },    { "conf2_ack", MESSAGE_CONF2ACK, "Conf2ACK" },
    { "error", MESSAGE_ERROR, "Error   " },       { "error_ack", MESSAGE_OTHER, "ErrorACK" },
    { "go_clear", MESSAGE_GO_CLEAR, "GoClear " }, { "clear_ack", MESSAGE_CLEAR_ACK, "ClearACK" },
    { "sas_relay", MESSAGE_OTHER, "SASrelay" },   { "relay_ack", MESSAGE_OTHER, "RelayACK" },
    { "ping", MESSAGE_OTHER, "Ping    " },        { "ping_ack", MESSAGE_OTHER, "PingACK " },
};
enum { TYPES = sizeof types / sizeof types[0] };

/* RFC 6189 5: 0x1000(16) sequence(16) cookie(32) SSRC(32), then preamble(16) length(16, words) type
 * body, and a CRC-32 behind. Leaves the body; false when it is none. */
static bool read_header(struct bytes *in, struct bytes *ret_type)
{
    bool version = bytes_u16(in) == 0x1000;
    bytes_u16(in);
    bool cookie = bytes_u32(in) == COOKIE;
    bytes_u32(in);
    uint32_t sent = bytes_sent(in);
    bool preamble = bytes_u16(in) == PREAMBLE;
    uint32_t words = bytes_u16(in);
    *ret_type = bytes_take(in, TYPE_BYTES);
    bool fits = words >= MESSAGE_WORDS_MIN && words * 4 + CRC_BYTES == sent;
    return bytes_ok(in) && ret_type->cut == 0 && version && cookie && preamble && fits;
}

static enum claim zrtp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    struct bytes type;
    return !seg->open && read_header(&in, &type) ? CLAIM_YES : CLAIM_NO;
}

/* A word of the protocol without its blanks, where it is one to be printed. */
static void put_word(const struct segment *seg, struct sink *sink, enum observation_kind kind,
                     struct bytes word)
{
    uint32_t cut = word.cut;
    struct bytes trimmed = scan_trim(scan_until(&word, '\0'));
    if (cut == 0 && bytes_left(&trimmed) > 0) {
        observe_bytes(sink, seg, kind, &trimmed);
    }
}

/* RFC 6189 5.2: version(4) software(16) ... */
static void read_hello(struct zrtp_state *zrtp, const struct segment *seg, struct sink *sink,
                       struct bytes in)
{
    struct bytes version = bytes_take(&in, ALGORITHM_BYTES);
    struct bytes software = bytes_take(&in, SOFTWARE_BYTES);
    if (bytes_ok(&in) && !zrtp->software[seg->from]) {
        zrtp->software[seg->from] = true;
        put_word(seg, sink, OBS_ZRTP_VERSION, version);
        put_word(seg, sink, OBS_ZRTP_SOFTWARE, software);
    }
}

/* RFC 6189 5.4: hash image(32) ZID(12) hash(4) cipher(4) tag(4) key agreement(4) ... */
static void read_commit(const struct segment *seg, struct sink *sink, struct bytes in)
{
    static const enum observation_kind kinds[] = { OBS_ZRTP_HASH, OBS_ZRTP_CIPHER, OBS_ZRTP_TAG,
                                                   OBS_ZRTP_KEY_AGREEMENT };
    bytes_skip(&in, IMAGE_BYTES + ZID_BYTES);
    struct bytes chosen = bytes_take(&in, sizeof kinds / sizeof *kinds * ALGORITHM_BYTES);
    if (!bytes_ok(&in) || chosen.cut > 0) {
        observe_text(sink, seg, OBS_CUT, "zrtp", 1);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        put_word(seg, sink, kinds[i], bytes_take(&chosen, ALGORITHM_BYTES));
    }
}

static void take_message(struct zrtp_state *zrtp, const struct segment *seg, struct sink *sink,
                         enum message message, struct bytes body)
{
    switch (message) {
    case MESSAGE_HELLO:
        read_hello(zrtp, seg, sink, body);
        break;
    case MESSAGE_COMMIT: /* the last one counts: of two that cross, one is withdrawn (4.2) */
        read_commit(seg, sink, body);
        break;
    case MESSAGE_CONFIRM1: /* before this neither side can have used the keys (4.6) */
        if (!zrtp->confirmed) {
            zrtp->confirmed = true;
            observe_value(sink, seg, OBS_ZRTP_CONFIRMED, 1);
        }
        break;
    case MESSAGE_CONF2ACK:
        observe_text(sink, seg, OBS_ZRTP_STATE, "agreed", 0);
        break;
    case MESSAGE_ERROR:
        observe_text(sink, seg, OBS_ZRTP_STATE, "failed", 0);
        break;
    case MESSAGE_GO_CLEAR:
    case MESSAGE_CLEAR_ACK:
        observe_text(sink, seg, OBS_ZRTP_STATE, "cleared", 0);
        break;
    case MESSAGE_OTHER:
        break;
    }
}

static enum feed zrtp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct zrtp_state *zrtp = state;
    struct bytes in = seg->payload;
    struct bytes type;
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    if (!read_header(&in, &type)) {
        return FEED_MORE;
    }
    if (!zrtp->started) {
        zrtp->started = true;
        observe_text(sink, seg, OBS_APP, "zrtp", 0);
    }
    size_t i = 0;
    while (i < TYPES && !bytes_equal(&type, types[i].type, TYPE_BYTES)) {
        i++;
    }
    observe_text(sink, seg, OBS_ZRTP_MESSAGE, i < TYPES ? types[i].name : "other", 1);
    if (i < TYPES) {
        take_message(zrtp, seg, sink, types[i].message, in);
    }
    return FEED_MORE;
}

const struct analyzer zrtp_analyzer = {
    .name = "zrtp",
    .spec = "RFC 6189",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct zrtp_state),
    .claim = zrtp_claim,
    .feed = zrtp_feed,
};

/* analyzers/wireguard.c: WireGuard: its four messages are known by type and exact size, and it has
 * one cipher only: ChaCha20-Poly1305, with keys from X25519. */
#include "analyzers/analyzer.h"

enum {
    INITIATION = 1,
    RESPONSE = 2,
    COOKIE = 3,
    DATA = 4,
    INITIATION_SIZE = 148,
    RESPONSE_SIZE = 92,
    COOKIE_SIZE = 64,
    DATA_HEADER = 16, /* type(1) reserved(3) receiver(4) counter(8, little-endian) */
    TAG_SIZE = 16,
};

struct wireguard_state {
    bool started;
    uint64_t data;
    struct segment last; /* of the last packet, without its payload */
};

/* WireGuard, section 5.4: the kind of message; 0 when it is none. */
static uint8_t message_of(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t sent = bytes_sent(&in);
    uint32_t type = bytes_le32(&in);
    if (!bytes_ok(&in)) {
        return 0;
    }
    if ((type == INITIATION && sent == INITIATION_SIZE) ||
        (type == RESPONSE && sent == RESPONSE_SIZE) || (type == COOKIE && sent == COOKIE_SIZE)) {
        return (uint8_t)type;
    }
    bytes_le32(&in);
    bytes_le32(&in);
    uint32_t high = bytes_le32(&in); /* of the counter: the rest would last for years */
    bool padded = sent % 16 == 0 && sent >= DATA_HEADER + TAG_SIZE;
    return type == DATA && bytes_ok(&in) && padded && high == 0 ? DATA : 0;
}

static enum claim wireguard_claim(const struct segment *seg)
{
    return !seg->open && message_of(seg) != 0 ? CLAIM_YES : CLAIM_NO;
}

static enum feed wireguard_feed(void *state, struct segment *seg, struct sink *sink)
{
    static const char *const names[] = { "", "initiation", "response", "cookie" };
    struct wireguard_state *wg = state;
    uint8_t message = message_of(seg);
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    if (message == 0) {
        return FEED_MORE;
    }
    wg->last = *seg;
    wg->last.payload = (struct bytes){ 0 };
    if (!wg->started) {
        wg->started = true;
        observe_text(sink, seg, OBS_APP, "wireguard", 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "wireguard", 0);
    }
    if (message == DATA) {
        wg->data++;
        return FEED_MORE;
    }
    if (message == INITIATION) {
        observe_text(sink, seg, OBS_CLIENT, "request", seg->from);
    }
    observe_text(sink, seg, OBS_WIREGUARD_MESSAGE, names[message], 1);
    return FEED_MORE;
}

static void wireguard_close(void *state, struct sink *sink)
{
    struct wireguard_state *wg = state;
    if (wg->data > 0) {
        observe_text(sink, &wg->last, OBS_WIREGUARD_MESSAGE, "data", wg->data);
    }
}

const struct analyzer wireguard_analyzer = {
    .name = "wireguard",
    .spec = "WireGuard: Next Generation Kernel Network Tunnel, 5.4",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct wireguard_state),
    .claim = wireguard_claim,
    .feed = wireguard_feed,
    .close = wireguard_close,
};

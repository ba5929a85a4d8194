/* analyzers/msmq.c: message queues ([MS-MQQB]), recognised only: whether a queue encrypts its
 * messages does not show in the header that all packets have. */
#include "analyzers/analyzer.h"

/* [MS-MQQB] 2.2.20.1 (BaseHeader of [MS-MQMQ]): version(1) reserved(1) flags(2) "LIOR" size(4)
 * time to reach the queue(4). */
enum { VERSION = 0x10, HEADER = 16 };

static enum claim msmq_claim(const struct segment *seg)
{
    static const char signature[] = "LIOR";
    struct bytes in = seg->payload;
    if (bytes_peek(&in, 0) != VERSION || !seg->first) {
        return CLAIM_NO;
    }
    for (uint32_t i = 0; i < 4; i++) {
        int byte = bytes_peek(&in, 4 + i);
        if (byte >= 0 && byte != signature[i]) {
            return CLAIM_NO;
        }
    }
    bytes_skip(&in, 8);
    uint32_t size = bytes_le32(&in);
    if (!bytes_ok(&in)) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    return size >= HEADER ? CLAIM_YES : CLAIM_NO;
}

static enum feed msmq_feed(void *state, struct segment *seg, struct sink *sink)
{
    (void)state;
    observe_text(sink, seg, OBS_APP, "msmq", 0);
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    return FEED_SETTLED;
}

const struct analyzer msmq_analyzer = {
    .name = "msmq",
    .spec = "[MS-MQQB]",
    .carriers = CARRIER_TCP,
    .claim = msmq_claim,
    .feed = msmq_feed,
};

/* tests/bench/media_chance.c: how often is chance, as SRTP payloads are, called RTP?
 *
 * usage: media_chance [STREAMS] [SEED] (default: 100 000, 1)
 * Each stream has 10 to 400 packets of 5 to 180 random bytes, all of one size or of any, half of
 * them with a key id of 1 to 4 constant bytes before a tag of 4 or 10 bytes, or behind one of 16.
 * Sizes agree with no codec, so that the statistics alone decide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rtp_evidence.h"

enum { PAYLOAD_MAX = 400, FIFTY = 47 /* three are gone before a stream is looked at */ };

static uint64_t state;

/* splitmix64: passes the usual tests of randomness in all its bits. */
static uint64_t chance(void)
{
    state += 0x9e3779b97f4a7c15U;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static void fill(uint8_t *payload, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 8) {
        uint64_t bytes = chance();
        memcpy(payload + i, &bytes, sizeof bytes);
    }
}

struct shape {
    unsigned packets;
    uint32_t least, span; /* bytes before the tag: least to least + span - 1 */
    uint32_t tag, key_id;
};

static struct shape any_shape(unsigned packets)
{
    static const uint32_t tags[] = { 4, 10, 16 };
    struct shape shape = { .packets = packets, .least = 1 + (uint32_t)(chance() % 160), .span = 1 };
    shape.tag = tags[chance() % 3];
    shape.key_id = chance() % 2 == 0 ? 1 + (uint32_t)(chance() % 4) : 0;
    shape.span = chance() % 2 == 0 ? 1 : 1 + (uint32_t)(chance() % shape.least);
    return shape;
}

static enum rtp_says judge(const struct shape *shape)
{
    static struct rtp_evidence evidence;
    uint8_t payload[PAYLOAD_MAX];
    struct rtp_verdict verdict;
    memset(&evidence, 0, sizeof evidence);
    for (unsigned i = 0; i < shape->packets; i++) {
        uint32_t body = shape->least + (uint32_t)(chance() % shape->span);
        uint32_t size = body + shape->tag + shape->key_id;
        fill(payload, size);
        memset(payload + (shape->tag == 16 ? body + 16 : body), 1, shape->key_id);
        struct bytes window = bytes_of(payload, size, size);
        rtp_evidence_payload(&evidence, &window);
    }
    rtp_evidence_judge(&evidence, &verdict);
    return (enum rtp_says)verdict.says;
}

static void run(const char *what, unsigned streams, bool fifty)
{
    unsigned said[3] = { 0 };
    for (unsigned i = 0; i < streams; i++) {
        struct shape shape = any_shape(fifty ? FIFTY : 10 + (unsigned)(chance() % 391));
        said[judge(&shape)]++;
    }
    printf("%-30s %8u streams  srtp %8u  unknown %6u  rtp %4u\n", what, streams,
           said[RTP_SAYS_SRTP], said[RTP_SAYS_UNKNOWN], said[RTP_SAYS_RTP]);
}

int main(int argc, char **argv)
{
    unsigned streams = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    run("50 packets", streams, true);
    run("13 to 403 packets", streams, false);
    return 0;
}

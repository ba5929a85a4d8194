/* tests/unit/rtp_bench.h: media flows made by hand, and what the analyzer says of them. */
#ifndef OVERT_TESTS_UNIT_RTP_BENCH_H
#define OVERT_TESTS_UNIT_RTP_BENCH_H

#include "analyzers/analyzer.h"
#include "analyzers/facts.h"
#include "analyzers/rtcp.h"
#include "tests/check.h"

extern const struct analyzer rtp_analyzer;

/* A flow on the test bench. */
struct bench {
    struct sink sink; /* first: put() casts back */
    struct facts facts;
    unsigned apps, samples, rtcp_samples;
    uint16_t sampled[32]; /* sequence numbers of samples */
    void *state;
    uint64_t packet;
    uint64_t time_us;
};

static inline void put(struct sink *sink, const struct observation *obs)
{
    struct bench *bench = (struct bench *)sink;
    bench->apps += obs->kind == OBS_APP;
    if (obs->kind == OBS_MEDIA_SAMPLE && obs->sub == 0 && bench->samples < 32) {
        const uint8_t *packet = (const uint8_t *)obs->text;
        bench->sampled[bench->samples++] = (uint16_t)(packet[2] << 8 | packet[3]);
    }
    bench->rtcp_samples += obs->kind == OBS_MEDIA_SAMPLE && obs->sub == 1;
    facts_put(&bench->facts, obs);
}

static inline struct bench *open_bench(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        abort();
    }
    bench->sink.put = put;
    bench->state = calloc(1, rtp_analyzer.state_size);
    bench->time_us = 1700000000000000U;
    return bench;
}

static inline void close_bench(struct bench *bench)
{
    facts_done(&bench->facts);
    free(bench->state);
    free(bench);
}

/* One datagram as an exact-size copy; returns whether it was claimed. */
static inline bool send_part(struct bench *bench, uint8_t from, const uint8_t *data,
                             uint32_t captured, uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, data, captured);
    struct segment seg = {
        .payload = bytes_of(heap, captured, on_wire),
        .packet = ++bench->packet,
        .time_us = bench->time_us += 20000,
        .from = from,
        .first = true,
    };
    bool claimed = rtp_analyzer.claim(&seg) == CLAIM_YES;
    if (claimed) {
        (void)rtp_analyzer.feed(bench->state, &seg, &bench->sink);
        CHECK_EQ(bytes_left(&seg.payload), 0);
    }
    free(heap);
    return claimed;
}

static inline bool send(struct bench *bench, uint8_t from, const uint8_t *data, uint32_t size)
{
    return send_part(bench, from, data, size, size);
}

enum { PACKET_MAX = 512 };

struct media {
    uint8_t type, from;
    uint16_t sequence;
    uint32_t timestamp, step, ssrc;
    uint32_t payload; /* bytes */
    uint64_t noise;   /* state of the payload generator; 0 = payload of zeros */
};

/* RFC 3550 5.1. */
static inline uint32_t write_media(struct media *media, uint8_t *out)
{
    const uint8_t header[12] = {
        0x80,
        media->type,
        (uint8_t)(media->sequence >> 8),
        (uint8_t)media->sequence,
        (uint8_t)(media->timestamp >> 24),
        (uint8_t)(media->timestamp >> 16),
        (uint8_t)(media->timestamp >> 8),
        (uint8_t)media->timestamp,
        (uint8_t)(media->ssrc >> 24),
        (uint8_t)(media->ssrc >> 16),
        (uint8_t)(media->ssrc >> 8),
        (uint8_t)media->ssrc,
    };
    memcpy(out, header, sizeof header);
    for (uint32_t i = 0; i < media->payload; i++) {
        media->noise ^= media->noise << 13;
        media->noise ^= media->noise >> 7;
        media->noise ^= media->noise << 17;
        out[12 + i] = (uint8_t)(media->noise >> 24);
    }
    media->sequence++;
    media->timestamp += media->step;
    return 12 + media->payload;
}

static inline void send_media(struct bench *bench, struct media *media, unsigned packets)
{
    uint8_t packet[PACKET_MAX];
    for (unsigned i = 0; i < packets; i++) {
        uint32_t size = write_media(media, packet);
        (void)send(bench, media->from, packet, size);
    }
}

static inline struct media pcmu(uint32_t payload, uint64_t noise)
{
    return (struct media){ .type = 0,
                           .sequence = 65530,
                           .timestamp = 4294967000U,
                           .step = 160,
                           .ssrc = 0x11223344,
                           .payload = payload,
                           .noise = noise };
}

static inline bool is_text(const struct bench *bench, enum observation_kind kind, uint16_t index,
                           const char *want)
{
    const struct fact *fact = facts_find_at(&bench->facts, kind, index, 0);
    return fact != NULL && strcmp(facts_text(&bench->facts, fact), want) == 0;
}

static inline uint64_t number(const struct bench *bench, enum observation_kind kind, uint16_t index)
{
    const struct fact *fact = facts_find_at(&bench->facts, kind, index, 0);
    return fact != NULL ? fact->value : UINT64_MAX;
}

static inline void end(struct bench *bench)
{
    rtp_analyzer.close(bench->state, &bench->sink);
}

#endif

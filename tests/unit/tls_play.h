/* tests/unit/tls_play.h: plays chunks of a conversation to the TLS or DTLS analyzer and keeps its
 * facts. Every chunk is an exact-size heap copy: one byte past its end is a red zone. */
#ifndef OVERT_TESTS_UNIT_TLS_PLAY_H
#define OVERT_TESTS_UNIT_TLS_PLAY_H

#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/crypto/certificates.h"
#include "analyzers/crypto/signatures.h"
#include "analyzers/facts.h"
#include "analyzers/tls_transcript.h"
#include "tests/check.h"

struct chunk {
    uint8_t side;
    const char *hex; /* NULL ends a list */
};

enum { PLAY_BYTES_MAX = 32 * 1024, PLAY_BUDGET = 1 << 20 };

struct play {
    struct sink sink; /* first: put casts back */
    struct facts facts;
    struct transcripts transcripts;
    struct budget budget; /* of the transcripts: must be whole again at the end */
    const struct analyzer *analyzer;
    void *state;
    uint8_t pending[2][PLAY_BYTES_MAX]; /* of a stream: what the analyzer left */
    uint32_t left[2];
    uint64_t packet;
    uint16_t port;      /* of side 1 */
    uint32_t puts;      /* observations so far */
    char app[16];       /* text of OBS_APP */
    int client;         /* value of OBS_CLIENT, -1 = none */
    bool app_was_first; /* nothing was reported before OBS_APP */
    bool settled;
    bool released; /* handed the stream over: the rest is not its own */
    bool middle;   /* the capture began in the middle */
};

static inline void play_put(struct sink *sink, const struct observation *obs)
{
    struct play *p = (struct play *)sink;
    if (obs->kind == OBS_APP) {
        CHECK(p->app[0] == '\0');
        snprintf(p->app, sizeof p->app, "%.*s", (int)obs->text_size, obs->text);
        p->app_was_first = p->puts == 0;
    }
    if (obs->kind == OBS_CLIENT) {
        p->client = (int)obs->value;
    }
    p->puts++;
    facts_put(&p->facts, obs);
}

static inline struct play *play_new(const struct analyzer *analyzer)
{
    struct play *p = calloc(1, sizeof *p);
    if (p == NULL) {
        abort();
    }
    p->sink.put = play_put;
    p->analyzer = analyzer;
    p->client = -1;
    p->state = calloc(1, analyzer->state_size);
    if (p->state == NULL || certificates_new(16, &p->sink.certificates) != OV_OK ||
        signatures_new(&p->sink.signatures) != OV_OK) {
        abort();
    }
    p->budget.left = PLAY_BUDGET;
    tls_transcript_init(&p->transcripts, &p->budget);
    p->sink.transcripts = &p->transcripts;
    return p;
}

/* Offers bytes of one side; returns how many were used. */
static inline uint32_t play_offer(struct play *p, uint8_t side, const uint8_t *bytes, uint32_t size,
                                  uint32_t on_wire)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, bytes, size);
    struct segment seg = { .payload = bytes_of(heap, size, on_wire),
                           .packet = ++p->packet,
                           .time_us = 1000000 + p->packet,
                           .from = side,
                           .port = { 40000, p->port },
                           .open = on_wire == UINT32_MAX,
                           .first = !p->middle };
    uint32_t before = bytes_sent(&seg.payload);
    enum feed feed = p->analyzer->feed(p->state, &seg, &p->sink);
    p->settled |= feed != FEED_MORE;
    p->released |= feed == FEED_RELEASE;
    free(heap);
    return before - bytes_sent(&seg.payload);
}

static inline void play_datagram(struct play *p, uint8_t side, const uint8_t *bytes, uint32_t size)
{
    if (!p->settled) {
        play_offer(p, side, bytes, size, size);
    }
}

static inline void play_stream(struct play *p, uint8_t side, const uint8_t *bytes, uint32_t size)
{
    if (p->settled || p->left[side] + size > PLAY_BYTES_MAX) {
        return;
    }
    memcpy(p->pending[side] + p->left[side], bytes, size);
    p->left[side] += size;
    uint32_t used = play_offer(p, side, p->pending[side], p->left[side], UINT32_MAX);
    used = used < p->left[side] ? used : p->left[side];
    memmove(p->pending[side], p->pending[side] + used, p->left[side] - used);
    p->left[side] -= used;
}

static inline void play_bytes(struct play *p, uint8_t side, const uint8_t *bytes, uint32_t size)
{
    if ((p->analyzer->carriers & CARRIER_TCP) != 0) {
        play_stream(p, side, bytes, size);
    } else {
        play_datagram(p, side, bytes, size);
    }
}

/* Bytes of a hex text; out has PLAY_BYTES_MAX bytes. */
static inline uint32_t play_hex(const char *hex, uint8_t *out)
{
    uint32_t n = 0;
    for (; hex[0] != '\0' && hex[1] != '\0' && n < PLAY_BYTES_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static inline void play_one(struct play *p, const struct chunk *chunk)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    play_bytes(p, chunk->side, bytes, play_hex(chunk->hex, bytes));
}

static inline void play_close(struct play *p)
{
    p->analyzer->close(p->state, &p->sink);
}

/* Plays a whole conversation to its end. */
static inline struct play *play_all(const struct analyzer *analyzer, const struct chunk *chunks)
{
    struct play *p = play_new(analyzer);
    for (; chunks->hex != NULL; chunks++) {
        play_one(p, chunks);
    }
    play_close(p);
    return p;
}

static inline void play_free(struct play *p)
{
    CHECK_EQ(p->budget.left, PLAY_BUDGET);
    tls_transcript_done(&p->transcripts);
    signatures_free(p->sink.signatures);
    certificates_free(p->sink.certificates);
    facts_done(&p->facts);
    free(p->state);
    free(p);
}

static inline bool play_is(const struct play *p, enum observation_kind kind, const char *text)
{
    return facts_is(&p->facts, kind, text);
}

static inline bool play_knows(const struct play *p, enum observation_kind kind)
{
    return facts_find(&p->facts, kind) != NULL;
}

/* Is the state of mutual authentication this, for this reason? */
static inline bool play_mtls(const struct play *p, const char *state, const char *reason)
{
    return play_is(p, OBS_TLS_MTLS_STATE, state) && play_is(p, OBS_TLS_MTLS_REASON, reason);
}

/* 1 true, 0 false, -1 not reported. */
static inline int play_flag(const struct play *p, enum observation_kind kind)
{
    return play_knows(p, kind) ? facts_true(&p->facts, kind) : -1;
}

#endif

/* tests/fuzz/fuzz_analyzer.c: any bytes, any split, any loss through one analyzer
 * (-DANALYZER=stun).
 *
 * Input: records of flags(1) length(2) bytes(length). flags bit 0: side; bit 1: 100 bytes of that
 * side's stream were lost before; bit 2: 40 bytes of the datagram were not captured; above, in the
 * first: what the analyzer before it handed over. Streams are
 * handed over as the dispatcher does it: what the analyzer leaves comes again with what follows. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/crypto/certificates.h"
#include "analyzers/crypto/quic_initial.h"
#include "analyzers/crypto/signatures.h"
#include "analyzers/facts.h"
#include "analyzers/inflate.h"
#include "analyzers/tls_transcript.h"

#define CAT_(a, b) a##b
#define CAT(a, b)  CAT_(a, b)
extern const struct analyzer CAT(ANALYZER, _analyzer);
#define SUBJECT CAT(ANALYZER, _analyzer)

enum { SIDE = 1, LOST = 2, SNAPPED = 4, HANDED_SHIFT = 3, PENDING_MAX = 65 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
    uint8_t *pending; /* what the analyzer left */
    uint32_t left;
    uint32_t skip; /* used ahead of what came */
    bool used;     /* anything used or lost before */
};

struct run {
    struct sink sink; /* first: put casts back */
    struct facts facts;
    struct transcripts transcripts;
    struct inflate inflate;
    void *state;
    struct side sides[2];
    uint64_t packet;
    uint8_t handed;
    bool settled;
};

static void put(struct sink *sink, const struct observation *obs)
{
    struct run *run = (struct run *)sink;
    if (obs->kind >= OBS_COUNT || (obs->text == NULL && obs->text_size > 0)) {
        abort();
    }
    facts_put(&run->facts, obs);
}

/* A datagram that is carried comes back to who carried it, as the dispatcher may do. */
static void take_inside(struct sink *sink, const struct segment *seg)
{
    struct run *run = (struct run *)sink;
    struct segment inner = *seg;
    if ((SUBJECT.carriers & (CARRIER_UDP | CARRIER_OPENED)) != 0 && !run->settled) {
        (void)SUBJECT.claim(seg);
        (void)SUBJECT.feed(run->state, &inner, sink);
    }
}

/* Its own block: one byte past the end is a red zone. */
static uint8_t *copy_of(const uint8_t *bytes, uint32_t n)
{
    uint8_t *heap = malloc(n > 0 ? n : 1);
    if (heap == NULL) {
        abort();
    }
    if (n > 0) {
        memcpy(heap, bytes, n);
    }
    return heap;
}

static void feed(struct run *run, struct segment *seg)
{
    struct segment looked = *seg;
    (void)SUBJECT.claim(&looked);
    run->settled = SUBJECT.feed(run->state, seg, &run->sink) != FEED_MORE;
}

static void feed_datagram(struct run *run, uint8_t flags, const uint8_t *bytes, uint32_t n)
{
    uint8_t *heap = copy_of(bytes, n);
    struct segment seg = { .payload = bytes_of(heap, n, (flags & SNAPPED) != 0 ? n + 40 : n),
                           .packet = run->packet,
                           .time_us = run->packet * 20000,
                           .from = flags & SIDE,
                           .first = true };
    feed(run, &seg);
    free(heap);
}

/* Offers all pending bytes until the analyzer uses none; `open`: more may follow. */
static void offer(struct run *run, uint8_t from, bool open)
{
    struct side *side = &run->sides[from];
    while (!run->settled && side->left > 0) {
        uint8_t *heap = copy_of(side->pending, side->left);
        struct segment seg = { .payload =
                                   bytes_of(heap, side->left, open ? UINT32_MAX : side->left),
                               .packet = run->packet,
                               .time_us = run->packet * 20000,
                               .from = from,
                               .handed = run->handed,
                               .open = open,
                               .first = !side->used };
        uint32_t before = bytes_sent(&seg.payload);
        feed(run, &seg);
        uint32_t used = before - bytes_sent(&seg.payload);
        free(heap);
        side->used |= used > 0;
        uint32_t gone = used < side->left ? used : side->left;
        memmove(side->pending, side->pending + gone, side->left - gone);
        side->left -= gone;
        side->skip = used - gone;
        if (used == 0) {
            return;
        }
    }
}

static void feed_chunk(struct run *run, uint8_t flags, const uint8_t *bytes, uint32_t n)
{
    struct side *side = &run->sides[flags & SIDE];
    if ((flags & LOST) != 0 && SUBJECT.gap != NULL) {
        side->left = 0;
        side->used = true;
        side->skip = 0;
        run->settled |= SUBJECT.gap(run->state, flags & SIDE, 100, &run->sink) == FEED_SETTLED;
    }
    uint32_t skipped = side->skip < n ? side->skip : n;
    side->skip -= skipped;
    n -= skipped;
    if (side->left + n > PENDING_MAX) {
        side->left = 0;
    }
    if (n > PENDING_MAX) {
        return;
    }
    if (n > 0) {
        memcpy(side->pending + side->left, bytes + skipped, n);
    }
    side->left += n;
    offer(run, flags & SIDE, true);
}

static void start(struct run *run)
{
    run->sink.put = put;
    run->sink.datagram = take_inside;
    run->state = calloc(1, SUBJECT.state_size + 1u);
    run->sides[0].pending = malloc(PENDING_MAX);
    run->sides[1].pending = malloc(PENDING_MAX);
    if (run->state == NULL || run->sides[0].pending == NULL || run->sides[1].pending == NULL ||
        certificates_new(8, &run->sink.certificates) != OV_OK ||
        signatures_new(&run->sink.signatures) != OV_OK ||
        quic_initial_new(&run->sink.initial) != OV_OK) {
        abort();
    }
    tls_transcript_init(&run->transcripts, NULL);
    run->sink.transcripts = &run->transcripts;
    run->sink.inflate = &run->inflate;
}

static void end(struct run *run)
{
    offer(run, 0, false);
    offer(run, 1, false);
    if (SUBJECT.close != NULL) {
        SUBJECT.close(run->state, &run->sink);
    }
    if (run->transcripts.blocks.in_use > 0 || run->inflate.stream_count > 0) {
        abort(); /* the analyzer did not give back what it kept */
    }
    tls_transcript_done(&run->transcripts);
    inflate_done(&run->inflate);
    signatures_free(run->sink.signatures);
    certificates_free(run->sink.certificates);
    quic_initial_free(run->sink.initial);
    facts_done(&run->facts);
    free(run->sides[0].pending);
    free(run->sides[1].pending);
    free(run->state);
}

static void run_as(bool stream, const uint8_t *data, size_t size)
{
    struct run run = { 0 };
    start(&run);
    run.handed = size > 0 ? data[0] >> HANDED_SHIFT : 0;
    for (size_t at = 0; at + 3 <= size && !run.settled;) {
        uint8_t flags = data[at];
        uint32_t n = (uint32_t)data[at + 1] << 8 | data[at + 2];
        at += 3;
        n = n < size - at ? n : (uint32_t)(size - at);
        run.packet++;
        if (stream) {
            feed_chunk(&run, flags, data + at, n);
        } else {
            feed_datagram(&run, flags, data + at, n);
        }
        at += n;
    }
    end(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if ((SUBJECT.carriers & (CARRIER_TCP | CARRIER_OPENED)) != 0) {
        run_as(true, data, size);
    }
    if ((SUBJECT.carriers & (CARRIER_UDP | CARRIER_OPENED)) != 0) {
        run_as(false, data, size);
    }
    return 0;
}

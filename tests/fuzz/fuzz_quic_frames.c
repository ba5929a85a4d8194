/* tests/fuzz/fuzz_quic_frames.c: any frames in Initial packets that are authentic.
 *
 * Input: records of flags(1) length(2) bytes(length). flags bit 0: from the server; bit 1 of the
 * first: version T051, not 1. Each record is sealed as RFC 9001 has it and fed to the analyzer,
 * after a first packet of the client. */
#include <stddef.h>

#include "analyzers/analyzer.h"
#include "analyzers/crypto/certificates.h"
#include "analyzers/facts.h"
#include "tests/unit/quic_vectors.h"

extern const struct analyzer quic_analyzer;

enum { FRAMES_MAX = 1400, FRAMES_MIN = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct sink sink; /* first: put casts back */
    struct facts facts;
    void *state;
    uint64_t packet;
    uint32_t version;
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

static void feed(struct run *run, uint8_t from, const struct packet *frames)
{
    static const struct quic_cid none = { 0 };
    struct seal seal = { .version = run->version,
                         .keyed_by = &vector_cid,
                         .to = from == 0 ? &vector_cid : &none,
                         .from = from == 0 ? &none : &server_cid,
                         .server = from == 1,
                         .number = (uint8_t)run->packet };
    struct packet datagram = { .size = 0 };
    put_initial(&datagram, &seal, frames);
    struct segment seg = { .payload = bytes_of(datagram.at, datagram.size, datagram.size),
                           .packet = ++run->packet,
                           .time_us = run->packet * 20000,
                           .from = from,
                           .first = true };
    run->settled = quic_analyzer.feed(run->state, &seg, &run->sink) != FEED_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = { .sink = { .put = put } };
    struct packet frames = { .size = 0 };
    run.version = size > 0 && (data[0] & 2) != 0 ? 0x54303531 : V1;
    run.state = calloc(1, quic_analyzer.state_size);
    if (run.state == NULL || certificates_new(8, &run.sink.certificates) != OV_OK ||
        quic_initial_new(&run.sink.initial) != OV_OK) {
        abort();
    }
    packet_zeros(&frames, FRAMES_MIN);
    feed(&run, 0, &frames);
    for (size_t at = 0; at + 3 <= size && !run.settled && run.packet < 64;) {
        uint8_t from = data[at] & 1;
        uint32_t n = (uint32_t)data[at + 1] << 8 | data[at + 2];
        at += 3;
        n = n < size - at ? n : (uint32_t)(size - at);
        n = n < FRAMES_MAX ? n : FRAMES_MAX;
        frames.size = 0;
        packet_put(&frames, data + at, n);
        packet_zeros(&frames, n < FRAMES_MIN ? FRAMES_MIN - n : 0);
        feed(&run, from, &frames);
        at += n;
    }
    quic_analyzer.close(run.state, &run.sink);
    certificates_free(run.sink.certificates);
    quic_initial_free(run.sink.initial);
    facts_done(&run.facts);
    free(run.state);
    return 0;
}

/* analyzers/rtp_evidence.h: is a media stream encrypted? Told from its packets alone.
 *
 * RTP and SRTP have the same header (RFC 3711 3.1). What differs is the payload: ciphertext is
 * evenly distributed and never repeats, a codec's output is not; and an SRTP packet is longer than
 * its codec's frames by an authentication tag. */
#ifndef OVERT_ANALYZERS_RTP_EVIDENCE_H
#define OVERT_ANALYZERS_RTP_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    RTP_EVIDENCE_PACKETS = 400, /* packets looked at; what they say is final */
    RTP_FIRST_BYTES = 16,       /* payload bytes with a histogram for each position */
    RTP_POOLED_BYTES = 32,      /* payload bytes of a packet that go into the common histogram */
    RTP_COMPARED_BYTES = 16,    /* payload bytes compared with those of the packet before */
    RTP_REPEATS = 4,            /* payloads remembered to find them again */
    RTP_HELD = 16,              /* payloads that wait until all go into the histograms at once */
    RTP_EXTRA_MAX = 20,         /* bytes beyond the codec's frames: GCM tag and 4 bytes of MKI */
    RTP_TAIL_BYTES = 26, /* that may hold a key id of 16 bytes and an 80-bit tag (RFC 3711) */
};

enum rtp_says { RTP_SAYS_UNKNOWN, RTP_SAYS_SRTP, RTP_SAYS_RTP };

/* score of each test, in thousandths:
 *   SIZE         bytes beyond the codec's frames in most packets
 *   FIRST_BYTES  largest z of chi-square over the half bytes at positions 0..15
 *   TOGETHER     z of the sum of those chi-squares
 *   BYTES        z of chi-square over all bytes at positions 0..31
 *   CONTINUITY   z of the number of bytes that equal the one at their place a packet before
 *   REPETITION   packets that had the most frequent payload
 *   CHANGE       none; packets: of the stream before the look that said otherwise */
enum rtp_test {
    RTP_TEST_SIZE,
    RTP_TEST_FIRST_BYTES,
    RTP_TEST_TOGETHER,
    RTP_TEST_BYTES,
    RTP_TEST_CONTINUITY,
    RTP_TEST_REPETITION,
    RTP_TEST_CHANGE,
    RTP_TESTS,
};

struct rtp_ground {
    unsigned test : 4;     /* enum rtp_test */
    unsigned says : 4;     /* enum rtp_says */
    unsigned packets : 24; /* looked at; stays at its maximum */
    int32_t score;
};

struct rtp_verdict {
    uint8_t says;     /* enum rtp_says */
    bool proven;      /* else inferred */
    bool null_cipher; /* SRTP whose payload is readable: a tag behind clear samples */
    bool no_tag;      /* SRTP without room for an authentication tag */
    bool encrypted;   /* the payload was seen to be random */
    bool thorough;    /* enough packets were looked at for every test */
    uint8_t ground_count;
    struct rtp_ground grounds[RTP_TESTS];
};

/* Zeroed = nothing seen. Histograms take 24 cache lines, so payloads are gathered for them. */
struct rtp_evidence {
    uint16_t packets;  /* offered */
    uint16_t measured; /* of them long enough for the statistics */
    uint16_t pooled;   /* bytes counted in bytes[] */
    uint16_t compared; /* bytes compared with the packet before; lacks those of held payloads */
    uint16_t equal;    /* of them the same */
    uint16_t sizes;    /* packets whose size could be compared with the codec's */
    uint16_t steps;    /* packets of unknown codecs whose time to the next one is known */
    uint16_t whole;    /* of them with a whole number of bytes for each tick of that time */
    bool companded;    /* they were G.711 */
    bool tags_alone;   /* payloads may be a key id and a tag, nothing else */
    uint8_t last_size; /* bytes in last[] */
    uint8_t next_repeat;
    uint8_t held;                      /* payloads in held_bytes */
    uint16_t repeated[RTP_REPEATS];    /* packets with that payload */
    uint64_t repeat[RTP_REPEATS];      /* its hash */
    uint16_t extra[RTP_EXTRA_MAX + 1]; /* packets by bytes beyond the codec's frames */
    uint8_t held_size[RTP_HELD];       /* bytes of it in held_bytes */
    uint8_t held_behind[RTP_HELD];     /* and behind those, at most RTP_TAIL_BYTES */
    uint8_t last[RTP_COMPARED_BYTES];
    uint8_t held_bytes[RTP_HELD][RTP_POOLED_BYTES];
    uint16_t half[2 * RTP_FIRST_BYTES][16]; /* upper halves of the first bytes, then lower halves */
    uint16_t bytes[256];
};

/* Looks at one payload (not at a retransmission of one). Ends after RTP_EVIDENCE_PACKETS. */
void rtp_evidence_payload(struct rtp_evidence *evidence, const struct bytes *payload);
/* Looks at the size of a payload as sent; step: timestamp units to the next packet in sequence. */
void rtp_evidence_size(struct rtp_evidence *evidence, uint8_t payload_type, uint32_t payload_bytes,
                       uint32_t step);
void rtp_evidence_judge(struct rtp_evidence *evidence, struct rtp_verdict *ret_verdict);
/* Joins what a later look at the same stream says, after `packets` packets: a stream that was
 * readable once is readable. True when it says otherwise than before, for the first time. */
bool rtp_evidence_join(struct rtp_verdict *verdict, const struct rtp_verdict *later,
                       uint32_t packets);

/* z, in thousandths, of chi-square of counts against an even distribution; 0 when there are none.
 * bins: 16 or 256. */
int32_t rtp_evidence_chi_square(const uint16_t *counts, uint32_t bins);

#endif

/* analyzers/rtp_stream.h: what rtp.c keeps of a media flow and rtp_report.c tells of it. */
#ifndef OVERT_ANALYZERS_RTP_STREAM_H
#define OVERT_ANALYZERS_RTP_STREAM_H

#include "analyzers/analyzer.h"
#include "analyzers/rtcp.h"
#include "analyzers/rtp_evidence.h"

enum {
    SAMPLED = 4,      /* sequence numbers of samples that are remembered */
    TYPES = 4,        /* payload types counted in a stream: codec, event, noise, one more */
    STREAMS = 16,     /* sender and side; further ones are counted as not read */
    STREAMS_NEAR = 2, /* of them kept in the state: one of each side */
    EVIDENCES = 4,    /* streams whose payloads are looked at at a time */
};

struct media_stream {
    /* written by every packet */
    uint32_t ssrc;
    uint32_t timestamp;   /* of the newest packet in sequence */
    uint64_t last_us;     /* capture time of the newest packet */
    uint64_t last_packet; /* its number in the capture */
    uint32_t packets;     /* 0 = free; stays at its maximum */
    uint32_t rest_until;  /* packets at which payloads are looked at (again) */
    uint32_t sample_at;   /* packets at which the next one is put as a sample */
    uint32_t cycles;      /* sequence numbers that wrapped, times 65536 */
    uint32_t received;    /* since base */
    uint16_t sequence;    /* highest so far */
    uint8_t from;         /* side that sends */
    uint8_t evidence;     /* slot + 1, NO_EVIDENCE */
    bool certain;
    bool unbroken; /* every step was one number and one constant time, or none */
    bool judged;   /* verdict holds what the looks so far said */
    bool jumped;   /* expected_bad is set */
    bool restarted;
    uint8_t types[TYPES];
    uint32_t type_packets[TYPES];
    uint16_t good, bad;     /* steps in sequence and others, until the stream is certain */
    uint16_t expected_bad;  /* RFC 3550 A.1 bad_seq: a restart shows by this one */
    uint32_t payload_bytes; /* of the packet `sequence`, as sent; 0 = not usable */

    uint32_t step;             /* timestamp step of all steps so far that were not 0 */
    uint32_t look_from;        /* packets when this look began */
    uint64_t look_packet;      /* number in the capture of its first packet */
    uint64_t change_packet;    /* the same of the look that said otherwise than those before */
    uint32_t look_ms;          /* time of the look since first_us */
    uint32_t change_ms;        /* and of the change */
    uint32_t base;             /* first sequence number since the last restart */
    uint32_t lost_before;      /* lost before that restart */
    uint16_t sampled[SAMPLED]; /* of the newest samples, by samples */
    uint8_t samples;           /* put so far; stays at its maximum */
    uint8_t sampled_again;     /* of them numbers that had come before */
    uint64_t first_us;         /* capture time of the first packet */
    uint64_t first_packet;     /* its number in the capture */
    struct rtp_verdict verdict;
};

struct media_flow {
    uint8_t last[2]; /* stream of each side's last packet */
    bool reported;   /* OBS_APP */
    bool poor;       /* there was no memory for more streams */
    uint8_t streams_used;
    uint8_t rtcp_from;       /* side of the first RTCP packet */
    uint8_t rtcp_samples[2]; /* RTCP packets of each side that were put as samples */
    bool evidence_used[EVIDENCES];
    uint64_t first_packet;
    struct rtp_evidence *evidence[EVIDENCES]; /* owned; NULL until a stream needs it */
    struct media_stream near[STREAMS_NEAR];
    struct media_stream *more; /* owned: the others; NULL until there is a third */
    uint64_t unread;           /* packets of streams that found no place, or lost theirs */
    uint64_t first_us;
    struct rtcp rtcp;
};

_Static_assert(sizeof(struct media_flow) <= 1024, "media_flow: every media flow holds one");

/* i: below streams_used, or STREAMS_NEAR. */
static inline struct media_stream *rtp_stream_at(struct media_flow *flow, unsigned i)
{
    return i < STREAMS_NEAR ? &flow->near[i] : &flow->more[i - STREAMS_NEAR];
}

/* RFC 3550 A.3, since the last restart of the sender. */
static inline uint32_t rtp_stream_lost(const struct media_stream *stream)
{
    uint32_t expected = stream->cycles + stream->sequence - stream->base + 1;
    return expected > stream->received && expected - stream->received < INT32_MAX
               ? expected - stream->received
               : 0;
}

/* rtp_report.c: the facts of stream number `index`; of RTCP; of packets that found no place. */
void rtp_report_stream(struct sink *sink, const struct media_stream *stream, uint16_t index);
void rtp_report_rtcp(struct sink *sink, const struct media_flow *flow);
void rtp_report_unread(struct sink *sink, const struct media_flow *flow);

#endif

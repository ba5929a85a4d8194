/* analyzers/analyzer.h: the contract between the dispatcher and one protocol. */
#ifndef OVERT_ANALYZERS_ANALYZER_H
#define OVERT_ANALYZERS_ANALYZER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analyzers/observation.h"
#include "base/bytes.h"
#include "base/keyed_hash.h"

enum {
    CARRIER_UDP = 1 << 0,
    CARRIER_TCP = 1 << 1,
    CARRIER_IP = 1 << 2,     /* packets of other protocols of IP */
    CARRIER_OPENED = 1 << 3, /* what TLS or DTLS carries, and nothing else: with `inside` */
};

enum claim {
    CLAIM_NO,   /* not this protocol */
    CLAIM_MORE, /* could be; more bytes (stream) would tell. For a datagram the same as CLAIM_NO,
                 * but that an analyzer with `owns` that sits here gets what nobody else claims */
    CLAIM_YES,
};

enum feed {
    FEED_MORE,    /* goes on reading this flow */
    FEED_SETTLED, /* has all it wants: its further packets only count (the flow stays its own) */
    FEED_RELEASE, /* what it left belongs to another protocol (CONNECT, STARTTLS): claims begin
                   * anew */
};

struct segment {
    struct bytes
        payload;      /* one datagram, or all in-order bytes of one side's stream not yet used */
    uint64_t packet;  /* number in the capture, from 1; of the newest byte */
    uint64_t time_us; /* capture time of that packet, microseconds since 1970 */
    uint8_t from;     /* side that sent it: 0 = sender of the flow's first captured packet */
    bool open;        /* stream that may go on: reading past the end is then BYTES_CUT */
    bool first;       /* nothing of this side's stream was used or lost before (datagram: true) */
    uint16_t port[2]; /* of side 0 and side 1: a hint, never a proof */
    uint8_t protocol; /* of IP where that is neither UDP nor TCP; else 0 */
    uint8_t handed;   /* set before FEED_RELEASE: what was agreed on, for who claims next and
                       * knows the bits (websocket_terms.h); 0 = nothing */
    const char *transport; /* what carries the datagram where that is not UDP; else NULL */
};

struct budget;       /* base/budget.h */
struct flow_end;     /* analyzers/flow_record.h */
struct certificates; /* analyzers/crypto/certificates.h */
struct signatures;   /* analyzers/crypto/signatures.h */
struct verified;     /* analyzers/crypto/verified.h */
struct transcripts;  /* analyzers/tls_transcript.h */
struct quic_initial; /* analyzers/crypto/quic_initial.h */
struct tls_opener;   /* analyzers/tls_open.h */
struct inflate;      /* analyzers/inflate.h */

/* Where an analyzer puts its facts, and what it may use. The dispatcher owns it. */
struct sink {
    void (*put)(struct sink *sink, const struct observation *obs); /* copies what it keeps */
    /* Takes a datagram that a stream carries (TURN) to the analyzers of datagrams; NULL: to nobody.
     */
    void (*datagram)(struct sink *sink, const struct segment *seg);
    /* Takes bytes of a stream inside of a stream (TLS in packets) to the analyzers of streams;
     * none, and some cut: that many are missing. False: nobody wants more. NULL: likewise. */
    bool (*stream)(struct sink *sink, const struct segment *seg);
    /* Bytes that were inside a protected record or datagram, in order: to the analyzers of what is
     * carried. false: nobody wants more of them. NULL: nobody wants any. */
    bool (*opened)(struct sink *sink, const struct segment *seg);
    struct budget *budget; /* that all buffers of analyzers count against; NULL = without end */
    struct certificates *certificates;
    struct signatures *signatures;   /* NULL: signatures are not checked */
    struct verified *verified;       /* whose are left out; NULL: no signer's */
    const struct flow_end *end;      /* of the flow at hand: its two; with `verified` */
    uint64_t packet;                 /* being looked at; 0: the flow is over */
    uint64_t begun_us;               /* time of the capture's first packet */
    struct transcripts *transcripts; /* NULL: likewise those over whole handshakes */
    struct quic_initial *initial;    /* NULL: QUIC Initial packets are not opened */
    bool terse;                      /* no flow records are written: see sink_wants */
    struct tls_opener *opener;       /* NULL: records under keys stay closed */
    struct inflate *inflate;         /* NULL: nothing is unpacked */
    struct hash_seed digest_seed;    /* for keyed digests of secrets; differs in each run */
};

struct analyzer {
    const char *name;    /* in policies and reports */
    const char *spec;    /* normative source */
    uint8_t carriers;    /* CARRIER_* */
    bool inside;         /* may be what TLS or DTLS carries */
    bool late;           /* may claim a stream in which another protocol spoke first */
    uint16_t state_size; /* bytes per flow, zeroed before the first feed; 0 = stateless */

    /* Looks only: no state, no facts. Called for each datagram, and at the first unused byte of a
     * stream as long as nobody has it. */
    enum claim (*claim)(const struct segment *seg);
    /* Is this datagram its own by what it knows of a flow at which it sits? Asked before any claim.
     * NULL: claims decide. */
    bool (*owns)(const void *state, const struct segment *seg);
    /* Reads, reports facts (OBS_APP first, as soon as the protocol is certain), and moves
     * seg->payload over what it used; of a stream, what it leaves is offered again with the bytes
     * that follow, and it may step over more than is there. A datagram is always used up. */
    enum feed (*feed)(void *state, struct segment *seg, struct sink *sink);
    /* `missing` bytes of side `from` were not captured (stream). NULL: the analyzer does not mind.
     * Afterwards feed goes on behind the hole. FEED_SETTLED gives up, FEED_RELEASE leaves what
     * comes to those that may claim late. */
    enum feed (*gap)(void *state, uint8_t from, uint64_t missing, struct sink *sink);
    /* Brings in what feed will touch of its state for side `from`, and changes nothing. NULL: the
     * first lines of the state are its busy ones. */
    void (*prefetch)(const void *state, uint8_t from);
    /* The flow ended: reports what is only known then. NULL means nothing. */
    void (*close)(void *state, struct sink *sink);
};

extern const struct analyzer *const analyzers[]; /* one row each in analyzers.def, NULL-ended */

/* Is anybody going to read a fact of this kind? */
static inline bool sink_wants(const struct sink *sink, enum observation_kind kind)
{
    return !sink->terse || !observation_is_for_records(kind);
}

/* An observation about a segment, to be completed. offset: of the evidence in the payload. */
static inline struct observation observation_of(const struct segment *seg,
                                                enum observation_kind kind)
{
    return (struct observation){
        .kind = kind, .from = seg->from, .packet = seg->packet, .time_us = seg->time_us
    };
}

static inline void observe_value(struct sink *sink, const struct segment *seg,
                                 enum observation_kind kind, uint64_t value)
{
    struct observation obs = observation_of(seg, kind);
    obs.value = value;
    sink->put(sink, &obs);
}

/* text: a C string, constant or borrowed until this returns; value: its code point or 0. */
static inline void observe_text(struct sink *sink, const struct segment *seg,
                                enum observation_kind kind, const char *text, uint64_t value)
{
    struct observation obs = observation_of(seg, kind);
    obs.text = text;
    obs.text_size = (uint32_t)strlen(text);
    obs.value = value;
    sink->put(sink, &obs);
}

/* Text straight from the wire. */
static inline void observe_bytes(struct sink *sink, const struct segment *seg,
                                 enum observation_kind kind, const struct bytes *text)
{
    struct observation obs = observation_of(seg, kind);
    obs.text = (const char *)text->next;
    obs.text_size = text->left;
    sink->put(sink, &obs);
}

#endif

/* analyzers/dispatch_internal.h: what the dispatch*.c files share about one flow. */
#ifndef OVERT_ANALYZERS_DISPATCH_INTERNAL_H
#define OVERT_ANALYZERS_DISPATCH_INTERNAL_H

#include "analyzers/analyzer.h"
#include "analyzers/dispatch.h"
#include "analyzers/inflate.h"
#include "analyzers/ndpi.h"
#include "analyzers/tls_transcript.h"
#include "base/phrases.h"
#include "base/pool.h"
#include "capture/stream.h"

enum {
    SEATS = 4, /* analyzers that may sit at one flow */
    SEAT_NONE = 255,
    ANALYZERS_MAX = 48,     /* rows of analyzers.def */
    CLAIM_WAIT_MAX = 512,   /* stream bytes after which "could be" means no */
    UNDECIDED_TCP_MAX = 24, /* stream chunks nobody claimed: then the flow is settled */
    UNDECIDED_UDP_MAX = 48, /* datagrams nobody claimed */
    CHANGED_MAX = 1024,     /* open flows with news that wait for a look; others wait for more */
};

/* How sure we are who the client is; a higher one replaces a lower one. */
enum initiator { BY_FIRST_PACKET, BY_PORT, BY_REQUEST, BY_HELLO, BY_SYN };

struct seat {
    uint8_t analyzer; /* row in analyzers[] */
    bool settled;     /* has all it wants */
    bool closed;      /* close was called */
    bool opened;      /* reads what was inside records */
    uint32_t state;   /* slot in dispatch->states[analyzer] */
};

/* A stream that the flow's stream carries in packets of another protocol. */
struct inner {
    struct stream *stream[2];
    uint32_t seq[2]; /* of the next byte */
    uint8_t seat;    /* SEAT_NONE = undecided */
    bool settled;
};

struct analysis {
    /* touched by every packet until the flow is settled: kept together, two cache lines */
    struct seat seats[SEATS];
    struct stream *stream[2];
    void *ndpi;
    struct inner *inner;    /* owned; NULL = none */
    uint32_t undecided;     /* chunks or datagrams that nobody claimed */
    struct flow_end end[2]; /* side 0, side 1 */
    uint8_t l4;
    uint8_t seat_count;
    uint8_t stream_seat; /* seat that has the TCP stream, SEAT_NONE = undecided */
    uint8_t ndpi_looks;
    bool start_seen; /* TCP: a SYN was seen */
    uint8_t fresh;   /* bit per side: handed over, and nothing of it used since */
    uint8_t spoken;  /* bit per side: stream bytes of it went by that nobody claimed */
    uint8_t handed;  /* of the release, as in struct segment */
    bool settled;
    bool claimed; /* an analyzer of ours reported an app */
    bool changed; /* waits in dispatch->changed */

    uint8_t app_rank;
    uint8_t client;
    uint8_t initiator; /* enum initiator */
    bool opening_seen; /* an analyzer saw the protocol's opening message */
    bool concluded;
    char app[32];       /* "" = not known */
    const char *app_by; /* content ndpi */
    uint64_t flow_id;
    struct flow_cold *cold;            /* valid until concluded */
    uint32_t pool_slot;                /* of this in dispatch->flows */
    uint32_t duplicates;               /* of streams that are no longer followed */
    uint32_t conflicts;                /* likewise */
    uint64_t missing_bytes;            /* likewise */
    uint32_t awake_before, awake_next; /* of the dispatcher's awake chain, by slot */
    struct facts facts;
    struct opened *opened; /* owned; dispatch_opened.c */
};

/* A flow with news, if it still is the one in that slot. */
struct changed {
    uint32_t pool_slot;
    uint64_t flow_id;
};

/* Flows that are not packed, the one longest not looked at first. */
struct awake {
    uint32_t first, last; /* slots */
    uint32_t count;
    uint32_t limit; /* as many are never packed */
    uint32_t news;  /* came since the last go */
};

/* The sink that analyzers of the flow at hand see. */
struct flow_sink {
    struct sink sink; /* first: put() casts back */
    struct dispatch *dispatch;
    struct analysis *analysis;
    bool opened;  /* who reports reads what was inside records */
    bool carried; /* who reports reads a datagram that another protocol carries */
};

struct dispatch {
    struct dispatch_options options;
    struct pool flows;                 /* of struct analysis */
    struct pool states[ANALYZERS_MAX]; /* one pool per analyzer */
    unsigned analyzer_count;
    struct ndpi_door *ndpi; /* loaded when first needed */
    bool ndpi_failed;
    struct flow_sink sink;
    struct call_log *log;           /* borrowed */
    uint64_t evicted_before;        /* COUNT_FLOWS_EVICTED when the capture began */
    struct budget budget;           /* of states, streams, facts and nDPI's flows */
    struct budget *shared;          /* that budget; NULL = no cap */
    struct transcripts transcripts; /* of handshakes not decided yet */
    struct signatures *signatures;  /* owned */
    struct inflate inflate;
    bool watches; /* flows with news are noted */
    struct changed changed[CHANGED_MAX];
    uint32_t changed_count;
    uint64_t now_us; /* packet time of the last batch */
    struct awake awake;
    struct phrases phrases; /* what facts of packed flows have in common */
    uint8_t *scratch;       /* owned; for packing, NULL before the first */
};

/* Names a flow's ends and its id by its record. */
void dispatch_identify(struct analysis *a, struct flow_cold *cold);

/* Sits an analyzer at the flow; SEAT_NONE when there is no seat or no memory. */
uint8_t dispatch_sit(struct dispatch *d, struct analysis *a, unsigned analyzer);
/* A seat's state: slot memory, or NULL for a stateless analyzer. */
void *dispatch_state(struct dispatch *d, const struct seat *seat);
struct segment dispatch_segment(const struct analysis *a, uint8_t side, uint64_t packet,
                                uint64_t time_us);
/* Packet i of the batch is next: fetches what those behind it will touch. */
void dispatch_ahead(const struct dispatch *d, const struct batch *b, uint32_t i);
/* One datagram: to the analyzer that knows it or claims it. */
void dispatch_udp(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i);
/* One packet of another protocol of IP: to the analyzer that claimed the first of the flow's. */
void dispatch_ip(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i);
/* Takes OBS_APP and OBS_CLIENT: of several protocols in one flow the right one names it. */
void dispatch_app_take(struct analysis *a, const struct observation *obs);
void dispatch_app_client(struct analysis *a, const struct observation *obs);
/* A datagram that a stream, or another datagram of the flow, carries; where that was inside of
 * records, so is who gets it. */
void dispatch_udp_inside(struct dispatch *d, struct analysis *a, const struct segment *seg);
/* Bytes of a stream inside the flow's stream: never to the analyzer that has the stream. False:
 * nobody wants more. */
bool dispatch_inner(struct dispatch *d, struct analysis *a, const struct segment *seg);
/* Hands over what waits in it. */
void dispatch_inner_finish(struct dispatch *d, struct analysis *a);
void dispatch_inner_free(struct dispatch *d, struct analysis *a);
/* One TCP packet with its payload, SYN and ACK. */
void dispatch_tcp(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i);
/* Does packet i acknowledge bytes beyond the SYN's whose sender is known to have begun so? */
bool dispatch_tcp_acks_data(const struct batch *b, uint32_t i);
/* Hands over what waits in both streams. */
void dispatch_tcp_finish(struct dispatch *d, struct analysis *a);
/* Follows the streams no longer: what they keep is freed, and what is not here yet is not missing.
 */
void dispatch_tcp_stop(struct analysis *a);

/* Bytes from inside a record or datagram (struct sink). */
bool dispatch_opened(struct sink *sink, const struct segment *seg);
/* An observation of who reads them: as one of the flow. */
void dispatch_opened_put(struct flow_sink *fs, const struct observation *obs);
/* Hands over what waits. */
void dispatch_opened_finish(struct dispatch *d, struct analysis *a);
void dispatch_opened_free(struct dispatch *d, struct analysis *a);

/* Shows nDPI packet i of a flow that none of ours has claimed yet. */
void dispatch_ndpi_ask(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i);
/* nDPI is asked no more about the flow. */
void dispatch_ndpi_end(struct dispatch *d, struct analysis *a);

/* dispatch_rest.c: quiet flows are packed. */
void dispatch_rest_init(struct dispatch *d);
void dispatch_rest_done(struct dispatch *d);
/* One more that is awake, or one that goes. */
void dispatch_rest_add(struct dispatch *d, struct analysis *a);
void dispatch_rest_remove(struct dispatch *d, struct analysis *a);
/* A flow's analysis, unpacked if it was packed; NULL when there is none, or no memory. */
struct analysis *dispatch_wake(struct dispatch *d, struct flow_cold *cold);
/* Forgets a packed analysis that cannot be unpacked. */
void dispatch_lose(struct dispatch *d, struct flow_cold *cold);

#endif

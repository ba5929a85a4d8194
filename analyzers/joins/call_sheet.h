/* analyzers/joins/call_sheet.h: all that is known of one call: who signalled, what was agreed, what
 * was sent. */
#ifndef OVERT_ANALYZERS_JOINS_CALL_SHEET_H
#define OVERT_ANALYZERS_JOINS_CALL_SHEET_H

#include "analyzers/flow_record.h"

enum { SHEET_LEGS = 24, SHEET_MEDIA = 32, SHEET_CHANGES = 8, SHEET_CALL_IDS = 4 };

/* A connection on which messages of the call were read. */
struct sheet_leg {
    uint64_t flow;                 /* flow id */
    uint32_t hop;                  /* from 1, in the order in which they were first seen */
    struct address caller, callee; /* the hosts on the caller's and on the callee's side of it */
    bool opened; /* it was TLS whose keys were given; else anybody could read the messages */
};

/* From here on something else was agreed, or was sent. */
struct sheet_change {
    uint64_t time_us, packet; /* packet 0 = not known */
    const char *what;         /* answered applied */
    const char *now;          /* as the member of that name in struct sheet_medium */
};

/* What one party sent for one m= line of SDP, or what was agreed of it when nothing was seen. */
struct sheet_medium {
    bool sent;        /* packets of it were seen: from, times and applied count */
    bool caller;      /* the sender is the caller */
    bool has_section; /* announced by SDP, in its m= line number section, from 0 */
    uint8_t section;
    const char *kind;     /* media word of SDP, or of the stream; "" = not known */
    const char *offered;  /* srtp srtp-optional zrtp rtp other; NULL = no SDP was seen */
    const char *answered; /* srtp zrtp rtp other refused, unknown = which of several descriptions it
                             took; NULL = no answer was seen */
    const char *applied;  /* srtp mixed rtp unknown: of all its packets */
    const char *rtcp;     /* srtp rtp unknown, of both parties; NULL = none was seen */
    uint64_t first_us, last_us;
    uint64_t clear_us; /* of the time from the first to the last packet */
    uint32_t flow_count;
    uint64_t flows[4]; /* ids of flows that carried it, the first ones */
    uint32_t change_count;
    struct sheet_change changes[SHEET_CHANGES];
};

struct call_sheet {
    uint64_t id;            /* printed as c:%016x; that of the flow where no signalling was seen */
    uint32_t call_id_count; /* 0 = no signalling was seen; several where a B2BUA stands between */
    const char *call_ids[SHEET_CALL_IDS]; /* RFC 3261 8.1.1.4 */
    uint64_t start_us, end_us;
    bool ended; /* a BYE or a refusal was seen */
    uint32_t leg_count, media_count;
    struct sheet_leg legs[SHEET_LEGS];
    struct sheet_medium media[SHEET_MEDIA];
};

/* The sheet of a flow with media that no SDP announced. False when it has none. Texts are those of
 * the record's facts. */
bool call_sheet_of_flow(const struct flow_record *record, struct call_sheet *ret_sheet);

#endif

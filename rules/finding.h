/* rules/finding.h: what the judge says; reports print it and decide nothing. */
#ifndef OVERT_RULES_FINDING_H
#define OVERT_RULES_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/flow_record.h"

enum verdict {
    VERDICT_COMPLIANT,
    VERDICT_VIOLATION,
    VERDICT_WEAK,
    VERDICT_EXEMPT,
    VERDICT_UNKNOWN,
    VERDICT_NOT_ASSESSABLE,
    VERDICT_COUNT,
};
enum evidence { EVIDENCE_PROVEN, EVIDENCE_INFERRED, EVIDENCE_DECLARED };
enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

/* The words of the output contract: "compliant", "not_assessable", "proven", "critical", ... */
const char *verdict_name(enum verdict verdict);
const char *evidence_name(enum evidence evidence);
const char *severity_name(enum severity severity);

struct policy_row; /* rules/policy.h */

enum {
    REASONS_MAX = 8,
    PROOFS_MAX = 8,
    REASON_TEXT_SIZE = 256,
    FINDING_FLOWS = 10,   /* flow ids kept of one finding */
    ASSESSMENTS_MAX = 16, /* rows that may apply to one flow */
    ROLE_TEXT_SIZE = 96,
};

struct reason {
    const char *code; /* constant, "tls.client-certificate-empty": see rules/reasons.h */
    char text[REASON_TEXT_SIZE];
};

struct proof {
    uint64_t packet; /* in the capture file, from 1 */
    uint64_t time_us;
    const char *fact; /* constant: path of the fact, "tls.client_certificate" */
    char detail[96];  /* masked text of the fact */
    const char *file; /* capture that holds it, when several were judged as one, else NULL */
};

/* One row applied to one flow. */
struct assessment {
    const struct policy_row *row; /* borrowed from the policy */
    enum verdict verdict;
    enum evidence evidence;
    enum severity severity; /* meaningful for violation, weak, unknown, exempt */
    const char *observed;   /* constant: mtls tls none srtp rtp http https unknown ... */
    uint32_t reason_count, proof_count;
    struct reason reasons[REASONS_MAX];
    struct proof proofs[PROOFS_MAX];
    uint64_t media_us; /* microseconds of media judged (row on media), else 0 */
};

/* What the policy knows about one end of a flow. */
struct party {
    const char *zone;          /* internal perimeter external */
    char role[ROLE_TEXT_SIZE]; /* "front_end", several joined with ","; "" = unknown */
    const char *role_by;       /* policy inferred; NULL when role is unknown */
    const char *name;          /* FQDN from the policy, or NULL */
};

/* Of a record about a finding. A replay writes each finding once, as open. */
enum finding_status {
    FINDING_OPEN,     /* written for the first time */
    FINDING_CHANGED,  /* more is known than when it was last written */
    FINDING_RESOLVED, /* taken back: what came later showed otherwise */
};

/* "open", "changed", "resolved". */
const char *finding_status_name(enum finding_status status);

/* One subject that needs attention: same row, pair of hosts, listener port and first reason. */
struct finding {
    uint64_t id; /* printed as o:%016x; the same in every run and sensor */
    const struct policy_row *row;
    enum verdict verdict;
    enum evidence evidence;
    enum severity severity;
    const char *observed;
    struct flow_end client, server; /* client.port is 0: the subject is the pair of hosts */
    struct party client_party, server_party;
    uint64_t first_us, last_us;
    uint64_t flow_count;
    uint64_t flow_ids[FINDING_FLOWS]; /* the first ones */
    uint64_t streams_exposed;         /* TT-15: media streams keyed by the exposed keys */
    bool capture_complete; /* of all its flows: both directions, start, nothing missing or cut */
    enum finding_status status;
    uint32_t description; /* how often it was described */
    bool outdated;        /* it was described by a flow of which more is known now */
    struct {
        bool written;
        uint64_t flows, streams;
        enum severity severity;
        bool complete;
        uint32_t description;
    } told;           /* as it was last written, by findings_news */
    const char *file; /* capture in which the proof lies; NULL when there is only one */
    uint32_t reason_count, proof_count;
    const char *fix;        /* what to do about this finding: of its first reason, else the row's */
    struct reason *reasons; /* reason_count; in one block with the finding, as are the proofs */
    struct proof *proofs;   /* proof_count */
};

#endif

/* rules/judge.h: flows against the table: the only place that says "violation". */
#ifndef OVERT_RULES_JUDGE_H
#define OVERT_RULES_JUDGE_H

#include "analyzers/crypto/certificates.h"
#include "analyzers/flow_record.h"
#include "base/status.h"
#include "capture/source_set.h"
#include "rules/finding.h"
#include "rules/policy.h"
#include "rules/signature_tally.h"

struct judge;

/* policy and certificates are borrowed and outlive the judge. */
OV_MUST_CHECK enum ov_status judge_new(const struct policy *policy,
                                       const struct certificates *certificates,
                                       struct judge **ret_judge);
void judge_free(struct judge *judge);
/* Flows are judged by another policy from now on. What was found and learnt stays, findings keep
 * their ids, counters of rows go on by id; roles are no longer inferred when the policy is a file.
 * The judge itself may be another one afterwards; nothing of it refers to the old policy then.
 * OV_NOMEM changes nothing. */
OV_MUST_CHECK enum ov_status judge_adopt(struct judge **judge, const struct policy *policy);

/* Another capture begins: the names and certificates of the last one are forgotten. */
void judge_restart(struct judge *judge);

/* Learns roles from a flow (only when the policy is built in), what signalling runs between its
 * hosts, which answers it got for names and which certificates it showed. Call for all flows known
 * before judging any of a group; calling it twice for a flow does no harm. */
void judge_learn(struct judge *judge, const struct flow_record *record);

struct judgement {
    struct party client, server;
    uint32_t count;
    struct assessment assessments[ASSESSMENTS_MAX];
};

/* Judges one finished flow: adds trust facts (OBS_TLS_*_TRUST_*) to record->facts when the policy
 * names trust sets, fills ret_judgement, counts coverage and folds findings. file: name of the
 * capture when there are several, else NULL (borrowed until judge_free). */
void judge_flow(struct judge *judge, struct flow_record *record, const char *file,
                struct judgement *ret_judgement);

/* Judges a flow that goes on: folds the violations that are proven by now, for as long as nothing
 * newer is known of the flow: judge_flow takes them back first, and so does the next call. Coverage
 * counts a flow when it is over. */
void judge_open_flow(struct judge *judge, struct flow_record *record);

/* Findings so far in order of severity, then first_us, then id. all: also those whose verdict is
 * exempt, not_assessable or compliant. Borrowed until the next judge call. */
struct finding_list {
    const struct finding *const *items;
    uint32_t count;
    uint64_t dropped; /* not kept at the cap */
};
/* As findings_name_files. */
void judge_name_files(struct judge *judge, struct source_set *captures);
OV_MUST_CHECK enum ov_status judge_findings(struct judge *judge, bool all,
                                            struct finding_list *ret_list);

/* Findings that are to be written now, as judge_findings has them: new ones (status open), and
 * those of which more is known than when this was last asked (changed). A mere count of flows is
 * news when it has doubled, or at last. Each call expects that they are written. */
OV_MUST_CHECK enum ov_status judge_news(struct judge *judge, bool all, bool last,
                                        struct finding_list *ret_list);

/* Counters of one row. */
struct row_coverage {
    uint64_t flows;
    uint64_t by_verdict[VERDICT_COUNT];
    uint64_t media_us;
};
const struct row_coverage *judge_coverage(const struct judge *judge, uint32_t row);

/* Signatures of handshakes in the flows that were judged. */
const struct signature_tally *judge_signatures(const struct judge *judge);

/* Declared hosts that no packet came from or went to: i-th, NULL past the last. */
const struct policy_host *judge_silent_host(const struct judge *judge, uint32_t i);
/* Waivers that no flow needed: i-th, NULL past the last. */
const struct policy_waiver *judge_unused_waiver(const struct judge *judge, uint32_t i);
/* Addresses seen in assessed protocols with no role (at most 100 kept): i-th; false past the
 * last. */
bool judge_roleless(const struct judge *judge, uint32_t i, struct address *ret_address);
/* Inferred roles: i-th address with its role set and the ground ("answered REGISTER"). */
bool judge_inferred(const struct judge *judge, uint32_t i, struct address *ret_address,
                    uint64_t *ret_roles, const char **ret_ground);
/* Addresses with a ground for a role that found no room in the table. */
uint64_t judge_inferred_dropped(const struct judge *judge);
/* Pairs of hosts whose signalling found no room in the table. */
uint64_t judge_legs_dropped(const struct judge *judge);
/* Answers for names, and certificates of hosts, that found no room. */
uint64_t judge_answers_dropped(const struct judge *judge);
uint64_t judge_identities_dropped(const struct judge *judge);

#endif

/* rules/findings.h: assessments folded into findings: one per subject, with a stable id. */
#ifndef OVERT_RULES_FINDINGS_H
#define OVERT_RULES_FINDINGS_H

#include "base/status.h"
#include "capture/source_set.h"
#include "rules/judge.h"

enum {
    FINDINGS_MAX = 65536,       /* that need attention: violation, weak, unknown */
    FINDINGS_QUIET_MAX = 16384, /* exempt, compliant, not assessable */
    FINDINGS_OPEN_MAX = 16384,  /* flows that go on and have findings */
    FINDINGS_KEYED_MAX = 65536, /* SIP flows whose readable keys are counted */
};

struct findings;

OV_MUST_CHECK enum ov_status findings_new(struct findings **ret_findings);
void findings_free(struct findings *findings);
/* Folds one assessment of a flow, with the flow's parties. */
void findings_fold(struct findings *findings, const struct flow_record *record,
                   const struct assessment *assessment, const struct judgement *judgement,
                   const char *file);
/* The same of a flow that goes on: findings_take_back undoes it. At most FINDINGS_OPEN_MAX flows
 * may be so; others have to wait for their end. */
void findings_fold_open(struct findings *findings, const struct flow_record *record,
                        const struct assessment *assessment, const struct judgement *judgement);
void findings_take_back(struct findings *findings, uint64_t flow_id);
/* Proofs name packets of several captures that were judged as one: from now on by the file they are
 * in and their number there. Before findings are listed; those named already stay. */
void findings_name_files(struct findings *findings, struct source_set *captures);
/* The policy that findings refer to goes, this one comes: rows that it has with the same demand are
 * its own from now on, copies of others stay; the next flow of a finding describes it anew.
 * OV_NOMEM changes nothing that shows. */
OV_MUST_CHECK enum ov_status findings_adopt(struct findings *findings, const struct policy *policy);
/* Notes which SIP flows exposed the keys of this flow's streams. */
void findings_keyed(struct findings *findings, const struct flow_record *record);
/* See judge_news. */
OV_MUST_CHECK enum ov_status findings_news(struct findings *findings, bool all, bool last,
                                           struct finding_list *ret_list);
OV_MUST_CHECK enum ov_status findings_list(struct findings *findings, bool all,
                                           struct finding_list *ret_list);

#endif

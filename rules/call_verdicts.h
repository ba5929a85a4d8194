/* rules/call_verdicts.h: what was judged of the flows of a call, for the call as a whole. */
#ifndef OVERT_RULES_CALL_VERDICTS_H
#define OVERT_RULES_CALL_VERDICTS_H

#include "analyzers/joins/call_sheet.h"
#include "base/status.h"
#include "rules/judge.h"

struct call_verdicts;

/* Remembers the verdicts of eight flows of each of calls_max calls, of later ones rather than of
 * earlier ones. Caller owns; after OV_NOMEM too. */
OV_MUST_CHECK enum ov_status call_verdicts_new(uint32_t calls_max,
                                               struct call_verdicts **ret_verdicts);
void call_verdicts_free(struct call_verdicts *verdicts);
/* A flow that may be of a call was judged; others cost nothing. */
void call_verdicts_note(struct call_verdicts *verdicts, const struct flow_record *record,
                        const struct judgement *judgement);

/* The worst that was judged of the call's flows, its media first where they are equally bad. */
struct call_verdict {
    enum verdict verdict; /* VERDICT_NOT_ASSESSABLE when none of them was judged by a row */
    uint64_t flow;        /* id of the flow; 0 = none */
    const char *row;      /* borrowed from the verdicts; NULL = none */
};
struct call_verdict call_verdicts_of(const struct call_verdicts *verdicts,
                                     const struct call_sheet *sheet);

#endif

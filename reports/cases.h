/* reports/cases.h: cases of a policy: flow records, and the verdicts that they must get.
 *
 *   cases: 1
 *   policy: site.yaml              # relative to this file, or a built-in edition
 *   tests:
 *     - name: one-way TLS between servers
 *       flow: {...}                # a flow record; flows: [...] for several
 *       expect: {TT-01: violation proven high tls.client-certificate-empty, TT-02: none}
 *
 * What a flow leaves out is as of one that was captured whole. */
#ifndef OVERT_REPORTS_CASES_H
#define OVERT_REPORTS_CASES_H

#include "reports/records.h"
#include "rules/finding.h"

/* One row that a case names; what is not named (-1, NULL) may be anything. */
struct case_row {
    const char *row;
    uint32_t line;
    int verdict, evidence, severity; /* enum verdict, evidence, severity */
    const char *reason;
    bool none; /* the row must say nothing */
};

struct policy_case {
    const char *name;
    const char *policy;  /* path or built-in edition; NULL: none is named */
    const char *records; /* path of stored records, judged beside the flows; or NULL */
    const char *file;    /* of the case */
    uint32_t line;
    uint32_t flow_count;
    uint32_t row_count;
    const struct case_row *rows;
    const struct policy_node *flows;
};

struct cases;

enum { CASES_FLOWS_MAX = 1000 }; /* of one case */

/* Reads a file of cases (YAML or JSON); every mistake goes to errors as file:line:column: found X,
 * expected Y, then OV_SYNTAX. OV_NOMEM. Caller owns. */
OV_MUST_CHECK enum ov_status cases_read(const char *path, FILE *errors, struct cases **ret_cases);
void cases_free(struct cases *cases);
/* The i-th case, NULL past the last. */
const struct policy_case *cases_at(const struct cases *cases, uint32_t i);
/* The k-th flow of a case; as records_take. ret_line: where it is in the file. */
OV_MUST_CHECK enum ov_status cases_flow(const struct policy_case *one, uint32_t k,
                                        struct certificates *certificates,
                                        struct record *ret_record, uint32_t *ret_line);

#endif

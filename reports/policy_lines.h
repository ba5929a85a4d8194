/* reports/policy_lines.h: what a policy amounts to, in lines of text. */
#ifndef OVERT_REPORTS_POLICY_LINES_H
#define OVERT_REPORTS_POLICY_LINES_H

#include <stdio.h>

#include "rules/policy.h"

/* "row TT-01: ...", "host 10.0.1.10: ...": one line each; two policies that decide alike give the
 * same lines, but for their order. */
void policy_lines_all(FILE *out, const struct policy *policy);
/* What `policy show` prints below the rows: places, settings, and the strength profiles by entry.
 */
void policy_lines_show(FILE *out, const struct policy *policy);
/* Roles and networks, joined with ","; returns buffer. */
const char *policy_lines_ends(uint64_t roles, const struct network *networks, uint32_t count,
                              char *buffer, uint32_t size);
/* "443,5061-5065"; returns buffer. */
const char *policy_lines_ports(const struct policy_row *row, char *buffer, uint32_t size);

#endif

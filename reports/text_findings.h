/* reports/text_findings.h: the findings of the ending on a terminal. */
#ifndef OVERT_REPORTS_TEXT_FINDINGS_H
#define OVERT_REPORTS_TEXT_FINDINGS_H

#include "reports/report.h"

/* Number of findings in the list that need attention: violation, weak, unknown. */
uint64_t text_findings_count(const struct finding_list *findings);
/* "3 findings: 1 critical, 2 high", then the first `most` of them; nothing when there is none. */
void text_findings_put(FILE *terminal, const struct finding_list *findings, bool color,
                       uint32_t most);

#endif

/* reports/text_findings.h: the findings of the ending on a terminal. */
#ifndef OVERT_REPORTS_TEXT_FINDINGS_H
#define OVERT_REPORTS_TEXT_FINDINGS_H

#include "reports/report.h"

/* "3 findings: 1 critical, 2 high", then the first `most` of them; nothing when there is none. */
void text_findings_put(FILE *terminal, const struct report_run *run,
                       const struct finding_list *findings, bool color, uint32_t most);

#endif

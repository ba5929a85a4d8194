/* rules/finding.c: the words of verdicts, evidence and severities. */
#include "rules/finding.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[VERDICT_COUNT] = {
        [VERDICT_COMPLIANT] = "compliant", [VERDICT_VIOLATION] = "violation",
        [VERDICT_WEAK] = "weak",           [VERDICT_EXEMPT] = "exempt",
        [VERDICT_UNKNOWN] = "unknown",     [VERDICT_NOT_ASSESSABLE] = "not_assessable",
    };
    return names[verdict];
}

const char *evidence_name(enum evidence evidence)
{
    static const char *const names[] = {
        [EVIDENCE_PROVEN] = "proven",
        [EVIDENCE_INFERRED] = "inferred",
        [EVIDENCE_DECLARED] = "declared",
    };
    return names[evidence];
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",           [SEVERITY_MEDIUM] = "medium",
        [SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
    };
    return names[severity];
}

const char *finding_status_name(enum finding_status status)
{
    static const char *const names[] = {
        [FINDING_OPEN] = "open",
        [FINDING_CHANGED] = "changed",
        [FINDING_RESOLVED] = "resolved",
    };
    return names[status];
}

/* cli/policy_test.c: overt policy test: do flow records get the verdicts that their cases expect?
 */
#include "cli/policy_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/judge_lines.h"
#include "reports/cases.h"

enum { CERTIFICATES_MAX = 4096, ASSESSED_MAX = 4096 };

/* What one row said of one flow of the case. */
struct assessed {
    const struct policy_row *row;
    enum verdict verdict;
    enum evidence evidence;
    enum severity severity;
    uint32_t reason_count;
    const char *reasons[REASONS_MAX];
};

struct bench {
    struct policy *policy;   /* owned: of the last case, which the next one may have too */
    const char *policy_name; /* borrowed from the cases */
    struct certificates *certificates;
    struct judge *judge;
    struct assessed assessed[ASSESSED_MAX]; /* of the case at hand */
    uint32_t assessed_count;
    struct judge_lines lines;
    uint32_t passed, failed;
    int code;
};

static void note(struct bench *b, const struct judgement *judgement)
{
    for (uint32_t i = 0; i < judgement->count && b->assessed_count < ASSESSED_MAX; i++) {
        const struct assessment *from = &judgement->assessments[i];
        struct assessed *to = &b->assessed[b->assessed_count++];
        *to = (struct assessed){ from->row,      from->verdict,      from->evidence,
                                 from->severity, from->reason_count, { NULL } };
        for (uint32_t k = 0; k < from->reason_count; k++) {
            to->reasons[k] = from->reasons[k].code;
        }
    }
}

static void fault(struct bench *b, const char *file, uint64_t line, const char *why)
{
    fprintf(stderr, "%s:%llu: %s\n", file, (unsigned long long)line, why);
    b->code = EXIT_USAGE;
}

static void take(struct bench *b, struct record *record, bool learn)
{
    struct judgement judgement;
    if (record->kind == RECORD_FLOW && learn) {
        judge_learn(b->judge, &record->flow);
    } else if (record->kind == RECORD_FLOW) {
        judge_flow(b->judge, &record->flow, NULL, &judgement);
        note(b, &judgement);
    }
    records_done(record);
}

static void take_flows(struct bench *b, const struct policy_case *one, bool learn)
{
    for (uint32_t k = 0; k < one->flow_count; k++) {
        struct record record;
        uint32_t line;
        if (cases_flow(one, k, b->certificates, &record, &line) == OV_OK) {
            take(b, &record, learn);
        } else if (learn) {
            fault(b, one->file, line, record.why);
        }
    }
}

static void take_records(struct bench *b, const struct policy_case *one, bool learn)
{
    struct record record;
    enum judge_line got;
    if (one->records == NULL) {
        return;
    }
    if (!judge_lines_open(&b->lines, one->records)) {
        fault(b, one->file, one->line, "found no file of records that can be read, expected one");
        return;
    }
    while ((got = judge_lines_next(&b->lines)) != JUDGE_LINE_NONE) {
        if (got == JUDGE_LINE_GOOD &&
            records_read(b->lines.text, b->lines.size, b->certificates, &record) == OV_OK) {
            take(b, &record, learn);
        } else if (learn) {
            fault(b, one->records, b->lines.at.line,
                  got == JUDGE_LINE_GOOD ? record.why : "found too long a line, expected a record");
        }
    }
    judge_lines_done(&b->lines);
}

static bool has_reason(const struct assessed *a, const char *code)
{
    for (uint32_t i = 0; i < a->reason_count; i++) {
        if (strcmp(a->reasons[i], code) == 0) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct assessed *a, const struct case_row *want)
{
    return (int)a->verdict == want->verdict &&
           (want->evidence < 0 || (int)a->evidence == want->evidence) &&
           (want->severity < 0 || (int)a->severity == want->severity) &&
           (want->reason == NULL || has_reason(a, want->reason));
}

static void print_assessed(const struct assessed *a)
{
    printf("%s %s %s", verdict_name(a->verdict), evidence_name(a->evidence),
           severity_name(a->severity));
    for (uint32_t i = 0; i < a->reason_count; i++) {
        printf(" %s", a->reasons[i]);
    }
}

static void print_failure(const struct bench *b, const struct policy_case *one,
                          const struct case_row *want)
{
    printf("%s:%u: %s: %s: expected %s", one->file, want->line, one->name != NULL ? one->name : "-",
           want->row, want->none ? "none" : verdict_name((enum verdict)want->verdict));
    printf("%s%s", want->evidence < 0 ? "" : " ",
           want->evidence < 0 ? "" : evidence_name((enum evidence)want->evidence));
    printf("%s%s", want->severity < 0 ? "" : " ",
           want->severity < 0 ? "" : severity_name((enum severity)want->severity));
    printf("%s%s, found ", want->reason == NULL ? "" : " ",
           want->reason == NULL ? "" : want->reason);
    bool any = false;
    for (uint32_t i = 0; i < b->assessed_count; i++) {
        if (strcmp(b->assessed[i].row->id, want->row) == 0) {
            printf("%s", any ? "; " : "");
            print_assessed(&b->assessed[i]);
            any = true;
        }
    }
    printf("%s\n", any ? "" : "none");
}

/* A row that is wanted must say so of some flow; one that is not, of none. */
static bool check_row(const struct bench *b, const struct policy_case *one,
                      const struct case_row *want)
{
    bool found = false, said = false;
    for (uint32_t i = 0; i < b->assessed_count; i++) {
        const struct assessed *a = &b->assessed[i];
        said |= strcmp(a->row->id, want->row) == 0;
        found |= strcmp(a->row->id, want->row) == 0 && fits(a, want);
    }
    bool good = want->none ? !said : found;
    if (!good) {
        print_failure(b, one, want);
    }
    return good;
}

/* The policy of the case, read once for all cases in a row that have it. */
static bool take_policy(struct bench *b, const struct policy_case *one, const char *given)
{
    const char *name = given != NULL ? given : one->policy;
    if (b->policy == NULL || name != b->policy_name) {
        policy_free(b->policy);
        b->policy = audit_policy(name);
        b->policy_name = name;
    }
    return b->policy != NULL;
}

static void run_case(struct bench *b, const struct policy_case *one, const char *given)
{
    b->assessed_count = 0;
    if (!take_policy(b, one, given) || judge_new(b->policy, b->certificates, &b->judge) != OV_OK) {
        b->code = EXIT_USAGE;
        return;
    }
    take_flows(b, one, true);
    take_records(b, one, true);
    take_flows(b, one, false);
    take_records(b, one, false);
    bool good = true;
    for (uint32_t i = 0; i < one->row_count; i++) {
        if (policy_row_by_id(b->policy, one->rows[i].row) == NULL) {
            fault(b, one->file, one->rows[i].line, "found a row that the policy does not have");
        } else {
            good &= check_row(b, one, &one->rows[i]);
        }
    }
    b->passed += good;
    b->failed += !good;
    judge_free(b->judge);
    b->judge = NULL;
}

static void run_file(struct bench *b, const char *path, const char *given)
{
    struct cases *cases = NULL;
    enum ov_status status = cases_read(path, stderr, &cases);
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s: %s\n", path, ov_status_text(status));
        b->code = EXIT_USAGE;
        return;
    }
    const struct policy_case *one;
    for (uint32_t i = 0; (one = cases_at(cases, i)) != NULL; i++) {
        run_case(b, one, given);
    }
    policy_free(b->policy); /* its name is the cases' */
    b->policy = NULL;
    cases_free(cases);
}

int policy_test(int count, char **files, const char *policy)
{
    static struct bench bench; /* its line is too large for a stack */
    if (certificates_new(CERTIFICATES_MAX, &bench.certificates) != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(OV_NOMEM));
        return EXIT_OUTPUT;
    }
    for (int i = 0; i < count; i++) {
        run_file(&bench, files[i], policy);
    }
    certificates_free(bench.certificates);
    printf("%u cases, %u failed\n", bench.passed + bench.failed, bench.failed);
    if (fflush(stdout) != 0) {
        return EXIT_OUTPUT;
    }
    return bench.code != EXIT_CLEAN ? bench.code : bench.failed > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}

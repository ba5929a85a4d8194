/* cli/judge.c: overt judge: flow records that an audit wrote, judged under another policy.
 *
 * The judge learns and judges in the order of the audit: flows that ended one after the other; of
 * those that were open when their capture ended all are learnt from first, which takes a second
 * reading of their lines. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/budget.h"
#include "cli/judge_lines.h"
#include "cli/progress.h"

enum {
    FILES_MAX = 4096,  /* captures that records name */
    NOTICES_MAX = 256, /* that wait for the findings */
    TOLD_MAX = 20,     /* faults told on stderr, of each file */
    FILE_NAME_MAX = 1024,
};

struct judging {
    const struct options *options; /* borrowed */
    const struct policy *policy;   /* borrowed */
    struct certificates *certificates;
    struct judge *judge;
    struct report_out out;
    char *files[FILES_MAX]; /* owned: findings borrow them */
    uint32_t file_count;
    char *notices[NOTICES_MAX]; /* owned: lines for behind the findings */
    uint32_t notice_count;
    struct record_totals totals;
    uint64_t flows;
    int read, failed; /* inputs */

    /* of the input at hand */
    const char *path;
    struct judge_lines lines;
    struct judge_place block; /* first line of flows that were open at the end of a capture */
    bool in_block, covered, begun;
    const char *block_file, *file; /* file: capture of the last flow, once begun */
    uint64_t faults, fault_first;
};

/* The name of a capture, kept; NULL without one, or where there are too many. */
static const char *file_of(struct judging *j, const char *name)
{
    for (uint32_t i = j->file_count; name != NULL && i > 0; i--) {
        if (strcmp(j->files[i - 1], name) == 0) {
            return j->files[i - 1];
        }
    }
    bool room = name != NULL && j->file_count < FILES_MAX && strlen(name) <= FILE_NAME_MAX;
    char *copy = room ? strdup(name) : NULL;
    if (copy != NULL) {
        j->files[j->file_count++] = copy;
    }
    return copy;
}

static void note_fault(struct judging *j, const char *why)
{
    j->fault_first = j->faults++ == 0 ? j->lines.at.line : j->fault_first;
    if (j->faults <= TOLD_MAX) {
        fprintf(stderr, "overt: %s:%" PRIu64 ": %s\n", j->path, j->lines.at.line, why);
    }
}

/* The next record; false at the end. Faults are noted, unless the lines were read before. */
static bool next_record(struct judging *j, bool again, struct record *ret_record,
                        enum ov_status *status)
{
    enum judge_line line;
    while ((line = judge_lines_next(&j->lines)) != JUDGE_LINE_NONE) {
        *status = OV_SYNTAX;
        (void)snprintf(ret_record->why, sizeof ret_record->why,
                       "found more than %d bytes or a byte 0, expected a record", REPORT_LINE_MAX);
        if (line == JUDGE_LINE_GOOD) {
            *status = records_read(j->lines.text, j->lines.size, j->certificates, ret_record);
        }
        if (*status != OV_SYNTAX) {
            return *status == OV_OK;
        }
        if (!again) {
            note_fault(j, ret_record->why);
        }
    }
    *status = OV_OK;
    return false;
}

static void judge_one(struct judging *j, struct record *record)
{
    struct judgement judgement;
    judge_flow(j->judge, &record->flow, file_of(j, record->file), &judgement);
    j->flows++;
}

/* Judges the open flows that were learnt from. */
static enum ov_status end_block(struct judging *j)
{
    struct judge_place here = j->lines.next;
    struct record record;
    enum ov_status status = OV_OK;
    if (!j->in_block) {
        return OV_OK;
    }
    j->in_block = false;
    if (!judge_lines_go(&j->lines, &j->block)) {
        return OV_IO;
    }
    while (j->lines.next.offset < here.offset && next_record(j, true, &record, &status)) {
        if (record.kind == RECORD_FLOW && record.flow.open &&
            file_of(j, record.file) == j->block_file) {
            judge_one(j, &record);
        }
        records_done(&record);
    }
    return status == OV_OK && !judge_lines_go(&j->lines, &here) ? OV_IO : status;
}

static enum ov_status take_flow(struct judging *j, struct record *record)
{
    const char *file = file_of(j, record->file);
    enum ov_status status = OV_OK;
    if (j->in_block && (!record->flow.open || file != j->block_file)) {
        struct judge_place at = j->lines.at, next = j->lines.next;
        status = end_block(j);
        j->lines.at = at;
        j->lines.next = next;
    }
    if (record->flow.open && !j->in_block) {
        j->in_block = true;
        j->block = j->lines.at;
        j->block_file = file;
    }
    if (!j->begun || file != j->file) {
        judge_restart(j->judge);
    }
    j->begun = true;
    j->file = file;
    judge_learn(j->judge, &record->flow);
    if (!record->flow.open) {
        judge_one(j, record);
    }
    return status;
}

static void take_totals(struct judging *j, const struct record_totals *from)
{
    struct record_totals *to = &j->totals;
    for (unsigned i = 0; i < COUNT_KINDS; i++) {
        to->counters.value[i] += from->counters.value[i];
    }
    bool first = to->first_us == 0 || (from->first_us > 0 && from->first_us < to->first_us);
    to->first_us = first ? from->first_us : to->first_us;
    to->last_us = from->last_us > to->last_us ? from->last_us : to->last_us;
    to->drops.kernel += from->drops.kernel;
    to->drops.interface += from->drops.interface;
    to->live |= from->live;
    j->covered = true;
}

/* What the audit said of its capture stands as it did: damage before the findings, caps behind. */
static void take_notice(struct judging *j)
{
    char *copy =
        j->covered && j->notice_count < NOTICES_MAX ? strndup(j->lines.text, j->lines.size) : NULL;
    if (copy != NULL) {
        j->notices[j->notice_count++] = copy;
    } else {
        report_line(&j->out, j->lines.text);
    }
}

static enum ov_status take_record(struct judging *j, struct record *record)
{
    switch (record->kind) {
    case RECORD_FLOW:
        return take_flow(j, record);
    case RECORD_COVERAGE:
        take_totals(j, &record->totals);
        break;
    case RECORD_NOTICE:
        take_notice(j);
        break;
    case RECORD_OTHER:
        break;
    }
    return OV_OK;
}

static void tell(struct judging *j, const char *code, const char *text)
{
    struct report_notice notice = { .code = code, .text = text, .file = j->path };
    report_notice(&j->out, j->options->sensor, &notice);
    if (!j->options->quiet || strcmp(code, "records.incomplete") != 0) {
        fprintf(stderr, "overt: %s: %s\n", j->path, text);
    }
}

static void tell_faults(struct judging *j)
{
    char text[128];
    if (j->faults > 0) {
        (void)snprintf(text, sizeof text,
                       "%" PRIu64 " lines are no records of overt, the first one line %" PRIu64
                       "; all others were judged",
                       j->faults, j->fault_first);
        tell(j, "records.malformed", text);
        j->failed++;
    }
    if (!j->covered) {
        tell(j, "records.incomplete",
             "no coverage record at the end: flows may be missing, and packets are not counted");
    }
}

static enum ov_status take_input(struct judging *j)
{
    struct record record;
    enum ov_status status = OV_OK;
    while (status == OV_OK && next_record(j, false, &record, &status)) {
        status = take_record(j, &record);
        records_done(&record);
    }
    return status == OV_OK ? end_block(j) : status;
}

static enum ov_status judge_input(struct judging *j, const char *path)
{
    j->path = strcmp(path, "-") == 0 ? "standard input" : path;
    j->in_block = j->covered = j->begun = false;
    j->faults = 0;
    enum ov_status status = OV_IO;
    if (judge_lines_open(&j->lines, path)) {
        j->read++;
        status = take_input(j);
        tell_faults(j);
    }
    if (status == OV_IO) {
        tell(j, "records.unreadable", strerror(errno));
        j->failed++;
        status = OV_OK;
    }
    judge_lines_done(&j->lines);
    return status;
}

static int write_results(struct judging *j, double seconds)
{
    const struct options *o = j->options;
    struct finding_list findings;
    if (judge_findings(j->judge, o->all, &findings) != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(OV_NOMEM));
        return EXIT_OUTPUT;
    }
    for (uint32_t i = 0; i < findings.count; i++) {
        report_finding(&j->out, o->sensor, findings.items[i]);
    }
    for (uint32_t i = 0; i < j->notice_count; i++) {
        report_line(&j->out, j->notices[i]);
    }
    char input[64];
    (void)snprintf(input, sizeof input, "%d %s of flow records", j->read,
                   j->read == 1 ? "file" : "files");
    struct report_run run = {
        .sensor = o->sensor,
        .policy = j->policy,
        .judge = j->judge,
        .counters = &j->totals.counters,
        .input = input,
        .files = (const char *const *)j->files,
        .file_count = j->file_count,
        .first_us = j->totals.first_us,
        .last_us = j->totals.last_us,
        .flows = j->flows,
        .seconds = seconds,
        .drops = j->totals.live ? &j->totals.drops : NULL,
    };
    int code = audit_finish(o, &j->out, false, &run, &findings);
    return j->failed > 0 ? EXIT_INPUT : code;
}

static int judge_inputs(struct judging *j)
{
    const char *path = j->options->out;
    path = path == NULL && isatty(STDOUT_FILENO) != 1 ? "-" : path;
    double begun = progress_clock();
    j->out.file = path != NULL ? audit_open(path) : NULL;
    if (path != NULL && j->out.file == NULL) {
        return EXIT_OUTPUT;
    }
    enum ov_status status = OV_OK;
    for (int i = 0; status == OV_OK && i < j->options->input_count; i++) {
        status = judge_input(j, j->options->inputs[i]);
    }
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
    }
    int code = status == OV_OK ? write_results(j, progress_clock() - begun) : EXIT_OUTPUT;
    return audit_close(&j->out, path) ? code : EXIT_OUTPUT;
}

static void judging_done(struct judging *j)
{
    judge_free(j->judge);
    certificates_free(j->certificates);
    for (uint32_t i = 0; i < j->file_count; i++) {
        free(j->files[i]);
    }
    for (uint32_t i = 0; i < j->notice_count; i++) {
        free(j->notices[i]);
    }
}

/* What is about packets has no meaning where there are none. */
static bool has_packet_options(const struct options *o)
{
    const struct {
        bool given;
        const char *name;
    } options[] = {
        { o->flows != NULL, "--flows" },   { o->filter != NULL, "--filter" },
        { o->keylog != NULL, "--keylog" }, { o->verify_named, "--verify" },
        { !o->ndpi, "--no-ndpi" },         { o->each, "--each" },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].given) {
            fprintf(stderr, "overt: judge: found %s, which is about packets: there are none\n",
                    options[i].name);
            return true;
        }
    }
    return false;
}

int judge_command(int argc, char **argv)
{
    struct options options;
    if (options_read(argc, argv, &options) != OV_OK || has_packet_options(&options)) {
        return EXIT_USAGE;
    }
    struct policy *policy = audit_policy(options.policy);
    if (policy == NULL) {
        return EXIT_USAGE;
    }
    static struct judging judging; /* its line is too large for a stack */
    struct judging *j = &judging;
    j->options = &options;
    j->policy = policy;
    int code = EXIT_OUTPUT;
    uint32_t certificates = budget_of(options.memory_bytes).certificates;
    enum ov_status status = certificates_new(certificates, &j->certificates);
    status = status == OV_OK ? judge_new(policy, j->certificates, &j->judge) : status;
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
    } else {
        code = judge_inputs(j);
    }
    judging_done(j);
    policy_free(policy);
    return code;
}

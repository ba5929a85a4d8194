/* cli/audit.c: outputs, exit status and the ending of a replay. */
#include "cli/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"

enum { ENDING_FINDINGS = 20 }; /* told in full on a terminal */

struct policy *audit_policy(const char *name)
{
    struct policy *policy = NULL;
    const char *wanted = name != NULL ? name : "lync-2010";
    enum ov_status status = policy_builtin(wanted, &policy);
    if (status == OV_SYNTAX && name != NULL) {
        status = policy_read(name, stderr, &policy);
    }
    if (status != OV_OK) {
        fprintf(stderr, "overt: policy %s: %s\n", wanted, ov_status_text(status));
        return NULL;
    }
    return policy;
}

/* `--out *.pcap` must not cost a capture: a file that holds something else than records stays. */
static bool holds_other_things(const char *path)
{
    struct stat what;
    FILE *file = stat(path, &what) == 0 && S_ISREG(what.st_mode) ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return false;
    }
    int first = fgetc(file);
    fclose(file);
    return first != EOF && first != '{';
}

FILE *audit_open(const char *path)
{
    if (strcmp(path, "-") == 0) {
        return stdout;
    }
    if (holds_other_things(path)) {
        fprintf(stderr, "overt: %s: this file holds no records of overt: not overwritten\n", path);
        return NULL;
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "overt: %s: %s\n", path, strerror(errno));
    }
    return file;
}

/* Two streams into one file would overwrite each other's lines. */
static bool is_same_file(FILE *one, FILE *other)
{
    struct stat a, b;
    return one != other && fstat(fileno(one), &a) == 0 && fstat(fileno(other), &b) == 0 &&
           S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool audit_open_outputs(struct pipeline *p)
{
    const struct options *o = p->options;
    const char *out = o->out;
    if (out == NULL && isatty(STDOUT_FILENO) != 1) {
        out = "-";
    }
    p->verdicts.records.file = out != NULL ? audit_open(out) : NULL;
    p->verdicts.flows.file = o->flows != NULL ? audit_open(o->flows) : NULL;
    if (p->verdicts.records.file != NULL && p->verdicts.flows.file != NULL &&
        is_same_file(p->verdicts.records.file, p->verdicts.flows.file)) {
        fprintf(stderr, "overt: --out and --flows name the same file\n");
        return false;
    }
    return (out == NULL || p->verdicts.records.file != NULL) &&
           (o->flows == NULL || p->verdicts.flows.file != NULL);
}

bool audit_close(struct report_out *out, const char *path)
{
    bool good = report_flush(out);
    if (out->file != NULL && out->file != stdout && fclose(out->file) != 0 && good) {
        good = false;
        out->errno_kept = errno;
    }
    if (!good) {
        fprintf(stderr, "overt: %s: not everything could be written: %s\n",
                path != NULL ? path : "standard output", strerror(out->errno_kept));
    }
    out->file = NULL;
    return good;
}

bool audit_close_outputs(struct pipeline *p)
{
    bool good = audit_close(&p->verdicts.records, p->options->out);
    return audit_close(&p->verdicts.flows, p->options->flows) && good;
}

/* Is there a finding at or above --fail-on? */
static bool has_failed(const struct options *o, const struct finding_list *findings)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *f = findings->items[i];
        bool counts = f->verdict == VERDICT_VIOLATION || f->verdict == VERDICT_WEAK ||
                      f->verdict == VERDICT_UNKNOWN;
        if (counts && !o->fail_never && f->severity >= o->fail_on) {
            return true;
        }
    }
    return false;
}

static const char *input_text(const struct options *o, const struct audit_inputs *in, char *buffer,
                              size_t size)
{
    if (in->read == 1 && o->input_count == 1) {
        const char *path = o->inputs[0];
        const char *base = strrchr(path, '/');
        snprintf(buffer, size, "%s",
                 strcmp(path, "-") == 0            ? "standard input"
                 : base != NULL && base[1] != '\0' ? base + 1
                                                   : path);
    } else {
        snprintf(buffer, size, "%d %s", in->read, in->read == 1 ? "capture" : "captures");
    }
    return buffer;
}

/* What was dropped at a cap, and how much. */
struct limit {
    uint64_t count;
    const char *code, *text;
};

/* A notice to out and, if there are, to the flow records. */
static void tell_limit(const struct options *o, const struct limit *limit, struct report_out *out,
                       struct report_out *flows)
{
    char text[256];
    snprintf(text, sizeof text, "%" PRIu64 " %s", limit->count, limit->text);
    struct report_notice notice = { .code = limit->code, .text = text };
    if (limit->count > 0) {
        report_notice(out, o->sensor, &notice);
    }
    if (limit->count > 0 && flows != NULL) {
        report_notice(flows, o->sensor, &notice);
    }
}

/* Caps on the way to the judge: those who judge flow records again must know. */
static void tell_limits(struct pipeline *p)
{
    struct counters counters;
    pipeline_count(p, &counters);
    const uint64_t *counted = counters.value;
    struct keylog_counts keys;
    keylog_count(p->keys.keylog, &keys);
    const struct limit limits[] = {
        { counted[COUNT_LINK_UNKNOWN], "capture.link-type-unknown",
          "packets have a link type that overt does not decode: they were not judged" },
        { counted[COUNT_LINK_ENCRYPTED], "capture.link-encrypted",
          "frames are encrypted on their link (Wi-Fi, MACsec): what they carry was not judged" },
        { counted[COUNT_LINK_AGGREGATED], "capture.link-aggregated",
          "Wi-Fi frames hold several packets, of which only the first was decoded" },
        { counted[COUNT_TUNNEL_IDS], "table.tunnels-full",
          "packets came through more different tunnels than are told apart" },
        { counted[COUNT_FLOWS_EVICTED], "table.flows-full",
          "flows were judged before they ended, as the flow table was full: raise --memory" },
        { counted[COUNT_FACTS_DROPPED], "table.facts-full",
          "facts were not kept at the cap of their flow: its verdicts may be unknown" },
        { counted[COUNT_TCP_DROPPED], "table.stream-full",
          "TCP bytes behind holes were given up at their cap" },
        { keys.unread, "keylog.lines-unread", "lines of the key log could not be read" },
        { keys.dropped, "table.keylog-full",
          "sessions of the key log were given up for newer ones at the cap of their table" },
        { resumption_dropped(p->verdicts.joins.resumption), "table.sessions-full",
          "TLS handshakes were forgotten at the cap of their table: sessions that resume them are "
          "unknown" },
        { calls_forgotten(p->verdicts.joins.calls), "table.calls-full",
          "calls that had not ended found no room any more: media of theirs is judged without its "
          "call: raise --memory" },
        { names_dropped(p->verdicts.joins.names), "table.names-full",
          "addresses or names of DNS answers found no room: hosts may lack their names" },
        { tunnels_join_dropped(p->verdicts.joins.tunnels), "table.vpns-full",
          "pairs of hosts with a VPN found no room: a trunk may be called outside of none" },
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        tell_limit(p->options, &limits[i], &p->verdicts.records, &p->verdicts.flows);
    }
}

static void tell_judge_limits(const struct options *o, struct report_out *out,
                              const struct judge *judge, const struct finding_list *findings)
{
    const struct limit limits[] = {
        { findings->dropped, "table.findings-full",
          "findings were not kept: there are too many different ones" },
        { judge_inferred_dropped(judge), "table.roles-full",
          "hosts found no room in the table of inferred roles: name the servers in a policy" },
        { judge_legs_dropped(judge), "table.signalling-full",
          "pairs of hosts found no room in the table of signalling: media that depends on it may "
          "be unknown" },
        { judge_answers_dropped(judge), "table.answers-full",
          "answers of name servers found no room: contradictions may be missing" },
        { judge_identities_dropped(judge), "table.certificates-full",
          "certificates of hosts were forgotten: changed and shared ones may be missing" },
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        tell_limit(o, &limits[i], out, NULL);
    }
}

static void tell_waivers(const struct options *o, struct report_out *out, const struct judge *judge)
{
    const struct policy_waiver *waiver = NULL;
    for (uint32_t i = 0; (waiver = judge_unused_waiver(judge, i)) != NULL; i++) {
        char text[256];
        snprintf(text, sizeof text, "the waiver of %s by %.60s until %s was not needed: %.100s",
                 waiver->row, waiver->owner, waiver->expires, waiver->reason);
        struct report_notice notice = { .code = "policy.waiver-unused", .text = text };
        report_notice(out, o->sensor, &notice);
    }
}

int audit_finish(const struct options *o, struct report_out *out, bool flows_to_stdout,
                 const struct report_run *run, const struct finding_list *findings)
{
    tell_judge_limits(o, out, run->judge, findings);
    tell_waivers(o, out, run->judge);
    report_coverage(out, run);
    bool to_stdout = out->file != stdout && !flows_to_stdout;
    if (!o->quiet && (to_stdout || isatty(STDERR_FILENO) == 1)) {
        FILE *terminal = to_stdout ? stdout : stderr;
        report_ending(terminal, run, findings, isatty(fileno(terminal)) == 1, ENDING_FINDINGS);
    }
    return has_failed(o, findings) ? EXIT_FINDINGS : EXIT_CLEAN;
}

int audit_end(struct pipeline *p, const struct report_run *run, const struct finding_list *findings)
{
    report_coverage(&p->verdicts.flows, run); /* overt judge has no packets to count */
    tell_limits(p);
    return audit_finish(p->options, &p->verdicts.records, p->verdicts.flows.file == stdout, run,
                        findings);
}

bool audit_news(struct pipeline *p, bool last)
{
    struct finding_list news;
    if (p->source != NULL) {
        judge_name_files(p->verdicts.judge, p->source);
    }
    if (judge_news(p->verdicts.judge, p->options->all, last, &news) != OV_OK) {
        return false;
    }
    for (uint32_t i = 0; i < news.count; i++) {
        report_finding(&p->verdicts.records, p->options->sensor, news.items[i]);
    }
    return true;
}

/* Findings, coverage and the ending. */
static int write_results(struct pipeline *p, const struct audit_inputs *in, double seconds)
{
    const struct options *o = p->options;
    struct finding_list findings;
    if ((o->follow && !audit_news(p, true)) ||
        judge_findings(p->verdicts.judge, o->all, &findings) != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(OV_NOMEM));
        return EXIT_OUTPUT;
    }
    for (uint32_t i = 0; i < findings.count && !o->follow; i++) {
        report_finding(&p->verdicts.records, o->sensor, findings.items[i]);
    }
    char input[256];
    struct counters counters;
    pipeline_count(p, &counters);
    struct report_run run = {
        .sensor = o->sensor,
        .policy = p->policy,
        .judge = p->verdicts.judge,
        .counters = &counters,
        .input = input_text(o, in, input, sizeof input),
        .files = (const char *const *)in->found.paths,
        .file_count = (uint32_t)in->found.count,
        .first_us = p->first_us,
        .last_us = p->last_us,
        .flows = p->verdicts.flow_count,
        .seconds = seconds,
    };
    int code = audit_end(p, &run, &findings);
    return in->failed > 0 ? EXIT_INPUT : code;
}

static int run_audit(struct pipeline *p)
{
    double begun = progress_clock();
    struct audit_inputs in;
    enum ov_status status = audit_inputs(p, &in);
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
        audit_inputs_done(&in);
        return EXIT_OUTPUT;
    }
    int code = write_results(p, &in, progress_clock() - begun);
    audit_inputs_done(&in);
    return audit_close_outputs(p) ? code : EXIT_OUTPUT;
}

static int audit_captures(struct pipeline *p)
{
    return audit_open_outputs(p) ? run_audit(p) : EXIT_OUTPUT;
}

int audit_with_pipeline(int argc, char **argv, int (*run)(struct pipeline *p))
{
    struct options options;
    if (options_read(argc, argv, &options) != OV_OK) {
        return EXIT_USAGE;
    }
    struct policy *policy = audit_policy(options.policy);
    if (policy == NULL) {
        return EXIT_USAGE;
    }
    if (!options.verify_named && !policy_settings(policy)->accept_inferred_mtls) {
        options.verify = VERIFY_ALL; /* what is left out of a sample is inferred only */
    }
    static struct pipeline pipeline; /* its batch is too large for a stack */
    int code = EXIT_OUTPUT;
    enum ov_status status = pipeline_init(&pipeline, &options, policy);
    pipeline.own_policy = policy;
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
    } else {
        code = run(&pipeline);
    }
    pipeline_done(&pipeline);
    policy_free(pipeline.own_policy);
    return code;
}

int audit_command(int argc, char **argv)
{
    return audit_with_pipeline(argc, argv, audit_captures);
}

/* cli/audit_inputs.c: every named capture through the pipeline, damage told and gone past. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/audit.h"
#include "cli/follow.h"
#include "cli/progress.h"

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

const volatile sig_atomic_t *audit_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an output error: exit 4 */
    return &stop_asked;
}

/* Also to those who judge the flow records again. */
static void tell(struct pipeline *p, const struct report_notice *notice)
{
    report_notice(&p->verdicts.records, p->options->sensor, notice);
    report_notice(&p->verdicts.flows, p->options->sensor, notice);
    if (!p->options->quiet) {
        fprintf(stderr, "overt: %s: %s\n", notice->file != NULL ? notice->file : "notice",
                notice->text);
    }
}

static void tell_unreadable(struct pipeline *p, const char *path, const char *why)
{
    struct report_notice notice = { .code = "capture.unreadable", .text = why, .file = path };
    report_notice(&p->verdicts.records, p->options->sensor, &notice);
    report_notice(&p->verdicts.flows, p->options->sensor, &notice);
    fprintf(stderr, "overt: %s: %s\n", path, why);
}

static void tell_damage(struct pipeline *p, const char *path, const struct source_set_end *end)
{
    const struct source_status *status = &end->status;
    char text[SOURCE_TEXT_SIZE + 256];
    struct text t = text_into(text, sizeof text);
    text_printf(&t, "damaged at byte %" PRIu64 "%s: %s; ", status->damaged_at,
                status->packing != NULL ? " of the unpacked capture" : "", status->damage);
    if (status->skipped_bytes > 0) {
        text_printf(&t, "%" PRIu64 " bytes in %" PRIu64 " %s could not be read; ",
                    status->skipped_bytes, status->damaged_places,
                    status->damaged_places == 1 ? "place" : "places");
    }
    text_printf(&t, "the %" PRIu64 " packets before it ", status->damaged_packets);
    if (status->packets > status->damaged_packets) {
        text_printf(&t, "and %" PRIu64 " behind it ", status->packets - status->damaged_packets);
    }
    text_put(&t, "were judged");
    struct report_notice notice = {
        .code = "capture.damaged",
        .text = text,
        .file = path,
        .offset = status->damaged_at,
        .packet = status->damaged_packets,
        .time_us = status->damaged_us,
        .skipped_bytes = status->skipped_bytes,
    };
    p->counters.value[COUNT_DAMAGED_PLACES] += status->damaged_places;
    p->counters.value[COUNT_DAMAGED_BYTES] += status->skipped_bytes;
    tell(p, &notice);
}

static void tell_late(struct pipeline *p, uint32_t files)
{
    char text[256];
    snprintf(text, sizeof text,
             "%" PRIu32 " captures overlap in time with %d others: parts of them were judged later "
             "than they were sent",
             files, SOURCE_SET_OPEN_MAX);
    struct report_notice notice = { .code = "capture.too-many-overlap", .text = text };
    tell(p, &notice);
}

/* What became of the captures of a set. */
static void tell_ends(struct pipeline *p, const struct source_set *set, struct audit_inputs *in)
{
    for (uint32_t i = 0; i < source_set_count(set); i++) {
        struct source_set_end end;
        source_set_end(set, i, &end);
        in->read += end.opened;
        in->failed += !end.opened || end.status.damaged;
        if (!end.opened) {
            tell_unreadable(p, end.path, end.why);
        } else if (end.status.damaged) {
            tell_damage(p, end.path, &end);
        }
    }
    if (source_set_late(set) > 0) {
        tell_late(p, source_set_late(set));
    }
}

/* A flow record names the packets of a set by their numbers in the set. */
static void tell_joined(struct pipeline *p, int count)
{
    char text[128];
    snprintf(text, sizeof text, "packet numbers count through %d captures that were judged as one",
             count);
    struct report_notice notice = { .code = "flows.captures-joined", .text = text };
    report_notice(&p->verdicts.flows, p->options->sensor, &notice);
}

/* Judges captures as one. */
static enum ov_status run_set(struct pipeline *p, char *const *paths, int count,
                              struct audit_inputs *in)
{
    struct source_options wanted = { .filter = p->options->filter,
                                     .secrets = &p->keys.secrets,
                                     .stop = &stop_asked };
    struct source_set *set = NULL;
    struct progress progress;
    bool one_of_several = count == 1 && in->found.count > 1;
    enum ov_status status = source_set_new(paths, (uint32_t)count, &wanted, &set);
    if (status == OV_OK) {
        progress_begin(&progress, count == 1 ? paths[0] : "all captures", !p->options->quiet);
        status = pipeline_run(p, set, one_of_several ? paths[0] : NULL, &progress, &stop_asked);
    }
    if (status == OV_OK) {
        tell_ends(p, set, in);
        if (count > 1) {
            tell_joined(p, count);
            judge_name_files(p->verdicts.judge, set);
        }
    }
    source_set_free(set);
    return status;
}

/* Ends by a signal, as it should. */
static enum ov_status follow_folder(struct pipeline *p, struct audit_inputs *in)
{
    struct source_set *set = NULL;
    enum ov_status status = follow_run(p, &in->found, &stop_asked, &set);
    if (status == OV_OK) {
        tell_ends(p, set, in);
        judge_name_files(p->verdicts.judge, set);
    }
    in->failed += in->found.failed;
    source_set_free(set);
    return status;
}

enum ov_status audit_inputs(struct pipeline *p, struct audit_inputs *ret_inputs)
{
    struct inputs *found = &ret_inputs->found;
    *ret_inputs = (struct audit_inputs){ 0 };
    (void)audit_catch_signals();
    if (p->options->follow) {
        return follow_folder(p, ret_inputs);
    }
    enum ov_status status = inputs_find(p->options->inputs, p->options->input_count, found);
    ret_inputs->failed = found->failed;
    int step = p->options->each ? 1 : found->count;
    for (int i = 0; status == OV_OK && i < found->count && stop_asked == 0; i += step) {
        status = run_set(p, &found->paths[i], step, ret_inputs);
    }
    if (stop_asked != 0) {
        ret_inputs->failed++;
        struct report_notice notice = {
            .code = "audit.interrupted",
            .text = "stopped by a signal; only what was read until then is judged",
        };
        tell(p, &notice);
    }
    return status;
}

void audit_inputs_done(struct audit_inputs *inputs)
{
    inputs_done(&inputs->found);
}

/* cli/audit_inputs.c: every named capture through the pipeline, damage told and gone past. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
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

static void tell(struct pipeline *p, const struct report_notice *notice)
{
    report_notice(&p->verdicts.records, p->options->sensor, notice);
    if (!p->options->quiet) {
        fprintf(stderr, "overt: %s: %s\n", notice->file != NULL ? notice->file : "notice",
                notice->text);
    }
}

static void tell_unreadable(struct pipeline *p, const char *path, const char *why)
{
    struct report_notice notice = { .code = "capture.unreadable", .text = why, .file = path };
    report_notice(&p->verdicts.records, p->options->sensor, &notice);
    fprintf(stderr, "overt: %s: %s\n", path, why);
}

static void tell_damage(struct pipeline *p, const char *path, const struct source_status *status)
{
    char text[SOURCE_TEXT_SIZE + 128];
    snprintf(text, sizeof text,
             "damaged at byte %" PRIu64 "%s: %s; the %" PRIu64 " packets before it were judged",
             status->damaged_at, status->packing != NULL ? " of the unpacked capture" : "",
             status->damage, status->packets);
    struct report_notice notice = {
        .code = "capture.damaged",
        .text = text,
        .file = path,
        .offset = status->damaged_at,
        .packet = status->packets,
        .time_us = p->time_us,
    };
    tell(p, &notice);
}

static enum ov_status run_one(struct pipeline *p, const char *path, bool several,
                              struct audit_inputs *in)
{
    struct source_options wanted = { .filter = p->options->filter, .stop = &stop_asked };
    struct source *source = NULL;
    char why[SOURCE_TEXT_SIZE];
    enum ov_status status = source_open(path, &wanted, &source, why);
    if (status != OV_OK) {
        in->failed++;
        tell_unreadable(p, path, why);
        return status == OV_NOMEM ? OV_NOMEM : OV_OK;
    }
    struct progress progress;
    progress_begin(&progress, path, !p->options->quiet);
    status = pipeline_run(p, source, several ? path : NULL, &progress, &stop_asked);
    struct source_status read;
    source_status(source, &read);
    source_close(source);
    in->read++;
    if (read.damaged) {
        in->failed++;
        tell_damage(p, path, &read);
    }
    return status;
}

enum ov_status audit_inputs(struct pipeline *p, struct audit_inputs *ret_inputs)
{
    struct inputs *found = &ret_inputs->found;
    *ret_inputs = (struct audit_inputs){ 0 };
    (void)audit_catch_signals();
    enum ov_status status = inputs_find(p->options->inputs, p->options->input_count, found);
    ret_inputs->failed = found->failed;
    for (int i = 0; status == OV_OK && i < found->count && stop_asked == 0; i++) {
        status = run_one(p, found->paths[i], found->count > 1, ret_inputs);
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

/* cli/watch.c: collects what workers post, judges it, writes findings as they become known. */
#include "cli/watch.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/reload.h"

enum {
    COLLECT_MS = 200,    /* the judge looks whether it is to stop this often */
    LOSS_PAD_US = 50000, /* between the clocks of packets and of posts */
};

/* What one worker told last. */
struct seen {
    struct counters counters;
    struct source_live_drops drops;
    uint32_t flows_open;
};

/* What the judge knows of the capture. */
struct judging {
    struct watch *watch;
    const volatile sig_atomic_t *stop;
    struct worker_out *outs[WORKERS_MAX];
    struct seen seen[WORKERS_MAX];
    struct counters counters;
    struct source_live_drops drops, told_drops; /* told: in a notice */
    bool down[INTERFACES_MAX];
    uint64_t latest_us, flows_open, backlog;
    uint64_t read_until_us;                    /* by all workers */
    uint64_t stats_us, coverage_us, notice_us; /* steady clock, when they were last written */
    bool short_of_memory;
};

static void tell(struct pipeline *p, const char *code, const char *text, uint64_t time_us)
{
    struct report_notice notice = { .code = code, .text = text, .time_us = time_us };
    report_notice(&p->verdicts.records, p->options->sensor, &notice);
    if (!p->options->quiet) {
        fprintf(stderr, "overt: %s\n", text);
    }
}

/* All have posted, or ended. */
static bool are_here(const struct watch *w)
{
    bool any = false;
    for (unsigned i = 0; i < w->hand_count; i++) {
        any |= w->hands[i].posted != NULL;
        if (w->hands[i].posted == NULL && !w->hands[i].done) {
            return false;
        }
    }
    return any;
}

static bool are_done(const struct watch *w)
{
    for (unsigned i = 0; i < w->hand_count; i++) {
        if (!w->hands[i].done || w->hands[i].posted != NULL) {
            return false;
        }
    }
    return true;
}

/* False when a while went by. */
static bool wait_for_posts(struct watch *w)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)COLLECT_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&w->lock);
    int late = 0;
    while (!are_here(w) && !are_done(w) && late == 0) {
        late = pthread_cond_timedwait(&w->may_judge, &w->lock, &until);
    }
    bool here = are_here(w);
    pthread_mutex_unlock(&w->lock);
    return here;
}

static void give_back(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    for (unsigned i = 0; i < w->hand_count; i++) {
        w->hands[i].posted = NULL;
    }
    pthread_cond_broadcast(&w->may_post);
    pthread_mutex_unlock(&w->lock);
}

static void lost(struct judging *j, uint64_t from_us, uint64_t to_us)
{
    losses_add(&j->watch->p->verdicts.losses, from_us > LOSS_PAD_US ? from_us - LOSS_PAD_US : 0,
               to_us + LOSS_PAD_US);
}

/* Interfaces that went down or came up; while one is down, its packets are lost to us. */
static void note_interface(struct judging *j, unsigned i, bool up, uint64_t begun_us,
                           uint64_t end_us)
{
    char text[256];
    const char *name = j->watch->options->interfaces[i];
    if (!up || j->down[i]) {
        lost(j, begun_us, end_us);
    }
    if (up == !j->down[i]) {
        return;
    }
    j->down[i] = !up;
    snprintf(text, sizeof text, "%s: %s", name,
             up ? "the interface is up again: what went by meanwhile was not seen"
                : "the interface is down or went away: it is read again when it is back");
    tell(j->watch->p, up ? "interface.up" : "interface.down", text, end_us);
}

/* What a worker says of its time since the start. */
static void take_sum(struct judging *j, unsigned i, const struct watch_post *post)
{
    j->seen[i] = (struct seen){ post->counters, post->drops, post->flows_open };
    j->backlog += post->out.closing_count;
    j->latest_us = post->latest_us > j->latest_us ? post->latest_us : j->latest_us;
}

static void add_sums(struct judging *j)
{
    j->counters = (struct counters){ 0 };
    j->drops = (struct source_live_drops){ 0 };
    j->flows_open = 0;
    for (unsigned i = 0; i < j->watch->hand_count; i++) {
        const struct seen *seen = &j->seen[i];
        for (unsigned kind = 0; kind < COUNT_KINDS; kind++) {
            j->counters.value[kind] += seen->counters.value[kind];
        }
        j->drops.kernel += seen->drops.kernel;
        j->drops.interface += seen->drops.interface;
        j->flows_open += seen->flows_open;
    }
}

/* An interface is up when all workers read it. */
static void note_interfaces(struct judging *j, uint64_t begun_us, uint64_t end_us)
{
    const struct watch *w = j->watch;
    for (unsigned i = 0; i < w->options->interface_count; i++) {
        bool up = true;
        for (unsigned k = 0; k < w->hand_count; k++) {
            up &= w->hands[k].posted == NULL || w->hands[k].posted->up[i];
        }
        note_interface(j, i, up, begun_us, end_us);
    }
}

/* Looks at all posts, before any flow in them is judged. */
static void take_posts(struct judging *j)
{
    static struct worker_out none;
    struct watch *w = j->watch;
    struct source_live_drops before = j->drops;
    uint64_t begun_us = UINT64_MAX, end_us = 0;
    j->backlog = 0;
    j->read_until_us = UINT64_MAX;
    for (unsigned i = 0; i < w->hand_count; i++) {
        struct watch_post *post = w->hands[i].posted;
        j->outs[i] = post != NULL ? &post->out : &none;
        if (post != NULL) {
            take_sum(j, i, post);
            begun_us = post->begun_us < begun_us ? post->begun_us : begun_us;
            end_us = post->end_us > end_us ? post->end_us : end_us;
            j->read_until_us =
                post->read_until_us < j->read_until_us ? post->read_until_us : j->read_until_us;
        }
    }
    add_sums(j);
    if (j->drops.kernel > before.kernel || j->drops.interface > before.interface) {
        lost(j, begun_us, end_us);
    }
    note_interfaces(j, begun_us, end_us);
}

static uint64_t resident_bytes(void)
{
    char line[128] = "", *second = NULL; /* pages: all, resident, ... */
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        second = fgets(line, sizeof line, file) != NULL ? strchr(line, ' ') : NULL;
        fclose(file);
    }
    uint64_t resident = second != NULL ? strtoull(second, NULL, 10) : 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void write_stats(struct judging *j)
{
    struct pipeline *p = j->watch->p;
    struct report_stats stats = {
        .sensor = p->options->sensor,
        .written_us = watch_hand_wall_us(),
        .time_us = j->latest_us,
        .packets = j->counters.value[COUNT_PACKETS],
        .bytes = j->counters.value[COUNT_BYTES],
        .drops = { j->drops.kernel, j->drops.interface },
        .flows_open = j->flows_open,
        .flows_judged = p->verdicts.flow_count,
        .memory_bytes = resident_bytes(),
        .backlog = j->backlog,
    };
    report_stats(&p->verdicts.records, &stats);
}

static const char *input_text(const struct options *o, char *buffer, size_t size)
{
    snprintf(buffer, size, o->interface_count == 1 ? "%s" : "%s and others", o->interfaces[0]);
    return buffer;
}

static struct report_run describe_run(const struct judging *j, const char *input,
                                      const struct report_drops *drops)
{
    struct pipeline *p = j->watch->p;
    return (struct report_run){
        .sensor = p->options->sensor,
        .policy = p->policy,
        .judge = p->verdicts.judge,
        .counters = &j->counters,
        .input = input,
        .first_us = atomic_load(&j->watch->first_us),
        .last_us = j->latest_us,
        .flows = p->verdicts.flow_count,
        .drops = drops,
    };
}

static void write_coverage(struct judging *j)
{
    struct report_drops drops = { j->drops.kernel, j->drops.interface };
    struct report_run run = describe_run(j, "", &drops);
    report_coverage(&j->watch->p->verdicts.records, &run);
}

/* Is it time again? */
static bool is_due(uint64_t *last_us, uint64_t now_us, uint32_t seconds)
{
    bool due = seconds > 0 && now_us - *last_us >= (uint64_t)seconds * 1000000;
    *last_us = due ? now_us : *last_us;
    return due;
}

static void tell_drops(struct judging *j)
{
    char text[256];
    uint64_t kernel = j->drops.kernel - j->told_drops.kernel;
    uint64_t interface = j->drops.interface - j->told_drops.interface;
    if (kernel + interface == 0) {
        return;
    }
    snprintf(text, sizeof text,
             "%" PRIu64 " packets were lost by the kernel and %" PRIu64
             " by the interface: absence in flows of that time is unknown; raise --buffer or "
             "--workers, or use --filter",
             kernel, interface);
    tell(j->watch->p, "capture.packets-lost", text, j->latest_us);
    j->told_drops = j->drops;
}

static void write_due(struct judging *j, bool last)
{
    enum { NOTICE_S = 10 }; /* at most one notice of drops in so many seconds */
    struct pipeline *p = j->watch->p;
    uint64_t now_us = watch_hand_steady_us();
    j->short_of_memory |= !audit_news(p, last);
    if (last || is_due(&j->notice_us, now_us, NOTICE_S)) {
        tell_drops(j);
    }
    if (is_due(&j->stats_us, now_us, p->options->stats_s) || (last && p->options->stats_s > 0)) {
        write_stats(j);
    }
    if (!last && is_due(&j->coverage_us, now_us, p->options->coverage_s)) {
        write_coverage(j);
    }
    (void)report_flush(&p->verdicts.records); /* a failure stays, and ends the run */
    (void)report_flush(&p->verdicts.flows);
}

/* Counters of rows that the new policy may not have are written first. */
static void look_for_policy(struct judging *j)
{
    char state[64];
    if (!reload_asked()) {
        return;
    }
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, watch_hand_steady_us());
    watch_service_tell(state);
    write_coverage(j);
    reload_policy(j->watch->p, j->latest_us);
    (void)report_flush(&j->watch->p->verdicts.records);
    watch_service_tell("READY=1");
}

/* Until all workers have ended: they do when a signal came, or nothing can be written. */
static void judge_all(struct judging *j)
{
    struct watch *w = j->watch;
    struct verdicts *v = &w->p->verdicts;
    for (;;) {
        bool here = wait_for_posts(w);
        keylog_file_look(&w->p->keys);
        look_for_policy(j);
        if ((*j->stop != 0 || v->records.failed || v->flows.failed || j->short_of_memory) &&
            !atomic_exchange(&w->stop, true)) {
            watch_service_tell("STOPPING=1");
        }
        if (here) {
            take_posts(j);
            verdicts_take_live(v, j->outs, w->hand_count, j->read_until_us);
            give_back(w);
            write_due(j, false);
        }
        pthread_mutex_lock(&w->lock);
        bool done = are_done(w);
        pthread_mutex_unlock(&w->lock);
        if (done) {
            return;
        }
    }
}

static void take_the_rest(struct judging *j)
{
    static struct worker_out none;
    struct pipeline *p = j->watch->p;
    for (unsigned i = 0; i < p->worker_count; i++) {
        j->outs[i] = &none;
    }
    verdicts_take_live(&p->verdicts, j->outs, p->worker_count, UINT64_MAX);
    for (unsigned i = 0; i < p->worker_count; i++) {
        p->counters.value[COUNT_FACTS_DROPPED] += p->verdicts.waiting[i].dropped;
    }
}

/* Flows that are open are judged as at the end of a capture. */
static int finish(struct judging *j, double seconds)
{
    struct watch *w = j->watch;
    struct pipeline *p = w->p;
    struct finding_list findings;
    char input[128];
    take_the_rest(j);
    verdicts_end(&p->verdicts, p->workers, p->worker_count);
    for (unsigned i = 0; i < p->worker_count; i++) {
        j->short_of_memory |= p->workers[i].short_of_memory;
        for (unsigned kind = 0; kind < COUNT_KINDS; kind++) {
            p->counters.value[kind] += w->hands[i].counters.value[kind];
        }
    }
    pipeline_count(p, &j->counters);
    j->flows_open = j->backlog = 0;
    write_due(j, true);
    if (judge_findings(p->verdicts.judge, p->options->all, &findings) != OV_OK ||
        j->short_of_memory) {
        fprintf(stderr, "overt: %s\n", ov_status_text(OV_NOMEM));
        return EXIT_OUTPUT;
    }
    struct report_drops drops = { j->drops.kernel, j->drops.interface };
    struct report_run run = describe_run(j, input_text(p->options, input, sizeof input), &drops);
    run.seconds = seconds;
    int code = audit_end(p, &run, &findings);
    for (unsigned i = 0; i < p->options->interface_count; i++) {
        code = j->down[i] ? EXIT_INPUT : code;
    }
    return code;
}

/* Only the thread of the command takes signals: it is the one that looks for them. */
static enum ov_status start(struct watch *w)
{
    sigset_t all, before;
    enum ov_status status = OV_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (status == OV_OK && w->hand_count < w->p->worker_count) {
        status = watch_hand_start(&w->hands[w->hand_count]);
        w->hand_count += status == OV_OK;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static int run(struct watch *w)
{
    struct judging *j = calloc(1, sizeof *j);
    double begun = progress_clock();
    int code = EXIT_OUTPUT;
    if (j == NULL) {
        return EXIT_OUTPUT;
    }
    j->watch = w;
    j->stop = audit_catch_signals();
    reload_catch();
    j->stats_us = j->coverage_us = watch_hand_steady_us();
    enum ov_status status = start(w);
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
        atomic_store(&w->stop, true);
    } else {
        watch_service_tell("READY=1");
    }
    judge_all(j);
    for (unsigned i = 0; i < w->hand_count; i++) {
        pthread_join(w->hands[i].thread, NULL);
    }
    if (status == OV_OK) {
        code = finish(j, progress_clock() - begun);
        code = audit_close_outputs(w->p) ? code : EXIT_OUTPUT;
    }
    free(j);
    return code;
}

static enum ov_status prepare(struct watch *w, struct pipeline *p)
{
    *w = (struct watch){ .p = p, .options = p->options };
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->may_judge, NULL);
    pthread_cond_init(&w->may_post, NULL);
    verdicts_begin(&p->verdicts, NULL);
    calls_live(p->verdicts.joins.calls);
    w->hands = calloc(p->worker_count, sizeof *w->hands);
    enum ov_status status = w->hands != NULL ? OV_OK : OV_NOMEM;
    for (unsigned i = 0; i < p->worker_count && status == OV_OK; i++) {
        w->hands[i].watch = w;
        w->hands[i].number = i;
        w->hands[i].worker = &p->workers[i];
        status = worker_begin(&p->workers[i]);
        dispatch_watch(p->workers[i].dispatch);
    }
    if (status != OV_OK) {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
    }
    return status;
}

static void done(struct watch *w)
{
    for (unsigned i = 0; w->hands != NULL && i < w->p->worker_count; i++) {
        watch_hand_done(&w->hands[i]);
        worker_end(&w->p->workers[i]);
    }
    free(w->hands);
    pthread_cond_destroy(&w->may_post);
    pthread_cond_destroy(&w->may_judge);
    pthread_mutex_destroy(&w->lock);
}

/* Interfaces first: an output of an earlier run is not emptied when nothing can be read. */
static int watch_interfaces(struct pipeline *p)
{
    struct watch w;
    int code = EXIT_OUTPUT;
    if (prepare(&w, p) == OV_OK) {
        code = EXIT_INPUT;
        if (watch_hand_open_all(&w) == OV_OK) {
            code = audit_open_outputs(p) ? run(&w) : EXIT_OUTPUT;
        }
    }
    done(&w);
    return code;
}

int watch_command(int argc, char **argv)
{
    return audit_with_pipeline(argc, argv, watch_interfaces);
}

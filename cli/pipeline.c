/* cli/pipeline.c: stages in order. */
#include "cli/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "cli/budget.h"

enum { DATAGRAMS_MAX = 1024 }; /* IP datagrams in pieces at once */

static enum ov_status init_workers(struct pipeline *p)
{
    p->workers = calloc(p->options->workers, sizeof *p->workers);
    if (p->workers == NULL) {
        return OV_NOMEM;
    }
    struct worker_shared shared = { p->certificates, p->keys.keylog, p->tunnels, p->seed };
    enum ov_status status = OV_OK;
    while (status == OV_OK && p->worker_count < p->options->workers) {
        status =
            worker_init(&p->workers[p->worker_count++], p->options, p->options->workers, &shared);
    }
    return status;
}

static enum ov_status open_keys(struct pipeline *p)
{
    const char *path = p->options->keylog;
    enum ov_status status = keylog_file_init(&p->keys, p->seed);
    if (status == OV_OK && path != NULL && p->options->interface_count > 0) {
        keylog_file_follow(&p->keys, path);
    } else if (status == OV_OK && path != NULL) {
        status = keylog_file_read(&p->keys, path);
    }
    return status;
}

enum ov_status pipeline_init(struct pipeline *p, const struct options *options,
                             const struct policy *policy)
{
    memset(p, 0, sizeof *p);
    p->options = options;
    p->policy = policy;
    p->seed = hash_seed_random();
    uint32_t certificates = budget_of(options->memory_bytes).certificates;
    enum ov_status status = certificates_new(certificates, &p->certificates);
    if (status == OV_OK) {
        status = open_keys(p);
    }
    if (status == OV_OK) {
        status = verdicts_init(&p->verdicts, options, policy, p->certificates, p->seed);
    }
    if (status == OV_OK) {
        status = tunnels_new(p->seed, &p->tunnels);
    }
    return status == OV_OK ? init_workers(p) : status;
}

void pipeline_done(struct pipeline *p)
{
    worker_out_done(&p->out);
    for (unsigned i = 0; i < p->worker_count; i++) {
        worker_done(&p->workers[i]);
    }
    free(p->workers);
    verdicts_done(&p->verdicts);
    tunnels_free(p->tunnels);
    certificates_free(p->certificates);
    keylog_file_done(&p->keys);
}

/* Captures may be named, and packets written, in any order. */
static void note_times(struct pipeline *p, const struct batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        if (p->first_us == 0 || b->time_us[i] < p->first_us) {
            p->first_us = b->time_us[i];
        }
        p->last_us = b->time_us[i] > p->last_us ? b->time_us[i] : p->last_us;
    }
}

/* What is known of datagrams that will not be whole any more. */
static bool read_heads(struct pipeline *p, struct batch *b)
{
    if (!frames_heads(b, p->fragments, p->tunnels)) {
        return false;
    }
    batch_tell_time(b, &p->clock);
    return true;
}

bool pipeline_read(struct pipeline *p, struct batch *b)
{
    if (read_heads(p, b)) {
        return true;
    }
    if (*p->stop != 0 || !source_set_read(p->source, b)) { /* frames, times, numbers, link types */
        fragments_finish(p->fragments, &p->counters);
        return read_heads(p, b);
    }
    batch_tell_time(b, &p->clock);
    note_times(p, b);
    frames_decode(b, p->fragments, p->tunnels, &p->counters);
    duplicates_mark(p->duplicates, b, &p->counters);
    progress_step(p->progress, p->source);
    return true;
}

void pipeline_release(struct pipeline *p, struct batch *b)
{
    fragments_recycle(p->fragments, b->datagrams);
    source_release(b); /* packet memory ends here */
}

static bool pipeline_step(struct pipeline *p)
{
    struct batch *b = &p->batch;
    if (!pipeline_read(p, b)) {
        return false;
    }
    struct worker_out *out = &p->out;
    worker_step(&p->workers[0], b, out);  /* flows, streams, analyzers; flows that are over */
    verdicts_take(&p->verdicts, &out, 1); /* joins, judge, reports */
    if (p->judged != NULL) {
        p->judged(p);
    }
    worker_forget(&p->workers[0], out);
    pipeline_release(p, b);
    return true;
}

static enum ov_status begin(struct pipeline *p, struct source_set *source, const char *file)
{
    p->source = source;
    p->clock = (struct batch_clock){ 0 };
    verdicts_begin(&p->verdicts, file);
    verified_reset(certificates_verified(p->certificates));
    enum ov_status status = fragments_new(DATAGRAMS_MAX, p->seed, &p->fragments);
    if (status == OV_OK) {
        status = duplicates_new(p->seed, &p->duplicates);
    }
    for (unsigned i = 0; i < p->worker_count && status == OV_OK; i++) {
        status = worker_begin(&p->workers[i]);
    }
    return status;
}

static bool short_of_memory(const struct pipeline *p)
{
    for (unsigned i = 0; i < p->worker_count; i++) {
        if (p->workers[i].short_of_memory) {
            return true;
        }
    }
    return false;
}

/* What could not be read at the end of a capture. */
static void note_lost_tail(struct pipeline *p)
{
    uint64_t from_us = 0, to_us = 0;
    if (source_set_lost(p->source, &from_us, &to_us)) {
        losses_add(&p->verdicts.losses, from_us, to_us);
    }
}

enum ov_status pipeline_run(struct pipeline *p, struct source_set *source, const char *file,
                            struct progress *progress, const volatile sig_atomic_t *stop)
{
    p->progress = progress;
    p->stop = stop;
    enum ov_status status = begin(p, source, file);
    if (status == OV_OK && p->worker_count > 1) {
        status = pipeline_threads(p);
    } else if (status == OV_OK) {
        while (pipeline_step(p)) {
        }
    }
    if (status == OV_OK) {
        progress_end(progress);
        note_lost_tail(p);
        verdicts_end(&p->verdicts, p->workers, p->worker_count);
        fragments_finish(p->fragments, &p->counters);
        status = short_of_memory(p) ? OV_NOMEM : OV_OK;
    }
    for (unsigned i = 0; i < p->worker_count; i++) {
        worker_end(&p->workers[i]);
    }
    fragments_free(p->fragments);
    duplicates_free(p->duplicates);
    p->fragments = NULL;
    p->duplicates = NULL;
    p->source = NULL;
    return status;
}

void pipeline_count(const struct pipeline *p, struct counters *ret_counters)
{
    *ret_counters = p->counters;
    for (unsigned i = 0; i < p->worker_count; i++) {
        for (unsigned kind = 0; kind < COUNT_KINDS; kind++) {
            ret_counters->value[kind] += p->workers[i].counters.value[kind];
        }
    }
}

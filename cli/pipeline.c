/* cli/pipeline.c: stages in order, and what becomes of a flow that is over. */
#include "cli/pipeline.h"

#include <string.h>

enum {
    CALLS_MAX = 20000,
    CERTIFICATES_MAX = 8192,
    DATAGRAMS_MAX = 1024,     /* IP datagrams in pieces at once */
    IDLE_TCP_MS = 15 * 60000, /* SIP and TLS connections idle between keep-alives */
    IDLE_UDP_MS = 5 * 60000,  /* SIP over UDP: refreshes come every few minutes */
    IDLE_CLOSED_MS = 10000,
    BYTES_PER_FLOW = 2048, /* of the memory cap: a third of it for table lines and records; half
                              of all is for analyzers' state, streams and facts */
    FLOWS_MOST = 4 * 1024 * 1024,
};

#define PIPELINE_OF(pointer, member)                                                               \
    ((struct pipeline *)(void *)((char *)(pointer)-offsetof(struct pipeline, member)))

static void write_flow(struct pipeline *p, struct flow_record *record)
{
    struct judgement judgement;
    judge_flow(p->judge, record, p->file, &judgement);
    if (p->flows.file != NULL) {
        report_flow(&p->flows, p->options->sensor, record, &judgement, p->file);
    }
}

static void flow_learn(struct flow_closer *learner, struct flow_cold *cold)
{
    struct pipeline *p = PIPELINE_OF(learner, learner);
    struct flow_record record;
    dispatch_conclude(p->dispatch, cold, p->at_end, &record);
    calls_conclude(p->calls, &record);
    judge_learn(p->judge, &record);
}

static void flow_closed(struct flow_closer *closer, struct flow_cold *cold)
{
    struct pipeline *p = PIPELINE_OF(closer, closer);
    if (!p->at_end) { /* at the end flow_learn has been there for all */
        flow_learn(&p->learner, cold);
    }
    struct flow_record record;
    dispatch_conclude(p->dispatch, cold, p->at_end, &record);
    write_flow(p, &record);
    dispatch_forget(p->dispatch, cold);
    p->flow_count++;
}

static uint32_t flows_max(const struct options *options)
{
    uint64_t most = options->memory_bytes / BYTES_PER_FLOW;
    return most < FLOWS_MOST ? (uint32_t)most : FLOWS_MOST;
}

enum ov_status pipeline_init(struct pipeline *p, const struct options *options,
                             const struct policy *policy)
{
    memset(p, 0, sizeof *p);
    p->options = options;
    p->policy = policy;
    p->seed = hash_seed_random();
    p->closer.closed = flow_closed;
    p->learner.closed = flow_learn;
    enum ov_status status = certificates_new(CERTIFICATES_MAX, &p->certificates);
    if (status == OV_OK) {
        status = calls_new(CALLS_MAX, p->seed, &p->calls);
    }
    if (status == OV_OK) {
        status = judge_new(policy, p->certificates, &p->judge);
    }
    if (status == OV_OK) {
        struct dispatch_options dispatch = {
            .certificates = p->certificates,
            .calls = p->calls,
            .counters = &p->counters,
            .seed = p->seed,
            .flows_max = flows_max(options),
            .memory_bytes = options->memory_bytes / 2,
            .ndpi = options->ndpi,
        };
        status = dispatch_new(&dispatch, &p->dispatch);
    }
    return status;
}

void pipeline_done(struct pipeline *p)
{
    dispatch_free(p->dispatch);
    judge_free(p->judge);
    calls_free(p->calls);
    certificates_free(p->certificates);
}

enum ov_status pipeline_begin(struct pipeline *p, struct source *source, const char *file)
{
    struct flow_table_limits limits = {
        .flows_max = flows_max(p->options),
        .idle_tcp_ms = IDLE_TCP_MS,
        .idle_udp_ms = IDLE_UDP_MS,
        .idle_closed_ms = IDLE_CLOSED_MS,
    };
    p->source = source;
    p->file = file;
    p->at_end = false;
    p->time_us = 0;
    dispatch_restart(p->dispatch);
    enum ov_status status = flow_table_new(&limits, p->seed, &p->table);
    return status == OV_OK ? fragments_new(DATAGRAMS_MAX, p->seed, &p->fragments) : status;
}

/* Captures may be named, and packets written, in any order. */
static void note_times(struct pipeline *p, const struct batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        if (p->first_us == 0 || b->time_us[i] < p->first_us) {
            p->first_us = b->time_us[i];
        }
        p->last_us = b->time_us[i] > p->last_us ? b->time_us[i] : p->last_us;
        p->time_us = b->time_us[i];
    }
}

bool pipeline_step(struct pipeline *p)
{
    struct batch *b = &p->batch;
    if (!source_read(p->source, b)) { /* frames, times, numbers, link types */
        return false;
    }
    frames_decode(b, p->fragments, &p->counters);
    flow_table_press(p->table, dispatch_pressed(p->dispatch));
    flow_table_find(p->table, b, &p->counters);
    dispatch_batch(p->dispatch, b);
    flow_table_expire(p->table, b, &p->closer);
    note_times(p, b);
    fragments_recycle(p->fragments);
    source_release(p->source, b); /* packet memory ends here */
    return true;
}

void pipeline_end(struct pipeline *p)
{
    if (p->table != NULL) {
        p->at_end = true;
        flow_table_each(p->table, &p->learner);
        flow_table_close_all(p->table, &p->closer);
    }
    if (p->fragments != NULL) {
        fragments_finish(p->fragments, &p->counters);
    }
    flow_table_free(p->table);
    fragments_free(p->fragments);
    source_close(p->source);
    p->table = NULL;
    p->fragments = NULL;
    p->source = NULL;
}

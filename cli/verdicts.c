/* cli/verdicts.c: merges by packet number, so that the number of workers changes nothing. */
#include "cli/verdicts.h"

#include <string.h>

enum { CALLS_MAX = 20000 };

enum ov_status verdicts_init(struct verdicts *v, const struct options *options,
                             const struct policy *policy, const struct certificates *certificates,
                             struct hash_seed seed)
{
    memset(v, 0, sizeof *v);
    v->options = options;
    enum ov_status status = calls_new(CALLS_MAX, seed, &v->calls);
    return status == OV_OK ? judge_new(policy, certificates, &v->judge) : status;
}

void verdicts_done(struct verdicts *v)
{
    judge_free(v->judge);
    calls_free(v->calls);
    facts_done(&v->nothing);
}

void verdicts_begin(struct verdicts *v, const char *file)
{
    v->file = file;
    calls_restart(v->calls);
}

static void replay(struct verdicts *v, const struct call_log *log, size_t from, size_t to)
{
    while (from < to) {
        from = call_log_replay(log, from, v->calls);
    }
}

static void complete(struct verdicts *v, struct flow_record *record)
{
    uint64_t quiet_us = record->start_us < FLOW_START_QUIET_US ? 0 : FLOW_START_QUIET_US;
    record->lost_nearby = losses_touch(&v->losses, record->start_us - quiet_us, record->end_us);
    if (record->facts == NULL) {
        facts_done(&v->nothing);
        record->facts = &v->nothing;
    }
}

static void learn(struct verdicts *v, struct flow_record *record)
{
    complete(v, record);
    calls_conclude(v->calls, record);
    judge_learn(v->judge, record);
}

static void judge_one(struct verdicts *v, struct flow_record *record)
{
    struct judgement judgement;
    complete(v, record);
    judge_flow(v->judge, record, v->file, &judgement);
    if (v->flows.file != NULL) {
        report_flow(&v->flows, v->options->sensor, record, &judgement, v->file);
    }
    v->flow_count++;
}

/* Part of a worker's output; an empty one where memory was short. */
static const struct worker_part *part_of(const struct worker_out *out, uint32_t part)
{
    static const struct worker_part none;
    return part < out->part_count ? &out->parts[part] : &none;
}

/* What packets told the join of calls, by packet number. */
static void take_logs(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                      uint32_t part)
{
    size_t at[WORKERS_MAX];
    for (unsigned i = 0; i < workers; i++) {
        at[i] = part_of(outs[i], part)->log_begin;
    }
    for (;;) {
        unsigned next = workers;
        uint64_t packet = 0;
        for (unsigned i = 0; i < workers; i++) {
            if (at[i] < part_of(outs[i], part)->log_end) {
                uint64_t its = call_log_packet(&outs[i]->log, at[i]);
                if (next == workers || its < packet) {
                    next = i;
                    packet = its;
                }
            }
        }
        if (next == workers) {
            return;
        }
        at[next] = call_log_replay(&outs[next]->log, at[next], v->calls);
    }
}

/* Flows that ended, by their first packet. */
static void take_closings(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                          uint32_t part)
{
    uint32_t at[WORKERS_MAX];
    for (unsigned i = 0; i < workers; i++) {
        at[i] = part_of(outs[i], part)->closing_begin;
    }
    for (;;) {
        struct closing *next = NULL;
        unsigned from = 0;
        for (unsigned i = 0; i < workers; i++) {
            if (at[i] < part_of(outs[i], part)->closing_end) {
                struct closing *its = &outs[i]->closings[at[i]];
                if (next == NULL || its->record.packet_first < next->record.packet_first) {
                    next = its;
                    from = i;
                }
            }
        }
        if (next == NULL) {
            return;
        }
        at[from]++;
        replay(v, &outs[from]->log, next->log_begin, next->log_end);
        learn(v, &next->record);
        judge_one(v, &next->record);
    }
}

void verdicts_take(struct verdicts *v, struct worker_out *const outs[], unsigned workers)
{
    for (uint32_t part = 0; part < outs[0]->part_count; part++) {
        take_logs(v, outs, workers, part);
        take_closings(v, outs, workers, part);
    }
}

/* How far the log of one worker was told. */
struct log_reader {
    uint32_t part;
    size_t at;
};

/* Is there more in the parts of this log? */
static bool has_more(const struct worker_out *out, struct log_reader *reader)
{
    while (reader->part < out->part_count && reader->at >= out->parts[reader->part].log_end) {
        reader->part++;
        reader->at = reader->part < out->part_count ? out->parts[reader->part].log_begin : 0;
    }
    return reader->part < out->part_count;
}

static void take_logs_live(struct verdicts *v, struct worker_out *const outs[], unsigned workers)
{
    struct log_reader readers[WORKERS_MAX] = { { 0 } };
    for (;;) {
        unsigned next = workers;
        uint64_t packet = 0;
        for (unsigned i = 0; i < workers; i++) {
            if (has_more(outs[i], &readers[i])) {
                uint64_t its = call_log_packet(&outs[i]->log, readers[i].at);
                packet = next == workers || its < packet ? its : packet;
                next = packet == its ? i : next;
            }
        }
        if (next == workers) {
            return;
        }
        readers[next].at = call_log_replay(&outs[next]->log, readers[next].at, v->calls);
    }
}

void verdicts_take_live(struct verdicts *v, struct worker_out *const outs[], unsigned workers)
{
    take_logs_live(v, outs, workers);
    for (unsigned i = 0; i < workers; i++) {
        for (uint32_t k = 0; k < outs[i]->closing_count; k++) {
            struct closing *closing = &outs[i]->closings[k];
            replay(v, &outs[i]->log, closing->log_begin, closing->log_end);
            learn(v, &closing->record);
            judge_one(v, &closing->record);
        }
    }
}

/* The worker whose open flow at hand began first; `count` when there is none. */
static unsigned earliest(struct flow_cold *const at[], unsigned count)
{
    unsigned first = count;
    for (unsigned i = 0; i < count; i++) {
        if (at[i] != NULL && (first == count || at[i]->first_packet < at[first]->first_packet)) {
            first = i;
        }
    }
    return first;
}

static void learn_open(struct verdicts *v, struct worker *workers, unsigned count)
{
    struct flow_cold *at[WORKERS_MAX];
    struct worker_out out = { 0 };
    for (unsigned i = 0; i < count; i++) {
        at[i] = worker_next(&workers[i], NULL);
    }
    for (unsigned i = earliest(at, count); i < count; i = earliest(at, count)) {
        struct flow_record record;
        worker_conclude(&workers[i], at[i], &out, &record);
        replay(v, &out.log, 0, out.log.used);
        learn(v, &record);
        worker_forget(&workers[i], &out);
        at[i] = worker_next(&workers[i], at[i]);
    }
    worker_out_done(&out);
}

static void judge_open(struct verdicts *v, struct worker *workers, unsigned count)
{
    struct flow_cold *at[WORKERS_MAX];
    struct worker_out out = { 0 };
    for (unsigned i = 0; i < count; i++) {
        at[i] = worker_next(&workers[i], NULL);
    }
    for (unsigned i = earliest(at, count); i < count; i = earliest(at, count)) {
        worker_close_first(&workers[i], &out);
        if (out.closing_count > 0) {
            judge_one(v, &out.closings[0].record);
        }
        worker_forget(&workers[i], &out);
        at[i] = worker_next(&workers[i], NULL);
    }
    worker_out_done(&out);
}

void verdicts_end(struct verdicts *v, struct worker *workers, unsigned count)
{
    learn_open(v, workers, count);
    judge_open(v, workers, count);
    for (unsigned i = 0; i < count; i++) {
        worker_end(&workers[i]);
    }
}

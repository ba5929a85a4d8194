/* cli/verdicts.c: merges by packet number, so that the number of workers changes nothing. */
#include "cli/verdicts.h"

#include <netinet/in.h>
#include <string.h>

#include "cli/budget.h"

enum ov_status verdicts_init(struct verdicts *v, const struct options *options,
                             const struct policy *policy, const struct certificates *certificates,
                             struct hash_seed seed)
{
    memset(v, 0, sizeof *v);
    v->options = options;
    struct memory_budget budget = budget_of(options->memory_bytes);
    enum ov_status status = calls_new(budget.calls, seed, &v->joins.calls);
    status = status == OV_OK ? resumption_new(budget.sessions, seed, &v->joins.resumption) : status;
    status = status == OV_OK ? names_new(budget.names, seed, &v->joins.names) : status;
    status = status == OV_OK ? tunnels_join_new(budget.tunnels, seed, &v->joins.tunnels) : status;
    status = status == OV_OK ? call_verdicts_new(budget.calls, &v->call_verdicts) : status;
    v->certificates = certificates;
    return status == OV_OK ? judge_new(policy, certificates, &v->judge) : status;
}

void verdicts_done(struct verdicts *v)
{
    judge_free(v->judge);
    tunnels_join_free(v->joins.tunnels);
    names_free(v->joins.names);
    resumption_free(v->joins.resumption);
    calls_free(v->joins.calls);
    call_verdicts_free(v->call_verdicts);
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        call_log_done(&v->waiting[i]);
    }
    facts_done(&v->nothing);
}

static void tell_call(void *context, const struct call_sheet *sheet)
{
    struct verdicts *v = context;
    struct call_verdict worst = call_verdicts_of(v->call_verdicts, sheet);
    report_call(&v->flows, v->options->sensor, sheet, &worst, v->file);
}

void verdicts_begin(struct verdicts *v, const char *file)
{
    v->file = file;
    calls_teller(v->joins.calls, v->flows.file != NULL ? tell_call : NULL, v);
    v->losses.count = 0;
    calls_restart(v->joins.calls);
    resumption_restart(v->joins.resumption);
    names_restart(v->joins.names);
    tunnels_join_restart(v->joins.tunnels);
    judge_restart(v->judge);
}

static void replay(struct verdicts *v, const struct call_log *log, size_t from, size_t to)
{
    while (from < to) {
        from = call_log_replay(log, from, &v->joins);
    }
}

static void complete(struct verdicts *v, struct flow_record *record)
{
    uint64_t quiet_us = record->start_us < FLOW_START_QUIET_US ? 0 : FLOW_START_QUIET_US;
    uint64_t after_us = record->end_seen && record->l4 == IPPROTO_TCP ? 0 : FLOW_START_QUIET_US;
    record->lost_nearby =
        losses_touch(&v->losses, record->start_us - quiet_us, record->end_us + after_us);
    if (record->facts == NULL) {
        facts_done(&v->nothing);
        record->facts = &v->nothing;
    }
}

static void learn(struct verdicts *v, struct flow_record *record)
{
    complete(v, record);
    resumption_conclude(v->joins.resumption, v->certificates, record);
    names_conclude(v->joins.names, v->certificates, record);
    calls_conclude(v->joins.calls, record);
    calls_certificates_conclude(v->joins.calls, v->certificates, record);
    tunnels_join_conclude(v->joins.tunnels, record);
    judge_learn(v->judge, record);
}

/* Calls that are over by now, and one that is this flow alone. */
static void tell_calls(struct verdicts *v, const struct flow_record *record)
{
    struct call_sheet sheet;
    bool media = facts_find(record->facts, OBS_MEDIA_SSRC) != NULL;
    if (media && facts_find(record->facts, OBS_MEDIA_CALL) == NULL &&
        call_sheet_of_flow(record, &sheet)) {
        tell_call(v, &sheet);
    }
    calls_pass_time(v->joins.calls, record->end_us);
}

static void judge_one(struct verdicts *v, struct flow_record *record)
{
    struct judgement judgement;
    complete(v, record);
    calls_name(record);
    judge_flow(v->judge, record, v->file, &judgement);
    if (v->flows.file != NULL) {
        const struct report_judged judged = { record, &judgement, v->certificates };
        report_flow(&v->flows, v->options->sensor, &judged, v->file);
        call_verdicts_note(v->call_verdicts, record, &judgement);
        tell_calls(v, record);
    }
    v->flow_count++;
}

/* Part of a worker's output; an empty one where memory was short. */
static const struct worker_part *part_of(const struct worker_out *out, uint32_t part)
{
    static const struct worker_part none;
    return part < out->part_count ? &out->parts[part] : &none;
}

/* The worker whose next entry has the lowest packet number; `workers` when there is none. */
static unsigned earliest_entry(struct worker_out *const outs[], const size_t at[], unsigned workers,
                               uint32_t part)
{
    unsigned first = workers;
    uint64_t packet = 0;
    for (unsigned i = 0; i < workers; i++) {
        if (at[i] < part_of(outs[i], part)->log_end) {
            uint64_t its = call_log_packet(&outs[i]->log, at[i]);
            first = first == workers || its < packet ? i : first;
            packet = first == i ? its : packet;
        }
    }
    return first;
}

/* What packets told the join of calls, by packet number. */
static void take_logs(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                      uint32_t part)
{
    size_t at[WORKERS_MAX];
    for (unsigned i = 0; i < workers; i++) {
        at[i] = part_of(outs[i], part)->log_begin;
    }
    unsigned next = earliest_entry(outs, at, workers, part);
    while (next < workers) {
        at[next] = call_log_replay(&outs[next]->log, at[next], &v->joins);
        next = earliest_entry(outs, at, workers, part);
    }
}

/* The worker whose next flow that ended began first; `workers` when there is none. */
static unsigned earliest_closing(struct worker_out *const outs[], const uint32_t at[],
                                 unsigned workers, uint32_t part)
{
    unsigned first = workers;
    uint64_t packet = 0;
    for (unsigned i = 0; i < workers; i++) {
        if (at[i] < part_of(outs[i], part)->closing_end) {
            uint64_t its = outs[i]->closings[at[i]].record.packet_first;
            first = first == workers || its < packet ? i : first;
            packet = first == i ? its : packet;
        }
    }
    return first;
}

/* Flows that ended, by their first packet. */
static void take_closings(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                          uint32_t part)
{
    uint32_t at[WORKERS_MAX];
    for (unsigned i = 0; i < workers; i++) {
        at[i] = part_of(outs[i], part)->closing_begin;
    }
    unsigned from = earliest_closing(outs, at, workers, part);
    while (from < workers) {
        struct closing *next = &outs[from]->closings[at[from]++];
        replay(v, &outs[from]->log, next->log_begin, next->log_end);
        learn(v, &next->record);
        judge_one(v, &next->record);
        from = earliest_closing(outs, at, workers, part);
    }
}

void verdicts_take(struct verdicts *v, struct worker_out *const outs[], unsigned workers)
{
    for (uint32_t part = 0; part < outs[0]->part_count; part++) {
        const struct worker_part *any = part_of(outs[0], part);
        if (any->lost_to_us > 0) {
            losses_add(&v->losses, any->lost_from_us, any->lost_to_us);
        }
        take_logs(v, outs, workers, part);
        take_closings(v, outs, workers, part);
    }
}

/* The worker whose first waiting entry is the earliest; `workers` when none is due. */
static unsigned earliest_waiting(const struct verdicts *v, const size_t at[], unsigned workers,
                                 uint64_t until_us)
{
    unsigned next = workers;
    uint64_t earliest_us = until_us;
    for (unsigned i = 0; i < workers; i++) {
        if (at[i] < v->waiting[i].used) {
            uint64_t its_us = call_log_time(&v->waiting[i], at[i]);
            if (next == workers ? its_us <= earliest_us : its_us < earliest_us) {
                next = i;
                earliest_us = its_us;
            }
        }
    }
    return next;
}

/* What packets told the join of calls, by time, as far as all workers have come. */
static void take_logs_live(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                           uint64_t until_us)
{
    size_t at[WORKERS_MAX] = { 0 };
    for (unsigned i = 0; i < workers; i++) {
        for (uint32_t part = 0; part < outs[i]->part_count; part++) {
            const struct worker_part *its = &outs[i]->parts[part];
            call_log_append(&v->waiting[i], &outs[i]->log, its->log_begin, its->log_end);
        }
    }
    unsigned next = earliest_waiting(v, at, workers, until_us);
    while (next < workers) {
        at[next] = call_log_replay(&v->waiting[next], at[next], &v->joins);
        next = earliest_waiting(v, at, workers, until_us);
    }
    for (unsigned i = 0; i < workers; i++) {
        call_log_drop(&v->waiting[i], at[i]);
    }
}

void verdicts_take_live(struct verdicts *v, struct worker_out *const outs[], unsigned workers,
                        uint64_t until_us)
{
    take_logs_live(v, outs, workers, until_us);
    for (unsigned i = 0; i < workers; i++) {
        for (uint32_t k = 0; k < outs[i]->glance_count; k++) {
            struct flow_record *record = &outs[i]->glances[k].record;
            learn(v, record);
            judge_open_flow(v->judge, record);
        }
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
            out.closings[0].record.open = true;
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
    calls_tell(v->joins.calls);
    for (unsigned i = 0; i < count; i++) {
        worker_end(&workers[i]);
    }
}

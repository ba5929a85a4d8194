/* cli/worker.c: flow table and dispatcher of one thread; shares nothing that changes. */
#include "cli/worker.h"

#include <stdlib.h>
#include <string.h>

#include "cli/budget.h"

enum {
    IDLE_TCP_MS = 15 * 60000, /* SIP and TLS connections idle between keep-alives */
    IDLE_UDP_MS = 5 * 60000,  /* SIP over UDP: refreshes come every few minutes */
    IDLE_CLOSED_MS = 10000,
    BYTES_PER_FLOW = 400, /* of the workers' memory: a half of it for the flow table, 200 bytes a
                             flow; the other is for analyzers' state, streams and facts */
    FLOWS_MOST = 4 * 1024 * 1024,
    FIRST_CLOSINGS = 64,
    FIRST_PARTS = 8,
};

#define WORKER_OF(pointer)                                                                         \
    ((struct worker *)(void *)((char *)(pointer)-offsetof(struct worker, closer)))

/* Room for one more; NULL without memory. */
static struct closing *add_closing(struct worker_out *out)
{
    if (out->closing_count == out->closing_room) {
        uint32_t room = out->closing_room > 0 ? out->closing_room * 2 : FIRST_CLOSINGS;
        struct closing *grown = realloc(out->closings, room * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        out->closings = grown;
        out->closing_room = room;
    }
    return &out->closings[out->closing_count++];
}

static void flow_closed(struct flow_closer *closer, struct flow_cold *cold)
{
    struct worker *w = WORKER_OF(closer);
    struct closing *closing = add_closing(w->out);
    if (closing == NULL) {
        w->short_of_memory = true;
        dispatch_forget(w->dispatch, dispatch_part(w->dispatch, cold));
        return;
    }
    closing->log_begin = w->out->log.used;
    dispatch_conclude(w->dispatch, cold, w->at_end, &closing->record);
    closing->log_end = w->out->log.used;
    closing->analysis = dispatch_part(w->dispatch, cold);
}

static uint32_t flows_max(uint64_t memory_bytes)
{
    uint64_t most = memory_bytes / BYTES_PER_FLOW;
    return most < FLOWS_MOST ? (uint32_t)most : FLOWS_MOST;
}

enum ov_status worker_init(struct worker *w, const struct options *options, unsigned workers,
                           const struct worker_shared *shared)
{
    memset(w, 0, sizeof *w);
    uint64_t memory_bytes = budget_of(options->memory_bytes).workers_bytes / workers;
    w->limits = (struct flow_table_limits){
        .flows_max = flows_max(memory_bytes),
        .idle_tcp_ms = IDLE_TCP_MS,
        .idle_udp_ms = IDLE_UDP_MS,
        .idle_closed_ms = IDLE_CLOSED_MS,
    };
    w->seed = shared->seed;
    w->closer.closed = flow_closed;
    struct dispatch_options dispatch = {
        .certificates = shared->certificates,
        .keylog = shared->keylog,
        .counters = &w->counters,
        .tunnels = shared->tunnels,
        .seed = shared->seed,
        .flows_max = w->limits.flows_max,
        .memory_bytes = memory_bytes / 2,
        .verify = options->verify,
        .terse = options->flows == NULL,
        .ndpi = options->ndpi,
    };
    return dispatch_new(&dispatch, &w->dispatch);
}

void worker_done(struct worker *w)
{
    flow_table_free(w->table);
    dispatch_free(w->dispatch);
}

enum ov_status worker_begin(struct worker *w)
{
    w->at_end = false;
    dispatch_restart(w->dispatch);
    return flow_table_new(&w->limits, w->seed, &w->table);
}

static void use_out(struct worker *w, struct worker_out *out)
{
    w->out = out;
    dispatch_log(w->dispatch, &out->log);
}

static int by_first_packet(const void *a, const void *b)
{
    uint64_t one = ((const struct closing *)a)->record.packet_first;
    uint64_t other = ((const struct closing *)b)->record.packet_first;
    return (one > other) - (one < other);
}

/* Room for one more; NULL without memory. */
static struct worker_part *add_part(struct worker_out *out)
{
    if (out->part_count == out->part_room) {
        uint32_t room = out->part_room > 0 ? out->part_room * 2 : FIRST_PARTS;
        struct worker_part *grown = realloc(out->parts, room * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        out->parts = grown;
        out->part_room = room;
    }
    return &out->parts[out->part_count++];
}

void worker_step(struct worker *w, struct batch *b, struct worker_out *out)
{
    struct worker_part *part = add_part(out);
    if (part == NULL) {
        w->short_of_memory = true;
        return;
    }
    use_out(w, out);
    part->log_begin = out->log.used;
    part->closing_begin = out->closing_count;
    part->lost_from_us = b->lost_from_us;
    part->lost_to_us = b->lost_to_us;
    flow_table_press(w->table, dispatch_pressed(w->dispatch));
    flow_table_find(w->table, b, &w->counters);
    dispatch_batch(w->dispatch, b);
    part->log_end = out->log.used;
    flow_table_expire(w->table, b, &w->closer);
    part->closing_end = out->closing_count;
    if (part->closing_end - part->closing_begin > 1) {
        qsort(out->closings + part->closing_begin, part->closing_end - part->closing_begin,
              sizeof *out->closings, by_first_packet);
    }
}

void worker_look(struct worker *w, struct worker_out *out)
{
    if (out->glances == NULL) {
        out->glances = calloc(GLANCES_MAX, sizeof *out->glances);
    }
    while (out->glances != NULL && out->glance_count < GLANCES_MAX) {
        struct glance *glance = &out->glances[out->glance_count];
        if (!dispatch_look(w->dispatch, &glance->record, &glance->facts, glance->app)) {
            return;
        }
        out->glance_count++;
    }
}

void worker_forget(struct worker *w, struct worker_out *out)
{
    for (uint32_t i = 0; i < out->glance_count; i++) {
        facts_done(&out->glances[i].facts);
    }
    out->glance_count = 0;
    for (uint32_t i = 0; i < out->closing_count; i++) {
        dispatch_forget(w->dispatch, out->closings[i].analysis);
    }
    dispatch_rest(w->dispatch);
    w->counters.value[COUNT_FACTS_DROPPED] += out->log.dropped;
    call_log_reset(&out->log);
    out->closing_count = 0;
    out->part_count = 0;
}

void worker_out_done(struct worker_out *out)
{
    call_log_done(&out->log);
    free(out->closings);
    free(out->parts);
    free(out->glances);
    *out = (struct worker_out){ 0 };
}

struct flow_cold *worker_next(const struct worker *w, const struct flow_cold *after)
{
    return flow_table_next(w->table, after);
}

void worker_conclude(struct worker *w, struct flow_cold *cold, struct worker_out *out,
                     struct flow_record *ret_record)
{
    w->at_end = true;
    use_out(w, out);
    dispatch_conclude(w->dispatch, cold, true, ret_record);
}

void worker_close_first(struct worker *w, struct worker_out *out)
{
    w->at_end = true;
    use_out(w, out);
    flow_table_close_first(w->table, &w->closer);
}

void worker_end(struct worker *w)
{
    flow_table_free(w->table);
    w->table = NULL;
}

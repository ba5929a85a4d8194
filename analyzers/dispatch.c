/* analyzers/dispatch.c: packets of flows to analyzers, and what becomes of their facts. */
#include "analyzers/dispatch.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/quic_initial.h"
#include "analyzers/crypto/signatures.h"
#include "analyzers/dispatch_internal.h"
#include "analyzers/joins/resumption.h"
#include "analyzers/tls_open.h"

static const struct hash_seed stable_seed; /* flow ids are the same in every run */

static const char *const initiator_names[] = {
    [BY_FIRST_PACKET] = "first_packet",
    [BY_PORT] = "port",
    [BY_REQUEST] = "request",
    [BY_HELLO] = "hello",
    [BY_SYN] = "syn",
};

static bool is_for_joins(enum observation_kind kind)
{
    return (kind >= OBS_SIP_BEGIN && kind <= OBS_SIP_MESSAGE_END) || kind == OBS_DNS_ADDRESS ||
           kind == OBS_MEDIA_SAMPLE || kind == OBS_TUNNEL_SEEN;
}

static void note_change(struct dispatch *d, struct analysis *a)
{
    if (d->watches && !a->changed && d->changed_count < CHANGED_MAX) {
        a->changed = true;
        d->changed[d->changed_count++] = (struct changed){ a->pool_slot, a->flow_id };
    }
}

static void put(struct sink *sink, const struct observation *obs)
{
    struct flow_sink *fs = (struct flow_sink *)sink;
    struct analysis *a = fs->analysis;
    if (fs->opened) {
        dispatch_opened_put(fs, obs);
        return;
    }
    if (obs->kind == OBS_APP) {
        dispatch_app_take(a, obs);
    } else if (obs->kind == OBS_CLIENT) {
        if (!fs->carried) { /* who called through a relay is not who asked for the relay */
            dispatch_app_client(a, obs);
        }
    } else if (is_for_joins(obs->kind)) {
        call_log_put(fs->dispatch->log, a->flow_id, a->end, obs);
    } else {
        if (sink_wants(sink, obs->kind)) {
            facts_put(&a->facts, obs);
        }
        note_change(fs->dispatch, a);
        if (resumption_wants(obs->kind)) {
            call_log_put(fs->dispatch->log, a->flow_id, a->end, obs);
        }
    }
}

static void put_datagram(struct sink *sink, const struct segment *seg)
{
    struct flow_sink *fs = (struct flow_sink *)sink;
    fs->carried = true;
    dispatch_udp_inside(fs->dispatch, fs->analysis, seg);
    fs->carried = false;
}

static bool put_stream(struct sink *sink, const struct segment *seg)
{
    struct flow_sink *fs = (struct flow_sink *)sink;
    return dispatch_inner(fs->dispatch, fs->analysis, seg);
}

enum ov_status dispatch_new(const struct dispatch_options *options, struct dispatch **ret_dispatch)
{
    struct dispatch *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return OV_NOMEM;
    }
    enum ov_status status = signatures_new(&d->signatures);
    if (status != OV_OK) {
        free(d);
        return status;
    }
    d->options = *options;
    d->budget.left = (int64_t)options->memory_bytes;
    d->shared = options->memory_bytes > 0 ? &d->budget : NULL;
    uint32_t most = options->flows_max + BATCH_SIZE; /* the table's evicted ones live a batch on */
    pool_init(&d->flows, sizeof(struct analysis), most);
    for (unsigned i = 0; analyzers[i] != NULL && i < ANALYZERS_MAX; i++) {
        pool_init(&d->states[i], analyzers[i]->state_size > 0 ? analyzers[i]->state_size : 8, most);
        d->analyzer_count = i + 1;
    }
    dispatch_rest_init(d);
    d->sink.sink.put = put;
    d->sink.sink.budget = d->shared;
    d->sink.sink.datagram = put_datagram;
    d->sink.sink.stream = put_stream;
    d->sink.sink.opened = dispatch_opened;
    d->sink.sink.certificates = options->certificates;
    tls_transcript_init(&d->transcripts, d->shared);
    d->inflate.budget = d->shared;
    d->sink.sink.inflate = &d->inflate;
    if (options->verify != VERIFY_NONE) {
        d->sink.sink.signatures = d->signatures;
        d->sink.sink.transcripts = &d->transcripts;
    }
    if (options->verify == VERIFY_NEW && options->certificates != NULL) {
        d->sink.sink.verified = certificates_verified(options->certificates);
    }
    d->sink.sink.terse = options->terse;
    d->sink.sink.digest_seed = options->seed;
    d->sink.dispatch = d;
    status = quic_initial_new(&d->sink.sink.initial);
    if (status == OV_OK && options->keylog != NULL) {
        status = tls_open_new(options->keylog, d->shared, &d->sink.sink.opener);
    }
    if (status != OV_OK) {
        dispatch_free(d);
        return status;
    }
    *ret_dispatch = d;
    return OV_OK;
}

void dispatch_free(struct dispatch *d)
{
    if (d == NULL) {
        return;
    }
    for (unsigned i = 0; i < d->analyzer_count; i++) {
        pool_done(&d->states[i]);
    }
    pool_done(&d->flows);
    dispatch_rest_done(d);
    tls_transcript_done(&d->transcripts);
    inflate_done(&d->inflate);
    signatures_free(d->signatures);
    quic_initial_free(d->sink.sink.initial);
    tls_open_free(d->sink.sink.opener);
    ndpi_door_free(d->ndpi);
    free(d);
}

void dispatch_restart(struct dispatch *d)
{
    d->evicted_before = d->options.counters->value[COUNT_FLOWS_EVICTED];
}

void dispatch_log(struct dispatch *d, struct call_log *log)
{
    d->log = log;
}

void dispatch_tunnels(struct dispatch *d, const struct tunnels *tunnels)
{
    d->options.tunnels = tunnels;
}

bool dispatch_pressed(const struct dispatch *d)
{
    return d->shared != NULL && d->budget.left < (int64_t)(d->options.memory_bytes / 8);
}

static struct flow_end end_of(const struct flow_key *key, unsigned i)
{
    return (struct flow_end){ .address = key->addr[i], .port = key->port[i] };
}

static void name_ends(const struct flow_cold *cold, struct flow_end ret_end[2])
{
    unsigned first = cold->low_first ? 0 : 1;
    ret_end[0] = end_of(&cold->hot.key, first);
    ret_end[1] = end_of(&cold->hot.key, 1 - first);
}

/* The same for the same capture on every machine. */
static uint64_t flow_id_of(const struct flow_cold *cold)
{
    struct {
        struct flow_key key;
        uint64_t first_us, first_packet;
    } what = { cold->hot.key, cold->first_us, cold->first_packet };
    return keyed_hash(&what, sizeof what, stable_seed);
}

/* Ports tell when nothing else does: the end with the well-known one serves. */
static void guess_client(const struct flow_end end[2], uint8_t *ret_client, uint8_t *ret_by)
{
    bool low0 = end[0].port < 1024, low1 = end[1].port < 1024;
    *ret_client = low0 && !low1 ? 1 : 0;
    *ret_by = low0 != low1 ? BY_PORT : BY_FIRST_PACKET;
}

void dispatch_identify(struct analysis *a, struct flow_cold *cold)
{
    a->flow_id = flow_id_of(cold);
    a->cold = cold;
    name_ends(cold, a->end);
    a->l4 = cold->hot.key.l4;
}

static struct analysis *begin(struct dispatch *d, struct flow_cold *cold)
{
    bool roomy = budget_take(d->shared, sizeof(struct analysis));
    uint32_t slot = roomy ? pool_take(&d->flows) : POOL_NONE;
    if (slot == POOL_NONE) {
        budget_give(d->shared, roomy ? sizeof(struct analysis) : 0);
        d->options.counters->value[COUNT_FACTS_DROPPED]++;
        return NULL;
    }
    struct analysis *a = pool_at(&d->flows, slot);
    a->pool_slot = slot;
    dispatch_identify(a, cold);
    a->stream_seat = SEAT_NONE;
    a->facts.budget = d->shared;
    guess_client(a->end, &a->client, &a->initiator);
    cold->analysis = a;
    dispatch_rest_add(d, a);
    return a;
}

uint8_t dispatch_sit(struct dispatch *d, struct analysis *a, unsigned analyzer)
{
    uint16_t size = analyzers[analyzer]->state_size;
    if (a->seat_count == SEATS || !budget_take(d->shared, size)) {
        a->facts.dropped++;
        return SEAT_NONE;
    }
    uint32_t state = size > 0 ? pool_take(&d->states[analyzer]) : POOL_NONE;
    if (size > 0 && state == POOL_NONE) {
        budget_give(d->shared, size);
        a->facts.dropped++;
        return SEAT_NONE;
    }
    a->seats[a->seat_count] = (struct seat){ .analyzer = (uint8_t)analyzer, .state = state };
    return a->seat_count++;
}

void *dispatch_state(struct dispatch *d, const struct seat *seat)
{
    return seat->state == POOL_NONE ? NULL : pool_at(&d->states[seat->analyzer], seat->state);
}

struct segment dispatch_segment(const struct analysis *a, uint8_t side, uint64_t packet,
                                uint64_t time_us)
{
    return (struct segment){
        .packet = packet,
        .time_us = time_us,
        .from = side,
        .handed = a->handed,
        .port = { a->end[0].port, a->end[1].port },
    };
}

/* Nobody wants more of it: from now on its packets cost two counters. */
static bool is_settled(const struct analysis *a)
{
    if (a->settled) {
        return true;
    }
    if (a->l4 == IPPROTO_TCP) {
        return a->stream_seat == SEAT_NONE && a->undecided >= UNDECIDED_TCP_MAX;
    }
    return a->seat_count == 0 && a->undecided >= UNDECIDED_UDP_MAX;
}

static void dispatch_packet(struct dispatch *d, struct batch *b, uint32_t i)
{
    struct flow_cold *cold = b->cold[i];
    struct analysis *a = dispatch_wake(d, cold);
    if (a == NULL && cold->analysis == NULL) {
        bool tcp = cold->hot.key.l4 == IPPROTO_TCP;
        if (bytes_sent(&b->payload[i]) == 0 && !(tcp && dispatch_tcp_acks_data(b, i))) {
            return;
        }
        a = begin(d, cold);
    }
    if (a == NULL) { /* no more will be known of it */
        cold->flags |= COLD_EVICTED;
        b->flow[i]->feeds_left = 0;
        return;
    }
    d->sink.analysis = a;
    d->sink.sink.end = a->end;
    d->sink.sink.packet = b->packet[i];
    if (cold->hot.key.l4 == IPPROTO_TCP) {
        a->start_seen = (cold->flags & (3 * COLD_SYN)) != 0;
        dispatch_tcp(d, a, b, i);
    } else if (cold->hot.key.l4 == IPPROTO_UDP) {
        dispatch_udp(d, a, b, i);
    } else {
        dispatch_ip(d, a, b, i);
    }
    if (bytes_sent(&b->payload[i]) > 0) {
        dispatch_ndpi_ask(d, a, b, i);
    }
    if (is_settled(a)) {
        b->flow[i]->feeds_left = 0;
        dispatch_tcp_stop(a);
        dispatch_inner_free(d, a);
    }
}

static bool is_wanted(const struct batch *b, uint32_t i)
{
    return (b->state[i] & FRAME_FLOW) != 0 && b->flow[i] != NULL && b->flow[i]->feeds_left > 0;
}

void dispatch_batch(struct dispatch *d, struct batch *b)
{
    d->sink.sink.begun_us = b->first_us;
    d->now_us = b->end_us;
    for (uint32_t i = 0; i < b->count; i++) {
        dispatch_ahead(d, b, i);
        if (is_wanted(b, i)) {
            dispatch_packet(d, b, i);
        }
    }
    dispatch_rest(d);
}

static void close_seats(struct dispatch *d, struct analysis *a)
{
    for (uint8_t i = 0; i < a->seat_count; i++) {
        struct seat *seat = &a->seats[i];
        const struct analyzer *analyzer = analyzers[seat->analyzer];
        d->sink.opened = seat->opened;
        if (!seat->closed && analyzer->close != NULL) {
            analyzer->close(dispatch_state(d, seat), &d->sink.sink);
        }
        d->sink.opened = false;
        seat->closed = true;
        if (seat->state != POOL_NONE) {
            pool_give(&d->states[seat->analyzer], seat->state);
            budget_give(d->shared, analyzer->state_size);
            seat->state = POOL_NONE;
        }
    }
}

static void finish(struct dispatch *d, struct flow_cold *cold)
{
    struct analysis *a = dispatch_wake(d, cold);
    if (a == NULL && cold->analysis != NULL) {
        dispatch_lose(d, cold);
    }
    if (a == NULL || a->concluded) {
        return;
    }
    a->concluded = true;
    d->sink.analysis = a;
    d->sink.sink.end = a->end;
    d->sink.sink.packet = 0;
    dispatch_tcp_finish(d, a);
    dispatch_tcp_stop(a);
    dispatch_inner_finish(d, a);
    dispatch_inner_free(d, a);
    dispatch_opened_finish(d, a);
    close_seats(d, a);
    dispatch_opened_free(d, a);
    dispatch_ndpi_end(d, a);
    d->options.counters->value[COUNT_FACTS_DROPPED] += a->facts.dropped;
}

static bool end_was_seen(const struct flow_cold *cold, bool at_end)
{
    uint32_t fin = cold->flags & (3 * COLD_FIN), rst = cold->flags & (3 * COLD_RST);
    bool closed = fin == 3 * COLD_FIN || rst != 0;
    return cold->hot.key.l4 == IPPROTO_TCP ? closed : !at_end && (cold->flags & COLD_EVICTED) == 0;
}

/* Silent since the capture began, so new: unless flows were given up, of which this may be one. */
static bool is_quiet_start(const struct dispatch *d, uint64_t start_us)
{
    return start_us > d->sink.sink.begun_us + FLOW_START_QUIET_US &&
           d->options.counters->value[COUNT_FLOWS_EVICTED] == d->evicted_before;
}

static void describe_counts(const struct dispatch *d, const struct flow_cold *cold,
                            struct flow_record *r)
{
    r->l4 = cold->hot.key.l4;
    r->start_us = cold->first_us;
    r->end_us = cold->last_us;
    r->packet_first = cold->first_packet;
    r->packet_last = cold->last_packet;
    for (unsigned side = 0; side < 2; side++) {
        r->packets[side] = cold->hot.packets[side];
        r->bytes[side] = cold->bytes[side];
        r->tunnel[side] = tunnels_path(d->options.tunnels, cold->tunnel[side]);
    }
    r->both_directions = cold->hot.packets[0] > 0 && cold->hot.packets[1] > 0;
    memcpy(r->vlan, cold->vlan, sizeof r->vlan);
    r->vlan_count = cold->vlan_count;
    r->evicted = (cold->flags & COLD_EVICTED) != 0;
    r->cut_packets = cold->cut_packets;
    r->duplicates = cold->duplicates;
}

/* One chunk of one side is a probe, not yet an exchange. */
static bool has_talked(const struct analysis *a, const struct flow_record *r)
{
    bool both = a->spoken == 3;
    return a->l4 == IPPROTO_TCP && a->spoken != 0 &&
           (both || !r->both_directions || a->undecided >= UNDECIDED_TCP_MAX);
}

static void describe_analysis(struct analysis *a, struct flow_record *r)
{
    r->talked = has_talked(a, r);
    r->missing_bytes = a->missing_bytes;
    r->duplicates += a->duplicates;
    r->conflicts = a->conflicts;
    if (a->app[0] != '\0') {
        r->app = a->app;
        r->app_by = a->app_by;
    }
    r->client = a->client;
    r->initiator_by = initiator_names[a->initiator];
    r->start_seen |= a->opening_seen;
    r->facts = &a->facts;
}

/* TCP: the side whose SYN (without ACK) was seen, or the other of the one that answered with both.
 */
static void client_by_syn(const struct flow_cold *cold, struct flow_record *r)
{
    for (uint8_t side = 0; side < 2; side++) {
        bool syn = (cold->flags & ((uint32_t)COLD_SYN << side)) != 0;
        bool syn_ack = (cold->flags & ((uint32_t)COLD_SYN_ACK << side)) != 0;
        if (syn || syn_ack) {
            r->client = syn_ack ? (uint8_t)(1 - side) : side;
            r->initiator_by = initiator_names[BY_SYN];
            r->start_seen = true;
            return;
        }
    }
}

static void describe(const struct dispatch *d, const struct flow_cold *cold, bool at_end,
                     struct flow_record *ret_record)
{
    struct flow_record *r = ret_record;
    *r = (struct flow_record){ .id = flow_id_of(cold), .app = "unknown" };
    name_ends(cold, r->side);
    describe_counts(d, cold, r);
    uint8_t by = BY_FIRST_PACKET;
    guess_client(r->side, &r->client, &by);
    r->initiator_by = initiator_names[by];
    r->start_seen = is_quiet_start(d, r->start_us);
    r->end_seen = end_was_seen(cold, at_end);
    if (cold->analysis != NULL) {
        describe_analysis(cold->analysis, r);
    }
    if (r->l4 == IPPROTO_TCP) {
        r->start_seen = false;
        client_by_syn(cold, r);
    }
}

void dispatch_conclude(struct dispatch *d, struct flow_cold *cold, bool at_end,
                       struct flow_record *ret_record)
{
    finish(d, cold);
    describe(d, cold, at_end, ret_record);
}

void dispatch_watch(struct dispatch *d)
{
    d->watches = true;
}

/* Would the end of the flow change what is known of it? Handshakes are looked at when they are
 * over. */
static bool is_worth_a_look(const struct analysis *a)
{
    bool readable = strcmp(a->app, "sip") == 0 || strcmp(a->app, "http") == 0;
    return !a->concluded && a->claimed && (readable || a->settled);
}

bool dispatch_look(struct dispatch *d, struct flow_record *ret_record, struct facts *ret_facts,
                   char *ret_app)
{
    _Static_assert(sizeof((struct analysis *)0)->app == DISPATCH_APP_SIZE, "copied as a whole");
    while (d->changed_count > 0) {
        struct changed changed = d->changed[--d->changed_count];
        struct analysis *a = pool_at(&d->flows, changed.pool_slot);
        if (a->flow_id != changed.flow_id || !a->changed) {
            continue;
        }
        a->changed = false;
        if (is_worth_a_look(a) && facts_copy(&a->facts, ret_facts)) {
            describe(d, a->cold, true, ret_record);
            for (unsigned side = 0; side < 2; side++) {
                bool seen = a->cold->bytes[side] > 0;
                ret_record->packets[side] = seen;
                ret_record->missing_bytes +=
                    a->stream[side] != NULL ? stream_missing(a->stream[side]) : 0;
                ret_record->conflicts +=
                    a->stream[side] != NULL ? stream_conflicts(a->stream[side]) : 0;
            }
            ret_record->both_directions = ret_record->packets[0] > 0 && ret_record->packets[1] > 0;
            memcpy(ret_app, ret_record->app, strlen(ret_record->app) + 1);
            ret_record->app = ret_app;
            ret_record->facts = ret_facts;
            return true;
        }
    }
    return false;
}

struct analysis *dispatch_part(struct dispatch *d, struct flow_cold *cold)
{
    struct analysis *a = dispatch_wake(d, cold);
    if (a != NULL) {
        dispatch_rest_remove(d, a);
        cold->analysis = NULL;
    }
    return a;
}

void dispatch_forget(struct dispatch *d, struct analysis *a)
{
    if (a != NULL) {
        facts_done(&a->facts);
        a->concluded = true; /* a look that was due finds nothing */
        pool_give(&d->flows, a->pool_slot);
        budget_give(d->shared, sizeof *a);
    }
}

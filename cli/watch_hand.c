/* cli/watch_hand.c: one worker of a live capture: reads, decodes, analyses, posts. */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/watch.h"

enum {
    DATAGRAMS_MAX = 1024, /* IP datagrams in pieces at once */
    BATCHES_A_LOOK = 64,  /* before it looks at the clock */
    HELD_MS = 10,       /* packets of one interface that wait for another are looked at so often */
    LOG_MAX = 16 << 20, /* bytes for the join of calls in one post: then the worker waits */
    CHECK_US = 1000000, /* interfaces and drops are looked at this often */
    IDLE_US = 1000000,  /* without packets for so long: the steady clock goes on for them */
    LATE_US = 200000,   /* packets may be read this much later than they came */
    RETRY_FIRST_US = 100000,
    RETRY_MOST_US = 5000000,
    DRY_US = 5000000, /* reading what waits at the end takes no longer */
};

static uint64_t clock_us(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t watch_hand_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

uint64_t watch_hand_steady_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static enum ov_status open_one(struct watch_hand *hand, unsigned i, char *ret_error)
{
    struct watch *w = hand->watch;
    const struct source_live_options wanted = {
        .interface = w->options->interfaces[i],
        .filter = w->options->filter,
        .buffer_bytes = w->options->buffer_bytes,
        .snap_bytes = w->options->snap_bytes,
        .promiscuous = w->options->promiscuous,
        .shared = w->p->worker_count > 1,
    };
    return source_live_open(&wanted, &w->groups[i], &hand->sources[i], ret_error);
}

enum ov_status watch_hand_open_all(struct watch *w)
{
    char why[SOURCE_TEXT_SIZE] = "";
    for (unsigned i = 0; i < w->options->interface_count; i++) {
        w->groups[i] = -1;
        for (unsigned k = 0; k < w->p->worker_count; k++) {
            enum ov_status status = open_one(&w->hands[k], i, why);
            if (status != OV_OK) {
                fprintf(stderr, "overt: %s: %s\n", w->options->interfaces[i], why);
                return status;
            }
        }
    }
    uint64_t from_us = w->p->worker_count > 1 ? watch_hand_wall_us() : 0;
    for (unsigned k = 0; k < w->p->worker_count; k++) {
        for (unsigned i = 0; i < w->options->interface_count; i++) {
            source_live_from(w->hands[k].sources[i], from_us);
        }
    }
    return OV_OK;
}

/* Opens it again in a while, and then in a longer while. */
static void went_away(struct watch_hand *hand, unsigned i, uint64_t now_us)
{
    if (hand->sources[i] != NULL) {
        hand->before[i].kernel += hand->now[i].kernel;
        hand->before[i].interface += hand->now[i].interface;
        hand->now[i] = (struct source_live_drops){ 0 };
        source_live_close(hand->sources[i]);
        hand->sources[i] = NULL;
        hand->wait_us[i] = RETRY_FIRST_US;
    } else if (hand->wait_us[i] < RETRY_MOST_US) {
        hand->wait_us[i] *= 2;
    }
    hand->retry_us[i] = now_us + hand->wait_us[i];
}

static void check_interface(struct watch_hand *hand, unsigned i, uint64_t now_us)
{
    char why[SOURCE_TEXT_SIZE];
    if (hand->sources[i] != NULL && !source_live_is_there(hand->sources[i])) {
        went_away(hand, i, now_us);
    } else if (hand->sources[i] == NULL && now_us >= hand->retry_us[i] &&
               open_one(hand, i, why) != OV_OK) {
        hand->sources[i] = NULL;
        went_away(hand, i, now_us);
    }
}

static void number_and_clock(struct watch_hand *hand, struct batch *b)
{
    struct watch *w = hand->watch;
    uint64_t packet = atomic_fetch_add(&w->packets, b->count) + 1;
    for (uint32_t i = 0; i < b->count; i++) {
        b->packet[i] = packet + i;
    }
    if (!hand->clock.started) {
        uint64_t none = 0;
        (void)atomic_compare_exchange_strong(&w->first_us, &none, b->time_us[0]);
        hand->clock =
            (struct batch_clock){ .started = true, .first_us = atomic_load(&w->first_us) };
    }
    batch_tell_time(b, &hand->clock);
    hand->packet_us = b->time_us[b->count - 1];
    hand->packet_at_us = watch_hand_steady_us();
}

/* False when the interface is away. */
static bool read_into(struct watch_hand *hand, unsigned i, struct batch *b)
{
    char why[SOURCE_TEXT_SIZE];
    if (hand->sources[i] == NULL) {
        return false;
    }
    if (!source_live_read(hand->sources[i], b, why)) {
        went_away(hand, i, watch_hand_steady_us());
        return false;
    }
    return true;
}

/* The earliest packets of all interfaces. */
static void read_taps(struct watch_hand *hand, bool last)
{
    for (unsigned i = 0; i < hand->watch->options->interface_count; i++) {
        struct batch *room = taps_room(hand->taps, i);
        if (room != NULL && read_into(hand, i, room)) {
            taps_came(hand->taps, i, watch_hand_steady_us());
        } else if (room != NULL) {
            taps_away(hand->taps, i);
        }
    }
    taps_merge(hand->taps, last ? UINT64_MAX : watch_hand_wall_us(), watch_hand_steady_us(),
               &hand->batch);
}

static void work(struct watch_hand *hand)
{
    struct batch *b = &hand->batch;
    worker_step(hand->worker, b, &hand->filling->out);
    fragments_recycle(hand->fragments, b->datagrams);
    source_release(b);
}

/* A batch of datagrams that will not be whole any more; false when there is none. */
static bool read_heads(struct watch_hand *hand)
{
    struct batch *b = &hand->batch;
    if (!frames_heads(b, hand->fragments, hand->tunnels)) {
        return false;
    }
    batch_tell_time(b, &hand->clock);
    work(hand);
    return true;
}

/* One batch; false when nothing waits. */
static bool read_one(struct watch_hand *hand, bool last)
{
    struct batch *b = &hand->batch;
    b->count = 0;
    if (hand->taps != NULL) {
        read_taps(hand, last);
    } else if (!read_into(hand, 0, b)) {
        return false;
    }
    if (b->count == 0) {
        return false;
    }
    number_and_clock(hand, b);
    frames_decode(b, hand->fragments, hand->tunnels, &hand->counters);
    duplicates_mark(hand->duplicates, b, &hand->counters);
    work(hand);
    return true;
}

/* Too much waits for the judge: packets then wait in the kernel's ring, which counts what it loses.
 */
static bool is_full(const struct watch_hand *hand)
{
    const struct worker_out *out = &hand->filling->out;
    return out->closing_count >= WATCH_CLOSINGS_MAX || out->log.used >= LOG_MAX;
}

/* Reads for a while what waits, at the end (last) what may have older packets to come before it
 * too; false when nothing did. */
static bool read_some(struct watch_hand *hand, bool last)
{
    unsigned count = 0;
    while (count < BATCHES_A_LOOK && !is_full(hand) && read_one(hand, last)) {
        count++;
    }
    while (!is_full(hand) && read_heads(hand)) {
        count++;
    }
    return count > 0;
}

/* Flows end by the time of packets; where none come, time goes on all the same. */
static void tell_time(struct watch_hand *hand, uint64_t now_us)
{
    uint64_t silent_us = now_us - hand->packet_at_us;
    uint64_t then_us = hand->packet_us + silent_us - LATE_US;
    if (!hand->clock.started || silent_us < IDLE_US ||
        then_us < hand->clock.latest_us + IDLE_US / 2) {
        return;
    }
    struct batch *b = &hand->batch;
    b->count = 0;
    hand->clock.latest_us = then_us;
    batch_tell_time(b, &hand->clock);
    worker_step(hand->worker, b, &hand->filling->out);
}

static void note_drops(struct watch_hand *hand)
{
    struct source_live_drops *sum = &hand->filling->drops;
    *sum = (struct source_live_drops){ 0 };
    for (unsigned i = 0; i < hand->watch->options->interface_count; i++) {
        if (hand->sources[i] != NULL) {
            (void)source_live_drops(hand->sources[i], &hand->now[i]);
        }
        sum->kernel += hand->before[i].kernel + hand->now[i].kernel;
        if (hand->number == 0) { /* every handle tells the same of its interface */
            sum->interface += hand->before[i].interface + hand->now[i].interface;
        }
    }
}

/* Up to which time all packets were read, seen from the last look: the thread may have had to wait
 * for a core since. The kernel hands packets over a while after they came. */
static uint64_t read_until(const struct watch_hand *hand, uint64_t wall_us)
{
    if (!hand->clock.started) {
        return wall_us - (watch_hand_steady_us() - hand->looked_us) - LATE_US;
    }
    bool silent = hand->dry && hand->looked_us > hand->packet_at_us + LATE_US;
    return hand->packet_us + (silent ? hand->looked_us - hand->packet_at_us - LATE_US : 0);
}

static void describe(struct watch_hand *hand)
{
    struct watch_post *post = hand->filling;
    post->end_us = watch_hand_wall_us();
    post->latest_us = hand->packet_us;
    post->read_until_us = read_until(hand, post->end_us);
    post->flows_open = flow_table_count(hand->worker->table);
    post->counters = hand->counters;
    for (unsigned kind = 0; kind < COUNT_KINDS; kind++) {
        post->counters.value[kind] += hand->worker->counters.value[kind];
    }
    for (unsigned i = 0; i < hand->watch->options->interface_count; i++) {
        post->up[i] = hand->sources[i] != NULL && source_live_is_up(hand->sources[i]);
    }
    note_drops(hand);
}

/* Hands over what was filled, if the judge is through with the post before or wait is set. */
static void post(struct watch_hand *hand, bool wait)
{
    struct watch *w = hand->watch;
    pthread_mutex_lock(&w->lock);
    while (wait && hand->posted != NULL) {
        pthread_cond_wait(&w->may_post, &w->lock);
    }
    bool free = hand->posted == NULL;
    pthread_mutex_unlock(&w->lock);
    if (!free) {
        return;
    }
    struct watch_post *filled = hand->filling;
    describe(hand);
    worker_look(hand->worker, &filled->out);
    hand->filling = filled == &hand->posts[0] ? &hand->posts[1] : &hand->posts[0];
    worker_forget(hand->worker, &hand->filling->out);
    hand->filling->begun_us = filled->end_us;
    pthread_mutex_lock(&w->lock);
    hand->posted = filled;
    pthread_cond_signal(&w->may_judge);
    pthread_mutex_unlock(&w->lock);
}

/* Do packets of this interface wait for those of another? */
static bool holds(const struct watch_hand *hand, unsigned i)
{
    return hand->taps != NULL && taps_room(hand->taps, i) == NULL;
}

/* Until packets come, or it is time to post. */
static void wait_for_packets(const struct watch_hand *hand, uint64_t post_us)
{
    struct pollfd waits[INTERFACES_MAX];
    nfds_t count = 0;
    uint64_t now_us = watch_hand_steady_us();
    bool held = false;
    for (unsigned i = 0; i < hand->watch->options->interface_count; i++) {
        if (holds(hand, i)) {
            held = true;
        } else if (hand->sources[i] != NULL) {
            waits[count++] = (struct pollfd){ source_live_descriptor(hand->sources[i]), POLLIN, 0 };
        }
    }
    if (now_us < post_us) {
        int most_ms = (int)((post_us - now_us + 999) / 1000);
        (void)poll(waits, count, held && most_ms > HELD_MS ? HELD_MS : most_ms);
    }
}

static void check(struct watch_hand *hand, uint64_t now_us)
{
    hand->checked_us = now_us;
    for (unsigned i = 0; i < hand->watch->options->interface_count; i++) {
        if (!holds(hand, i)) { /* what it holds lies in memory of the handle */
            check_interface(hand, i, now_us);
        }
    }
}

/* The kernel hands over its last block only after its time; what is there then is the end. */
static void read_the_rest(struct watch_hand *hand)
{
    uint64_t begun_us = watch_hand_steady_us(),
             end_us = begun_us + UINT64_C(2000) * SOURCE_LIVE_WAIT_MS;
    while (watch_hand_steady_us() < end_us) {
        (void)read_some(hand, false);
        if (is_full(hand)) {
            post(hand, true);
        }
        (void)poll(NULL, 0, SOURCE_LIVE_WAIT_MS / 2);
    }
    while (read_some(hand, true) && watch_hand_steady_us() < begun_us + DRY_US) {
        if (is_full(hand)) {
            post(hand, true);
        }
    }
    fragments_finish(hand->fragments, &hand->counters);
    while (read_heads(hand)) {
        if (is_full(hand)) {
            post(hand, true);
        }
    }
}

/* Each on a core of its own, where there are enough: a table then stays in one core's caches. */
static void pin(const struct watch_hand *hand)
{
    cpu_set_t allowed, own;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        (unsigned)CPU_COUNT(&allowed) < hand->watch->p->worker_count) {
        return;
    }
    unsigned before = 0;
    for (unsigned core = 0; core < CPU_SETSIZE; core++) {
        if (CPU_ISSET(core, &allowed) && before++ == hand->number) {
            CPU_ZERO(&own);
            CPU_SET(core, &own);
            (void)sched_setaffinity(0, sizeof own, &own);
            return;
        }
    }
}

static void *run(void *argument)
{
    struct watch_hand *hand = argument;
    struct watch *w = hand->watch;
    uint64_t post_us = watch_hand_steady_us() + WATCH_POST_US;
    if (w->p->worker_count > 1) {
        pin(hand);
    }
    while (!atomic_load(&w->stop)) {
        hand->looked_us = watch_hand_steady_us();
        bool any = read_some(hand, false);
        hand->dry = !any;
        uint64_t now_us = watch_hand_steady_us();
        if (now_us - hand->checked_us >= CHECK_US) {
            check(hand, now_us);
        }
        if (now_us >= post_us || is_full(hand)) {
            tell_time(hand, now_us);
            post(hand, is_full(hand));
            post_us = now_us + WATCH_POST_US;
        } else if (!any) {
            wait_for_packets(hand, post_us);
        }
    }
    read_the_rest(hand);
    post(hand, true);
    pthread_mutex_lock(&w->lock);
    hand->done = true;
    pthread_cond_signal(&w->may_judge);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum ov_status watch_hand_start(struct watch_hand *hand)
{
    enum ov_status status = fragments_new(DATAGRAMS_MAX, hand->watch->p->seed, &hand->fragments);
    if (status == OV_OK) {
        status = tunnels_new(hand->watch->p->seed, &hand->tunnels);
    }
    if (status == OV_OK) {
        status = duplicates_new(hand->watch->p->seed, &hand->duplicates);
    }
    if (status == OV_OK && hand->watch->options->interface_count > 1) {
        status = taps_new(hand->watch->options->interface_count, &hand->taps);
    }
    if (status != OV_OK) {
        return status;
    }
    dispatch_tunnels(hand->worker->dispatch, hand->tunnels);
    hand->filling = &hand->posts[0];
    hand->filling->begun_us = watch_hand_wall_us();
    hand->packet_at_us = hand->checked_us = hand->looked_us = watch_hand_steady_us();
    return pthread_create(&hand->thread, NULL, run, hand) == 0 ? OV_OK : OV_LIMIT;
}

void watch_hand_done(struct watch_hand *hand)
{
    for (unsigned i = 0; i < 2; i++) {
        worker_forget(hand->worker, &hand->posts[i].out);
        worker_out_done(&hand->posts[i].out);
    }
    taps_free(hand->taps);
    for (unsigned i = 0; i < INTERFACES_MAX; i++) {
        source_live_close(hand->sources[i]);
    }
    fragments_free(hand->fragments);
    tunnels_free(hand->tunnels);
    duplicates_free(hand->duplicates);
}

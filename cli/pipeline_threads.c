/* cli/pipeline_threads.c: rounds of batches go from the reader past all workers to the judge.
 *
 * Every worker sees every batch and takes the packets of its own pairs of hosts; what packets point
 * to stays until the judge has had the round. Rounds keep their order everywhere, and so nothing
 * that is written depends on how many threads there are or how they are scheduled. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pipeline.h"

enum { ROUNDS = 8, ROUND_BATCHES = 8 };

_Static_assert(ROUNDS *ROUND_BATCHES *BATCH_SIZE <= VERIFIED_LAG_PACKETS,
               "a proof counts when all workers have come so far");

struct round {
    struct batch batches[ROUND_BATCHES];
    unsigned batch_count;
    struct worker_out *outs[WORKERS_MAX];
};

struct crew;

struct hand {
    struct crew *crew;
    unsigned number; /* of the worker */
    pthread_t thread;
    uint64_t done;    /* rounds */
    struct batch own; /* the worker's packets of one batch */
};

struct crew {
    struct pipeline *p;
    struct round *rounds; /* ROUNDS */
    struct hand *hands;   /* one for each worker */
    unsigned hand_count;  /* whose threads run */
    pthread_t reader;
    sigset_t signals; /* blocked in the thread that called */

    pthread_mutex_t lock; /* of what follows, and of done in hands */
    pthread_cond_t may_read, may_work, may_judge;
    uint64_t read, judged; /* rounds */
    bool read_all;
};

/* Which worker has the packets of this pair of hosts: the same for both directions. */
static unsigned worker_of(const struct flow_key *key, unsigned workers)
{
    static const struct hash_seed any;
    return (unsigned)((keyed_hash(key->addr, sizeof key->addr, any) >> 32) % workers);
}

static void gather_one(struct batch *own, const struct batch *all, uint32_t i)
{
    uint32_t to = own->count++;
    own->frame[to] = all->frame[i];
    own->time_us[to] = all->time_us[i];
    own->clock_us[to] = all->clock_us[i];
    own->packet[to] = all->packet[i];
    own->link_type[to] = all->link_type[i];
    own->state[to] = all->state[i];
    own->key[to] = all->key[i];
    own->payload[to] = all->payload[i];
    own->on_wire[to] = all->on_wire[i];
    memcpy(own->vlan[to], all->vlan[i], sizeof own->vlan[to]);
    own->tunnel[to] = all->tunnel[i];
    own->tcp_seq[to] = all->tcp_seq[i];
    own->tcp_ack[to] = all->tcp_ack[i];
    own->tcp_flags[to] = all->tcp_flags[i];
}

static void gather(struct hand *hand, const struct batch *all)
{
    struct batch *own = &hand->own;
    unsigned workers = hand->crew->p->worker_count;
    own->count = 0;
    own->first_us = all->first_us;
    own->end_us = all->end_us;
    own->lost_from_us = all->lost_from_us;
    own->lost_to_us = all->lost_to_us;
    for (uint32_t i = 0; i < all->count; i++) {
        if ((all->state[i] & FRAME_FLOW) != 0 && worker_of(&all->key[i], workers) == hand->number) {
            gather_one(own, all, i);
        }
    }
}

/* The next round for this worker; NULL when there will be none. */
static struct round *wait_for_work(struct hand *hand)
{
    struct crew *crew = hand->crew;
    pthread_mutex_lock(&crew->lock);
    while (crew->read == hand->done && !crew->read_all) {
        pthread_cond_wait(&crew->may_work, &crew->lock);
    }
    bool more = crew->read > hand->done;
    pthread_mutex_unlock(&crew->lock);
    return more ? &crew->rounds[hand->done % ROUNDS] : NULL;
}

static void *work(void *argument)
{
    struct hand *hand = argument;
    struct crew *crew = hand->crew;
    struct worker *worker = &crew->p->workers[hand->number];
    for (struct round *round = wait_for_work(hand); round != NULL; round = wait_for_work(hand)) {
        struct worker_out *out = round->outs[hand->number];
        worker_forget(worker, out); /* of the round before: it is judged */
        for (unsigned i = 0; i < round->batch_count; i++) {
            gather(hand, &round->batches[i]);
            worker_step(worker, &hand->own, out);
        }
        pthread_mutex_lock(&crew->lock);
        hand->done++;
        pthread_cond_signal(&crew->may_judge);
        pthread_mutex_unlock(&crew->lock);
    }
    return NULL;
}

/* An empty round; those before it are being worked on. */
static struct round *wait_for_room(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->read - crew->judged == ROUNDS) {
        pthread_cond_wait(&crew->may_read, &crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
    return &crew->rounds[crew->read % ROUNDS];
}

static void tell_read(struct crew *crew, bool more, bool all)
{
    pthread_mutex_lock(&crew->lock);
    crew->read += more;
    crew->read_all = all;
    pthread_cond_broadcast(&crew->may_work);
    pthread_cond_signal(&crew->may_judge);
    pthread_mutex_unlock(&crew->lock);
}

static void *read_all(void *argument)
{
    struct crew *crew = argument;
    bool more = true;
    pthread_sigmask(SIG_SETMASK, &crew->signals, NULL);
    while (more) {
        struct round *round = wait_for_room(crew);
        for (unsigned i = 0; i < round->batch_count; i++) { /* judged since */
            pipeline_release(crew->p, &round->batches[i]);
        }
        round->batch_count = 0;
        bool waited = false; /* an empty batch: who reads on waits for packets */
        while (more && !waited && round->batch_count < ROUND_BATCHES) {
            struct batch *b = &round->batches[round->batch_count];
            more = pipeline_read(crew->p, b);
            round->batch_count += more;
            waited = more && b->count == 0;
        }
        tell_read(crew, round->batch_count > 0, !more);
    }
    return NULL;
}

static uint64_t done_by_all(const struct crew *crew)
{
    uint64_t least = crew->read;
    for (unsigned i = 0; i < crew->hand_count; i++) {
        least = crew->hands[i].done < least ? crew->hands[i].done : least;
    }
    return least;
}

static void judge_all(struct crew *crew)
{
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        while (done_by_all(crew) == crew->judged &&
               !(crew->read_all && crew->judged == crew->read)) {
            pthread_cond_wait(&crew->may_judge, &crew->lock);
        }
        bool more = done_by_all(crew) > crew->judged;
        pthread_mutex_unlock(&crew->lock);
        if (!more) {
            return;
        }
        struct round *round = &crew->rounds[crew->judged % ROUNDS];
        verdicts_take(&crew->p->verdicts, round->outs, crew->p->worker_count);
        if (crew->p->judged != NULL) {
            crew->p->judged(crew->p);
        }
        pthread_mutex_lock(&crew->lock);
        crew->judged++;
        pthread_cond_signal(&crew->may_read);
        pthread_mutex_unlock(&crew->lock);
    }
}

static enum ov_status make_rounds(struct crew *crew)
{
    unsigned workers = crew->p->worker_count;
    crew->rounds = calloc(ROUNDS, sizeof *crew->rounds);
    crew->hands = calloc(workers, sizeof *crew->hands);
    if (crew->rounds == NULL || crew->hands == NULL) {
        return OV_NOMEM;
    }
    for (unsigned i = 0; i < ROUNDS * workers; i++) {
        struct worker_out *out = calloc(1, sizeof *out);
        crew->rounds[i / workers].outs[i % workers] = out;
        if (out == NULL) {
            return OV_NOMEM;
        }
    }
    return OV_OK;
}

static void free_rounds(struct crew *crew)
{
    unsigned workers = crew->p->worker_count;
    for (unsigned i = 0; crew->rounds != NULL && i < ROUNDS; i++) {
        struct round *round = &crew->rounds[i];
        for (unsigned k = 0; k < round->batch_count; k++) {
            pipeline_release(crew->p, &round->batches[k]);
        }
        for (unsigned w = 0; w < workers && round->outs[w] != NULL; w++) {
            worker_forget(&crew->p->workers[w], round->outs[w]);
            worker_out_done(round->outs[w]);
            free(round->outs[w]);
        }
    }
    free(crew->rounds);
    free(crew->hands);
}

/* OV_LIMIT when the system gives no more threads: those that began end by themselves. */
static enum ov_status start(struct crew *crew)
{
    unsigned workers = crew->p->worker_count;
    while (crew->hand_count < workers) {
        struct hand *hand = &crew->hands[crew->hand_count];
        hand->crew = crew;
        hand->number = crew->hand_count;
        if (pthread_create(&hand->thread, NULL, work, hand) != 0) {
            return OV_LIMIT;
        }
        crew->hand_count++;
    }
    return pthread_create(&crew->reader, NULL, read_all, crew) == 0 ? OV_OK : OV_LIMIT;
}

/* A signal must end the read() that waits for a pipe: only the reader takes any. */
static void leave_signals_to_reader(struct crew *crew)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &crew->signals);
}

enum ov_status pipeline_threads(struct pipeline *p)
{
    struct crew crew = { .p = p };
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.may_read, NULL);
    pthread_cond_init(&crew.may_work, NULL);
    pthread_cond_init(&crew.may_judge, NULL);
    leave_signals_to_reader(&crew);
    enum ov_status status = make_rounds(&crew);
    if (status == OV_OK) {
        status = start(&crew);
        if (status == OV_OK) {
            judge_all(&crew);
            pthread_join(crew.reader, NULL);
        } else {
            tell_read(&crew, false, true);
        }
        for (unsigned i = 0; i < crew.hand_count; i++) {
            pthread_join(crew.hands[i].thread, NULL);
        }
    }
    pthread_sigmask(SIG_SETMASK, &crew.signals, NULL);
    free_rounds(&crew);
    pthread_cond_destroy(&crew.may_judge);
    pthread_cond_destroy(&crew.may_work);
    pthread_cond_destroy(&crew.may_read);
    pthread_mutex_destroy(&crew.lock);
    return status;
}

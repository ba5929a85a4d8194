/* cli/watch.h: overt watch: interfaces, a thread for each worker, and a judge that never waits
 * long.
 *
 * Each worker reads its share of every interface (the kernel deals flows out), decodes and analyses
 * it alone, and posts what flows left about ten times a second. The thread of the command collects
 * the posts of all workers, judges them and writes. */
#ifndef OVERT_CLI_WATCH_H
#define OVERT_CLI_WATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/source_live.h"
#include "capture/taps.h"
#include "cli/pipeline.h"

enum {
    WATCH_POST_US = 100000,     /* a worker posts this often */
    WATCH_CLOSINGS_MAX = 65536, /* flows that wait in one post: then the worker waits */
};

/* What one worker tells the judge: since its last post, or where it says so since its start. */
struct watch_post {
    struct worker_out out;
    struct counters counters;       /* since the start */
    struct source_live_drops drops; /* since the start */
    uint64_t begun_us, end_us;      /* wall clock */
    uint64_t latest_us;             /* time of its last packet, 0 = none yet */
    uint64_t read_until_us;         /* all packets up to this time were read */
    uint32_t flows_open;
    bool up[INTERFACES_MAX]; /* open, and the interface up */
};

struct watch;

struct watch_hand {
    struct watch *watch;
    struct worker *worker; /* borrowed */
    unsigned number;
    pthread_t thread;
    struct source_live *sources[INTERFACES_MAX]; /* owned; NULL: went away */
    struct source_live_drops before[INTERFACES_MAX], now[INTERFACES_MAX]; /* of older handles, and
                                                                             of the one at hand */
    uint64_t retry_us[INTERFACES_MAX], wait_us[INTERFACES_MAX]; /* to open it again: steady clock */
    struct taps *taps;                                          /* owned; NULL with one interface */
    struct fragments *fragments;
    struct duplicates *duplicates;
    struct tunnels *tunnels; /* owned: paths of this worker's packets */
    struct batch batch;
    struct batch_clock clock;
    uint64_t packet_us, packet_at_us; /* time of the last packet; when it was read: steady clock */
    bool dry;                         /* nothing waited when it last looked */
    uint64_t looked_us;               /* when that was: steady clock */
    struct counters counters;         /* of reading */
    struct watch_post posts[2];
    struct watch_post *filling; /* the worker's own */
    uint64_t checked_us;        /* interfaces and drops: steady clock */

    /* under watch->lock */
    struct watch_post *posted; /* the judge's until it sets this to NULL */
    bool done;
};

struct watch {
    struct pipeline *p; /* borrowed */
    const struct options *options;
    struct watch_hand *hands; /* one for each worker */
    unsigned hand_count;      /* whose threads run */
    int groups[INTERFACES_MAX];
    atomic_uint_fast64_t packets;  /* read by all: numbers them */
    atomic_uint_fast64_t first_us; /* time of the first one, 0 = none yet */
    atomic_bool stop;

    pthread_mutex_t lock;
    pthread_cond_t may_judge, may_post;
};

/* The whole command line; returns the exit status. */
int watch_command(int argc, char **argv);

/* cli/watch_hand.c */
/* Opens all interfaces for all workers, then shares their flows. Why not was printed. */
OV_MUST_CHECK enum ov_status watch_hand_open_all(struct watch *w);
/* OV_LIMIT when the system gives no thread. */
OV_MUST_CHECK enum ov_status watch_hand_start(struct watch_hand *hand);
/* After its thread ended: what was judged is freed. */
void watch_hand_done(struct watch_hand *hand);
/* Microseconds: since 1970, and of a clock that is never set. */
uint64_t watch_hand_wall_us(void);
uint64_t watch_hand_steady_us(void);

/* cli/watch_service.c: tells systemd, if it asked to be told (sd_notify(3)). */
void watch_service_tell(const char *state);

#endif

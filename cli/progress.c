/* cli/progress.c: the clock is looked at only now and then, since a batch takes microseconds. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { STEPS_A_LOOK = 64 };

double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_begin(struct progress *p, const char *name, bool wanted)
{
    *p = (struct progress){ .name = name, .begun = progress_clock() };
    p->on = wanted && isatty(STDERR_FILENO) == 1;
}

static void draw(const struct progress *p, const struct source_status *s, double seconds)
{
    double rate = seconds > 0 ? (double)s->packets / seconds : 0;
    fprintf(stderr, "\r\033[K%s  %" PRIu64 " packets  %.1f MB", p->name, s->packets,
            (double)s->read_bytes / 1e6);
    if (s->total_bytes > 0 && s->read_bytes > 0) {
        double share = (double)s->read_bytes / (double)s->total_bytes;
        fprintf(stderr, " of %.1f MB (%.0f %%)  %.0f packets/s  %.0f s left",
                (double)s->total_bytes / 1e6, share * 100, rate,
                share < 1 ? seconds / share - seconds : 0);
    } else {
        fprintf(stderr, "  %.0f packets/s", rate);
    }
    fflush(stderr);
}

void progress_step(struct progress *p, const struct source *source)
{
    if (!p->on || ++p->steps < STEPS_A_LOOK) {
        return;
    }
    p->steps = 0;
    double now = progress_clock();
    if (now - p->shown < 0.2 || now - p->begun < 0.5) {
        return;
    }
    struct source_status status;
    source_status(source, &status);
    draw(p, &status, now - p->begun);
    p->shown = now;
}

void progress_end(struct progress *p)
{
    if (p->on && p->shown > 0) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

/* cli/progress.c: the clock is looked at only now and then, since a batch takes microseconds. */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "reports/terminal.h"

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

/* The line never reaches the right edge: what a terminal has wrapped cannot be wiped. */
static void draw(const struct progress *p, const struct source_status *s, double seconds)
{
    enum { LINE_SIZE = 256, COLUMNS_USUAL = 80 };
    char line[LINE_SIZE], number[TERMINAL_NUMBER_SIZE];
    uint32_t columns = terminal_columns(stderr);
    double rate = seconds > 0 ? (double)s->packets / seconds : 0;
    columns = columns == 0 ? COLUMNS_USUAL : columns > LINE_SIZE ? LINE_SIZE : columns;
    struct text t = text_into(line, columns);
    text_printf(&t, "%s packets  %.1f MB", terminal_number(s->packets, number),
                (double)s->read_bytes / 1e6);
    if (s->total_bytes > 0 && s->read_bytes > 0) {
        double share = (double)s->read_bytes / (double)s->total_bytes;
        text_printf(&t, " of %.1f MB (%.0f %%)  ", (double)s->total_bytes / 1e6, share * 100);
        text_printf(&t, "%s packets/s", terminal_number((uint64_t)rate, number));
        text_printf(&t, "  %.0f s left", share < 1 ? seconds / share - seconds : 0);
    } else {
        text_printf(&t, "  %s packets/s", terminal_number((uint64_t)rate, number));
    }
    const char *slash = strrchr(p->name, '/');
    const char *name = slash != NULL ? slash + 1 : p->name;
    text_put(&t, "  ");
    text_put_escaped(&t, name, strlen(name));
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
}

void progress_step(struct progress *p, const struct source_set *source)
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
    source_set_status(source, &status);
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

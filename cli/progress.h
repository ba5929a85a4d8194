/* cli/progress.h: one line on a terminal while captures are read. */
#ifndef OVERT_CLI_PROGRESS_H
#define OVERT_CLI_PROGRESS_H

#include <stdbool.h>

#include "capture/source_set.h"

struct progress {
    const char *name; /* of the capture at hand, borrowed */
    double begun;     /* seconds, monotonic */
    double shown;     /* when the line was last drawn, 0 = never */
    unsigned steps;   /* since the clock was last read */
    bool on;          /* stderr is a terminal and the user wants it */
};

/* Seconds since some moment, monotonic. */
double progress_clock(void);
void progress_begin(struct progress *p, const char *name, bool wanted);
/* Redraws at most five times a second: bytes, packets/s, time left. */
void progress_step(struct progress *p, const struct source_set *source);
/* Wipes the line. */
void progress_end(struct progress *p);

#endif

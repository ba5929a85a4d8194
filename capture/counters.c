/* capture/counters.c: the texts of the counters. */
#include "capture/counters.h"

static const struct {
    const char *name;
    const char *text;
} counters[COUNT_KINDS] = {
#define X(kind, name, text) { name, text },
    CAPTURE_COUNTERS(X)
#undef X
};

const char *counter_name(enum capture_counter kind)
{
    return counters[kind].name;
}

const char *counter_text(enum capture_counter kind)
{
    return counters[kind].text;
}

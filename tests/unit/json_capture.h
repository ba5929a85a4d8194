/* tests/unit/json_capture.h: lines that a report writes, in memory; and, for
 * tests/golden/validate.py, in the file named by the test's first argument. */
#ifndef OVERT_TESTS_UNIT_JSON_CAPTURE_H
#define OVERT_TESTS_UNIT_JSON_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/check.h"

struct capture {
    struct report_out out;
    char *text; /* owned; valid after capture_text */
    size_t size;
};

static const char *capture_samples_path; /* NULL: lines are not kept */

/* Empties the file of samples, if one is wanted. */
static inline void capture_samples(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "w") : NULL;
    if (file != NULL) {
        capture_samples_path = argv[1];
        fclose(file);
    }
}

/* The file's buffer is kept by address: the capture must not move. */
static inline void capture_open(struct capture *c)
{
    *c = (struct capture){ 0 };
    c->out.file = open_memstream(&c->text, &c->size);
}

/* All that was written so far. */
static inline const char *capture_text(struct capture *c)
{
    CHECK(report_flush(&c->out));
    return c->text;
}

static inline void capture_done(struct capture *c)
{
    FILE *file = NULL;
    capture_text(c);
    if (capture_samples_path != NULL && (file = fopen(capture_samples_path, "a")) != NULL) {
        fputs(c->text, file);
        fclose(file);
    }
    fclose(c->out.file);
    free(c->text);
}

/* The text is exactly this; done with it. */
static inline void capture_expect(struct capture *c, const char *want, const char *test)
{
    const char *got = capture_text(c);
    if (strcmp(got, want) != 0) {
        fprintf(stderr, "%s:\n got %s\nwant %s\n", test, got, want);
        check_failures++;
    }
    capture_done(c);
}

#endif

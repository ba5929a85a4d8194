/* capture/source_set.h: several captures as one, in the order of their packets' times. */
#ifndef OVERT_CAPTURE_SOURCE_SET_H
#define OVERT_CAPTURE_SOURCE_SET_H

#include "capture/source.h"

enum {
    SOURCE_SET_OPEN_MAX = 64,      /* files open at once: those that overlap in time */
    SOURCE_SET_RUNS_MAX = 1 << 22, /* changes from file to file that packet numbers are kept of */
};

struct source_set;

/* What became of one file. */
struct source_set_end {
    const char *path;
    bool opened; /* else `why` tells why not */
    char why[SOURCE_TEXT_SIZE];
    struct source_status status; /* of what was read of it */
};

/* Looks at the first packet of each of `count` files. A file that cannot be opened takes no part:
 * source_set_end tells. paths and options are borrowed. OV_NOMEM. Caller owns the set. */
OV_MUST_CHECK enum ov_status source_set_new(char *const *paths, uint32_t count,
                                            const struct source_options *options,
                                            struct source_set **ret_set);
/* Files that are written one after the other while they are read. */
struct source_feed {
    /* The next file to read, NULL when there is none yet; it lives as long as the set does. */
    const char *(*next)(struct source_feed *feed);
    /* Is the file given last written to its end, since another one was begun? */
    bool (*is_over)(struct source_feed *feed);
};

/* Reads what the feed names, until options->stop is set: each file as it grows, and to its end when
 * it is over. source_set_read then gives empty batches where nothing new is there, after waiting a
 * moment; source_set_count tells of how many files source_set_end may be asked. feed and options
 * are borrowed. OV_NOMEM. */
OV_MUST_CHECK enum ov_status source_set_follow(struct source_feed *feed,
                                               const struct source_options *options,
                                               struct source_set **ret_set);
uint32_t source_set_count(const struct source_set *set);
void source_set_free(struct source_set *set);
/* As source_read. Packets are numbered through all files in the order they are given; files that do
 * not overlap in time follow one another. */
bool source_set_read(struct source_set *set, struct batch *b);
/* At the end: was anything lost behind the last packets, and when? What was lost before, the
 * batches tell (batch.h). */
bool source_set_lost(const struct source_set *set, uint64_t *ret_from_us, uint64_t *ret_to_us);
/* Sums over all files. Only the thread that reads may ask. */
void source_set_status(const struct source_set *set, struct source_status *ret_status);
void source_set_end(const struct source_set *set, uint32_t file, struct source_set_end *ret_end);
/* Files that had to wait though their time had come, since too many were open. */
uint32_t source_set_late(const struct source_set *set);
/* In which file is this packet, and which number has it there? False: not known
 * (SOURCE_SET_RUNS_MAX was reached before it). Any thread may ask. */
bool source_set_find(struct source_set *set, uint64_t packet, const char **ret_path,
                     uint64_t *ret_number);

#endif

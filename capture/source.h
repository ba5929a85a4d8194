/* capture/source.h: where batches of frames come from. */
#ifndef OVERT_CAPTURE_SOURCE_H
#define OVERT_CAPTURE_SOURCE_H

#include <signal.h>

#include "base/status.h"
#include "capture/batch.h"

enum { SOURCE_TEXT_SIZE = 256 };

struct source;

/* Who takes the secrets of TLS connections that a capture brings (pcapng): text of an NSS key log,
 * borrowed for the call, of use for packets after since_us (0: all). The thread that reads calls.
 */
struct source_secrets {
    void (*take)(struct source_secrets *secrets, struct bytes text, uint64_t since_us);
};

struct source_options {
    const char *filter;                /* BPF in tcpdump's language, NULL = none */
    struct source_secrets *secrets;    /* borrowed; NULL = they are stepped over */
    const volatile sig_atomic_t *stop; /* a signal handler sets it: the input then ends, even one
                                          that waits for a pipe; NULL = never */
    bool growing;                      /* the file is still being written: see source_waits */
};

/* State of a source; texts are "" when there is nothing to say. */
struct source_status {
    uint64_t read_bytes;           /* of the file so far, packed as they are */
    uint64_t total_bytes;          /* of the file, 0 = not known (pipe) */
    uint64_t packets;              /* read so far, filtered ones included */
    bool damaged;                  /* ended before the file did, or skipped a part of it */
    uint64_t damaged_at;           /* byte offset of the first damage, in the unpacked file */
    uint64_t damaged_packets;      /* read before it */
    uint64_t damaged_us;           /* time of the last of these, 0 = none */
    uint64_t damaged_places;       /* parts that could not be read, the end included */
    uint64_t skipped_bytes;        /* of the unpacked file, in all of them */
    bool tail_lost;                /* packets may have been in what is missing or not readable at
                                      the end: a file that only ends inside a record lost none */
    uint64_t last_us;              /* time of the last packet read, 0 = none */
    const char *packing;           /* "gzip", "zstd"; NULL = not packed */
    char damage[SOURCE_TEXT_SIZE]; /* first: "block length 7 is not a multiple of 4" */
};

/* Does libpcap understand a filter? OV_SYNTAX with its reason in ret_error (SOURCE_TEXT_SIZE
 * bytes). */
OV_MUST_CHECK enum ov_status source_check_filter(const char *filter, char *ret_error);
/* Opens a capture file or, for "-", standard input: pcap (both byte orders, micro- and
 * nanoseconds), pcapng (all its interfaces and link types), either of them packed by gzip or zstd,
 * else whatever libpcap reads.
 * Gives OV_IO (cannot open or read; errno), OV_SYNTAX (not a capture; filter wrong), OV_NOMEM.
 * On failure ret_error (SOURCE_TEXT_SIZE bytes) holds an English reason. Caller owns the source. */
OV_MUST_CHECK enum ov_status source_open(const char *path, const struct source_options *options,
                                         struct source **ret_source, char *ret_error);
/* Fills the first group of arrays; false at the end of the input (then b->count is 0). Damage is
 * told by source_status. In pcap and pcapng the reading goes on behind it where a row of sane
 * records begins, and the batch then tells the span of time that was lost; in other formats and in
 * packed bytes it ends the input. Frames are borrowed until source_release. */
bool source_read(struct source *source, struct batch *b);
/* Did the last source_read end only because the file has no more bytes yet? It may be called again
 * when it has grown. Never true of packed files and of formats that libpcap reads. */
bool source_waits(const struct source *source);
/* The file will grow no more: what it lacks now is damage. */
void source_grown(struct source *source);
/* Gives back what the frames lie in; any thread may. The source still lives. */
void source_release(struct batch *b);
void source_status(const struct source *source, struct source_status *ret_status);
void source_close(struct source *source);
/* As source_close, unless batches still hold frames of the source: then only the file is closed,
 * and the call is to be made again. True when the source is gone. */
bool source_try_close(struct source *source);
/* libpcap's own version text; those of zlib and libzstd, NULL when not built in. */
const char *source_library_version(void);
const char *source_gzip_version(void);
const char *source_zstd_version(void);

#endif

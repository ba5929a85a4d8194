/* capture/source_file.h: the bytes of a file or pipe as one window that moves forward. */
#ifndef OVERT_CAPTURE_SOURCE_FILE_H
#define OVERT_CAPTURE_SOURCE_FILE_H

#include <signal.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/source_buffer.h"
#include "capture/source_inflate.h"

enum {
    SOURCE_FILE_PIECE = 256 * 1024,            /* least room for a read */
    SOURCE_FILE_PACKED = 1024 * 1024,          /* room for packed bytes */
    SOURCE_FILE_RECORD_MAX = 16 * 1024 * 1024, /* largest record the window can hold */
};

struct source_file {
    struct bytes in;                   /* bytes read and not yet used; users step forward in it */
    struct source_buffers buffers;     /* the first of them is the window's */
    uint32_t filled;                   /* bytes of the first buffer in use; `in` ends there */
    uint64_t read_bytes;               /* that the window was filled with so far; unpacked ones */
    uint64_t taken_bytes;              /* from the file so far, as they lie there */
    uint64_t total_bytes;              /* of the file, 0 = not known */
    uint64_t skip_bytes;               /* to be stepped over in what is not yet read */
    struct source_inflate *inflate;    /* owned; NULL = the file is not packed */
    struct bytes packed;               /* read from the file, not yet unpacked */
    uint8_t *packed_room;              /* owned; SOURCE_FILE_PACKED bytes */
    const char *broken;                /* why unpacking ended early; NULL = it did not */
    int descriptor;                    /* owned; -1 = closed */
    int error;                         /* errno of the read that failed, 0 = none */
    const volatile sig_atomic_t *stop; /* not 0: read no more; borrowed, NULL = never */
};

/* Was the reading stopped from outside? */
static inline bool source_file_stopped(const struct source_file *file)
{
    return file->stop != NULL && *file->stop != 0;
}
/* Opens path, "-" is standard input. OV_IO (errno), OV_NOMEM. Done also after a failure. */
OV_MUST_CHECK enum ov_status source_file_open(struct source_file *file, const char *path);
/* The file is packed: what is in the window now becomes packed bytes, and from then on the window
 * holds what they unpack to. OV_NOMEM; OV_UNSUPPORTED when the library is not built in. */
OV_MUST_CHECK enum ov_status source_file_unpack(struct source_file *file,
                                                enum source_inflate_kind kind);
/* Adds at least one byte to the window and moves it: everything taken from it is dead, unless the
 * first buffer is held. False at
 * the end, when stopped, after a failed read (error) and without memory (error is ENOMEM). */
bool source_file_fill(struct source_file *file);
/* Steps over n bytes, also those that are not in the window yet. */
void source_file_skip(struct source_file *file, uint32_t n);
/* Offset of the first byte of the window, in the unpacked file. */
uint64_t source_file_offset(const struct source_file *file);
/* Closes the file; the window stays. */
void source_file_close(struct source_file *file);
void source_file_done(struct source_file *file);

#endif

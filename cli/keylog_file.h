/* cli/keylog_file.h: where secrets of TLS connections come from: the file of --keylog, read to its
 * end and followed from there, and secrets blocks inside captures. */
#ifndef OVERT_CLI_KEYLOG_FILE_H
#define OVERT_CLI_KEYLOG_FILE_H

#include <sys/types.h>

#include "analyzers/crypto/keylog.h"
#include "capture/source.h"

struct keylog_file {
    struct source_secrets secrets; /* first: take() casts back */
    struct keylog *keylog;         /* owned */
    const char *path;              /* borrowed; NULL = none */
    int descriptor;                /* -1 = not open */
    dev_t device;                  /* of the file that is open */
    ino_t inode;
    off_t at; /* bytes of it that were read */
    struct keylog_text text;
};

OV_MUST_CHECK enum ov_status keylog_file_init(struct keylog_file *file, struct hash_seed seed);
void keylog_file_done(struct keylog_file *file);
/* Reads a whole file. OV_IO (errno). */
OV_MUST_CHECK enum ov_status keylog_file_read(struct keylog_file *file, const char *path);
/* The same, but the file may be missing yet and may grow: call keylog_file_look again and again. */
void keylog_file_follow(struct keylog_file *file, const char *path);
/* Reads what was added; a file that was replaced or became shorter is read from its beginning. */
void keylog_file_look(struct keylog_file *file);

#endif

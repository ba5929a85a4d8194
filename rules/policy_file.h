/* rules/policy_file.h: the bytes of a file that a policy consists of or names. */
#ifndef OVERT_RULES_POLICY_FILE_H
#define OVERT_RULES_POLICY_FILE_H

#include <sys/stat.h>

#include "rules/policy_reader.h"

struct policy_file {
    struct stat info; /* for its identity: device and inode */
    const char *text; /* in the arena; NULL without memory (then reader->status tells) */
    size_t size;      /* bytes */
    bool too_big;     /* more than POLICY_FILE_MAX bytes */
};

/* Reads a regular file: a device or pipe could go on for ever. False and errno, or too_big, when it
 * cannot be read. */
bool policy_file_read(struct policy_reader *reader, struct arena *arena, const char *path,
                      struct policy_file *ret_file);

#endif

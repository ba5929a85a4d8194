/* cli/inputs.h: the captures that a command line names: files, folders, standard input. */
#ifndef OVERT_CLI_INPUTS_H
#define OVERT_CLI_INPUTS_H

#include "base/status.h"

struct inputs {
    char **paths; /* owned, in order; folders replaced by their captures, sorted by name */
    int count;
    int capacity;
    int failed; /* named folders that hold no capture (told on stderr) */
};

/* OV_NOMEM. Caller calls inputs_done. */
OV_MUST_CHECK enum ov_status inputs_find(char **names, int count, struct inputs *ret_inputs);
/* Adds a copy of path. OV_NOMEM. */
OV_MUST_CHECK enum ov_status inputs_add(struct inputs *in, const char *path);
/* Adds the captures right in a folder, by name; none when it cannot be read. OV_NOMEM. */
OV_MUST_CHECK enum ov_status inputs_add_folder(struct inputs *in, const char *path);
void inputs_done(struct inputs *inputs);

#endif

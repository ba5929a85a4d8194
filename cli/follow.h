/* cli/follow.h: overt audit --follow. */
#ifndef OVERT_CLI_FOLLOW_H
#define OVERT_CLI_FOLLOW_H

#include "cli/audit.h"

/* Judges the captures in the folder that the options name, as they are written, until *stop is not
 * 0. Their names are added to found, which outlives the set; the caller frees the set. OV_NOMEM. */
OV_MUST_CHECK enum ov_status follow_run(struct pipeline *p, struct inputs *found,
                                        const volatile sig_atomic_t *stop,
                                        struct source_set **ret_set);

#endif

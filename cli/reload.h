/* cli/reload.h: the policy file read again in the middle of a run, when SIGHUP asks for it. */
#ifndef OVERT_CLI_RELOAD_H
#define OVERT_CLI_RELOAD_H

#include "cli/pipeline.h"

/* From now on SIGHUP from a program asks for the policy; that of a terminal that is gone ends the
 * run as SIGTERM does, or is ignored where it was (nohup). */
void reload_catch(void);
/* Was it asked since the last look? Called by the thread that judges, often. */
bool reload_asked(void);
/* Reads the policy file of the options again and judges by it from now on. A file with mistakes
 * changes nothing. Either is told, as a notice and on stderr: every mistake with its position. */
void reload_policy(struct pipeline *p, uint64_t time_us);

#endif

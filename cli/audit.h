/* cli/audit.h: overt audit and overt roles: captures through the pipeline; and what overt judge has
 * in common with them. */
#ifndef OVERT_CLI_AUDIT_H
#define OVERT_CLI_AUDIT_H

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/pipeline.h"

/* All take the whole command line and return the exit status. */
int audit_command(int argc, char **argv);
int judge_command(int argc, char **argv);
int roles_command(int argc, char **argv);

/* What audit and watch have in common: options, policy and a pipeline for `run`, whose exit status
 * it returns. Errors were printed. */
int audit_with_pipeline(int argc, char **argv, int (*run)(struct pipeline *p));

/* Reads a policy file, or a built-in policy by name (NULL: lync-2010). NULL after an error, which
 * was printed. Caller owns. */
struct policy *audit_policy(const char *name);

/* Opens a file for records, or standard output ("-"). NULL after an error, which was printed. */
FILE *audit_open(const char *path);
/* Closes it; false when not everything could be written, which was printed. path: for the message.
 */
bool audit_close(struct report_out *out, const char *path);
/* Opens what the options name for records; false after an error, which was printed. */
bool audit_open_outputs(struct pipeline *p);
/* False when not everything could be written, which was printed. */
bool audit_close_outputs(struct pipeline *p);
/* The first SIGINT or SIGTERM sets what this returns, a second one ends the program. */
const volatile sig_atomic_t *audit_catch_signals(void);
/* Writes findings that are new or changed (judge_news). False without memory. */
bool audit_news(struct pipeline *p, bool last);
/* Notices of caps, coverage, and the ending on a terminal, after all findings are written.
 * EXIT_CLEAN or EXIT_FINDINGS. */
int audit_end(struct pipeline *p, const struct report_run *run,
              const struct finding_list *findings);

/* The same without a pipeline. flows_to_stdout: there is no place there for the ending. */
int audit_finish(const struct options *o, struct report_out *out, bool flows_to_stdout,
                 const struct report_run *run, const struct finding_list *findings);

/* What became of a run's inputs. */
struct audit_inputs {
    struct inputs found; /* their names are borrowed by findings: freed by audit_inputs_done */
    int read;            /* captures judged */
    int failed;          /* not readable, damaged or interrupted (told as notices, on stderr) */
};

/* Sends every input of the options through the pipeline. OV_NOMEM. Caller calls audit_inputs_done
 * in any case, after the last look at findings. */
OV_MUST_CHECK enum ov_status audit_inputs(struct pipeline *p, struct audit_inputs *ret_inputs);
void audit_inputs_done(struct audit_inputs *inputs);

#endif

/* cli/options.h: the command line. */
#ifndef OVERT_CLI_OPTIONS_H
#define OVERT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/crypto/verified.h"
#include "base/status.h"
#include "rules/finding.h"

enum exit_code {
    EXIT_CLEAN = 0,
    EXIT_FINDINGS = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_OUTPUT = 4
};

enum { INTERFACES_MAX = 8 };

struct options {
    const char *policy;    /* file or built-in name; NULL = lync-2010 */
    const char *out;       /* findings, coverage, notices; "-" = stdout, NULL = see audit */
    const char *flows;     /* flow records; NULL = none */
    const char *filter;    /* BPF, NULL = none */
    const char *keylog;    /* secrets of TLS connections (NSS key log); NULL = none */
    const char *sensor;    /* name in every record */
    uint64_t memory_bytes; /* cap for tables */
    enum severity fail_on;
    bool fail_never;
    bool all;   /* write exempt, compliant and not assessable findings too */
    bool quiet; /* no progress, no ending */
    bool ndpi;
    enum verify verify;
    bool verify_named; /* --verify was given */
    bool each;         /* captures are judged one by one, not as one */
    bool follow;       /* the only input is a folder that is being filled with captures */
    unsigned workers;  /* threads that look into packets, 1 = all in one thread */
    /* watch */
    const char *interfaces[INTERFACES_MAX];
    unsigned interface_count;
    uint32_t buffer_bytes, snap_bytes;
    uint32_t stats_s, coverage_s; /* seconds from record to record, 0 = none */
    bool promiscuous;
    bool watches; /* any of these was named */

    char **inputs; /* what is left of argv */
    int input_count;
};

/* Reads argv[2..] of `overt audit`. OV_SYNTAX: the reason was printed to stderr. */
OV_MUST_CHECK enum ov_status options_read(int argc, char **argv, struct options *ret_options);
void options_help(void);

#endif

/* cli/main.c: which command? */
#include <stdio.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/crypto/digest.h"
#include "analyzers/ndpi.h"
#include "capture/source.h"
#include "cli/audit.h"
#include "cli/policy_command.h"
#include "cli/watch.h"

static int explain_command(int argc, char **argv)
{
    struct options options = { 0 };
    if (argc < 3 || options_read(argc, argv, &options) != OV_OK || options.input_count != 1) {
        fprintf(stderr, "overt: explain: name one row or reason, as TT-01 or media.clear\n");
        return EXIT_USAGE;
    }
    struct policy *policy = audit_policy(options.policy);
    if (policy == NULL) {
        return EXIT_USAGE;
    }
    bool known = report_explain(stdout, policy, options.inputs[0]);
    if (!known && options.policy == NULL) {
        printf("Rows of your own policy: overt explain ROW --policy FILE\n");
    }
    policy_free(policy);
    return known ? EXIT_CLEAN : EXIT_USAGE;
}

static int version_command(void)
{
    printf("overt %s\n", OVERT_VERSION);
    printf("analyzers:");
    for (unsigned i = 0; analyzers[i] != NULL; i++) {
        printf(" %s", analyzers[i]->name);
    }
    const char *zlib = source_gzip_version(), *zstd = source_zstd_version();
    printf("\nlibpcap: %s\nnDPI: %s\nOpenSSL: %s\n", source_library_version(), ndpi_door_version(),
           digest_library_version());
    printf("zlib: %s\nzstd: %s\n", zlib != NULL ? zlib : "not built in",
           zstd != NULL ? zstd : "not built in");
    return EXIT_CLEAN;
}

static int help_command(void)
{
    options_help();
    return EXIT_CLEAN;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "--help";
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return help_command();
        }
    }
    if (strcmp(command, "audit") == 0) {
        return audit_command(argc, argv);
    }
    if (strcmp(command, "watch") == 0) {
        return watch_command(argc, argv);
    }
    if (strcmp(command, "judge") == 0) {
        return judge_command(argc, argv);
    }
    if (strcmp(command, "roles") == 0) {
        return roles_command(argc, argv);
    }
    if (strcmp(command, "explain") == 0) {
        return explain_command(argc, argv);
    }
    if (strcmp(command, "policy") == 0) {
        return policy_command(argc, argv);
    }
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
        return version_command();
    }
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 ||
        strcmp(command, "-h") == 0) {
        return help_command();
    }
    fprintf(stderr,
            "overt: found command '%s', expected audit, watch, judge, roles, policy, explain or "
            "version\n",
            command);
    return EXIT_USAGE;
}

/* cli/policy_command.c: `overt policy check|show|diff|test`. */
#include "cli/policy_command.h"

#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/policy_test.h"

static int check(int count, char **files)
{
    int code = EXIT_CLEAN;
    for (int i = 0; i < count; i++) {
        struct policy *policy = NULL;
        if (policy_read(files[i], stderr, &policy) != OV_OK) {
            code = EXIT_USAGE;
            continue;
        }
        printf("%s: good: policy %s, %u rows, %u hosts\n", files[i], policy_name(policy),
               policy_row_count(policy), policy_host_count(policy));
        policy_free(policy);
    }
    return code;
}

static int show(const char *name, bool markdown)
{
    struct policy *policy = audit_policy(name);
    if (policy == NULL) {
        return EXIT_USAGE;
    }
    enum ov_status status = report_policy_show(stdout, policy, markdown);
    policy_free(policy);
    return status == OV_OK && fflush(stdout) == 0 ? EXIT_CLEAN : EXIT_OUTPUT;
}

/* As diff(1): 1 when they differ. */
static int diff(const char *one, const char *other)
{
    struct policy *a = audit_policy(one), *b = audit_policy(other);
    int code = EXIT_USAGE;
    if (a != NULL && b != NULL) {
        bool differ = false;
        enum ov_status status = report_policy_diff(stdout, a, b, &differ);
        code = status != OV_OK || fflush(stdout) != 0 ? EXIT_OUTPUT
               : differ                               ? EXIT_FINDINGS
                                                      : EXIT_CLEAN;
    }
    policy_free(a);
    policy_free(b);
    return code;
}

int policy_command(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[2] : "";
    bool formatted = argc == 6 && strcmp(argv[3], "--format") == 0;
    if (strcmp(what, "check") == 0 && argc > 3) {
        return check(argc - 3, argv + 3);
    }
    if (strcmp(what, "show") == 0 && argc == 4) {
        return show(argv[3], false);
    }
    if (strcmp(what, "show") == 0 && formatted &&
        (strcmp(argv[4], "markdown") == 0 || strcmp(argv[4], "text") == 0)) {
        return show(argv[5], argv[4][0] == 'm');
    }
    if (strcmp(what, "diff") == 0 && argc == 5) {
        return diff(argv[3], argv[4]);
    }
    bool named = argc > 5 && strcmp(argv[3], "--policy") == 0;
    if (strcmp(what, "test") == 0 && argc > 3 && (named || argv[3][0] != '-')) {
        int first = named ? 5 : 3;
        return policy_test(argc - first, argv + first, named ? argv[4] : NULL);
    }
    fprintf(stderr, "overt: policy: usage: overt policy check FILE ...\n"
                    "                      overt policy show [--format markdown] FILE\n"
                    "                      overt policy diff FILE FILE\n"
                    "                      overt policy test [--policy FILE] CASES ...\n");
    return EXIT_USAGE;
}

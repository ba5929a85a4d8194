/* cli/roles.c: overt roles: what was seen, as a policy to edit. */
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"

static void print_hosts(const struct judge *judge)
{
    struct address address;
    uint64_t roles = 0;
    const char *ground = NULL;
    char ip[ADDRESS_TEXT_SIZE], names[ROLE_TEXT_SIZE];
    for (uint32_t i = 0; judge_inferred(judge, i, &address, &roles, &ground); i++) {
        printf("%s  - name: host%u.example    # %s: put the host's FQDN here\n",
               i == 0 ? "hosts:\n" : "", i + 1, ground);
        printf("    address: [\"%s\"]\n    role: [%s]\n", address_text(&address, ip),
               roles_text(roles, names, sizeof names));
    }
    printf("# Addresses seen in assessed protocols whose role nothing showed:\n");
    for (uint32_t i = 0; judge_roleless(judge, i, &address); i++) {
        printf("#   %s\n", address_text(&address, ip));
    }
}

static void print_policy(const struct judge *judge)
{
    printf(
        "# Proposed by overt from what it saw: check every role before you rely on it.\n"
        "overt: 1\n"
        "name: proposed\n"
        "extends: lync-2010\n"
        "zones:\n"
        "  internal: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, \"fc00::/7\", \"fe80::/10\"]\n");
    print_hosts(judge);
}

int roles_command(int argc, char **argv)
{
    struct options options;
    if (options_read(argc, argv, &options) != OV_OK) {
        return EXIT_USAGE;
    }
    if (options.policy != NULL) {
        fprintf(stderr, "overt: roles: --policy has no meaning here: roles are what was seen\n");
        return EXIT_USAGE;
    }
    struct policy *policy = audit_policy(NULL);
    if (policy == NULL) {
        return EXIT_USAGE;
    }
    static struct pipeline pipeline; /* its batch is too large for a stack */
    struct audit_inputs in = { 0 };
    enum ov_status status = pipeline_init(&pipeline, &options, policy);
    if (status == OV_OK) {
        status = audit_inputs(&pipeline, &in);
    }
    if (status == OV_OK) {
        print_policy(pipeline.judge);
    } else {
        fprintf(stderr, "overt: %s\n", ov_status_text(status));
    }
    audit_inputs_done(&in);
    pipeline_done(&pipeline);
    policy_free(policy);
    if (status != OV_OK || fflush(stdout) != 0) {
        return EXIT_OUTPUT;
    }
    return in.failed > 0 ? EXIT_INPUT : EXIT_CLEAN;
}

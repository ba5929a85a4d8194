/* cli/roles.c: overt roles: what was seen, as a policy to edit. */
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"

/* Clients come and go: they belong into subnets. */
static bool is_client(uint64_t roles)
{
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    return (roles & ~clients) == 0;
}

/* A name that DNS answers gave to the host, else one to be replaced. */
static void print_name(const struct names *names, const struct address *address, unsigned number,
                       const char *ground)
{
    const char *name = names_of(names, address, 0);
    if (name != NULL) {
        printf("  - name: \"%s\"    # by DNS; %s\n", name, ground);
    } else {
        printf("  - name: host%u.example    # %s: put the host's FQDN here\n", number, ground);
    }
}

static void print_hosts(const struct judge *judge, const struct names *names)
{
    struct address address;
    uint64_t roles = 0;
    const char *ground = NULL;
    char ip[ADDRESS_TEXT_SIZE], roles_name[ROLE_TEXT_SIZE];
    unsigned count = 0;
    for (uint32_t i = 0; judge_inferred(judge, i, &address, &roles, &ground); i++) {
        if (!is_client(roles)) {
            printf("%s", count == 0 ? "hosts:\n" : "");
            print_name(names, &address, count + 1, ground);
            printf("    address: [\"%s\"]\n    role: [%s]\n", address_text(&address, ip),
                   roles_text(roles, roles_name, sizeof roles_name));
            count++;
        }
    }
}

/* Addresses of one client role, "roles:" before the first one of all. */
static void print_clients(const struct judge *judge, enum role role, bool *begun)
{
    struct address address;
    uint64_t roles = 0;
    const char *ground = NULL;
    char ip[ADDRESS_TEXT_SIZE], name[ROLE_TEXT_SIZE];
    bool here = false;
    for (uint32_t i = 0; judge_inferred(judge, i, &address, &roles, &ground); i++) {
        if (!is_client(roles) || (roles & role_bit(role)) == 0) {
            continue;
        }
        if (!here) {
            printf("%s  %s:    # better: their subnets\n", *begun ? "" : "roles:\n",
                   roles_text(role_bit(role), name, sizeof name));
        }
        printf("    - \"%s\"    # %s\n", address_text(&address, ip), ground);
        here = true;
        *begun = true;
    }
}

static void print_roleless(const struct judge *judge)
{
    struct address address;
    char ip[ADDRESS_TEXT_SIZE];
    for (uint32_t i = 0; judge_roleless(judge, i, &address); i++) {
        printf("%s#   %s\n",
               i == 0 ? "# Addresses seen in assessed protocols whose role nothing showed:\n" : "",
               address_text(&address, ip));
    }
}

/* No zones: those of a file replace the ones it extends, and traffic does not show them. */
static void print_policy(const struct judge *judge, const struct names *names)
{
    bool begun = false;
    printf(
        "# Proposed by overt from what it saw: check every role before you rely on it.\n"
        "overt: 1\n"
        "name: proposed\n"
        "extends: lync-2010\n"
        "# Private, shared, link-local and loopback addresses are internal, all others external.\n"
        "# Where that is wrong, list all your networks:\n"
        "# zones:\n"
        "#   internal: [10.0.0.0/8]\n"
        "#   perimeter: [192.0.2.0/26]\n");
    print_hosts(judge, names);
    print_clients(judge, ROLE_CLIENT_INTERNAL, &begun);
    print_clients(judge, ROLE_CLIENT_EXTERNAL, &begun);
    print_roleless(judge);
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
        print_policy(pipeline.verdicts.judge, pipeline.verdicts.joins.names);
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

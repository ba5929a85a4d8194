/* tests/fuzz/fuzz_policy.c: any bytes as a policy file: read or refused, and usable when read. */
#include <stdio.h>

#include "rules/judge.h"
#include "rules/policy_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct policy *policy)
{
    struct flow_end end = { .port = 5061 };
    char text[ROLE_TEXT_SIZE];
    for (uint32_t i = 0; i < policy_host_count(policy); i++) {
        const struct policy_host *host = policy_host(policy, i);
        if (host->network_count > 0) {
            end.address = host->networks[0].address;
        }
        roles_text(policy_roles_at(policy, &end), text, sizeof text);
        (void)policy_zone_at(policy, &end.address);
    }
    for (uint32_t i = 0; i < policy_row_count(policy); i++) {
        requirement_text(policy_row(policy, i)->require, text, sizeof text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *errors;
    struct policy *policy = NULL;
    if (errors == NULL) {
        errors = fopen("/dev/null", "w");
    }
    if (policy_read_text("fuzz.yaml", data, size, errors, &policy) == OV_OK) {
        use(policy);
        policy_free(policy);
    }
    return 0;
}

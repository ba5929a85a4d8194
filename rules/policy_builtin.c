/* rules/policy_builtin.c: the editions of the table that are part of the program. */
#include <string.h>

#include "rules/policy_reader.h"

/* Made from rules/builtin/lync-2010.yaml at build time. */
extern const unsigned char builtin_lync_2010[];
extern const unsigned builtin_lync_2010_size;

const unsigned char *policy_builtin_text(const char *name, size_t *ret_size)
{
    if (strcmp(name, "lync-2010") != 0) {
        return NULL;
    }
    *ret_size = builtin_lync_2010_size;
    return builtin_lync_2010;
}

bool policy_builtin_is_planned(const char *name)
{
    static const char *const names[] = { "ocs-2007-r2", "skype-2015", "sip-generic", "webrtc" };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

enum ov_status policy_builtin(const char *name, struct policy **ret_policy)
{
    return policy_read_builtin(name, NULL, ret_policy);
}

/* rules/policy_builtin.c: the editions of the table that are part of the program. */
#include <string.h>

#include "rules/policy_reader.h"

/* Made from rules/builtin/NAME.yaml at build time. */
extern const unsigned char builtin_lync_2010[], builtin_ocs_2007_r2[], builtin_skype_2015[],
    builtin_sip_generic[], builtin_webrtc[];
extern const unsigned builtin_lync_2010_size, builtin_ocs_2007_r2_size, builtin_skype_2015_size,
    builtin_sip_generic_size, builtin_webrtc_size;

const char policy_builtin_names[] = "lync-2010, ocs-2007-r2, skype-2015, sip-generic, webrtc";

static const struct {
    const char *name;
    const unsigned char *text;
    const unsigned *size;
} editions[] = {
    { "lync-2010", builtin_lync_2010, &builtin_lync_2010_size },
    { "ocs-2007-r2", builtin_ocs_2007_r2, &builtin_ocs_2007_r2_size },
    { "skype-2015", builtin_skype_2015, &builtin_skype_2015_size },
    { "sip-generic", builtin_sip_generic, &builtin_sip_generic_size },
    { "webrtc", builtin_webrtc, &builtin_webrtc_size },
};

const unsigned char *policy_builtin_text(const char *name, size_t *ret_size)
{
    for (unsigned i = 0; i < sizeof editions / sizeof *editions; i++) {
        if (strcmp(editions[i].name, name) == 0) {
            *ret_size = *editions[i].size;
            return editions[i].text;
        }
    }
    return NULL;
}

enum ov_status policy_builtin(const char *name, struct policy **ret_policy)
{
    return policy_read_builtin(name, NULL, ret_policy);
}

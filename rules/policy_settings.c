/* rules/policy_settings.c: the section settings of a policy (traffic table 6). */
#include <string.h>

#include "rules/policy_reader.h"

static const char *const on_off[] = { "true", "false", NULL };
static const char *const editions[] = { "ocs-2007-r2", "lync-2010", "skype-2015", NULL };
static const char *const levels[] = { "required", "supported", "not_supported", NULL };
static const char *const msmq[] = { "advisory", "exempt", "strict", NULL };
static const char *const um[] = { "secured", "sip_secured", "unsecured", NULL };
static const char *const profiles[] = { "rfc9325", "nist80052r2", "bsi",        "pci",
                                        "cnsa1",   "cnsa2",       "legacy-ocs", NULL };

/* Switches of rows that this build does not judge may be written down with their only value. */
static const struct {
    const char *key;
    const char *const *words;
    const char *only; /* the one value this build can honour; NULL = all */
} settings[] = {
    { "table_edition", editions, "lync-2010" },
    { "im_tls", on_off, NULL },
    { "internal_im_tcp", on_off, NULL },
    { "encryption_level", levels, "required" },
    { "windows_live_av", on_off, "false" },
    { "msmq_policy", msmq, "advisory" },
    { "um_security", um, "secured" },
    { "fips", on_off, "false" },
    { "strength_profile", profiles, "rfc9325" },
    { "accept_inferred_mtls", on_off, NULL },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static bool is_one_of(const struct policy_node *value, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (value->kind == NODE_TEXT && strcmp(value->text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static void check_setting(struct policy_reader *reader, unsigned i, const struct policy_node *value)
{
    char found[64];
    if (!is_one_of(value, settings[i].words)) {
        policy_reader_unknown(reader, value, "value", settings[i].words);
    } else if (settings[i].only != NULL && strcmp(value->text, settings[i].only) != 0) {
        policy_reader_error(reader, value,
                            "found %s for %s, which this build does not support yet, expected %s",
                            policy_reader_found(value, found), settings[i].key, settings[i].only);
    }
}

static void read_flag(struct policy_reader *reader, const struct policy_node *map, const char *key,
                      bool *ret_value)
{
    const struct policy_node *value = policy_reader_get(map, key);
    if (value != NULL && is_one_of(value, on_off)) {
        policy_reader_bool(reader, value, ret_value);
    }
}

void policy_settings_read(struct policy_reader *reader, const struct policy_node *map)
{
    const char *keys[SETTINGS + 1] = { NULL };
    for (unsigned i = 0; i < SETTINGS; i++) {
        keys[i] = settings[i].key;
    }
    if (map == NULL || !policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    for (unsigned i = 0; i < SETTINGS; i++) {
        const struct policy_node *value = policy_reader_get(map, keys[i]);
        if (value != NULL) {
            check_setting(reader, i, value);
        }
    }
    struct policy_settings *kept = &reader->policy->settings;
    read_flag(reader, map, "im_tls", &kept->im_tls);
    read_flag(reader, map, "internal_im_tcp", &kept->internal_im_tcp);
    read_flag(reader, map, "windows_live_av", &kept->windows_live_av);
    read_flag(reader, map, "fips", &kept->fips);
    read_flag(reader, map, "accept_inferred_mtls", &kept->accept_inferred_mtls);
}

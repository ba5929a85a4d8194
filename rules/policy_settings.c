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

static const struct {
    const char *key;
    const char *const *words;
} settings[] = {
    { "table_edition", editions },
    { "im_tls", on_off },
    { "internal_im_tcp", on_off },
    { "encryption_level", levels },
    { "windows_live_av", on_off },
    { "msmq_policy", msmq },
    { "um_security", um },
    { "fips", on_off },
    { "strength_profile", profiles },
    { "accept_inferred_mtls", on_off },
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
    if (!is_one_of(value, settings[i].words)) {
        policy_reader_unknown(reader, value, "value", settings[i].words);
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

static void read_choice(const struct policy_node *map, const char *key, const char *const *words,
                        const char **ret_value)
{
    const struct policy_node *value = policy_reader_get(map, key);
    for (; value != NULL && value->kind == NODE_TEXT && *words != NULL; words++) {
        *ret_value = strcmp(value->text, *words) == 0 ? *words : *ret_value;
    }
}

/* What a setting changes in a row: its whole requirement. */
static const struct {
    const char *row;
    const char *value;
    unsigned require;
} effects[] = {
    { "TT-30", "strict", REQUIRE_MTLS },
    { "TT-36", "sip_secured", REQUIRE_MTLS },
    { "TT-36", "unsecured", REQUIRE_NONE },
};

void policy_settings_apply(struct policy *policy)
{
    struct policy_settings *chosen = &policy->settings;
    if (strcmp(chosen->table_edition, "skype-2015") == 0) { /* TT-03, TT-14a: no longer a choice */
        chosen->im_tls = true;
        chosen->internal_im_tcp = false;
    }
    for (uint32_t i = 0; i < policy->row_count; i++) {
        struct policy_row *row = &policy->rows[i];
        for (unsigned k = 0; k < sizeof effects / sizeof *effects; k++) {
            bool holds = strcmp(chosen->msmq_policy, effects[k].value) == 0 ||
                         strcmp(chosen->um_security, effects[k].value) == 0;
            if (holds && strcmp(row->id, effects[k].row) == 0) {
                row->require = effects[k].require;
            }
        }
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
    read_choice(map, "table_edition", editions, &kept->table_edition);
    read_choice(map, "encryption_level", levels, &kept->encryption_level);
    read_choice(map, "msmq_policy", msmq, &kept->msmq_policy);
    read_choice(map, "um_security", um, &kept->um_security);
}

/* rules/strength_read.c: a strength profile from YAML, with the profiles that it extends. */
#include "rules/strength_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy_file.h"
#include "rules/reasons.h"

static const char *const grade_words[] = { "good", "acceptable", "weak", "forbidden", NULL };

static bool parse_number(const char **at, uint32_t *ret_value)
{
    char *end = NULL;
    if (**at < '0' || **at > '9') {
        return false;
    }
    unsigned long value = strtoul(*at, &end, 10);
    *at = end;
    *ret_value = (uint32_t)value;
    return value <= 1u << 20;
}

/* "2048" alone, "2048-" and more, "-2047" and less, "2048-3071". */
static bool parse_bits(const char *text, struct strength_entry *entry)
{
    uint32_t low = 0, high = UINT32_MAX;
    bool has_low = parse_number(&text, &low);
    if (*text == '\0') {
        entry->bits_low = entry->bits_high = low;
        return has_low;
    }
    if (*text++ != '-') {
        return false;
    }
    bool has_high = parse_number(&text, &high);
    entry->bits_low = low;
    entry->bits_high = high;
    return *text == '\0' && (has_low || has_high) && low <= high;
}

static void read_bits(struct policy_reader *reader, const struct policy_node *node,
                      struct strength_entry *entry)
{
    char found[64];
    if (node != NULL && (node->kind != NODE_TEXT || !parse_bits(node->text, entry))) {
        policy_reader_error(reader, node,
                            "found bits %s, expected a number or a range as 2048- or 2048-3071",
                            policy_reader_found(node, found));
    }
}

/* A reason of its own: the program's word for it, which lives as long as the program. */
static void read_reason(struct policy_reader *reader, const struct policy_node *node,
                        struct strength_entry *entry)
{
    char found[64];
    const struct reason_word *word = node == NULL ? NULL : reason_find(node->text);
    if (word != NULL) {
        entry->reason = word->code;
    } else if (node != NULL) {
        policy_reader_error(reader, node, "found reason %s, expected one that overt explains",
                            policy_reader_found(node, found));
    }
}

/* The one key of the entry that is a grade, with the names; NULL and an error for none or two. */
static const struct policy_node *read_grade(struct policy_reader *reader,
                                            const struct policy_node *map,
                                            struct strength_entry *entry)
{
    const struct policy_node *names = NULL;
    unsigned count = 0;
    for (unsigned i = 0; grade_words[i] != NULL; i++) {
        const struct policy_node *value = policy_reader_get(map, grade_words[i]);
        if (value != NULL) {
            names = value;
            entry->grade = (enum strength_grade)i;
            count++;
        }
    }
    if (count != 1) {
        policy_reader_error(reader, map,
                            "found an entry with %u grades, expected one of good, acceptable, "
                            "weak, forbidden",
                            count);
        return NULL;
    }
    return names;
}

static bool read_entry(struct policy_reader *reader, const struct policy_node *map,
                       struct strength_entry *ret_entry)
{
    static const char *const keys[] = { "good",        "acceptable", "weak",
                                        "forbidden",   "bits",       "note",
                                        "source",      "reason",     "encrypt_then_mac",
                                        "unconfirmed", NULL };
    struct strength_entry *entry = ret_entry;
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return false;
    }
    const struct policy_node *names = read_grade(reader, map, entry);
    const struct policy_node *source = policy_reader_get(map, "source");
    const struct policy_node *remark = policy_reader_get(map, "note");
    const struct policy_node *etm = policy_reader_get(map, "encrypt_then_mac");
    const struct policy_node *unconfirmed = policy_reader_get(map, "unconfirmed");
    entry->bits_high = UINT32_MAX;
    entry->source = source == NULL ? policy_reader_copy(reader, reader->file)
                                   : policy_reader_text(reader, source);
    entry->note = remark == NULL ? NULL : policy_reader_text(reader, remark);
    if (source == NULL && reader->builtin) {
        policy_reader_error(reader, map, "found an entry without 'source', expected one");
    }
    if (etm != NULL) {
        policy_reader_bool(reader, etm, &entry->with_etm);
        entry->without_etm = !entry->with_etm;
    }
    if (unconfirmed != NULL) {
        policy_reader_bool(reader, unconfirmed, &entry->unconfirmed);
    }
    read_bits(reader, policy_reader_get(map, "bits"), entry);
    read_reason(reader, policy_reader_get(map, "reason"), entry);
    entry->names = policy_reader_texts(reader, names);
    return entry->names != NULL && entry->source != NULL;
}

static void read_section(struct policy_reader *reader, const struct policy_node *list,
                         enum strength_kind kind, struct strength_profile *profile)
{
    char found[64];
    const struct policy_node *item = NULL;
    if (list->kind != NODE_LIST) {
        policy_reader_error(reader, list, "found %s, expected a list of entries",
                            policy_reader_found(list, found));
        return;
    }
    struct strength_entry *entries = policy_reader_room(reader, profile->entries, profile->count,
                                                        list->count, sizeof *profile->entries);
    profile->entries = entries;
    for (uint32_t i = 0; entries != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        struct strength_entry entry = { .kind = kind };
        if (read_entry(reader, item, &entry)) {
            entries[profile->count++] = entry;
        }
    }
}

static void read_profile_head(struct policy_reader *reader, const struct policy_node *root,
                              struct strength_profile *profile)
{
    char found[64];
    const struct policy_node *version = policy_reader_get(root, "overt_strength");
    const struct policy_node *name = policy_reader_get(root, "name");
    const struct policy_node *title = policy_reader_get(root, "title");
    const struct policy_node *checked = policy_reader_get(root, "checked");
    if (version == NULL || version->kind != NODE_TEXT || strcmp(version->text, "1") != 0) {
        const struct policy_node *at = version != NULL ? version : root;
        policy_reader_error(reader, at, "found %s, expected 'overt_strength: 1'",
                            version != NULL ? policy_reader_found(version, found) : "no version");
    }
    profile->name =
        name != NULL ? policy_reader_text(reader, name) : policy_reader_copy(reader, reader->file);
    profile->title = title != NULL ? policy_reader_text(reader, title) : "";
    profile->checked = checked != NULL ? policy_reader_text(reader, checked) : NULL;
}

/* One document; NULL after an error that leaves nothing to go on with. */
static struct strength_profile *read_profile(struct policy_reader *reader,
                                             const struct policy_node *root)
{
    enum { HEAD = 5 };
    const char *keys[STRENGTH_KINDS + HEAD + 1] = { "overt_strength", "name", "title", "checked",
                                                    "extends" };
    for (unsigned i = 0; i < STRENGTH_KINDS; i++) {
        keys[HEAD + i] = strength_kind_name((enum strength_kind)i);
    }
    struct strength_profile *profile = policy_reader_room(reader, NULL, 0, 1, sizeof *profile);
    if (profile == NULL || !policy_reader_map(reader, root, keys, NULL)) {
        return NULL;
    }
    *profile = (struct strength_profile){ .name = "", .title = "" };
    read_profile_head(reader, root, profile);
    for (unsigned i = 0; i < STRENGTH_KINDS; i++) {
        const struct policy_node *list = policy_reader_get(root, keys[HEAD + i]);
        if (list != NULL) {
            read_section(reader, list, (enum strength_kind)i, profile);
        }
    }
    return profile;
}

/* The tree of the profile that a node names; reader->file and builtin are then about it. */
static const struct policy_node *open_profile(struct policy_reader *reader, struct arena *trees,
                                              const struct policy_node *node)
{
    char found[64];
    size_t size = 0;
    const char *name = policy_reader_text(reader, node);
    const unsigned char *text = name == NULL ? NULL : strength_builtin_text(name, &size);
    if (text != NULL) {
        reader->file = name;
        reader->builtin = true;
        return policy_yaml_tree(reader, trees, text, size);
    }
    struct policy_file file;
    const char *path = name == NULL ? NULL : policy_reader_path(reader, name);
    if (path == NULL) {
        return NULL;
    }
    if (!policy_file_read(reader, trees, path, &file)) {
        policy_reader_error(reader, node,
                            "found %s, which cannot be read (%s), expected %s or the path of a "
                            "strength profile",
                            policy_reader_found(node, found),
                            file.too_big ? "too big" : strerror(errno), strength_builtin_names);
        return NULL;
    }
    reader->file = path;
    reader->builtin = false;
    return file.text == NULL ? NULL : policy_yaml_tree(reader, trees, file.text, file.size);
}

/* The profile that a node names, and what it extends, each under the one before. */
static const struct strength_profile *read_named(struct policy_reader *reader, struct arena *trees,
                                                 const struct policy_node *node)
{
    struct strength_profile *first = NULL, *last = NULL;
    const char *file = reader->file;
    bool builtin = reader->builtin;
    for (unsigned depth = 0; node != NULL; depth++) {
        if (depth == POLICY_EXTENDS_MAX) {
            policy_reader_error(reader, node,
                                "found more than %d profiles that extend each other, expected "
                                "fewer",
                                POLICY_EXTENDS_MAX);
            break;
        }
        const struct policy_node *root = open_profile(reader, trees, node);
        struct strength_profile *profile = root == NULL ? NULL : read_profile(reader, root);
        if (profile == NULL) {
            break;
        }
        if (last != NULL) {
            last->base = profile;
        }
        first = first == NULL ? profile : first;
        last = profile;
        node = policy_reader_get(root, "extends");
    }
    reader->file = file;
    reader->builtin = builtin;
    return first;
}

void strength_read_named(struct policy_reader *reader, struct arena *trees,
                         const struct policy_node *node)
{
    const struct strength_profile *profile = node == NULL ? NULL : read_named(reader, trees, node);
    if (profile != NULL) {
        reader->policy->strength = profile;
    }
}

void strength_read_setting(struct policy_reader *reader, struct arena *trees,
                           const struct policy_node *settings)
{
    static const char *const names[][2] = {
        { "rfc9325", "rfc9325" },       { "nist80052r2", "nist-800-52r2" },
        { "bsi", "bsi-tr-02102-2" },    { "pci", "pci-dss-4" },
        { "cnsa1", "cnsa-1" },          { "cnsa2", "cnsa-2" },
        { "legacy-ocs", "legacy-ocs" },
    };
    const struct policy_node *node =
        settings == NULL ? NULL : policy_reader_get(settings, "strength_profile");
    for (unsigned i = 0; node != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(node->text, names[i][0]) == 0) {
            struct policy_node named = *node;
            named.text = names[i][1];
            strength_read_named(reader, trees, &named);
            return;
        }
    }
}

static const struct strength_profile *read_builtin(struct policy_reader *reader,
                                                   struct arena *trees, const char *name)
{
    struct policy_node node = { .line = 1, .column = 1, .text = name };
    return read_named(reader, trees, &node);
}

void strength_read_defaults(struct policy_reader *reader, struct arena *trees)
{
    struct policy *policy = reader->policy;
    if (policy->strength == NULL) {
        policy->strength = read_builtin(reader, trees, "rfc9325");
    }
    if (policy->settings.fips) {
        policy->fips = read_builtin(reader, trees, "fips-140-3");
    }
}

/* rules/policy_read.c: a policy file, what it extends, and its sections in order.
 *
 * Files that extend each other are layers: all are parsed first, then applied from the innermost
 * (usually a built-in edition) to the one the user named. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy_file.h"
#include "rules/policy_reader.h"
#include "rules/strength_read.h"

struct layer {
    const char *file;
    const struct policy_node *root; /* NULL when it could not be parsed */
    bool builtin;
    dev_t device; /* identity of the file, against cycles */
    ino_t inode;
};

struct layers {
    struct policy_reader reader;
    struct arena trees;
    struct layer items[POLICY_EXTENDS_MAX];
    uint32_t count;
};

enum ov_file { FILE_READ, FILE_MISSING, FILE_CYCLE, FILE_TOO_BIG };

static bool is_known(const struct layers *layers, const struct stat *info)
{
    for (uint32_t i = 0; i < layers->count; i++) {
        const struct layer *l = &layers->items[i];
        if (!l->builtin && l->device == info->st_dev && l->inode == info->st_ino) {
            return true;
        }
    }
    return false;
}

static void add_layer(struct layers *layers, struct layer layer, const void *text, size_t size)
{
    layers->reader.file = layer.file;
    layer.root = policy_yaml_tree(&layers->reader, &layers->trees, text, size);
    layers->items[layers->count++] = layer;
}

static enum ov_file add_file(struct layers *layers, const char *path)
{
    struct policy_file file;
    if (!policy_file_read(&layers->reader, &layers->trees, path, &file)) {
        return file.too_big ? FILE_TOO_BIG : FILE_MISSING;
    }
    if (is_known(layers, &file.info)) {
        return FILE_CYCLE;
    }
    struct layer layer = { .file = path, .device = file.info.st_dev, .inode = file.info.st_ino };
    if (file.text != NULL) {
        add_layer(layers, layer, file.text, file.size);
    }
    return FILE_READ;
}

static bool add_builtin(struct layers *layers, const char *name)
{
    size_t size;
    const unsigned char *text = policy_builtin_text(name, &size);
    if (text != NULL) {
        add_layer(layers, (struct layer){ .file = name, .builtin = true }, text, size);
    }
    return text != NULL;
}

static void extend_by_file(struct layers *layers, const struct policy_node *extends)
{
    struct policy_reader *reader = &layers->reader;
    const char *name = policy_reader_text(reader, extends), *file = reader->file;
    char found[64];
    enum ov_file result =
        name == NULL ? FILE_READ : add_file(layers, policy_reader_path(reader, name));
    int error = errno;
    reader->file = result == FILE_READ ? reader->file : file;
    switch (result) {
    case FILE_READ:
        break;
    case FILE_MISSING:
        policy_reader_error(reader, extends,
                            "found %s, which cannot be read (%s), expected %s or the path of a "
                            "policy file",
                            policy_reader_found(extends, found), strerror(error),
                            policy_builtin_names);
        break;
    case FILE_CYCLE:
        policy_reader_error(reader, extends,
                            "found %s, which is already being read, expected no circle",
                            policy_reader_found(extends, found));
        break;
    case FILE_TOO_BIG:
        policy_reader_error(reader, extends, "found %s of more than %d bytes, expected less",
                            policy_reader_found(extends, found), POLICY_FILE_MAX);
        break;
    }
}

/* Adds what the newest layer extends; false when there is nothing more to add. */
static bool extend(struct layers *layers)
{
    const struct layer *last = layers->count == 0 ? NULL : &layers->items[layers->count - 1];
    const struct policy_node *extends =
        last == NULL || last->root == NULL ? NULL : policy_reader_get(last->root, "extends");
    uint32_t before = layers->count;
    if (extends == NULL) {
        return false;
    }
    if (layers->count == POLICY_EXTENDS_MAX) {
        policy_reader_error(&layers->reader, extends,
                            "found more than %d files that extend each other, expected fewer",
                            POLICY_EXTENDS_MAX);
    } else if (!add_builtin(layers, extends->text)) {
        extend_by_file(layers, extends);
    }
    return layers->count > before;
}

static void read_head(struct policy_reader *reader, const struct policy_node *root)
{
    char found[64];
    const struct policy_node *version = policy_reader_get(root, "overt");
    const struct policy_node *name = policy_reader_get(root, "name");
    if (version == NULL) {
        policy_reader_error(reader, root, "found no key 'overt', expected 'overt: 1'");
    } else if (version->kind != NODE_TEXT || strcmp(version->text, "1") != 0) {
        policy_reader_error(reader, version, "found version %s, expected 1",
                            policy_reader_found(version, found));
    }
    if (policy_reader_get(root, "extends") == NULL && policy_reader_get(root, "rows") == NULL) {
        policy_reader_error(reader, root,
                            "found neither 'extends' nor 'rows', expected 'extends: lync-2010'");
    }
    const char *text = name == NULL ? NULL : policy_reader_text(reader, name);
    reader->policy->name = text != NULL ? text : policy_reader_copy(reader, reader->file);
}

static void apply(struct layers *layers, const struct layer *layer)
{
    static const char *const keys[] = {
        "overt",    "name", "extends",           "zones",           "hosts",   "roles",    "trust",
        "settings", "rows", "trusted_resolvers", "trusted_servers", "waivers", "strength", NULL
    };
    struct policy_reader *reader = &layers->reader;
    const struct policy_node *root = layer->root;
    reader->file = layer->file;
    reader->builtin = layer->builtin;
    if (root == NULL || !policy_reader_map(reader, root, keys, NULL)) {
        return;
    }
    read_head(reader, root);
    policy_places_zones(reader, policy_reader_get(root, "zones"));
    policy_places_roles(reader, policy_reader_get(root, "roles"));
    policy_places_trust(reader, policy_reader_get(root, "trust"));
    policy_hosts_read(reader, policy_reader_get(root, "hosts"));
    policy_places_resolvers(reader, policy_reader_get(root, "trusted_resolvers"));
    const struct policy_node *settings = policy_reader_get(root, "settings");
    policy_settings_read(reader, settings);
    strength_read_setting(reader, &layers->trees, settings);
    strength_read_named(reader, &layers->trees, policy_reader_get(root, "strength"));
    policy_rows_read(reader, policy_reader_get(root, "rows"));
    policy_waivers_servers(reader, policy_reader_get(root, "trusted_servers"));
    policy_waivers_read(reader, policy_reader_get(root, "waivers"));
}

/* Applies all layers, the innermost first, and hands the policy over. */
static enum ov_status finish(struct layers *layers, struct policy **ret_policy)
{
    struct policy_reader *reader = &layers->reader;
    for (uint32_t i = layers->count; i > 0 && reader->status == OV_OK; i--) {
        apply(layers, &layers->items[i - 1]);
    }
    strength_read_defaults(reader, &layers->trees);
    policy_sort(reader->policy);
    policy_settings_apply(reader->policy);
    policy_hosts_finish(reader);
    arena_done(&layers->trees);
    enum ov_status status = reader->status != OV_OK   ? reader->status
                            : reader->error_count > 0 ? OV_SYNTAX
                                                      : OV_OK;
    if (status != OV_OK) {
        policy_free(reader->policy);
        reader->policy = NULL;
    }
    *ret_policy = reader->policy;
    return status;
}

static bool start(struct layers *layers, FILE *errors)
{
    *layers = (struct layers){ .reader = { .errors = errors } };
    arena_init(&layers->trees, POLICY_MEMORY_MAX);
    layers->reader.policy = policy_new();
    return layers->reader.policy != NULL;
}

static enum ov_status extend_and_finish(struct layers *layers, struct policy **ret_policy)
{
    while (extend(layers)) {
        /* each step adds one layer, POLICY_EXTENDS_MAX at most */
    }
    return finish(layers, ret_policy);
}

enum ov_status policy_read(const char *path, FILE *errors, struct policy **ret_policy)
{
    struct layers layers;
    if (!start(&layers, errors)) {
        return OV_NOMEM;
    }
    enum ov_file result = add_file(&layers, path);
    if (result == FILE_READ) {
        return extend_and_finish(&layers, ret_policy);
    }
    struct policy_node nowhere = { .line = 1, .column = 1 };
    layers.reader.file = path;
    policy_reader_error(&layers.reader, &nowhere, "found %s, expected a policy file",
                        result == FILE_TOO_BIG ? "more bytes than a policy may have"
                                               : strerror(errno));
    return finish(&layers, ret_policy);
}

enum ov_status policy_read_text(const char *file, const void *text, size_t size, FILE *errors,
                                struct policy **ret_policy)
{
    struct layers layers;
    if (!start(&layers, errors)) {
        return OV_NOMEM;
    }
    add_layer(&layers, (struct layer){ .file = file }, text, size);
    return extend_and_finish(&layers, ret_policy);
}

enum ov_status policy_read_builtin(const char *name, FILE *errors, struct policy **ret_policy)
{
    struct layers layers;
    if (!start(&layers, errors)) {
        return OV_NOMEM;
    }
    if (!add_builtin(&layers, name)) {
        policy_free(layers.reader.policy);
        return OV_SYNTAX;
    }
    enum ov_status status = extend_and_finish(&layers, ret_policy);
    if (status == OV_OK) {
        (*ret_policy)->builtin = true;
    }
    return status;
}

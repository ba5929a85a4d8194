/* reports/json_paths.c: paths become a tree once. */
#include "reports/json_paths.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <threads.h>

static struct json_paths tree = { .count = 1 };
static once_flag paths_parsed = ONCE_FLAG_INIT;

static uint8_t find_or_add(uint8_t parent, const char *name, size_t size)
{
    bool array = size > 2 && memcmp(name + size - 2, "[]", 2) == 0;
    size -= array ? 2 : 0;
    for (unsigned i = 1; i < tree.count; i++) {
        const struct json_path *path = &tree.paths[i];
        if (path->parent == parent && path->array == array && strlen(path->name) == size &&
            memcmp(path->name, name, size) == 0) {
            return (uint8_t)i;
        }
    }
    assert(tree.count < PATHS_MAX && size < PATH_NAME_SIZE);
    struct json_path *path = &tree.paths[tree.count];
    memcpy(path->name, name, size);
    path->name[size] = '\0';
    path->parent = parent;
    path->array = array;
    path->brackets = (uint8_t)(tree.paths[parent].brackets + array);
    assert(path->brackets <= 2);
    return (uint8_t)tree.count++;
}

static void parse_paths(void)
{
    for (unsigned kind = 0; kind < OBS_COUNT; kind++) {
        const struct observation_word *word = observation_word((enum observation_kind)kind);
        const char *segment = word->path;
        const char *dot = word->shape == SHAPE_EVENT ? NULL : strchr(segment, '.');
        uint8_t path = 0;
        while (dot != NULL) {
            path = find_or_add(path, segment, (size_t)(dot - segment));
            segment = dot + 1;
            dot = strchr(segment, '.');
        }
        tree.leaves[kind] = (struct json_leaf){ path, segment };
    }
}

const struct json_paths *json_paths(void)
{
    call_once(&paths_parsed, parse_paths);
    return &tree;
}

const char *json_paths_name(const struct json_path *path, uint8_t l4, const char *app)
{
    if (path->parent != 0 || l4 != IPPROTO_UDP || strcmp(path->name, "tls") != 0 ||
        strcmp(app, "openvpn") == 0) { /* a stream in datagrams */
        return path->name;
    }
    return strcmp(app, "quic") == 0 ? "quic" : "dtls";
}

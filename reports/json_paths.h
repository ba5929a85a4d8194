/* reports/json_paths.h: the paths of the word list as a tree, made once: records are written and
 * read by it. */
#ifndef OVERT_REPORTS_JSON_PATHS_H
#define OVERT_REPORTS_JSON_PATHS_H

#include "analyzers/flow_record.h"

enum {
    PATHS_MAX = 64, /* objects and arrays of objects in all paths together */
    PATH_NAME_SIZE = 32,
    PATH_LEVELS = 8, /* segments of one path */
};

/* An object that paths lead through, or the objects of one array. */
struct json_path {
    char name[PATH_NAME_SIZE];
    uint8_t parent;   /* path; 0 = the record itself */
    bool array;       /* `[]` follows the name */
    uint8_t brackets; /* `[]` in the path up to here: 0, 1 (index), 2 (index and sub) */
};

/* Where the value of a kind goes. */
struct json_leaf {
    uint8_t path;
    const char *name; /* last segment, borrowed from the word list */
};

struct json_paths {
    struct json_path paths[PATHS_MAX]; /* [0] is the record */
    struct json_leaf leaves[OBS_COUNT];
    unsigned count;
};

/* The tree of all kinds. */
const struct json_paths *json_paths(void);
/* What TLS says stands under the name of the protocol that carries it. app: of the flow. */
const char *json_paths_name(const struct json_path *path, uint8_t l4, const char *app);

#endif

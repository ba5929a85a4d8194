/* reports/json_shorten.c: which array of a record is the longest, and its second half away. */
#include "reports/json_shorten.h"

#include <jansson.h>
#include <string.h>

enum {
    LEVELS_MAX = 12, /* containers inside each other; the contract has 7 */
    COUNTS_KEPT = 4, /* an object of counts is not made shorter than this */
};

/* A container that is being walked. */
struct level {
    json_t *container;
    size_t next;  /* arrays: index of the next member */
    void *member; /* objects: iterator of the next member */
};

static struct level enter(json_t *container)
{
    return (struct level){ .container = container, .member = json_object_iter(container) };
}

/* The next member, NULL at the end. */
static json_t *step(struct level *level)
{
    if (json_is_array(level->container)) {
        return json_array_get(level->container, level->next++);
    }
    json_t *value = json_object_iter_value(level->member);
    if (value != NULL) {
        level->member = json_object_iter_next(level->container, level->member);
    }
    return value;
}

/* Counts by name, "methods": {"INVITE": 2}: strangers choose how many names there are. */
static bool is_counts(json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!json_is_integer(value)) {
            return false;
        }
    }
    return true;
}

/* Members that may go, 0 = none. */
static size_t spare_members(json_t *container)
{
    if (json_is_array(container)) {
        return json_array_size(container);
    }
    size_t count = json_object_size(container);
    return count > COUNTS_KEPT && is_counts(container) ? count : 0;
}

static void halve(json_t *container)
{
    size_t keep = spare_members(container) / 2;
    while (json_array_size(container) > keep) {
        json_array_remove(container, json_array_size(container) - 1);
    }
    const char *key;
    void *next;
    json_t *value;
    size_t i = 0;
    json_object_foreach_safe(container, next, key, value)
    {
        if (i++ >= keep) {
            json_object_del(container, key);
        }
    }
}

bool json_shorten_longest(json_t *root)
{
    struct level levels[LEVELS_MAX];
    json_t *longest = NULL;
    size_t most = 0, depth = 1;
    levels[0] = enter(root);
    while (depth > 0) {
        json_t *value = step(&levels[depth - 1]);
        if (value == NULL) {
            depth--;
            continue;
        }
        if (spare_members(value) > most) {
            most = spare_members(value);
            longest = value;
        }
        if ((json_is_array(value) || json_is_object(value)) && depth < LEVELS_MAX) {
            levels[depth++] = enter(value);
        }
    }
    if (longest == NULL) {
        return false;
    }
    halve(longest);
    return true;
}

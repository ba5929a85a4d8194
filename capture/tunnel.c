/* capture/tunnel.c: a small table of tunnel paths, never emptied, capped in number. */
#include "capture/tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Strangers make up ids, so paths with ids leave room for those without. */
enum { PATHS_WITH_IDS = 4096, PATHS_MAX = 4608, BUCKETS = 8192 };

struct tunnels {
    struct hash_seed seed;
    uint32_t count;
    uint16_t buckets[BUCKETS]; /* number of a path, 0 = free; open addressing */
    struct tunnel_path paths[PATHS_MAX];
};

static const char *const names[TUNNEL_KIND_COUNT] = {
#define X(kind, name) name,
    TUNNEL_KINDS(X)
#undef X
};

_Static_assert(PATHS_MAX < BUCKETS, "a look-up ends at a free bucket");

enum ov_status tunnels_new(struct hash_seed seed, struct tunnels **ret_tunnels)
{
    struct tunnels *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return OV_NOMEM;
    }
    t->seed = seed;
    *ret_tunnels = t;
    return OV_OK;
}

void tunnels_free(struct tunnels *tunnels)
{
    free(tunnels);
}

/* 0 when it is new and there are `most` already. */
static uint16_t find_or_add(struct tunnels *t, const struct tunnel_path *path, uint32_t most)
{
    uint64_t at = keyed_hash(path, sizeof *path, t->seed);
    for (;; at++) {
        uint16_t number = t->buckets[at % BUCKETS];
        if (number == 0) {
            break;
        }
        if (memcmp(&t->paths[number - 1], path, sizeof *path) == 0) {
            return number;
        }
    }
    if (t->count >= most) {
        return 0;
    }
    t->paths[t->count++] = *path;
    t->buckets[at % BUCKETS] = (uint16_t)t->count;
    return (uint16_t)t->count;
}

uint16_t tunnels_number(struct tunnels *tunnels, const struct tunnel_path *path,
                        struct counters *counters)
{
    if (path->count == 0) {
        return 0;
    }
    uint16_t number = find_or_add(tunnels, path, PATHS_WITH_IDS);
    if (number != 0) {
        return number;
    }
    struct tunnel_path bare = *path;
    memset(bare.id, 0, sizeof bare.id);
    bare.has_id = 0;
    counters->value[COUNT_TUNNEL_IDS]++;
    return find_or_add(tunnels, &bare, PATHS_MAX);
}

const struct tunnel_path *tunnels_path(const struct tunnels *tunnels, uint16_t number)
{
    return number == 0 ? NULL : &tunnels->paths[number - 1];
}

const char *tunnel_text(const struct tunnel_path *path, uint32_t hop, char *buffer)
{
    struct text t = text_into(buffer, TUNNEL_TEXT_SIZE);
    text_put(&t, names[path->kind[hop]]);
    if ((path->has_id >> hop & 1) != 0) {
        text_printf(&t, ":%u", path->id[hop]);
    }
    return buffer;
}

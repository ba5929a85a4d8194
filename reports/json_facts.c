/* reports/json_facts.c: facts into JSON by the paths of the word list alone: a new word needs no
 * code here. Paths become a tree once; each record then walks it with at most one step a segment.
 */
#include "reports/json_facts.h"

#include <assert.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

enum {
    NODES_MAX = 64, /* objects and arrays of objects in all paths together */
    NODE_NAME_SIZE = 32,
    NODE_LEVELS = 8, /* segments of one path */
};

/* An object that paths lead through, or the objects of one array. */
struct node {
    char name[NODE_NAME_SIZE];
    uint8_t parent;   /* node; 0 = the record itself */
    bool array;       /* `[]` follows the name */
    uint8_t brackets; /* `[]` in the path up to here: 0, 1 (index), 2 (index and sub) */
};

/* Where the value of a kind goes. */
struct leaf {
    uint8_t node;
    const char *name; /* last segment, borrowed from the path */
};

static struct node nodes[NODES_MAX]; /* [0] is the record */
static struct leaf leaves[OBS_COUNT];
static unsigned node_count = 1;
static once_flag paths_parsed = ONCE_FLAG_INIT;

static uint8_t find_or_add_node(uint8_t parent, const char *name, size_t size)
{
    bool array = size > 2 && memcmp(name + size - 2, "[]", 2) == 0;
    size -= array ? 2 : 0;
    for (unsigned i = 1; i < node_count; i++) {
        if (nodes[i].parent == parent && nodes[i].array == array && strlen(nodes[i].name) == size &&
            memcmp(nodes[i].name, name, size) == 0) {
            return (uint8_t)i;
        }
    }
    assert(node_count < NODES_MAX && size < NODE_NAME_SIZE);
    struct node *node = &nodes[node_count];
    memcpy(node->name, name, size);
    node->name[size] = '\0';
    node->parent = parent;
    node->array = array;
    node->brackets = (uint8_t)(nodes[parent].brackets + array);
    assert(node->brackets <= 2);
    return (uint8_t)node_count++;
}

static void parse_paths(void)
{
    for (unsigned kind = 0; kind < OBS_COUNT; kind++) {
        const struct observation_word *word = observation_word((enum observation_kind)kind);
        const char *segment = word->path;
        const char *dot = word->shape == SHAPE_EVENT ? NULL : strchr(segment, '.');
        uint8_t node = 0;
        while (dot != NULL) {
            node = find_or_add_node(node, segment, (size_t)(dot - segment));
            segment = dot + 1;
            dot = strchr(segment, '.');
        }
        leaves[kind] = (struct leaf){ node, segment };
    }
}

/* The objects of one record that facts go into. */
struct writer {
    struct json_line *line;
    const struct flow_record *record;
    json_t *open[NODES_MAX]; /* object of a node; of an array its last member */
    uint32_t key[NODES_MAX]; /* index and sub that open[] stands for */
};

static uint32_t member_key(const struct node *node, const struct fact *fact)
{
    uint32_t both = (uint32_t)fact->index << 16 | fact->sub;
    return node->brackets == 0 ? 0 : node->brackets == 1 ? (uint32_t)fact->index << 16 : both;
}

/* What TLS says stands under the name of the protocol that carries it. */
static const char *node_name(const struct node *node, const struct flow_record *record)
{
    if (node->parent != 0 || record->l4 != IPPROTO_UDP || strcmp(node->name, "tls") != 0 ||
        strcmp(record->app, "openvpn") == 0) { /* a stream in datagrams */
        return node->name;
    }
    return strcmp(record->app, "quic") == 0 ? "quic" : "dtls";
}

/* Facts come ordered by index and sub, so that a member wanted now is the last one or a new one. */
static json_t *open_node(struct writer *w, uint8_t i, json_t *parent, const struct fact *fact)
{
    const struct node *node = &nodes[i];
    const char *name = node_name(node, w->record);
    if (w->open[i] != NULL && w->key[i] == member_key(node, fact)) {
        return w->open[i];
    }
    if (node->array) {
        json_t *array = json_object_get(parent, name);
        array = array != NULL ? array : json_line_array(w->line, parent, name);
        w->open[i] = json_line_object(w->line, array, NULL);
    } else {
        w->open[i] = json_line_object(w->line, parent, name);
    }
    w->key[i] = member_key(node, fact);
    return w->open[i];
}

static json_t *container_of_fact(struct writer *w, const struct fact *fact)
{
    uint8_t way[NODE_LEVELS];
    unsigned levels = 0;
    for (uint8_t i = leaves[fact->kind].node; i != 0; i = nodes[i].parent) {
        assert(levels < NODE_LEVELS);
        way[levels++] = i;
    }
    json_t *object = w->line->root;
    while (levels > 0) {
        object = open_node(w, way[--levels], object, fact);
    }
    return object;
}

static void add_count(struct json_line *line, json_t *object, const char *name, const char *text,
                      uint64_t value)
{
    json_t *counts = json_object_get(object, name);
    counts = counts != NULL ? counts : json_line_object(line, object, name);
    json_line_count(line, counts, text, value);
}

static void add_to_list(struct json_line *line, json_t *object, const char *name, const char *text)
{
    json_t *list = json_object_get(object, name);
    list = list != NULL ? list : json_line_array(line, object, name);
    json_line_append(line, list, json_string_nocheck(text));
}

static void put_fact(struct writer *w, const struct fact *fact)
{
    struct json_line *line = w->line;
    json_t *object = container_of_fact(w, fact);
    const char *name = leaves[fact->kind].name;
    const char *text = facts_text(w->record->facts, fact);
    switch (observation_word((enum observation_kind)fact->kind)->shape) {
    case SHAPE_FLAG:
        json_line_flag(line, object, name, fact->value != 0);
        break;
    case SHAPE_NUMBER:
        json_line_count(line, object, name, fact->value);
        break;
    case SHAPE_SCORE:
        json_line_thousandths(line, object, name, (int64_t)fact->value);
        break;
    case SHAPE_TEXT:
        json_line_put(line, object, name, json_string_nocheck(text));
        break;
    case SHAPE_LIST:
        add_to_list(line, object, name, text);
        break;
    case SHAPE_COUNTS:
        add_count(line, object, name, text, fact->value);
        break;
    case SHAPE_TIME:
        json_line_time(line, object, name, (int64_t)fact->value);
        break;
    case SHAPE_SIDE:
        json_line_put(line, object, name,
                      json_string(fact->value == w->record->client ? "client" : "server"));
        break;
    case SHAPE_EVENT:
        return;
    }
    if (fact->cut) {
        json_line_flag(line, object, "cut", true);
    }
}

/* By array members first, then in the order of the word list, then of first report. */
static int compare(const void *left, const void *right)
{
    const struct fact *const *l = left, *const *r = right;
    const struct fact *a = *l, *b = *r;
    if (a->index != b->index) {
        return a->index < b->index ? -1 : 1;
    }
    if (a->sub != b->sub) {
        return a->sub < b->sub ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

void json_facts_put(struct json_line *line, const struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const struct fact *order[FACTS_MAX];
    struct writer writer = { .line = line, .record = record };
    call_once(&paths_parsed, parse_paths);
    assert(facts->count <= FACTS_MAX);
    for (uint32_t i = 0; i < facts->count; i++) {
        order[i] = &facts->items[i];
    }
    qsort(order, facts->count, sizeof(const struct fact *), compare);
    for (uint32_t i = 0; i < facts->count; i++) {
        put_fact(&writer, order[i]);
    }
    if (facts->dropped > 0) {
        json_line_flag(line, line->root, "cut", true);
    }
}

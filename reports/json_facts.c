/* reports/json_facts.c: facts into JSON by the paths of the word list alone: a new word needs no
 * code here. Each record walks the tree of paths with at most one step a segment. */
#include "reports/json_facts.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json_paths.h"

/* The objects of one record that facts go into. */
struct writer {
    struct json_line *line;
    const struct json_paths *tree;
    const struct flow_record *record;
    json_t *open[PATHS_MAX]; /* object of a path; of an array its last member */
    uint32_t key[PATHS_MAX]; /* index and sub that open[] stands for */
    bool gaps;               /* a member of an array stands elsewhere than its number says */
};

static uint32_t member_key(const struct json_path *node, const struct fact *fact)
{
    uint32_t both = (uint32_t)fact->index << 16 | fact->sub;
    return node->brackets == 0 ? 0 : node->brackets == 1 ? (uint32_t)fact->index << 16 : both;
}

/* Facts come ordered by index and sub, so that a member wanted now is the last one or a new one. */
static json_t *open_node(struct writer *w, uint8_t i, json_t *parent, const struct fact *fact)
{
    const struct json_path *node = &w->tree->paths[i];
    const char *name = json_paths_name(node, w->record->l4, w->record->app);
    if (w->open[i] != NULL && w->key[i] == member_key(node, fact)) {
        return w->open[i];
    }
    if (node->array) {
        json_t *array = json_object_get(parent, name);
        array = array != NULL ? array : json_line_array(w->line, parent, name);
        size_t place = json_array_size(array);
        w->gaps |= place != (node->brackets == 1 ? fact->index : fact->sub);
        w->open[i] = json_line_object(w->line, array, NULL);
    } else {
        w->open[i] = json_line_object(w->line, parent, name);
    }
    w->key[i] = member_key(node, fact);
    return w->open[i];
}

static json_t *container_of_fact(struct writer *w, const struct fact *fact)
{
    uint8_t way[PATH_LEVELS];
    unsigned levels = 0;
    for (uint8_t i = w->tree->leaves[fact->kind].path; i != 0; i = w->tree->paths[i].parent) {
        assert(levels < PATH_LEVELS);
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
    const char *name = w->tree->leaves[fact->kind].name;
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

/* By the word list, then by array members, then in the order of first report: where a member stands
 * does not matter then, only which one is before which. */
static int compare_kinds(const void *left, const void *right)
{
    const struct fact *const *l = left, *const *r = right;
    return (*l)->kind != (*r)->kind ? ((*l)->kind < (*r)->kind ? -1 : 1) : compare(left, right);
}

/* Was a fact reported later than one of its kind that stands behind it? Joins may tell of the
 * second member of an array first. */
static bool is_reordered(const struct fact *const *order, uint32_t count)
{
    const struct fact *last[OBS_COUNT] = { NULL };
    for (uint32_t i = 0; i < count; i++) {
        if (last[order[i]->kind] != NULL && last[order[i]->kind] > order[i]) {
            return true;
        }
        last[order[i]->kind] = order[i];
    }
    return false;
}

static bool is_same_evidence(const struct fact *a, const struct fact *b)
{
    return a->packet == b->packet && a->time_us == b->time_us && a->from == b->from;
}

/* Runs of facts, in that order, that the same packet of the same side showed: how many,
 * which packet after the flow's first, how many microseconds after its start, 1 = by the server. */
static void put_runs(struct writer *w, json_t *object, const struct fact *const *order)
{
    const struct flow_record *record = w->record;
    json_t *runs = json_line_array(w->line, object, "facts");
    for (uint32_t i = 0, next; i < record->facts->count; i = next) {
        const struct fact *f = order[i];
        next = i + 1;
        while (next < record->facts->count && is_same_evidence(f, order[next])) {
            next++;
        }
        json_t *run = json_line_array(w->line, runs, NULL);
        const json_int_t numbers[] = {
            next - i,
            (json_int_t)(f->packet - record->packet_first),
            (json_int_t)(f->time_us - record->start_us),
            (f->from & 1) != record->client,
        };
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            json_line_append(w->line, run, json_integer(numbers[k]));
        }
    }
}

/* What the judge must know of facts beside their values. */
static void put_evidence(struct writer *w, const struct fact **order)
{
    const struct facts *facts = w->record->facts;
    qsort(order, facts->count, sizeof(const struct fact *), compare_kinds);
    bool known = false;
    for (uint32_t i = 0; i < facts->count && !known; i++) {
        known = facts->items[i].packet != 0 || facts->items[i].time_us != 0;
    }
    if (!known && !w->gaps && !is_reordered(order, facts->count)) {
        return;
    }
    json_t *object = json_line_object(w->line, w->line->root, "evidence");
    put_runs(w, object, order);
    json_t *array =
        is_reordered(order, facts->count) ? json_line_array(w->line, object, "order") : NULL;
    for (uint32_t i = 0; array != NULL && i < facts->count; i++) {
        json_line_append(w->line, array, json_integer(order[i] - facts->items));
    }
    array = w->gaps ? json_line_array(w->line, object, "members") : NULL;
    for (uint32_t i = 0; array != NULL && i < facts->count; i++) {
        json_t *member = json_line_array(w->line, array, NULL);
        json_line_append(w->line, member, json_integer(order[i]->index));
        json_line_append(w->line, member, json_integer(order[i]->sub));
    }
}

void json_facts_put(struct json_line *line, const struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const struct fact *order[FACTS_MAX];
    struct writer writer = { .line = line, .tree = json_paths(), .record = record };
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
    put_evidence(&writer, order);
}

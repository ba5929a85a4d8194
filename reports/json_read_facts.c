/* reports/json_read_facts.c: facts out of a record by the paths of the word list alone, as
 * json_facts.c wrote them: a new word needs no code here. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json_paths.h"
#include "reports/json_read.h"

/* One fact, and where in the record it stands. */
struct found {
    struct fact fact;
    const char *text; /* borrowed; may be NULL */
    uint32_t size;    /* bytes of text */
};

struct reader {
    struct json_read *in;
    const struct json_paths *tree;
    const struct flow_record *flow;
    enum observation_kind kind;    /* being looked for */
    struct found items[FACTS_MAX]; /* by the word list, then by array members */
    const struct found *order[FACTS_MAX];
    uint32_t count, text_bytes;
};

static const char *path_of(const struct reader *r)
{
    return observation_word(r->kind)->path;
}

static void add(struct reader *r, const struct fact *member, const json_t *text, uint64_t value)
{
    uint32_t size = (uint32_t)json_string_length(text);
    if (r->count == FACTS_MAX || r->text_bytes + size + 1 > FACTS_TEXT_MAX) {
        json_read_fault(r->in, text, path_of(r), "no more facts than a flow can have,");
        return;
    }
    if (size > OBSERVATION_TEXT_MAX) {
        json_read_fault(r->in, text, path_of(r), "a text of at most 512 bytes");
        return;
    }
    struct found *f = &r->items[r->count++];
    *f = (struct found){ *member, json_string_value(text), size };
    f->fact.kind = (uint16_t)r->kind;
    f->fact.value = value;
    f->fact.room = size > 0 ? (uint16_t)(size + 1) : 0;
    r->text_bytes += f->fact.room;
}

static void add_list(struct reader *r, const struct fact *member, const json_t *list)
{
    if (!json_is_array(list)) {
        json_read_fault(r->in, list, path_of(r), "a list of texts");
    }
    for (size_t i = 0; i < json_array_size(list) && !r->in->bad; i++) {
        const json_t *text = json_array_get(list, i);
        (void)json_read_text(r->in, text, path_of(r));
        add(r, member, text, 0);
    }
}

static void add_counts(struct reader *r, const struct fact *member, json_t *counts)
{
    const char *name;
    json_t *value;
    if (!json_is_object(counts)) {
        json_read_fault(r->in, counts, path_of(r), "counts by name");
        return;
    }
    json_object_foreach(counts, name, value)
    {
        uint64_t count = json_read_count(r->in, value, path_of(r), INT64_MAX);
        json_t *text = json_string_nocheck(name);
        uint32_t before = r->count;
        add(r, member, text, count);
        if (r->count > before) {
            r->items[before].text = name; /* which lives as long as the record */
        }
        json_decref(text);
        if (r->in->bad) {
            return;
        }
    }
}

/* Thousandths, as json_line_thousandths prints them. */
static uint64_t score_of(struct reader *r, const json_t *value)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || !(fabs(number) < 1e12)) {
        json_read_fault(r->in, value, path_of(r), "a number");
        return 0;
    }
    return (uint64_t)llround(number * 1000);
}

/* The read side is the client, whichever it was to the writer. */
static uint64_t side_of(struct reader *r, const json_t *value)
{
    const char *text = json_read_text(r->in, value, path_of(r));
    bool server = text != NULL && strcmp(text, "server") == 0;
    if (text != NULL && !server && strcmp(text, "client") != 0) {
        json_read_fault(r->in, value, path_of(r), "client or server");
    }
    return server;
}

static void take_value(struct reader *r, const struct fact *member, json_t *value)
{
    switch (observation_word(r->kind)->shape) {
    case SHAPE_FLAG:
        add(r, member, NULL, json_read_flag(r->in, value, path_of(r)));
        break;
    case SHAPE_NUMBER:
        add(r, member, NULL, json_read_count(r->in, value, path_of(r), INT64_MAX));
        break;
    case SHAPE_SCORE:
        add(r, member, NULL, score_of(r, value));
        break;
    case SHAPE_TEXT:
        (void)json_read_text(r->in, value, path_of(r));
        add(r, member, value, 0);
        break;
    case SHAPE_LIST:
        add_list(r, member, value);
        break;
    case SHAPE_COUNTS:
        add_counts(r, member, value);
        break;
    case SHAPE_TIME:
        add(r, member, NULL, (uint64_t)json_read_time(r->in, value, path_of(r)));
        break;
    case SHAPE_SIDE:
        add(r, member, NULL, side_of(r, value));
        break;
    case SHAPE_EVENT:
        break;
    }
}

/* A way through the record to the objects that hold one kind; outermost path last. */
struct way {
    uint8_t paths[PATH_LEVELS];
    unsigned levels;
    size_t sizes[2]; /* members of its arrays, 1 where it has none: the inner one's where it was */
};

/* The object at the end of the way, in these members of its arrays; NULL when there is none. */
static const json_t *follow(struct reader *r, struct way *way, const json_t *root,
                            const size_t member[2])
{
    const json_t *object = root;
    for (unsigned level = way->levels; level > 0 && object != NULL; level--) {
        const struct json_path *path = &r->tree->paths[way->paths[level - 1]];
        const json_t *next =
            json_object_get(object, json_paths_name(path, r->flow->l4, r->flow->app));
        if (next != NULL && (path->array ? !json_is_array(next) : !json_is_object(next))) {
            json_read_fault(r->in, next, path->name, path->array ? "a list" : "an object");
            return NULL;
        }
        object = next;
        if (path->array) {
            way->sizes[path->brackets - 1] = json_array_size(next);
            object = json_array_get(next, member[path->brackets - 1]);
        }
        if (object != NULL && !json_is_object(object)) {
            json_read_fault(r->in, object, path->name, "a list of objects");
            return NULL;
        }
    }
    return object;
}

static void collect_kind(struct reader *r, struct way *way, const json_t *root)
{
    size_t member[2];
    way->sizes[0] = 1;
    for (member[0] = 0; member[0] < way->sizes[0] && !r->in->bad; member[0]++) {
        way->sizes[1] = 1;
        for (member[1] = 0; member[1] < way->sizes[1] && !r->in->bad; member[1]++) {
            const json_t *object = follow(r, way, root, member);
            json_t *value = json_object_get(object, r->tree->leaves[r->kind].name);
            const struct fact fact = { .index = (uint16_t)member[0], .sub = (uint16_t)member[1] };
            if (value != NULL) {
                take_value(r, &fact, value);
            }
        }
    }
}

static void collect(struct reader *r, const json_t *root)
{
    for (unsigned kind = 0; kind < OBS_COUNT && !r->in->bad; kind++) {
        struct way way = { .levels = 0 };
        r->kind = (enum observation_kind)kind;
        for (uint8_t i = r->tree->leaves[kind].path; i != 0; i = r->tree->paths[i].parent) {
            way.paths[way.levels++] = i;
        }
        if (observation_word(r->kind)->shape != SHAPE_EVENT) {
            collect_kind(r, &way, root);
        }
    }
}

/* Four numbers of a run; false when it is none. */
static bool read_run(const json_t *run, json_int_t ret[4])
{
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(run, i);
        if (!json_is_integer(number)) {
            return false;
        }
        ret[i] = json_integer_value(number);
    }
    return ret[0] > 0 && ret[0] <= FACTS_MAX && (ret[3] & ~(json_int_t)1) == 0;
}

static void set_evidence(struct reader *r, uint32_t i, const json_int_t run[4])
{
    struct fact *f = &r->items[i].fact;
    f->packet = r->flow->packet_first + (uint64_t)run[1];
    f->time_us = r->flow->start_us + (uint64_t)run[2];
    f->from = (uint8_t)run[3];
}

/* Runs that do not fit the facts are of a record that was shortened: it says so itself. */
static bool take_runs(struct reader *r, const json_t *runs)
{
    uint64_t count = 0;
    json_int_t run[4] = { 0 };
    for (size_t i = 0; i < json_array_size(runs); i++) {
        if (!read_run(json_array_get(runs, i), run)) {
            json_read_fault(r->in, runs, "evidence.facts",
                            "runs of facts, packet, microseconds, side");
            return false;
        }
        count += (uint64_t)run[0];
    }
    if (count != r->count) {
        return false;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < json_array_size(runs); i++) {
        (void)read_run(json_array_get(runs, i), run);
        for (json_int_t k = 0; k < run[0]; k++) {
            set_evidence(r, at++, run);
        }
    }
    return true;
}

/* Where members of arrays have other numbers than their places. */
static void take_members(struct reader *r, const json_t *members)
{
    for (uint32_t i = 0; i < r->count && json_array_size(members) == r->count; i++) {
        const json_t *member = json_array_get(members, i);
        struct fact *f = &r->items[i].fact;
        f->index = (uint16_t)json_read_count(r->in, json_array_get(member, 0), "evidence.members",
                                             UINT16_MAX);
        f->sub = (uint16_t)json_read_count(r->in, json_array_get(member, 1), "evidence.members",
                                           UINT16_MAX);
    }
}

/* The order in which the facts were reported, where it is another one. */
static void take_order(struct reader *r, const json_t *places)
{
    const struct found *reported[FACTS_MAX] = { NULL };
    if (json_array_size(places) != r->count) {
        return;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        uint64_t place =
            json_read_count(r->in, json_array_get(places, i), "evidence.order", r->count - 1);
        if (!r->in->bad && reported[place] != NULL) {
            json_read_fault(r->in, json_array_get(places, i), "evidence.order", "each place once");
        }
        if (r->in->bad) {
            return;
        }
        reported[place] = &r->items[i];
    }
    memcpy(r->order, reported, r->count * sizeof(const struct found *));
}

static void take_evidence(struct reader *r, const json_t *root)
{
    const json_t *evidence = json_object_get(root, "evidence");
    if (evidence != NULL && take_runs(r, json_object_get(evidence, "facts"))) {
        take_members(r, json_object_get(evidence, "members"));
        take_order(r, json_object_get(evidence, "order"));
    }
}

/* What a policy said of trust in certificates, another may say otherwise; names that DNS and SIP
 * told were compared without one. */
static bool is_of_policy(enum observation_kind kind, const json_t *root,
                         const struct flow_record *flow)
{
    const char *path = observation_word(kind)->path, *dot = strstr(path, "_trust.");
    if (strncmp(path, "tls.", 4) != 0 || dot == NULL) {
        return false;
    }
    const struct json_path tls = { .name = "tls" };
    const json_t *section = json_object_get(root, json_paths_name(&tls, flow->l4, flow->app));
    const json_t *trust =
        json_object_get(section, path[4] == 's' ? "server_trust" : "client_trust");
    const char *from = json_string_value(json_object_get(trust, "name_from"));
    bool compared = from != NULL && (strcmp(from, "dns") == 0 || strcmp(from, "sip") == 0);
    return !compared || strncmp(dot, "_trust.name", 11) != 0 || strcmp(dot, "_trust.named") == 0;
}

static enum ov_status keep(const struct reader *r, const json_t *root, struct facts *facts)
{
    if (r->count > 0 && !facts_reserve(facts, r->count, r->text_bytes + 1)) {
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        const struct found *f = r->order[i];
        if (!is_of_policy((enum observation_kind)f->fact.kind, root, r->flow)) {
            facts_restore(facts, &f->fact, f->text, f->size);
        }
    }
    return OV_OK;
}

enum ov_status json_read_facts(struct json_read *in, const json_t *root,
                               const struct flow_record *flow, struct facts *ret_facts)
{
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return OV_NOMEM;
    }
    r->in = in;
    r->tree = json_paths();
    r->flow = flow;
    collect(r, root);
    for (uint32_t i = 0; i < r->count; i++) {
        r->order[i] = &r->items[i];
    }
    take_evidence(r, root);
    enum ov_status status = in->bad ? OV_SYNTAX : keep(r, root, ret_facts);
    free(r);
    return status;
}

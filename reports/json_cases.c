/* reports/json_cases.c: cases out of YAML, and their flows as records. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "reports/cases.h"
#include "rules/policy_reader.h"
#include "rules/reasons.h"

enum {
    MEMORY_MAX = 256 * 1024 * 1024,
    LEVELS_MAX = 12,     /* containers of a flow inside each other; the contract has 7 */
    VALUES_MAX = 100000, /* of one flow: aliases may make many of few */
    WORD_SIZE = 64,
};

struct cases {
    struct arena arena;
    struct policy_reader reader;
    struct policy_case *items; /* in the arena */
    uint32_t count;
};

/* Text of a node, NULL (and an error) for anything else. */
static const char *text_of(struct cases *c, const struct policy_node *node, const char *what)
{
    char found[64];
    if (node == NULL || (node->kind == NODE_TEXT && node->text[0] != '\0')) {
        return node != NULL ? node->text : NULL;
    }
    policy_reader_error(&c->reader, node, "found %s, expected %s", policy_reader_found(node, found),
                        what);
    return NULL;
}

/* A path as the file means it: beside itself. Built-in editions stay what they are. */
static const char *path_of(struct cases *c, const struct policy_node *node, const char *what)
{
    size_t size;
    const char *text = text_of(c, node, what);
    const char *slash = strrchr(c->reader.file, '/');
    if (text == NULL || text[0] == '/' || slash == NULL ||
        policy_builtin_text(text, &size) != NULL) {
        return text;
    }
    size_t folder = (size_t)(slash - c->reader.file) + 1;
    char *path = arena_take(&c->arena, folder + strlen(text) + 1);
    if (path == NULL) {
        c->reader.status = OV_NOMEM;
        return NULL;
    }
    memcpy(path, c->reader.file, folder);
    memcpy(path + folder, text, strlen(text) + 1);
    return path;
}

/* Puts one word of an expectation where it belongs; false when it means nothing. */
static bool take_word(struct case_row *row, const char *word)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (strcmp(word, verdict_name((enum verdict)i)) == 0) {
            row->verdict = i;
            return true;
        }
    }
    for (int i = EVIDENCE_PROVEN; i <= EVIDENCE_DECLARED; i++) {
        if (strcmp(word, evidence_name((enum evidence)i)) == 0) {
            row->evidence = i;
            return true;
        }
    }
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++) {
        if (strcmp(word, severity_name((enum severity)i)) == 0) {
            row->severity = i;
            return true;
        }
    }
    const struct reason_word *reason = reason_find(word);
    row->reason = reason != NULL ? reason->code : row->reason;
    row->none |= strcmp(word, "none") == 0;
    return reason != NULL || row->none;
}

static void read_row(struct cases *c, const struct policy_node *key,
                     const struct policy_node *value, struct case_row *ret_row)
{
    const char *words = text_of(c, value, "a verdict, as 'violation proven high'");
    *ret_row = (struct case_row){
        .row = key->text, .line = key->line, .verdict = -1, .evidence = -1, .severity = -1
    };
    while (words != NULL && words[0] != '\0') {
        char word[WORD_SIZE];
        size_t size = strcspn(words, " ");
        (void)snprintf(word, sizeof word, "%.*s", (int)size, words);
        if (size >= WORD_SIZE || (size > 0 && !take_word(ret_row, word))) {
            policy_reader_error(&c->reader, value,
                                "found word '%s', expected none, or words of verdict, evidence, "
                                "severity and reason",
                                word);
        }
        words += size + (words[size] == ' ');
    }
    if (value->kind == NODE_TEXT && !ret_row->none && ret_row->verdict < 0) {
        policy_reader_error(&c->reader, value, "found no verdict, expected one, or none");
    }
}

static void read_rows(struct cases *c, const struct policy_node *map, struct policy_case *one)
{
    char found[64];
    if (map->kind != NODE_MAP || map->count == 0) {
        policy_reader_error(&c->reader, map, "found %s, expected rows with their verdicts",
                            policy_reader_found(map, found));
        return;
    }
    struct case_row *rows = arena_take(&c->arena, map->count * sizeof *rows);
    if (rows == NULL) {
        c->reader.status = OV_NOMEM;
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        read_row(c, map->items[2 * i], map->items[2 * i + 1], &rows[i]);
    }
    one->rows = rows;
    one->row_count = map->count;
}

static void read_case(struct cases *c, const struct policy_node *node, const char *policy,
                      struct policy_case *ret_case)
{
    static const char *const keys[] = {
        "name", "policy", "flow", "flows", "records", "expect", NULL
    };
    *ret_case = (struct policy_case){ .file = c->reader.file, .line = node->line };
    if (!policy_reader_map(&c->reader, node, keys, NULL)) {
        return;
    }
    const struct policy_node *own = policy_reader_get(node, "policy");
    const struct policy_node *expect = policy_reader_get(node, "expect");
    const struct policy_node *flow = policy_reader_get(node, "flow");
    const struct policy_node *flows = policy_reader_get(node, "flows");
    ret_case->name = text_of(c, policy_reader_get(node, "name"), "a name");
    ret_case->policy = own != NULL ? path_of(c, own, "a policy file") : policy;
    ret_case->records = path_of(c, policy_reader_get(node, "records"), "a file of flow records");
    ret_case->flows = flow != NULL ? flow : flows;
    ret_case->flow_count = ret_case->flows == NULL ? 0 : policy_reader_count(ret_case->flows);
    if ((flow != NULL) == (flows != NULL) && (flow != NULL || ret_case->records == NULL)) {
        policy_reader_error(&c->reader, node, "found %s, expected one of flow, flows and records",
                            flow != NULL ? "flow and flows" : "no flow");
    }
    if (ret_case->flow_count > CASES_FLOWS_MAX) {
        policy_reader_error(&c->reader, flows, "found more than %d flows, expected fewer",
                            CASES_FLOWS_MAX);
    }
    if (expect == NULL) {
        policy_reader_error(&c->reader, node, "found no key 'expect', expected rows");
    } else {
        read_rows(c, expect, ret_case);
    }
}

static void read_all(struct cases *c, const struct policy_node *root)
{
    static const char *const keys[] = { "cases", "policy", "tests", NULL };
    if (!policy_reader_map(&c->reader, root, keys, NULL)) {
        return;
    }
    const struct policy_node *version = policy_reader_get(root, "cases");
    const struct policy_node *tests = policy_reader_get(root, "tests");
    const char *policy = path_of(c, policy_reader_get(root, "policy"), "a policy file");
    if (version == NULL || strcmp(version->text, "1") != 0) {
        policy_reader_error(&c->reader, version != NULL ? version : root,
                            "found no 'cases: 1', expected it");
    }
    if (tests == NULL || tests->kind != NODE_LIST) {
        policy_reader_error(&c->reader, tests != NULL ? tests : root,
                            "found no list 'tests', expected one");
        return;
    }
    c->items = arena_take(&c->arena, (tests->count + (size_t)1) * sizeof *c->items);
    for (uint32_t i = 0; c->items != NULL && i < tests->count; i++) {
        read_case(c, tests->items[i], policy, &c->items[c->count++]);
    }
    c->reader.status = c->items == NULL ? OV_NOMEM : c->reader.status;
}

/* The whole file, in the arena; NULL when it cannot be read, which is an error. */
static char *read_file(struct cases *c, const char *path, size_t *ret_size)
{
    const struct policy_node nowhere = { .line = 1, .column = 1 };
    FILE *file = fopen(path, "r");
    char *text = file != NULL ? arena_take(&c->arena, POLICY_FILE_MAX + 1) : NULL;
    errno = text == NULL && file != NULL ? ENOMEM : errno;
    *ret_size = text != NULL ? fread(text, 1, POLICY_FILE_MAX + 1, file) : 0;
    bool bad = text == NULL || ferror(file) != 0;
    if (bad || *ret_size > POLICY_FILE_MAX) {
        policy_reader_error(&c->reader, &nowhere, "found %s, expected a file of cases",
                            bad ? strerror(errno) : "more bytes than a policy may have");
        text = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

enum ov_status cases_read(const char *path, FILE *errors, struct cases **ret_cases)
{
    struct cases *c = calloc(1, sizeof *c);
    *ret_cases = NULL;
    if (c == NULL) {
        return OV_NOMEM;
    }
    arena_init(&c->arena, MEMORY_MAX);
    c->reader = (struct policy_reader){ .errors = errors, .file = path };
    size_t size;
    const char *text = read_file(c, path, &size);
    const struct policy_node *root =
        text != NULL ? policy_yaml_tree(&c->reader, &c->arena, text, size) : NULL;
    if (root != NULL) {
        read_all(c, root);
    }
    enum ov_status status = c->reader.status != OV_OK   ? c->reader.status
                            : c->reader.error_count > 0 ? OV_SYNTAX
                                                        : OV_OK;
    if (status != OV_OK) {
        cases_free(c);
        return status;
    }
    *ret_cases = c;
    return OV_OK;
}

void cases_free(struct cases *cases)
{
    if (cases != NULL) {
        arena_done(&cases->arena);
        free(cases);
    }
}

const struct policy_case *cases_at(const struct cases *cases, uint32_t i)
{
    return i < cases->count ? &cases->items[i] : NULL;
}

/* A scalar as JSON has it: quoted ones are texts, others true, false, numbers or texts. */
static json_t *scalar_of(const struct policy_node *node)
{
    json_t *value = node->quoted ? NULL : json_loads(node->text, JSON_DECODE_ANY, NULL);
    if (value != NULL && (json_is_boolean(value) || json_is_number(value))) {
        return value;
    }
    json_decref(value);
    return json_string(node->text);
}

/* A list or map that is being filled. */
struct level {
    const struct policy_node *node;
    json_t *value; /* borrowed */
    uint32_t next;
};

static json_t *shell_of(const struct policy_node *node)
{
    return node->kind == NODE_MAP    ? json_object()
           : node->kind == NODE_LIST ? json_array()
                                     : scalar_of(node);
}

/* NULL when it is too deep, has too many values, or no memory. */
static json_t *json_of(const struct policy_node *root)
{
    struct level levels[LEVELS_MAX];
    json_t *whole = shell_of(root);
    unsigned depth = 1;
    bool good = whole != NULL && root->kind != NODE_TEXT;
    levels[0] = (struct level){ root, whole, 0 };
    for (uint32_t values = 0; good && depth > 0; values++) {
        struct level *level = &levels[depth - 1];
        if (level->next == level->node->count) {
            depth--;
            continue;
        }
        bool map = level->node->kind == NODE_MAP;
        size_t at = map ? 2 * (size_t)level->next + 1 : level->next;
        const struct policy_node *node = level->node->items[at];
        json_t *value = shell_of(node);
        int wrong = map ? json_object_set_new(level->value, level->node->items[at - 1]->text, value)
                        : json_array_append_new(level->value, value);
        level->next++;
        good = wrong == 0 && values < VALUES_MAX && depth < LEVELS_MAX;
        if (good && node->kind != NODE_TEXT) {
            levels[depth++] = (struct level){ node, value, 0 };
        }
    }
    if (!good) {
        json_decref(whole);
    }
    return good ? whole : NULL;
}

/* What a case leaves out: a flow that was captured whole. */
static void fill_in(json_t *flow, uint32_t number)
{
    const char *transport = json_string_value(json_object_get(flow, "transport"));
    bool tcp = transport != NULL && strcmp(transport, "tcp") == 0;
    char id[24];
    (void)snprintf(id, sizeof id, "f:%016x", number + 1);
    json_t *usual = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:{s:i, s:i}, s:{s:i, s:i}, s:{s:s, s:b, s:b}, s:i, s:i, "
        "s:s}",
        "type", "flow", "v", 1, "id", id, "start", "2026-11-02T09:14:03.000000Z", "end",
        "2026-11-02T09:14:09.000000Z", "initiator_by", tcp ? "syn" : "first_packet", "packets",
        "client", 10, "server", 10, "bytes", "client", 4000, "server", 4000, "seen", "directions",
        "both", "start", 1, "end", 1, "packet_first", 1, "packet_last", 20, "app_by", "content");
    if (usual != NULL) {
        (void)json_object_update_missing(flow, usual);
    }
    json_decref(usual);
}

enum ov_status cases_flow(const struct policy_case *one, uint32_t k,
                          struct certificates *certificates, struct record *ret_record,
                          uint32_t *ret_line)
{
    const struct policy_node *node =
        one->flows->kind == NODE_LIST ? one->flows->items[k] : one->flows;
    *ret_line = node->line;
    json_t *flow = json_of(node);
    if (flow == NULL) {
        *ret_record = (struct record){ 0 };
        (void)snprintf(ret_record->why, sizeof ret_record->why,
                       "found a flow that is no map, or too large, expected a flow record");
        return OV_SYNTAX;
    }
    fill_in(flow, k);
    return records_take(flow, certificates, ret_record);
}

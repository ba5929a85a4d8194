/* rules/policy_yaml.c: YAML text to a tree of policy nodes, through libyaml's document API. */
#include <string.h>
#include <yaml.h>

#include "rules/policy_reader.h"

struct tree {
    struct policy_reader *reader;
    struct arena *arena;
    yaml_document_t *document;
    struct policy_node *nodes; /* same order as the document's: node ids count from 1 */
    uint32_t count;
};

/* A scalar; bytes 0 in it would hide what follows. */
static bool fill_text(struct tree *tree, struct policy_node *node, const yaml_node_t *from)
{
    const char *bytes = (const char *)from->data.scalar.value;
    size_t size = from->data.scalar.length;
    if (memchr(bytes, '\0', size) != NULL) {
        policy_reader_error(tree->reader, node,
                            "found a text with a zero byte, expected printable text");
        return false;
    }
    node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_text(tree->arena, bytes, size);
    return node->text != NULL;
}

static bool fill_list(struct tree *tree, struct policy_node *node, const yaml_node_t *from)
{
    const yaml_node_item_t *start = from->data.sequence.items.start;
    node->kind = NODE_LIST;
    node->count = (uint32_t)(from->data.sequence.items.top - start);
    node->items = arena_take(tree->arena, node->count * sizeof(struct policy_node *));
    for (uint32_t i = 0; node->items != NULL && i < node->count; i++) {
        node->items[i] = &tree->nodes[start[i] - 1];
    }
    return node->items != NULL;
}

static bool fill_map(struct tree *tree, struct policy_node *node, const yaml_node_t *from)
{
    const yaml_node_pair_t *start = from->data.mapping.pairs.start;
    node->kind = NODE_MAP;
    node->count = (uint32_t)(from->data.mapping.pairs.top - start);
    node->items = arena_take(tree->arena, 2 * (size_t)node->count * sizeof(struct policy_node *));
    for (size_t i = 0; node->items != NULL && i < node->count; i++) {
        node->items[2 * i] = &tree->nodes[start[i].key - 1];
        node->items[2 * i + 1] = &tree->nodes[start[i].value - 1];
    }
    return node->items != NULL;
}

static bool fill(struct tree *tree, struct policy_node *node, const yaml_node_t *from)
{
    node->line = (uint32_t)from->start_mark.line + 1;
    node->column = (uint32_t)from->start_mark.column + 1;
    node->kind = NODE_TEXT;
    node->text = "";
    switch (from->type) {
    case YAML_SCALAR_NODE:
        return fill_text(tree, node, from);
    case YAML_SEQUENCE_NODE:
        return fill_list(tree, node, from);
    case YAML_MAPPING_NODE:
        return fill_map(tree, node, from);
    case YAML_NO_NODE:
        break;
    }
    return true;
}

static const struct policy_node *build(struct tree *tree)
{
    const yaml_node_t *start = tree->document->nodes.start;
    tree->count = (uint32_t)(tree->document->nodes.top - start);
    if (tree->count == 0) {
        struct policy_node nowhere = { .line = 1, .column = 1 };
        policy_reader_error(tree->reader, &nowhere, "found nothing, expected 'overt: 1'");
        return NULL;
    }
    tree->nodes = arena_take(tree->arena, tree->count * sizeof *tree->nodes);
    if (tree->nodes == NULL) {
        tree->reader->status = OV_NOMEM;
        return NULL;
    }
    uint32_t errors = tree->reader->error_count;
    for (uint32_t i = 0; i < tree->count; i++) {
        if (!fill(tree, &tree->nodes[i], &start[i])) {
            tree->reader->status =
                tree->reader->error_count == errors ? OV_NOMEM : tree->reader->status;
            return NULL;
        }
    }
    return &tree->nodes[0];
}

/* libyaml's own words: what it met while doing what, and where. */
static void report_problem(struct policy_reader *reader, const yaml_parser_t *parser)
{
    bool marked = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR ||
                  parser->error == YAML_COMPOSER_ERROR;
    struct policy_node at = { .line = 1, .column = 1 };
    if (marked) {
        at.line = (uint32_t)parser->problem_mark.line + 1;
        at.column = (uint32_t)parser->problem_mark.column + 1;
    }
    if (parser->error == YAML_MEMORY_ERROR) {
        reader->status = OV_NOMEM;
        return;
    }
    const char *problem = parser->problem != NULL ? parser->problem : "bytes that are not YAML";
    policy_reader_error(reader, &at, "found a YAML fault (%s), expected YAML", problem);
}

const struct policy_node *policy_yaml_tree(struct policy_reader *reader, struct arena *arena,
                                           const void *text, size_t size)
{
    yaml_parser_t parser;
    yaml_document_t document;
    const struct policy_node *root = NULL;
    if (!yaml_parser_initialize(&parser)) {
        reader->status = OV_NOMEM;
        return NULL;
    }
    yaml_parser_set_input_string(&parser, text, size);
    if (!yaml_parser_load(&parser, &document)) {
        report_problem(reader, &parser);
        yaml_parser_delete(&parser);
        return NULL;
    }
    struct tree tree = { .reader = reader, .arena = arena, .document = &document };
    root = build(&tree);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return root;
}

/* rules/policy_reader.c: reading values of a policy tree, and saying what is wrong with them. */
#include "rules/policy_reader.h"

#include <string.h>

#include "base/text.h"
#include "rules/nearest.h"

enum { FOUND_SIZE = 64, ERROR_SIZE = 1024 };

void policy_reader_error(struct policy_reader *reader, const struct policy_node *at,
                         const char *format, ...)
{
    reader->error_count++;
    if (reader->errors == NULL || reader->error_count > POLICY_ERRORS_MAX) {
        return;
    }
    char line[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(reader->errors, "%s:%u:%u: %s\n", reader->file, at->line, at->column, line);
    if (reader->error_count == POLICY_ERRORS_MAX) {
        fprintf(reader->errors, "%s: more than %d errors: the rest is not shown\n", reader->file,
                POLICY_ERRORS_MAX - 1);
    }
}

const char *policy_reader_found(const struct policy_node *at, char *buffer)
{
    struct text t = text_into(buffer, FOUND_SIZE);
    switch (at->kind) {
    case NODE_LIST:
        text_put(&t, "a list");
        break;
    case NODE_MAP:
        text_put(&t, "a map");
        break;
    case NODE_TEXT:
        text_put(&t, "'");
        t.size -= 5;
        text_put_escaped(&t, at->text, strlen(at->text));
        t.size += 5;
        text_put(&t, t.cut ? "...'" : "'");
        break;
    }
    return buffer;
}

static const char *list_words(const char *const *words, char *buffer, size_t size)
{
    struct text t = text_into(buffer, size);
    for (uint32_t i = 0; words[i] != NULL; i++) {
        text_printf(&t, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return buffer;
}

void policy_reader_unknown(struct policy_reader *reader, const struct policy_node *at,
                           const char *what, const char *const *known)
{
    char words[512], found[FOUND_SIZE];
    const char *nearest = at->kind == NODE_TEXT ? nearest_word(at->text, known) : NULL;
    bool helps = nearest != NULL && nearest_distance(at->text, nearest) <= strlen(nearest) / 2;
    policy_reader_error(reader, at, "found %s %s, expected %s%s%s%s%s", what,
                        policy_reader_found(at, found),
                        known[0] != NULL && known[1] == NULL ? "" : "one of ",
                        list_words(known, words, sizeof words), helps ? " (did you mean '" : "",
                        helps ? nearest : "", helps ? "'?)" : "");
}

static bool is_word(const char *text, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static bool key_seen_before(const struct policy_node *map, uint32_t pair)
{
    for (uint32_t i = 0; i < pair; i++) {
        if (strcmp(map->items[2 * (size_t)i]->text, map->items[2 * (size_t)pair]->text) == 0) {
            return true;
        }
    }
    return false;
}

static void check_key(struct policy_reader *reader, const struct policy_node *map, uint32_t pair,
                      const char *const *known, const char *const *unsupported)
{
    const struct policy_node *key = map->items[2 * (size_t)pair];
    char words[512];
    if (key->kind == NODE_TEXT && is_word(key->text, unsupported)) {
        policy_reader_error(reader, key,
                            "found key '%s', which this build does not support yet, expected one "
                            "of %s",
                            key->text, list_words(known, words, sizeof words));
    } else if (key->kind != NODE_TEXT || !is_word(key->text, known)) {
        policy_reader_unknown(reader, key, "key", known);
    } else if (key_seen_before(map, pair)) {
        policy_reader_error(reader, key, "found key '%s' a second time, expected it once",
                            key->text);
    }
}

bool policy_reader_map(struct policy_reader *reader, const struct policy_node *map,
                       const char *const *known, const char *const *unsupported)
{
    char found[FOUND_SIZE], words[512];
    if (map->kind != NODE_MAP) {
        policy_reader_error(reader, map, "found %s, expected a map with keys %s",
                            policy_reader_found(map, found),
                            list_words(known, words, sizeof words));
        return false;
    }
    for (uint32_t i = 0; i < map->count && reader->error_count < POLICY_ERRORS_MAX; i++) {
        check_key(reader, map, i, known, unsupported);
    }
    return true;
}

const struct policy_node *policy_reader_get(const struct policy_node *map, const char *key)
{
    for (uint32_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
        if (strcmp(map->items[2 * (size_t)i]->text, key) == 0) {
            return map->items[2 * (size_t)i + 1];
        }
    }
    return NULL;
}

uint32_t policy_reader_count(const struct policy_node *list)
{
    return list->kind == NODE_LIST ? list->count : 1;
}

const struct policy_node *policy_reader_item(struct policy_reader *reader,
                                             const struct policy_node *list, uint32_t i)
{
    if (i >= policy_reader_count(list)) {
        return NULL;
    }
    if (reader->visits == POLICY_VISITS_MAX) {
        policy_reader_error(reader, list,
                            "found more than %d list items, expected a smaller policy",
                            POLICY_VISITS_MAX);
    }
    if (reader->visits++ >= POLICY_VISITS_MAX) {
        return NULL;
    }
    return list->kind == NODE_LIST ? list->items[i] : list;
}

const char *policy_reader_copy(struct policy_reader *reader, const char *text)
{
    const char *copy = arena_text(&reader->policy->arena, text, strlen(text));
    if (copy == NULL) {
        reader->status = OV_NOMEM;
        return "";
    }
    return copy;
}

void *policy_reader_room(struct policy_reader *reader, const void *items, uint32_t count,
                         uint32_t extra, size_t size)
{
    void *room = policy_room(reader->policy, items, count, extra, size);
    if (room == NULL) {
        reader->status = OV_NOMEM;
    }
    return room;
}

/* Line ends and tabs are welcome, other control characters are not. */
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        bool control = (unsigned char)*text < 0x20 || *text == 0x7f;
        if (control && *text != '\n' && *text != '\t') {
            return false;
        }
    }
    return true;
}

const char *policy_reader_text(struct policy_reader *reader, const struct policy_node *node)
{
    char found[FOUND_SIZE];
    if (node->kind != NODE_TEXT || node->text[0] == '\0' || !is_printable(node->text)) {
        policy_reader_error(reader, node, "found %s, expected a text",
                            policy_reader_found(node, found));
        return NULL;
    }
    return policy_reader_copy(reader, node->text);
}

void policy_reader_bool(struct policy_reader *reader, const struct policy_node *node,
                        bool *ret_value)
{
    static const char *const words[] = { "true", "false", NULL };
    if (node->kind != NODE_TEXT || !is_word(node->text, words)) {
        policy_reader_unknown(reader, node, "value", words);
        return;
    }
    *ret_value = strcmp(node->text, "true") == 0;
}

const char *const *policy_reader_texts(struct policy_reader *reader, const struct policy_node *list)
{
    if (list == NULL) {
        return NULL;
    }
    uint32_t most = policy_reader_count(list), count = 0;
    const char **texts = policy_reader_room(reader, NULL, 0, most + 1, sizeof *texts);
    for (uint32_t i = 0; texts != NULL && i < most; i++) {
        const struct policy_node *item = policy_reader_item(reader, list, i);
        const char *text = item == NULL ? NULL : policy_reader_text(reader, item);
        if (text != NULL) {
            texts[count++] = text;
        }
    }
    return texts;
}

/* Decimal digits up to max; false for anything else. */
static bool read_number(const char *text, uint32_t max, uint32_t *ret_value)
{
    uint32_t value = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(*text - '0');
        if (value > max) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

/* Are all bits behind the prefix 0? */
static bool host_bits_clear(const struct network *n)
{
    struct address masked = n->address;
    for (unsigned i = n->bits; i < 128; i++) {
        masked.byte[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
    }
    return address_equal(&masked, &n->address);
}

static bool parse_network(const char *text, struct network *ret_network)
{
    const char *slash = strchr(text, '/');
    size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct network n = { .bits = 128 };
    if (size >= ADDRESS_TEXT_SIZE || !address_parse(text, (uint32_t)size, &n.address)) {
        return false;
    }
    uint32_t before = address_is_ipv4(&n.address) && memchr(text, ':', size) == NULL ? 96 : 0;
    uint32_t bits = 128 - before;
    if (slash != NULL && !read_number(slash + 1, 128 - before, &bits)) {
        return false;
    }
    n.bits = (uint8_t)(before + bits);
    *ret_network = n;
    return true;
}

bool policy_reader_network(struct policy_reader *reader, const struct policy_node *node,
                           struct network *ret_network)
{
    char found[FOUND_SIZE];
    if (node->kind != NODE_TEXT || !parse_network(node->text, ret_network)) {
        policy_reader_error(reader, node,
                            "found %s, expected a network such as 10.0.0.0/8 or 2001:db8::/32",
                            policy_reader_found(node, found));
        return false;
    }
    if (!host_bits_clear(ret_network)) {
        policy_reader_error(reader, node,
                            "found %s with address bits behind its prefix, expected them to be 0",
                            policy_reader_found(node, found));
        return false;
    }
    return true;
}

/* "[v6]:port" or "v4:port" or an address alone. */
static bool parse_endpoint(const char *text, struct network *ret_network)
{
    struct network n = { .bits = 128 };
    const char *end = text + strlen(text), *colon = strchr(text, ':');
    if (text[0] == '[') {
        const char *close = strchr(text++, ']');
        if (close == NULL || (close[1] != ':' && close[1] != '\0')) {
            return false;
        }
        colon = close[1] == ':' ? close + 1 : NULL;
        end = close;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        end = colon;
    } else {
        colon = NULL; /* a bare IPv6 address */
    }
    uint32_t port = 0;
    if (colon != NULL && (!read_number(colon + 1, UINT16_MAX, &port) || port == 0)) {
        return false;
    }
    n.port = (uint16_t)port;
    if (end - text >= ADDRESS_TEXT_SIZE ||
        !address_parse(text, (uint32_t)(end - text), &n.address)) {
        return false;
    }
    *ret_network = n;
    return true;
}

bool policy_reader_endpoint(struct policy_reader *reader, const struct policy_node *node,
                            struct network *ret_network)
{
    char found[FOUND_SIZE];
    if (node->kind == NODE_TEXT && parse_endpoint(node->text, ret_network)) {
        return true;
    }
    policy_reader_error(reader, node,
                        "found %s, expected an address such as 10.0.1.10, \"10.0.1.10:5061\" or "
                        "\"[2001:db8::1]:5061\"",
                        policy_reader_found(node, found));
    return false;
}

uint64_t policy_reader_role(struct policy_reader *reader, const struct policy_node *node)
{
    char found[FOUND_SIZE];
    uint64_t roles = node->kind == NODE_TEXT ? roles_of_word(node->text) : 0;
    if (roles == 0) {
        policy_reader_error(reader, node, "found role %s, expected a role (did you mean '%s'?)",
                            policy_reader_found(node, found),
                            roles_nearest(node->kind == NODE_TEXT ? node->text : ""));
    }
    return roles;
}

const char *policy_reader_path(struct policy_reader *reader, const char *path)
{
    const char *slash = strrchr(reader->file, '/');
    if (path[0] == '/' || slash == NULL) {
        return policy_reader_copy(reader, path);
    }
    size_t folder = (size_t)(slash - reader->file) + 1, size = folder + strlen(path) + 1;
    char *joined = policy_reader_room(reader, NULL, 0, 1, size);
    if (joined == NULL) {
        return "";
    }
    memcpy(joined, reader->file, folder);
    memcpy(joined + folder, path, size - folder);
    return joined;
}

/* rules/policy_reader.h: a policy file as a tree with positions, and the words to complain about
 * it.
 *
 * policy_yaml.c makes the tree (the only file that knows libyaml); policy_read.c walks its top and
 * hands the sections to policy_places.c, policy_hosts.c, policy_settings.c and policy_rows.c. An
 * alias in the file is a second reference to the same node: trees cost what the file costs, and the
 * budget of visits bounds what many references to one big list can cost. */
#ifndef OVERT_RULES_POLICY_READER_H
#define OVERT_RULES_POLICY_READER_H

#include <stdarg.h>

#include "rules/policy_model.h"

enum policy_node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct policy_node {
    enum policy_node_kind kind;
    uint32_t line, column;            /* from 1 */
    bool quoted;                      /* NODE_TEXT: it stands in quotes, or is a block */
    const char *text;                 /* NODE_TEXT: NUL-terminated, else "" */
    const struct policy_node **items; /* NODE_LIST: count items; NODE_MAP: key, value, ... */
    uint32_t count;                   /* items of a list, pairs of a map */
};

enum {
    POLICY_ERRORS_MAX = 100,
    POLICY_VISITS_MAX = 1000000,       /* nodes looked at while reading one policy */
    POLICY_FILE_MAX = 4 * 1024 * 1024, /* bytes of one file */
    POLICY_EXTENDS_MAX = 8,            /* files that extend each other */
};

struct policy_reader {
    struct policy *policy; /* being built */
    FILE *errors;          /* NULL: not printed */
    const char *file;      /* being read, as the user named it */
    bool builtin;          /* the file is part of the program: TT- rows may be defined */
    uint32_t error_count;
    uint32_t visits;
    enum ov_status status; /* OV_NOMEM as soon as the arena is full */
};

/* "file:line:column: found X, expected Y" and counts it. */
__attribute__((format(printf, 3, 4))) void policy_reader_error(struct policy_reader *reader,
                                                               const struct policy_node *at,
                                                               const char *format, ...);
/* The error of a word that is none of `known`; names the nearest. what: "key", "role", ... */
void policy_reader_unknown(struct policy_reader *reader, const struct policy_node *at,
                           const char *what, const char *const *known);
/* The node's own words for an error: "'abc'", "a list", "a map"; buffer has 64 bytes. */
const char *policy_reader_found(const struct policy_node *at, char *buffer);

/* Is it a map whose keys are all `known` (NULL-ended), each once? Keys in `unsupported` (NULL-ended
 * or NULL) belong to the contract, but not to this build. Wrong keys are errors, and ignored. */
bool policy_reader_map(struct policy_reader *reader, const struct policy_node *map,
                       const char *const *known, const char *const *unsupported);
/* The value of a key, or NULL. */
const struct policy_node *policy_reader_get(const struct policy_node *map, const char *key);
/* The i-th item of a list, or of a lone value as if it were a list of one; NULL past the last or
 * when the visit budget is used up (which is an error). */
const struct policy_node *policy_reader_item(struct policy_reader *reader,
                                             const struct policy_node *list, uint32_t i);
uint32_t policy_reader_count(const struct policy_node *list);
/* Text of a scalar, copied into the policy; NULL (and an error) for anything else or "". */
const char *policy_reader_text(struct policy_reader *reader, const struct policy_node *node);
/* true and false only. */
void policy_reader_bool(struct policy_reader *reader, const struct policy_node *node,
                        bool *ret_value);
/* A copy in the policy's arena; "" without memory (then reader->status tells). */
const char *policy_reader_copy(struct policy_reader *reader, const char *text);
/* policy_room that notes a lack of memory. */
void *policy_reader_room(struct policy_reader *reader, const void *items, uint32_t count,
                         uint32_t extra, size_t size);
/* All texts of a list (or a lone text), NULL-ended, in the policy's arena; NULL for no node. */
const char *const *policy_reader_texts(struct policy_reader *reader,
                                       const struct policy_node *list);
/* "10.0.0.0/8", "2001:db8::1": false and an error when it is neither. Host bits must be 0. */
bool policy_reader_network(struct policy_reader *reader, const struct policy_node *node,
                           struct network *ret_network);
/* "10.0.1.10", "10.0.1.10:5061", "[2001:db8::1]:5061". */
bool policy_reader_endpoint(struct policy_reader *reader, const struct policy_node *node,
                            struct network *ret_network);
/* One role word; 0 and an error when it is none. */
uint64_t policy_reader_role(struct policy_reader *reader, const struct policy_node *node);
/* Path relative to the file being read, in the policy's arena. */
const char *policy_reader_path(struct policy_reader *reader, const char *path);

/* Makes the tree of one YAML document in `arena`; NULL after an error was reported. */
const struct policy_node *policy_yaml_tree(struct policy_reader *reader, struct arena *arena,
                                           const void *text, size_t size);

/* Sections; NULL nodes are skipped. */
void policy_places_zones(struct policy_reader *reader, const struct policy_node *map);
void policy_places_roles(struct policy_reader *reader, const struct policy_node *map);
void policy_places_trust(struct policy_reader *reader, const struct policy_node *map);
void policy_hosts_read(struct policy_reader *reader, const struct policy_node *list);
void policy_settings_read(struct policy_reader *reader, const struct policy_node *map);
/* Once all layers are read: what settings change in rows, and the links of private trunks. */
void policy_settings_apply(struct policy *policy);
void policy_hosts_finish(struct policy_reader *reader);
void policy_places_resolvers(struct policy_reader *reader, const struct policy_node *list);
void policy_waivers_read(struct policy_reader *reader, const struct policy_node *list);
void policy_waivers_servers(struct policy_reader *reader, const struct policy_node *list);
void policy_rows_read(struct policy_reader *reader, const struct policy_node *list);

/* Reads a policy from memory; `file` is its name in messages, and what paths are relative to. */
OV_MUST_CHECK enum ov_status policy_read_text(const char *file, const void *text, size_t size,
                                              FILE *errors, struct policy **ret_policy);
/* Reads a built-in edition as policy_builtin does; errors may be NULL. */
OV_MUST_CHECK enum ov_status policy_read_builtin(const char *name, FILE *errors,
                                                 struct policy **ret_policy);
/* The YAML text of a built-in edition, or NULL. */
const unsigned char *policy_builtin_text(const char *name, size_t *ret_size);
/* Names of all of them, for messages. */
extern const char policy_builtin_names[];

#endif

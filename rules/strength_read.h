/* rules/strength_read.h: strength profiles from YAML: built in, or files of the user's. */
#ifndef OVERT_RULES_STRENGTH_READ_H
#define OVERT_RULES_STRENGTH_READ_H

#include "rules/policy_reader.h"

/* `strength: NAME` of a policy, a profile's name or the path of a file; NULL is skipped. Trees go
 * into `trees`, the profile into the policy's arena. */
void strength_read_named(struct policy_reader *reader, struct arena *trees,
                         const struct policy_node *node);
/* `settings: {strength_profile: NAME}`, the other way to say it. */
void strength_read_setting(struct policy_reader *reader, struct arena *trees,
                           const struct policy_node *settings);
/* Once all layers are read: the default profile where none was named, and the one for FIPS mode. */
void strength_read_defaults(struct policy_reader *reader, struct arena *trees);

/* The YAML text of a built-in profile, or NULL. */
const unsigned char *strength_builtin_text(const char *name, size_t *ret_size);
/* Names of all of them, for messages. */
extern const char strength_builtin_names[];

#endif

/* reports/json_party.h: one end of a flow with what the policy knows about it. */
#ifndef OVERT_REPORTS_JSON_PARTY_H
#define OVERT_REPORTS_JSON_PARTY_H

#include "reports/json_line.h"

/* {"ip","port","zone","role","role_by","name"} under key; party may be NULL. */
void json_party_put(struct json_line *line, const char *key, const struct flow_end *end,
                    bool with_port, const struct party *party);
/* "ip": text of the address. */
void json_party_address(struct json_line *line, struct json_t *object, const struct address *a);

#endif

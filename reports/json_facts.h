/* reports/json_facts.h: the facts of a flow as the members their paths in observation.h name. */
#ifndef OVERT_REPORTS_JSON_FACTS_H
#define OVERT_REPORTS_JSON_FACTS_H

#include "reports/json_line.h"

/* Puts all facts of the record into the line's root, in the order of the word list. */
void json_facts_put(struct json_line *line, const struct flow_record *record);

#endif

/* reports/json_shorten.h: takes members from the longest arrays of a record that is too large. */
#ifndef OVERT_REPORTS_JSON_SHORTEN_H
#define OVERT_REPORTS_JSON_SHORTEN_H

#include <stdbool.h>

struct json_t; /* jansson.h */

/* Halves the array (or the object of counts) with the most members; false when none is left. */
bool json_shorten_longest(struct json_t *root);

#endif

/* rules/reasons_site.h: the second part of the table of reasons.h. */
#ifndef OVERT_RULES_REASONS_SITE_H
#define OVERT_RULES_REASONS_SITE_H

#include "rules/reasons.h"

/* The i-th word of this part, NULL past the last. */
const struct reason_word *reasons_site_at(uint32_t i);

#endif

/* rules/reasons.h: every reason code a finding can bear, with its meaning and what to do. */
#ifndef OVERT_RULES_REASONS_H
#define OVERT_RULES_REASONS_H

#include <stdint.h>

struct reason_word {
    const char *code;    /* "tls.client-certificate-empty" */
    const char *meaning; /* for `overt explain` */
    const char *fix;     /* "" when the row's own fix says it all */
};

/* The word of a code, or NULL. */
const struct reason_word *reason_find(const char *code);
/* The i-th word, NULL past the last. */
const struct reason_word *reason_at(uint32_t i);

#endif

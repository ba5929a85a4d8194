/* rules/issuers.h: CA certificates that were shown above others, wherever in the capture: they
 * complete chains whose sender left an intermediate out (RFC 5246 7.4.2). */
#ifndef OVERT_RULES_ISSUERS_H
#define OVERT_RULES_ISSUERS_H

#include "analyzers/flow_record.h"

enum { ISSUERS_MAX = 64, ISSUERS_HEX = 65 };

/* Zeroed = empty; when full, the oldest goes. */
struct issuers {
    char sha256[ISSUERS_MAX][ISSUERS_HEX];
    uint32_t count, next;
};

/* Takes the CA certificates of both chains of a flow. */
void issuers_learn(struct issuers *issuers, const struct facts *facts);

#endif

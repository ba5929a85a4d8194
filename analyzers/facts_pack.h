/* analyzers/facts_pack.h: facts of a flow that rests, in few bytes, and back. */
#ifndef OVERT_ANALYZERS_FACTS_PACK_H
#define OVERT_ANALYZERS_FACTS_PACK_H

#include "analyzers/facts.h"
#include "base/phrases.h"

/* Most bytes that facts_pack_write writes. */
enum { FACTS_PACK_MAX = FACTS_TEXT_MAX + FACTS_MAX * 96 + 64 };

/* Writes all that is known to out (FACTS_PACK_MAX bytes); returns how many bytes. What many flows
 * have in common is kept in phrases and only named. The facts stay as they are. */
size_t facts_pack_write(const struct facts *facts, struct phrases *phrases, uint8_t *out);
/* The facts as they were, on ret_facts->budget, which may be overdrawn; false without memory. */
bool facts_pack_read(const uint8_t *in, const struct phrases *phrases, struct facts *ret_facts);

#endif

/* analyzers/facts.h: what is known about one flow, kept from its observations. */
#ifndef OVERT_ANALYZERS_FACTS_H
#define OVERT_ANALYZERS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzers/observation.h"
#include "base/budget.h"

enum {
    FACTS_MAX = 1024,              /* facts of one flow */
    FACTS_TEXT_MAX = 48 * 1024,    /* bytes of text of one flow */
    FACTS_LIST_MAX = 256,          /* members of one list or count that grows with the flow */
    FACTS_SINGLE_MIN = 256,        /* facts that lists and counts leave to all others */
    FACTS_SINGLE_TEXT = 12 * 1024, /* bytes of text that they leave */
};

struct fact {
    uint16_t kind;   /* enum observation_kind */
    uint16_t index;  /* member of the first [] in the path */
    uint16_t sub;    /* member of the second [] */
    uint8_t from;    /* side that sent the evidence */
    bool cut;        /* the text was longer */
    uint16_t room;   /* bytes at text that are this fact's, the NUL included */
    uint16_t next;   /* facts.c's own: place of the next one of its bucket + 1 */
    uint32_t text;   /* offset in facts.texts of a NUL-terminated valid UTF-8 text; 0 = "" */
    uint32_t offset; /* of the evidence in the payload */
    uint32_t hash;   /* facts.c's own: of the text, in lists and counts */
    uint64_t value;
    uint64_t packet; /* that first showed it (texts, flags and numbers: that last changed it) */
    uint64_t time_us;
};

/* Zeroed = empty. Facts keep the order in which they were first reported. */
struct facts {
    struct fact *items;       /* within *index */
    struct fact_index *index; /* owned: chains of facts by kind, then the items */
    char *texts;              /* owned */
    uint32_t count, capacity;
    uint32_t text_used, text_capacity;
    uint32_t lists;        /* of count: members of lists and counts */
    uint32_t dropped;      /* observations not kept: cap or no memory */
    struct budget *budget; /* that items and texts count against; borrowed, NULL = none */
};

/* Keeps one observation by its shape (events are ignored). Text is escaped to valid UTF-8. */
void facts_put(struct facts *facts, const struct observation *obs);
/* Room in empty facts for as many and bytes of text, for facts_restore; their budget may be
 * overdrawn. False without memory. */
bool facts_reserve(struct facts *facts, uint32_t count, uint32_t text_bytes);
/* Adds a fact of facts like these as it is, but for its place and that of its text, where room was
 * reserved for both. text: text_size bytes, fewer than fact->room. */
void facts_restore(struct facts *facts, const struct fact *fact, const char *text,
                   uint32_t text_size);
void facts_done(struct facts *facts);
/* A copy of its own, without a budget; false without memory (then ret_copy is empty). */
bool facts_copy(const struct facts *facts, struct facts *ret_copy);
/* The first fact of a kind; NULL when not known. */
const struct fact *facts_find(const struct facts *facts, enum observation_kind kind);
/* The fact of a kind with this index and sub; NULL when not known. */
const struct fact *facts_find_at(const struct facts *facts, enum observation_kind kind,
                                 uint16_t index, uint16_t sub);
/* The next fact of the kind after `after` (NULL = from the start); NULL at the end. */
const struct fact *facts_next(const struct facts *facts, enum observation_kind kind,
                              const struct fact *after);
/* Text of a fact, "" for NULL or none. */
const char *facts_text(const struct facts *facts, const struct fact *fact);
/* Is the (first) fact of the kind there with this text? */
bool facts_is(const struct facts *facts, enum observation_kind kind, const char *text);
/* Has any fact of the kind this text? */
bool facts_has(const struct facts *facts, enum observation_kind kind, const char *text);
/* Is the (first) fact of the kind there and not 0? */
bool facts_true(const struct facts *facts, enum observation_kind kind);
uint64_t facts_value(const struct facts *facts, enum observation_kind kind, uint64_t otherwise);

#endif

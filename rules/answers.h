/* rules/answers.h: what resolvers answered for names, kept as long as it fits: which answers for
 * one name contradict each other is for judge_names.c to say. */
#ifndef OVERT_RULES_ANSWERS_H
#define OVERT_RULES_ANSWERS_H

#include "analyzers/flow_record.h"
#include "base/status.h"

enum {
    ANSWERS_MAX = 4096,  /* kept; the oldest goes first */
    ANSWERS_EACH = 16,   /* addresses of one */
    ANSWERS_NAME = 128,  /* bytes of a name, the NUL included; longer ones are not kept */
    ANSWERS_CHECKED = 64 /* of one name that are looked at */
};

/* The addresses of one family that one resolver gave to one name. */
struct answer {
    char name[ANSWERS_NAME]; /* lower case */
    struct address resolver;
    struct address address[ANSWERS_EACH];
    uint32_t count;
    bool ipv6;
    uint64_t packet;             /* of the first one */
    uint64_t first_us, until_us; /* from the first one to the end of the last one's time to live */
    uint64_t serial;             /* in order of learning, from 1; 0 = not kept */
    uint32_t next;               /* of the same bucket: place + 1 */
};

struct answers;

OV_MUST_CHECK enum ov_status answers_new(struct answers **ret_answers);
void answers_free(struct answers *answers);
/* Another capture begins: what was answered is forgotten. */
void answers_restart(struct answers *answers);
/* Takes the answers of a DNS flow; twice does no harm. */
void answers_learn(struct answers *answers, const struct flow_record *record);
/* The addresses of one family in the i-th answer of a flow. False: there are none, or the name is
 * too long. serial as it is kept. */
bool answers_read(const struct answers *answers, const struct flow_record *record, unsigned i,
                  bool ipv6, struct answer *ret_answer);
/* Answers for the name in order of last learning, after `after` (NULL: the first); NULL = no more.
 * Borrowed until the next answers_learn. */
const struct answer *answers_next(const struct answers *answers, const char *name,
                                  const struct answer *after);
/* Have they an address in common? */
bool answers_overlap(const struct answer *a, const struct answer *b);
/* Answers that were not over when another took their place. */
uint64_t answers_dropped(const struct answers *answers);

#endif

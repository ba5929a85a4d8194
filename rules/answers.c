/* rules/answers.c: a ring of answers, found by their names. */
#include "rules/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"

enum { BUCKETS = 4096 };

struct answers {
    struct hash_seed seed;
    uint32_t bucket[BUCKETS];
    uint32_t count, oldest; /* the place to be used next once all are */
    uint64_t serial, dropped;
    struct answer items[ANSWERS_MAX]; /* untouched pages cost nothing */
};

enum ov_status answers_new(struct answers **ret_answers)
{
    struct answers *answers = calloc(1, sizeof *answers);
    if (answers == NULL) {
        return OV_NOMEM;
    }
    answers->seed = hash_seed_random();
    *ret_answers = answers;
    return OV_OK;
}

void answers_free(struct answers *answers)
{
    free(answers);
}

void answers_restart(struct answers *answers)
{
    memset(answers->bucket, 0, sizeof answers->bucket);
    answers->count = 0;
    answers->oldest = 0;
}

static uint32_t bucket_of(const struct answers *answers, const char *name)
{
    return (uint32_t)(keyed_hash(name, strlen(name), answers->seed) % BUCKETS);
}

const struct answer *answers_next(const struct answers *answers, const char *name,
                                  const struct answer *after)
{
    uint32_t place = after != NULL ? after->next : answers->bucket[bucket_of(answers, name)];
    while (place != 0 && strcmp(answers->items[place - 1].name, name) != 0) {
        place = answers->items[place - 1].next;
    }
    return place != 0 ? &answers->items[place - 1] : NULL;
}

static bool holds(const struct answer *answer, const struct address *address)
{
    for (uint32_t i = 0; i < answer->count; i++) {
        if (address_equal(&answer->address[i], address)) {
            return true;
        }
    }
    return false;
}

bool answers_overlap(const struct answer *a, const struct answer *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (holds(b, &a->address[i])) {
            return true;
        }
    }
    return false;
}

/* Facts never hold an address twice. */
static bool is_same(const struct answer *a, const struct answer *b)
{
    if (a->ipv6 != b->ipv6 || a->count != b->count || strcmp(a->name, b->name) != 0 ||
        !address_equal(&a->resolver, &b->resolver)) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!holds(b, &a->address[i])) {
            return false;
        }
    }
    return true;
}

static const struct answer *find(const struct answers *answers, const struct answer *wanted)
{
    const struct answer *found = NULL;
    unsigned looked = 0;
    while ((found = answers_next(answers, wanted->name, found)) != NULL &&
           looked++ < ANSWERS_CHECKED) {
        if (is_same(found, wanted)) {
            return found;
        }
    }
    return NULL;
}

/* False: no such answer, or none of that family. */
static bool read_answer(const struct flow_record *record, unsigned i, bool ipv6,
                        struct answer *ret_answer)
{
    const struct facts *facts = record->facts;
    const struct fact *name = facts_find_at(facts, OBS_DNS_ANSWER_NAME, (uint16_t)i, 0);
    const struct fact *until = facts_find_at(facts, OBS_DNS_ANSWER_UNTIL, (uint16_t)i, 0);
    size_t size = strlen(facts_text(facts, name));
    if (name == NULL || until == NULL || size >= ANSWERS_NAME) {
        return false;
    }
    *ret_answer = (struct answer){
        .resolver = record->side[flow_server(record)].address,
        .ipv6 = ipv6,
        .packet = name->packet != 0 ? name->packet : record->packet_first,
        .first_us = name->time_us != 0 ? name->time_us : record->start_us,
        .until_us = until->value,
    };
    memcpy(ret_answer->name, facts_text(facts, name), size);
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_DNS_ANSWER_ADDRESS, f)) != NULL &&
                                      ret_answer->count < ANSWERS_EACH;) {
        const char *text = facts_text(facts, f);
        struct address *address = &ret_answer->address[ret_answer->count];
        if (f->index == i && (strchr(text, ':') != NULL) == ipv6 &&
            address_parse(text, (uint32_t)strlen(text), address)) {
            ret_answer->count++;
        }
    }
    return ret_answer->count > 0;
}

bool answers_read(const struct answers *answers, const struct flow_record *record, unsigned i,
                  bool ipv6, struct answer *ret_answer)
{
    if (!read_answer(record, i, ipv6, ret_answer)) {
        return false;
    }
    const struct answer *kept = find(answers, ret_answer);
    ret_answer->serial = kept != NULL ? kept->serial : 0;
    return true;
}

static void forget(struct answers *answers, uint32_t place)
{
    struct answer *old = &answers->items[place - 1];
    uint32_t *at = &answers->bucket[bucket_of(answers, old->name)];
    while (*at != place) {
        at = &answers->items[*at - 1].next;
    }
    *at = old->next;
}

static void add(struct answers *answers, const struct answer *answer)
{
    uint32_t place = answers->count + 1;
    if (answers->count < ANSWERS_MAX) {
        answers->count++;
    } else {
        place = answers->oldest + 1;
        answers->oldest = place % ANSWERS_MAX;
        answers->dropped += answers->items[place - 1].until_us > answer->first_us;
        forget(answers, place);
    }
    struct answer *item = &answers->items[place - 1];
    uint32_t *bucket = &answers->bucket[bucket_of(answers, answer->name)];
    *item = *answer;
    item->serial = ++answers->serial;
    item->next = *bucket;
    *bucket = place;
}

void answers_learn(struct answers *answers, const struct flow_record *record)
{
    struct answer answer;
    for (unsigned i = 0; facts_find_at(record->facts, OBS_DNS_ANSWER_NAME, (uint16_t)i, 0) != NULL;
         i++) {
        for (unsigned family = 0; family < 2; family++) {
            if (!read_answer(record, i, family == 1, &answer)) {
                continue;
            }
            const struct answer *kept = find(answers, &answer);
            if (kept == NULL) {
                add(answers, &answer);
            } else if (answer.until_us > kept->until_us) {
                answers->items[kept - answers->items].until_us = answer.until_us;
            }
        }
    }
}

uint64_t answers_dropped(const struct answers *answers)
{
    return answers->dropped;
}

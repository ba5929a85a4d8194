/* analyzers/facts.c: one flow's facts in order of first report, texts in one block.
 *
 * Facts of kinds that share a bucket are chained in that order too: a kind is looked for among few
 * facts, and one that was never reported most often among none. */
#include "analyzers/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "base/text.h"

enum { ESCAPED_MAX = OBSERVATION_TEXT_MAX + 1, BUCKETS = 32, ITEMS_MIN = 4, TEXTS_MIN = 64 };

struct fact_index {
    struct {
        uint16_t head, tail; /* places + 1, 0 = none */
    } bucket[BUCKETS];
    struct fact items[];
};

_Static_assert(FACTS_MAX < UINT16_MAX, "places of facts are kept in 16 bits");

/* Bytes of items and texts together, as taken from the budget. */
static uint64_t size_of(uint32_t items, uint32_t texts)
{
    return (items > 0 ? sizeof(struct fact_index) : 0) + (uint64_t)items * sizeof(struct fact) +
           texts;
}

/* capacity: at least count and 1. */
static bool resize_items(struct facts *facts, uint32_t capacity)
{
    uint64_t old = size_of(facts->capacity, 0), new = size_of(capacity, 0);
    if (new > old && !budget_take(facts->budget, new - old)) {
        return false;
    }
    struct fact_index *index = new > 0 ? realloc(facts->index, new) : NULL;
    if (index == NULL) {
        budget_give(facts->budget, new > old ? new - old : 0);
        return false;
    }
    budget_give(facts->budget, old > new ? old - new : 0);
    if (facts->index == NULL) {
        memset(index, 0, sizeof *index);
    }
    facts->index = index;
    facts->items = index->items;
    facts->capacity = capacity;
    return true;
}

static bool grow_items(struct facts *facts)
{
    uint32_t capacity = facts->capacity == 0 ? ITEMS_MIN : facts->capacity * 2;
    capacity = capacity > FACTS_MAX ? FACTS_MAX : capacity;
    return facts->count < capacity && resize_items(facts, capacity);
}

static bool grow_texts(struct facts *facts, uint32_t need)
{
    uint32_t capacity = facts->text_capacity == 0 ? TEXTS_MIN : facts->text_capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    capacity = capacity > FACTS_TEXT_MAX ? FACTS_TEXT_MAX : capacity;
    uint64_t more = size_of(0, capacity - facts->text_capacity);
    if (need > capacity || !budget_take(facts->budget, more)) {
        return false;
    }
    char *texts = realloc(facts->texts, capacity);
    if (texts == NULL) {
        budget_give(facts->budget, more);
        return false;
    }
    facts->texts = texts;
    facts->text_capacity = capacity;
    if (facts->text_used == 0) {
        texts[0] = '\0'; /* offset 0 is "" */
        facts->text_used = 1;
    }
    return true;
}

/* Makes a place of `room` bytes for f's text; false when there is none. */
static bool take_room(struct facts *facts, struct fact *f, uint32_t room)
{
    uint32_t need = (facts->text_used == 0 ? 1 : facts->text_used) + room;
    if (need > facts->text_capacity && !grow_texts(facts, need)) {
        return false;
    }
    f->text = facts->text_used;
    f->room = (uint16_t)room;
    facts->text_used = need;
    return true;
}

/* A text that changed: in its old place, else in one twice as large, so that changes without end
 * use little. Without room the text is gone. */
static void replace_text(struct facts *facts, struct fact *f, const struct text *t)
{
    uint32_t size = (uint32_t)t->used + 1;
    uint32_t room = 2U * f->room > size ? 2U * f->room : size;
    f->cut = t->cut;
    if (size == 1) {
        f->text = 0;
        f->room = 0;
    } else if (size <= f->room || take_room(facts, f, room)) {
        memcpy(facts->texts + f->text, t->at, size);
    } else {
        f->text = 0;
        f->room = 0;
        f->cut = true;
        facts->dropped++;
    }
}

const char *facts_text(const struct facts *facts, const struct fact *fact)
{
    return fact == NULL || facts->texts == NULL ? "" : facts->texts + fact->text;
}

static bool has_members(enum observation_shape shape)
{
    return shape == SHAPE_LIST || shape == SHAPE_COUNTS;
}

static struct fact *at_place(const struct facts *facts, uint16_t place)
{
    return place > 0 ? &facts->items[place - 1] : NULL;
}

/* The first fact of the kind's bucket. */
static struct fact *first_of(const struct facts *facts, enum observation_kind kind)
{
    return facts->index != NULL
               ? at_place(facts, facts->index->bucket[(unsigned)kind % BUCKETS].head)
               : NULL;
}

static struct fact *next_of(const struct facts *facts, const struct fact *fact)
{
    return at_place(facts, fact->next);
}

static void chain(struct facts *facts, uint16_t kind, uint16_t place)
{
    uint16_t *head = &facts->index->bucket[kind % BUCKETS].head;
    uint16_t *tail = &facts->index->bucket[kind % BUCKETS].tail;
    struct fact *last = at_place(facts, *tail);
    if (last != NULL) {
        last->next = place;
    } else {
        *head = place;
    }
    *tail = place;
}

/* Lists and counts hold several facts of one kind, told apart by their text. ret_others: facts that
 * differ in that alone. */
static struct fact *find_same(const struct facts *facts, const struct observation *obs,
                              const struct text *t, uint32_t hash, uint32_t *ret_others)
{
    bool by_text = has_members(observation_word(obs->kind)->shape);
    *ret_others = 0;
    for (struct fact *f = first_of(facts, obs->kind); f != NULL; f = next_of(facts, f)) {
        if (f->kind != (uint16_t)obs->kind || f->index != obs->index || f->sub != obs->sub) {
            continue;
        }
        if (!by_text || (f->hash == hash && strcmp(facts_text(facts, f), t->at) == 0)) {
            return f;
        }
        ++*ret_others;
    }
    return NULL;
}

/* Lists that strangers can lengthen for ever leave room for each other and for single facts. What
 * stands in a list of numbered things, as a certificate's names, came in one piece. */
static bool list_is_full(const struct facts *facts, enum observation_kind kind, uint32_t members,
                         uint32_t text_size)
{
    return (members >= FACTS_LIST_MAX && strstr(observation_word(kind)->path, "[]") == NULL) ||
           facts->lists >= FACTS_MAX - FACTS_SINGLE_MIN ||
           facts->text_used + text_size + 1 > FACTS_TEXT_MAX - FACTS_SINGLE_TEXT;
}

static void set_evidence(struct fact *f, const struct observation *obs)
{
    f->from = obs->from;
    f->offset = obs->offset;
    f->packet = obs->packet;
    f->time_us = obs->time_us;
}

static void update(struct facts *facts, struct fact *f, const struct observation *obs,
                   const struct text *t)
{
    enum observation_shape shape = observation_word(obs->kind)->shape;
    if (shape == SHAPE_LIST) {
        return;
    }
    if (shape == SHAPE_COUNTS) {
        f->value += obs->value == 0 ? 1 : obs->value;
        return;
    }
    bool same_text = strcmp(facts_text(facts, f), t->at) == 0;
    if (f->value == obs->value && same_text) {
        return; /* the first proof stays */
    }
    f->value = obs->value;
    set_evidence(f, obs);
    if (!same_text) {
        replace_text(facts, f, t);
    }
}

static void add(struct facts *facts, const struct observation *obs, const struct text *t,
                uint32_t hash)
{
    enum observation_shape shape = observation_word(obs->kind)->shape;
    if (facts->count == facts->capacity && !grow_items(facts)) {
        facts->dropped++;
        return;
    }
    struct fact *f = &facts->items[facts->count];
    *f = (struct fact){
        .kind = (uint16_t)obs->kind, .index = obs->index, .sub = obs->sub, .hash = hash
    };
    if (t->used > 0 && !take_room(facts, f, (uint32_t)t->used + 1)) {
        facts->dropped++;
        return;
    }
    if (t->used > 0) {
        memcpy(facts->texts + f->text, t->at, t->used + 1);
    }
    f->cut = t->cut;
    f->value = shape == SHAPE_COUNTS && obs->value == 0 ? 1 : obs->value;
    set_evidence(f, obs);
    facts->count++;
    chain(facts, f->kind, (uint16_t)facts->count);
    facts->lists += has_members(shape);
}

/* Tells most texts of a list apart before they are compared. */
static uint32_t hash_of(const struct text *t)
{
    return (uint32_t)keyed_hash(t->at, t->used, (struct hash_seed){ { 0, 0 } });
}

void facts_put(struct facts *facts, const struct observation *obs)
{
    enum observation_shape shape = observation_word(obs->kind)->shape;
    if (shape == SHAPE_EVENT) {
        return;
    }
    char buffer[ESCAPED_MAX];
    struct text t = text_into(buffer, sizeof buffer);
    if (obs->text != NULL) {
        text_put_escaped(&t, obs->text, obs->text_size);
    }
    uint32_t members;
    uint32_t hash = has_members(shape) ? hash_of(&t) : 0;
    struct fact *same = find_same(facts, obs, &t, hash, &members);
    if (same != NULL) {
        update(facts, same, obs, &t);
    } else if (has_members(shape) && list_is_full(facts, obs->kind, members, (uint32_t)t.used)) {
        facts->dropped++;
    } else {
        add(facts, obs, &t, hash);
    }
}

bool facts_reserve(struct facts *facts, uint32_t count, uint32_t text_bytes)
{
    struct fact_index *index = count > 0 ? malloc(size_of(count, 0)) : NULL;
    char *texts = text_bytes > 0 ? malloc(text_bytes) : NULL;
    if ((count > 0 && index == NULL) || (text_bytes > 0 && texts == NULL)) {
        free(index);
        free(texts);
        return false;
    }
    if (index != NULL) {
        memset(index, 0, sizeof *index);
    }
    budget_overdraw(facts->budget, size_of(count, text_bytes));
    facts->index = index;
    facts->items = index != NULL ? index->items : NULL;
    facts->capacity = count;
    facts->texts = texts;
    facts->text_capacity = text_bytes;
    if (text_bytes > 0) {
        texts[0] = '\0';
        facts->text_used = 1;
    }
    return true;
}

void facts_restore(struct facts *facts, const struct fact *fact, const char *text,
                   uint32_t text_size)
{
    struct fact *f = &facts->items[facts->count++];
    *f = *fact;
    f->next = 0;
    f->text = 0;
    if (f->room > 0) {
        f->text = facts->text_used;
        memcpy(facts->texts + f->text, text, text_size);
        facts->texts[f->text + text_size] = '\0';
        facts->text_used += f->room;
    }
    chain(facts, f->kind, (uint16_t)facts->count);
    facts->lists += has_members(observation_word(f->kind)->shape);
}

void facts_done(struct facts *facts)
{
    budget_give(facts->budget, size_of(facts->capacity, facts->text_capacity));
    free(facts->index);
    free(facts->texts);
    *facts = (struct facts){ 0 };
}

const struct fact *facts_next(const struct facts *facts, enum observation_kind kind,
                              const struct fact *after)
{
    const struct fact *f = after == NULL ? first_of(facts, kind) : next_of(facts, after);
    while (f != NULL && f->kind != (uint16_t)kind) {
        f = next_of(facts, f);
    }
    return f;
}

const struct fact *facts_find(const struct facts *facts, enum observation_kind kind)
{
    return facts_next(facts, kind, NULL);
}

const struct fact *facts_find_at(const struct facts *facts, enum observation_kind kind,
                                 uint16_t index, uint16_t sub)
{
    const struct fact *f = facts_find(facts, kind);
    while (f != NULL && (f->index != index || f->sub != sub)) {
        f = facts_next(facts, kind, f);
    }
    return f;
}

bool facts_is(const struct facts *facts, enum observation_kind kind, const char *text)
{
    const struct fact *f = facts_find(facts, kind);
    return f != NULL && strcmp(facts_text(facts, f), text) == 0;
}

bool facts_has(const struct facts *facts, enum observation_kind kind, const char *text)
{
    const struct fact *f = NULL;
    while ((f = facts_next(facts, kind, f)) != NULL && strcmp(facts_text(facts, f), text) != 0) {
    }
    return f != NULL;
}

bool facts_true(const struct facts *facts, enum observation_kind kind)
{
    const struct fact *f = facts_find(facts, kind);
    return f != NULL && f->value != 0;
}

uint64_t facts_value(const struct facts *facts, enum observation_kind kind, uint64_t otherwise)
{
    const struct fact *f = facts_find(facts, kind);
    return f != NULL ? f->value : otherwise;
}

bool facts_copy(const struct facts *facts, struct facts *ret_copy)
{
    *ret_copy = (struct facts){ 0 };
    bool good = facts->count == 0 || resize_items(ret_copy, facts->count);
    ret_copy->texts = malloc(facts->text_used + (size_t)1);
    if (!good || ret_copy->texts == NULL) {
        facts_done(ret_copy);
        return false;
    }
    ret_copy->count = facts->count;
    ret_copy->lists = facts->lists;
    ret_copy->dropped = facts->dropped;
    ret_copy->text_used = ret_copy->text_capacity = facts->text_used;
    if (facts->count > 0) {
        memcpy(ret_copy->index, facts->index, size_of(facts->count, 0));
    }
    if (facts->text_used > 0) {
        memcpy(ret_copy->texts, facts->texts, facts->text_used);
    }
    return true;
}

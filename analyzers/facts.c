/* analyzers/facts.c: one flow's facts in order of first report, texts in one block. */
#include "analyzers/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { ESCAPED_MAX = OBSERVATION_TEXT_MAX + 1 };

static bool grow_items(struct facts *facts)
{
    uint32_t capacity = facts->capacity == 0 ? 16 : facts->capacity * 2;
    capacity = capacity > FACTS_MAX ? FACTS_MAX : capacity;
    if (facts->count >= capacity) {
        return false;
    }
    struct fact *items = realloc(facts->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    facts->items = items;
    facts->capacity = capacity;
    return true;
}

static bool grow_texts(struct facts *facts, uint32_t need)
{
    uint32_t capacity = facts->text_capacity == 0 ? 512 : facts->text_capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    capacity = capacity > FACTS_TEXT_MAX ? FACTS_TEXT_MAX : capacity;
    if (need > capacity) {
        return false;
    }
    char *texts = realloc(facts->texts, capacity);
    if (texts == NULL) {
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

/* Offset of a kept copy, or 0 when there is no room (or the text is empty). */
static uint32_t keep_text(struct facts *facts, const struct text *t)
{
    uint32_t need = (facts->text_used == 0 ? 1 : facts->text_used) + (uint32_t)t->used + 1;
    if (t->used == 0 || (need > facts->text_capacity && !grow_texts(facts, need))) {
        return 0;
    }
    uint32_t at = facts->text_used;
    memcpy(facts->texts + at, t->at, t->used + 1);
    facts->text_used = need;
    return at;
}

const char *facts_text(const struct facts *facts, const struct fact *fact)
{
    return fact == NULL || facts->texts == NULL ? "" : facts->texts + fact->text;
}

/* Lists and counts hold several facts of one kind, told apart by their text. */
static struct fact *find_same(const struct facts *facts, const struct observation *obs,
                              enum observation_shape shape, const char *text)
{
    bool by_text = shape == SHAPE_LIST || shape == SHAPE_COUNTS;
    for (uint32_t i = 0; i < facts->count; i++) {
        struct fact *f = &facts->items[i];
        if (f->kind == (uint16_t)obs->kind && f->index == obs->index && f->sub == obs->sub &&
            (!by_text || strcmp(facts_text(facts, f), text) == 0)) {
            return f;
        }
    }
    return NULL;
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
    if (same_text) {
        return;
    }
    if (f->text != 0 && t->used > 0 && strlen(facts_text(facts, f)) >= t->used) {
        memcpy(facts->texts + f->text, t->at, t->used + 1);
    } else {
        f->text = keep_text(facts, t);
    }
    f->cut = t->cut || (t->used > 0 && f->text == 0);
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
    struct fact *same = find_same(facts, obs, shape, buffer);
    if (same != NULL) {
        update(facts, same, obs, &t);
        return;
    }
    if (facts->count == facts->capacity && !grow_items(facts)) {
        facts->dropped++;
        return;
    }
    struct fact *f = &facts->items[facts->count];
    *f = (struct fact){ .kind = (uint16_t)obs->kind, .index = obs->index, .sub = obs->sub };
    f->text = keep_text(facts, &t);
    if (t.used > 0 && f->text == 0) {
        facts->dropped++;
        return;
    }
    f->cut = t.cut;
    f->value = shape == SHAPE_COUNTS && obs->value == 0 ? 1 : obs->value;
    set_evidence(f, obs);
    facts->count++;
}

void facts_done(struct facts *facts)
{
    free(facts->items);
    free(facts->texts);
    *facts = (struct facts){ 0 };
}

const struct fact *facts_next(const struct facts *facts, enum observation_kind kind,
                              const struct fact *after)
{
    uint32_t from = after == NULL ? 0 : (uint32_t)(after - facts->items) + 1;
    for (uint32_t i = from; i < facts->count; i++) {
        if (facts->items[i].kind == (uint16_t)kind) {
            return &facts->items[i];
        }
    }
    return NULL;
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

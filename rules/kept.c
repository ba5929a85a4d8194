/* rules/kept.c: every text is kept once, so that equal rows have equal pointers. */
#include "rules/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"

struct kept_row {
    struct kept_row *next;
    struct policy_row row;
};

void kept_init(struct kept *kept)
{
    *kept = (struct kept){ 0 };
    arena_init(&kept->arena, KEPT_MEMORY_MAX);
}

void kept_done(struct kept *kept)
{
    lookup_done(&kept->by_text);
    free(kept->texts);
    arena_done(&kept->arena);
}

static bool grow(struct kept *kept)
{
    uint32_t capacity = kept->capacity == 0 ? 64 : kept->capacity * 2;
    const char **texts = realloc(kept->texts, capacity * sizeof *texts);
    if (texts == NULL) {
        return false;
    }
    kept->texts = texts;
    kept->capacity = capacity;
    return true;
}

const char *kept_text(struct kept *kept, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text);
    uint64_t hash = keyed_hash(text, size, (struct hash_seed){ { 0, 0 } });
    uint32_t at = lookup_find(&kept->by_text, hash);
    if (at != LOOKUP_NONE && strcmp(kept->texts[at], text) == 0) {
        return kept->texts[at];
    }
    const char *copy = arena_text(&kept->arena, text, size);
    if (copy == NULL || at != LOOKUP_NONE) {
        return copy; /* two texts of one hash: the second one is not found again */
    }
    if ((kept->count == kept->capacity && !grow(kept)) ||
        !lookup_add(&kept->by_text, hash, kept->count)) {
        return NULL;
    }
    kept->texts[kept->count++] = copy;
    return copy;
}

static bool is_same(const struct policy_row *a, const struct policy_row *b)
{
    return a->id == b->id && a->title == b->title && a->traffic == b->traffic &&
           a->subject == b->subject && a->require == b->require && a->source == b->source &&
           a->explain == b->explain && a->fix == b->fix && a->over == b->over;
}

/* Room for the words of a list that ends with NULL. */
static const char *const *copy_words(struct kept *kept, const char *const *words)
{
    uint32_t count = 0;
    while (words != NULL && words[count] != NULL) {
        count++;
    }
    const char **copy = arena_take(&kept->arena, (count + 1) * sizeof(char *));
    for (uint32_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = kept_text(kept, words[i]);
        if (copy[i] == NULL) {
            return NULL;
        }
    }
    return copy;
}

const struct policy_row *kept_row(struct kept *kept, const struct policy_row *row)
{
    struct policy_row copy = *row;
    copy.from_networks = copy.to_networks = NULL;
    copy.from_network_count = copy.to_network_count = copy.port_count = 0;
    copy.ports = NULL;
    copy.paths = NULL;
    const char **const texts[] = { &copy.id,      &copy.title, &copy.traffic, &copy.source,
                                   &copy.explain, &copy.fix,   &copy.over };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = *texts[i];
        *texts[i] = kept_text(kept, text);
        if (text != NULL && *texts[i] == NULL) {
            return NULL;
        }
    }
    for (struct kept_row *known = kept->rows; known != NULL; known = known->next) {
        if (is_same(&known->row, &copy)) {
            return &known->row;
        }
    }
    struct kept_row *added = arena_take(&kept->arena, sizeof *added);
    copy.requirements = copy_words(kept, row->requirements);
    if (added == NULL || copy.requirements == NULL) {
        return NULL;
    }
    *added = (struct kept_row){ kept->rows, copy };
    kept->rows = added;
    return &added->row;
}

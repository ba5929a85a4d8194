/* rules/nearest.c: edit distance for error messages. */
#include "rules/nearest.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 63 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned nearest_distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t a_size = strnlen(a, WORD_MAX), b_size = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned replace = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replace, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_size];
}

const char *nearest_word(const char *word, const char *const *words)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    for (; *words != NULL; words++) {
        unsigned distance = nearest_distance(word, *words);
        if (best == NULL || distance < best_distance) {
            best = *words;
            best_distance = distance;
        }
    }
    return best;
}

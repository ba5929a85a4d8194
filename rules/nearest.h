/* rules/nearest.h: the known word that is nearest to a mistyped one. */
#ifndef OVERT_RULES_NEAREST_H
#define OVERT_RULES_NEAREST_H

/* Of the NULL-ended words the one with the smallest edit distance; the first of equals. NULL only
 * for an empty list. */
const char *nearest_word(const char *word, const char *const *words);
/* Edits (insert, delete, replace one character) that turn a into b; only the first 63 characters
 * of each count. */
unsigned nearest_distance(const char *a, const char *b);

#endif

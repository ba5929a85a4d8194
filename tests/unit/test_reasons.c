/* tests/unit/test_reasons.c: the table of reason codes. */
#include "rules/reasons.h"

#include <string.h>

#include "tests/check.h"

static void every_code_is_found_and_unique(void)
{
    uint32_t count = 0;
    const struct reason_word *word = NULL;
    while ((word = reason_at(count)) != NULL) {
        CHECK(reason_find(word->code) == word);
        CHECK(strchr(word->code, '.') != NULL);
        count++;
    }
    CHECK(count >= 50);
}

static void every_code_says_what_it_means_in_whole_sentences(void)
{
    const struct reason_word *word = NULL;
    for (uint32_t i = 0; (word = reason_at(i)) != NULL; i++) {
        size_t size = strlen(word->meaning);
        CHECK(size > 20 && word->meaning[size - 1] == '.');
        CHECK(word->fix[0] == '\0' || word->fix[strlen(word->fix) - 1] == '.');
        CHECK(strstr(word->meaning, "  ") == NULL && strstr(word->fix, "  ") == NULL);
    }
}

static void an_unknown_code_is_not_found(void)
{
    CHECK(reason_find("tls.nothing") == NULL);
    CHECK(reason_find("") == NULL);
}

int main(void)
{
    every_code_is_found_and_unique();
    every_code_says_what_it_means_in_whole_sentences();
    an_unknown_code_is_not_found();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_signature_tally.c: every signature is counted once, by what became of it. */
#include "rules/signature_tally.h"

#include <string.h>

#include "tests/check.h"

struct word {
    enum observation_kind kind;
    const char *text;
};

static void count(struct signature_tally *tally, const struct word *words, unsigned n)
{
    struct facts facts = { 0 };
    for (unsigned i = 0; i < n; i++) {
        struct observation obs = { .kind = words[i].kind,
                                   .text = words[i].text,
                                   .text_size = (uint32_t)strlen(words[i].text) };
        facts_put(&facts, &obs);
    }
    signature_tally_add(tally, &facts);
    facts_done(&facts);
}

static void both_signatures_of_a_flow_count(void)
{
    struct signature_tally tally = { 0 };
    const struct word words[] = { { OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid" },
                                  { OBS_TLS_CERTIFICATE_VERIFY, "invalid" } };
    count(&tally, words, 2);
    count(&tally, words, 1);
    count(&tally, words, 0);
    CHECK_EQ(tally.valid, 2);
    CHECK_EQ(tally.invalid, 1);
    for (unsigned i = 0; i < SIGNATURE_REASONS; i++) {
        CHECK_EQ(tally.unchecked[i], 0);
    }
}

static void what_was_not_checked_counts_by_its_reason(void)
{
    for (unsigned i = 0; i < SIGNATURE_REASONS; i++) {
        struct signature_tally tally = { 0 };
        const struct word words[] = {
            { OBS_TLS_CERTIFICATE_VERIFY, "unchecked" },
            { OBS_TLS_CERTIFICATE_VERIFY_REASON, signature_tally_reason(i) },
        };
        count(&tally, words, 2);
        for (unsigned k = 0; k < SIGNATURE_REASONS; k++) {
            CHECK_EQ(tally.unchecked[k], k == i);
        }
    }
}

static void a_word_that_is_not_known_is_other(void)
{
    struct signature_tally tally = { 0 };
    const struct word words[] = { { OBS_TLS_KEY_EXCHANGE_SIGNATURE, "unchecked" },
                                  { OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON, "moonshine" } };
    count(&tally, words, 2);
    count(&tally, words, 1);
    CHECK_EQ(tally.unchecked[SIGNATURE_REASONS - 1], 2);
    CHECK(strcmp(signature_tally_reason(SIGNATURE_REASONS - 1), "other") == 0);
}

int main(void)
{
    both_signatures_of_a_flow_count();
    what_was_not_checked_counts_by_its_reason();
    a_word_that_is_not_known_is_other();
    return check_failures > 0;
}

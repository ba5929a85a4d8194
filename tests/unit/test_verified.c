/* tests/unit/test_verified.c: signers that have proved their keys, whoever notes it first. */
#include "analyzers/crypto/verified.h"
#include "tests/check.h"

static const uint64_t late = 100 + VERIFIED_LAG_PACKETS;

static void a_proof_counts_after_the_lag(void)
{
    struct verified *v = verified_new();
    uint64_t one = verified_signer(v, "one", 3), other = verified_signer(v, "other", 5);
    CHECK(one != 0 && other != 0 && one != other && one == verified_signer(v, "one", 3));
    CHECK(!verified_is_proven(v, one, late));
    verified_note(v, one, 100, true);
    CHECK(!verified_is_proven(v, one, 100) && !verified_is_proven(v, one, late - 1));
    CHECK(verified_is_proven(v, one, late) && !verified_is_proven(v, other, late));
    verified_reset(v);
    CHECK(!verified_is_proven(v, one, late));
    verified_free(v);
}

static void the_order_of_notes_does_not_matter(void)
{
    struct verified *v = verified_new();
    uint64_t one = verified_signer(v, "one", 3), other = verified_signer(v, "other", 5);
    verified_note(v, one, 200, true);
    verified_note(v, one, 100, true);
    verified_note(v, other, 100, true);
    verified_note(v, other, 200, true);
    CHECK(verified_is_proven(v, one, late) && verified_is_proven(v, other, late));
    verified_free(v);
}

static void a_failure_counts_after_the_lag_and_for_ever(void)
{
    struct verified *v = verified_new();
    uint64_t one = verified_signer(v, "one", 3);
    verified_note(v, one, 100, true);
    verified_note(v, one, 200, false);
    CHECK(verified_is_proven(v, one, late) && verified_is_proven(v, one, late + 99));
    CHECK(!verified_is_proven(v, one, late + 100));
    verified_note(v, one, 300, true);
    CHECK(!verified_is_proven(v, one, late * 1000));
    verified_free(v);
}

static void beyond_the_cap_nobody_is_proven(void)
{
    struct verified *v = verified_new();
    uint32_t proven = 0;
    for (uint32_t i = 0; i < VERIFIED_MAX + 1000; i++) {
        verified_note(v, verified_signer(v, &i, sizeof i), 100, true);
    }
    for (uint32_t i = 0; i < VERIFIED_MAX + 1000; i++) {
        proven += verified_is_proven(v, verified_signer(v, &i, sizeof i), late);
    }
    CHECK_EQ(proven, VERIFIED_MAX);
    verified_free(v);
}

static void nobody_is_proven_while_all_is_demanded(void)
{
    struct verified *v = verified_new();
    uint64_t one = verified_signer(v, "one", 3);
    verified_note(v, one, 100, true);
    verified_demand(v, true);
    CHECK(!verified_is_proven(v, one, late));
    verified_reset(v);
    verified_note(v, one, 100, true);
    CHECK(!verified_is_proven(v, one, late));
    verified_demand(v, false);
    CHECK(verified_is_proven(v, one, late));
    verified_free(v);
}

int main(void)
{
    a_proof_counts_after_the_lag();
    the_order_of_notes_does_not_matter();
    a_failure_counts_after_the_lag_and_for_ever();
    beyond_the_cap_nobody_is_proven();
    nobody_is_proven_while_all_is_demanded();
    return check_failures > 0;
}

/* tests/unit/test_legs.c: what signalling was seen between two hosts. */
#include "rules/legs.h"

#include "tests/check.h"

static struct address host(unsigned n)
{
    struct address a = { { [10] = 0xff, [11] = 0xff, [12] = 10 } };
    a.byte[13] = (uint8_t)(n >> 16);
    a.byte[14] = (uint8_t)(n >> 8);
    a.byte[15] = (uint8_t)n;
    return a;
}

static struct legs *fresh(void)
{
    struct legs *legs = NULL;
    if (legs_new(&legs) != OV_OK) {
        exit(EXIT_FAILURE);
    }
    return legs;
}

static void note(struct legs *legs, unsigned a, unsigned b, enum leg_signalling what, uint64_t id)
{
    struct address one = host(a), other = host(b);
    struct flow_record record = { .id = id, .start_us = 1000 + id };
    legs_note(legs, &one, &other, what, &record);
}

static void a_pair_is_found_in_either_order_and_others_are_not(void)
{
    struct legs *legs = fresh();
    struct address a = host(1), b = host(2), c = host(3);
    CHECK(legs_find(legs, &a, &b) == NULL);
    note(legs, 1, 2, LEG_MTLS, 7);
    CHECK(legs_find(legs, &a, &b) != NULL && legs_find(legs, &a, &b) == legs_find(legs, &b, &a));
    CHECK_EQ(legs_find(legs, &a, &b)->seen, LEG_MTLS);
    CHECK_EQ(legs_find(legs, &a, &b)->flow_id, 7);
    CHECK(legs_find(legs, &a, &c) == NULL && legs_find(legs, &c, NULL) == NULL);
    legs_free(legs);
}

static void all_signalling_of_a_host_is_kept_beside_its_pairs(void)
{
    struct legs *legs = fresh();
    struct address a = host(1), b = host(2), c = host(3);
    note(legs, 1, 2, LEG_MTLS, 7);
    note(legs, 3, 1, LEG_CLEAR, 8);
    CHECK_EQ(legs_find(legs, &a, NULL)->seen, LEG_MTLS | LEG_CLEAR);
    CHECK_EQ(legs_find(legs, &b, NULL)->seen, LEG_MTLS);
    CHECK_EQ(legs_find(legs, &c, NULL)->seen, LEG_CLEAR);
    CHECK_EQ(legs_find(legs, &a, &b)->seen, LEG_MTLS);
    legs_free(legs);
}

static void the_flow_named_is_the_worst_whatever_the_order(void)
{
    static const struct {
        enum leg_signalling what;
        uint64_t id;
    } flows[] = { { LEG_MTLS, 1 },
                  { LEG_CLEAR, 5 },
                  { LEG_UNDECIDED, 2 },
                  { LEG_ONE_WAY, 3 },
                  { LEG_CLEAR, 4 } };
    enum { FLOWS = sizeof flows / sizeof *flows };
    struct address a = host(1), b = host(2);
    for (unsigned start = 0; start < FLOWS; start++) {
        struct legs *legs = fresh();
        for (unsigned i = 0; i < 2 * FLOWS; i++) { /* each twice: no harm */
            note(legs, 1, 2, flows[(start + i) % FLOWS].what, flows[(start + i) % FLOWS].id);
        }
        CHECK_EQ(legs_find(legs, &a, &b)->flow_id, 4);
        CHECK_EQ(legs_find(legs, &a, &b)->seen, LEG_MTLS | LEG_CLEAR | LEG_UNDECIDED | LEG_ONE_WAY);
        legs_free(legs);
    }
}

static void the_table_is_capped_and_counts_what_it_drops(void)
{
    struct legs *legs = fresh();
    enum { PAIRS = LEGS_MAX };
    for (unsigned i = 0; i < PAIRS; i++) {
        note(legs, 1, 2 + i, LEG_MTLS, i + 1);
    }
    uint64_t kept = 0;
    struct address a = host(1);
    for (unsigned i = 0; i < PAIRS; i++) {
        struct address b = host(2 + i);
        kept += legs_find(legs, &a, &b) != NULL ? 1 : 0;
        kept += legs_find(legs, &b, NULL) != NULL ? 1 : 0;
    }
    kept += legs_find(legs, &a, NULL) != NULL ? 1 : 0;
    CHECK_EQ(kept, LEGS_MAX);
    CHECK_EQ(legs_dropped(legs), 2 * (uint64_t)PAIRS + 1 - LEGS_MAX);
    legs_free(legs);
}

int main(void)
{
    a_pair_is_found_in_either_order_and_others_are_not();
    all_signalling_of_a_host_is_kept_beside_its_pairs();
    the_flow_named_is_the_worst_whatever_the_order();
    the_table_is_capped_and_counts_what_it_drops();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

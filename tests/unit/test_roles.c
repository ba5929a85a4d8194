/* tests/unit/test_roles.c: role words, their sets, and the nearest word. */
#include "rules/roles.h"

#include <string.h>

#include "rules/finding.h"
#include "rules/lookup.h"
#include "rules/nearest.h"
#include "tests/check.h"

static void every_role_is_found_by_its_name_and_printed_by_it(void)
{
    static const char *const names[] = {
#define X(role, name, server) name,
        ROLES(X)
#undef X
    };
    char buffer[96];
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        CHECK(roles_of_word(names[i]) == role_bit((enum role)i));
        CHECK(strcmp(roles_text(role_bit((enum role)i), buffer, sizeof buffer), names[i]) == 0);
    }
}

static void group_words_name_the_columns_of_the_table(void)
{
    uint64_t servers = roles_of_word("any_server");
    CHECK((servers & role_bit(ROLE_FRONT_END)) != 0);
    CHECK((servers & role_bit(ROLE_MEDIATION)) != 0);
    CHECK((servers & role_bit(ROLE_GATEWAY)) == 0);
    CHECK((servers & role_bit(ROLE_REVERSE_PROXY)) == 0);
    CHECK((servers & role_bit(ROLE_CLIENT_INTERNAL)) == 0);
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    CHECK(roles_of_word("client_*") == clients);
    CHECK(roles_of_word("any_client") == clients);
    CHECK(roles_of_word("any") == UINT64_MAX);
    CHECK(roles_of_word("frontend") == 0);
    CHECK(roles_of_word("") == 0);
}

static void sets_are_printed_with_commas_and_cut_at_the_buffer(void)
{
    char buffer[96], tiny[8];
    uint64_t set = role_bit(ROLE_FRONT_END) | role_bit(ROLE_MEDIATION);
    CHECK(strcmp(roles_text(set, buffer, sizeof buffer), "front_end,mediation") == 0);
    CHECK(strcmp(roles_text(0, buffer, sizeof buffer), "") == 0);
    CHECK(strcmp(roles_text(UINT64_MAX, buffer, sizeof buffer), "any") == 0);
    CHECK(strcmp(roles_text(roles_of_word("any_server"), buffer, sizeof buffer), "any_server") ==
          0);
    CHECK(strcmp(roles_text(set, tiny, sizeof tiny), "front_e") == 0);
}

static void a_mistyped_role_finds_its_neighbour(void)
{
    CHECK(strcmp(roles_nearest("frontend"), "front_end") == 0);
    CHECK(strcmp(roles_nearest("mediaton"), "mediation") == 0);
    CHECK(strcmp(roles_nearest("edge_acces"), "edge_access") == 0);
    CHECK(roles_nearest("") != NULL);
}

static void edit_distance_counts_single_edits(void)
{
    CHECK_EQ(nearest_distance("zones", "zoness"), 1);
    CHECK_EQ(nearest_distance("kitten", "sitting"), 3);
    CHECK_EQ(nearest_distance("", "abc"), 3);
    CHECK_EQ(nearest_distance("same", "same"), 0);
    static const char *const none[] = { NULL };
    CHECK(nearest_word("x", none) == NULL);
}

static void the_lookup_keeps_every_key(void)
{
    enum { KEYS = 5000 };
    struct lookup lookup = { 0 };
    CHECK_EQ(lookup_find(&lookup, 1), LOOKUP_NONE);
    for (uint32_t i = 0; i < KEYS; i++) {
        CHECK(lookup_add(&lookup, (uint64_t)i << 32, i));
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        CHECK_EQ(lookup_find(&lookup, (uint64_t)i << 32), i);
    }
    CHECK_EQ(lookup_find(&lookup, 7), LOOKUP_NONE);
    lookup_done(&lookup);
}

static void the_words_of_findings_are_those_of_the_contract(void)
{
    CHECK(strcmp(verdict_name(VERDICT_NOT_ASSESSABLE), "not_assessable") == 0);
    CHECK(strcmp(verdict_name(VERDICT_WEAK), "weak") == 0);
    CHECK(strcmp(evidence_name(EVIDENCE_DECLARED), "declared") == 0);
    CHECK(strcmp(severity_name(SEVERITY_INFO), "info") == 0);
    CHECK(strcmp(severity_name(SEVERITY_CRITICAL), "critical") == 0);
}

int main(void)
{
    every_role_is_found_by_its_name_and_printed_by_it();
    group_words_name_the_columns_of_the_table();
    sets_are_printed_with_commas_and_cut_at_the_buffer();
    a_mistyped_role_finds_its_neighbour();
    edit_distance_counts_single_edits();
    the_lookup_keeps_every_key();
    the_words_of_findings_are_those_of_the_contract();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

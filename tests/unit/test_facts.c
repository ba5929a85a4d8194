/* tests/unit/test_facts.c */
#include <string.h>

#include "analyzers/facts.h"
#include "tests/check.h"

static struct facts facts;

static void put_text(enum observation_kind kind, uint16_t index, const char *text, uint64_t packet)
{
    struct observation obs = { .kind = kind,
                               .index = index,
                               .text = text,
                               .text_size = (uint32_t)strlen(text),
                               .packet = packet };
    facts_put(&facts, &obs);
}

static void put_value(enum observation_kind kind, uint64_t value, uint64_t packet)
{
    struct observation obs = { .kind = kind, .value = value, .packet = packet };
    facts_put(&facts, &obs);
}

static void unknown_facts_answer_as_absent(void)
{
    CHECK(facts_find(&facts, OBS_TLS_SNI) == NULL);
    CHECK_EQ(strlen(facts_text(&facts, NULL)), 0);
    CHECK(!facts_true(&facts, OBS_TLS_ESTABLISHED));
    CHECK_EQ(facts_value(&facts, OBS_HTTP_REQUESTS, 7), 7);
}

static void last_text_stays_and_the_first_proof_of_it(void)
{
    put_text(OBS_TLS_SNI, 0, "a.example", 3);
    put_text(OBS_TLS_SNI, 0, "a.example", 9);
    CHECK_EQ(facts_find(&facts, OBS_TLS_SNI)->packet, 3);
    put_text(OBS_TLS_SNI, 0, "longer.example", 11);
    CHECK(facts_is(&facts, OBS_TLS_SNI, "longer.example"));
    CHECK_EQ(facts_find(&facts, OBS_TLS_SNI)->packet, 11);
    CHECK_EQ(facts.count, 1);
    facts_done(&facts);
}

static void lists_keep_each_text_once_in_order(void)
{
    put_text(OBS_HTTP_HOST, 0, "b", 1);
    put_text(OBS_HTTP_HOST, 0, "a", 2);
    put_text(OBS_HTTP_HOST, 0, "b", 3);
    const struct fact *f = facts_find(&facts, OBS_HTTP_HOST);
    CHECK(strcmp(facts_text(&facts, f), "b") == 0);
    f = facts_next(&facts, OBS_HTTP_HOST, f);
    CHECK(strcmp(facts_text(&facts, f), "a") == 0);
    CHECK(facts_next(&facts, OBS_HTTP_HOST, f) == NULL);
    facts_done(&facts);
}

static void counts_add_up_under_their_name(void)
{
    put_text(OBS_SIP_METHOD, 0, "INVITE", 1);
    put_text(OBS_SIP_METHOD, 0, "ACK", 2);
    put_text(OBS_SIP_METHOD, 0, "INVITE", 3);
    CHECK_EQ(facts_find(&facts, OBS_SIP_METHOD)->value, 2);
    CHECK_EQ(facts.count, 2);
    facts_done(&facts);
}

static void members_are_told_apart_by_index(void)
{
    put_text(OBS_SERVER_CERT_SUBJECT, 0, "CN=leaf", 1);
    put_text(OBS_SERVER_CERT_SUBJECT, 1, "CN=ca", 1);
    const struct fact *f = facts_find_at(&facts, OBS_SERVER_CERT_SUBJECT, 1, 0);
    CHECK(strcmp(facts_text(&facts, f), "CN=ca") == 0);
    CHECK(facts_find_at(&facts, OBS_SERVER_CERT_SUBJECT, 2, 0) == NULL);
    facts_done(&facts);
}

static void events_are_not_kept(void)
{
    put_text(OBS_SIP_CALL_ID, 0, "secret-call", 1);
    CHECK_EQ(facts.count, 0);
}

static void hostile_text_becomes_valid_utf8_and_is_cut(void)
{
    char hostile[2000];
    memset(hostile, 0xff, sizeof hostile);
    struct observation obs = { .kind = OBS_TLS_SNI, .text = hostile, .text_size = sizeof hostile };
    facts_put(&facts, &obs);
    const struct fact *f = facts_find(&facts, OBS_TLS_SNI);
    CHECK(f->cut);
    CHECK(strncmp(facts_text(&facts, f), "\\xff\\xff", 8) == 0);
    CHECK(strlen(facts_text(&facts, f)) <= OBSERVATION_TEXT_MAX);
    facts_done(&facts);
}

static void a_flow_keeps_no_more_than_its_cap(void)
{
    char name[32];
    for (uint16_t i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "host%d.example", i);
        put_text(OBS_SERVER_CERT_SUBJECT, i, name, 1);
    }
    CHECK_EQ(facts.count, FACTS_MAX);
    CHECK_EQ(facts.dropped, 5000 - FACTS_MAX);
    facts_done(&facts);
}

static void texts_stop_at_their_cap_too(void)
{
    char name[OBSERVATION_TEXT_MAX];
    memset(name, 'x', sizeof name);
    for (int i = 0; i < 300; i++) {
        snprintf(name, 8, "%06d", i);
        name[6] = 'x';
        struct observation obs = { .kind = OBS_HTTP_HOST, .text = name, .text_size = sizeof name };
        facts_put(&facts, &obs);
    }
    CHECK(facts.text_used <= FACTS_TEXT_MAX);
    CHECK(facts.dropped > 0);
    facts_done(&facts);
}

static void a_list_that_strangers_lengthen_leaves_room_for_what_follows(void)
{
    char text[40];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "agent %d", i);
        put_text(OBS_SIP_USER_AGENT, 0, text, 1);
        put_text(OBS_SIP_METHOD, 0, text, 1);
        put_text(OBS_HTTP_HOST, 0, text, 1);
    }
    put_text(OBS_TLS_SNI, 0, "late.example", 2);
    put_value(OBS_TLS_ESTABLISHED, 1, 2);
    CHECK(facts_is(&facts, OBS_TLS_SNI, "late.example"));
    CHECK(facts_true(&facts, OBS_TLS_ESTABLISHED));
    uint32_t agents = 0;
    const struct fact *f = NULL;
    while ((f = facts_next(&facts, OBS_SIP_USER_AGENT, f)) != NULL) {
        agents++;
    }
    CHECK_EQ(agents, FACTS_LIST_MAX);
    CHECK_EQ(facts.dropped, 15000 - (FACTS_MAX - FACTS_SINGLE_MIN));
    facts_done(&facts);
}

static void a_text_that_changes_without_end_keeps_its_place(void)
{
    char text[401];
    memset(text, 'x', sizeof text);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t size = i % 2 == 0 ? 1 : 1 + i % 400;
        struct observation obs = { .kind = OBS_TLS_SNI, .text = text, .text_size = size };
        facts_put(&facts, &obs);
    }
    CHECK_EQ(strlen(facts_text(&facts, facts_find(&facts, OBS_TLS_SNI))), 1 + 19999 % 400);
    CHECK_EQ(facts.dropped, 0);
    CHECK(facts.text_used < 4096);
    facts_done(&facts);
}

static void facts_count_against_a_budget_and_give_it_back(void)
{
    struct budget budget = { 2000 };
    facts.budget = &budget;
    for (uint16_t i = 0; i < 100; i++) {
        put_text(OBS_SERVER_CERT_SUBJECT, i, "CN=somebody", 1);
    }
    CHECK(facts.count > 0 && facts.count < 100);
    CHECK_EQ(facts.dropped, 100 - facts.count);
    facts_done(&facts);
    CHECK_EQ(budget.left, 2000);
}

static void numbers_and_flags_are_replaced(void)
{
    put_value(OBS_TLS_ESTABLISHED, 0, 1);
    put_value(OBS_TLS_ESTABLISHED, 1, 5);
    CHECK(facts_true(&facts, OBS_TLS_ESTABLISHED));
    CHECK_EQ(facts_find(&facts, OBS_TLS_ESTABLISHED)->packet, 5);
    facts_done(&facts);
}

static void a_copy_lives_without_its_original(void)
{
    struct facts original = { 0 }, copy = { 0 }, empty = { 0 };
    struct observation obs = { .kind = OBS_TLS_SNI, .text = "fe01.contoso.com", .text_size = 16 };
    facts_put(&original, &obs);
    CHECK(facts_copy(&original, &copy));
    facts_done(&original);
    CHECK(facts_is(&copy, OBS_TLS_SNI, "fe01.contoso.com"));
    obs.kind = OBS_TLS_VERSION;
    facts_put(&copy, &obs); /* it may grow */
    CHECK(facts_is(&copy, OBS_TLS_SNI, "fe01.contoso.com") && copy.count == 2);
    facts_done(&copy);
    CHECK(facts_copy(&empty, &copy));
    CHECK(copy.count == 0 && facts_find(&copy, OBS_TLS_SNI) == NULL);
    facts_done(&copy);
}

int main(void)
{
    a_copy_lives_without_its_original();
    unknown_facts_answer_as_absent();
    last_text_stays_and_the_first_proof_of_it();
    lists_keep_each_text_once_in_order();
    counts_add_up_under_their_name();
    members_are_told_apart_by_index();
    events_are_not_kept();
    hostile_text_becomes_valid_utf8_and_is_cut();
    a_flow_keeps_no_more_than_its_cap();
    texts_stop_at_their_cap_too();
    a_list_that_strangers_lengthen_leaves_room_for_what_follows();
    a_text_that_changes_without_end_keeps_its_place();
    facts_count_against_a_budget_and_give_it_back();
    numbers_and_flags_are_replaced();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_answers.c: what resolvers answered, and which of it contradicts. */
#include "rules/answers.h"

#include "tests/unit/judge_case.h"

static const char site[] =
    "overt: 1\n"
    "extends: lync-2010\n"
    "zones: {internal: [10.0.0.0/8]}\n"
    "trusted_resolvers: [10.0.0.53, 10.0.0.54, 203.0.113.53]\n"
    "hosts:\n"
    "  - {name: FE.contoso.com, address: [10.0.1.1, \"fd00::1\"], role: front_end}\n"
    "  - {name: fe2.contoso.com, address: 10.0.1.2, role: front_end}\n"
    "  - {name: edge.contoso.com, address: \"10.0.1.9:5061\", role: edge_access}\n";

static bool is(const char *got, const char *want)
{
    return strcmp(got, want) == 0;
}

enum { SECOND = 1000000 };
static const uint64_t noon_us = 1800000000000000;

/* fe2 (or `client`) asked, and was told this `at_s` seconds after noon; it holds for a minute. */
static void tell(struct judge_case *c, const char *client, const char *resolver, const char *name,
                 const char *addresses, unsigned at_s)
{
    static uint64_t packet = 100;
    case_flow(c, client, resolver, 53, "dns");
    c->record.l4 = IPPROTO_UDP;
    struct observation obs = {
        .kind = OBS_DNS_ANSWER_NAME,
        .text = name,
        .text_size = (uint32_t)strlen(name),
        .packet = ++packet,
        .time_us = noon_us + (uint64_t)at_s * SECOND,
    };
    facts_put(&c->facts, &obs);
    obs.kind = OBS_DNS_ANSWER_ADDRESS;
    for (const char *at = addresses; *at != '\0';) {
        obs.text = at;
        obs.text_size = (uint32_t)strcspn(at, " ");
        facts_put(&c->facts, &obs);
        at += obs.text_size;
        at += strspn(at, " ");
    }
    obs = (struct observation){ .kind = OBS_DNS_ANSWER_UNTIL,
                                .value = obs.time_us + (uint64_t)60 * SECOND };
    facts_put(&c->facts, &obs);
}

/* The first reason on TT-23 of what was told last; "" when there is none. */
static const char *judged(struct judge_case *c)
{
    judge_learn(c->judge, &c->record);
    judge_flow(c->judge, &c->record, NULL, &c->judgement);
    for (uint32_t i = 0; i < c->judgement.count; i++) {
        const struct assessment *a = &c->judgement.assessments[i];
        if (strcmp(a->row->id, "TT-23") == 0) {
            CHECK(a->proof_count > 0);
            return a->reason_count > 0 ? a->reasons[0].code : "";
        }
    }
    return "not judged";
}

static const char *asked(struct judge_case *c, const char *resolver, const char *name,
                         const char *addresses, unsigned at_s)
{
    tell(c, "10.0.1.2", resolver, name, addresses, at_s);
    return judged(c);
}

static void an_answer_without_any_declared_address_is_foreign(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "fe.contoso.com", "10.0.1.1", 0), ""));
    CHECK(is(asked(&c, "10.0.0.53", "fe.contoso.com", "10.0.1.77 10.0.1.1", 0), ""));
    CHECK(is(asked(&c, "10.0.0.53", "fe.contoso.com", "10.0.1.77", 0), "dns.foreign-answer"));
    CHECK(is(asked(&c, "10.0.0.53", "fe.contoso.com", "fd00::1", 0), ""));
    CHECK(is(asked(&c, "10.0.0.53", "fe.contoso.com", "fd00::2", 0), "dns.foreign-answer"));
    CHECK(is(asked(&c, "10.0.0.53", "edge.contoso.com", "10.0.1.9", 0), ""));
    CHECK(is(asked(&c, "10.0.0.53", "www.contoso.com", "10.0.1.77", 0), ""));
    case_done(&c);
}

static void a_family_of_which_nothing_is_declared_is_not_foreign(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "fe2.contoso.com", "fd00::2", 0), ""));
    case_done(&c);
}

static void who_asks_from_outside_may_be_told_something_else(void)
{
    struct judge_case c = case_of(site);
    tell(&c, "198.51.100.9", "203.0.113.53", "fe.contoso.com", "198.51.100.1", 0);
    CHECK(!is(judged(&c), "dns.foreign-answer"));
    case_done(&c);
}

static void resolvers_of_one_side_must_not_contradict_each_other(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "pool.contoso.com", "10.0.1.1", 0), ""));
    CHECK(
        is(asked(&c, "10.0.0.54", "pool.contoso.com", "10.0.1.77", 30), "dns.conflicting-answers"));
    CHECK_EQ(c.judgement.assessments[0].verdict, VERDICT_WEAK);
    CHECK_EQ(c.judgement.assessments[0].severity, SEVERITY_LOW);
    CHECK_EQ(c.judgement.assessments[0].proof_count, 2);
    case_done(&c);
}

static void what_may_differ_is_no_contradiction(void)
{
    static const struct {
        const char *resolver, *name, *first, *second;
        unsigned at_s;
    } cases[] = {
        { "10.0.0.54", "pool.contoso.com", "10.0.1.1", "10.0.1.2", 0 }, /* one role */
        { "10.0.0.54", "pool.contoso.com", "10.0.1.1", "10.0.1.77 10.0.1.1", 0 },
        { "10.0.0.53", "pool.contoso.com", "10.0.1.1", "10.0.1.77", 0 }, /* the same resolver */
        { "10.0.0.54", "pool.contoso.com", "10.0.1.1", "fd00::77", 0 },
        { "10.0.0.54", "pool.contoso.com", "10.0.1.1", "10.0.1.77", 61 },   /* it is over */
        { "203.0.113.53", "pool.contoso.com", "10.0.1.1", "192.0.2.1", 0 }, /* split horizon */
        { "10.0.0.54", "www.contoso.com", "10.0.7.1", "10.0.7.2", 0 },      /* none of ours */
        { "10.0.0.54", "other.contoso.com", "203.0.113.1", "203.0.113.2", 0 },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(site);
        CHECK(is(asked(&c, "10.0.0.53", cases[i].name, cases[i].first, 0), ""));
        CHECK(is(asked(&c, cases[i].resolver, cases[i].name, cases[i].second, cases[i].at_s), ""));
        case_done(&c);
    }
}

static void a_resolver_that_nobody_trusts_is_compared_across_the_border(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "pool.contoso.com", "10.0.1.1", 0), ""));
    CHECK(is(asked(&c, "8.8.8.8", "pool.contoso.com", "192.0.2.1", 0), "dns.conflicting-answers"));
    CHECK_EQ(c.judgement.assessments[0].verdict, VERDICT_VIOLATION);
    CHECK(is(c.judgement.assessments[0].reasons[1].code, "dns.untrusted-resolver"));
    case_done(&c);
}

static void another_capture_begins_with_nothing(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "pool.contoso.com", "10.0.1.1", 0), ""));
    judge_restart(c.judge);
    CHECK(is(asked(&c, "10.0.0.54", "pool.contoso.com", "10.0.1.77", 0), ""));
    case_done(&c);
}

static void an_answer_that_comes_again_lasts_longer(void)
{
    struct judge_case c = case_of(site);
    CHECK(is(asked(&c, "10.0.0.53", "pool.contoso.com", "10.0.1.1 10.0.1.2", 0), ""));
    CHECK(is(asked(&c, "10.0.0.53", "pool.contoso.com", "10.0.1.2 10.0.1.1", 50), ""));
    CHECK(is(asked(&c, "10.0.0.54", "pool.contoso.com", "10.0.1.77", 100),
             "dns.conflicting-answers"));
    CHECK_EQ(c.judgement.assessments[0].proofs[0].packet,
             c.judgement.assessments[0].proofs[1].packet + 2);
    case_done(&c);
}

static void the_oldest_answer_goes_first_and_is_counted(void)
{
    struct judge_case c = case_of(site);
    char name[64];
    for (unsigned i = 0; i < ANSWERS_MAX + 3; i++) {
        (void)snprintf(name, sizeof name, "h%u.contoso.com", i);
        tell(&c, "10.0.1.2", "10.0.0.53", name, "10.0.1.1", 0);
        judge_learn(c.judge, &c.record);
        judge_learn(c.judge, &c.record);
    }
    CHECK_EQ(judge_answers_dropped(c.judge), 3);
    CHECK(is(asked(&c, "10.0.0.54", "h2.contoso.com", "10.0.1.77", 0), ""));
    CHECK(is(asked(&c, "10.0.0.54", "h9.contoso.com", "10.0.1.77", 0), "dns.conflicting-answers"));
    CHECK_EQ(judge_answers_dropped(c.judge), 5);
    case_done(&c);
}

/* A second answer to the query of the first one: `rival` is the first one's place. */
static void add_rival(struct judge_case *c, const char *address)
{
    struct observation obs = { .index = 1, .packet = 7, .time_us = noon_us };
    obs.kind = OBS_DNS_ANSWER_NAME;
    obs.text = "web.contoso.com";
    obs.text_size = (uint32_t)strlen(obs.text);
    facts_put(&c->facts, &obs);
    obs.kind = OBS_DNS_ANSWER_ADDRESS;
    obs.text = address;
    obs.text_size = (uint32_t)strlen(address);
    facts_put(&c->facts, &obs);
    obs.kind = OBS_DNS_ANSWER_RIVAL;
    obs.text = NULL;
    obs.text_size = 0;
    facts_put(&c->facts, &obs);
}

static void two_answers_to_one_query_are_weak_unless_packets_were_lost(void)
{
    struct judge_case c = case_of(site);
    tell(&c, "10.0.1.2", "10.0.0.53", "web.contoso.com", "10.0.7.1", 0);
    add_rival(&c, "10.0.7.66");
    CHECK(is(judged(&c), "dns.answered-twice"));
    CHECK(case_is(&c, "TT-23", "weak inferred low"));
    CHECK_EQ(case_row(&c, "TT-23")->proofs[0].packet, 7);
    tell(&c, "10.0.1.2", "10.0.0.53", "web.contoso.com", "10.0.7.1", 0);
    add_rival(&c, "10.0.7.66");
    c.record.lost_nearby = true;
    CHECK(is(judged(&c), ""));
    case_done(&c);
}

static void too_long_a_name_is_not_kept(void)
{
    struct judge_case c = case_of(site);
    char name[ANSWERS_NAME + 1] = "";
    memset(name, 'a', ANSWERS_NAME);
    CHECK(is(asked(&c, "10.0.0.53", name, "10.0.1.1", 0), ""));
    CHECK(is(asked(&c, "10.0.0.54", name, "10.0.1.77", 0), ""));
    case_done(&c);
}

int main(void)
{
    an_answer_without_any_declared_address_is_foreign();
    a_family_of_which_nothing_is_declared_is_not_foreign();
    who_asks_from_outside_may_be_told_something_else();
    resolvers_of_one_side_must_not_contradict_each_other();
    what_may_differ_is_no_contradiction();
    a_resolver_that_nobody_trusts_is_compared_across_the_border();
    another_capture_begins_with_nothing();
    an_answer_that_comes_again_lasts_longer();
    the_oldest_answer_goes_first_and_is_counted();
    two_answers_to_one_query_are_weak_unless_packets_were_lost();
    too_long_a_name_is_not_kept();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

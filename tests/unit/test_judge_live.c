/* tests/unit/test_judge_live.c: flows that go on, and findings as they become known. */
#include "tests/unit/judge_case.h"

static void clear_sip(struct judge_case *c, uint64_t registers)
{
    case_flow(c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_put_at(c, OBS_SIP_METHOD, 0, "REGISTER", registers);
}

static uint32_t news(struct judge_case *c, bool last, enum finding_status status)
{
    struct finding_list list;
    CHECK_EQ(judge_news(c->judge, false, last, &list), OV_OK);
    for (uint32_t i = 0; i < list.count; i++) {
        CHECK_EQ(list.items[i]->status, status);
    }
    return list.count;
}

static void a_flow_that_goes_on_counts_once(void)
{
    struct judge_case c = case_of(case_site);
    struct finding_list list;
    clear_sip(&c, 1);
    judge_open_flow(c.judge, &c.record);
    CHECK_EQ(news(&c, false, FINDING_OPEN), 1);
    judge_open_flow(c.judge, &c.record);
    judge_open_flow(c.judge, &c.record);
    CHECK_EQ(news(&c, false, FINDING_CHANGED), 0);
    case_judge(&c);
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 1);
    CHECK_EQ(list.items[0]->flow_count, 1);
    CHECK_EQ(list.items[0]->flow_ids[0], c.record.id);
    CHECK_EQ(news(&c, false, FINDING_CHANGED), 0);
    CHECK_EQ(news(&c, true, FINDING_CHANGED), 1); /* it was described again */
    CHECK_EQ(news(&c, true, FINDING_CHANGED), 0);
    case_done(&c);
}

static void what_later_shows_otherwise_is_taken_back(void)
{
    struct judge_case c = case_of(case_site);
    struct finding_list list;
    clear_sip(&c, 1);
    struct flow_record open = c.record;
    judge_open_flow(c.judge, &open);
    CHECK_EQ(news(&c, false, FINDING_OPEN), 1);
    facts_done(&c.facts); /* as if the end showed something else */
    c.record.app = "unknown";
    c.record.bytes[0] = c.record.bytes[1] = 600;
    case_judge(&c);
    CHECK_EQ(judge_findings(c.judge, false, &list), OV_OK);
    CHECK_EQ(list.count, 0);
    CHECK_EQ(news(&c, false, FINDING_RESOLVED), 1);
    CHECK_EQ(news(&c, true, FINDING_RESOLVED), 0);
    case_done(&c);
}

static void an_open_flow_is_not_covered_yet(void)
{
    struct judge_case c = case_of(case_site);
    clear_sip(&c, 1);
    judge_open_flow(c.judge, &c.record);
    for (uint32_t i = 0; i < policy_row_count(c.policy); i++) {
        CHECK_EQ(judge_coverage(c.judge, i)->flows, 0);
    }
    case_done(&c);
}

/* Absence is judged when the flow is over. */
static void an_open_flow_shows_only_what_is_proven(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.20.0.7", "10.0.1.30", 8057, "unknown");
    judge_open_flow(c.judge, &c.record);
    CHECK_EQ(news(&c, true, FINDING_OPEN), 0);
    case_judge(&c);
    CHECK_EQ(news(&c, true, FINDING_OPEN), 1);
    case_done(&c);
}

static void a_growing_count_is_news_when_it_has_doubled(void)
{
    struct judge_case c = case_of(case_site);
    uint32_t told = 0;
    for (unsigned i = 0; i < 100; i++) {
        clear_sip(&c, 1);
        case_judge(&c);
        told += news(&c, false, i == 0 ? FINDING_OPEN : FINDING_CHANGED);
    }
    CHECK_EQ(told, 7); /* 1 2 4 8 16 32 64 */
    CHECK_EQ(news(&c, true, FINDING_CHANGED), 1);
    case_done(&c);
}

int main(void)
{
    a_flow_that_goes_on_counts_once();
    what_later_shows_otherwise_is_taken_back();
    an_open_flow_is_not_covered_yet();
    an_open_flow_shows_only_what_is_proven();
    a_growing_count_is_news_when_it_has_doubled();
    return check_failures > 0;
}

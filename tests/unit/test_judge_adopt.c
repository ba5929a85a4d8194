/* tests/unit/test_judge_adopt.c: another policy in the middle of a run loses nothing, and what the
 * old one said is freed with it (ASan). */
#include "tests/unit/judge_case.h"

static const char own_row[] = "rows:\n"
                              "  - id: C-01\n"
                              "    title: recorder feed\n"
                              "    traffic: {from: [mediation], to: [gateway], app: [tls]}\n"
                              "    require: mtls\n"
                              "    severity: critical\n"
                              "    reference: SEC-114\n";

static void put_one_way(struct judge_case *c)
{
    case_flow(c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(c, "disproven", "not-requested");
    case_judge(c);
}

/* The policy of the case goes, this one comes. */
static void adopt(struct judge_case *c, const char *text)
{
    struct policy *next = NULL;
    CHECK(policy_read_text("next.yaml", text, strlen(text), stderr, &next) == OV_OK);
    CHECK(judge_adopt(&c->judge, next) == OV_OK);
    policy_free(c->policy);
    c->policy = next;
}

static const struct finding *finding_of(const struct judge_case *c, const char *row)
{
    struct finding_list list;
    CHECK(judge_findings(c->judge, true, &list) == OV_OK);
    for (uint32_t i = 0; i < list.count; i++) {
        if (strcmp(list.items[i]->row->id, row) == 0) {
            return list.items[i];
        }
    }
    static const struct policy_row no_row = { .title = "", .source = "" };
    static const struct finding nothing = { .row = &no_row, .fix = "", .client_party.name = "" };
    return &nothing; /* what is asked of it fails */
}

static bool has_finding(const struct judge_case *c, const char *row)
{
    return finding_of(c, row)->row->id != NULL;
}

static uint64_t flows_of(const struct judge_case *c, const char *row)
{
    const struct policy_row *at = policy_row_by_id(c->policy, row);
    for (uint32_t i = 0; i < policy_row_count(c->policy); i++) {
        if (policy_row(c->policy, i) == at) {
            return judge_coverage(c->judge, i)->flows;
        }
    }
    return UINT64_MAX;
}

static void a_finding_keeps_its_id_and_its_words(void)
{
    struct judge_case c = case_of(case_site);
    put_one_way(&c);
    const struct finding *before = finding_of(&c, "TT-01");
    CHECK(has_finding(&c, "TT-01"));
    uint64_t id = before->id;
    adopt(&c, "overt: 1\nname: other\nextends: lync-2010\n"); /* knows no host */
    const struct finding *f = finding_of(&c, "TT-01");
    CHECK(f->id == id && f->flow_count == 1);
    CHECK(f->row == policy_row_by_id(c.policy, "TT-01"));
    CHECK(strcmp(f->client_party.name, "fe01.contoso.com") == 0);
    CHECK(f->fix[0] != '\0' && flows_of(&c, "TT-01") == 1);
    adopt(&c, case_site);
    put_one_way(&c);
    f = finding_of(&c, "TT-01");
    CHECK(f->id == id && f->flow_count == 2 && flows_of(&c, "TT-01") == 2);
    case_done(&c);
}

static void flows_are_judged_by_the_new_policy(void)
{
    char eased[4096];
    struct judge_case c = case_of(case_site);
    put_one_way(&c);
    CHECK(case_is(&c, "TT-01", "violation proven high"));
    CHECK(finding_of(&c, "TT-01")->severity == SEVERITY_HIGH);
    snprintf(eased, sizeof eased, "%srows:\n  - {id: TT-01, severity: low}\n", case_site);
    adopt(&c, eased);
    put_one_way(&c);
    CHECK(case_is(&c, "TT-01", "violation proven low"));
    CHECK(finding_of(&c, "TT-01")->severity == SEVERITY_LOW);
    snprintf(eased, sizeof eased, "%srows:\n  - {id: TT-01, enabled: false}\n", case_site);
    adopt(&c, eased);
    put_one_way(&c);
    CHECK(case_row(&c, "TT-01") == NULL);
    CHECK(finding_of(&c, "TT-01")->flow_count == 2);
    case_done(&c);
}

static void a_row_that_is_gone_lives_on_in_its_findings(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", case_site, own_row);
    struct judge_case c = case_of(text);
    case_flow(&c, "10.0.2.10", "10.0.9.5", 9000, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(has_finding(&c, "C-01"));
    for (unsigned i = 0; i < 3; i++) {
        adopt(&c, case_site);
    }
    const struct finding *f = finding_of(&c, "C-01");
    CHECK(strcmp(f->row->title, "recorder feed") == 0);
    CHECK(f->row->require == REQUIRE_MTLS && strcmp(f->row->source, "SEC-114") == 0);
    CHECK(policy_row_by_id(c.policy, "C-01") == NULL);
    adopt(&c, text);
    CHECK(finding_of(&c, "C-01")->row == policy_row_by_id(c.policy, "C-01"));
    case_done(&c);
}

static void a_waiver_that_was_of_use_stays_so(void)
{
    char text[4096], other[4096];
    static const char waiver[] = "%swaivers:\n  - {row: TT-01, between: [fe01.contoso.com, "
                                 "edge01.contoso.com], reason: %s,\n"
                                 "     owner: netsec, expires: 2027-01-31}\n";
    snprintf(text, sizeof text, waiver, case_site, "planned");
    snprintf(other, sizeof other, waiver, case_site, "another");
    struct judge_case c = case_of(text);
    put_one_way(&c);
    adopt(&c, text);
    CHECK(judge_unused_waiver(c.judge, 0) == NULL);
    adopt(&c, other);
    CHECK(judge_unused_waiver(c.judge, 0) != NULL);
    case_done(&c);
}

static void a_host_that_was_seen_is_not_silent(void)
{
    struct judge_case c = case_of(case_site);
    put_one_way(&c);
    adopt(&c, case_site);
    const struct policy_host *silent = judge_silent_host(c.judge, 0);
    CHECK(silent != NULL && strcmp(silent->name, "med01.contoso.com") == 0);
    case_done(&c);
}

static void an_open_flow_is_judged_anew(void)
{
    char eased[4096];
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(&c, "disproven", "not-requested");
    judge_open_flow(c.judge, &c.record);
    CHECK(has_finding(&c, "TT-01"));
    snprintf(eased, sizeof eased, "%srows:\n  - {id: TT-01, enabled: false}\n", case_site);
    adopt(&c, eased);
    CHECK(has_finding(&c, "TT-01"));
    judge_open_flow(c.judge, &c.record);
    CHECK(!has_finding(&c, "TT-01"));
    case_done(&c);
}

int main(void)
{
    a_finding_keeps_its_id_and_its_words();
    flows_are_judged_by_the_new_policy();
    a_row_that_is_gone_lives_on_in_its_findings();
    a_waiver_that_was_of_use_stays_so();
    a_host_that_was_seen_is_not_silent();
    an_open_flow_is_judged_anew();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

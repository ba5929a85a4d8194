/* tests/unit/test_judge_waivers.c: waivers cover what they name until their last day; editions and
 * the list of trusted servers. */
#include "tests/unit/judge_case.h"

#define AS_OF_2027_01_15 1800000000000000 /* start of the flows of judge_case.h */

static struct judge_case with(const char *more)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", case_site, more);
    return case_of(text);
}

static void put_one_way(struct judge_case *c)
{
    case_flow(c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(c, "disproven", "not-requested");
    case_judge(c);
}

#define WAIVER(between, expires)                                                                   \
    "waivers:\n  - {row: TT-01, between: [" between                                                \
    "], reason: planned for spring,\n     owner: netsec, expires: " expires "}\n"

static void a_waiver_covers_its_pair_until_its_last_day(void)
{
    static const struct {
        const char *waiver, *want, *reason;
    } cases[] = {
        { WAIVER("fe01.contoso.com, edge01.contoso.com", "2027-01-31"), "exempt proven low",
          "waiver.applied" },
        { WAIVER("192.0.2.0/24, 10.0.1.10", "2027-01-15"), "exempt proven low", "waiver.applied" },
        { WAIVER("fe01.contoso.com, edge01.contoso.com", "2027-01-14"), "violation proven high",
          "waiver.expired" },
        { WAIVER("fe01.contoso.com, med01.contoso.com", "2027-01-31"), "violation proven high",
          "tls.client-certificate-not-requested" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = with(cases[i].waiver);
        put_one_way(&c);
        CHECK_EQ(c.record.start_us, AS_OF_2027_01_15);
        CHECK(case_is(&c, "TT-01", cases[i].want));
        const struct assessment *a = case_row(&c, "TT-01");
        CHECK(case_reason(a, cases[i].reason));
        CHECK(strcmp(a->reasons[0].code, "tls.client-certificate-not-requested") == 0);
        CHECK((judge_unused_waiver(c.judge, 0) == NULL) == (i < 3));
        CHECK(judge_unused_waiver(c.judge, 1) == NULL);
        case_done(&c);
    }
}

static void what_is_compliant_needs_no_waiver(void)
{
    struct judge_case c = with(WAIVER("fe01.contoso.com, edge01.contoso.com", "2027-01-31"));
    case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    const struct policy_waiver *unused = judge_unused_waiver(c.judge, 0);
    CHECK(unused != NULL && strcmp(unused->owner, "netsec") == 0);
    case_done(&c);
}

static void servers_beside_the_list_of_trusted_ones_are_weak(void)
{
    static const char *const lists[] = {
        "trusted_servers: [fe01.contoso.com, edge01.contoso.com]\n",
        "trusted_servers: [fe01.contoso.com]\n",
    };
    for (unsigned i = 0; i < 2; i++) {
        struct judge_case c = with(lists[i]);
        case_flow(&c, "10.0.1.10", "192.0.2.10", 5061, "tls");
        case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
        case_mtls(&c, "proven", "certificate-verify");
        case_judge(&c);
        CHECK(case_is(&c, "TT-01", i == 0 ? "compliant proven info" : "weak proven medium"));
        CHECK(case_reason(case_row(&c, "TT-01"), "server.not-listed") == (i == 1));
        case_done(&c);
    }
}

static bool is_on(const struct policy *policy, const char *id)
{
    const struct policy_row *row = policy_row_by_id(policy, id);
    return row != NULL && row->enabled;
}

static void editions_are_the_table_with_changes(void)
{
    static const struct {
        const char *name, *on, *off;
    } editions[] = {
        { "lync-2010", "TT-30", "TT-32" },  { "ocs-2007-r2", "TT-30", "TT-46" },
        { "skype-2015", "TT-35", "TT-17" }, { "sip-generic", "TT-22", "TT-08" },
        { "webrtc", "WR-01", "TT-10a" },
    };
    for (unsigned i = 0; i < sizeof editions / sizeof *editions; i++) {
        struct policy *policy = NULL;
        CHECK_EQ(policy_builtin(editions[i].name, &policy), OV_OK);
        CHECK(policy != NULL && strcmp(policy_name(policy), editions[i].name) == 0);
        CHECK(is_on(policy, editions[i].on) && !is_on(policy, editions[i].off));
        CHECK(is_on(policy, "TT-04") && is_on(policy, "TT-15") && is_on(policy, "TT-24"));
        policy_free(policy);
    }
}

/* TT-03 has no condition there, and no message passes a server in the clear. */
static void in_skype_2015_messages_are_tls_without_a_choice(void)
{
    struct judge_case c = with("settings: {table_edition: skype-2015, im_tls: false, "
                               "internal_im_tcp: true}\n");
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "MESSAGE");
    case_value(&c, OBS_SIP_IM, 1);
    case_judge(&c);
    CHECK(case_is(&c, "TT-03", "violation proven critical"));
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    CHECK(case_row(&c, "TT-14a") == NULL);
    case_done(&c);
}

int main(void)
{
    a_waiver_covers_its_pair_until_its_last_day();
    what_is_compliant_needs_no_waiver();
    servers_beside_the_list_of_trusted_ones_are_weak();
    editions_are_the_table_with_changes();
    in_skype_2015_messages_are_tls_without_a_choice();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

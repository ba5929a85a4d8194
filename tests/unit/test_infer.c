/* tests/unit/test_infer.c: without a policy file roles are learned, and verdicts say so. */
#include "tests/unit/judge_case.h"

static void register_case(struct judge_case *c, const char *phone, const char *server)
{
    case_flow(c, phone, server, 5060, "sip");
    case_sip(c, "REGISTER");
    case_value(c, OBS_SIP_REGISTRAR, 1);
}

static bool is_inferred(const struct judge_case *c, const char *address, enum role role,
                        const char *ground)
{
    struct flow_end want = case_end(address, 0);
    struct address got;
    uint64_t roles;
    const char *why;
    for (uint32_t i = 0; judge_inferred(c->judge, i, &got, &roles, &why); i++) {
        if (address_equal(&got, &want.address)) {
            return roles == role_bit(role) && strcmp(why, ground) == 0;
        }
    }
    return false;
}

static void an_answered_register_makes_a_front_end_and_a_client(void)
{
    struct judge_case c = case_of(NULL);
    register_case(&c, "10.1.0.7", "10.1.0.1");
    case_judge(&c);
    CHECK(is_inferred(&c, "10.1.0.1", ROLE_FRONT_END, "answered REGISTER"));
    CHECK(is_inferred(&c, "10.1.0.7", ROLE_CLIENT_INTERNAL, "sent REGISTER"));
    CHECK(case_is(&c, "TT-02", "violation proven medium"));
    CHECK(case_reason(case_row(&c, "TT-02"), "role.inferred"));
    CHECK(strcmp(c.judgement.server.role_by, "inferred") == 0);
    case_done(&c);
}

static void an_external_phone_is_an_external_client(void)
{
    struct judge_case c = case_of(NULL);
    register_case(&c, "203.0.113.7", "10.1.0.1");
    case_judge(&c);
    CHECK(is_inferred(&c, "203.0.113.7", ROLE_CLIENT_EXTERNAL, "sent REGISTER"));
    CHECK(case_is(&c, "TT-02", "violation proven high"));
    case_done(&c);
}

static void a_host_that_is_a_server_on_any_ground_is_no_client(void)
{
    struct judge_case c = case_of(NULL);
    register_case(&c, "10.1.0.7", "10.1.0.1"); /* the proxy answers phones ... */
    judge_learn(c.judge, &c.record);
    register_case(&c, "10.1.0.1", "10.1.0.2"); /* ... and registers at a provider */
    judge_learn(c.judge, &c.record);
    CHECK(is_inferred(&c, "10.1.0.1", ROLE_FRONT_END, "answered REGISTER"));
    case_judge(&c);
    CHECK(case_is(&c, "TT-01", "violation proven medium"));
    case_done(&c);
}

static void user_agents_name_their_kind(void)
{
    static const struct {
        const char *agent, *ground;
        enum role role;
    } cases[] = {
        { "RTCC/4.0.0.0 MediationServer", "calls itself MediationServer", ROLE_MEDIATION },
        { "RTC/4.0", "calls itself a server (RTC/)", ROLE_FRONT_END },
        { "UCCAPI/4.0.7577.0 OC/4.0.7577.0 (Microsoft Lync 2010)", "calls itself a client",
          ROLE_CLIENT_INTERNAL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = case_of(NULL);
        case_flow(&c, "10.1.0.7", "10.1.0.1", 5060, "sip");
        case_sip(&c, "OPTIONS");
        case_text(&c, OBS_SIP_USER_AGENT, cases[i].agent);
        case_judge(&c);
        CHECK(is_inferred(&c, "10.1.0.7", cases[i].role, cases[i].ground));
        case_done(&c);
    }
}

static void sip_between_unknown_hosts_violates_the_loosest_row_too(void)
{
    struct judge_case c = case_of(NULL);
    case_flow(&c, "10.1.0.7", "10.1.0.8", 5060, "sip");
    case_sip(&c, "INVITE");
    case_judge(&c);
    CHECK(case_is(&c, "TT-02", "violation proven medium"));
    struct address address;
    CHECK(judge_roleless(c.judge, 1, &address));
    case_done(&c);
}

static void a_listener_on_5061_is_a_server_and_its_unknown_peer_is_unknown(void)
{
    struct judge_case c = case_of(NULL);
    case_flow(&c, "10.1.0.7", "10.1.0.1", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    case_mtls(&c, "disproven", "not-requested");
    case_judge(&c);
    CHECK(is_inferred(&c, "10.1.0.1", ROLE_FRONT_END, "listens for TLS on port 5061"));
    CHECK_EQ(c.judgement.count, 1);
    CHECK_EQ(c.judgement.assessments[0].verdict, VERDICT_UNKNOWN);
    case_flow(&c, "10.1.0.2", "10.1.0.1", 5061, "tls");
    case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    case_text(&c, OBS_TLS_CLIENT_CERTIFICATE, "presented");
    case_mtls(&c, "proven", "certificate-verify");
    case_judge(&c);
    CHECK(
        is_inferred(&c, "10.1.0.2", ROLE_FRONT_END, "presented a client certificate on port 5061"));
    CHECK(case_is(&c, "TT-01", "compliant proven info"));
    case_done(&c);
}

static void web_paths_of_a_front_end_name_it(void)
{
    struct judge_case c = case_of(NULL);
    case_flow(&c, "10.1.0.7", "10.1.0.1", 80, "http");
    case_text(&c, OBS_HTTP_PATH, "/abs/handler/x");
    case_text(&c, OBS_HTTP_CONTENT_PATH, "/abs/handler/x");
    case_judge(&c);
    CHECK(is_inferred(&c, "10.1.0.1", ROLE_FRONT_END, "serves the web paths of a Front End"));
    CHECK(case_is(&c, "TT-08", "violation proven medium"));
    case_done(&c);
}

static void learning_a_flow_twice_changes_nothing(void)
{
    struct judge_case c = case_of(NULL);
    register_case(&c, "10.1.0.7", "10.1.0.1");
    for (unsigned i = 0; i < 3; i++) {
        judge_learn(c.judge, &c.record);
    }
    struct address address;
    uint64_t roles;
    const char *why;
    CHECK(judge_inferred(c.judge, 1, &address, &roles, &why));
    CHECK(!judge_inferred(c.judge, 2, &address, &roles, &why));
    case_done(&c);
}

static void a_policy_file_ends_inference(void)
{
    struct judge_case c = case_of("overt: 1\nextends: lync-2010\n");
    register_case(&c, "10.1.0.7", "10.1.0.1");
    case_judge(&c);
    struct address address;
    uint64_t roles;
    const char *why;
    CHECK(!judge_inferred(c.judge, 0, &address, &roles, &why));
    CHECK(c.judgement.client.role_by == NULL);
    CHECK(judge_roleless(c.judge, 1, &address));
    case_done(&c);
}

static void many_hosts_are_all_kept_apart(void)
{
    enum { HOSTS = 3000 };
    struct judge_case c = case_of(NULL);
    for (unsigned i = 0; i < HOSTS; i++) {
        char phone[32];
        snprintf(phone, sizeof phone, "10.2.%u.%u", i / 250, i % 250 + 1);
        register_case(&c, phone, "10.1.0.1");
        judge_learn(c.judge, &c.record);
    }
    CHECK(is_inferred(&c, "10.2.11.250", ROLE_CLIENT_INTERNAL, "sent REGISTER"));
    struct address address;
    uint64_t roles;
    const char *why;
    CHECK(judge_inferred(c.judge, HOSTS, &address, &roles, &why));
    CHECK(!judge_inferred(c.judge, HOSTS + 1, &address, &roles, &why));
    case_done(&c);
}

int main(void)
{
    an_answered_register_makes_a_front_end_and_a_client();
    an_external_phone_is_an_external_client();
    a_host_that_is_a_server_on_any_ground_is_no_client();
    user_agents_name_their_kind();
    sip_between_unknown_hosts_violates_the_loosest_row_too();
    a_listener_on_5061_is_a_server_and_its_unknown_peer_is_unknown();
    web_paths_of_a_front_end_name_it();
    learning_a_flow_twice_changes_nothing();
    a_policy_file_ends_inference();
    many_hosts_are_all_kept_apart();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

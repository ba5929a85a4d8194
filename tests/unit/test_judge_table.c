/* tests/unit/test_judge_table.c: rows of the traffic table that no other test is about: for each, a
 * flow that satisfies it, and one that violates it or shows its exemption. */
#include "tests/unit/judge_case.h"

/* A host of every role that the rows name. */
static const char estate[] =
    "overt: 1\n"
    "extends: lync-2010\n"
    "zones: {internal: [10.0.0.0/8], perimeter: [192.0.2.0/24]}\n"
    "trusted_resolvers: [10.0.0.53]\n"
    "hosts:\n"
    "  - {name: fe, address: 10.0.1.1, role: front_end}\n"
    "  - {name: fe2, address: 10.0.1.2, role: front_end}\n"
    "  - {name: med, address: 10.0.2.1, role: mediation}\n"
    "  - {name: priv, address: 10.0.9.1, role: gateway, trunk: private, link: 10.0.9.0/29}\n"
    "  - {name: vpn, address: 10.0.9.65, role: gateway, trunk: vpn}\n"
    "  - {name: pub, address: 203.0.113.9, role: gateway, trunk: public}\n"
    "  - {name: mcu, address: 10.0.1.20, role: web_mcu}\n"
    "  - {name: app, address: 10.0.1.30, role: app_server}\n"
    "  - {name: app2, address: 10.0.1.31, role: app_server}\n"
    "  - {name: arch, address: 10.0.1.40, role: archiving}\n"
    "  - {name: sql, address: 10.0.1.50, role: backend_sql}\n"
    "  - {name: dc, address: 10.0.1.60, role: dc}\n"
    "  - {name: ca, address: 10.0.1.61, role: ca}\n"
    "  - {name: dhcp, address: 10.0.1.62, role: dhcp}\n"
    "  - {name: chat, address: 10.0.1.70, role: group_chat}\n"
    "  - {name: um, address: 10.0.1.80, role: exchange_um}\n"
    "  - {name: hub, address: 10.0.1.81, role: app_server}\n"
    "  - {name: rcc, address: 10.0.1.90, role: rcc_gateway}\n"
    "  - {name: acc, address: 192.0.2.10, role: edge_access}\n"
    "  - {name: av, address: 192.0.2.12, role: edge_av}\n"
    "  - {name: rp, address: 192.0.2.20, role: reverse_proxy}\n"
    "  - {name: xmpp, address: 192.0.2.30, role: xmpp_gateway}\n"
    "  - {name: partner, address: 198.51.100.20, role: federation_partner}\n"
    "  - {name: pic, address: 198.51.100.33, role: pic_provider}\n"
    "roles: {client_internal: [10.20.0.0/16], client_external: [198.51.100.128/25]}\n";

/* What a flow of a case holds. */
enum talk {
    MTLS,         /* with certificates of both */
    ONE_WAY,      /* TLS without a client certificate */
    SIP,          /* readable */
    SOMETHING,    /* bytes that nobody knows */
    WEB,          /* readable HTTP with content */
    WEB_BASIC,    /* with a password */
    VOICE,        /* plain RTP */
    SRTP,         /* encrypted */
    RELAY,        /* TURN */
    RELAY_SECRET, /* SIP with the password of a relay */
    NAMES,        /* DNS */
    FTP_LOGIN,    /* another protocol with a password */
    TDS_LOGIN,    /* TLS around the login alone */
};

struct row_case {
    const char *row;
    const char *client, *server;
    uint16_t port;
    enum talk talk;
    const char *want; /* NULL: the row says nothing */
    const char *reason;
    const char *more; /* of the policy */
};

static void put_web(struct judge_case *c, bool password)
{
    case_text(c, OBS_HTTP_PATH, "/RequestHandler/ucdevice.upx");
    case_text(c, OBS_HTTP_CONTENT_PATH, "/RequestHandler/ucdevice.upx");
    if (password) {
        case_text(c, OBS_HTTP_AUTH_SCHEME, "Basic");
        case_value(c, OBS_HTTP_CREDENTIALS_EXPOSED, 1);
    }
}

static void put_talk(struct judge_case *c, enum talk talk)
{
    switch (talk) {
    case MTLS:
    case ONE_WAY:
    case TDS_LOGIN:
        case_tls(c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
        case_mtls(c, talk == MTLS ? "proven" : "disproven",
                  talk == MTLS ? "certificate-verify" : "not-requested");
        if (talk == TDS_LOGIN) {
            case_text(c, OBS_TDS_ENCRYPTION, "login");
        }
        break;
    case SIP:
    case RELAY_SECRET:
        case_sip(c, talk == SIP ? "INVITE" : "SERVICE");
        case_value(c, OBS_SIP_RELAY_CREDENTIALS, talk == RELAY_SECRET);
        break;
    case WEB:
    case WEB_BASIC:
        put_web(c, talk == WEB_BASIC);
        break;
    case VOICE:
    case SRTP:
        case_stream(c, 0, talk == VOICE ? "rtp" : "srtp", "proven");
        case_put_at(c, OBS_MEDIA_CONFIDENTIAL, 0, NULL, 1);
        break;
    case RELAY:
        case_text(c, OBS_STUN_METHOD, "allocate.request");
        break;
    case FTP_LOGIN:
        case_text(c, OBS_CREDENTIALS_EXPOSED, "password");
        break;
    case SOMETHING:
    case NAMES:
        break;
    }
}

static const char *app_of(enum talk talk)
{
    static const char *const apps[] = {
        [MTLS] = "tls",      [ONE_WAY] = "tls",      [SIP] = "sip",   [SOMETHING] = "unknown",
        [WEB] = "http",      [WEB_BASIC] = "http",   [VOICE] = "rtp", [SRTP] = "rtp",
        [RELAY] = "stun",    [RELAY_SECRET] = "sip", [NAMES] = "dns", [FTP_LOGIN] = "ftp",
        [TDS_LOGIN] = "tds",
    };
    return apps[talk];
}

static void check_case(const struct row_case *row)
{
    char text[8192];
    snprintf(text, sizeof text, "%s%s", estate, row->more != NULL ? row->more : "");
    struct judge_case c = case_of(text);
    case_flow(&c, row->client, row->server, row->port, app_of(row->talk));
    put_talk(&c, row->talk);
    case_judge(&c);
    const struct assessment *a = case_row(&c, row->row);
    if (row->want == NULL) {
        CHECK(a == NULL);
    } else {
        CHECK(case_is(&c, row->row, row->want));
        CHECK(row->reason == NULL || case_reason(a, row->reason));
        CHECK(a != NULL && (a->verdict == VERDICT_COMPLIANT || a->reason_count > 0));
        CHECK(a != NULL && a->proof_count > 0);
    }
    case_done(&c);
}

#define FE            "10.0.1.1"
#define MED           "10.0.2.1"
#define ALICE         "10.20.0.7"
#define ACC           "192.0.2.10"
#define AV            "192.0.2.12"
#define PIC           "198.51.100.33"
#define PRIVATE       "10.0.9.1"
#define PUBLIC        "203.0.113.9"
#define LIVE          "settings: {windows_live_av: true, encryption_level: supported}\n"
#define LIVE_REQUIRED "settings: {windows_live_av: true}\n"
#define ON(row)       "rows: [{id: " row ", enabled: true}]\n"

static void conditional_rows_of_the_seeds(void)
{
    static const struct row_case cases[] = {
        { "TT-16", FE, AV, 5062, MTLS, "compliant proven info", NULL, NULL },
        { "TT-16", FE, AV, 5062, ONE_WAY, "violation proven critical", NULL, NULL },
        { "TT-16", ALICE, FE, 5060, RELAY_SECRET, "violation proven critical",
          "sip.relay-credentials-exposed", NULL },
        { "TT-17", ALICE, PIC, 30000, VOICE, "exempt proven low", "row.clear-permitted", LIVE },
        { "TT-17", ALICE, PIC, 30000, VOICE, "violation proven critical",
          "media.level-contradicted", LIVE_REQUIRED },
        { "TT-17", ALICE, PIC, 30000, VOICE, NULL, NULL, NULL },
        { "TT-04", ALICE, PIC, 30000, VOICE, "violation proven critical", "media.clear", NULL },
        { "TT-18a", ACC, PIC, 5061, MTLS, "compliant proven info", NULL, NULL },
        { "TT-18a", PIC, ACC, 5061, ONE_WAY, "violation proven critical", NULL, NULL },
        { "TT-18b", ACC, PIC, 5061, MTLS, "not_assessable declared info", "hop.beyond", NULL },
        { "TT-19", ACC, "198.51.100.20", 5061, ONE_WAY, "violation proven critical", NULL, NULL },
        { "TT-19", ACC, "198.51.100.20", 5061, MTLS, "unknown proven low", "cert.no-trust-set",
          NULL },
        { "TT-20", MED, PRIVATE, 5068, SIP, "exempt proven low", "gateway.clear-permitted", NULL },
        { "TT-20", MED, PRIVATE, 60100, VOICE, "exempt proven low", NULL, NULL },
        { "TT-20", MED, PRIVATE, 5067, MTLS, NULL, NULL, NULL },
        { "TT-20", "10.0.9.3", "10.0.9.4", 80, WEB, "violation proven medium",
          "trunk.private-contradicted", NULL },
        { "TT-20", "10.0.9.3", "10.0.77.4", 443, SOMETHING, "violation proven medium",
          "trunk.private-contradicted", NULL },
        { "TT-20", "10.0.77.3", "10.0.77.4", 80, WEB, NULL, NULL, NULL },
        { "TT-21", MED, "10.0.9.65", 5068, SIP, "violation inferred medium", "vpn.not-around",
          NULL },
        { "TT-21", MED, "10.0.9.65", 5067, MTLS, "violation inferred medium", "vpn.not-around",
          NULL },
        { "TT-22", MED, PUBLIC, 5067, MTLS, "compliant proven info", NULL, NULL },
        { "TT-22", MED, PUBLIC, 5068, SIP, "violation proven critical", "sip.clear", NULL },
        { "TT-22", MED, PUBLIC, 60100, VOICE, "violation proven critical", "media.clear", NULL },
        { "TT-22", MED, PUBLIC, 60100, SRTP, "unknown proven low", "media.signalling-not-seen",
          NULL },
        { "TT-23", FE, "10.0.0.53", 53, NAMES, "compliant proven info", NULL, NULL },
        { "TT-23", FE, "8.8.8.8", 53, NAMES, "violation proven medium", "dns.untrusted-resolver",
          NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
}

static void extension_rows_of_services(void)
{
    static const struct row_case cases[] = {
        { "TT-30", FE, "10.0.1.40", 1801, SOMETHING, "exempt proven low", NULL, NULL },
        { "TT-30", FE, "10.0.1.40", 1801, SOMETHING, "violation inferred low", "service.not-tls",
          "settings: {msmq_policy: strict}\n" },
        { "TT-31", FE, "10.0.1.50", 1433, ONE_WAY, "compliant proven info", NULL, NULL },
        { "TT-31", FE, "10.0.1.50", 1433, TDS_LOGIN, "exempt proven low", NULL, NULL },
        { "TT-31", FE, "10.0.1.50", 1433, SOMETHING, "exempt proven low", NULL, NULL },
        { "TT-32", FE, "10.0.1.60", 135, SOMETHING, NULL, NULL, NULL },
        { "TT-32", FE, "10.0.1.60", 135, SOMETHING, "exempt proven low", NULL, ON("TT-32") },
        { "TT-33", FE, "10.0.1.30", 445, SOMETHING, "exempt proven low", NULL, NULL },
        { "TT-34", "192.0.2.30", "198.51.100.20", 5269, ONE_WAY, "compliant proven info", NULL,
          NULL },
        { "TT-34", "192.0.2.30", "198.51.100.20", 5269, SOMETHING, "exempt proven low", NULL,
          NULL },
        { "TT-35", FE, ACC, 23456, MTLS, "compliant proven info", NULL, NULL },
        { "TT-35", FE, ACC, 23456, SOMETHING, "violation inferred medium", "service.not-tls",
          NULL },
        { "TT-37", ALICE, "10.20.0.8", 6891, SOMETHING, "unknown proven low",
          "service.not-recognised", NULL },
        { "TT-38", ALICE, "10.0.1.61", 80, WEB, "exempt proven info", NULL, NULL },
        { "TT-39", ALICE, "10.0.1.62", 67, SOMETHING, NULL, NULL, NULL },
        { "TT-39", ALICE, "10.0.1.62", 67, SOMETHING, "exempt proven info", NULL, ON("TT-39") },
        { "TT-43", FE, "10.0.1.70", 5041, MTLS, "compliant proven info", NULL, NULL },
        { "TT-43", FE, "10.0.1.70", 5041, ONE_WAY, "violation proven high", NULL, NULL },
        { "TT-43", ALICE, "10.0.1.70", 443, ONE_WAY, "compliant proven info", NULL, NULL },
        { "TT-43", ALICE, "10.0.1.70", 881, WEB, "violation proven high", NULL, NULL },
        { "TT-46", FE, ACC, 4443, ONE_WAY, "compliant proven info", NULL, NULL },
        { "TT-46", FE, ACC, 4443, WEB, "violation proven high", "service.not-tls", NULL },
        { "TT-46b", FE, ACC, 50001, MTLS, "compliant proven info", NULL, NULL },
        { "TT-46b", FE, ACC, 50001, ONE_WAY, "violation proven high", NULL, NULL },
        { "TT-47", FE, AV, 5080, MTLS, "compliant proven info", NULL, NULL },
        { "TT-47", FE, AV, 5080, SOMETHING, "exempt proven low", NULL, NULL },
        { "TT-48", "10.0.1.30", "10.0.1.31", 8404, MTLS, "compliant proven info", NULL, NULL },
        { "TT-48", "10.0.1.30", "10.0.1.31", 8404, ONE_WAY, "violation proven high", NULL, NULL },
        { "TT-49", FE, "10.0.1.20", 444, MTLS, "compliant proven info", NULL, NULL },
        { "TT-49", FE, "10.0.1.20", 444, WEB, "violation proven high", "service.not-tls", NULL },
        { "TT-50", "10.0.1.80", "10.0.1.81", 25, ONE_WAY, NULL, NULL, NULL },
        { "TT-50", "10.0.1.80", "10.0.1.81", 25, ONE_WAY, "compliant proven info", NULL,
          ON("TT-50") },
        { "TT-50", "10.0.1.80", "10.0.1.81", 25, SOMETHING, "exempt proven low", NULL,
          ON("TT-50") },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
}

static void extension_rows_of_other_kinds(void)
{
    static const struct row_case cases[] = {
        { "TT-36", "10.0.1.80", FE, 5061, MTLS, "compliant proven info", NULL, NULL },
        { "TT-36", FE, "10.0.1.80", 5062, ONE_WAY, "violation proven high", NULL, NULL },
        { "TT-36", FE, "10.0.1.80", 40000, VOICE, "violation proven critical", NULL, NULL },
        { "TT-36", FE, "10.0.1.80", 40000, SRTP, "compliant proven info", NULL, NULL },
        { "TT-36", FE, "10.0.1.80", 40000, VOICE, "exempt proven low", NULL,
          "settings: {um_security: sip_secured}\n" },
        { "TT-36", FE, "10.0.1.80", 5062, SIP, "exempt proven low", NULL,
          "settings: {um_security: unsecured}\n" },
        { "TT-40", ALICE, FE, 8080, WEB, "exempt proven low", NULL, NULL },
        { "TT-40", ALICE, FE, 8080, WEB_BASIC, "violation proven medium",
          "http.credentials-exposed", NULL },
        { "TT-41", ALICE, AV, 3478, RELAY, "exempt proven info", "relay.control", NULL },
        { "TT-41", ALICE, FE, 3478, RELAY, NULL, NULL, NULL },
        { "TT-42", "192.0.2.20", FE, 4443, ONE_WAY, "compliant inferred info", NULL, NULL },
        { "TT-42", "192.0.2.20", FE, 8080, WEB, "violation proven high", "http.content-clear",
          NULL },
        { "TT-44", FE, "10.0.1.90", 5061, MTLS, "compliant proven info", NULL, NULL },
        { "TT-44", FE, "10.0.1.90", 5060, SIP, "exempt proven low", NULL, NULL },
        { "TT-45", FE, PUBLIC, 5066, MTLS, "compliant proven info", NULL, NULL },
        { "TT-45", FE, PUBLIC, 5066, SIP, "exempt proven low", NULL, NULL },
        { "TT-51", FE, "10.0.77.9", 21, FTP_LOGIN, "violation proven high", "credentials.exposed",
          NULL },
        { "TT-51", "10.0.77.9", FE, 8081, WEB_BASIC, "violation proven high", "credentials.exposed",
          NULL },
        { "TT-51", FE, "10.0.77.9", 21, SOMETHING, NULL, NULL, NULL },
        { "TT-51", "10.0.77.8", "10.0.77.9", 21, FTP_LOGIN, NULL, NULL, NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
}

/* R-04 is about who speaks, not about who opens the connection. */
static void a_server_may_open_the_connection_to_its_client(void)
{
    static const struct row_case cases[] = {
        { "TT-02", FE, ALICE, 5060, SIP, "violation proven high", "sip.clear", NULL },
        { "TT-02", FE, ALICE, 5061, ONE_WAY, "compliant proven info", NULL, NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
}

/* Without a list, only what lies outside is certain not to be trusted; and hosts whose role is a
 * guess are not held to it. */
static void resolvers_without_a_list(void)
{
    struct judge_case c = case_of(case_site);
    case_flow(&c, "10.0.1.10", "8.8.8.8", 53, "dns");
    case_judge(&c);
    CHECK(case_is(&c, "TT-23", "violation proven medium"));
    case_flow(&c, "10.0.1.10", "10.0.0.99", 53, "dns");
    case_judge(&c);
    CHECK(case_is(&c, "TT-23", "unknown proven low"));
    case_done(&c);
    c = case_of(NULL);
    case_flow(&c, "10.20.0.7", "10.0.1.10", 5060, "sip");
    case_sip(&c, "REGISTER");
    case_judge(&c);
    case_flow(&c, "10.20.0.7", "8.8.8.8", 53, "dns");
    case_judge(&c);
    CHECK_EQ(c.judgement.count, 0);
    case_done(&c);
}

int main(void)
{
    conditional_rows_of_the_seeds();
    extension_rows_of_services();
    extension_rows_of_other_kinds();
    a_server_may_open_the_connection_to_its_client();
    resolvers_without_a_list();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_policy.c: policies are read completely, or refused with positions. */
#include "rules/policy.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "rules/policy_reader.h"
#include "tests/check.h"

enum { ERRORS_SIZE = 16384 };

/* Reads text as "p.yaml"; errors is filled with what was said. */
static enum ov_status read_text(const char *text, struct policy **ret_policy, char *errors)
{
    memset(errors, 0, ERRORS_SIZE);
    FILE *file = fmemopen(errors, ERRORS_SIZE - 1, "w");
    *ret_policy = NULL;
    enum ov_status status = policy_read_text("p.yaml", text, strlen(text), file, ret_policy);
    fclose(file);
    return status;
}

/* Is the text refused, with these words among the errors? */
static bool is_refused(const char *text, const char *words)
{
    struct policy *policy;
    char errors[ERRORS_SIZE];
    enum ov_status status = read_text(text, &policy, errors);
    if (status == OV_SYNTAX && policy == NULL && strstr(errors, words) != NULL) {
        return true;
    }
    fprintf(stderr, "status %d, errors:\n%s", (int)status, errors);
    policy_free(policy);
    return false;
}

static struct flow_end end_of(const char *address, uint16_t port)
{
    struct flow_end end = { .port = port };
    CHECK(address_parse(address, (uint32_t)strlen(address), &end.address));
    return end;
}

static void the_built_in_table_is_complete(void)
{
    static const char *const ids[] = {
        "TT-01",  "TT-02",  "TT-03",  "TT-04",  "TT-05", "TT-06", "TT-07",  "TT-08",  "TT-09",
        "TT-10a", "TT-10b", "TT-11a", "TT-11b", "TT-12", "TT-13", "TT-14a", "TT-14b", "TT-15",
        "TT-16",  "TT-17",  "TT-18a", "TT-18b", "TT-19", "TT-20", "TT-21",  "TT-22",  "TT-23",
        "TT-24",  "TT-25",  "TT-30",  "TT-31",  "TT-32", "TT-33", "TT-34",  "TT-35",  "TT-36",
        "TT-37",  "TT-38",  "TT-39",  "TT-40",  "TT-41", "TT-42", "TT-43",  "TT-44",  "TT-45",
        "TT-46",  "TT-46b", "TT-47",  "TT-48",  "TT-49", "TT-50", "TT-51"
    };
    struct policy *policy;
    CHECK_EQ(policy_builtin("lync-2010", &policy), OV_OK);
    CHECK_EQ(policy_row_count(policy), sizeof ids / sizeof *ids);
    for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct policy_row *row = policy_row_by_id(policy, ids[i]);
        bool off = strstr("TT-32 TT-39 TT-50", ids[i]) != NULL; /* by the table */
        CHECK(row != NULL && row->enabled != off && row->default_on != off && row->require != 0);
        CHECK(row != NULL && row->from != 0 && row->to != 0);
        CHECK(row != NULL && strlen(row->explain) > 70 && strlen(row->fix) > 10);
        bool seed = row != NULL && row->rank != RANK_EXTENSION && row->rank != 0;
        CHECK(!seed || (strstr(row->source, ".txt") != NULL && row->requirements[0] != NULL));
        CHECK(row != NULL && strlen(row->traffic) <= 32);
    }
    CHECK(policy_is_builtin(policy));
    CHECK(strcmp(policy_name(policy), "lync-2010") == 0);
    CHECK(policy_settings(policy)->im_tls && !policy_settings(policy)->internal_im_tcp);
    policy_free(policy);
    CHECK_EQ(policy_builtin("lync-2011", &policy), OV_SYNTAX);
}

static void the_built_in_zones_are_the_private_networks(void)
{
    static const struct {
        const char *address;
        enum zone zone;
    } cases[] = {
        { "10.1.2.3", ZONE_INTERNAL },    { "172.31.255.255", ZONE_INTERNAL },
        { "172.32.0.0", ZONE_EXTERNAL },  { "192.168.7.7", ZONE_INTERNAL },
        { "100.64.0.1", ZONE_INTERNAL },  { "100.128.0.1", ZONE_EXTERNAL },
        { "169.254.9.9", ZONE_INTERNAL }, { "127.0.0.1", ZONE_INTERNAL },
        { "8.8.8.8", ZONE_EXTERNAL },     { "fd12::1", ZONE_INTERNAL },
        { "fe80::1", ZONE_INTERNAL },     { "::1", ZONE_INTERNAL },
        { "2001:db8::1", ZONE_EXTERNAL },
    };
    struct policy *policy;
    CHECK_EQ(policy_builtin("lync-2010", &policy), OV_OK);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flow_end end = end_of(cases[i].address, 0);
        CHECK_EQ(policy_zone_at(policy, &end.address), cases[i].zone);
    }
    policy_free(policy);
}

static const char site[] = "overt: 1\n"
                           "name: contoso\n"
                           "extends: lync-2010\n"
                           "zones:\n"
                           "  internal: [10.0.0.0/8, \"fd00::/8\"]\n"
                           "  perimeter: [10.9.0.0/16]\n"
                           "hosts:\n"
                           "  - name: fe01.contoso.com\n"
                           "    address: [10.0.1.10, \"fd00:1::10\"]\n"
                           "    role: [front_end, mediation]\n"
                           "  - name: gw01.contoso.com\n"
                           "    address: [10.0.9.5]\n"
                           "    role: gateway\n"
                           "    trunk: private\n"
                           "    link: [10.0.9.0/29]\n"
                           "  - name: edge01.contoso.com\n"
                           "    address: [\"192.0.2.10:5061\", \"[2001:db8::10]:5061\"]\n"
                           "    role: edge_access\n"
                           "  - name: av01.contoso.com\n"
                           "    address: \"192.0.2.10:443\"\n"
                           "    role: edge_av\n"
                           "roles:\n"
                           "  client_internal: [10.20.0.0/16]\n"
                           "  dc: [10.20.5.0/24]\n"
                           "settings: {internal_im_tcp: true}\n"
                           "rows:\n"
                           "  - {id: TT-04, severity: critical}\n"
                           "  - {id: TT-24, enabled: false}\n"
                           "  - id: C-01\n"
                           "    title: call recorder feed\n"
                           "    traffic: {from: [front_end], to: [10.0.7.7], app: [rtp, srtp]}\n"
                           "    require: srtp\n"
                           "    severity: critical\n"
                           "    reference: SEC-114\n";

static void a_site_policy_is_read_completely(void)
{
    struct policy *policy;
    char errors[ERRORS_SIZE];
    CHECK_EQ(read_text(site, &policy, errors), OV_OK);
    if (policy == NULL) {
        fputs(errors, stderr);
        return;
    }
    CHECK(!policy_is_builtin(policy) && strcmp(policy_name(policy), "contoso") == 0);
    CHECK_EQ(policy_host_count(policy), 4);
    CHECK(policy_settings(policy)->internal_im_tcp);
    CHECK_EQ(policy_row_by_id(policy, "TT-04")->severity, SEVERITY_CRITICAL);
    CHECK(!policy_row_by_id(policy, "TT-24")->enabled);
    const struct policy_row *own = policy_row_by_id(policy, "C-01");
    CHECK(own != NULL && own->subject == SUBJECT_MEDIA && own->to == 0 &&
          own->to_network_count == 1 && strcmp(own->source, "SEC-114") == 0);
    CHECK_EQ(policy_host(policy, 1)->trunk, TRUNK_PRIVATE);
    CHECK_EQ(policy_host(policy, 1)->link_count, 1);
    policy_free(policy);
}

static void roles_are_found_by_port_then_address_then_longest_prefix(void)
{
    struct policy *policy;
    char errors[ERRORS_SIZE];
    CHECK_EQ(read_text(site, &policy, errors), OV_OK);
    struct flow_end end = end_of("10.0.1.10", 49000);
    CHECK(policy_roles_at(policy, &end) == (role_bit(ROLE_FRONT_END) | role_bit(ROLE_MEDIATION)));
    CHECK(strcmp(policy_host_at(policy, &end)->name, "fe01.contoso.com") == 0);
    end = end_of("192.0.2.10", 5061);
    CHECK(policy_roles_at(policy, &end) == role_bit(ROLE_EDGE_ACCESS));
    end.port = 443;
    CHECK(policy_roles_at(policy, &end) == role_bit(ROLE_EDGE_AV));
    end.port = 80;
    CHECK(policy_host_at(policy, &end) == NULL && policy_roles_at(policy, &end) == 0);
    end = end_of("2001:db8::10", 5061);
    CHECK(policy_roles_at(policy, &end) == role_bit(ROLE_EDGE_ACCESS));
    end = end_of("10.20.1.1", 0);
    CHECK(policy_roles_at(policy, &end) == role_bit(ROLE_CLIENT_INTERNAL));
    end = end_of("10.20.5.1", 0);
    CHECK(policy_roles_at(policy, &end) == role_bit(ROLE_DC));
    CHECK_EQ(policy_zone_at(policy, &end.address), ZONE_INTERNAL);
    end = end_of("10.9.1.1", 0);
    CHECK_EQ(policy_zone_at(policy, &end.address), ZONE_PERIMETER);
    end = end_of("192.168.1.1", 0);
    CHECK_EQ(policy_zone_at(policy, &end.address), ZONE_EXTERNAL);
    policy_free(policy);
}

static void the_shortest_policy_is_valid(void)
{
    struct policy *policy;
    char errors[ERRORS_SIZE];
    CHECK_EQ(read_text("overt: 1\nextends: lync-2010\n", &policy, errors), OV_OK);
    CHECK_EQ(policy_row_count(policy), 52);
    CHECK(strcmp(policy_name(policy), "p.yaml") == 0);
    policy_free(policy);
}

#define HEAD "overt: 1\nextends: lync-2010\n"

static void mistakes_are_refused_with_their_place(void)
{
    CHECK(is_refused(HEAD "zoness: {}\n", "p.yaml:3:1: found key 'zoness'"));
    CHECK(is_refused(HEAD "zoness: {}\n", "did you mean 'zones'?"));
    CHECK(is_refused(HEAD "name: [a]\n", "p.yaml:3:7: found a list, expected a text"));
    CHECK(is_refused("overt: 2\nextends: lync-2010\n", "p.yaml:1:8: found version '2'"));
    CHECK(is_refused("extends: lync-2010\n", "expected 'overt: 1'"));
    CHECK(is_refused("overt: 1\n", "found neither 'extends' nor 'rows'"));
    CHECK(is_refused("", "found nothing"));
    CHECK(is_refused("- a\n", "found a list, expected a map"));
    CHECK(is_refused("overt: [1\n", "found a YAML fault"));
    CHECK(is_refused(HEAD "zones: {internal: [10.0.0.1/8]}\n", "expected them to be 0"));
    CHECK(
        is_refused(HEAD "zones: {internal: [10.0.0.0/33]}\n", "p.yaml:3:20: found '10.0.0.0/33'"));
    CHECK(is_refused(HEAD "zones: {dmz: []}\n", "expected one of internal, perimeter, external"));
    CHECK(is_refused(HEAD "roles: {frontend: [10.0.0.0/8]}\n", "did you mean 'front_end'?"));
    CHECK(is_refused(HEAD "name: a\nname: b\n", "p.yaml:4:1: found key 'name' a second time"));
    CHECK(is_refused("overt: 1\nextends: skype-2016\n", "skype-2015, sip-generic"));
    CHECK(is_refused("overt: 1\nextends: /nonexistent/x.yaml\n", "cannot be read"));
}

static void mistakes_in_hosts_are_refused(void)
{
    CHECK(is_refused(HEAD
                     "hosts:\n- {name: a, address: 10.0.0.1}\n- {name: b, address: 10.0.0.1}\n",
                     "p.yaml:5:22: found '10.0.0.1' a second time (host 'a' has it)"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: 10.0.0.300}]\n", "expected an address"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: \"10.0.0.3:0\"}]\n", "expected an address"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: \"10.0.0.3:65536\"}]\n", "expected an addr"));
    CHECK(is_refused(HEAD "hosts: [{name: a}]\n", "found a host without 'address'"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: 10.0.0.1, role: proxy}]\n", "found role"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: 10.0.0.1, trust: ca}]\n", "found trust set"));
    CHECK(is_refused(HEAD "hosts: [{name: a, address: 10.0.0.1, trunk: privat}]\n",
                     "did you mean 'private'?"));
    CHECK(is_refused(HEAD "hosts: {a: b}\n", "expected a list of hosts"));
    CHECK(is_refused(HEAD "trust: {a: {}}\n", "without 'ca' and 'pin'"));
    CHECK(is_refused(HEAD "trust: {a: {ca: /nonexistent.pem}}\n", "cannot be used"));
}

static void what_this_build_cannot_honour_is_refused_not_ignored(void)
{
    CHECK(is_refused(HEAD "strength: rfc9326\n", "p.yaml:3:11: found 'rfc9326', which cannot"));
    CHECK(is_refused(HEAD "strength: [a]\n", "p.yaml:3:11: found a list, expected a text"));
    CHECK(is_refused(HEAD "settings: {fips: 1}\n", "p.yaml:3:18: found value '1', expected one"));
    CHECK(is_refused(HEAD "settings: {im_tls: maybe}\n", "expected one of true, false"));
    CHECK(is_refused(HEAD "rows: [{id: TT-99, severity: low}]\n", "found row 'TT-99'"));
    CHECK(is_refused(HEAD "rows: [{id: TT-01, title: x}]\n", "found key 'title'"));
    CHECK(is_refused(HEAD "rows: [{id: TT-01, severity: hihg}]\n", "did you mean 'high'?"));
    CHECK(is_refused(HEAD "rows: [{id: C-1, title: x, traffic: {from: any, to: any}, require: vpn, "
                          "severity: low}]\n",
                     "found requirement 'vpn' for signalling"));
    CHECK(is_refused(HEAD "rows: [{id: C-1, title: x, traffic: {from: any, to: any, app: rtp}, "
                          "require: tls, severity: low}]\n",
                     "found requirement 'tls' for media"));
}

static void all_errors_come_in_one_run_up_to_a_hundred(void)
{
    struct policy *policy;
    char errors[ERRORS_SIZE];
    CHECK_EQ(read_text(HEAD "a: 1\nb: 2\nsettings: {c: 1}\nrows: [{}]\n", &policy, errors),
             OV_SYNTAX);
    CHECK(strstr(errors, "p.yaml:3:1:") != NULL && strstr(errors, "p.yaml:4:1:") != NULL &&
          strstr(errors, "p.yaml:5:12:") != NULL && strstr(errors, "p.yaml:6:8:") != NULL);
    char many[8192];
    struct text t = text_into(many, sizeof many);
    text_put(&t, HEAD "zones: {internal: [");
    for (unsigned i = 0; i < 500; i++) {
        text_put(&t, "x, ");
    }
    text_put(&t, "x]}\n");
    CHECK_EQ(read_text(many, &policy, errors), OV_SYNTAX);
    unsigned lines = 0;
    for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    CHECK_EQ(lines, 101);
}

static void aliases_cannot_blow_up(void)
{
    char laughs[4096], errors[ERRORS_SIZE];
    struct policy *policy;
    struct text t = text_into(laughs, sizeof laughs);
    text_put(&t, HEAD "zones: {internal: &a [10.0.0.0/8], perimeter: *a}\n"
                      "hosts:\n- &h {name: h, address: &l [");
    for (unsigned i = 0; i < 100; i++) {
        text_put(&t, "10.0.0.1, ");
    }
    text_put(&t, "10.0.0.1]}\n");
    for (unsigned i = 0; i < 200; i++) {
        text_put(&t, "- *h\n");
    }
    CHECK_EQ(read_text(laughs, &policy, errors), OV_SYNTAX);
    CHECK(is_refused("&r\novert: 1\nextends: lync-2010\nhosts: *r\n", "expected a list of hosts"));
    CHECK(is_refused(HEAD "rows: &r [*r]\n", "expected a row"));
}

static void files_extend_each_other_but_not_in_a_circle(void)
{
    char folder[] = "/tmp/overt-policy-XXXXXX", base[64], top[64], errors[ERRORS_SIZE] = "";
    CHECK(mkdtemp(folder) != NULL);
    snprintf(base, sizeof base, "%s/base.yaml", folder);
    snprintf(top, sizeof top, "%s/top.yaml", folder);
    FILE *file = fopen(base, "w");
    fputs(HEAD "hosts: [{name: a, address: 10.0.0.1, role: front_end}]\n", file);
    fclose(file);
    file = fopen(top, "w");
    fputs("overt: 1\nextends: base.yaml\nrows: [{id: TT-02, enabled: false}]\n", file);
    fclose(file);
    struct policy *policy = NULL;
    CHECK_EQ(policy_read(top, stderr, &policy), OV_OK);
    CHECK(policy != NULL && policy_host_count(policy) == 1 && policy_row_count(policy) == 52 &&
          !policy_row_by_id(policy, "TT-02")->enabled);
    policy_free(policy);
    file = fopen(base, "w");
    fputs("overt: 1\nextends: top.yaml\n", file);
    fclose(file);
    FILE *said = fmemopen(errors, sizeof errors - 1, "w");
    CHECK_EQ(policy_read(top, said, &policy), OV_SYNTAX);
    CHECK_EQ(policy_read("/nonexistent.yaml", said, &policy), OV_SYNTAX);
    CHECK_EQ(policy_read("/dev/zero", said, &policy), OV_SYNTAX);
    fclose(said);
    CHECK(strstr(errors, "base.yaml:2:10: found 'top.yaml', which is already being read") != NULL);
    CHECK(strstr(errors, "/nonexistent.yaml:1:1: found") != NULL);
    unlink(base);
    unlink(top);
    rmdir(folder);
}

static void every_short_and_every_flipped_policy_is_read_or_refused(void)
{
    size_t size = sizeof site - 1;
    for (size_t cut = 0; cut < size; cut += 3) {
        char *copy = malloc(cut == 0 ? 1 : cut); /* exact size: ASan sees each byte too many */
        struct policy *policy = NULL;
        memcpy(copy, site, cut);
        enum ov_status status = policy_read_text("p.yaml", copy, cut, NULL, &policy);
        CHECK((status == OV_OK) == (policy != NULL));
        policy_free(policy);
        free(copy);
    }
    for (size_t i = 0; i < size; i += 3) {
        char *copy = malloc(size);
        struct policy *policy = NULL;
        memcpy(copy, site, size);
        copy[i] = (char)(copy[i] ^ 0x15);
        enum ov_status status = policy_read_text("p.yaml", copy, size, NULL, &policy);
        CHECK((status == OV_OK) == (policy != NULL));
        policy_free(policy);
        free(copy);
    }
}

static void requirements_have_words_and_texts(void)
{
    char buffer[64];
    CHECK(strcmp(requirement_text(REQUIRE_MTLS, buffer, sizeof buffer), "MTLS") == 0);
    CHECK(strcmp(requirement_text(REQUIRE_TLS | REQUIRE_NONE, buffer, sizeof buffer),
                 "TLS or none") == 0);
    CHECK(strcmp(requirement_word(REQUIRE_TLS | REQUIRE_NONE, 0), "tls") == 0);
    CHECK(strcmp(requirement_word(REQUIRE_TLS | REQUIRE_NONE, 1), "none") == 0);
    CHECK(requirement_word(REQUIRE_TLS | REQUIRE_NONE, 2) == NULL);
    CHECK(strcmp(zone_name(ZONE_PERIMETER), "perimeter") == 0);
}

int main(void)
{
    the_built_in_table_is_complete();
    the_built_in_zones_are_the_private_networks();
    a_site_policy_is_read_completely();
    roles_are_found_by_port_then_address_then_longest_prefix();
    the_shortest_policy_is_valid();
    mistakes_are_refused_with_their_place();
    mistakes_in_hosts_are_refused();
    what_this_build_cannot_honour_is_refused_not_ignored();
    all_errors_come_in_one_run_up_to_a_hundred();
    aliases_cannot_blow_up();
    files_extend_each_other_but_not_in_a_circle();
    every_short_and_every_flipped_policy_is_read_or_refused();
    requirements_have_words_and_texts();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

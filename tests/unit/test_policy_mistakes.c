/* tests/unit/test_policy_mistakes.c: a policy full of mistakes: each is told, where it is, in one
 * run. */
#include <string.h>

#include "rules/policy_reader.h"
#include "tests/check.h"

static const char text[] = "overt: 2\n"
                           "nmae: contoso\n"
                           "extends: lync-2010\n"
                           "zones:\n"
                           "  intern: [10.0.0.0/8]\n"
                           "  perimeter: [192.0.2.1/24]\n"
                           "  external: [300.0.0.0/8]\n"
                           "hosts:\n"
                           "  - name: fe01.contoso.com\n"
                           "    address: [10.0.1.10, \"10.0.1.10:99999\"]\n"
                           "    role: front_edn\n"
                           "  - name: fe02.contoso.com\n"
                           "    address: [10.0.1.10]\n"
                           "    role: [director, front end]\n"
                           "    trust: entreprise\n"
                           "  - adress: 10.0.1.12\n"
                           "    name: fe03.contoso.com\n"
                           "  - name: gw01.contoso.com\n"
                           "    address: 10.0.9.5\n"
                           "    role: gateway\n"
                           "    trunk: privat\n"
                           "    link: [10.0.9.1/29]\n"
                           "roles:\n"
                           "  client_inside: [10.20.0.0/16]\n"
                           "  client_internal: [10.21.0.0/33]\n"
                           "trust:\n"
                           "  partners: {crl: [x.crl]}\n"
                           "  gone: {ca: /nonexistent/ca.pem}\n"
                           "trusted_servers: [fe01.contoso.com, fe1.contoso.com]\n"
                           "trusted_resolvers: [10.0.0.53/32]\n"
                           "settings:\n"
                           "  im_tsl: true\n"
                           "  im_tls: yes\n"
                           "  encryption_level: requierd\n"
                           "rows:\n"
                           "  - id: TT-99\n"
                           "    severity: low\n"
                           "  - id: TT-30\n"
                           "    severity: lwo\n"
                           "  - id: TT-43\n"
                           "    enabled: off\n"
                           "  - id: TT-01\n"
                           "    require: none\n"
                           "  - id: C-01\n"
                           "    title: recorder\n"
                           "    traffic: {from: [front_end], to: [10.0.7.7], app: [rtp, http]}\n"
                           "    require: srtp\n"
                           "    severity: high\n"
                           "  - id: C-02\n"
                           "    title: recorder\n"
                           "    traffic: {from: [front_end], to: [10.0.7.7], ports: [70000]}\n"
                           "    require: srtp\n"
                           "    severity: high\n"
                           "waivers:\n"
                           "  - row: TT-3\n"
                           "    between: [fe01.contoso.com, arch01.contoso.com]\n"
                           "    reason: x\n"
                           "    owner: y\n"
                           "    expires: 2027-02-30\n"
                           "  - row: TT-30\n"
                           "    between: [10.0.0.1]\n"
                           "    reason: x\n"
                           "    owner: y\n"
                           "    expires: soon\n"
                           "  - row: TT-30\n"
                           "    reason: x\n";

static const struct {
    unsigned line, column;
    const char *found;
    const char *nearest; /* or NULL */
} mistakes[] = {
    { 1, 8, "found version '2'", NULL },
    { 2, 1, "found key 'nmae'", "did you mean 'name'" },
    { 5, 3, "found key 'intern'", "did you mean 'internal'" },
    { 6, 15, "found '192.0.2.1/24' with address bits behind its prefix", NULL },
    { 7, 14, "found '300.0.0.0/8'", NULL },
    { 10, 26, "found '10.0.1.10:99999'", NULL },
    { 11, 11, "found role 'front_edn'", "did you mean 'front_end'" },
    { 13, 15, "found '10.0.1.10' a second time (host 'fe01.contoso.com' has it)", NULL },
    { 14, 22, "found role 'front end'", "did you mean 'front_end'" },
    { 15, 12, "found trust set 'entreprise'", NULL },
    { 16, 5, "found a host without 'address'", NULL },
    { 16, 5, "found key 'adress'", "did you mean 'address'" },
    { 21, 12, "found trunk class 'privat'", "did you mean 'private'" },
    { 22, 12, "found '10.0.9.1/29' with address bits behind its prefix", NULL },
    { 24, 3, "found role 'client_inside'", "did you mean 'client_internal'" },
    { 25, 21, "found '10.21.0.0/33'", NULL },
    { 27, 13, "found a trust set without 'ca' and 'pin'", NULL },
    { 28, 14, "found a trust set that cannot be used (/nonexistent/ca.pem: ", NULL },
    { 29, 37, "found host 'fe1.contoso.com'", "did you mean 'fe01.contoso.com'" },
    { 30, 21, "found '10.0.0.53/32'", NULL },
    { 32, 3, "found key 'im_tsl'", "did you mean 'im_tls'" },
    { 33, 11, "found value 'yes'", NULL },
    { 34, 21, "found value 'requierd'", "did you mean 'required'" },
    { 36, 9, "found row 'TT-99'", "did you mean 'TT-09'" },
    { 39, 15, "found severity 'lwo'", NULL },
    { 41, 14, "found value 'off'", NULL },
    { 43, 5, "found key 'require'", NULL },
    { 46, 61, "found app 'http' beside another kind", NULL },
    { 51, 58, "found '70000'", NULL },
    { 52, 14, "found requirement 'srtp' for signalling", NULL },
    { 55, 10, "found row 'TT-3'", "did you mean 'TT-03'" },
    { 56, 33, "found host 'arch01.contoso.com'", "did you mean 'fe01.contoso.com'" },
    { 59, 14, "found '2027-02-30'", NULL },
    { 61, 14, "found a list of another length", NULL },
    { 64, 14, "found 'soon'", NULL },
    { 65, 5, "found a waiver without 'between'", NULL },
};

enum { MISTAKES = sizeof mistakes / sizeof *mistakes, ERRORS_SIZE = 32768 };

/* The line of errors that begins with this place and these words, or NULL. */
static const char *find(char *errors, unsigned i)
{
    char wanted[160];
    snprintf(wanted, sizeof wanted, "p.yaml:%u:%u: %s", mistakes[i].line, mistakes[i].column,
             mistakes[i].found);
    return strstr(errors, wanted);
}

static void every_mistake_is_told_with_its_place(void)
{
    static char errors[ERRORS_SIZE];
    struct policy *policy = NULL;
    FILE *file = fmemopen(errors, ERRORS_SIZE - 1, "w");
    CHECK_EQ(policy_read_text("p.yaml", text, strlen(text), file, &policy), OV_SYNTAX);
    fclose(file);
    CHECK(policy == NULL);
    CHECK(MISTAKES >= 30);
    for (unsigned i = 0; i < MISTAKES; i++) {
        const char *line = find(errors, i);
        const char *end = line == NULL ? NULL : strchr(line, '\n');
        const char *nearest =
            line == NULL || mistakes[i].nearest == NULL ? line : strstr(line, mistakes[i].nearest);
        if (line == NULL) {
            fprintf(stderr, "%u:%u %s\n", mistakes[i].line, mistakes[i].column, mistakes[i].found);
        }
        CHECK(line != NULL && end != NULL && nearest != NULL && nearest < end);
    }
    unsigned lines = 0;
    for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    CHECK_EQ(lines, MISTAKES);
}

int main(void)
{
    every_mistake_is_told_with_its_place();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

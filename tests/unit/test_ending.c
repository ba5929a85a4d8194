/* tests/unit/test_ending.c: the ending on a terminal (reports/text.c, text_findings.c). */
#include <stdio.h>
#include <stdlib.h>

#include "reports/report.h"
#include "reports/terminal.h"
#include "tests/check.h"
#include "tests/unit/fake_rules.h"

static struct report_run example_run(struct counters *counters)
{
    *counters = (struct counters){ { 0 } };
    counters->value[COUNT_PACKETS] = 12431;
    fake_builtin = false;
    fake_hosts = 0;
    memset(fake_coverage, 0, sizeof fake_coverage);
    fake_coverage[0].flows = 1234;
    fake_coverage[0].by_verdict[VERDICT_COMPLIANT] = 1231;
    fake_coverage[0].by_verdict[VERDICT_VIOLATION] = 2;
    fake_coverage[0].by_verdict[VERDICT_UNKNOWN] = 1;
    return (struct report_run){ .sensor = "lab1",
                                .counters = counters,
                                .input = "contoso.pcapng",
                                .flows = 214,
                                .seconds = 0.21 };
}

/* What report_ending prints; the caller frees it. */
static char *ending(const struct report_run *run, const struct finding_list *findings, bool color,
                    uint32_t most)
{
    char *text = NULL;
    size_t size = 0;
    FILE *terminal = open_memstream(&text, &size);
    report_ending(terminal, run, findings, color, most);
    fclose(terminal);
    return text;
}

static void expect(const struct report_run *run, const struct finding_list *findings,
                   const char *want, const char *test)
{
    char *got = ending(run, findings, false, 10);
    if (strcmp(got, want) != 0) {
        fprintf(stderr, "%s:\n got:\n%s\nwant:\n%s\n", test, got, want);
        check_failures++;
    }
    free(got);
}

static void ending_has_the_layout_of_the_contract(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding key = fake_finding(), certificate = fake_finding();
    const struct finding *items[] = { &key, &certificate };
    struct finding_list findings = { items, 2, 0 };
    key.row = &fake_rows[2];
    key.severity = SEVERITY_CRITICAL;
    key.streams_exposed = 31;
    key.flow_count = 1;
    certificate.flow_count = 31;
    certificate.evidence = EVIDENCE_INFERRED;
    fake_builtin = true;
    expect(
        &run, &findings,
        "contoso.pcapng   12 431 packets   214 flows   0 lost   0.21 s      policy contoso (built "
        "in, roles inferred)\n"
        "\n"
        "TRAFFIC PROTECTION                         required  flows  compliant  violation  weak  "
        "exempt  unknown\n"
        "server-to-server                 TT-01     MTLS      1 234      1 231          2     -  "
        "     -        1\n"
        "\n"
        "2 findings: 1 critical, 1 high\n"
        "critical  C-long-name  a row that somebody named \"at length\"  10.20.0.7 → "
        "10.0.1.10:5060   packet 812\n"
        "          It sent no certificate. 31 streams of this capture are keyed so.\n"
        "          What to do: Assign certificates.  overt explain C-long-name\n"
        "high      TT-01        server-to-server                       10.20.0.7 → "
        "10.0.1.10:5060   packet 812   31 flows\n"
        "          violation, inferred: It sent no certificate.  overt explain TT-01\n"
        "\n"
        "Roles were inferred from traffic, which makes findings less severe and leaves some flows "
        "unknown.\n"
        "List your servers (`hosts`) and client subnets (`roles`) in a policy file and give it "
        "with --policy\n"
        "FILE; `overt roles FILE` proposes one.\n",
        __func__);
}

static void long_titles_keep_the_columns_aligned(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding_list none = { 0 };
    fake_coverage[0].by_verdict[VERDICT_VIOLATION] = 0;
    fake_coverage[2].flows = 1;
    fake_coverage[2].by_verdict[VERDICT_NOT_ASSESSABLE] = 1;
    counters.value[COUNT_TCP_MISSING] = 1;
    counters.value[COUNT_CUT] = 5000;
    expect(
        &run, &none,
        "contoso.pcapng   12 431 packets   214 flows   1 TCP byte lost   5 000 packets cut   0.21 "
        "s      policy contoso (file)\n"
        "\n"
        "TRAFFIC PROTECTION                                      required     flows  compliant  "
        "violation  weak  exempt  unknown  not assessable\n"
        "server-to-server                           TT-01        MTLS         1 234      1 231  "
        "        -     -       -        1               -\n"
        "a feed of calls to the recorder in cellar  C-long-name  SRTP or VPN      1          -  "
        "        -     -       -        -               1\n"
        "\n"
        "No violations in what was seen: 1 231 compliant, 1 unknown, 1 not assessable.\n",
        __func__);
}

static void nothing_judged_is_not_called_compliant(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding_list none = { 0 };
    memset(fake_coverage, 0, sizeof fake_coverage);
    char *text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "Nothing was judged") != NULL);
    CHECK(strstr(text, "No violations") == NULL);
    CHECK(strstr(text, "TRAFFIC PROTECTION") == NULL);
    free(text);
}

static void only_the_worst_are_shown_and_the_rest_counted(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding finding = fake_finding(), exempt = fake_finding();
    const struct finding *items[] = { &exempt, &finding, &finding, &finding };
    struct finding_list findings = { items, 4, 5 };
    exempt.verdict = VERDICT_EXEMPT;
    char *text = ending(&run, &findings, false, 1);
    CHECK(strstr(text, "\n3 findings: 3 high\n") != NULL);
    CHECK(strstr(text, "\nand 2 more findings; --out FILE writes all of them\n") != NULL);
    CHECK(strstr(text, "\n5 findings were not kept") != NULL);
    const char *first = strstr(text, "overt explain");
    CHECK(first != NULL && strstr(first + 1, "overt explain") == NULL);
    free(text);
}

static void unknown_and_weak_are_named_as_such(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding unknown = fake_finding(), weak = fake_finding();
    const struct finding *items[] = { &unknown, &weak };
    struct finding_list findings = { items, 2, 0 };
    unknown.verdict = VERDICT_UNKNOWN; /* what answers a violation is no answer to not knowing */
    weak.verdict = VERDICT_WEAK;
    weak.reason_count = 0;
    char *text = ending(&run, &findings, false, 10);
    CHECK(strstr(text, "\n          unknown: It sent no certificate.  overt explain TT-01\n") !=
          NULL);
    CHECK(strstr(text,
                 "\n          weak:\n"
                 "          What to do: Assign certificates.  overt explain TT-01\n") != NULL);
    unknown.fix = "Mirror both directions.";
    free(text);
    text = ending(&run, &findings, false, 10);
    CHECK(strstr(text, "What to do: Mirror both directions.  overt explain TT-01\n") != NULL);
    free(text);
}

static void the_same_advice_is_given_once(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding first = fake_finding(), second = fake_finding();
    const struct finding *items[] = { &first, &second };
    struct finding_list findings = { items, 2, 0 };
    char *text = ending(&run, &findings, false, 10);
    const char *advice = strstr(text, "What to do:");
    CHECK(advice != NULL && strstr(advice + 1, "What to do:") == NULL);
    free(text);
}

static void captures_are_named_as_shortly_as_they_can_be_told_apart(void)
{
    static const char *const files[] = { "/data/monday/a.pcap",  "/data/tuesday/a.pcap",
                                         "/data/tuesday/b.pcap", "a.pcap",
                                         "/data/tuesday/b.pcap", "x/ba.pcap" };
    static const char *const names[] = { "monday/a.pcap", "tuesday/a.pcap", "b.pcap",
                                         "a.pcap",        "b.pcap",         "ba.pcap" };
    struct counters counters;
    struct report_run run = example_run(&counters);
    run.files = files;
    run.file_count = sizeof files / sizeof files[0];
    for (uint32_t i = 0; i < run.file_count; i++) {
        char want[64];
        struct finding finding = fake_finding();
        const struct finding *items[] = { &finding };
        struct finding_list findings = { items, 1, 0 };
        finding.file = files[i];
        char *text = ending(&run, &findings, false, 10);
        snprintf(want, sizeof want, "packet 812 of %s   2 flows\n", names[i]);
        CHECK(strstr(text, want) != NULL);
        free(text);
    }
}

static void packets_that_were_not_decoded_are_told_when_it_matters(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding_list none = { 0 };
    counters.value[COUNT_NOT_IP] = 7;
    char *text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "Not decoded") == NULL); /* ARP beside judged flows is nothing to tell */
    free(text);
    counters.value[COUNT_LINK_UNKNOWN] = 1500;
    counters.value[COUNT_IP_MALFORMED] = 1;
    text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "\nNot decoded: 1 500 packets (link type that is not decoded), "
                       "1 packet (IP header lengths are wrong).\n") != NULL);
    free(text);
    memset(fake_coverage, 0, sizeof fake_coverage);
    counters = (struct counters){ { [COUNT_PACKETS] = 7, [COUNT_NOT_IP] = 7 } };
    text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "\nNot decoded: 7 packets (frame carries no IP") != NULL);
    free(text);
}

static void a_run_without_packets_says_so(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding_list none = { 0 };
    memset(fake_coverage, 0, sizeof fake_coverage);
    counters.value[COUNT_PACKETS] = 0;
    fake_builtin = true;
    char *text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "Nothing was judged: no packet was read, or none passed the filter.\n") !=
          NULL);
    CHECK(strstr(text, "--policy") == NULL);
    free(text);
    counters.value[COUNT_PACKETS] = 9;
    text = ending(&run, &none, false, 10);
    CHECK(strstr(text, "Roles were inferred") == NULL && strstr(text, "--policy FILE") != NULL);
    free(text);
}

static void reasons_wrap_at_a_hundred_columns(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding finding = fake_finding();
    const struct finding *items[] = { &finding };
    struct finding_list findings = { items, 1, 0 };
    for (size_t i = 0; i + 5 < sizeof finding.reasons[0].text; i += 5) {
        snprintf(finding.reasons[0].text + i, 6, "w%03zu ", i);
    }
    char *text = ending(&run, &findings, false, 10);
    const char *line = strstr(text, "\n          w000");
    CHECK(line != NULL);
    for (unsigned lines = 0; line != NULL && lines < 3; lines++) {
        const char *end = strchr(line + 1, '\n');
        CHECK(end != NULL && end - line - 1 <= TERMINAL_WIDTH);
        CHECK(strncmp(line + 1, "          w", 11) == 0 || lines == 2);
        line = end;
    }
    free(text);
}

static void ipv6_ports_stand_behind_brackets(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding finding = fake_finding();
    const struct finding *items[] = { &finding };
    struct finding_list findings = { items, 1, 0 };
    finding.server.address = (struct address){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
    char *text = ending(&run, &findings, false, 10);
    CHECK(strstr(text, "10.20.0.7 → [2001:db8::1]:5060") != NULL);
    free(text);
}

static void colours_only_when_asked_for(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding finding = fake_finding();
    const struct finding *items[] = { &finding };
    struct finding_list findings = { items, 1, 0 };
    char *plain = ending(&run, &findings, false, 10);
    char *colored = ending(&run, &findings, true, 10);
    CHECK(strchr(plain, '\033') == NULL);
    CHECK(strstr(colored, "\033[31mhigh    \033[0m") != NULL);
    free(plain);
    free(colored);
}

static void control_characters_never_reach_the_terminal(void)
{
    struct counters counters;
    struct report_run run = example_run(&counters);
    struct finding finding = fake_finding();
    const struct finding *items[] = { &finding };
    struct finding_list findings = { items, 1, 0 };
    run.input = "a\033[2J.pcap";
    finding.file = "\xff\033]0;x\a";
    snprintf(finding.reasons[0].text, sizeof finding.reasons[0].text, "x\033[31m\ry");
    char *text = ending(&run, &findings, false, 10);
    CHECK(strpbrk(text, "\033\r\a\xff") == NULL);
    CHECK(strstr(text, "a\\x1b[2J.pcap") != NULL);
    free(text);
}

static void numbers_are_grouped_by_three(void)
{
    char buffer[TERMINAL_NUMBER_SIZE];
    CHECK(strcmp(terminal_number(0, buffer), "0") == 0);
    CHECK(strcmp(terminal_number(999, buffer), "999") == 0);
    CHECK(strcmp(terminal_number(1000, buffer), "1 000") == 0);
    CHECK(strcmp(terminal_number(UINT64_MAX, buffer), "18 446 744 073 709 551 615") == 0);
}

int main(void)
{
    ending_has_the_layout_of_the_contract();
    long_titles_keep_the_columns_aligned();
    nothing_judged_is_not_called_compliant();
    only_the_worst_are_shown_and_the_rest_counted();
    unknown_and_weak_are_named_as_such();
    the_same_advice_is_given_once();
    captures_are_named_as_shortly_as_they_can_be_told_apart();
    packets_that_were_not_decoded_are_told_when_it_matters();
    a_run_without_packets_says_so();
    reasons_wrap_at_a_hundred_columns();
    ipv6_ports_stand_behind_brackets();
    colours_only_when_asked_for();
    control_characters_never_reach_the_terminal();
    numbers_are_grouped_by_three();
    return check_failures > 0;
}

/* tests/unit/test_json.c: finding, coverage and notice records, and lines that cannot be written.
 * Flow records are in test_json_flow.c. */
#include <errno.h>

#include "reports/report.h"
#include "tests/check.h"
#include "tests/unit/fake_rules.h"
#include "tests/unit/json_capture.h"

static void finding_has_every_member_of_the_contract(void)
{
    struct capture c;
    capture_open(&c);
    struct finding finding = fake_finding();
    finding.streams_exposed = 31;
    finding.file = "a.pcap";
    report_finding(&c.out, "lab1", &finding);
    capture_expect(
        &c,
        "{\"type\":\"finding\",\"v\":1,\"sensor\":\"lab1\",\"file\":\"a.pcap\","
        "\"id\":\"o:0000000000009f2c\",\"status\":\"open\",\"row\":\"TT-01\","
        "\"title\":\"server-to-server\",\"verdict\":\"violation\",\"evidence\":\"proven\","
        "\"severity\":\"high\",\"traffic\":\"server-to-server\",\"required\":[\"mtls\"],"
        "\"observed\":\"tls\",\"reasons\":[{\"code\":\"tls.client-certificate-empty\","
        "\"text\":\"It sent no certificate.\"}],\"requirements\":[\"R-41\"],\"source\":\"seed\","
        "\"client\":{\"ip\":\"10.20.0.7\",\"zone\":\"internal\",\"role\":\"front_end\","
        "\"role_by\":\"policy\",\"name\":\"fe01.contoso.com\"},"
        "\"server\":{\"ip\":\"10.0.1.10\",\"port\":5060,\"zone\":\"perimeter\"},"
        "\"roles_by\":\"policy\",\"first_seen\":\"1970-01-01T00:00:01.000000Z\","
        "\"last_seen\":\"1970-01-01T00:01:01.000000Z\","
        "\"flows\":{\"count\":2,\"ids\":[\"f:0000000000000001\",\"f:0000000000000002\"]},"
        "\"proof\":[{\"packet\":812,\"time\":\"1970-01-01T00:00:02.000000Z\","
        "\"fact\":\"tls.client_certificate\",\"detail\":\"empty\"}],"
        "\"capture\":{\"complete\":true},\"streams_exposed\":31,"
        "\"fix\":\"Assign certificates.\"}\n",
        __func__);
}

static void finding_leaves_out_what_is_not_known(void)
{
    struct capture c;
    capture_open(&c);
    struct finding finding = fake_finding();
    finding.row = &fake_rows[1];
    finding.verdict = VERDICT_COMPLIANT;
    finding.client_party = (struct party){ .zone = "internal" };
    finding.proofs[0] = (struct proof){ .fact = "tls.established" };
    report_finding(&c.out, "lab1", &finding);
    const char *line = capture_text(&c);
    CHECK(strstr(line, "null") == NULL);
    CHECK(strstr(line, "severity") == NULL);
    CHECK(strstr(line, "role") == NULL);
    CHECK(strstr(line, "requirements") == NULL);
    CHECK(strstr(line, "fix") == NULL);
    CHECK(strstr(line, "streams_exposed") == NULL);
    CHECK(strstr(line, "\"proof\":[{\"fact\":\"tls.established\"}]") != NULL);
    capture_done(&c);
}

static void what_to_do_is_of_the_finding_and_not_of_its_row(void)
{
    struct capture c;
    capture_open(&c);
    struct finding finding = fake_finding();
    finding.fix = "Mirror both directions.";
    report_finding(&c.out, "lab1", &finding);
    CHECK(strstr(capture_text(&c), "\"fix\":\"Mirror both directions.\"}\n") != NULL);
    capture_done(&c);
}

static void roles_by_is_inferred_as_soon_as_one_is(void)
{
    struct capture c;
    capture_open(&c);
    struct finding finding = fake_finding();
    finding.server_party = (struct party){ "internal", "edge_access", "inferred", NULL };
    report_finding(&c.out, "lab1", &finding);
    CHECK(strstr(capture_text(&c), "\"roles_by\":\"inferred\"") != NULL);
    capture_done(&c);
}

static void finding_lists_only_the_first_ten_flows(void)
{
    struct capture c;
    capture_open(&c);
    struct finding finding = fake_finding();
    finding.flow_count = 4000000000;
    report_finding(&c.out, "lab1", &finding);
    const char *line = capture_text(&c);
    unsigned ids = 0;
    for (const char *at = strstr(line, "\"f:"); at != NULL; at = strstr(at + 1, "\"f:")) {
        ids++;
    }
    CHECK_EQ(ids, FINDING_FLOWS);
    CHECK(strstr(line, "\"count\":4000000000,") != NULL);
    capture_done(&c);
}

static struct report_run fake_run(struct counters *counters)
{
    *counters = (struct counters){ { 0 } };
    counters->value[COUNT_PACKETS] = 12431;
    counters->value[COUNT_BYTES] = 5000000;
    counters->value[COUNT_FLOWS] = 214;
    counters->value[COUNT_NOT_IP] = 3;
    fake_coverage[0] = (struct row_coverage){ .flows = 12, .by_verdict = { 10, 2 } };
    fake_coverage[1] = (struct row_coverage){ 0 };
    fake_coverage[2] = (struct row_coverage){ .flows = 1, .media_us = 1500499 };
    fake_coverage[2].by_verdict[VERDICT_NOT_ASSESSABLE] = 1;
    return (struct report_run){
        .sensor = "lab1", .counters = counters, .flows = 214, .first_us = 1, .last_us = 1000002
    };
}

static void coverage_tells_what_was_and_was_not_seen(void)
{
    struct capture c;
    capture_open(&c);
    struct counters counters;
    struct report_run run = fake_run(&counters);
    fake_coverage[0].flows = 0;
    fake_hosts = 1;
    report_coverage(&c.out, &run);
    capture_expect(
        &c,
        "{\"type\":\"coverage\",\"v\":1,\"sensor\":\"lab1\","
        "\"start\":\"1970-01-01T00:00:00.000001Z\",\"end\":\"1970-01-01T00:00:01.000002Z\","
        "\"rows\":[{\"row\":\"C-long-name\",\"title\":\"a row that somebody named \\\"at "
        "length\\\"\",\"flows\":1,\"compliant\":0,\"violation\":0,\"weak\":0,\"exempt\":0,"
        "\"unknown\":0,\"not_assessable\":1,\"media_seconds\":1.5}],"
        "\"rows_not_observed\":[\"TT-01\"],\"hosts_silent\":[\"fe02.contoso.com\"],"
        "\"hosts_without_role\":[\"10.0.0.0\"],\"roles_inferred\":[{\"ip\":\"10.1.0.0\","
        "\"roles\":[\"front_end\",\"director\"],\"ground\":\"answered REGISTER\"}],"
        "\"signatures\":{\"valid\":3,\"invalid\":1,\"unchecked\":{\"lost-bytes\":2}},"
        "\"packets\":12431,\"bytes\":5000000,\"flows\":214,\"not_decoded\":{\"not-ip\":3}}\n",
        __func__);
}

static void coverage_of_many_hosts_is_cut_to_one_line(void)
{
    struct capture c;
    capture_open(&c);
    struct counters counters;
    struct report_run run = fake_run(&counters);
    fake_hosts = 60000;
    report_coverage(&c.out, &run);
    const char *line = capture_text(&c);
    CHECK(strlen(line) <= REPORT_LINE_MAX);
    CHECK(strstr(line, "\"cut\":true") != NULL);
    CHECK(strstr(line, "\"packets\":12431") != NULL);
    CHECK(strstr(line, "\"row\":\"TT-01\"") != NULL);
    capture_done(&c);
}

static void notice_names_the_damage(void)
{
    struct capture c;
    capture_open(&c);
    struct report_notice notice = {
        "capture.damaged", "Copy the file again.", "a\xff\n.pcap", 4096, 12, 99, 1500000
    };
    report_notice(&c.out, "lab1", &notice);
    capture_expect(&c,
                   "{\"type\":\"notice\",\"v\":1,\"sensor\":\"lab1\",\"code\":\"capture.damaged\","
                   "\"text\":\"Copy the file again.\",\"file\":\"a\\\\xff\\\\x0a.pcap\","
                   "\"offset\":4096,\"skipped_bytes\":99,\"packet\":12,\"time\":\"1970-01-01T00:00:"
                   "01.500000Z\"}\n",
                   __func__);
}

static void text_of_any_length_is_cut_at_its_limit(void)
{
    static char name[100000];
    memset(name, '\x01', sizeof name - 1);
    struct capture c;
    capture_open(&c);
    struct report_notice notice = { .code = "a", .text = "b", .file = name };
    report_notice(&c.out, "lab1", &notice);
    CHECK(strlen(capture_text(&c)) < 8192);
    CHECK(strstr(capture_text(&c), "\"cut\":true}") != NULL);
    capture_done(&c);
}

static void full_disk_is_a_failure_that_stays(void)
{
    struct report_notice notice = { .code = "a", .text = "b" };
    struct report_out out = { .file = fopen("/dev/full", "w") };
    CHECK(out.file != NULL);
    report_notice(&out, "lab1", &notice);
    CHECK(!report_flush(&out));
    CHECK(out.failed);
    CHECK_EQ(out.errno_kept, ENOSPC);
    report_notice(&out, "lab1", &notice);
    CHECK(!report_flush(&out));
    fclose(out.file);
}

static void unbuffered_full_disk_fails_at_the_line(void)
{
    struct report_notice notice = { .code = "a", .text = "b" };
    struct report_out out = { .file = fopen("/dev/full", "w") };
    CHECK_EQ(setvbuf(out.file, NULL, _IONBF, 0), 0);
    report_notice(&out, "lab1", &notice);
    CHECK(out.failed);
    CHECK_EQ(out.errno_kept, ENOSPC);
    fclose(out.file);
}

static void nothing_is_written_without_a_file(void)
{
    struct report_notice notice = { .code = "a", .text = "b" };
    struct report_out out = { .file = NULL };
    report_notice(&out, "lab1", &notice);
    CHECK(report_flush(&out));
}

static void stats_tell_how_a_live_capture_does(void)
{
    struct capture c;
    capture_open(&c);
    struct report_stats stats = {
        .sensor = "lab1",
        .written_us = 61000000,
        .packets = 12431,
        .bytes = 5000000,
        .drops = { 7, 2 },
        .flows_open = 214,
        .flows_judged = 300,
        .memory_bytes = 1 << 20,
        .backlog = 5,
    };
    report_stats(&c.out, &stats);
    stats.time_us = 60000000;
    report_stats(&c.out, &stats);
    capture_expect(&c,
                   "{\"type\":\"stats\",\"v\":1,\"sensor\":\"lab1\","
                   "\"written\":\"1970-01-01T00:01:01.000000Z\",\"packets\":12431,"
                   "\"bytes\":5000000,\"drops\":{\"kernel\":7,\"interface\":2},"
                   "\"flows\":{\"open\":214,\"judged\":300},\"memory_bytes\":1048576,"
                   "\"backlog\":5}\n"
                   "{\"type\":\"stats\",\"v\":1,\"sensor\":\"lab1\","
                   "\"written\":\"1970-01-01T00:01:01.000000Z\","
                   "\"time\":\"1970-01-01T00:01:00.000000Z\",\"packets\":12431,"
                   "\"bytes\":5000000,\"drops\":{\"kernel\":7,\"interface\":2},"
                   "\"flows\":{\"open\":214,\"judged\":300},\"memory_bytes\":1048576,"
                   "\"backlog\":5}\n",
                   __func__);
}

static void coverage_of_a_live_capture_tells_what_was_lost(void)
{
    struct capture c;
    capture_open(&c);
    struct counters counters = { { 0 } };
    struct report_drops drops = { 7, 2 };
    struct report_run run = { .sensor = "lab1", .counters = &counters, .drops = &drops };
    report_coverage(&c.out, &run);
    CHECK(strstr(capture_text(&c), "\"drops\":{\"kernel\":7,\"interface\":2}") != NULL);
    capture_done(&c);
}

static void a_finding_says_whether_it_is_new(void)
{
    static const char *const words[] = {
        [FINDING_OPEN] = "\"status\":\"open\"",
        [FINDING_CHANGED] = "\"status\":\"changed\"",
        [FINDING_RESOLVED] = "\"status\":\"resolved\"",
    };
    for (unsigned i = FINDING_OPEN; i <= FINDING_RESOLVED; i++) {
        struct capture c;
        capture_open(&c);
        struct finding finding = fake_finding();
        finding.status = (enum finding_status)i;
        report_finding(&c.out, "lab1", &finding);
        CHECK(strstr(capture_text(&c), words[i]) != NULL);
        capture_done(&c);
    }
}

int main(int argc, char **argv)
{
    capture_samples(argc, argv);
    finding_has_every_member_of_the_contract();
    finding_leaves_out_what_is_not_known();
    what_to_do_is_of_the_finding_and_not_of_its_row();
    roles_by_is_inferred_as_soon_as_one_is();
    finding_lists_only_the_first_ten_flows();
    coverage_tells_what_was_and_was_not_seen();
    coverage_of_many_hosts_is_cut_to_one_line();
    notice_names_the_damage();
    text_of_any_length_is_cut_at_its_limit();
    full_disk_is_a_failure_that_stays();
    unbuffered_full_disk_fails_at_the_line();
    stats_tell_how_a_live_capture_does();
    coverage_of_a_live_capture_tells_what_was_lost();
    a_finding_says_whether_it_is_new();
    nothing_is_written_without_a_file();
    return check_failures > 0;
}

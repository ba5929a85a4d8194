/* reports/json_coverage.c: the coverage record: what was looked at, and what was not seen. */
#include <jansson.h>

#include "reports/json_line.h"
#include "reports/json_party.h"
#include "reports/report.h"
#include "rules/policy.h"

enum {
    ROLES_TEXT_SIZE = 512, /* names of all roles together */
    HOSTS_MAX = 1000,      /* of one array: more do not fit into a line anyway */
};

static void put_rows(struct json_line *line, const struct report_run *run)
{
    json_t *rows = json_line_array(line, line->root, "rows");
    for (uint32_t i = 0; i < policy_row_count(run->policy); i++) {
        const struct policy_row *row = policy_row(run->policy, i);
        const struct row_coverage *coverage = judge_coverage(run->judge, i);
        if (coverage->flows == 0) {
            continue;
        }
        json_t *object = json_line_object(line, rows, NULL);
        json_line_text(line, object, "row", row->id);
        json_line_text(line, object, "title", row->title);
        json_line_count(line, object, "flows", coverage->flows);
        for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            json_line_count(line, object, verdict_name((enum verdict)verdict),
                            coverage->by_verdict[verdict]);
        }
        json_line_thousandths(line, object, "media_seconds", (int64_t)(coverage->media_us / 1000));
    }
}

static void put_rows_not_observed(struct json_line *line, const struct report_run *run)
{
    bool cut = false;
    json_t *ids = json_line_array(line, line->root, "rows_not_observed");
    for (uint32_t i = 0; i < policy_row_count(run->policy); i++) {
        const struct policy_row *row = policy_row(run->policy, i);
        if (row->enabled && judge_coverage(run->judge, i)->flows == 0) {
            json_line_append(line, ids, json_line_new_text(row->id, &cut));
        }
    }
}

static void put_silent_hosts(struct json_line *line, const struct judge *judge)
{
    bool cut = false;
    json_t *names = json_line_array(line, line->root, "hosts_silent");
    const struct policy_host *host = judge_silent_host(judge, 0);
    for (uint32_t i = 1; host != NULL && i <= HOSTS_MAX; i++) {
        json_line_append(line, names, json_line_new_text(host->name, &cut));
        host = judge_silent_host(judge, i);
    }
    if (host != NULL) {
        json_line_flag(line, line->root, "cut", true);
    }
}

static void put_roleless_hosts(struct json_line *line, const struct judge *judge)
{
    struct address address;
    char buffer[ADDRESS_TEXT_SIZE];
    json_t *hosts = json_line_array(line, line->root, "hosts_without_role");
    for (uint32_t i = 0; judge_roleless(judge, i, &address); i++) {
        json_line_append(line, hosts, json_string(address_text(&address, buffer)));
    }
}

static void put_inferred_roles(struct json_line *line, const struct judge *judge)
{
    struct address address;
    uint64_t roles;
    const char *ground;
    char buffer[ROLES_TEXT_SIZE];
    json_t *hosts = json_line_array(line, line->root, "roles_inferred");
    for (uint32_t i = 0; judge_inferred(judge, i, &address, &roles, &ground); i++) {
        if (i == HOSTS_MAX) {
            json_line_flag(line, line->root, "cut", true);
            break;
        }
        json_t *host = json_line_object(line, hosts, NULL);
        json_party_address(line, host, &address);
        json_line_words(line, host, "roles", roles_text(roles, buffer, sizeof buffer));
        json_line_text(line, host, "ground", ground);
    }
}

/* Valid, invalid, or the reason why it could not be said, each with its count. */
static void put_signatures(struct json_line *line, const struct judge *judge)
{
    const struct signature_tally *tally = judge_signatures(judge);
    json_t *object = json_line_object(line, line->root, "signatures");
    json_line_count(line, object, "valid", tally->valid);
    json_line_count(line, object, "invalid", tally->invalid);
    json_t *unchecked = json_line_object(line, object, "unchecked");
    for (unsigned i = 0; i < SIGNATURE_REASONS; i++) {
        if (tally->unchecked[i] > 0) {
            json_line_count(line, unchecked, signature_tally_reason(i), tally->unchecked[i]);
        }
    }
}

static void put_totals(struct json_line *line, const struct report_run *run)
{
    json_line_count(line, line->root, "packets", run->counters->value[COUNT_PACKETS]);
    json_line_count(line, line->root, "bytes", run->counters->value[COUNT_BYTES]);
    json_line_count(line, line->root, "flows", run->flows);
    if (run->drops != NULL) {
        json_t *drops = json_line_object(line, line->root, "drops");
        json_line_count(line, drops, "kernel", run->drops->kernel);
        json_line_count(line, drops, "interface", run->drops->interface);
    }
    json_t *others = json_line_object(line, line->root, "not_decoded");
    for (unsigned i = 0; i < COUNT_KINDS; i++) {
        uint64_t value = run->counters->value[i];
        if (value > 0 && i != COUNT_PACKETS && i != COUNT_BYTES && i != COUNT_FLOWS) {
            json_line_count(line, others, counter_name((enum capture_counter)i), value);
        }
    }
}

void report_coverage(struct report_out *out, const struct report_run *run)
{
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "coverage", run->sensor, NULL);
    if (run->first_us > 0) {
        json_line_capture_time(&line, line.root, "start", run->first_us);
        json_line_capture_time(&line, line.root, "end", run->last_us);
    }
    put_rows(&line, run);
    put_rows_not_observed(&line, run);
    put_silent_hosts(&line, run->judge);
    put_roleless_hosts(&line, run->judge);
    put_inferred_roles(&line, run->judge);
    put_signatures(&line, run->judge);
    put_totals(&line, run);
    json_line_end(&line, out);
}

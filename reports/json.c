/* reports/json.c: finding and notice records of design output contract section 4. */
#include <jansson.h>
#include <string.h>

#include "reports/json_line.h"
#include "reports/json_party.h"
#include "reports/report.h"
#include "rules/policy.h"

/* Is there anything to be done about it? */
static bool is_graded(const struct finding *finding)
{
    return finding->verdict != VERDICT_COMPLIANT && finding->verdict != VERDICT_NOT_ASSESSABLE;
}

static void put_verdict(struct json_line *line, const struct finding *finding)
{
    json_line_text(line, line->root, "row", finding->row->id);
    json_line_text(line, line->root, "title", finding->row->title);
    json_line_text(line, line->root, "verdict", verdict_name(finding->verdict));
    json_line_text(line, line->root, "evidence", evidence_name(finding->evidence));
    if (is_graded(finding)) {
        json_line_text(line, line->root, "severity", severity_name(finding->severity));
    }
    json_line_text(line, line->root, "traffic", finding->row->traffic);
}

static void put_required(struct json_line *line, const struct finding *finding)
{
    json_t *required = json_line_array(line, line->root, "required");
    const char *word = requirement_word(finding->row->require, 0);
    for (uint32_t i = 1; word != NULL; i++) {
        json_line_append(line, required, json_string(word));
        word = requirement_word(finding->row->require, i);
    }
    json_line_text(line, line->root, "observed", finding->observed);
}

static void put_reasons(struct json_line *line, const struct finding *finding)
{
    json_t *reasons = json_line_array(line, line->root, "reasons");
    for (uint32_t i = 0; i < finding->reason_count; i++) {
        json_t *reason = json_line_object(line, reasons, NULL);
        json_line_text(line, reason, "code", finding->reasons[i].code);
        json_line_text(line, reason, "text", finding->reasons[i].text);
    }
}

static void put_origin(struct json_line *line, const struct policy_row *row)
{
    bool cut = false;
    if (row->requirements != NULL && row->requirements[0] != NULL) {
        json_t *array = json_line_array(line, line->root, "requirements");
        for (const char *const *id = row->requirements; *id != NULL; id++) {
            json_line_append(line, array, json_line_new_text(*id, &cut));
        }
    }
    json_line_text(line, line->root, "source", row->source);
}

/* How the roles that are known became known; NULL when none is. */
static const char *roles_by(const struct finding *finding)
{
    const char *client = finding->client_party.role_by, *server = finding->server_party.role_by;
    if (client == NULL || server == NULL) {
        return client != NULL ? client : server;
    }
    return strcmp(client, "policy") == 0 ? server : client;
}

static void put_ends(struct json_line *line, const struct finding *finding)
{
    json_party_put(line, "client", &finding->client, finding->client.port != 0,
                   &finding->client_party);
    json_party_put(line, "server", &finding->server, finding->server.port != 0,
                   &finding->server_party);
    json_line_text(line, line->root, "roles_by", roles_by(finding));
    json_line_capture_time(line, line->root, "first_seen", finding->first_us);
    json_line_capture_time(line, line->root, "last_seen", finding->last_us);
}

static void put_flows(struct json_line *line, const struct finding *finding)
{
    json_t *flows = json_line_object(line, line->root, "flows");
    uint64_t kept = finding->flow_count < FINDING_FLOWS ? finding->flow_count : FINDING_FLOWS;
    json_line_count(line, flows, "count", finding->flow_count);
    json_t *ids = json_line_array(line, flows, "ids");
    for (uint64_t i = 0; i < kept; i++) {
        json_line_append(line, ids, json_line_new_id('f', finding->flow_ids[i]));
    }
}

static void put_proofs(struct json_line *line, const struct finding *finding)
{
    json_t *array = json_line_array(line, line->root, "proof");
    for (uint32_t i = 0; i < finding->proof_count; i++) {
        const struct proof *proof = &finding->proofs[i];
        json_t *object = json_line_object(line, array, NULL);
        if (proof->packet > 0) {
            json_line_count(line, object, "packet", proof->packet);
        }
        if (proof->file != NULL &&
            (finding->file == NULL || strcmp(proof->file, finding->file) != 0)) {
            json_line_text(line, object, "file", proof->file);
        }
        if (proof->time_us > 0) {
            json_line_capture_time(line, object, "time", proof->time_us);
        }
        json_line_text(line, object, "fact", proof->fact);
        json_line_text(line, object, "detail", proof->detail);
    }
}

void report_finding(struct report_out *out, const char *sensor, const struct finding *finding)
{
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "finding", sensor, finding->file);
    json_line_put(&line, line.root, "id", json_line_new_id('o', finding->id));
    json_line_text(&line, line.root, "status", finding_status_name(finding->status));
    put_verdict(&line, finding);
    put_required(&line, finding);
    put_reasons(&line, finding);
    put_origin(&line, finding->row);
    put_ends(&line, finding);
    put_flows(&line, finding);
    put_proofs(&line, finding);
    json_t *capture = json_line_object(&line, line.root, "capture");
    json_line_flag(&line, capture, "complete", finding->capture_complete);
    if (finding->streams_exposed > 0) {
        json_line_count(&line, line.root, "streams_exposed", finding->streams_exposed);
    }
    json_line_text(&line, line.root, "fix", is_graded(finding) ? finding->fix : NULL);
    json_line_end(&line, out);
}

void report_notice(struct report_out *out, const char *sensor, const struct report_notice *notice)
{
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "notice", sensor, NULL);
    json_line_text(&line, line.root, "code", notice->code);
    json_line_text(&line, line.root, "text", notice->text);
    json_line_text(&line, line.root, "file", notice->file);
    if (notice->offset > 0) {
        json_line_count(&line, line.root, "offset", notice->offset);
    }
    if (notice->skipped_bytes > 0) {
        json_line_count(&line, line.root, "skipped_bytes", notice->skipped_bytes);
    }
    if (notice->packet > 0) {
        json_line_count(&line, line.root, "packet", notice->packet);
    }
    if (notice->time_us > 0) {
        json_line_capture_time(&line, line.root, "time", notice->time_us);
    }
    json_line_end(&line, out);
}

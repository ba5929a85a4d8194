/* reports/json_call.c: the call record: what was agreed and sent in one call, and how it was
 * judged.
 */
#include <jansson.h>

#include "base/text.h"
#include "reports/json_line.h"
#include "reports/report.h"

static void put_address(struct json_line *line, json_t *object, const char *key,
                        const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    json_line_text(line, object, key, address_text(address, text));
}

static void put_legs(struct json_line *line, const struct call_sheet *sheet)
{
    json_t *legs = sheet->leg_count > 0 ? json_line_array(line, line->root, "legs") : NULL;
    for (uint32_t i = 0; i < sheet->leg_count; i++) {
        const struct sheet_leg *leg = &sheet->legs[i];
        json_t *object = json_line_object(line, legs, NULL);
        json_line_put(line, object, "flow", json_line_new_id('f', leg->flow));
        json_line_count(line, object, "hop", leg->hop);
        put_address(line, object, "caller", &leg->caller);
        put_address(line, object, "callee", &leg->callee);
        json_line_text(line, object, "protection", leg->opened ? "opened" : "clear");
    }
}

static void put_changes(struct json_line *line, json_t *object, const struct sheet_medium *medium)
{
    json_t *changes = medium->change_count > 0 ? json_line_array(line, object, "changes") : NULL;
    for (uint32_t i = 0; i < medium->change_count; i++) {
        const struct sheet_change *change = &medium->changes[i];
        json_t *one = json_line_object(line, changes, NULL);
        json_line_capture_time(line, one, "time", change->time_us);
        if (change->packet > 0) {
            json_line_count(line, one, "packet", change->packet);
        }
        json_line_text(line, one, change->what, change->now);
    }
}

static void put_flows(struct json_line *line, json_t *object, const struct sheet_medium *medium)
{
    const uint32_t room = sizeof medium->flows / sizeof medium->flows[0];
    json_t *flows = json_line_array(line, object, "flows");
    for (uint32_t i = 0; i < medium->flow_count && i < room; i++) {
        json_line_append(line, flows, json_line_new_id('f', medium->flows[i]));
    }
}

static void put_medium(struct json_line *line, json_t *media, const struct sheet_medium *medium)
{
    json_t *object = json_line_object(line, media, NULL);
    if (medium->has_section) {
        json_line_count(line, object, "section", medium->section);
    }
    json_line_text(line, object, "kind", medium->kind);
    if (medium->sent) {
        json_line_text(line, object, "from", medium->caller ? "caller" : "callee");
    }
    json_line_text(line, object, "offered", medium->offered);
    json_line_text(line, object, "answered", medium->answered);
    json_line_text(line, object, "applied", medium->sent ? medium->applied : "none");
    json_line_text(line, object, "rtcp", medium->rtcp);
    if (medium->sent) {
        uint64_t total_us = medium->last_us - medium->first_us;
        json_line_thousandths(line, object, "clear_seconds", (int64_t)(medium->clear_us / 1000));
        json_line_thousandths(line, object, "total_seconds", (int64_t)(total_us / 1000));
        put_flows(line, object, medium);
    }
    put_changes(line, object, medium);
}

void report_call(struct report_out *out, const char *sensor, const struct call_sheet *sheet,
                 const struct call_verdict *worst, const char *file)
{
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "call", sensor, file);
    json_line_put(&line, line.root, "id", json_line_new_id('c', sheet->id));
    json_t *ids = sheet->call_id_count > 0 ? json_line_array(&line, line.root, "call_ids") : NULL;
    for (uint32_t i = 0; i < sheet->call_id_count; i++) {
        bool cut = false;
        json_line_append(&line, ids, json_line_new_text(sheet->call_ids[i], &cut));
    }
    json_line_capture_time(&line, line.root, "start", sheet->start_us);
    json_line_capture_time(&line, line.root, "end", sheet->end_us);
    json_line_flag(&line, line.root, "ended", sheet->ended);
    put_legs(&line, sheet);
    json_t *media = json_line_array(&line, line.root, "media");
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        put_medium(&line, media, &sheet->media[i]);
    }
    json_line_text(&line, line.root, "verdict", verdict_name(worst->verdict));
    if (worst->row != NULL) {
        json_t *object = json_line_object(&line, line.root, "worst");
        json_line_text(&line, object, "row", worst->row);
        json_line_put(&line, object, "flow", json_line_new_id('f', worst->flow));
    }
    json_line_end(&line, out);
}

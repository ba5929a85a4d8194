/* reports/json_record.c: flow, coverage and notice records out of lines of JSON. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reports/json_read.h"
#include "reports/json_transport.h"

enum { ID_DIGITS = 16 };

/* "f:0123456789abcdef". */
static uint64_t read_id(struct json_read *in, const json_t *root)
{
    const json_t *value = json_read_member(in, root, "id", true);
    const char *text = json_read_text(in, value, "id");
    bool good = text != NULL && strlen(text) == 2 + ID_DIGITS && text[0] == 'f' && text[1] == ':' &&
                strspn(text + 2, "0123456789abcdef") == ID_DIGITS;
    if (!good) {
        json_read_fault(in, value, "id", "f: and 16 hexadecimal digits");
    }
    return good ? strtoull(text + 2, NULL, 16) : 0;
}

static void read_end(struct json_read *in, const json_t *root, const char *key,
                     struct flow_end *ret_end)
{
    const json_t *end = json_read_member(in, root, key, true);
    const json_t *ip = json_read_member(in, end, "ip", true);
    const char *text = json_read_text(in, ip, "ip");
    if (text != NULL && !address_parse(text, (uint32_t)strlen(text), &ret_end->address)) {
        json_read_fault(in, ip, "ip", "an IP address");
    }
    ret_end->port = (uint16_t)json_read_count(in, json_object_get(end, "port"), "port", UINT16_MAX);
}

static void read_per_side(struct json_read *in, const json_t *root, const char *key,
                          uint64_t ret_per_side[2])
{
    const json_t *object = json_read_member(in, root, key, true);
    ret_per_side[0] = json_read_count(in, json_object_get(object, "client"), key, INT64_MAX);
    ret_per_side[1] = json_read_count(in, json_object_get(object, "server"), key, INT64_MAX);
}

static uint64_t read_capture_time(struct json_read *in, const json_t *root, const char *key,
                                  bool needed)
{
    const json_t *value = json_read_member(in, root, key, needed);
    int64_t us = json_read_time(in, value, key);
    if (us < 0) {
        json_read_fault(in, value, key, "a time after 1970");
    }
    return us < 0 ? 0 : (uint64_t)us;
}

static void read_transport(struct json_read *in, const json_t *root, struct flow_record *flow)
{
    const json_t *value = json_read_member(in, root, "transport", true);
    const char *text = json_read_text(in, value, "transport");
    if (text == NULL || !json_transport_read(text, &flow->l4)) {
        json_read_fault(in, value, "transport", "tcp, udp or the like");
    }
    const json_t *vlans = json_object_get(root, "vlan");
    for (size_t i = 0; i < json_array_size(vlans) && i < FLOW_VLANS; i++) {
        flow->vlan[i] = (uint16_t)json_read_count(in, json_array_get(vlans, i), "vlan", UINT16_MAX);
        flow->vlan_count++;
    }
}

static void read_seen(struct json_read *in, const json_t *root, struct flow_record *flow)
{
    const json_t *seen = json_read_member(in, root, "seen", true);
    const json_t *value = json_read_member(in, seen, "directions", true);
    const char *directions = json_read_text(in, value, "seen.directions");
    flow->both_directions = directions != NULL && strcmp(directions, "both") == 0;
    if (directions != NULL && !flow->both_directions && strcmp(directions, "client") != 0 &&
        strcmp(directions, "server") != 0) {
        json_read_fault(in, value, "seen.directions", "both, client or server");
    }
    struct {
        const char *key;
        bool *ret;
    } flags[] = {
        { "start", &flow->start_seen }, { "end", &flow->end_seen },
        { "talked", &flow->talked },    { "evicted", &flow->evicted },
        { "open", &flow->open },        { "lost_nearby", &flow->lost_nearby },
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        *flags[i].ret = json_read_flag(in, json_object_get(seen, flags[i].key), flags[i].key);
    }
    struct {
        const char *key;
        uint32_t *ret;
    } counts[] = {
        { "cut_packets", &flow->cut_packets },
        { "duplicates", &flow->duplicates },
        { "conflicts", &flow->conflicts },
        { "facts_dropped", &flow->facts->dropped },
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        *counts[i].ret = (uint32_t)json_read_count(in, json_object_get(seen, counts[i].key),
                                                   counts[i].key, UINT32_MAX);
    }
    flow->missing_bytes =
        json_read_count(in, json_object_get(seen, "missing_bytes"), "missing_bytes", INT64_MAX);
    if (json_is_true(json_object_get(root, "cut")) && flow->facts->dropped == 0) {
        flow->facts->dropped = 1; /* the line was too long: absence proves nothing */
    }
}

static const char *needed_text(struct json_read *in, const json_t *root, const char *key)
{
    const char *text = json_read_text(in, json_read_member(in, root, key, true), key);
    return text == NULL ? "" : text;
}

static void read_certificates(struct json_read *in, const json_t *root,
                              struct certificates *certificates)
{
    json_t *object = json_object_get(root, "certificates");
    const char *sha256;
    json_t *value;
    if (object != NULL && !json_is_object(object)) {
        json_read_fault(in, object, "certificates", "an object");
    }
    json_object_foreach(object, sha256, value)
    {
        const char *text = json_read_text(in, value, "certificates");
        if (text != NULL && !certificates_add_text(certificates, text)) {
            json_read_fault(in, NULL, "certificates", "base64");
        }
    }
}

static enum ov_status read_flow(struct json_read *in, struct certificates *certificates,
                                struct record *record)
{
    const json_t *root = record->json;
    struct flow_record *flow = &record->flow;
    flow->facts = &record->facts;
    flow->id = read_id(in, root);
    read_end(in, root, "client", &flow->side[0]);
    read_end(in, root, "server", &flow->side[1]);
    flow->initiator_by = needed_text(in, root, "initiator_by");
    flow->start_us = read_capture_time(in, root, "start", true);
    flow->end_us = read_capture_time(in, root, "end", true);
    read_per_side(in, root, "packets", flow->packets);
    read_per_side(in, root, "bytes", flow->bytes);
    flow->packet_first =
        json_read_count(in, json_object_get(root, "packet_first"), "packet_first", INT64_MAX);
    flow->packet_last =
        json_read_count(in, json_object_get(root, "packet_last"), "packet_last", INT64_MAX);
    read_transport(in, root, flow);
    read_seen(in, root, flow);
    flow->app = needed_text(in, root, "app");
    flow->app_by = json_read_text(in, json_object_get(root, "app_by"), "app_by");
    record->file = json_read_text(in, json_object_get(root, "file"), "file");
    read_certificates(in, root, certificates);
    return in->bad ? OV_SYNTAX : json_read_facts(in, root, flow, &record->facts);
}

static enum ov_status read_coverage(struct json_read *in, struct record *record)
{
    const json_t *root = record->json;
    struct record_totals *totals = &record->totals;
    uint64_t *counted = totals->counters.value;
    counted[COUNT_PACKETS] =
        json_read_count(in, json_read_member(in, root, "packets", true), "packets", INT64_MAX);
    counted[COUNT_BYTES] =
        json_read_count(in, json_read_member(in, root, "bytes", true), "bytes", INT64_MAX);
    const json_t *others = json_read_member(in, root, "not_decoded", true);
    for (unsigned i = 0; i < COUNT_KINDS; i++) {
        const char *name = counter_name((enum capture_counter)i);
        const json_t *value = json_object_get(others, name);
        counted[i] = value != NULL ? json_read_count(in, value, name, INT64_MAX) : counted[i];
    }
    const json_t *drops = json_object_get(root, "drops");
    totals->live = drops != NULL;
    totals->drops.kernel =
        json_read_count(in, json_object_get(drops, "kernel"), "drops.kernel", INT64_MAX);
    totals->drops.interface =
        json_read_count(in, json_object_get(drops, "interface"), "drops.interface", INT64_MAX);
    totals->first_us = read_capture_time(in, root, "start", false);
    totals->last_us = read_capture_time(in, root, "end", false);
    return in->bad ? OV_SYNTAX : OV_OK;
}

/* Later versions may mean other things by the same names. */
static void check_version(struct json_read *in, const json_t *root)
{
    const json_t *version = json_read_member(in, root, "v", true);
    if (json_integer_value(version) != 1) {
        json_read_fault(in, version, "v", "1");
    }
}

static enum ov_status read_record(struct json_read *in, struct certificates *certificates,
                                  struct record *record)
{
    const char *type = needed_text(in, record->json, "type");
    check_version(in, record->json);
    if (in->bad) {
        return OV_SYNTAX;
    }
    if (strcmp(type, "flow") == 0) {
        record->kind = RECORD_FLOW;
        return read_flow(in, certificates, record);
    }
    if (strcmp(type, "coverage") == 0) {
        record->kind = RECORD_COVERAGE;
        return read_coverage(in, record);
    }
    record->kind = strcmp(type, "notice") == 0 ? RECORD_NOTICE : RECORD_OTHER;
    return OV_OK;
}

enum ov_status records_take(json_t *json, struct certificates *certificates,
                            struct record *ret_record)
{
    *ret_record = (struct record){ .json = json };
    struct json_read in = { .why = ret_record->why };
    enum ov_status status = OV_SYNTAX;
    if (json_is_object(json)) {
        status = read_record(&in, certificates, ret_record);
        status = in.bad ? OV_SYNTAX : status;
    } else {
        json_read_fault(&in, json, "a line", "a record");
    }
    if (status != OV_OK) {
        facts_done(&ret_record->facts);
        json_decref(ret_record->json);
        ret_record->json = NULL;
    }
    return status;
}

enum ov_status records_read(const char *line, size_t size, struct certificates *certificates,
                            struct record *ret_record)
{
    json_error_t error;
    json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    *ret_record = (struct record){ 0 };
    if (json == NULL && json_error_code(&error) == json_error_out_of_memory) {
        return OV_NOMEM;
    }
    if (json == NULL) {
        struct text t = text_into(ret_record->why, sizeof ret_record->why);
        text_put(&t, "found a fault of JSON (");
        text_put_escaped(&t, error.text, strlen(error.text));
        text_put(&t, "), expected a record");
        return OV_SYNTAX;
    }
    return records_take(json, certificates, ret_record);
}

void records_done(struct record *record)
{
    facts_done(&record->facts);
    json_decref(record->json);
    *record = (struct record){ 0 };
}

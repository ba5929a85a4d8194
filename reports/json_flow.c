/* reports/json_flow.c: the flow record of design output contract section 3: facts, no judgement. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/digest.h"
#include "reports/json_facts.h"
#include "reports/json_line.h"
#include "reports/json_party.h"
#include "reports/json_transport.h"
#include "reports/report.h"

static bool has_ports(uint8_t l4)
{
    return l4 == IPPROTO_TCP || l4 == IPPROTO_UDP || l4 == IPPROTO_SCTP;
}

static void put_vlans(struct json_line *line, const struct flow_record *record)
{
    json_t *array = record->vlan_count > 0 ? json_line_array(line, line->root, "vlan") : NULL;
    for (uint8_t i = 0; i < record->vlan_count; i++) {
        json_line_append(line, array, json_integer(record->vlan[i]));
    }
}

static bool has_hop(const struct tunnel_path *path, uint32_t hop, const char *text)
{
    char buffer[TUNNEL_TEXT_SIZE];
    return path != NULL && hop < path->count && strcmp(tunnel_text(path, hop, buffer), text) == 0;
}

/* Outer first; where the two directions differ (each has its own GTP tunnel) first those of side 0,
 * then what else side 1 came through. */
static void put_tunnels(struct json_line *line, const struct flow_record *record)
{
    json_t *array = NULL;
    for (unsigned side = 0; side < 2; side++) {
        const struct tunnel_path *path = record->tunnel[side];
        for (uint32_t hop = 0; path != NULL && hop < path->count; hop++) {
            char text[TUNNEL_TEXT_SIZE];
            (void)tunnel_text(path, hop, text);
            if (side == 1 && has_hop(record->tunnel[0], hop, text)) {
                continue;
            }
            array = array != NULL ? array : json_line_array(line, line->root, "tunnel");
            json_line_append(line, array, json_string(text));
        }
    }
}

static void put_identity(struct json_line *line, const struct flow_record *record)
{
    char community[COMMUNITY_ID_SIZE];
    json_line_put(line, line->root, "id", json_line_new_id('f', record->id));
    digest_community_id(record, community);
    json_line_text(line, line->root, "community_id", community);
    json_line_capture_time(line, line->root, "start", record->start_us);
    json_line_capture_time(line, line->root, "end", record->end_us);
    char transport[JSON_TRANSPORT_SIZE];
    json_line_text(line, line->root, "transport", json_transport_text(record->l4, transport));
    put_vlans(line, record);
    put_tunnels(line, record);
}

static void put_ends(struct json_line *line, const struct flow_record *record,
                     const struct judgement *judgement)
{
    const struct flow_end *client = &record->side[record->client];
    const struct flow_end *server = &record->side[flow_server(record)];
    bool ports = has_ports(record->l4);
    json_party_put(line, "client", client, ports || client->port != 0,
                   judgement != NULL ? &judgement->client : NULL);
    json_party_put(line, "server", server, ports || server->port != 0,
                   judgement != NULL ? &judgement->server : NULL);
    json_line_text(line, line->root, "initiator_by", record->initiator_by);
}

static void put_per_side(struct json_line *line, const char *key, const uint64_t per_side[2],
                         uint8_t client)
{
    json_t *object = json_line_object(line, line->root, key);
    json_line_count(line, object, "client", per_side[client]);
    json_line_count(line, object, "server", per_side[1 - client]);
}

static const char *directions(const struct flow_record *record)
{
    if (record->both_directions) {
        return "both";
    }
    uint8_t seen = record->packets[0] > 0 ? 0 : 1;
    return seen == record->client ? "client" : "server";
}

static void put_seen(struct json_line *line, const struct flow_record *record)
{
    json_t *seen = json_line_object(line, line->root, "seen");
    json_line_text(line, seen, "directions", directions(record));
    json_line_flag(line, seen, "start", record->start_seen);
    json_line_flag(line, seen, "end", record->end_seen);
    json_line_count(line, seen, "missing_bytes", record->missing_bytes);
    json_line_count(line, seen, "cut_packets", record->cut_packets);
    json_line_count(line, seen, "duplicates", record->duplicates);
    if (record->conflicts > 0) {
        json_line_count(line, seen, "conflicts", record->conflicts);
    }
    const struct {
        const char *name;
        bool value;
    } flags[] = {
        { "lost_nearby", record->lost_nearby },
        { "talked", record->talked },
        { "evicted", record->evicted },
        { "open", record->open },
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].value) {
            json_line_flag(line, seen, flags[i].name, true);
        }
    }
    if (record->facts->dropped > 0) {
        json_line_count(line, seen, "facts_dropped", record->facts->dropped);
    }
    json_line_count(line, line->root, "packet_first", record->packet_first);
    json_line_count(line, line->root, "packet_last", record->packet_last);
}

static void put_assessments(struct json_line *line, const struct judgement *judgement)
{
    json_t *array = json_line_array(line, line->root, "assessments");
    for (uint32_t i = 0; i < judgement->count; i++) {
        const struct assessment *a = &judgement->assessments[i];
        json_t *object = json_line_object(line, array, NULL);
        json_line_text(line, object, "row", a->row->id);
        json_line_text(line, object, "verdict", verdict_name(a->verdict));
        json_line_text(line, object, "evidence", evidence_name(a->evidence));
    }
}

/* The bytes of certificates that no record had yet: another trust set may want them. */
static void put_certificates(struct json_line *line, const struct facts *facts,
                             const struct certificates *certificates)
{
    static const enum observation_kind kinds[] = { OBS_SERVER_CERT_SHA256, OBS_CLIENT_CERT_SHA256 };
    json_t *object = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (const struct fact *f = NULL; (f = facts_next(facts, kinds[i], f)) != NULL;) {
            char *text = NULL;
            if (certificates_untold(certificates, facts_text(facts, f), &text)) {
                object =
                    object != NULL ? object : json_line_object(line, line->root, "certificates");
                json_line_put(line, object, facts_text(facts, f), json_string(text));
                free(text);
            }
        }
    }
}

void report_flow(struct report_out *out, const char *sensor, const struct report_judged *judged,
                 const char *file)
{
    const struct flow_record *record = judged->record;
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "flow", sensor, file);
    put_identity(&line, record);
    put_ends(&line, record, judged->judgement);
    put_per_side(&line, "packets", record->packets, record->client);
    put_per_side(&line, "bytes", record->bytes, record->client);
    put_seen(&line, record);
    json_line_text(&line, line.root, "app", record->app);
    json_line_text(&line, line.root, "app_by", record->app_by);
    json_facts_put(&line, record);
    if (judged->certificates != NULL) {
        put_certificates(&line, record->facts, judged->certificates);
    }
    if (judged->judgement != NULL) {
        put_assessments(&line, judged->judgement);
    }
    json_line_end(&line, out);
}

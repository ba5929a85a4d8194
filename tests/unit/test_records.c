/* tests/unit/test_records.c: flow records are read as they were written, and hostile ones refused.
 */
#include <netinet/in.h>
#include <string.h>

#include "reports/records.h"
#include "tests/check.h"
#include "tests/unit/fake_rules.h"
#include "tests/unit/json_capture.h"

static struct certificates *certificates;

static void put_at(struct facts *facts, enum observation_kind kind, unsigned index, unsigned sub,
                   const char *text, uint64_t value)
{
    struct observation obs = { .kind = kind, .index = (uint16_t)index, .sub = (uint16_t)sub };
    obs.text = text;
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    obs.value = value;
    obs.from = (uint8_t)(facts->count % 2);
    obs.packet = 10 + facts->count;
    obs.time_us = 1793610843120331 + facts->count;
    facts_put(facts, &obs);
}

/* Client on side 1; facts of all shapes, with holes in arrays and out of their order. */
static struct flow_record example(struct facts *facts)
{
    *facts = (struct facts){ 0 };
    put_at(facts, OBS_SERVER_CERT_SAN, 2, 0, "b\\x0a.contoso.com", 0);
    put_at(facts, OBS_SERVER_CERT_SAN, 2, 0, "a.contoso.com", 0);
    put_at(facts, OBS_SERVER_CERT_NOT_BEFORE, 0, 0, NULL, (uint64_t)-62167219200 * 1000000);
    put_at(facts, OBS_SERVER_CERT_NOT_AFTER, 0, 0, NULL, (uint64_t)INT64_C(951827696123456));
    put_at(facts, OBS_TLS_ALERT_FROM, 1, 0, NULL, 1);
    put_at(facts, OBS_TLS_ALERT_FROM, 0, 0, NULL, 0);
    put_at(facts, OBS_MEDIA_GROUND_SCORE, 1, 3, NULL, (uint64_t)-3250);
    put_at(facts, OBS_MEDIA_GROUND_SCORE, 0, 0, NULL, 7001);
    put_at(facts, OBS_SIP_METHOD, 0, 0, "INVITE", 3);
    put_at(facts, OBS_SIP_METHOD, 0, 0, "BYE", 1);
    put_at(facts, OBS_TLS_ESTABLISHED, 0, 0, NULL, 1);
    put_at(facts, OBS_TLS_SNI, 0, 0, "caf\xc3\xa9", 0);
    put_at(facts, OBS_SIP_CALLS, 0, 0, NULL, 12);
    facts->dropped = 2;
    return (struct flow_record){
        .id = 0x1a2b3c4d5e6f7081,
        .side = { { fake_ipv4(66, 35, 250, 204), 80 }, { fake_ipv4(128, 232, 110, 120), 34855 } },
        .client = 1,
        .initiator_by = "syn",
        .l4 = IPPROTO_TCP,
        .start_us = 1793610843120331,
        .end_us = 1793610849871200,
        .packets = { 12, 14 },
        .bytes = { 5120, 4211 },
        .packet_first = 12,
        .packet_last = 99,
        .vlan = { 12 },
        .vlan_count = 1,
        .both_directions = true,
        .start_seen = true,
        .talked = true,
        .open = true,
        .cut_packets = 3,
        .conflicts = 4,
        .app = "tls",
        .app_by = "content",
        .facts = facts,
    };
}

static enum ov_status read_line(const char *line, size_t size, struct record *ret_record)
{
    /* of exactly its size, for the sanitizer */
    char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        exit(EXIT_FAILURE);
    }
    memcpy(copy, line, size);
    enum ov_status status = records_read(copy, size, certificates, ret_record);
    free(copy);
    return status;
}

static void write_example(struct capture *c)
{
    struct facts facts;
    struct flow_record record = example(&facts);
    capture_open(c);
    report_flow(&c->out, "lab1", &(struct report_judged){ &record, NULL, NULL }, "a.pcap");
    capture_text(c);
    facts_done(&facts);
}

static bool is_same_fact(const struct facts *a, uint32_t i, const struct facts *b)
{
    const struct fact *x = &a->items[i], *y = &b->items[i];
    bool side = observation_word((enum observation_kind)x->kind)->shape == SHAPE_SIDE;
    return x->kind == y->kind && x->index == y->index && x->sub == y->sub &&
           x->packet == y->packet && x->time_us == y->time_us && (x->from & 1) == 1 - y->from &&
           (side ? x->value == 1 - y->value : x->value == y->value) &&
           strcmp(facts_text(a, x), facts_text(b, y)) == 0;
}

static void what_was_written_is_read_the_same(void)
{
    struct capture c;
    struct facts facts;
    struct record record;
    struct flow_record wrote = example(&facts);
    write_example(&c);
    CHECK_EQ(read_line(c.text, c.size, &record), OV_OK);
    CHECK_EQ(record.kind, RECORD_FLOW);
    CHECK_EQ(record.flow.id, wrote.id);
    CHECK_EQ(record.flow.client, 0);
    CHECK_EQ(record.flow.side[0].port, 34855);
    CHECK(address_equal(&record.flow.side[1].address, &wrote.side[0].address));
    CHECK_EQ(record.flow.start_us, wrote.start_us);
    CHECK_EQ(record.flow.end_us, wrote.end_us);
    CHECK_EQ(record.flow.packets[0], 14);
    CHECK_EQ(record.flow.vlan[0], 12);
    CHECK_EQ(record.flow.cut_packets, 3);
    CHECK_EQ(record.flow.conflicts, 4);
    CHECK(record.flow.open && record.flow.talked && !record.flow.evicted && !record.flow.end_seen);
    CHECK(strcmp(record.file, "a.pcap") == 0);
    CHECK_EQ(record.facts.dropped, 2);
    CHECK_EQ(record.facts.count, facts.count);
    for (uint32_t i = 0; i < facts.count && i < record.facts.count; i++) {
        check_true(is_same_fact(&facts, i, &record.facts), CHECK_PLACE, __func__,
                   observation_word((enum observation_kind)facts.items[i].kind)->path);
    }
    records_done(&record);
    facts_done(&facts);
    capture_done(&c);
}

/* The example with one text of it replaced: why it is refused. */
static void expect_fault(const char *from, const char *to, const char *want)
{
    struct capture c;
    struct record record;
    char line[8192];
    write_example(&c);
    const char *at = strstr(c.text, from);
    CHECK(at != NULL);
    if (at != NULL) {
        (void)snprintf(line, sizeof line, "%.*s%s%s", (int)(at - c.text), c.text, to,
                       at + strlen(from));
        CHECK_EQ(read_line(line, strlen(line), &record), OV_SYNTAX);
        check_true(strcmp(record.why, want) == 0, want, __func__, record.why);
        records_done(&record);
    }
    capture_done(&c);
}

static void faults_are_told_with_what_was_found_and_what_was_expected(void)
{
    expect_fault("\"v\":1", "\"v\":2", "found 2, expected 1 as v");
    expect_fault("34855", "65536", "found 65536, expected a whole number from 0 to 65535 as port");
    expect_fault("34855", "-1", "found -1, expected a whole number from 0 to 65535 as port");
    expect_fault("128.232.110.120", "128.232.110",
                 "found '128.232.110', expected an IP address as ip");
    expect_fault("f:1a2b", "f:1A2b",
                 "found 'f:1A2b3c4d5e6f7081', expected f: and 16 hexadecimal digits as id");
    expect_fault("\"directions\":\"both\"", "\"directions\":\"all\"",
                 "found 'all', expected both, client or server as seen.directions");
    expect_fault("\"tcp\"", "\"ip-proto-006\"",
                 "found 'ip-proto-006', expected tcp, udp or the like as transport");
    expect_fault("\"start\":\"2026-11-02", "\"start\":\"2026-13-02",
                 "found '2026-13-02T09:14:03.120331Z', expected a time such as "
                 "2026-11-02T09:14:03.120331Z as start");
    expect_fault("\"established\":true", "\"established\":1",
                 "found 1, expected true or false as tls.established");
    expect_fault("\"calls\":12", "\"calls\":\"\\u001b[31m\"",
                 "found '\\x1b[31m', expected a count as sip.calls");
    expect_fault("\"sip\":{", "\"sip\":7,\"sop\":{", "found 7, expected an object as sip");
    expect_fault("{\"type\":\"flow\"", "[]{\"type\":\"flow\"",
                 "found a fault of JSON (end of file expected near '{'), expected a record");
}

static void counts_that_no_flow_can_have_are_refused(void)
{
    static char line[64 * 1024];
    struct record record;
    struct capture c;
    write_example(&c);
    const char *at = strstr(c.text, "\"INVITE\"");
    size_t used = (size_t)snprintf(line, sizeof line, "%.*s", (int)(at - c.text), c.text);
    for (unsigned i = 0; i <= FACTS_MAX; i++) {
        used += (size_t)snprintf(line + used, sizeof line - used, "\"M%u\":1,", i);
    }
    used += (size_t)snprintf(line + used, sizeof line - used, "%s", at);
    CHECK_EQ(read_line(line, used, &record), OV_SYNTAX);
    CHECK(strstr(record.why, "no more facts than a flow can have") != NULL);
    records_done(&record);
    capture_done(&c);
}

/* Whoever wrote less than there was has said so: what is not there proves nothing. */
static void a_shortened_record_has_lost_facts(void)
{
    struct record record;
    struct capture c;
    char line[8192];
    write_example(&c);
    const char *list = "\"b\\\\x0a.contoso.com\",", *dropped = ",\"facts_dropped\":2";
    const char *at = strstr(c.text, dropped), *name = strstr(c.text, list);
    CHECK(at != NULL && name != NULL && at < name);
    if (at != NULL && name != NULL) {
        (void)snprintf(line, sizeof line, "%.*s%.*s%s", (int)(at - c.text), c.text,
                       (int)(name - at - (ptrdiff_t)strlen(dropped)), at + strlen(dropped),
                       name + strlen(list));
        CHECK_EQ(read_line(line, strlen(line), &record), OV_OK);
        CHECK_EQ(record.facts.dropped, 1);
        CHECK_EQ(record.facts.items[0].packet, 0); /* runs that do not fit tell nothing */
        records_done(&record);
    }
    capture_done(&c);
}

static void trust_that_a_policy_found_is_left_to_the_next_one(void)
{
    struct capture c;
    struct facts facts;
    struct record record;
    for (unsigned by_dns = 0; by_dns < 2; by_dns++) {
        struct flow_record flow = example(&facts);
        put_at(&facts, OBS_TLS_SERVER_TRUST_STATUS, 0, 0, "untrusted", 0);
        put_at(&facts, OBS_TLS_SERVER_TRUST_NAME, 0, 0, "mismatch", 0);
        put_at(&facts, OBS_TLS_SERVER_TRUST_NAME_FROM, 0, 0, by_dns ? "dns" : "policy", 0);
        put_at(&facts, OBS_TLS_CLIENT_TRUST_NAMED, 0, 0, NULL, 1);
        capture_open(&c);
        report_flow(&c.out, "lab1", &(struct report_judged){ &flow, NULL, NULL }, NULL);
        capture_text(&c);
        CHECK_EQ(read_line(c.text, c.size, &record), OV_OK);
        CHECK(facts_find(&record.facts, OBS_TLS_SERVER_TRUST_STATUS) == NULL);
        CHECK(facts_find(&record.facts, OBS_TLS_CLIENT_TRUST_NAMED) == NULL);
        CHECK(facts_is(&record.facts, OBS_TLS_SERVER_TRUST_NAME, "mismatch") == (by_dns == 1));
        CHECK_EQ(record.facts.count, facts.count - (by_dns ? 2 : 4));
        records_done(&record);
        facts_done(&facts);
        capture_done(&c);
    }
}

static void every_cut_and_every_flipped_byte_stays_in_bounds(void)
{
    struct capture c;
    struct record record;
    unsigned refused = 0;
    write_example(&c);
    for (size_t size = 0; size + 1 < c.size; size++) { /* the line's end may be missing */
        enum ov_status status = read_line(c.text, size, &record);
        refused += status == OV_SYNTAX;
        records_done(&record);
    }
    CHECK_EQ(refused, c.size - 1);
    for (size_t i = 0; i < c.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            c.text[i] = (char)(c.text[i] ^ (1 << bit));
            (void)read_line(c.text, c.size, &record);
            records_done(&record);
            c.text[i] = (char)(c.text[i] ^ (1 << bit));
        }
    }
    fclose(c.out.file);
    free(c.text);
}

int main(void)
{
    if (certificates_new(4, &certificates) != OV_OK) {
        return EXIT_FAILURE;
    }
    what_was_written_is_read_the_same();
    faults_are_told_with_what_was_found_and_what_was_expected();
    counts_that_no_flow_can_have_are_refused();
    a_shortened_record_has_lost_facts();
    trust_that_a_policy_found_is_left_to_the_next_one();
    every_cut_and_every_flipped_byte_stays_in_bounds();
    certificates_free(certificates);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

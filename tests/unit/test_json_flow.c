/* tests/unit/test_json_flow.c: the flow record: exact text, hostile text, too much of it. */
#include <errno.h>
#include <netinet/in.h>

#include "reports/report.h"
#include "tests/check.h"
#include "tests/unit/fake_rules.h"
#include "tests/unit/json_capture.h"

/* jansson.h, which belongs to reports/ alone: the two functions it takes memory with. */
void json_set_alloc_funcs(void *(*take)(size_t), void (*give)(void *));

/* A TCP flow of the Community ID example, client on side 1. */
static struct flow_record example_record(struct facts *facts)
{
    *facts = (struct facts){ 0 };
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
        .both_directions = true,
        .start_seen = true,
        .end_seen = true,
        .app = "tls",
        .app_by = "content",
        .facts = facts,
    };
}

static void put_at(struct facts *facts, enum observation_kind kind, unsigned index, unsigned sub,
                   const char *text, uint64_t value)
{
    struct observation obs = { .kind = kind, .index = (uint16_t)index, .sub = (uint16_t)sub };
    obs.text = text;
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    obs.value = value;
    facts_put(facts, &obs);
}

static void put(struct facts *facts, enum observation_kind kind, const char *text, uint64_t value)
{
    put_at(facts, kind, 0, 0, text, value);
}

static struct judgement example_judgement(void)
{
    struct judgement judgement = { .count = 1 };
    judgement.client = (struct party){ "internal", "front_end", "policy", "fe01.contoso.com" };
    judgement.server = (struct party){ "perimeter", "edge_access", "policy", NULL };
    judgement.assessments[0] = (struct assessment){ .row = &fake_rows[0] };
    return judgement;
}

static void flow_has_every_member_in_the_order_of_the_contract(void)
{
    struct capture c;
    struct facts facts;
    struct flow_record record = example_record(&facts);
    struct judgement judgement = example_judgement();
    record.vlan[0] = 12;
    record.vlan_count = 1;
    static const struct tunnel_path paths[2] = {
        { .id = { 100, 7 }, .kind = { TUNNEL_MPLS, TUNNEL_GTP }, .has_id = 3, .count = 2 },
        { .id = { 100, 9 }, .kind = { TUNNEL_MPLS, TUNNEL_GTP }, .has_id = 3, .count = 2 },
    };
    record.tunnel[0] = &paths[0];
    record.tunnel[1] = &paths[1];
    put(&facts, OBS_TLS_CIPHER, "TLS_AES_128_GCM_SHA256", 0x1301);
    put(&facts, OBS_TLS_VERSION, "TLSv1.3", 0x304);
    put(&facts, OBS_TLS_OFFER_CIPHER, "TLS_AES_128_GCM_SHA256", 0);
    put(&facts, OBS_TLS_OFFER_CIPHER, "0x1305", 0);
    put(&facts, OBS_DPI_PROTOCOL, "TLS", 0);
    put(&facts, OBS_CARRIES_BY, "role", 0);
    put(&facts, OBS_CARRIES, "sip", 0);
    put(&facts, OBS_TLS_ESTABLISHED, NULL, 1);
    put(&facts, OBS_APP, "tls", 0);
    capture_open(&c);
    report_flow(&c.out, "lab1", &(struct report_judged){ &record, &judgement, NULL }, "a.pcap");
    capture_expect(
        &c,
        "{\"type\":\"flow\",\"v\":1,\"sensor\":\"lab1\",\"file\":\"a.pcap\","
        "\"id\":\"f:1a2b3c4d5e6f7081\",\"community_id\":\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\","
        "\"start\":\"2026-11-02T09:14:03.120331Z\",\"end\":\"2026-11-02T09:14:09.871200Z\","
        "\"transport\":\"tcp\",\"vlan\":[12],\"tunnel\":[\"mpls:100\",\"gtp:7\",\"gtp:9\"],"
        "\"client\":{\"ip\":\"128.232.110.120\",\"port\":34855,\"zone\":\"internal\","
        "\"role\":\"front_end\",\"role_by\":\"policy\",\"name\":\"fe01.contoso.com\"},"
        "\"server\":{\"ip\":\"66.35.250.204\",\"port\":80,\"zone\":\"perimeter\","
        "\"role\":\"edge_access\",\"role_by\":\"policy\"},"
        "\"initiator_by\":\"syn\",\"packets\":{\"client\":14,\"server\":12},"
        "\"bytes\":{\"client\":4211,\"server\":5120},"
        "\"seen\":{\"directions\":\"both\",\"start\":true,\"end\":true,\"missing_bytes\":0,"
        "\"cut_packets\":0,\"duplicates\":0},\"packet_first\":12,\"packet_last\":99,"
        "\"app\":\"tls\",\"app_by\":\"content\",\"carries\":\"sip\",\"carries_by\":\"role\","
        "\"dpi\":{\"protocol\":\"TLS\"},\"tls\":{\"version\":\"TLSv1.3\","
        "\"cipher\":\"TLS_AES_128_GCM_SHA256\","
        "\"offer\":{\"ciphers\":[\"TLS_AES_128_GCM_SHA256\",\"0x1305\"]},\"established\":true},"
        "\"assessments\":[{\"row\":\"TT-01\",\"verdict\":\"compliant\",\"evidence\":\"proven\"}]}"
        "\n",
        __func__);
    facts_done(&facts);
}

/* The line of one record with its facts, from the member named `from` on. */
static void expect_facts(struct flow_record *record, const char *from, const char *want,
                         const char *test)
{
    struct capture c;
    capture_open(&c);
    report_flow(&c.out, "lab1", &(struct report_judged){ record, NULL, NULL }, NULL);
    const char *got = strstr(capture_text(&c), from);
    if (got == NULL || strcmp(got, want) != 0) {
        fprintf(stderr, "%s:\n got %s\nwant %s\n", test, c.text, want);
        check_failures++;
    }
    capture_done(&c);
    facts_done(record->facts);
}

static void arrays_are_in_order_and_leave_holes_out(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    put_at(&facts, OBS_TLS_ALERT_NAME, 7, 0, "close_notify", 0);
    put_at(&facts, OBS_TLS_ALERT_NAME, 2, 0, "handshake_failure", 40);
    put_at(&facts, OBS_TLS_ALERT_FROM, 2, 0, NULL, 1);
    put_at(&facts, OBS_TLS_ALERT_FROM, 7, 0, NULL, 0);
    put_at(&facts, OBS_SERVER_CERT_KEY_BITS, 1, 0, NULL, 2048);
    put_at(&facts, OBS_SERVER_CERT_KEY_TYPE, 0, 0, "EC", 0);
    put_at(&facts, OBS_SERVER_CERT_KEY_TYPE, 1, 0, "RSA", 0);
    put_at(&facts, OBS_SERVER_CERT_SAN, 0, 0, "b.contoso.com", 0);
    put_at(&facts, OBS_SERVER_CERT_SAN, 0, 0, "a.contoso.com", 0);
    put_at(&facts, OBS_SERVER_CERT_NOT_BEFORE, 0, 0, NULL, (uint64_t)-1000000);
    expect_facts(
        &record, "\"tls\":{",
        "\"tls\":{\"server_chain\":[{\"san\":[\"b.contoso.com\",\"a.contoso.com\"],"
        "\"not_before\":\"1969-12-31T23:59:59.000000Z\",\"key\":{\"type\":\"EC\"}},"
        "{\"key\":{\"type\":\"RSA\",\"bits\":2048}}],"
        "\"alerts\":[{\"from\":\"client\",\"name\":\"handshake_failure\"},"
        "{\"from\":\"server\",\"name\":\"close_notify\"}]},\"evidence\":{\"facts\":"
        "[[10,-12,-1793610843120331,1]],\"order\":[2,3,1,0,7,8,9,5,6,4],\"members\":[[2,0],"
        "[7,0],[2,0],[7,0],[0,0],[0,0],[0,0],[0,0],[1,0],[1,0]]}}\n",
        __func__);
}

static void grounds_nest_in_their_stream(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    record.l4 = IPPROTO_UDP;
    record.app = "rtp";
    for (unsigned stream = 2; stream-- > 0;) {
        put_at(&facts, OBS_MEDIA_GROUND_SCORE, stream, 3, NULL, (uint64_t)-3250);
        put_at(&facts, OBS_MEDIA_GROUND_SCORE, stream, 1, NULL, 7000);
        put_at(&facts, OBS_MEDIA_GROUND_TEST, stream, 1, "padding", 0);
        put_at(&facts, OBS_MEDIA_SSRC, stream, 0, stream == 0 ? "0x00000001" : "0x00000002", 0);
        put_at(&facts, OBS_MEDIA_CONFIDENTIAL, stream, 0, NULL, stream);
    }
    put_at(&facts, OBS_MEDIA_RTCP_GROUND_TEST, 1, 0, "cname", 0);
    put_at(&facts, OBS_MEDIA_RTCP_GROUND_TEST, 0, 0, "length", 0);
    put(&facts, OBS_TLS_VERSION, "DTLSv1.2", 0);
    expect_facts(
        &record, "\"dtls\":{",
        "\"dtls\":{\"version\":\"DTLSv1.2\"},\"media\":{\"streams\":["
        "{\"ssrc\":\"0x00000001\",\"confidential\":false,\"grounds\":[{\"test\":\"padding\","
        "\"score\":7},{\"score\":-3.25}]},"
        "{\"ssrc\":\"0x00000002\",\"confidential\":true,\"grounds\":[{\"test\":\"padding\","
        "\"score\":7},{\"score\":-3.25}]}],"
        "\"rtcp\":{\"grounds\":[{\"test\":\"length\"},{\"test\":\"cname\"}]}},"
        "\"evidence\":{\"facts\":[[13,-12,-1793610843120331,1]],\"order\":[12,8,3,9,4,7,2,6,5,1,0,"
        "11,10],\"members\":[[0,0],[0,0],[1,0],[0,0],[1,0],[0,1],[1,1],[0,1],[0,3],[1,1],[1,3],[0,"
        "0],"
        "[1,0]]}}\n",
        __func__);
}

static void counts_are_summed_under_their_names(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    record.app = "sip";
    put(&facts, OBS_SIP_METHOD, "INVITE", 0);
    put(&facts, OBS_SIP_RESPONSE, "200", 4);
    put(&facts, OBS_SIP_METHOD, "BYE", 1);
    put(&facts, OBS_SIP_METHOD, "INVITE", 2);
    put(&facts, OBS_MALFORMED, "sip", 0);
    put(&facts, OBS_SIP_CALLS, NULL, UINT64_MAX);
    expect_facts(&record, "\"malformed\":",
                 "\"malformed\":{\"sip\":1},\"sip\":{\"methods\":{\"INVITE\":3,\"BYE\":1},"
                 "\"responses\":{\"200\":4},\"calls\":9223372036854775807}}\n",
                 __func__);
}

static void hostile_text_cannot_leave_its_string(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    put(&facts, OBS_TLS_SNI, "a\",\"b\":\n\x1b[31m\\\xff\xc3\xa9\xc2\x85\x7f", 0);
    put(&facts, OBS_TLS_ALPN, "", 0);
    expect_facts(&record, "\"tls\":{",
                 "\"tls\":{\"sni\":\"a\\\",\\\"b\\\":\\\\x0a\\\\x1b[31m\\\\\\\\xff\xc3\xa9"
                 "\\\\xc2\\\\x85\\\\x7f\",\"alpn\":\"\"}}\n",
                 __func__);
}

static void cut_text_says_so_once_beside_it(void)
{
    char name[OBSERVATION_TEXT_MAX + 2], want[OBSERVATION_TEXT_MAX + 64];
    struct facts facts;
    struct flow_record record = example_record(&facts);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    put(&facts, OBS_HTTP_HOST, name, 0);
    name[0] = 'b';
    put(&facts, OBS_HTTP_HOST, name, 0);
    put(&facts, OBS_HTTP_REQUESTS, NULL, 2);
    name[OBSERVATION_TEXT_MAX] = '\0';
    snprintf(want, sizeof want, "%s\"],\"cut\":true}}\n", name);
    expect_facts(&record, name, want, __func__);
}

static void one_direction_names_the_side_that_was_seen(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    record.both_directions = false;
    record.packets[1] = 0;
    record.app_by = NULL;
    record.app = "unknown";
    expect_facts(&record, "\"directions\":",
                 "\"directions\":\"server\",\"start\":true,\"end\":true,\"missing_bytes\":0,"
                 "\"cut_packets\":0,\"duplicates\":0},\"packet_first\":12,\"packet_last\":99,"
                 "\"app\":\"unknown\"}\n",
                 __func__);
}

static void protocols_without_ports_print_none(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    struct capture c;
    record.l4 = 89;
    record.side[0].port = record.side[1].port = 0;
    capture_open(&c);
    report_flow(&c.out, "lab1", &(struct report_judged){ &record, NULL, NULL }, NULL);
    CHECK(strstr(capture_text(&c), "\"transport\":\"ip-proto-89\"") != NULL);
    CHECK(strstr(capture_text(&c), "\"port\"") == NULL);
    capture_done(&c);
    record.l4 = IPPROTO_UDP;
    capture_open(&c);
    report_flow(&c.out, "lab1", &(struct report_judged){ &record, NULL, NULL }, NULL);
    CHECK(strstr(capture_text(&c), "\"port\":0") != NULL);
    capture_done(&c);
}

static void times_out_of_range_stay_rfc_3339(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    struct capture c;
    record.start_us = 0;
    record.end_us = UINT64_MAX;
    put(&facts, OBS_MEDIA_FIRST, NULL, (uint64_t)INT64_MIN);
    capture_open(&c);
    report_flow(&c.out, "lab1", &(struct report_judged){ &record, NULL, NULL }, NULL);
    const char *line = capture_text(&c);
    CHECK(strstr(line, "\"start\":\"1970-01-01T00:00:00.000000Z\"") != NULL);
    CHECK(strstr(line, "\"end\":\"9999-12-31T23:59:59.775807Z\"") != NULL);
    CHECK(strstr(line, "\"first\":\"0000-01-01T00:00:00.") != NULL);
    capture_done(&c);
    facts_done(&facts);
}

/* Every word of the list that is kept, once: its last segment is a member of the record. */
static void every_word_of_the_list_is_printed(void)
{
    for (unsigned kind = 0; kind < OBS_COUNT; kind++) {
        const struct observation_word *word = observation_word((enum observation_kind)kind);
        struct facts facts;
        struct flow_record record = example_record(&facts);
        struct capture c;
        put_at(&facts, (enum observation_kind)kind, 3, 2, "word", 1);
        CHECK_EQ(facts.count, word->shape != SHAPE_EVENT);
        report_flow((capture_open(&c), &c.out), "lab1",
                    &(struct report_judged){ &record, NULL, NULL }, NULL);
        const char *dot = strrchr(word->path, '.');
        char member[64];
        snprintf(member, sizeof member, "\"%s\":", dot != NULL ? dot + 1 : word->path);
        bool printed = strstr(capture_text(&c), member) != NULL;
        check_true(printed || word->shape == SHAPE_EVENT, CHECK_PLACE, __func__, word->path);
        CHECK(strstr(c.text, "[]") == NULL);
        fclose(c.out.file);
        free(c.text);
        facts_done(&facts);
    }
}

static void record_that_is_too_large_is_shortened_to_one_line(void)
{
    static const enum observation_kind kinds[] = { OBS_SIP_METHOD, OBS_HTTP_PATH,
                                                   OBS_SERVER_CERT_SAN, OBS_MEDIA_CODEC };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct facts facts;
        struct flow_record record = example_record(&facts);
        struct capture c;
        char text[OBSERVATION_TEXT_MAX];
        memset(text, '"', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (unsigned i = 0; i < 200; i++) {
            snprintf(text, 5, "%04u", i);
            text[4] = '"';
            bool stream = kinds[k] == OBS_MEDIA_CODEC;
            put_at(&facts, kinds[k], stream ? i : i % 20, 0, text, 1);
        }
        CHECK(facts.dropped > 0);
        capture_open(&c);
        report_flow(&c.out, "lab1", &(struct report_judged){ &record, NULL, NULL }, NULL);
        const char *line = capture_text(&c);
        CHECK(!c.out.failed);
        CHECK(c.size > REPORT_LINE_MAX / 4 && c.size <= REPORT_LINE_MAX);
        CHECK(line[c.size - 1] == '\n' && strchr(line, '\n') == line + c.size - 1);
        CHECK(strstr(line, "\"cut\":true") != NULL);
        CHECK(strstr(line, "\"0000\\\"") != NULL); /* the first ones stay */
        CHECK(strstr(line, "\"packets\":{\"client\":14,\"server\":12}") != NULL);
        capture_done(&c);
        facts_done(&facts);
    }
}

static unsigned takes_left;

static void *take_until_empty(size_t size)
{
    if (takes_left == 0) {
        return NULL;
    }
    takes_left--;
    return malloc(size);
}

static void lack_of_memory_never_writes_half_a_record(void)
{
    struct facts facts;
    struct flow_record record = example_record(&facts);
    struct judgement judgement = example_judgement();
    struct capture whole, c;
    put_at(&facts, OBS_MEDIA_GROUND_TEST, 1, 1, "padding", 0);
    put(&facts, OBS_SIP_METHOD, "INVITE", 0);
    put(&facts, OBS_HTTP_HOST, "a", 0);
    capture_open(&whole);
    report_flow(&whole.out, "lab1", &(struct report_judged){ &record, &judgement, NULL }, NULL);
    capture_text(&whole);
    bool complete = false;
    unsigned n = 0;
    for (; !complete && n < 2000; n++) {
        capture_open(&c);
        takes_left = n;
        json_set_alloc_funcs(take_until_empty, free);
        report_flow(&c.out, "lab1", &(struct report_judged){ &record, &judgement, NULL }, NULL);
        json_set_alloc_funcs(malloc, free);
        complete = !c.out.failed;
        fflush(c.out.file);
        CHECK(complete ? strcmp(c.text, whole.text) == 0 : c.size == 0);
        CHECK(complete || c.out.errno_kept == ENOMEM);
        fclose(c.out.file);
        free(c.text);
    }
    CHECK(complete && n > 100);
    capture_done(&whole);
    facts_done(&facts);
}

int main(int argc, char **argv)
{
    capture_samples(argc, argv);
    flow_has_every_member_in_the_order_of_the_contract();
    arrays_are_in_order_and_leave_holes_out();
    grounds_nest_in_their_stream();
    counts_are_summed_under_their_names();
    hostile_text_cannot_leave_its_string();
    cut_text_says_so_once_beside_it();
    one_direction_names_the_side_that_was_seen();
    protocols_without_ports_print_none();
    times_out_of_range_stay_rfc_3339();
    every_word_of_the_list_is_printed();
    record_that_is_too_large_is_shortened_to_one_line();
    lack_of_memory_never_writes_half_a_record();
    return check_failures > 0;
}

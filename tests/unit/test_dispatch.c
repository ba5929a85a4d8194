/* tests/unit/test_dispatch.c */

#include "tests/unit/dispatch_talk.h"

static void syn_makes_the_client_and_hello_the_app(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    handshake(t);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK(strcmp(t->app, "tls") == 0);
    CHECK(strcmp(t->record.initiator_by, "syn") == 0);
    CHECK_EQ(t->record.client, 0);
    CHECK(t->record.start_seen);
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    talk_over(t);
}

static void hello_tells_the_client_when_the_start_was_missed(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 45061);
    say(t, SERVER, TCP_ACK, NULL, 0);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK_EQ(t->record.client, 1); /* side 0 sent the first captured packet: the server */
    CHECK(strcmp(t->record.initiator_by, "hello") == 0);
    CHECK(!t->record.start_seen);
    talk_over(t);
}

static void a_stream_split_anywhere_is_claimed_all_the_same(void)
{
    for (uint32_t cut = 1; cut < sizeof client_hello; cut++) {
        struct talk *t = talk_new(IPPROTO_TCP, 5061);
        handshake(t);
        say(t, CLIENT, TCP_ACK, client_hello, cut);
        say(t, CLIENT, TCP_ACK, client_hello + cut, (uint32_t)sizeof client_hello - cut);
        conclude(t);
        CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
        talk_over(t);
    }
}

static void tls_is_found_behind_another_protocol(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 25);
    handshake(t);
    say(t, SERVER, TCP_ACK, "220 mail ESMTP\r\n", 16);
    say(t, CLIENT, TCP_ACK, "EHLO x\r\n", 8);
    say(t, SERVER, TCP_ACK, "250 STARTTLS\r\n", 14);
    say(t, CLIENT, TCP_ACK, "STARTTLS\r\n", 10);
    say(t, SERVER, TCP_ACK, "220 go\r\n", 8);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    CHECK(strcmp(t->app, "tls") == 0);
    CHECK(facts_is(t->record.facts, OBS_TLS_STARTTLS, "smtp"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "smtp"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES_BY, "starttls"));
    talk_over(t);
}

static void tls_is_found_behind_an_unknown_protocol(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 4711);
    handshake(t);
    say(t, SERVER, TCP_ACK, "READY\r\n", 7);
    say(t, CLIENT, TCP_ACK, "TLS\r\n", 5);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    CHECK(strcmp(t->app, "tls") == 0);
    CHECK(facts_find(t->record.facts, OBS_TLS_STARTTLS) == NULL);
    talk_over(t);
}

static void http_inside_another_protocol_is_not_http(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 25);
    static const char body[] = "GET /abs/ HTTP/1.1\r\nHost: x\r\n\r\n";
    handshake(t);
    say(t, SERVER, TCP_ACK, "220 mail ESMTP\r\n", 16);
    say(t, CLIENT, TCP_ACK, "DATA\r\n", 6);
    say(t, CLIENT, TCP_ACK, body, sizeof body - 1);
    conclude(t);
    CHECK(strcmp(t->app, "smtp") == 0);
    CHECK(facts_find(t->record.facts, OBS_HTTP_PATH) == NULL);
    talk_over(t);
    t = talk_new(IPPROTO_TCP, 4711);
    handshake(t);
    say(t, SERVER, TCP_ACK, "READY\r\n", 7);
    say(t, CLIENT, TCP_ACK, body, sizeof body - 1);
    conclude(t);
    CHECK(strcmp(t->app, "unknown") == 0);
    talk_over(t);
}

static void a_tunnel_through_a_proxy_is_handed_over(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 8080);
    static const char connect[] = "CONNECT x.example:443 HTTP/1.1\r\nHost: x.example:443\r\n\r\n";
    static const char good[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    handshake(t);
    say(t, CLIENT, TCP_ACK, connect, sizeof connect - 1);
    say(t, SERVER, TCP_ACK, good, sizeof good - 1);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK(strcmp(t->app, "http") == 0);
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    CHECK(facts_is(t->record.facts, OBS_WRAPPER, "http_connect"));
    CHECK(facts_is(t->record.facts, OBS_TLS_STARTTLS, "http_connect"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "tls"));
    talk_over(t);
}

static void wrappers_may_be_inside_one_another(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 1080);
    handshake(t);
    say(t, CLIENT, TCP_ACK, "\x05\x01\x00", 3);
    say(t, SERVER, TCP_ACK, "\x05\x00", 2);
    say(t, CLIENT, TCP_ACK, "\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x19", 10);
    say(t, SERVER, TCP_ACK, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    say(t, SERVER, TCP_ACK, "220 mail ESMTP\r\n", 16);
    say(t, CLIENT, TCP_ACK, "STARTTLS\r\n", 10);
    say(t, SERVER, TCP_ACK, "220 go\r\n", 8);
    say(t, CLIENT, TCP_ACK, client_hello, sizeof client_hello);
    conclude(t);
    CHECK(strcmp(t->app, "socks") == 0);
    CHECK(facts_is(t->record.facts, OBS_WRAPPER, "socks5"));
    CHECK(facts_is(t->record.facts, OBS_TLS_STARTTLS, "smtp"));
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "tls"));
    talk_over(t);
}

/* [MS-TDS] 4.1: the handshake is in packets, cut into two of them. */
static void tls_in_packets_of_a_database_is_read(void)
{
    static const uint8_t ask[] = { 0x12, 1, 0,  0x1a, 0, 0,    1, 0, 0, 0, 11, 0, 6,
                                   1,    0, 17, 0,    1, 0xff, 9, 0, 0, 0, 0,  0, 1 };
    static const uint8_t answer[] = { 0x04, 1, 0,  0x1a, 0, 0,    1, 0, 0, 0, 11, 0, 6,
                                      1,    0, 17, 0,    1, 0xff, 9, 0, 0, 0, 0,  0, 1 };
    const uint8_t head[] = { 0x12, 0, 0, 8 + 20, 0, 0, 1, 0 };
    const uint8_t rest[] = { 0x12, 1, 0, (uint8_t)(8 + sizeof client_hello - 20), 0, 0, 2, 0 };
    uint8_t packet[8 + sizeof client_hello];
    struct talk *t = talk_new(IPPROTO_TCP, 1433);
    handshake(t);
    say(t, CLIENT, TCP_ACK, ask, sizeof ask);
    say(t, SERVER, TCP_ACK, answer, sizeof answer);
    memcpy(packet, head, 8);
    memcpy(packet + 8, client_hello, 20);
    say(t, CLIENT, TCP_ACK, packet, 28);
    memcpy(packet, rest, 8);
    memcpy(packet + 8, client_hello + 20, sizeof client_hello - 20);
    say(t, CLIENT, TCP_ACK, packet, (uint32_t)sizeof client_hello - 12);
    conclude(t);
    CHECK(strcmp(t->app, "tls") == 0);
    CHECK(facts_is(t->record.facts, OBS_TDS_ENCRYPTION, "all"));
    CHECK(facts_is(t->record.facts, OBS_TLS_STARTTLS, "tds"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "tds"));
    CHECK(facts_is(t->record.facts, OBS_TLS_SNI, "x.example"));
    CHECK(facts_find(t->record.facts, OBS_MALFORMED) == NULL);
    talk_over(t);
}

/* [MS-TURN] 2.1.1: what both sides say after the hellos is framed MS-TURN, in clear. */
static void what_is_inside_pseudo_tls_is_read(void)
{
    static const uint8_t hello[50] = { 0x16, 3, 1, 0,        0x2d, 1,    0, 0,
                                       0x29, 3, 1, [45] = 2, 0,    0x18, 1 };
    static const uint8_t answer[83] = { 0x16, 3, 1, 0,         0x4e,     2,    0, 0,
                                        0x46, 3, 1, [43] = 32, [76] = 0, 0x18, 0, 14 };
    static const uint8_t frame[32] = {
        2, 0, 0, 28, 0, 3, 0, 8, [8] = 1, [25] = 15, 0, 4, 0x72, 0xc6, 0x4b, 0xc6
    };
    static const uint8_t media[16] = { 3, 0, 0, 12, 0x80, 0 };
    struct talk *t = talk_new(IPPROTO_TCP, 443);
    handshake(t);
    say(t, CLIENT, TCP_ACK, hello, sizeof hello);
    say(t, SERVER, TCP_ACK, answer, sizeof answer);
    say(t, CLIENT, TCP_ACK, frame, sizeof frame);
    say(t, SERVER, TCP_ACK, media, sizeof media);
    CHECK(t->fed);
    conclude(t);
    CHECK(strcmp(t->app, "pseudo_tls") == 0);
    CHECK(facts_is(t->record.facts, OBS_STUN_DIALECT, "ms-turn"));
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "stun"));
    CHECK(facts_find(t->record.facts, OBS_MALFORMED) == NULL);
    talk_over(t);
}

static void what_nobody_claims_is_settled_and_only_counted(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 9999);
    handshake(t);
    for (int i = 0; i < 100; i++) {
        say(t, CLIENT, TCP_ACK, "\x01\x02\x03garbage", 10);
    }
    CHECK(!t->fed);
    conclude(t);
    CHECK_EQ(t->record.packets[0], 102);
    CHECK(strcmp(t->app, "unknown") == 0);
    CHECK(t->record.talked);
    talk_over(t);
}

/* Sizes of frames would depend on where the sensor stands: padding, tags, tunnels. */
static void a_probe_is_no_talk_but_an_answer_makes_it_one(void)
{
    for (int answers = 0; answers < 3; answers++) {
        struct talk *t = talk_new(IPPROTO_TCP, 8057);
        handshake(t);
        if (answers > 0) {
            say(t, CLIENT, TCP_ACK, "\x01\x02\x03garbage", 10);
        }
        if (answers > 1) {
            say(t, SERVER, TCP_ACK, "\x04\x05", 2);
        }
        conclude(t);
        CHECK_EQ(t->record.talked, answers > 1);
        talk_over(t);
    }
}

static void a_hole_is_told_as_missing_bytes(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    handshake(t);
    say(t, CLIENT, TCP_ACK, client_hello, 20);
    t->seq[CLIENT] += 10;
    say(t, CLIENT, TCP_ACK, client_hello + 30, (uint32_t)sizeof client_hello - 30);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 10);
    CHECK(facts_find(t->record.facts, OBS_TLS_SNI) == NULL);
    talk_over(t);
}

/* Sends without the capture seeing it. */
static void say_unseen(struct talk *t, unsigned from, uint32_t size)
{
    t->seq[from] += size;
}

static void a_lost_first_segment_is_missing_once_acknowledged(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    handshake(t);
    say_unseen(t, CLIENT, 300);
    say(t, SERVER, TCP_ACK, "\x01\x02\x03garbage", 10);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 299); /* the last one acknowledged could be the FIN */
    talk_over(t);
}

static void lost_data_of_both_sides_is_missing_though_no_payload_came(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    handshake(t);
    say_unseen(t, CLIENT, 300);
    say_unseen(t, SERVER, 500);
    say(t, CLIENT, TCP_ACK, NULL, 0);
    say(t, SERVER, TCP_ACK, NULL, 0);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 299 + 499);
    talk_over(t);
}

static void a_clean_end_without_data_misses_nothing(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    handshake(t);
    say(t, CLIENT, TCP_FIN | TCP_ACK, NULL, 0);
    say(t, SERVER, TCP_FIN | TCP_ACK, NULL, 0);
    say(t, CLIENT, TCP_ACK, NULL, 0);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 0);
    CHECK(t->record.end_seen);
    talk_over(t);
}

static void the_answer_to_a_lost_syn_tells_where_its_stream_began(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 5061);
    t->seq[CLIENT] = 1000;
    say(t, SERVER, TCP_SYN | TCP_ACK, NULL, 0);
    say_unseen(t, CLIENT, 20);
    say(t, CLIENT, TCP_ACK, client_hello + 20, sizeof client_hello - 20);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 20);
    CHECK(t->record.start_seen);
    CHECK_EQ(t->record.client, 1);
    talk_over(t);
}

static void what_comes_in_disorder_after_a_flow_is_settled_is_not_missing(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 9999);
    handshake(t);
    say_unseen(t, CLIENT, 10); /* on its way, but late */
    say(t, CLIENT, TCP_ACK, "\x01\x02\x03garbage", 10);
    for (int i = 0; i < 30; i++) {
        t->seq[CLIENT] -= 20;
        say(t, SERVER, TCP_PSH, "\x01\x02\x03garbage", 10);
        t->seq[CLIENT] += 20;
    }
    CHECK(!t->fed);
    say(t, SERVER, TCP_RST, NULL, 0);
    conclude(t);
    CHECK_EQ(t->record.missing_bytes, 0);
    CHECK(t->record.end_seen);
    talk_over(t);
}

/* RFC 8489 5: binding request without attributes. */
static const uint8_t binding[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3 };

static void several_protocols_share_one_udp_pair(void)
{
    struct talk *t = talk_new(IPPROTO_UDP, 30000);
    uint8_t rtp[172] = { 0x80, 0 };
    say(t, CLIENT, 0, binding, sizeof binding);
    for (uint8_t i = 0; i < 20; i++) {
        rtp[3] = i;
        rtp[6] = (uint8_t)((i * 160) >> 8);
        rtp[7] = (uint8_t)(i * 160);
        memset(rtp + 12, 0xff - i % 2, 160);
        say(t, CLIENT, 0, rtp, sizeof rtp);
    }
    conclude(t);
    CHECK(strcmp(t->app, "rtp") == 0); /* says more than stun */
    CHECK(facts_find(t->record.facts, OBS_STUN_METHOD) != NULL);
    CHECK(facts_find(t->record.facts, OBS_MEDIA_SSRC) != NULL);
    talk_over(t);
}

static void unclaimed_datagrams_settle_the_flow(void)
{
    struct talk *t = talk_new(IPPROTO_UDP, 30000);
    for (int i = 0; i < 100; i++) {
        say(t, CLIENT, 0, "\x7fxyz", 4);
    }
    CHECK(!t->fed);
    talk_over(t);
}

static void a_flow_may_go_on_with_one_that_was_given_up(void)
{
    for (uint32_t flows_max = 1; flows_max <= 2; flows_max++) {
        struct talk *t = talk_with(IPPROTO_UDP, 30000, flows_max, 0);
        t->closer.closed = on_gone;
        say(t, CLIENT, 0, "\x7fxyz", 4);
        t->packets += 5000; /* 5 s later */
        t->port = 30002;
        say(t, CLIENT, 0, "\x7fxyz", 4);
        conclude(t);
        CHECK_EQ(t->record.start_seen, flows_max == 2);
        talk_over(t);
    }
}

static void every_flow_of_a_batch_that_fills_the_table_is_analysed(void)
{
    struct talk *t = talk_with(IPPROTO_UDP, 30000, 1, 0);
    struct batch *b = &t->batch;
    t->closer.closed = on_gone;
    b->count = 20;
    for (uint32_t i = 0; i < b->count; i++) {
        b->packet[i] = i + 1;
        b->time_us[i] = 1000000 + i;
        b->state[i] = FRAME_FLOW | FRAME_LOW;
        t->port = (uint16_t)(30000 + i);
        b->key[i] = key_of(t);
        b->payload[i] = bytes_of(binding, sizeof binding, sizeof binding);
        b->frame[i] = b->payload[i];
    }
    batch_tell_time(b, &t->clock);
    flow_table_find(t->table, b, &t->counters);
    dispatch_batch(t->dispatch, b);
    for (uint32_t i = 0; i < b->count; i++) {
        CHECK(b->cold[i]->analysis != NULL);
    }
    flow_table_expire(t->table, b, &t->closer);
    CHECK_EQ(t->counters.value[COUNT_FACTS_DROPPED], 0);
    talk_over(t);
}

static void without_memory_facts_are_counted_as_dropped_and_flows_give_way(void)
{
    struct talk *t = talk_with(IPPROTO_UDP, 30000, 1000, 4000);
    t->closer.closed = on_gone;
    CHECK(!dispatch_pressed(t->dispatch));
    for (int i = 0; i < 50; i++) {
        say(t, CLIENT, 0, binding, sizeof binding);
        t->port++;
    }
    CHECK(dispatch_pressed(t->dispatch));
    uint32_t open = flow_table_count(t->table);
    flow_table_press(t->table, true);
    say(t, CLIENT, 0, binding, sizeof binding);
    CHECK_EQ(flow_table_count(t->table), open);
    conclude(t);
    CHECK(t->counters.value[COUNT_FACTS_DROPPED] > 0);
    t->closer.closed = on_gone;
    while (flow_table_count(t->table) > 0) {
        flow_table_close_first(t->table, &t->closer);
    }
    CHECK(!dispatch_pressed(t->dispatch)); /* all was given back */
    talk_free(t);
}

int main(void)
{
    syn_makes_the_client_and_hello_the_app();
    hello_tells_the_client_when_the_start_was_missed();
    a_stream_split_anywhere_is_claimed_all_the_same();
    tls_is_found_behind_another_protocol();
    tls_is_found_behind_an_unknown_protocol();
    http_inside_another_protocol_is_not_http();
    a_tunnel_through_a_proxy_is_handed_over();
    wrappers_may_be_inside_one_another();
    tls_in_packets_of_a_database_is_read();
    what_is_inside_pseudo_tls_is_read();
    what_nobody_claims_is_settled_and_only_counted();
    a_probe_is_no_talk_but_an_answer_makes_it_one();
    a_hole_is_told_as_missing_bytes();
    a_lost_first_segment_is_missing_once_acknowledged();
    lost_data_of_both_sides_is_missing_though_no_payload_came();
    a_clean_end_without_data_misses_nothing();
    the_answer_to_a_lost_syn_tells_where_its_stream_began();
    what_comes_in_disorder_after_a_flow_is_settled_is_not_missing();
    several_protocols_share_one_udp_pair();
    a_flow_may_go_on_with_one_that_was_given_up();
    every_flow_of_a_batch_that_fills_the_table_is_analysed();
    without_memory_facts_are_counted_as_dropped_and_flows_give_way();
    unclaimed_datagrams_settle_the_flow();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_websocket.c: SIP in WebSocket frames (RFC 7118). */
#include "analyzers/inflate.h"
#include "analyzers/websocket_terms.h"
#include "tests/seen.h"
#include "tests/unit/dispatch_talk.h"
#include "tests/unit/websocket_vectors.h"

extern const struct analyzer websocket_analyzer;

enum { ROOM = 2048, FIN = 0x80, TEXT = 1, BINARY = 2, CONTINUATION = 0, PING = 9, RSV1 = 0x40 };

/* RFC 7118 8.1. */
static const char request[] = "REGISTER sip:proxy.example.com SIP/2.0\r\n"
                              "Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKasudf\r\n"
                              "From: sip:alice@example.com;tag=65bnmj.34asd\r\n"
                              "To: sip:alice@example.com\r\n"
                              "Call-ID: aiuy7k9njasd\r\n"
                              "CSeq: 1 REGISTER\r\n"
                              "Max-Forwards: 70\r\n"
                              "Supported: path, outbound, gruu\r\n"
                              "Contact: <sip:alice@df7jal23ls0d.invalid;transport=ws>\r\n"
                              "  ;reg-id=1\r\n"
                              "  ;+sip.instance=\"<urn:uuid:f81-7dec-14a06cf1>\"\r\n"
                              "\r\n";
static const char answer[] = "SIP/2.0 200 OK\r\n"
                             "Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKasudf\r\n"
                             "Call-ID: aiuy7k9njasd\r\n"
                             "CSeq: 1 REGISTER\r\n"
                             "\r\n";
static const char upgrade[] = "GET / HTTP/1.1\r\n"
                              "Host: proxy.example.com\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Protocol: sip\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n";
static const char upgraded[] = "HTTP/1.1 101 Switching Protocols\r\n"
                               "Upgrade: websocket\r\n"
                               "Connection: Upgrade\r\n"
                               "Sec-WebSocket-Protocol: sip\r\n\r\n";

/* The mask of the example in RFC 6455 5.7; NULL: as servers send. */
static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };

static uint32_t make_frame(uint8_t out[ROOM], uint8_t first, const uint8_t *mask, const char *text,
                           uint32_t size)
{
    uint32_t at = 0;
    out[at++] = first;
    out[at++] = (uint8_t)((mask != NULL ? 0x80 : 0) | (size < 126 ? size : 126));
    if (size >= 126) {
        out[at++] = (uint8_t)(size >> 8);
        out[at++] = (uint8_t)size;
    }
    for (unsigned i = 0; mask != NULL && i < 4; i++) {
        out[at++] = mask[i];
    }
    for (uint32_t i = 0; i < size; i++) {
        out[at++] = (uint8_t)text[i] ^ (mask != NULL ? mask[i % 4] : 0);
    }
    return at;
}

static void say_text(struct talk *t, unsigned from, const char *text)
{
    say(t, from, TCP_ACK, text, (uint32_t)strlen(text));
}

static void say_frame(struct talk *t, unsigned from, const char *text)
{
    uint8_t frame[ROOM];
    const uint8_t *mask = from == CLIENT ? key : NULL;
    uint32_t size = make_frame(frame, FIN | TEXT, mask, text, (uint32_t)strlen(text));
    say(t, from, TCP_ACK, frame, size);
}

static void check_register(const struct talk *t)
{
    CHECK(facts_find(t->record.facts, OBS_SIP_METHOD) != NULL);
    CHECK(facts_find(t->record.facts, OBS_SIP_RESPONSE) != NULL);
    CHECK(facts_is(t->record.facts, OBS_SIP_TRANSPORT, "ws"));
    CHECK(facts_is(t->record.facts, OBS_SIP_VIA_TRANSPORT, "WS"));
    CHECK(facts_find(t->record.facts, OBS_MALFORMED) == NULL);
}

static void sip_behind_an_upgrade_is_read(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 8080);
    handshake(t);
    say_text(t, CLIENT, upgrade);
    say_text(t, SERVER, upgraded);
    say_frame(t, CLIENT, request);
    say_frame(t, SERVER, answer);
    conclude(t);
    CHECK(strcmp(t->app, "http") == 0);
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "sip"));
    check_register(t);
    CHECK_EQ(t->record.client, 0);
    talk_over(t);
}

static void sip_is_read_though_the_upgrade_was_missed(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 8080);
    say_frame(t, CLIENT, request);
    say_frame(t, SERVER, answer);
    conclude(t);
    CHECK(strcmp(t->app, "sip") == 0);
    check_register(t);
    talk_over(t);
}

static char carried[ROOM * 2];
static unsigned carried_times;

static void take_inside(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    struct bytes in = seg->payload;
    uint32_t size = bytes_left(&in);
    CHECK(size < sizeof carried);
    CHECK(bytes_copy(&in, carried, size));
    carried[size] = '\0';
    carried_times++;
    CHECK(strcmp(seg->transport, "ws") == 0);
}

static struct seen_flow open_flow(void)
{
    struct seen_flow flow = seen_open(&websocket_analyzer);
    flow.sink.datagram = take_inside;
    carried_times = 0;
    return flow;
}

static void messages_cut_anywhere_are_the_same(void)
{
    uint8_t all[ROOM];
    uint32_t size = make_frame(all, FIN | TEXT, key, request, sizeof request - 1);
    for (uint32_t first = 0; first <= size; first++) {
        struct seen_flow flow = open_flow();
        seen_bytes(&flow, 0, all, first);
        seen_bytes(&flow, 0, all + first, size - first);
        CHECK_EQ(carried_times, 1);
        CHECK(strcmp(carried, request) == 0);
        CHECK_EQ(flow.kept_size[0], 0);
        seen_close(&flow);
    }
}

/* RFC 6455 5.4: fragments, a ping between them. */
static void fragments_are_put_together(void)
{
    uint8_t frame[ROOM];
    struct seen_flow flow = open_flow();
    seen_bytes(&flow, 0, frame, make_frame(frame, BINARY, key, request, 50));
    seen_bytes(&flow, 0, frame, make_frame(frame, FIN | PING, key, "ping", 4));
    seen_bytes(&flow, 0, frame, make_frame(frame, CONTINUATION, key, request + 50, 100));
    uint32_t rest = sizeof request - 1 - 150;
    CHECK_EQ(carried_times, 0);
    seen_bytes(&flow, 0, frame, make_frame(frame, FIN, key, request + 150, rest));
    CHECK_EQ(carried_times, 1);
    CHECK(strcmp(carried, request) == 0);
    seen_close(&flow);
}

/* Neither what is compressed (RFC 7692) nor what is too large is taken for a message. */
static void what_cannot_be_read_is_told(void)
{
    uint8_t frame[ROOM];
    struct seen_flow flow = open_flow();
    seen_bytes(&flow, 0, frame, make_frame(frame, FIN | RSV1 | TEXT, key, request, 60));
    CHECK_EQ(carried_times, 0);
    CHECK(seen_text(OBS_WEBSOCKET_UNREAD, "compressed"));
    CHECK_EQ(seen_times(OBS_CUT), 0);
    uint8_t head[14] = { FIN | TEXT, 0xff, 0, 0, 0, 0, 0, 2 };
    seen_bytes(&flow, 0, head, sizeof head);
    for (unsigned i = 0; i < 0x20000 / 1024; i++) {
        char piece[1024] = "x";
        seen_bytes(&flow, 0, piece, sizeof piece);
    }
    CHECK_EQ(seen_times(OBS_CUT), 1);
    seen_bytes(&flow, 0, frame, make_frame(frame, FIN | TEXT, key, answer, sizeof answer - 1));
    CHECK_EQ(carried_times, 1);
    seen_close(&flow);
}

static void a_hole_hides_one_message(void)
{
    uint8_t frame[ROOM];
    uint32_t size = make_frame(frame, FIN | TEXT, key, request, sizeof request - 1);
    for (uint32_t lost = 1; lost <= size - 100; lost++) {
        struct seen_flow flow = open_flow();
        seen_bytes(&flow, 0, frame, 100);
        seen_gap(&flow, 0, lost);
        seen_bytes(&flow, 0, frame + 100 + lost, size - 100 - lost);
        CHECK_EQ(carried_times, 0);
        seen_bytes(&flow, 0, frame, size);
        CHECK_EQ(carried_times, 1);
        seen_close(&flow);
    }
    struct seen_flow flow = open_flow();
    seen_bytes(&flow, 0, frame, 100);
    seen_gap(&flow, 0, 5000);
    seen_bytes(&flow, 0, frame + 30, 100); /* the middle of another */
    seen_bytes(&flow, 0, frame, size);
    CHECK_EQ(carried_times, 1);
    seen_close(&flow);
}

static void streams_are_claimed_by_sip_alone(void)
{
    uint8_t frame[ROOM];
    uint32_t size = make_frame(frame, FIN | TEXT, key, request, sizeof request - 1);
    CHECK_EQ(seen_claim(&websocket_analyzer, frame, size, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&websocket_analyzer, frame, 1, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&websocket_analyzer, frame, 12, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&websocket_analyzer, frame, size, false), CLAIM_NO);
    size = make_frame(frame, FIN | TEXT, key, "{\"a\":1}", 7);
    CHECK_EQ(seen_claim(&websocket_analyzer, frame, size, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&websocket_analyzer, request, sizeof request - 1, true), CLAIM_NO);
}

static void cut_and_flipped_frames_stay_in_bounds(void)
{
    uint8_t frame[ROOM];
    uint32_t size = make_frame(frame, FIN | TEXT, key, answer, sizeof answer - 1);
    for (uint32_t i = 0; i < size; i++) {
        for (int v = 1; v < 256; v += 11) {
            frame[i] ^= (uint8_t)v;
            struct seen_flow flow = open_flow();
            (void)seen_claim(&websocket_analyzer, frame, size, true);
            seen_bytes(&flow, 0, frame, size);
            seen_finish(&flow, 0);
            CHECK(carried_times <= 1);
            seen_close(&flow);
            frame[i] ^= (uint8_t)v;
        }
        (void)seen_claim(&websocket_analyzer, frame, i, true);
    }
}

/* --- permessage-deflate (RFC 7692) --- */

static const char deflated[] = "HTTP/1.1 101 Switching Protocols\r\n"
                               "Upgrade: websocket\r\n"
                               "Connection: Upgrade\r\n"
                               "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                               "Sec-WebSocket-Protocol: sip\r\n\r\n";

static struct inflate unpacker;

static struct seen_flow open_deflated(uint8_t more)
{
    struct seen_flow flow = open_flow();
    flow.sink.inflate = &unpacker;
    flow.handed = WEBSOCKET_TERMS_SIP | WEBSOCKET_TERMS_DEFLATE | WEBSOCKET_TERMS_SERVER | more;
    return flow;
}

static uint32_t make_packed(uint8_t out[ROOM], const uint8_t *packed, uint32_t size)
{
    return make_frame(out, FIN | RSV1 | TEXT, key, (const char *)packed, size);
}

static void say_packed(struct talk *t, unsigned from, const uint8_t *packed, uint32_t size)
{
    uint8_t frame[ROOM];
    size = make_frame(frame, FIN | RSV1 | TEXT, from == CLIENT ? key : NULL, (const char *)packed,
                      size);
    say(t, from, TCP_ACK, frame, size);
}

static void compressed_sip_behind_its_upgrade_is_read(void)
{
    struct talk *t = talk_new(IPPROTO_TCP, 8080);
    handshake(t);
    say_text(t, CLIENT, upgrade);
    say_text(t, SERVER, deflated);
    say_packed(t, CLIENT, request_packed, sizeof request_packed);
    say_packed(t, SERVER, answer_alone, sizeof answer_alone);
    conclude(t);
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "sip"));
    check_register(t);
    CHECK(facts_find(t->record.facts, OBS_WEBSOCKET_UNREAD) == NULL);
    talk_over(t);
    t = talk_new(IPPROTO_TCP, 8080); /* nobody said that messages are compressed */
    handshake(t);
    say_text(t, CLIENT, upgrade);
    say_text(t, SERVER, upgraded);
    say_packed(t, CLIENT, request_packed, sizeof request_packed);
    say_packed(t, SERVER, answer_alone, sizeof answer_alone);
    conclude(t);
    CHECK(facts_find(t->record.facts, OBS_SIP_METHOD) == NULL);
    talk_over(t);
}

static void messages_refer_to_those_before(void)
{
    uint8_t frame[ROOM];
    struct seen_flow flow = open_deflated(0);
    seen_bytes(&flow, 0, frame, make_packed(frame, request_packed, sizeof request_packed));
    CHECK_EQ(carried_times, 1);
    CHECK(strcmp(carried, request) == 0);
    seen_bytes(&flow, 0, frame, make_packed(frame, answer_behind, sizeof answer_behind));
    CHECK_EQ(carried_times, 2);
    CHECK(strcmp(carried, answer) == 0);
    CHECK_EQ(unpacker.stream_count, 1);
    seen_close(&flow);
    CHECK_EQ(unpacker.stream_count, 0);
    flow = open_deflated(WEBSOCKET_TERMS_CLIENT_FRESH);
    seen_bytes(&flow, 0, frame, make_packed(frame, request_packed, sizeof request_packed));
    CHECK_EQ(unpacker.stream_count, 0); /* nothing is kept of it */
    CHECK_EQ(carried_times, 1);
    seen_bytes(&flow, 0, frame, make_packed(frame, answer_behind, sizeof answer_behind));
    CHECK(seen_text(OBS_WEBSOCKET_UNREAD, "damaged")); /* its sender broke its word */
    seen_bytes(&flow, 0, frame, make_packed(frame, answer_alone, sizeof answer_alone));
    CHECK_EQ(carried_times, 2);
    seen_close(&flow);
}

/* RFC 7692 6.1: the first frame says that the message is compressed; a ping may come between. */
static void fragments_of_a_compressed_message_are_put_together(void)
{
    uint8_t frame[ROOM];
    for (uint32_t first = 0; first <= sizeof request_packed; first++) {
        const char *packed = (const char *)request_packed;
        struct seen_flow flow = open_deflated(0);
        seen_bytes(&flow, 0, frame, make_frame(frame, RSV1 | TEXT, key, packed, first));
        seen_bytes(&flow, 0, frame, make_frame(frame, FIN | PING, key, "ping", 4));
        uint32_t rest = (uint32_t)sizeof request_packed - first;
        seen_bytes(&flow, 0, frame, make_frame(frame, FIN, key, packed + first, rest));
        CHECK_EQ(carried_times, 1);
        CHECK(strcmp(carried, request) == 0);
        seen_bytes(&flow, 0, frame, make_frame(frame, FIN | TEXT, key, answer, sizeof answer - 1));
        CHECK_EQ(carried_times, 2); /* not all are */
        seen_close(&flow);
    }
}

/* What follows a hole may refer to what was in it. */
static void hole_hides_all_that_may_refer_to_it(void)
{
    uint8_t frame[ROOM];
    for (unsigned fresh = 0; fresh < 2; fresh++) {
        struct seen_flow flow = open_deflated(fresh != 0 ? WEBSOCKET_TERMS_CLIENT_FRESH : 0);
        seen_bytes(&flow, 0, frame, make_packed(frame, request_packed, sizeof request_packed));
        seen_gap(&flow, 0, 300);
        seen_bytes(&flow, 0, frame, make_packed(frame, answer_alone, sizeof answer_alone));
        CHECK_EQ(carried_times, fresh != 0 ? 2 : 1);
        CHECK_EQ(seen_text(OBS_WEBSOCKET_UNREAD, "context-lost"), fresh == 0);
        seen_close(&flow);
    }
}

static void without_room_messages_are_not_read(void)
{
    uint8_t frame[ROOM];
    struct seen_flow flow = open_deflated(0);
    struct inflate full = { .stream_count = INFLATE_STREAMS_MAX };
    flow.sink.inflate = &full;
    seen_bytes(&flow, 0, frame, make_packed(frame, request_packed, sizeof request_packed));
    CHECK(seen_text(OBS_WEBSOCKET_UNREAD, "no-room"));
    seen_bytes(&flow, 0, frame, make_packed(frame, answer_behind, sizeof answer_behind));
    CHECK(seen_text(OBS_WEBSOCKET_UNREAD, "context-lost"));
    CHECK_EQ(carried_times, 0);
    seen_close(&flow);
}

static void cut_and_flipped_compressed_frames_stay_in_bounds(void)
{
    uint8_t frame[ROOM];
    uint32_t size = make_packed(frame, request_packed, sizeof request_packed);
    for (uint32_t i = 0; i < size * 8; i++) {
        frame[i / 8] ^= (uint8_t)(1U << i % 8);
        struct seen_flow flow = open_deflated(0);
        seen_bytes(&flow, 0, frame, i / 8);
        seen_bytes(&flow, 0, frame + i / 8, size - i / 8);
        seen_finish(&flow, 0);
        CHECK(carried_times <= 1);
        seen_close(&flow);
        CHECK_EQ(unpacker.stream_count, 0);
        frame[i / 8] ^= (uint8_t)(1U << i % 8);
    }
}

static void terms_are_read_as_the_rfc_writes_them(void)
{
    static const struct {
        const char *text;
        uint8_t terms;
    } rows[] = {
        { "permessage-deflate", WEBSOCKET_TERMS_DEFLATE },
        { "permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
          WEBSOCKET_TERMS_DEFLATE | WEBSOCKET_TERMS_SERVER_FRESH },
        { "permessage-deflate ;client_no_context_takeover; server_max_window_bits=\"12\"",
          WEBSOCKET_TERMS_DEFLATE | WEBSOCKET_TERMS_CLIENT_FRESH },
        { "permessage-deflate, x-other", 0 },
        { "x-webkit-deflate-frame", 0 },
        { "permessage-bzip2; x=\"permessage-deflate\"", 0 },
        { "", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t size = (uint32_t)strlen(rows[i].text);
        CHECK_EQ(websocket_terms_read(bytes_of(rows[i].text, size, size)), rows[i].terms);
    }
}

int main(void)
{
    sip_behind_an_upgrade_is_read();
    sip_is_read_though_the_upgrade_was_missed();
    messages_cut_anywhere_are_the_same();
    fragments_are_put_together();
    what_cannot_be_read_is_told();
    a_hole_hides_one_message();
    streams_are_claimed_by_sip_alone();
    cut_and_flipped_frames_stay_in_bounds();
    compressed_sip_behind_its_upgrade_is_read();
    messages_refer_to_those_before();
    fragments_of_a_compressed_message_are_put_together();
    hole_hides_all_that_may_refer_to_it();
    without_room_messages_are_not_read();
    cut_and_flipped_compressed_frames_stay_in_bounds();
    terms_are_read_as_the_rfc_writes_them();
    inflate_done(&unpacker);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

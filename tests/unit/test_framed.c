/* tests/unit/test_framed.c: datagrams behind lengths on TCP (RFC 4571). */
#include "tests/seen.h"
#include "tests/unit/dispatch_talk.h"

extern const struct analyzer framed_analyzer;

enum { ROOM = 1600, PACKETS = 20 };

/* Length, then RTP with a payload of so many bytes. Returns the size of the frame. */
static uint32_t make_frame(uint8_t out[ROOM], uint8_t number, uint32_t payload)
{
    const uint32_t size = 12 + payload;
    memset(out, 0, 14);
    out[0] = (uint8_t)(size >> 8);
    out[1] = (uint8_t)size;
    out[2] = 0x80;
    out[5] = number;
    out[8] = (uint8_t)((number * 160) >> 8);
    out[9] = (uint8_t)(number * 160);
    out[13] = 9;
    memset(out + 14, 0xff - number % 2, payload);
    return size + 2;
}

/* RFC 5769 2.2 without its attributes: a frame of 20 bytes. */
static const uint8_t stun[22] = {
    0,    20,   0x01, 0x01, 0,    0,    0x21, 0x12, 0xa4, 0x42, 0xb7,
    0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae
};

static void media_behind_lengths_is_read(void)
{
    static const uint32_t payloads[] = { 160, 1000 };
    for (unsigned k = 0; k < sizeof payloads / sizeof *payloads; k++) {
        uint8_t frame[ROOM];
        struct talk *t = talk_new(IPPROTO_TCP, 50100);
        handshake(t);
        for (uint8_t i = 0; i < PACKETS; i++) {
            say(t, CLIENT, TCP_ACK, frame, make_frame(frame, i, payloads[k]));
        }
        conclude(t);
        CHECK(strcmp(t->app, "rtp") == 0);
        CHECK(facts_is(t->record.facts, OBS_MEDIA_PROTECTION, "rtp"));
        CHECK_EQ(facts_find(t->record.facts, OBS_MEDIA_PACKETS)->value, PACKETS);
        talk_over(t);
    }
}

static void media_after_connectivity_checks_is_read(void)
{
    uint8_t frame[ROOM];
    struct talk *t = talk_new(IPPROTO_TCP, 50100);
    handshake(t);
    say(t, SERVER, TCP_ACK, stun, sizeof stun);
    for (uint8_t i = 0; i < PACKETS; i++) {
        say(t, CLIENT, TCP_ACK, frame, make_frame(frame, i, 160));
    }
    conclude(t);
    CHECK(strcmp(t->app, "stun") == 0);
    CHECK(facts_is(t->record.facts, OBS_CARRIES, "rtp"));
    CHECK(facts_find(t->record.facts, OBS_MEDIA_SSRC) != NULL);
    CHECK_EQ(t->record.client, 0); /* the SYN tells, not who checks */
    talk_over(t);
}

static unsigned carried;
static uint32_t carried_bytes;

static void take_inside(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    carried++;
    carried_bytes += bytes_sent(&seg->payload);
    CHECK(!seg->open && seg->first);
}

static struct seen_flow open_flow(void)
{
    struct seen_flow flow = seen_open(&framed_analyzer);
    flow.sink.datagram = take_inside;
    carried = 0;
    carried_bytes = 0;
    return flow;
}

static uint32_t three_frames(uint8_t all[ROOM])
{
    uint32_t size = make_frame(all, 1, 20);
    size += make_frame(all + size, 2, 21);
    memcpy(all + size, stun, sizeof stun);
    return size + (uint32_t)sizeof stun;
}

static void frames_cut_anywhere_are_the_same(void)
{
    uint8_t all[ROOM];
    uint32_t size = three_frames(all);
    for (uint32_t first = 0; first <= size; first++) {
        struct seen_flow flow = open_flow();
        seen_bytes(&flow, 1, all, first);
        seen_bytes(&flow, 1, all + first, size - first);
        CHECK_EQ(carried, 3);
        CHECK_EQ(carried_bytes, size - 6);
        CHECK_EQ(flow.kept_size[1], 0);
        seen_close(&flow);
    }
}

static void a_hole_in_a_frame_hides_nothing_else(void)
{
    uint8_t all[ROOM];
    uint32_t size = make_frame(all, 1, 100);
    for (uint32_t lost = 1; lost <= 60; lost++) {
        struct seen_flow flow = open_flow();
        seen_bytes(&flow, 0, all, 50);
        seen_gap(&flow, 0, lost);
        seen_bytes(&flow, 0, all + 50 + lost, size - 50 - lost);
        seen_bytes(&flow, 0, all, size);
        CHECK_EQ(carried, 1);
        seen_close(&flow);
    }
    struct seen_flow flow = open_flow();
    seen_gap(&flow, 0, 1000);
    seen_bytes(&flow, 0, all + 7, 40); /* the middle of a frame */
    CHECK_EQ(carried, 0);
    seen_bytes(&flow, 0, all, size);
    CHECK_EQ(carried, 1);
    seen_close(&flow);
}

static void what_is_no_frame_is_released(void)
{
    struct seen_flow flow = open_flow();
    uint8_t all[ROOM];
    seen_bytes(&flow, 0, all, make_frame(all, 1, 20));
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(flow.last, FEED_MORE);
        seen_bytes(&flow, 0, "\x00\x04\xc8\xc8\xc8\xc8", 6);
    }
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(carried, 1);
    seen_close(&flow);
}

static void streams_are_claimed_by_what_stands_in_frames(void)
{
    uint8_t all[ROOM], one[ROOM];
    uint32_t two = make_frame(one, 1, 20) + make_frame(one, 2, 21);
    uint32_t size = three_frames(all);
    uint32_t first = make_frame(one, 1, 20);
    for (uint32_t n = 0; n < two; n++) {
        bool sure = n == first || n >= first + 14; /* a segment of one frame, or both headers */
        CHECK_EQ(seen_claim(&framed_analyzer, all, n, true), sure ? CLAIM_YES : CLAIM_MORE);
    }
    CHECK_EQ(seen_claim(&framed_analyzer, all, size, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&framed_analyzer, all, size, false), CLAIM_NO);
    all[first + 5] = 77; /* another sequence number */
    CHECK_EQ(seen_claim(&framed_analyzer, all, size, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&framed_analyzer, stun, sizeof stun, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&framed_analyzer, "\x00\x1d\xaa\xaa\x01\x00\x00\x01", 8, true), CLAIM_MORE);
    CHECK_EQ(seen_claim(&framed_analyzer, "GET / HTTP/1.1\r\n\r\n", 18, true), CLAIM_NO);
}

static void cut_and_flipped_frames_stay_in_bounds(void)
{
    uint8_t all[ROOM];
    uint32_t size = three_frames(all);
    for (uint32_t i = 0; i < size; i++) {
        for (int v = 1; v < 256; v += 11) {
            all[i] ^= (uint8_t)v;
            struct seen_flow flow = open_flow();
            (void)seen_claim(&framed_analyzer, all, size, true);
            seen_bytes(&flow, 0, all, size);
            seen_finish(&flow, 0);
            CHECK(carried <= 40);
            seen_close(&flow);
            all[i] ^= (uint8_t)v;
        }
        (void)seen_claim(&framed_analyzer, all, i, true);
    }
}

int main(void)
{
    media_behind_lengths_is_read();
    media_after_connectivity_checks_is_read();
    frames_cut_anywhere_are_the_same();
    a_hole_in_a_frame_hides_nothing_else();
    what_is_no_frame_is_released();
    streams_are_claimed_by_what_stands_in_frames();
    cut_and_flipped_frames_stay_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

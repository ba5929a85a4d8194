/* tests/unit/test_stun_relay.c: media inside TURN is read as if it were bare. */
#include "tests/seen.h"
#include "tests/unit/dispatch_talk.h"

extern const struct analyzer stun_analyzer;

enum { MEDIA = 172, PACKETS = 20, ROOM = 256 };

/* Wraps one datagram; returns the size of what is sent. */
typedef uint32_t wrap(uint8_t out[ROOM], const uint8_t *inner, uint32_t size);

static const uint8_t allocate[28] = { 0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1,    2, 3, 4, 5,
                                      6, 7, 8, 9, 1,    2,    3,    0,    0x19, 0, 4, 17 };

/* Its answer: XOR-RELAYED-ADDRESS 192.0.2.1:32853 as in RFC 5769 2.2. */
static const uint8_t allocated[32] = {
    1, 3, 0, 12, 0x21, 0x12, 0xa4, 0x42, 1,    2, 3,    4,    5,    6,    7,    8,
    9, 1, 2, 3,  0,    0x16, 0,    8,    0x00, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
};

static uint32_t in_channel(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    const uint8_t head[4] = { 0x40, 0x01, (uint8_t)(size >> 8), (uint8_t)size };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, inner, size);
    return size + 4;
}

static uint32_t in_old_channel(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    uint32_t all = in_channel(out, inner, size);
    out[0] = 0x5a;
    return all;
}

static uint32_t multiplexed(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    const uint8_t head[12] = { 0xff, 0x10, 0, (uint8_t)(size + 8), 1, 2, 3, 4, 5, 6, 7, 8 };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, inner, size);
    return size + 12;
}

static uint32_t in_message(uint8_t out[ROOM], uint8_t type, const uint8_t *inner, uint32_t size)
{
    const uint32_t padded = (size + 3) & ~3U;
    const uint8_t head[36] = { 0,
                               type,
                               0,
                               (uint8_t)(padded + 16),
                               0x21,
                               0x12,
                               0xa4,
                               0x42,
                               [20] = 0,
                               0x12,
                               0,
                               8,
                               0,
                               1,
                               0xa1,
                               0x47,
                               0xe1,
                               0x12,
                               0xa6,
                               0x43,
                               0,
                               0x13,
                               (uint8_t)(size >> 8),
                               (uint8_t)size };
    memset(out, 0, ROOM);
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, inner, size);
    return (uint32_t)sizeof head + padded;
}

static uint32_t in_send_indication(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    return in_message(out, 0x16, inner, size);
}

static uint32_t in_data_indication(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    return in_message(out, 0x17, inner, size);
}

/* [MS-TURN]: cookie, then DATA without padding. */
static uint32_t in_ms_send(uint8_t out[ROOM], const uint8_t *inner, uint32_t size)
{
    const uint8_t head[32] = {
        0, 4,    0, (uint8_t)(size + 12), [20] = 0, 0x0f, 0, 4, 0x72, 0xc6, 0x4b, 0xc6,
        0, 0x13, 0, (uint8_t)size
    };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, inner, size);
    return (uint32_t)sizeof head + size;
}

static void make_media(uint8_t rtp[MEDIA], uint8_t number)
{
    memset(rtp, 0, 12);
    rtp[0] = 0x80;
    rtp[3] = number;
    rtp[6] = (uint8_t)((number * 160) >> 8);
    rtp[7] = (uint8_t)(number * 160);
    memset(rtp + 12, 0xff - number % 2, MEDIA - 12);
}

static void talk_of_media(struct talk *t, wrap *wrapped, uint8_t flags)
{
    uint8_t rtp[MEDIA], out[ROOM];
    for (uint8_t i = 0; i < PACKETS; i++) {
        make_media(rtp, i);
        say(t, CLIENT, flags, out, wrapped(out, rtp, sizeof rtp));
    }
}

static void check_media(struct talk *t, const char *relay, const char *app)
{
    conclude(t);
    CHECK(strcmp(t->app, app) == 0);
    CHECK(facts_is(t->record.facts, OBS_STUN_RELAYS, relay));
    CHECK(facts_is(t->record.facts, OBS_MEDIA_PROTECTION, "rtp"));
    CHECK_EQ(facts_find(t->record.facts, OBS_MEDIA_PACKETS)->value, PACKETS);
    CHECK(facts_find(t->record.facts, OBS_MALFORMED) == NULL);
    talk_over(t);
}

static void media_in_datagrams_of_a_relay_is_read(void)
{
    static const struct {
        wrap *wrapped;
        const char *relay;
    } rows[] = { { in_channel, "turn" },         { in_old_channel, "turn" },
                 { in_send_indication, "turn" }, { in_data_indication, "turn" },
                 { in_ms_send, "ms-turn" },      { multiplexed, "turn" } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk *t = talk_new(IPPROTO_UDP, 3478);
        say(t, CLIENT, 0, allocate, sizeof allocate);
        say(t, SERVER, 0, allocated, sizeof allocated);
        talk_of_media(t, rows[i].wrapped, 0);
        check_media(t, rows[i].relay, "rtp");
    }
}

static void media_in_channels_is_read_though_the_start_was_missed(void)
{
    struct talk *t = talk_new(IPPROTO_UDP, 3478);
    talk_of_media(t, in_channel, 0);
    check_media(t, "turn", "rtp");
    t = talk_new(IPPROTO_TCP, 3478);
    talk_of_media(t, in_channel, TCP_ACK);
    check_media(t, "turn", "rtp");
}

static void media_in_a_stream_to_a_relay_is_read(void)
{
    wrap *const wraps[] = { in_channel, in_send_indication };
    for (unsigned i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        struct talk *t = talk_new(IPPROTO_TCP, 443);
        handshake(t);
        say(t, CLIENT, TCP_ACK, allocate, sizeof allocate);
        say(t, SERVER, TCP_ACK, allocated, sizeof allocated);
        talk_of_media(t, wraps[i], TCP_ACK);
        check_media(t, "turn", "stun");
    }
}

static void the_address_that_the_relay_gave_is_told(void)
{
    struct seen_flow flow = seen_open(&stun_analyzer);
    seen_datagram(&flow, 1, allocated, sizeof allocated, sizeof allocated);
    CHECK(seen_text(OBS_STUN_RELAYED_ADDRESS, "192.0.2.1:32853"));
    seen_close(&flow);
}

static void dtls_of_the_peer_does_not_make_it_the_client(void)
{
    static const uint8_t hello[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12,
                                     1,  0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0 };
    uint8_t out[ROOM];
    struct talk *t = talk_new(IPPROTO_UDP, 3478);
    say(t, CLIENT, 0, allocate, sizeof allocate);
    say(t, SERVER, 0, out, in_channel(out, hello, sizeof hello));
    conclude(t);
    CHECK_EQ(t->record.client, 0);
    talk_over(t);
}

/* A relay's message inside of a relay's message goes no deeper. */
static void what_is_inside_is_unwrapped_once(void)
{
    uint8_t rtp[MEDIA], once[ROOM], twice[ROOM];
    struct talk *t = talk_new(IPPROTO_UDP, 3478);
    say(t, CLIENT, 0, allocate, sizeof allocate);
    for (uint8_t i = 0; i < PACKETS; i++) {
        make_media(rtp, i);
        uint32_t size = in_channel(once, rtp, sizeof rtp);
        say(t, CLIENT, 0, twice, in_channel(twice, once, size));
    }
    conclude(t);
    CHECK(facts_find(t->record.facts, OBS_MEDIA_SSRC) == NULL);
    CHECK(strcmp(t->app, "stun") == 0);
    talk_over(t);
}

static unsigned carried;
static uint32_t carried_bytes;

static void take_inside(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    carried++;
    carried_bytes = bytes_sent(&seg->payload);
}

/* The hole is in the middle of ChannelData: what follows begins where that ends. */
static void a_hole_in_channel_data_hides_nothing_else(void)
{
    uint8_t rtp[MEDIA], one[ROOM];
    make_media(rtp, 1);
    uint32_t size = in_channel(one, rtp, sizeof rtp);
    for (uint32_t lost = 1; lost <= 90; lost++) {
        struct seen_flow flow = seen_open(&stun_analyzer);
        flow.sink.datagram = take_inside;
        carried = 0;
        seen_bytes(&flow, 0, allocate, sizeof allocate);
        seen_bytes(&flow, 0, one, 80);
        seen_gap(&flow, 0, lost);
        seen_bytes(&flow, 0, one + 80 + lost, size - 80 - lost);
        seen_bytes(&flow, 0, one, size);
        CHECK_EQ(carried, 1);
        CHECK_EQ(carried_bytes, MEDIA);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

/* After a hole of which nobody knows what it hid, only what is certain counts. */
static void behind_a_larger_hole_messages_are_found_again(void)
{
    uint8_t rtp[MEDIA], one[ROOM];
    make_media(rtp, 1);
    uint32_t size = in_channel(one, rtp, sizeof rtp);
    struct seen_flow flow = seen_open(&stun_analyzer);
    flow.sink.datagram = take_inside;
    carried = 0;
    seen_bytes(&flow, 0, allocate, sizeof allocate);
    seen_gap(&flow, 0, 500);
    seen_bytes(&flow, 0, "@\xff\xff\xff not the start of anything", 30);
    CHECK_EQ(flow.kept_size[0], 0);
    seen_bytes(&flow, 0, one, size);
    CHECK_EQ(carried, 1);
    seen_close(&flow);
}

static void cut_and_flipped_messages_stay_in_bounds(void)
{
    static wrap *const wraps[] = { in_channel, in_send_indication, in_ms_send, multiplexed };
    uint8_t rtp[MEDIA], out[ROOM];
    make_media(rtp, 1);
    for (unsigned k = 0; k < sizeof wraps / sizeof *wraps; k++) {
        uint32_t size = wraps[k](out, rtp, 40);
        for (uint32_t i = 0; i < size; i++) {
            struct seen_flow flow = seen_open(&stun_analyzer);
            flow.sink.datagram = take_inside;
            seen_datagram(&flow, 0, allocate, sizeof allocate, sizeof allocate);
            out[i] ^= 0xff;
            seen_datagram(&flow, 0, out, size, size);
            (void)seen_claim(&stun_analyzer, out, size, false);
            (void)seen_claim(&stun_analyzer, out, size, true);
            out[i] ^= 0xff;
            seen_datagram(&flow, 0, out, i, size);
            seen_datagram(&flow, 0, out, i, i);
            (void)seen_claim(&stun_analyzer, out, i, false);
            seen_close(&flow);
        }
    }
}

static void channels_are_no_claim_without_media_in_them(void)
{
    uint8_t out[ROOM];
    uint32_t size = in_channel(out, (const uint8_t *)"GET / HTTP/1.1", 14);
    CHECK_EQ(seen_claim(&stun_analyzer, out, size, false), CLAIM_NO);
    uint8_t rtp[MEDIA];
    make_media(rtp, 1);
    size = in_channel(out, rtp, sizeof rtp);
    CHECK_EQ(seen_claim(&stun_analyzer, out, size, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&stun_analyzer, out, size + 4, false), CLAIM_NO); /* a wrong length */
    size = in_old_channel(out, rtp, sizeof rtp);
    CHECK_EQ(seen_claim(&stun_analyzer, out, size, false), CLAIM_NO);
}

int main(void)
{
    media_in_datagrams_of_a_relay_is_read();
    media_in_channels_is_read_though_the_start_was_missed();
    media_in_a_stream_to_a_relay_is_read();
    the_address_that_the_relay_gave_is_told();
    dtls_of_the_peer_does_not_make_it_the_client();
    what_is_inside_is_unwrapped_once();
    a_hole_in_channel_data_hides_nothing_else();
    behind_a_larger_hole_messages_are_found_again();
    cut_and_flipped_messages_stay_in_bounds();
    channels_are_no_claim_without_media_in_them();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

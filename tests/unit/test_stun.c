/* tests/unit/test_stun.c: STUN, classic STUN and Microsoft's TURN. */
#include "tests/seen.h"

extern const struct analyzer stun_analyzer;

/* RFC 5769 2.1: sample request, SOFTWARE "STUN test client". */
static const uint8_t request[108] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};

/* CreatePermission request: XOR-PEER-ADDRESS as the address of RFC 5769 2.2, 192.0.2.1:32853. */
static const uint8_t permission[32] = {
    0x00, 0x08, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x00, 0x12, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
};

/* The same with the IPv6 address of RFC 5769 2.3. */
static const uint8_t permission6[44] = {
    0x00, 0x08, 0x00, 0x18, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6,
    0x86, 0xfa, 0x87, 0xdf, 0xae, 0x00, 0x12, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13,
    0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
};

/* RFC 3489 Binding request with CHANGE-REQUEST. */
static const uint8_t classic[28] = {
    0x00, 0x01, 0x00, 0x08, 0x94, 0x29, 0xef, 0x88, 0x29, 0x4d, 0xd5, 0x26, 0x32, 0xc7,
    0x29, 0x31, 0xcb, 0xb8, 0xdb, 0x4c, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x00, 0x06,
};

/* [MS-TURN] Send request to 192.0.2.7:3000: own magic cookie first, DATA of 3 bytes unpadded. */
static const uint8_t microsoft[47] = {
    0x00, 0x04, 0x00, 0x1b, 1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,
    13,   14,   15,   16,   0x00, 0x0f, 0x00, 0x04, 0x72, 0xc6, 0x4b, 0xc6, 0x00, 0x11, 0x00, 0x08,
    0x00, 0x01, 0x0b, 0xb8, 0xc0, 0x00, 0x02, 0x07, 0x00, 0x13, 0x00, 0x03, 0xaa, 0xbb, 0xcc,
};

static void feed_one(const uint8_t *data, uint32_t captured, uint32_t on_wire)
{
    struct seen_flow flow = seen_open(&stun_analyzer);
    seen_datagram(&flow, 0, data, captured, on_wire);
    seen_close(&flow);
}

static void stun_rfc5769_request_is_a_binding_request_with_its_software(void)
{
    CHECK_EQ(seen_claim(&stun_analyzer, request, sizeof request, false), CLAIM_YES);
    feed_one(request, sizeof request, sizeof request);
    CHECK_EQ(seen[0].obs.kind, OBS_APP);
    CHECK(seen_text(OBS_APP, "stun"));
    CHECK(seen_text(OBS_STUN_DIALECT, "rfc8489"));
    CHECK(seen_text(OBS_STUN_METHOD, "binding.request"));
    CHECK(seen_text(OBS_STUN_SOFTWARE, "STUN test client"));
    CHECK_EQ(seen_value(OBS_CLIENT), 0);
    CHECK(!seen_anywhere("evtj"));
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
}

static void stun_classes_and_methods_have_their_names(void)
{
    static const struct {
        uint8_t type[2];
        const char *name;
    } rows[] = {
        { { 0x01, 0x01 }, "binding.success" },      { { 0x01, 0x11 }, "binding.error" },
        { { 0x00, 0x11 }, "binding.indication" },   { { 0x00, 0x16 }, "send.indication" },
        { { 0x00, 0x17 }, "data.indication" },      { { 0x01, 0x13 }, "allocate.error" },
        { { 0x01, 0x09 }, "channel_bind.success" }, { { 0x03, 0xef }, "0x0ff.success" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t m[sizeof request];
        memcpy(m, request, sizeof m);
        memcpy(m, rows[i].type, 2);
        feed_one(m, sizeof m, sizeof m);
        CHECK(seen_text(OBS_STUN_METHOD, rows[i].name));
    }
}

static void stun_peer_addresses_are_unmasked(void)
{
    feed_one(permission, sizeof permission, sizeof permission);
    CHECK(seen_text(OBS_STUN_METHOD, "create_permission.request"));
    CHECK(seen_text(OBS_STUN_RELAYED_PEER, "192.0.2.1:32853"));
    feed_one(permission6, sizeof permission6, sizeof permission6);
    CHECK(seen_text(OBS_STUN_RELAYED_PEER, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
}

static void stun_classic_is_claimed_only_when_everything_fits(void)
{
    CHECK_EQ(seen_claim(&stun_analyzer, classic, sizeof classic, false), CLAIM_YES);
    CHECK_EQ(seen_claim(&stun_analyzer, classic, sizeof classic, true), CLAIM_NO);
    for (uint32_t n = 0; n < sizeof classic; n++) {
        CHECK_EQ(seen_claim(&stun_analyzer, classic, n, false), CLAIM_NO);
    }
    uint8_t m[sizeof classic];
    memcpy(m, classic, sizeof m);
    m[23] = 8; /* the attribute does not end with the message */
    CHECK_EQ(seen_claim(&stun_analyzer, m, sizeof m, false), CLAIM_NO);
    m[23] = 4;
    m[1] = 3; /* Allocate is not of RFC 3489 */
    CHECK_EQ(seen_claim(&stun_analyzer, m, sizeof m, false), CLAIM_NO);
    feed_one(classic, sizeof classic, sizeof classic);
    CHECK(seen_text(OBS_STUN_DIALECT, "rfc3489"));
    CHECK(seen_text(OBS_STUN_METHOD, "binding.request"));
}

static void stun_microsoft_turn_is_known_by_its_own_cookie(void)
{
    CHECK_EQ(seen_claim(&stun_analyzer, microsoft, sizeof microsoft, false), CLAIM_YES);
    feed_one(microsoft, sizeof microsoft, sizeof microsoft);
    CHECK(seen_text(OBS_STUN_DIALECT, "ms-turn"));
    CHECK(seen_text(OBS_STUN_METHOD, "send.request"));
    CHECK(seen_text(OBS_STUN_RELAYED_PEER, "192.0.2.7:3000"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
}

static void stun_every_short_datagram_is_malformed(void)
{
    for (uint32_t n = 1; n < sizeof request; n++) {
        feed_one(request, n, n);
        CHECK_EQ(seen_times(OBS_MALFORMED), 1);
        CHECK_EQ(seen_count, 1);
    }
}

static void stun_snap_length_hides_only_what_was_needed(void)
{
    for (uint32_t n = 1; n < sizeof request; n++) {
        feed_one(request, n, sizeof request);
        CHECK_EQ(seen_times(OBS_CUT), n < 104 ? 1 : 0); /* 104: the last value is not needed */
        CHECK_EQ(seen_times(OBS_STUN_METHOD), n >= 20 ? 1 : 0);
        CHECK_EQ(seen_times(OBS_STUN_SOFTWARE), n >= 40 ? 1 : 0);
    }
}

static void stun_any_flipped_byte_stays_in_bounds(void)
{
    static const struct {
        const uint8_t *data;
        uint32_t size;
    } inputs[] = { { request, sizeof request },
                   { permission6, sizeof permission6 },
                   { classic, sizeof classic },
                   { microsoft, sizeof microsoft } };
    for (size_t k = 0; k < sizeof inputs / sizeof inputs[0]; k++) {
        for (uint32_t i = 0; i < inputs[k].size; i++) {
            for (int v = 0; v < 256; v += 5) {
                uint8_t m[sizeof request];
                memcpy(m, inputs[k].data, inputs[k].size);
                m[i] ^= (uint8_t)v;
                (void)seen_claim(&stun_analyzer, m, inputs[k].size, false);
                feed_one(m, inputs[k].size, inputs[k].size);
                CHECK(seen_times(OBS_STUN_METHOD) <= 1);
            }
        }
    }
}

static void stun_other_datagrams_of_the_flow_are_no_fault(void)
{
    static const uint8_t rtp[12] = { 0x80, 0x00 };
    struct seen_flow flow = seen_open(&stun_analyzer);
    seen_datagram(&flow, 0, request, sizeof request, sizeof request);
    seen_datagram(&flow, 0, rtp, sizeof rtp, sizeof rtp);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    CHECK_EQ(flow.last, FEED_MORE);
    seen_close(&flow);
}

/* Messages with ChannelData between them, cut anywhere. */
static void stun_split_anywhere_in_a_stream_gives_the_same_facts(void)
{
    static const uint8_t channel[12] = { 0x40, 0x01, 0x00, 0x05, 0x80, 1, 2, 3, 4 };
    uint8_t all[sizeof request + sizeof channel + sizeof permission];
    memcpy(all, request, sizeof request);
    memcpy(all + sizeof request, channel, sizeof channel);
    memcpy(all + sizeof request + sizeof channel, permission, sizeof permission);
    for (uint32_t first = 0; first <= sizeof all; first++) {
        struct seen_flow flow = seen_open(&stun_analyzer);
        seen_bytes(&flow, 1, all, first);
        seen_bytes(&flow, 1, all + first, (uint32_t)sizeof all - first);
        CHECK_EQ(seen_times(OBS_STUN_METHOD), 2);
        CHECK(seen_text(OBS_STUN_RELAYED_PEER, "192.0.2.1:32853"));
        CHECK_EQ(seen_value(OBS_CLIENT), 1);
        CHECK_EQ(flow.kept_size[1], 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void stun_garbage_in_a_stream_is_told_once_and_given_up(void)
{
    struct seen_flow flow = seen_open(&stun_analyzer);
    seen_bytes(&flow, 0, request, sizeof request);
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(flow.last, FEED_MORE);
        seen_string(&flow, 0, "!garbage");
    }
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void stun_a_stream_is_claimed_by_the_cookie_alone(void)
{
    for (uint32_t n = 1; n < 20; n++) {
        CHECK_EQ(seen_claim(&stun_analyzer, request, n, true), CLAIM_MORE);
    }
    CHECK_EQ(seen_claim(&stun_analyzer, request, 20, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&stun_analyzer, "GET / HTTP/1.1\r\n\r\n    ", 22, true), CLAIM_NO);
}

/* The same message as a control frame, then a data frame of 5 bytes. */
static uint32_t microsoft_frames(uint8_t out[128])
{
    static const uint8_t data[] = { 3, 0, 0, 5, 0x80, 0, 1, 2, 3 };
    const uint8_t head[] = { 2, 0, 0, sizeof microsoft };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, microsoft, sizeof microsoft);
    memcpy(out + sizeof head + sizeof microsoft, data, sizeof data);
    return (uint32_t)(sizeof head + sizeof microsoft + sizeof data);
}

static struct segment inside;
static unsigned insides;

static void take_inside(struct sink *sink, const struct segment *seg)
{
    (void)sink;
    inside = *seg;
    insides++;
}

static void stun_microsoft_frames_cut_anywhere_give_messages_and_what_they_carry(void)
{
    uint8_t all[128];
    uint32_t size = microsoft_frames(all);
    for (uint32_t first = 0; first <= size; first++) {
        struct seen_flow flow = seen_open(&stun_analyzer);
        flow.sink.datagram = take_inside;
        insides = 0;
        seen_bytes(&flow, 1, all, first);
        seen_bytes(&flow, 1, all + first, size - first);
        CHECK(seen_text(OBS_STUN_DIALECT, "ms-turn"));
        CHECK_EQ(seen_times(OBS_STUN_METHOD), 1);
        CHECK_EQ(insides, 2); /* the DATA of the message, and the frame */
        CHECK_EQ(bytes_sent(&inside.payload), 5);
        CHECK(!inside.open && inside.first && inside.from == 1);
        CHECK_EQ(flow.kept_size[1], 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

static void stun_microsoft_frames_are_claimed_by_their_first_message(void)
{
    uint8_t all[128];
    uint32_t size = microsoft_frames(all);
    for (uint32_t n = 1; n < 32; n++) {
        CHECK_EQ(seen_claim(&stun_analyzer, all, n, true), CLAIM_MORE);
    }
    CHECK_EQ(seen_claim(&stun_analyzer, all, size, true), CLAIM_YES);
    for (uint32_t at = 0; at < 32; at++) {
        bool told = at < 4 || (at >= 6 && at < 8) || at >= 24; /* type and id may be any */
        all[at] ^= 0x40;
        CHECK_EQ(seen_claim(&stun_analyzer, all, size, true), told ? CLAIM_NO : CLAIM_YES);
        all[at] ^= 0x40;
    }
}

static void stun_microsoft_frames_of_another_kind_are_malformed(void)
{
    uint8_t all[128];
    uint32_t size = microsoft_frames(all);
    struct seen_flow flow = seen_open(&stun_analyzer);
    seen_bytes(&flow, 0, all, size);
    seen_bytes(&flow, 0, "\x04\x00\x00\x01x", 5);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_bytes(&flow, 0, all, size);
    CHECK_EQ(seen_times(OBS_STUN_METHOD), 2);
    seen_close(&flow);
}

static void stun_methods_without_a_name_do_not_grow_the_facts_without_end(void)
{
    struct seen_flow flow = seen_open(&stun_analyzer);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t m[20] = {
            (uint8_t)(i >> 5), (uint8_t)(0x80 | (i & 0x1f)), 0, 0, 0x21, 0x12, 0xa4, 0x42
        };
        seen_datagram(&flow, 0, m, sizeof m, sizeof m);
    }
    CHECK_EQ(seen_times(OBS_STUN_METHOD), 100);
    unsigned other = 0;
    for (unsigned i = 0; i < seen_count; i++) {
        other += strcmp(seen[i].text, "other") == 0 ? 1 : 0;
    }
    CHECK_EQ(other, 92);
    seen_close(&flow);
}

int main(void)
{
    stun_methods_without_a_name_do_not_grow_the_facts_without_end();
    stun_rfc5769_request_is_a_binding_request_with_its_software();
    stun_classes_and_methods_have_their_names();
    stun_peer_addresses_are_unmasked();
    stun_classic_is_claimed_only_when_everything_fits();
    stun_microsoft_turn_is_known_by_its_own_cookie();
    stun_every_short_datagram_is_malformed();
    stun_snap_length_hides_only_what_was_needed();
    stun_any_flipped_byte_stays_in_bounds();
    stun_other_datagrams_of_the_flow_are_no_fault();
    stun_split_anywhere_in_a_stream_gives_the_same_facts();
    stun_garbage_in_a_stream_is_told_once_and_given_up();
    stun_a_stream_is_claimed_by_the_cookie_alone();
    stun_microsoft_frames_cut_anywhere_give_messages_and_what_they_carry();
    stun_microsoft_frames_are_claimed_by_their_first_message();
    stun_microsoft_frames_of_another_kind_are_malformed();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

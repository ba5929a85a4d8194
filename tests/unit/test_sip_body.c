/* tests/unit/test_sip_body.c: bodies that are packed (RFC 3261 20.12) are read as what they were.
 */
#include <stdlib.h>

#include "analyzers/inflate.h"
#include "tests/seen.h"
#include "tests/unit/inflate_vectors.h"

extern const struct analyzer sip_analyzer;

enum { ROOM = 4096 };

static struct inflate unpacker;

struct packet {
    uint8_t bytes[ROOM];
    uint32_t size;
};

static void put(struct packet *packet, const void *data, uint32_t size)
{
    memcpy(packet->bytes + packet->size, data, size);
    packet->size += size;
}

static void put_text(struct packet *packet, const char *text)
{
    put(packet, text, (uint32_t)strlen(text));
}

/* A request with these header lines, and a body. */
static struct packet request_of(const char *method, const char *headers, const void *body,
                                uint32_t size)
{
    struct packet packet = { .size = 0 };
    char head[512];
    snprintf(head, sizeof head, "%s sip:x SIP/2.0\r\nCall-ID: m\r\nCSeq: 1 %s\r\n%sl: %u\r\n\r\n",
             method, method, headers, size);
    put_text(&packet, head);
    put(&packet, body, size);
    return packet;
}

static void feed_cut(const struct packet *packet, uint32_t captured)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    flow.sink.inflate = &unpacker;
    seen_datagram(&flow, 0, packet->bytes, captured, packet->size);
    seen_close(&flow);
}

static void feed(const struct packet *packet)
{
    feed_cut(packet, packet->size);
}

static void check_sdp_is_read(void)
{
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 1);
    CHECK_EQ(seen_value(OBS_SDP_MEDIA), 4000);
    CHECK(seen_text(OBS_SDP_CRYPTO, "AES_CM_128_HMAC_SHA1_80"));
    CHECK_EQ(seen_value(OBS_SIP_KEYS_EXPOSED), 1);
    CHECK_EQ(seen_times(OBS_SIP_BODY_UNREAD), 0);
    CHECK(!seen_anywhere("WVNfX19z"));
}

static const char sdp_by_gzip[] = "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n";

static void packed_sdp_is_read(void)
{
    static const char *const headers[] = { sdp_by_gzip, "c: application/sdp\r\ne:\r\n x-gzip\r\n",
                                           "e: GZIP\r\n" /* its first line tells what it is */ };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct packet packet = request_of("INVITE", headers[i], sdp_gzip, sizeof sdp_gzip);
        feed(&packet);
        check_sdp_is_read();
    }
    static const char deflated[] = "c: application/sdp\r\ne: deflate\r\n";
    struct packet packet = request_of("INVITE", deflated, sdp_zlib, sizeof sdp_zlib);
    feed(&packet);
    check_sdp_is_read();
    packet = request_of("INVITE", deflated, sdp_bare, sizeof sdp_bare);
    feed(&packet);
    check_sdp_is_read();
    packet = request_of("INVITE", "c: application/sdp\r\ne: identity\r\n", packed_sdp,
                        sizeof packed_sdp - 1);
    feed(&packet);
    check_sdp_is_read();
}

static void packed_part_of_a_multipart_body_is_read(void)
{
    struct packet body = { .size = 0 };
    put_text(&body, "--b\r\nContent-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\n");
    put(&body, sdp_gzip, sizeof sdp_gzip);
    put_text(&body, "\r\n--b\r\nContent-Type: application/msrtc-media-relay-auth+xml\r\n\r\n"
                    "<password>WVNfX19z</password>\r\n--b--\r\n");
    struct packet packet =
        request_of("INVITE", "c: multipart/mixed;boundary=b\r\n", body.bytes, body.size);
    feed(&packet);
    check_sdp_is_read();
    CHECK_EQ(seen_value(OBS_SIP_RELAY_CREDENTIALS), 1);
}

/* Text that somebody wrote is readable to whoever unpacks it. */
static void packed_instant_message_is_readable(void)
{
    struct packet packet =
        request_of("MESSAGE", "c: text/plain\r\ne: gzip\r\n", sdp_gzip, sizeof sdp_gzip);
    feed(&packet);
    CHECK_EQ(seen_value(OBS_SIP_IM), 1);
    CHECK(!seen_anywhere("WVNfX19z"));
}

static void body_that_cannot_be_unpacked_is_told(void)
{
    uint8_t bad[sizeof sdp_gzip];
    memcpy(bad, sdp_gzip, sizeof bad);
    bad[40] ^= 0x40;
    struct packet packet = request_of("INVITE", sdp_by_gzip, bad, sizeof bad);
    feed(&packet);
    CHECK(seen_text(OBS_SIP_BODY_UNREAD, "damaged"));
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 0);
    packet = request_of("INVITE", sdp_by_gzip, zeros_70000, sizeof zeros_70000);
    feed(&packet);
    CHECK(seen_text(OBS_SIP_BODY_UNREAD, "too-large"));
    packet =
        request_of("INVITE", "c: application/sdp\r\ne: gzip, br\r\n", sdp_gzip, sizeof sdp_gzip);
    feed(&packet);
    CHECK(seen_text(OBS_SIP_BODY_UNREAD, "unknown-coding"));
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 0);
    packet = request_of("INVITE", sdp_by_gzip, packed_sdp, sizeof packed_sdp - 1);
    feed(&packet); /* not packed at all */
    CHECK(seen_text(OBS_SIP_BODY_UNREAD, "damaged"));
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 0);
    struct seen_flow flow = seen_open(&sip_analyzer); /* nobody unpacks */
    packet = request_of("INVITE", sdp_by_gzip, sdp_gzip, sizeof sdp_gzip);
    seen_datagram(&flow, 0, packet.bytes, packet.size, packet.size);
    seen_close(&flow);
    CHECK(seen_text(OBS_SIP_BODY_UNREAD, "no-room"));
}

/* The snap length leaves a part of the body, which is read, and no complaint about it. */
static void snap_length_leaves_what_was_plain_by_then(void)
{
    const struct packet packet = request_of("INVITE", sdp_by_gzip, sdp_gzip, sizeof sdp_gzip);
    unsigned media = 0;
    for (uint32_t size = packet.size - (uint32_t)sizeof sdp_gzip; size < packet.size; size++) {
        feed_cut(&packet, size);
        CHECK_EQ(seen_times(OBS_SIP_BODY_UNREAD), 0);
        CHECK_EQ(seen_times(OBS_CUT), 1);
        CHECK(!seen_anywhere("WVNfX19z"));
        media += seen_times(OBS_SDP_MEDIA);
    }
    CHECK(media > 0);
}

static void every_flipped_byte_stays_in_bounds(void)
{
    const struct packet packet = request_of("INVITE", sdp_by_gzip, sdp_gzip, sizeof sdp_gzip);
    for (uint32_t i = 0; i < packet.size * 8; i++) {
        struct packet bad = packet;
        bad.bytes[i / 8] ^= (uint8_t)(1U << i % 8);
        feed(&bad);
        CHECK(!seen_anywhere("WVNfX19z"));
    }
}

int main(void)
{
    packed_sdp_is_read();
    packed_part_of_a_multipart_body_is_read();
    packed_instant_message_is_readable();
    body_that_cannot_be_unpacked_is_told();
    snap_length_leaves_what_was_plain_by_then();
    every_flipped_byte_stays_in_bounds();
    inflate_done(&unpacker);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

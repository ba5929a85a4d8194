/* tests/unit/test_esp.c: ESP and AH: SAs, classes of ciphers by lengths, and headers in clear. */
#include <netinet/in.h>

#include "analyzers/esp_null.h"
#include "tests/seen.h"
#include "tests/unit/esp_vectors.h"

extern const struct analyzer esp_analyzer;

static enum claim feed_packet(struct seen_flow *flow, uint8_t from, uint8_t protocol,
                              const void *data, uint32_t captured, uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, data, captured);
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire), .from = from };
    seg.protocol = protocol;
    seg.port[0] = protocol == 0 ? 4500 : 0;
    seg.first = true;
    seg.packet = 7;
    enum claim claim = esp_analyzer.claim(&seg);
    flow->last = esp_analyzer.feed(flow->state, &seg, &flow->sink);
    free(heap);
    return claim;
}

/* A packet of an SA whose contents nobody can read. */
static void feed_closed(struct seen_flow *flow, uint32_t spi, uint32_t sequence, uint32_t size)
{
    uint8_t m[512];
    for (uint32_t i = 0; i < size; i++) {
        m[i] = (uint8_t)(0x95 + i * 0x3b + sequence * 0x17);
    }
    for (uint32_t i = 0; i < 4; i++) {
        m[i] = (uint8_t)(spi >> (24 - 8 * i));
        m[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    }
    CHECK_EQ(feed_packet(flow, 0, 0, m, size, size), CLAIM_YES);
}

/* Packets of as many lengths, `step` bytes apart, from the first on. */
static const char *class_by(uint32_t first, uint32_t step, uint32_t count)
{
    struct seen_flow flow = seen_open(&esp_analyzer);
    for (uint32_t i = 0; i < count; i++) {
        feed_closed(&flow, 0xc0ffee01, i + 1, first + i * step);
    }
    seen_close(&flow);
    CHECK(seen_text(OBS_ESP_EVIDENCE, "inferred"));
    return seen_nth(OBS_ESP_CLASS, seen_times(OBS_ESP_CLASS) - 1)->text;
}

static void lengths_tell_the_block_of_a_cipher(void)
{
    CHECK(strcmp(class_by(84, 16, 6), "block128") == 0);  /* 16 bytes of IV, ICV of 12 */
    CHECK(strcmp(class_by(84, 16, 3), "undecided") == 0); /* may be chance */
    CHECK(strcmp(class_by(84, 8, 8), "block64") == 0);
    CHECK(strcmp(class_by(84, 8, 5), "undecided") == 0);
    CHECK(strcmp(class_by(84, 4, 2), "stream") == 0); /* no block fits both */
    CHECK(strcmp(class_by(84, 0, 50), "undecided") == 0);
}

static void each_sa_counts_by_itself(void)
{
    struct seen_flow flow = seen_open(&esp_analyzer);
    for (uint32_t i = 0; i < 8; i++) { /* one of AES-CBC beside one of 3DES */
        feed_closed(&flow, 0x11111111, i + 1, 96 + i * 16);
        feed_closed(&flow, 0x22222222, i + 1, 84 + i * 8);
    }
    seen_close(&flow);
    CHECK(seen_text(OBS_ESP_CLASS, "block64"));
    CHECK(seen_text(OBS_ESP_SPI, "0x11111111"));
    CHECK(seen_text(OBS_ESP_SPI, "0x22222222"));
    CHECK_EQ(seen_times(OBS_ESP_SPI), 2);
    CHECK_EQ(seen_value(OBS_ESP_SAMPLES), 16);
    CHECK_EQ(seen_value(OBS_ESP_LENGTHS), 16);
    CHECK_EQ(seen_times(OBS_ESP_READABLE), 0);
}

static void many_sas_are_told_and_the_oldest_forgotten(void)
{
    struct seen_flow flow = seen_open(&esp_analyzer);
    for (uint32_t i = 0; i < 20; i++) {
        feed_closed(&flow, 0x1000 + i, 1, 96);
    }
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_ESP_SPI), 20);
}

static void null_encryption_is_proven_by_what_it_shows(void)
{
    struct seen_flow flow = seen_open(&esp_analyzer);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQ(feed_packet(&flow, 0, 0, null_packet, sizeof null_packet, sizeof null_packet),
                 CLAIM_YES);
    }
    seen_close(&flow);
    CHECK(seen_text(OBS_APP, "esp"));
    CHECK(seen_text(OBS_TUNNEL_SEEN, "esp"));
    CHECK(seen_text(OBS_ESP_CLASS, "null"));
    CHECK(seen_text(OBS_ESP_EVIDENCE, "proven"));
    CHECK_EQ(seen_value(OBS_ESP_READABLE), 3);
    flow = seen_open(&esp_analyzer);
    feed_packet(&flow, 0, 0, triple_des_packet, sizeof triple_des_packet, sizeof triple_des_packet);
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_ESP_READABLE), 0);
    CHECK_EQ(seen_value(OBS_ESP_LOOKED), 1);
}

/* RFC 4303 3.1.1 transport mode: UDP of 12 bytes, padding 1 2, its length, next header, 12 bytes.
 */
static void transport_mode_shows_by_its_trailer(void)
{
    static const uint8_t udp[] = { 0x13, 0xc4, 0x13, 0xc4, 0, 12, 0xab, 0xcd, 'a', 'b',
                                   'c',  'd',  1,    2,    2, 17, 9,    9,    9,   9,
                                   9,    9,    9,    9,    9, 9,  9,    9 };
    uint8_t m[sizeof udp];
    for (uint32_t n = 0; n < sizeof udp; n++) {
        struct bytes in = bytes_of(udp, n, sizeof udp);
        CHECK_EQ(esp_null_look(&in), ESP_NULL_UNSEEN);
    }
    struct bytes whole = bytes_of(udp, sizeof udp, sizeof udp);
    CHECK_EQ(esp_null_look(&whole), ESP_NULL_READABLE);
    for (uint32_t i = 12; i < 16; i++) { /* each byte of the trailer matters, and the length */
        memcpy(m, udp, sizeof m);
        m[i] ^= 0x40;
        struct bytes in = bytes_of(m, sizeof m, sizeof m);
        CHECK_EQ(esp_null_look(&in), ESP_NULL_CLOSED);
    }
    memcpy(m, udp, sizeof m);
    m[5]++;
    struct bytes in = bytes_of(m, sizeof m, sizeof m);
    CHECK_EQ(esp_null_look(&in), ESP_NULL_CLOSED);
}

static void a_cut_header_still_names_its_sa(void)
{
    static const uint8_t esp[] = { 0xc0, 0xff, 0xee, 0x01, 0, 0, 0, 1 };
    struct seen_flow flow = seen_open(&esp_analyzer);
    (void)feed_packet(&flow, 0, IPPROTO_ESP, esp, 3, 84);
    CHECK_EQ(seen_times(OBS_ESP_SPI), 0);
    (void)feed_packet(&flow, 0, IPPROTO_ESP, esp, 6, 84);
    (void)feed_packet(&flow, 0, IPPROTO_ESP, esp, 6, 6); /* too short at all */
    seen_close(&flow);
    CHECK(seen_text(OBS_ESP_SPI, "0xc0ffee01"));
    CHECK_EQ(seen_times(OBS_ESP_SPI), 1);
    CHECK_EQ(seen_times(OBS_CUT), 1);
    CHECK(strcmp(seen_nth(OBS_ESP_CLASS, 0)->text, "undecided") == 0);
}

static void authentication_headers_are_named(void)
{
    static const uint8_t ah[] = { 50, 4, 0, 0, 0, 0, 0x10, 0x01, 0, 0, 0, 1,
                                  1,  2, 3, 4, 5, 6, 7,    8,    9, 0, 1, 2 };
    struct seen_flow flow = seen_open(&esp_analyzer);
    CHECK_EQ(feed_packet(&flow, 0, IPPROTO_AH, ah, sizeof ah, sizeof ah), CLAIM_YES);
    seen_close(&flow);
    CHECK(seen_text(OBS_APP, "ah"));
    CHECK(seen_text(OBS_AH_SPI, "0x00001001"));
    CHECK_EQ(seen_times(OBS_ESP_CLASS), 0);
}

static void what_may_be_media_is_not_claimed(void)
{
    static const uint8_t rtp[] = { 0x80, 0, 1, 2, 0x11, 0x22, 0x33, 0x44, 5, 6, 7, 8, 1, 2, 3, 4 };
    static const uint8_t keepalive[] = { 0xff };
    struct seen_flow flow = seen_open(&esp_analyzer);
    CHECK_EQ(seen_claim(&esp_analyzer, null_packet, sizeof null_packet, false),
             CLAIM_NO); /* port */
    CHECK_EQ(feed_packet(&flow, 0, 0, keepalive, 1, 1), CLAIM_YES);
    CHECK_EQ(seen_times(OBS_APP), 0);
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_ESP_KEEPALIVES), 1);
    flow = seen_open(&esp_analyzer);
    CHECK_EQ(feed_packet(&flow, 0, 0, rtp, sizeof rtp, sizeof rtp), CLAIM_NO);
    seen_close(&flow);
}

static void any_cut_and_flip_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof null_packet; i++) {
        uint8_t m[sizeof null_packet];
        struct seen_flow flow = seen_open(&esp_analyzer);
        memcpy(m, null_packet, sizeof m);
        feed_packet(&flow, 0, IPPROTO_ESP, m, i, sizeof m);
        feed_packet(&flow, 0, IPPROTO_ESP, m, i, i);
        m[i] ^= 0xa5;
        feed_packet(&flow, 1, IPPROTO_ESP, m, sizeof m, sizeof m);
        feed_packet(&flow, 1, IPPROTO_AH, m, i, sizeof m);
        seen_close(&flow);
        CHECK(seen_value(OBS_ESP_READABLE) <= 3);
    }
}

int main(void)
{
    lengths_tell_the_block_of_a_cipher();
    each_sa_counts_by_itself();
    many_sas_are_told_and_the_oldest_forgotten();
    null_encryption_is_proven_by_what_it_shows();
    transport_mode_shows_by_its_trailer();
    a_cut_header_still_names_its_sa();
    authentication_headers_are_named();
    what_may_be_media_is_not_claimed();
    any_cut_and_flip_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

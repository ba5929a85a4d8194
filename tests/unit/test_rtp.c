/* tests/unit/test_rtp.c */
#include "tests/unit/rtp_bench.h"

static void a_stream_is_certain_with_its_eighth_packet(void)
{
    struct bench *bench = open_bench();
    struct media media = pcmu(160, 0);
    send_media(bench, &media, 7);
    CHECK_EQ(bench->apps, 0);
    send_media(bench, &media, 13);
    CHECK_EQ(bench->apps, 1);
    CHECK_EQ(bench->facts.count, 0); /* everything else at the end */
    end(bench);
    CHECK(is_text(bench, OBS_MEDIA_SSRC, 0, "0x11223344"));
    CHECK(is_text(bench, OBS_MEDIA_CODEC, 0, "PCMU"));
    CHECK(is_text(bench, OBS_MEDIA_KIND, 0, "audio"));
    CHECK_EQ(number(bench, OBS_MEDIA_PAYLOAD_TYPE, 0), 0);
    CHECK_EQ(number(bench, OBS_MEDIA_PACKETS, 0), 20);
    CHECK_EQ(number(bench, OBS_MEDIA_LOST, 0), 0);
    CHECK_EQ(number(bench, OBS_MEDIA_FIRST, 0), 1700000000020000U);
    CHECK_EQ(number(bench, OBS_MEDIA_LAST, 0), 1700000000400000U);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "rtp"));
    CHECK(is_text(bench, OBS_MEDIA_EVIDENCE, 0, "proven"));
    close_bench(bench);
}

static void encrypted_g711_is_srtp_and_confidential(void)
{
    struct bench *bench = open_bench();
    struct media media = pcmu(170, 88172645463325252U);
    send_media(bench, &media, 450);
    end(bench);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(is_text(bench, OBS_MEDIA_EVIDENCE, 0, "inferred"));
    CHECK(is_text(bench, OBS_MEDIA_GROUND_TEST, 0, "payload-size"));
    CHECK_EQ(number(bench, OBS_MEDIA_GROUND_SCORE, 0), 10000);
    CHECK_EQ(number(bench, OBS_MEDIA_CONFIDENTIAL, 0), 1);
    CHECK_EQ(number(bench, OBS_MEDIA_AUTHENTICATED, 0), 1); /* there is room for a tag */
    CHECK_EQ(number(bench, OBS_MEDIA_PACKETS, 0), 450);
    close_bench(bench);
}

static void the_two_directions_are_judged_apart(void)
{
    struct bench *bench = open_bench();
    struct media there = pcmu(170, 88172645463325252U);
    struct media back = pcmu(160, 0);
    back.from = 1;
    for (unsigned i = 0; i < 100; i++) {
        send_media(bench, &there, 1);
        send_media(bench, &back, 1);
    }
    end(bench);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 1, "rtp"));
    CHECK_EQ(number(bench, OBS_MEDIA_FROM, 0), 0);
    CHECK_EQ(number(bench, OBS_MEDIA_FROM, 1), 1);
    close_bench(bench);
}

static void loss_reorder_and_duplicates_are_counted_as_rfc_3550_does(void)
{
    struct bench *bench = open_bench();
    uint8_t packet[40][PACKET_MAX];
    struct media media = pcmu(160, 99);
    uint32_t size = 0;
    for (unsigned i = 0; i < 40; i++) {
        size = write_media(&media, packet[i]);
    }
    for (unsigned i = 0; i < 40; i++) {
        unsigned at = i == 20 ? 21 : i == 21 ? 20 : i; /* swapped */
        if (i < 30 || i > 32) {                        /* three lost */
            (void)send(bench, 0, packet[at], size);
        }
        if (i % 2 == 0) {
            (void)send(bench, 0, packet[i < 30 ? at : 29], size);
        }
    }
    end(bench);
    CHECK_EQ(bench->apps, 1);
    CHECK(number(bench, OBS_MEDIA_LOST, 0) <= 3);
    CHECK_EQ(number(bench, OBS_MEDIA_PACKETS, 0), 57);
    close_bench(bench);
}

static void a_span_port_that_doubles_every_packet_changes_nothing(void)
{
    struct bench *bench = open_bench();
    uint8_t packet[PACKET_MAX];
    struct media media = pcmu(170, 424242);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t size = write_media(&media, packet);
        (void)send(bench, 0, packet, size);
        (void)send(bench, 0, packet, size);
    }
    end(bench);
    CHECK_EQ(bench->apps, 1);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK_EQ(number(bench, OBS_MEDIA_LOST, 0), 0);
    close_bench(bench);
}

static void a_sender_that_starts_anew_loses_nothing(void)
{
    struct bench *bench = open_bench();
    struct media media = pcmu(160, 7);
    send_media(bench, &media, 20);
    media.sequence = 30000;
    send_media(bench, &media, 20);
    end(bench);
    CHECK_EQ(number(bench, OBS_MEDIA_PACKETS, 0), 40);
    CHECK_EQ(number(bench, OBS_MEDIA_LOST, 0), 0);
    close_bench(bench);
}

static void few_packets_of_a_sender_are_samples(void)
{
    static const uint16_t at[] = { 2, 3, 31, 127, 511, 2047 };
    struct bench *bench = open_bench();
    struct media media = pcmu(160, 7);
    uint16_t first = media.sequence;
    send_media(bench, &media, 3000);
    CHECK_EQ(bench->samples, 6);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_EQ(bench->sampled[i], (uint16_t)(first + at[i]));
    }
    bench->time_us += 3000000; /* what goes on after a pause may be keyed anew */
    send_media(bench, &media, 1);
    CHECK_EQ(bench->samples, 7);
    end(bench);
    close_bench(bench);
}

static void cut_packets_are_no_samples(void)
{
    struct bench *bench = open_bench();
    struct media media = pcmu(160, 7);
    uint8_t packet[PACKET_MAX];
    for (unsigned i = 0; i < 100; i++) {
        uint32_t size = write_media(&media, packet);
        (void)send_part(bench, 0, packet, 96, size);
    }
    CHECK_EQ(bench->samples, 0);
    send_media(bench, &media, 2);
    CHECK_EQ(bench->samples, 2);
    end(bench);
    close_bench(bench);
}

/* After a jump back, or a few packets back: both ways numbers that were sampled come again. */
static void numbers_that_come_again_are_samples_again(void)
{
    for (unsigned packets = 40; packets <= 400; packets *= 10) {
        struct bench *bench = open_bench();
        struct media media = pcmu(160, 7);
        uint16_t first = media.sequence;
        send_media(bench, &media, packets);
        unsigned before = bench->samples;
        media.sequence = first;
        send_media(bench, &media, 34);
        CHECK(bench->samples >= before + 3);
        for (unsigned i = before; i < bench->samples; i++) {
            uint16_t back = (uint16_t)(bench->sampled[i] - first);
            CHECK(back == 2 || back == 3 || back == 4 || back == 31);
        }
        for (unsigned i = 0; i < 100; i++) { /* and there is an end of it */
            media.sequence = (uint16_t)(first + 2);
            send_media(bench, &media, 2);
        }
        CHECK(bench->samples <= before + 12);
        end(bench);
        close_bench(bench);
    }
}

static void random_datagrams_are_never_called_rtp(void)
{
    struct bench *bench = open_bench();
    struct media noise = { .payload = 100, .noise = 1234567 };
    uint8_t packet[PACKET_MAX];
    for (unsigned i = 0; i < 20000; i++) {
        (void)write_media(&noise, packet);
        packet[12] = (uint8_t)(128 | (packet[12] & 15)); /* as much like RTP as can be */
        (void)send(bench, packet[20] & 1, packet + 12, 100);
    }
    end(bench);
    CHECK_EQ(bench->apps, 0);
    CHECK(facts_find(&bench->facts, OBS_MEDIA_SSRC) == NULL);
    close_bench(bench);
}

/* A request id in the place of the sequence number, a counter in that of the timestamp. */
static void counters_without_a_media_clock_are_not_rtp(void)
{
    struct bench *bench = open_bench();
    uint8_t packet[64] = { 0x80, 0x10 };
    for (unsigned i = 0; i < 100; i++) {
        packet[3] = (uint8_t)i;
        packet[4] = (uint8_t)(i * 37); /* jumps of hours on any clock */
        (void)send(bench, 0, packet, sizeof packet);
    }
    CHECK_EQ(bench->apps, 0);
    close_bench(bench);
    bench = open_bench();
    for (unsigned i = 0; i < 100; i++) {
        packet[3] = 7; /* never goes on, as in DNS */
        packet[4] = 0;
        (void)send(bench, 0, packet, sizeof packet);
    }
    end(bench);
    CHECK_EQ(bench->apps, 0);
    CHECK_EQ(bench->facts.count, 0);
    close_bench(bench);
}

static void five_packets_in_perfect_order_are_told_but_name_no_protocol(void)
{
    struct bench *bench = open_bench();
    struct media media = pcmu(160, 5);
    send_media(bench, &media, 5);
    end(bench);
    CHECK_EQ(bench->apps, 0);
    CHECK_EQ(number(bench, OBS_MEDIA_PACKETS, 0), 5);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "unknown"));
    CHECK(facts_find(&bench->facts, OBS_MEDIA_EVIDENCE) == NULL);
    close_bench(bench);
    bench = open_bench();
    media = pcmu(160, 5);
    send_media(bench, &media, 3);
    media.sequence++;
    send_media(bench, &media, 2);
    end(bench);
    CHECK(facts_find(&bench->facts, OBS_MEDIA_SSRC) == NULL);
    close_bench(bench);
}

static void streams_beyond_the_cap_are_counted(void)
{
    struct bench *bench = open_bench();
    for (uint32_t i = 0; i < 18; i++) {
        struct media media = pcmu(160, i + 1);
        media.ssrc = 0x1000 + i;
        send_media(bench, &media, 10);
    }
    end(bench);
    CHECK(facts_find_at(&bench->facts, OBS_MEDIA_SSRC, 15, 0) != NULL);
    CHECK(facts_find_at(&bench->facts, OBS_MEDIA_SSRC, 16, 0) == NULL);
    const struct fact *cut = facts_find(&bench->facts, OBS_CUT);
    CHECK(cut != NULL && cut->value == 20);
    close_bench(bench);
}

/* RFC 3550 6.4.1, 6.5: sender report without blocks, SDES with CNAME "a@b.c". */
static const uint8_t compound[44] = {
    0x80, 200, 0,    6,    0xde, 0xad, 0xbe, 0xef, 1,   2,   3,   4,   5,   6,    7,
    8,    0,   0,    0,    1,    0,    0,    0,    9,   0,   0,   5,   0,   0x81, 202,
    0,    3,   0xde, 0xad, 0xbe, 0xef, 1,    5,    'a', '@', 'b', '.', 'c', 0,
};

static void a_compound_packet_with_a_cname_is_clear_rtcp(void)
{
    struct bench *bench = open_bench();
    CHECK(send(bench, 1, compound, sizeof compound));
    end(bench);
    CHECK_EQ(bench->apps, 1);
    CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_PROTECTION, "rtp"));
    CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_EVIDENCE, "proven"));
    CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_GROUND_TEST, "rtcp-cname"));
    CHECK(facts_find(&bench->facts, OBS_MEDIA_SSRC) == NULL);
    close_bench(bench);
}

/* SRTCP as RFC 3711 3.4: 8 bytes in clear, ciphertext, E and index, tag of 80 bits. */
static void send_srtcp(struct bench *bench, uint32_t index, uint32_t mki)
{
    uint8_t packet[96];
    struct media noise = { .payload = 84, .noise = 31 + index * 7919 };
    (void)write_media(&noise, packet);
    memcpy(packet, compound, 8);
    uint32_t at = 48;
    packet[at++] = (uint8_t)(0x80 | index >> 24);
    packet[at++] = (uint8_t)(index >> 16);
    packet[at++] = (uint8_t)(index >> 8);
    packet[at++] = (uint8_t)index;
    (void)send(bench, 0, packet, at + mki + 10);
}

static void an_index_that_goes_on_is_srtcp(void)
{
    for (uint32_t mki = 0; mki <= 4; mki++) {
        struct bench *bench = open_bench();
        send_srtcp(bench, 255, mki);
        send_srtcp(bench, 256, mki);
        CHECK_EQ(bench->apps, 0);
        send_srtcp(bench, 257, mki);
        CHECK_EQ(bench->apps, 1);
        end(bench);
        CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_PROTECTION, "srtp"));
        CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_EVIDENCE, "inferred"));
        close_bench(bench);
    }
}

/* Frames of silence are left out; a clock that goes by anything else is no clock. */
static void a_short_stream_with_silence_is_told_without_a_name(void)
{
    static const uint32_t steps[3][3] = { { 160, 320, 480 },
                                          { 160, 320, 500 },
                                          { 160, 160, 8160 } };
    for (unsigned i = 0; i < 3; i++) {
        struct bench *bench = open_bench();
        struct media media = pcmu(2, 0);
        for (unsigned k = 0; k < 3; k++) {
            media.step = steps[i][k];
            send_media(bench, &media, 1);
        }
        send_media(bench, &media, 1);
        end(bench);
        CHECK_EQ(bench->apps, 0);
        CHECK_EQ(facts_find(&bench->facts, OBS_MEDIA_SSRC) != NULL, i == 0);
        close_bench(bench);
    }
}

static void few_reports_are_told_without_a_name(void)
{
    struct bench *bench = open_bench();
    send_srtcp(bench, 255, 0);
    send_srtcp(bench, 256, 0);
    end(bench);
    CHECK_EQ(bench->apps, 0);
    CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_PROTECTION, "unknown"));
    close_bench(bench);
}

static void an_index_that_jumps_is_not_srtcp(void)
{
    struct bench *bench = open_bench();
    for (uint32_t i = 0; i < 20; i++) {
        send_srtcp(bench, i * 1000, 0);
    }
    end(bench);
    CHECK_EQ(bench->apps, 0);
    CHECK(facts_find(&bench->facts, OBS_MEDIA_RTCP_PROTECTION) == NULL);
    close_bench(bench);
}

static void a_clear_goodbye_beside_srtcp_is_told_with_both_grounds(void)
{
    struct bench *bench = open_bench();
    for (uint32_t i = 1; i < 6; i++) {
        send_srtcp(bench, i, 0);
    }
    (void)send(bench, 0, compound, sizeof compound);
    end(bench);
    CHECK(facts_is(&bench->facts, OBS_MEDIA_RTCP_PROTECTION, "rtp"));
    unsigned grounds = 0;
    const struct fact *ground = NULL;
    while ((ground = facts_next(&bench->facts, OBS_MEDIA_RTCP_GROUND_TEST, ground)) != NULL) {
        grounds++;
    }
    CHECK_EQ(grounds, 3);
    close_bench(bench);
}

static void every_short_datagram_waits_or_is_no_rtcp(void)
{
    for (uint32_t n = 0; n < sizeof compound; n++) {
        struct bench *bench = open_bench();
        CHECK_EQ(send(bench, 0, compound, n), n >= 28); /* the first packet is whole */
        end(bench);
        CHECK(n >= 28 || facts_find(&bench->facts, OBS_MEDIA_RTCP_PROTECTION) == NULL);
        close_bench(bench);
    }
    uint8_t packet[PACKET_MAX];
    struct media media = pcmu(4, 1);
    uint32_t size = write_media(&media, packet);
    packet[0] = 0x92; /* extension, two CSRCs */
    packet[22] = 0;
    packet[23] = 1;
    memset(packet + 24, 0, 8);
    for (uint32_t n = 0; n < size + 16; n++) {
        struct bench *bench = open_bench();
        CHECK_EQ(send(bench, 0, packet, n), n >= 28);
        close_bench(bench);
    }
}

static void snap_length_hides_only_the_payload(void)
{
    for (uint32_t kept = 12; kept <= 172; kept += 16) {
        struct bench *bench = open_bench();
        struct media media = pcmu(170, 31337);
        uint8_t packet[PACKET_MAX];
        for (unsigned i = 0; i < 100; i++) {
            uint32_t size = write_media(&media, packet);
            CHECK(send_part(bench, 0, packet, kept, size));
        }
        end(bench);
        CHECK_EQ(bench->apps, 1);
        CHECK(is_text(bench, OBS_MEDIA_GROUND_TEST, 0, "payload-size")); /* sizes were sent */
        CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
        close_bench(bench);
    }
    struct bench *bench = open_bench();
    CHECK(!send_part(bench, 0, compound, 3, sizeof compound));
    CHECK(send_part(bench, 0, compound, 4, sizeof compound));
    close_bench(bench);
}

static void every_flipped_byte_stays_in_bounds(void)
{
    struct bench *bench = open_bench();
    for (uint32_t i = 0; i < sizeof compound; i++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t packet[sizeof compound];
            memcpy(packet, compound, sizeof packet);
            packet[i] = (uint8_t)v;
            (void)send(bench, v & 1, packet, sizeof packet);
            (void)send_part(bench, v & 1, packet, sizeof packet - v % 24, sizeof packet);
        }
    }
    struct media media = pcmu(20, 3);
    uint8_t packet[PACKET_MAX];
    uint32_t size = write_media(&media, packet);
    for (uint32_t i = 0; i < size; i++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t flipped[PACKET_MAX];
            memcpy(flipped, packet, size);
            flipped[i] = (uint8_t)v;
            (void)send_part(bench, v & 1, flipped, size - v % 8, size);
        }
    }
    end(bench);
    CHECK(bench->packet > 1000);
    close_bench(bench);
}

static void other_first_bytes_are_left_to_others(void)
{
    for (unsigned first = 0; first < 256; first++) {
        struct bench *bench = open_bench();
        uint8_t packet[200] = { (uint8_t)first, 96 };
        CHECK_EQ(send(bench, 0, packet, sizeof packet), first >= 128 && first <= 191);
        close_bench(bench);
    }
}

int main(void)
{
    a_stream_is_certain_with_its_eighth_packet();
    encrypted_g711_is_srtp_and_confidential();
    the_two_directions_are_judged_apart();
    loss_reorder_and_duplicates_are_counted_as_rfc_3550_does();
    a_span_port_that_doubles_every_packet_changes_nothing();
    a_sender_that_starts_anew_loses_nothing();
    few_packets_of_a_sender_are_samples();
    cut_packets_are_no_samples();
    numbers_that_come_again_are_samples_again();
    random_datagrams_are_never_called_rtp();
    counters_without_a_media_clock_are_not_rtp();
    five_packets_in_perfect_order_are_told_but_name_no_protocol();
    streams_beyond_the_cap_are_counted();
    a_compound_packet_with_a_cname_is_clear_rtcp();
    an_index_that_goes_on_is_srtcp();
    a_short_stream_with_silence_is_told_without_a_name();
    few_reports_are_told_without_a_name();
    an_index_that_jumps_is_not_srtcp();
    a_clear_goodbye_beside_srtcp_is_told_with_both_grounds();
    every_short_datagram_waits_or_is_no_rtcp();
    snap_length_hides_only_the_payload();
    every_flipped_byte_stays_in_bounds();
    other_first_bytes_are_left_to_others();
    return check_failures > 0;
}

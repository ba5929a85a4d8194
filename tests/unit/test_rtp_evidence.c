/* tests/unit/test_rtp_evidence.c */
#include "analyzers/rtp_codecs.h"
#include "analyzers/rtp_evidence.h"
#include "tests/check.h"

static uint64_t random_state;

static uint8_t random_byte(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint8_t)(random_state >> 32);
}

static void random_start(uint64_t seed)
{
    random_state = seed * 0x9e3779b97f4a7c15U + 1;
    for (unsigned i = 0; i < 16; i++) {
        (void)random_byte();
    }
}

static void look(struct rtp_evidence *evidence, const uint8_t *payload, uint32_t size)
{
    struct bytes window = bytes_of(payload, size, size);
    rtp_evidence_payload(evidence, &window);
}

static void look_random(struct rtp_evidence *evidence, unsigned packets, uint32_t size)
{
    uint8_t payload[256];
    for (unsigned i = 0; i < packets; i++) {
        for (uint32_t j = 0; j < size; j++) {
            payload[j] = random_byte();
        }
        look(evidence, payload, size);
    }
}

/* ITU-T G.711: sign, segment, 4 bits, all inverted. */
static uint8_t mu_law(int sample)
{
    int sign = sample < 0 ? 0x80 : 0;
    int value = (sample < 0 ? -sample : sample) + 33;
    value = value > 8191 ? 8191 : value;
    int segment = 0;
    while (value >> (segment + 6) != 0) {
        segment++;
    }
    return (uint8_t) ~(sign | segment << 4 | ((value >> (segment + 1)) & 15));
}

/* Voice: a pulse train of a changing pitch through a slow envelope, with breath noise. */
static void look_speech(struct rtp_evidence *evidence, unsigned packets)
{
    uint8_t payload[160];
    int level = 0;
    unsigned period = 60 + random_byte() % 60;
    for (unsigned i = 0; i < packets; i++) {
        unsigned loud = i % 25 < 17 ? 1500 + random_byte() * 12U : 40;
        for (unsigned j = 0; j < sizeof payload; j++) {
            level = level * 15 / 16 + ((i * 160 + j) % period == 0 ? (int)loud : 0);
            payload[j] = mu_law(level - (int)loud / 12 + random_byte() % 32 - 16);
        }
        look(evidence, payload, sizeof payload);
    }
}

static struct rtp_verdict judged(struct rtp_evidence *evidence)
{
    struct rtp_verdict verdict;
    rtp_evidence_judge(evidence, &verdict);
    return verdict;
}

static void ten_thousand_random_streams_are_never_called_rtp(void)
{
    unsigned srtp = 0;
    for (unsigned stream = 0; stream < 10000; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(stream + 1);
        look_random(&evidence, 10 + stream % 190, 10 + stream % 60);
        struct rtp_verdict verdict = judged(&evidence);
        CHECK(verdict.says != RTP_SAYS_RTP);
        CHECK(!verdict.proven);
        srtp += verdict.says == RTP_SAYS_SRTP;
    }
    CHECK(srtp > 7500); /* the others have fewer than 40 packets */
}

static void long_random_streams_are_called_srtp(void)
{
    unsigned srtp = 0;
    for (unsigned stream = 0; stream < 200; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(stream + 77777);
        look_random(&evidence, RTP_EVIDENCE_PACKETS, 60);
        srtp += judged(&evidence).says == RTP_SAYS_SRTP;
    }
    CHECK(srtp >= 195);
}

static void speech_is_always_called_rtp_after_fifty_packets(void)
{
    for (unsigned stream = 0; stream < 300; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(stream + 1);
        look_speech(&evidence, 50);
        CHECK_EQ(judged(&evidence).says, RTP_SAYS_RTP);
    }
}

static void tones_are_always_called_rtp_after_fifty_packets(void)
{
    static const int sine[16] = { 0, 383,  707,  924,  1000,  924,  707,  383,
                                  0, -383, -707, -924, -1000, -924, -707, -383 };
    for (unsigned step = 1; step < 8; step++) {
        struct rtp_evidence evidence = { .packets = 0 };
        uint8_t payload[160];
        for (unsigned i = 0; i < 50; i++) {
            for (unsigned j = 0; j < sizeof payload; j++) {
                payload[j] = mu_law(sine[(i * 160 + j) * step % 16] * 4);
            }
            look(&evidence, payload, sizeof payload);
        }
        CHECK_EQ(judged(&evidence).says, RTP_SAYS_RTP);
        CHECK(judged(&evidence).proven); /* the same payload again and again */
    }
}

static void clear_speech_of_the_right_size_is_proven(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    random_start(5);
    look_speech(&evidence, 60);
    for (unsigned i = 0; i < 59; i++) {
        rtp_evidence_size(&evidence, 0, 160, 160);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_RTP);
    CHECK(judged(&evidence).proven);
    CHECK_EQ(judged(&evidence).grounds[0].test, RTP_TEST_SIZE);
    CHECK_EQ(judged(&evidence).grounds[0].score, 0);
}

static void few_packets_say_nothing(void)
{
    for (unsigned packets = 0; packets < 40; packets++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(packets + 9);
        look_random(&evidence, packets, 170);
        CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
    }
    struct rtp_evidence speech = { .packets = 0 };
    random_start(3);
    look_speech(&speech, 2);
    CHECK_EQ(judged(&speech).says, RTP_SAYS_UNKNOWN);
}

static void each_tag_length_behind_g711_is_srtp(void)
{
    static const unsigned extra[] = { 4, 5, 8, 10, 11, 14, 16, 17, 20 };
    for (unsigned i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        struct rtp_evidence evidence = { .packets = 0 };
        for (unsigned j = 0; j < 12; j++) {
            rtp_evidence_size(&evidence, 8, 160 + extra[i], 160);
        }
        CHECK_EQ(judged(&evidence).says, RTP_SAYS_SRTP);
        CHECK_EQ(judged(&evidence).grounds[0].score, (int)extra[i] * 1000);
        CHECK(!judged(&evidence).null_cipher);
    }
}

static void sizes_that_disagree_say_nothing(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    for (unsigned j = 0; j < 60; j++) {
        rtp_evidence_size(&evidence, 0, j % 4 == 0 ? 160 : 170, 160);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
    CHECK_EQ(judged(&evidence).ground_count, 0);
}

static void tagged_packets_do_not_speak_for_those_without_a_tag(void)
{
    for (unsigned bare = 0; bare < 4; bare++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(bare + 7);
        for (unsigned j = 0; j < 200; j++) {
            rtp_evidence_size(&evidence, 0, j < bare ? 160 : 170, 160);
        }
        look_random(&evidence, 200, 170);
        CHECK_EQ(judged(&evidence).says, bare < 2 ? RTP_SAYS_SRTP : RTP_SAYS_UNKNOWN);
    }
}

static void random_samples_without_room_for_a_tag_say_nothing(void)
{
    static const unsigned sizes[] = { 160, 320, 640, 170, 330, 650, 97 };
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct rtp_evidence evidence = { .packets = 0 };
        random_start(i + 11);
        look_random(&evidence, 200, 200);
        for (unsigned j = 0; j < 199; j++) {
            rtp_evidence_size(&evidence, 98, sizes[i], 160);
        }
        CHECK_EQ(judged(&evidence).says, sizes[i] % 160 == 0 ? RTP_SAYS_UNKNOWN : RTP_SAYS_SRTP);
    }
}

static void a_tag_behind_readable_speech_is_srtp_without_cipher(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    random_start(11);
    look_speech(&evidence, 60);
    for (unsigned i = 0; i < 59; i++) {
        rtp_evidence_size(&evidence, 0, 170, 160);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_SRTP);
    CHECK(judged(&evidence).null_cipher);
    CHECK(!judged(&evidence).proven);
}

static void random_g711_without_room_for_a_tag_is_srtp_without_authentication(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    random_start(12);
    look_random(&evidence, 150, 160);
    for (unsigned i = 0; i < 149; i++) {
        rtp_evidence_size(&evidence, 0, 160, 160);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_SRTP);
    CHECK(judged(&evidence).no_tag);
}

static void random_g729_without_room_for_a_tag_stays_unknown(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    random_start(13);
    look_random(&evidence, 150, 20);
    for (unsigned i = 0; i < 149; i++) {
        rtp_evidence_size(&evidence, 18, 20, 160);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
}

static void three_identical_payloads_prove_clear_media(void)
{
    static const uint8_t silence[20] = { 0xd5, 0xd5, 0x55 };
    struct rtp_evidence evidence = { .packets = 0 };
    look(&evidence, silence, sizeof silence);
    look(&evidence, silence, sizeof silence);
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
    look(&evidence, silence, sizeof silence);
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_RTP);
    CHECK(judged(&evidence).proven);
}

static void short_payloads_that_repeat_are_readable_but_prove_nothing(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    for (unsigned i = 0; i < 50; i++) {
        look(&evidence, (const uint8_t *)"\x01\x02\x03", i % 4);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_RTP);
    CHECK(!judged(&evidence).proven);
    CHECK_EQ(evidence.measured, 37); /* empty ones are not */
}

static void a_clear_start_does_not_hide_a_long_encrypted_stream(void)
{
    static const uint8_t silence[160] = { 0xff };
    struct rtp_evidence evidence = { .packets = 0 };
    for (unsigned i = 0; i < 4; i++) {
        look(&evidence, silence, sizeof silence);
    }
    random_start(21);
    look_random(&evidence, 396, 160);
    CHECK(judged(&evidence).says != RTP_SAYS_RTP);
}

static void cut_payloads_are_not_compared_as_whole(void)
{
    static const uint8_t same[12] = { 1, 2, 3 };
    struct rtp_evidence evidence = { .packets = 0 };
    for (unsigned i = 0; i < 5; i++) {
        struct bytes window = bytes_of(same, sizeof same, 160);
        rtp_evidence_payload(&evidence, &window);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
}

static void only_four_hundred_packets_are_looked_at(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    random_start(31);
    look_random(&evidence, 500, 46);
    CHECK_EQ(evidence.packets, RTP_EVIDENCE_PACKETS);
    CHECK_EQ(evidence.pooled, RTP_EVIDENCE_PACKETS * RTP_POOLED_BYTES);
}

/* Lync sends a key id (MKI) of one byte, 1, in every SRTP packet. */
static void a_key_id_in_short_srtp_packets_is_not_readable_media(void)
{
    for (unsigned stream = 0; stream < 400; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        unsigned mki = 1 + stream % 4;
        unsigned tag = stream % 2 == 0 ? 10 : 4;
        uint32_t size = stream % 41;
        uint8_t payload[64];
        random_start(stream + 1);
        for (unsigned i = 0; i < 400; i++) {
            for (uint32_t j = 0; j < size + mki + tag; j++) {
                payload[j] = random_byte();
            }
            memset(payload + size, 1, mki);
            look(&evidence, payload, size + mki + tag);
        }
        CHECK(judged(&evidence).says != RTP_SAYS_RTP);
    }
}

static void short_srtp_is_known_after_fifty_packets(void)
{
    for (unsigned stream = 0; stream < 300; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        unsigned mki = stream % 3 == 0 ? 0 : 1 + stream % 4;
        unsigned tag = stream % 2 == 0 ? 10 : 4;
        uint8_t payload[64];
        random_start(stream + 99);
        for (unsigned i = 0; i < 47; i++) {
            uint32_t size = 1 + random_byte() % 4;
            for (uint32_t j = 0; j < size + mki + tag; j++) {
                payload[j] = random_byte();
            }
            memset(payload + size, 1, mki);
            look(&evidence, payload, size + mki + tag);
        }
        CHECK_EQ(judged(&evidence).says, RTP_SAYS_SRTP);
    }
}

static void short_srtp_among_long_packets_shows_no_key_id_as_media(void)
{
    for (unsigned stream = 0; stream < 300; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        uint8_t payload[200];
        random_start(stream + 17);
        for (unsigned i = 0; i < 47; i++) {
            uint32_t size = i % (3 + stream % 6) == 0 ? 12 + random_byte() % 9 : 120;
            for (uint32_t j = 0; j < size + 14; j++) {
                payload[j] = random_byte();
            }
            memset(payload + size, 0, 4);
            look(&evidence, payload, size + 14);
        }
        CHECK(judged(&evidence).says != RTP_SAYS_RTP);
    }
}

static void a_constant_beginning_before_what_may_be_a_tag_says_nothing(void)
{
    struct rtp_evidence evidence = { .packets = 0 };
    uint8_t payload[11];
    random_start(3);
    for (unsigned i = 0; i < 100; i++) {
        for (uint32_t j = 0; j < sizeof payload; j++) {
            payload[j] = random_byte();
        }
        payload[0] = 1;
        look(&evidence, payload, sizeof payload);
    }
    CHECK_EQ(judged(&evidence).says, RTP_SAYS_UNKNOWN);
}

/* What is constant, or uneven, in the frames of codecs that look much like chance. */
enum encoder { OPUS, H264, VP8, AMR, G729, G726, RED, ENCODERS };

static void encode(enum encoder encoder, unsigned packet, uint8_t *payload, uint32_t size)
{
    for (uint32_t j = 0; j < size; j++) {
        payload[j] = random_byte();
    }
    switch (encoder) {
    case OPUS: /* RFC 6716 3.1: the TOC byte */
        payload[0] = packet % 50 < 40 ? 0x78 : 0x08;
        break;
    case H264: /* RFC 6184 5.8: FU indicator and header */
        payload[0] = packet % 20 == 0 ? 0x67 : 0x7c;
        payload[1] = packet % 10 == 0 ? 0x85 : 0x05;
        break;
    case VP8: /* RFC 7741 4.2 */
        payload[0] = 0x90;
        payload[1] = 0x80;
        break;
    case AMR: /* RFC 4867 4.3: CMR, F, FT, Q in ten bits */
        payload[0] = (uint8_t)(0xf0 | (packet % 9 == 0 ? 4 : 3));
        payload[1] = (uint8_t)(0xc0 | (payload[1] & 63));
        break;
    case G729: /* like a real encoder's, z is 10 and more in 100 packets */
        payload[0] &= random_byte() | 0x1f;
        payload[0] &= random_byte() | 0x7f;
        payload[1] |= payload[size - 1] & payload[size - 2] & 0x81;
        payload[2] &= payload[size - 3] | payload[size - 4] | 0x0f;
        break;
    case G726: /* codes of four bits: sign and size, the small ones frequent */
        for (uint32_t j = 0; j < size; j++) {
            uint8_t again = random_byte();
            payload[j] = (again & 7) < (payload[j] & 7) ? again : payload[j];
        }
        break;
    case RED: /* RFC 2198 3 */
        payload[0] = 0xef;
        payload[4] = 111;
        break;
    case ENCODERS:
    default:
        break;
    }
}

static void frames_of_common_codecs_are_never_called_srtp(void)
{
    for (unsigned stream = 0; stream < 2100; stream++) {
        struct rtp_evidence evidence = { .packets = 0 };
        uint8_t payload[80];
        unsigned packets = 60 + stream % 340;
        random_start(stream + 4711);
        for (unsigned i = 0; i < packets; i++) {
            uint32_t size = 20 + (stream % 5) * 15;
            encode((enum encoder)(stream % ENCODERS), i, payload, size);
            look(&evidence, payload, size);
        }
        CHECK(judged(&evidence).says != RTP_SAYS_SRTP);
    }
}

static void a_tag_behind_uneven_frames_is_no_encryption(void)
{
    for (unsigned packets = 120; packets <= 400; packets += 40) {
        struct rtp_evidence evidence = { .packets = 0 };
        uint8_t payload[30];
        random_start(packets);
        for (unsigned i = 0; i < packets; i++) {
            encode(G729, i, payload, sizeof payload);
            look(&evidence, payload, sizeof payload);
            rtp_evidence_size(&evidence, 18, sizeof payload, 160);
        }
        CHECK(judged(&evidence).says != RTP_SAYS_SRTP || judged(&evidence).null_cipher);
        CHECK(!judged(&evidence).encrypted);
    }
}

static void a_later_look_can_only_make_it_worse(void)
{
    struct rtp_verdict srtp = { .says = RTP_SAYS_SRTP, .encrypted = true, .thorough = true };
    struct rtp_verdict clear = { .says = RTP_SAYS_RTP, .thorough = true };
    struct rtp_verdict unknown = { .says = RTP_SAYS_UNKNOWN, .thorough = true };
    struct rtp_verdict few = { .says = RTP_SAYS_UNKNOWN };
    struct rtp_verdict verdict = srtp;
    CHECK(!rtp_evidence_join(&verdict, &srtp, 1000));
    CHECK(!rtp_evidence_join(&verdict, &unknown, 1000));
    CHECK_EQ(verdict.says, RTP_SAYS_SRTP);
    CHECK(rtp_evidence_join(&verdict, &clear, 2000));
    CHECK(!rtp_evidence_join(&verdict, &srtp, 3000));
    CHECK_EQ(verdict.says, RTP_SAYS_RTP);
    CHECK_EQ(verdict.ground_count, 1);
    CHECK_EQ(verdict.grounds[0].test, RTP_TEST_CHANGE);
    CHECK_EQ(verdict.grounds[0].packets, 2000);
    verdict = unknown;
    CHECK(!rtp_evidence_join(&verdict, &srtp, 1000));
    CHECK_EQ(verdict.says, RTP_SAYS_UNKNOWN);
    verdict = few;
    CHECK(!rtp_evidence_join(&verdict, &srtp, 1000));
    CHECK_EQ(verdict.says, RTP_SAYS_SRTP);
}

static void chi_square_of_known_counts_is_exact(void)
{
    uint16_t even[16];
    uint16_t one[16] = { 160 };
    for (unsigned i = 0; i < 16; i++) {
        even[i] = 10;
    }
    CHECK_EQ(rtp_evidence_chi_square(even, 16), -2738); /* -15 / sqrt(30) */
    CHECK_EQ(rtp_evidence_chi_square(one, 16), 435439); /* (2400 - 15) / sqrt(30) */
}

static void codec_frames_have_the_sizes_of_rfc_3551(void)
{
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(0), 160), 160);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(18), 160), 20);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(18), 100), 0);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(3), 160), 33);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(15), 160), 40);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(5), 160), 84);
    CHECK_EQ(rtp_codecs_bytes(rtp_codecs_find(0), 0), 0);
    CHECK(rtp_codecs_find(96) == NULL);
    CHECK(rtp_codecs_find(1) == NULL);
}

int main(void)
{
    ten_thousand_random_streams_are_never_called_rtp();
    long_random_streams_are_called_srtp();
    speech_is_always_called_rtp_after_fifty_packets();
    tones_are_always_called_rtp_after_fifty_packets();
    clear_speech_of_the_right_size_is_proven();
    few_packets_say_nothing();
    each_tag_length_behind_g711_is_srtp();
    sizes_that_disagree_say_nothing();
    tagged_packets_do_not_speak_for_those_without_a_tag();
    random_samples_without_room_for_a_tag_say_nothing();
    a_tag_behind_readable_speech_is_srtp_without_cipher();
    random_g711_without_room_for_a_tag_is_srtp_without_authentication();
    random_g729_without_room_for_a_tag_stays_unknown();
    three_identical_payloads_prove_clear_media();
    short_payloads_that_repeat_are_readable_but_prove_nothing();
    a_clear_start_does_not_hide_a_long_encrypted_stream();
    cut_payloads_are_not_compared_as_whole();
    only_four_hundred_packets_are_looked_at();
    a_key_id_in_short_srtp_packets_is_not_readable_media();
    short_srtp_is_known_after_fifty_packets();
    short_srtp_among_long_packets_shows_no_key_id_as_media();
    a_constant_beginning_before_what_may_be_a_tag_says_nothing();
    frames_of_common_codecs_are_never_called_srtp();
    a_tag_behind_uneven_frames_is_no_encryption();
    a_later_look_can_only_make_it_worse();
    chi_square_of_known_counts_is_exact();
    codec_frames_have_the_sizes_of_rfc_3551();
    return check_failures > 0;
}

/* tests/unit/test_dtls_loss.c: DTLS handshakes with lost, forged, repeated and scattered datagrams.
 */
#include "analyzers/dtls_fragments.h"
#include "tests/unit/dtls_captures.h"

extern const struct analyzer dtls_analyzer;

enum { RECORD_HEADER = 13, MESSAGE_HEADER = 12, CERTIFICATE = 11, CERTIFICATE_VERIFY = 15 };

/* Plays a datagram without its record in clear that holds this message. */
static void play_without(struct play *p, const struct chunk *chunk, uint8_t type)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(chunk->hex, bytes);
    for (uint32_t at = 0; at + RECORD_HEADER < n;) {
        uint32_t size = RECORD_HEADER + ((uint32_t)bytes[at + 11] << 8 | bytes[at + 12]);
        bool clear = bytes[at] == 22 && bytes[at + 4] == 0;
        if (clear && bytes[at + RECORD_HEADER] == type) {
            memmove(bytes + at, bytes + at + size, n - at - size);
            n -= size;
        } else {
            at += size;
        }
    }
    play_bytes(p, chunk->side, bytes, n);
}

static void play_text(struct play *p, uint8_t side, const char *hex)
{
    play_one(p, &(struct chunk){ side, hex });
}

static void play_range(struct play *p, const struct chunk *chunks, size_t from, size_t to)
{
    for (size_t i = from; i < to && chunks[i].hex != NULL; i++) {
        play_one(p, &chunks[i]);
    }
}

static void a_flight_that_was_lost_was_not_empty(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 6);
    play_range(p, dtls12_mutual, 8, 99); /* the client's Certificate up to Finished are missing */
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    CHECK(!play_knows(p, OBS_TLS_CLIENT_CERTIFICATE));
    play_free(p);
}

static void the_last_message_of_a_flight_may_be_lost_without_a_trace(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 7);
    play_without(p, &dtls12_mutual[7], CERTIFICATE_VERIFY);
    play_range(p, dtls12_mutual, 8, 99);
    play_close(p);
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "presented"));
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    play_free(p);
}

static void a_forged_alert_in_clear_refutes_nothing(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 8);
    play_text(p, 1,
              "15fefd0000000000000063000202"
              "2e");
    CHECK(!play_is(p, OBS_TLS_MTLS_STATE, "disproven"));
    play_range(p, dtls12_mutual, 8, 99);
    play_close(p);
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    play_free(p);
}

static void an_alert_that_ends_the_handshake_refuses(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 8);
    play_text(p, 1,
              "15fefd0000000000000063000202"
              "2e");
    play_close(p);
    CHECK(play_mtls(p, "disproven", "refused"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
    play_free(p);
}

/* ICE may let both sides begin: who answers is the server. */
static void when_both_say_hello_the_one_that_answers_is_the_server(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_text(p, 1, dtls12_mutual[0].hex);
    play_range(p, dtls12_mutual, 0, 99);
    play_close(p);
    CHECK_EQ(p->client, 0);
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com,O=Contoso"));
    CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com,O=Contoso"));
    play_free(p);
}

static void messages_of_two_handshakes_prove_nothing_together(void)
{
    static uint8_t hello[PLAY_BYTES_MAX];
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 8);
    uint32_t n = play_hex(dtls12_mutual[0].hex, hello);
    hello[RECORD_HEADER + MESSAGE_HEADER + 2] ^= 1; /* random */
    play_bytes(p, 0, hello, n);
    play_range(p, dtls12_mutual, 8, 99);
    play_close(p);
    CHECK(play_mtls(p, "unknown", "renegotiated"));
    play_free(p);
}

/* Appends a fragment of one byte as a record of its own. */
static uint32_t put_fragment(uint8_t *out, const uint8_t *message, uint32_t offset)
{
    static const uint8_t record[RECORD_HEADER] = { 22, 0xfe, 0xfd, [12] = MESSAGE_HEADER + 1 };
    memcpy(out, record, sizeof record);
    uint8_t *header = out + RECORD_HEADER;
    memcpy(header, message, MESSAGE_HEADER);
    header[6] = 0;
    header[7] = (uint8_t)(offset >> 8);
    header[8] = (uint8_t)offset;
    header[9] = 0;
    header[10] = 0;
    header[11] = 1;
    header[MESSAGE_HEADER] = message[MESSAGE_HEADER + offset];
    return RECORD_HEADER + MESSAGE_HEADER + 1;
}

/* The client's Certificate: its two fragments put together. */
static uint32_t certificate_message(uint8_t *out)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    play_hex(dtls12_mutual[6].hex, bytes);
    uint32_t first = (uint32_t)bytes[11] << 8 | bytes[12];
    memcpy(out, bytes + RECORD_HEADER, first);
    play_hex(dtls12_mutual[7].hex, bytes);
    uint32_t rest = ((uint32_t)bytes[11] << 8 | bytes[12]) - MESSAGE_HEADER;
    memcpy(out + first, bytes + RECORD_HEADER + MESSAGE_HEADER, rest);
    return first + rest - MESSAGE_HEADER;
}

static void fragments_of_one_byte_in_any_order_are_put_together(void)
{
    static uint8_t message[PLAY_BYTES_MAX];
    static uint8_t datagram[64];
    uint32_t size = certificate_message(message);
    for (unsigned order = 0; order < 3; order++) {
        struct play *p = play_new(&dtls_analyzer);
        play_range(p, dtls12_mutual, 0, 6);
        for (uint32_t i = 0; i < size; i++) {
            uint32_t odd_first = (2 * i + 1) % (size | 1);
            uint32_t at = order == 0 ? i : order == 1 ? size - 1 - i : odd_first;
            play_bytes(p, 0, datagram, put_fragment(datagram, message, at % size));
        }
        play_bytes(p, 0, datagram, put_fragment(datagram, message, 0));
        play_without(p, &dtls12_mutual[7], CERTIFICATE);
        play_range(p, dtls12_mutual, 8, 99);
        play_close(p);
        CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com,O=Contoso"));
        CHECK(play_mtls(p, "proven", "certificate-verify"));
        CHECK_EQ(play_flag(p, OBS_CUT), -1);
        play_free(p);
    }
}

static void a_fragment_far_ahead_of_the_rest_takes_no_memory(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 2);
    play_text(p, 0,
              "16fefd000000000000000700"
              "0d"
              "0b01ff000009"
              "01fe00"
              "000001"
              "aa");
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    play_close(p);
    play_free(p);
}

/* The first byte of a message of two, with this number: the second one never comes. */
static void play_half(struct play *p, uint16_t seq)
{
    uint8_t half[] = {
        22,           0xfe, 0xfd, 0, 0, 0, 0, 0,   0, 0, 7, 0, 13, 11, 0, 0, 2, (uint8_t)(seq >> 8),
        (uint8_t)seq, 0,    0,    0, 0, 0, 1, 0xaa
    };
    play_bytes(p, 0, half, sizeof half);
}

/* Half-open for ever: as many messages wait as the cap lets, the next one is counted. */
static void messages_that_never_end_are_capped(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_range(p, dtls12_mutual, 0, 2);
    for (uint16_t i = 0; i < DTLS_PENDING_MAX; i++) {
        play_half(p, (uint16_t)(10 + i));
        play_half(p, (uint16_t)(10 + i));
    }
    CHECK_EQ(play_flag(p, OBS_CUT), -1);
    play_half(p, 10 + DTLS_PENDING_MAX);
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    play_close(p);
    play_free(p);
}

/* Large ones share the bytes of their side. */
static void large_messages_that_never_end_share_a_cap(void)
{
    struct play *p = play_new(&dtls_analyzer);
    static uint8_t part[13 + 12 + 1400] = { 22, 0xfe, 0xfd };
    enum { SIZE = 1400, LENGTH = 100 * 1024, FRAGMENTS = LENGTH / SIZE };
    play_range(p, dtls12_mutual, 0, 2);
    unsigned kept = 0;
    for (unsigned seq = 10; seq < 13 && play_flag(p, OBS_CUT) < 0; seq++) {
        for (unsigned i = 0; i < FRAGMENTS && play_flag(p, OBS_CUT) < 0; i++) {
            static const uint8_t head[] = { 0x05, 0x84, 11, 0x01, 0x90, 0x00, 0 };
            memcpy(part + 11, head, sizeof head);
            part[18] = (uint8_t)seq;
            part[19] = (uint8_t)(i * SIZE >> 16);
            part[20] = (uint8_t)(i * SIZE >> 8);
            part[21] = (uint8_t)(i * SIZE);
            part[22] = 0;
            part[23] = SIZE >> 8;
            part[24] = SIZE & 0xff;
            play_bytes(p, 0, part, sizeof part);
            kept++;
        }
    }
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    CHECK(kept * SIZE > DTLS_PENDING_BYTES_MAX / 2 && (kept - 1) * SIZE <= DTLS_PENDING_BYTES_MAX);
    play_close(p);
    play_free(p);
}

int main(void)
{
    a_flight_that_was_lost_was_not_empty();
    the_last_message_of_a_flight_may_be_lost_without_a_trace();
    a_forged_alert_in_clear_refutes_nothing();
    an_alert_that_ends_the_handshake_refuses();
    when_both_say_hello_the_one_that_answers_is_the_server();
    messages_of_two_handshakes_prove_nothing_together();
    fragments_of_one_byte_in_any_order_are_put_together();
    a_fragment_far_ahead_of_the_rest_takes_no_memory();
    messages_that_never_end_are_capped();
    large_messages_that_never_end_share_a_cap();
    return check_failures > 0;
}

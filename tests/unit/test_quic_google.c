/* tests/unit/test_quic_google.c: Google's QUIC with TLS (T050, T051), whose frames are its own, and
 * a flood of packets that nobody can open. */
#include "tests/unit/quic_play.h"

/* Google's frames: ACK in its shortest and its longest form, PING, and CRYPTO in two pieces. */
static void google_s_frames_are_read(void)
{
    static const char *const acks[] = {
        "400100000100",
        "6f000000000009000002000000000001"
        "01000000000001"
        "02000000000001"
        "02010000000002010000",
    };
    static const uint32_t numbers[] = { 0x54303530, 0x54303531 };
    for (unsigned i = 0; i < 4; i++) {
        uint32_t number = numbers[i & 1];
        struct play *p = begin();
        for (unsigned side = 0; side < 2; side++) {
            struct packet message =
                packet_of(side == 0 ? vector_client_hello : vector_server_hello);
            struct packet frames = packet_of(acks[i >> 1]), datagram = { .size = 0 };
            packet_u8(&frames, 7);
            for (unsigned half = 0; half < 2; half++) {
                uint32_t at = frames.size, middle = message.size / 2;
                put_crypto(&frames, &message, half * middle,
                           half == 0 ? middle : message.size - middle);
                frames.at[at] = 8;
            }
            struct seal seal = { number,
                                 &vector_cid,
                                 side == 0 ? &vector_cid : &client_cid,
                                 side == 0 ? &client_cid : &server_cid,
                                 side == 1,
                                 0 };
            put_initial(&datagram, &seal, &frames);
            send_packet(p, (uint8_t)side, &datagram);
        }
        play_close(p);
        check_hellos(p, (i & 1) == 0 ? "T050" : "T051");
        end(p);
    }
}

/* The standard's frames are none of Google's, and the other way round. */
static void frames_of_another_version_are_malformed(void)
{
    static const struct {
        uint32_t version;
        const char *frames;
    } cases[] = { { 0x54303531, "0600080102030405060708" }, { V1, "0800080102030405060708" } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play *p = begin();
        struct packet frames = packet_of(cases[i].frames), datagram = { .size = 0 };
        struct seal seal = { cases[i].version, &vector_cid, &vector_cid, &client_cid, false, 0 };
        put_initial(&datagram, &seal, &frames);
        send_packet(p, CLIENT, &datagram);
        CHECK(play_is(p, OBS_MALFORMED, "quic"));
        play_close(p);
        end(p);
    }
}

/* Opening costs: a flow of packets that nobody can open is given up, and that is counted. */
static void a_flood_of_first_packets_is_capped(void)
{
    enum { OPENS_MAX = 64 };
    for (unsigned flood = OPENS_MAX - 1; flood <= OPENS_MAX; flood++) {
        struct play *p = begin();
        struct packet good = hello(CLIENT, V1, &vector_cid, &client_cid);
        for (unsigned i = 0; i < flood; i++) {
            struct packet bad = good;
            bad.at[bad.size - 1] ^= (uint8_t)(1 + i);
            send_packet(p, CLIENT, &bad);
        }
        send_packet(p, CLIENT, &good);
        CHECK_EQ(play_is(p, OBS_TLS_SNI, "example.com"), flood < OPENS_MAX);
        CHECK(play_is(p, OBS_CUT, "quic"));
        play_close(p);
        end(p);
    }
}

int main(void)
{
    google_s_frames_are_read();
    frames_of_another_version_are_malformed();
    a_flood_of_first_packets_is_capped();
    return check_failures > 0;
}

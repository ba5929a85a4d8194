/* tests/unit/quic_play.h: plays QUIC packets, sealed as RFC 9001 has it, to the analyzer. */
#ifndef OVERT_TESTS_UNIT_QUIC_PLAY_H
#define OVERT_TESTS_UNIT_QUIC_PLAY_H

#include "tests/unit/quic_vectors.h"
#include "tests/unit/tls_play.h"

extern const struct analyzer quic_analyzer;

enum { CLIENT = 0, SERVER = 1, PADDED = 1162, WITH_FINISHED = 58 };

static const struct quic_cid client_cid = { 4, { 0xc1, 0xc2, 0xc3, 0xc4 } };
static const struct quic_cid no_cid = { 0 };

static inline struct play *begin(void)
{
    struct play *p = play_new(&quic_analyzer);
    if (quic_initial_new(&p->sink.initial) != OV_OK) {
        abort();
    }
    return p;
}

static inline void end(struct play *p)
{
    quic_initial_free(p->sink.initial);
    play_free(p);
}

static inline void send_packet(struct play *p, uint8_t side, const struct packet *packet)
{
    play_datagram(p, side, packet->at, packet->size);
}

static inline void send_hex(struct play *p, uint8_t side, const char *hex)
{
    struct packet packet = packet_of(hex);
    send_packet(p, side, &packet);
}

/* A hello in one Initial packet. */
static inline struct packet hello(uint8_t side, uint32_t version, const struct quic_cid *keyed_by,
                                  const struct quic_cid *client)
{
    struct packet message = packet_of(side == CLIENT ? vector_client_hello : vector_server_hello);
    struct packet frames = { .size = 0 }, datagram = { .size = 0 };
    put_crypto(&frames, &message, 0, message.size);
    packet_zeros(&frames, PADDED - frames.size);
    struct seal seal = { version,
                         keyed_by,
                         side == CLIENT ? keyed_by : client,
                         side == CLIENT ? client : &server_cid,
                         side == SERVER,
                         0 };
    put_initial(&datagram, &seal, &frames);
    return datagram;
}

static inline void send_handshake(struct play *p, uint8_t side, uint32_t version,
                                  const struct quic_cid *client, uint32_t size)
{
    struct packet packet = { .size = 0 };
    put_handshake(&packet, version, side == CLIENT ? &server_cid : client,
                  side == CLIENT ? client : &server_cid, size);
    send_packet(p, side, &packet);
}

static inline void send_short(struct play *p, uint8_t side, const struct quic_cid *to)
{
    struct packet packet = { .size = 0 };
    put_short(&packet, to, 24);
    send_packet(p, side, &packet);
}

static inline void send_hellos(struct play *p, uint32_t version, const struct quic_cid *client)
{
    struct packet packet = hello(CLIENT, version, &vector_cid, client);
    send_packet(p, CLIENT, &packet);
    packet = hello(SERVER, version, &vector_cid, client);
    send_packet(p, SERVER, &packet);
}

static inline void check_hellos(const struct play *p, const char *version)
{
    CHECK(strcmp(p->app, "quic") == 0 && p->app_was_first);
    CHECK_EQ(p->client, CLIENT);
    CHECK(play_is(p, OBS_QUIC_VERSION, version));
    CHECK(play_is(p, OBS_TLS_SNI, "example.com"));
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.3"));
    CHECK(play_is(p, OBS_TLS_CIPHER, "TLS_AES_128_GCM_SHA256"));
    CHECK(play_is(p, OBS_TLS_GROUP, "x25519"));
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "hidden"));
    CHECK(play_mtls(p, "unknown", "encrypted-handshake"));
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    CHECK_EQ(play_flag(p, OBS_CUT), -1);
}

#endif

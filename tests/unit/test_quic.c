/* tests/unit/test_quic.c: QUIC handshakes: whole, split, shuffled, retried, refused, cut and lost.
 */
#include "tests/unit/quic_play.h"

static void packets_of_the_rfcs_are_read(void)
{
    struct play *p = begin();
    send_hex(p, CLIENT, vector_client_v1);
    send_hex(p, SERVER, vector_server_v1);
    play_close(p);
    check_hellos(p, "v1");
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
    end(p);
    p = begin();
    send_hex(p, CLIENT, vector_client_v2);
    send_hex(p, SERVER, vector_server_v2);
    play_close(p);
    check_hellos(p, "v2");
    end(p);
}

/* Plays a handshake and stops before its nth step. */
static struct play *handshake(uint32_t version, const struct quic_cid *client, unsigned steps)
{
    struct play *p = begin();
    for (unsigned i = 0; i < steps; i++) {
        switch (i) {
        case 0:
            send_hellos(p, version, client);
            break;
        case 1:
            send_handshake(p, SERVER, version, client, 900);
            break;
        case 2:
            send_short(p, SERVER, client); /* before the client finished: proves nothing */
            break;
        case 3:
            send_handshake(p, CLIENT, version, client, WITH_FINISHED);
            break;
        case 4:
            send_short(p, CLIENT, &server_cid);
            break;
        default:
            send_short(p, SERVER, client);
            break;
        }
    }
    return p;
}

static void a_handshake_is_over_when_both_went_on_under_keys(void)
{
    static const struct quic_cid *const ids[] = { &client_cid, &no_cid };
    static const uint32_t versions[] = { V1, V2, 0xff00001d };
    for (unsigned i = 0; i < 6; i++) {
        struct play *p = handshake(versions[i / 2], ids[i % 2], 5);
        CHECK(!p->settled);
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
        play_close(p);
        CHECK(!facts_true(&p->facts, OBS_TLS_ESTABLISHED));
        end(p);
        p = handshake(versions[i / 2], ids[i % 2], 6);
        CHECK(p->settled);
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
        check_hellos(p, i < 2 ? "v1" : i < 4 ? "v2" : "draft-29");
        end(p);
    }
}

static void a_handshake_without_a_finished_is_never_over(void)
{
    struct play *p = begin();
    send_hellos(p, V1, &client_cid);
    send_handshake(p, SERVER, V1, &client_cid, 900);
    send_handshake(p, CLIENT, V1, &client_cid, 30); /* an acknowledgement */
    for (unsigned i = 0; i < 20; i++) {
        send_short(p, CLIENT, &server_cid);
        send_short(p, SERVER, &client_cid);
    }
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1); /* it must have been lost: not known */
    CHECK(play_is(p, OBS_CUT, "quic"));
    end(p);
}

static void packets_with_other_ids_are_of_another_connection(void)
{
    struct quic_cid other = server_cid;
    other.bytes[0] ^= 1;
    struct play *p = handshake(V1, &client_cid, 3);
    struct packet packet = { .size = 0 };
    put_handshake(&packet, V1, &server_cid, &vector_cid, WITH_FINISHED); /* not the client's id */
    send_packet(p, CLIENT, &packet);
    send_short(p, CLIENT, &server_cid);
    send_short(p, SERVER, &client_cid);
    play_close(p);
    CHECK(!facts_true(&p->facts, OBS_TLS_ESTABLISHED));
    end(p);
}

/* quic-go takes a new id at once, even for its Finished. */
static void ids_may_change_after_the_hellos(void)
{
    struct quic_cid new_server = server_cid, new_client = client_cid;
    new_server.bytes[0] ^= 1;
    new_client.bytes[3] ^= 1;
    struct play *p = handshake(V1, &client_cid, 3);
    struct packet packet = { .size = 0 };
    put_handshake(&packet, V1, &new_server, &client_cid, WITH_FINISHED);
    put_short(&packet, &new_server, 24);
    send_packet(p, CLIENT, &packet);
    CHECK(!p->settled);
    send_short(p, SERVER, &new_client);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    end(p);
}

static void text_after_a_handshake_is_not_protection(void)
{
    static const char text[] = "INVITE sip:bob@contoso.com SIP/2.0\r\n\r\n";
    struct play *p = handshake(V1, &no_cid, 4);
    for (unsigned i = 0; i < 4; i++) {
        play_datagram(p, CLIENT, (const uint8_t *)text, sizeof text - 1);
    }
    send_short(p, SERVER, &no_cid);
    play_close(p);
    CHECK(!facts_true(&p->facts, OBS_TLS_ESTABLISHED));
    end(p);
}

static void hellos_in_pieces_are_put_together(void)
{
    static const uint8_t orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
    struct packet message = packet_of(vector_client_hello);
    uint32_t piece = message.size / 4 + 1;
    for (unsigned o = 0; o < 3; o++) {
        struct play *p = begin();
        for (uint8_t i = 0; i < 4; i++) { /* two packets in two datagrams, two pieces each */
            struct packet frames = { .size = 0 }, datagram = { .size = 0 };
            uint32_t offset = orders[o][i] * piece;
            uint32_t size = message.size - offset < piece ? message.size - offset : piece;
            packet_u8(&frames, 1); /* PING */
            put_crypto(&frames, &message, offset, size);
            put_crypto(&frames, &message, offset + 1, size - 1); /* once more */
            packet_zeros(&frames, 600);
            struct seal seal = { V1, &vector_cid, &vector_cid, &client_cid, false, i };
            put_initial(&datagram, &seal, &frames);
            CHECK_EQ(play_flag(p, OBS_TLS_SNI), -1);
            send_packet(p, CLIENT, &datagram);
        }
        CHECK(play_is(p, OBS_TLS_SNI, "example.com"));
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        end(p);
    }
}

static void too_many_holes_are_counted_not_kept(void)
{
    struct packet message = packet_of(vector_client_hello);
    struct play *p = begin();
    struct packet frames = { .size = 0 }, datagram = { .size = 0 };
    for (uint32_t i = 1; i < 200; i += 2) {
        put_crypto(&frames, &message, i, 1);
    }
    struct seal seal = { V1, &vector_cid, &vector_cid, &client_cid, false, 0 };
    put_initial(&datagram, &seal, &frames);
    send_packet(p, CLIENT, &datagram);
    CHECK(play_is(p, OBS_CUT, "quic"));
    CHECK_EQ(play_flag(p, OBS_TLS_SNI), -1);
    play_close(p);
    end(p);
}

static void packets_share_a_datagram(void)
{
    struct play *p = begin();
    struct packet packet = hello(CLIENT, V1, &vector_cid, &client_cid);
    send_packet(p, CLIENT, &packet);
    struct packet message = packet_of(vector_server_hello), frames = { .size = 0 };
    struct packet datagram = { .size = 0 };
    put_crypto(&frames, &message, 0, message.size);
    struct seal seal = { V1, &vector_cid, &client_cid, &server_cid, true, 0 };
    put_initial(&datagram, &seal, &frames);
    put_handshake(&datagram, V1, &client_cid, &server_cid, 700);
    put_short(&datagram, &client_cid, 24);
    send_packet(p, SERVER, &datagram);
    datagram.size = 0;
    put_handshake(&datagram, V1, &server_cid, &client_cid, WITH_FINISHED);
    put_short(&datagram, &server_cid, 24);
    send_packet(p, CLIENT, &datagram);
    send_short(p, SERVER, &client_cid);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    check_hellos(p, "v1");
    end(p);
}

static void after_retry_the_new_id_keys(void)
{
    struct play *p = begin();
    send_hex(p, CLIENT, vector_client_v1);
    struct packet bad = packet_of(vector_retry_v1);
    bad.at[bad.size - 1] ^= 1;
    send_packet(p, SERVER, &bad);
    CHECK_EQ(play_flag(p, OBS_QUIC_RETRY), -1);
    send_hex(p, SERVER, vector_retry_v1);
    CHECK_EQ(play_flag(p, OBS_QUIC_RETRY), 1);
    struct packet packet = hello(CLIENT, V1, &server_cid, &client_cid);
    send_packet(p, CLIENT, &packet);
    packet = hello(SERVER, V1, &server_cid, &client_cid);
    send_packet(p, SERVER, &packet);
    play_close(p);
    check_hellos(p, "v1");
    end(p);
}

static void the_server_may_change_the_version(void)
{
    struct play *p = begin();
    struct packet packet = hello(CLIENT, V1, &vector_cid, &client_cid);
    send_packet(p, CLIENT, &packet);
    CHECK(play_is(p, OBS_QUIC_VERSION, "v1"));
    packet = hello(SERVER, V2, &vector_cid, &client_cid);
    send_packet(p, SERVER, &packet);
    play_close(p);
    check_hellos(p, "v2");
    end(p);
}

/* A first packet of a version nobody knows, in the form of the known ones. */
static struct packet unknown_first(uint32_t version)
{
    struct packet p = { .size = 0 };
    put_long(&p, 0xc3, version, &vector_cid, &client_cid);
    packet_u8(&p, 0);
    packet_u16(&p, 0x4000 | (1200 - p.size - 2));
    packet_zeros(&p, 1200 - p.size);
    return p;
}

static void version_negotiation_is_believed_when_it_answers(void)
{
    struct play *p = begin();
    struct packet first = unknown_first(0x1a2a3a4a), answer = { .size = 0 };
    send_packet(p, CLIENT, &first);
    CHECK(play_is(p, OBS_QUIC_VERSION, "0x1a2a3a4a"));
    put_long(&answer, 0x80, 0, &client_cid, &server_cid); /* not the id it was sent to */
    packet_u32(&answer, V1);
    send_packet(p, SERVER, &answer);
    CHECK_EQ(play_flag(p, OBS_QUIC_NEGOTIATION), -1);
    answer.size = 0;
    put_long(&answer, 0x80, 0, &client_cid, &vector_cid);
    packet_u32(&answer, 0x5a6a7a8a);
    packet_u32(&answer, V2);
    packet_u32(&answer, V1);
    send_packet(p, SERVER, &answer);
    CHECK(play_is(p, OBS_QUIC_NEGOTIATION, "v2"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    send_hellos(p, V1, &client_cid);
    play_close(p);
    check_hellos(p, "v1");
    end(p);
}

static void an_unknown_version_is_named_and_nothing_more(void)
{
    struct play *p = begin();
    struct packet first = unknown_first(0x00000007);
    send_packet(p, CLIENT, &first);
    for (unsigned i = 0; i < 5; i++) {
        send_short(p, SERVER, &client_cid);
        send_short(p, CLIENT, &server_cid);
    }
    play_close(p);
    CHECK(strcmp(p->app, "quic") == 0);
    CHECK(play_is(p, OBS_QUIC_VERSION, "0x00000007"));
    CHECK(!play_knows(p, OBS_TLS_VERSION) && !play_knows(p, OBS_TLS_ESTABLISHED));
    end(p);
}

static void without_the_first_packet_nothing_is_known(void)
{
    struct play *p = begin();
    struct packet packet = hello(SERVER, V1, &vector_cid, &client_cid);
    send_packet(p, SERVER, &packet);
    send_handshake(p, SERVER, V1, &client_cid, 900);
    send_handshake(p, CLIENT, V1, &client_cid, WITH_FINISHED);
    for (unsigned i = 0; i < 5; i++) {
        send_short(p, CLIENT, &server_cid);
        send_short(p, SERVER, &client_cid);
    }
    play_close(p);
    CHECK(strcmp(p->app, "quic") == 0);
    CHECK(play_is(p, OBS_CUT, "quic"));
    CHECK(!play_knows(p, OBS_QUIC_VERSION) && !play_knows(p, OBS_TLS_VERSION));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    end(p);
}

static void a_close_in_an_initial_packet_is_an_alert(void)
{
    struct play *p = begin();
    struct packet packet = hello(CLIENT, V1, &vector_cid, &client_cid), datagram = { .size = 0 };
    struct packet frames = packet_of("1c41280000000000000000000000000000000000");
    send_packet(p, CLIENT, &packet);
    struct seal seal = { V1, &vector_cid, &client_cid, &server_cid, true, 0 };
    put_initial(&datagram, &seal, &frames); /* 0x128: handshake_failure */
    send_packet(p, SERVER, &datagram);
    CHECK(play_is(p, OBS_TLS_ALERT_NAME, "handshake_failure"));
    datagram.size = 0;
    frames = packet_of("1c02000000000000000000000000000000000000");
    seal.number = 1;
    put_initial(&datagram, &seal, &frames);
    send_packet(p, SERVER, &datagram);
    CHECK(play_is(p, OBS_QUIC_CLOSE, "connection_refused"));
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
    end(p);
}

static void early_data_is_noticed(void)
{
    struct play *p = begin();
    struct packet packet = hello(CLIENT, V1, &vector_cid, &client_cid);
    send_packet(p, CLIENT, &packet);
    packet.size = 0;
    put_long(&packet, 0xd0, V1, &vector_cid, &client_cid);
    packet_u16(&packet, 0x4000 | 100);
    packet_zeros(&packet, 100);
    send_packet(p, CLIENT, &packet);
    CHECK_EQ(play_flag(p, OBS_QUIC_ZERO_RTT), 1);
    play_close(p);
    end(p);
}

static void what_no_initial_packet_may_hold_is_malformed(void)
{
    static const char *const frames[] = { "1e", "0601000000", "06000401020304",
                                          "060004020000000000", "0600500000" };
    for (unsigned i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct play *p = begin();
        struct packet datagram = { .size = 0 }, text = packet_of(frames[i]);
        packet_zeros(&text, i == 4 ? 0 : 40);
        struct packet padded = { .size = 0 };
        packet_zeros(&padded, 30);
        packet_put(&padded, text.at, text.size);
        struct seal seal = { V1, &vector_cid, &vector_cid, &client_cid, false, 0 };
        put_initial(&datagram, &seal, &padded);
        send_packet(p, CLIENT, &datagram);
        play_close(p);
        bool told = play_is(p, OBS_MALFORMED, "quic");
        CHECK(told == (i != 1)); /* an empty CRYPTO frame is no fault */
        CHECK(!play_knows(p, OBS_TLS_OFFER_CIPHER));
        end(p);
    }
}

static void no_altered_packet_is_believed(void)
{
    struct packet good = packet_of(vector_client_v1);
    for (uint32_t i = 0; i < good.size; i++) {
        for (unsigned cut = 0; cut < 3; cut++) {
            struct play *p = begin();
            struct packet bad = good;
            bad.at[i] ^= cut == 0 ? 0x21 : 0;
            bad.size = cut == 0 ? good.size : i;
            play_offer(p, CLIENT, bad.at, bad.size, cut == 2 ? good.size : bad.size);
            play_close(p);
            CHECK(!play_knows(p, OBS_TLS_SNI) && !play_knows(p, OBS_TLS_OFFER_CIPHER));
            end(p);
        }
    }
}

static enum claim claim_of(const struct packet *packet)
{
    uint8_t *heap = malloc(packet->size > 0 ? packet->size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, packet->at, packet->size);
    struct segment seg = { .payload = bytes_of(heap, packet->size, packet->size), .first = true };
    enum claim claim = quic_analyzer.claim(&seg);
    free(heap);
    return claim;
}

static enum claim claim_of_hex(const char *hex)
{
    struct packet packet = packet_of(hex);
    return claim_of(&packet);
}

static void claims_are_strict(void)
{
    CHECK_EQ(claim_of_hex(vector_client_v1), CLAIM_YES);
    CHECK_EQ(claim_of_hex(vector_server_v2), CLAIM_YES);
    CHECK_EQ(claim_of_hex(vector_retry_v1), CLAIM_YES);
    struct packet packet = packet_of(vector_client_v1);
    packet.at[0] &= 0xbf; /* without the fixed bit it could be RTP: only quic_owns may have it */
    CHECK_EQ(claim_of(&packet), CLAIM_NO);
    packet = unknown_first(7);
    CHECK_EQ(claim_of(&packet), CLAIM_YES);
    packet.size--; /* the length goes beyond the end */
    CHECK_EQ(claim_of(&packet), CLAIM_NO);
    /* RTP, payload type 0, sequence number 0: version 1 but for the fixed bit */
    CHECK_EQ(claim_of_hex("8000000000010000000000000000000000000000000000000000000000000000"),
             CLAIM_NO);
    CHECK_EQ(claim_of_hex("800000010000000000000000000000000000000000000000"), CLAIM_NO);
    CHECK_EQ(claim_of_hex("000100002112a442000102030405060708090a0b"), CLAIM_NO); /* STUN */
    CHECK_EQ(claim_of_hex("16fefd0000000000000000004f"), CLAIM_NO);               /* DTLS */
    CHECK_EQ(claim_of_hex("ff100002001234567812345680000000"), CLAIM_NO);   /* [MS-TURN] mux */
    CHECK_EQ(claim_of_hex("c000000000010000000000000377777700"), CLAIM_NO); /* DNS */
    CHECK_EQ(claim_of_hex("800000000000"), CLAIM_NO);
    CHECK_EQ(claim_of_hex("8000000000000000000001"), CLAIM_YES); /* Version Negotiation: v1 */
    CHECK_EQ(claim_of_hex("5b0102030405060708090a0b0c0d0e0f101112131415161718"), CLAIM_MORE);
    CHECK_EQ(claim_of_hex("5b01020304"), CLAIM_NO);
    CHECK_EQ(claim_of_hex(""), CLAIM_NO);
}

static bool owns(const struct play *p, uint8_t side, const struct packet *packet)
{
    struct segment seg = { .payload = bytes_of(packet->at, packet->size, packet->size),
                           .from = side };
    return quic_analyzer.owns(p->state, &seg);
}

static void a_connection_knows_its_ids(void)
{
    struct play *p = handshake(V1, &client_cid, 2);
    struct packet packet = { .size = 0 };
    put_short(&packet, &server_cid, 24);
    CHECK(owns(p, CLIENT, &packet));
    CHECK(!owns(p, SERVER, &packet));
    packet.at[0] &= 0x3f; /* RFC 9287: the fixed bit is greased */
    CHECK(owns(p, CLIENT, &packet));
    packet.size = 0;
    put_handshake(&packet, V1, &server_cid, &client_cid, WITH_FINISHED);
    packet.at[0] &= 0xbf;
    CHECK(owns(p, CLIENT, &packet));
    packet.size = 5;
    CHECK(!owns(p, CLIENT, &packet));
    struct packet rtp = packet_of("800000000000000000000000000000000000000000000000");
    CHECK(!owns(p, CLIENT, &rtp) && !owns(p, SERVER, &rtp));
    play_close(p);
    end(p);
}

int main(void)
{
    packets_of_the_rfcs_are_read();
    a_handshake_is_over_when_both_went_on_under_keys();
    a_handshake_without_a_finished_is_never_over();
    packets_with_other_ids_are_of_another_connection();
    ids_may_change_after_the_hellos();
    text_after_a_handshake_is_not_protection();
    hellos_in_pieces_are_put_together();
    too_many_holes_are_counted_not_kept();
    packets_share_a_datagram();
    after_retry_the_new_id_keys();
    the_server_may_change_the_version();
    version_negotiation_is_believed_when_it_answers();
    an_unknown_version_is_named_and_nothing_more();
    without_the_first_packet_nothing_is_known();
    a_close_in_an_initial_packet_is_an_alert();
    early_data_is_noticed();
    what_no_initial_packet_may_hold_is_malformed();
    no_altered_packet_is_believed();
    claims_are_strict();
    a_connection_knows_its_ids();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

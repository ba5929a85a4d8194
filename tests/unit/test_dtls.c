/* tests/unit/test_dtls.c: DTLS handshakes, in order, shuffled, repeated, cut and lost. */
#include "tests/unit/dtls_captures.h"

extern const struct analyzer dtls_analyzer;

/* ClientHello and ServerHello that agree on DTLS 1.3 (RFC 9147 5.3, 5.4), and the first byte of
 * records under keys after them. */
static const struct chunk dtls13[] = {
    { 0, "16fefd0000000000000000004f"
         "01000043000000000000004"
         "3fefd"
         "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
         "0000000213010100"
         "0017"
         "002b000504fefcfefd"
         "000e00050002000100"
         "000a0001aa" },
    { 1, "16fefd00000000000000000046"
         "0200003a000000000000003"
         "afefd"
         "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
         "00130100"
         "0012"
         "002b0002fefc"
         "00330008001d0004aabbccdd" },
    { 0, NULL },
};

static struct play *play(const struct chunk *chunks)
{
    return play_all(&dtls_analyzer, chunks);
}

/* Plays datagrams in the given order; the list ends with 255. */
static struct play *play_order(const struct chunk *chunks, const uint8_t *order)
{
    struct play *p = play_new(&dtls_analyzer);
    for (; *order != 255; order++) {
        play_one(p, &chunks[*order]);
    }
    play_close(p);
    return p;
}

static bool is_claimed(const char *hex)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(hex, bytes);
    struct segment seg = { .payload = bytes_of(bytes, n, n), .first = true };
    return dtls_analyzer.claim(&seg) == CLAIM_YES;
}

static void check_mutual(const struct play *p)
{
    CHECK(play_is(p, OBS_TLS_VERSION, "DTLSv1.2"));
    CHECK(play_is(p, OBS_TLS_CIPHER, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    CHECK(play_is(p, OBS_TLS_USE_SRTP, "SRTP_AES128_CM_HMAC_SHA1_80"));
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "presented"));
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com,O=Contoso"));
    CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com,O=Contoso"));
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    CHECK_EQ(play_flag(p, OBS_CUT), -1);
}

static void mutual_handshake_in_fragments_is_proven(void)
{
    struct play *p = play(dtls12_mutual);
    CHECK(strcmp(p->app, "dtls") == 0 && p->app_was_first);
    CHECK_EQ(p->client, 0);
    check_mutual(p);
    CHECK(play_is(p, OBS_TLS_OFFER_SRTP, "SRTP_AEAD_AES_128_GCM"));
    CHECK_EQ(play_flag(p, OBS_TLS_RESUMED), 0);
    play_free(p);
}

/* RFC 5415 4.2. */
static void records_behind_the_preamble_of_capwap_are_read(void)
{
    struct play *p = play_new(&dtls_analyzer);
    for (const struct chunk *chunk = dtls12_mutual; chunk->hex != NULL; chunk++) {
        static char hex[2 * PLAY_BYTES_MAX];
        (void)snprintf(hex, sizeof hex, "01000000%s", chunk->hex);
        CHECK(is_claimed(hex));
        play_one(p, &(struct chunk){ chunk->side, hex });
    }
    play_close(p);
    check_mutual(p);
    play_free(p);
    CHECK(!is_claimed("01000000"));
    CHECK(!is_claimed("010000002112a442000102030405060708090a0b")); /* STUN */
}

static void order_and_repetition_do_not_matter(void)
{
    static const uint8_t shuffled[] = { 0, 1, 2, 5, 3, 4, 7, 6, 8, 9, 10, 11, 255 };
    static const uint8_t repeated[] = { 0, 0, 1, 2, 2, 3, 4, 5,  3,  4,  5,
                                        6, 6, 7, 7, 8, 9, 9, 10, 11, 255 };
    static const uint8_t server_first[] = { 3, 0, 1, 4, 2, 5, 6, 7, 8, 9, 10, 11, 255 };
    struct play *p = play_order(dtls12_mutual, shuffled);
    check_mutual(p);
    play_free(p);
    p = play_order(dtls12_mutual, repeated);
    check_mutual(p);
    play_free(p);
    p = play_order(dtls12_mutual, server_first);
    check_mutual(p);
    CHECK_EQ(p->client, 0);
    play_free(p);
}

static void other_handshakes_have_their_mtls_state(void)
{
    struct play *p = play(dtls12_plain);
    CHECK(play_mtls(p, "disproven", "not-requested"));
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "none"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    play_free(p);
    p = play(dtls12_empty);
    CHECK(play_mtls(p, "disproven", "empty"));
    play_free(p);
    p = play(dtls10_plain);
    CHECK(play_is(p, OBS_TLS_VERSION, "DTLSv1.0"));
    CHECK(play_mtls(p, "disproven", "not-requested"));
    CHECK(!play_knows(p, OBS_TLS_SIGNATURE));
    play_free(p);
}

static void a_lost_datagram_makes_absence_unknown(void)
{
    static const uint8_t without_certificate[] = { 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 255 };
    struct play *p = play_order(dtls12_plain, without_certificate);
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), -1);
    CHECK(!play_knows(p, OBS_SERVER_CERT_SUBJECT));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    play_free(p);
}

static void one_direction_keeps_the_rest_unknown(void)
{
    struct play *p = play_new(&dtls_analyzer);
    for (size_t i = 0; dtls12_mutual[i].hex != NULL; i++) {
        if (dtls12_mutual[i].side == 1) {
            play_one(p, &dtls12_mutual[i]);
        }
    }
    play_close(p);
    CHECK_EQ(p->client, 0);
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com,O=Contoso"));
    CHECK(!play_knows(p, OBS_CLIENT_CERT_SUBJECT));
    CHECK(play_mtls(p, "unknown", "one-direction"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    play_free(p);
}

static void dtls_1_3_hides_the_certificates(void)
{
    static uint8_t data[64] = { 0x2e, 0x12, 0x34, 0, 59 };
    struct play *p = play_new(&dtls_analyzer);
    play_one(p, &dtls13[0]);
    play_one(p, &dtls13[1]);
    CHECK(play_is(p, OBS_TLS_VERSION, "DTLSv1.3"));
    CHECK(play_is(p, OBS_TLS_CIPHER, "TLS_AES_128_GCM_SHA256"));
    CHECK(play_is(p, OBS_TLS_GROUP, "x25519"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    play_bytes(p, 1, data, sizeof data);
    play_bytes(p, 0, data, sizeof data);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "hidden"));
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_close(p);
    CHECK(play_mtls(p, "unknown", "encrypted-handshake"));
    play_free(p);
}

static uint32_t put_number(uint8_t *at, uint64_t value, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
    return size;
}

/* A hello of either side with the connection_id extension: an id so long is wanted. */
static void play_cid_hello(struct play *p, uint8_t side, uint8_t size)
{
    static const char *const fixed[] = { "00000002130101"
                                         "00",
                                         "00130100" };
    static const char *const versions[] = { "002b000302fefc", "002b0002fefc" };
    uint8_t body[512] = { 0xfe, 0xfd, (uint8_t)(side + 1) };
    uint8_t list[256];
    uint32_t n = 34;
    n += play_hex(fixed[side], body + n);
    uint32_t listed = play_hex(versions[side], list);
    listed += put_number(list + listed, 54, 2);
    listed += put_number(list + listed, 1U + size, 2);
    listed += put_number(list + listed, size, 1);
    memset(list + listed, 0xc1, size);
    listed += size;
    n += put_number(body + n, listed, 2);
    memcpy(body + n, list, listed);
    n += listed;

    uint8_t record[1024] = { 22, 0xfe, 0xfd };
    uint32_t at = 11;
    at += put_number(record + at, n + 12, 2);
    at += put_number(record + at, side == 0 ? 1 : 2, 1);
    at += put_number(record + at, n, 3);
    at += put_number(record + at, 0, 5); /* first message, from its start */
    at += put_number(record + at, n, 3);
    memcpy(record + at, body, n);
    play_bytes(p, side, record, at + n);
}

/* Two records under keys in one datagram: 001CSLEE, id, sequence number, length, bytes. */
static void play_cid_records(struct play *p, uint8_t side, uint8_t first, uint8_t cid_size,
                             uint16_t size)
{
    uint8_t bytes[2048] = { 0 };
    uint32_t n = 0;
    for (unsigned i = 0; i < 2; i++) {
        bytes[n++] = first;
        n += cid_size + 2U;
        bytes[n++] = (uint8_t)(size >> 8);
        bytes[n++] = (uint8_t)size;
        n += size;
    }
    play_bytes(p, side, bytes, n);
}

static void records_with_connection_ids_are_told_apart(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_cid_hello(p, 0, 3); /* what the client wants stands in what the server sends */
    CHECK(!play_knows(p, OBS_TLS_CONNECTION_ID));
    play_cid_hello(p, 1, 8);
    CHECK(play_is(p, OBS_TLS_VERSION, "DTLSv1.3"));
    CHECK_EQ(play_flag(p, OBS_TLS_CONNECTION_ID), 1);
    play_cid_records(p, 1, 0x3e, 3, 200);
    play_cid_records(p, 0, 0x3e, 8, 450);
    play_cid_records(p, 1, 0x3f, 3, 35);
    play_cid_records(p, 0, 0x3f, 8, 61);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK(play_mtls(p, "inferred", "record-sizes"));
    CHECK(play_is(p, OBS_TLS_MTLS_RECORDS, "450"));
    play_close(p);
    play_free(p);
}

/* Without the hellos the size of the id is not known: one record to the end of the datagram. */
static void an_id_of_unknown_size_is_noticed(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_one(p, &(struct chunk){ 0, "19fefd0001000000000001c1c1c1c100080102030405060708" });
    CHECK_EQ(play_flag(p, OBS_TLS_CONNECTION_ID), 1);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_close(p);
    play_free(p);
}

static bool is_owned(const struct play *p, uint8_t first)
{
    uint8_t bytes[40] = { first };
    struct segment seg = { .payload = bytes_of(bytes, sizeof bytes, sizeof bytes) };
    return dtls_analyzer.owns(p->state, &seg);
}

/* RFC 9147 4.1, RFC 7983: STUN begins with 0 to 3, RTP with 128 to 191. */
static void records_of_1_3_are_its_own_when_it_was_negotiated(void)
{
    struct play *p = play_new(&dtls_analyzer);
    CHECK(!is_owned(p, 0x2e));
    play_one(p, &dtls13[0]);
    CHECK(!is_owned(p, 0x2e));
    play_one(p, &dtls13[1]);
    CHECK(is_owned(p, 0x2e) && is_owned(p, 0x20) && is_owned(p, 0x3f));
    CHECK(!is_owned(p, 0x00) && !is_owned(p, 0x16) && !is_owned(p, 0x40) && !is_owned(p, 0x80));
    play_close(p);
    play_free(p);
    p = play(dtls12_plain);
    CHECK(!is_owned(p, 0x2e));
    play_free(p);
}

static void a_heartbeat_that_claims_too_much_is_noticed(void)
{
    struct play *p = play_new(&dtls_analyzer);
    play_one(p, &dtls12_plain[0]);
    play_one(p, &(struct chunk){ 0, "18fefd0000000000000002000301000"
                                    "0" });
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "used"));
    play_one(p, &(struct chunk){ 0, "18fefd00000000000000030003014000" });
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "overlong"));
    play_close(p);
    play_free(p);
    p = play_new(&dtls_analyzer);
    play_one(p, &dtls12_plain[0]);
    play_one(p, &(struct chunk){ 0, "18fefd00010000000000030010014000aabbccddeeff00112233445566" });
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "used")); /* under keys its words are not readable */
    play_close(p);
    play_free(p);
}

static void claims_are_strict(void)
{
    for (size_t i = 0; dtls12_mutual[i].hex != NULL; i++) {
        CHECK(is_claimed(dtls12_mutual[i].hex));
    }
    CHECK(is_claimed(dtls13[0].hex) && is_claimed(dtls13[1].hex));
    CHECK(is_claimed("15feff0000000000000001000202280"));
    CHECK(is_claimed("14010000000000000000010003010002"));
    CHECK(!is_claimed("15fefe00000000000000010002022800"));
    CHECK(!is_claimed("15feff000000000000000100030228"));
    CHECK(!is_claimed("2e1234003b00112233445566778899aabbccddeeff"));
    CHECK(!is_claimed("16fefd00000000000000000000"));
    CHECK(!is_claimed("80000000000000000000000000"));
}

/* The four standing tests. */
static void every_short_datagram_is_malformed(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(dtls12_mutual[0].hex, bytes);
    for (uint32_t size = 1; size < n; size++) {
        struct play *p = play_new(&dtls_analyzer);
        play_bytes(p, 0, bytes, size);
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_MALFORMED), 1);
        CHECK(!play_knows(p, OBS_TLS_OFFER_CIPHER));
        play_free(p);
    }
}

static void snap_length_hides_only_what_was_needed(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(dtls12_mutual[0].hex, bytes);
    uint32_t suites_end = 13 + 12 + 2 + 32 + 1 + 1 + 2 + 4;
    for (uint32_t size = 25; size < n; size++) {
        struct play *p = play_new(&dtls_analyzer);
        play_offer(p, 0, bytes, size, n);
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        CHECK_EQ(play_flag(p, OBS_CUT), 1);
        CHECK_EQ(play_knows(p, OBS_TLS_OFFER_CIPHER), size >= suites_end - 2);
        play_free(p);
    }
}

static void every_flipped_byte_stays_in_bounds(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    for (size_t which = 0; which < 9; which++) {
        uint32_t n = play_hex(dtls12_mutual[which].hex, bytes);
        for (uint32_t at = 0; at < n; at += which == 0 ? 1 : 5) {
            struct play *p = play_new(&dtls_analyzer);
            for (size_t i = 0; i < which; i++) {
                play_one(p, &dtls12_mutual[i]);
            }
            bytes[at] ^= 0xff;
            play_bytes(p, dtls12_mutual[which].side, bytes, n);
            bytes[at] ^= 0xff;
            play_close(p);
            CHECK(!play_is(p, OBS_TLS_MTLS_STATE, "proven"));
            play_free(p);
        }
    }
}

static void contradicting_fragments_are_dropped(void)
{
    /* two pieces of message 5 that disagree about its length, then many other numbers */
    static const struct chunk chunks[] = {
        { 1, "16fefd00000000000000010010"
             "0b0001000005000000000004aabbccdd" },
        { 1, "16fefd00000000000000020010"
             "0b0002000005000000000004aabbccdd" },
        { 0, NULL },
    };
    struct play *p = play_new(&dtls_analyzer);
    play_one(p, &chunks[0]);
    CHECK_EQ(play_flag(p, OBS_CUT), -1);
    play_one(p, &chunks[1]);
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(chunks[0].hex, bytes);
    for (uint8_t seq = 6; seq < 30; seq++) {
        bytes[18] = seq;
        play_bytes(p, 1, bytes, n);
    }
    play_close(p);
    CHECK(!play_knows(p, OBS_SERVER_CERT_SHA256));
    play_free(p);
}

int main(void)
{
    mutual_handshake_in_fragments_is_proven();
    records_behind_the_preamble_of_capwap_are_read();
    order_and_repetition_do_not_matter();
    other_handshakes_have_their_mtls_state();
    a_lost_datagram_makes_absence_unknown();
    one_direction_keeps_the_rest_unknown();
    dtls_1_3_hides_the_certificates();
    records_with_connection_ids_are_told_apart();
    an_id_of_unknown_size_is_noticed();
    records_of_1_3_are_its_own_when_it_was_negotiated();
    a_heartbeat_that_claims_too_much_is_noticed();
    claims_are_strict();
    every_short_datagram_is_malformed();
    snap_length_hides_only_what_was_needed();
    every_flipped_byte_stays_in_bounds();
    contradicting_fragments_are_dropped();
    return check_failures > 0;
}

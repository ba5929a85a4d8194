/* tests/unit/test_tls_attacks.c: TLS conversations that try to look protected, or mutual, and are
 * not; and captures with holes that must not make good ones look bad. */
#include "tests/unit/tls_captures.h"

extern const struct analyzer tls_analyzer;

enum { RECORD_HEADER = 5, CONTENT_CCS = 20, CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22 };
enum { CERTIFICATE = 11, CERTIFICATE_VERIFY = 15 };

/* Which records of a chunk are played: content type (and handshake type) as written. */
typedef bool record_filter(const uint8_t *record);

static bool is_message(const uint8_t *record, uint8_t type)
{
    return record[0] == CONTENT_HANDSHAKE && record[RECORD_HEADER] == type;
}

static bool not_verify(const uint8_t *record)
{
    return !is_message(record, CERTIFICATE_VERIFY);
}

static bool is_verify(const uint8_t *record)
{
    return is_message(record, CERTIFICATE_VERIFY);
}

/* What a client sends in clear before its ChangeCipherSpec, and the rest. */
static bool in_clear(const uint8_t *record)
{
    return record[0] == CONTENT_HANDSHAKE && record[RECORD_HEADER] <= 16;
}

static bool under_keys(const uint8_t *record)
{
    return !in_clear(record);
}

static void play_some(struct play *p, uint8_t side, const char *hex, record_filter *wanted)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(hex, bytes);
    for (uint32_t at = 0; at + RECORD_HEADER < n;) {
        uint32_t size = RECORD_HEADER + ((uint32_t)bytes[at + 3] << 8 | bytes[at + 4]);
        if (wanted(bytes + at)) {
            play_bytes(p, side, bytes + at, size);
        }
        at += size;
    }
}

static void play_text(struct play *p, uint8_t side, const char *hex)
{
    play_one(p, &(struct chunk){ side, hex });
}

/* Plays chunks from one index up to another. */
static void play_range(struct play *p, const struct chunk *chunks, size_t from, size_t to)
{
    for (size_t i = from; i < to && chunks[i].hex != NULL; i++) {
        play_one(p, &chunks[i]);
    }
}

static void a_client_captured_from_its_keys_on_did_not_decline(void)
{
    struct play *p = play_new(&tls_analyzer);
    p->middle = true;
    play_one(p, &tls12_mutual[1]);
    play_some(p, 0, tls12_mutual[2].hex, under_keys);
    play_range(p, tls12_mutual, 3, 8);
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), 1);
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    play_free(p);
}

static void a_verify_by_the_server_proves_no_client(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_range(p, tls12_mutual, 0, 2);
    play_some(p, 1, tls12_mutual[2].hex, is_verify);
    play_some(p, 0, tls12_mutual[2].hex, not_verify);
    play_range(p, tls12_mutual, 3, 8);
    play_close(p);
    CHECK(!play_knows(p, OBS_TLS_CERTIFICATE_VERIFY));
    CHECK(play_mtls(p, "disproven", "no-verify"));
    CHECK_EQ(play_flag(p, OBS_MALFORMED), 1);
    play_free(p);
}

static void a_side_that_answers_itself_negotiates_nothing(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls12_mutual[0]);
    play_text(p, 0, tls12_mutual[1].hex);
    play_range(p, tls12_mutual, 2, 8);
    play_close(p);
    CHECK(!play_knows(p, OBS_TLS_VERSION));
    CHECK(!play_is(p, OBS_TLS_MTLS_STATE, "proven"));
    CHECK(play_flag(p, OBS_TLS_ESTABLISHED) != 1);
    play_free(p);
}

static void an_alert_of_another_cause_refuses_no_certificate(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_range(p, tls12_refused, 0, 3);
    play_text(p, 1, "15030300020250"); /* internal_error */
    play_close(p);
    CHECK(play_mtls(p, "unknown", "unfinished"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
    play_free(p);
}

static void records_after_a_fatal_alert_establish_nothing(void)
{
    for (uint8_t side = 0; side < 2; side++) {
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls12_mutual, 0, 2);
        play_some(p, 0, tls12_mutual[2].hex, in_clear);
        play_text(p, side, "15030300020228");
        play_some(p, 0, tls12_mutual[2].hex, under_keys);
        play_range(p, tls12_mutual, 3, 8);
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
        CHECK(side == 0 || !play_is(p, OBS_TLS_MTLS_STATE, "proven"));
        play_free(p);
    }
}

static void messages_of_two_handshakes_prove_nothing_together(void)
{
    static uint8_t hello[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    play_range(p, tls12_mutual, 0, 2);
    play_some(p, 0, tls12_mutual[2].hex, in_clear);
    uint32_t n = play_hex(tls12_mutual[0].hex, hello);
    hello[RECORD_HEADER + 4 + 2] ^= 1; /* random */
    play_bytes(p, 0, hello, n);
    play_some(p, 0, tls12_mutual[2].hex, under_keys);
    play_range(p, tls12_mutual, 3, 8);
    play_close(p);
    CHECK(play_mtls(p, "unknown", "renegotiated"));
    CHECK_EQ(play_flag(p, OBS_TLS_RENEGOTIATED), 1);
    play_free(p);
}

static void a_renegotiation_may_bring_the_certificate(void)
{
    static const char record[] =
        "160303002000000000000000000000000000000000000000000000000000000000"
        "00000000";
    for (unsigned answers = 0; answers < 2; answers++) {
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls12_empty, 0, 4);
        CHECK(play_mtls(p, "disproven", "empty"));
        play_text(p, 1, record); /* HelloRequest */
        if (answers == 1) {
            play_text(p, 0, record);
        }
        play_range(p, tls12_empty, 4, 6);
        play_close(p);
        CHECK(answers == 1 ? play_mtls(p, "unknown", "renegotiated")
                           : play_mtls(p, "disproven", "empty"));
        play_free(p);
    }
}

/* The server's records of it were lost by the capture: what the client answered is enough. */
static void a_renegotiation_shows_by_the_client_alone_when_the_server_was_lost(void)
{
    static const char record[] =
        "160303002000000000000000000000000000000000000000000000000000000000"
        "00000000";
    for (unsigned lost = 0; lost < 2; lost++) {
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls12_empty, 0, 4);
        if (lost == 1) {
            CHECK_EQ(tls_analyzer.gap(p->state, 1, 37, &p->sink), FEED_MORE);
        }
        play_text(p, 0, record);
        play_range(p, tls12_empty, 4, 6);
        play_close(p);
        CHECK(lost == 1 ? play_mtls(p, "unknown", "renegotiated")
                        : play_mtls(p, "disproven", "empty"));
        play_free(p);
    }
}

/* What was concluded before the loss is void too, whichever side's records of it are missing. Bit n
 * of lost: side n; bit n of again: a handshake record of side n that is no Finished. */
static void a_renegotiation_that_may_be_lost_makes_an_earlier_conclusion_void(void)
{
    static const char record[] =
        "160301002000000000000000000000000000000000000000000000000000000000"
        "00000000";
    for (unsigned i = 0; i < 16; i++) {
        unsigned lost = i & 3;
        unsigned again = i >> 2;
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls10_plain, 0, 4);
        CHECK(play_mtls(p, "disproven", "not-requested"));
        for (unsigned side = 0; side < 2; side++) {
            if ((lost >> side & 1) != 0) {
                CHECK_EQ(tls_analyzer.gap(p->state, (uint8_t)side, 37, &p->sink), FEED_MORE);
            }
            if ((again >> side & 1) != 0) {
                play_text(p, (uint8_t)side, record);
            }
        }
        play_close(p);
        CHECK((lost | again) == 3 ? play_mtls(p, "unknown", "renegotiated")
                                  : play_mtls(p, "disproven", "not-requested"));
        play_free(p);
    }
}

/* ChangeCipherSpec of a renegotiation is under the keys of the first handshake: it is longer. */
static void a_second_change_of_keys_by_both_is_a_renegotiation(void)
{
    static const char change[] = "1403030019"
                                 "00000000000000010203040506070809101112131415161718";
    for (unsigned sides = 0; sides < 4; sides++) {
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls12_empty, 0, 4);
        for (unsigned side = 0; side < 2; side++) {
            if ((sides >> side & 1) != 0) {
                play_text(p, (uint8_t)side, change);
            }
        }
        play_range(p, tls12_empty, 4, 6);
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_TLS_RENEGOTIATED), sides == 3 ? 1 : -1);
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
        play_free(p);
    }
}

/* CVE-2014-0160: it asks for 16384 bytes of 0, and before there are keys that can be read. */
static void a_heartbeat_that_claims_too_much_is_noticed(void)
{
    static const struct {
        const char *record, *word;
    } cases[] = {
        { "1803030003014000", "overlong" },
        { "1803030013010000000102030405060708090a0b0c0d0e0f", "used" },
        { "18030300020140", "used" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct play *p = play_new(&tls_analyzer);
        play_range(p, tls12_empty, 0, 2);
        CHECK(!play_knows(p, OBS_TLS_HEARTBEAT));
        play_text(p, 0, cases[i].record);
        play_range(p, tls12_empty, 2, 6);
        play_close(p);
        CHECK(play_is(p, OBS_TLS_HEARTBEAT, cases[i].word));
        CHECK(play_mtls(p, "disproven", "empty"));
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        play_free(p);
    }
    struct play *p = play_new(&tls_analyzer); /* under keys nobody can read what it claims */
    play_range(p, tls12_empty, 0, 4);
    play_text(p, 0, "1803030003014000");
    play_close(p);
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "used"));
    play_free(p);
}

static void a_heartbeat_in_pieces_is_the_same(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_range(p, tls12_empty, 0, 2);
    static const uint8_t record[] = { 0x18, 3, 3, 0, 3, 1, 0x40, 0 };
    for (uint32_t i = 0; i < sizeof record; i++) {
        CHECK(!play_knows(p, OBS_TLS_HEARTBEAT));
        play_bytes(p, 0, record + i, 1);
    }
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "overlong"));
    play_close(p);
    play_free(p);
}

/* A ServerHello that agrees to heartbeats (extension 15). */
static void an_agreed_heartbeat_is_told(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls12_empty[0]);
    play_text(p, 1,
              "160303003102"
              "00002d0303ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
              "00c02b00"
              "0005000f000101");
    CHECK(play_is(p, OBS_TLS_HEARTBEAT, "negotiated"));
    play_close(p);
    play_free(p);
}

static void an_alert_under_keys_is_not_read_as_one_in_clear(void)
{
    struct play *p = play_new(&tls_analyzer);
    p->middle = true;
    play_text(p, 0, "150303001a0102030405060708020202020202020202020202020202020202");
    play_text(p, 1, "170303001011112222333344445555666677778888");
    play_close(p);
    CHECK(strcmp(p->app, "tls") == 0);
    CHECK(!play_knows(p, OBS_TLS_ALERT_NAME));
    CHECK(play_mtls(p, "unknown", "no-start"));
    play_free(p);
}

/* RFC 8448 section 3's hellos; the client's offers early data as well. */
static const char early_client[] =
    "16030100c8010000c40303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
    "000006130113031302010000950000000b0009000006736572766572ff01000100000a00140012001d0017"
    "0018001901000101010201030104002300000033002600240"
    "01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304"
    "000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c"
    "00024001002a0000";
static const char early_server[] =
    "160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"
    "00130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e"
    "751f0f002b00020304";

static void early_data_is_no_finished_handshake(void)
{
    static const uint8_t data[RECORD_HEADER + 53] = { 23, 3, 3, 0, 53 };
    struct play *p = play_new(&tls_analyzer);
    play_text(p, 0, early_client);
    play_bytes(p, 0, data, sizeof data);
    play_text(p, 1, early_server);
    play_bytes(p, 1, data, sizeof data);
    CHECK_EQ(play_flag(p, OBS_TLS_EARLY_DATA), 1);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    play_bytes(p, 0, data, sizeof data);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    play_close(p);
    play_free(p);
}

static void a_bare_public_key_is_no_certificate(void)
{
    static const uint8_t type[] = { 0, 19, 0, 1, 2 }; /* client_certificate_type: RFC 7250 */
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls12_mutual[0]);
    uint32_t n = play_hex(tls12_mutual[1].hex, bytes);
    uint32_t end = RECORD_HEADER + bytes[4];
    memmove(bytes + end + sizeof type, bytes + end, n - end);
    memcpy(bytes + end, type, sizeof type);
    bytes[4] += (uint8_t)sizeof type;
    bytes[RECORD_HEADER + 3] += (uint8_t)sizeof type;
    bytes[RECORD_HEADER + 4 + 2 + 32 + 1 + 2 + 1 + 1] += (uint8_t)sizeof type;
    play_bytes(p, 1, bytes, n + (uint32_t)sizeof type);
    play_range(p, tls12_mutual, 2, 8);
    play_close(p);
    CHECK(play_mtls(p, "unknown", "raw-public-key"));
    CHECK(!play_knows(p, OBS_CLIENT_CERT_SHA256));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    play_free(p);
}

/* Data records without ChangeCipherSpec, after a message that cannot be read, are not under keys.
 */
static void nonsense_and_data_establish_nothing(void)
{
    static const char data[] = "170303001011112222333344445555666677778888";
    struct play *p = play_new(&tls_analyzer);
    play_range(p, tls12_mutual, 0, 2);
    play_text(p, 0, "1603030005630000010a");
    play_text(p, 1, "1603030005630000010a");
    play_text(p, 0, data);
    play_text(p, 1, data);
    play_close(p);
    CHECK(play_flag(p, OBS_TLS_ESTABLISHED) != 1);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), 1);
    play_free(p);
}

int main(void)
{
    a_client_captured_from_its_keys_on_did_not_decline();
    a_verify_by_the_server_proves_no_client();
    a_side_that_answers_itself_negotiates_nothing();
    an_alert_of_another_cause_refuses_no_certificate();
    records_after_a_fatal_alert_establish_nothing();
    messages_of_two_handshakes_prove_nothing_together();
    a_renegotiation_may_bring_the_certificate();
    a_renegotiation_shows_by_the_client_alone_when_the_server_was_lost();
    a_renegotiation_that_may_be_lost_makes_an_earlier_conclusion_void();
    a_second_change_of_keys_by_both_is_a_renegotiation();
    a_heartbeat_that_claims_too_much_is_noticed();
    a_heartbeat_in_pieces_is_the_same();
    an_agreed_heartbeat_is_told();
    an_alert_under_keys_is_not_read_as_one_in_clear();
    early_data_is_no_finished_handshake();
    a_bare_public_key_is_no_certificate();
    nonsense_and_data_establish_nothing();
    return check_failures > 0;
}

/* tests/unit/test_tls.c: TLS handshakes, whole, split, cut, from the middle and imitated. */
#include "tests/unit/tls_captures.h"

extern const struct analyzer tls_analyzer;

/* RFC 8448 section 3. */
static const struct chunk rfc8448[] = {
    { 0, "16030100c4010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
         "000006130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017"
         "0018001901000101010201030104002300000033002600240"
         "01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304"
         "000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c"
         "00024001" },
    { 1, "160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"
         "00130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e"
         "751f0f002b00020304" },
    { 0, NULL },
};

/* [MS-TURN] 2.1.1, as sent by an interoperable implementation. */
static const char pseudo_client[] =
    "160301002d010000290301c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb"
    "00000200180100";
static const char pseudo_server[] =
    "160301004e020000460301aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa20"
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0018000e000000";

/* The same without its end. */
static const char pseudo_server_hello[] =
    "160301004a020000460301aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa20"
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb001800";

static const char google_client[] = "80460103010"
                                    "02d0000001001008003008007"
                                    "00c00600400200800400800000040"
                                    "0feff00000a00fefe00000900006400006200000300000"
                                    "61f170ca62f0078fc46552eb18339f1ea";
static const char google_server[] =
    "160301004a020000460301428545a727a95da0b3c5e753da482b3fc65aca89c15852a1783c5b174600853f20"
    "0ed306725b5b1b5f15ac13f988539d9be83d7b0c3032"
    "6e384da275574"
    "16c345c000400";

/* SSL 2.0: a client that offers only that, and the server's answer without a certificate. */
static const char ssl2_client[] = "801c010002000300000010010080000102030405060708090a0b0c0d0e0f";
static const char ssl2_server[] =
    "801e040001000200000003001001008000112233445566778899aabbccddeeff00";
static const char ssl2_master_key[] = "800b0201008000000001000055";

static struct play *play(const struct chunk *chunks)
{
    return play_all(&tls_analyzer, chunks);
}

static enum claim claim_of(const char *hex, uint32_t size)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t all = play_hex(hex, bytes);
    uint32_t n = size < all ? size : all;
    uint8_t *heap = malloc(n > 0 ? n : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, bytes, n);
    struct segment seg = { .payload = bytes_of(heap, n, UINT32_MAX), .open = true, .first = true };
    enum claim claim = tls_analyzer.claim(&seg);
    free(heap);
    return claim;
}

static void hello_of_rfc_8448_gives_every_fact(void)
{
    struct play *p = play(rfc8448);
    CHECK(strcmp(p->app, "tls") == 0 && p->app_was_first);
    CHECK_EQ(p->client, 0);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.3"));
    CHECK(play_is(p, OBS_TLS_CIPHER, "TLS_AES_128_GCM_SHA256"));
    CHECK(play_is(p, OBS_TLS_GROUP, "x25519"));
    CHECK(play_is(p, OBS_TLS_SNI, "server"));
    CHECK(play_is(p, OBS_TLS_OFFER_VERSION, "TLSv1.3"));
    CHECK(play_is(p, OBS_TLS_OFFER_SIGNATURE, "ecdsa_secp256r1_sha256"));
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "hidden"));
    CHECK(play_mtls(p, "unknown", "unfinished"));
    CHECK_EQ(play_flag(p, OBS_TLS_RESUMED), 0);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 0);
    CHECK_EQ(play_flag(p, OBS_TLS_ENCRYPT_THEN_MAC), -1);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

static void mutual_handshake_is_proven(void)
{
    struct play *p = play(tls12_mutual);
    CHECK(p->settled);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.2"));
    CHECK(play_is(p, OBS_TLS_GROUP, "x25519"));
    CHECK(play_is(p, OBS_TLS_SIGNATURE, "ecdsa_secp256r1_sha256"));
    CHECK(play_is(p, OBS_TLS_SNI, "fe01.contoso.com"));
    CHECK(play_is(p, OBS_TLS_ALPN, "h2"));
    CHECK(play_is(p, OBS_CARRIES, "http") && play_is(p, OBS_CARRIES_BY, "alpn"));
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "presented"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "valid"));
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), 1);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK_EQ(play_flag(p, OBS_TLS_RESUMED), 0);
    CHECK_EQ(play_flag(p, OBS_TLS_EXTENDED_MASTER_SECRET), 1);
    CHECK_EQ(play_flag(p, OBS_TLS_SECURE_RENEGOTIATION), 1);
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com,O=Contoso"));
    CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com,O=Contoso"));
    CHECK(facts_find_at(&p->facts, OBS_SERVER_CERT_SHA256, 1, 0) != NULL);
    CHECK(facts_find_at(&p->facts, OBS_SERVER_CERT_SHA256, 2, 0) == NULL);
    play_free(p);
}

/* What a conversation must say of mutual authentication. */
struct expected {
    const struct chunk *chunks;
    const char *certificate; /* NULL = not reported */
    const char *state, *reason;
    int resumed, established;
};

static void without_flow_records_the_rules_still_get_theirs(void)
{
    struct play *p = play_new(&tls_analyzer);
    p->sink.terse = true;
    for (const struct chunk *c = tls12_mutual; c->hex != NULL; c++) {
        play_one(p, c);
    }
    play_close(p);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.2") && play_is(p, OBS_TLS_SNI, "fe01.contoso.com"));
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    const struct fact *offered = facts_find(&p->facts, OBS_TLS_OFFER_CIPHER);
    CHECK(offered != NULL && facts_next(&p->facts, OBS_TLS_OFFER_CIPHER, offered) == NULL);
    CHECK(!play_knows(p, OBS_TLS_OFFER_GROUP) && !play_knows(p, OBS_TLS_JA4));
    play_free(p);
}

static void check_expected(const struct expected *want)
{
    struct play *p = play(want->chunks);
    CHECK(play_mtls(p, want->state, want->reason));
    CHECK(want->certificate == NULL ? !play_knows(p, OBS_TLS_CLIENT_CERTIFICATE)
                                    : play_is(p, OBS_TLS_CLIENT_CERTIFICATE, want->certificate));
    CHECK_EQ(play_flag(p, OBS_TLS_RESUMED), want->resumed);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), want->established);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

static void every_kind_of_handshake_has_its_mtls_state(void)
{
    static const struct expected cases[] = {
        { tls12_empty, "empty", "disproven", "empty", 0, 1 },
        { tls12_refused, "presented", "disproven", "refused", 0, 0 },
        { tls12_ticket, "none", "unknown", "resumed", 1, 1 },
        { tls12_session_id, "none", "unknown", "resumed", 1, 1 },
        { tls10_plain, "none", "disproven", "not-requested", 0, 1 },
        { tls12_anon, "none", "disproven", "anonymous", 0, 1 },
        { tls12_psk, "none", "disproven", "psk", 0, 1 },
        { tls13_retry, "hidden", "unknown", "unfinished", 0, 1 },
        { tls13_psk, "hidden", "unknown", "resumed", 1, 1 },
        { tls_failed, NULL, "unknown", "unfinished", -1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_expected(&cases[i]);
    }
}

static void details_of_each_handshake_are_told(void)
{
    struct play *p = play(tls12_ticket);
    CHECK(play_is(p, OBS_TLS_RESUMPTION, "ticket"));
    play_free(p);
    p = play(tls12_session_id);
    CHECK(play_is(p, OBS_TLS_RESUMPTION, "session_id"));
    play_free(p);
    p = play(tls13_psk);
    CHECK(play_is(p, OBS_TLS_RESUMPTION, "psk"));
    play_free(p);
    p = play(tls13_retry);
    CHECK_EQ(play_flag(p, OBS_TLS_HELLO_RETRY), 1);
    CHECK(play_is(p, OBS_TLS_GROUP, "secp384r1"));
    play_free(p);
    p = play(tls12_anon);
    CHECK(play_is(p, OBS_TLS_CIPHER, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"));
    CHECK(play_is(p, OBS_TLS_GROUP, "DHE-1024"));
    CHECK_EQ(facts_value(&p->facts, OBS_TLS_GROUP, 9), 0);
    CHECK(!play_knows(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE));
    play_free(p);
    p = play(tls12_ffdhe);
    CHECK(play_is(p, OBS_TLS_GROUP, "ffdhe2048"));
    CHECK_EQ(facts_value(&p->facts, OBS_TLS_GROUP, 9), 256);
    play_free(p);
    p = play(tls_failed);
    CHECK(play_is(p, OBS_TLS_ALERT_NAME, "protocol_version"));
    CHECK(play_is(p, OBS_TLS_ALERT_LEVEL, "fatal"));
    CHECK_EQ(facts_value(&p->facts, OBS_TLS_ALERT_FROM, 9), 1);
    play_free(p);
}

/* Facts that must not depend on how the bytes arrived. */
static bool same_facts(const struct play *a, const struct play *b)
{
    bool same = a->facts.count == b->facts.count && strcmp(a->app, b->app) == 0;
    for (uint32_t i = 0; same && i < a->facts.count; i++) {
        const struct fact *fact = &a->facts.items[i];
        const struct fact *other =
            facts_find_at(&b->facts, (enum observation_kind)fact->kind, fact->index, fact->sub);
        same = other != NULL;
    }
    return same;
}

/* Plays with one chunk in two pieces. */
static struct play *play_split(const struct chunk *chunks, size_t which, uint32_t at)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    for (size_t i = 0; chunks[i].hex != NULL; i++) {
        uint32_t n = play_hex(chunks[i].hex, bytes);
        if (i == which && at < n) {
            play_bytes(p, chunks[i].side, bytes, at);
            play_bytes(p, chunks[i].side, bytes + at, n - at);
        } else {
            play_bytes(p, chunks[i].side, bytes, n);
        }
    }
    play_close(p);
    return p;
}

static void a_handshake_split_anywhere_is_the_same(void)
{
    static const struct chunk *const conversations[] = { tls12_mutual, tls13_retry };
    for (size_t c = 0; c < 2; c++) {
        const struct chunk *chunks = conversations[c];
        struct play *whole = play(chunks);
        for (size_t i = 0; chunks[i].hex != NULL; i++) {
            for (uint32_t at = 1; at < strlen(chunks[i].hex) / 2; at += at < 120 ? 1 : 7) {
                struct play *p = play_split(chunks, i, at);
                CHECK(same_facts(whole, p));
                play_free(p);
            }
        }
        play_free(whole);
    }
}

/* Rewrites handshake records as records of one byte. */
static uint32_t in_small_records(const uint8_t *bytes, uint32_t size, uint8_t *out)
{
    uint32_t n = 0;
    uint32_t at = 0;
    while (at + 5 <= size && bytes[at] == 22) {
        uint32_t length = (uint32_t)bytes[at + 3] << 8 | bytes[at + 4];
        for (uint32_t i = 0; i < length; i++) {
            const uint8_t record[6] = { 22, bytes[at + 1], bytes[at + 2], 0, 1, bytes[at + 5 + i] };
            memcpy(out + n, record, sizeof record);
            n += (uint32_t)sizeof record;
        }
        at += 5 + length;
    }
    return n;
}

static void records_of_one_byte_are_put_together(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    static uint8_t small[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    for (size_t i = 0; i < 2; i++) {
        uint32_t n = play_hex(tls12_mutual[i].hex, bytes);
        play_bytes(p, tls12_mutual[i].side, small, in_small_records(bytes, n, small));
    }
    for (size_t i = 2; tls12_mutual[i].hex != NULL; i++) {
        play_one(p, &tls12_mutual[i]);
    }
    play_close(p);
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com,O=Contoso"));
    play_free(p);
}

static void the_server_may_come_first_in_the_file(void)
{
    struct play *p = play_new(&tls_analyzer);
    static const uint8_t order[] = { 1, 0, 3, 2, 5, 4, 7, 6 };
    for (size_t i = 0; i < sizeof order; i++) {
        play_one(p, &tls12_mutual[order[i]]);
    }
    play_close(p);
    CHECK_EQ(p->client, 0);
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com,O=Contoso"));
    play_free(p);
}

static void one_direction_keeps_the_rest_unknown(void)
{
    for (uint8_t side = 0; side < 2; side++) {
        struct play *p = play_new(&tls_analyzer);
        for (size_t i = 0; tls12_mutual[i].hex != NULL; i++) {
            if (tls12_mutual[i].side == side) {
                play_one(p, &tls12_mutual[i]);
            }
        }
        play_close(p);
        CHECK(play_mtls(p, "unknown", "one-direction"));
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
        CHECK_EQ(p->client, 0);
        CHECK_EQ(play_knows(p, OBS_CLIENT_CERT_SUBJECT), side == 0);
        CHECK_EQ(play_knows(p, OBS_SERVER_CERT_SUBJECT), side == 1);
        play_free(p);
    }
}

static void lost_bytes_make_absence_unknown(void)
{
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls10_plain[0]);
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(tls10_plain[1].hex, bytes);
    play_bytes(p, 1, bytes, 200);
    tls_analyzer.gap(p->state, 1, n - 200, &p->sink);
    p->left[1] = 0;
    for (size_t i = 2; tls10_plain[i].hex != NULL; i++) {
        play_one(p, &tls10_plain[i]);
    }
    play_close(p);
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), -1);
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    play_free(p);
}

static void a_hole_inside_application_data_loses_nothing(void)
{
    static const uint8_t data[105] = { 23, 3, 3, 0, 100 };
    struct play *p = play_new(&tls_analyzer);
    for (size_t i = 0; i < 4; i++) {
        play_one(p, &tls12_mutual[i]);
    }
    play_bytes(p, 1, data, 40);
    tls_analyzer.gap(p->state, 1, 65, &p->sink);
    play_bytes(p, 1, data, sizeof data);
    play_bytes(p, 0, data, sizeof data);
    CHECK(p->settled);
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_CUT), -1);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

static void a_record_without_its_end_gives_its_whole_messages(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    play_hex(tls10_plain[1].hex, bytes);
    uint32_t hello_size = bytes[4];
    bytes[3] = 0x20; /* the ServerHello's record claims to be much longer */
    play_bytes(p, 1, bytes, 5 + hello_size);
    play_close(p);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.0"));
    CHECK(play_mtls(p, "unknown", "one-direction"));
    play_free(p);
}

static void a_word_of_another_protocol_may_stand_before_the_hello(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls10_plain[0]);
    bytes[0] = 'S'; /* PostgreSQL: SSL is welcome */
    play_bytes(p, 1, bytes, 1 + play_hex(tls10_plain[1].hex, bytes + 1));
    for (size_t i = 2; tls10_plain[i].hex != NULL; i++) {
        play_one(p, &tls10_plain[i]);
    }
    play_close(p);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.0"));
    CHECK(play_mtls(p, "disproven", "not-requested"));
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

static void the_middle_of_a_connection_is_tls_without_facts(void)
{
    struct play *p = play_new(&tls_analyzer);
    p->middle = true;
    static const uint8_t rest[] = { 0x99, 0x11, 0x42, 0x00, 0x17 };
    play_bytes(p, 0, rest, sizeof rest); /* the end of a record: dropped */
    p->left[0] = 0;
    for (size_t i = 4; tls12_mutual[i].hex != NULL; i++) {
        play_one(p, &tls12_mutual[i]);
    }
    CHECK(p->settled);
    play_close(p);
    CHECK(strcmp(p->app, "tls") == 0);
    CHECK(play_mtls(p, "unknown", "no-start"));
    CHECK(!play_knows(p, OBS_TLS_VERSION));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
    play_free(p);
}

static void pseudo_tls_is_never_established_tls(void)
{
    static const struct chunk microsoft[] = {
        { 0, pseudo_client }, { 1, pseudo_server }, { 0, "0200001400030000" }, { 0, NULL }
    };
    static const struct chunk unfinished[] = {
        { 0, pseudo_client }, { 1, pseudo_server_hello }, { 0, "0200001400030000" }, { 0, NULL }
    };
    static const struct chunk server_only[] = { { 1, pseudo_server }, { 0, NULL } };
    static const struct chunk google[] = { { 0, google_client },
                                           { 1, google_server },
                                           { 0, NULL } };
    static const struct chunk *const cases[] = { microsoft, unfinished, server_only, google };
    for (size_t i = 0; i < 4; i++) {
        struct play *p = play(cases[i]);
        CHECK(strcmp(p->app, "pseudo_tls") == 0 && p->app_was_first);
        CHECK(p->released);
        CHECK_EQ(p->left[0], i == 1 ? 8 : 0); /* what is inside was left for others */
        CHECK(!play_knows(p, OBS_TLS_VERSION));
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), -1);
        play_free(p);
    }
}

static void an_unanswered_imitation_is_a_tls_hello(void)
{
    static const struct chunk alone[] = { { 0, pseudo_client }, { 0, NULL } };
    struct play *p = play(alone);
    CHECK(strcmp(p->app, "tls") == 0);
    CHECK(play_is(p, OBS_TLS_OFFER_CIPHER, "TLS_DH_anon_WITH_RC4_128_MD5"));
    CHECK(play_mtls(p, "unknown", "one-direction"));
    play_free(p);
}

static void ssl_2_is_named(void)
{
    static const struct chunk chunks[] = {
        { 0, ssl2_client }, { 1, ssl2_server }, { 0, ssl2_master_key }, { 0, NULL }
    };
    CHECK_EQ(claim_of(ssl2_client, 99), CLAIM_YES);
    CHECK_EQ(claim_of(ssl2_server, 99), CLAIM_YES);
    struct play *p = play(chunks);
    CHECK(play_is(p, OBS_TLS_VERSION, "SSLv2"));
    CHECK(play_is(p, OBS_TLS_CIPHER, "SSL_CK_RC4_128_WITH_MD5"));
    CHECK_EQ(p->client, 0);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

static void claims_are_strict_and_patient(void)
{
    const char *hello = rfc8448[0].hex;
    for (uint32_t n = 1; n < 44; n++) {
        CHECK_EQ(claim_of(hello, n), CLAIM_MORE);
    }
    CHECK_EQ(claim_of(hello, 44), CLAIM_YES);
    CHECK_EQ(claim_of(rfc8448[1].hex, 999), CLAIM_YES);
    CHECK_EQ(claim_of("14030300010116030300", 99), CLAIM_MORE);
    CHECK_EQ(claim_of("15030300020228", 99), CLAIM_YES);
    CHECK_EQ(claim_of("1403030001011603030028", 99), CLAIM_YES);
    CHECK_EQ(claim_of("1703030003aabbcc1703030001", 99), CLAIM_YES);
    CHECK_EQ(claim_of("1703030003aabbcc99aabbccdd", 99), CLAIM_NO);
    CHECK_EQ(claim_of("1703030003aabb", 99), CLAIM_MORE);
    CHECK_EQ(claim_of("1603", 99), CLAIM_MORE);
    CHECK_EQ(claim_of("1703060003aabbcc", 99), CLAIM_NO);
    CHECK_EQ(claim_of("474554202f20485454", 99), CLAIM_NO);
    CHECK_EQ(claim_of("80801080001020304050607", 99), CLAIM_NO);
    CHECK_EQ(claim_of("", 0), CLAIM_NO);
}

/* The four standing tests. */
static void every_short_stream_waits_for_more(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(rfc8448[0].hex, bytes);
    for (uint32_t size = 0; size < n; size++) {
        struct play *p = play_new(&tls_analyzer);
        play_bytes(p, 0, bytes, size);
        CHECK_EQ(p->puts, 0);
        CHECK(!p->settled);
        play_close(p);
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        play_free(p);
    }
}

static void every_flipped_byte_stays_in_bounds(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    for (size_t which = 0; which < 3; which++) {
        uint32_t n = play_hex(tls12_mutual[which].hex, bytes);
        for (uint32_t at = 0; at < n; at += which == 0 ? 1 : 3) {
            struct play *p = play_new(&tls_analyzer);
            for (size_t i = 0; i < which; i++) {
                static uint8_t before[PLAY_BYTES_MAX];
                play_bytes(p, tls12_mutual[i].side, before, play_hex(tls12_mutual[i].hex, before));
            }
            bytes[at] ^= (uint8_t)(at % 2 == 0 ? 0xff : 0x01);
            play_bytes(p, tls12_mutual[which].side, bytes, n);
            bytes[at] ^= (uint8_t)(at % 2 == 0 ? 0xff : 0x01);
            play_close(p);
            CHECK(!play_is(p, OBS_TLS_MTLS_STATE, "proven"));
            play_free(p);
        }
    }
}

static void a_length_past_the_end_is_malformed(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    uint32_t n = play_hex(rfc8448[0].hex, bytes);
    bytes[5 + 4 + 2 + 32] = 33; /* session id length */
    struct play *p = play_new(&tls_analyzer);
    play_bytes(p, 0, bytes, n);
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), 1);
    CHECK(!play_knows(p, OBS_TLS_SNI));
    play_free(p);
}

static void a_huge_message_is_given_up(void)
{
    static uint8_t bytes[] = { 22, 3, 1, 0, 4, 11, 0xff, 0xff, 0xff };
    struct play *p = play_new(&tls_analyzer);
    play_one(p, &tls12_mutual[0]);
    play_bytes(p, 1, bytes, sizeof bytes);
    play_close(p);
    CHECK_EQ(play_flag(p, OBS_CUT), 1);
    CHECK(play_mtls(p, "unknown", "missing-bytes"));
    play_free(p);
}

int main(void)
{
    hello_of_rfc_8448_gives_every_fact();
    mutual_handshake_is_proven();
    without_flow_records_the_rules_still_get_theirs();
    every_kind_of_handshake_has_its_mtls_state();
    details_of_each_handshake_are_told();
    a_handshake_split_anywhere_is_the_same();
    records_of_one_byte_are_put_together();
    the_server_may_come_first_in_the_file();
    one_direction_keeps_the_rest_unknown();
    lost_bytes_make_absence_unknown();
    a_hole_inside_application_data_loses_nothing();
    a_record_without_its_end_gives_its_whole_messages();
    a_word_of_another_protocol_may_stand_before_the_hello();
    the_middle_of_a_connection_is_tls_without_facts();
    pseudo_tls_is_never_established_tls();
    an_unanswered_imitation_is_a_tls_hello();
    ssl_2_is_named();
    claims_are_strict_and_patient();
    every_short_stream_waits_for_more();
    every_flipped_byte_stays_in_bounds();
    a_length_past_the_end_is_malformed();
    a_huge_message_is_given_up();
    return check_failures > 0;
}

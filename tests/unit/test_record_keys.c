/* tests/unit/test_record_keys.c: records of RFC 8448, and of suites by their names. */
#include "analyzers/crypto/record_keys.h"
#include "tests/check.h"

static struct key_schedule *schedule;
static uint8_t text[RECORD_TEXT_MAX];

/* RFC 8448 3: client_application_traffic_secret_0, and the first record under it. */
static const struct keylog_secret client_secret = {
    32, { 0x9e, 0x40, 0x64, 0x6c, 0xe7, 0x9a, 0x7f, 0x9d, 0xc0, 0x5a, 0xf8,
          0x88, 0x9b, 0xce, 0x65, 0x52, 0x87, 0x5a, 0xfa, 0x0b, 0x06, 0xdf,
          0x00, 0x87, 0xf7, 0x92, 0xeb, 0xb7, 0xc1, 0x75, 0x04, 0xa5 }
};
static const uint8_t client_record[] = {
    0xa2, 0x3f, 0x70, 0x54, 0xb6, 0x2c, 0x94, 0xd0, 0xaf, 0xfa, 0xfe, 0x82, 0x28, 0xba,
    0x55, 0xcb, 0xef, 0xac, 0xea, 0x42, 0xf9, 0x14, 0xaa, 0x66, 0xbc, 0xab, 0x3f, 0x2b,
    0x98, 0x19, 0xa8, 0xa5, 0xb4, 0x6b, 0x39, 0x5b, 0xd5, 0x4a, 0x9a, 0x20, 0x44, 0x1e,
    0x2b, 0x62, 0x97, 0x4e, 0x1f, 0x5a, 0x62, 0x92, 0xa2, 0x97, 0x70, 0x14, 0xbd, 0x1e,
    0x3d, 0xea, 0xe6, 0x3a, 0xee, 0xbb, 0x21, 0x69, 0x49, 0x15, 0xe4,
};

static const struct record_head data_head = { .type = 23, .version = 0x0303 };

static struct record_keys *keys_of_rfc8448(void)
{
    struct record_suite suite;
    CHECK(record_suite_find("TLS_AES_128_GCM_SHA256", &suite));
    return record_keys_traffic(schedule, &suite, &client_secret);
}

/* On a heap block of its exact size. */
static bool open_copy(struct record_keys *keys, const uint8_t *body, uint32_t size,
                      uint32_t *ret_size, uint8_t *ret_type)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    memcpy(heap, body, size);
    bool good =
        record_keys_open(keys, &data_head, bytes_of(heap, size, size), text, ret_size, ret_type);
    free(heap);
    return good;
}

static void the_record_of_rfc8448_opens(void)
{
    struct record_keys *keys = keys_of_rfc8448();
    uint32_t size = 0;
    uint8_t type = 0;
    CHECK(open_copy(keys, client_record, sizeof client_record, &size, &type));
    CHECK_EQ(size, 50);
    CHECK_EQ(type, 23);
    for (uint8_t i = 0; i < 50; i++) {
        CHECK_EQ(text[i], i);
    }
    CHECK(!open_copy(keys, client_record, sizeof client_record, &size, &type)); /* another number */
    record_keys_free(keys);
}

static void every_cut_and_flip_is_refused(void)
{
    struct record_keys *keys = keys_of_rfc8448();
    uint32_t size = 0;
    uint8_t type = 0;
    for (uint32_t n = 0; n < sizeof client_record; n++) {
        uint8_t flipped[sizeof client_record];
        CHECK(!open_copy(keys, client_record, n, &size, &type));
        memcpy(flipped, client_record, sizeof flipped);
        flipped[n] ^= 0x40;
        CHECK(!open_copy(keys, flipped, sizeof flipped, &size, &type));
    }
    CHECK(open_copy(keys, client_record, sizeof client_record, &size, &type));
    record_keys_free(keys);
}

static void another_generation_does_not_open_it(void)
{
    struct record_keys *keys = keys_of_rfc8448();
    uint32_t size = 0;
    uint8_t type = 0;
    CHECK(record_keys_update(schedule, keys));
    CHECK(memcmp(record_keys_secret(keys)->bytes, client_secret.bytes, 32) != 0);
    CHECK(!open_copy(keys, client_record, sizeof client_record, &size, &type));
    record_keys_free(keys);
}

static void suites_are_known_by_their_names(void)
{
    static const struct {
        const char *name, *cipher, *hash, *mac;
    } rows[] = {
        { "TLS_AES_256_GCM_SHA384", "AES-256-GCM", "SHA384", NULL },
        { "TLS_AES_128_CCM_8_SHA256", "AES-128-CCM", "SHA256", NULL },
        { "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "AES-256-CCM", "SHA256", NULL },
        { "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-EDE3-CBC", "SHA256", "SHA1" },
        { "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "AES-256-CBC", "SHA384", "SHA384" },
        { "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", "CAMELLIA-128-CBC", "SHA256", "SHA256" },
        { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", "SHA256", NULL },
        { "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256", "ARIA-128-GCM", "SHA256", NULL },
    };
    static const char *const others[] = {
        "TLS_RSA_WITH_NULL_SHA",
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_WITH_DES_CBC_SHA",
        "0x1a2a",
        "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
        "",
    };
    struct record_suite suite;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(record_suite_find(rows[i].name, &suite));
        CHECK_EQ(strcmp(suite.cipher, rows[i].cipher), 0);
        CHECK_EQ(strcmp(suite.hash, rows[i].hash), 0);
        CHECK_EQ(suite.mac == NULL, rows[i].mac == NULL);
        if (suite.mac != NULL && rows[i].mac != NULL) {
            CHECK_EQ(strcmp(suite.mac, rows[i].mac), 0);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK(!record_suite_find(others[i], &suite));
    }
    CHECK(!record_suite_find(NULL, &suite));
}

static void a_secret_of_another_size_makes_no_keys(void)
{
    struct record_suite suite;
    CHECK(record_suite_find("TLS_AES_256_GCM_SHA384", &suite));
    CHECK(record_keys_traffic(schedule, &suite, &client_secret) == NULL);
}

/* RFC 8446 4.4.1: a first ClientHello is replaced by its hash, as a message of its own. */
static void a_hash_restarts_as_message_hash(void)
{
    static const uint8_t hello[] = { 1, 0, 0, 2, 3, 3 };
    uint8_t first[KEY_HASH_MAX], stands[4 + 32] = { 254, 0, 0, 32 };
    uint8_t restarted[KEY_HASH_MAX], wanted[KEY_HASH_MAX];
    struct handshake_hash *one = key_schedule_hash_new("SHA256");
    struct handshake_hash *two = key_schedule_hash_new("SHA256");
    CHECK(key_schedule_hash_add(one, bytes_of(hello, sizeof hello, 0)));
    CHECK_EQ(key_schedule_hash_value(one, first), 32);
    CHECK(key_schedule_hash_restart(one));
    memcpy(stands + 4, first, 32);
    CHECK(key_schedule_hash_add(two, bytes_of(stands, sizeof stands, 0)));
    CHECK_EQ(key_schedule_hash_value(one, restarted), 32);
    CHECK_EQ(key_schedule_hash_value(two, wanted), 32);
    CHECK_EQ(memcmp(restarted, wanted, 32), 0);
    key_schedule_hash_free(one);
    key_schedule_hash_free(two);
}

int main(void)
{
    if (key_schedule_new(&schedule) != OV_OK) {
        abort();
    }
    the_record_of_rfc8448_opens();
    every_cut_and_flip_is_refused();
    another_generation_does_not_open_it();
    suites_are_known_by_their_names();
    a_secret_of_another_size_makes_no_keys();
    a_hash_restarts_as_message_hash();
    key_schedule_free(schedule);
    return check_failures > 0;
}

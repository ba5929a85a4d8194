/* tests/unit/test_quic_keys.c: keys of logged secrets: RFC 9001 A.5, RFC 9369 A.5, and suites that
 * cannot be. */
#include "analyzers/crypto/quic_keys.h"
#include "tests/unit/quic_vectors.h"

static struct key_schedule *schedule;
static struct quic_initial *opener;

static const struct keylog_secret secret = {
    32, { 0x9a, 0xc3, 0x12, 0xa7, 0xf8, 0x77, 0x46, 0x8e, 0xbe, 0x69, 0x42,
          0x27, 0x48, 0xad, 0x00, 0xa1, 0x54, 0x43, 0xf1, 0x82, 0x03, 0xa0,
          0x7d, 0x60, 0x60, 0xf6, 0x88, 0xf3, 0x0f, 0x21, 0x63, 0x2b }
};
static const struct {
    uint32_t version;
    const char *key, *iv, *hp, *packet;
} vectors[] = {
    { V1, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8",
      "e0459b3474bdd0e44a41c144",
      "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
      "4cfe4189655e5cd55c41f69080575d7999c25a5bfb" },
    { V2, "3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2",
      "a6b5bc6ab7dafce30ffff5dd",
      "d659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2",
      "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba" },
};

static bool is_hex(const uint8_t *bytes, const char *hex)
{
    struct packet want = packet_of(hex);
    return memcmp(bytes, want.at, want.size) == 0;
}

static bool derive(const char *name, uint32_t version, const struct keylog_secret *from,
                   struct quic_keys *ret_keys)
{
    struct record_suite suite;
    CHECK(record_suite_find(name, &suite));
    return quic_keys_derive(schedule, &suite, quic_versions_find(version)->protection, from,
                            ret_keys);
}

/* The packet's number is 654360564; its only frame PING. */
static bool opens(const struct packet *p, const struct quic_keys *keys)
{
    struct bytes text;
    int64_t largest = 654360563;
    uint8_t *heap = malloc(p->size > 0 ? p->size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, p->at, p->size);
    bool good =
        quic_initial_open(opener, keys, bytes_of(heap, p->size, p->size), 1, &largest, &text);
    free(heap);
    CHECK(!good || (bytes_equal(&text, (const uint8_t[]){ 1 }, 1) && largest == 654360564));
    return good;
}

static void short_headers_of_the_rfcs_are_opened(void)
{
    for (unsigned i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct quic_keys keys;
        struct packet good = packet_of(vectors[i].packet);
        CHECK(derive("TLS_CHACHA20_POLY1305_SHA256", vectors[i].version, &secret, &keys));
        CHECK(is_hex(keys.key, vectors[i].key));
        CHECK(is_hex(keys.iv, vectors[i].iv));
        CHECK(is_hex(keys.hp, vectors[i].hp));
        CHECK(opens(&good, &keys));
        for (uint32_t at = 0; at < good.size; at++) {
            struct packet bad = good;
            bad.at[at] ^= 1;
            CHECK(!opens(&bad, &keys));
            bad = good;
            bad.size = at;
            CHECK(!opens(&bad, &keys));
        }
    }
}

static void the_suite_tells_the_cipher(void)
{
    struct quic_keys keys;
    struct keylog_secret longer = { .size = 48 };
    CHECK(derive("TLS_AES_128_GCM_SHA256", V1, &secret, &keys));
    CHECK_EQ(keys.cipher, QUIC_AES_128_GCM);
    CHECK(derive("TLS_AES_256_GCM_SHA384", V1, &longer, &keys));
    CHECK_EQ(keys.cipher, QUIC_AES_256_GCM);
    CHECK(!derive("TLS_AES_256_GCM_SHA384", V1, &secret, &keys)); /* of another size */
    CHECK(!derive("TLS_AES_128_CCM_SHA256", V1, &secret, &keys));
}

int main(void)
{
    if (key_schedule_new(&schedule) != OV_OK || quic_initial_new(&opener) != OV_OK) {
        return EXIT_FAILURE;
    }
    short_headers_of_the_rfcs_are_opened();
    the_suite_tells_the_cipher();
    quic_initial_free(opener);
    key_schedule_free(schedule);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

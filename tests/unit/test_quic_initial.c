/* tests/unit/test_quic_initial.c: keys, packets and Retry tags of RFC 9001 and RFC 9369 Appendix A.
 */
#include "tests/unit/quic_vectors.h"

static struct quic_initial *initial;

static bool is_hex(const uint8_t *bytes, const char *hex)
{
    struct packet want = packet_of(hex);
    return memcmp(bytes, want.at, want.size) == 0;
}

static struct quic_keys keys_of(uint32_t version, bool server)
{
    struct quic_keys keys;
    CHECK(quic_initial_derive(initial, quic_versions_find(version)->protection, &vector_cid, server,
                              &keys));
    return keys;
}

static void keys_are_those_of_appendix_a1(void)
{
    struct quic_keys k = keys_of(V1, false);
    CHECK(is_hex(k.key, "1f369613dd76d5467730efcbe3b1a22d"));
    CHECK(is_hex(k.iv, "fa044b2f42a3fd3b46fb255c"));
    CHECK(is_hex(k.hp, "9f50449e04a0e810283a1e9933adedd2"));
    k = keys_of(V1, true);
    CHECK(is_hex(k.key, "cf3a5331653c364c88f0f379b6067e37"));
    CHECK(is_hex(k.iv, "0ac1493ca1905853b0bba03e"));
    CHECK(is_hex(k.hp, "c206b8d9b9f0f37644430b490eeaa314"));
    k = keys_of(V2, false);
    CHECK(is_hex(k.key, "8b1a0bc121284290a29e0971b5cd045d"));
    CHECK(is_hex(k.iv, "91f73e2351d8fa91660e909f"));
    CHECK(is_hex(k.hp, "45b95e15235d6f45a6b19cbcb0294ba9"));
    k = keys_of(V2, true);
    CHECK(is_hex(k.key, "82db637861d55e1d011f19ea71d5d2a7"));
    CHECK(is_hex(k.iv, "dd13c276499c0249d3310652"));
    CHECK(is_hex(k.hp, "edf6d05c83121201b436e16877593c3a"));
}

/* Opens an exact-size heap copy; the text must begin with this hex. */
static bool opens(const struct packet *p, uint32_t number_at, const struct quic_keys *keys,
                  int64_t *largest, const char *text)
{
    struct bytes payload;
    uint8_t *heap = malloc(p->size > 0 ? p->size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, p->at, p->size);
    bool ok = quic_initial_open(initial, keys, bytes_of(heap, p->size, p->size), number_at, largest,
                                &payload);
    free(heap);
    struct packet want = packet_of(text);
    return ok && bytes_starts(&payload, want.at, want.size);
}

static void packets_of_appendix_a_are_opened(void)
{
    static const struct {
        const char *hex;
        uint32_t version, number_at;
        bool server;
        int64_t number;
        const char *text;
    } vectors[] = {
        { vector_client_v1, V1, 18, false, 2, "060040f1010000ed0303ebf8fa56f129" },
        { vector_client_v2, V2, 18, false, 2, "060040f1010000ed0303ebf8fa56f129" },
        { vector_server_v1, V1, 18, true, 1, "02000000000600405a020000560303ee" },
        { vector_server_v2, V2, 18, true, 1, "02000000000600405a020000560303ee" },
    };
    for (unsigned i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct packet p = packet_of(vectors[i].hex);
        struct quic_keys keys = keys_of(vectors[i].version, vectors[i].server);
        struct quic_keys others = keys_of(vectors[i].version, !vectors[i].server);
        int64_t largest = -1;
        CHECK(!opens(&p, vectors[i].number_at, &others, &largest, ""));
        CHECK_EQ(largest, -1);
        CHECK(opens(&p, vectors[i].number_at, &keys, &largest, vectors[i].text));
        CHECK_EQ(largest, vectors[i].number);
    }
}

static void packet_numbers_continue_from_the_largest(void)
{
    struct packet p = packet_of(vector_server_v1); /* its number has two bytes: 1 */
    struct quic_keys keys = keys_of(V1, true);
    int64_t near = 0x7000, far = 0x9000;
    CHECK(opens(&p, 18, &keys, &near, "0200"));
    CHECK_EQ(near, 0x7000);
    CHECK(!opens(&p, 18, &keys, &far, "")); /* taken for 0x10001 */
}

static void every_flipped_byte_is_noticed(void)
{
    struct packet good = packet_of(vector_server_v2);
    struct quic_keys keys = keys_of(V2, true);
    for (uint32_t i = 0; i < good.size; i++) {
        struct packet bad = good;
        int64_t largest = -1;
        bad.at[i] ^= 1;
        CHECK(!opens(&bad, 18, &keys, &largest, ""));
        bad = good;
        bad.size = i;
        CHECK(!opens(&bad, 18, &keys, &largest, ""));
    }
}

static bool retry_is_right(const struct packet *p, uint32_t version, const struct quic_cid *first)
{
    uint8_t *heap = malloc(p->size > 0 ? p->size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, p->at, p->size);
    bool right = quic_initial_retry(initial, quic_versions_find(version)->protection, first,
                                    bytes_of(heap, p->size, p->size));
    free(heap);
    return right;
}

static void retry_tags_of_appendix_a4_are_right(void)
{
    struct packet one = packet_of(vector_retry_v1), two = packet_of(vector_retry_v2);
    CHECK(retry_is_right(&one, V1, &vector_cid));
    CHECK(retry_is_right(&two, V2, &vector_cid));
    CHECK(!retry_is_right(&one, V2, &vector_cid));
    CHECK(!retry_is_right(&one, V1, &server_cid));
    for (uint32_t i = 0; i < one.size; i++) {
        struct packet bad = one;
        bad.at[i] ^= 0x10;
        CHECK(!retry_is_right(&bad, V1, &vector_cid));
        bad.size = i;
        CHECK(!retry_is_right(&bad, V1, &vector_cid));
    }
}

static void the_sealer_of_these_tests_seals_like_the_rfc(void)
{
    struct packet text = packet_of("02000000000600405a"), hello = packet_of(vector_server_hello);
    packet_put(&text, hello.at, hello.size);
    struct quic_cid none = { 0 };
    struct seal seal = { V1, &vector_cid, &none, &server_cid, true, 1 };
    struct packet p = { .size = 0 };
    put_initial(&p, &seal, &text);
    struct quic_keys keys = keys_of(V1, true);
    int64_t largest = -1;
    CHECK(opens(&p, 18, &keys, &largest, "02000000000600405a020000560303ee"));
    CHECK_EQ(largest, 1);
}

static void names_tell_versions_apart(void)
{
    char buffer[QUIC_NAME_SIZE];
    CHECK(strcmp(quic_versions_name(V1, buffer), "v1") == 0);
    CHECK(strcmp(quic_versions_name(V2, buffer), "v2") == 0);
    CHECK(strcmp(quic_versions_name(0xff00001d, buffer), "draft-29") == 0);
    CHECK(strcmp(quic_versions_name(0x51303436, buffer), "Q046") == 0);
    CHECK(strcmp(quic_versions_name(0x54303531, buffer), "T051") == 0);
    CHECK(strcmp(quic_versions_name(0x1a2a3a4a, buffer), "0x1a2a3a4a") == 0);
    CHECK(quic_versions_is_reserved(0x1a2a3a4a) && !quic_versions_is_reserved(0x1a2a3a4b));
    CHECK(!quic_versions_is_google(0x51304136) && quic_versions_find(0x51303530) == NULL);
}

int main(void)
{
    if (quic_initial_new(&initial) != OV_OK) {
        return EXIT_FAILURE;
    }
    keys_are_those_of_appendix_a1();
    packets_of_appendix_a_are_opened();
    packet_numbers_continue_from_the_largest();
    every_flipped_byte_is_noticed();
    retry_tags_of_appendix_a4_are_right();
    the_sealer_of_these_tests_seals_like_the_rfc();
    names_tell_versions_apart();
    quic_initial_free(initial);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

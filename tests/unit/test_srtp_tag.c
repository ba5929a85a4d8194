/* tests/unit/test_srtp_tag.c: key derivation and tags of RFC 3711, 6188 and 7714. */
#include "analyzers/crypto/srtp_tag.h"

#include "srtp_vectors.h"

static struct srtp_tag *tag;

static void derives(const char *suite, const char *master, unsigned label, const char *want)
{
    uint8_t wanted[VECTOR_MAX], got[VECTOR_MAX];
    struct srtp_key key = key_of(suite, master);
    uint32_t size = from_hex(want, wanted);
    CHECK(srtp_key_derive(&key, label, got, size));
    CHECK(memcmp(got, wanted, size) == 0);
}

static void session_keys_are_those_of_rfc3711_and_rfc6188(void)
{
    derives("AES_CM_128_HMAC_SHA1_80", MASTER_128, SRTP_KEY_CIPHER,
            "c61e7a93744f39ee10734afe3ff7a087");
    derives("AES_CM_128_HMAC_SHA1_80", MASTER_128, SRTP_KEY_SALT, "30cbbc08863d8c85d49db34a9ae1");
    derives("AES_CM_128_HMAC_SHA1_80", MASTER_128, SRTP_KEY_AUTH,
            "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
    derives("AES_192_CM_HMAC_SHA1_80", MASTER_192, SRTP_KEY_CIPHER,
            "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb");
    derives("AES_192_CM_HMAC_SHA1_80", MASTER_192, SRTP_KEY_AUTH,
            "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb");
    derives("AES_256_CM_HMAC_SHA1_80", MASTER_256, SRTP_KEY_CIPHER,
            "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
    derives("AES_256_CM_HMAC_SHA1_80", MASTER_256, SRTP_KEY_SALT, "fa31791685ca444a9e07c6c64e93");
    derives("AES_256_CM_HMAC_SHA1_80", MASTER_256, SRTP_KEY_AUTH,
            "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

/* On a heap block of its exact size. */
static bool checks(bool rtcp, const uint8_t *packet, uint32_t size, uint32_t sent,
                   uint32_t roll_over)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    memcpy(heap, packet, size);
    struct bytes in = bytes_of(heap, size, sent);
    bool good = rtcp ? srtp_tag_rtcp(tag, in) : srtp_tag_rtp(tag, in, roll_over);
    free(heap);
    return good;
}

/* A packet that verifies does so no more with any bit changed, any byte cut off or not captured. */
static void stands_only_as_it_is(bool rtcp, const char *hex)
{
    uint8_t packet[VECTOR_MAX];
    uint32_t size = from_hex(hex, packet);
    CHECK(checks(rtcp, packet, size, size, 0));
    for (uint32_t cut = 0; cut < size; cut++) {
        CHECK(!checks(rtcp, packet, cut, cut, 0));
        CHECK(!checks(rtcp, packet, cut, size, 0));
    }
    for (uint32_t bit = 0; bit < 8 * size; bit++) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!checks(rtcp, packet, size, size, 0));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    if (!rtcp) {
        CHECK(!checks(false, packet, size, size, 1));
    }
}

static void hmac_tags_of_srtp_and_srtcp_verify(void)
{
    struct srtp_key key = key_of("AES_CM_128_HMAC_SHA1_80", MASTER_128);
    srtp_tag_use(tag, &key);
    stands_only_as_it_is(false, SRTP_80);
    stands_only_as_it_is(true, SRTCP_80);
    key.bytes[0] ^= 1;
    srtp_tag_use(tag, &key);
    uint8_t packet[VECTOR_MAX];
    uint32_t size = from_hex(SRTP_80, packet);
    CHECK(!checks(false, packet, size, size, 0));
}

static void a_tag_of_32_bits_is_the_beginning_of_the_one_of_80(void)
{
    struct srtp_key key = key_of("AES_CM_128_HMAC_SHA1_32", MASTER_128);
    uint8_t packet[VECTOR_MAX];
    uint32_t size = from_hex(SRTP_80, packet) - 6;
    srtp_tag_use(tag, &key);
    CHECK(checks(false, packet, size, size, 0));
    CHECK(!checks(false, packet, size, size, 2));
    size = from_hex(SRTCP_80, packet); /* its tag has 80 bits all the same: RFC 4568 6.2 */
    CHECK(checks(true, packet, size, size, 0));
}

static void an_mki_stands_before_the_hmac_and_behind_the_gcm_tag(void)
{
    struct srtp_key key = key_of("AES_CM_128_HMAC_SHA1_80", MASTER_128);
    uint8_t packet[VECTOR_MAX + 4], with[VECTOR_MAX + 4];
    uint32_t size = from_hex(SRTP_80, packet);
    key.identifier_size = 4;
    srtp_tag_use(tag, &key);
    CHECK(!checks(false, packet, size, size, 0));
    memcpy(with, packet, size - 10);
    memset(with + size - 10, 0xab, 4);
    memcpy(with + size - 6, packet + size - 10, 10);
    CHECK(checks(false, with, size + 4, size + 4, 0));
}

static void use_gcm(unsigned bits, uint8_t identifier_size)
{
    struct srtp_session session[2];
    from_hex(GCM_KEY, session[0].cipher);
    from_hex(GCM_SALT, session[0].salt);
    session[1] = session[0];
    srtp_tag_use_session(tag, srtp_key_suite(bits == 256 ? "AEAD_AES_256_GCM" : "AEAD_AES_128_GCM"),
                         identifier_size, session);
}

static void gcm_tags_of_rfc7714_verify(void)
{
    use_gcm(128, 0);
    stands_only_as_it_is(false, GCM_128);
    stands_only_as_it_is(true, GCM_128_RTCP);
    stands_only_as_it_is(true, GCM_128_RTCP_CLEAR);
    use_gcm(256, 0);
    stands_only_as_it_is(false, GCM_256);
    stands_only_as_it_is(true, GCM_256_RTCP);
    uint8_t packet[VECTOR_MAX + 1];
    uint32_t size = from_hex(GCM_256, packet);
    packet[size] = 7;
    use_gcm(256, 1);
    CHECK(checks(false, packet, size + 1, size + 1, 0));
    size = from_hex(GCM_256_RTCP, packet);
    packet[size] = 7;
    CHECK(checks(true, packet, size + 1, size + 1, 0));
}

static void without_a_key_nothing_verifies(void)
{
    uint8_t packet[VECTOR_MAX];
    uint32_t size = from_hex(SRTP_80, packet);
    srtp_tag_forget(tag);
    CHECK(!checks(false, packet, size, size, 0));
    CHECK(!checks(true, packet, size, size, 0));
}

static uint32_t reads(const char *text, uint8_t out[SRTP_KEY_MAX])
{
    uint32_t size = (uint32_t)strlen(text);
    char *heap = malloc(size > 0 ? size : 1);
    memcpy(heap, text, size);
    uint32_t n = srtp_key_read(bytes_of(heap, size, size), out);
    free(heap);
    return n;
}

static void keys_are_read_from_base64_with_or_without_padding(void)
{
    uint8_t key[SRTP_KEY_MAX];
    CHECK_EQ(reads("WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", key), 30); /* RFC 4568 4 */
    CHECK_EQ(key[0], 'Y');
    CHECK_EQ(key[29], 's');
    CHECK_EQ(reads("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", key), 30);
    CHECK_EQ(reads("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ==", key), 46);
    CHECK_EQ(reads("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ", key), 46);
    CHECK_EQ(key[45], 45);
    CHECK_EQ(reads("", key), 0);
    CHECK_EQ(reads("A", key), 0);
    CHECK_EQ(reads("AAAAA", key), 0);
    CHECK_EQ(reads("AA*A", key), 0);
    CHECK_EQ(reads("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQAAAA", key), 0);
}

static void suites_have_several_spellings(void)
{
    CHECK(srtp_key_suite("AES_CM_256_HMAC_SHA1_80")->key_size == 32);
    CHECK(srtp_key_suite("AES_256_CM_HMAC_SHA1_32")->tag_size == 4);
    CHECK(srtp_key_suite("ARIA_128_CTR_HMAC_SHA1_80") == NULL);
    CHECK(srtp_key_suite("") == NULL);
}

int main(void)
{
    if (srtp_tag_new(&tag) != OV_OK) {
        return 1;
    }
    session_keys_are_those_of_rfc3711_and_rfc6188();
    hmac_tags_of_srtp_and_srtcp_verify();
    a_tag_of_32_bits_is_the_beginning_of_the_one_of_80();
    an_mki_stands_before_the_hmac_and_behind_the_gcm_tag();
    gcm_tags_of_rfc7714_verify();
    without_a_key_nothing_verifies();
    keys_are_read_from_base64_with_or_without_padding();
    suites_have_several_spellings();
    srtp_tag_free(tag);
    return check_failures > 0;
}

/* tests/unit/test_certificates.c: what certificates say, and that hostile ones do no harm. */
#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "tests/check.h"
#include "tests/unit/chain_vectors.h"
#include "tests/unit/pki_vectors.h"

enum { DER_MAX = 2048 };

static uint32_t from_hex(const char *hex, uint8_t *out)
{
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < DER_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

/* Adds an exact-size heap copy. */
static const struct certificate *add(struct certificates *all, const uint8_t *der, uint32_t size)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(heap, der, size);
    }
    const struct certificate *c = certificates_add(all, bytes_of(heap, size, size));
    free(heap);
    return c;
}

static const struct certificate *add_hex(struct certificates *all, const char *hex)
{
    uint8_t der[DER_MAX];
    return add(all, der, from_hex(hex, der));
}

static struct certificates *certificates(uint32_t most)
{
    struct certificates *all;
    if (certificates_new(most, &all) != OV_OK) {
        abort();
    }
    return all;
}

static bool is(const char *got, const char *want)
{
    return got != NULL && strcmp(got, want) == 0;
}

static void every_field_of_a_server_certificate_is_read(void)
{
    struct certificates *all = certificates(4);
    const struct certificate *c = add_hex(all, server_der);
    CHECK(c->error == NULL);
    CHECK(is(c->subject, "CN=fe01.contoso.com,O=Contoso"));
    CHECK(is(c->issuer, "CN=Overt Test CA,O=Overt Test"));
    CHECK(is(c->serial, "4FCFE5F5F58FE64CD43E17BB123E0F701948D3DF"));
    CHECK_EQ(c->san_count, 3);
    CHECK(is(c->san[0], "fe01.contoso.com"));
    CHECK(is(c->san[1], "10.0.1.10"));
    CHECK(is(c->san[2], "sip:contoso.com"));
    CHECK_EQ(c->eku_count, 2);
    CHECK(is(c->eku[0], "serverAuth") && is(c->eku[1], "clientAuth"));
    CHECK_EQ(c->not_before_us, INT64_C(1795357792) * 1000000);
    CHECK_EQ(c->not_after_us, INT64_C(2400157792) * 1000000);
    CHECK(is(c->key_type, "EC") && is(c->key_curve, "P-256"));
    CHECK_EQ(c->key_bits, 256);
    CHECK(is(c->signature, "ecdsa-with-SHA256"));
    CHECK(is(c->sha256, "7f8e6f4fa30ba382429da122d8e4bcbe613b1ca34979cb35e46efb2f8fb4c121"));
    CHECK(!c->self_signed && !c->ca);
    certificates_free(all);
}

static void unusual_certificates_are_read_too(void)
{
    struct certificates *all = certificates(4);
    const struct certificate *c = add_hex(all, leaf_der);
    CHECK(is(c->subject, "CN=leaf,O=\xc3\x9cn\xc3\xaf"
                         "code \\\"AG\\\"\\, Inc,C=DE"));
    CHECK(is(c->key_type, "Ed25519") && c->key_curve == NULL);
    CHECK(is(c->san[0], "*.example.org") && is(c->san[1], "a@example.org"));
    CHECK(is(c->san[2], "2001:db8::1"));
    CHECK(is(c->eku[0], "1.2.3.4"));
    CHECK(is(c->signature, "ecdsa-with-SHA384"));
    CHECK(c->not_after_us > INT64_C(2524608000) * 1000000); /* after 2049: GeneralizedTime */
    c = add_hex(all, ca_der);
    CHECK(c->self_signed && c->ca);
    c = add_hex(all, inter_der);
    CHECK(!c->self_signed && c->ca && is(c->key_curve, "P-384"));
    certificates_free(all);
}

/* RFC 4055 3.1: one name for all hashes, which the parameters tell; without them SHA-1. */
static void the_hash_of_a_pss_signature_is_read(void)
{
    static const char oid[] = "0609608648016503040201"; /* SHA-256, in parameters and mask */
    struct certificates *all = certificates(4);
    char strange[sizeof pss_sha256_der];
    CHECK(is(add_hex(all, pss_sha256_der)->signature, "rsassaPss-SHA256"));
    CHECK(is(add_hex(all, pss_sha1_der)->signature, "rsassaPss-SHA1"));
    memcpy(strange, pss_sha256_der, sizeof strange);
    for (char *at = strange; (at = strstr(at, oid)) != NULL; at++) {
        at[sizeof oid - 3] = '7'; /* a hash that nobody knows */
    }
    const struct certificate *c = add_hex(all, strange);
    CHECK(c->error != NULL || is(c->signature, "rsassaPss-unknown"));
    certificates_free(all);
}

static void a_forged_self_signature_is_not_self_signed(void)
{
    uint8_t der[DER_MAX];
    uint32_t n = from_hex(ca_der, der);
    der[n - 1] ^= 1;
    struct certificates *all = certificates(4);
    const struct certificate *c = add(all, der, n);
    CHECK(c->error == NULL && !c->self_signed);
    certificates_free(all);
}

/* The public key follows its OID and that of P-256, as a bit string of 66 bytes. */
static void a_point_that_is_not_on_its_curve_is_no_key(void)
{
    static const uint8_t before[] = { 0x03, 0x42, 0x00, 0x04 };
    uint8_t der[DER_MAX];
    uint32_t n = from_hex(server_der, der);
    struct certificates *all = certificates(4);
    for (uint32_t at = 0; at + sizeof before < n; at++) {
        if (memcmp(der + at, before, sizeof before) == 0) {
            der[at + sizeof before] ^= 1;
            break;
        }
    }
    const struct certificate *c = add(all, der, n);
    CHECK(c->error == NULL && is(c->key_type, "1.2.840.10045.2.1"));
    CHECK(c->key_bits == 0 && c->key_curve == NULL);
    certificates_free(all);
}

static void a_key_that_takes_long_is_not_tried(void)
{
    struct certificates *all = certificates(4);
    const struct certificate *c = add_hex(all, huge_exponent_der);
    CHECK(c->error == NULL);
    CHECK(is(c->subject, c->issuer) && c->key_bits == 1024);
    CHECK(!c->self_signed);
    certificates_free(all);
}

static void a_certificate_seen_again_is_the_same_one(void)
{
    struct certificates *all = certificates(4);
    const struct certificate *first = add_hex(all, server_der);
    add_hex(all, client_der);
    CHECK(add_hex(all, server_der) == first);
    CHECK(certificates_find(all, first->sha256) == first);
    CHECK(certificates_find(all, "no hex") == NULL);
    CHECK(certificates_find(all, "") == NULL);
    certificates_free(all);
}

static void a_certificate_entered_is_the_one_added(void)
{
    struct certificates *all = certificates(4);
    uint8_t der[DER_MAX];
    uint32_t size = from_hex(server_der, der);
    const struct certificate *first = certificates_enter(all, bytes_of(der, size, size));
    certificates_unlock(all);
    CHECK(certificates_enter(all, bytes_of(der, size, size)) == first); /* again: the same */
    certificates_unlock(all);
    CHECK(add_hex(all, server_der) == first);
    CHECK(first->error == NULL);
    CHECK(certificates_find(all, first->sha256) == first);
    certificates_free(all);
}

static void the_least_recently_used_goes_first(void)
{
    struct certificates *all = certificates(2);
    char server[65];
    char client[65];
    memcpy(server, add_hex(all, server_der)->sha256, sizeof server);
    memcpy(client, add_hex(all, client_der)->sha256, sizeof client);
    add_hex(all, server_der);
    add_hex(all, ca_der);
    CHECK(certificates_find(all, server) != NULL);
    CHECK(certificates_find(all, client) == NULL);
    certificates_free(all);
}

static void every_short_certificate_is_an_error(void)
{
    uint8_t der[DER_MAX];
    uint32_t n = from_hex(server_der, der);
    struct certificates *all = certificates(8);
    for (uint32_t size = 0; size < n; size++) {
        const struct certificate *c = add(all, der, size);
        CHECK(c != NULL && c->error != NULL && c->subject == NULL && strlen(c->sha256) == 64);
    }
    der[n] = 0;
    CHECK(is(add(all, der, n + 1)->error, "bytes after its end"));
    certificates_free(all);
}

static void every_flipped_byte_stays_in_bounds(void)
{
    static const char *const sources[] = { server_der, leaf_der };
    struct certificates *all = certificates(8);
    for (size_t i = 0; i < 2; i++) {
        uint8_t der[DER_MAX];
        uint32_t n = from_hex(sources[i], der);
        for (uint32_t at = 0; at < n; at++) {
            der[at] ^= 0x81;
            const struct certificate *c = add(all, der, n);
            CHECK(c != NULL && (c->error != NULL || (c->subject != NULL && c->key_type != NULL)));
            der[at] ^= 0x81;
        }
    }
    certificates_free(all);
}

static void a_certificate_above_the_cap_is_an_error(void)
{
    uint32_t size = 64 * 1024 + 1;
    uint8_t *der = calloc(1, size);
    struct certificates *all = certificates(8);
    CHECK(der != NULL && is(add(all, der, size)->error, "larger than 64 KiB"));
    certificates_free(all);
    free(der);
}

/* The same certificate with another text of the same length in the last place where one is. */
static uint32_t with_text(const char *hex, const char *from, const char *to, uint8_t *der)
{
    uint32_t n = from_hex(hex, der);
    size_t size = strlen(from);
    for (size_t at = n - size; at > 0; at--) {
        if (memcmp(der + at, from, size) == 0) {
            memcpy(der + at, to, size);
            return n;
        }
    }
    CHECK(false);
    return n;
}

static void hostile_names_are_made_safe(void)
{
    uint8_t der[DER_MAX];
    struct certificates *all = certificates(8);
    uint32_t n = with_text(server_der, "fe01.contoso.com", "\x1b[31m\xff\xfe.evil.com", der);
    const struct certificate *c = add(all, der, n);
    CHECK(c->error == NULL && c->san_count == 3);
    CHECK(is(c->san[0], "\\x1b[31m\\xff\\xfe.evil.com"));
    n = with_text(server_der, "Contoso", "\x1b[31m.\r", der);
    c = add(all, der, n);
    CHECK(c->error == NULL);
    for (const char *p = c->subject; p != NULL && *p != '\0'; p++) {
        CHECK((unsigned char)*p >= 0x20);
    }
    n = with_text(server_der, "fe01", "fe\0", der);
    CHECK(is(add(all, der, n)->san[0], "fe\\x00\\x00.contoso.com"));
    certificates_free(all);
}

static void odd_dates_are_tolerated_and_bad_ones_are_errors(void)
{
    uint8_t der[DER_MAX];
    struct certificates *all = certificates(8);
    uint32_t n = with_text(server_der, "261122142952Z", "2611221429+01", der);
    CHECK(add(all, der, n)->error != NULL);
    n = with_text(server_der, "261122142952Z", "269922142952Z", der);
    CHECK(is(add(all, der, n)->error, "validity cannot be read"));
    n = with_text(server_der, "261122142952Z", "700101000000Z", der);
    CHECK_EQ(add(all, der, n)->not_before_us, 0);
    n = with_text(server_der, "261122142952Z", "500101000000Z", der);
    CHECK_EQ(add(all, der, n)->not_before_us, INT64_C(-631152000) * 1000000);
    certificates_free(all);
}

int main(void)
{
    every_field_of_a_server_certificate_is_read();
    unusual_certificates_are_read_too();
    the_hash_of_a_pss_signature_is_read();
    a_forged_self_signature_is_not_self_signed();
    a_point_that_is_not_on_its_curve_is_no_key();
    a_key_that_takes_long_is_not_tried();
    a_certificate_seen_again_is_the_same_one();
    a_certificate_entered_is_the_one_added();
    the_least_recently_used_goes_first();
    every_short_certificate_is_an_error();
    every_flipped_byte_stays_in_bounds();
    a_certificate_above_the_cap_is_an_error();
    hostile_names_are_made_safe();
    odd_dates_are_tolerated_and_bad_ones_are_errors();
    return check_failures > 0;
}

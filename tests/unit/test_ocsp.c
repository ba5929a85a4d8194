/* tests/unit/test_ocsp.c: stapled OCSP responses, alone and in a CertificateStatus message. */
#include "analyzers/crypto/ocsp.h"

#include <string.h>

#include "analyzers/tls_handshake.h"
#include "analyzers/tls_status.h"
#include "tests/check.h"
#include "tests/unit/ocsp_vectors.h"

enum { DER_MAX = 2048 };

static const int64_t in_2030_us = 1893456000000000, in_2020_us = 1577836800000000,
                     in_2040_us = 2208988800000000;
static struct certificates *certificates;
static uint8_t ca[32], good[32], bad[32];
static const char *word; /* of OBS_TLS_OCSP */

static uint32_t unhex(const char *hex, uint8_t der[static DER_MAX])
{
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < DER_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void add(const char *hex, uint8_t ret_digest[32])
{
    uint8_t der[DER_MAX];
    uint32_t n = unhex(hex, der);
    memcpy(ret_digest, certificates_add(certificates, bytes_of(der, n, n))->digest, 32);
}

static const char *check(const uint8_t *leaf, const char *hex, int64_t time_us)
{
    uint8_t der[DER_MAX];
    uint32_t n = unhex(hex, der);
    return ocsp_check(certificates, leaf, ca, bytes_of(der, n, n), time_us);
}

static void a_response_counts_by_its_signer_subject_and_time(void)
{
    const uint8_t unknown[32] = { 0 };
    CHECK(strcmp(check(good, good_by_ca, in_2030_us), "good") == 0);
    CHECK(strcmp(check(good, good_by_responder, in_2030_us), "good") == 0);
    CHECK(strcmp(check(bad, bad_by_ca, in_2030_us), "revoked") == 0);
    CHECK(strcmp(check(good, good_by_stranger, in_2030_us), "invalid") == 0);
    CHECK(strcmp(check(good, bad_by_ca, in_2030_us), "other") == 0);
    CHECK(strcmp(check(good, good_by_ca, in_2020_us), "invalid") == 0); /* nor was the CA valid */
    CHECK(strcmp(check(good, good_by_ca, in_2040_us), "stale") == 0);
    CHECK(strcmp(check(unknown, good_by_ca, in_2030_us), "unchecked") == 0);
    CHECK(strcmp(check(good, "30030a0106", in_2030_us), "unreadable") == 0); /* tryLater */
    CHECK(strcmp(check(good, "", in_2030_us), "unreadable") == 0);
}

/* No flipped bit makes a revoked certificate good. */
static void a_flipped_or_cut_response_is_never_good(void)
{
    uint8_t der[DER_MAX];
    uint32_t n = unhex(bad_by_ca, der);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *heap = malloc(n);
        memcpy(heap, der, n);
        heap[i] ^= (uint8_t)(1u << i % 8);
        CHECK(strcmp(ocsp_check(certificates, bad, ca, bytes_of(heap, n, n), in_2030_us), "good") !=
              0);
        free(heap);
        heap = malloc(i + 1);
        memcpy(heap, der, i);
        CHECK(strcmp(ocsp_check(certificates, bad, ca, bytes_of(heap, i, i), in_2030_us),
                     "unreadable") == 0);
        free(heap);
    }
}

static void put(struct sink *sink, const struct observation *obs)
{
    (void)sink;
    CHECK_EQ(obs->kind, OBS_TLS_OCSP);
    word = obs->text;
}

/* The body of CertificateStatus, of which `kept` bytes were captured; type 2 wraps a list. */
static enum bytes_fault feed(uint8_t type, const char *hex, uint32_t trailing, uint32_t not_kept)
{
    uint8_t der[DER_MAX], body[DER_MAX + 8] = { type };
    uint32_t n = unhex(hex, der), at = 1;
    if (type == 2) {
        uint32_t list = n + 3;
        body[at++] = 0;
        body[at++] = (uint8_t)(list >> 8);
        body[at++] = (uint8_t)list;
    }
    body[at++] = 0;
    body[at++] = (uint8_t)(n >> 8);
    body[at++] = (uint8_t)n;
    memcpy(body + at, der, n);
    at += n + trailing;
    uint8_t *heap = malloc(at - not_kept);
    memcpy(heap, body, at - not_kept);
    struct tls_handshake hs = { .issuer_known = true, .client = 1, .roles_known = true };
    memcpy(hs.issuer, ca, sizeof hs.issuer);
    memcpy(hs.side[0].leaf, good, sizeof good);
    hs.side[0].leaf_known = true;
    struct segment seg = { .time_us = (uint64_t)in_2030_us };
    struct sink sink = { .put = put, .certificates = certificates };
    word = "";
    enum bytes_fault fault =
        tls_status_message(&hs, &seg, bytes_of(heap, at - not_kept, at), &sink);
    free(heap);
    return fault;
}

static void a_status_message_is_read_whole_or_not_at_all(void)
{
    CHECK_EQ(feed(1, good_by_ca, 0, 0), BYTES_OK);
    CHECK(strcmp(word, "good") == 0);
    CHECK_EQ(feed(2, good_by_responder, 0, 0), BYTES_OK);
    CHECK(strcmp(word, "good") == 0);
    CHECK_EQ(feed(1, good_by_ca, 1, 0), BYTES_MALFORMED);
    CHECK(word[0] == '\0');
    for (uint32_t lost = 1; lost < 600; lost += 13) {
        CHECK_EQ(feed(1, good_by_ca, 0, lost), BYTES_CUT);
        CHECK(word[0] == '\0');
    }
    CHECK_EQ(feed(9, good_by_ca, 0, 0), BYTES_OK);
    CHECK(word[0] == '\0');
}

int main(void)
{
    if (certificates_new(8, &certificates) != OV_OK) {
        return EXIT_FAILURE;
    }
    add(staple_ca, ca);
    add(staple_good, good);
    add(staple_bad, bad);
    a_response_counts_by_its_signer_subject_and_time();
    a_flipped_or_cut_response_is_never_good();
    a_status_message_is_read_whole_or_not_at_all();
    certificates_free(certificates);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

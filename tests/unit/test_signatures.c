/* tests/unit/test_signatures.c: what cannot be verified stays unchecked and says why, and nobody
 * can make the checks eat the time. That good signatures verify: test_tls_signatures.c. */
#include "analyzers/crypto/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/unit/chain_vectors.h"
#include "tests/unit/pki_vectors.h"

enum { RSA_PKCS1_SHA256 = 0x0401, ECDSA_SHA256 = 0x0403, ED25519 = 0x0807 };

struct site {
    struct certificates *certificates;
    struct signatures *signatures;
};

static struct site site_new(void)
{
    struct site s;
    if (certificates_new(8, &s.certificates) != OV_OK || signatures_new(&s.signatures) != OV_OK) {
        abort();
    }
    return s;
}

static void site_done(struct site *s)
{
    signatures_free(s->signatures);
    certificates_free(s->certificates);
}

/* SHA-256 of a certificate given as hex. */
static const struct certificate *show(struct site *s, const char *hex)
{
    static uint8_t der[4096];
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < sizeof der; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return certificates_add(s->certificates, bytes_of(der, n, n));
}

/* Tries a signature that nobody made. */
static enum signature_result try(struct site *s, const uint8_t *signer, uint16_t scheme,
                                 bool legacy, const char **ret_reason)
{
    static const uint8_t forged[64] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
    static const char text[] = "what was signed";
    struct bytes pieces[] = { bytes_of(text, 4, 4), bytes_of(text + 4, 0, 0),
                              bytes_of(text + 4, 11, 11) };
    struct signature_claim claim = { .signer = signer,
                                     .pieces = pieces,
                                     .piece_count = 3,
                                     .signature = bytes_of(forged, 8, 8),
                                     .scheme = scheme,
                                     .legacy = legacy };
    return signatures_verify(s->signatures, s->certificates, &claim, ret_reason);
}

static void a_forged_signature_is_invalid(void)
{
    struct site s = site_new();
    const struct certificate *c = show(&s, server_der);
    bool rsa = strcmp(c->key_type, "RSA") == 0;
    const char *reason = "";
    uint16_t scheme = rsa ? RSA_PKCS1_SHA256 : ECDSA_SHA256;
    CHECK_EQ(try(&s, c->digest, scheme, false, &reason), SIGNATURE_INVALID);
    CHECK(reason == NULL);
    CHECK_EQ(try(&s, c->digest, 0, true, &reason), SIGNATURE_INVALID);
    site_done(&s);
}

static void what_cannot_be_checked_says_why(void)
{
    struct site s = site_new();
    const struct certificate *c = show(&s, server_der);
    bool rsa = strcmp(c->key_type, "RSA") == 0;
    uint8_t nobody[32] = { 0 };
    const char *reason = "";
    CHECK_EQ(try(&s, nobody, RSA_PKCS1_SHA256, false, &reason), SIGNATURE_UNCHECKED);
    CHECK(strcmp(reason, "no-certificate") == 0);
    static const uint16_t unknown[] = { 0x0000, 0xffff, 0x0a0a, 0x0904, 0x0101 ^ 0x0100 };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK_EQ(try(&s, c->digest, unknown[i], false, &reason), SIGNATURE_UNCHECKED);
        CHECK(reason != NULL && strcmp(reason, "unknown-scheme") == 0);
    }
    uint16_t other[] = { ED25519, rsa ? ECDSA_SHA256 : RSA_PKCS1_SHA256 };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK_EQ(try(&s, c->digest, other[i], false, &reason), SIGNATURE_UNCHECKED);
        CHECK(reason != NULL && strcmp(reason, "key-mismatch") == 0);
    }
    const struct certificate *huge = show(&s, huge_exponent_der);
    CHECK_EQ(try(&s, huge->digest, RSA_PKCS1_SHA256, false, &reason), SIGNATURE_UNCHECKED);
    CHECK(reason != NULL && strcmp(reason, "key-too-large") == 0);
    site_done(&s);
}

int main(void)
{
    a_forged_signature_is_invalid();
    what_cannot_be_checked_says_why();
    return check_failures > 0;
}

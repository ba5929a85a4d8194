/* tests/unit/test_tls_names.c: code points and their texts. */
#include "analyzers/tls_names.h"

#include <string.h>

#include "analyzers/tls_suites.h"
#include "tests/check.h"

static char buffer[TLS_NAME_SIZE];

static bool is(const char *got, const char *want)
{
    return got != NULL && strcmp(got, want) == 0;
}

static void versions_have_their_names(void)
{
    CHECK(is(tls_names_version(0x0002, buffer), "SSLv2"));
    CHECK(is(tls_names_version(0x0300, buffer), "SSLv3"));
    CHECK(is(tls_names_version(0x0302, buffer), "TLSv1.1"));
    CHECK(is(tls_names_version(0x0304, buffer), "TLSv1.3"));
    CHECK(is(tls_names_version(0x7f12, buffer), "TLSv1.3-draft18"));
    CHECK(is(tls_names_version(0xfb1a, buffer), "TLSv1.3-fb26"));
    CHECK(is(tls_names_version(0xfeff, buffer), "DTLSv1.0"));
    CHECK(is(tls_names_version(0x0100, buffer), "DTLSv1.0"));
    CHECK(is(tls_names_version(0xfefc, buffer), "DTLSv1.3"));
    CHECK(tls_names_is_13(0x0304) && tls_names_is_13(0x7f1c) && tls_names_is_13(0xfefc));
    CHECK(!tls_names_is_13(0x0303) && !tls_names_is_13(0xfefd) && !tls_names_is_13(0));
}

static void unknown_code_points_are_printed_as_numbers(void)
{
    CHECK(is(tls_names_version(0x0399, buffer), "0x0399"));
    CHECK(is(tls_names_cipher(0xeeee, buffer), "0xeeee"));
    CHECK(is(tls_names_group(0x0999, buffer), "0x0999"));
    CHECK(is(tls_names_signature(0x0001, buffer), "0x0001"));
    CHECK(is(tls_names_srtp(0x1234, buffer), "0x1234"));
    CHECK(is(tls_names_alert(200, buffer), "0xc8"));
    CHECK(is(tls_names_compression(7, buffer), "0x07"));
    CHECK(tls_suites_name(0xeeee) == NULL && tls_suites_kind_name(1) == NULL);
}

static void code_points_have_their_iana_names(void)
{
    CHECK(is(tls_names_cipher(0x0000, buffer), "TLS_NULL_WITH_NULL_NULL"));
    CHECK(is(tls_names_cipher(0x1301, buffer), "TLS_AES_128_GCM_SHA256"));
    CHECK(is(tls_names_cipher(0xc02f, buffer), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    CHECK(is(tls_names_cipher(0xcca9, buffer), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"));
    CHECK(is(tls_names_cipher(0x00ff, buffer), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"));
    CHECK(is(tls_names_group(29, buffer), "x25519"));
    CHECK(is(tls_names_group(0x11ec, buffer), "X25519MLKEM768"));
    CHECK(is(tls_names_signature(0x0804, buffer), "rsa_pss_rsae_sha256"));
    CHECK(is(tls_names_srtp(7, buffer), "SRTP_AEAD_AES_128_GCM"));
    CHECK(is(tls_names_alert(116, buffer), "certificate_required"));
    CHECK(is(tls_names_compression(1, buffer), "DEFLATE"));
    CHECK(is(tls_suites_kind_name(0x0700c0), "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"));
}

/* The table is searched by halves: each of its rows must be found. */
static void every_suite_is_found_and_named_once(void)
{
    uint32_t count = 0;
    const char *before = "";
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const char *name = tls_suites_name((uint16_t)code);
        if (name != NULL) {
            CHECK(strcmp(name, before) != 0);
            before = name;
            count++;
        }
    }
    CHECK_EQ(count, 411);
}

static void key_exchange_follows_from_the_name(void)
{
    CHECK_EQ(tls_suites_exchange(0x002f), TLS_EXCHANGE_RSA);
    CHECK_EQ(tls_suites_exchange(0x0033), TLS_EXCHANGE_DHE);
    CHECK_EQ(tls_suites_exchange(0x0018), TLS_EXCHANGE_DHE);
    CHECK_EQ(tls_suites_exchange(0x0031), TLS_EXCHANGE_DH);
    CHECK_EQ(tls_suites_exchange(0xc004), TLS_EXCHANGE_DH);
    CHECK_EQ(tls_suites_exchange(0xc014), TLS_EXCHANGE_ECDHE);
    CHECK_EQ(tls_suites_exchange(0xc018), TLS_EXCHANGE_ECDHE);
    CHECK_EQ(tls_suites_exchange(0xc01e), TLS_EXCHANGE_OTHER);
    CHECK_EQ(tls_suites_exchange(0xc0aa), TLS_EXCHANGE_DHE);
    CHECK_EQ(tls_suites_exchange(0x1301), TLS_EXCHANGE_UNKNOWN);
    CHECK_EQ(tls_suites_exchange(0xeeee), TLS_EXCHANGE_UNKNOWN);
}

static void suites_without_certificates_are_known(void)
{
    CHECK(tls_suites_is_anonymous(0x0018) && tls_suites_is_anonymous(0xc019));
    CHECK(tls_suites_is_anonymous(0x0000) && !tls_suites_is_anonymous(0x0033));
    CHECK(tls_suites_is_psk(0x008c) && tls_suites_is_psk(0xc035) && tls_suites_is_psk(0x00ac));
    CHECK(tls_suites_is_psk(0xc01e) && tls_suites_is_psk(0x001e));
    CHECK(!tls_suites_is_psk(0xc02f) && !tls_suites_is_psk(0x1301));
}

static void grease_is_told_apart(void)
{
    CHECK(tls_names_is_grease(0x0a0a) && tls_names_is_grease(0xfafa));
    CHECK(!tls_names_is_grease(0x0a1a) && !tls_names_is_grease(0x1301));
}

int main(void)
{
    versions_have_their_names();
    unknown_code_points_are_printed_as_numbers();
    code_points_have_their_iana_names();
    every_suite_is_found_and_named_once();
    key_exchange_follows_from_the_name();
    suites_without_certificates_are_known();
    grease_is_told_apart();
    return check_failures > 0;
}

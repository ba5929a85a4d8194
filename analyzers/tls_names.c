/* analyzers/tls_names.c: code point tables; cipher suites are in tls_suites.c. */
#include "analyzers/tls_names.h"

#include <stddef.h>
#include <stdio.h>

#include "analyzers/tls_suites.h"

struct name {
    uint16_t code;
    const char *text;
};

static const struct name versions[] = {
    { SSL2_VERSION, "SSLv2" },      { SSL3_VERSION, "SSLv3" },
    { TLS10_VERSION, "TLSv1.0" },   { 0x0302, "TLSv1.1" },
    { TLS12_VERSION, "TLSv1.2" },   { TLS13_VERSION, "TLSv1.3" },
    { DTLS10_VERSION, "DTLSv1.0" }, { DTLS_OPENSSL_VERSION, "DTLSv1.0" },
    { DTLS12_VERSION, "DTLSv1.2" }, { DTLS13_VERSION, "DTLSv1.3" },
};

/* IANA "TLS Supported Groups", and the drafts that browsers shipped. */
static const struct name groups[] = {
    { 1, "sect163k1" },
    { 2, "sect163r1" },
    { 3, "sect163r2" },
    { 4, "sect193r1" },
    { 5, "sect193r2" },
    { 6, "sect233k1" },
    { 7, "sect233r1" },
    { 8, "sect239k1" },
    { 9, "sect283k1" },
    { 10, "sect283r1" },
    { 11, "sect409k1" },
    { 12, "sect409r1" },
    { 13, "sect571k1" },
    { 14, "sect571r1" },
    { 15, "secp160k1" },
    { 16, "secp160r1" },
    { 17, "secp160r2" },
    { 18, "secp192k1" },
    { 19, "secp192r1" },
    { 20, "secp224k1" },
    { 21, "secp224r1" },
    { 22, "secp256k1" },
    { 23, "secp256r1" },
    { 24, "secp384r1" },
    { 25, "secp521r1" },
    { 26, "brainpoolP256r1" },
    { 27, "brainpoolP384r1" },
    { 28, "brainpoolP512r1" },
    { 29, "x25519" },
    { 30, "x448" },
    { 31, "brainpoolP256r1tls13" },
    { 32, "brainpoolP384r1tls13" },
    { 33, "brainpoolP512r1tls13" },
    { 34, "GC256A" },
    { 35, "GC256B" },
    { 36, "GC256C" },
    { 37, "GC256D" },
    { 38, "GC512A" },
    { 39, "GC512B" },
    { 40, "GC512C" },
    { 41, "curveSM2" },
    { 256, "ffdhe2048" },
    { 257, "ffdhe3072" },
    { 258, "ffdhe4096" },
    { 259, "ffdhe6144" },
    { 260, "ffdhe8192" },
    { 512, "MLKEM512" },
    { 513, "MLKEM768" },
    { 514, "MLKEM1024" },
    { 0x11eb, "SecP256r1MLKEM768" },
    { 0x11ec, "X25519MLKEM768" },
    { 0x11ed, "SecP384r1MLKEM1024" },
    { 0x11ee, "curveSM2MLKEM768" },
    { 0x16b7, "CECPQ1" },
    { 0x4138, "CECPQ2" },
    { 0x6399, "X25519Kyber768Draft00" },
    { 0x639a, "SecP256r1Kyber768Draft00" },
    { 0xff01, "arbitrary_explicit_prime_curves" },
    { 0xff02, "arbitrary_explicit_char2_curves" },
};

/* IANA "TLS SignatureScheme"; below 0x0700 also the TLS 1.2 pairs of hash and signature that the
 * registry keeps reserved (RFC 5246 7.4.1.4.1). */
static const struct name signatures[] = {
    { 0x0101, "rsa_pkcs1_md5" },
    { 0x0102, "dsa_md5" },
    { 0x0103, "ecdsa_md5" },
    { 0x0201, "rsa_pkcs1_sha1" },
    { 0x0202, "dsa_sha1" },
    { 0x0203, "ecdsa_sha1" },
    { 0x0301, "rsa_pkcs1_sha224" },
    { 0x0302, "dsa_sha224" },
    { 0x0303, "ecdsa_sha224" },
    { 0x0401, "rsa_pkcs1_sha256" },
    { 0x0402, "dsa_sha256" },
    { 0x0403, "ecdsa_secp256r1_sha256" },
    { 0x0420, "rsa_pkcs1_sha256_legacy" },
    { 0x0501, "rsa_pkcs1_sha384" },
    { 0x0502, "dsa_sha384" },
    { 0x0503, "ecdsa_secp384r1_sha384" },
    { 0x0520, "rsa_pkcs1_sha384_legacy" },
    { 0x0601, "rsa_pkcs1_sha512" },
    { 0x0602, "dsa_sha512" },
    { 0x0603, "ecdsa_secp521r1_sha512" },
    { 0x0620, "rsa_pkcs1_sha512_legacy" },
    { 0x0704, "eccsi_sha256" },
    { 0x0705, "iso_ibs1" },
    { 0x0706, "iso_ibs2" },
    { 0x0707, "iso_chinese_ibs" },
    { 0x0708, "sm2sig_sm3" },
    { 0x0709, "gostr34102012_256a" },
    { 0x070a, "gostr34102012_256b" },
    { 0x070b, "gostr34102012_256c" },
    { 0x070c, "gostr34102012_256d" },
    { 0x070d, "gostr34102012_512a" },
    { 0x070e, "gostr34102012_512b" },
    { 0x070f, "gostr34102012_512c" },
    { 0x0804, "rsa_pss_rsae_sha256" },
    { 0x0805, "rsa_pss_rsae_sha384" },
    { 0x0806, "rsa_pss_rsae_sha512" },
    { 0x0807, "ed25519" },
    { 0x0808, "ed448" },
    { 0x0809, "rsa_pss_pss_sha256" },
    { 0x080a, "rsa_pss_pss_sha384" },
    { 0x080b, "rsa_pss_pss_sha512" },
    { 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
    { 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
    { 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
    { 0x0904, "mldsa44" },
    { 0x0905, "mldsa65" },
    { 0x0906, "mldsa87" },
};

/* IANA "DTLS-SRTP Protection Profiles"; 3 and 4 are of early drafts. */
static const struct name srtp_profiles[] = {
    { 0x0001, "SRTP_AES128_CM_HMAC_SHA1_80" },
    { 0x0002, "SRTP_AES128_CM_HMAC_SHA1_32" },
    { 0x0003, "SRTP_AES256_CM_HMAC_SHA1_80" },
    { 0x0004, "SRTP_AES256_CM_HMAC_SHA1_32" },
    { 0x0005, "SRTP_NULL_HMAC_SHA1_80" },
    { 0x0006, "SRTP_NULL_HMAC_SHA1_32" },
    { 0x0007, "SRTP_AEAD_AES_128_GCM" },
    { 0x0008, "SRTP_AEAD_AES_256_GCM" },
    { 0x0009, "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM" },
    { 0x000a, "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM" },
    { 0x000b, "SRTP_ARIA_128_CTR_HMAC_SHA1_80" },
    { 0x000c, "SRTP_ARIA_128_CTR_HMAC_SHA1_32" },
    { 0x000d, "SRTP_ARIA_256_CTR_HMAC_SHA1_80" },
    { 0x000e, "SRTP_ARIA_256_CTR_HMAC_SHA1_32" },
    { 0x000f, "SRTP_AEAD_ARIA_128_GCM" },
    { 0x0010, "SRTP_AEAD_ARIA_256_GCM" },
};

/* IANA "TLS Alerts", reserved ones included. */
static const struct name alerts[] = {
    { 0, "close_notify" },
    { 1, "end_of_early_data" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 21, "decryption_failed" },
    { 22, "record_overflow" },
    { 30, "decompression_failure" },
    { 40, "handshake_failure" },
    { 41, "no_certificate" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 52, "too_many_cids_requested" },
    { 60, "export_restriction" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 100, "no_renegotiation" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 117, "general_error" },
    { 120, "no_application_protocol" },
    { 121, "ech_required" },
};

/* IANA "TLS Compression Method Identifiers". */
static const struct name compressions[] = { { 0, "NULL" }, { 1, "DEFLATE" }, { 64, "LZS" } };

static const char *find(const struct name *names, size_t count, uint16_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].code == code) {
            return names[i].text;
        }
    }
    return NULL;
}

static const char *or_hex(const char *text, unsigned code, int digits, char *buffer)
{
    if (text != NULL) {
        return text;
    }
    snprintf(buffer, TLS_NAME_SIZE, "0x%0*x", digits, code);
    return buffer;
}

const char *tls_names_version(uint16_t code, char *buffer)
{
    if (code >> 8 == 0x7f) {
        snprintf(buffer, TLS_NAME_SIZE, "TLSv1.3-draft%02u", code & 0xffu);
        return buffer;
    }
    if (code >> 8 == 0xfb) { /* a large site's private builds of the drafts */
        snprintf(buffer, TLS_NAME_SIZE, "TLSv1.3-fb%02u", code & 0xffu);
        return buffer;
    }
    return or_hex(find(versions, sizeof versions / sizeof versions[0], code), code, 4, buffer);
}

const char *tls_names_cipher(uint16_t code, char *buffer)
{
    return or_hex(tls_suites_name(code), code, 4, buffer);
}

const char *tls_names_group(uint16_t code, char *buffer)
{
    return or_hex(find(groups, sizeof groups / sizeof groups[0], code), code, 4, buffer);
}

const char *tls_names_signature(uint16_t code, char *buffer)
{
    return or_hex(find(signatures, sizeof signatures / sizeof signatures[0], code), code, 4,
                  buffer);
}

const char *tls_names_srtp(uint16_t code, char *buffer)
{
    size_t count = sizeof srtp_profiles / sizeof srtp_profiles[0];
    return or_hex(find(srtp_profiles, count, code), code, 4, buffer);
}

const char *tls_names_alert(uint8_t code, char *buffer)
{
    return or_hex(find(alerts, sizeof alerts / sizeof alerts[0], code), code, 2, buffer);
}

const char *tls_names_compression(uint8_t code, char *buffer)
{
    size_t count = sizeof compressions / sizeof compressions[0];
    return or_hex(find(compressions, count, code), code, 2, buffer);
}

bool tls_names_is_13(uint16_t version)
{
    unsigned high = version >> 8;
    return version == TLS13_VERSION || version == DTLS13_VERSION || high == 0x7f || high == 0xfb;
}

bool tls_names_is_grease(uint16_t code)
{
    return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);
}

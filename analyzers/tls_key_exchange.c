/* analyzers/tls_key_exchange.c: groups and signatures of ServerKeyExchange. */
#include "analyzers/tls_key_exchange.h"

#include <stdio.h>

#include "analyzers/crypto/digest.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_signatures.h"
#include "analyzers/tls_suites.h"

enum { CURVE_EXPLICIT_PRIME = 1, CURVE_EXPLICIT_CHAR2 = 2, CURVE_NAMED = 3 };
enum { PRIME_MAX = 2048 }; /* bytes of a prime or modulus that is looked at */

/* SHA-256 of the primes of RFC 7919 appendix A, big-endian. */
static const struct {
    uint16_t group;
    uint8_t digest[32];
} known_primes[] = {
    { 256, { 0x9c, 0xd3, 0xb7, 0xf3, 0x36, 0x87, 0x2f, 0x46, 0xc0, 0x94, 0x28,
             0xd1, 0xbb, 0xc1, 0x98, 0x77, 0xa4, 0xd4, 0x40, 0x51, 0x2c, 0xda,
             0x8d, 0x1c, 0x1c, 0xf0, 0xcd, 0x6e, 0x33, 0x69, 0x89, 0x66 } },
    { 257, { 0x0e, 0xaf, 0x67, 0xdb, 0x3a, 0x83, 0x91, 0x56, 0xd5, 0x01, 0x34,
             0x94, 0xa5, 0x31, 0x8a, 0x77, 0x2b, 0x56, 0x97, 0xd2, 0x70, 0xd7,
             0x21, 0xf3, 0x7f, 0x09, 0x2e, 0xfc, 0x69, 0xea, 0x5a, 0x17 } },
    { 258, { 0x46, 0x48, 0x41, 0x42, 0x24, 0xac, 0x88, 0x1b, 0x3d, 0x0d, 0xc5,
             0x9b, 0x46, 0x6f, 0x96, 0xd0, 0x6a, 0x55, 0x82, 0x78, 0x77, 0x68,
             0x07, 0x79, 0x7e, 0xcf, 0x1f, 0x66, 0xff, 0x39, 0x7b, 0x3e } },
    { 259, { 0x22, 0x7a, 0xc9, 0x06, 0x6b, 0x3d, 0xdd, 0x9e, 0x19, 0x36, 0x70,
             0xcd, 0xa2, 0x38, 0x8f, 0xa8, 0x84, 0xf6, 0x5b, 0xa0, 0xcf, 0x98,
             0xb7, 0x42, 0xd1, 0xfe, 0x77, 0xa6, 0x68, 0x7c, 0x79, 0xc7 } },
    { 260, { 0x77, 0x0b, 0x14, 0xef, 0xaf, 0x6f, 0x04, 0x99, 0x29, 0xc5, 0x23,
             0x11, 0x3b, 0x3f, 0xa9, 0x9a, 0x8d, 0x11, 0xda, 0xb1, 0xb1, 0x8a,
             0xf3, 0x60, 0x95, 0x90, 0x12, 0x20, 0x75, 0xd1, 0x98, 0x33 } },
};

/* What a ServerKeyExchange says. */
struct key_exchange {
    const char *group; /* NULL = none; constant or in text */
    uint16_t group_code;
    char text[TLS_NAME_SIZE];
    bool is_signed;
    uint16_t scheme; /* TLS 1.2: SignatureScheme */
    struct bytes signature;
};

/* Steps over leading zeros; the bits of the number, 0 = not to be told. */
static unsigned bits_of(struct bytes *number)
{
    while (bytes_peek(number, 0) == 0) {
        bytes_skip(number, 1);
    }
    uint32_t size = bytes_left(number);
    if (size == 0 || size > PRIME_MAX || number->cut > 0) {
        return 0;
    }
    unsigned bits = size * 8;
    for (int top = bytes_peek(number, 0); (top & 0x80) == 0; top <<= 1) {
        bits--;
    }
    return bits;
}

static void name_prime(struct key_exchange *found, struct bytes prime)
{
    unsigned bits = bits_of(&prime);
    if (bits == 0) {
        return;
    }
    snprintf(found->text, sizeof found->text, "DHE-%u", bits);
    found->group = found->text;

    uint32_t size = bytes_left(&prime);
    uint8_t digest[32];
    digest_sha256(bytes_skip(&prime, size), size, digest);
    for (size_t i = 0; i < sizeof known_primes / sizeof known_primes[0]; i++) {
        if (memcmp(known_primes[i].digest, digest, sizeof digest) == 0) {
            found->group_code = known_primes[i].group;
            found->group = tls_names_group(found->group_code, found->text);
        }
    }
}

/* RFC 5246 7.4.3: p(2+) g(2+) Ys(2+). */
static void read_dh(struct key_exchange *found, struct bytes *in)
{
    struct bytes prime = bytes_take(in, bytes_u16(in));
    bytes_take(in, bytes_u16(in));
    bytes_take(in, bytes_u16(in));
    if (bytes_ok(in)) {
        name_prime(found, prime);
    }
}

/* RFC 2246 7.4.3: modulus(2+) exponent(2+) of a short key that lives for one connection. */
static void read_export_rsa(struct key_exchange *found, struct bytes *in)
{
    struct bytes modulus = bytes_take(in, bytes_u16(in));
    bytes_take(in, bytes_u16(in));
    unsigned bits = bytes_ok(in) ? bits_of(&modulus) : 0;
    if (bits > 0) {
        snprintf(found->text, sizeof found->text, "RSA-%u", bits);
        found->group = found->text;
    }
}

/* RFC 8422 5.4: curve type(1), curve(2) if named, point(1+). Explicit curves are not followed. */
static void read_ecdh(struct key_exchange *found, struct bytes *in)
{
    uint8_t type = bytes_u8(in);
    if (type == CURVE_EXPLICIT_PRIME || type == CURVE_EXPLICIT_CHAR2) {
        found->group = "explicit";
        found->group_code = type == CURVE_EXPLICIT_PRIME ? 0xff01 : 0xff02;
        bytes_take(in, bytes_sent(in));
        return;
    }
    if (bytes_ok(in) && type != CURVE_NAMED) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    found->group_code = bytes_u16(in);
    bytes_take(in, bytes_u8(in));
    if (bytes_ok(in)) {
        found->group = tls_names_group(found->group_code, found->text);
    }
}

/* RFC 5246 4.7: scheme(2) since TLS 1.2, signature(2+). */
static void read_signature(struct key_exchange *found, struct bytes *in, uint16_t version)
{
    if (bytes_sent(in) == 0) {
        return;
    }
    if (version == TLS12_VERSION || version == DTLS12_VERSION) {
        found->scheme = bytes_u16(in);
    }
    struct bytes signature = bytes_take(in, bytes_u16(in));
    found->is_signed = bytes_ok(in) && bytes_sent(&signature) > 0;
    found->signature = signature;
}

static void report(const struct segment *seg, const struct key_exchange *found, struct sink *sink)
{
    char buffer[TLS_NAME_SIZE];
    if (found->group != NULL) {
        observe_text(sink, seg, OBS_TLS_GROUP, found->group, found->group_code);
    }
    if (found->scheme != 0) {
        observe_text(sink, seg, OBS_TLS_SIGNATURE, tls_names_signature(found->scheme, buffer),
                     found->scheme);
    }
}

/* The bytes of the message before those that are left. */
static struct bytes parameters_of(struct bytes message, const struct bytes *left)
{
    bytes_limit(&message, bytes_sent(&message) - bytes_sent(left));
    return message;
}

enum bytes_fault tls_key_exchange_server(struct tls_handshake *hs, const struct segment *seg,
                                         struct bytes body, struct sink *sink)
{
    enum tls_exchange exchange = tls_suites_exchange(hs->cipher);
    bool psk = tls_suites_is_psk(hs->cipher);
    bool export = exchange == TLS_EXCHANGE_RSA && !psk; /* FREAK: maybe not even asked for */
    if (exchange != TLS_EXCHANGE_DHE && exchange != TLS_EXCHANGE_ECDHE && !export) {
        return BYTES_OK; /* nothing in it that is reported */
    }
    struct key_exchange found = { 0 };
    struct bytes parameters = body;
    if (psk) {
        bytes_take(&body, bytes_u16(&body)); /* RFC 4279 3: identity hint */
    }
    if (export) {
        read_export_rsa(&found, &body);
    } else if (exchange == TLS_EXCHANGE_DHE) {
        read_dh(&found, &body);
    } else {
        read_ecdh(&found, &body);
    }
    if (bytes_ok(&body)) {
        parameters = parameters_of(parameters, &body);
        read_signature(&found, &body, hs->version);
    }
    enum bytes_fault fault = bytes_finish(&body);
    if (fault != BYTES_MALFORMED) {
        report(seg, &found, sink);
    }
    if (fault != BYTES_MALFORMED && found.is_signed) {
        tls_signatures_server(hs, seg, &parameters, found.scheme, &found.signature, sink);
    }
    return fault;
}

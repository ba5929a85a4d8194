/* analyzers/tls_names.h: TLS and DTLS code points as text. */
#ifndef OVERT_ANALYZERS_TLS_NAMES_H
#define OVERT_ANALYZERS_TLS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum { TLS_NAME_SIZE = 24 }; /* longest text that is not a constant, with its NUL */

/* Wire versions (RFC 8446 4.2.1, RFC 9147 5.3). */
enum {
    SSL2_VERSION = 0x0002,
    SSL3_VERSION = 0x0300,
    TLS10_VERSION = 0x0301,
    TLS11_VERSION = 0x0302,
    TLS12_VERSION = 0x0303,
    TLS13_VERSION = 0x0304,
    DTLS10_VERSION = 0xfeff,
    DTLS12_VERSION = 0xfefd,
    DTLS13_VERSION = 0xfefc,
    DTLS_OPENSSL_VERSION = 0x0100, /* of OpenSSL before the standard */
};

/* Names of code points: a constant, or "0x1234" (alerts: "0x12") written to buffer
 * (TLS_NAME_SIZE bytes) when the code is not known. */
const char *tls_names_version(uint16_t code, char *buffer);
const char *tls_names_cipher(uint16_t code, char *buffer);
const char *tls_names_group(uint16_t code, char *buffer);
const char *tls_names_signature(uint16_t code, char *buffer);
const char *tls_names_srtp(uint16_t code, char *buffer);
const char *tls_names_alert(uint8_t code, char *buffer);
const char *tls_names_compression(uint8_t code, char *buffer);

/* TLS 1.3 or DTLS 1.3, drafts included? */
bool tls_names_is_13(uint16_t version);
/* A value that clients offer only to keep servers tolerant (RFC 8701)? */
bool tls_names_is_grease(uint16_t code);

#endif

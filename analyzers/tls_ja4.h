/* analyzers/tls_ja4.h: JA4, the fingerprint of what a client offers in its hello (TLS, DTLS, QUIC).
 */
#ifndef OVERT_ANALYZERS_TLS_JA4_H
#define OVERT_ANALYZERS_TLS_JA4_H

#include <stdbool.h>

#include "base/bytes.h"

enum {
    TLS_JA4_SIZE = 37,      /* "t13d1516h2_8daaf6152771_e5627efa2ab1" and NUL */
    TLS_JA4_CODES_MAX = 512 /* suites, extensions or schemes of a hello that has a fingerprint */
};

struct tls_ja4_hello {
    char transport;          /* 't' TCP, 'q' QUIC, 'd' DTLS */
    uint16_t version;        /* legacy_version of the hello */
    struct bytes suites;     /* the list without its length */
    struct bytes extensions; /* the extensions without their length */
};

/* FoxIO, "JA4: TLS Client Fingerprinting" (the BSD licensed part of JA4+). false: the hello is cut,
 * malformed or longer than TLS_JA4_CODES_MAX, and nothing was written. */
bool tls_ja4_write(const struct tls_ja4_hello *hello, char ret_text[static TLS_JA4_SIZE]);

#endif

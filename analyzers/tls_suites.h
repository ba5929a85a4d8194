/* analyzers/tls_suites.h: names of the TLS cipher suites and what they say of the key exchange. */
#ifndef OVERT_ANALYZERS_TLS_SUITES_H
#define OVERT_ANALYZERS_TLS_SUITES_H

#include <stdbool.h>
#include <stdint.h>

/* How a suite of SSL 3.0 to TLS 1.2 agrees on keys: what ServerKeyExchange then holds. */
enum tls_exchange {
    TLS_EXCHANGE_UNKNOWN, /* not a suite we know, or one of TLS 1.3, which leaves it open */
    TLS_EXCHANGE_RSA,     /* key transport; ServerKeyExchange only in export suites */
    TLS_EXCHANGE_DH,      /* static: no ServerKeyExchange */
    TLS_EXCHANGE_DHE,     /* RFC 5246 7.4.3 */
    TLS_EXCHANGE_ECDHE,   /* RFC 8422 5.4 */
    TLS_EXCHANGE_OTHER,   /* SRP, Kerberos, GOST, password */
};

/* The IANA name; NULL when the code point is not known. */
const char *tls_suites_name(uint16_t code);
enum tls_exchange tls_suites_exchange(uint16_t code);
/* Nobody is authenticated (DH_anon, ECDH_anon, NULL_WITH_NULL). */
bool tls_suites_is_anonymous(uint16_t code);
/* Authenticated by a shared key or password (PSK, SRP, Kerberos ...), not by a certificate alone.
 */
bool tls_suites_is_psk(uint16_t code);
/* The name of an SSL 2.0 cipher kind (3 bytes), NULL when not known. */
const char *tls_suites_kind_name(uint32_t kind);

#endif

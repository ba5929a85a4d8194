/* analyzers/tls_signatures.h: are the signatures of a handshake, up to TLS and DTLS 1.2, those of
 * the certificates that were shown?
 *
 * Wrong is said only where every byte that was signed is known; all else is unchecked. */
#ifndef OVERT_ANALYZERS_TLS_SIGNATURES_H
#define OVERT_ANALYZERS_TLS_SIGNATURES_H

#include "analyzers/tls_handshake.h"

/* One message, after its own reader: keeps what CertificateVerify signs, and decides as soon as it
 * can. */
void tls_signatures_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                            struct bytes body, struct sink *sink);
/* A ClientHello of SSL 2.0 form, from its type on: it is signed as it is (RFC 5246 E.2). */
void tls_signatures_old_hello(struct tls_handshake *hs, uint8_t from, struct bytes message,
                              struct sink *sink);
/* ServerKeyExchange: its parameters and their signature (scheme: of TLS 1.2). */
void tls_signatures_server(struct tls_handshake *hs, const struct segment *seg,
                           const struct bytes *parameters, uint16_t scheme,
                           const struct bytes *signature, struct sink *sink);
/* TLS 1.3: what came of the signature in an opened CertificateVerify. */
void tls_signatures_hidden(struct tls_handshake *hs, const struct segment *seg, uint8_t result,
                           const char *reason, struct sink *sink);
/* Another handshake begins, of which all can be read. */
void tls_signatures_renew(struct tls_handshake *hs, struct sink *sink);
/* No message will follow: what is not decided stays unchecked, what was kept is given back. */
void tls_signatures_end(struct tls_handshake *hs, const struct segment *seg, struct sink *sink);

#endif

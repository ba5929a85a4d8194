/* analyzers/tls_hello.h: ClientHello, ServerHello and what their fixed fields offer and choose. */
#ifndef OVERT_ANALYZERS_TLS_HELLO_H
#define OVERT_ANALYZERS_TLS_HELLO_H

#include "analyzers/tls_handshake.h"

/* Body of the message. Report what it says; the fault is that of the body. */
enum bytes_fault tls_hello_client(struct tls_handshake *hs, const struct segment *seg,
                                  struct bytes body, struct sink *sink);
enum bytes_fault tls_hello_server(struct tls_handshake *hs, const struct segment *seg,
                                  struct bytes body, struct sink *sink);
/* HelloRetryRequest of TLS 1.3 drafts before 22. */
void tls_hello_retry(struct tls_handshake *hs, const struct segment *seg, struct sink *sink);
/* Reports one negotiated version. */
void tls_hello_version(struct tls_handshake *hs, const struct segment *seg, uint16_t version,
                       struct sink *sink);
/* It is known now whether this is pseudo-TLS: reports the protocol, and what was held back. */
void tls_hello_release(struct tls_handshake *hs, const struct segment *seg, struct sink *sink);

#endif

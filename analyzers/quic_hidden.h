/* analyzers/quic_hidden.h: the part of a QUIC handshake that only logged secrets open. */
#ifndef OVERT_ANALYZERS_QUIC_HIDDEN_H
#define OVERT_ANALYZERS_QUIC_HIDDEN_H

#include "analyzers/quic_crypto.h"
#include "analyzers/quic_packet.h"
#include "analyzers/tls_handshake.h"
#include "analyzers/tls_open.h"

/* Zeroed = nothing. */
struct quic_hidden {
    struct quic_crypto *crypto[2]; /* owned; of Handshake packets */
    uint32_t opens;                /* packets that were tried to be opened */
    bool close_reported;
};

/* A Handshake packet of the connection: EncryptedExtensions to Finished (RFC 9001 4.1.3). */
void quic_hidden_handshake(struct quic_hidden *h, struct tls_handshake *hs,
                           const struct segment *seg, const struct quic_packet *packet,
                           struct sink *sink);
/* A 1-RTT packet: of the server's, whether it took the client's Finished (RFC 9001 4.1.2). */
void quic_hidden_later(struct quic_hidden *h, struct tls_handshake *hs, const struct segment *seg,
                       const struct tls_packet *packet, struct sink *sink);
void quic_hidden_forget(struct quic_hidden *h);

#endif

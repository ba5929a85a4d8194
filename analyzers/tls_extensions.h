/* analyzers/tls_extensions.h: extensions of ClientHello and ServerHello. */
#ifndef OVERT_ANALYZERS_TLS_EXTENSIONS_H
#define OVERT_ANALYZERS_TLS_EXTENSIONS_H

#include "analyzers/tls_handshake.h"

/* What decides the meaning of a ServerHello. */
struct tls_server_extensions {
    uint16_t version; /* supported_versions; 0 = none */
    uint16_t group;   /* key_share; 0 = none */
    uint16_t srtp;    /* use_srtp; 0 = none */
    struct bytes alpn;
    bool psk, extended_master_secret, encrypt_then_mac, secure_renegotiation;
    bool raw_server_key, raw_client_key;
    bool heartbeat;
    bool cid; /* connection_id, with the size of the one that the server wants */
    uint8_t cid_size;
};

/* extensions: the list without its length. Reports what a ClientHello offers. Returns the fault of
 * the list itself; of a cut list the whole extensions are used. */
enum bytes_fault tls_extensions_client(struct tls_handshake *hs, const struct segment *seg,
                                       struct bytes extensions, struct sink *sink);
/* Reads, without reporting. */
enum bytes_fault tls_extensions_server(struct bytes extensions,
                                       struct tls_server_extensions *ret_found);
/* Reports a negotiated application protocol and what it carries. */
void tls_extensions_alpn(const struct segment *seg, const struct bytes *name, struct sink *sink);
/* Reports what the client's ALPN list carries, when it can only be one protocol. */
void tls_extensions_carries(const struct tls_handshake *hs, const struct segment *seg,
                            struct sink *sink);

#endif

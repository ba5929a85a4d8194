/* analyzers/tls_handshake.h: handshake messages of TLS, DTLS and QUIC, and what they amount to.
 *
 * tls.c, dtls.c and quic.c read records and put messages together; every message comes here. What
 * each side has shown is kept apart, because a capture may bring the sides in any order or only one
 * of them; tls_outcome.c draws the conclusions, each once. */
#ifndef OVERT_ANALYZERS_TLS_HANDSHAKE_H
#define OVERT_ANALYZERS_TLS_HANDSHAKE_H

#include "analyzers/analyzer.h"
#include "analyzers/tls_flight.h"
#include "analyzers/tls_transcript.h"

/* RFC 8446 4, RFC 5246 7.4, RFC 6347 4.3.2; 6 is of TLS 1.3 drafts before 22. */
enum {
    HELLO_REQUEST = 0,
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    HELLO_VERIFY_REQUEST = 3,
    NEW_SESSION_TICKET = 4,
    HELLO_RETRY_REQUEST = 6,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_REQUEST = 13,
    SERVER_HELLO_DONE = 14,
    CERTIFICATE_VERIFY = 15,
    CLIENT_KEY_EXCHANGE = 16,
    FINISHED = 20,
    CERTIFICATE_STATUS = 22,
    SUPPLEMENTAL_DATA = 23,
};

/* RFC 5246 6.2.1, RFC 6520 3. */
enum {
    CONTENT_CHANGE_CIPHER_SPEC = 20,
    CONTENT_ALERT,
    CONTENT_HANDSHAKE,
    CONTENT_DATA,
    CONTENT_HEARTBEAT,
};

/* What became of the heartbeat extension; each includes those before. */
enum tls_heartbeat {
    TLS_HEARTBEAT_NONE,
    TLS_HEARTBEAT_NEGOTIATED,
    TLS_HEARTBEAT_USED,
    TLS_HEARTBEAT_OVERLONG, /* one in clear says that it holds more than its record */
};

enum {
    TLS_MESSAGE_MAX = 128 * 1024, /* bytes of a handshake message that is put together */
    TLS_ALERTS_MAX = 8,           /* alerts reported of one flow */
    TLS_FINISHED_MIN = 45,        /* smallest TLS 1.3 record with a Finished: 32 + 4 + 1 + 8 */
};

/* Hellos that pseudo-TLS sends and TLS hardly ever. */
enum { IMITATION_NONE, IMITATION_MICROSOFT, IMITATION_GOOGLE };

/* What one side has shown. Zeroed = nothing. */
struct tls_side {
    uint32_t messages;              /* bit n: a message of type n was read in clear */
    uint32_t hidden;                /* bit n: one of type n was opened, TLS 1.3 */
    uint32_t certificates;          /* certificates in its Certificate message */
    uint32_t under_keys;            /* records after ChangeCipherSpec, or of a later epoch */
    uint32_t handshakes_under_keys; /* of these, handshake records: Finished, renegotiation */
    uint32_t data_records;          /* application data records */
    uint32_t data_like_finished;    /* of these, long enough for a TLS 1.3 Finished */
    uint8_t session_id[32];         /* of its hello */
    uint8_t session_id_size;
    uint8_t cid_size;   /* of the connection id that it wants in records to it (DTLS) */
    uint8_t random[32]; /* of its newest hello */
    uint8_t leaf[32];   /* SHA-256 of the first certificate in its Certificate message */
    bool random_known, leaf_known;
    bool cid_known;      /* its hello had the connection_id extension */
    bool seen;           /* any record of it */
    bool lost;           /* bytes are missing or unreadable: absence proves nothing */
    bool missing;        /* of these, missing: its ChangeCipherSpec may be among them */
    bool changed_cipher; /* ChangeCipherSpec */
    bool changed_again;  /* another one, under the keys of the first: a renegotiation */
    bool fatal;          /* sent a fatal alert in clear */
    bool refused;        /* of these, one about the other's certificate */
    bool no_certificate; /* SSL 3.0 alert no_certificate */
    bool waiting;        /* DTLS: messages wait for earlier ones */
    bool doubtful;       /* TLS 1.3, opened: its signature is wrong, if its Finished is right */
    bool raw_key;        /* its Certificate holds a raw public key (RFC 7250) */
};

struct tls_handshake {
    struct tls_side side[2];
    struct transcript transcript; /* tls_signatures.c: until CertificateVerify is decided */
    struct tls_open *open;        /* owned: secrets were logged, or may yet be; tls_open.c */
    struct tls_flight flight;     /* TLS 1.3: its records under keys */
    uint64_t packet, time_us;     /* of the newest segment, for what is reported at the end */
    uint16_t version;             /* negotiated; 0 = no ServerHello yet */
    uint16_t cipher;
    uint16_t first_version;            /* legacy version of the ClientHello */
    uint32_t reported;                 /* bit per conclusion: tls_outcome.c */
    uint16_t message_number;           /* DTLS: message_seq of the message at hand */
    uint8_t server_signature;          /* enum signature_result: of ServerKeyExchange */
    uint8_t client_signature;          /* enum signature_result: of CertificateVerify */
    uint8_t issuer[32];                /* SHA-256 of the server's second certificate */
    uint8_t client;                    /* side, valid with roles_known */
    uint8_t alerts;                    /* reported so far */
    bool datagram;                     /* DTLS */
    bool opening;                      /* the message at hand was opened with logged secrets */
    bool encrypt_then_mac, compressed; /* before TLS 1.3, as the server chose */
    bool renewed;                      /* a renegotiation that was opened began */
    bool asked_again;                  /* TLS 1.3, opened: for a certificate after the handshake */
    const char *mtls_reason;           /* TLS 1.3, opened: what was reported last */
    bool went_on; /* TLS 1.3, opened: the server spoke after the client's Finished */
    bool quic;    /* in CRYPTO frames: its records are packets of QUIC */
    bool roles_known;
    bool issuer_known;
    bool announced;      /* OBS_APP was reported */
    uint8_t heartbeat;   /* enum tls_heartbeat, as reported */
    uint8_t imitation;   /* IMITATION_*: nothing is reported before it is decided */
    bool pseudo;         /* [MS-TURN] 2.1.1: looks like TLS and is not */
    bool offers_13;      /* ClientHello offers TLS 1.3 */
    bool offers_early;   /* ClientHello offers early data */
    bool offers_later;   /* ClientHello offers a certificate after the handshake (RFC 8446 4.2.6) */
    bool offers_raw_key; /* ClientHello offers a raw public key in place of a certificate */
    bool offers_ticket;
    bool offers_srtp; /* ClientHello offers use_srtp */
    bool hello_retry;
    bool repeated;  /* a second handshake began in clear: whose messages were seen is unclear */
    bool psk;       /* TLS 1.3 ServerHello took a PSK */
    bool alpn_same; /* all that the client offers by ALPN is one protocol: alpn_carries */
    uint8_t alpn_carries;
};

/* Reports the protocol once, unless it may still turn out to be pseudo-TLS. */
void tls_handshake_announce(struct tls_handshake *hs, const struct segment *seg, struct sink *sink);
/* One whole message; body is what follows its header. Faults are reported, never returned. */
void tls_handshake_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                           struct bytes body, struct sink *sink);
/* The sender of seg is the client (or the server). The first word stays, but who answers a hello is
 * the server even if both said hello (DTLS, when ICE leaves it open). */
void tls_handshake_roles(struct tls_handshake *hs, const struct segment *seg, bool from_client,
                         struct sink *sink);
/* One alert in clear. */
void tls_handshake_alert(struct tls_handshake *hs, const struct segment *seg, uint8_t level,
                         uint8_t code, struct sink *sink);
/* One alert that was opened with logged secrets. */
void tls_handshake_hidden_alert(struct tls_handshake *hs, const struct segment *seg,
                                struct bytes body, struct sink *sink);
/* Application data were opened. */
void tls_handshake_hidden_data(struct tls_handshake *hs, uint8_t from);
/* A record under keys: content type and bytes of its body as sent. */
void tls_handshake_protected(struct tls_handshake *hs, uint8_t from, uint8_t content,
                             uint32_t size);
/* ChangeCipherSpec, in clear or under keys. */
void tls_handshake_change(struct tls_handshake *hs, uint8_t from);
/* A heartbeat record. body: in clear as far as it is there, else empty. */
void tls_handshake_heartbeat(struct tls_handshake *hs, const struct segment *seg, struct bytes body,
                             struct sink *sink);
/* Reports what is known of heartbeats, when it is more than before. */
void tls_handshake_beats(struct tls_handshake *hs, const struct segment *seg,
                         enum tls_heartbeat word, struct sink *sink);
/* Bytes of a side will never be read. Reported once per side. */
void tls_handshake_lost(struct tls_handshake *hs, const struct segment *seg, enum bytes_fault fault,
                        struct sink *sink);

/* "tls", "dtls" or "quic". */
static inline const char *tls_handshake_name(const struct tls_handshake *hs)
{
    return hs->datagram ? "dtls" : hs->quic ? "quic" : "tls";
}

/* The same of messages of TLS 1.3 that were opened. */
static inline bool tls_handshake_hid(const struct tls_side *side, unsigned type)
{
    return (side->hidden >> type & 1) != 0;
}

static inline bool tls_handshake_has(const struct tls_side *side, unsigned type)
{
    return (side->messages >> type & 1) != 0;
}

#endif

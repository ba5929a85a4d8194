/* analyzers/tls_transcript.h: the messages of one handshake that CertificateVerify signs (RFC 5246
 * 7.4.8, RFC 6347 4.2.6), kept until that is decided.
 *
 * The bytes are kept, not running hashes: which hash it is tells CertificateVerify itself, EdDSA
 * needs the bytes, and to copy them costs a tenth of one of the hashes that it could be. */
#ifndef OVERT_ANALYZERS_TLS_TRANSCRIPT_H
#define OVERT_ANALYZERS_TLS_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/pool.h"

enum {
    TRANSCRIPT_BLOCK = 2048 - 8,     /* bytes of one block */
    TRANSCRIPT_BLOCKS_SIDE = 32,     /* blocks of one side of one handshake: nearly 64 KiB */
    TRANSCRIPT_BLOCKS_MAX = 1 << 16, /* of all handshakes together */
    TRANSCRIPT_PIECES = 2 * TRANSCRIPT_BLOCKS_SIDE + 1,
};

/* Blocks of all handshakes. */
struct transcripts {
    struct pool blocks;
    struct budget *budget; /* that blocks count against; borrowed, NULL = none */
};

/* What one side said. Zeroed = nothing. */
struct transcript_side {
    uint32_t first, last; /* blocks */
    uint32_t size;        /* bytes */
    uint32_t hello_size;  /* of these, of its hello */
    uint32_t signed_size; /* with `complete`: bytes before CertificateVerify, or all */
    uint32_t verify_at;   /* of the client, with `complete`: body of its CertificateVerify */
    uint16_t hello_number, next_number; /* DTLS: message_seq */
    bool complete; /* ServerHelloDone or CertificateVerify was added: what follows is not signed */
};

struct transcript {
    struct transcript_side side[2];
    const char *broken; /* constant word: why the rest is not kept; NULL = sound */
};

/* One message of a side; number: message_seq. */
struct transcript_message {
    uint8_t type;
    bool datagram; /* DTLS: its header is longer */
    bool bare;     /* a hello of SSL 2.0 form: it has no header (RFC 5246 E.2) */
    uint16_t number;
    struct bytes body;
};

void tls_transcript_init(struct transcripts *all, struct budget *budget);
void tls_transcript_done(struct transcripts *all);

/* Adds a message; a hello begins the side anew. Once something cannot be kept nothing is, and
 * ->broken says why: lost-bytes, too-long, no-memory. */
void tls_transcript_add(struct transcripts *all, struct transcript *t, uint8_t from,
                        const struct transcript_message *m);
/* Forgets what a side said. */
void tls_transcript_clear(struct transcripts *all, struct transcript *t, uint8_t from);
/* Forgets everything. */
void tls_transcript_drop(struct transcripts *all, struct transcript *t);
/* The signed bytes in order: the client's hello, the server's flight, the client's; returns the
 * number of pieces (TRANSCRIPT_PIECES at most), borrowed until the transcript is changed. */
uint32_t tls_transcript_pieces(const struct transcripts *all, const struct transcript *t,
                               uint8_t client, struct bytes *ret_pieces);
/* Copies the body of the client's CertificateVerify, at most `room` bytes; returns how many. */
uint32_t tls_transcript_verify(const struct transcripts *all, const struct transcript *t,
                               uint8_t client, uint8_t *out, uint32_t room);

#endif

/* analyzers/quic_packet.h: QUIC packets of a datagram and their frames. */
#ifndef OVERT_ANALYZERS_QUIC_PACKET_H
#define OVERT_ANALYZERS_QUIC_PACKET_H

#include "analyzers/quic_versions.h"
#include "base/bytes.h"

enum quic_packet_type {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_NEGOTIATION, /* version 0 */
    QUIC_OTHER,       /* of a version that overt cannot read */
};

/* One packet with a long header. */
struct quic_packet {
    enum quic_packet_type type;
    uint32_t number; /* of its version */
    const struct quic_version *version;
    struct bytes whole;       /* from its first byte to its end */
    struct bytes destination; /* connection ids */
    struct bytes source;
    struct bytes rest;         /* what follows them, of types without a length */
    uint32_t packet_number_at; /* in whole; QUIC_INITIAL and QUIC_HANDSHAKE */
    uint32_t length;           /* bytes of packet number, frames and tag */
};

/* Frames of interest (RFC 9000 12.4); others are stepped over. */
enum quic_frame_type {
    QUIC_FRAME_NONE,
    QUIC_FRAME_CRYPTO,
    QUIC_FRAME_CLOSE,
    QUIC_FRAME_DONE, /* HANDSHAKE_DONE: the server has read the client's Finished */
};

/* Which ones a packet may hold. */
enum quic_frames {
    QUIC_FRAMES_HANDSHAKE, /* Initial and Handshake packets */
    QUIC_FRAMES_GOOGLE,    /* the same of Google's own versions */
    QUIC_FRAMES_ALL,       /* 1-RTT packets */
};

struct quic_frame {
    enum quic_frame_type type;
    uint64_t offset; /* CRYPTO: of its data in the handshake's bytes */
    uint64_t error;  /* CONNECTION_CLOSE */
    struct bytes data;
};

/* RFC 8999 5.1: does a long header begin here? */
static inline bool quic_packet_is_long(const struct bytes *in)
{
    int first = bytes_peek(in, 0);
    return first >= 0 && (first & 0x80) != 0;
}

/* Reads one packet with a long header; a fault is left in *in. */
struct quic_packet quic_packet_read(struct bytes *in);
/* QUIC_OTHER: has it the form of a client's first Initial packet, as all versions so far? */
bool quic_packet_is_first(const struct quic_packet *packet);
/* The next frame of interest; QUIC_FRAME_NONE at the end, or after a fault that is left in *in.
 */
struct quic_frame quic_packet_frame(struct bytes *in, enum quic_frames which);

#endif

/* analyzers/tls_open.h: opens the records of a connection whose secrets were logged.
 *
 * Nothing of it happens without a key log. A direction is opened from the first record under keys
 * on, without a hole; what is not authentic ends it. Packets of QUIC, as records of DTLS, tell
 * their numbers: each is opened for itself, and a few that are not authentic are anybody's. */
#ifndef OVERT_ANALYZERS_TLS_OPEN_H
#define OVERT_ANALYZERS_TLS_OPEN_H

#include "analyzers/crypto/quic_initial.h"
#include "analyzers/crypto/record_keys.h"
#include "analyzers/tls_handshake.h"
#include "base/budget.h"

struct tls_opener; /* what all connections of one thread share */

/* keylog and budget (NULL = no end) are borrowed. */
OV_MUST_CHECK enum ov_status tls_open_new(struct keylog *keylog, struct budget *budget,
                                          struct tls_opener **ret_opener);
void tls_open_free(struct tls_opener *opener);

enum tls_open_answer {
    TLS_OPEN_NO,
    TLS_OPEN_WAIT, /* the secret may still come: leave the record where it is */
    TLS_OPEN_YES,
};

/* What was in a record. */
struct tls_opened {
    uint8_t type;      /* CONTENT_* */
    struct bytes text; /* borrowed until the next record is opened with the same sink */
};

/* A hello in clear, after its own reader. */
void tls_open_hello(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                    struct bytes body, struct sink *sink);
/* Is this side's direction being opened? */
bool tls_open_is_on(const struct tls_handshake *hs, uint8_t from);
/* May more of this side's records be opened? */
bool tls_open_may(const struct tls_handshake *hs, uint8_t from);
/* Have records been opened, and may there be more? */
bool tls_open_is_active(const struct tls_handshake *hs);
/* Can the record under keys at hand be opened? */
enum tls_open_answer tls_open_ready(struct tls_handshake *hs, const struct segment *seg,
                                    struct sink *sink);
/* Opens it, body: the whole of it. false: it is not authentic, and the direction is at its end.
 */
bool tls_open_record(struct tls_handshake *hs, const struct segment *seg,
                     const struct record_head *head, struct bytes body, struct sink *sink,
                     struct tls_opened *ret_opened);
/* One packet of QUIC under keys. */
struct tls_packet {
    const struct quic_protection *protection; /* of its version */
    struct bytes whole;
    uint32_t number_at; /* offset of its packet number */
    bool later;         /* its keys are those of after the handshake (1-RTT) */
};
/* Opens it, if its secret is known; *ret_frames: borrowed until the next one is opened. */
bool tls_open_packet(struct tls_handshake *hs, const struct segment *seg,
                     const struct tls_packet *packet, struct sink *sink, struct bytes *ret_frames);
/* A message that was opened was read: it may change the keys of what follows. */
void tls_open_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                      struct sink *sink);
/* ChangeCipherSpec was opened: other keys follow. */
void tls_open_change(struct tls_handshake *hs, uint8_t from);
/* Opens no more of this side's records; reason: a constant word. */
void tls_open_stop(struct tls_handshake *hs, const struct segment *seg, const char *reason,
                   struct sink *sink);
/* The connection is over: overwrites its keys. */
void tls_open_end(struct tls_handshake *hs, struct sink *sink);

/* TLS 1.3: the messages so far (RFC 8446 4.4.1); NULL when they are not known. */
struct handshake_hash *tls_open_transcript(const struct tls_handshake *hs);
/* Is this the Finished of the sender of seg over `value`, a hash of the messages before it? */
bool tls_open_is_finished(const struct tls_handshake *hs, const struct segment *seg,
                          const uint8_t *value, struct bytes finished, const struct sink *sink);
/* What was added to the messages cannot be relied on. */
void tls_open_forget_transcript(struct tls_handshake *hs);

#endif

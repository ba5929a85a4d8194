/* analyzers/dtls_fragments.h: handshake messages of DTLS that came in pieces or out of order. */
#ifndef OVERT_ANALYZERS_DTLS_FRAGMENTS_H
#define OVERT_ANALYZERS_DTLS_FRAGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/budget.h"
#include "base/bytes.h"

enum {
    DTLS_PENDING_MAX = 8,                /* messages of one side that wait */
    DTLS_PENDING_BYTES_MAX = 256 * 1024, /* bytes of one side's waiting messages */
    DTLS_AHEAD_MAX = 16 * 1024, /* bytes of a message a fragment may be ahead of the rest */
};

/* RFC 6347 4.2.2: type(1) length(3) message seq(2) fragment offset(3) fragment length(3). */
struct dtls_fragment {
    uint8_t type;
    uint16_t seq;
    uint32_t length; /* of the whole message */
    uint32_t offset, size;
    struct bytes bytes; /* of this fragment */
};

struct dtls_fragments; /* waiting messages of one side */

/* Reads one fragment; a fault is left in *in. */
struct dtls_fragment dtls_fragments_read(struct bytes *in);
/* Keeps a fragment; *fragments is made when NULL and is then the caller's. false: a cap is reached,
 * there is no memory, or it contradicts what is kept. */
bool dtls_fragments_add(struct dtls_fragments **fragments, const struct dtls_fragment *fragment,
                        struct budget *budget);
/* The waiting message with the lowest sequence number: its type, number and bytes; false when there
 * is none. *ret_bytes lacks what did not come: cut. Borrowed until it is removed. */
bool dtls_fragments_first(const struct dtls_fragments *fragments,
                          struct dtls_fragment *ret_message);
/* The same for one sequence number, only when it is whole. */
bool dtls_fragments_whole(const struct dtls_fragments *fragments, uint16_t seq,
                          struct dtls_fragment *ret_message);
void dtls_fragments_remove(struct dtls_fragments *fragments, uint16_t seq);
void dtls_fragments_free(struct dtls_fragments *fragments);

#endif

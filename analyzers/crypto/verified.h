/* analyzers/crypto/verified.h: which signers have proved their keys in this capture, so that not
 * every signature of theirs must be verified again. */
#ifndef OVERT_ANALYZERS_CRYPTO_VERIFIED_H
#define OVERT_ANALYZERS_CRYPTO_VERIFIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verify {
    VERIFY_NEW,  /* signers that have not proved their key, and a sample of those that have */
    VERIFY_ALL,  /* every signature */
    VERIFY_NONE, /* none */
};

enum {
    VERIFIED_LAG_PACKETS = 8192, /* packets after which a proof counts: as far as workers may be
                                    apart, so that what counts does not depend on their number */
    VERIFIED_MAX = 64 * 1024,    /* signers that are kept: others are verified each time */
    VERIFIED_SAMPLE = 64,        /* of so many handshakes of a proven signer one is verified */
};

struct verified; /* for any number of threads */

/* NULL without memory. */
struct verified *verified_new(void);
void verified_free(struct verified *verified);
/* Another capture begins: nobody has proved anything. */
void verified_reset(struct verified *verified);

/* A signer, for the functions below: who it is (size bytes, without padding) as a number that
 * strangers cannot choose. */
uint64_t verified_signer(const struct verified *verified, const void *who, size_t size);
/* Did signatures of this signer verify long enough before this packet, and all that were tried? */
bool verified_is_proven(struct verified *verified, uint64_t signer, uint64_t packet);
/* From now on nobody counts as proven (all), or again as their signatures say. */
void verified_demand(struct verified *verified, bool all);
/* A signature of it was verified while this packet (from 1) was looked at. */
void verified_note(struct verified *verified, uint64_t signer, uint64_t packet, bool valid);

#endif

/* capture/duplicates.h: the same packet mirrored twice, recognised in a window of packets. */
#ifndef OVERT_CAPTURE_DUPLICATES_H
#define OVERT_CAPTURE_DUPLICATES_H

#include "base/keyed_hash.h"
#include "base/status.h"
#include "capture/batch.h"
#include "capture/counters.h"

enum {
    DUPLICATES_WINDOW = 4096,    /* packets looked back at most; a power of two */
    DUPLICATES_NAMED_US = 50000, /* apart at most, where the sender numbered its packets (IPv4) */
    DUPLICATES_BARE_US = 1000,   /* where it did not (IPv6, identification 0) */
};

struct duplicates;

OV_MUST_CHECK enum ov_status duplicates_new(struct hash_seed seed,
                                            struct duplicates **ret_duplicates);
void duplicates_free(struct duplicates *duplicates);
/* Sets FRAME_DUPLICATE where a packet of a decoded batch was there just before, whatever has become
 * of its link header, VLANs, hop limit, service field and IP checksum on the way. What it compares
 * are ends, IP identification, transport header and the payload's length, checksum, beginning and
 * end. A retransmission has another identification, except where none is used: there only what
 * carries payload or opens or closes a connection is compared, and only within
 * DUPLICATES_BARE_US, less than any retransmission takes. */
void duplicates_mark(struct duplicates *duplicates, struct batch *b, struct counters *counters);

#endif

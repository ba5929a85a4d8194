/* capture/fragments.h: IP datagrams put together from fragments, capped in number and bytes. */
#ifndef OVERT_CAPTURE_FRAGMENTS_H
#define OVERT_CAPTURE_FRAGMENTS_H

#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "base/status.h"
#include "capture/address.h"
#include "capture/batch.h"
#include "capture/counters.h"
#include "capture/tunnel.h"

struct fragments;

/* RFC 791 3.2, RFC 8200 4.5: what joins the fragments of one datagram. */
struct fragment_key {
    struct address from, to;
    uint32_t id;      /* 16 bits in IPv4 */
    uint8_t protocol; /* IPv4: the protocol field; IPv6: next header of the fragment header */
    uint8_t zero[3];
};

/* The packet that brought the beginning of a datagram. */
struct fragment_origin {
    uint64_t packet, time_us; /* as in struct batch */
    uint32_t on_wire;
    uint16_t vlan[FRAME_VLANS];
    struct tunnel_path path; /* that it came through; count 0 = none */
};

struct fragment {
    uint32_t offset; /* bytes into the datagram's payload */
    bool more;       /* more-fragments flag */
    struct bytes payload;
    struct fragment_origin from;
};

/* The beginning of a datagram whose rest will not come any more. */
struct fragment_head {
    struct fragment_key key;
    struct fragment_origin from;
    struct bytes payload; /* up to the first hole, with as many bytes cut as are known to lack; lent
                             as that of fragments_add. Where fragments contradict each other only
                             the ports are there. */
};

OV_MUST_CHECK enum ov_status fragments_new(uint32_t datagrams_max, struct hash_seed seed,
                                           struct fragments **ret_fragments);
void fragments_free(struct fragments *fragments);
/* Takes a copy of one fragment, whose payload may be shortened to whole units of 8 bytes. True when
 * its datagram is complete: ret_payload is then borrowed until fragments_recycle frees it. A
 * fragment that overlaps with other bytes ends its datagram (RFC 5722); incomplete datagrams are
 * given up after 30 s of packet time. */
bool fragments_add(struct fragments *fragments, const struct fragment_key *key,
                   struct fragment *fragment, struct counters *counters, struct bytes *ret_payload);
/* The capture ended: datagrams under way are given up, which counts their fragments as lost. */
void fragments_finish(struct fragments *fragments, struct counters *counters);
enum { FRAGMENTS_HEADS_MAX = 1024, FRAGMENTS_LENT_MAX = 8192, FRAGMENTS_NONE = UINT16_MAX };

/* The next beginning of a datagram that was given up; false when none waits. At most
 * FRAGMENTS_HEADS_MAX wait: beginnings that came after those stay lost. */
bool fragments_head(struct fragments *fragments, struct fragment_head *ret_head);
/* The datagrams that fragments_add and fragments_head gave out since the last call, as one chain:
 * theirs whose frames lie in the same batches. At most FRAGMENTS_LENT_MAX may be out. */
uint16_t fragments_lent(struct fragments *fragments);
/* Frees a chain of fragments_lent, or FRAGMENTS_NONE. */
void fragments_recycle(struct fragments *fragments, uint16_t chain);

#endif

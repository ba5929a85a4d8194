/* capture/taps.h: packets of several interfaces read live, put in the order of their times.
 *
 * A tap may give each direction of a link to an interface of its own. Each is read into a batch
 * ahead; its packets go out when no other can still have older ones: they have packets too, or had
 * none although the packet's time is TAPS_WAIT_US ago. */
#ifndef OVERT_CAPTURE_TAPS_H
#define OVERT_CAPTURE_TAPS_H

#include "base/status.h"
#include "capture/batch.h"
#include "capture/source_live.h"

enum {
    TAPS_WAIT_US = 2000 * SOURCE_LIVE_WAIT_MS, /* the kernel has handed over a packet by then */
};

struct taps;

/* For so many interfaces, away until they are read. OV_NOMEM. Caller owns it. */
OV_MUST_CHECK enum ov_status taps_new(unsigned count, struct taps **ret_taps);
/* Gives back what frames lie in: before the sources are closed. */
void taps_free(struct taps *taps);
/* Where to read the next packets of an interface to; NULL while some wait to go out. Only between
 * one batch's use and the next taps_merge: what was given out of it before is given back. */
struct batch *taps_room(struct taps *taps, unsigned i);
/* The batch of taps_room was filled, with no packet perhaps, at this time (microseconds, steady
 * clock). */
void taps_came(struct taps *taps, unsigned i, uint64_t steady_us);
/* Nothing comes from this interface: nobody waits for it. What waits of it still goes out. */
void taps_away(struct taps *taps, unsigned i);
/* Fills frame, time_us and link_type of a batch; empty when nothing may go yet. Frames are borrowed
 * until the next taps_room. wall_us: microseconds since 1970; UINT64_MAX: wait for nothing. A clock
 * of packets that differs from it makes none wait longer than TAPS_WAIT_US. */
void taps_merge(struct taps *taps, uint64_t wall_us, uint64_t steady_us, struct batch *out);

#endif

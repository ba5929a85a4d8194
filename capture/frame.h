/* capture/frame.h: link, IP and transport headers of a batch. */
#ifndef OVERT_CAPTURE_FRAME_H
#define OVERT_CAPTURE_FRAME_H

#include "capture/batch.h"
#include "capture/counters.h"
#include "capture/fragments.h"
#include "capture/tunnel.h"

/* Fills the second group of the batch's arrays; counts what it does not understand. Fragments are
 * kept in `fragments`; the packet that completes a datagram carries its payload, which lives
 * there until fragments_recycle gets b->datagrams. A packet in a tunnel is one of the innermost
 * flow that can be followed; `tunnels` keeps the path to it. */
void frames_decode(struct batch *b, struct fragments *fragments, struct tunnels *tunnels,
                   struct counters *counters);
/* The same of packets that brought the beginning of a datagram whose rest never came: up to
 * BATCH_SIZE of them as a batch of their own, by packet number, with no frames and their payload
 * cut. False when there is none. They are counted as lost fragments already. */
bool frames_heads(struct batch *b, struct fragments *fragments, struct tunnels *tunnels);

#endif

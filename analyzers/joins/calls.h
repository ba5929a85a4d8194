/* analyzers/joins/calls.h: SIP dialogs read in clear, and the media streams they announce. */
#ifndef OVERT_ANALYZERS_JOINS_CALLS_H
#define OVERT_ANALYZERS_JOINS_CALLS_H

#include "analyzers/flow_record.h"
#include "analyzers/joins/call_sheet.h"
#include "analyzers/observation.h"
#include "base/keyed_hash.h"
#include "base/status.h"

struct calls;
struct certificates;

/* Keeps at most calls_max dialogs, and for each on average so many lines, addresses, keys and
 * streams as calls.c says; the one silent for longest goes first. Caller owns. */
OV_MUST_CHECK enum ov_status calls_new(uint32_t calls_max, struct hash_seed seed,
                                       struct calls **ret_calls);
void calls_free(struct calls *calls);

/* Another capture begins: packets are counted from 1 again. */
void calls_restart(struct calls *calls);

/* From now on all is live: several readers number packets as they come to read them, so that times
 * tell their order and numbers do not. Before anything is observed. */
void calls_live(struct calls *calls);

/* Takes every observation of a flow as it is put; only OBS_SIP_*, OBS_SDP_* and OBS_MEDIA_SAMPLE
 * matter. flow_id is that of the flow; `end` its two ends (side 0 and 1), of a SIP flow for media
 * behind addresses that SDP does not name. SDES keys are kept until their call was over for some
 * minutes, and overwritten then. */
void calls_observe(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                   const struct observation *obs);

/* Is (address, port) announced for media by an SDP seen so far (port, or the RTCP port beside it)?
 * Lets the RTP analyzer's weak streams count. */
bool calls_announced(const struct calls *calls, const struct flow_end *end);

/* A flow with media ended: ties it to its call by address and port (SDP c=/m=, candidates, rtcp)
 * and turns what the packets showed (OBS_MEDIA_* facts put by the RTP analyzer), a DTLS handshake
 * on the same 5-tuple (OBS_TLS_* facts) and the answered SDP into the final facts of each stream:
 * protection, evidence, confidential, authenticated, suite, keying, key_exposed, key_from,
 * negotiated, codec, kind, tag, and media.call. What packets prove outranks what was announced; a
 * tag that fits a key proves most. */
void calls_conclude(struct calls *calls, struct flow_record *record);

/* Names a flow "rtp" that had too few packets to be sure of by themselves, where calls_conclude
 * found who announced it or a tag that fits: of a record that was made anew since. */
void calls_name(struct flow_record *record);

/* Somebody wants to know of each call when it is over: five minutes after its end, when there is no
 * room for it any more, or at calls_tell. The sheet is borrowed during the call of `tell`. Before
 * anything is observed; NULL = nobody. */
typedef void calls_tell_fn(void *context, const struct call_sheet *sheet);
void calls_teller(struct calls *calls, calls_tell_fn *tell, void *context);
/* It is now_us by the capture's clock: tells a few calls that are over; of many, in their turn. */
void calls_pass_time(struct calls *calls, uint64_t now_us);
/* The capture is over: tells all calls that were not told, by time of their first message. */
void calls_tell(struct calls *calls);

/* Compares the certificates of a DTLS handshake with the fingerprints that the SDP of their ends
 * announced (RFC 5763 5, RFC 8122 6): OBS_TLS_SERVER_FINGERPRINT, OBS_TLS_CLIENT_FINGERPRINT. No
 * fact when either was not seen; "unknown" when what was seen does not fit, and there may be more.
 * The seed of calls_new must be that of the events' digests. */
void calls_certificates_conclude(const struct calls *calls, const struct certificates *certificates,
                                 struct flow_record *record);

uint32_t calls_count(const struct calls *calls);
/* Calls with SDP that were given up at the cap before they had ended: later media of theirs has no
 * call. */
uint64_t calls_forgotten(const struct calls *calls);

#endif

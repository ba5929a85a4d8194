/* capture/source_live.h: batches of frames from a network interface, one handle for each worker. */
#ifndef OVERT_CAPTURE_SOURCE_LIVE_H
#define OVERT_CAPTURE_SOURCE_LIVE_H

#include "base/status.h"
#include "capture/batch.h"
#include "capture/source.h"

enum {
    SOURCE_LIVE_SNAP_MAX = 262144, /* bytes of a frame that are kept at most; the usual */
    SOURCE_LIVE_WAIT_MS = 50,      /* the kernel hands over a block at the latest after this */
};

struct source_live;

struct source_live_options {
    const char *interface;
    const char *filter;    /* BPF in tcpdump's language, NULL = none */
    uint32_t buffer_bytes; /* of the kernel's ring */
    uint32_t snap_bytes;
    bool promiscuous;
    bool shared; /* other handles read the same interface: each flow goes to one of them */
};

/* Since the handle was opened; both grow only. */
struct source_live_drops {
    uint64_t kernel;    /* packets that found no room in the ring */
    uint64_t interface; /* packets that the interface or its driver lost */
};

/* Opens an interface for reading. *group names the handles of one interface that share its flows:
 * -1 before the first is opened, which sets it. OV_IO: not there, not allowed, or not possible
 * (then ret_error, SOURCE_TEXT_SIZE bytes, says why and what to do); OV_SYNTAX: the filter is
 * wrong; OV_NOMEM. Caller owns the source. */
OV_MUST_CHECK enum ov_status source_live_open(const struct source_live_options *options, int *group,
                                              struct source_live **ret_source, char *ret_error);
void source_live_close(struct source_live *source);
/* Ready for poll(2) when packets wait. */
int source_live_descriptor(const struct source_live *source);
/* Packets before this time (microseconds since 1970) are passed over: until all handles share the
 * flows, each gets all of them. */
void source_live_from(struct source_live *source, uint64_t time_us);
/* Fills frame, time_us and link_type with what waits, nothing perhaps; packet numbers are the
 * caller's. False: the interface went away, ret_error says how. Done with by source_release. */
bool source_live_read(struct source_live *source, struct batch *b, char *ret_error);
/* Is the interface up? False, too, when it is another one than was opened. */
bool source_live_is_up(const struct source_live *source);
/* A handle of an interface that was deleted may wait for ever: its name then means nothing, or
 * another interface. */
bool source_live_is_there(const struct source_live *source);
/* False where it cannot be told. */
bool source_live_drops(struct source_live *source, struct source_live_drops *ret_drops);

/* capture/source_pcap_live.c: the same through libpcap, the only door to it. */
struct source_pcap_live;
struct source_pcap_frame {
    const uint8_t *data;
    uint32_t captured, on_wire;
    uint64_t time_us;
};
typedef void source_pcap_taker(void *taker, const struct source_pcap_frame *frame);
OV_MUST_CHECK enum ov_status source_pcap_live_open(const struct source_live_options *options,
                                                   struct source_pcap_live **ret_live,
                                                   char *ret_error);
void source_pcap_live_close(struct source_pcap_live *live);
int source_pcap_live_descriptor(const struct source_pcap_live *live);
uint16_t source_pcap_live_link_type(const struct source_pcap_live *live);
/* Gives up to `most` frames to take; false when the interface went away. */
bool source_pcap_live_take(struct source_pcap_live *live, int most, source_pcap_taker *take,
                           void *taker);
const char *source_pcap_live_error(const struct source_pcap_live *live);
bool source_pcap_live_drops(struct source_pcap_live *live, struct source_live_drops *ret_drops);

#endif

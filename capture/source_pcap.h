/* capture/source_pcap.h: what libpcap does for sources: filters, and formats that we do not read.
 */
#ifndef OVERT_CAPTURE_SOURCE_PCAP_H
#define OVERT_CAPTURE_SOURCE_PCAP_H

#include "base/status.h"
#include "capture/source_buffer.h"
#include "capture/source_record.h"

enum { SOURCE_PCAP_LINK_TYPES_MAX = 32 }; /* link types one filter is compiled for */

struct source_pcap;
struct source_pcap_filter;

/* Reads the file open at descriptor (not taken over, seekable) from its start. OV_SYNTAX when
 * libpcap does not know it, OV_IO, OV_NOMEM; ret_error (SOURCE_TEXT_SIZE bytes) then tells. */
OV_MUST_CHECK enum ov_status source_pcap_open(int descriptor, struct source_pcap **ret_pcap,
                                              char *ret_error);
uint16_t source_pcap_link_type(const struct source_pcap *pcap);
/* Copies the next packet. SOURCE_MORE: source_pcap_forget must come first. */
enum source_step source_pcap_step(struct source_pcap *pcap, struct source_record *ret_record,
                                  char *ret_damage);
/* Frames given out so far are dead unless their buffer is held. False without memory. */
bool source_pcap_forget(struct source_pcap *pcap);
/* The memory that frames given out since then lie in. */
struct source_buffer *source_pcap_buffer(const struct source_pcap *pcap);
/* Bytes of the file read so far. */
/* Does any batch hold frames of it? */
bool source_pcap_held(const struct source_pcap *pcap);
uint64_t source_pcap_offset(const struct source_pcap *pcap);
void source_pcap_close(struct source_pcap *pcap);

/* libpcap's own version text; constant. */
const char *source_pcap_version(void);

/* A filter in tcpdump's language; text must outlive it. NULL without memory. */
struct source_pcap_filter *source_pcap_filter_new(const char *text);
/* Compiles it for a link type unless that was done. OV_SYNTAX with ret_error (SOURCE_TEXT_SIZE
 * bytes), OV_LIMIT. */
OV_MUST_CHECK enum ov_status source_pcap_filter_add(struct source_pcap_filter *filter,
                                                    uint16_t link_type, char *ret_error);
/* Does the packet pass? Its link type must have been added. */
bool source_pcap_filter_match(const struct source_pcap_filter *filter,
                              const struct source_record *record);
void source_pcap_filter_free(struct source_pcap_filter *filter);

#endif

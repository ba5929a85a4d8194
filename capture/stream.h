/* capture/stream.h: one direction of one TCP connection, put in order.
 *
 * In-order bytes are handed over as they lie in the packet when nothing is pending; only a hole,
 * or what the reader left, is copied. The reader may use more than it was given (a body it does
 * not care for): those bytes are then stepped over as they come, without a copy. */
#ifndef OVERT_CAPTURE_STREAM_H
#define OVERT_CAPTURE_STREAM_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/counters.h"

enum {
    STREAM_PENDING_MAX = 64 * 1024 + 1024, /* bytes a reader may leave for later */
    STREAM_HOLE_MAX = 256 * 1024,          /* bytes kept beyond a hole */
    STREAM_HOLE_SEGMENTS = 128,            /* segments kept beyond a hole */
    STREAM_MARKS = 8,              /* segments given out that later copies are held against */
    STREAM_MARKED_MAX = 64 * 1024, /* of which no byte lies further up the stream */
    STREAM_PACK_MAX = 512,         /* bytes of a packed stream */
};

struct stream_segment {
    uint32_t seq;         /* of the first payload byte (SYN counts one: already added) */
    struct bytes payload; /* as captured */
    uint64_t packet;
    uint64_t time_us;
};

/* Where in-order bytes go. */
struct stream_reader {
    /* bytes: all in-order bytes not yet used, cut = UINT32_MAX (more may follow). packet and
     * time_us belong to the segment that brought the newest byte. Returns how many bytes were used,
     * which may be more than there are. first: no byte of this direction was used before and none
     * is missing. */
    uint32_t (*data)(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                     uint64_t time_us, bool first);
    /* missing bytes will not come: what was pending is gone, the next data call starts after them.
     * They follow what was handed over, or are that itself when the reader left too much of it. */
    void (*gap)(struct stream_reader *reader, uint64_t missing, uint64_t packet);
};

struct stream; /* about 100 bytes; buffers on demand */

/* isn_known: seq begins at isn + 1; else the first segment sets it (middle of a connection). */
struct stream *stream_new(bool isn_known, uint32_t isn);
/* The stream and its buffers count against a budget from now on: without room for a buffer, bytes
 * are given up as at a cap. */
void stream_share(struct stream *stream, struct budget *budget);
void stream_free(struct stream *stream);
/* Does it keep no bytes? Then it may be packed. */
bool stream_is_empty(const struct stream *stream);
/* Writes what is known of an empty stream to out (STREAM_PACK_MAX bytes); returns how many bytes.
 * It still has to be freed. */
size_t stream_pack(const struct stream *stream, uint8_t *out);
/* The stream as it was, without its budget; moves *in behind it. NULL, and nothing moved, without
 * memory. */
struct stream *stream_unpack(const uint8_t **in);
/* Takes one segment with payload. A hole is given up when STREAM_HOLE_* is reached. */
void stream_push(struct stream *stream, const struct stream_segment *segment,
                 struct stream_reader *reader, struct counters *counters);
/* The other side acknowledged up to ack: holes below it were lost by the capture. */
void stream_acked(struct stream *stream, uint32_t ack, struct stream_reader *reader,
                  struct counters *counters);
/* The connection ended: hands over what waits behind holes, with gap calls between, and once more
 * what the reader left, with cut = the acknowledged bytes that never came: 0 at a clean end. */
void stream_finish(struct stream *stream, struct stream_reader *reader, struct counters *counters);
/* Bytes missing so far: the sum of all gaps. What the reader stepped over is not missing here, but
 * counts in COUNT_TCP_MISSING when the stream is finished. */
uint64_t stream_missing(const struct stream *stream);
/* Segments that hold other bytes than those which came first at their place, and which count: as in
 * most stacks the first copy wins. Told of what still waits here, and of the last STREAM_MARKS
 * segments given out where a later one covers them whole. */
uint32_t stream_conflicts(const struct stream *stream);
/* Retransmitted segments seen (all bytes old). */
uint32_t stream_duplicates(const struct stream *stream);

#endif

/* analyzers/inflate.h: bodies and messages that were deflated (RFC 1950, 1951, 1952). */
#ifndef OVERT_ANALYZERS_INFLATE_H
#define OVERT_ANALYZERS_INFLATE_H

#include "base/budget.h"
#include "base/bytes.h"

enum {
    INFLATE_SIZE_MAX = 64 * 1024, /* bytes that one may become */
    INFLATE_RATIO_MAX = 100,      /* times its packed size; small ones may become SMALL bytes */
    INFLATE_SMALL = 2048,
    INFLATE_STREAMS_MAX = 256, /* of one worker */
};

enum inflate_end {
    INFLATE_WHOLE,
    INFLATE_PART,      /* it ends early: what was plain by then */
    INFLATE_DAMAGED,   /* nothing of it is sure */
    INFLATE_TOO_LARGE, /* above a cap */
    INFLATE_NO_ROOM,   /* no memory, or built without zlib */
};

struct inflate_scratch;

/* What one worker inflates with. Zeroed but for the budget: nothing is taken before the first. */
struct inflate {
    struct budget *budget;           /* borrowed; NULL = without end */
    struct inflate_scratch *scratch; /* owned */
    uint32_t stream_count;
};

void inflate_done(struct inflate *all);

/* A body in gzip, zlib or bare deflate form, by its first bytes. With WHOLE and PART ret_plain is
 * what it says, in memory that the next call overwrites; PART: more was cut from it. */
enum inflate_end inflate_body(struct inflate *all, struct bytes packed, struct bytes *ret_plain);

/* What one side of a connection said so far, which its next messages refer to: 48 kB. NULL: cap, or
 * no memory. Caller owns. */
struct inflate_stream;
struct inflate_stream *inflate_stream_new(struct inflate *all);
void inflate_stream_free(struct inflate *all, struct inflate_stream *stream);

/* A message of permessage-deflate (RFC 7692 7.2.2), put together. stream NULL: it refers to none
 * before. With anything but WHOLE later messages of the stream cannot be read. */
enum inflate_end inflate_message(struct inflate *all, struct inflate_stream *stream,
                                 struct bytes packed, struct bytes *ret_plain);

#endif

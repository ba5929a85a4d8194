/* capture/source_record.h: one step of a capture file's reader; for capture/source*.c only. */
#ifndef OVERT_CAPTURE_SOURCE_RECORD_H
#define OVERT_CAPTURE_SOURCE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum source_step {
    SOURCE_PACKET,  /* a record was filled in */
    SOURCE_SKIPPED, /* something else was stepped over */
    SOURCE_MORE,    /* the record goes on after the window: nothing was consumed */
    SOURCE_DAMAGED, /* a text says what is wrong; nothing was consumed */
    SOURCE_ENDED,   /* no more packets */
};

/* Do records go on at a place, as far as can be told from there? */
enum source_sight {
    SOURCE_SIGHT_NONE,
    SOURCE_SIGHT_RECORDS,
    SOURCE_SIGHT_MORE, /* the window ends too early to tell */
};

struct source_record {
    struct bytes frame; /* link header first; borrowed until the window is filled again */
    uint64_t time_us;   /* microseconds since 1970 */
    bool timeless;      /* the format keeps no time for this packet: time_us is 0 */
    uint16_t link_type; /* LINKTYPE_* */
};

/* A link type of a file as the batch tells it: one that does not fit in 16 bits is unknown. */
static inline uint16_t source_record_link(uint32_t link_type)
{
    return (uint16_t)(link_type <= UINT16_MAX ? link_type : UINT16_MAX);
}

#endif

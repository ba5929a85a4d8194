/* capture/source_classic.h: records of a classic pcap file. */
#ifndef OVERT_CAPTURE_SOURCE_CLASSIC_H
#define OVERT_CAPTURE_SOURCE_CLASSIC_H

#include "capture/source_record.h"

enum { SOURCE_CLASSIC_HEADER_SIZE = 24 };

struct source_classic {
    bool little;            /* numbers are little-endian */
    uint16_t ticks_per_us;  /* 1 or 1000 */
    uint16_t version_minor; /* of 2.x: up to 2.3 writers swapped the two lengths */
    uint16_t link_type;     /* LINKTYPE_* of all packets */
    uint32_t captured_max;  /* more captured bytes than this are no packet */
};

/* Reads the file header; false, and in unmoved, when the magic number is another. `in` holds at
 * least SOURCE_CLASSIC_HEADER_SIZE bytes. */
bool source_classic_open(struct source_classic *classic, struct bytes *in);
/* Takes one record from `in`. ret_damage has SOURCE_TEXT_SIZE bytes. */
enum source_step source_classic_step(const struct source_classic *classic, struct bytes *in,
                                     struct source_record *ret_record, char *ret_damage);
/* Behind damage: does a row of records begin at `at`, with sane lengths and times near last_us
 * (0 = not known) and near each other? ended: no bytes follow those of the window. */
enum source_sight source_classic_sight(const struct source_classic *classic, struct bytes at,
                                       uint64_t last_us, bool ended);
/* Does a sane record begin at `at`, of which the file then holds only a part? */
bool source_classic_begins(const struct source_classic *classic, struct bytes at, uint64_t last_us);

#endif

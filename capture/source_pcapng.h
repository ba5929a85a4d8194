/* capture/source_pcapng.h: blocks of a pcapng file. */
#ifndef OVERT_CAPTURE_SOURCE_PCAPNG_H
#define OVERT_CAPTURE_SOURCE_PCAPNG_H

#include "capture/source_file.h"
#include "capture/source_record.h"

enum {
    SOURCE_PCAPNG_MAGIC = 0x0a0d0d0a,     /* first four bytes, in either byte order */
    SOURCE_PCAPNG_INTERFACES_MAX = 65536, /* of one section */
};

struct source_interface {
    int64_t offset_s;     /* added to each time */
    uint32_t snap_length; /* bytes, 0 = none */
    uint16_t link_type;   /* LINKTYPE_* */
    uint8_t resolution;   /* if_tsresol: 10^-n, or 2^-n with the top bit set */
};

struct source_secrets; /* capture/source.h */

struct source_pcapng {
    struct source_interface *interfaces; /* of the current section; owned */
    uint32_t interface_count;
    uint32_t interface_room;
    bool little; /* byte order of the current section */
    bool holed;  /* a part of the section was damaged: interfaces behind it have no known number */
    struct source_secrets *secrets; /* takes secrets blocks; borrowed, NULL = nobody */
    uint64_t last_us;               /* time of the last packet */
};

/* Takes one block of the file. ret_damage has SOURCE_TEXT_SIZE bytes. */
enum source_step source_pcapng_step(struct source_pcapng *pcapng, struct source_file *file,
                                    struct source_record *ret_record, char *ret_damage);
/* Behind damage: do blocks begin at `at` whose two lengths agree, the packets of known interfaces
 * and times near last_us (0 = not known)? ended: no bytes follow those of the window. */
enum source_sight source_pcapng_sight(const struct source_pcapng *pcapng, struct bytes at,
                                      uint64_t last_us, bool ended);
/* Does a sane block begin at `at`, of which the file then holds only a part? */
bool source_pcapng_begins(const struct source_pcapng *pcapng, struct bytes at);
void source_pcapng_done(struct source_pcapng *pcapng);

#endif

/* capture/source_inflate.h: unpacks compressed captures piece by piece; for source_file.c. */
#ifndef OVERT_CAPTURE_SOURCE_INFLATE_H
#define OVERT_CAPTURE_SOURCE_INFLATE_H

#include <stdbool.h>

#include "base/bytes.h"

enum source_inflate_kind { SOURCE_INFLATE_NONE, SOURCE_INFLATE_GZIP, SOURCE_INFLATE_ZSTD };

enum source_inflate_step {
    SOURCE_INFLATE_MADE,    /* ret_made bytes, at least one */
    SOURCE_INFLATE_MORE,    /* all packed bytes are used */
    SOURCE_INFLATE_DAMAGED, /* what follows cannot be unpacked */
};

struct source_inflate;

/* How is a file packed that begins with these bytes? Told by its magic number, not its name. */
enum source_inflate_kind source_inflate_kind(struct bytes first);
/* "gzip", "zstd"; kind is not SOURCE_INFLATE_NONE. */
const char *source_inflate_name(enum source_inflate_kind kind);
/* Version of the library behind a kind; NULL when overt was built without it. */
const char *source_inflate_version(enum source_inflate_kind kind);

/* NULL without memory, or when the library is not built in. Caller owns. */
struct source_inflate *source_inflate_new(enum source_inflate_kind kind);
void source_inflate_free(struct source_inflate *inflate);
/* Unpacks from `in`, which moves forward, into `size` bytes of room. Files put behind one another
 * unpack to their contents behind one another. */
enum source_inflate_step source_inflate_step(struct source_inflate *inflate, struct bytes *in,
                                             uint8_t *room, uint32_t size, uint32_t *ret_made);
/* Is everything unpacked that was begun? Else packed bytes are missing. */
bool source_inflate_complete(const struct source_inflate *inflate);

#endif

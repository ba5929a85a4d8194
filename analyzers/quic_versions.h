/* analyzers/quic_versions.h: versions of QUIC, and how each protects its Initial packets. */
#ifndef OVERT_ANALYZERS_QUIC_VERSIONS_H
#define OVERT_ANALYZERS_QUIC_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/crypto/quic_initial.h"

enum { QUIC_NAME_SIZE = 16 }; /* longest name of a version, with its NUL */

struct quic_version {
    const char *name;
    const struct quic_protection *protection;
    uint32_t number;
    bool types_moved; /* RFC 9369 3.2: each long packet type is one higher, Retry is 0 */
    bool retry_tag;   /* Retry ends with an integrity tag (since draft 25) */
    bool google;      /* frames are Google's own */
};

/* NULL: overt cannot read its packets. */
const struct quic_version *quic_versions_find(uint32_t number);
/* One of Google's own versions ("Q046", "T051" ...), most of them named, not read. */
bool quic_versions_is_google(uint32_t number);
/* A version that only exists to be refused (RFC 9000 15). */
bool quic_versions_is_reserved(uint32_t number);
/* "v1", "draft-29", "Q046", else "0x1a2a3a4a" written to buffer (QUIC_NAME_SIZE bytes). */
const char *quic_versions_name(uint32_t number, char *buffer);

#endif

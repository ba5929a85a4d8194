/* analyzers/stun_methods.h: the names of STUN's methods, and the dialects that differ in them. */
#ifndef OVERT_ANALYZERS_STUN_METHODS_H
#define OVERT_ANALYZERS_STUN_METHODS_H

#include <stdint.h>

enum stun_dialect {
    STUN_DIALECT_NONE,
    STUN_DIALECT_RFC8489,
    STUN_DIALECT_RFC3489,
    STUN_DIALECT_MS_TURN,
};

/* A constant, or NULL for a method without a name. */
const char *stun_methods_name(uint32_t method, enum stun_dialect dialect);

#endif

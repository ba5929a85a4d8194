/* analyzers/stun_methods.c: the names of STUN's methods. */
#include "analyzers/stun_methods.h"

#include <stddef.h>

/* IANA "STUN Methods"; [MS-TURN] 2.2.1 gives some of the numbers another meaning. */
const char *stun_methods_name(uint32_t method, enum stun_dialect dialect)
{
    static const char *const names[] = {
        [0x001] = "binding",
        [0x002] = "shared_secret",
        [0x003] = "allocate",
        [0x004] = "refresh",
        [0x006] = "send",
        [0x007] = "data",
        [0x008] = "create_permission",
        [0x009] = "channel_bind",
        [0x00a] = "connect",
        [0x00b] = "connection_bind",
        [0x00c] = "connection_attempt",
    };
    static const char *const ms_names[] = {
        [0x001] = "binding",
        [0x003] = "allocate",
        [0x004] = "send",
        [0x005] = "data",
        [0x006] = "set_active_destination",
    };
    if (dialect == STUN_DIALECT_MS_TURN) {
        return method < sizeof ms_names / sizeof ms_names[0] ? ms_names[method] : NULL;
    }
    return method < sizeof names / sizeof names[0] ? names[method] : NULL;
}

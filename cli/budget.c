/* cli/budget.c: fixed shares; an entry counts with what it takes when it is as full as it gets on
 * average. */
#include "cli/budget.h"

enum {
    CALL_BYTES = 4 << 10, /* with its lines, addresses, keys, streams and packets that wait */
    CERTIFICATE_BYTES = 12 << 10, /* as it came, as OpenSSL has it, and its key */
    SESSION_BYTES = 1 << 10,
    NAME_BYTES = 1 << 10,
    TUNNEL_BYTES = 1 << 7,
    CALLS_MOST = 1 << 16,
    CERTIFICATES_MOST = 1 << 13,
    MOST = 1 << 14,
};

static uint32_t entries(uint64_t bytes, uint64_t each, uint32_t most)
{
    uint64_t count = bytes / each;
    return count < most ? (uint32_t)count : most;
}

struct memory_budget budget_of(uint64_t memory_bytes)
{
    return (struct memory_budget){
        .workers_bytes = memory_bytes / 16 * 9,
        .calls = entries(memory_bytes / 4, CALL_BYTES, CALLS_MOST),
        .certificates = entries(memory_bytes / 16, CERTIFICATE_BYTES, CERTIFICATES_MOST),
        .sessions = entries(memory_bytes / 32, SESSION_BYTES, MOST),
        .names = entries(memory_bytes / 32, NAME_BYTES, MOST),
        .tunnels = entries(memory_bytes / 64, TUNNEL_BYTES, MOST),
    };
}

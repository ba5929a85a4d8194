/* cli/budget.h: what the memory option allows each table. */
#ifndef OVERT_CLI_BUDGET_H
#define OVERT_CLI_BUDGET_H

#include <stdint.h>

struct memory_budget {
    uint64_t workers_bytes; /* flow tables, analyzers' state, streams and facts of all workers */
    uint32_t calls, certificates, sessions, names, tunnels; /* entries of the tables they share */
};

/* Deals out memory_bytes; findings, which are never dropped, have what is left over. The shared
 * tables have a cap of their own beside it, as no site needs more. */
struct memory_budget budget_of(uint64_t memory_bytes);

#endif

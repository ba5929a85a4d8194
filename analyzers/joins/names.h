/* analyzers/joins/names.h: which names DNS answers gave to which addresses (RFC 1035).
 *
 * An answer is hearsay: it may name a host in a report and be compared with a certificate whose
 * name nothing better tells; it never makes a flow compliant. */
#ifndef OVERT_ANALYZERS_JOINS_NAMES_H
#define OVERT_ANALYZERS_JOINS_NAMES_H

#include "analyzers/flow_record.h"
#include "base/keyed_hash.h"
#include "base/status.h"

enum {
    NAMES_EACH = 4,   /* names kept of one address, the first ones */
    NAMES_SIZE = 128, /* bytes of a name, the NUL included; longer ones are not kept */
};

struct certificates; /* analyzers/crypto/certificates.h */
struct names;

/* Keeps at most addresses_max addresses; the oldest goes first. Caller owns. */
OV_MUST_CHECK enum ov_status names_new(uint32_t addresses_max, struct hash_seed seed,
                                       struct names **ret_names);
void names_free(struct names *names);
/* Another capture begins: what was seen is forgotten. */
void names_restart(struct names *names);
/* Takes OBS_DNS_ADDRESS in the order of the capture; others pass by. names may be NULL. */
void names_observe(struct names *names, const struct observation *obs);
/* The nth name (from 0) of an address, borrowed until the next names_observe; NULL = no more. */
const char *names_of(const struct names *names, const struct address *address, unsigned nth);
/* A flow ended: a server certificate that came without SNI is compared with the names of the
 * server's address (tls.server_trust.name, name_from "dns"), without those with the host that a
 * request of SIP inside it, opened, is for ("sip"). certificates is borrowed. */
void names_conclude(const struct names *names, const struct certificates *certificates,
                    struct flow_record *record);
/* Addresses and names that found no room. */
uint64_t names_dropped(const struct names *names);

#endif

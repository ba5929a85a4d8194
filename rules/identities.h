/* rules/identities.h: which certificate each host showed, under which name: for words on a name
 * whose certificate changed, and on one certificate of several hosts. */
#ifndef OVERT_RULES_IDENTITIES_H
#define OVERT_RULES_IDENTITIES_H

#include "analyzers/crypto/certificates.h"
#include "analyzers/flow_record.h"
#include "base/status.h"

enum {
    IDENTITIES_MAX = 8192,   /* on each shelf: the last used; those forgotten are counted */
    IDENTITIES_CHECKED = 64, /* share of one endpoint, and of one key */
    IDENTITIES_NAME = 128,   /* bytes of a name, the NUL included: of longer ones the beginning */
    IDENTITIES_ISSUER = 128, /* likewise */
    IDENTITIES_ORGANISATION = 64,
};

/* One certificate, shown by one host under one name for the first time. */
struct identity {
    struct flow_end end;        /* port 0: of the side that opened the connection */
    char name[IDENTITIES_NAME]; /* SNI; "" without one */
    char issuer[IDENTITIES_ISSUER];
    char top[IDENTITIES_ISSUER]; /* issuer of the last certificate of the chain that was shown */
    uint8_t leaf[32], key[32];   /* SHA-256 of the certificate, of its public key */
    uint8_t issuer_key[32];      /* likewise, of its issuer's, where the chain showed it */
    uint8_t authority_key[32];   /* how the issuer calls that key (RFC 5280 4.2.1.1) */
    bool has_issuer_key, has_authority_key, self_signed;
    uint64_t flow_id, packet, time_us; /* where it was shown first */
    uint64_t serial;                   /* those learnt later have higher ones */
    uint64_t used;                     /* likewise, of the last use */
    uint32_t next, newer, older;       /* the table's own links */
};

/* What a flow was the first to show; NULL: nothing. Borrowed until the next one is learnt. */
struct identity_news {
    const struct identity *at_end; /* this certificate under this name at this endpoint */
    const struct identity *of_key; /* this key at this address */
};

struct identities;

OV_MUST_CHECK enum ov_status identities_new(struct identities **ret_identities);
void identities_free(struct identities *identities);
/* Another capture begins: what was shown is forgotten. */
void identities_restart(struct identities *identities);
/* Takes the leaf that one side of a TLS flow showed; twice does no harm. certificates is borrowed,
 * and not locked. */
void identities_learn(struct identities *identities, const struct certificates *certificates,
                      const struct flow_record *record, bool of_server);
void identities_of(const struct identities *identities, const struct certificates *certificates,
                   const struct flow_record *record, bool of_server,
                   struct identity_news *ret_news);
/* Those learnt before `identity`: another certificate at the same endpoint under the same name, and
 * the same key at another address. after: the last one, NULL: from the newest. NULL = no more. */
const struct identity *identities_next_of_end(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after);
const struct identity *identities_next_of_key(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after);
/* Were they issued by CAs of the same name, itself or above, or is it the same key? Not where both
 * issuers have one name, and their keys are known to differ. */
bool identities_are_akin(const struct identity *a, const struct identity *b);
/* Have their issuers the same name, and keys that are known to differ? A CA that got a new key
 * looks the same as one that took another's name. */
bool identities_are_namesakes(const struct identity *a, const struct identity *b);
/* Certificates that were forgotten for newer ones. */
uint64_t identities_dropped(const struct identities *identities);

#endif

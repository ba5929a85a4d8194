/* rules/identities.c: a ring of the newest, with one chain for each place and one for each key.
 *
 * Chains lead from new to old, so that those whose place was taken again end every chain that they
 * are in: nothing has to be unlinked. */
#include "rules/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"

enum { BUCKETS = 4096 };

struct identities {
    struct hash_seed seed;
    uint64_t by_end[BUCKETS], by_key[BUCKETS]; /* serial of the last one learnt, 0 = none */
    uint64_t serial;                           /* of the newest; the first one has 1 */
    uint64_t dropped;
    struct identity items[IDENTITIES_MAX]; /* untouched pages cost nothing */
};

enum ov_status identities_new(struct identities **ret_identities)
{
    struct identities *identities = calloc(1, sizeof *identities);
    if (identities == NULL) {
        return OV_NOMEM;
    }
    identities->seed = hash_seed_random();
    *ret_identities = identities;
    return OV_OK;
}

void identities_free(struct identities *identities)
{
    free(identities);
}

void identities_restart(struct identities *identities)
{
    memset(identities->by_end, 0, sizeof identities->by_end);
    memset(identities->by_key, 0, sizeof identities->by_key);
    identities->serial = 0;
}

static uint32_t end_bucket(const struct identities *identities, const struct identity *i)
{
    uint64_t hash = keyed_hash(i->end.address.byte, sizeof i->end.address.byte, identities->seed);
    hash += i->end.port + keyed_hash(i->name, strlen(i->name), identities->seed);
    return (uint32_t)(hash % BUCKETS);
}

static uint32_t key_bucket(const struct identities *identities, const struct identity *i)
{
    return (uint32_t)(keyed_hash(i->key, sizeof i->key, identities->seed) % BUCKETS);
}

/* NULL: the end of a chain, or one that was forgotten since. */
static const struct identity *at_serial(const struct identities *identities, uint64_t serial)
{
    bool kept = serial != 0 && serial + IDENTITIES_MAX > identities->serial;
    return kept ? &identities->items[serial % IDENTITIES_MAX] : NULL;
}

static bool is_same_end(const struct identity *a, const struct identity *b)
{
    return a->end.port == b->end.port && address_equal(&a->end.address, &b->end.address) &&
           strcmp(a->name, b->name) == 0;
}

static bool is_same_leaf(const struct identity *a, const struct identity *b)
{
    return memcmp(a->leaf, b->leaf, sizeof a->leaf) == 0;
}

static bool is_same_key(const struct identity *a, const struct identity *b)
{
    return memcmp(a->key, b->key, sizeof a->key) == 0;
}

const struct identity *identities_next_of_end(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after)
{
    const struct identity *i = after != NULL ? after : identity;
    do {
        i = at_serial(identities, i->next_of_end);
    } while (i != NULL && (!is_same_end(i, identity) || is_same_leaf(i, identity)));
    return i;
}

const struct identity *identities_next_of_key(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after)
{
    const struct identity *i = after != NULL ? after : identity;
    do {
        i = at_serial(identities, i->next_of_key);
    } while (i != NULL &&
             (!is_same_key(i, identity) || address_equal(&i->end.address, &identity->end.address)));
    return i;
}

bool identities_are_akin(const struct identity *a, const struct identity *b)
{
    if (is_same_key(a, b)) {
        return true;
    }
    if (a->self_signed || b->self_signed) {
        return false; /* nobody but itself vouches for it */
    }
    return strcmp(a->issuer, b->issuer) == 0 ||
           (a->top[0] != '\0' &&
            strcmp(a->top, b->top) == 0); /* a CA may issue by several intermediates */
}

static void put(char *to, uint32_t room, const char *from, uint32_t size)
{
    size = size < room ? size : room - 1;
    memcpy(to, from, size);
    to[size] = '\0';
}

/* What the leaf says, and who is above the last certificate of its chain. */
static bool put_certificate(const struct certificates *certificates, const struct facts *facts,
                            enum observation_kind kind, struct identity *i)
{
    const char *leaf = NULL, *last = NULL;
    for (const struct fact *f = NULL; (f = facts_next(facts, kind, f)) != NULL;) {
        leaf = f->index == 0 ? facts_text(facts, f) : leaf;
        last = facts_text(facts, f);
    }
    if (certificates == NULL || leaf == NULL) {
        return false;
    }
    certificates_lock(certificates);
    const struct certificate *top = certificates_find(certificates, last);
    if (top != NULL && top->error == NULL) {
        put(i->top, sizeof i->top, top->issuer, (uint32_t)strlen(top->issuer));
    }
    const struct certificate *c = certificates_find(certificates, leaf);
    bool good = c != NULL && c->error == NULL && c->has_key_digest;
    if (good) {
        memcpy(i->leaf, c->digest, sizeof i->leaf);
        memcpy(i->key, c->key_digest, sizeof i->key);
        put(i->issuer, sizeof i->issuer, c->issuer, (uint32_t)strlen(c->issuer));
        i->self_signed = c->self_signed;
    }
    certificates_unlock(certificates);
    return good;
}

static bool read_identity(const struct certificates *certificates, const struct flow_record *r,
                          bool of_server, struct identity *ret_identity)
{
    const struct facts *facts = r->facts;
    enum observation_kind kind = of_server ? OBS_SERVER_CERT_SHA256 : OBS_CLIENT_CERT_SHA256;
    const struct fact *leaf = facts_find_at(facts, kind, 0, 0);
    const char *name = of_server ? facts_text(facts, facts_find(facts, OBS_TLS_SNI)) : "";
    struct identity *i = ret_identity;
    *i = (struct identity){ .flow_id = r->id };
    if (leaf == NULL || !put_certificate(certificates, facts, kind, i)) {
        return false;
    }
    i->end = r->side[of_server ? flow_server(r) : r->client];
    i->end.port = of_server ? i->end.port : 0;
    i->packet = leaf->packet != 0 ? leaf->packet : r->packet_first;
    i->time_us = leaf->time_us != 0 ? leaf->time_us : r->start_us;
    put(i->name, sizeof i->name, name, (uint32_t)strlen(name));
    return true;
}

/* The entry of the same certificate at the same place; ret_others: how many others are there. */
static const struct identity *find(const struct identities *identities,
                                   const struct identity *wanted, unsigned *ret_others)
{
    const struct identity *i =
        at_serial(identities, identities->by_end[end_bucket(identities, wanted)]);
    *ret_others = 0;
    while (i != NULL && !(is_same_end(i, wanted) && is_same_leaf(i, wanted))) {
        *ret_others += is_same_end(i, wanted) ? 1 : 0;
        i = at_serial(identities, i->next_of_end);
    }
    return i;
}

void identities_learn(struct identities *identities, const struct certificates *certificates,
                      const struct flow_record *record, bool of_server)
{
    struct identity identity;
    unsigned others = 0;
    if (!read_identity(certificates, record, of_server, &identity) ||
        find(identities, &identity, &others) != NULL) {
        return;
    }
    bool crowded = others >= IDENTITIES_CHECKED;
    identities->dropped += crowded || identities->serial >= IDENTITIES_MAX ? 1 : 0;
    if (crowded) {
        return;
    }
    uint64_t *end = &identities->by_end[end_bucket(identities, &identity)];
    uint64_t *key = &identities->by_key[key_bucket(identities, &identity)];
    identity.next_of_end = *end;
    identity.next_of_key = *key;
    identities->serial++;
    identities->items[identities->serial % IDENTITIES_MAX] = identity;
    *end = *key = identities->serial;
}

const struct identity *identities_of(const struct identities *identities,
                                     const struct certificates *certificates,
                                     const struct flow_record *record, bool of_server)
{
    struct identity wanted;
    unsigned others = 0;
    if (!read_identity(certificates, record, of_server, &wanted)) {
        return NULL;
    }
    const struct identity *found = find(identities, &wanted, &others);
    return found != NULL && found->flow_id == record->id ? found : NULL;
}

uint64_t identities_dropped(const struct identities *identities)
{
    return identities->dropped;
}

/* rules/identities.c: two shelves of what was shown, by host and by key; the least used goes first.
 *
 * A stranger can make up server names, and show certificates from many addresses: each host and
 * each key has a share of its shelf, so that it pushes out what is its own. */
#include "rules/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"

enum { BUCKETS = 4096 };

/* What one class of entries has in common, and what tells its entries apart:
 * BY_END: address and port; name and certificate. BY_KEY: the key; the address. */
enum order { BY_END, BY_KEY, ORDERS };

/* Entries are linked by their place + 1, 0 = none. */
struct shelf {
    uint32_t bucket[BUCKETS]; /* the last one learnt */
    uint32_t newest, oldest;  /* by last use */
    uint32_t count;
    struct identity items[IDENTITIES_MAX]; /* untouched pages cost nothing */
};

struct identities {
    struct hash_seed seed;
    uint64_t serial; /* of the newest; the first one has 1 */
    uint64_t uses;
    uint64_t dropped;
    struct shelf shelf[ORDERS];
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
    for (unsigned o = 0; o < ORDERS; o++) {
        struct shelf *shelf = &identities->shelf[o];
        memset(shelf->bucket, 0, sizeof shelf->bucket);
        shelf->newest = shelf->oldest = shelf->count = 0;
    }
}

static const struct identity *item_at(const struct shelf *shelf, uint32_t link)
{
    return link != 0 ? &shelf->items[link - 1] : NULL;
}

static uint32_t link_of(const struct shelf *shelf, const struct identity *item)
{
    return (uint32_t)(item - shelf->items) + 1;
}

static uint32_t bucket_of(const struct identities *identities, enum order order,
                          const struct identity *i)
{
    const struct address *address = &i->end.address;
    uint64_t hash =
        order == BY_KEY
            ? keyed_hash(i->key, sizeof i->key, identities->seed)
            : keyed_hash(address->byte, sizeof address->byte, identities->seed) + i->end.port;
    return (uint32_t)(hash % BUCKETS);
}

static bool is_same_key(const struct identity *a, const struct identity *b)
{
    return memcmp(a->key, b->key, sizeof a->key) == 0;
}

static bool is_same_leaf(const struct identity *a, const struct identity *b)
{
    return memcmp(a->leaf, b->leaf, sizeof a->leaf) == 0;
}

static bool is_same_class(enum order order, const struct identity *a, const struct identity *b)
{
    return order == BY_KEY
               ? is_same_key(a, b)
               : a->end.port == b->end.port && address_equal(&a->end.address, &b->end.address);
}

/* Of two entries of one class. */
static bool is_same_entry(enum order order, const struct identity *a, const struct identity *b)
{
    return order == BY_KEY ? address_equal(&a->end.address, &b->end.address)
                           : is_same_leaf(a, b) && strcmp(a->name, b->name) == 0;
}

/* The next one of the class of `wanted`, from new to old; after: NULL = from the first. No class
 * has more than IDENTITIES_CHECKED and the seed is secret, so that chains are short. */
static const struct identity *next_of_class(const struct identities *identities, enum order order,
                                            const struct identity *wanted,
                                            const struct identity *after)
{
    const struct shelf *shelf = &identities->shelf[order];
    uint32_t first = shelf->bucket[bucket_of(identities, order, wanted)];
    const struct identity *i = item_at(shelf, after != NULL ? after->next : first);
    while (i != NULL && !is_same_class(order, i, wanted)) {
        i = item_at(shelf, i->next);
    }
    return i;
}

const struct identity *identities_next_of_end(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after)
{
    const struct identity *i = after;
    do {
        i = next_of_class(identities, BY_END, identity, i);
    } while (i != NULL && (i->serial >= identity->serial || is_same_leaf(i, identity) ||
                           strcmp(i->name, identity->name) != 0));
    return i;
}

const struct identity *identities_next_of_key(const struct identities *identities,
                                              const struct identity *identity,
                                              const struct identity *after)
{
    const struct identity *i = after;
    do {
        i = next_of_class(identities, BY_KEY, identity, i);
    } while (i != NULL && (i->serial >= identity->serial ||
                           address_equal(&i->end.address, &identity->end.address)));
    return i;
}

bool identities_are_namesakes(const struct identity *a, const struct identity *b)
{
    if (a->self_signed || b->self_signed || strcmp(a->issuer, b->issuer) != 0) {
        return false;
    }
    if (a->has_issuer_key && b->has_issuer_key) {
        return memcmp(a->issuer_key, b->issuer_key, sizeof a->issuer_key) != 0;
    }
    return a->has_authority_key && b->has_authority_key &&
           memcmp(a->authority_key, b->authority_key, sizeof a->authority_key) != 0;
}

bool identities_are_akin(const struct identity *a, const struct identity *b)
{
    if (is_same_key(a, b)) {
        return true;
    }
    if (a->self_signed || b->self_signed || identities_are_namesakes(a, b)) {
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

/* RFC 5246 7.4.2: each certificate is issued by the one behind it. */
static void put_issuer_key(const struct certificate *issuer, const struct certificate *leaf,
                           struct identity *i)
{
    if (issuer != NULL && issuer->error == NULL && issuer->has_key_digest &&
        strcmp(issuer->subject, leaf->issuer) == 0) {
        i->has_issuer_key = true;
        memcpy(i->issuer_key, issuer->key_digest, sizeof i->issuer_key);
    }
}

/* What the leaf says, and who is above the last certificate of its chain. */
static bool put_certificate(const struct certificates *certificates, const struct facts *facts,
                            enum observation_kind kind, struct identity *i)
{
    const char *leaf = NULL, *second = NULL, *last = NULL;
    for (const struct fact *f = NULL; (f = facts_next(facts, kind, f)) != NULL;) {
        leaf = f->index == 0 ? facts_text(facts, f) : leaf;
        second = f->index == 1 ? facts_text(facts, f) : second;
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
        i->has_authority_key = c->authority_key_size > 0;
        memcpy(i->authority_key, c->authority_key, sizeof i->authority_key);
        put_issuer_key(second != NULL ? certificates_find(certificates, second) : NULL, c, i);
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

static void unuse(struct shelf *shelf, struct identity *item)
{
    *(item->newer != 0 ? &shelf->items[item->newer - 1].older : &shelf->newest) = item->older;
    *(item->older != 0 ? &shelf->items[item->older - 1].newer : &shelf->oldest) = item->newer;
}

static void use(struct identities *identities, struct shelf *shelf, struct identity *item)
{
    uint32_t link = link_of(shelf, item);
    item->used = ++identities->uses;
    item->newer = 0;
    item->older = shelf->newest;
    *(shelf->newest != 0 ? &shelf->items[shelf->newest - 1].newer : &shelf->oldest) = link;
    shelf->newest = link;
}

static void forget(struct identities *identities, enum order order, struct identity *item)
{
    struct shelf *shelf = &identities->shelf[order];
    uint32_t *link = &shelf->bucket[bucket_of(identities, order, item)];
    while (*link != link_of(shelf, item)) {
        link = &shelf->items[*link - 1].next;
    }
    *link = item->next;
    unuse(shelf, item);
    identities->dropped++;
}

/* Where another one of that class finds room: that of the least used of a class that has its share,
 * or of all. */
static struct identity *room_for(struct identities *identities, enum order order,
                                 const struct identity *wanted)
{
    struct shelf *shelf = &identities->shelf[order];
    const struct identity *least = NULL;
    unsigned count = 0;
    for (const struct identity *i = NULL; (i = next_of_class(identities, order, wanted, i)) != NULL;
         count++) {
        least = least == NULL || i->used < least->used ? i : least;
    }
    uint32_t link = count >= IDENTITIES_CHECKED ? link_of(shelf, least) : shelf->oldest;
    if (count < IDENTITIES_CHECKED && shelf->count < IDENTITIES_MAX) {
        return &shelf->items[shelf->count++];
    }
    forget(identities, order, &shelf->items[link - 1]);
    return &shelf->items[link - 1];
}

/* NULL: it is not known. */
static const struct identity *find(const struct identities *identities, enum order order,
                                   const struct identity *wanted)
{
    const struct identity *i = NULL;
    do {
        i = next_of_class(identities, order, wanted, i);
    } while (i != NULL && !is_same_entry(order, i, wanted));
    return i;
}

static void put_on_shelf(struct identities *identities, enum order order,
                         const struct identity *identity)
{
    struct shelf *shelf = &identities->shelf[order];
    const struct identity *known = find(identities, order, identity);
    struct identity *item;
    if (known != NULL) {
        item = &shelf->items[link_of(shelf, known) - 1];
        unuse(shelf, item);
    } else {
        uint32_t *bucket = &shelf->bucket[bucket_of(identities, order, identity)];
        item = room_for(identities, order, identity);
        *item = *identity;
        item->next = *bucket;
        *bucket = link_of(shelf, item);
    }
    use(identities, shelf, item);
}

void identities_learn(struct identities *identities, const struct certificates *certificates,
                      const struct flow_record *record, bool of_server)
{
    struct identity identity;
    if (!read_identity(certificates, record, of_server, &identity)) {
        return;
    }
    identity.serial = ++identities->serial;
    put_on_shelf(identities, BY_END, &identity);
    put_on_shelf(identities, BY_KEY, &identity);
}

void identities_of(const struct identities *identities, const struct certificates *certificates,
                   const struct flow_record *record, bool of_server, struct identity_news *ret_news)
{
    struct identity wanted;
    *ret_news = (struct identity_news){ 0 };
    if (!read_identity(certificates, record, of_server, &wanted)) {
        return;
    }
    const struct identity *at_end = find(identities, BY_END, &wanted);
    const struct identity *of_key = find(identities, BY_KEY, &wanted);
    ret_news->at_end = at_end != NULL && at_end->flow_id == record->id ? at_end : NULL;
    ret_news->of_key = of_key != NULL && of_key->flow_id == record->id ? of_key : NULL;
}

uint64_t identities_dropped(const struct identities *identities)
{
    return identities->dropped;
}

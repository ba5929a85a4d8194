/* analyzers/joins/resumption.c: the table of handshakes, found by flow, by name, and by hosts. */
#include "analyzers/joins/resumption.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "analyzers/tls_certificates.h"
#include "analyzers/tls_session.h"
#include "base/pool.h"
#include "base/text.h"

enum {
    NAMES = 4,        /* names that one handshake was given: id, tickets */
    KEYS = NAMES + 2, /* with its flow and its hosts */
    KEY_FLOW = NAMES,
    KEY_HOSTS = NAMES + 1,
    WORD_SIZE = 32, /* of a state or reason */
    WALK_MAX = 256, /* entries of one chain that are looked at */
    BUCKETS_MAX = 1 << 16,
    DIGEST_HEX = 65,
};

/* Salts of keys, so that a flow is never found by a ticket. */
enum salt { SALT_FLOW = 1, SALT_NAME, SALT_HOSTS };

/* One way to a session: link `i` of session `s` has the number s * KEYS + i. */
struct link {
    uint64_t key;
    uint32_t next, previous; /* links of the same bucket; POOL_NONE = none */
    bool in_use;
};

struct chain {
    char sha256[CERTIFICATES_CHAIN][DIGEST_HEX];
    uint32_t count;
    uint64_t packet, time_us; /* of its first certificate */
    uint8_t from;
};

struct session {
    struct link links[KEYS];
    uint64_t flow_id;
    uint64_t parent;       /* flow of the handshake that it leads back to */
    uint64_t offered[2];   /* session id, ticket; keyed digests, 0 = none */
    uint64_t server_name;  /* hash of the SNI */
    uint32_t older, newer; /* in order of birth */
    struct flow_end client, server;
    struct chain chains[2]; /* server's, client's */
    char state[WORD_SIZE], reason[WORD_SIZE];
    uint8_t names; /* links in use for names */
    bool tls13, resumed, external, known, inherits;
};

struct resumption {
    struct pool sessions;
    struct hash_seed seed;
    uint32_t *buckets; /* links */
    uint32_t mask;
    uint32_t oldest, newest;
    uint32_t last; /* session that was looked for last; POOL_NONE: none */
    uint64_t dropped;
};

enum ov_status resumption_new(uint32_t sessions_max, struct hash_seed seed,
                              struct resumption **ret_resumption)
{
    struct resumption *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return OV_NOMEM;
    }
    uint32_t buckets = 16;
    while (buckets < sessions_max && buckets < BUCKETS_MAX) {
        buckets *= 2;
    }
    r->mask = buckets - 1;
    r->seed = seed;
    r->buckets = calloc(buckets, sizeof *r->buckets);
    if (r->buckets == NULL) {
        free(r);
        return OV_NOMEM;
    }
    pool_init(&r->sessions, sizeof(struct session), sessions_max > 0 ? sessions_max : 1);
    *ret_resumption = r;
    return OV_OK;
}

void resumption_free(struct resumption *r)
{
    if (r != NULL) {
        pool_done(&r->sessions);
        free(r->buckets);
        free(r);
    }
}

static struct session *session_at(const struct resumption *r, uint32_t at)
{
    return pool_at(&r->sessions, at);
}

static struct link *link_at(const struct resumption *r, uint32_t number)
{
    return &session_at(r, number / KEYS)->links[number % KEYS];
}

static uint64_t key_of(const struct resumption *r, enum salt salt, const void *bytes, size_t size)
{
    struct hash_seed seed = r->seed;
    seed.word[0] += (uint64_t)salt;
    return keyed_hash(bytes, size, seed);
}

static void unlink_one(struct resumption *r, uint32_t number)
{
    struct link *link = link_at(r, number);
    if (!link->in_use) {
        return;
    }
    if (link->previous != POOL_NONE) {
        link_at(r, link->previous)->next = link->next;
    } else {
        r->buckets[link->key & r->mask] = link->next;
    }
    if (link->next != POOL_NONE) {
        link_at(r, link->next)->previous = link->previous;
    }
    *link = (struct link){ 0 };
}

static void link_one(struct resumption *r, uint32_t at, unsigned which, uint64_t key)
{
    uint32_t number = at * KEYS + which;
    unlink_one(r, number);
    struct link *link = link_at(r, number);
    uint32_t *head = &r->buckets[key & r->mask];
    *link = (struct link){ .key = key, .next = *head, .in_use = true };
    if (*head != POOL_NONE) {
        link_at(r, *head)->previous = number;
    }
    *head = number;
}

/* The next session under this key after link *number (POOL_NONE = from the start). */
static uint32_t next_under(const struct resumption *r, uint64_t key, uint32_t *number)
{
    *number = *number == POOL_NONE ? r->buckets[key & r->mask] : link_at(r, *number)->next;
    for (unsigned i = 0; i < WALK_MAX && *number != POOL_NONE; i++) {
        if (link_at(r, *number)->key == key) {
            return *number / KEYS;
        }
        *number = link_at(r, *number)->next;
    }
    *number = POOL_NONE;
    return POOL_NONE;
}

static void forget_oldest(struct resumption *r)
{
    uint32_t at = r->oldest;
    struct session *s = session_at(r, at);
    for (unsigned i = 0; i < KEYS; i++) {
        unlink_one(r, at * KEYS + i);
    }
    r->oldest = s->newer;
    if (r->oldest != POOL_NONE) {
        session_at(r, r->oldest)->older = POOL_NONE;
    } else {
        r->newest = POOL_NONE;
    }
    pool_give(&r->sessions, at);
    r->last = r->last == at ? POOL_NONE : r->last;
}

void resumption_restart(struct resumption *r)
{
    while (r->oldest != POOL_NONE) {
        forget_oldest(r);
    }
}

/* What a flow tells comes in a row: most often it is the last one that was asked for. */
static uint32_t find_flow(struct resumption *r, uint64_t flow_id)
{
    if (r->last != POOL_NONE && session_at(r, r->last)->flow_id == flow_id) {
        return r->last;
    }
    uint64_t key = key_of(r, SALT_FLOW, &flow_id, sizeof flow_id);
    uint32_t number = POOL_NONE;
    uint32_t at = next_under(r, key, &number);
    while (at != POOL_NONE && session_at(r, at)->flow_id != flow_id) {
        at = next_under(r, key, &number);
    }
    r->last = at;
    return at;
}

/* A place for the session of a flow; POOL_NONE without memory. */
static uint32_t add_session(struct resumption *r, uint64_t flow_id)
{
    uint32_t at = pool_take(&r->sessions);
    if (at == POOL_NONE && r->oldest != POOL_NONE) {
        r->dropped++;
        forget_oldest(r);
        at = pool_take(&r->sessions);
    }
    if (at == POOL_NONE) {
        r->dropped++;
        return at;
    }
    struct session *s = session_at(r, at);
    s->flow_id = flow_id;
    s->older = r->newest;
    if (r->newest != POOL_NONE) {
        session_at(r, r->newest)->newer = at;
    } else {
        r->oldest = at;
    }
    r->newest = at;
    link_one(r, at, KEY_FLOW, key_of(r, SALT_FLOW, &flow_id, sizeof flow_id));
    return at;
}

static uint64_t name_key(const struct resumption *r, uint64_t digest)
{
    return key_of(r, SALT_NAME, &digest, sizeof digest);
}

static uint64_t hosts_key(const struct resumption *r, const struct session *s)
{
    struct {
        uint8_t client[16], server[16];
        uint64_t port, name;
    } hosts = { .port = s->server.port, .name = s->server_name };
    memcpy(hosts.client, s->client.address.byte, sizeof hosts.client);
    memcpy(hosts.server, s->server.address.byte, sizeof hosts.server);
    return key_of(r, SALT_HOSTS, &hosts, sizeof hosts);
}

/* The handshake that was given this name by the same server; NULL = none that is known. */
static const struct session *find_named(const struct resumption *r, const struct session *child,
                                        uint64_t digest)
{
    uint64_t key = name_key(r, digest);
    uint32_t number = POOL_NONE;
    for (uint32_t at = digest != 0 ? next_under(r, key, &number) : POOL_NONE; at != POOL_NONE;
         at = next_under(r, key, &number)) {
        const struct session *s = session_at(r, at);
        if (s != child && s->known && address_equal(&s->server.address, &child->server.address)) {
            return s;
        }
    }
    return NULL;
}

/* TLS 1.3: the newest full handshake between the same hosts, if all of them came to the same. */
static const struct session *find_hosts(const struct resumption *r, const struct session *child)
{
    uint64_t key = hosts_key(r, child);
    const struct session *found = NULL;
    uint32_t number = POOL_NONE;
    for (uint32_t at = next_under(r, key, &number); at != POOL_NONE;
         at = next_under(r, key, &number)) {
        const struct session *s = session_at(r, at);
        if (!s->known || (found != NULL && strcmp(found->state, s->state) != 0)) {
            return NULL;
        }
        found = found == NULL ? s : found;
    }
    return found;
}

static const struct session *find_parent(const struct resumption *r, const struct session *child)
{
    if (child->tls13) {
        return child->external ? NULL : find_hosts(r, child);
    }
    const struct session *by_id = find_named(r, child, child->offered[0]);
    const struct session *by_ticket = find_named(r, child, child->offered[1]);
    if (by_id != NULL && by_ticket != NULL && by_id->parent != by_ticket->parent) {
        return NULL;
    }
    return by_ticket != NULL ? by_ticket : by_id;
}

/* The handshake of a flow came to a word about mutual authentication. */
static void settle(struct resumption *r, uint32_t at)
{
    struct session *s = session_at(r, at);
    if (!s->resumed) {
        s->parent = s->flow_id;
        s->known = strcmp(s->state, "unknown") != 0 || s->chains[0].count > 0;
        if (s->tls13) {
            link_one(r, at, KEY_HOSTS, hosts_key(r, s));
        }
        return;
    }
    const struct session *parent = find_parent(r, s);
    if (parent != NULL && strcmp(s->reason, "resumed") == 0) {
        s->parent = parent->parent;
        memcpy(s->state, parent->state, sizeof s->state);
        memcpy(s->reason, parent->reason, sizeof s->reason);
        memcpy(s->chains, parent->chains, sizeof s->chains);
        s->known = true;
        s->inherits = true;
    }
}

static void keep_word(char to[static WORD_SIZE], const struct observation *obs)
{
    uint32_t size = obs->text_size < WORD_SIZE - 1 ? obs->text_size : WORD_SIZE - 1;
    memcpy(to, obs->text, size);
    to[size] = '\0';
}

static void keep_certificate(struct chain *chain, const struct observation *obs)
{
    if (obs->index != chain->count || obs->index >= CERTIFICATES_CHAIN ||
        obs->text_size != DIGEST_HEX - 1) {
        return;
    }
    if (chain->count == 0) {
        chain->packet = obs->packet;
        chain->time_us = obs->time_us;
        chain->from = obs->from;
    }
    memcpy(chain->sha256[chain->count], obs->text, DIGEST_HEX - 1);
    chain->sha256[chain->count++][DIGEST_HEX - 1] = '\0';
}

static void take_offer(struct session *s, const struct flow_end end[2],
                       const struct observation *obs)
{
    s->client = end[obs->from];
    s->server = end[1 - obs->from];
    if (obs->index == TLS_SESSION_ID || obs->index == TLS_SESSION_TICKET) {
        s->offered[obs->index - TLS_SESSION_ID] = obs->value;
    }
    s->external |= obs->index == TLS_SESSION_EXTERNAL;
}

static void take(struct resumption *r, uint32_t at, const struct observation *obs)
{
    struct session *s = session_at(r, at);
    switch ((int)obs->kind) {
    case OBS_TLS_SESSION_ISSUED:
        if (s->names < NAMES) {
            link_one(r, at, s->names++, name_key(r, obs->value));
        }
        break;
    case OBS_TLS_SNI:
        s->server_name = key_of(r, SALT_NAME, obs->text, obs->text_size);
        break;
    case OBS_TLS_VERSION:
        s->tls13 = obs->text_size > 4 && memcmp(obs->text + obs->text_size - 4, "v1.3", 4) == 0;
        break;
    case OBS_TLS_RESUMED:
        s->resumed = obs->value != 0;
        break;
    case OBS_SERVER_CERT_SHA256:
        keep_certificate(&s->chains[0], obs);
        break;
    case OBS_CLIENT_CERT_SHA256:
        keep_certificate(&s->chains[1], obs);
        break;
    case OBS_TLS_MTLS_STATE:
        keep_word(s->state, obs);
        break;
    case OBS_TLS_MTLS_REASON:
        keep_word(s->reason, obs);
        settle(r, at);
        break;
    default:
        break;
    }
}

bool resumption_wants(enum observation_kind kind)
{
    static const enum observation_kind kinds[] = {
        OBS_TLS_SESSION_OFFERED, OBS_TLS_SESSION_ISSUED, OBS_TLS_SNI,
        OBS_TLS_VERSION,         OBS_TLS_RESUMED,        OBS_SERVER_CERT_SHA256,
        OBS_CLIENT_CERT_SHA256,  OBS_TLS_MTLS_STATE,     OBS_TLS_MTLS_REASON,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i] == kind) {
            return true;
        }
    }
    return false;
}

void resumption_observe(struct resumption *r, uint64_t flow_id, const struct flow_end end[2],
                        const struct observation *obs)
{
    if (!resumption_wants(obs->kind)) {
        return;
    }
    uint32_t at = find_flow(r, flow_id);
    if (at == POOL_NONE && obs->kind == OBS_TLS_SESSION_OFFERED) {
        at = add_session(r, flow_id);
    }
    if (at == POOL_NONE) {
        return;
    }
    if (obs->kind == OBS_TLS_SESSION_OFFERED) {
        take_offer(session_at(r, at), end, obs);
    } else {
        take(r, at, obs);
    }
}

/* A sink into the facts of a record. */
struct facts_sink {
    struct sink sink; /* first: put casts back */
    struct facts *facts;
};

static void put(struct sink *sink, const struct observation *obs)
{
    facts_put(((struct facts_sink *)sink)->facts, obs);
}

static void put_chain(const struct chain *chain, bool client,
                      const struct certificates *certificates, struct sink *sink)
{
    struct segment seg = { .packet = chain->packet,
                           .time_us = chain->time_us,
                           .from = chain->from };
    certificates_lock(certificates);
    for (uint16_t i = 0; i < chain->count; i++) {
        const struct certificate *c = certificates_find(certificates, chain->sha256[i]);
        if (c != NULL) {
            tls_certificates_describe(&seg, c, client, i, sink);
        }
    }
    certificates_unlock(certificates);
}

void resumption_conclude(struct resumption *r, const struct certificates *certificates,
                         struct flow_record *record)
{
    uint32_t at = find_flow(r, record->id);
    const struct session *s = at != POOL_NONE ? session_at(r, at) : NULL;
    const struct fact *resumed = facts_find(record->facts, OBS_TLS_RESUMED);
    if (s == NULL || !s->inherits || resumed == NULL) {
        return;
    }
    struct segment seg = { .packet = resumed->packet,
                           .time_us = resumed->time_us,
                           .from = resumed->from };
    struct facts_sink to = { .sink = { .put = put }, .facts = record->facts };
    char id[24];
    struct text text = text_into(id, sizeof id);
    text_printf(&text, "f:%016llx", (unsigned long long)s->parent);
    observe_text(&to.sink, &seg, OBS_TLS_MTLS_STATE, s->state, 0);
    observe_text(&to.sink, &seg, OBS_TLS_MTLS_REASON, s->reason, 0);
    observe_text(&to.sink, &seg, OBS_TLS_MTLS_PARENT, id, 0);
    put_chain(&s->chains[0], false, certificates, &to.sink);
    put_chain(&s->chains[1], true, certificates, &to.sink);
}

uint64_t resumption_dropped(const struct resumption *r)
{
    return r->dropped;
}

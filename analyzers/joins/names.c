/* analyzers/joins/names.c: a bounded table of addresses, each with the names it was given. */
#include "analyzers/joins/names.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "analyzers/crypto/trust.h"

struct host {
    struct address address;
    uint32_t next; /* of the same bucket: place + 1 */
    char name[NAMES_EACH][NAMES_SIZE];
};

struct names {
    struct host
        *hosts;        /* owned; most places, used one after another and then anew from the first */
    uint32_t *buckets; /* owned; place + 1 of the first host, 0 = none; mask + 1 of them */
    uint32_t most, mask, count;
    uint32_t oldest; /* the place to be used next once all are */
    uint64_t dropped;
    struct hash_seed seed;
};

enum ov_status names_new(uint32_t addresses_max, struct hash_seed seed, struct names **ret_names)
{
    *ret_names = NULL;
    struct names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        return OV_NOMEM;
    }
    names->seed = seed;
    names->most = addresses_max > 0 ? addresses_max : 1;
    uint32_t buckets = 16;
    while (buckets < names->most && buckets < 1u << 20) {
        buckets *= 2;
    }
    names->mask = buckets - 1;
    names->hosts = calloc(names->most, sizeof *names->hosts); /* untouched pages cost nothing */
    names->buckets = calloc(buckets, sizeof *names->buckets);
    if (names->hosts == NULL || names->buckets == NULL) {
        names_free(names);
        return OV_NOMEM;
    }
    *ret_names = names;
    return OV_OK;
}

void names_free(struct names *names)
{
    if (names != NULL) {
        free(names->hosts);
        free(names->buckets);
        free(names);
    }
}

void names_restart(struct names *names)
{
    memset(names->buckets, 0, ((size_t)names->mask + 1) * sizeof *names->buckets);
    names->count = 0;
    names->oldest = 0;
}

static uint32_t *bucket_of(const struct names *names, const struct address *address)
{
    uint64_t hash = keyed_hash(address->byte, sizeof address->byte, names->seed);
    return &names->buckets[hash & names->mask];
}

static struct host *find(const struct names *names, const struct address *address)
{
    uint32_t place = *bucket_of(names, address);
    while (place != 0 && !address_equal(&names->hosts[place - 1].address, address)) {
        place = names->hosts[place - 1].next;
    }
    return place != 0 ? &names->hosts[place - 1] : NULL;
}

static void forget(struct names *names, uint32_t place)
{
    uint32_t *at = bucket_of(names, &names->hosts[place - 1].address);
    while (*at != place) {
        at = &names->hosts[*at - 1].next;
    }
    *at = names->hosts[place - 1].next;
    names->dropped++;
}

static struct host *add(struct names *names, const struct address *address)
{
    uint32_t place;
    if (names->count < names->most) {
        place = ++names->count;
    } else {
        place = names->oldest + 1;
        names->oldest = place % names->most;
        forget(names, place);
    }
    struct host *host = &names->hosts[place - 1];
    uint32_t *bucket = bucket_of(names, address);
    *host = (struct host){ .address = *address, .next = *bucket };
    *bucket = place;
    return host;
}

static void add_name(struct names *names, struct host *host, const char *name, uint32_t size)
{
    for (unsigned i = 0; i < NAMES_EACH; i++) {
        char *its = host->name[i];
        if (its[0] == '\0') {
            memcpy(its, name, size);
            its[size] = '\0';
            return;
        }
        if (strlen(its) == size && memcmp(its, name, size) == 0) {
            return;
        }
    }
    names->dropped++;
}

void names_observe(struct names *names, const struct observation *obs)
{
    if (names == NULL || obs->kind != OBS_DNS_ADDRESS) {
        return;
    }
    const char *space = memchr(obs->text, ' ', obs->text_size);
    struct address address;
    if (space == NULL || !address_parse(obs->text, (uint32_t)(space - obs->text), &address)) {
        return;
    }
    uint32_t size = obs->text_size - (uint32_t)(space + 1 - obs->text);
    if (size == 0 || size >= NAMES_SIZE) {
        names->dropped += size > 0;
        return;
    }
    struct host *host = find(names, &address);
    add_name(names, host != NULL ? host : add(names, &address), space + 1, size);
}

const char *names_of(const struct names *names, const struct address *address, unsigned nth)
{
    const struct host *host = names != NULL ? find(names, address) : NULL;
    bool there = host != NULL && nth < NAMES_EACH && host->name[nth][0] != '\0';
    return there ? host->name[nth] : NULL;
}

static void put(struct flow_record *record, enum observation_kind kind, const char *text,
                const struct fact *leaf)
{
    struct observation obs = {
        .kind = kind,
        .from = leaf->from,
        .text = text,
        .text_size = (uint32_t)strlen(text),
        .packet = leaf->packet,
        .time_us = leaf->time_us,
    };
    facts_put(record->facts, &obs);
}

/* RFC 5922 7.2. An outbound proxy that was set up by hand bears another name: only that it bears
 * this one says something. */
static void compare_with_sip(const struct certificates *certificates, struct flow_record *record,
                             const struct fact *leaf)
{
    const struct fact *domain = facts_find(record->facts, OBS_SIP_DOMAIN);
    bool opened = facts_true(record->facts, OBS_SIP_DECRYPTED);
    if (domain == NULL || !opened || domain->from == flow_server(record)) {
        return;
    }
    certificates_lock(certificates);
    enum trust_name result = trust_name_check(certificates, facts_text(record->facts, leaf),
                                              facts_text(record->facts, domain), NULL);
    certificates_unlock(certificates);
    if (result == TRUST_NAME_MATCH) {
        put(record, OBS_TLS_SERVER_TRUST_NAME, "match", leaf);
        put(record, OBS_TLS_SERVER_TRUST_NAME_FROM, "sip", leaf);
    }
}

static void compare_with_dns(const struct names *names, const struct certificates *certificates,
                             struct flow_record *record, const struct fact *leaf)
{
    const struct address *server = &record->side[flow_server(record)].address;
    bool match = false, known = false;
    certificates_lock(certificates);
    for (unsigned i = 0; !match && names_of(names, server, i) != NULL; i++) {
        enum trust_name result = trust_name_check(certificates, facts_text(record->facts, leaf),
                                                  names_of(names, server, i), NULL);
        match = result == TRUST_NAME_MATCH;
        known |= result != TRUST_NAME_UNKNOWN;
    }
    certificates_unlock(certificates);
    if (known) {
        put(record, OBS_TLS_SERVER_TRUST_NAME, match ? "match" : "mismatch", leaf);
        put(record, OBS_TLS_SERVER_TRUST_NAME_FROM, "dns", leaf);
    }
}

void names_conclude(const struct names *names, const struct certificates *certificates,
                    struct flow_record *record)
{
    const struct address *server = &record->side[flow_server(record)].address;
    const struct fact *first = facts_find_at(record->facts, OBS_SERVER_CERT_SHA256, 0, 0);
    if (first == NULL || facts_find(record->facts, OBS_TLS_SNI) != NULL) {
        return;
    }
    const struct fact leaf = *first; /* putting facts moves them */
    if (names_of(names, server, 0) != NULL) {
        compare_with_dns(names, certificates, record, &leaf);
    } else {
        compare_with_sip(certificates, record, &leaf);
    }
}

uint64_t names_dropped(const struct names *names)
{
    return names->dropped;
}

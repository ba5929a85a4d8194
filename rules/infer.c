/* rules/infer.c: grounds for roles, kept per address. */
#include "rules/infer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/keyed_hash.h"
#include "rules/lookup.h"

enum ground { /* the strongest first: it decides and is named */
              GROUND_MEDIATION_AGENT,
              GROUND_REGISTRAR,
              GROUND_SERVER_AGENT,
              GROUND_TLS_LISTENER,
              GROUND_CERTIFICATE,
              GROUND_WEB_PATHS,
              GROUND_CLIENT_AGENT,
              GROUND_SENT_REGISTER,
              GROUND_COUNT,
};

enum kind_of_role { KIND_MEDIATION, KIND_FRONT_END, KIND_CLIENT };

static const struct {
    enum kind_of_role kind;
    const char *text;
} grounds[GROUND_COUNT] = {
    [GROUND_MEDIATION_AGENT] = { KIND_MEDIATION, "calls itself MediationServer" },
    [GROUND_REGISTRAR] = { KIND_FRONT_END, "answered REGISTER" },
    [GROUND_SERVER_AGENT] = { KIND_FRONT_END, "calls itself a server (RTC/)" },
    [GROUND_TLS_LISTENER] = { KIND_FRONT_END, "listens for TLS on port 5061" },
    [GROUND_CERTIFICATE] = { KIND_FRONT_END, "presented a client certificate on port 5061" },
    [GROUND_WEB_PATHS] = { KIND_FRONT_END, "serves the web paths of a Front End" },
    [GROUND_CLIENT_AGENT] = { KIND_CLIENT, "calls itself a client" },
    [GROUND_SENT_REGISTER] = { KIND_CLIENT, "sent REGISTER" },
};

struct inferred {
    struct address address;
    unsigned grounds; /* bits: 1 << enum ground */
};

struct infer {
    const struct policy *policy; /* borrowed */
    struct hash_seed seed;
    struct lookup by_address;
    struct inferred *items; /* owned */
    uint32_t count, capacity;
    uint64_t dropped;
};

enum ov_status infer_new(const struct policy *policy, struct infer **ret_infer)
{
    struct infer *infer = calloc(1, sizeof *infer);
    if (infer == NULL) {
        return OV_NOMEM;
    }
    infer->policy = policy;
    infer->seed = hash_seed_random();
    *ret_infer = infer;
    return OV_OK;
}

void infer_free(struct infer *infer)
{
    if (infer != NULL) {
        lookup_done(&infer->by_address);
        free(infer->items);
        free(infer);
    }
}

static struct inferred *find(const struct infer *infer, const struct address *address)
{
    uint64_t key = keyed_hash(address->byte, sizeof address->byte, infer->seed);
    uint32_t i = lookup_find(&infer->by_address, key);
    bool found = i != LOOKUP_NONE && address_equal(&infer->items[i].address, address);
    return found ? &infer->items[i] : NULL;
}

static bool grow(struct infer *infer)
{
    uint32_t capacity = infer->capacity == 0 ? 64 : infer->capacity * 2;
    struct inferred *items = realloc(infer->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    infer->items = items;
    infer->capacity = capacity;
    return true;
}

static void add(struct infer *infer, const struct address *address, enum ground ground)
{
    struct inferred *known = find(infer, address);
    if (known != NULL) {
        known->grounds |= 1u << ground;
        return;
    }
    uint64_t key = keyed_hash(address->byte, sizeof address->byte, infer->seed);
    if (infer->count == INFER_MAX || lookup_find(&infer->by_address, key) != LOOKUP_NONE ||
        (infer->count == infer->capacity && !grow(infer)) ||
        !lookup_add(&infer->by_address, key, infer->count)) {
        infer->dropped++;
        return;
    }
    infer->items[infer->count++] = (struct inferred){ *address, 1u << ground };
}

static bool begins_with(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* What a User-Agent or Server header says of its sender. Proxies pass on the headers of others, so
 * a client's words never outweigh what a server does. */
static void learn_agents(struct infer *infer, const struct flow_record *record)
{
    static const char *const clients[] = { "UCCAPI/", "UCCP/", "OC/", "RTCC/" };
    const struct facts *facts = record->facts;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_SIP_USER_AGENT, f)) != NULL;) {
        const char *agent = facts_text(facts, f);
        const struct address *sender = &record->side[f->from & 1].address;
        if (strstr(agent, "MediationServer") != NULL) {
            add(infer, sender, GROUND_MEDIATION_AGENT);
        } else if (begins_with(agent, "RTC/")) {
            add(infer, sender, GROUND_SERVER_AGENT);
        }
        for (unsigned i = 0; i < sizeof clients / sizeof *clients; i++) {
            if (begins_with(agent, clients[i])) {
                add(infer, sender, GROUND_CLIENT_AGENT);
            }
        }
    }
}

static void learn_register(struct infer *infer, const struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const struct fact *registrar = facts_find(facts, OBS_SIP_REGISTRAR);
    if (registrar != NULL) {
        add(infer, &record->side[registrar->value & 1].address, GROUND_REGISTRAR);
    }
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_SIP_METHOD, f)) != NULL;) {
        if (strcmp(facts_text(facts, f), "REGISTER") == 0) {
            add(infer, &record->side[f->from & 1].address, GROUND_SENT_REGISTER);
        }
    }
}

/* A ServerHello on port 5061, and who proved to own a certificate to that port. */
static void learn_tls(struct infer *infer, const struct flow_record *record)
{
    enum { SIPS_PORT = 5061 };
    const struct flow_end *server = &record->side[flow_server(record)];
    if (record->l4 == 6 && server->port == SIPS_PORT &&
        facts_find(record->facts, OBS_TLS_VERSION) != NULL) {
        add(infer, &server->address, GROUND_TLS_LISTENER);
        if (facts_is(record->facts, OBS_TLS_CLIENT_CERTIFICATE, "presented")) {
            add(infer, &record->side[record->client].address, GROUND_CERTIFICATE);
        }
    }
}

/* Only paths that nothing else on the web is likely to have. */
static void learn_paths(struct infer *infer, const struct flow_record *record)
{
    static const char *const paths[] = { "/abs/handler",     "/abs/int/",      "/abs/ext/",
                                         "/groupexpansion/", "/datacollabweb", "/etc/place/null",
                                         "/webticket/" };
    const struct facts *facts = record->facts;
    const struct flow_end *server = &record->side[flow_server(record)];
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_HTTP_PATH, f)) != NULL;) {
        for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
            if (begins_with(facts_text(facts, f), paths[i])) {
                add(infer, &server->address, GROUND_WEB_PATHS);
            }
        }
        bool internal = policy_zone_at(infer->policy, &server->address) == ZONE_INTERNAL;
        if (internal && begins_with(facts_text(facts, f), "/abs/")) {
            add(infer, &server->address, GROUND_WEB_PATHS);
        }
    }
}

void infer_learn(struct infer *infer, const struct flow_record *record)
{
    learn_agents(infer, record);
    learn_register(infer, record);
    learn_tls(infer, record);
    learn_paths(infer, record);
}

static enum ground strongest(const struct inferred *known)
{
    unsigned i = 0;
    while (i < GROUND_COUNT - 1 && (known->grounds >> i & 1) == 0) {
        i++;
    }
    return (enum ground)i;
}

static uint64_t roles_of(const struct infer *infer, const struct inferred *known,
                         enum ground ground)
{
    bool external = policy_zone_at(infer->policy, &known->address) == ZONE_EXTERNAL;
    switch (grounds[ground].kind) {
    case KIND_MEDIATION:
        return role_bit(ROLE_MEDIATION);
    case KIND_FRONT_END:
        return role_bit(ROLE_FRONT_END);
    case KIND_CLIENT:
        break;
    }
    return role_bit(external ? ROLE_CLIENT_EXTERNAL : ROLE_CLIENT_INTERNAL);
}

uint64_t infer_roles(const struct infer *infer, const struct address *address,
                     const char **ret_ground)
{
    const struct inferred *known = find(infer, address);
    *ret_ground = NULL;
    if (known == NULL) {
        return 0;
    }
    enum ground ground = strongest(known);
    *ret_ground = grounds[ground].text;
    return roles_of(infer, known, ground);
}

bool infer_at(const struct infer *infer, uint32_t i, struct address *ret_address,
              uint64_t *ret_roles, const char **ret_ground)
{
    if (i >= infer->count) {
        return false;
    }
    *ret_address = infer->items[i].address;
    *ret_roles = infer_roles(infer, ret_address, ret_ground);
    return true;
}

uint64_t infer_dropped(const struct infer *infer)
{
    return infer->dropped;
}

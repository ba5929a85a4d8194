/* rules/policy_places.c: the sections zones, roles and trust of a policy. */
#include <string.h>

#include "rules/policy_reader.h"

static uint32_t items_in_map(const struct policy_node *map)
{
    uint32_t count = 0;
    for (uint32_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
        count += policy_reader_count(map->items[2 * (size_t)i + 1]);
    }
    return count > POLICY_VISITS_MAX ? POLICY_VISITS_MAX : count;
}

/* A file's zones replace those of what it extends: "what is in none is external". */
void policy_places_zones(struct policy_reader *reader, const struct policy_node *map)
{
    static const char *const words[] = { "internal", "perimeter", "external", NULL };
    if (map == NULL || !policy_reader_map(reader, map, words, NULL)) {
        return;
    }
    struct policy *policy = reader->policy;
    policy->zone_count = 0;
    uint32_t most = items_in_map(map);
    policy->zones = policy_reader_room(reader, NULL, 0, most, sizeof *policy->zones);
    for (uint32_t zone = 0; policy->zones != NULL && zone < ZONE_COUNT; zone++) {
        const struct policy_node *list = policy_reader_get(map, words[zone]);
        const struct policy_node *item = NULL;
        for (uint32_t i = 0; list != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
             i++) {
            struct zone_network z = { .zone = (enum zone)zone };
            if (policy_reader_network(reader, item, &z.network) && policy->zone_count < most) {
                policy->zones[policy->zone_count++] = z;
            }
        }
    }
}

static void read_role_networks(struct policy_reader *reader, const struct policy_node *key,
                               const struct policy_node *list, uint32_t most)
{
    struct policy *policy = reader->policy;
    uint64_t roles = policy_reader_role(reader, key);
    const struct policy_node *item = NULL;
    for (uint32_t i = 0; (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        struct role_network r = { .roles = roles };
        if (policy_reader_network(reader, item, &r.network) && roles != 0 &&
            policy->role_network_count < most) {
            policy->role_networks[policy->role_network_count++] = r;
        }
    }
}

void policy_places_roles(struct policy_reader *reader, const struct policy_node *map)
{
    char found[64];
    if (map == NULL) {
        return;
    }
    if (map->kind != NODE_MAP) {
        policy_reader_error(reader, map, "found %s, expected a map from roles to networks",
                            policy_reader_found(map, found));
        return;
    }
    struct policy *policy = reader->policy;
    uint32_t extra = items_in_map(map);
    policy->role_networks =
        policy_reader_room(reader, policy->role_networks, policy->role_network_count, extra,
                           sizeof *policy->role_networks);
    uint32_t most = policy->role_network_count + extra;
    for (size_t i = 0; policy->role_networks != NULL && i < map->count; i++) {
        read_role_networks(reader, map->items[2 * i], map->items[2 * i + 1], most);
    }
}

static const char *const *read_paths(struct policy_reader *reader, const struct policy_node *list)
{
    const char **paths =
        policy_reader_room(reader, NULL, 0, policy_reader_count(list) + 1, sizeof *paths);
    const struct policy_node *item = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; paths != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        const char *text = policy_reader_text(reader, item);
        if (text != NULL) {
            paths[count++] = policy_reader_path(reader, text);
        }
    }
    return paths;
}

static void read_set(struct policy_reader *reader, const struct policy_node *name,
                     const struct policy_node *map)
{
    static const char *const keys[] = { "ca", "crl", "pin", NULL };
    char found[64];
    if (policy_trust(reader->policy, name->text) != NULL) {
        policy_reader_error(reader, name, "found trust set %s a second time, expected it once",
                            policy_reader_found(name, found));
        return;
    }
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    const struct policy_node *ca = policy_reader_get(map, "ca");
    const struct policy_node *crl = policy_reader_get(map, "crl");
    const struct policy_node *pin = policy_reader_get(map, "pin");
    if (ca == NULL && pin == NULL) {
        policy_reader_error(reader, map, "found a trust set without 'ca' and 'pin', expected one");
        return;
    }
    const char *ca_text = ca == NULL ? NULL : policy_reader_text(reader, ca);
    const char *ca_path = ca_text == NULL ? NULL : policy_reader_path(reader, ca_text);
    const char *const *crl_paths = crl == NULL ? NULL : read_paths(reader, crl);
    const char *const *pins = policy_reader_texts(reader, pin);
    struct policy_trust *trust = &reader->policy->trusts[reader->policy->trust_count];
    char error[256] = "";
    if ((ca != NULL && ca_text == NULL) || reader->status != OV_OK) {
        return;
    }
    enum ov_status status = trust_set_new(ca_path, crl_paths, pins, &trust->set, error);
    if (status == OV_NOMEM) {
        reader->status = OV_NOMEM;
    } else if (status != OV_OK) {
        policy_reader_error(reader, ca != NULL ? ca : pin,
                            "found a trust set that cannot be used (%s), expected readable "
                            "certificates, CRLs and pins",
                            error);
    } else {
        trust->name = policy_reader_copy(reader, name->text);
        reader->policy->trust_count++;
    }
}

void policy_places_trust(struct policy_reader *reader, const struct policy_node *map)
{
    char found[64];
    if (map == NULL) {
        return;
    }
    if (map->kind != NODE_MAP) {
        policy_reader_error(reader, map, "found %s, expected a map from names to trust sets",
                            policy_reader_found(map, found));
        return;
    }
    struct policy *policy = reader->policy;
    policy->trusts = policy_reader_room(reader, policy->trusts, policy->trust_count, map->count,
                                        sizeof *policy->trusts);
    for (size_t i = 0; policy->trusts != NULL && i < map->count; i++) {
        const struct policy_node *name = map->items[2 * i];
        if (name->kind != NODE_TEXT || name->text[0] == '\0') {
            policy_reader_error(reader, name, "found %s, expected the name of a trust set",
                                policy_reader_found(name, found));
            continue;
        }
        read_set(reader, name, map->items[2 * i + 1]);
    }
}

void policy_places_resolvers(struct policy_reader *reader, const struct policy_node *list)
{
    struct policy *policy = reader->policy;
    struct network network;
    if (list == NULL) {
        return;
    }
    policy->resolvers = policy_reader_room(reader, policy->resolvers, policy->resolver_count,
                                           policy_reader_count(list), sizeof *policy->resolvers);
    const struct policy_node *item = NULL;
    for (uint32_t i = 0;
         policy->resolvers != NULL && (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        if (policy_reader_endpoint(reader, item, &network)) {
            policy->resolvers[policy->resolver_count++] = network.address;
        }
    }
}

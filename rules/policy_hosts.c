/* rules/policy_hosts.c: the section hosts of a policy. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/policy_reader.h"

static void read_addresses(struct policy_reader *reader, const struct policy_node *list,
                           struct policy_host *host)
{
    struct network *networks =
        policy_reader_room(reader, NULL, 0, policy_reader_count(list), sizeof *networks);
    const struct policy_node *item = NULL;
    host->networks = networks;
    for (uint32_t i = 0; networks != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        struct policy *policy = reader->policy;
        struct network *n = &networks[host->network_count];
        if (!policy_reader_endpoint(reader, item, n)) {
            continue;
        }
        host->network_count++;
        policy->entries[policy->entry_count] = (struct host_entry){
            .address = n->address,
            .port = n->port,
            .host = policy->host_count,
            .order = policy->entry_count,
            .where = item,
        };
        policy->entry_count++;
    }
}

static uint64_t read_roles(struct policy_reader *reader, const struct policy_node *list)
{
    const struct policy_node *item = NULL;
    uint64_t roles = 0;
    for (uint32_t i = 0; (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        roles |= policy_reader_role(reader, item);
    }
    return roles;
}

static enum trunk read_trunk(struct policy_reader *reader, const struct policy_node *node)
{
    static const char *const words[] = { "private", "vpn", "public", NULL };
    static const enum trunk trunks[] = { TRUNK_PRIVATE, TRUNK_VPN, TRUNK_PUBLIC };
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            return trunks[i];
        }
    }
    policy_reader_unknown(reader, node, "trunk class", words);
    return TRUNK_UNKNOWN;
}

static void read_links(struct policy_reader *reader, const struct policy_node *list,
                       struct policy_host *host)
{
    struct network *links =
        policy_reader_room(reader, NULL, 0, policy_reader_count(list), sizeof *links);
    const struct policy_node *item = NULL;
    host->links = links;
    for (uint32_t i = 0; links != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        host->link_count += policy_reader_network(reader, item, &links[host->link_count]) ? 1 : 0;
    }
}

static void read_trust(struct policy_reader *reader, const struct policy_node *node,
                       struct policy_host *host)
{
    char found[64];
    const char *name = policy_reader_text(reader, node);
    if (name != NULL && policy_trust(reader->policy, name) == NULL) {
        policy_reader_error(reader, node, "found trust set %s, expected one that 'trust' defines",
                            policy_reader_found(node, found));
        return;
    }
    host->trust = name;
}

static void read_host(struct policy_reader *reader, const struct policy_node *map)
{
    static const char *const keys[] = { "name", "address", "role", "trust", "trunk", "link", NULL };
    struct policy_host host = { .name = NULL };
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    const struct policy_node *name = policy_reader_get(map, "name");
    const struct policy_node *address = policy_reader_get(map, "address");
    const struct policy_node *role = policy_reader_get(map, "role");
    const struct policy_node *trust = policy_reader_get(map, "trust");
    const struct policy_node *trunk = policy_reader_get(map, "trunk");
    const struct policy_node *link = policy_reader_get(map, "link");
    if (name == NULL || address == NULL) {
        policy_reader_error(reader, map, "found a host without '%s', expected name and address",
                            name == NULL ? "name" : "address");
        return;
    }
    host.name = policy_reader_text(reader, name);
    read_addresses(reader, address, &host);
    host.roles = role == NULL ? 0 : read_roles(reader, role);
    host.trunk = trunk == NULL ? TRUNK_UNKNOWN : read_trunk(reader, trunk);
    if (trust != NULL) {
        read_trust(reader, trust, &host);
    }
    if (link != NULL) {
        read_links(reader, link, &host);
    }
    reader->policy->hosts[reader->policy->host_count++] = host;
}

/* An address (with the same port) may be in one entry only: later ones are errors. */
static void check_twice(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    policy_sort(policy);
    for (uint32_t i = 1; i < policy->entry_count; i++) {
        const struct host_entry *before = &policy->entries[i - 1], *e = &policy->entries[i];
        if (e->port == before->port && address_equal(&e->address, &before->address) &&
            e->where != NULL) {
            const char *name = policy->hosts[before->host].name;
            policy_reader_error(reader, e->where,
                                "found '%s' a second time (host '%s' has it), expected each "
                                "address in one entry, or in one entry per port",
                                e->where->text, name == NULL ? "" : name);
        }
    }
    for (uint32_t i = 0; i < policy->entry_count; i++) {
        policy->entries[i].where = NULL;
    }
}

static uint32_t count_addresses(const struct policy_node *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count && count < POLICY_VISITS_MAX; i++) {
        const struct policy_node *address = policy_reader_get(list->items[i], "address");
        count += address == NULL ? 0 : policy_reader_count(address);
    }
    return count > POLICY_VISITS_MAX ? POLICY_VISITS_MAX : count;
}

void policy_hosts_read(struct policy_reader *reader, const struct policy_node *list)
{
    char found[64];
    struct policy *policy = reader->policy;
    if (list == NULL) {
        return;
    }
    if (list->kind != NODE_LIST) {
        policy_reader_error(reader, list, "found %s, expected a list of hosts",
                            policy_reader_found(list, found));
        return;
    }
    policy->hosts = policy_reader_room(reader, policy->hosts, policy->host_count, list->count,
                                       sizeof *policy->hosts);
    policy->entries = policy_reader_room(reader, policy->entries, policy->entry_count,
                                         count_addresses(list), sizeof *policy->entries);
    const struct policy_node *item = NULL;
    for (uint32_t i = 0; policy->hosts != NULL && policy->entries != NULL &&
                         (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        read_host(reader, item);
    }
    if (policy->entries != NULL) {
        check_twice(reader);
    }
}

static uint32_t count_links(const struct policy *policy)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < policy->host_count; i++) {
        const struct policy_host *host = &policy->hosts[i];
        count += host->trunk == TRUNK_PRIVATE ? host->network_count + host->link_count : 0;
    }
    return count;
}

static int compare_names(const void *left, const void *right)
{
    const struct host_name *a = left, *b = right;
    int order = strcasecmp(a->name, b->name);
    return order != 0 ? order : (a->host > b->host) - (a->host < b->host);
}

static void sort_names(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    policy->names = policy_reader_room(reader, NULL, 0, policy->host_count, sizeof *policy->names);
    policy->name_count = 0;
    for (uint32_t i = 0; policy->names != NULL && i < policy->host_count; i++) {
        if (policy->hosts[i].name != NULL) {
            policy->names[policy->name_count++] =
                (struct host_name){ .name = policy->hosts[i].name, .host = i };
        }
    }
    if (policy->name_count > 1) {
        qsort(policy->names, policy->name_count, sizeof *policy->names, compare_names);
    }
}

/* The gateway itself is on its link, whether a subnet is named or not. */
void policy_hosts_finish(struct policy_reader *reader)
{
    struct policy *policy = reader->policy;
    sort_names(reader);
    policy->links = policy_reader_room(reader, NULL, 0, count_links(policy), sizeof *policy->links);
    for (uint32_t i = 0; policy->links != NULL && i < policy->host_count; i++) {
        const struct policy_host *host = &policy->hosts[i];
        if (host->trunk != TRUNK_PRIVATE) {
            continue;
        }
        for (uint32_t k = 0; k < host->network_count; k++) {
            policy->links[policy->link_count++] = host->networks[k];
        }
        for (uint32_t k = 0; k < host->link_count; k++) {
            policy->links[policy->link_count++] = host->links[k];
        }
    }
}

/* rules/policy_model.h: inside of struct policy, for the files that build it and look into it. */
#ifndef OVERT_RULES_POLICY_MODEL_H
#define OVERT_RULES_POLICY_MODEL_H

#include "rules/policy.h"

struct policy_node; /* rules/policy_reader.h */

struct zone_network {
    struct network network;
    enum zone zone;
};

struct role_network {
    struct network network;
    uint64_t roles;
};

/* One address of one host, for lookup. */
struct host_entry {
    struct address address;
    uint16_t port;                   /* 0 = any */
    uint32_t host;                   /* in policy.hosts */
    uint32_t order;                  /* as read */
    const struct policy_node *where; /* only while the file is being read */
};

/* One name of a host, for lookup. */
struct host_name {
    const char *name;
    uint32_t host; /* in policy.hosts */
};

struct policy {
    struct arena arena; /* owns all texts and arrays below */
    const char *name;
    bool builtin;
    struct policy_settings settings;
    const struct strength_profile *strength; /* never NULL once read */
    const struct strength_profile *fips;     /* where settings.fips is on, else NULL */
    struct policy_row *rows;
    struct policy_host *hosts;
    struct zone_network *zones;
    struct role_network *role_networks;
    struct policy_trust *trusts;
    struct network *links;     /* of gateways whose trunk is private */
    struct address *resolvers; /* trusted */
    struct policy_waiver *waivers;
    bool has_trusted_servers;
    struct host_entry *entries; /* by address, port, order after policy_sort */
    struct host_name *names;    /* of hosts, by name: policy_hosts_finish */
    uint32_t row_count, host_count, zone_count, role_network_count, trust_count, entry_count;
    uint32_t link_count, resolver_count, waiver_count, name_count;
};

enum { POLICY_MEMORY_MAX = 64 * 1024 * 1024 }; /* bytes one policy may take */

/* An empty policy with the default settings; NULL without memory. */
struct policy *policy_new(void);
/* Arena room for count + extra items of `size` bytes with the first count copied; NULL at the cap.
 */
void *policy_room(struct policy *policy, const void *items, uint32_t count, uint32_t extra,
                  size_t size);
/* Orders entries, zones and role networks for lookup. Call when all is read. */
void policy_sort(struct policy *policy);
/* The first entry of this address, any port, and how many follow it. */
const struct host_entry *policy_entries_of(const struct policy *policy,
                                           const struct address *address, uint32_t *ret_count);

#endif

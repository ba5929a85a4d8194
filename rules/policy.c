/* rules/policy.c: the policy model: looking up hosts, roles, zones and rows. */
#include "rules/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "rules/policy_model.h"

struct policy *policy_new(void)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL) {
        return NULL;
    }
    arena_init(&policy->arena, POLICY_MEMORY_MAX);
    policy->name = "";
    policy->settings = (struct policy_settings){
        .table_edition = "lync-2010",
        .im_tls = true,
        .accept_inferred_mtls = true,
        .encryption_level = "required",
        .msmq_policy = "advisory",
        .um_security = "secured",
    };
    return policy;
}

void policy_free(struct policy *policy)
{
    if (policy == NULL) {
        return;
    }
    for (uint32_t i = 0; i < policy->trust_count; i++) {
        trust_set_free(policy->trusts[i].set);
    }
    arena_done(&policy->arena);
    free(policy);
}

void *policy_room(struct policy *policy, const void *items, uint32_t count, uint32_t extra,
                  size_t size)
{
    void *room = arena_take(&policy->arena, ((size_t)count + extra) * size);
    if (room != NULL && count > 0) {
        memcpy(room, items, count * size);
    }
    return room;
}

static int compare_entries(const void *left, const void *right)
{
    const struct host_entry *a = left, *b = right;
    int order = memcmp(a->address.byte, b->address.byte, sizeof a->address.byte);
    if (order != 0) {
        return order;
    }
    if (a->port != b->port) {
        return a->port < b->port ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Longest prefix first; equal prefixes keep a fixed order by address. */
static int compare_networks(const struct network *a, const struct network *b)
{
    if (a->bits != b->bits) {
        return a->bits > b->bits ? -1 : 1;
    }
    return memcmp(a->address.byte, b->address.byte, sizeof a->address.byte);
}

static int compare_zones(const void *left, const void *right)
{
    const struct zone_network *a = left, *b = right;
    return compare_networks(&a->network, &b->network);
}

static int compare_role_networks(const void *left, const void *right)
{
    const struct role_network *a = left, *b = right;
    return compare_networks(&a->network, &b->network);
}

static void sort(void *items, uint32_t count, size_t size,
                 int (*compare)(const void *, const void *))
{
    if (count > 1) {
        qsort(items, count, size, compare);
    }
}

void policy_sort(struct policy *policy)
{
    sort(policy->entries, policy->entry_count, sizeof *policy->entries, compare_entries);
    sort(policy->zones, policy->zone_count, sizeof *policy->zones, compare_zones);
    sort(policy->role_networks, policy->role_network_count, sizeof *policy->role_networks,
         compare_role_networks);
}

const struct host_entry *policy_entries_of(const struct policy *policy,
                                           const struct address *address, uint32_t *ret_count)
{
    uint32_t low = 0, high = policy->entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct host_entry *e = &policy->entries[middle];
        if (memcmp(e->address.byte, address->byte, sizeof address->byte) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t count = 0;
    while (low + count < policy->entry_count &&
           address_equal(&policy->entries[low + count].address, address)) {
        count++;
    }
    *ret_count = count;
    return count > 0 ? &policy->entries[low] : NULL;
}

const struct policy_host *policy_host_named(const struct policy *policy, const char *name,
                                            uint32_t i)
{
    uint32_t low = 0, high = policy->name_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcasecmp(policy->names[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low += i;
    bool found = low < policy->name_count && strcasecmp(policy->names[low].name, name) == 0;
    return found ? &policy->hosts[policy->names[low].host] : NULL;
}

const struct policy_host *policy_host_at(const struct policy *policy, const struct flow_end *end)
{
    uint32_t count;
    const struct host_entry *entries = policy_entries_of(policy, &end->address, &count);
    const struct host_entry *found = NULL;
    for (uint32_t i = 0; i < count; i++) {
        bool exact = entries[i].port != 0 && entries[i].port == end->port;
        if (exact || (entries[i].port == 0 && found == NULL)) {
            found = &entries[i];
        }
    }
    return found == NULL ? NULL : &policy->hosts[found->host];
}

/* The i-th network of items that begin with one. */
static const struct network *network_at(const void *items, uint32_t i, size_t size)
{
    return (const struct network *)(const void *)((const char *)items + (size_t)i * size);
}

/* The address without what is behind the prefix. */
static struct address mask(const struct address *address, uint8_t bits)
{
    struct address masked = { { 0 } };
    unsigned whole = bits / 8, rest = bits % 8;
    memcpy(masked.byte, address->byte, whole);
    if (rest > 0) {
        masked.byte[whole] = (uint8_t)(address->byte[whole] & 0xff00 >> rest);
    }
    return masked;
}

/* First of the items low to high - 1, all of one prefix length, whose address is not below wanted.
 */
static uint32_t lower_bound(const void *items, uint32_t low, uint32_t high, size_t size,
                            const struct address *wanted)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct network *n = network_at(items, middle, size);
        if (memcmp(n->address.byte, wanted->byte, sizeof wanted->byte) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Few items are looked at one by one. */
static uint32_t scan_networks(const void *items, uint32_t count, size_t size,
                              const struct address *address)
{
    uint32_t i = 0;
    for (; i < count; i++) {
        const struct network *n = network_at(items, i, size);
        if (address_in(address, &n->address, n->bits)) {
            break;
        }
    }
    return i;
}

/* Of items in the order of policy_sort, each beginning with its network, the first that holds the
 * address; count when none does. One search for each prefix length in use. */
static uint32_t find_network(const void *items, uint32_t count, size_t size,
                             const struct address *address)
{
    enum { FEW = 32 };
    if (count <= FEW) {
        return scan_networks(items, count, size, address);
    }
    for (uint32_t start = 0; start < count;) {
        uint8_t bits = network_at(items, start, size)->bits;
        uint32_t low = start, end = count;
        while (low < end) { /* end: behind the last of this length */
            uint32_t middle = low + (end - low) / 2;
            if (network_at(items, middle, size)->bits == bits) {
                low = middle + 1;
            } else {
                end = middle;
            }
        }
        struct address wanted = mask(address, bits);
        uint32_t i = lower_bound(items, start, low, size, &wanted);
        if (i < low && address_equal(&network_at(items, i, size)->address, &wanted)) {
            return i;
        }
        start = low;
    }
    return count;
}

bool policy_has_trusted_servers(const struct policy *policy)
{
    return policy->has_trusted_servers;
}

uint32_t policy_waiver_count(const struct policy *policy)
{
    return policy->waiver_count;
}

const struct policy_waiver *policy_waiver(const struct policy *policy, uint32_t i)
{
    return i < policy->waiver_count ? &policy->waivers[i] : NULL;
}

bool policy_has_private_links(const struct policy *policy)
{
    return policy->link_count > 0;
}

bool policy_is_private_link(const struct policy *policy, const struct flow_end *end)
{
    for (uint32_t i = 0; i < policy->link_count; i++) {
        if (address_in(&end->address, &policy->links[i].address, policy->links[i].bits)) {
            return true;
        }
    }
    return false;
}

uint32_t policy_resolver_count(const struct policy *policy)
{
    return policy->resolver_count;
}

bool policy_is_resolver(const struct policy *policy, const struct address *address)
{
    for (uint32_t i = 0; i < policy->resolver_count; i++) {
        if (address_equal(&policy->resolvers[i], address)) {
            return true;
        }
    }
    return false;
}

uint64_t policy_roles_at(const struct policy *policy, const struct flow_end *end)
{
    const struct policy_host *host = policy_host_at(policy, end);
    if (host != NULL && host->roles != 0) {
        return host->roles;
    }
    uint32_t i = find_network(policy->role_networks, policy->role_network_count,
                              sizeof *policy->role_networks, &end->address);
    return i < policy->role_network_count ? policy->role_networks[i].roles : 0;
}

enum zone policy_zone_at(const struct policy *policy, const struct address *address)
{
    uint32_t i = find_network(policy->zones, policy->zone_count, sizeof *policy->zones, address);
    return i < policy->zone_count ? policy->zones[i].zone : ZONE_EXTERNAL;
}

const char *zone_name(enum zone zone)
{
    static const char *const names[ZONE_COUNT] = {
        [ZONE_INTERNAL] = "internal",
        [ZONE_PERIMETER] = "perimeter",
        [ZONE_EXTERNAL] = "external",
    };
    return names[zone];
}

const char *policy_name(const struct policy *policy)
{
    return policy->name;
}

bool policy_is_builtin(const struct policy *policy)
{
    return policy->builtin;
}

const struct strength_profile *policy_strength(const struct policy *policy)
{
    return policy->strength;
}

const struct strength_profile *policy_fips(const struct policy *policy)
{
    return policy->fips;
}

const struct policy_settings *policy_settings(const struct policy *policy)
{
    return &policy->settings;
}

uint32_t policy_row_count(const struct policy *policy)
{
    return policy->row_count;
}

const struct policy_row *policy_row(const struct policy *policy, uint32_t i)
{
    return i < policy->row_count ? &policy->rows[i] : NULL;
}

const struct policy_row *policy_row_by_id(const struct policy *policy, const char *id)
{
    for (uint32_t i = 0; i < policy->row_count; i++) {
        if (strcmp(policy->rows[i].id, id) == 0) {
            return &policy->rows[i];
        }
    }
    return NULL;
}

uint32_t policy_host_count(const struct policy *policy)
{
    return policy->host_count;
}

const struct policy_host *policy_host(const struct policy *policy, uint32_t i)
{
    return i < policy->host_count ? &policy->hosts[i] : NULL;
}

const struct policy_trust *policy_trust(const struct policy *policy, const char *name)
{
    for (uint32_t i = 0; i < policy->trust_count; i++) {
        if (strcmp(policy->trusts[i].name, name) == 0) {
            return &policy->trusts[i];
        }
    }
    return NULL;
}

uint32_t policy_trust_count(const struct policy *policy)
{
    return policy->trust_count;
}

const struct policy_trust *policy_trust_by_index(const struct policy *policy, uint32_t i)
{
    return i < policy->trust_count ? &policy->trusts[i] : NULL;
}

static const struct {
    unsigned bit;
    const char *word, *text;
} requirements[] = {
    { REQUIRE_MTLS, "mtls", "MTLS" },    { REQUIRE_TLS, "tls", "TLS" },
    { REQUIRE_HTTPS, "https", "HTTPS" }, { REQUIRE_SRTP, "srtp", "SRTP" },
    { REQUIRE_VPN, "vpn", "VPN" },       { REQUIRE_NONE, "none", "none" },
};
enum { REQUIREMENTS = sizeof requirements / sizeof *requirements };

const char *requirement_text(unsigned require, char *buffer, uint32_t size)
{
    struct text t = text_into(buffer, size);
    bool each = (require & REQUIRE_SRTP) != 0 && (require & (REQUIRE_MTLS | REQUIRE_TLS)) != 0;
    const char *between = each ? "+" : " or "; /* a session's signalling and its media */
    for (unsigned i = 0; i < REQUIREMENTS; i++) {
        if ((require & requirements[i].bit) != 0) {
            text_printf(&t, "%s%s", t.used > 0 ? between : "", requirements[i].text);
        }
    }
    return buffer;
}

const char *requirement_word(unsigned require, uint32_t i)
{
    for (unsigned k = 0; k < REQUIREMENTS; k++) {
        if ((require & requirements[k].bit) != 0 && i-- == 0) {
            return requirements[k].word;
        }
    }
    return NULL;
}

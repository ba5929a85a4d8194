/* reports/policy_lines.c: what a policy amounts to, one line for each thing that it decides. */
#include "reports/policy_lines.h"

#include <string.h>

#include "analyzers/tls_names.h"
#include "base/text.h"
#include "rules/policy_model.h"

enum { TEXT_SIZE = 1024 };

static const char *network_text(const struct network *n, char *buffer, uint32_t size)
{
    char address[ADDRESS_TEXT_SIZE];
    struct text t = text_into(buffer, size);
    bool ipv4 = address_is_ipv4(&n->address) && n->bits >= 96;
    text_put(&t, address_text(&n->address, address));
    if (n->bits < 128) {
        text_printf(&t, "/%d", ipv4 ? n->bits - 96 : n->bits);
    }
    if (n->port != 0) {
        text_printf(&t, " port %u", n->port);
    }
    return buffer;
}

const char *policy_lines_ends(uint64_t roles, const struct network *networks, uint32_t count,
                              char *buffer, uint32_t size)
{
    char part[TEXT_SIZE];
    struct text t = text_into(buffer, size);
    text_put(&t, roles_text(roles, part, sizeof part));
    for (uint32_t i = 0; i < count; i++) {
        text_put(&t, t.used > 0 ? "," : "");
        text_put(&t, network_text(&networks[i], part, sizeof part));
    }
    return buffer;
}

const char *policy_lines_ports(const struct policy_row *row, char *buffer, uint32_t size)
{
    struct text t = text_into(buffer, size);
    for (uint32_t i = 0; i < row->port_count; i++) {
        const struct port_range *range = &row->ports[i];
        text_printf(&t, range->low == range->high ? "%s%u" : "%s%u-%u", t.used > 0 ? "," : "",
                    range->low, range->high);
    }
    return buffer;
}

static void put_row(FILE *out, const struct policy_row *row)
{
    char from[TEXT_SIZE], to[TEXT_SIZE], ports[TEXT_SIZE], require[64], clients[64];
    fprintf(out, "row %s: %s; %s %s %s", row->id, row->title,
            policy_lines_ends(row->from, row->from_networks, row->from_network_count, from,
                              sizeof from),
            row->either_way ? "<->" : "->",
            policy_lines_ends(row->to, row->to_networks, row->to_network_count, to, sizeof to));
    if (row->port_count > 0) {
        fprintf(out, "; ports %s", policy_lines_ports(row, ports, sizeof ports));
    }
    fprintf(out, "; requires %s", requirement_text(row->require, require, sizeof require));
    if (row->of_clients != 0) {
        fprintf(out, ", of clients %s", requirement_text(row->of_clients, clients, sizeof clients));
    }
    fprintf(out, "; severity %s; %s\n", severity_name(row->severity), row->enabled ? "on" : "off");
}

static void put_entry(FILE *out, const struct strength_entry *entry)
{
    fprintf(out, "strength %s %s:", strength_kind_name(entry->kind),
            strength_grade_name(entry->grade));
    for (const char *const *name = entry->names; *name != NULL; name++) {
        fprintf(out, "%s %s", name == entry->names ? "" : ",", *name);
    }
    if (entry->bits_low > 0 || entry->bits_high < UINT32_MAX) {
        fprintf(out, "; bits %u-", entry->bits_low);
        fprintf(out, entry->bits_high < UINT32_MAX ? "%u" : "", entry->bits_high);
    }
    fprintf(out, "%s%s%s; by %s%s\n",
            entry->with_etm      ? "; with encrypt-then-MAC"
            : entry->without_etm ? "; without encrypt-then-MAC"
                                 : "",
            entry->note != NULL ? "; " : "", entry->note != NULL ? entry->note : "", entry->source,
            entry->unconfirmed ? ", unconfirmed" : "");
}

/* A profile, then what it extends: an entry above decides before those below. */
static void put_strength(FILE *out, const struct strength_profile *profile)
{
    for (; profile != NULL; profile = profile->base) {
        fprintf(out, "strength profile %s: %s%s%s\n", profile->name, profile->title,
                profile->checked != NULL ? "; checked " : "",
                profile->checked != NULL ? profile->checked : "");
        for (uint32_t i = 0; i < profile->count; i++) {
            put_entry(out, &profile->entries[i]);
        }
    }
}

typedef const char *name_code(uint16_t code, char *buffer);

/* The grade of every code point that has a name. */
static void put_grades(FILE *out, const struct strength_profile *profile, enum strength_kind kind,
                       name_code *name_of)
{
    char name[TLS_NAME_SIZE];
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        struct strength_finding finding;
        struct strength_value value = { .kind = kind, .name = name_of((uint16_t)code, name) };
        if (strncmp(value.name, "0x", 2) != 0) {
            fprintf(out, "strength %s %s: %s\n", strength_kind_name(kind), value.name,
                    strength_grade_name(strength_grade(profile, &value, &finding)));
        }
    }
}

/* By effect where the names are known, else entry by entry. */
static void put_strength_effect(FILE *out, const struct strength_profile *profile)
{
    put_grades(out, profile, STRENGTH_SUITE, tls_names_cipher);
    put_grades(out, profile, STRENGTH_GROUP, tls_names_group);
    put_grades(out, profile, STRENGTH_SIGNATURE, tls_names_signature);
    for (; profile != NULL; profile = profile->base) {
        for (uint32_t i = 0; i < profile->count; i++) {
            const struct strength_entry *entry = &profile->entries[i];
            bool named = entry->kind == STRENGTH_SUITE || entry->kind == STRENGTH_SIGNATURE ||
                         (entry->kind == STRENGTH_GROUP && entry->bits_low == 0 &&
                          entry->bits_high == UINT32_MAX);
            if (!named) {
                put_entry(out, entry);
            }
        }
    }
}

static void put_settings(FILE *out, const struct policy_settings *s)
{
    fprintf(out, "setting fips: %s\n", s->fips ? "true" : "false");
    fprintf(out, "setting table_edition: %s\n", s->table_edition);
    fprintf(out, "setting im_tls: %s\n", s->im_tls ? "true" : "false");
    fprintf(out, "setting internal_im_tcp: %s\n", s->internal_im_tcp ? "true" : "false");
    fprintf(out, "setting windows_live_av: %s\n", s->windows_live_av ? "true" : "false");
    fprintf(out, "setting accept_inferred_mtls: %s\n", s->accept_inferred_mtls ? "true" : "false");
    fprintf(out, "setting encryption_level: %s\n", s->encryption_level);
    fprintf(out, "setting msmq_policy: %s\n", s->msmq_policy);
    fprintf(out, "setting um_security: %s\n", s->um_security);
}

/* One line for each address, as that is what decides. */
static void put_host(FILE *out, const struct policy_host *host)
{
    static const char *const trunks[] = { [TRUNK_UNKNOWN] = NULL,
                                          [TRUNK_PRIVATE] = "private",
                                          [TRUNK_VPN] = "vpn",
                                          [TRUNK_PUBLIC] = "public" };
    char address[TEXT_SIZE], roles[TEXT_SIZE];
    for (uint32_t i = 0; i < host->network_count; i++) {
        fprintf(out, "host %s: %s; role %s",
                network_text(&host->networks[i], address, sizeof address),
                host->name != NULL ? host->name : "",
                host->roles == 0 ? "none" : roles_text(host->roles, roles, sizeof roles));
        if (host->trust != NULL) {
            fprintf(out, "; trust %s", host->trust);
        }
        if (trunks[host->trunk] != NULL) {
            fprintf(out, "; trunk %s", trunks[host->trunk]);
        }
        for (uint32_t k = 0; k < host->link_count; k++) {
            fprintf(out, "; link %s", network_text(&host->links[k], address, sizeof address));
        }
        fprintf(out, "%s\n", host->trusted ? "; trusted server" : "");
    }
}

static void put_end(FILE *out, const struct waiver_end *end)
{
    char network[TEXT_SIZE];
    fputs(end->host != NULL ? end->host : network_text(&end->network, network, sizeof network),
          out);
}

static void put_waivers(FILE *out, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->waiver_count; i++) {
        const struct policy_waiver *w = &policy->waivers[i];
        fprintf(out, "waiver %s: between ", w->row);
        put_end(out, &w->ends[0]);
        fputs(" and ", out);
        put_end(out, &w->ends[1]);
        fprintf(out, "; by %s until %s; %s\n", w->owner, w->expires, w->reason);
    }
}

static void put_places(FILE *out, const struct policy *policy)
{
    char network[TEXT_SIZE], roles[TEXT_SIZE];
    for (uint32_t i = 0; i < policy->zone_count; i++) {
        const struct zone_network *z = &policy->zones[i];
        fprintf(out, "zone %s: %s\n", network_text(&z->network, network, sizeof network),
                zone_name(z->zone));
    }
    for (uint32_t i = 0; i < policy->role_network_count; i++) {
        const struct role_network *r = &policy->role_networks[i];
        fprintf(out, "subnet %s: role %s\n", network_text(&r->network, network, sizeof network),
                roles_text(r->roles, roles, sizeof roles));
    }
    for (uint32_t i = 0; i < policy->host_count; i++) {
        put_host(out, &policy->hosts[i]);
    }
    for (uint32_t i = 0; i < policy->resolver_count; i++) {
        fprintf(out, "resolver %s: trusted\n", address_text(&policy->resolvers[i], network));
    }
    for (uint32_t i = 0; i < policy->trust_count; i++) {
        fprintf(out, "trust %s: a set of CAs or pins\n", policy->trusts[i].name);
    }
    put_waivers(out, policy);
    put_settings(out, &policy->settings);
}

void policy_lines_show(FILE *out, const struct policy *policy)
{
    put_places(out, policy);
    put_strength(out, policy->strength);
    put_strength(out, policy->fips);
}

void policy_lines_all(FILE *out, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->row_count; i++) {
        put_row(out, &policy->rows[i]);
    }
    put_places(out, policy);
    put_strength_effect(out, policy->strength);
}

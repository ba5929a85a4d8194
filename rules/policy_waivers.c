/* rules/policy_waivers.c: the section waivers of a policy, and the list of trusted servers. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/policy_reader.h"

enum { US_PER_S = 1000000, DAY_S = 86400 };

/* All names of hosts, NULL-ended, for an error that names the nearest. */
static const char *const *host_names(struct policy_reader *reader)
{
    const struct policy *policy = reader->policy;
    const char **names = policy_reader_room(reader, NULL, 0, policy->host_count + 1, sizeof *names);
    uint32_t count = 0;
    for (uint32_t i = 0; names != NULL && i < policy->host_count; i++) {
        if (policy->hosts[i].name != NULL) {
            names[count++] = policy->hosts[i].name;
        }
    }
    return names;
}

static const char *const *row_ids(struct policy_reader *reader)
{
    const struct policy *policy = reader->policy;
    const char **ids = policy_reader_room(reader, NULL, 0, policy->row_count + 1, sizeof *ids);
    for (uint32_t i = 0; ids != NULL && i < policy->row_count; i++) {
        ids[i] = policy->rows[i].id;
    }
    return ids;
}

static void complain(struct policy_reader *reader, const struct policy_node *node, const char *what,
                     const char *const *known)
{
    char found[64];
    if (known != NULL && known[0] != NULL) {
        policy_reader_unknown(reader, node, what, known);
    } else {
        policy_reader_error(reader, node, "found %s, and the policy has no %s",
                            policy_reader_found(node, found), what);
    }
}

static bool is_host(const struct policy *policy, const char *name)
{
    for (uint32_t i = 0; i < policy->host_count; i++) {
        if (policy->hosts[i].name != NULL && strcmp(policy->hosts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A host of the policy by name, an address or a network. */
static bool read_end(struct policy_reader *reader, const struct policy_node *node,
                     struct waiver_end *ret_end)
{
    const char *text = policy_reader_text(reader, node);
    *ret_end = (struct waiver_end){ .host = NULL };
    if (text == NULL) {
        return false;
    }
    if ((text[0] >= '0' && text[0] <= '9') || strchr(text, ':') != NULL) {
        return policy_reader_network(reader, node, &ret_end->network);
    }
    if (!is_host(reader->policy, text)) {
        complain(reader, node, "host", host_names(reader));
        return false;
    }
    ret_end->host = text;
    return true;
}

static void read_between(struct policy_reader *reader, const struct policy_node *list,
                         struct policy_waiver *waiver)
{
    char found[64];
    if (list->kind != NODE_LIST || list->count != 2) {
        policy_reader_error(reader, list, "found %s, expected two hosts or networks",
                            list->kind == NODE_LIST ? "a list of another length"
                                                    : policy_reader_found(list, found));
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)read_end(reader, list->items[i], &waiver->ends[i]);
    }
}

static unsigned number(const char *text, unsigned digits)
{
    unsigned value = 0;
    for (unsigned i = 0; i < digits; i++) {
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value;
}

/* YYYY-MM-DD as the first moment of that day, UTC; false when there is no such day. */
static bool parse_day(const char *text, int64_t *ret_seconds)
{
    static const char shape[] = "0000-00-00";
    for (unsigned i = 0; i < sizeof shape; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i]) {
            return false;
        }
    }
    struct tm day = { .tm_year = (int)number(text, 4) - 1900,
                      .tm_mon = (int)number(text + 5, 2) - 1,
                      .tm_mday = (int)number(text + 8, 2) };
    struct tm same = day;
    *ret_seconds = (int64_t)timegm(&same);
    return same.tm_mon == day.tm_mon && same.tm_mday == day.tm_mday && day.tm_year > 0;
}

/* A waiver holds through its last day. */
static void read_expiry(struct policy_reader *reader, const struct policy_node *node,
                        struct policy_waiver *waiver)
{
    int64_t seconds = 0;
    char found[64];
    if (node->kind != NODE_TEXT || !parse_day(node->text, &seconds)) {
        policy_reader_error(reader, node, "found %s, expected a day as 2027-01-31",
                            policy_reader_found(node, found));
        return;
    }
    waiver->expires = policy_reader_copy(reader, node->text);
    waiver->end_us = (seconds + DAY_S) * US_PER_S;
}

static void read_row(struct policy_reader *reader, const struct policy_node *node,
                     struct policy_waiver *waiver)
{
    const char *id = policy_reader_text(reader, node);
    if (id != NULL && policy_row_by_id(reader->policy, id) == NULL) {
        complain(reader, node, "row", row_ids(reader));
    }
    waiver->row = id;
}

static void read_waiver(struct policy_reader *reader, const struct policy_node *map)
{
    static const char *const keys[] = { "row", "between", "reason", "owner", "expires", NULL };
    struct policy_waiver waiver = { .row = NULL };
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    for (unsigned i = 0; keys[i] != NULL; i++) {
        if (policy_reader_get(map, keys[i]) == NULL) {
            policy_reader_error(reader, map,
                                "found a waiver without '%s', expected row, between, reason, owner "
                                "and expires",
                                keys[i]);
            return;
        }
    }
    read_row(reader, policy_reader_get(map, "row"), &waiver);
    read_between(reader, policy_reader_get(map, "between"), &waiver);
    waiver.reason = policy_reader_text(reader, policy_reader_get(map, "reason"));
    waiver.owner = policy_reader_text(reader, policy_reader_get(map, "owner"));
    read_expiry(reader, policy_reader_get(map, "expires"), &waiver);
    reader->policy->waivers[reader->policy->waiver_count++] = waiver;
}

void policy_waivers_read(struct policy_reader *reader, const struct policy_node *list)
{
    struct policy *policy = reader->policy;
    char found[64];
    if (list == NULL) {
        return;
    }
    if (list->kind != NODE_LIST) {
        policy_reader_error(reader, list, "found %s, expected a list of waivers",
                            policy_reader_found(list, found));
        return;
    }
    policy->waivers = policy_reader_room(reader, policy->waivers, policy->waiver_count, list->count,
                                         sizeof *policy->waivers);
    const struct policy_node *item = NULL;
    for (uint32_t i = 0;
         policy->waivers != NULL && (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        read_waiver(reader, item);
    }
}

void policy_waivers_servers(struct policy_reader *reader, const struct policy_node *list)
{
    struct policy *policy = reader->policy;
    const struct policy_node *item = NULL;
    for (uint32_t i = 0; list != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        const char *name = policy_reader_text(reader, item);
        if (name != NULL && !is_host(policy, name)) {
            complain(reader, item, "host", host_names(reader));
        }
        for (uint32_t k = 0; name != NULL && k < policy->host_count; k++) {
            struct policy_host *host = &policy->hosts[k];
            if (host->name != NULL && strcmp(host->name, name) == 0) {
                host->trusted = true;
                policy->has_trusted_servers = true;
            }
        }
    }
}

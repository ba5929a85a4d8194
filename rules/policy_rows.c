/* rules/policy_rows.c: the section rows of a policy: the table itself, changes to it, own rows. */
#include <stdlib.h>
#include <string.h>

#include "rules/policy_reader.h"

static const char *const subject_words[] = {
    "signalling",
    "im",
    "sharing",
    "media",
    "web_conference",
    "download",
    "keys",
    "certificate",
    "session",
    "service",
    "relay_credentials",
    "relay_control",
    "name_service",
    "beyond",
    "algorithms",
    "unlisted",
    NULL,
};
static const char *const when_words[] = {
    "always", "trunk_private", "trunk_vpn", "trunk_public", "windows_live", "fips", NULL
};
static const char *const severity_words[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const require_words[] = { "mtls", "tls", "https", "srtp", "vpn", "none", NULL };
static const unsigned require_bits[] = { REQUIRE_MTLS, REQUIRE_TLS, REQUIRE_HTTPS,
                                         REQUIRE_SRTP, REQUIRE_VPN, REQUIRE_NONE };

enum { RANK_OWN = 4, RANK_MAX = 9 };

/* What a subject can be asked for: what its check can tell apart. */
static unsigned requirements_of(enum row_subject subject)
{
    switch (subject) {
    case SUBJECT_MEDIA:
        return REQUIRE_NONE | REQUIRE_SRTP;
    case SUBJECT_DOWNLOAD:
        return REQUIRE_NONE | REQUIRE_HTTPS;
    case SUBJECT_CERTIFICATE:
        return REQUIRE_TLS;
    case SUBJECT_SESSION:
        return REQUIRE_NONE | REQUIRE_TLS | REQUIRE_MTLS | REQUIRE_SRTP | REQUIRE_VPN;
    case SUBJECT_SERVICE:
        return REQUIRE_NONE | REQUIRE_TLS | REQUIRE_MTLS | REQUIRE_HTTPS;
    case SUBJECT_RELAY_CONTROL:
    case SUBJECT_NAME_SERVICE:
    case SUBJECT_BEYOND:
    case SUBJECT_ALGORITHMS:
    case SUBJECT_UNLISTED:
        return REQUIRE_NONE;
    case SUBJECT_SIGNALLING:
    case SUBJECT_IM:
    case SUBJECT_SHARING:
    case SUBJECT_WEB_CONFERENCE:
    case SUBJECT_KEYS:
    case SUBJECT_RELAY_CREDENTIALS:
    case SUBJECT_COUNT:
        break;
    }
    return REQUIRE_NONE | REQUIRE_TLS | REQUIRE_MTLS;
}

/* Index of the node's word, or -1 and an error. */
static int read_word(struct policy_reader *reader, const struct policy_node *node, const char *what,
                     const char *const *words)
{
    for (int i = 0; node->kind == NODE_TEXT && words[i] != NULL; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            return i;
        }
    }
    policy_reader_unknown(reader, node, what, words);
    return -1;
}

static bool looks_like_address(const char *text)
{
    return strpbrk(text, ":/") != NULL || (text[0] >= '0' && text[0] <= '9');
}

/* Role words and networks, mixed. */
static uint64_t read_ends(struct policy_reader *reader, const struct policy_node *list,
                          const struct network **ret_networks, uint32_t *ret_count)
{
    struct network *networks =
        policy_reader_room(reader, NULL, 0, policy_reader_count(list), sizeof *networks);
    const struct policy_node *item = NULL;
    uint64_t roles = 0;
    *ret_networks = networks;
    *ret_count = 0;
    for (uint32_t i = 0; networks != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        if (looks_like_address(item->text)) {
            *ret_count += policy_reader_network(reader, item, &networks[*ret_count]) ? 1 : 0;
        } else {
            roles |= policy_reader_role(reader, item);
        }
    }
    return roles;
}

static bool parse_ports(const char *text, struct port_range *ret_range)
{
    char *end = NULL;
    if (text[0] < '1' || text[0] > '9') {
        return false;
    }
    unsigned long low = strtoul(text, &end, 10), high = low;
    if (*end == '-' && end[1] >= '1' && end[1] <= '9') {
        high = strtoul(end + 1, &end, 10);
    }
    if (*end != '\0' || high > UINT16_MAX || low > high) {
        return false;
    }
    *ret_range = (struct port_range){ (uint16_t)low, (uint16_t)high };
    return true;
}

static void read_ports(struct policy_reader *reader, const struct policy_node *list,
                       struct policy_row *row)
{
    struct port_range *ports =
        policy_reader_room(reader, NULL, 0, policy_reader_count(list), sizeof *ports);
    const struct policy_node *item = NULL;
    char found[64];
    row->ports = ports;
    for (uint32_t i = 0; ports != NULL && (item = policy_reader_item(reader, list, i)) != NULL;
         i++) {
        if (parse_ports(item->text, &ports[row->port_count])) {
            row->port_count++;
        } else {
            policy_reader_error(reader, item, "found %s, expected a port or a range as 5062-5065",
                                policy_reader_found(item, found));
        }
    }
}

/* app: what an own row is about; all its words must mean the same kind of check. */
static void read_app(struct policy_reader *reader, const struct policy_node *list,
                     struct policy_row *row)
{
    static const char *const words[] = {
        "sip", "tls", "rtp", "srtp", "http", "https", "psom", NULL
    };
    static const enum row_subject subjects[] = {
        SUBJECT_SIGNALLING, SUBJECT_SIGNALLING, SUBJECT_MEDIA,          SUBJECT_MEDIA,
        SUBJECT_DOWNLOAD,   SUBJECT_DOWNLOAD,   SUBJECT_WEB_CONFERENCE,
    };
    const struct policy_node *item = NULL;
    char found[64];
    for (uint32_t i = 0; (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        int word = read_word(reader, item, "app", words);
        if (word >= 0 && i > 0 && subjects[word] != row->subject) {
            policy_reader_error(reader, item,
                                "found app %s beside another kind, expected apps of one kind "
                                "(sip tls | rtp srtp | http https | psom)",
                                policy_reader_found(item, found));
        } else if (word >= 0) {
            row->subject = subjects[word];
        }
    }
}

static void read_traffic(struct policy_reader *reader, const struct policy_node *map,
                         struct policy_row *row)
{
    static const char *const keys[] = { "from", "to", "either_way", "app", "ports", "paths", NULL };
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    const struct policy_node *from = policy_reader_get(map, "from");
    const struct policy_node *to = policy_reader_get(map, "to");
    const struct policy_node *either_way = policy_reader_get(map, "either_way");
    const struct policy_node *app = policy_reader_get(map, "app");
    const struct policy_node *ports = policy_reader_get(map, "ports");
    if (from == NULL || to == NULL) {
        policy_reader_error(reader, map, "found traffic without '%s', expected from and to",
                            from == NULL ? "from" : "to");
        return;
    }
    row->from = read_ends(reader, from, &row->from_networks, &row->from_network_count);
    row->to = read_ends(reader, to, &row->to_networks, &row->to_network_count);
    if (either_way != NULL) {
        policy_reader_bool(reader, either_way, &row->either_way);
    }
    if (app != NULL) {
        read_app(reader, app, row);
    }
    if (ports != NULL) {
        read_ports(reader, ports, row);
    }
    row->paths = policy_reader_texts(reader, policy_reader_get(map, "paths"));
}

static unsigned read_require(struct policy_reader *reader, const struct policy_node *list,
                             const struct policy_row *row)
{
    const struct policy_node *item = NULL;
    unsigned require = 0;
    char found[64];
    for (uint32_t i = 0; (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        int word = read_word(reader, item, "requirement", require_words);
        if (word >= 0 && (require_bits[word] & requirements_of(row->subject)) == 0) {
            policy_reader_error(reader, item, "found requirement %s for %s, expected one that fits",
                                policy_reader_found(item, found), subject_words[row->subject]);
        } else if (word >= 0) {
            require |= require_bits[word];
        }
    }
    return require;
}

static const char *text_or(struct policy_reader *reader, const struct policy_node *map,
                           const char *key, const char *otherwise)
{
    const struct policy_node *node = policy_reader_get(map, key);
    const char *text = node == NULL ? NULL : policy_reader_text(reader, node);
    return text != NULL ? text : otherwise;
}

static void read_severity(struct policy_reader *reader, const struct policy_node *map,
                          struct policy_row *row)
{
    const struct policy_node *node = policy_reader_get(map, "severity");
    int word = node == NULL ? -1 : read_word(reader, node, "severity", severity_words);
    if (word >= 0) {
        row->severity = (enum severity)word;
    }
}

static void read_enabled(struct policy_reader *reader, const struct policy_node *map,
                         struct policy_row *row)
{
    const struct policy_node *node = policy_reader_get(map, "enabled");
    if (node != NULL) {
        policy_reader_bool(reader, node, &row->enabled);
    }
}

static void read_rank(struct policy_reader *reader, const struct policy_node *node,
                      struct policy_row *row)
{
    char found[64];
    if (node->text[0] < '0' || node->text[0] > '0' + RANK_MAX || node->text[1] != '\0') {
        policy_reader_error(reader, node, "found rank %s, expected 0 to %d",
                            policy_reader_found(node, found), RANK_MAX);
        return;
    }
    row->rank = (unsigned)(node->text[0] - '0');
}

static void read_texts(struct policy_reader *reader, const struct policy_node *map,
                       struct policy_row *row)
{
    row->title = text_or(reader, map, "title", row->id);
    row->traffic = text_or(reader, map, "label", row->title);
    row->source = text_or(reader, map, "source", text_or(reader, map, "reference", reader->file));
    row->explain = text_or(reader, map, "explain", "This row is part of your own policy.");
    row->fix =
        text_or(reader, map, "fix",
                "Protect this traffic as the row requires, or change the row in the policy.");
    const struct policy_node *requirements = policy_reader_get(map, "requirements");
    static const char *const none[] = { NULL };
    row->requirements = requirements == NULL ? none : policy_reader_texts(reader, requirements);
}

/* What narrows a row, or its requirement. */
static void read_conditions(struct policy_reader *reader, const struct policy_node *map,
                            struct policy_row *row)
{
    const struct policy_node *when = policy_reader_get(map, "when");
    const struct policy_node *clients = policy_reader_get(map, "of_clients");
    const struct policy_node *trusted = policy_reader_get(map, "trusted");
    int word = when == NULL ? -1 : read_word(reader, when, "condition", when_words);
    row->when = word >= 0 ? (enum row_when)word : WHEN_ALWAYS;
    row->of_clients = clients == NULL ? 0 : read_require(reader, clients, row);
    if (trusted != NULL) {
        policy_reader_bool(reader, trusted, &row->trusted);
    }
}

static struct policy_row *row_of(const struct policy_reader *reader, const char *id)
{
    for (uint32_t i = 0; i < reader->policy->row_count; i++) {
        if (strcmp(reader->policy->rows[i].id, id) == 0) {
            return &reader->policy->rows[i];
        }
    }
    return NULL;
}

/* over: the row on signalling whose fulfilment a media row depends on; it stands above. */
static void read_over(struct policy_reader *reader, const struct policy_node *map,
                      struct policy_row *row)
{
    const struct policy_node *node = policy_reader_get(map, "over");
    const char *id = node == NULL ? NULL : policy_reader_text(reader, node);
    const struct policy_row *over = id == NULL ? NULL : row_of(reader, id);
    char found[64];
    if (id != NULL && row->subject != SUBJECT_MEDIA && row->subject != SUBJECT_SESSION) {
        policy_reader_error(reader, node, "found over for %s, expected it for media only",
                            subject_words[row->subject]);
    } else if (id != NULL && (over == NULL || over->subject != SUBJECT_SIGNALLING)) {
        policy_reader_error(reader, node, "found over %s, expected a row on signalling above",
                            policy_reader_found(node, found));
    } else {
        row->over = id;
    }
}

/* A whole row: of the built-in table, or an own one. */
static void read_new_row(struct policy_reader *reader, const struct policy_node *map)
{
    static const char *const keys[] = { "id",      "title",      "label",     "traffic",
                                        "subject", "require",    "severity",  "rank",
                                        "enabled", "source",     "reference", "requirements",
                                        "explain", "fix",        "over",      "when",
                                        "trusted", "of_clients", NULL };
    static const char *const needed[] = { "title", "traffic", "require", "severity", NULL };
    if (!policy_reader_map(reader, map, keys, NULL)) {
        return;
    }
    for (unsigned i = 0; needed[i] != NULL; i++) {
        if (policy_reader_get(map, needed[i]) == NULL) {
            policy_reader_error(reader, map,
                                "found a row without '%s', expected id, title, traffic, require "
                                "and severity",
                                needed[i]);
            return;
        }
    }
    struct policy_row row = { .enabled = true, .rank = RANK_OWN, .severity = SEVERITY_MEDIUM };
    const struct policy_node *subject = policy_reader_get(map, "subject");
    const struct policy_node *rank = policy_reader_get(map, "rank");
    row.id = text_or(reader, map, "id", "");
    read_traffic(reader, policy_reader_get(map, "traffic"), &row);
    int word = subject == NULL ? -1 : read_word(reader, subject, "subject", subject_words);
    row.subject = word >= 0 ? (enum row_subject)word : row.subject;
    row.require = read_require(reader, policy_reader_get(map, "require"), &row);
    read_conditions(reader, map, &row);
    read_severity(reader, map, &row);
    read_enabled(reader, map, &row);
    if (rank != NULL) {
        read_rank(reader, rank, &row);
    }
    if (row.subject == SUBJECT_DOWNLOAD && row.paths == NULL) {
        policy_reader_error(reader, map, "found a download row without 'paths', expected some");
    }
    read_over(reader, map, &row);
    read_texts(reader, map, &row);
    row.default_on = row.enabled;
    reader->policy->rows[reader->policy->row_count++] = row;
}

/* A change to a row that is there already. */
static void change_row(struct policy_reader *reader, const struct policy_node *map,
                       struct policy_row *row)
{
    static const char *const keys[] = { "id", "enabled", "severity", NULL };
    if (policy_reader_map(reader, map, keys, NULL)) {
        read_severity(reader, map, row);
        read_enabled(reader, map, row);
    }
}

static void report_unjudged(struct policy_reader *reader, const struct policy_node *id)
{
    enum { IDS = 64 };
    const char *ids[IDS + 1];
    uint32_t count = 0;
    for (uint32_t i = 0; i < reader->policy->row_count && count < IDS; i++) {
        ids[count++] = reader->policy->rows[i].id;
    }
    ids[count] = NULL;
    policy_reader_unknown(reader, id, "row", ids);
}

static void read_row(struct policy_reader *reader, const struct policy_node *map)
{
    const struct policy_node *id = policy_reader_get(map, "id");
    char found[64];
    if (id == NULL || id->kind != NODE_TEXT || id->text[0] == '\0') {
        policy_reader_error(reader, map, "found %s without 'id', expected a row",
                            policy_reader_found(map, found));
        return;
    }
    struct policy_row *row = row_of(reader, id->text);
    if (row != NULL) {
        change_row(reader, map, row);
    } else if (!reader->builtin && strncmp(id->text, "TT-", 3) == 0) {
        report_unjudged(reader, id);
    } else {
        read_new_row(reader, map);
    }
}

void policy_rows_read(struct policy_reader *reader, const struct policy_node *list)
{
    char found[64];
    struct policy *policy = reader->policy;
    if (list == NULL) {
        return;
    }
    if (list->kind != NODE_LIST) {
        policy_reader_error(reader, list, "found %s, expected a list of rows",
                            policy_reader_found(list, found));
        return;
    }
    policy->rows = policy_reader_room(reader, policy->rows, policy->row_count, list->count,
                                      sizeof *policy->rows);
    const struct policy_node *item = NULL;
    for (uint32_t i = 0;
         policy->rows != NULL && (item = policy_reader_item(reader, list, i)) != NULL; i++) {
        read_row(reader, item);
    }
}

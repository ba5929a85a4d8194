/* reports/explain.c: `overt explain`: what a row or a reason code means and how to fix it. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "reports/report.h"
#include "reports/terminal.h"
#include "rules/nearest.h"
#include "rules/policy.h"
#include "rules/reasons.h"

enum {
    LABEL_WIDTH = 12,  /* "required    " */
    FARTHER_MOST = 1,  /* edits that a proposal may be farther than the best one */
    NEAREST_COUNT = 3, /* proposals for an unknown word */
    LIST_SIZE = 1024,
};

/* "label       text", wrapped; nothing without a text. */
static void put_field(FILE *out, const char *label, const char *text)
{
    uint32_t column = LABEL_WIDTH;
    if (text == NULL || text[0] == '\0') {
        return;
    }
    terminal_pad(out, label, LABEL_WIDTH);
    terminal_wrap(out, text, LABEL_WIDTH, &column);
    fputs(column > 0 ? "\n" : "", out);
}

static void put_paragraph(FILE *out, const char *text)
{
    uint32_t column = 0;
    if (text == NULL || text[0] == '\0') {
        return;
    }
    fputc('\n', out);
    terminal_wrap(out, text, 0, &column);
    fputs(column > 0 ? "\n" : "", out);
}

static void add_to_list(struct text *list, const char *word)
{
    text_put(list, list->used > 0 ? ", " : "");
    text_put(list, word);
}

static void add_roles(struct text *list, uint64_t roles)
{
    char names[LIST_SIZE];
    for (const char *name = roles_text(roles, names, sizeof names); *name != '\0';) {
        size_t size = strcspn(name, ",");
        text_put(list, list->used > 0 ? ", " : "");
        text_put_bytes(list, name, size);
        name += size + (name[size] == ',');
    }
}

static void add_networks(struct text *list, const struct network *networks, uint32_t count)
{
    char address[ADDRESS_TEXT_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        bool ipv4 = address_is_ipv4(&networks[i].address) && networks[i].bits >= 96;
        text_put(list, list->used > 0 ? ", " : "");
        text_printf(list, "%s/%d", address_text(&networks[i].address, address),
                    ipv4 ? networks[i].bits - 96 : networks[i].bits);
        if (networks[i].port != 0) {
            text_printf(list, " port %u", networks[i].port);
        }
    }
}

static void put_ends(FILE *out, const struct policy_row *row)
{
    char from[LIST_SIZE], to[LIST_SIZE];
    struct text t = text_into(from, sizeof from);
    add_roles(&t, row->from);
    add_networks(&t, row->from_networks, row->from_network_count);
    put_field(out, "from", from);
    t = text_into(to, sizeof to);
    add_roles(&t, row->to);
    add_networks(&t, row->to_networks, row->to_network_count);
    put_field(out, row->either_way ? "to and back" : "to", to);
}

static void put_ports(FILE *out, const struct policy_row *row)
{
    char buffer[LIST_SIZE];
    struct text t = text_into(buffer, sizeof buffer);
    for (uint32_t i = 0; i < row->port_count; i++) {
        const struct port_range *range = &row->ports[i];
        text_put(&t, t.used > 0 ? ", " : "");
        text_printf(&t, range->low == range->high ? "%u" : "%u-%u", range->low, range->high);
    }
    put_field(out, "ports", buffer);
}

static void put_words(FILE *out, const char *label, const char *const *words)
{
    char buffer[LIST_SIZE];
    struct text t = text_into(buffer, sizeof buffer);
    for (; words != NULL && *words != NULL; words++) {
        add_to_list(&t, *words);
    }
    put_field(out, label, buffer);
}

static const char *when_text(enum row_when when)
{
    switch (when) {
    case WHEN_TRUNK_PRIVATE:
        return "the gateway's trunk is declared private";
    case WHEN_TRUNK_VPN:
        return "the gateway's trunk is declared to run in a VPN";
    case WHEN_TRUNK_PUBLIC:
        return "the gateway's trunk is declared public, or not declared";
    case WHEN_WINDOWS_LIVE:
        return "the policy says windows_live_av: true";
    case WHEN_FIPS:
        return "the policy says fips: true";
    case WHEN_ALWAYS:
        break;
    }
    return NULL;
}

static void explain_row(FILE *out, const struct policy_row *row)
{
    char buffer[LIST_SIZE];
    terminal_put(out, row->id);
    fputs("  ", out);
    terminal_put(out, row->title);
    fputs("\n\n", out);
    put_field(out, "required", requirement_text(row->require, buffer, sizeof buffer));
    if (row->of_clients != 0) {
        put_field(out, "of clients", requirement_text(row->of_clients, buffer, sizeof buffer));
    }
    put_field(out, "only if", when_text(row->when));
    put_ends(out, row);
    put_ports(out, row);
    put_words(out, "paths", row->paths);
    put_field(out, "severity", severity_name(row->severity));
    put_field(out, "state", row->enabled ? "checked" : "switched off by this policy");
    put_words(out, "meets", row->requirements);
    put_field(out, "source", row->source);
    put_paragraph(out, row->explain);
    if (row->fix != NULL && row->fix[0] != '\0') {
        fputs("\nWhat to do:", out);
        put_paragraph(out, row->fix);
    }
}

static void explain_reason(FILE *out, const struct reason_word *word)
{
    terminal_put(out, word->code);
    fputc('\n', out);
    put_paragraph(out, word->meaning);
    bool own = word->fix != NULL && word->fix[0] != '\0';
    fputs("\nWhat to do:", out);
    put_paragraph(out, own ? word->fix : "What the row of the finding says: overt explain ROW.");
}

static const struct policy_row *find_row(const struct policy *policy, const char *what)
{
    const struct policy_row *row = policy_row_by_id(policy, what);
    for (uint32_t i = 0; row == NULL && i < policy_row_count(policy); i++) {
        const struct policy_row *other = policy_row(policy, i);
        row = strcasecmp(other->id, what) == 0 ? other : NULL;
    }
    return row;
}

/* The known words that are nearest to a mistyped one, best first. */
struct nearest {
    const char *what;
    const char *words[NEAREST_COUNT];
    unsigned distances[NEAREST_COUNT];
    unsigned count;
};

static void consider(struct nearest *nearest, const char *word)
{
    bool part = strstr(word, nearest->what) != NULL;
    unsigned away = part ? 0 : nearest_distance(nearest->what, word);
    unsigned at = nearest->count;
    while (at > 0 && nearest->distances[at - 1] > away) {
        at--;
    }
    if (at == NEAREST_COUNT) {
        return;
    }
    nearest->count += nearest->count < NEAREST_COUNT;
    for (unsigned i = nearest->count - 1; i > at; i--) {
        nearest->words[i] = nearest->words[i - 1];
        nearest->distances[i] = nearest->distances[i - 1];
    }
    nearest->words[at] = word;
    nearest->distances[at] = away;
}

static void put_nearest(FILE *out, const struct policy *policy, const char *what)
{
    struct nearest nearest = { .what = what };
    for (uint32_t i = 0; i < policy_row_count(policy); i++) {
        consider(&nearest, policy_row(policy, i)->id);
    }
    for (uint32_t i = 0; reason_at(i) != NULL; i++) {
        consider(&nearest, reason_at(i)->code);
    }
    fputs("Neither a row nor a reason code is named \"", out);
    terminal_put(out, what);
    fputs("\". ", out);
    while (nearest.count > 1 &&
           nearest.distances[nearest.count - 1] > nearest.distances[0] + FARTHER_MOST) {
        nearest.count--;
    }
    fputs(nearest.count > 0 ? "Did you mean " : "", out);
    for (unsigned i = 0; i < nearest.count; i++) {
        fputs(i == 0 ? "" : i + 1 < nearest.count ? ", " : " or ", out);
        terminal_put(out, nearest.words[i]);
    }
    fputs(nearest.count > 0 ? "?\n" : "\n", out);
}

bool report_explain(FILE *out, const struct policy *policy, const char *what)
{
    const struct policy_row *row = find_row(policy, what);
    const struct reason_word *word = row == NULL ? reason_find(what) : NULL;
    if (row != NULL) {
        explain_row(out, row);
        return true;
    }
    if (word != NULL) {
        explain_reason(out, word);
        return true;
    }
    put_nearest(out, policy, what);
    return false;
}

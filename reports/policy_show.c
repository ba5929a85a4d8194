/* reports/policy_show.c: `overt policy show` and `overt policy diff`. */
#include <stdlib.h>
#include <string.h>

#include "reports/policy_lines.h"
#include "reports/report.h"
#include "reports/terminal.h"

enum { CELL_SIZE = 1024 };

/* A cell of a Markdown table: the bar ends it, so it is escaped. */
static void put_cell(FILE *out, const char *text)
{
    fputs(" ", out);
    for (; *text != '\0'; text++) {
        char one[3] = { *text, '\0', '\0' };
        if (*text == '|') {
            one[0] = '\\';
            one[1] = '|';
        }
        terminal_put(out, one);
    }
    fputs(" |", out);
}

static void show_markdown(FILE *out, const struct policy *policy)
{
    char from[CELL_SIZE], to[CELL_SIZE], ports[CELL_SIZE], require[64];
    fputs("| row | traffic | from | to | ports | required | severity | state |\n"
          "|---|---|---|---|---|---|---|---|\n",
          out);
    for (uint32_t i = 0; i < policy_row_count(policy); i++) {
        const struct policy_row *row = policy_row(policy, i);
        char arrow[CELL_SIZE + 8];
        policy_lines_ends(row->to, row->to_networks, row->to_network_count, to, sizeof to);
        snprintf(arrow, sizeof arrow, "%s%s", row->either_way ? "and back: " : "", to);
        const char *cells[] = {
            row->id,
            row->title,
            policy_lines_ends(row->from, row->from_networks, row->from_network_count, from,
                              sizeof from),
            arrow,
            policy_lines_ports(row, ports, sizeof ports),
            requirement_text(row->require, require, sizeof require),
            severity_name(row->severity),
            row->enabled ? "on" : "off",
        };
        fputs("|", out);
        for (unsigned k = 0; k < sizeof cells / sizeof *cells; k++) {
            put_cell(out, cells[k]);
        }
        fputs("\n", out);
    }
}

static void show_text(FILE *out, const struct policy *policy)
{
    enum { ID = 8, TITLE = 34, REQUIRED = 14, SEVERITY = 10 };
    char require[64];
    for (uint32_t i = 0; i < policy_row_count(policy); i++) {
        const struct policy_row *row = policy_row(policy, i);
        terminal_pad(out, row->id, ID);
        terminal_pad(out, row->traffic, TITLE);
        terminal_pad(out, requirement_text(row->require, require, sizeof require), REQUIRED);
        terminal_pad(out, severity_name(row->severity), SEVERITY);
        fputs(row->enabled ? "on\n" : "off\n", out);
    }
}

/* Lines made by policy_lines, each printed escaped, behind a prefix. */
static void put_lines(FILE *out, char *lines, const char *prefix)
{
    for (char *line = lines, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        fputs(prefix, out);
        terminal_put(out, line);
        fputs("\n", out);
    }
}

enum ov_status report_policy_show(FILE *out, const struct policy *policy, bool markdown)
{
    char *lines = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&lines, &size);
    if (memory == NULL) {
        return OV_NOMEM;
    }
    policy_lines_show(memory, policy);
    bool good = ferror(memory) == 0;
    good = fclose(memory) == 0 && good;
    if (good) {
        fputs(markdown ? "# Policy " : "policy ", out);
        terminal_put(out, policy_name(policy));
        fputs("\n\n", out);
        (markdown ? show_markdown : show_text)(out, policy);
        fputs("\n", out);
        put_lines(out, lines, markdown ? "- " : "");
    }
    free(lines);
    return good ? OV_OK : OV_NOMEM;
}

struct sorted {
    char *text; /* owned; its line ends are NUL */
    char **lines;
    size_t count;
};

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sorted_done(struct sorted *s)
{
    free(s->text);
    free(s->lines);
}

static bool sorted_init(struct sorted *s, const struct policy *policy)
{
    size_t size = 0, most = 1;
    *s = (struct sorted){ .text = NULL };
    FILE *memory = open_memstream(&s->text, &size);
    if (memory == NULL) {
        return false;
    }
    policy_lines_all(memory, policy);
    if (fclose(memory) != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        most += s->text[i] == '\n';
    }
    s->lines = calloc(most, sizeof *s->lines);
    for (char *line = s->text, *end; s->lines != NULL && (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        *end = '\0';
        s->lines[s->count++] = line;
    }
    if (s->lines != NULL) {
        qsort(s->lines, s->count, sizeof *s->lines, compare);
    }
    return s->lines != NULL;
}

static void put_difference(FILE *out, const char *sign, const char *line)
{
    fputs(sign, out);
    terminal_put(out, line);
    fputs("\n", out);
}

enum ov_status report_policy_diff(FILE *out, const struct policy *a, const struct policy *b,
                                  bool *ret_differ)
{
    struct sorted one, other = { .text = NULL };
    *ret_differ = false;
    bool good = sorted_init(&one, a) && sorted_init(&other, b);
    for (size_t i = 0, k = 0; good && (i < one.count || k < other.count);) {
        int order = i == one.count     ? 1
                    : k == other.count ? -1
                                       : strcmp(one.lines[i], other.lines[k]);
        if (order < 0) {
            put_difference(out, "- ", one.lines[i++]);
        } else if (order > 0) {
            put_difference(out, "+ ", other.lines[k++]);
        } else {
            i++;
            k++;
        }
        *ret_differ |= order != 0;
    }
    sorted_done(&one);
    sorted_done(&other);
    return good ? OV_OK : OV_NOMEM;
}

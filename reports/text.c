/* reports/text.c: the ending on a terminal, design output contract section 5: what was read, the
 * rows that were seen, and the findings (text_findings.c). */
#include <string.h>

#include "base/text.h"
#include "reports/report.h"
#include "reports/terminal.h"
#include "reports/text_findings.h"
#include "rules/policy.h"

#define TABLE_TITLE "TRAFFIC PROTECTION"

enum {
    COLUMN_FLOWS,
    COLUMN_VERDICTS, /* one for each verdict from here on */
    COLUMN_COUNT = COLUMN_VERDICTS + VERDICT_COUNT,
    TRAFFIC_WIDTH_MIN = 31,
    ROW_WIDTH_MIN = 8,
    REQUIRED_SIZE = 64, /* text of all requirements a row accepts */
    HEADER_SIZE = 1024,
};

static const char *const column_titles[COLUMN_COUNT] = {
    [COLUMN_FLOWS] = "flows",
    [COLUMN_VERDICTS + VERDICT_COMPLIANT] = "compliant",
    [COLUMN_VERDICTS + VERDICT_VIOLATION] = "violation",
    [COLUMN_VERDICTS + VERDICT_WEAK] = "weak",
    [COLUMN_VERDICTS + VERDICT_EXEMPT] = "exempt",
    [COLUMN_VERDICTS + VERDICT_UNKNOWN] = "unknown",
    [COLUMN_VERDICTS + VERDICT_NOT_ASSESSABLE] = "not assessable",
};

/* Widths of the table's columns, and the sums of its numbers. */
struct table {
    uint32_t traffic, row, required;
    uint32_t numbers[COLUMN_COUNT]; /* 0 = the column is left out */
    uint64_t totals[COLUMN_COUNT];
};

static uint64_t column_value(const struct row_coverage *coverage, unsigned column)
{
    return column == COLUMN_FLOWS ? coverage->flows
                                  : coverage->by_verdict[column - COLUMN_VERDICTS];
}

static void widen(uint32_t *width, const char *text)
{
    uint32_t wanted = terminal_width(text);
    *width = wanted > *width ? wanted : *width;
}

static void measure(const struct report_run *run, struct table *ret_table)
{
    struct table table = { .traffic = terminal_width(TABLE_TITLE) };
    char buffer[REQUIRED_SIZE], number[TERMINAL_NUMBER_SIZE];
    widen(&table.required, "required");
    for (unsigned column = 0; column < COLUMN_COUNT; column++) {
        widen(&table.numbers[column], column_titles[column]);
    }
    for (uint32_t i = 0; i < policy_row_count(run->policy); i++) {
        const struct policy_row *row = policy_row(run->policy, i);
        const struct row_coverage *coverage = judge_coverage(run->judge, i);
        if (coverage->flows == 0) {
            continue;
        }
        widen(&table.traffic, row->traffic);
        widen(&table.row, row->id);
        widen(&table.required, requirement_text(row->require, buffer, sizeof buffer));
        for (unsigned column = 0; column < COLUMN_COUNT; column++) {
            uint64_t value = column_value(coverage, column);
            widen(&table.numbers[column], terminal_number(value, number));
            table.totals[column] += value;
        }
    }
    unsigned last = COLUMN_VERDICTS + VERDICT_NOT_ASSESSABLE;
    table.numbers[last] = table.totals[last] > 0 ? table.numbers[last] : 0;
    *ret_table = table;
}

static uint32_t table_width(const struct table *table)
{
    uint32_t width = table->traffic + 2 + table->row + 2 + table->required;
    for (unsigned column = 0; column < COLUMN_COUNT; column++) {
        width += table->numbers[column] > 0 ? 2 + table->numbers[column] : 0;
    }
    return width;
}

/* Airy where there is room; on a narrow terminal without the columns that hold nothing. */
static void fit(struct table *table, uint32_t columns)
{
    struct table airy = *table;
    airy.traffic = airy.traffic < TRAFFIC_WIDTH_MIN ? TRAFFIC_WIDTH_MIN : airy.traffic;
    airy.row = airy.row < ROW_WIDTH_MIN ? ROW_WIDTH_MIN : airy.row;
    if (columns == 0 || table_width(&airy) <= columns) {
        *table = airy;
        return;
    }
    for (unsigned column = COLUMN_COUNT; column-- > 0 && table_width(table) > columns;) {
        table->numbers[column] = table->totals[column] > 0 ? table->numbers[column] : 0;
    }
}

static void put_cell(FILE *terminal, uint32_t width, uint64_t value)
{
    char number[TERMINAL_NUMBER_SIZE];
    fputs("  ", terminal);
    terminal_pad_left(terminal, value == 0 ? "-" : terminal_number(value, number), width);
}

static void put_row(FILE *terminal, const struct table *table, const struct policy_row *row,
                    const struct row_coverage *coverage, bool color)
{
    char buffer[REQUIRED_SIZE];
    terminal_pad(terminal, row->traffic, table->traffic);
    fputs("  ", terminal);
    terminal_pad(terminal, row->id, table->row);
    fputs("  ", terminal);
    terminal_pad(terminal, requirement_text(row->require, buffer, sizeof buffer), table->required);
    for (unsigned column = 0; column < COLUMN_COUNT; column++) {
        uint64_t value = column_value(coverage, column);
        bool red = color && value > 0 && column == COLUMN_VERDICTS + VERDICT_VIOLATION;
        if (table->numbers[column] > 0) {
            terminal_color(terminal, red, COLOR_RED);
            put_cell(terminal, table->numbers[column], value);
            terminal_color(terminal, red, COLOR_NONE);
        }
    }
    fputc('\n', terminal);
}

static void put_table(FILE *terminal, const struct report_run *run, const struct table *table,
                      bool color)
{
    fputc('\n', terminal);
    terminal_pad(terminal, TABLE_TITLE, table->traffic + 2 + table->row + 2);
    terminal_pad(terminal, "required", table->required);
    for (unsigned column = 0; column < COLUMN_COUNT; column++) {
        if (table->numbers[column] > 0) {
            fputs("  ", terminal);
            terminal_pad_left(terminal, column_titles[column], table->numbers[column]);
        }
    }
    fputc('\n', terminal);
    for (uint32_t i = 0; i < policy_row_count(run->policy); i++) {
        const struct row_coverage *coverage = judge_coverage(run->judge, i);
        if (coverage->flows > 0) {
            put_row(terminal, table, policy_row(run->policy, i), coverage, color);
        }
    }
}

static void add_count(struct text *t, uint64_t value, const char *one, const char *many)
{
    char number[TERMINAL_NUMBER_SIZE];
    text_printf(t, "   %s %s", terminal_number(value, number), value == 1 ? one : many);
}

/* What the capture did not hold, "0 lost" when nothing is missing. */
static void add_losses(struct text *t, const struct counters *counters)
{
    static const struct {
        enum capture_counter kind;
        const char *one, *many;
    } losses[] = {
        { COUNT_DAMAGED_BYTES, "byte damaged", "bytes damaged" },
        { COUNT_TCP_MISSING, "TCP byte lost", "TCP bytes lost" },
        { COUNT_TCP_DROPPED, "TCP byte given up", "TCP bytes given up" },
        { COUNT_FRAGMENTS_LOST, "fragment lost", "fragments lost" },
        { COUNT_CUT, "packet cut", "packets cut" },
        { COUNT_FLOWS_EVICTED, "flow given up", "flows given up" },
        { COUNT_FACTS_DROPPED, "fact given up", "facts given up" },
    };
    bool lost = false;
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        uint64_t value = counters->value[losses[i].kind];
        if (value > 0) {
            add_count(t, value, losses[i].one, losses[i].many);
            lost = true;
        }
    }
    text_put(t, lost ? "" : "   0 lost");
}

static void put_header(FILE *terminal, const struct report_run *run)
{
    char left[HEADER_SIZE], right[HEADER_SIZE];
    const char *name = policy_name(run->policy);
    struct text t = text_into(right, sizeof right);
    text_put(&t, "policy ");
    text_put_escaped(&t, name, strlen(name));
    text_put(&t, policy_is_builtin(run->policy) ? " (built in, roles inferred)" : " (file)");
    t = text_into(left, sizeof left);
    text_put_escaped(&t, run->input, strlen(run->input));
    add_count(&t, run->counters->value[COUNT_PACKETS], "packet", "packets");
    add_count(&t, run->flows, "flow", "flows");
    add_losses(&t, run->counters);
    text_printf(&t, "   %.2f s", run->seconds);
    uint32_t columns = terminal_columns(terminal);
    bool broken = columns > 0 && terminal_width(left) + 6 + terminal_width(right) > columns;
    fprintf(terminal, "%s%s%s\n", left, broken ? "\n" : "      ", right);
}

/* Packets that no flow was made of: always the broken and the foreign ones; those of protocols that
 * overt does not judge only where nothing else is there. */
static void put_not_decoded(FILE *terminal, const struct counters *counters, bool judged)
{
    static const enum capture_counter kinds[] = {
        COUNT_LINK_UNKNOWN, COUNT_LINK_ENCRYPTED, COUNT_LINK_OTHER,   COUNT_LINK_SHORT,
        COUNT_IP_MALFORMED, COUNT_IP_CUT,         COUNT_L4_MALFORMED, COUNT_L4_CUT,
        COUNT_TOO_DEEP,     COUNT_TUNNEL_UNREAD,  COUNT_NOT_IP,       COUNT_L4_OTHER
    };
    char number[TERMINAL_NUMBER_SIZE], buffer[HEADER_SIZE];
    struct text t = text_into(buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t value = counters->value[kinds[i]];
        bool usual = kinds[i] == COUNT_NOT_IP || kinds[i] == COUNT_L4_OTHER ||
                     kinds[i] == COUNT_TUNNEL_UNREAD;
        if (value > 0 && !(usual && judged)) {
            text_printf(&t, "%s%s %s (%s)",
                        t.used > 0 ? ", " : "Not decoded: ", terminal_number(value, number),
                        value == 1 ? "packet" : "packets", counter_text(kinds[i]));
        }
    }
    if (t.used > 0) {
        uint32_t column = 0;
        text_put(&t, ".\n");
        terminal_wrap(terminal, buffer, 0, &column);
    }
}

/* What can be said when nothing was found: no more than was seen. */
static void put_nothing_found(FILE *terminal, const struct report_run *run,
                              const struct table *table)
{
    static const enum verdict others[] = { VERDICT_COMPLIANT, VERDICT_EXEMPT, VERDICT_UNKNOWN,
                                           VERDICT_NOT_ASSESSABLE };
    char number[TERMINAL_NUMBER_SIZE];
    if (table->totals[COLUMN_FLOWS] == 0) {
        fputs(
            run->counters->value[COUNT_PACKETS] == 0
                ? "Nothing was judged: no packet was read, or none passed the filter.\n"
                : "Nothing was judged: no flow of this capture falls under a row of the policy.\n",
            terminal);
        return;
    }
    fputs("No violations in what was seen:", terminal);
    const char *between = " ";
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        unsigned column = COLUMN_VERDICTS + others[i];
        bool always = others[i] == VERDICT_COMPLIANT || others[i] == VERDICT_UNKNOWN;
        if (always || table->totals[column] > 0) {
            fprintf(terminal, "%s%s %s", between, terminal_number(table->totals[column], number),
                    column_titles[column]);
            between = ", ";
        }
    }
    fputs(".\n", terminal);
}

/* What a policy file would add; nothing where not even a packet was read. */
static void put_hint(FILE *terminal, const struct report_run *run, bool judged)
{
    static const char inferred[] =
        "Roles were inferred from traffic, which makes findings less severe and leaves some flows "
        "unknown.",
                      unjudged[] = "Without a policy file only hosts whose role their traffic "
                                   "shows can be judged.",
                      todo[] = "List your servers (`hosts`) and client subnets (`roles`) in a "
                               "policy file and give it with --policy FILE; `overt roles FILE` "
                               "proposes one.\n";
    uint32_t column = 0;
    if (policy_is_builtin(run->policy) && run->counters->value[COUNT_PACKETS] > 0) {
        fputc('\n', terminal);
        terminal_wrap(terminal, judged ? inferred : unjudged, 0, &column);
        terminal_wrap(terminal, todo, 0, &column);
    }
}

void report_ending(FILE *terminal, const struct report_run *run,
                   const struct finding_list *findings, bool color, uint32_t most)
{
    struct table table;
    measure(run, &table);
    fit(&table, terminal_columns(terminal));
    bool judged = table.totals[COLUMN_FLOWS] > 0;
    put_header(terminal, run);
    put_not_decoded(terminal, run->counters, judged);
    if (judged) {
        put_table(terminal, run, &table, color);
    }
    fputc('\n', terminal);
    if (table.totals[COLUMN_VERDICTS + VERDICT_VIOLATION] == 0 &&
        table.totals[COLUMN_VERDICTS + VERDICT_WEAK] == 0) {
        put_nothing_found(terminal, run, &table);
    }
    text_findings_put(terminal, run, findings, color, most);
    put_hint(terminal, run, judged);
}

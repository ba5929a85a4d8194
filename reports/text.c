/* reports/text.c: the ending on a terminal, design output contract section 5: what was read, the
 * rows that were seen, and the findings (text_findings.c). */
#include "base/text.h"
#include "reports/report.h"
#include "reports/terminal.h"
#include "reports/text_findings.h"
#include "rules/policy.h"

enum {
    COLUMN_FLOWS,
    COLUMN_VERDICTS, /* one for each verdict from here on */
    COLUMN_COUNT = COLUMN_VERDICTS + VERDICT_COUNT,
    TRAFFIC_WIDTH_MIN = 31,
    ROW_WIDTH_MIN = 8,
    REQUIRED_SIZE = 64, /* text of all requirements a row accepts */
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
    struct table table = { TRAFFIC_WIDTH_MIN, ROW_WIDTH_MIN, 0, { 0 }, { 0 } };
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
    terminal_pad(terminal, "TRAFFIC PROTECTION", table->traffic + 2 + table->row + 2);
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

/* What the capture did not hold, "0 lost" when nothing is missing. */
static void put_losses(FILE *terminal, const struct counters *counters)
{
    static const struct {
        enum capture_counter kind;
        const char *one, *many;
    } losses[] = {
        { COUNT_TCP_MISSING, "TCP byte lost", "TCP bytes lost" },
        { COUNT_TCP_DROPPED, "TCP byte given up", "TCP bytes given up" },
        { COUNT_FRAGMENTS_LOST, "fragment lost", "fragments lost" },
        { COUNT_CUT, "packet cut", "packets cut" },
        { COUNT_FLOWS_EVICTED, "flow given up", "flows given up" },
    };
    bool lost = false;
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        uint64_t value = counters->value[losses[i].kind];
        if (value > 0) {
            fputs("   ", terminal);
            terminal_count(terminal, value, losses[i].one, losses[i].many);
            lost = true;
        }
    }
    fputs(lost ? "" : "   0 lost", terminal);
}

static void put_header(FILE *terminal, const struct report_run *run)
{
    terminal_put(terminal, run->input);
    fputs("   ", terminal);
    terminal_count(terminal, run->counters->value[COUNT_PACKETS], "packet", "packets");
    fputs("   ", terminal);
    terminal_count(terminal, run->flows, "flow", "flows");
    put_losses(terminal, run->counters);
    fprintf(terminal, "   %.2f s      policy ", run->seconds);
    terminal_put(terminal, policy_name(run->policy));
    fputs(policy_is_builtin(run->policy) ? " (built in, roles inferred)\n" : " (file)\n", terminal);
}

/* What can be said when nothing was found: no more than was seen. */
static void put_nothing_found(FILE *terminal, const struct table *table)
{
    static const enum verdict others[] = { VERDICT_COMPLIANT, VERDICT_EXEMPT, VERDICT_UNKNOWN,
                                           VERDICT_NOT_ASSESSABLE };
    char number[TERMINAL_NUMBER_SIZE];
    if (table->totals[COLUMN_FLOWS] == 0) {
        fputs("Nothing was judged: no flow of this capture falls under a row of the policy.\n",
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

static void put_hint(FILE *terminal)
{
    static const char hint[] =
        "Roles were inferred from traffic, which makes findings less severe and leaves some flows "
        "unknown. List your servers (`hosts`) and client subnets (`roles`) in a policy file and "
        "give it with --policy FILE.";
    uint32_t column = 0;
    fputc('\n', terminal);
    terminal_wrap(terminal, hint, 0, &column);
    fputc('\n', terminal);
}

void report_ending(FILE *terminal, const struct report_run *run,
                   const struct finding_list *findings, bool color, uint32_t most)
{
    struct table table;
    measure(run, &table);
    put_header(terminal, run);
    if (table.totals[COLUMN_FLOWS] > 0) {
        put_table(terminal, run, &table, color);
    }
    fputc('\n', terminal);
    if (table.totals[COLUMN_VERDICTS + VERDICT_VIOLATION] == 0 &&
        table.totals[COLUMN_VERDICTS + VERDICT_WEAK] == 0) {
        put_nothing_found(terminal, &table);
    }
    text_findings_put(terminal, findings, color, most);
    if (policy_is_builtin(run->policy)) {
        put_hint(terminal);
    }
}

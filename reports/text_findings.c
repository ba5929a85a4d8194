/* reports/text_findings.c: two lines for each finding: what and where, then why and what to read.
 */
#include "reports/text_findings.h"

#include "base/text.h"
#include "reports/terminal.h"
#include "rules/policy.h"

enum {
    INDENT = 10,          /* of the second line: severity and two spaces */
    TITLE_WIDTH_MAX = 44, /* titles are padded up to this */
    ENDS_SIZE = 128,      /* two addresses, a port and an arrow */
};

static bool needs_attention(const struct finding *finding)
{
    return finding->verdict == VERDICT_VIOLATION || finding->verdict == VERDICT_WEAK ||
           finding->verdict == VERDICT_UNKNOWN;
}

uint64_t text_findings_count(const struct finding_list *findings)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < findings->count; i++) {
        count += needs_attention(findings->items[i]);
    }
    return count;
}

/* "10.20.0.7 → [fd00::10]:5060" */
static const char *ends_text(const struct finding *finding, char *buffer)
{
    char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
    const struct address *address = &finding->server.address;
    struct text t = text_into(buffer, ENDS_SIZE);
    address_text(&finding->client.address, client);
    address_text(address, server);
    if (finding->server.port == 0) {
        text_printf(&t, "%s → %s", client, server);
    } else {
        text_printf(&t, address_is_ipv4(address) ? "%s → %s:%u" : "%s → [%s]:%u", client, server,
                    finding->server.port);
    }
    return buffer;
}

/* Columns of the first line that depend on what is printed. */
struct widths {
    uint32_t row, title, ends;
};

static void widen(uint32_t *width, uint32_t wanted, uint32_t most)
{
    wanted = wanted > most ? most : wanted;
    *width = wanted > *width ? wanted : *width;
}

static struct widths measure(const struct finding_list *findings, uint32_t most)
{
    struct widths widths = { 0 };
    char ends[ENDS_SIZE];
    for (uint32_t i = 0, shown = 0; i < findings->count && shown < most; i++) {
        const struct finding *finding = findings->items[i];
        if (!needs_attention(finding)) {
            continue;
        }
        widen(&widths.row, terminal_width(finding->row->id), TITLE_WIDTH_MAX);
        widen(&widths.title, terminal_width(finding->row->title), TITLE_WIDTH_MAX);
        widen(&widths.ends, terminal_width(ends_text(finding, ends)), ENDS_SIZE);
        shown++;
    }
    return widths;
}

static enum terminal_color severity_color(enum severity severity)
{
    switch (severity) {
    case SEVERITY_CRITICAL:
        return COLOR_RED_BOLD;
    case SEVERITY_HIGH:
        return COLOR_RED;
    case SEVERITY_MEDIUM:
        return COLOR_YELLOW;
    case SEVERITY_LOW:
        return COLOR_CYAN;
    case SEVERITY_INFO:
        break;
    }
    return COLOR_NONE;
}

static void put_place(FILE *terminal, const struct finding *finding)
{
    char number[TERMINAL_NUMBER_SIZE];
    if (finding->proof_count > 0 && finding->proofs[0].packet > 0) {
        fprintf(terminal, "   packet %s", terminal_number(finding->proofs[0].packet, number));
    }
    if (finding->file != NULL) {
        fputs(" of ", terminal);
        terminal_put(terminal, finding->file);
    }
    if (finding->flow_count > 1) {
        fputs("   ", terminal);
        terminal_count(terminal, finding->flow_count, "flow", "flows");
    }
    fputc('\n', terminal);
}

static void put_first_line(FILE *terminal, const struct finding *finding,
                           const struct widths *widths, bool color)
{
    char ends[ENDS_SIZE];
    terminal_color(terminal, color, severity_color(finding->severity));
    terminal_pad(terminal, severity_name(finding->severity), INDENT - 2);
    terminal_color(terminal, color, COLOR_NONE);
    fputs("  ", terminal);
    terminal_pad(terminal, finding->row->id, widths->row);
    fputs("  ", terminal);
    terminal_pad(terminal, finding->row->title, widths->title);
    fputs("  ", terminal);
    terminal_pad(terminal, ends_text(finding, ends), widths->ends);
    put_place(terminal, finding);
}

/* A proven violation needs no qualification; everything else says what it is. */
static void put_qualification(FILE *terminal, const struct finding *finding, uint32_t *column)
{
    char buffer[64];
    struct text t = text_into(buffer, sizeof buffer);
    bool inferred = finding->evidence != EVIDENCE_PROVEN;
    if (finding->verdict == VERDICT_UNKNOWN) {
        text_put(&t, "unknown:");
    } else if (finding->verdict == VERDICT_WEAK || inferred) {
        text_put(&t, verdict_name(finding->verdict));
        text_printf(&t, "%s%s:", inferred ? ", " : "",
                    inferred ? evidence_name(finding->evidence) : "");
    }
    terminal_wrap(terminal, buffer, INDENT, column);
}

static void put_streams(FILE *terminal, uint64_t streams, uint32_t *column)
{
    char number[TERMINAL_NUMBER_SIZE], buffer[128];
    struct text t = text_into(buffer, sizeof buffer);
    if (streams > 0) {
        text_printf(&t, "%s %s keyed by it %s no longer confidential.",
                    terminal_number(streams, number), streams == 1 ? "stream" : "streams",
                    streams == 1 ? "is" : "are");
    }
    terminal_wrap(terminal, buffer, INDENT, column);
}

static void put_second_line(FILE *terminal, const struct finding *finding)
{
    static const char command[] = "overt explain ";
    uint32_t column = 0;
    const char *fix = finding->row->fix != NULL ? finding->row->fix : "";
    const char *text = finding->reason_count > 0 ? finding->reasons[0].text : fix;
    put_qualification(terminal, finding, &column);
    terminal_wrap(terminal, text, INDENT, &column);
    put_streams(terminal, finding->streams_exposed, &column);
    uint32_t width = (uint32_t)sizeof command - 1 + terminal_width(finding->row->id);
    bool fits = column > 0 && column + 2 + width <= TERMINAL_WIDTH;
    fprintf(terminal, "%s%*s%s", column == 0 || fits ? "" : "\n", fits ? 2 : INDENT, "", command);
    terminal_put(terminal, finding->row->id);
    fputc('\n', terminal);
}

static void put_totals(FILE *terminal, const struct finding_list *findings)
{
    uint64_t counts[SEVERITY_CRITICAL + 1] = { 0 };
    char number[TERMINAL_NUMBER_SIZE];
    for (uint32_t i = 0; i < findings->count; i++) {
        counts[findings->items[i]->severity] += needs_attention(findings->items[i]);
    }
    terminal_count(terminal, text_findings_count(findings), "finding", "findings");
    const char *between = ": ";
    for (unsigned severity = SEVERITY_CRITICAL + 1; severity-- > 0;) {
        if (counts[severity] > 0) {
            fprintf(terminal, "%s%s %s", between, terminal_number(counts[severity], number),
                    severity_name((enum severity)severity));
            between = ", ";
        }
    }
    fputc('\n', terminal);
}

void text_findings_put(FILE *terminal, const struct finding_list *findings, bool color,
                       uint32_t most)
{
    uint64_t count = text_findings_count(findings);
    struct widths widths = measure(findings, most);
    if (count > 0) {
        put_totals(terminal, findings);
    }
    uint32_t shown = 0;
    for (uint32_t i = 0; i < findings->count && shown < most; i++) {
        if (needs_attention(findings->items[i])) {
            put_first_line(terminal, findings->items[i], &widths, color);
            put_second_line(terminal, findings->items[i]);
            shown++;
        }
    }
    if (count > shown) {
        fputs("and ", terminal);
        terminal_count(terminal, count - shown, "more finding", "more findings");
        fputs("; --out FILE writes all of them\n", terminal);
    }
    if (findings->dropped > 0) {
        terminal_count(terminal, findings->dropped, "finding was", "findings were");
        fputs(" not kept: there are too many different ones\n", terminal);
    }
}

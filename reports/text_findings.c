/* reports/text_findings.c: for each finding a line of what and where, then why and what to do. */
#include "reports/text_findings.h"

#include <string.h>

#include "base/text.h"
#include "reports/terminal.h"
#include "rules/policy.h"

enum {
    INDENT = 10,     /* of all lines but the first: severity and two spaces */
    ENDS_SIZE = 128, /* two addresses, a port and an arrow */
    PLACE_SIZE = 1024,
};

static bool needs_attention(const struct finding *finding)
{
    return finding->verdict == VERDICT_VIOLATION || finding->verdict == VERDICT_WEAK ||
           finding->verdict == VERDICT_UNKNOWN;
}

static uint64_t count_findings(const struct finding_list *findings)
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

/* The last parts of a path that no other capture of the run ends with. */
static const char *short_path(const struct report_run *run, const char *path)
{
    const char *from = path + strlen(path);
    bool alone = false;
    while (from > path && !alone) {
        do {
            from--;
        } while (from > path && from[-1] != '/');
        alone = true;
        for (uint32_t i = 0; i < run->file_count && alone; i++) {
            const char *other = run->files[i];
            size_t size = strlen(from), length = strlen(other);
            alone = strcmp(other, path) == 0 || length < size ||
                    strcmp(other + length - size, from) != 0 ||
                    (length > size && other[length - size - 1] != '/');
        }
    }
    return from;
}

/* "packet 812 of monday/a.pcap   31 flows" */
static const char *place_text(const struct report_run *run, const struct finding *finding,
                              char *buffer)
{
    char number[TERMINAL_NUMBER_SIZE];
    struct text t = text_into(buffer, PLACE_SIZE);
    if (finding->proof_count > 0 && finding->proofs[0].packet > 0) {
        text_printf(&t, "packet %s", terminal_number(finding->proofs[0].packet, number));
    }
    if (finding->file != NULL) {
        const char *path = short_path(run, finding->file);
        text_put(&t, t.used > 0 ? " of " : "in ");
        text_put_escaped(&t, path, strlen(path));
    }
    if (finding->flow_count > 1) {
        text_printf(&t, "%s%s flows", t.used > 0 ? "   " : "",
                    terminal_number(finding->flow_count, number));
    }
    return buffer;
}

/* How the first line is laid out; all findings alike. */
struct layout {
    uint32_t row, title, ends; /* columns */
    bool stacked; /* ends and place have a line of their own: the terminal is too narrow */
};

static void widen(uint32_t *width, const char *text)
{
    uint32_t wanted = terminal_width(text);
    *width = wanted > *width ? wanted : *width;
}

static struct layout lay_out(FILE *terminal, const struct report_run *run,
                             const struct finding_list *findings, uint32_t most)
{
    struct layout layout = { 0 };
    char ends[ENDS_SIZE], place[PLACE_SIZE];
    uint32_t places = 0, columns = terminal_columns(terminal);
    for (uint32_t i = 0, shown = 0; i < findings->count && shown < most; i++) {
        const struct finding *finding = findings->items[i];
        if (!needs_attention(finding)) {
            continue;
        }
        widen(&layout.row, finding->row->id);
        widen(&layout.title, finding->row->title);
        widen(&layout.ends, ends_text(finding, ends));
        widen(&places, place_text(run, finding, place));
        shown++;
    }
    uint32_t width = INDENT + layout.row + 2 + layout.title + 2 + layout.ends + 3 + places;
    layout.stacked = columns > 0 && width > columns;
    return layout;
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

static void put_first_line(FILE *terminal, const struct report_run *run,
                           const struct finding *finding, const struct layout *layout, bool color)
{
    char ends[ENDS_SIZE], place[PLACE_SIZE];
    terminal_color(terminal, color, severity_color(finding->severity));
    terminal_pad(terminal, severity_name(finding->severity), INDENT - 2);
    terminal_color(terminal, color, COLOR_NONE);
    fputs("  ", terminal);
    terminal_pad(terminal, finding->row->id, layout->row);
    fputs("  ", terminal);
    terminal_pad(terminal, finding->row->title, layout->stacked ? 0 : layout->title);
    fprintf(terminal, "%s%*s", layout->stacked ? "\n" : "", layout->stacked ? INDENT : 2, "");
    place_text(run, finding, place);
    terminal_pad(terminal, ends_text(finding, ends), place[0] != '\0' ? layout->ends : 0);
    fprintf(terminal, "%s%s\n", place[0] != '\0' ? "   " : "", place);
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
        text_printf(&t, "%s %s of this capture %s keyed so.", terminal_number(streams, number),
                    streams == 1 ? "stream" : "streams", streams == 1 ? "is" : "are");
    }
    terminal_wrap(terminal, buffer, INDENT, column);
}

/* What to do about a finding, NULL = nothing to tell. The row's own words answer a violation; where
 * it is not known whether there is one only the reason knows what helps. */
static const char *advice_of(const struct finding *finding)
{
    bool helps = finding->verdict != VERDICT_UNKNOWN || finding->fix != finding->row->fix;
    bool told = needs_attention(finding) && helps && finding->fix != NULL;
    return told && finding->fix[0] != '\0' ? finding->fix : NULL;
}

/* The same, unless a finding before this one said it. */
static const char *new_advice(const struct finding_list *findings, uint32_t at)
{
    const char *advice = advice_of(findings->items[at]);
    for (uint32_t i = 0; i < at && advice != NULL; i++) {
        const char *before = advice_of(findings->items[i]);
        advice = before != NULL && strcmp(before, advice) == 0 ? NULL : advice;
    }
    return advice;
}

static void put_explanation(FILE *terminal, const struct finding_list *findings, uint32_t at)
{
    static const char command[] = "overt explain ";
    const struct finding *finding = findings->items[at];
    const char *advice = new_advice(findings, at);
    uint32_t column = 0;
    put_qualification(terminal, finding, &column);
    terminal_wrap(terminal, finding->reason_count > 0 ? finding->reasons[0].text : "", INDENT,
                  &column);
    put_streams(terminal, finding->streams_exposed, &column);
    if (advice != NULL) {
        fputs(column > 0 ? "\n" : "", terminal);
        column = 0;
        terminal_wrap(terminal, "What to do:", INDENT, &column);
        terminal_wrap(terminal, advice, INDENT, &column);
    }
    uint32_t width = (uint32_t)sizeof command - 1 + terminal_width(finding->row->id);
    bool fits = column > 0 && column + 2 + width <= terminal_paragraph(terminal);
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
    terminal_count(terminal, count_findings(findings), "finding", "findings");
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

void text_findings_put(FILE *terminal, const struct report_run *run,
                       const struct finding_list *findings, bool color, uint32_t most)
{
    uint64_t count = count_findings(findings);
    struct layout layout = lay_out(terminal, run, findings, most);
    if (count > 0) {
        put_totals(terminal, findings);
    }
    uint32_t shown = 0;
    for (uint32_t i = 0; i < findings->count && shown < most; i++) {
        if (needs_attention(findings->items[i])) {
            put_first_line(terminal, run, findings->items[i], &layout, color);
            put_explanation(terminal, findings, i);
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

/* reports/json_stats.c: the stats record: how a live capture does. */
#include <jansson.h>

#include "reports/json_line.h"
#include "reports/report.h"

void report_stats(struct report_out *out, const struct report_stats *stats)
{
    struct json_line line;
    if (!json_line_wanted(out)) {
        return;
    }
    json_line_begin(&line, "stats", stats->sensor, NULL);
    json_line_capture_time(&line, line.root, "written", stats->written_us);
    if (stats->time_us > 0) {
        json_line_capture_time(&line, line.root, "time", stats->time_us);
    }
    json_line_count(&line, line.root, "packets", stats->packets);
    json_line_count(&line, line.root, "bytes", stats->bytes);
    json_t *drops = json_line_object(&line, line.root, "drops");
    json_line_count(&line, drops, "kernel", stats->drops.kernel);
    json_line_count(&line, drops, "interface", stats->drops.interface);
    json_t *flows = json_line_object(&line, line.root, "flows");
    json_line_count(&line, flows, "open", stats->flows_open);
    json_line_count(&line, flows, "judged", stats->flows_judged);
    json_line_count(&line, line.root, "memory_bytes", stats->memory_bytes);
    json_line_count(&line, line.root, "backlog", stats->backlog);
    json_line_end(&line, out);
}

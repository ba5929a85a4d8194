/* tests/fuzz/fuzz_record.c: any bytes as a line of records: read or refused, and good to be judged
 * when read. */
#include <stdlib.h>

#include "reports/records.h"
#include "rules/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct court {
    struct policy *policy;
    struct certificates *certificates;
    struct judge *judge;
    uint32_t flows;
};

enum { FLOWS_MAX = 1000 }; /* judged by one judge: its tables grow */

static void open_court(struct court *c)
{
    if ((c->policy == NULL && policy_builtin("lync-2010", &c->policy) != OV_OK) ||
        certificates_new(16, &c->certificates) != OV_OK ||
        judge_new(c->policy, c->certificates, &c->judge) != OV_OK) {
        abort();
    }
    c->flows = 0;
}

static void close_court(struct court *c)
{
    judge_free(c->judge);
    certificates_free(c->certificates);
    c->judge = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct court court;
    struct record record;
    struct judgement judgement;
    if (court.judge == NULL) {
        open_court(&court);
    }
    if (records_read((const char *)data, size, court.certificates, &record) != OV_OK) {
        return 0;
    }
    if (record.kind == RECORD_FLOW) {
        struct report_judged judged = { &record.flow, &judgement, court.certificates };
        struct report_out nowhere = { .file = fopen("/dev/null", "w") };
        judge_learn(court.judge, &record.flow);
        judge_flow(court.judge, &record.flow, NULL, &judgement);
        report_flow(&nowhere, "fuzz", &judged, NULL);
        fclose(nowhere.file);
        court.flows++;
    }
    records_done(&record);
    if (court.flows == FLOWS_MAX) {
        close_court(&court);
    }
    return 0;
}

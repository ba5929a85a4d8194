/* rules/call_verdicts.c: the worst assessment of each flow with SIP or media, in sets of four by
 * flow id. */
#include "rules/call_verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "rules/kept.h"

enum { WAYS = 4 };

struct call_verdicts {
    struct call_verdict (*set)[WAYS]; /* owned; flow 0 = free; the newest first */
    uint32_t mask;                    /* sets, a power of two, less one */
    struct kept kept;                 /* ids of rows: the policy may be replaced */
};

/* Worse verdicts are higher. */
static unsigned badness(enum verdict verdict)
{
    static const unsigned order[VERDICT_COUNT] = {
        [VERDICT_NOT_ASSESSABLE] = 0, [VERDICT_COMPLIANT] = 1, [VERDICT_EXEMPT] = 2,
        [VERDICT_UNKNOWN] = 3,        [VERDICT_WEAK] = 4,      [VERDICT_VIOLATION] = 5,
    };
    return order[verdict];
}

enum ov_status call_verdicts_new(uint32_t calls_max, struct call_verdicts **ret_verdicts)
{
    struct call_verdicts *verdicts = calloc(1, sizeof *verdicts);
    uint32_t sets = 16;
    while (sets < calls_max && sets < 1U << 20) {
        sets *= 2;
    }
    sets *= 2; /* room for eight flows of each call, so that few sets overflow */
    *ret_verdicts = verdicts;
    if (verdicts == NULL) {
        return OV_NOMEM;
    }
    kept_init(&verdicts->kept);
    verdicts->mask = sets - 1;
    verdicts->set = calloc(sets, sizeof *verdicts->set); /* untouched pages cost nothing */
    return verdicts->set != NULL ? OV_OK : OV_NOMEM;
}

void call_verdicts_free(struct call_verdicts *verdicts)
{
    if (verdicts != NULL) {
        kept_done(&verdicts->kept);
        free(verdicts->set);
        free(verdicts);
    }
}

static const struct assessment *worst_of(const struct judgement *judgement)
{
    const struct assessment *worst = NULL;
    for (uint32_t i = 0; i < judgement->count; i++) {
        const struct assessment *one = &judgement->assessments[i];
        worst = worst == NULL || badness(one->verdict) > badness(worst->verdict) ? one : worst;
    }
    return worst;
}

void call_verdicts_note(struct call_verdicts *verdicts, const struct flow_record *record,
                        const struct judgement *judgement)
{
    const struct assessment *worst = worst_of(judgement);
    bool of_call = facts_find(record->facts, OBS_SIP_TRANSPORT) != NULL ||
                   facts_find(record->facts, OBS_MEDIA_SSRC) != NULL;
    if (worst == NULL || !of_call) {
        return;
    }
    struct call_verdict *set = verdicts->set[record->id & verdicts->mask];
    for (unsigned i = WAYS - 1; i > 0; i--) {
        set[i] = set[i - 1];
    }
    const char *row = kept_text(&verdicts->kept, worst->row->id);
    set[0] = (struct call_verdict){ worst->verdict, record->id, row };
}

static void take_worse(const struct call_verdicts *verdicts, uint64_t flow,
                       struct call_verdict *worst)
{
    const struct call_verdict *set = verdicts->set[flow & verdicts->mask];
    for (unsigned i = 0; i < WAYS && flow != 0; i++) {
        if (set[i].flow == flow) {
            *worst = badness(set[i].verdict) > badness(worst->verdict) ? set[i] : *worst;
            return;
        }
    }
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Fax over UDPTL (T.38) was agreed on, from the start or in place of audio: no flow shows it. */
static bool has_fax(const struct sheet_medium *medium)
{
    bool image = is(medium->kind, "image");
    bool fax = image && is(medium->answered, "other");
    for (uint32_t i = 0; (image || is(medium->kind, "audio")) && i < medium->change_count; i++) {
        const struct sheet_change *change = &medium->changes[i];
        fax = fax || (is(change->what, "answered") && is(change->now, "other"));
    }
    return fax;
}

struct call_verdict call_verdicts_of(const struct call_verdicts *verdicts,
                                     const struct call_sheet *sheet)
{
    struct call_verdict worst = { .verdict = VERDICT_NOT_ASSESSABLE };
    bool fax = false;
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        const struct sheet_medium *medium = &sheet->media[i];
        const uint32_t room = sizeof medium->flows / sizeof medium->flows[0];
        fax = fax || has_fax(medium);
        for (uint32_t k = 0; k < medium->flow_count && k < room; k++) {
            take_worse(verdicts, medium->flows[k], &worst);
        }
    }
    for (uint32_t i = 0; i < sheet->leg_count; i++) {
        take_worse(verdicts, sheet->legs[i].flow, &worst);
    }
    if (fax && badness(worst.verdict) < badness(VERDICT_UNKNOWN)) {
        worst = (struct call_verdict){ .verdict = VERDICT_UNKNOWN };
    }
    return worst;
}

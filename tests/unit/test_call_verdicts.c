/* tests/unit/test_call_verdicts.c: the worst of a call's flows stands for the call. */
#include "rules/call_verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "rules/policy.h"
#include "tests/check.h"

enum { MANY = 70000 }; /* more flows than are remembered */

static const struct policy_row signalling = { .id = "TT-02" }, media = { .id = "TT-04" };

static struct call_verdicts *new_verdicts(void)
{
    struct call_verdicts *verdicts = NULL;
    if (call_verdicts_new(16, &verdicts) != OV_OK) {
        abort();
    }
    return verdicts;
}

/* A flow with SIP or without was judged so by two rows. */
static void judged(struct call_verdicts *verdicts, uint64_t id, bool sip, enum verdict first,
                   enum verdict second)
{
    struct facts facts = { 0 };
    struct flow_record record = { .id = id, .facts = &facts };
    struct judgement judgement = { .count = 2 };
    struct observation obs = { .kind = OBS_SIP_TRANSPORT, .text = "tcp", .text_size = 3 };
    if (sip) {
        facts_put(&facts, &obs);
    }
    judgement.assessments[0] = (struct assessment){ .row = &signalling, .verdict = first };
    judgement.assessments[1] = (struct assessment){ .row = &media, .verdict = second };
    call_verdicts_note(verdicts, &record, &judgement);
    facts_done(&facts);
}

static struct call_verdict worst_of(const struct call_verdicts *verdicts, uint64_t medium,
                                    uint64_t leg)
{
    struct call_sheet sheet = { .leg_count = 1, .media_count = 1 };
    sheet.legs[0].flow = leg;
    sheet.media[0].flow_count = 1;
    sheet.media[0].flows[0] = medium;
    return call_verdicts_of(verdicts, &sheet);
}

static void worst_flow_and_row_are_named(void)
{
    struct call_verdicts *verdicts = new_verdicts();
    CHECK_EQ(worst_of(verdicts, 1, 2).verdict, VERDICT_NOT_ASSESSABLE);
    judged(verdicts, 1, true, VERDICT_COMPLIANT, VERDICT_EXEMPT);
    CHECK_EQ(worst_of(verdicts, 1, 2).verdict, VERDICT_EXEMPT);
    judged(verdicts, 2, true, VERDICT_WEAK, VERDICT_UNKNOWN);
    struct call_verdict worst = worst_of(verdicts, 1, 2);
    CHECK_EQ(worst.verdict, VERDICT_WEAK);
    CHECK_EQ(worst.flow, 2);
    CHECK(strcmp(worst.row, signalling.id) == 0);
    judged(verdicts, 1, true, VERDICT_UNKNOWN, VERDICT_VIOLATION); /* more is known of it now */
    worst = worst_of(verdicts, 1, 2);
    CHECK(worst.verdict == VERDICT_VIOLATION && worst.flow == 1 &&
          strcmp(worst.row, media.id) == 0);
    judged(verdicts, 3, false, VERDICT_VIOLATION, VERDICT_VIOLATION);
    CHECK_EQ(worst_of(verdicts, 3, 0).verdict, VERDICT_NOT_ASSESSABLE);
    call_verdicts_free(verdicts);
}

static void a_call_with_fax_is_never_compliant(void)
{
    struct call_verdicts *verdicts = new_verdicts();
    struct call_sheet sheet = { .leg_count = 1, .media_count = 1 };
    sheet.legs[0].flow = 1;
    sheet.media[0].kind = "image";
    sheet.media[0].answered = "refused";
    judged(verdicts, 1, true, VERDICT_COMPLIANT, VERDICT_COMPLIANT);
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_COMPLIANT);
    sheet.media[0].answered = "other";
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_UNKNOWN);
    sheet.media[0].kind = "application"; /* a data channel has DTLS of its own */
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_COMPLIANT);
    sheet.media[0].kind = "audio";
    sheet.media[0].answered = "srtp";
    sheet.media[0].change_count = 1;
    sheet.media[0].changes[0] = (struct sheet_change){ .what = "answered", .now = "other" };
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_UNKNOWN);
    sheet.media[0].kind = "application"; /* refused at first, then accepted */
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_COMPLIANT);
    sheet.media[0].kind = "audio";
    judged(verdicts, 1, true, VERDICT_VIOLATION, VERDICT_COMPLIANT);
    CHECK_EQ(call_verdicts_of(verdicts, &sheet).verdict, VERDICT_VIOLATION);
    call_verdicts_free(verdicts);
}

static void newest_flows_are_remembered(void)
{
    struct call_verdicts *verdicts = new_verdicts();
    for (uint64_t id = 1; id <= MANY; id++) {
        judged(verdicts, id, true, VERDICT_COMPLIANT, VERDICT_COMPLIANT);
    }
    CHECK_EQ(worst_of(verdicts, MANY, 1).flow, MANY);
    CHECK_EQ(worst_of(verdicts, 1, 0).verdict, VERDICT_NOT_ASSESSABLE);
    call_verdicts_free(verdicts);
}

int main(void)
{
    worst_flow_and_row_are_named();
    a_call_with_fax_is_never_compliant();
    newest_flows_are_remembered();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

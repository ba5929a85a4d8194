/* tests/unit/test_calls_sheets.c: a call is told once, with what was agreed, sent and changed. */
#include <stdlib.h>

#include "tests/unit/calls_case.h"

static const uint64_t second = 1000000;

static struct call_sheet told[4];
static uint32_t told_count;

static void take_sheet(void *context, const struct call_sheet *sheet)
{
    CHECK(context == &told_count);
    if (told_count < sizeof told / sizeof told[0]) {
        told[told_count] = *sheet;
    }
    told_count++;
}

static struct calls *calls_told(uint32_t max)
{
    struct calls *calls = new_calls(max);
    told_count = 0;
    calls_teller(calls, take_sheet, &told_count);
    return calls;
}

static bool same(const char *text, const char *want)
{
    return want == NULL ? text == NULL : text != NULL && strcmp(text, want) == 0;
}

/* The streams of a flow, from second 1 to 11; the second one may change at second 4. */
static void send_media(struct calls *calls, const char *protection, const char *becomes)
{
    struct media media;
    open_media(&media, protection, "inferred");
    media.record.id = 77;
    media.record.end_us = 11 * second;
    media.record.packet_last = 11 * second;
    for (uint16_t i = 0; i < 2; i++) {
        struct observation obs = { .kind = OBS_MEDIA_FIRST, .index = i, .value = second };
        obs.packet = second;
        facts_put(&media.facts, &obs);
        obs.kind = OBS_MEDIA_LAST;
        obs.packet = obs.value = 11 * second;
        facts_put(&media.facts, &obs);
    }
    if (becomes != NULL) {
        struct observation obs = { .kind = OBS_MEDIA_GROUND_TEST, .index = 1, .text = "change" };
        obs.text_size = 6;
        obs.packet = 44;
        obs.time_us = 4 * second;
        facts_put(&media.facts, &obs);
        obs.kind = OBS_MEDIA_GROUND_RESULT;
        obs.text = becomes;
        obs.text_size = (uint32_t)strlen(becomes);
        facts_put(&media.facts, &obs);
    }
    calls_conclude(calls, &media.record);
    calls_conclude(calls, &media.record); /* as of flows that were looked at while open */
    facts_done(&media.facts);
}

static void check_medium(const struct sheet_medium *medium, bool caller, const char *applied,
                         uint64_t clear_s)
{
    CHECK(medium->sent && medium->has_section && medium->section == 0);
    CHECK_EQ(medium->caller, caller);
    CHECK(same(medium->kind, "audio"));
    CHECK(same(medium->applied, applied));
    CHECK_EQ(medium->clear_us, clear_s * second);
    CHECK_EQ(medium->last_us - medium->first_us, 10 * second);
    CHECK_EQ(medium->flow_count, 1);
    CHECK_EQ(medium->flows[0], 77);
}

static void protected_call_is_told_at_the_end(void)
{
    struct calls *calls = calls_told(8);
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    leg.time_us = 2;
    answer(&leg, 1, "RTP/SAVP", suite_80);
    send_media(calls, "srtp", NULL);
    calls_tell(calls);
    calls_tell(calls);
    CHECK_EQ(told_count, 1);
    const struct call_sheet *sheet = &told[0];
    CHECK_EQ(sheet->call_id_count, 1);
    CHECK(same(sheet->call_ids[0], "call-1"));
    CHECK(!sheet->ended);
    CHECK_EQ(sheet->start_us, 1);
    CHECK_EQ(sheet->end_us, 11 * second);
    CHECK_EQ(sheet->leg_count, 1);
    CHECK(sheet->legs[0].flow == 5 && !sheet->legs[0].opened);
    CHECK_EQ(sheet->media_count, 2);
    check_medium(&sheet->media[0], true, "srtp", 0);
    check_medium(&sheet->media[1], false, "srtp", 0);
    CHECK(same(sheet->media[0].offered, "srtp") && same(sheet->media[0].answered, "srtp"));
    calls_free(calls);
}

static void change_in_the_middle_is_told_with_its_packet(void)
{
    struct calls *calls = calls_told(8);
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer(&leg, 1, "RTP/AVP", suite_80);
    leg.time_us = 2;
    answer(&leg, 1, "RTP/SAVP", suite_80);
    leg.time_us = 3 * second;
    leg.packet = 33;
    offer(&leg, 2, "RTP/AVP", NULL);
    leg.packet = 34;
    answer(&leg, 2, "RTP/AVP", NULL);
    send_media(calls, "rtp", "rtp");
    calls_tell(calls);
    CHECK_EQ(told_count, 1);
    const struct sheet_medium *medium = told[0].media;
    check_medium(&medium[0], true, "rtp", 10);
    check_medium(&medium[1], false, "mixed", 7);
    CHECK(same(medium[1].offered, "srtp-optional") && same(medium[1].answered, "srtp"));
    CHECK_EQ(medium[0].change_count, 1);
    CHECK_EQ(medium[1].change_count, 2);
    CHECK(same(medium[1].changes[0].what, "answered") && same(medium[1].changes[0].now, "rtp"));
    CHECK_EQ(medium[1].changes[0].packet, 34);
    CHECK(same(medium[1].changes[1].what, "applied") && same(medium[1].changes[1].now, "rtp"));
    CHECK_EQ(medium[1].changes[1].packet, 44);
    CHECK_EQ(medium[1].changes[1].time_us, 4 * second);
    calls_free(calls);
}

/* Five minutes after the BYE, or when another call takes its place; never twice. */
static void call_that_is_over_is_told_soon(void)
{
    struct calls *calls = calls_told(1);
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    calls_pass_time(calls, 1000 * second);
    CHECK_EQ(told_count, 0); /* it goes on */
    leg.time_us = 2000 * second;
    start(&leg, 0, "BYE", 0, 2);
    finish(&leg);
    calls_pass_time(calls, 2300 * second);
    CHECK_EQ(told_count, 0);
    calls_pass_time(calls, 2301 * second);
    CHECK_EQ(told_count, 1);
    CHECK(told[0].ended);
    CHECK_EQ(told[0].media_count, 1); /* agreed, and not seen */
    CHECK(!told[0].media[0].sent && same(told[0].media[0].answered, "srtp"));
    leg.call_id = "call-2";
    offer(&leg, 1, "RTP/AVP", NULL);
    CHECK_EQ(told_count, 1);
    leg.call_id = "call-3";
    start(&leg, 0, "INVITE", 0, 1); /* without SDP: no room for call-2 any more */
    finish(&leg);
    CHECK_EQ(told_count, 2);
    CHECK_EQ(calls_forgotten(calls), 1); /* call-1 had ended */
    CHECK(same(told[1].media[0].offered, "rtp") && same(told[1].media[0].answered, NULL));
    calls_tell(calls);
    CHECK_EQ(told_count, 2); /* call-3 announced no media */
    calls_free(calls);
}

static void media_without_signalling_has_a_sheet_of_its_own(void)
{
    struct media media;
    struct call_sheet sheet;
    open_media(&media, "rtp", "inferred");
    media.record.id = 9;
    media.record.end_us = second;
    media.record.client = 1;
    CHECK(call_sheet_of_flow(&media.record, &sheet));
    CHECK_EQ(sheet.id, 9);
    CHECK(sheet.call_id_count == 0 && sheet.leg_count == 0);
    CHECK_EQ(sheet.media_count, 2);
    CHECK(!sheet.media[0].has_section && !sheet.media[0].caller && sheet.media[1].caller);
    CHECK(same(sheet.media[0].applied, "rtp"));
    CHECK_EQ(sheet.media[0].clear_us, second);
    facts_done(&media.facts);
    media = (struct media){ .record.facts = &media.facts };
    CHECK(!call_sheet_of_flow(&media.record, &sheet));
}

static void nobody_wants_to_know(void)
{
    struct calls *calls = new_calls(1);
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    send_media(calls, "srtp", NULL);
    calls_pass_time(calls, 2301 * second);
    calls_tell(calls);
    leg.call_id = "call-2";
    offer(&leg, 1, "RTP/AVP", NULL);
    calls_free(calls);
}

enum { BETWEEN = 77 }; /* the B2BUA's host */

/* Of one that stays out of the media: the callee's dialog has another Call-ID and the same SDP. */
static void dialogs_of_a_b2bua_are_one_call(void)
{
    struct calls *calls = calls_told(8);
    struct leg leg = leg_between(calls, 5, CALLER, BETWEEN);
    struct leg beyond = leg_between(calls, 6, BETWEEN, CALLEE);
    beyond.call_id = "call-2";
    offer(&leg, 1, "RTP/SAVP", suite_80);
    beyond.time_us = 2;
    offer(&beyond, 7, "RTP/SAVP", suite_80);
    beyond.time_us = 3;
    answer(&beyond, 7, "RTP/SAVP", suite_80);
    leg.time_us = 4;
    answer(&leg, 1, "RTP/SAVP", suite_80);
    send_media(calls, "srtp", NULL);
    leg.time_us = beyond.time_us = 12 * second;
    start(&leg, 0, "BYE", 0, 2);
    finish(&leg);
    calls_tell(calls);
    CHECK_EQ(told_count, 1);
    CHECK_EQ(told[0].call_id_count, 2);
    CHECK(same(told[0].call_ids[0], "call-1") && same(told[0].call_ids[1], "call-2"));
    CHECK_EQ(told[0].leg_count, 2);
    CHECK(told[0].legs[0].flow == 5 && told[0].legs[0].hop == 1);
    CHECK(told[0].legs[1].flow == 6 && told[0].legs[1].hop == 2);
    CHECK(!told[0].ended); /* one of them is still open */
    CHECK_EQ(told[0].media_count, 2);
    check_medium(&told[0].media[0], true, "srtp", 0);
    check_medium(&told[0].media[1], false, "srtp", 0);
    calls_free(calls);
}

/* A controller calls both (RFC 3725): the one called first is the caller to the other. */
static void dialogs_of_a_controller_are_one_call(void)
{
    struct calls *calls = calls_told(8);
    struct leg leg = leg_between(calls, 5, BETWEEN, CALLEE);
    struct leg beyond = leg_between(calls, 6, BETWEEN, CALLER);
    start(&leg, 0, "INVITE", 0, 1);
    m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
    finish(&leg);
    leg.time_us = 2;
    answer(&leg, 1, "RTP/AVP", NULL);
    beyond.call_id = "call-2";
    beyond.time_us = 3;
    start(&beyond, 0, "INVITE", 0, 1);
    m_line(&beyond, 0, 6000, "RTP/AVP", CALLEE);
    finish(&beyond);
    beyond.time_us = 4;
    start(&beyond, 1, "INVITE", 200, 1);
    m_line(&beyond, 0, 4000, "RTP/AVP", CALLER);
    finish(&beyond);
    send_media(calls, "rtp", NULL);
    calls_tell(calls);
    CHECK_EQ(told_count, 1);
    CHECK_EQ(told[0].leg_count, 2);
    CHECK(told[0].legs[0].caller.byte[15] == BETWEEN && told[0].legs[1].callee.byte[15] == BETWEEN);
    CHECK_EQ(told[0].media_count, 2);
    check_medium(&told[0].media[0], true, "rtp", 10);
    check_medium(&told[0].media[1], false, "rtp", 10);
    calls_free(calls);
}

/* Ports are used again by the next call of the same two, and by others with one of them. */
static void calls_that_share_addresses_are_not_one(void)
{
    for (unsigned i = 0; i < 3; i++) {
        struct calls *calls = calls_told(8);
        struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
        offer(&leg, 1, "RTP/SAVP", suite_80);
        answer(&leg, 1, "RTP/SAVP", suite_80);
        leg.time_us = 100 * second;
        if (i == 0) {
            start(&leg, 0, "BYE", 0, 2);
            finish(&leg);
        }
        leg.call_id = "call-2";
        leg.time_us = (i == 2 ? 500 : 101) * second;
        offer(&leg, 1, "RTP/SAVP", suite_80);
        if (i != 1) {
            answer(&leg, 1, "RTP/SAVP", suite_80);
        } /* else: to somebody who has not answered */
        leg.call_id = "call-1";
        leg.time_us = 600 * second;
        start(&leg, 1, "INFO", 0, 9); /* the first call is the newest by its messages */
        finish(&leg);
        calls_tell(calls);
        CHECK_EQ(told_count, 2);
        CHECK(same(told[0].call_ids[0], "call-1") && same(told[1].call_ids[0], "call-2"));
        calls_free(calls);
    }
}

int main(void)
{
    dialogs_of_a_b2bua_are_one_call();
    dialogs_of_a_controller_are_one_call();
    calls_that_share_addresses_are_not_one();
    protected_call_is_told_at_the_end();
    change_in_the_middle_is_told_with_its_packet();
    call_that_is_over_is_told_soon();
    media_without_signalling_has_a_sheet_of_its_own();
    nobody_wants_to_know();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

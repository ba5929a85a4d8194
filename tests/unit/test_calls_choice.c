/* tests/unit/test_calls_choice.c: an answer belongs to the description it fits, of several offered.
 */
#include <stdlib.h>

#include "tests/unit/calls_case.h"

static struct call_sheet told;
static uint32_t told_count;

static void take_sheet(void *context, const struct call_sheet *sheet)
{
    (void)context;
    told = *sheet;
    told_count++;
}

static struct calls *calls_told(void)
{
    struct calls *calls = new_calls(8);
    told_count = 0;
    calls_teller(calls, take_sheet, NULL);
    return calls;
}

static bool same(const char *text, const char *want)
{
    return want == NULL ? text == NULL : text != NULL && strcmp(text, want) == 0;
}

/* An m-line of a description among several. */
struct m {
    uint16_t part, place;
    uint16_t port;
    const char *proto;
    uint16_t crypto; /* tag, 0 = none */
    uint16_t ice;    /* draft 6 or 19, 0 = no candidates */
};

static void put_m(const struct leg *leg, uint16_t index, const struct m *m, const char *kind,
                  uint8_t host)
{
    m_line(leg, index, m->port, m->proto, host);
    if (kind != NULL) {
        tell(leg, (struct observation){ .kind = OBS_SDP_PART,
                                        .index = index,
                                        .sub = m->place,
                                        .value = m->part,
                                        .text = kind });
    }
    if (m->crypto != 0) {
        tell(leg, (struct observation){ .kind = OBS_SDP_CRYPTO,
                                        .index = index,
                                        .sub = m->crypto,
                                        .text = suite_80,
                                        .value = 0x5eed + m->crypto });
    }
    if (m->ice != 0) {
        tell(leg, (struct observation){ .kind = OBS_SDP_CANDIDATE,
                                        .index = index,
                                        .sub = m->ice == 6 ? 1 | OBSERVATION_ICE_DRAFT_6 : 1,
                                        .text = host == CALLER ? "10.0.0.1" : "10.0.0.2",
                                        .value = m->port });
    }
}

static void offer_parts(struct leg *leg, const struct m *m, uint16_t count, const char *kind)
{
    start(leg, 0, "INVITE", 0, 1);
    for (uint16_t i = 0; i < count; i++) {
        bool first = strcmp(kind, "mixed") == 0 && m[i].part == 0; /* says nothing of parts */
        put_m(leg, i, &m[i], first ? NULL : kind, CALLER);
    }
    finish(leg);
}

static void answer_with(struct leg *leg, const struct m *m, uint16_t count)
{
    leg->time_us = 2;
    start(leg, 1, "INVITE", 200, 1);
    for (uint16_t i = 0; i < count; i++) {
        put_m(leg, i, &m[i], NULL, CALLEE);
    }
    finish(leg);
}

/* What the call and the undecided packets of the flow between ports 4000 and 6000 become. */
static void check_call(const struct m *offered, uint16_t count, const struct m *answered,
                       uint16_t answers, const char *const want[3])
{
    struct calls *calls = calls_told();
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    struct media media;
    offer_parts(&leg, offered, count, "alternative");
    answer_with(&leg, answered, answers);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    for (uint16_t i = 0; i < 2; i++) {
        if (want[2] == NULL) {
            CHECK(facts_find_at(&media.facts, OBS_MEDIA_NEGOTIATED, i, 0) == NULL);
        } else {
            CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, i, want[2]));
        }
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, i,
                      want[2] != NULL && strcmp(want[2], "unknown") != 0 ? want[2] : "unknown"));
    }
    calls_tell(calls);
    CHECK_EQ(told_count, 1);
    CHECK_EQ(told.media_count, 2); /* both directions of one section */
    CHECK_EQ(told.media[0].section, 0);
    CHECK_EQ(told.media[1].section, 0);
    CHECK(same(told.media[0].offered, want[0]));
    CHECK(same(told.media[0].answered, want[1]));
    close_all(calls, &media);
}

static const struct m clear_6 = { 0, 0, 4100, "RTP/AVP", 0, 6 };
static const struct m srtp_19 = { 1, 0, 4000, "RTP/SAVP", 2, 19 };

/* The older description is clear; the answer takes the newer one. */
static void protocol_tells_which_alternative_was_taken(void)
{
    const struct m offered[] = { clear_6, srtp_19 };
    const struct m taken = { 0, 0, 6000, "RTP/SAVP", 2, 19 };
    check_call(offered, 2, &taken, 1, (const char *[]){ "srtp-optional", "srtp", "srtp" });
}

static void clear_alternative_that_was_taken_is_clear(void)
{
    const struct m offered[] = { { 0, 0, 4000, "RTP/AVP", 0, 6 },
                                 { 1, 0, 4100, "RTP/SAVP", 2, 19 } };
    const struct m taken = { 0, 0, 6000, "RTP/AVP", 0, 6 };
    check_call(offered, 2, &taken, 1, (const char *[]){ "srtp-optional", "rtp", "rtp" });
}

/* Both fit by protocol and key: the dialect of the candidates decides. Its port is that of both. */
static void candidates_tell_which_alternative_was_taken(void)
{
    const struct m offered[] = { { 0, 0, 4000, "RTP/AVP", 2, 6 },
                                 { 1, 0, 4000, "RTP/SAVP", 2, 19 } };
    const struct m taken = { 0, 0, 6000, "RTP/SAVP", 2, 19 };
    const struct m older = { 0, 0, 6000, "RTP/SAVP", 2, 6 };
    check_call(offered, 2, &taken, 1, (const char *[]){ "srtp-optional", "srtp", "srtp" });
    check_call(offered, 2, &older, 1, (const char *[]){ "srtp-optional", "srtp", "srtp" });
}

static void key_tells_which_alternative_was_taken(void)
{
    const struct m offered[] = { { 0, 0, 4100, "RTP/SAVP", 1, 0 },
                                 { 1, 0, 4000, "RTP/SAVP", 2, 0 } };
    const struct m taken = { 0, 0, 6000, "RTP/SAVP", 2, 0 };
    const struct m none = { 0, 0, 6000, "RTP/SAVP", 7, 0 };
    check_call(offered, 2, &taken, 1, (const char *[]){ "srtp", "srtp", "srtp" });
    check_call(offered, 2, &none, 1, (const char *[]){ "srtp", "unknown", "unknown" });
}

/* Sections are counted in each description, and those of one not taken are not waited for. */
static void sections_of_other_alternatives_are_not_missing(void)
{
    const struct m offered[] = { { 0, 0, 4100, "RTP/AVP", 0, 6 },
                                 { 0, 1, 4102, "RTP/AVP", 0, 6 },
                                 { 1, 0, 4000, "RTP/SAVP", 2, 19 } };
    const struct m taken = { 0, 0, 6000, "RTP/SAVP", 2, 19 };
    check_call(offered, 3, &taken, 1, (const char *[]){ "srtp-optional", "srtp", "srtp" });
}

/* A line that is refused is so in whichever was meant. */
static void answer_that_fits_none_is_undecided_unless_it_refuses(void)
{
    const struct m offered[] = { { 0, 0, 4100, "RTP/AVP", 0, 0 },
                                 { 1, 0, 4000, "RTP/SAVP", 2, 0 } };
    const struct m refused = { 0, 0, 0, "RTP/AVP", 0, 0 };
    const struct m strange = { 0, 0, 6000, "TCP/MSRP", 0, 0 };
    check_call(offered, 2, &strange, 1, (const char *[]){ "srtp-optional", "unknown", "unknown" });
    struct calls *calls = calls_told();
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer_parts(&leg, offered, 2, "alternative");
    answer_with(&leg, &refused, 1);
    calls_tell(calls);
    CHECK_EQ(told.media_count, 1);
    CHECK(same(told.media[0].answered, "refused")); /* whichever */
    calls_free(calls);
}

static void unanswered_alternatives_are_one_section(void)
{
    const struct m offered[] = { clear_6, srtp_19 };
    struct calls *calls = calls_told();
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer_parts(&leg, offered, 2, "alternative");
    calls_tell(calls);
    CHECK_EQ(told.media_count, 1);
    CHECK(same(told.media[0].offered, "srtp-optional"));
    CHECK(told.media[0].answered == NULL);
    calls_free(calls);
}

/* Descriptions side by side: an answer to one of them is found by what it says, two of two pair
 * one by one. */
static void mixed_descriptions_pair_by_number_or_content(void)
{
    const struct m offered[] = { { 0, 0, 4100, "RTP/AVP", 0, 0 },
                                 { 1, 0, 4000, "RTP/SAVP", 2, 0 } };
    const struct m taken = { 0, 0, 6000, "RTP/SAVP", 2, 0 };
    struct calls *calls = calls_told();
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    offer_parts(&leg, offered, 2, "mixed");
    answer_with(&leg, &taken, 1);
    calls_tell(calls);
    CHECK_EQ(told.media_count, 1);
    CHECK_EQ(told.media[0].section, 1);
    CHECK(same(told.media[0].answered, "srtp"));
    calls_free(calls);

    calls = calls_told();
    leg = leg_between(calls, 5, CALLER, CALLEE);
    offer_parts(&leg, offered, 2, "mixed");
    start(&leg, 1, "INVITE", 200, 1);
    put_m(&leg, 0, &(struct m){ 0, 0, 6100, "RTP/AVP", 0, 0 }, NULL, CALLEE);
    put_m(&leg, 1, &(struct m){ 1, 0, 6000, "RTP/SAVP", 2, 0 }, "mixed", CALLEE);
    finish(&leg);
    calls_tell(calls);
    CHECK_EQ(told.media_count, 2);
    CHECK(same(told.media[0].answered, "rtp"));
    CHECK(same(told.media[1].answered, "srtp"));
    calls_free(calls);
}

/* Parts beyond the cap are no lines of the call, and no answer is taken for theirs. */
static void more_parts_than_kept_are_dropped(void)
{
    struct calls *calls = calls_told();
    struct leg leg = leg_between(calls, 5, CALLER, CALLEE);
    start(&leg, 0, "INVITE", 0, 1);
    for (uint16_t i = 0; i < 20; i++) {
        const struct m m = { i, 0, (uint16_t)(4000 + i), i == 19 ? "RTP/SAVP" : "RTP/AVP", 0, 0 };
        put_m(&leg, i, &m, "alternative", CALLER);
    }
    finish(&leg);
    answer_with(&leg, &(struct m){ 0, 0, 6000, "RTP/SAVP", 0, 0 }, 1);
    calls_tell(calls);
    CHECK_EQ(told.media_count, 1);
    CHECK(same(told.media[0].answered, "unknown"));
    calls_free(calls);
}

int main(void)
{
    protocol_tells_which_alternative_was_taken();
    clear_alternative_that_was_taken_is_clear();
    candidates_tell_which_alternative_was_taken();
    key_tells_which_alternative_was_taken();
    sections_of_other_alternatives_are_not_missing();
    answer_that_fits_none_is_undecided_unless_it_refuses();
    unanswered_alternatives_are_one_section();
    mixed_descriptions_pair_by_number_or_content();
    more_parts_than_kept_are_dropped();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_opened_calls.c: SDP inside TLS that was opened with logged secrets keys media,
 * and exposes nothing. */
#include "tests/unit/calls_case.h"

/* The caller's leg with these messages opened, then the media between both. */
static void agree(struct calls *calls, uint64_t flow, bool decrypted)
{
    struct leg leg = leg_between(calls, flow, CALLER, CALLEE);
    leg.decrypted = decrypted;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
}

static void keys_in_opened_sdp_protect_media_and_are_not_exposed(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    agree(calls, 0xabc, true);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    for (uint16_t i = 0; i < 2; i++) {
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, i, "srtp"));
        CHECK(is_text(&media, OBS_MEDIA_SUITE, i, suite_80));
        CHECK(is_text(&media, OBS_MEDIA_KEYING, i, "sdes"));
        CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, i), -1);
        CHECK(facts_find_at(&media.facts, OBS_MEDIA_KEYED_BY, i, 0) == NULL);
    }
    close_all(calls, &media);
}

static void keys_that_another_hop_shows_in_clear_are_exposed_there(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    agree(calls, 0xabc, true);
    agree(calls, 0xdef, false);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, 0, "f:0000000000000def"));
    close_all(calls, &media);
}

static void opening_a_second_hop_unsays_no_exposure(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    agree(calls, 0xdef, false);
    agree(calls, 0xabc, true);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, 0, "f:0000000000000def"));
    close_all(calls, &media);
}

int main(void)
{
    keys_in_opened_sdp_protect_media_and_are_not_exposed();
    keys_that_another_hop_shows_in_clear_are_exposed_there();
    opening_a_second_hop_unsays_no_exposure();
    return check_failures > 0;
}

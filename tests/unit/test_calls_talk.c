/* tests/unit/test_calls_talk.c: encrypted media that no SDP announced, between hosts that speak SIP
 * in clear. */
#include <stdlib.h>

#include "tests/unit/calls_case.h"

enum { FOUR_HOURS = 14400 }; /* seconds */

/* Concludes a flow of encrypted streams that began at this second; was it said of them? */
static bool is_doubted(struct calls *calls, uint64_t second)
{
    struct media media;
    open_media(&media, "srtp", "inferred");
    media.record.start_us = second * 1000000;
    media.record.end_us = media.record.start_us + 1000;
    for (uint32_t i = 0; i < media.facts.count; i++) {
        media.facts.items[i].time_us = media.record.start_us;
    }
    calls_conclude(calls, &media.record);
    bool first = is_text(&media, OBS_MEDIA_SIGNALLING, 0, "readable");
    CHECK_EQ(first, is_text(&media, OBS_MEDIA_SIGNALLING, 1, "readable"));
    facts_done(&media.facts);
    return first;
}

static void say(struct calls *calls, uint8_t host, const char *method, unsigned status,
                bool decrypted)
{
    struct leg leg = leg_between(calls, host, host, PROXY);
    leg.decrypted = decrypted;
    start(&leg, 0, method, status, 1);
    finish(&leg);
}

static void check_both_hosts_talk(void)
{
    struct calls *calls = new_calls(8);
    CHECK(!is_doubted(calls, 1));
    say(calls, CALLER, "REGISTER", 0, false);
    CHECK(!is_doubted(calls, 1));
    say(calls, CALLEE, "BYE", 200, false);
    CHECK(is_doubted(calls, 1));
    CHECK(is_doubted(calls, FOUR_HOURS));
    CHECK(!is_doubted(calls, FOUR_HOURS + 1));
    calls_restart(calls);
    CHECK(!is_doubted(calls, 1));
    calls_free(calls);
}

/* Nobody but the two ends could read it. */
static void check_inside_tls(void)
{
    struct calls *calls = new_calls(8);
    say(calls, CALLER, "REGISTER", 0, true);
    say(calls, CALLEE, "REGISTER", 0, true);
    say(calls, CALLER, "INVITE", 0, true);
    CHECK(!is_doubted(calls, 1));
    calls_free(calls);
}

/* One leg is enough where its INVITE was readable and its body not captured. */
static void check_invite_without_body(void)
{
    struct calls *calls = new_calls(8);
    say(calls, CALLEE, "INVITE", 200, false);
    CHECK(!is_doubted(calls, 1));
    say(calls, CALLEE, "INVITE", 0, false);
    CHECK(is_doubted(calls, 1));
    calls_free(calls);
}

/* Of a message that only began, its ends are known. */
static void check_message_that_only_began(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 1, CALLER, CALLEE);
    tell(&leg, (struct observation){ .kind = OBS_SIP_BEGIN, .text = "INVITE" });
    CHECK(is_doubted(calls, 1));
    calls_free(calls);
}

/* The SDP was read: its keys decide, and without any the doubt stays. */
static void check_call_that_was_read(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 1, CALLER, CALLEE);
    leg.time_us = 1;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    CHECK(!is_doubted(calls, 0));
    calls_free(calls);
    calls = new_calls(8);
    leg = leg_between(calls, 1, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", NULL);
    answer(&leg, 1, "RTP/SAVP", NULL);
    CHECK(is_doubted(calls, 0));
    calls_free(calls);
}

int main(void)
{
    check_both_hosts_talk();
    check_inside_tls();
    check_invite_without_body();
    check_message_that_only_began();
    check_call_that_was_read();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/unit/test_calls_reuse.c: the wrong call for a stream: used ports, forks, proxies, caps. */
#include <time.h>

#include "analyzers/joins/calls_internal.h"
#include "tests/unit/calls_case.h"

static void bye(struct leg *leg)
{
    start(leg, 0, "BYE", 0, 2);
    finish(leg);
}

static void put_time(struct media *media, uint16_t index, uint64_t first_us, uint64_t last_us)
{
    struct observation obs = { .kind = OBS_MEDIA_FIRST, .index = index, .value = first_us };
    obs.packet = first_us;
    facts_put(&media->facts, &obs);
    obs.kind = OBS_MEDIA_LAST;
    obs.value = last_us;
    obs.packet = last_us;
    facts_put(&media->facts, &obs);
    media->record.end_us = last_us > media->record.end_us ? last_us : media->record.end_us;
    media->record.packet_last = media->record.end_us;
}

static void ports_of_an_ended_call_belong_to_nobody(void)
{
    static const uint64_t starts[] = { 30000000, 62000000 }; /* in the call, after its BYE */
    for (unsigned i = 0; i < 2; i++) {
        struct calls *calls = new_calls(8);
        struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
        struct media media;
        offer(&leg, 1, "RTP/SAVP", suite_80);
        answer(&leg, 1, "RTP/SAVP", suite_80);
        leg.time_us = 60000000;
        bye(&leg);
        open_media(&media, "srtp", "inferred");
        media.record.start_us = starts[i];
        media.record.packet_first = starts[i];
        put_time(&media, 0, starts[i], 90000000);
        put_time(&media, 1, starts[i], 90000000);
        calls_conclude(calls, &media.record);
        CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), i == 0 ? 1 : -1);
        CHECK((facts_find(&media.facts, OBS_MEDIA_CALL) != NULL) == (i == 0));
        close_all(calls, &media);
    }
}

/* The sensor's clock was set back inside the call: the BYE comes last all the same. */
static void clock_set_back(uint64_t by_us)
{
    uint64_t began_us = 100000000 + by_us;
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    leg.time_us = began_us;
    leg.packet = 1;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    leg.time_us = 110000000;
    leg.packet = 900;
    bye(&leg);
    open_media(&media, "srtp", "inferred");
    media.record.start_us = began_us + 1000000;
    put_time(&media, 0, began_us + 1000000, 109000000);
    for (uint32_t i = 0; i < media.facts.count; i++) {
        bool last = media.facts.items[i].kind == OBS_MEDIA_LAST;
        media.facts.items[i].packet = last ? 890 : 10;
    }
    media.record.packet_first = 10;
    media.record.packet_last = 890;
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

static void a_clock_that_is_set_back_ends_no_call(void)
{
    clock_set_back(3600000000);
    clock_set_back(24 * 3600000000); /* longer than calls stay silent */
}

static void a_refused_call_keys_no_later_stream(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    start(&leg, 1, "INVITE", 486, 1);
    finish(&leg);
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    facts_done(&media.facts);
    offer(&leg, 2, "RTP/SAVP", suite_80); /* with credentials, the same SDP */
    answer(&leg, 2, "RTP/SAVP", suite_80);
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

/* One flow, two calls: the trunk's ports are always the same. */
static void each_stream_of_a_flow_has_its_own_call(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    leg.time_us = 10000000;
    offer(&leg, 1, "RTP/AVP", NULL);
    answer(&leg, 1, "RTP/AVP", NULL);
    leg.time_us = 60000000;
    bye(&leg);
    leg.call_id = "call-2";
    leg.time_us = 100000000;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    put_time(&media, 0, 11000000, 59000000);
    put_time(&media, 1, 101000000, 150000000);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 1), 1);
    close_all(calls, &media);
}

/* The proxy's address and a port of a phone behind it are nobody's media by themselves. */
static void the_sender_of_a_message_is_no_media_address_alone(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, PROXY, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80); /* c= names the caller, the proxy sent it */
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    media.record.side[0] = end_of(PROXY, 4000);
    media.record.side[1] = end_of(77, 9000);
    calls_conclude(calls, &media.record);
    CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) == NULL);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    facts_done(&media.facts);
    open_media(&media, "unknown", NULL);
    media.record.side[0] = end_of(PROXY, 4000); /* but with the callee's port it is */
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    close_all(calls, &media);
}

/* Two branches answer: early media without keys from one, the call itself with the other. */
static void each_branch_of_a_fork_is_held_to_its_own_answer(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, PROXY);
    struct media media;
    offer(&leg, 1, "RTP/AVP", suite_80);
    start(&leg, 1, "INVITE", 183, 1);
    m_line(&leg, 0, 7000, "RTP/AVP", 50);
    finish(&leg);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    media.record.side[1] = end_of(50, 7000);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 1, "rtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    facts_done(&media.facts);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

static void a_suite_without_authentication_is_not_authenticated(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", "AES_CM_128_NULL_AUTH");
    answer(&leg, 1, "RTP/SAVP", "AES_CM_128_NULL_AUTH");
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 0);
    facts_done(&media.facts);
    leg.call_id = "call-2";
    offer(&leg, 1, "RTP/SAVP", "AES_CM_512_HMAC_NEW");
    answer(&leg, 1, "RTP/SAVP", "AES_CM_512_HMAC_NEW");
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), -1);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), -1);
    close_all(calls, &media);
}

/* Undecided because a part was readable: an answered SAVP does not make it SRTP. */
static void a_promise_does_not_outweigh_packets_that_were_readable(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    struct observation obs = { .kind = OBS_MEDIA_GROUND_RESULT, .index = 1, .sub = 2 };
    obs.text = "rtp";
    obs.text_size = 3;
    facts_put(&media.facts, &obs);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "unknown"));
    close_all(calls, &media);
}

static void a_long_call_with_new_keys_all_the_time_keeps_its_newest(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    for (uint32_t i = 1; i < 200; i++) {
        leg.time_us = i;
        start(&leg, 0, "INVITE", 0, i);
        m_line(&leg, 0, 4000, i < 199 ? "RTP/SAVP" : "RTP/AVP", CALLER);
        crypto(&leg, (uint16_t)i, suite_80);
        finish(&leg);
        start(&leg, 1, "INVITE", 200, i);
        m_line(&leg, 0, 6000, i < 199 ? "RTP/SAVP" : "RTP/AVP", CALLEE);
        if (i < 199) {
            crypto(&leg, (uint16_t)i, suite_80);
        }
        finish(&leg);
    }
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "rtp"));
    close_all(calls, &media);
}

/* Strangers that name many addresses: older calls go, new ones still find their place. */
static void calls_full_of_candidates_do_not_shut_out_new_ones(void)
{
    struct calls *calls = new_calls(64);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    char id[16];
    leg.call_id = id;
    for (unsigned i = 0; i < 64; i++) {
        snprintf(id, sizeof id, "call-%u", i);
        start(&leg, 0, "INVITE", 0, 1);
        m_line(&leg, 0, 20000, "RTP/AVP", CALLER);
        for (uint16_t j = 0; j < 64; j++) {
            tell(&leg, (struct observation){ .kind = OBS_SDP_CANDIDATE,
                                             .sub = 1,
                                             .text = "10.0.0.50",
                                             .value = (uint64_t)7000 + j });
        }
        finish(&leg);
    }
    start(&leg, 0, "INVITE", 0, 2);
    m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
    finish(&leg);
    struct flow_end newest = end_of(CALLER, 4000);
    CHECK(calls_announced(calls, &newest));
    calls_free(calls);
}

/* One media address in every call, as some gateways have it: forgetting the oldest takes no walk
 * along all of them, which took 46 seconds. */
static void one_address_in_every_call_costs_no_walk(void)
{
    struct calls *calls = new_calls(50000);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    char id[16];
    leg.call_id = id;
    clock_t before = clock();
    for (unsigned i = 0; i < 150000; i++) {
        snprintf(id, sizeof id, "call-%u", i);
        start(&leg, 0, "INVITE", 0, 1);
        m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
        finish(&leg);
    }
    CHECK(clock() - before < 20 * CLOCKS_PER_SEC);
    CHECK_EQ(calls_count(calls), 50000);
    calls_free(calls);
}

static void packets_that_wait_have_a_cap(void)
{
    struct calls *calls = new_calls(4); /* 3200 bytes: what one stream leaves */
    const struct flow_end ends[2] = { end_of(CALLER, 4000), end_of(CALLEE, 6000) };
    static const char packet[1000];
    struct observation obs = { .kind = OBS_MEDIA_SAMPLE, .text = packet, .text_size = 1000 };
    struct media media;
    for (uint64_t flow = 0; flow < 100; flow++) {
        for (unsigned i = 0; i < 5; i++) {
            obs.text_size = 900 + i;
            calls_observe(calls, flow, ends, &obs);
        }
    }
    CHECK_EQ(calls_forgotten(calls), 0);
    CHECK_EQ(calls->waiting_most, 4 * 800);
    CHECK_EQ(calls->streams.in_use, 1);
    CHECK_EQ(calls->waiting_bytes, 900 + 901 + 904);
    CHECK_EQ(calls->dropped, 99);
    open_media(&media, "unknown", NULL);
    close_all(calls, &media);
}

int main(void)
{
    packets_that_wait_have_a_cap();
    ports_of_an_ended_call_belong_to_nobody();
    a_clock_that_is_set_back_ends_no_call();
    a_refused_call_keys_no_later_stream();
    each_stream_of_a_flow_has_its_own_call();
    the_sender_of_a_message_is_no_media_address_alone();
    each_branch_of_a_fork_is_held_to_its_own_answer();
    a_suite_without_authentication_is_not_authenticated();
    a_promise_does_not_outweigh_packets_that_were_readable();
    a_long_call_with_new_keys_all_the_time_keeps_its_newest();
    calls_full_of_candidates_do_not_shut_out_new_ones();
    one_address_in_every_call_costs_no_walk();
    return check_failures > 0;
}

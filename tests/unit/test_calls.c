/* tests/unit/test_calls.c */
#include "tests/unit/calls_case.h"

static void an_answered_savp_with_keys_is_declared_srtp_and_exposed(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    for (uint16_t i = 0; i < 2; i++) {
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, i, "srtp"));
        CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, i, "declared"));
        CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, i, "srtp"));
        CHECK(is_text(&media, OBS_MEDIA_SUITE, i, suite_80));
        CHECK(is_text(&media, OBS_MEDIA_KEYING, i, "sdes"));
        CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, i, "f:0000000000000abc"));
        CHECK(is_text(&media, OBS_MEDIA_CODEC, i, "opus"));
        CHECK(is_text(&media, OBS_MEDIA_KIND, i, "audio"));
        CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, i), 1);
        CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, i), 1);
        CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, i), 1);
    }
    CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) != NULL);
    CHECK_EQ(calls_count(calls), 1);
    close_all(calls, &media);
}

static void clear_packets_outrank_an_answered_savp(void) /* truth case 17 */
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "rtp", "proven");
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "proven"));
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    close_all(calls, &media);
}

static void the_answer_decides_when_an_avp_offer_carries_keys(void) /* truth case 16 */
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/AVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_SUITE, 1, suite_80));
    facts_done(&media.facts);
    leg.call_id = "call-2";
    offer(&leg, 1, "RTP/AVP", suite_80);
    answer(&leg, 1, "RTP/AVP", NULL);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "declared"));
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "rtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    close_all(calls, &media);
}

static void unauthenticated_srtp_is_not_authenticated(void) /* truth case 18 */
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    start(&leg, 1, "INVITE", 200, 1);
    m_line(&leg, 0, 6000, "RTP/SAVP", CALLEE);
    crypto(&leg, 1, suite_80);
    parameter(&leg, 1, "-UNAUTHENTICATED_SRTP");
    finish(&leg);
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 1);
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "inferred"));
    close_all(calls, &media);
}

static void unencrypted_srtp_is_not_confidential(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    start(&leg, 1, "INVITE", 200, 1);
    m_line(&leg, 0, 6000, "RTP/SAVP", CALLEE);
    crypto(&leg, 1, suite_80);
    parameter(&leg, 1, "UNENCRYPTED_SRTP");
    finish(&leg);
    open_media(&media, "rtp", "inferred"); /* readable is what they agreed on */
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 1);
    close_all(calls, &media);
}

static void put_dtls(struct media *media, const char *profile, uint64_t code)
{
    struct observation obs = { .kind = OBS_TLS_USE_SRTP, .text = profile, .value = code };
    obs.text_size = (uint32_t)strlen(profile);
    facts_put(&media->facts, &obs);
    obs = (struct observation){ .kind = OBS_TLS_ESTABLISHED, .value = 1 };
    facts_put(&media->facts, &obs);
}

static void dtls_on_the_same_ports_keys_the_stream(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    open_media(&media, "unknown", NULL);
    put_dtls(&media, "AEAD_AES_128_GCM", 7);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "inferred"));
    CHECK(is_text(&media, OBS_MEDIA_KEYING, 0, "dtls"));
    CHECK(is_text(&media, OBS_MEDIA_SUITE, 0, "AEAD_AES_128_GCM"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 1);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) == NULL);
    close_all(calls, &media);
}

static void a_null_profile_has_no_confidentiality(void) /* truth case 19 */
{
    static const char *const shown[] = { "unknown", "srtp", "rtp" };
    for (unsigned i = 0; i < 3; i++) {
        struct calls *calls = new_calls(8);
        struct media media;
        open_media(&media, shown[i], i == 0 ? NULL : "inferred");
        put_dtls(&media, "NULL_HMAC_SHA1_80", 5);
        calls_conclude(calls, &media.record);
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
        CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 0);
        CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 1);
        close_all(calls, &media);
    }
}

static void unknown_profiles_and_suites_are_never_good(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    open_media(&media, "unknown", NULL);
    put_dtls(&media, "0x0077", 0x77);
    calls_conclude(calls, &media.record);
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), -1);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), -1);
    facts_done(&media.facts);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", "ROT13");
    answer(&leg, 1, "RTP/SAVP", "ROT13");
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_SUITE, 0, "ROT13"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), -1);
    close_all(calls, &media);
}

static void the_two_directions_keep_their_own_verdicts(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 7, CALLER, CALLEE);
    struct media media = { .record.app = "rtp" };
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    media.record.facts = &media.facts;
    media.record.end_us = 1000;
    media.record.side[0] = end_of(CALLEE, 6000); /* the callee spoke first */
    media.record.side[1] = end_of(CALLER, 4000);
    add_stream(&media, 0, 0, "srtp", "inferred");
    add_stream(&media, 1, 1, "rtp", "proven");
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 1, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 1), 0);
    close_all(calls, &media);
}

static void an_offer_alone_declares_nothing(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "unknown"));
    CHECK(facts_find(&media.facts, OBS_MEDIA_NEGOTIATED) == NULL);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0),
             1); /* the caller's key was read all the same */
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 1), -1);
    close_all(calls, &media);
}

static void a_refused_offer_leaves_what_was_agreed(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/AVP", NULL);
    answer(&leg, 1, "RTP/AVP", NULL);
    offer(&leg, 2, "RTP/SAVP", suite_80);
    start(&leg, 1, "INVITE", 488, 2);
    finish(&leg);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "rtp"));
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "rtp"));
    close_all(calls, &media);
}

static void a_change_by_the_callee_counts_once_it_is_answered(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/AVP", NULL);
    answer(&leg, 1, "RTP/AVP", NULL);
    start(&leg, 1, "INVITE", 0, 1); /* the callee's own CSeq space */
    m_line(&leg, 0, 6000, "RTP/SAVP", CALLEE);
    crypto(&leg, 1, suite_80);
    finish(&leg);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "rtp"));
    facts_done(&media.facts);
    start(&leg, 0, "INVITE", 200, 1);
    m_line(&leg, 0, 4000, "RTP/SAVP", CALLER);
    crypto(&leg, 1, suite_80);
    finish(&leg);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    close_all(calls, &media);
}

static void a_late_offer_is_answered_in_the_ack(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    start(&leg, 0, "INVITE", 0, 1);
    finish(&leg);
    answer(&leg, 1, "RTP/SAVP", suite_80); /* is the offer here */
    start(&leg, 0, "ACK", 0, 1);
    m_line(&leg, 0, 4000, "RTP/SAVP", CALLER);
    crypto(&leg, 1, suite_80);
    finish(&leg);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

static void retransmissions_and_early_answers_change_nothing(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    start(&leg, 1, "INVITE", 183, 1);
    m_line(&leg, 0, 6000, "RTP/SAVP", CALLEE);
    crypto(&leg, 1, suite_80);
    finish(&leg);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 1, "srtp"));
    close_all(calls, &media);
}

static void keys_read_behind_a_proxy_belong_to_the_same_call(void)
{
    struct calls *calls = new_calls(8);
    struct leg first = leg_between(calls, 0x11, CALLER, PROXY);
    struct leg second = leg_between(calls, 0x22, PROXY, CALLEE);
    struct media media;
    offer(&first, 1, "RTP/SAVP", suite_80);
    offer(&second, 1, "RTP/SAVP", suite_80);
    answer(&second, 1, "RTP/SAVP", suite_80);
    answer(&first, 1, "RTP/SAVP", suite_80);
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK_EQ(calls_count(calls), 1);
    CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, 0, "f:0000000000000011"));
    CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, 1, "f:0000000000000022"));
    close_all(calls, &media);
}

static void one_announced_end_is_enough_behind_nat(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    media.record.side[0] = end_of(99, 1234);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

static void streams_without_signalling_keep_what_packets_showed(void)
{
    struct calls *calls = new_calls(8);
    struct media media;
    open_media(&media, "srtp", "inferred");
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), -1);
    CHECK(facts_find(&media.facts, OBS_MEDIA_NEGOTIATED) == NULL);
    CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) == NULL);
    close_all(calls, &media);
}

static void a_call_announced_after_the_flow_ended_is_another(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    struct media media;
    leg.time_us = 60000000;
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    open_media(&media, "unknown", NULL);
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "unknown"));
    CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) == NULL);
    close_all(calls, &media);
}

static void announced_ports_are_known_with_rtcp_and_candidates(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    start(&leg, 0, "INVITE", 0, 1);
    m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
    tell(&leg, (struct observation){
                   .kind = OBS_SDP_CANDIDATE, .sub = 1, .text = "10.0.0.50", .value = 7000 });
    finish(&leg);
    struct flow_end rtp = end_of(CALLER, 4000);
    struct flow_end rtcp = end_of(CALLER, 4001);
    struct flow_end candidate = end_of(50, 7000);
    struct flow_end other = end_of(CALLER, 4002);
    CHECK(calls_announced(calls, &rtp));
    CHECK(calls_announced(calls, &rtcp));
    CHECK(calls_announced(calls, &candidate));
    CHECK(!calls_announced(calls, &other));
    calls_free(calls);
}

static void the_call_silent_for_longest_goes_first(void)
{
    struct calls *calls = new_calls(4);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    char id[16];
    leg.call_id = id;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "call-%u", i);
        start(&leg, 0, "INVITE", 0, 1);
        m_line(&leg, 0, (uint16_t)(4000 + 2 * i), "RTP/AVP", CALLER);
        finish(&leg);
        CHECK_EQ(calls_count(calls), i < 4 ? i + 1 : 4);
    }
    struct flow_end newest = end_of(CALLER, 4398);
    struct flow_end gone = end_of(CALLER, 4390);
    CHECK(calls_announced(calls, &newest));
    CHECK(!calls_announced(calls, &gone));
    calls_free(calls);
}

static void other_methods_and_unfinished_messages_make_no_call(void)
{
    struct calls *calls = new_calls(4);
    struct leg leg = leg_between(calls, 9, CALLER, CALLEE);
    start(&leg, 0, "MESSAGE", 0, 1);
    m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
    finish(&leg);
    start(&leg, 0, "INVITE", 0, 1);
    m_line(&leg, 40, 4000, "RTP/AVP", CALLER); /* beyond the cap of lines */
    m_line(&leg, 0, 4000, "RTP/AVP", CALLER);
    CHECK_EQ(calls_count(calls), 0);
    finish(&leg);
    CHECK_EQ(calls_count(calls), 1);
    calls_free(calls);
}

int main(void)
{
    an_answered_savp_with_keys_is_declared_srtp_and_exposed();
    clear_packets_outrank_an_answered_savp();
    the_answer_decides_when_an_avp_offer_carries_keys();
    unauthenticated_srtp_is_not_authenticated();
    unencrypted_srtp_is_not_confidential();
    dtls_on_the_same_ports_keys_the_stream();
    a_null_profile_has_no_confidentiality();
    unknown_profiles_and_suites_are_never_good();
    the_two_directions_keep_their_own_verdicts();
    an_offer_alone_declares_nothing();
    a_refused_offer_leaves_what_was_agreed();
    a_change_by_the_callee_counts_once_it_is_answered();
    a_late_offer_is_answered_in_the_ack();
    retransmissions_and_early_answers_change_nothing();
    keys_read_behind_a_proxy_belong_to_the_same_call();
    one_announced_end_is_enough_behind_nat();
    streams_without_signalling_keep_what_packets_showed();
    a_call_announced_after_the_flow_ended_is_another();
    announced_ports_are_known_with_rtcp_and_candidates();
    the_call_silent_for_longest_goes_first();
    other_methods_and_unfinished_messages_make_no_call();
    return check_failures > 0;
}

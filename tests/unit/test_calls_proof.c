/* tests/unit/test_calls_proof.c: tags of media packets against the keys that were read in SIP. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "analyzers/joins/calls_internal.h"
#include "tests/unit/calls_case.h"
#include "tests/unit/srtp_vectors.h"

enum { MEDIA_FLOW = 77, HEADER = 12, PAYLOAD = 20 };

static const char *const suite_32 = "AES_CM_128_HMAC_SHA1_32";

/* Keys of the caller, of the callee, and of somebody else. */
static struct srtp_key key_for(unsigned who, const char *suite)
{
    struct srtp_key key = key_of(suite, MASTER_128);
    key.bytes[0] = (uint8_t)(key.bytes[0] + who);
    return key;
}

static void key_line(const struct leg *leg, uint16_t tag, const char *suite,
                     const struct srtp_key *key)
{
    char bytes[SRTP_KEY_MAX];
    struct observation obs = { .kind = OBS_SDP_CRYPTO_KEY, .sub = tag, .from = leg->from };
    crypto(leg, tag, suite);
    memcpy(bytes, key->bytes, sizeof bytes);
    obs.text = bytes;
    obs.text_size = (uint32_t)key->suite->key_size + key->suite->salt_size;
    obs.value = key->identifier_size;
    obs.decrypted = leg->decrypted;
    obs.time_us = leg->time_us;
    obs.packet = leg->time_us;
    calls_observe(leg->calls, leg->id, leg->end, &obs);
}

static void say(struct leg *leg, uint8_t from, unsigned status, uint16_t port, const char *suite,
                const struct srtp_key *key)
{
    start(leg, from, "INVITE", status, 1);
    m_line(leg, 0, port, "RTP/SAVP", from == 0 ? CALLER : CALLEE);
    key_line(leg, 1, suite, key);
    finish(leg);
}

/* Offer and answer with the keys of both. */
static void agree(struct leg *leg, const char *suite)
{
    struct srtp_key caller = key_for(0, suite), callee = key_for(1, suite);
    say(leg, 0, 0, 4000, suite, &caller);
    say(leg, 1, 200, 6000, suite, &callee);
}

static bool other_payload; /* seal() encrypts something else */

/* RTP of noise with the tag that the key makes. Returns its size. */
static uint32_t seal(const struct srtp_key *key, uint16_t sequence, uint32_t roll_over,
                     uint8_t packet[HEADER + PAYLOAD + 20])
{
    uint8_t auth[SRTP_KEY_AUTH_SIZE];
    uint8_t *end = packet + HEADER + PAYLOAD;
    memset(packet, 0, HEADER);
    packet[0] = 0x80;
    packet[2] = (uint8_t)(sequence >> 8);
    packet[3] = (uint8_t)sequence;
    for (unsigned i = 0; i < PAYLOAD; i++) {
        packet[HEADER + i] = (uint8_t)(sequence * 7 + i * 13 + other_payload);
    }
    for (unsigned i = 0; i < 4; i++) {
        end[i] = (uint8_t)(roll_over >> (24 - 8 * i));
    }
    CHECK(srtp_key_derive(key, SRTP_KEY_AUTH, auth, sizeof auth));
    uint8_t digest[EVP_MAX_MD_SIZE];
    HMAC(EVP_sha1(), auth, sizeof auth, packet, HEADER + PAYLOAD + 4, digest, NULL);
    memcpy(end, digest, key->suite->tag_size);
    return (uint32_t)(HEADER + PAYLOAD + key->suite->tag_size);
}

static uint64_t sample_packet = 100; /* number in the capture of the next sample */

static void sample(struct calls *calls, uint8_t from, const uint8_t *packet, uint32_t size,
                   bool rtcp)
{
    const struct flow_end ends[2] = { end_of(CALLER, 4000), end_of(CALLEE, 6000) };
    uint8_t *heap = malloc(size);
    memcpy(heap, packet, size);
    struct observation obs = { .kind = OBS_MEDIA_SAMPLE, .from = from, .sub = rtcp };
    obs.text = (const char *)heap;
    obs.text_size = size;
    obs.packet = sample_packet;
    obs.time_us = 100;
    calls_observe(calls, MEDIA_FLOW, ends, &obs);
    free(heap);
}

static void send(struct calls *calls, uint8_t from, const struct srtp_key *key, uint16_t sequence,
                 uint32_t roll_over)
{
    uint8_t packet[HEADER + PAYLOAD + 20];
    sample(calls, from, packet, seal(key, sequence, roll_over, packet), false);
}

static void tell_media(struct calls *calls, struct media *media, const char *protection)
{
    open_media(media, protection, strcmp(protection, "unknown") == 0 ? NULL : "inferred");
    media->record.id = MEDIA_FLOW;
    calls_conclude(calls, &media->record);
}

static void a_tag_that_fits_the_senders_key_proves_srtp_and_who_can_read_it(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    agree(&leg, suite_80);
    send(calls, 0, &caller, 500, 0);
    send(calls, 1, &callee, 900, 0);
    tell_media(calls, &media, "unknown");
    for (uint16_t i = 0; i < 2; i++) {
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, i, "srtp"));
        CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, i, "proven"));
        CHECK(is_text(&media, OBS_MEDIA_TAG, i, "verified"));
        CHECK(is_text(&media, OBS_MEDIA_GROUND_TEST, i, "srtp-tag"));
        CHECK(is_text(&media, OBS_MEDIA_SUITE, i, suite_80));
        CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, i), 1);
        CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, i), 1);
        CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, i), 1);
        CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, i, "f:0000000000000abc"));
    }
    close_all(calls, &media);
}

static uint64_t packet_of_tag(const struct media *media, uint16_t index)
{
    const struct fact *f = NULL;
    while ((f = facts_next(media->record.facts, OBS_MEDIA_TAG, f)) != NULL) {
        if (f->index == index) {
            return f->packet;
        }
    }
    return 0;
}

static void the_proof_of_a_tag_is_the_packet_that_fits_or_does_not(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), stranger = key_for(2, suite_80);
    struct media media;
    agree(&leg, suite_80);
    sample_packet = 107;
    send(calls, 0, &caller, 500, 0);
    send(calls, 1, &stranger, 900, 0);
    sample_packet = 109;
    send(calls, 0, &caller, 501, 0);
    send(calls, 1, &stranger, 901, 0);
    sample_packet = 100;
    tell_media(calls, &media, "unknown");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
    CHECK_EQ(packet_of_tag(&media, 0), 107);
    CHECK(is_text(&media, OBS_MEDIA_TAG, 1, "mismatch"));
    CHECK_EQ(packet_of_tag(&media, 1), 107);
    close_all(calls, &media);
}

static void a_packet_that_waited_for_its_key_is_the_proof(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80);
    struct media media;
    sample_packet = 104;
    send(calls, 0, &caller, 500, 0);
    sample_packet = 105;
    send(calls, 0, &caller, 501, 0);
    sample_packet = 100;
    agree(&leg, suite_80);
    tell_media(calls, &media, "unknown");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
    CHECK_EQ(packet_of_tag(&media, 0), 104);
    close_all(calls, &media);
}

static void streams_joined_after_roll_overs_are_proven_too(void)
{
    static const uint32_t roll_overs[] = { 1, 2, 3, 200 };
    for (unsigned i = 0; i < sizeof roll_overs / sizeof *roll_overs; i++) {
        struct calls *calls = new_calls(8);
        struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
        struct srtp_key caller = key_for(0, suite_80);
        struct media media;
        agree(&leg, suite_80);
        send(calls, 0, &caller, 65535, roll_overs[i]);
        send(calls, 0, &caller, 2, roll_overs[i] + 1);
        tell_media(calls, &media, "srtp");
        CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
        CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "proven"));
        close_all(calls, &media);
    }
}

static void media_before_the_answer_waits_for_its_key(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    say(&leg, 0, 0, 4000, suite_80, &caller);
    send(calls, 1, &callee, 900, 0);
    send(calls, 1, &callee, 901, 0);
    say(&leg, 1, 200, 6000, suite_80, &callee);
    tell_media(calls, &media, "unknown");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 1, "verified"));
    CHECK_EQ(calls->waiting_bytes, 0);
    CHECK_EQ(calls->streams.in_use, 0);
    close_all(calls, &media);
}

static void a_key_that_another_call_shows_is_exposed_there(void)
{
    struct calls *calls = new_calls(8);
    struct leg outside = leg_between(calls, 0xdef, PROXY, CALLEE);
    struct srtp_key caller = key_for(0, suite_80);
    struct media media;
    outside.call_id = "the other leg";
    start(&outside, 0, "INVITE", 0, 1);
    m_line(&outside, 0, 7000, "RTP/SAVP", PROXY);
    key_line(&outside, 1, suite_80, &caller);
    finish(&outside);
    send(calls, 0, &caller, 500, 0);
    tell_media(calls, &media, "srtp");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "proven"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    CHECK(is_text(&media, OBS_MEDIA_KEYED_BY, 0, "f:0000000000000def"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 1), -1);
    close_all(calls, &media);
}

static void keys_out_of_opened_records_prove_and_expose_nothing(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct leg outside = leg_between(calls, 0xdef, PROXY, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    leg.decrypted = true;
    agree(&leg, suite_80);
    send(calls, 0, &caller, 500, 0);
    send(calls, 1, &callee, 500, 0);
    outside.call_id = "the other leg"; /* shows the callee's alone */
    start(&outside, 0, "INVITE", 0, 1);
    m_line(&outside, 0, 7000, "RTP/SAVP", PROXY);
    key_line(&outside, 1, suite_80, &callee);
    finish(&outside);
    tell_media(calls, &media, "srtp");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    CHECK(is_text(&media, OBS_MEDIA_TAG, 1, "verified"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 1), 1);
    close_all(calls, &media);
}

static void tags_that_fit_no_key_take_back_what_was_declared(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key other = key_for(2, suite_80);
    struct media media;
    agree(&leg, suite_80);
    send(calls, 0, &other, 500, 0);
    send(calls, 0, &other, 501, 0);
    send(calls, 1, &other, 500, 0); /* one packet refutes nothing */
    tell_media(calls, &media, "unknown");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "mismatch"));
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "unknown"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), -1);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "srtp"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 1, "declared"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 1), 1);
    close_all(calls, &media);
}

static void packets_of_two_kinds_prove_nothing_of_all(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), other = key_for(2, suite_80);
    struct media media;
    agree(&leg, suite_80);
    send(calls, 0, &caller, 500, 0);
    send(calls, 0, &other, 501, 0);
    tell_media(calls, &media, "srtp");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "mixed"));
    CHECK(is_text(&media, OBS_MEDIA_EVIDENCE, 0, "inferred"));
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), -1);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

static void a_tag_of_32_bits_counts_from_the_second_on(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_32), callee = key_for(1, suite_32);
    struct media media;
    agree(&leg, suite_32);
    send(calls, 0, &caller, 500, 0);
    send(calls, 1, &callee, 500, 0);
    send(calls, 1, &callee, 501, 0);
    tell_media(calls, &media, "srtp");
    CHECK(facts_find_at(&media.facts, OBS_MEDIA_TAG, 0, 0) == NULL);
    CHECK(is_text(&media, OBS_MEDIA_TAG, 1, "verified"));
    close_all(calls, &media);
}

static void readable_packets_with_a_tag_are_authentic_only(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80);
    struct media media;
    agree(&leg, suite_80);
    send(calls, 0, &caller, 500, 0);
    tell_media(calls, &media, "rtp");
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK_EQ(flag(&media, OBS_MEDIA_CONFIDENTIAL, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 1);
    CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 1, "rtp"));
    close_all(calls, &media);
}

static void an_mki_that_is_announced_need_not_be_sent(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    caller.identifier_size = 1;
    say(&leg, 0, 0, 4000, suite_80, &caller);
    say(&leg, 1, 200, 6000, suite_80, &callee);
    send(calls, 0, &caller, 500, 0);
    tell_media(calls, &media, "srtp");
    CHECK(is_text(&media, OBS_MEDIA_TAG, 0, "verified"));
    close_all(calls, &media);
}

static void unauthenticated_streams_are_not_measured_by_tags(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    start(&leg, 0, "INVITE", 0, 1);
    m_line(&leg, 0, 4000, "RTP/SAVP", CALLER);
    key_line(&leg, 1, suite_80, &caller);
    parameter(&leg, 1, "UNAUTHENTICATED_SRTP");
    finish(&leg);
    say(&leg, 1, 200, 6000, suite_80, &callee);
    send(calls, 0, &callee, 500, 5); /* fits nothing */
    send(calls, 0, &callee, 501, 5);
    tell_media(calls, &media, "srtp");
    CHECK(facts_find_at(&media.facts, OBS_MEDIA_TAG, 0, 0) == NULL);
    CHECK_EQ(flag(&media, OBS_MEDIA_AUTHENTICATED, 0), 0);
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

/* Another payload under the same number. */
static void send_other(struct calls *calls, uint8_t from, const struct srtp_key *key,
                       uint16_t sequence)
{
    uint8_t packet[HEADER + PAYLOAD + 20];
    other_payload = true;
    sample(calls, from, packet, seal(key, sequence, 0, packet), false);
    other_payload = false;
}

static bool reuses(const struct media *media, uint16_t index, const char *how)
{
    const struct fact *f = NULL;
    while ((f = facts_next(&media->facts, OBS_MEDIA_KEY_REUSE, f)) != NULL) {
        if (f->index == index && strcmp(facts_text(&media->facts, f), how) == 0) {
            return true;
        }
    }
    return false;
}

static void one_index_for_two_payloads_is_a_key_stream_used_twice(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80), callee = key_for(1, suite_80);
    struct media media;
    agree(&leg, suite_80);
    send(calls, 0, &caller, 500, 0);
    send(calls, 0, &caller, 501, 0);
    send_other(calls, 0, &caller, 501);
    send(calls, 1, &callee, 500, 0);
    send(calls, 1, &callee, 500, 0); /* the same packet again */
    send(calls, 1, &callee, 500, 1); /* another index */
    tell_media(calls, &media, "srtp");
    CHECK(reuses(&media, 0, "index"));
    CHECK(facts_find_at(&media.facts, OBS_MEDIA_KEY_REUSE, 1, 0) == NULL);
    close_all(calls, &media);
}

static void one_key_for_both_directions_is_told(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct srtp_key caller = key_for(0, suite_80);
    struct media media;
    say(&leg, 0, 0, 4000, suite_80, &caller);
    say(&leg, 1, 200, 6000, suite_80, &caller);
    send(calls, 0, &caller, 500, 0);
    send(calls, 1, &caller, 900, 0);
    tell_media(calls, &media, "srtp");
    CHECK(reuses(&media, 0, "direction"));
    CHECK(reuses(&media, 1, "direction"));
    CHECK(!reuses(&media, 0, "call"));
    CHECK(!reuses(&media, 0, "section"));
    CHECK(!reuses(&media, 0, "index"));
    close_all(calls, &media);
}

static void one_key_for_two_sections_is_told_unless_they_are_bundled(void)
{
    for (uint16_t port = 4000; port <= 4010; port += 10) {
        struct calls *calls = new_calls(8);
        struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
        struct srtp_key caller = key_for(0, suite_80);
        struct observation key = { .kind = OBS_SDP_CRYPTO_KEY, .index = 1, .sub = 1 };
        struct media media;
        start(&leg, 0, "INVITE", 0, 1);
        m_line(&leg, 0, 4000, "RTP/SAVP", CALLER);
        key_line(&leg, 1, suite_80, &caller);
        m_line(&leg, 1, port, "RTP/SAVP", CALLER);
        tell(&leg, (struct observation){
                       .kind = OBS_SDP_CRYPTO, .index = 1, .sub = 1, .text = suite_80 });
        key.text = (const char *)caller.bytes;
        key.text_size = 30;
        calls_observe(calls, leg.id, leg.end, &key);
        finish(&leg);
        send(calls, 0, &caller, 500, 0);
        tell_media(calls, &media, "srtp");
        CHECK_EQ(reuses(&media, 0, "section"), port != 4000);
        close_all(calls, &media);
    }
}

/* A call with one key, which is over or not when the next one with it begins. */
static void one_key_for_two_calls_is_told_when_they_follow_each_other(void)
{
    for (unsigned over = 0; over < 2; over++) {
        struct calls *calls = new_calls(8);
        struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
        struct leg before = leg_between(calls, 0xdef, CALLER, PROXY);
        struct srtp_key caller = key_for(0, suite_80);
        struct media media;
        before.call_id = "before";
        say(&before, 0, 0, 4400, suite_80, &caller);
        if (over > 0) {
            start(&before, 0, "BYE", 0, 2);
            finish(&before);
        }
        agree(&leg, suite_80);
        send(calls, 0, &caller, 500, 0);
        tell_media(calls, &media, "srtp");
        CHECK_EQ(reuses(&media, 0, "call"), over > 0);
        CHECK(!reuses(&media, 0, "direction"));
        close_all(calls, &media);
    }
}

static void put_report(struct media *media)
{
    struct observation obs = { .kind = OBS_MEDIA_RTCP_PROTECTION, .text = "unknown" };
    obs.text_size = 7;
    facts_put(&media->facts, &obs);
}

static void tags_of_srtcp_prove_it(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct media media;
    uint8_t packet[VECTOR_MAX];
    agree(&leg, suite_80);
    uint32_t size = from_hex(SRTCP_80, packet);
    sample(calls, 0, packet, size, true);
    open_media(&media, "unknown", NULL);
    media.record.id = MEDIA_FLOW;
    put_report(&media);
    calls_conclude(calls, &media.record);
    CHECK(facts_is(&media.facts, OBS_MEDIA_RTCP_PROTECTION, "srtp"));
    CHECK(facts_is(&media.facts, OBS_MEDIA_RTCP_EVIDENCE, "proven"));
    CHECK(facts_is(&media.facts, OBS_MEDIA_RTCP_GROUND_TEST, "srtcp-tag"));
    close_all(calls, &media);
}

/* Two reports each way are too few for the analyzer to name the flow. */
static void few_reports_are_named_when_announced_or_fitted(void)
{
    static const struct {
        uint16_t port; /* of the caller; 4001 is announced */
        bool sealed, media;
    } cases[] = { { 4001, false, true }, { 4000, true, true }, { 4999, false, false } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calls *calls = new_calls(8);
        struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
        struct media media = { .record = { .app = "unknown", .id = MEDIA_FLOW, .end_us = 1000 } };
        uint8_t packet[VECTOR_MAX];
        agree(&leg, suite_80);
        if (cases[i].sealed) {
            sample(calls, 0, packet, from_hex(SRTCP_80, packet), true);
        }
        media.record.facts = &media.facts;
        media.record.packet_last = 1000;
        media.record.side[0] = end_of(CALLER, cases[i].port);
        media.record.side[1] = end_of(9, 9);
        put_report(&media);
        calls_conclude(calls, &media.record);
        CHECK_EQ(strcmp(media.record.app, cases[i].media ? "rtp" : "unknown"), 0);
        struct flow_record anew = media.record;
        anew.app = "unknown";
        calls_name(&anew);
        CHECK_EQ(strcmp(anew.app, media.record.app), 0);
        close_all(calls, &media);
    }
}

static void keys_are_overwritten_when_their_call_is_over(void)
{
    struct calls *calls = new_calls(8);
    struct leg leg = leg_between(calls, 0xabc, CALLER, CALLEE);
    struct media media;
    agree(&leg, suite_80);
    CHECK_EQ(calls->keys.in_use, 2);
    CHECK_EQ(calls->draft.key_count, 0);
    for (unsigned i = 0; i < sizeof calls->draft.keys; i++) {
        CHECK_EQ(((const uint8_t *)calls->draft.keys)[i], 0);
    }
    const struct call_key *first = pool_at(&calls->keys, 1);
    CHECK(first->key.bytes[1] != 0);
    leg.time_us = 1000000;
    start(&leg, 0, "BYE", 0, 2);
    finish(&leg);
    CHECK_EQ(calls->keys.in_use, 2); /* media that it keyed may yet be told */
    leg.call_id = "another";
    leg.time_us = 1000000 + UINT64_C(401) * 1000000;
    start(&leg, 0, "INVITE", 0, 1);
    finish(&leg);
    CHECK_EQ(calls->keys.in_use, 0);
    for (unsigned i = 0; i < SRTP_KEY_MAX; i++) {
        CHECK_EQ(first->key.bytes[i], 0);
    }
    open_media(&media, "unknown", NULL);
    close_all(calls, &media);
}

int main(void)
{
    a_tag_that_fits_the_senders_key_proves_srtp_and_who_can_read_it();
    the_proof_of_a_tag_is_the_packet_that_fits_or_does_not();
    a_packet_that_waited_for_its_key_is_the_proof();
    streams_joined_after_roll_overs_are_proven_too();
    media_before_the_answer_waits_for_its_key();
    a_key_that_another_call_shows_is_exposed_there();
    keys_out_of_opened_records_prove_and_expose_nothing();
    tags_that_fit_no_key_take_back_what_was_declared();
    packets_of_two_kinds_prove_nothing_of_all();
    a_tag_of_32_bits_counts_from_the_second_on();
    readable_packets_with_a_tag_are_authentic_only();
    an_mki_that_is_announced_need_not_be_sent();
    unauthenticated_streams_are_not_measured_by_tags();
    one_index_for_two_payloads_is_a_key_stream_used_twice();
    one_key_for_both_directions_is_told();
    one_key_for_two_sections_is_told_unless_they_are_bundled();
    one_key_for_two_calls_is_told_when_they_follow_each_other();
    tags_of_srtcp_prove_it();
    few_reports_are_named_when_announced_or_fitted();
    keys_are_overwritten_when_their_call_is_over();
    return check_failures > 0;
}

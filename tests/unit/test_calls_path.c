/* tests/unit/test_calls_path.c: keys agreed by ZRTP on the path of the media, and media that goes
 * through a relay. */
#include "tests/unit/calls_case.h"
#include "tests/unit/judge_case.h"

static void put(struct media *media, enum observation_kind kind, const char *text)
{
    struct observation obs = { .kind = kind, .text = text, .text_size = (uint32_t)strlen(text) };
    facts_put(&media->facts, &obs);
}

static void put_zrtp(struct media *media, const char *cipher, const char *tag, const char *state)
{
    put(media, OBS_ZRTP_CIPHER, cipher);
    put(media, OBS_ZRTP_TAG, tag);
    put(media, OBS_ZRTP_STATE, state);
}

static void zrtp_on_the_same_ports_keys_the_stream(void)
{
    static const struct {
        const char *cipher, *tag, *state, *protection, *suite;
    } rows[] = {
        { "AES1", "HS80", "agreed", "srtp", "AES_CM_128_HMAC_SHA1_80" },
        { "AES3", "HS32", "agreed", "srtp", "AES_CM_256_HMAC_SHA1_32" },
        { "2FS1", "SK64", "agreed", "srtp", NULL },
        { "AES1", "HS80", "cleared", "rtp", NULL }, /* as the answer said */
        { "AES1", "HS80", "failed", "rtp", NULL },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct calls *calls = new_calls(10);
        struct leg leg = leg_between(calls, 1, CALLER, CALLEE);
        offer(&leg, 1, "RTP/AVP", NULL); /* ZRTP needs no word of it in the SDP */
        answer(&leg, 1, "RTP/AVP", NULL);
        struct media media;
        open_media(&media, "unknown", NULL);
        put_zrtp(&media, rows[i].cipher, rows[i].tag, rows[i].state);
        calls_conclude(calls, &media.record);
        CHECK(is_text(&media, OBS_MEDIA_PROTECTION, 0, rows[i].protection));
        CHECK(is_text(&media, OBS_MEDIA_KEYING, 0, "zrtp") ==
              (strcmp(rows[i].state, "agreed") == 0));
        CHECK(rows[i].suite == NULL || is_text(&media, OBS_MEDIA_SUITE, 0, rows[i].suite));
        close_all(calls, &media);
    }
}

static void keys_of_sdes_are_not_replaced_by_zrtp(void)
{
    struct calls *calls = new_calls(10);
    struct leg leg = leg_between(calls, 1, CALLER, CALLEE);
    offer(&leg, 1, "RTP/SAVP", suite_80);
    answer(&leg, 1, "RTP/SAVP", suite_80);
    struct media media;
    open_media(&media, "unknown", NULL);
    put_zrtp(&media, "AES3", "HS80", "agreed");
    calls_conclude(calls, &media.record);
    CHECK(is_text(&media, OBS_MEDIA_KEYING, 0, "sdes"));
    CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
    close_all(calls, &media);
}

/* The caller reaches 10.0.0.9:3478 from a port that no SDP names; the relay gave it 4000 there. */
static void media_through_a_relay_belongs_to_the_call_by_the_addresses_beyond(void)
{
    for (unsigned k = 0; k < 3; k++) {
        struct calls *calls = new_calls(10);
        struct leg leg = leg_between(calls, 1, CALLER, CALLEE);
        offer(&leg, 1, "RTP/SAVP", suite_80);
        answer(&leg, 1, "RTP/SAVP", suite_80);
        struct media media;
        open_media(&media, "srtp", "inferred");
        media.record.side[0] = end_of(77, 50000);
        media.record.side[1] = end_of(9, 3478);
        if (k != 1) {
            put(&media, OBS_STUN_RELAYED_ADDRESS, k == 0 ? "10.0.0.1:4000" : "nonsense");
        }
        put(&media, OBS_STUN_RELAYED_PEER, "[2001:db8::1]:5000");
        put(&media, OBS_STUN_RELAYED_PEER, "10.0.0.2:6000");
        put(&media, OBS_STUN_RELAYS, "turn");
        calls_conclude(calls, &media.record);
        CHECK(facts_find(&media.facts, OBS_MEDIA_CALL) != NULL);
        CHECK(is_text(&media, OBS_MEDIA_RELAYED, 0, "turn"));
        CHECK_EQ(flag(&media, OBS_MEDIA_KEY_EXPOSED, 0), 1);
        CHECK(is_text(&media, OBS_MEDIA_NEGOTIATED, 1, "srtp"));
        close_all(calls, &media);
    }
}

/* RFC 6189 4.6: before Confirm1 there are no keys. */
static void media_that_began_before_zrtp_had_keys_is_a_violation(void)
{
    static const struct {
        uint64_t packets; /* of others between the first of the media and Confirm1 */
        const char *keying, *want;
    } rows[] = { { 1, "zrtp", "violation inferred low" },
                 { 0, "zrtp", "compliant inferred info" },
                 { 1, "sdes", "compliant inferred info" } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judge_case c = case_of(NULL);
        case_flow(&c, "10.20.0.7", "10.20.0.8", 20000, "rtp");
        case_stream(&c, 0, "srtp", "inferred");
        case_put_at(&c, OBS_MEDIA_CONFIDENTIAL, 0, NULL, 1);
        case_put_at(&c, OBS_MEDIA_KEYING, 0, rows[i].keying, 0);
        struct observation obs = { .kind = OBS_ZRTP_CONFIRMED, .value = 1 };
        const struct fact *first = facts_find(c.record.facts, OBS_MEDIA_FIRST);
        obs.packet = first->packet + rows[i].packets;
        facts_put(c.record.facts, &obs);
        case_judge(&c);
        CHECK(case_is(&c, "TT-04", rows[i].want));
        case_done(&c);
    }
}

static const char relay_site[] = "overt: 1\n"
                                 "name: relay\n"
                                 "extends: lync-2010\n"
                                 "roles:\n"
                                 "  client_internal: [10.20.0.0/16]\n"
                                 "  edge_av: [192.0.2.12]\n";

/* Row TT-04 on a TLS connection to an A/V Edge. */
static void what_goes_to_a_relay_inside_tls_is_unknown(void)
{
    static const struct {
        uint16_t port;
        bool opened;
        const char *want; /* NULL: the row is not about it */
    } rows[] = { { 443, false, "unknown proven low" },
                 { 5349, false, "unknown proven low" },
                 { 443, true, NULL },
                 { 5062, false, NULL } }; /* MRAS */
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judge_case c = case_of(relay_site);
        case_flow(&c, "10.20.0.7", "192.0.2.12", rows[i].port, "tls");
        case_tls(&c, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        if (rows[i].opened) {
            case_value(&c, OBS_TLS_DECRYPTED, 1);
        }
        case_judge(&c);
        CHECK(rows[i].want == NULL ? case_row(&c, "TT-04") == NULL
                                   : case_is(&c, "TT-04", rows[i].want));
        case_done(&c);
    }
}

int main(void)
{
    what_goes_to_a_relay_inside_tls_is_unknown();
    zrtp_on_the_same_ports_keys_the_stream();
    keys_of_sdes_are_not_replaced_by_zrtp();
    media_through_a_relay_belongs_to_the_call_by_the_addresses_beyond();
    media_that_began_before_zrtp_had_keys_is_a_violation();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

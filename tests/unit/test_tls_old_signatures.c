/* tests/unit/test_tls_old_signatures.c: signatures after a ClientHello of SSL 2.0 form, and of
 * export RSA keys. */
#include "tests/unit/tls_old_signed.h"

extern const struct analyzer tls_analyzer;

/* Plays the chunks, one of them with one byte changed (its distance from the end). */
static struct play *play_spoiled(const struct chunk *chunks, unsigned which, uint32_t from_end)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct play *p = play_new(&tls_analyzer);
    for (unsigned i = 0; chunks[i].hex != NULL; i++) {
        uint32_t n = play_hex(chunks[i].hex, bytes);
        bytes[n - from_end] ^= i == which ? 1 : 0;
        play_bytes(p, chunks[i].side, bytes, n);
    }
    play_close(p);
    return p;
}

static void a_hello_of_ssl_2_form_is_signed_as_it_was_sent(void)
{
    struct play *p = play_all(&tls_analyzer, old_hello);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.0"));
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "valid"));
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), 1);
    CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
    play_free(p);
}

/* The challenge is the client's random: both signatures cover it. */
static void another_challenge_makes_both_wrong(void)
{
    struct play *p = play_spoiled(old_hello, 0, 1);
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "invalid"));
    play_free(p);
    p = play_spoiled(old_hello, 2, 1);
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "invalid"));
    play_free(p);
}

static void an_export_key_is_named_and_its_signature_verified(void)
{
    const struct chunk *const talks[] = { export_rsa, export_rsa_unasked };
    for (unsigned i = 0; i < 2; i++) {
        struct play *p = play_all(&tls_analyzer, talks[i]);
        CHECK(play_is(p, OBS_TLS_GROUP, "RSA-512"));
        CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
        CHECK_EQ(play_flag(p, OBS_MALFORMED), -1);
        play_free(p);
        p = play_spoiled(talks[i], 1, 4 + 5 + 1); /* the last byte before ServerHelloDone */
        CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid"));
        play_free(p);
    }
}

static void every_cut_is_unchecked_and_never_wrong(void)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    const struct chunk *const talks[] = { old_hello, export_rsa };
    for (unsigned talk = 0; talk < 2; talk++) {
        uint32_t hello = play_hex(talks[talk][0].hex, bytes);
        for (uint32_t lost = 0; lost < hello; lost += 7) {
            struct play *p = play_new(&tls_analyzer);
            play_bytes(p, 0, bytes, lost);
            CHECK_EQ(tls_analyzer.gap(p->state, 0, hello - lost, &p->sink), FEED_MORE);
            for (unsigned i = 1; talks[talk][i].hex != NULL; i++) {
                play_one(p, &talks[talk][i]);
            }
            play_close(p);
            CHECK(!play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid"));
            CHECK(!play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "invalid"));
            play_free(p);
            play_hex(talks[talk][0].hex, bytes);
        }
    }
}

int main(void)
{
    a_hello_of_ssl_2_form_is_signed_as_it_was_sent();
    another_challenge_makes_both_wrong();
    an_export_key_is_named_and_its_signature_verified();
    every_cut_is_unchecked_and_never_wrong();
    return check_failures > 0;
}

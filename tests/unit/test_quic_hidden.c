/* tests/unit/test_quic_hidden.c: a real QUIC handshake under its logged secrets: whole, with some
 * of the secrets, altered, and with datagrams missing, repeated or late. */
#include "analyzers/tls_open.h"
#include "tests/unit/quic_captures.h"
#include "tests/unit/quic_play.h"

enum { FLIP_STEP = 17 };

static const struct hash_seed seed = { { 3, 4 } };

struct case_of {
    struct play *play;
    struct keylog *keylog;
};

/* Secrets whose label begins so; "": all. */
static struct case_of begin_opened(const char *label)
{
    struct case_of c = { .play = begin() };
    struct keylog_text text = { 0 };
    if (keylog_new(seed, &c.keylog) != OV_OK) {
        abort();
    }
    for (const char *line = quic_secrets; *line != '\0'; line = strchr(line, '\n') + 1) {
        uint32_t size = (uint32_t)(strchr(line, '\n') + 1 - line);
        if (strncmp(line, label, strlen(label)) == 0) {
            keylog_read(c.keylog, &text, bytes_of(line, size, size));
        }
    }
    if (tls_open_new(c.keylog, c.play->sink.budget, &c.play->sink.opener) != OV_OK) {
        abort();
    }
    return c;
}

static void end_opened(struct case_of *c)
{
    tls_open_free(c->play->sink.opener);
    keylog_free(c->keylog);
    end(c->play);
}

static struct case_of play_opened(const char *label, const struct chunk *chunks)
{
    struct case_of c = begin_opened(label);
    for (; chunks->hex != NULL; chunks++) {
        play_one(c.play, chunks);
    }
    play_close(c.play);
    return c;
}

static void the_handshake_is_proven(void)
{
    struct case_of c = play_opened("", quic_mutual);
    const struct play *p = c.play;
    CHECK_EQ(play_flag(p, OBS_TLS_DECRYPTED), 1);
    CHECK(play_is(p, OBS_TLS_ALPN, "h3"));
    CHECK_EQ(play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED), 1);
    CHECK(play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "presented"));
    CHECK(play_is(p, OBS_SERVER_CERT_SUBJECT, "CN=fe01.contoso.com"));
    CHECK(play_is(p, OBS_CLIENT_CERT_SUBJECT, "CN=edge01.contoso.com"));
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "valid"));
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
    CHECK(!play_knows(p, OBS_TLS_DECRYPTION_STOPPED) && !play_knows(p, OBS_MALFORMED));
    end_opened(&c);
}

/* Without the server's later secret nobody knows whether it took the certificate. */
static void each_secret_opens_its_part(void)
{
    struct case_of c = play_opened("CLIENT_", quic_mutual);
    CHECK(play_mtls(c.play, "unknown", "encrypted-handshake"));
    CHECK(!play_knows(c.play, OBS_SERVER_CERT_SUBJECT));
    end_opened(&c);
    c = play_opened("SERVER_", quic_mutual);
    CHECK(play_mtls(c.play, "unknown", "encrypted-handshake"));
    CHECK(play_is(c.play, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK_EQ(play_flag(c.play, OBS_TLS_CERTIFICATE_REQUESTED), 1);
    CHECK(!play_knows(c.play, OBS_CLIENT_CERT_SUBJECT));
    end_opened(&c);
    c = play_opened("SERVER_TRAFFIC", quic_mutual);
    CHECK_EQ(play_flag(c.play, OBS_TLS_DECRYPTED), -1);
    CHECK(play_mtls(c.play, "unknown", "encrypted-handshake"));
    end_opened(&c);
    c = play_opened("none", quic_mutual);
    CHECK_EQ(play_flag(c.play, OBS_TLS_DECRYPTED), -1);
    CHECK(play_is(c.play, OBS_TLS_CLIENT_CERTIFICATE, "hidden"));
    end_opened(&c);
}

/* With both handshake secrets, but not those of after it. */
static void acceptance_is_not_guessed(void)
{
    struct case_of c = begin_opened("CLIENT_");
    struct keylog_text text = { 0 };
    const char *line = strstr(quic_secrets, "SERVER_HANDSHAKE");
    uint32_t size = (uint32_t)(strchr(line, '\n') + 1 - line);
    keylog_read(c.keylog, &text, bytes_of(line, size, size));
    for (const struct chunk *chunk = quic_mutual; chunk->hex != NULL; chunk++) {
        play_one(c.play, chunk);
    }
    play_close(c.play);
    CHECK(play_is(c.play, OBS_TLS_CERTIFICATE_VERIFY, "valid"));
    CHECK(play_mtls(c.play, "unknown", "encrypted-handshake"));
    end_opened(&c);
}

/* What is missing or late takes words away and never adds a wrong one. */
static bool is_true(const struct play *p)
{
    bool mtls =
        play_mtls(p, "proven", "certificate-verify") || play_is(p, OBS_TLS_MTLS_STATE, "unknown");
    bool words = !play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "invalid") &&
                 !play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid") &&
                 play_flag(p, OBS_TLS_CERTIFICATE_REQUESTED) != 0 &&
                 !play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "empty") &&
                 !play_is(p, OBS_TLS_CLIENT_CERTIFICATE, "none");
    return mtls && words;
}

static void lost_and_exchanged_datagrams_never_lie(void)
{
    unsigned count = 0;
    while (quic_mutual[count].hex != NULL) {
        count++;
    }
    for (unsigned i = 0; i < count; i++) {
        struct case_of lost = begin_opened(""), late = begin_opened(""), twice = begin_opened("");
        for (unsigned k = 0; k < count; k++) {
            unsigned other = k == i && k + 1 < count ? k + 1 : k > 0 && k == i + 1 ? i : k;
            if (k != i) {
                play_one(lost.play, &quic_mutual[k]);
            } else {
                play_one(twice.play, &quic_mutual[k]);
            }
            play_one(late.play, &quic_mutual[other]);
            play_one(twice.play, &quic_mutual[k]);
        }
        play_close(lost.play);
        play_close(late.play);
        play_close(twice.play);
        CHECK(is_true(lost.play) && is_true(late.play));
        CHECK(play_mtls(twice.play, "proven", "certificate-verify"));
        end_opened(&lost);
        end_opened(&late);
        end_opened(&twice);
    }
}

/* Everything, but of datagram i the byte `at` is another, or (even: cut) it ends there. */
static void play_altered(unsigned i, uint32_t at)
{
    static uint8_t bytes[PLAY_BYTES_MAX];
    struct case_of c = begin_opened("");
    for (unsigned k = 0; quic_mutual[k].hex != NULL; k++) {
        uint32_t size = play_hex(quic_mutual[k].hex, bytes);
        bool cut = k == i && at % 2 == 0;
        bytes[at] ^= k == i && !cut ? 0x55 : 0;
        play_offer(c.play, quic_mutual[k].side, bytes, cut ? at : size, size);
    }
    play_close(c.play);
    CHECK(is_true(c.play));
    end_opened(&c);
}

static void altered_and_cut_datagrams_never_lie(void)
{
    for (unsigned i = 0; quic_mutual[i].hex != NULL; i++) {
        uint32_t size = (uint32_t)strlen(quic_mutual[i].hex) / 2;
        for (uint32_t at = i % FLIP_STEP; at < size; at += FLIP_STEP) {
            play_altered(i, at);
        }
    }
}

int main(void)
{
    the_handshake_is_proven();
    each_secret_opens_its_part();
    acceptance_is_not_guessed();
    lost_and_exchanged_datagrams_never_lie();
    altered_and_cut_datagrams_never_lie();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

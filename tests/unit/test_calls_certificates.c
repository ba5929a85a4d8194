/* tests/unit/test_calls_certificates.c: certificates of DTLS against the fingerprints of the SDP.
 */
#include "analyzers/crypto/certificates.h"
#include "tests/unit/calls_case.h"
#include "tests/unit/pki_vectors.h"

enum { DER_MAX = 2048, SOON_US = 1000, LATE_US = 31 * 1000000 };

static uint8_t der[DER_MAX];
static uint32_t der_size;

/* A call with one m-line of each party, and the flow in which the callee is the server of DTLS. */
struct case_ {
    struct calls *calls;
    struct certificates *certificates;
    struct leg leg;
    struct media media;
};

static struct case_ case_open(void)
{
    struct case_ c = { .calls = new_calls(8) };
    c.leg = leg_between(c.calls, 7, CALLER, CALLEE);
    if (certificates_new(4, &c.certificates) != OV_OK) {
        abort();
    }
    der_size = 0;
    for (const char *hex = server_der; hex[0] != '\0' && der_size < DER_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[der_size++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    open_media(&c.media, "srtp", "inferred");
    return c;
}

static void case_close(struct case_ *c)
{
    certificates_free(c->certificates);
    close_all(c->calls, &c->media);
}

/* An a=fingerprint line as analyzers/sdp_lines.c tells it; flip: one bit of the digest is another.
 */
static void fingerprint(const struct leg *leg, uint16_t index, const char *hash, uint8_t flip)
{
    uint8_t digest[DIGEST_SIZE_MAX] = { 0 };
    uint32_t size = digest_make(digest_named(hash, strlen(hash)), der, der_size, digest);
    digest[0] ^= flip;
    tell(leg, (struct observation){ .kind = OBS_SDP_FINGERPRINT,
                                    .index = index,
                                    .sub = (uint16_t)size,
                                    .text = hash,
                                    .value = keyed_hash(digest, size, seed) });
}

static void unread(const struct leg *leg)
{
    tell(leg, (struct observation){ .kind = OBS_SDP_FINGERPRINT, .text = "" });
}

static void begin_answer(struct case_ *c, uint16_t port)
{
    start(&c->leg, 0, "INVITE", 0, 1);
    m_line(&c->leg, 0, 4000, "UDP/TLS/RTP/SAVP", CALLER);
    fingerprint(&c->leg, 0, "sha-256", 1);
    finish(&c->leg);
    start(&c->leg, 1, "INVITE", 200, 1);
    m_line(&c->leg, 0, port, "UDP/TLS/RTP/SAVP", CALLEE);
}

static void put(struct case_ *c, enum observation_kind kind, const char *text, uint64_t time_us)
{
    const struct observation obs = { .kind = kind,
                                     .from = 1,
                                     .value = 1,
                                     .text = text,
                                     .text_size = (uint32_t)strlen(text),
                                     .time_us = time_us,
                                     .packet = time_us };
    facts_put(&c->media.facts, &obs);
}

/* Ends the answer; then the callee shows its certificate. What is said of that, "" = nothing. */
static const char *conclude_at(struct case_ *c, uint64_t time_us, bool resumed)
{
    finish(&c->leg);
    c->media.record.facts = &c->media.facts; /* cases are handed on by value */
    const struct certificate *shown =
        certificates_add(c->certificates, bytes_of(der, der_size, der_size));
    put(c, OBS_TLS_VERSION, "DTLSv1.2", time_us);
    put(c, OBS_SERVER_CERT_SHA256, shown->sha256, time_us);
    if (resumed) {
        put(c, OBS_TLS_RESUMED, "", time_us);
    }
    calls_certificates_conclude(c->calls, c->certificates, &c->media.record);
    CHECK(facts_find(&c->media.facts, OBS_TLS_CLIENT_FINGERPRINT) == NULL);
    const struct fact *said = facts_find(&c->media.facts, OBS_TLS_SERVER_FINGERPRINT);
    return said != NULL ? facts_text(&c->media.facts, said) : "";
}

static const char *conclude(struct case_ *c)
{
    return conclude_at(c, SOON_US, false);
}

static bool says(const char *got, const char *want)
{
    return strcmp(got, want) == 0;
}

/* RFC 8122 5: the hashes that are known by name. */
static void every_hash_of_the_certificate_fits_and_a_flipped_one_does_not(void)
{
    static const char *const hashes[] = { "sha-1", "sha-256", "SHA-384", "sha-512" };
    for (unsigned i = 0; i < 4; i++) {
        for (uint8_t flip = 0; flip < 2; flip++) {
            struct case_ c = case_open();
            begin_answer(&c, 6000);
            fingerprint(&c.leg, 0, hashes[i], flip);
            CHECK(says(conclude(&c), flip == 0 ? "match" : "mismatch"));
            case_close(&c);
        }
    }
}

static void several_lines_are_alternatives_of_which_the_strongest_decide(void)
{
    struct case_ c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 1);
    fingerprint(&c.leg, 0, "sha-256", 0);
    CHECK(says(conclude(&c), "match"));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-1", 0);
    fingerprint(&c.leg, 0, "sha-256", 1);
    CHECK(says(conclude(&c), "")); /* a weak hash is no proof, and no ground for an alarm */
    case_close(&c);
}

static void what_was_not_read_whole_is_no_mismatch(void)
{
    struct case_ c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 1);
    unread(&c.leg);
    CHECK(says(conclude(&c), "unknown"));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000);
    for (unsigned i = 0; i < 5; i++) { /* one more than is kept */
        fingerprint(&c.leg, 0, "sha-256", (uint8_t)(i + 1));
    }
    CHECK(says(conclude(&c), "unknown"));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha3-256", 1); /* no hash that is known */
    CHECK(says(conclude(&c), ""));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000); /* no line at all */
    CHECK(says(conclude(&c), ""));
    case_close(&c);
}

/* It may be that of another section, or of an earlier message: no alarm, and no match. */
static void a_line_of_another_section_or_message_leaves_it_open(void)
{
    struct case_ c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 1);
    m_line(&c.leg, 1, 6002, "UDP/TLS/RTP/SAVP", CALLEE);
    fingerprint(&c.leg, 1, "sha-256", 0);
    CHECK(says(conclude(&c), ""));
    case_close(&c);
}

static void an_end_that_the_call_does_not_name_is_no_mismatch(void)
{
    for (uint8_t flip = 0; flip < 2; flip++) {
        struct case_ c = case_open();
        begin_answer(&c, 6004); /* not where the flow goes */
        fingerprint(&c.leg, 0, "sha-256", flip);
        CHECK(says(conclude(&c), flip == 0 ? "match" : "unknown"));
        case_close(&c);
    }
}

static void late_resumed_and_lossy_handshakes_are_no_mismatch(void)
{
    struct case_ c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 1);
    CHECK(says(conclude_at(&c, LATE_US, false), "unknown"));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 0);
    CHECK(says(conclude_at(&c, SOON_US, true), ""));
    case_close(&c);
    c = case_open();
    begin_answer(&c, 6000);
    fingerprint(&c.leg, 0, "sha-256", 1);
    c.media.record.lost_nearby = true;
    CHECK(says(conclude(&c), "unknown"));
    case_close(&c);
}

int main(void)
{
    every_hash_of_the_certificate_fits_and_a_flipped_one_does_not();
    several_lines_are_alternatives_of_which_the_strongest_decide();
    what_was_not_read_whole_is_no_mismatch();
    a_line_of_another_section_or_message_leaves_it_open();
    an_end_that_the_call_does_not_name_is_no_mismatch();
    late_resumed_and_lossy_handshakes_are_no_mismatch();
    return check_failures > 0;
}

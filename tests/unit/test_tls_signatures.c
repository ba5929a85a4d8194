/* tests/unit/test_tls_signatures.c: signatures of whole handshakes: verified, wrong, and beyond
 * checking. */
#include "analyzers/crypto/verified.h"
#include "analyzers/flow_record.h"
#include "analyzers/tls_handshake.h"
#include "tests/unit/dtls_signed.h"
#include "tests/unit/tls_signed.h"

extern const struct analyzer tls_analyzer;
extern const struct analyzer dtls_analyzer;

enum { PARTS = 16, PART_MAX = 2048 };

/* A conversation as bytes, to be spoiled. */
struct talk {
    const struct analyzer *analyzer;
    uint32_t count;
    struct part {
        uint8_t side;
        uint32_t size;
        uint8_t bytes[PART_MAX];
    } part[PARTS];
};

struct vector {
    const char *name;
    const struct chunk *chunks;
    bool datagram;
    const char *server, *client; /* schemes; NULL before TLS 1.2 */
};

static const struct vector vectors[] = {
    { "tls10_rsa", tls10_rsa, false, NULL, NULL },
    { "tls10_ecdsa", tls10_ecdsa, false, NULL, NULL },
    { "tls10_dsa", tls10_dsa, false, NULL, NULL },
    { "tls11_rsa", tls11_rsa, false, NULL, NULL },
    { "tls12_rsa", tls12_rsa, false, "rsa_pkcs1_sha512", "rsa_pkcs1_sha384" },
    { "tls12_dsa", tls12_dsa, false, "dsa_sha256", "dsa_sha224" },
    { "tls12_ecdsa384", tls12_ecdsa384, false, "ecdsa_secp384r1_sha384", "ecdsa_sha1" },
    { "tls12_pss", tls12_pss, false, "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha256" },
    { "tls12_pss_key", tls12_pss_key, false, "rsa_pss_pss_sha256", "rsa_pss_pss_sha256" },
    { "tls12_ed25519", tls12_ed25519, false, "ed25519", "ed25519" },
    { "tls12_ed448", tls12_ed448, false, "ed448", "ed448" },
    { "dtls10_rsa", dtls10_rsa, true, NULL, NULL },
    { "dtls10_ecdsa", dtls10_ecdsa, true, NULL, NULL },
    { "dtls12_rsa", dtls12_rsa, true, "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha256" },
    { "dtls12_pss", dtls12_pss, true, "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256" },
};
enum { VECTORS = sizeof vectors / sizeof *vectors };

static struct talk *talk_of(const struct vector *v)
{
    static struct talk t;
    static uint8_t bytes[PLAY_BYTES_MAX];
    t = (struct talk){ .analyzer = v->datagram ? &dtls_analyzer : &tls_analyzer };
    for (const struct chunk *c = v->chunks; c->hex != NULL && t.count < PARTS; c++) {
        struct part *part = &t.part[t.count++];
        part->side = c->side;
        part->size = play_hex(c->hex, bytes);
        if (part->size > PART_MAX) {
            abort();
        }
        memcpy(part->bytes, bytes, part->size);
    }
    return &t;
}

/* Plays the parts in this order (NULL: as they are); 255 ends it. */
static struct play *play_parts(const struct talk *t, const uint8_t *order)
{
    struct play *p = play_new(t->analyzer);
    for (uint32_t i = 0; order != NULL ? order[i] != 255 : i < t->count; i++) {
        const struct part *part = &t->part[order != NULL ? order[i] : i];
        play_bytes(p, part->side, part->bytes, part->size);
    }
    play_close(p);
    return p;
}

/* The last fragment of the first message of this type in clear; its size goes to *ret_size. */
static uint8_t *message_of(struct talk *t, uint8_t type, uint32_t *ret_size)
{
    uint32_t header = t->analyzer == &dtls_analyzer ? 13 : 5;
    for (uint32_t i = 0; i < t->count; i++) {
        struct part *part = &t->part[i];
        for (uint32_t at = 0; at + header + 12 < part->size;) {
            uint8_t *body = part->bytes + at + header;
            *ret_size = (uint32_t)body[-2] << 8 | body[-1];
            bool last = header == 5 || body[2] * 256 + body[3] ==
                                           body[7] * 256 + body[8] + body[10] * 256 + body[11];
            if (part->bytes[at] == CONTENT_HANDSHAKE && body[0] == type && last) {
                return body;
            }
            at += header + *ret_size;
        }
    }
    fprintf(stderr, "no message of type %u\n", type);
    abort();
}

static uint8_t *end_of_message(struct talk *t, uint8_t type)
{
    uint32_t size;
    uint8_t *body = message_of(t, type, &size);
    return body + size - 1;
}

static void check_is(const struct play *p, const char *name, const char *server, const char *client)
{
    if (!play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, server) ||
        !play_is(p, OBS_TLS_CERTIFICATE_VERIFY, client)) {
        fprintf(stderr, "%s: not %s and %s\n", name, server, client);
        CHECK(false);
    }
}

static bool is_wrong(const struct play *p)
{
    return play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid") ||
           play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "invalid");
}

static void every_way_to_sign_is_verified(void)
{
    for (uint32_t i = 0; i < VECTORS; i++) {
        const struct vector *v = &vectors[i];
        struct play *p = play_parts(talk_of(v), NULL);
        check_is(p, v->name, "valid", "valid");
        CHECK(play_mtls(p, "proven", "certificate-verify"));
        CHECK_EQ(play_flag(p, OBS_TLS_ESTABLISHED), 1);
        CHECK(!play_knows(p, OBS_TLS_CERTIFICATE_VERIFY_REASON));
        CHECK_EQ(play_knows(p, OBS_TLS_CLIENT_SIGNATURE), v->client != NULL);
        CHECK(v->server == NULL || play_is(p, OBS_TLS_SIGNATURE, v->server));
        CHECK(v->client == NULL || play_is(p, OBS_TLS_CLIENT_SIGNATURE, v->client));
        play_free(p);
    }
}

static void a_changed_signature_is_wrong(void)
{
    for (uint32_t i = 0; i < VECTORS; i++) {
        struct talk *t = talk_of(&vectors[i]);
        *end_of_message(t, CERTIFICATE_VERIFY) ^= 1;
        struct play *p = play_parts(t, NULL);
        check_is(p, vectors[i].name, "valid", "invalid");
        CHECK(play_mtls(p, "disproven", "signature-invalid"));
        play_free(p);
        t = talk_of(&vectors[i]);
        *end_of_message(t, SERVER_KEY_EXCHANGE) ^= 1;
        p = play_parts(t, NULL); /* the client signed that message too */
        check_is(p, vectors[i].name, "invalid", "invalid");
        play_free(p);
    }
}

/* A byte inside the random of a hello, or the last one of another message. */
static uint8_t *signed_byte(struct talk *t, uint8_t type)
{
    uint32_t size;
    bool hello = type == CLIENT_HELLO || type == SERVER_HELLO;
    return hello ? message_of(t, type, &size) + (t->analyzer == &dtls_analyzer ? 12 : 4) + 20
                 : end_of_message(t, type);
}

/* What the server signed is wrong: nobody is proven, whatever the client signed. */
static void a_wrong_signature_of_the_server_disproves(void)
{
    struct talk *t = talk_of(&vectors[4]);
    *end_of_message(t, SERVER_KEY_EXCHANGE) ^= 1;
    struct play *p = play_parts(t, NULL);
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid"));
    CHECK(play_mtls(p, "disproven", "signature-invalid") ||
          play_mtls(p, "disproven", "server-signature-invalid"));
    play_free(p);
    t = talk_of(&vectors[4]);
    *end_of_message(t, SERVER_KEY_EXCHANGE) ^= 1; /* and a client whose words cannot be checked */
    p = play_new(t->analyzer);
    p->budget.left = 100;
    for (uint32_t i = 0; i < t->count; i++) {
        play_bytes(p, t->part[i].side, t->part[i].bytes, t->part[i].size);
    }
    play_close(p);
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "unchecked"));
    CHECK(play_mtls(p, "disproven", "server-signature-invalid"));
    p->budget.left = PLAY_BUDGET;
    play_free(p);
}

static void a_changed_message_is_wrong(void)
{
    static const uint8_t types[] = { CLIENT_HELLO, SERVER_HELLO, CERTIFICATE_REQUEST,
                                     CLIENT_KEY_EXCHANGE };
    for (uint32_t i = 0; i < VECTORS; i++) {
        for (uint32_t n = 0; n < sizeof types; n++) {
            struct talk *t = talk_of(&vectors[i]);
            *signed_byte(t, types[n]) ^= 1;
            struct play *p = play_parts(t, NULL);
            /* the hello before the cookie is not signed (RFC 6347 4.2.6) */
            bool cookie = vectors[i].datagram && types[n] == CLIENT_HELLO;
            const char *server = n < 2 && !cookie ? "invalid" : "valid";
            /* the lengths in a CertificateRequest without names are its last bytes */
            bool read = types[n] != CERTIFICATE_REQUEST;
            check_is(p, vectors[i].name, server, cookie ? "valid" : read ? "invalid" : "unchecked");
            CHECK(cookie || !play_mtls(p, "proven", "certificate-verify"));
            play_free(p);
        }
    }
}

static void one_side_may_come_late(void)
{
    static const uint8_t order[] = { 0, 2, 1, 3, 255 };
    static const uint8_t server_first[] = { 1, 0, 2, 3, 255 };
    struct play *p = play_parts(talk_of(&vectors[4]), order);
    check_is(p, "client before server", "valid", "valid");
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    play_free(p);
    p = play_parts(talk_of(&vectors[4]), server_first);
    check_is(p, "server before client", "unchecked", "valid");
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON, "lost-bytes"));
    play_free(p);
}

/* Plays all parts but `gone`; that one, too, if in_place, and at the end if `more`. */
static struct play *play_moved(const struct talk *t, uint32_t gone, bool in_place, bool more)
{
    uint8_t order[PARTS + 2];
    uint32_t n = 0;
    for (uint32_t k = 0; k < t->count; k++) {
        order[n] = (uint8_t)k;
        n += in_place || k != gone;
    }
    order[n] = (uint8_t)gone;
    order[n + more] = 255;
    return play_parts(t, order);
}

/* Without one of its parts, or with one twice or in another place, nothing is wrong. */
static void loss_and_order_are_never_wrong(void)
{
    for (uint32_t i = 0; i < VECTORS; i++) {
        struct talk *t = talk_of(&vectors[i]);
        for (uint32_t part = 0; t->analyzer == &dtls_analyzer && part < t->count; part++) {
            struct play *lost = play_moved(t, part, false, false);
            struct play *late = play_moved(t, part, false, true);
            struct play *twice = play_moved(t, part, true, true);
            CHECK(!is_wrong(lost) && !is_wrong(late));
            check_is(twice, vectors[i].name, "valid", "valid");
            play_free(lost);
            play_free(late);
            play_free(twice);
        }
    }
}

/* All of it, but the end of part `hole` from byte `at` on. */
static struct play *play_hole(const struct talk *t, uint32_t hole, uint32_t at)
{
    struct play *p = play_new(t->analyzer);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct part *part = &t->part[i];
        play_stream(p, part->side, part->bytes, i == hole ? at : part->size);
        if (i == hole && !p->settled) {
            p->left[part->side] = 0;
            p->analyzer->gap(p->state, part->side, part->size - at, &p->sink);
        }
    }
    play_close(p);
    return p;
}

/* Any run of bytes that a TCP capture lost. */
static void a_gap_is_never_wrong(void)
{
    struct talk *t = talk_of(&vectors[4]);
    const uint8_t *end = end_of_message(t, CERTIFICATE_VERIFY);
    for (uint32_t hole = 0; hole < t->count; hole++) {
        const struct part *part = &t->part[hole];
        for (uint32_t at = 0; at < part->size; at += 13) {
            struct play *p = play_hole(t, hole, at);
            bool later = hole == 3 || (hole == 2 && part->bytes + at > end);
            CHECK(!is_wrong(p));
            CHECK(later || !play_mtls(p, "proven", "certificate-verify"));
            play_free(p);
        }
    }
}

static void cut_streams_and_flipped_bytes_stay_in_bounds(void)
{
    static const uint32_t tried[] = { 9, 10, 14 };
    for (uint32_t v = 0; v < sizeof tried / sizeof *tried; v++) {
        struct talk *t = talk_of(&vectors[tried[v]]);
        uint32_t count = t->count;
        for (uint32_t i = 0; i < count; i++) {
            struct part *part = &t->part[i];
            uint32_t size = part->size;
            for (uint32_t at = 0; at < size; at += 7) {
                part->bytes[at] ^= 0x55;
                play_free(play_parts(t, NULL));
                part->bytes[at] ^= 0x55;
                part->size = at; /* and nothing follows */
                t->count = i + 1;
                struct play *p = play_parts(t, NULL);
                CHECK(!is_wrong(p));
                play_free(p);
                part->size = size;
                t->count = count;
            }
        }
    }
}

/* A ClientHello without the hello that had the cookie. */
static void a_missing_cookie_is_noticed(void)
{
    static const uint8_t order[] = { 0, 3, 4, 5, 255 };
    struct play *p = play_parts(talk_of(&vectors[12]), order);
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "unchecked"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY_REASON, "lost-bytes"));
    CHECK(play_mtls(p, "inferred", "signature-unchecked"));
    play_free(p);
}

/* SSL 3.0 signs otherwise: the same bytes under that version. */
static void ssl3_stays_unchecked(void)
{
    struct talk *t = talk_of(&vectors[0]);
    for (uint32_t i = 0; i < t->count; i++) {
        struct part *part = &t->part[i];
        for (uint32_t at = 0; at + 2 < part->size;
             at += 5 + part->bytes[at + 3] * 256u + part->bytes[at + 4]) {
            part->bytes[at + 2] = 0;
        }
    }
    t->part[1].bytes[5 + 4 + 1] = 0; /* version of the ServerHello */
    struct play *p = play_parts(t, NULL);
    CHECK(play_is(p, OBS_TLS_VERSION, "SSLv3"));
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY, "unchecked"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY_REASON, "ssl3"));
    CHECK(play_mtls(p, "inferred", "signature-unchecked"));
    play_free(p);
}

static void without_memory_it_stays_unchecked(void)
{
    struct talk *t = talk_of(&vectors[9]);
    struct play *p = play_new(t->analyzer);
    p->budget.left = 100;
    for (uint32_t i = 0; i < t->count; i++) {
        play_bytes(p, t->part[i].side, t->part[i].bytes, t->part[i].size);
    }
    play_close(p);
    CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
    CHECK(play_is(p, OBS_TLS_CERTIFICATE_VERIFY_REASON, "no-memory"));
    CHECK(play_mtls(p, "inferred", "signature-unchecked"));
    CHECK_EQ(p->budget.left, 100);
    p->budget.left = PLAY_BUDGET;
    play_free(p);
}

/* Plays vector 4 from this port, looked at with this packet: signatures of both sides. */
static struct play *play_with(struct verified *verified, uint16_t port, uint64_t packet,
                              uint32_t spoil)
{
    static struct flow_end ends[2];
    struct talk *t = talk_of(&vectors[4]);
    *end_of_message(t, (uint8_t)(spoil != 0 ? spoil : CERTIFICATE_VERIFY)) ^= spoil != 0;
    struct play *p = play_new(t->analyzer);
    ends[0].port = port;
    p->sink.verified = verified;
    p->sink.end = ends;
    p->sink.packet = packet;
    for (uint32_t i = 0; i < t->count; i++) {
        play_bytes(p, t->part[i].side, t->part[i].bytes, t->part[i].size);
    }
    play_close(p);
    return p;
}

static bool is_left_out(const struct play *p)
{
    return play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON, "sampled-out") &&
           play_is(p, OBS_TLS_CERTIFICATE_VERIFY_REASON, "sampled-out");
}

/* Of 256 connections from packet 10000 on: how many are left out? All others must be proven. */
static uint32_t left_out_of(struct verified *verified)
{
    uint32_t count = 0;
    for (uint16_t port = 1; port <= 256; port++) {
        struct play *p = play_with(verified, port, 10000, 0);
        bool out = is_left_out(p);
        CHECK(out ? play_mtls(p, "inferred", "signature-unchecked")
                  : play_mtls(p, "proven", "certificate-verify"));
        count += out;
        play_free(p);
    }
    return count;
}

static void of_a_proven_signer_a_sample_is_verified(void)
{
    struct verified *verified = verified_new();
    struct play *p = play_with(verified, 1, 100, 0);
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    play_free(p);
    for (uint64_t packet = 100; packet < 100 + VERIFIED_LAG_PACKETS; packet += 1000) {
        p = play_with(verified, 2, packet, 0);
        CHECK(play_mtls(p, "proven", "certificate-verify")); /* workers may not know it yet */
        play_free(p);
    }
    uint32_t count = left_out_of(verified);
    CHECK(count >= 240 && count < 256); /* 1 in 64 is not */
    p = play_with(verified, 3, 0, 0);   /* the flow is over: when, is nobody's choice */
    CHECK(play_mtls(p, "proven", "certificate-verify"));
    play_free(p);
    verified_reset(verified);
    CHECK_EQ(left_out_of(verified), 0);
    verified_free(verified);
}

/* A signer that failed once is verified for ever, before and after it proved its key. */
static void a_signer_that_failed_is_always_verified(void)
{
    for (uint64_t failed_at = 50; failed_at <= 150; failed_at += 100) {
        struct verified *verified = verified_new();
        struct play *p = play_with(verified, 1, failed_at, SERVER_KEY_EXCHANGE);
        CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "invalid"));
        play_free(p);
        p = play_with(verified, 1, 100, 0);
        CHECK(play_mtls(p, "proven", "certificate-verify"));
        play_free(p);
        for (uint16_t port = 1; port <= 64; port++) {
            p = play_with(verified, port, 10000, 0);
            CHECK(play_is(p, OBS_TLS_KEY_EXCHANGE_SIGNATURE, "valid"));
            play_free(p);
        }
        verified_free(verified);
    }
}

static void a_first_handshake_that_lies_is_found(void)
{
    static const uint8_t spoilt[] = { SERVER_KEY_EXCHANGE, CERTIFICATE_VERIFY };
    for (size_t i = 0; i < sizeof spoilt; i++) {
        struct verified *verified = verified_new();
        struct play *p = play_with(verified, 1, 1, spoilt[i]);
        CHECK(is_wrong(p) && play_is(p, OBS_TLS_MTLS_STATE, "disproven"));
        play_free(p);
        verified_free(verified);
    }
}

int main(void)
{
    of_a_proven_signer_a_sample_is_verified();
    a_signer_that_failed_is_always_verified();
    a_first_handshake_that_lies_is_found();
    every_way_to_sign_is_verified();
    a_changed_signature_is_wrong();
    a_wrong_signature_of_the_server_disproves();
    a_changed_message_is_wrong();
    one_side_may_come_late();
    loss_and_order_are_never_wrong();
    a_gap_is_never_wrong();
    cut_streams_and_flipped_bytes_stay_in_bounds();
    a_missing_cookie_is_noticed();
    ssl3_stays_unchecked();
    without_memory_it_stays_unchecked();
    return check_failures > 0;
}

/* analyzers/tls_hello.c: ClientHello and ServerHello (RFC 8446 4.1, RFC 5246 7.4.1, RFC
 * 6347 4.2.1), their extensions in tls_extensions.c. */
#include "analyzers/tls_hello.h"

#include "analyzers/tls_extensions.h"
#include "analyzers/tls_ja4.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_session.h"
#include "analyzers/tls_suites.h"

enum {
    RANDOM_SIZE = 32,
    RANDOM_LOOK = 8, /* bytes of it that tell a repetition from a new hello */
    SESSION_ID_MAX = 32,
    OFFERED_SUITES_MAX = 256,  /* suites of a ClientHello that are reported */
    PSEUDO_TLS_SUITE = 0x0018, /* TLS_DH_anon_WITH_RC4_128_MD5 */
};

/* RFC 8446 4.1.3: this random makes a ServerHello a HelloRetryRequest. */
static const uint8_t hello_retry_random[RANDOM_SIZE] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* Pseudo-TLS of Google relays always answers with this random. */
static const uint8_t google_random[RANDOM_SIZE] = {
    0x42, 0x85, 0x45, 0xa7, 0x27, 0xa9, 0x5d, 0xa0, 0xb3, 0xc5, 0xe7, 0x53, 0xda, 0x48, 0x2b, 0x3f,
    0xc6, 0x5a, 0xca, 0x89, 0xc1, 0x58, 0x52, 0xa1, 0x78, 0x3c, 0x5b, 0x17, 0x46, 0x00, 0x85, 0x3f,
};

struct client_hello {
    uint16_t version;
    struct bytes random, session_id, suites, extensions;
    enum bytes_fault fault;
};

/* RFC 8446 4.1.2: version(2) random(32) session id(1+) [DTLS: cookie(1+)] suites(2+)
 * compression(1+) extensions(2+, may be missing before TLS 1.3). */
static struct client_hello read_client_hello(struct bytes body, bool datagram)
{
    struct client_hello h = { 0 };
    h.version = bytes_u16(&body);
    h.random = bytes_take(&body, RANDOM_SIZE);
    h.session_id = bytes_take(&body, bytes_u8(&body));
    if (datagram) {
        bytes_take(&body, bytes_u8(&body));
    }
    h.suites = bytes_take(&body, bytes_u16(&body));
    bytes_take(&body, bytes_u8(&body));
    if (bytes_sent(&body) > 0) {
        h.extensions = bytes_take(&body, bytes_u16(&body));
    }
    if (bytes_ok(&body) && (bytes_sent(&body) > 0 || bytes_sent(&h.suites) % 2 != 0 ||
                            bytes_sent(&h.session_id) > SESSION_ID_MAX)) {
        bytes_fail(&body, BYTES_MALFORMED);
    }
    h.fault = body.fault;
    return h;
}

static void keep_session_id(struct tls_side *side, struct bytes session_id)
{
    uint32_t size = bytes_left(&session_id);
    if (size <= SESSION_ID_MAX && session_id.cut == 0 &&
        bytes_copy(&session_id, side->session_id, size)) {
        side->session_id_size = (uint8_t)size;
    }
}

/* Only records list them: for the rules it is enough that there was one. */
static void report_suites(const struct segment *seg, struct bytes suites, struct sink *sink)
{
    bool enough = false;
    for (uint32_t i = 0; i < OFFERED_SUITES_MAX && bytes_left(&suites) > 0 && !enough; i++) {
        uint16_t suite = bytes_u16(&suites);
        if (bytes_ok(&suites) && !tls_names_is_grease(suite)) {
            char buffer[TLS_NAME_SIZE];
            observe_text(sink, seg, OBS_TLS_OFFER_CIPHER, tls_names_cipher(suite, buffer), suite);
            enough = sink->terse;
        }
    }
}

static void report_fingerprint(const struct tls_handshake *hs, const struct segment *seg,
                               struct bytes suites, struct bytes extensions, struct sink *sink)
{
    struct tls_ja4_hello hello = {
        .transport = 't', .version = hs->first_version, .suites = suites, .extensions = extensions
    };
    if (hs->datagram) {
        hello.transport = 'd';
    } else if (hs->quic) {
        hello.transport = 'q';
    }
    char text[TLS_JA4_SIZE];
    if (sink_wants(sink, OBS_TLS_JA4) && tls_ja4_write(&hello, text)) {
        observe_text(sink, seg, OBS_TLS_JA4, text, 0);
    }
}

/* [MS-TURN] 2.1.1: exactly one suite, no session id, no extensions. */
static bool imitates(const struct client_hello *h, bool datagram)
{
    struct bytes suites = h->suites;
    return !datagram && bytes_sent(&suites) == 2 && bytes_u16(&suites) == PSEUDO_TLS_SUITE &&
           bytes_sent(&h->extensions) == 0 && bytes_sent(&h->session_id) == 0;
}

static void keep_random(struct tls_side *side, struct bytes random)
{
    side->random_known = random.cut == 0 && bytes_copy(&random, side->random, RANDOM_SIZE);
}

/* One more ClientHello: after HelloRetryRequest or HelloVerifyRequest its random stays. */
static void note_repetition(struct tls_handshake *hs, struct tls_side *side, struct bytes random)
{
    bool same = bytes_starts(&random, side->random, RANDOM_LOOK);
    bool answered = hs->version != 0 && !tls_names_is_13(hs->version);
    hs->repeated |= answered && tls_handshake_has(side, CLIENT_HELLO) && !same;
    keep_random(side, random);
}

enum bytes_fault tls_hello_client(struct tls_handshake *hs, const struct segment *seg,
                                  struct bytes body, struct sink *sink)
{
    struct client_hello h = read_client_hello(body, hs->datagram);
    if (h.fault == BYTES_MALFORMED) {
        return h.fault;
    }
    tls_handshake_roles(hs, seg, true, sink);
    struct tls_side *side = &hs->side[seg->from];
    note_repetition(hs, side, h.random);
    keep_session_id(side, h.session_id);
    if (tls_handshake_has(side, CLIENT_HELLO)) {
        return h.fault; /* after HelloRetryRequest or HelloVerifyRequest: the offer is known */
    }
    hs->first_version = h.version;
    if (h.fault == BYTES_OK && imitates(&h, hs->datagram)) {
        hs->imitation = hs->announced ? IMITATION_NONE : IMITATION_MICROSOFT;
    }
    if (hs->imitation != IMITATION_NONE) {
        return BYTES_OK;
    }
    tls_handshake_announce(hs, seg, sink);
    report_suites(seg, h.suites, sink);
    tls_session_hello(seg, &h.session_id, sink);
    enum bytes_fault fault = tls_extensions_client(hs, seg, h.extensions, sink);
    fault = h.fault != BYTES_OK ? h.fault : fault;
    if (fault == BYTES_OK) {
        report_fingerprint(hs, seg, h.suites, h.extensions, sink);
    }
    return fault;
}

void tls_hello_retry(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    tls_handshake_roles(hs, seg, false, sink);
    tls_handshake_announce(hs, seg, sink);
    if (!hs->hello_retry) {
        observe_value(sink, seg, OBS_TLS_HELLO_RETRY, 1);
    }
    hs->hello_retry = true;
}

struct server_hello {
    uint16_t version, suite;
    uint8_t compression;
    bool retry;  /* it is a HelloRetryRequest */
    bool pseudo; /* it is the constant answer of a Google relay */
    struct bytes random, session_id, extensions;
    enum bytes_fault fault;
};

/* RFC 8446 4.1.3: version(2) random(32) session id(1+) suite(2) compression(1) extensions(2+, may
 * be missing before TLS 1.3). TLS 1.3 drafts before 22 have no session id and no compression. */
static struct server_hello read_server_hello(struct bytes body)
{
    struct server_hello h = { 0 };
    h.version = bytes_u16(&body);
    h.random = bytes_take(&body, RANDOM_SIZE);
    h.retry = bytes_equal(&h.random, hello_retry_random, RANDOM_SIZE);
    h.pseudo = bytes_equal(&h.random, google_random, RANDOM_SIZE);
    bool early_draft = h.version >> 8 == 0x7f;
    if (!early_draft) {
        h.session_id = bytes_take(&body, bytes_u8(&body));
    }
    h.suite = bytes_u16(&body);
    if (!early_draft) {
        h.compression = bytes_u8(&body);
    }
    if (bytes_sent(&body) > 0) {
        h.extensions = bytes_take(&body, bytes_u16(&body));
    }
    if (bytes_ok(&body) && (bytes_sent(&body) > 0 || bytes_sent(&h.session_id) > SESSION_ID_MAX)) {
        bytes_fail(&body, BYTES_MALFORMED);
    }
    h.fault = body.fault;
    return h;
}

void tls_hello_version(struct tls_handshake *hs, const struct segment *seg, uint16_t version,
                       struct sink *sink)
{
    char buffer[TLS_NAME_SIZE];
    hs->version = version;
    observe_text(sink, seg, OBS_TLS_VERSION, tls_names_version(version, buffer), version);
}

/* What only versions before TLS 1.3 say in clear. */
static void report_old(struct tls_handshake *hs, const struct segment *seg,
                       const struct server_hello *h, const struct tls_server_extensions *answer,
                       struct sink *sink)
{
    hs->encrypt_then_mac = answer->encrypt_then_mac;
    hs->compressed = h->compression != 0;
    observe_value(sink, seg, OBS_TLS_EXTENDED_MASTER_SECRET, answer->extended_master_secret);
    observe_value(sink, seg, OBS_TLS_ENCRYPT_THEN_MAC, answer->encrypt_then_mac);
    observe_value(sink, seg, OBS_TLS_SECURE_RENEGOTIATION, answer->secure_renegotiation);
    if (h->compression != 0) {
        char buffer[TLS_NAME_SIZE];
        observe_text(sink, seg, OBS_TLS_COMPRESSION, tls_names_compression(h->compression, buffer),
                     h->compression);
    }
    if (bytes_left(&answer->alpn) > 0 && answer->alpn.cut == 0) {
        tls_extensions_alpn(seg, &answer->alpn, sink);
    }
}

static void report_choice(struct tls_handshake *hs, const struct segment *seg,
                          const struct server_hello *h, const struct tls_server_extensions *answer,
                          struct sink *sink)
{
    char buffer[TLS_NAME_SIZE];
    tls_hello_version(hs, seg, answer->version != 0 ? answer->version : h->version, sink);
    hs->cipher = h->suite;
    observe_text(sink, seg, OBS_TLS_CIPHER, tls_names_cipher(h->suite, buffer), h->suite);
    if (answer->srtp != 0) {
        observe_text(sink, seg, OBS_TLS_USE_SRTP, tls_names_srtp(answer->srtp, buffer),
                     answer->srtp);
    }
    if (answer->heartbeat) {
        tls_handshake_beats(hs, seg, TLS_HEARTBEAT_NEGOTIATED, sink);
    }
    hs->side[seg->from].cid_known = answer->cid;
    hs->side[seg->from].cid_size = answer->cid_size;
    if (answer->cid && hs->side[1 - seg->from].cid_known) {
        observe_value(sink, seg, OBS_TLS_CONNECTION_ID, 1);
    }
    hs->side[seg->from].raw_key = answer->raw_server_key;
    hs->side[1 - seg->from].raw_key = answer->raw_client_key;
    if (!tls_names_is_13(hs->version)) {
        report_old(hs, seg, h, answer, sink);
        tls_session_report(seg, OBS_TLS_SESSION_ISSUED, TLS_SESSION_ID, &h->session_id, sink);
        return;
    }
    hs->psk = answer->psk;
    if (hs->offers_early) { /* what came before this answer is early data, not an end */
        hs->side[1 - seg->from].data_like_finished = 0;
    }
    if (answer->group != 0) {
        observe_text(sink, seg, OBS_TLS_GROUP, tls_names_group(answer->group, buffer),
                     answer->group);
    }
}

/* Could this be the fake ServerHello of [MS-TURN] 2.1.1? No extensions, an anonymous suite, and
 * nothing real was seen before. */
static bool may_imitate(const struct tls_handshake *hs, const struct server_hello *h)
{
    return tls_suites_is_anonymous(h->suite) && bytes_sent(&h->extensions) == 0 && !hs->announced &&
           !hs->datagram && !hs->pseudo;
}

enum bytes_fault tls_hello_server(struct tls_handshake *hs, const struct segment *seg,
                                  struct bytes body, struct sink *sink)
{
    struct server_hello h = read_server_hello(body);
    struct tls_server_extensions answer;
    enum bytes_fault fault = tls_extensions_server(h.extensions, &answer);
    fault = h.fault != BYTES_OK ? h.fault : fault;
    if (fault != BYTES_OK) {
        return fault; /* a missing extension could change the version */
    }
    if (!hs->datagram && tls_handshake_has(&hs->side[seg->from], CLIENT_HELLO)) {
        return BYTES_MALFORMED; /* nobody answers himself */
    }
    tls_handshake_roles(hs, seg, false, sink);
    if (h.retry) {
        tls_hello_retry(hs, seg, sink);
        return BYTES_OK;
    }
    if (hs->version != 0) {
        return BYTES_OK;
    }
    keep_session_id(&hs->side[seg->from], h.session_id);
    keep_random(&hs->side[seg->from], h.random);
    hs->pseudo = h.pseudo && !hs->announced;
    if (may_imitate(hs, &h)) {
        hs->imitation = IMITATION_MICROSOFT; /* until the next message shows a key exchange */
        hs->version = h.version;
        hs->cipher = h.suite;
        return BYTES_OK;
    }
    tls_hello_release(hs, seg, sink);
    if (!hs->pseudo) {
        report_choice(hs, seg, &h, &answer, sink);
    }
    return BYTES_OK;
}

void tls_hello_release(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    bool offered = hs->imitation == IMITATION_MICROSOFT && hs->roles_known &&
                   tls_handshake_has(&hs->side[hs->client], CLIENT_HELLO);
    bool chosen = hs->imitation == IMITATION_MICROSOFT && hs->version != 0;
    hs->imitation = IMITATION_NONE;
    tls_handshake_announce(hs, seg, sink);
    if (hs->pseudo) {
        return;
    }
    char buffer[TLS_NAME_SIZE];
    if (offered) {
        observe_text(sink, seg, OBS_TLS_OFFER_CIPHER, tls_names_cipher(PSEUDO_TLS_SUITE, buffer),
                     PSEUDO_TLS_SUITE);
        observe_text(sink, seg, OBS_TLS_OFFER_VERSION, tls_names_version(hs->first_version, buffer),
                     hs->first_version);
        static const uint8_t suite[] = { PSEUDO_TLS_SUITE >> 8, PSEUDO_TLS_SUITE & 0xff };
        report_fingerprint(hs, seg, bytes_of(suite, sizeof suite, sizeof suite),
                           bytes_of(suite, 0, 0), sink);
    }
    if (chosen) { /* a hello without any extension: what is not there is known */
        struct server_hello plain = { .version = hs->version, .suite = hs->cipher };
        report_choice(hs, seg, &plain, &(struct tls_server_extensions){ 0 }, sink);
    }
}

/* analyzers/tls_sslv2.c: SSL 2.0 (draft-hickman-netscape-ssl-00), RFC 5246 appendix E.2. */
#include "analyzers/tls_sslv2.h"

#include <stdio.h>

#include "analyzers/tls_certificates.h"
#include "analyzers/tls_hello.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_signatures.h"
#include "analyzers/tls_suites.h"

enum { MESSAGE_CLIENT_HELLO = 1, MESSAGE_CLIENT_MASTER_KEY = 2, MESSAGE_SERVER_HELLO = 4 };
enum {
    CHALLENGE_MIN = 16,
    CHALLENGE_MAX = 32,
    CONNECTION_ID_MIN = 16,
    CONNECTION_ID_MAX = 32,
    OFFERED_MAX = 256, /* cipher kinds of a hello that are reported */
};

/* The challenge that the pseudo-TLS of Google relays always sends. */
static const uint8_t google_challenge[16] = { 0x1f, 0x17, 0x0c, 0xa6, 0x2f, 0x00, 0x78, 0xfc,
                                              0x46, 0x55, 0x2e, 0xb1, 0x83, 0x39, 0xf1, 0xea };

/* Header: length(2) with the top bit set, or length(2) padding(1) with the top bit clear. */
static uint32_t read_length(struct bytes *in)
{
    uint16_t word = bytes_u16(in);
    if ((word & 0x8000) != 0) {
        return word & 0x7fff;
    }
    bytes_skip(in, 1);
    return word & 0x3fff;
}

static bool is_version(uint16_t version)
{
    return version == SSL2_VERSION || (version >= SSL3_VERSION && version <= TLS13_VERSION);
}

struct client_hello {
    uint16_t version;
    struct bytes kinds, session_id, challenge;
};

/* After the type: version(2) kinds length(2) session id length(2) challenge length(2), then the
 * three. Only sizes are looked at: the bytes may still be missing. */
static struct client_hello read_client_hello(struct bytes *body)
{
    struct client_hello h = { .version = bytes_u16(body) };
    uint16_t kinds = bytes_u16(body);
    uint16_t session_id = bytes_u16(body);
    uint16_t challenge = bytes_u16(body);
    h.kinds = bytes_take(body, kinds);
    h.session_id = bytes_take(body, session_id);
    h.challenge = bytes_take(body, challenge);
    bool sound = is_version(h.version) && kinds > 0 && kinds % 3 == 0 && session_id <= 32 &&
                 challenge >= CHALLENGE_MIN && challenge <= CHALLENGE_MAX && bytes_sent(body) == 0;
    if (bytes_ok(body) && !sound) {
        bytes_fail(body, BYTES_MALFORMED);
    }
    return h;
}

struct server_hello {
    bool resumed;
    struct bytes certificate, kinds;
};

/* After the type: session id hit(1) certificate type(1) version(2) certificate length(2) kinds
 * length(2) connection id length(2), then the three. */
static struct server_hello read_server_hello(struct bytes *body)
{
    struct server_hello h = { .resumed = bytes_u8(body) != 0 };
    uint8_t type = bytes_u8(body);
    uint16_t version = bytes_u16(body);
    uint16_t certificate = bytes_u16(body);
    uint16_t kinds = bytes_u16(body);
    uint16_t id = bytes_u16(body);
    h.certificate = bytes_take(body, certificate);
    h.kinds = bytes_take(body, kinds);
    bytes_take(body, id);
    bool sound = type <= 1 && version == SSL2_VERSION && kinds % 3 == 0 &&
                 id >= CONNECTION_ID_MIN && id <= CONNECTION_ID_MAX && bytes_sent(body) == 0;
    if (bytes_ok(body) && !sound) {
        bytes_fail(body, BYTES_MALFORMED);
    }
    return h;
}

/* The high byte of the version, when it is there, is 0 or 3. */
static bool has_version(const struct bytes *in, int type)
{
    int high = bytes_peek(in, type == MESSAGE_SERVER_HELLO ? 5 : 3);
    return high < 0 || high == 0 || (high == 3 && type == MESSAGE_CLIENT_HELLO);
}

enum claim tls_sslv2_claim(struct bytes in)
{
    int first = bytes_peek(&in, 0);
    int type = bytes_peek(&in, 2);
    bool known = type < 0 || type == MESSAGE_CLIENT_HELLO || type == MESSAGE_SERVER_HELLO;
    if (first < 0x80 || !known || !has_version(&in, type)) {
        return CLAIM_NO;
    }
    struct bytes body = bytes_take(&in, read_length(&in));
    bytes_skip(&body, 1);
    if (type == MESSAGE_SERVER_HELLO) {
        read_server_hello(&body);
    } else {
        read_client_hello(&body);
    }
    enum bytes_fault fault = bytes_ok(&in) ? body.fault : in.fault;
    return fault == BYTES_OK ? CLAIM_YES : fault == BYTES_CUT ? CLAIM_MORE : CLAIM_NO;
}

/* Kinds whose first byte is 0 are suites of SSL 3.0 and later. */
static void report_kind(const struct segment *seg, enum observation_kind kind, uint32_t code,
                        struct sink *sink)
{
    char buffer[TLS_NAME_SIZE];
    const char *name =
        code <= UINT16_MAX ? tls_names_cipher((uint16_t)code, buffer) : tls_suites_kind_name(code);
    if (name == NULL) {
        snprintf(buffer, sizeof buffer, "0x%06x", (unsigned)code);
        name = buffer;
    }
    observe_text(sink, seg, kind, name, code);
}

/* RFC 5246 E.2: it is the client's random, behind zeros when it is shorter. */
static void keep_challenge(struct tls_side *side, struct bytes challenge)
{
    uint32_t size = bytes_left(&challenge);
    memset(side->random, 0, sizeof side->random);
    side->random_known = bytes_copy(&challenge, side->random + (sizeof side->random - size), size);
}

static enum bytes_fault report_client_hello(struct tls_handshake *hs, const struct segment *seg,
                                            struct bytes body, struct sink *sink)
{
    struct client_hello h = read_client_hello(&body);
    if (!bytes_ok(&body)) {
        return body.fault;
    }
    tls_handshake_roles(hs, seg, true, sink);
    hs->first_version = h.version;
    if (bytes_equal(&h.challenge, google_challenge, sizeof google_challenge) && !hs->announced) {
        hs->imitation = IMITATION_GOOGLE;
        return BYTES_OK;
    }
    tls_handshake_announce(hs, seg, sink);
    keep_challenge(&hs->side[seg->from], h.challenge);
    for (uint32_t i = 0; i < OFFERED_MAX && bytes_left(&h.kinds) > 0; i++) {
        report_kind(seg, OBS_TLS_OFFER_CIPHER, bytes_u24(&h.kinds), sink);
    }
    char buffer[TLS_NAME_SIZE];
    observe_text(sink, seg, OBS_TLS_OFFER_VERSION, tls_names_version(h.version, buffer), h.version);
    return BYTES_OK;
}

static enum bytes_fault report_server_hello(struct tls_handshake *hs, const struct segment *seg,
                                            struct bytes body, struct sink *sink)
{
    struct server_hello h = read_server_hello(&body);
    if (!bytes_ok(&body)) {
        return body.fault;
    }
    tls_handshake_roles(hs, seg, false, sink);
    tls_hello_release(hs, seg, sink);
    tls_hello_version(hs, seg, SSL2_VERSION, sink);
    observe_value(sink, seg, OBS_TLS_RESUMED, h.resumed);
    if (bytes_left(&h.certificate) > 0) {
        hs->side[seg->from].certificates = 1;
        uint8_t *leaf = hs->side[seg->from].leaf;
        (void)tls_certificates_report(seg, h.certificate, false, 0, sink, leaf);
    }
    return BYTES_OK;
}

/* CLIENT-MASTER-KEY is the last message in clear: type(1) kind(3) ... */
static void report_master_key(struct tls_handshake *hs, const struct segment *seg,
                              struct bytes body, struct sink *sink)
{
    uint32_t kind = bytes_u24(&body);
    if (bytes_ok(&body)) {
        report_kind(seg, OBS_TLS_CIPHER, kind, sink);
        hs->side[0].changed_cipher = true;
        hs->side[1].changed_cipher = true;
    }
}

bool tls_sslv2_record(struct tls_handshake *hs, const struct segment *seg, struct bytes *in,
                      struct sink *sink)
{
    struct bytes rest = *in;
    struct bytes body = bytes_take(&rest, read_length(&rest));
    if (!bytes_ok(&rest) || body.cut > 0) {
        return false;
    }
    *in = rest;
    struct tls_side *side = &hs->side[seg->from];
    side->seen = true;
    if (side->changed_cipher) {
        tls_handshake_protected(hs, seg->from, CONTENT_DATA, bytes_sent(&body));
        return true;
    }
    enum bytes_fault fault = BYTES_OK;
    struct bytes message = body;
    uint8_t type = bytes_u8(&body);
    if (type == MESSAGE_CLIENT_HELLO) {
        fault = report_client_hello(hs, seg, body, sink);
        side->messages |= 1u << CLIENT_HELLO;
        tls_signatures_old_hello(hs, seg->from, message, sink);
    } else if (type == MESSAGE_SERVER_HELLO) {
        fault = report_server_hello(hs, seg, body, sink);
        side->messages |= 1u << SERVER_HELLO;
    } else if (type == MESSAGE_CLIENT_MASTER_KEY && hs->version == SSL2_VERSION) {
        report_master_key(hs, seg, body, sink);
    }
    if (fault != BYTES_OK) {
        tls_handshake_lost(hs, seg, fault, sink);
    }
    return true;
}

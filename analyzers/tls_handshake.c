/* analyzers/tls_handshake.c: one handshake message or alert into the state of its flow. */
#include "analyzers/tls_handshake.h"

#include "analyzers/tls_certificates.h"
#include "analyzers/tls_hello.h"
#include "analyzers/tls_hidden.h"
#include "analyzers/tls_key_exchange.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_outcome.h"
#include "analyzers/tls_session.h"
#include "analyzers/tls_signatures.h"
#include "analyzers/tls_status.h"

enum { ALERT_WARNING = 1, ALERT_FATAL = 2, ALERT_NO_CERTIFICATE = 41 };
enum { TYPE_MAX = 25 }; /* CompressedCertificate; RFC 8446 4, RFC 8879 */

static void report_client(const struct tls_handshake *hs, const struct segment *seg,
                          struct sink *sink)
{
    struct observation obs = observation_of(seg, OBS_CLIENT);
    obs.text = "hello";
    obs.text_size = (uint32_t)strlen(obs.text);
    obs.value = hs->client;
    sink->put(sink, &obs);
}

void tls_handshake_announce(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    if (hs->announced || hs->imitation != IMITATION_NONE) {
        return;
    }
    hs->announced = true;
    observe_text(sink, seg, OBS_APP, hs->pseudo ? "pseudo_tls" : tls_handshake_name(hs), 0);
    if (hs->roles_known) {
        report_client(hs, seg, sink);
    }
}

void tls_handshake_roles(struct tls_handshake *hs, const struct segment *seg, bool from_client,
                         struct sink *sink)
{
    bool both_said_hello =
        hs->datagram && !from_client && hs->client == seg->from && hs->version == 0;
    if (hs->roles_known && !both_said_hello) {
        return;
    }
    hs->roles_known = true;
    hs->client = from_client ? seg->from : (uint8_t)(1 - seg->from);
    if (hs->announced) {
        report_client(hs, seg, sink);
    }
}

static void report_fault(const struct tls_handshake *hs, const struct segment *seg,
                         enum bytes_fault fault, struct sink *sink)
{
    enum observation_kind kind = fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED;
    observe_text(sink, seg, kind, tls_handshake_name(hs), 0);
}

void tls_handshake_lost(struct tls_handshake *hs, const struct segment *seg, enum bytes_fault fault,
                        struct sink *sink)
{
    struct tls_side *side = &hs->side[seg->from];
    side->missing |= fault == BYTES_CUT;
    if (!side->lost) {
        side->lost = true;
        report_fault(hs, seg, fault, sink);
    }
}

/* Messages that only one role sends: they tell the roles in captures that begin after the hellos.
 * false: the other role sent it. */
static bool learn_roles(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                        struct sink *sink)
{
    bool server = type == SERVER_KEY_EXCHANGE || type == CERTIFICATE_REQUEST ||
                  type == SERVER_HELLO_DONE || type == HELLO_VERIFY_REQUEST ||
                  type == CERTIFICATE_STATUS;
    bool client = type == CLIENT_KEY_EXCHANGE || type == CERTIFICATE_VERIFY;
    if (server || client) {
        tls_handshake_roles(hs, seg, client, sink);
    }
    return (!server && !client) || (hs->client == seg->from) == client;
}

/* Everything but hellos; before TLS 1.3, which has no other message in clear. */
static enum bytes_fault read_later(struct tls_handshake *hs, const struct segment *seg,
                                   uint8_t type, struct bytes body, struct sink *sink)
{
    if (!learn_roles(hs, seg, type, sink)) {
        return BYTES_MALFORMED;
    }
    switch (type) {
    case CERTIFICATE:
        return tls_certificates_message(hs, seg, body, sink);
    case SERVER_KEY_EXCHANGE:
        return tls_key_exchange_server(hs, seg, body, sink);
    case NEW_SESSION_TICKET:
        return tls_session_ticket(seg, body, sink);
    case CERTIFICATE_STATUS:
        return tls_status_message(hs, seg, body, sink);
    case CERTIFICATE_REQUEST:
        return tls_certificates_request(hs, seg, body, sink);
    case SERVER_HELLO_DONE:
        return bytes_finish(&body);
    default:
        return BYTES_OK;
    }
}

/* The message after a doubtful hello tells: without a key exchange it was pseudo-TLS. */
static void resolve_imitation(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                              struct sink *sink)
{
    if (hs->imitation != IMITATION_NONE) {
        hs->pseudo = type == SERVER_HELLO_DONE && hs->version != 0;
        tls_hello_release(hs, seg, sink);
    }
}

static bool is_hello(const struct tls_handshake *hs, uint8_t type)
{
    return type == CLIENT_HELLO || type == SERVER_HELLO ||
           (type == HELLO_RETRY_REQUEST && !hs->datagram);
}

/* Renegotiation that can be read (RFC 5246 7.4.1.1): what it brings takes the place of what the
 * handshake before it brought. */
static void renew(struct tls_handshake *hs, struct sink *sink)
{
    for (unsigned i = 0; i < 2; i++) {
        struct tls_side *side = &hs->side[i];
        struct tls_side fresh = { .data_records = side->data_records,
                                  .data_like_finished = side->data_like_finished,
                                  .seen = side->seen,
                                  .lost = side->lost,
                                  .missing = side->missing };
        *side = fresh;
    }
    hs->version = 0;
    hs->repeated = false;
    hs->issuer_known = false;
    hs->server_signature = hs->client_signature = 0;
    tls_signatures_renew(hs, sink);
    tls_outcome_renew(hs);
}

void tls_handshake_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                           struct bytes body, struct sink *sink)
{
    struct tls_side *side = &hs->side[seg->from];
    enum bytes_fault fault = BYTES_OK;
    if (type > TYPE_MAX) {
        tls_handshake_lost(hs, seg, BYTES_MALFORMED, sink);
        return;
    }
    if (hs->opening && tls_names_is_13(hs->version)) {
        fault = tls_hidden_message(hs, seg, type, body, sink);
        if (fault != BYTES_OK) {
            tls_handshake_lost(hs, seg, fault, sink);
            tls_open_stop(hs, seg, "malformed", sink);
        }
        return;
    }
    if (hs->opening && type == FINISHED) {
        return;
    }
    if (hs->opening && type == CLIENT_HELLO) {
        renew(hs, sink);
    }
    if (type == CLIENT_HELLO) {
        fault = tls_hello_client(hs, seg, body, sink);
    } else if (type == SERVER_HELLO) {
        fault = tls_hello_server(hs, seg, body, sink);
    } else if (is_hello(hs, type)) {
        tls_hello_retry(hs, seg, sink);
    } else if (!tls_names_is_13(hs->version) && !tls_handshake_has(side, type)) {
        resolve_imitation(hs, seg, type, sink);
        if (!hs->pseudo) {
            fault = read_later(hs, seg, type, body, sink);
        }
    }
    tls_handshake_announce(hs, seg, sink);
    if (fault != BYTES_OK) {
        report_fault(hs, seg, fault, sink);
    }
    if (fault != BYTES_MALFORMED) {
        side->messages |= 1u << type;
    } else {
        side->lost = true;
    }
    if (is_hello(hs, type) && !hs->opening) {
        tls_open_hello(hs, seg, type, body, sink);
    }
    tls_signatures_message(hs, seg, type, body, sink);
}

/* RFC 5246 7.2.2: alerts about the certificate of who hears them, or about having shown none. */
static bool is_refusal(uint8_t code)
{
    static const uint8_t codes[] = { 40, 42, 43, 44, 45, 46, 48, 49, 51, 111, 113, 114, 116 };
    return memchr(codes, code, sizeof codes) != NULL;
}

static void report_alert(struct tls_handshake *hs, const struct segment *seg, uint8_t level,
                         uint8_t code, struct sink *sink)
{
    if (hs->alerts == TLS_ALERTS_MAX || !hs->announced) {
        return;
    }
    char buffer[TLS_NAME_SIZE];
    const char *texts[] = {
        [0] = level == ALERT_FATAL ? "fatal" : "warning",
        [1] = tls_names_alert(code, buffer),
    };
    struct observation obs = observation_of(seg, OBS_TLS_ALERT_FROM);
    obs.index = hs->alerts++;
    obs.value = seg->from;
    sink->put(sink, &obs);
    obs.kind = OBS_TLS_ALERT_PACKET;
    obs.value = seg->packet;
    sink->put(sink, &obs);
    for (unsigned i = 0; i < 2; i++) {
        obs.kind = i == 0 ? OBS_TLS_ALERT_LEVEL : OBS_TLS_ALERT_NAME;
        obs.value = i == 0 ? level : code;
        obs.text = texts[i];
        obs.text_size = (uint32_t)strlen(texts[i]);
        sink->put(sink, &obs);
    }
}

void tls_handshake_alert(struct tls_handshake *hs, const struct segment *seg, uint8_t level,
                         uint8_t code, struct sink *sink)
{
    struct tls_side *side = &hs->side[seg->from];
    side->fatal |= level == ALERT_FATAL;
    side->refused |= level == ALERT_FATAL && is_refusal(code);
    side->no_certificate |= code == ALERT_NO_CERTIFICATE;
    report_alert(hs, seg, level, code, sink);
}

/* After the handshake an alert ends the connection and unsays nothing; in one of TLS 1.3 it may be
 * the answer to the client's certificate. */
void tls_handshake_hidden_alert(struct tls_handshake *hs, const struct segment *seg,
                                struct bytes body, struct sink *sink)
{
    uint8_t level = bytes_u8(&body);
    uint8_t code = bytes_u8(&body);
    if (bytes_finish(&body) == BYTES_OK) {
        hs->side[seg->from].refused |= tls_names_is_13(hs->version) && is_refusal(code);
        report_alert(hs, seg, level, code, sink);
    }
}

void tls_handshake_hidden_data(struct tls_handshake *hs, uint8_t from)
{
    hs->went_on |= from != hs->client && tls_handshake_hid(&hs->side[hs->client], FINISHED);
}

void tls_handshake_change(struct tls_handshake *hs, uint8_t from)
{
    struct tls_side *side = &hs->side[from];
    bool old = hs->version != 0 && !tls_names_is_13(hs->version); /* in TLS 1.3 it means nothing */
    side->changed_again |= old && side->changed_cipher && !hs->datagram; /* datagrams repeat */
    side->changed_cipher = true;
}

void tls_handshake_beats(struct tls_handshake *hs, const struct segment *seg,
                         enum tls_heartbeat word, struct sink *sink)
{
    static const char *const words[] = { [TLS_HEARTBEAT_NEGOTIATED] = "negotiated",
                                         [TLS_HEARTBEAT_USED] = "used",
                                         [TLS_HEARTBEAT_OVERLONG] = "overlong" };
    if (word > hs->heartbeat) {
        hs->heartbeat = (uint8_t)word;
        observe_text(sink, seg, OBS_TLS_HEARTBEAT, words[word], 0);
    }
}

/* RFC 6520 4: type(1) length(2) payload padding(16+). */
void tls_handshake_heartbeat(struct tls_handshake *hs, const struct segment *seg, struct bytes body,
                             struct sink *sink)
{
    bytes_skip(&body, 1);
    uint16_t length = bytes_u16(&body);
    bool overlong = bytes_ok(&body) && length > bytes_sent(&body);
    tls_handshake_announce(hs, seg, sink);
    tls_handshake_beats(hs, seg, overlong ? TLS_HEARTBEAT_OVERLONG : TLS_HEARTBEAT_USED, sink);
}

void tls_handshake_protected(struct tls_handshake *hs, uint8_t from, uint8_t content, uint32_t size)
{
    struct tls_side *side = &hs->side[from];
    bool keyed = side->changed_cipher || hs->datagram || (side->missing && content == CONTENT_DATA);
    side->under_keys += keyed && content != CONTENT_ALERT;
    side->handshakes_under_keys += keyed && content == CONTENT_HANDSHAKE;
    side->data_records += content == CONTENT_DATA;
    side->data_like_finished += content == CONTENT_DATA && size >= TLS_FINISHED_MIN;
    if (content != CONTENT_DATA || hs->datagram) {
        return;
    }
    if (tls_names_is_13(hs->version)) {
        tls_flight_record(&hs->flight, hs->cipher, from == hs->client, size);
    }
    hs->flight.early |= hs->version == 0;
}

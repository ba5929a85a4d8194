/* analyzers/tls_outcome.c: conclusions from what both sides have shown (RFC 5246 7.3, RFC 8446 2).
 *
 * A conclusion from absence ("did not ask") is drawn only where that side lost nothing. */
#include "analyzers/tls_outcome.h"

#include "analyzers/crypto/signatures.h"
#include "analyzers/tls_extensions.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_suites.h"

/* Bits of tls_handshake.reported. */
enum {
    REPORTED_RESUMED = 1 << 0,
    REPORTED_REQUESTED = 1 << 1,
    REPORTED_CLIENT_CERTIFICATE = 1 << 2,
    REPORTED_MTLS = 1 << 3,
    REPORTED_ESTABLISHED = 1 << 4,
    REPORTED_CARRIES = 1 << 5,
    REPORTED_RENEGOTIATED = 1 << 6,
    REPORTED_DISPROVEN = 1 << 7, /* as long as no renegotiation may have brought a certificate */
    REPORTED_REPEATED = 1 << 8,
};

enum { RECORDS_ENOUGH = 64 }; /* records under keys after which nothing new is expected */

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

struct parties {
    const struct tls_side *client, *server;
};

static struct parties parties_of(const struct tls_handshake *hs)
{
    return (struct parties){ &hs->side[hs->client], &hs->side[1 - hs->client] };
}

/* The first report of a conclusion? */
static bool first_report(struct tls_handshake *hs, uint32_t bit)
{
    bool first = (hs->reported & bit) == 0;
    hs->reported |= bit;
    return first;
}

static bool is_old(const struct tls_handshake *hs)
{
    return hs->version != 0 && !tls_names_is_13(hs->version) && hs->version != SSL2_VERSION;
}

/* Has the server shown a message that only a full handshake has? */
static bool is_full(const struct tls_side *server)
{
    return tls_handshake_has(server, CERTIFICATE) ||
           tls_handshake_has(server, SERVER_KEY_EXCHANGE) ||
           tls_handshake_has(server, SERVER_HELLO_DONE);
}

static bool same_session(const struct parties *p)
{
    return p->client->session_id_size > 0 &&
           p->client->session_id_size == p->server->session_id_size &&
           memcmp(p->client->session_id, p->server->session_id, p->client->session_id_size) == 0;
}

static enum answer is_resumed(const struct tls_handshake *hs, const struct parties *p, bool end)
{
    if (hs->version == 0 || hs->version == SSL2_VERSION) {
        return ANSWER_UNKNOWN;
    }
    if (!is_old(hs)) {
        return hs->psk ? ANSWER_YES : ANSWER_NO;
    }
    if (is_full(p->server)) {
        return ANSWER_NO;
    }
    /* A datagram may be missing without a trace: then only the same session id is evidence. */
    bool changed =
        hs->datagram ? p->server->under_keys > 0 && same_session(p) : p->server->changed_cipher;
    if ((changed && !p->server->lost && !p->server->waiting) || (end && same_session(p))) {
        return ANSWER_YES;
    }
    return ANSWER_UNKNOWN;
}

bool tls_outcome_is_resumed(const struct tls_handshake *hs)
{
    struct parties p = parties_of(hs);
    return is_resumed(hs, &p, false) == ANSWER_YES;
}

static void update_resumed(struct tls_handshake *hs, const struct segment *seg, bool end,
                           struct sink *sink)
{
    struct parties p = parties_of(hs);
    enum answer resumed = is_resumed(hs, &p, end);
    if (resumed == ANSWER_UNKNOWN || !first_report(hs, REPORTED_RESUMED)) {
        return;
    }
    observe_value(sink, seg, OBS_TLS_RESUMED, resumed == ANSWER_YES);
    if (resumed == ANSWER_YES) {
        const char *how = is_old(hs) ? hs->offers_ticket ? "ticket" : "session_id" : "psk";
        observe_text(sink, seg, OBS_TLS_RESUMPTION, how, 0);
    }
}

/* TLS 1.3, opened up to the end of the server's flight? */
static bool is_opened(const struct tls_handshake *hs)
{
    return tls_names_is_13(hs->version) && tls_handshake_hid(&hs->side[1 - hs->client], FINISHED);
}

static enum answer is_requested(const struct tls_handshake *hs, const struct tls_side *server)
{
    if (is_opened(hs)) {
        return tls_handshake_hid(server, CERTIFICATE_REQUEST) ? ANSWER_YES : ANSWER_NO;
    }
    if (!is_old(hs)) {
        return ANSWER_UNKNOWN;
    }
    if (tls_handshake_has(server, CERTIFICATE_REQUEST)) {
        return ANSWER_YES;
    }
    bool complete = tls_handshake_has(server, SERVER_HELLO_DONE) && !server->lost;
    return complete ? ANSWER_NO : ANSWER_UNKNOWN;
}

/* The same of TLS 1.3: as long as its records are opened, they tell. */
static const char *hidden_certificate(const struct tls_handshake *hs, const struct parties *p,
                                      bool end)
{
    if (is_opened(hs) && is_requested(hs, p->server) == ANSWER_NO) {
        return "none";
    }
    if (is_opened(hs) && tls_handshake_hid(p->client, CERTIFICATE)) {
        return p->client->certificates > 0 ? "presented" : "empty";
    }
    uint8_t from = is_opened(hs) ? hs->client : (uint8_t)(1 - hs->client);
    return !end && tls_open_may(hs, from) ? NULL : "hidden";
}

/* presented, empty, none, hidden; NULL = not known yet. */
static const char *client_certificate(const struct tls_handshake *hs, const struct parties *p,
                                      bool end)
{
    if (tls_names_is_13(hs->version)) {
        return hidden_certificate(hs, p, end);
    }
    if (tls_handshake_has(p->client, CERTIFICATE)) {
        return p->client->certificates > 0 ? "presented" : "empty";
    }
    if (p->client->no_certificate) {
        return "empty";
    }
    bool none = is_requested(hs, p->server) == ANSWER_NO ||
                (is_old(hs) && is_resumed(hs, p, end) == ANSWER_YES);
    return none ? "none" : NULL;
}

static void update_client_certificate(struct tls_handshake *hs, const struct segment *seg, bool end,
                                      struct sink *sink)
{
    struct parties p = parties_of(hs);
    enum answer requested = is_requested(hs, p.server);
    if (hs->asked_again) {
        hs->asked_again = false;
        hs->reported &= ~(uint32_t)(REPORTED_REQUESTED | REPORTED_CLIENT_CERTIFICATE);
    }
    if (requested != ANSWER_UNKNOWN && first_report(hs, REPORTED_REQUESTED)) {
        observe_value(sink, seg, OBS_TLS_CERTIFICATE_REQUESTED, requested == ANSWER_YES);
    }
    const char *text = client_certificate(hs, &p, end);
    if (text != NULL && first_report(hs, REPORTED_CLIENT_CERTIFICATE)) {
        observe_text(sink, seg, OBS_TLS_CLIENT_CERTIFICATE, text, 0);
    }
}

struct mtls {
    const char *state; /* NULL = not known yet */
    const char *reason;
};

/* Domain facts D.1: records under keys from both sides. Nothing comes of a handshake that ended
 * with a fatal alert; DTLS does not believe alerts in clear (RFC 6347 4.1.2.7). */
static bool is_established(const struct tls_handshake *hs)
{
    const struct tls_side *a = &hs->side[0];
    const struct tls_side *b = &hs->side[1];
    bool old = is_old(hs) || hs->version == SSL2_VERSION;
    if (hs->version == 0 || ((a->fatal || b->fatal) && !(old && hs->datagram))) {
        return false;
    }
    return old ? a->under_keys > 0 && b->under_keys > 0
               : a->data_like_finished > 0 && b->data_like_finished > 0;
}

/* Why nothing can be said at the end. */
static struct mtls why_unknown(const struct tls_handshake *hs)
{
    const struct tls_side *a = &hs->side[0];
    const struct tls_side *b = &hs->side[1];
    uint32_t hellos = 1u << CLIENT_HELLO | 1u << SERVER_HELLO;
    if (((a->messages | b->messages) & hellos) == 0) {
        return (struct mtls){ "unknown", "no-start" };
    }
    bool finished = is_old(hs) && is_established(hs); /* datagrams get lost unseen */
    if (a->lost || b->lost || finished) {
        return (struct mtls){ "unknown", "missing-bytes" };
    }
    if (!a->seen || !b->seen) {
        return (struct mtls){ "unknown", "one-direction" };
    }
    return (struct mtls){ "unknown", "unfinished" };
}

/* Was all read that the client says in clear, up to the messages that may lack a certificate?
 * Datagrams of one flight may change places: only the answer shows that it is over. Which of them
 * were lost is known up to the newest message, and ClientKeyExchange follows Certificate. */
static bool is_flight_read(const struct tls_handshake *hs, const struct parties *p)
{
    const struct tls_side *client = p->client;
    bool over = client->under_keys > 0 && !client->lost && tls_handshake_has(client, CLIENT_HELLO);
    return over && (!hs->datagram ||
                    (p->server->under_keys > 0 && tls_handshake_has(client, CLIENT_KEY_EXCHANGE)));
}

/* The server asked for a certificate, got one and went on: proof is what verifies. Where that could
 * not be tried, the server's going on speaks for it. */
static struct mtls judge_signatures(const struct tls_handshake *hs)
{
    if (hs->client_signature == SIGNATURE_INVALID) {
        return (struct mtls){ "disproven", "signature-invalid" };
    }
    if (hs->server_signature == SIGNATURE_INVALID) {
        return (struct mtls){ "disproven", "server-signature-invalid" };
    }
    if (hs->client_signature == SIGNATURE_VALID) {
        return (struct mtls){ "proven", "certificate-verify" };
    }
    return hs->client_signature == SIGNATURE_UNCHECKED
               ? (struct mtls){ "inferred", "signature-unchecked" }
               : (struct mtls){ NULL, NULL };
}

/* The server asked: what came of it. */
static struct mtls judge_request(const struct tls_handshake *hs, const struct parties *p, bool end)
{
    const struct tls_side *client = p->client;
    bool finished = is_flight_read(hs, p);
    if (client->no_certificate ||
        (tls_handshake_has(client, CERTIFICATE) && client->certificates == 0)) {
        return (struct mtls){ "disproven", "empty" };
    }
    if (!tls_handshake_has(client, CERTIFICATE)) {
        return (struct mtls){ finished ? "disproven" : NULL, "empty" };
    }
    if (p->server->fatal && p->server->under_keys == 0) { /* of DTLS: anybody may have sent it */
        bool sure = p->server->refused && (end || !hs->datagram);
        return (struct mtls){ sure ? "disproven" : NULL, "refused" };
    }
    if (!tls_handshake_has(client, CERTIFICATE_VERIFY)) { /* of DTLS: no later message tells */
        return (struct mtls){ finished && !hs->datagram ? "disproven" : NULL, "no-verify" };
    }
    if (p->server->under_keys > 0 && (hs->datagram || !p->server->fatal)) {
        return client->raw_key ? (struct mtls){ "unknown", "raw-public-key" }
                               : judge_signatures(hs);
    }
    return (struct mtls){ NULL, NULL };
}

/* TLS 1.3: what the sizes of the client's records tell. Only of a connection read from its start,
 * without a hole: what early data or a later certificate may hide is not guessed at. */
static struct mtls judge_flight(const struct tls_handshake *hs, bool end)
{
    static const struct mtls words[] = {
        [TLS_FLIGHT_UNCLEAR] = { "unknown", "encrypted-handshake" },
        [TLS_FLIGHT_NONE] = { "disproven", "not-requested" },
        [TLS_FLIGHT_EMPTY] = { "disproven", "empty" },
        [TLS_FLIGHT_SHOWN] = { "inferred", "record-sizes" },
        [TLS_FLIGHT_REFUSED] = { "disproven", "refused" },
    };
    if (hs->quic) { /* packets are padded; no session of TLS on TCP is its parent */
        return words[TLS_FLIGHT_UNCLEAR];
    }
    if (hs->psk) {
        return (struct mtls){ "unknown", "resumed" };
    }
    if (hs->side[0].lost || hs->side[1].lost || !hs->roles_known) {
        return why_unknown(hs);
    }
    bool offer_seen = tls_handshake_has(&hs->side[hs->client], CLIENT_HELLO);
    if (!offer_seen || (hs->offers_early && !hs->datagram)) {
        return words[TLS_FLIGHT_UNCLEAR];
    }
    enum tls_flight_word word = hs->datagram
                                    ? tls_flight_judge_datagrams(&hs->flight, hs->cipher, end)
                                    : tls_flight_judge(&hs->flight, hs->cipher, end);
    if (word == TLS_FLIGHT_OPEN) {
        return end ? why_unknown(hs) : (struct mtls){ NULL, NULL };
    }
    if (hs->offers_later && (word == TLS_FLIGHT_NONE || word == TLS_FLIGHT_EMPTY)) {
        return (struct mtls){ "unknown", "later" };
    }
    if (hs->offers_raw_key && (word == TLS_FLIGHT_SHOWN || word == TLS_FLIGHT_REFUSED)) {
        return (struct mtls){ "unknown", "raw-public-key-offered" };
    }
    return words[word];
}

/* TLS 1.3, opened: RFC 8446 4.4.2.4. A refusal comes after the client's flight (4.4.2, 6.2). */
static struct mtls judge_opened(const struct tls_handshake *hs, const struct parties *p)
{
    const struct tls_side *client = p->client;
    bool shown = tls_handshake_hid(client, CERTIFICATE) && client->certificates > 0;
    if (!tls_handshake_hid(p->server, CERTIFICATE_REQUEST)) {
        return (struct mtls){ "disproven", "not-requested" };
    }
    if (tls_handshake_hid(client, CERTIFICATE) && !shown) {
        return (struct mtls){ "disproven", "empty" };
    }
    if (shown && p->server->refused) {
        return (struct mtls){ "disproven", "refused" };
    }
    if (!shown || !tls_handshake_hid(client, FINISHED)) {
        return (struct mtls){ NULL, NULL }; /* or compressed, RFC 8879 */
    }
    if (!tls_handshake_hid(client, CERTIFICATE_VERIFY)) {
        return (struct mtls){ "disproven", "no-verify" };
    }
    if (!hs->went_on) {
        return (struct mtls){ NULL, NULL };
    }
    return client->raw_key ? (struct mtls){ "unknown", "raw-public-key" } : judge_signatures(hs);
}

/* TLS 1.3: what was opened, else what sizes tell. */
static struct mtls judge_13(const struct tls_handshake *hs, const struct parties *p, bool end)
{
    struct mtls mtls = { NULL, NULL };
    bool opened = is_opened(hs) && !hs->psk;
    if (opened) {
        mtls = judge_opened(hs, p);
    }
    uint8_t from = opened ? hs->client : (uint8_t)(1 - hs->client);
    bool waits = !end && tls_open_may(hs, from) && !hs->psk;
    return mtls.state != NULL || waits ? mtls : judge_flight(hs, end);
}

static struct mtls judge_mtls(const struct tls_handshake *hs, bool end)
{
    struct parties p = parties_of(hs);
    struct mtls mtls = { NULL, NULL };
    if (tls_names_is_13(hs->version)) {
        return judge_13(hs, &p, end);
    }
    if (is_old(hs) && tls_suites_is_anonymous(hs->cipher)) {
        return (struct mtls){ "disproven", "anonymous" };
    }
    if (is_old(hs) && tls_suites_is_psk(hs->cipher)) {
        return (struct mtls){ "disproven", "psk" };
    }
    if (is_old(hs) && is_resumed(hs, &p, end) == ANSWER_YES) {
        return (struct mtls){ "unknown", "resumed" };
    }
    enum answer requested = is_requested(hs, p.server);
    if (requested == ANSWER_NO) {
        return (struct mtls){ "disproven", "not-requested" };
    }
    if (requested == ANSWER_YES) {
        mtls = judge_request(hs, &p, end);
    }
    return mtls.state == NULL && end ? why_unknown(hs) : mtls;
}

static void report_mtls(const struct tls_handshake *hs, const struct segment *seg,
                        const struct mtls *mtls, struct sink *sink)
{
    observe_text(sink, seg, OBS_TLS_MTLS_STATE, mtls->state, 0);
    observe_text(sink, seg, OBS_TLS_MTLS_REASON, mtls->reason, 0);
    if (tls_names_is_13(hs->version) && strcmp(mtls->state, "unknown") != 0 && !is_opened(hs)) {
        char buffer[TLS_FLIGHT_TEXT_SIZE];
        observe_text(sink, seg, OBS_TLS_MTLS_RECORDS,
                     tls_flight_text(&hs->flight, hs->cipher, buffer), 0);
    }
}

/* Did this side take part in a second handshake under keys, or might what was lost of it have? */
static bool may_renegotiate(const struct tls_side *side)
{
    return side->handshakes_under_keys > 1 || side->lost;
}

/* Does a second handshake make a conclusion from the first one void? Under the keys of the first it
 * may have brought the certificate that was missing; in clear, what was seen may belong to either.
 * It takes both sides, so one that was captured whole and shows none rules it out. */
static bool is_void(const struct tls_handshake *hs, const struct parties *p, bool disproven)
{
    bool under_keys = may_renegotiate(p->client) && may_renegotiate(p->server);
    return hs->repeated || (disproven && is_old(hs) && !hs->datagram && under_keys);
}

static void update_mtls(struct tls_handshake *hs, const struct segment *seg, bool end,
                        struct sink *sink)
{
    struct parties p = parties_of(hs);
    struct mtls mtls = judge_mtls(hs, end);
    bool disproven = mtls.state != NULL && strcmp(mtls.state, "disproven") == 0;
    bool was = (hs->reported & REPORTED_DISPROVEN) != 0; /* what got lost later unsays nothing */
    if (is_opened(hs)) { /* a later request, or a refusal, changes it */
        bool news = mtls.state != NULL &&
                    (hs->mtls_reason == NULL || strcmp(hs->mtls_reason, mtls.reason) != 0);
        if (news) {
            report_mtls(hs, seg, &mtls, sink);
            hs->mtls_reason = mtls.reason;
            hs->reported |= REPORTED_MTLS;
        }
        return;
    }
    if (mtls.state == NULL && !was) {
        return;
    }
    if (is_void(hs, &p, disproven || was)) {
        if (first_report(hs, REPORTED_RENEGOTIATED)) {
            report_mtls(hs, seg, &(struct mtls){ "unknown", "renegotiated" }, sink);
        }
        hs->reported |= REPORTED_MTLS;
    } else if (mtls.state != NULL && first_report(hs, REPORTED_MTLS)) {
        report_mtls(hs, seg, &mtls, sink);
        hs->reported |= disproven ? REPORTED_DISPROVEN : 0;
    }
}

/* A second handshake: begun in clear, or gone through by both under the keys of the first. */
static void update_renegotiated(struct tls_handshake *hs, const struct segment *seg,
                                struct sink *sink)
{
    bool again = hs->side[0].changed_again && hs->side[1].changed_again;
    if ((hs->repeated || again) && first_report(hs, REPORTED_REPEATED)) {
        observe_value(sink, seg, OBS_TLS_RENEGOTIATED, 1);
    }
}

static void update_established(struct tls_handshake *hs, const struct segment *seg, bool end,
                               struct sink *sink)
{
    struct parties p = parties_of(hs);
    bool established = is_established(hs);
    bool whole = hs->roles_known && tls_handshake_has(p.client, CLIENT_HELLO) && p.server->seen &&
                 !p.client->lost && !p.server->lost;
    if ((established || (end && whole)) && first_report(hs, REPORTED_ESTABLISHED)) {
        observe_value(sink, seg, OBS_TLS_ESTABLISHED, established);
    }
}

void tls_outcome_update(struct tls_handshake *hs, const struct segment *seg, bool end,
                        struct sink *sink)
{
    if (hs->pseudo || !hs->announced) {
        return;
    }
    if (hs->roles_known) {
        update_resumed(hs, seg, end, sink);
        update_client_certificate(hs, seg, end, sink);
    }
    update_mtls(hs, seg, end, sink);
    update_established(hs, seg, end, sink);
    update_renegotiated(hs, seg, sink);
    if (tls_names_is_13(hs->version) && hs->roles_known && first_report(hs, REPORTED_CARRIES)) {
        tls_extensions_carries(hs, seg, sink);
    }
}

void tls_outcome_renew(struct tls_handshake *hs)
{
    hs->renewed = true;
    hs->reported &= ~(uint32_t)(REPORTED_REQUESTED | REPORTED_CLIENT_CERTIFICATE | REPORTED_MTLS |
                                REPORTED_RENEGOTIATED | REPORTED_DISPROVEN);
}

bool tls_outcome_settled(const struct tls_handshake *hs)
{
    if (hs->pseudo) {
        return true;
    }
    const struct tls_side *a = &hs->side[0];
    const struct tls_side *b = &hs->side[1];
    bool both = a->data_records > 0 && b->data_records > 0;
    uint32_t most = a->under_keys + a->data_records > b->under_keys + b->data_records
                        ? a->under_keys + a->data_records
                        : b->under_keys + b->data_records;
    if (tls_names_is_13(hs->version)) {
        uint32_t all = REPORTED_ESTABLISHED | REPORTED_MTLS;
        return (hs->reported & all) == all || most >= RECORDS_ENOUGH;
    }
    bool over = is_established(hs) || hs->version == 0;
    if (hs->renewed && (hs->reported & REPORTED_MTLS) == 0) {
        over = false;
    }
    return (both && over) || most >= RECORDS_ENOUGH;
}

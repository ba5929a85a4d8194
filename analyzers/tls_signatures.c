/* analyzers/tls_signatures.c: what was signed, by whom, and whether it verifies (RFC 5246 7.4.3,
 * 7.4.8; RFC 6347 4.2.6). */
#include "analyzers/tls_signatures.h"

#include "analyzers/crypto/signatures.h"
#include "analyzers/crypto/verified.h"
#include "analyzers/flow_record.h"
#include "analyzers/tls_names.h"

enum { VERIFY_MAX = 2048 }; /* bytes of a CertificateVerify: RSA of 16384 bits */

/* Where the result of one of the two signatures goes. */
struct outlet {
    enum observation_kind result, reason;
    bool client;
};

static const struct outlet server_outlet = { OBS_TLS_KEY_EXCHANGE_SIGNATURE,
                                             OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON, false };
static const struct outlet client_outlet = { OBS_TLS_CERTIFICATE_VERIFY,
                                             OBS_TLS_CERTIFICATE_VERIFY_REASON, true };

static void decide(struct tls_handshake *hs, const struct segment *seg, const struct outlet *to,
                   enum signature_result result, const char *reason, struct sink *sink)
{
    static const char *const words[] = { [SIGNATURE_VALID] = "valid",
                                         [SIGNATURE_INVALID] = "invalid",
                                         [SIGNATURE_UNCHECKED] = "unchecked" };
    uint8_t *at = to->client ? &hs->client_signature : &hs->server_signature;
    *at = (uint8_t)result;
    observe_text(sink, seg, to->result, words[result], 0);
    if (result == SIGNATURE_UNCHECKED && reason != NULL) {
        observe_text(sink, seg, to->reason, reason, 0);
    }
}

void tls_signatures_hidden(struct tls_handshake *hs, const struct segment *seg, uint8_t result,
                           const char *reason, struct sink *sink)
{
    const struct outlet *to = seg->from == hs->client ? &client_outlet : &server_outlet;
    decide(hs, seg, to, (enum signature_result)result, reason, sink);
}

static bool is_12(const struct tls_handshake *hs)
{
    return hs->version == TLS12_VERSION || hs->version == DTLS12_VERSION;
}

/* SSL 3.0 to TLS 1.2, DTLS 1.0 and 1.2, and nothing like them. */
static bool is_known(const struct tls_handshake *hs)
{
    return hs->datagram ? hs->version == DTLS10_VERSION || hs->version == DTLS12_VERSION
                        : hs->version >= SSL3_VERSION && hs->version <= TLS12_VERSION;
}

/* Is something of the two sides' messages missing or beyond reading? */
static bool is_incomplete(const struct tls_handshake *hs)
{
    return hs->side[0].lost || hs->side[1].lost;
}

/* What can be said before any bytes are looked at; NULL: nothing stands against a check. */
static const char *obstacle(const struct tls_handshake *hs, const struct tls_side *signer,
                            const struct sink *sink)
{
    if (sink->signatures == NULL || sink->certificates == NULL || sink->transcripts == NULL) {
        return "switched-off";
    }
    if (hs->repeated) {
        return "renegotiated";
    }
    if (hs->version != 0 && !is_known(hs)) {
        return "unknown-version";
    }
    if (signer->raw_key) {
        return "raw-public-key";
    }
    return is_incomplete(hs) ? "lost-bytes" : NULL;
}

/* A server proves its key for its address and port, a client for both hosts and to the holder of
 * the server's certificate. 0: not known, or not to be left out. */
static uint64_t signer_of(const struct tls_handshake *hs, const struct tls_side *signer,
                          bool is_client, const struct sink *sink)
{
    const struct tls_side *client = &hs->side[hs->client];
    const struct tls_side *server = &hs->side[1 - hs->client];
    if (sink->verified == NULL || sink->packet == 0 || !server->leaf_known ||
        signer != (is_client ? client : server)) {
        return 0;
    }
    struct {
        uint8_t leaf[2][32];
        struct address address[2];
        uint16_t port, is_client;
    } who = { .port = sink->end[1 - hs->client].port, .is_client = is_client };
    memcpy(who.leaf[0], server->leaf, sizeof server->leaf);
    who.address[0] = sink->end[1 - hs->client].address;
    if (is_client) {
        memcpy(who.leaf[1], client->leaf, sizeof client->leaf);
        who.address[1] = sink->end[hs->client].address;
    }
    return verified_signer(sink->verified, &who, sizeof who);
}

/* One handshake in VERIFIED_SAMPLE, the same ones in every run: by the randoms and hosts of both
 * sides. */
static bool is_in_sample(const struct tls_handshake *hs, const struct sink *sink)
{
    static const struct hash_seed stable_seed;
    struct {
        uint8_t random[2][32];
        struct address address[2];
        uint16_t port[2];
    } what;
    for (unsigned i = 0; i < 2; i++) {
        memcpy(what.random[i], hs->side[i].random, sizeof what.random[i]);
        what.address[i] = sink->end[i].address;
        what.port[i] = sink->end[i].port;
    }
    return keyed_hash(&what, sizeof what, stable_seed) % VERIFIED_SAMPLE == 0;
}

static enum signature_result verify(const struct tls_handshake *hs, struct signature_claim *claim,
                                    const struct tls_side *signer, bool is_client,
                                    struct sink *sink, const char **ret_reason)
{
    if (!signer->leaf_known) {
        *ret_reason = "no-certificate";
        return SIGNATURE_UNCHECKED;
    }
    uint64_t who = signer_of(hs, signer, is_client, sink);
    if (who != 0 && !is_in_sample(hs, sink) &&
        verified_is_proven(sink->verified, who, sink->packet)) {
        *ret_reason = "sampled-out";
        return SIGNATURE_UNCHECKED;
    }
    claim->signer = signer->leaf;
    claim->legacy = !is_12(hs);
    enum signature_result result =
        signatures_verify(sink->signatures, sink->certificates, claim, ret_reason);
    if (who != 0 && result != SIGNATURE_UNCHECKED) {
        verified_note(sink->verified, who, sink->packet, result == SIGNATURE_VALID);
    }
    return result;
}

void tls_signatures_server(struct tls_handshake *hs, const struct segment *seg,
                           const struct bytes *parameters, uint16_t scheme,
                           const struct bytes *signature, struct sink *sink)
{
    const struct tls_side *server = &hs->side[seg->from];
    const struct tls_side *client = &hs->side[1 - seg->from];
    const char *reason = obstacle(hs, server, sink);
    bool known = client->random_known && server->random_known;
    if (reason == NULL && (!known || parameters->cut > 0 || signature->cut > 0)) {
        reason = "lost-bytes";
    }
    if (reason != NULL) {
        decide(hs, seg, &server_outlet, SIGNATURE_UNCHECKED, reason, sink);
        return;
    }
    struct bytes pieces[] = { bytes_of(client->random, sizeof client->random, 0),
                              bytes_of(server->random, sizeof server->random, 0), *parameters };
    struct signature_claim claim = { .pieces = pieces,
                                     .piece_count = sizeof pieces / sizeof *pieces,
                                     .signature = *signature,
                                     .scheme = scheme };
    enum signature_result result = verify(hs, &claim, server, false, sink, &reason);
    decide(hs, seg, &server_outlet, result, reason, sink);
}

/* RFC 5246 7.4.8: since TLS 1.2 scheme(2), signature(2+). */
static struct bytes read_verify(const struct tls_handshake *hs, struct bytes *in,
                                uint16_t *ret_scheme)
{
    *ret_scheme = is_12(hs) ? bytes_u16(in) : 0;
    return bytes_take(in, bytes_u16(in));
}

/* Verifies CertificateVerify over the messages that were kept. */
static void check_client(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    const struct tls_side *client = &hs->side[hs->client];
    uint8_t copy[VERIFY_MAX];
    uint32_t size =
        tls_transcript_verify(sink->transcripts, &hs->transcript, hs->client, copy, sizeof copy);
    struct bytes in = bytes_of(copy, size, size);
    struct bytes pieces[TRANSCRIPT_PIECES];
    struct signature_claim claim = { .pieces = pieces };
    claim.signature = read_verify(hs, &in, &claim.scheme);
    if (bytes_finish(&in) != BYTES_OK) {
        decide(hs, seg, &client_outlet, SIGNATURE_UNCHECKED, "malformed", sink);
        return;
    }
    if (is_12(hs)) {
        char buffer[TLS_NAME_SIZE];
        observe_text(sink, seg, OBS_TLS_CLIENT_SIGNATURE, tls_names_signature(claim.scheme, buffer),
                     claim.scheme);
    }
    claim.piece_count =
        tls_transcript_pieces(sink->transcripts, &hs->transcript, hs->client, pieces);
    const char *reason = NULL;
    enum signature_result result = verify(hs, &claim, client, true, sink, &reason);
    decide(hs, seg, &client_outlet, result, reason, sink);
}

/* Can CertificateVerify be decided now? *ret_reason: it can, and stays unchecked. */
static bool is_ready(const struct tls_handshake *hs, const struct sink *sink,
                     const char **ret_reason)
{
    const struct transcript *t = &hs->transcript;
    const struct transcript_side *client = &t->side[hs->client];
    const struct transcript_side *server = &t->side[1 - hs->client];
    *ret_reason = obstacle(hs, &hs->side[hs->client], sink);
    if (*ret_reason == NULL && hs->version == SSL3_VERSION) {
        *ret_reason = "ssl3"; /* RFC 6101 5.6.8: it signs the master secret too */
    }
    if (*ret_reason == NULL) {
        *ret_reason = t->broken;
    }
    if (*ret_reason != NULL) {
        return true;
    }
    if (!client->complete || !server->complete) {
        return false;
    }
    if (hs->datagram && client->hello_number != server->hello_number) {
        *ret_reason = "lost-bytes"; /* the hello with the cookie was not captured */
    }
    return true;
}

static void try_client(struct tls_handshake *hs, const struct segment *seg, bool end,
                       struct sink *sink)
{
    const char *reason = NULL;
    bool shown = tls_handshake_has(&hs->side[hs->client], CERTIFICATE_VERIFY);
    if (hs->client_signature != SIGNATURE_PENDING || !hs->roles_known || !shown) {
        return;
    }
    bool ready = is_ready(hs, sink, &reason);
    if (!ready && !end) {
        return;
    }
    if (ready && reason == NULL) {
        check_client(hs, seg, sink);
    } else {
        reason = ready ? reason : "lost-bytes";
        decide(hs, seg, &client_outlet, SIGNATURE_UNCHECKED, reason, sink);
    }
    if (sink->transcripts != NULL) {
        tls_transcript_drop(sink->transcripts, &hs->transcript);
    }
}

/* Nothing of this handshake will be asked for any more. */
static void close_transcript(struct tls_handshake *hs, const char *why, struct sink *sink)
{
    tls_transcript_drop(sink->transcripts, &hs->transcript);
    hs->transcript.broken = why;
}

/* RFC 6347 4.2.1: only the ClientHello that was answered counts, and the cookie's does not. */
static bool is_old_news(struct tls_handshake *hs, uint8_t from, uint8_t type, struct sink *sink)
{
    struct transcript *t = &hs->transcript;
    if (type == HELLO_VERIFY_REQUEST) {
        if (t->side[1 - from].hello_number <= hs->message_number) {
            tls_transcript_clear(sink->transcripts, t, (uint8_t)(1 - from));
        }
        return true;
    }
    const struct transcript_side *before = &t->side[from];
    const struct transcript_side *server = &t->side[1 - from];
    bool answered = hs->version != 0;
    if (type != CLIENT_HELLO || before->size == 0) {
        return false;
    }
    if (answered && hs->client != from) {
        return true; /* both said hello, and this side became the server */
    }
    uint16_t number = hs->message_number;
    return answered ? number != server->hello_number || number == before->hello_number
                    : number < before->hello_number;
}

static void keep(struct tls_handshake *hs, uint8_t from, uint8_t type, struct bytes body,
                 struct sink *sink)
{
    if (type == HELLO_REQUEST || (hs->datagram && is_old_news(hs, from, type, sink))) {
        return; /* RFC 5246 7.4.1.1: HelloRequest is not signed */
    }
    if (type == CLIENT_HELLO && hs->transcript.side[from].size > 0 && !hs->datagram) {
        close_transcript(hs, "renegotiated", sink);
        return;
    }
    struct transcript_message message = {
        .type = type, .datagram = hs->datagram, .number = hs->message_number, .body = body
    };
    tls_transcript_add(sink->transcripts, &hs->transcript, from, &message);
    bool asked = tls_handshake_has(&hs->side[from], CERTIFICATE_REQUEST);
    if (tls_names_is_13(hs->version) || hs->hello_retry) {
        close_transcript(hs, "unknown-version", sink);
    } else if (type == SERVER_HELLO_DONE && !asked) {
        close_transcript(hs, "not-requested", sink);
    }
}

void tls_signatures_old_hello(struct tls_handshake *hs, uint8_t from, struct bytes message,
                              struct sink *sink)
{
    if (sink->transcripts == NULL || hs->transcript.broken != NULL ||
        hs->transcript.side[from].size > 0) {
        return;
    }
    struct transcript_message hello = { .type = CLIENT_HELLO, .bare = true, .body = message };
    tls_transcript_add(sink->transcripts, &hs->transcript, from, &hello);
}

void tls_signatures_renew(struct tls_handshake *hs, struct sink *sink)
{
    if (sink->transcripts != NULL) {
        close_transcript(hs, NULL, sink);
    }
}

void tls_signatures_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                            struct bytes body, struct sink *sink)
{
    if (hs->pseudo || hs->quic) { /* QUIC: TLS 1.3, whose signatures are hidden */
        return;
    }
    if (sink->transcripts != NULL && hs->transcript.broken == NULL &&
        hs->client_signature == SIGNATURE_PENDING) {
        keep(hs, seg->from, type, body, sink);
    }
    try_client(hs, seg, false, sink);
}

void tls_signatures_end(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    if (!hs->pseudo && hs->announced) {
        try_client(hs, seg, true, sink);
    }
    if (sink->transcripts != NULL) {
        close_transcript(hs, "lost-bytes", sink);
    }
}

/* analyzers/tls_hidden.c: EncryptedExtensions to Finished (RFC 8446 4.3, 4.4), and what was signed.
 *
 * A signature is called wrong only where the Finished of its sender shows that the messages under
 * it are known to the last byte. */
#include "analyzers/tls_hidden.h"

#include "analyzers/crypto/signatures.h"
#include "analyzers/tls_certificates.h"
#include "analyzers/tls_extensions.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_signatures.h"

enum {
    END_OF_EARLY_DATA = 5,
    ENCRYPTED_EXTENSIONS = 8,
    COMPRESSED_CERTIFICATE = 25,
    CONTEXT_PADDING = 64, /* spaces */
};

/* length(2) extensions. */
static enum bytes_fault read_extensions(struct tls_handshake *hs, const struct segment *seg,
                                        struct bytes body, struct sink *sink)
{
    struct tls_server_extensions answer;
    struct bytes list = bytes_take(&body, bytes_u16(&body));
    enum bytes_fault fault = bytes_finish(&body);
    if (fault == BYTES_OK) {
        fault = tls_extensions_server(list, &answer);
    }
    if (fault == BYTES_OK) {
        hs->side[seg->from].raw_key = answer.raw_server_key;
        hs->side[1 - seg->from].raw_key = answer.raw_client_key;
        if (bytes_left(&answer.alpn) > 0) {
            tls_extensions_alpn(seg, &answer.alpn, sink);
        }
    }
    return fault;
}

/* context(1+) extensions(2+). */
static enum bytes_fault read_request(struct bytes body)
{
    bytes_take(&body, bytes_u8(&body));
    bytes_take(&body, bytes_u16(&body));
    return bytes_finish(&body);
}

/* RFC 8446 4.4.3: 64 spaces, who signs, a zero, the hash over the messages before. */
static enum signature_result verify(struct tls_handshake *hs, const struct segment *seg,
                                    uint16_t scheme, struct bytes signature, struct sink *sink,
                                    const char **ret_reason)
{
    static const char server[] = "TLS 1.3, server CertificateVerify";
    static const char client[] = "TLS 1.3, client CertificateVerify";
    _Static_assert(sizeof server == sizeof client, "the zero behind them is signed too");
    uint8_t context[CONTEXT_PADDING + sizeof server], value[KEY_HASH_MAX];
    const struct tls_side *signer = &hs->side[seg->from];
    const struct handshake_hash *transcript = tls_open_transcript(hs);
    uint32_t size = transcript != NULL ? key_schedule_hash_value(transcript, value) : 0;
    *ret_reason = signer->raw_key ? "raw-public-key" : "lost-bytes";
    if (sink->signatures == NULL || sink->certificates == NULL || size == 0 || signer->raw_key) {
        return SIGNATURE_UNCHECKED;
    }
    *ret_reason = "no-certificate";
    if (!signer->leaf_known) {
        return SIGNATURE_UNCHECKED;
    }
    memset(context, ' ', CONTEXT_PADDING);
    memcpy(context + CONTEXT_PADDING, seg->from == hs->client ? client : server, sizeof server);
    struct bytes pieces[] = { bytes_of(context, sizeof context, 0), bytes_of(value, size, 0) };
    struct signature_claim claim = { .signer = signer->leaf,
                                     .pieces = pieces,
                                     .piece_count = 2,
                                     .signature = signature,
                                     .scheme = scheme };
    return signatures_verify(sink->signatures, sink->certificates, &claim, ret_reason);
}

/* scheme(2) signature(2+). */
static enum bytes_fault read_verify(struct tls_handshake *hs, const struct segment *seg,
                                    struct bytes body, struct sink *sink)
{
    char buffer[TLS_NAME_SIZE];
    const char *reason = NULL;
    bool client = seg->from == hs->client;
    uint16_t scheme = bytes_u16(&body);
    struct bytes signature = bytes_take(&body, bytes_u16(&body));
    if (bytes_finish(&body) != BYTES_OK) {
        return body.fault;
    }
    observe_text(sink, seg, client ? OBS_TLS_CLIENT_SIGNATURE : OBS_TLS_SIGNATURE,
                 tls_names_signature(scheme, buffer), scheme);
    enum signature_result result = verify(hs, seg, scheme, signature, sink, &reason);
    if (result == SIGNATURE_INVALID) {
        hs->side[seg->from].doubtful = true; /* until its Finished */
    } else {
        tls_signatures_hidden(hs, seg, result, reason, sink);
    }
    return BYTES_OK;
}

/* Are the messages before this Finished those that its sender knows? */
static void read_finished(struct tls_handshake *hs, const struct segment *seg, struct bytes body,
                          struct sink *sink)
{
    struct tls_side *side = &hs->side[seg->from];
    uint8_t value[KEY_HASH_MAX];
    const struct handshake_hash *transcript = tls_open_transcript(hs);
    bool sure = transcript != NULL && key_schedule_hash_value(transcript, value) > 0 &&
                tls_open_is_finished(hs, seg, value, body, sink);
    if (side->doubtful) {
        side->doubtful = false;
        tls_signatures_hidden(hs, seg, sure ? SIGNATURE_INVALID : SIGNATURE_UNCHECKED, "lost-bytes",
                              sink);
    }
}

/* A request after the handshake begins the talk about the client's certificate anew. */
static void ask_again(struct tls_handshake *hs, const struct segment *seg)
{
    struct tls_side *client = &hs->side[1 - seg->from];
    client->hidden &= ~(1u << CERTIFICATE | 1u << CERTIFICATE_VERIFY | 1u << FINISHED);
    client->certificates = 0;
    client->leaf_known = false;
    hs->client_signature = SIGNATURE_PENDING;
    hs->went_on = false;
    hs->asked_again = true;
}

/* Has the other side come first where it must? If not, the order of the messages is not known. */
static bool is_in_order(const struct tls_handshake *hs, const struct segment *seg)
{
    const struct tls_side *server = &hs->side[1 - hs->client];
    return seg->from != hs->client || (server->hidden >> FINISHED & 1) != 0;
}

static bool is_signed(uint8_t type)
{
    return type == END_OF_EARLY_DATA || type == ENCRYPTED_EXTENSIONS || type == CERTIFICATE ||
           type == CERTIFICATE_REQUEST || type == CERTIFICATE_VERIFY || type == FINISHED ||
           type == COMPRESSED_CERTIFICATE;
}

static void add(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                struct bytes body)
{
    uint32_t size = bytes_left(&body);
    const uint8_t header[] = { type, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
    struct handshake_hash *transcript = tls_open_transcript(hs);
    if (transcript == NULL || !is_signed(type)) {
        return;
    }
    if (!is_in_order(hs, seg) ||
        !key_schedule_hash_add(transcript, bytes_of(header, sizeof header, 0)) ||
        !key_schedule_hash_add(transcript, body)) {
        tls_open_forget_transcript(hs);
    }
}

static enum bytes_fault read_message(struct tls_handshake *hs, const struct segment *seg,
                                     uint8_t type, struct bytes body, struct sink *sink)
{
    bool server = seg->from != hs->client;
    switch (type) {
    case ENCRYPTED_EXTENSIONS:
        return server ? read_extensions(hs, seg, body, sink) : BYTES_MALFORMED;
    case CERTIFICATE_REQUEST:
        if (server && (hs->side[1 - seg->from].hidden >> FINISHED & 1) != 0) {
            ask_again(hs, seg);
        }
        return server ? read_request(body) : BYTES_MALFORMED;
    case CERTIFICATE:
        return tls_certificates_hidden(hs, seg, body, sink);
    case CERTIFICATE_VERIFY:
        return read_verify(hs, seg, body, sink);
    case FINISHED:
        read_finished(hs, seg, body, sink);
        return BYTES_OK;
    default:
        return BYTES_OK;
    }
}

enum bytes_fault tls_hidden_message(struct tls_handshake *hs, const struct segment *seg,
                                    uint8_t type, struct bytes body, struct sink *sink)
{
    bool went_on = seg->from != hs->client && (hs->side[hs->client].hidden >> FINISHED & 1) != 0 &&
                   type != CERTIFICATE_REQUEST;
    enum bytes_fault fault = read_message(hs, seg, type, body, sink);
    if (fault == BYTES_OK) {
        hs->side[seg->from].hidden |= 1u << type;
        hs->went_on |= went_on;
        add(hs, seg, type, body);
        tls_open_message(hs, seg, type, sink);
    }
    return fault;
}

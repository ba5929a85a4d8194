/* analyzers/tls_certificates.c: certificate chains (RFC 5246 7.4.2, RFC 8446 4.4.2, RFC 7250). */
#include "analyzers/tls_certificates.h"

#include "analyzers/crypto/authorities.h"
#include "analyzers/crypto/certificates.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_status.h"
#include "base/text.h"

enum { AUTHORITIES_MAX = 16, AUTHORITY_SIZE = 256 }; /* names that are reported */
enum { STATUS_REQUEST = 5 };                         /* RFC 6066 8 */

/* Where the observations of one certificate go. */
struct target {
    struct sink *sink;
    const struct segment *seg;
    unsigned shift; /* from the OBS_SERVER_CERT_* to those of this chain */
    uint16_t index; /* in the chain */
};

static void put(const struct target *to, enum observation_kind kind, const char *text,
                uint64_t value)
{
    struct observation obs = observation_of(to->seg, (enum observation_kind)(kind + to->shift));
    obs.index = to->index;
    obs.text = text;
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    obs.value = value;
    to->sink->put(to->sink, &obs);
}

static void put_text(const struct target *to, enum observation_kind kind, const char *text)
{
    if (text != NULL) {
        put(to, kind, text, 0);
    }
}

static void put_description(const struct target *to, const struct certificate *c)
{
    put_text(to, OBS_SERVER_CERT_SUBJECT, c->subject);
    put_text(to, OBS_SERVER_CERT_ISSUER, c->issuer);
    put_text(to, OBS_SERVER_CERT_SERIAL, c->serial);
    for (uint32_t i = 0; i < c->san_count; i++) {
        put_text(to, OBS_SERVER_CERT_SAN, c->san[i]);
    }
    put(to, OBS_SERVER_CERT_NOT_BEFORE, NULL, (uint64_t)c->not_before_us);
    put(to, OBS_SERVER_CERT_NOT_AFTER, NULL, (uint64_t)c->not_after_us);
    put_text(to, OBS_SERVER_CERT_KEY_TYPE, c->key_type);
    if (c->key_bits > 0) {
        put(to, OBS_SERVER_CERT_KEY_BITS, NULL, c->key_bits);
    }
    put_text(to, OBS_SERVER_CERT_KEY_CURVE, c->key_curve);
    put_text(to, OBS_SERVER_CERT_SIGNATURE, c->signature);
    for (uint32_t i = 0; i < c->eku_count; i++) {
        put_text(to, OBS_SERVER_CERT_EKU, c->eku[i]);
    }
    put(to, OBS_SERVER_CERT_SELF_SIGNED, NULL, c->self_signed);
    put(to, OBS_SERVER_CERT_CA, NULL, c->ca);
}

void tls_certificates_describe(const struct segment *seg, const struct certificate *c, bool client,
                               uint16_t index, struct sink *sink)
{
    struct target to = { sink, seg, client ? OBS_CLIENT_CERT_SUBJECT - OBS_SERVER_CERT_SUBJECT : 0,
                         index };
    put(&to, OBS_SERVER_CERT_SHA256, c->sha256, 0);
    if (c->error != NULL) {
        put(&to, OBS_SERVER_CERT_ERROR, c->error, 0);
    } else {
        put_description(&to, c);
    }
}

bool tls_certificates_report(const struct segment *seg, struct bytes der, bool client,
                             uint16_t index, struct sink *sink, uint8_t *ret_digest)
{
    if (sink->certificates == NULL) {
        return false;
    }
    const struct certificate *c = certificates_enter(sink->certificates, der);
    if (c != NULL) {
        tls_certificates_describe(seg, c, client, index, sink);
        memcpy(ret_digest, c->digest, sizeof c->digest);
    }
    certificates_unlock(sink->certificates);
    return c != NULL;
}

/* RFC 5246 7.4.2: length(3), then length(3) certificate; RFC 8446 4.4.2: each with extensions(2+)
 * behind it. *ret_extensions: those. */
static struct bytes next_certificate(struct bytes *list, bool extensions,
                                     struct bytes *ret_extensions)
{
    uint32_t size = bytes_u24(list);
    if (bytes_ok(list) && size == 0) {
        bytes_fail(list, BYTES_MALFORMED);
    }
    struct bytes der = bytes_take(list, size);
    if (extensions) {
        *ret_extensions = bytes_take(list, bytes_u16(list));
    }
    return der;
}

/* Counts the certificates of a chain; *ret_fault tells whether the chain is sound. */
static uint32_t count_chain(struct bytes list, bool extensions, enum bytes_fault *ret_fault)
{
    uint32_t count = 0;
    struct bytes unread;
    while (bytes_ok(&list) && bytes_sent(&list) > 0) {
        next_certificate(&list, extensions, &unread);
        count += bytes_ok(&list);
    }
    *ret_fault = list.fault;
    return count;
}

/* RFC 8446 4.4.2.1: of the server's own certificate; one that cannot be read says nothing. */
static void read_status(const struct tls_handshake *hs, const struct segment *seg,
                        struct bytes extensions, struct sink *sink)
{
    while (bytes_left(&extensions) > 0) {
        uint16_t type = bytes_u16(&extensions);
        struct bytes body = bytes_take(&extensions, bytes_u16(&extensions));
        if (type == STATUS_REQUEST && bytes_ok(&extensions) && seg->from != hs->client) {
            (void)tls_status_message(hs, seg, body, sink);
        }
    }
}

/* body: from the length of the list on. */
static enum bytes_fault read_list(struct tls_handshake *hs, const struct segment *seg,
                                  struct bytes body, bool extensions, struct sink *sink)
{
    struct tls_side *side = &hs->side[seg->from];
    struct bytes list = bytes_take(&body, bytes_u24(&body));
    bool sound = bytes_ok(&body) && bytes_sent(&body) == 0;
    if (!sound) {
        return body.fault != BYTES_OK ? body.fault : BYTES_MALFORMED;
    }
    if (side->raw_key) {
        side->certificates = bytes_sent(&list) > 0;
        return BYTES_OK;
    }
    enum bytes_fault fault;
    uint32_t count = count_chain(list, extensions, &fault);
    if (fault == BYTES_MALFORMED) {
        return fault;
    }
    side->certificates = count;
    struct bytes of_leaf = bytes_of(NULL, 0, 0), of_this = of_leaf;
    for (uint16_t i = 0; hs->roles_known && i < count && i < CERTIFICATES_CHAIN; i++) {
        struct bytes der = next_certificate(&list, extensions, &of_this);
        of_leaf = i == 0 ? of_this : of_leaf;
        uint8_t digest[sizeof side->leaf];
        bool kept = der.cut == 0 &&
                    tls_certificates_report(seg, der, hs->client == seg->from, i, sink, digest);
        if (i == 0 && kept) {
            memcpy(side->leaf, digest, sizeof digest);
            side->leaf_known = true;
        }
        if (i == 1 && kept && hs->client != seg->from) {
            memcpy(hs->issuer, digest, sizeof digest);
            hs->issuer_known = true;
        }
    }
    read_status(hs, seg, of_leaf, sink);
    return list.cut > 0 || fault != BYTES_OK ? BYTES_CUT : BYTES_OK;
}

enum bytes_fault tls_certificates_message(struct tls_handshake *hs, const struct segment *seg,
                                          struct bytes body, struct sink *sink)
{
    return read_list(hs, seg, body, false, sink);
}

/* RFC 8446 4.4.2: context(1+) list(3+). */
enum bytes_fault tls_certificates_hidden(struct tls_handshake *hs, const struct segment *seg,
                                         struct bytes body, struct sink *sink)
{
    bytes_take(&body, bytes_u8(&body));
    return bytes_ok(&body) ? read_list(hs, seg, body, true, sink) : body.fault;
}

/* RFC 5246 7.4.4: length(2), then length(2) name. None means that any CA will do. */
static void put_authorities(const struct segment *seg, struct bytes names, struct sink *sink)
{
    uint32_t count = 0;
    while (bytes_ok(&names) && bytes_left(&names) > 0) {
        char buffer[AUTHORITY_SIZE];
        struct text text = text_into(buffer, sizeof buffer);
        struct bytes der = bytes_take(&names, bytes_u16(&names));
        if (count < AUTHORITIES_MAX && bytes_ok(&names) && der.cut == 0 &&
            authorities_name(certificates_authorities(sink->certificates), der, &text)) {
            observe_text(sink, seg, OBS_TLS_AUTHORITY, buffer, 0);
        }
        count += bytes_ok(&names);
    }
    observe_value(sink, seg, OBS_TLS_AUTHORITIES, count);
}

/* RFC 5246 7.4.4: types(1+), since TLS 1.2 schemes(2+), names(2+). */
enum bytes_fault tls_certificates_request(const struct tls_handshake *hs, const struct segment *seg,
                                          struct bytes body, struct sink *sink)
{
    if (hs->version == 0) {
        return BYTES_OK; /* the ServerHello is missing: the layout is not known */
    }
    bytes_take(&body, bytes_u8(&body));
    if (hs->version == TLS12_VERSION || hs->version == DTLS12_VERSION) {
        bytes_take(&body, bytes_u16(&body));
    }
    struct bytes names = bytes_take(&body, bytes_u16(&body));
    enum bytes_fault fault = bytes_finish(&body);
    if (fault == BYTES_OK && names.cut == 0 && sink->certificates != NULL) {
        put_authorities(seg, names, sink);
    }
    return fault;
}

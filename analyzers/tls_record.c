/* analyzers/tls_record.c: TLS records (RFC 8446 5.1) recognised at the start of a connection and in
 * the middle of one. */
#include "analyzers/tls_record.h"

#include "analyzers/tls_handshake.h"
#include "analyzers/tls_names.h"

enum {
    BODY_MAX = (1 << 14) + 2048, /* RFC 5246 6.2.3 */
    /* ChangeCipherSpec under keys: 1 and what a MAC or a tag, an IV and padding add */
    CHANGE_PROTECTED_MIN = 9,
    CHANGE_PROTECTED_MAX = 128,
    ALERT_SIZE = 2,         /* of one in clear */
    PROTECTED_MIN = 16,     /* bytes that no protected record goes below */
    HELLO_BODY_MIN = 38,    /* version(2) random(32) session id length(1) suite(2) and one more */
    HELLO_HEAD = 6,         /* type(1) length(3) version(2) */
    SESSION_ID_LENGTH = 38, /* its offset in the message */
};

/* type(1) version(2) length(2). */
struct tls_record tls_record_read(struct bytes *in)
{
    struct tls_record h;
    h.type = bytes_u8(in);
    h.version = bytes_u16(in);
    h.length = bytes_u16(in);
    bool change =
        h.length == 1 || (h.length >= CHANGE_PROTECTED_MIN && h.length <= CHANGE_PROTECTED_MAX);
    bool sound = h.type >= CONTENT_CHANGE_CIPHER_SPEC && h.type <= CONTENT_HEARTBEAT &&
                 h.version >= SSL3_VERSION && h.version <= TLS13_VERSION && h.length <= BODY_MAX &&
                 (h.type != CONTENT_CHANGE_CIPHER_SPEC || change);
    if (bytes_ok(in) && !sound) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return h;
}

/* Could these few bytes be the start of a header? */
static bool may_be_header(const struct bytes *in)
{
    int type = bytes_peek(in, 0);
    int major = bytes_peek(in, 1);
    int minor = bytes_peek(in, 2);
    return type >= CONTENT_CHANGE_CIPHER_SPEC && type <= CONTENT_HEARTBEAT &&
           (major < 0 || major == 3) && minor <= TLS13_VERSION - SSL3_VERSION;
}

/* type(1) length(3) version(2) random(32) session id length(1), as far as it is there. */
bool tls_record_is_hello(const struct bytes *body)
{
    struct bytes in = *body;
    uint8_t type = bytes_u8(&in);
    uint32_t length = bytes_u24(&in);
    uint16_t version = bytes_u16(&in);
    bool draft = version >> 8 == 0x7f && type == SERVER_HELLO;
    return bytes_ok(&in) && (type == CLIENT_HELLO || type == SERVER_HELLO) &&
           length >= HELLO_BODY_MIN && length <= TLS_MESSAGE_MAX && (version >> 8 == 3 || draft) &&
           (draft || bytes_peek(body, SESSION_ID_LENGTH) <= 32);
}

static bool is_plausible(const struct tls_record *h, const struct bytes *body)
{
    switch (h->type) {
    case CONTENT_CHANGE_CIPHER_SPEC:
        return h->length == 1 && bytes_peek(body, 0) == 1;
    case CONTENT_ALERT:
        return h->length >= PROTECTED_MIN ||
               (h->length == ALERT_SIZE && bytes_peek(body, 0) >= 1 && bytes_peek(body, 0) <= 2);
    case CONTENT_HANDSHAKE:
        return h->length > 0;
    default:
        return true;
    }
}

/* in: what follows the record. */
static enum claim claim_by_next(struct bytes in)
{
    if (bytes_left(&in) == 0) {
        return CLAIM_YES;
    }
    if (bytes_left(&in) < TLS_RECORD_HEADER_SIZE) {
        return may_be_header(&in) ? CLAIM_MORE : CLAIM_NO;
    }
    tls_record_read(&in);
    return bytes_ok(&in) ? CLAIM_YES : CLAIM_NO;
}

enum claim tls_record_claim(struct bytes in)
{
    if (bytes_left(&in) < TLS_RECORD_HEADER_SIZE) {
        return bytes_left(&in) > 0 && may_be_header(&in) ? CLAIM_MORE : CLAIM_NO;
    }
    struct tls_record h = tls_record_read(&in);
    struct bytes body = bytes_take(&in, h.length);
    if (!bytes_ok(&in)) {
        return CLAIM_NO;
    }
    if (h.type == CONTENT_HANDSHAKE && bytes_left(&body) > SESSION_ID_LENGTH &&
        tls_record_is_hello(&body)) {
        return CLAIM_YES;
    }
    if (body.cut > 0) {
        return CLAIM_MORE;
    }
    return is_plausible(&h, &body) ? claim_by_next(in) : CLAIM_NO;
}

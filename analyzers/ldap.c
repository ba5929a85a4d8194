/* analyzers/ldap.c: LDAP (RFC 4511), as far as StartTLS (4.14) and binds (4.2) go. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    MESSAGE_MAX = 8192,    /* bytes of a message that is waited for; longer ones are stepped over */
    LENGTH_MAX = 16777216, /* bytes that a message may say it has */
};

/* Tags of BER (RFC 4511 5.1) and of operations (4.2 to 4.14). */
enum {
    TAG_INTEGER = 0x02,
    TAG_OCTETS = 0x04,
    TAG_ENUMERATED = 0x0a,
    TAG_SEQUENCE = 0x30,
    BIND_REQUEST = 0x60,
    BIND_RESPONSE = 0x61,
    UNBIND_REQUEST = 0x42,
    SEARCH_REQUEST = 0x63,
    SEARCH_ENTRY = 0x64,
    SEARCH_DONE = 0x65,
    MODIFY_REQUEST = 0x66,
    ADD_REQUEST = 0x68,
    EXTENDED_REQUEST = 0x77,
    EXTENDED_RESPONSE = 0x78,
    AUTH_SIMPLE = 0x80,
    AUTH_SASL = 0xa3,
    REQUEST_NAME = 0x80,
};

static const char starttls_oid[] = "1.3.6.1.4.1.1466.20037";

struct ldap_state {
    struct starttls tls;
    uint32_t skip[2];  /* bytes of a message still to be stepped over */
    uint32_t asked_id; /* message id of the request for TLS */
    bool told;
    bool lost[2]; /* where messages begin is not known */
};

/* Length of BER: one byte, or 0x80 + the count of bytes that follow (X.690 8.1.3). */
static uint32_t read_length(struct bytes *in)
{
    uint32_t first = bytes_u8(in);
    if (first < 0x80) {
        return first;
    }
    uint32_t length = 0;
    for (uint32_t n = first & 0x7f; n > 0; n--) {
        length = length << 8 | bytes_u8(in);
        if (length > LENGTH_MAX) {
            bytes_fail(in, BYTES_MALFORMED);
        }
    }
    if (first == 0x80 || first > 0x84) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return length;
}

/* One element; its tag, and what is in it. */
static uint8_t read_element(struct bytes *in, struct bytes *ret_value)
{
    uint8_t tag = bytes_u8(in);
    uint32_t length = read_length(in);
    *ret_value = bytes_take(in, length);
    return tag;
}

/* An element that must have this tag. */
static struct bytes read_as(struct bytes *in, uint8_t tag)
{
    struct bytes value;
    if (read_element(in, &value) != tag) {
        bytes_fail(in, BYTES_MALFORMED);
        bytes_fail(&value, BYTES_MALFORMED);
    }
    return value;
}

static uint32_t read_number(struct bytes *in, uint8_t tag)
{
    struct bytes value = read_as(in, tag);
    uint32_t number = 0;
    if (bytes_sent(&value) == 0 || bytes_sent(&value) > 4) {
        bytes_fail(in, BYTES_MALFORMED);
    } else if (value.cut > 0) {
        bytes_fail(in, BYTES_CUT);
    }
    while (bytes_left(&value) > 0) {
        number = number << 8 | bytes_u8(&value);
    }
    return number;
}

/* RFC 4511 4.1.1: SEQUENCE { messageID INTEGER, protocolOp, ... }: in is moved into it. */
static uint8_t read_head(struct bytes *in, uint32_t *ret_length, uint32_t *ret_id)
{
    uint8_t tag = bytes_u8(in);
    *ret_length = read_length(in);
    if (bytes_ok(in) && (tag != TAG_SEQUENCE || *ret_length < 5)) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    *ret_id = read_number(in, TAG_INTEGER);
    int op = bytes_peek(in, 0);
    if (op < 0) {
        bytes_fail(in, BYTES_CUT);
    }
    return op < 0 ? 0 : (uint8_t)op;
}

/* Does the operation at which a connection may begin hold what it must? */
static bool is_first_operation(uint8_t op, struct bytes in)
{
    struct bytes body;
    read_element(&in, &body);
    if (op == BIND_REQUEST) {
        uint32_t version = read_number(&body, TAG_INTEGER);
        return version == 2 || version == 3 || body.fault == BYTES_CUT;
    }
    if (op == EXTENDED_REQUEST) {
        struct bytes name = read_as(&body, REQUEST_NAME);
        return bytes_starts(&name, "1.3.6.1.", 8) || body.fault == BYTES_CUT || name.cut > 0;
    }
    if (op == SEARCH_REQUEST) {
        read_as(&body, TAG_OCTETS);
        return read_number(&body, TAG_ENUMERATED) <= 3 && body.fault != BYTES_MALFORMED;
    }
    bool answers = op == BIND_RESPONSE || op == EXTENDED_RESPONSE || op == SEARCH_DONE;
    return answers && read_number(&body, TAG_ENUMERATED) <= 123 && body.fault != BYTES_MALFORMED;
}

static enum claim ldap_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t length, id;
    if (bytes_peek(&in, 0) != TAG_SEQUENCE || !seg->first) {
        return CLAIM_NO;
    }
    uint8_t op = read_head(&in, &length, &id);
    if (in.fault == BYTES_CUT) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    struct bytes start = seg->payload;
    bytes_u8(&start);
    read_length(&start);
    bool whole = bytes_left(&start) >= length;
    if (in.fault != BYTES_OK || id > INT32_MAX || !is_first_operation(op, in)) {
        return CLAIM_NO;
    }
    return whole || bytes_left(&start) >= 64 ? CLAIM_YES : seg->open ? CLAIM_MORE : CLAIM_NO;
}

static bool is_request(uint8_t op)
{
    return op == BIND_REQUEST || op == SEARCH_REQUEST || op == EXTENDED_REQUEST ||
           op == MODIFY_REQUEST || op == ADD_REQUEST || op == UNBIND_REQUEST;
}

/* RFC 4511 4.2: version, name, authentication: [0] password, [3] { mechanism, credentials }. */
static void take_bind(struct ldap_state *s, const struct segment *seg, struct sink *sink,
                      struct bytes body)
{
    struct bytes auth;
    read_number(&body, TAG_INTEGER);
    read_as(&body, TAG_OCTETS);
    uint8_t choice = read_element(&body, &auth);
    if (!bytes_ok(&body)) {
        return;
    }
    if (choice == AUTH_SIMPLE && bytes_sent(&auth) > 0) {
        starttls_exposes(&s->tls, seg, sink, SECRET_PASSWORD);
    } else if (choice == AUTH_SASL) {
        static const uint8_t ntlm_answer[] = "NTLMSSP\0\3"; /* [MS-NLMP] 2.2.1.3 */
        struct bytes mechanism = read_as(&auth, TAG_OCTETS);
        struct bytes words = read_as(&auth, TAG_OCTETS);
        bool ntlm = bytes_starts(&words, ntlm_answer, sizeof ntlm_answer - 1);
        starttls_exposes(&s->tls, seg, sink,
                         ntlm                      ? SECRET_NTLM
                         : bytes_left(&words) == 0 ? SECRET_COUNT
                                                   : starttls_mechanism(&mechanism));
    }
}

static void look_behind(struct ldap_state *s, struct segment *seg, struct sink *sink)
{
    struct segment rest = *seg;
    if (bytes_left(&rest.payload) > 0 && starttls_hello(&s->tls, &rest) == CLAIM_NO) {
        starttls_injects(&s->tls, seg, sink, bytes_left(&rest.payload));
    }
}

static enum step take_request(struct ldap_state *s, struct segment *seg, struct sink *sink,
                              uint8_t op, struct bytes body)
{
    if (op == EXTENDED_REQUEST) {
        struct bytes name = read_as(&body, REQUEST_NAME);
        if (bytes_equal(&name, starttls_oid, sizeof starttls_oid - 1)) {
            starttls_asks(&s->tls, seg, sink);
            look_behind(s, seg, sink);
            return STEP_NEXT;
        }
    }
    starttls_speaks(&s->tls, seg, sink);
    if (op == BIND_REQUEST) {
        take_bind(s, seg, sink, body);
        return STEP_NEXT;
    }
    if (op == SEARCH_REQUEST) { /* of the server's own entry: to learn what it can do */
        struct bytes base = read_as(&body, TAG_OCTETS);
        return bytes_sent(&base) == 0 ? STEP_NEXT : STEP_STOP;
    }
    return op == EXTENDED_REQUEST ? STEP_NEXT : STEP_STOP; /* it works in clear */
}

static void take_response(struct ldap_state *s, const struct segment *seg, struct sink *sink,
                          uint8_t op, uint32_t id, struct bytes body)
{
    if (op == EXTENDED_RESPONSE && s->tls.phase == STARTTLS_ASKED && id == s->asked_id) {
        uint32_t result = read_number(&body, TAG_ENUMERATED);
        if (bytes_ok(&body)) {
            starttls_answers(&s->tls, seg, sink, result == 0);
        }
    } else if (op == SEARCH_ENTRY && s->tls.phase == STARTTLS_BEFORE &&
               scan_find(&body, starttls_oid) >= 0) {
        starttls_offers(&s->tls, seg, sink, STARTTLS_OFFERED); /* supportedExtension */
    }
}

/* A message that is here: in stands at its operation. */
static enum step take_message(struct ldap_state *s, struct segment *seg, struct sink *sink,
                              uint32_t id, struct bytes in)
{
    struct bytes body;
    uint8_t op = read_element(&in, &body);
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "ldap",
                       is_request(op) ? seg->from : (uint8_t)(1 - seg->from));
    }
    if (!bytes_ok(&in)) {
        observe_text(sink, seg, OBS_MALFORMED, "ldap", 1);
        return STEP_NEXT;
    }
    if (seg->from != s->tls.client) {
        take_response(s, seg, sink, op, id, body);
        return STEP_NEXT;
    }
    bool asked = s->tls.phase == STARTTLS_ASKED;
    enum step step = take_request(s, seg, sink, op, body);
    s->asked_id = !asked && s->tls.phase == STARTTLS_ASKED ? id : s->asked_id;
    return step;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct ldap_state *s = state;
    struct bytes *in = &seg->payload;
    uint32_t *skip = &s->skip[seg->from];
    if (*skip > 0) {
        uint32_t here = *skip < bytes_left(in) ? *skip : bytes_left(in);
        bytes_skip(in, here);
        *skip -= here;
        return STEP_NEXT;
    }
    enum claim hello = starttls_hello(&s->tls, seg);
    if (hello != CLAIM_NO) {
        return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
    }
    if (s->lost[seg->from]) {
        bytes_skip(in, bytes_left(in));
        return STEP_NEXT;
    }
    struct bytes all = *in;
    bytes_u8(&all);
    uint32_t length = read_length(&all);
    uint32_t head = bytes_left(in) - bytes_left(&all);
    if (all.fault == BYTES_CUT) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    struct bytes message = *in;
    uint32_t id;
    bool whole = bytes_ok(&all) && bytes_left(&all) >= length;
    if (bytes_ok(&all) && !whole && length <= MESSAGE_MAX) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    bytes_limit(&message, whole ? head + length : bytes_left(in));
    read_head(&message, &length, &id);
    if (!bytes_ok(&message)) { /* SASL's own wrapping, or no LDAP */
        return STEP_STOP;
    }
    *skip = whole ? 0 : head + length - bytes_left(in);
    bytes_skip(in, whole ? head + length : bytes_left(in));
    return whole ? take_message(s, seg, sink, id, message) : STEP_NEXT;
}

static enum feed ldap_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

static enum feed ldap_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct ldap_state *s = state;
    uint32_t *skip = &s->skip[from & 1];
    (void)sink;
    s->lost[from & 1] |= missing > *skip;
    *skip -= missing <= *skip ? (uint32_t)missing : *skip;
    return FEED_MORE;
}

const struct analyzer ldap_analyzer = {
    .name = "ldap",
    .spec = "RFC 4511",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct ldap_state),
    .claim = ldap_claim,
    .feed = ldap_feed,
    .gap = ldap_gap,
};

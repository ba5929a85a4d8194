/* analyzers/postgresql.c: PostgreSQL's protocol 3 ("Frontend/Backend Protocol", 55.2 and 55.7 of
 * the manual) until TLS begins or the user is let in. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    CANCEL_REQUEST = 80877102,
    SSL_REQUEST = 80877103,
    GSS_REQUEST = 80877104,
    VERSION_3 = 0x00030000,
    REQUEST_SIZE = 8,    /* length(4) code(4) */
    STARTUP_MAX = 10000, /* bytes, as the server has it */
    MESSAGE_MAX = 65536, /* bytes of a message before the user is let in */
    AUTH_OK = 0,         /* 55.7 AuthenticationOk ... */
    AUTH_CLEAR_TEXT = 3,
    AUTH_MD5 = 5,
};

struct postgresql_state {
    struct starttls tls;
    bool told;
    bool gss;         /* the request that waits for its byte is for GSSAPI */
    bool started;     /* the client's StartupMessage was seen */
    uint8_t kind;     /* 1 + kind of secret that the next password message shows; 0 = none */
    uint32_t skip[2]; /* bytes of a message still to be stepped over */
    bool lost[2];
};

static uint32_t read_startup(struct bytes *in, uint32_t *ret_length)
{
    *ret_length = bytes_u32(in);
    return bytes_u32(in);
}

static bool is_request(uint32_t length, uint32_t code)
{
    return length == REQUEST_SIZE && (code == SSL_REQUEST || code == GSS_REQUEST);
}

/* length(4) code(4): a request for encryption, or version 3 and names with their values. */
static enum claim postgresql_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t length;
    if (!seg->first || bytes_peek(&in, 0) != 0 || bytes_peek(&in, 1) > 0) {
        return CLAIM_NO;
    }
    uint32_t code = read_startup(&in, &length);
    if (!bytes_ok(&in)) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    if (is_request(length, code)) {
        return CLAIM_YES;
    }
    bool fits = length > REQUEST_SIZE && length <= STARTUP_MAX;
    if (code >> 16 != VERSION_3 >> 16 || !fits) {
        return CLAIM_NO;
    }
    bool whole = bytes_left(&in) >= length - REQUEST_SIZE;
    bytes_limit(&in, length - REQUEST_SIZE);
    if (!whole) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    static const char user[] = "user"; /* with its NUL: the one that must be there */
    bool named = false;
    while (bytes_left(&in) > 1 && !named) {
        struct bytes key = scan_until(&in, '\0');
        named = bytes_equal(&key, user, sizeof user - 1);
        scan_until(&in, '\0');
    }
    return named ? CLAIM_YES : CLAIM_NO;
}

static void look_behind(struct postgresql_state *s, struct segment *seg, struct sink *sink)
{
    struct segment rest = *seg;
    if (bytes_left(&rest.payload) > 0 && starttls_hello(&s->tls, &rest) == CLAIM_NO) {
        starttls_injects(&s->tls, seg, sink, bytes_left(&rest.payload));
    }
}

static enum step take_startup(struct postgresql_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    uint32_t length;
    uint32_t code = read_startup(&in, &length);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (length < REQUEST_SIZE || length > STARTUP_MAX) {
        return STEP_STOP;
    }
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "postgresql", seg->from);
    }
    if (is_request(length, code)) {
        seg->payload = in;
        s->gss = code == GSS_REQUEST;
        if (!s->gss) {
            starttls_asks(&s->tls, seg, sink);
            look_behind(s, seg, sink);
        }
        return STEP_NEXT;
    }
    bytes_skip(&seg->payload, REQUEST_SIZE);
    s->skip[seg->from] = length - REQUEST_SIZE;
    s->started = true;
    starttls_speaks(&s->tls, seg, sink);
    return code == CANCEL_REQUEST ? STEP_STOP : STEP_NEXT;
}

/* 55.2.10: one byte answers the request: S or N; an old server sends an ErrorResponse. */
static enum step take_answer(struct postgresql_state *s, struct segment *seg, struct sink *sink)
{
    int answer = bytes_peek(&seg->payload, 0);
    if (s->gss) {
        s->gss = false;
        bytes_skip(&seg->payload, 1);
        return answer == 'N' ? STEP_NEXT : STEP_STOP; /* G: encrypted by GSSAPI from here on */
    }
    if (answer == 'E') {
        starttls_answers(&s->tls, seg, sink, false);
        return STEP_STOP;
    }
    bytes_skip(&seg->payload, 1);
    if (answer != 'S' && answer != 'N') {
        return STEP_STOP;
    }
    starttls_offers(&s->tls, seg, sink, answer == 'S' ? STARTTLS_OFFERED : STARTTLS_ABSENT);
    starttls_answers(&s->tls, seg, sink, answer == 'S');
    return STEP_NEXT;
}

static enum step take_message(struct postgresql_state *s, const struct segment *seg,
                              struct sink *sink, int type, struct bytes body)
{
    if (seg->from == s->tls.client) {
        if (type == 'p' && s->kind != 0) {
            starttls_exposes(&s->tls, seg, sink, (enum starttls_secret)(s->kind - 1));
        }
        return STEP_NEXT;
    }
    if (type != 'R') {
        return type == 'E' ? STEP_STOP : STEP_NEXT;
    }
    uint32_t code = bytes_u32(&body);
    s->kind = code == AUTH_CLEAR_TEXT ? SECRET_PASSWORD + 1
              : code == AUTH_MD5      ? SECRET_DIGEST + 1
                                      : 0;
    return code == AUTH_OK ? STEP_STOP : STEP_NEXT; /* the session is in clear */
}

/* type(1) length(4), which counts itself. */
static enum step step_message(struct postgresql_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload;
    int type = bytes_u8(&in);
    uint32_t length = bytes_u32(&in);
    if (!bytes_ok(&in)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (length < 4 || length > MESSAGE_MAX) {
        observe_text(sink, seg, OBS_MALFORMED, "postgresql", 1);
        return STEP_STOP;
    }
    if (length >= 8 && bytes_left(&in) < 4) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    seg->payload = in;
    s->skip[seg->from] = length - 4;
    return take_message(s, seg, sink, type, in);
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct postgresql_state *s = state;
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
    if (!s->told || (seg->from == s->tls.client && !s->started)) {
        return take_startup(s, seg, sink);
    }
    bool answers = s->gss || s->tls.phase == STARTTLS_ASKED;
    if (seg->from != s->tls.client && !s->started && answers) {
        return take_answer(s, seg, sink);
    }
    return step_message(s, seg, sink);
}

static enum feed postgresql_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

static enum feed postgresql_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct postgresql_state *s = state;
    uint32_t *skip = &s->skip[from & 1];
    (void)sink;
    s->lost[from & 1] |= missing > *skip;
    *skip -= missing <= *skip ? (uint32_t)missing : *skip;
    return FEED_MORE;
}

const struct analyzer postgresql_analyzer = {
    .name = "postgresql",
    .spec = "PostgreSQL 15 manual, 55",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct postgresql_state),
    .claim = postgresql_claim,
    .feed = postgresql_feed,
    .gap = postgresql_gap,
};

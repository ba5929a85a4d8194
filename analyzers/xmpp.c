/* analyzers/xmpp.c: XMPP streams (RFC 6120), as far as TLS, passwords and dialback (XEP-0220) go.
 *
 * Reads tags of both streams, without their text, until TLS begins or the first stanza is sent. */
#include "analyzers/analyzer.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    CLAIM_LOOK = 512,  /* bytes in which the stream's first tag must end */
    TAG_MAX = 4096,    /* bytes of a tag that a stream may keep waiting */
    DEPTH_MAX = 64,    /* elements in elements */
    ELEMENTS_MAX = 64, /* of one side, before a stanza: more is no handshake */
};

static const char streams_namespace[] = "http://etherx.jabber.org/streams";
static const char tls_namespace[] = "urn:ietf:params:xml:ns:xmpp-tls";

/* One direction. */
struct xmpp_side {
    uint8_t depth;    /* open elements; 1 = inside <stream:stream> */
    uint8_t elements; /* children of the stream so far */
    bool features;    /* inside <stream:features> */
    bool starttls;    /* inside <starttls> of the features */
    bool lost;        /* a hole: not read any more */
    uint8_t secret;   /* 1 + kind that text shows before the next tag; 0 = none */
};

struct xmpp_state {
    struct starttls tls;
    struct xmpp_side side[2];
    uint8_t sasl; /* 1 + kind of secret that the next <response> shows; 0 = none */
    bool told;
    bool dialback;
};

/* One tag: <name attributes>, </name> or <name attributes/>. */
struct tag {
    struct bytes name;       /* without prefix */
    struct bytes attributes; /* all that follows the name */
    bool closes;
    bool empty; /* closes itself */
};

/* Bytes of the tag that begins here; 0: its end is not here. A '>' in quotes ends nothing. */
static uint32_t size_of_tag(const struct bytes *in)
{
    int quote = 0;
    uint32_t most = bytes_left(in) < TAG_MAX ? bytes_left(in) : TAG_MAX;
    for (uint32_t i = 1; i < most; i++) {
        int c = bytes_peek(in, i);
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return i + 1;
        }
    }
    return 0;
}

static void skip_blanks(struct bytes *in)
{
    while (bytes_peek(in, 0) == ' ' || (bytes_peek(in, 0) >= '\t' && bytes_peek(in, 0) <= '\r')) {
        bytes_skip(in, 1);
    }
}

static struct tag read_tag(struct bytes in, uint32_t size)
{
    struct tag tag = { 0 };
    bytes_limit(&in, size - 1);
    bytes_skip(&in, 1);
    tag.empty = bytes_left(&in) > 0 && bytes_peek(&in, bytes_left(&in) - 1) == '/';
    tag.closes = bytes_peek(&in, 0) == '/';
    if (tag.empty) {
        bytes_limit(&in, bytes_left(&in) - 1);
    }
    if (tag.closes) {
        bytes_skip(&in, 1);
    }
    uint32_t n = 0;
    for (int c = bytes_peek(&in, n); c > ' ' && c != '>'; c = bytes_peek(&in, n)) {
        n++;
    }
    tag.name = bytes_take(&in, n);
    for (uint32_t i = 0; i < n; i++) {
        if (bytes_peek(&tag.name, i) == ':') {
            bytes_skip(&tag.name, i + 1);
            break;
        }
    }
    tag.attributes = in;
    return tag;
}

/* The value of an attribute, empty when it is not there. */
static struct bytes attribute(const struct tag *tag, const char *name)
{
    struct bytes rest = tag->attributes;
    while (bytes_left(&rest) > 0) {
        skip_blanks(&rest);
        struct bytes key = scan_trim(scan_until(&rest, '='));
        skip_blanks(&rest);
        int quote = bytes_peek(&rest, 0);
        if (quote != '"' && quote != '\'') {
            break;
        }
        bytes_skip(&rest, 1);
        struct bytes value = scan_until(&rest, (char)quote);
        if (scan_is(&key, name)) {
            return value;
        }
    }
    return bytes_of(NULL, 0, 0);
}

static bool is_of(const struct tag *tag, const char *namespace)
{
    return scan_find(&tag->attributes, namespace) >= 0;
}

/* ["<?xml" ... "?>"] "<stream:stream" with its namespace (RFC 6120 4.7). */
static enum claim xmpp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    uint32_t have = bytes_left(&in);
    bool open = seg->open && have < CLAIM_LOOK;
    for (unsigned tags = 0; tags < 2; tags++) {
        skip_blanks(&in);
        if (bytes_left(&in) == 0) {
            return open ? CLAIM_MORE : CLAIM_NO;
        }
        uint32_t size = bytes_peek(&in, 0) == '<' ? size_of_tag(&in) : 0;
        static const char begins[] = "<stream:stream";
        bool stream = scan_starts(&in, begins);
        bool xml = scan_starts(&in, "<?xml");
        struct bytes want = bytes_of(begins, sizeof begins - 1, sizeof begins - 1);
        bool short_one = bytes_left(&in) < sizeof begins - 1 &&
                         (scan_begins(&want, &in) || bytes_starts(&in, "<?", 2));
        if (size == 0) {
            return open && (stream || xml || short_one) ? CLAIM_MORE : CLAIM_NO;
        }
        if (stream) {
            struct tag tag = read_tag(in, size);
            return is_of(&tag, streams_namespace) ? CLAIM_YES : CLAIM_NO;
        }
        if (!xml) {
            return CLAIM_NO;
        }
        bytes_skip(&in, size);
    }
    return CLAIM_NO;
}

/* The answer to a stream has an id (RFC 6120 4.7.3). */
static void open_stream(struct xmpp_state *s, const struct segment *seg, struct sink *sink,
                        const struct tag *tag)
{
    struct bytes id = attribute(tag, "id");
    bool answers = bytes_left(&id) > 0;
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "xmpp", answers ? (uint8_t)(1 - seg->from) : seg->from);
        bool servers = is_of(tag, "jabber:server");
        observe_text(sink, seg, OBS_XMPP_STREAM, servers ? "server" : "client", 0);
    }
    s->side[seg->from] = (struct xmpp_side){ .depth = 1 };
}

static void look_behind(struct xmpp_state *s, struct segment *seg, struct sink *sink)
{
    struct segment rest = *seg;
    skip_blanks(&rest.payload);
    if (bytes_left(&rest.payload) > 0 && starttls_hello(&s->tls, &rest) == CLAIM_NO) {
        starttls_injects(&s->tls, seg, sink, bytes_left(&rest.payload));
    }
}

/* RFC 6120 6.4.2: <auth mechanism='PLAIN'>words</auth>, or the words in a <response>. */
static void take_auth(struct xmpp_state *s, const struct segment *seg, const struct tag *tag)
{
    struct bytes name = attribute(tag, "mechanism");
    enum starttls_secret kind = starttls_mechanism(&name);
    s->sasl = kind == SECRET_COUNT ? 0 : (uint8_t)(kind + 1);
    s->side[seg->from].secret = s->sasl;
}

static enum step take_client_child(struct xmpp_state *s, struct segment *seg, struct sink *sink,
                                   const struct tag *tag)
{
    if (scan_is(&tag->name, "starttls") && is_of(tag, tls_namespace)) {
        starttls_asks(&s->tls, seg, sink);
        if (tag->empty) {
            look_behind(s, seg, sink);
        }
        return STEP_NEXT;
    }
    starttls_speaks(&s->tls, seg, sink);
    if (scan_is(&tag->name, "auth")) {
        take_auth(s, seg, tag);
    } else if (scan_is(&tag->name, "response")) {
        s->side[seg->from].secret = s->sasl;
    }
    return STEP_NEXT;
}

static void take_server_child(struct xmpp_state *s, const struct segment *seg, struct sink *sink,
                              const struct tag *tag)
{
    struct xmpp_side *side = &s->side[seg->from];
    if (scan_is(&tag->name, "features")) {
        side->features = !tag->empty;
        if (tag->empty) {
            starttls_offers(&s->tls, seg, sink, STARTTLS_ABSENT);
        }
    } else if (s->tls.phase == STARTTLS_ASKED && is_of(tag, tls_namespace)) {
        bool good = scan_is(&tag->name, "proceed");
        if (good || scan_is(&tag->name, "failure")) {
            starttls_answers(&s->tls, seg, sink, good);
        }
    }
}

/* A child of the stream begins. */
static enum step take_child(struct xmpp_state *s, struct segment *seg, struct sink *sink,
                            const struct tag *tag)
{
    bool dialback = scan_is(&tag->name, "result") || scan_is(&tag->name, "verify");
    if (dialback && !s->dialback) {
        s->dialback = true;
        observe_value(sink, seg, OBS_XMPP_DIALBACK, 1);
    }
    if (scan_is(&tag->name, "message") || scan_is(&tag->name, "presence")) {
        starttls_speaks(&s->tls, seg, sink);
        return STEP_STOP; /* TLS will not come any more */
    }
    if (++s->side[seg->from].elements > ELEMENTS_MAX) {
        return STEP_STOP;
    }
    if (seg->from == s->tls.client) {
        return take_client_child(s, seg, sink, tag);
    }
    take_server_child(s, seg, sink, tag);
    return STEP_NEXT;
}

/* An element in a child: of the features, the offer (RFC 6120 5.4.1). */
static void take_grandchild(struct xmpp_state *s, const struct segment *seg, struct sink *sink,
                            const struct tag *tag)
{
    struct xmpp_side *side = &s->side[seg->from];
    if (!side->features) {
        return;
    }
    if (side->depth == 2 && scan_is(&tag->name, "starttls")) {
        side->starttls = !tag->empty;
        starttls_offers(&s->tls, seg, sink, STARTTLS_OFFERED);
    } else if (side->starttls && scan_is(&tag->name, "required")) {
        starttls_offers(&s->tls, seg, sink, STARTTLS_REQUIRED);
    }
}

static void close_element(struct xmpp_state *s, const struct segment *seg, struct sink *sink)
{
    struct xmpp_side *side = &s->side[seg->from];
    side->depth = side->depth > 0 ? (uint8_t)(side->depth - 1) : 0;
    side->starttls &= side->depth > 2;
    side->secret = 0;
    if (side->features && side->depth == 1) {
        side->features = false;
        if (s->tls.phase == STARTTLS_BEFORE) {
            starttls_offers(&s->tls, seg, sink, STARTTLS_ABSENT);
        }
    }
}

static enum step take_tag(struct xmpp_state *s, struct segment *seg, struct sink *sink,
                          const struct tag *tag)
{
    struct xmpp_side *side = &s->side[seg->from];
    int first = bytes_peek(&tag->name, 0);
    if (first == '?' || first == '!') {
        return STEP_NEXT;
    }
    if (tag->closes) {
        close_element(s, seg, sink);
        return STEP_NEXT;
    }
    if (scan_is(&tag->name, "stream") && is_of(tag, streams_namespace)) {
        open_stream(s, seg, sink, tag);
        return STEP_NEXT;
    }
    enum step step = STEP_NEXT;
    if (side->depth == 1) {
        step = take_child(s, seg, sink, tag);
    } else if (side->depth > 1) {
        take_grandchild(s, seg, sink, tag);
    }
    side->depth = (uint8_t)(side->depth + (tag->empty ? 0 : 1));
    return side->depth > DEPTH_MAX ? STEP_STOP : step;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct xmpp_state *s = state;
    struct xmpp_side *side = &s->side[seg->from];
    struct bytes *in = &seg->payload;
    enum claim hello = starttls_hello(&s->tls, seg);
    if (hello != CLAIM_NO) {
        return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
    }
    if (side->lost) {
        bytes_skip(in, bytes_left(in));
        return STEP_NEXT;
    }
    uint32_t n = 0;
    while (n < bytes_left(in) && bytes_peek(in, n) != '<') {
        n++;
    }
    bytes_skip(in, n);
    if (n > 0 && side->secret != 0) {
        starttls_exposes(&s->tls, seg, sink, (enum starttls_secret)(side->secret - 1));
    }
    if (bytes_left(in) == 0) {
        return STEP_NEXT;
    }
    uint32_t size = size_of_tag(in);
    if (size == 0) {
        bool waits = seg->open && bytes_left(in) < TAG_MAX;
        if (!waits) {
            observe_text(sink, seg, seg->open ? OBS_MALFORMED : OBS_CUT, "xmpp", 1);
        }
        return waits ? STEP_WAIT : STEP_STOP;
    }
    struct tag tag = read_tag(*in, size);
    bytes_skip(in, size);
    return take_tag(s, seg, sink, &tag);
}

static enum feed xmpp_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

/* Where in the stream of elements it goes on is not known: only TLS would be. */
static enum feed xmpp_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct xmpp_state *s = state;
    (void)missing;
    (void)sink;
    s->side[from & 1].lost = true;
    return FEED_MORE;
}

const struct analyzer xmpp_analyzer = {
    .name = "xmpp",
    .spec = "RFC 6120",
    .carriers = CARRIER_TCP,
    .inside = true,
    .state_size = sizeof(struct xmpp_state),
    .claim = xmpp_claim,
    .feed = xmpp_feed,
    .gap = xmpp_gap,
};

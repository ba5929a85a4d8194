/* analyzers/telnet.c: Telnet (RFC 854): its options that protect, and passwords typed in the clear.
 */
#include "analyzers/starttls.h"
#include "analyzers/steps.h"

enum {
    TELNET_PORT = 23,
    SE = 240,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
    OPTION_ENCRYPT = 38,   /* RFC 2946 */
    OPTION_START_TLS = 46, /* draft-altman-telnet-starttls-02 */
    OPTION_MAX = 49,       /* of IANA; 138 to 140 besides */
    ENCRYPT_START = 3,
    TLS_FOLLOWS = 1,
    SUB_MAX = 1024,     /* bytes of a subnegotiation that are waited for */
    LOOKED_MAX = 65536, /* bytes of a flow that are looked at */
    TYPED_MAX = 255,
};

static const char prompt[] = "password:";

struct telnet_state {
    struct starttls tls;
    uint32_t looked;
    uint8_t matched; /* letters of the prompt that the server has just sent */
    uint8_t typed;   /* characters since the prompt */
    bool asked;      /* for a password */
    bool told;
    bool encrypts[2]; /* this side's bytes are under ENCRYPT from now on */
};

static bool is_option(int option)
{
    return (option >= 0 && option <= OPTION_MAX) || (option >= 138 && option <= 140);
}

/* Commands at the start: two whole ones, or one at Telnet's own port. */
static enum claim telnet_claim(const struct segment *seg)
{
    const struct bytes *in = &seg->payload;
    unsigned whole = 0;
    bool own_port = seg->port[0] == TELNET_PORT || seg->port[1] == TELNET_PORT;
    if (!seg->first) {
        return CLAIM_NO;
    }
    for (uint32_t at = 0; at < 6; at++) {
        int byte = bytes_peek(in, at);
        bool fits = at % 3 == 0   ? byte == IAC
                    : at % 3 == 1 ? byte >= WILL && byte <= DONT
                                  : is_option(byte);
        if (byte < 0) {
            break;
        }
        if (!fits) {
            return whole > 0 && own_port ? CLAIM_YES : CLAIM_NO;
        }
        whole += at % 3 == 2;
    }
    if (whole == 2 || (whole == 1 && own_port)) {
        return CLAIM_YES;
    }
    return seg->open && bytes_left(in) > 0 ? CLAIM_MORE : CLAIM_NO;
}

static void tell_encrypt(const struct segment *seg, struct sink *sink, const char *word)
{
    observe_text(sink, seg, OBS_TELNET_ENCRYPT, word, 0);
}

static void take_option(struct telnet_state *s, const struct segment *seg, struct sink *sink,
                        uint8_t verb, uint8_t option)
{
    bool server = seg->from != s->tls.client;
    if (option == OPTION_ENCRYPT && !s->encrypts[0] && !s->encrypts[1]) {
        tell_encrypt(seg, sink, verb == WILL || verb == DO ? "offered" : "refused");
    }
    if (option != OPTION_START_TLS) {
        return;
    }
    if (server && verb == DO) {
        starttls_offers(&s->tls, seg, sink, STARTTLS_OFFERED);
    } else if (!server && verb == WILL && s->tls.phase == STARTTLS_BEFORE) {
        starttls_asks(&s->tls, seg, sink);
    } else if (server && verb == DONT && s->tls.phase == STARTTLS_ASKED) {
        starttls_answers(&s->tls, seg, sink, false);
    }
}

static void take_sub(struct telnet_state *s, const struct segment *seg, struct sink *sink,
                     uint8_t option, uint8_t command)
{
    bool server = seg->from != s->tls.client;
    if (option == OPTION_ENCRYPT && command == ENCRYPT_START) {
        s->encrypts[seg->from] = true;
        tell_encrypt(seg, sink, s->encrypts[0] && s->encrypts[1] ? "both" : "started");
    } else if (option == OPTION_START_TLS && command == TLS_FOLLOWS && server &&
               s->tls.phase == STARTTLS_ASKED) {
        starttls_answers(&s->tls, seg, sink, true);
    }
}

/* IAC SB option data IAC SE, with IAC doubled in data (RFC 855). Bytes in all; 0: not whole. */
static uint32_t sub_size(const struct bytes *in)
{
    for (uint32_t at = 3; at + 1 < bytes_left(in); at++) {
        if (bytes_peek(in, at) == IAC) {
            if (bytes_peek(in, at + 1) == SE) {
                return at + 2;
            }
            at++;
        }
    }
    return 0;
}

static enum step take_command(struct telnet_state *s, struct segment *seg, struct sink *sink)
{
    struct bytes *in = &seg->payload;
    int verb = bytes_peek(in, 1), option = bytes_peek(in, 2);
    if (verb < 0 || (verb >= SB && verb < IAC && option < 0)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    if (verb == SB) {
        uint32_t size = sub_size(in);
        if (size == 0) {
            return seg->open && bytes_left(in) < SUB_MAX ? STEP_WAIT : STEP_STOP;
        }
        take_sub(s, seg, sink, (uint8_t)option, (uint8_t)bytes_peek(in, 3));
        bytes_skip(in, size);
    } else if (verb >= WILL && verb <= DONT) {
        take_option(s, seg, sink, (uint8_t)verb, (uint8_t)option);
        bytes_skip(in, 3);
    } else {
        bytes_skip(in, 2);
    }
    return STEP_NEXT;
}

/* What the server prints, letter by letter. */
static void take_print(struct telnet_state *s, uint8_t byte)
{
    uint8_t letter = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
    if (letter != (uint8_t)prompt[s->matched]) {
        s->matched = 0;
    }
    if (letter == (uint8_t)prompt[s->matched]) {
        s->matched++;
    }
    if (s->matched == sizeof prompt - 1) {
        s->matched = 0;
        s->asked = true;
        s->typed = 0;
    }
}

static void take_key(struct telnet_state *s, const struct segment *seg, struct sink *sink,
                     uint8_t byte)
{
    if (s->asked && (byte == '\r' || byte == '\n')) {
        if (s->typed > 0) {
            starttls_exposes(&s->tls, seg, sink, SECRET_PASSWORD);
        }
        s->asked = false;
    } else if (s->asked && byte >= ' ' && s->typed < TYPED_MAX) {
        s->typed++;
    }
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct telnet_state *s = state;
    struct bytes *in = &seg->payload;
    if (!s->told) { /* options are asked for from both sides: they do not tell who is who */
        s->told = true;
        starttls_begin(&s->tls, seg, sink, "telnet", seg->port[0] == TELNET_PORT ? 1 : 0);
    }
    bool stop = s->encrypts[0] && s->encrypts[1];
    if (stop || s->looked > LOOKED_MAX) {
        return STEP_STOP;
    }
    s->looked++;
    if (s->encrypts[seg->from]) {
        bytes_skip(in, bytes_left(in));
        return STEP_NEXT;
    }
    if (s->tls.phase == STARTTLS_ACCEPTED && bytes_peek(in, 0) != IAC) {
        enum claim hello = starttls_hello(&s->tls, seg);
        if (hello != CLAIM_NO) {
            return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
        }
    }
    if (bytes_peek(in, 0) == IAC) {
        return take_command(s, seg, sink);
    }
    uint8_t byte = bytes_u8(in);
    if (seg->from == s->tls.client) {
        take_key(s, seg, sink, byte);
    } else {
        take_print(s, byte);
    }
    return STEP_NEXT;
}

static enum feed telnet_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

/* What was lost may have been any command, and a prompt. */
static enum feed telnet_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct telnet_state *s = state;
    (void)from;
    (void)missing;
    (void)sink;
    s->asked = false;
    s->matched = 0;
    return FEED_MORE;
}

const struct analyzer telnet_analyzer = {
    .name = "telnet",
    .spec = "RFC 854, RFC 2946, draft-altman-telnet-starttls-02",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct telnet_state),
    .claim = telnet_claim,
    .feed = telnet_feed,
    .gap = telnet_gap,
};

/* analyzers/lines.c: mail and file transfer that talk in lines, as far as TLS and passwords go:
 * SMTP (RFC 5321, 3207), FTP (RFC 959, 4217), POP3 (RFC 1939, 2595) and IMAP (RFC 9051, 2595).
 *
 * The server greets and the client's first command tells which it is. Read until TLS begins, or
 * until the mail or files do. */
#include "analyzers/analyzer.h"
#include "analyzers/lines_commands.h"
#include "analyzers/starttls.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    LINE_MAX = 4096,     /* bytes of a line that a stream may keep waiting */
    TAG_MAX = 16,        /* bytes of an IMAP tag that are kept */
    LITERAL_MAX = 65536, /* bytes of an IMAP literal that are stepped over */
    RESYNCHRONISATIONS_MAX = 16,
};

/* One direction. */
struct line_side {
    uint32_t skip;  /* bytes of an IMAP literal still to come */
    bool continues; /* the next line goes on after a literal */
    bool lost;      /* the middle of a line: it is dropped */
};

struct lines_state {
    struct starttls tls;
    struct line_side side[2];
    uint8_t protocol; /* enum line_protocol; several bits: not decided */
    uint8_t server;   /* side; valid once greeted */
    bool greeted;
    bool told;      /* the protocol was reported */
    bool listing;   /* the server tells what it can do */
    bool listed;    /* POP3: the list's first line came */
    bool anonymous; /* FTP: the user has no password */
    uint8_t sasl;   /* 1 + kind of secret whose words come next; 0 = none */
    uint8_t thrown; /* pieces of no protocol */
    uint8_t tag_size;
    uint8_t tag[TAG_MAX];  /* IMAP: of the request for TLS */
    uint32_t waiting;      /* commands without a final reply */
    uint32_t until_answer; /* replies until that to the request for TLS; 0 = it is not awaited */
};

/* --- greetings ------------------------------------------------------------------------------ */

/* Could this be a greeting, and of what? `+OK` and `220` need a command to be certain. */
static uint8_t protocols_of_greeting(const struct bytes *line)
{
    if (scan_starts(line, "* OK ") || scan_starts(line, "* PREAUTH ")) {
        return IMAP;
    }
    if (bytes_starts(line, "+OK", 3) && (bytes_left(line) == 3 || bytes_peek(line, 3) == ' ')) {
        return POP3;
    }
    if (!bytes_starts(line, "220", 3) ||
        (bytes_peek(line, 3) != ' ' && bytes_peek(line, 3) != '-')) {
        return NOT_KNOWN;
    }
    bool smtp = scan_find(line, "SMTP") >= 0;
    bool ftp = scan_find(line, "FTP") >= 0;
    return smtp != ftp ? (smtp ? SMTP : FTP) : SMTP | FTP;
}

static bool is_text(const struct bytes *line)
{
    for (uint32_t i = 0; i < bytes_left(line); i++) {
        int c = bytes_peek(line, i);
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* RFC 5321 4.1.1.1: "EHLO " domain; the client may be all that was captured. */
static bool is_hello(const struct bytes *line)
{
    bool starts = scan_starts(line, "EHLO ") || scan_starts(line, "HELO ");
    return starts && bytes_left(line) > 5;
}

static bool may_begin(const struct bytes *in)
{
    static const char *const starts[] = { "* OK ", "* PREAUTH ", "+OK", "220", "EHLO ", "HELO " };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        uint32_t n = 0;
        while (starts[i][n] != '\0' && bytes_peek(in, n) == starts[i][n]) {
            n++;
        }
        if (starts[i][n] == '\0' || n == bytes_left(in)) {
            return true;
        }
    }
    return false;
}

static enum claim lines_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    struct bytes line;
    if (!seg->first || !may_begin(&in)) {
        return CLAIM_NO;
    }
    if (!scan_line(&in, &line)) {
        return seg->open && bytes_left(&in) < LINE_MAX && is_text(&in) ? CLAIM_MORE : CLAIM_NO;
    }
    bool greets = protocols_of_greeting(&line) != NOT_KNOWN || is_hello(&line);
    return greets && is_text(&line) ? CLAIM_YES : CLAIM_NO;
}

/* --- what is known -------------------------------------------------------------------------- */

static const char *name_of(uint8_t protocol)
{
    return protocol == SMTP ? "smtp" : protocol == FTP ? "ftp" : protocol == POP3 ? "pop3" : "imap";
}

static void decide(struct lines_state *s, const struct segment *seg, struct sink *sink,
                   uint8_t protocol, uint8_t client)
{
    s->protocol = protocol;
    if (!s->told) {
        s->told = true;
        starttls_begin(&s->tls, seg, sink, name_of(protocol), client);
    }
}

/* --- the client ----------------------------------------------------------------------------- */

/* Behind the request for TLS, in the same piece: what the server may take as said under TLS. */
static void look_behind(struct lines_state *s, struct segment *seg, struct sink *sink)
{
    struct segment rest = *seg;
    if (bytes_left(&rest.payload) > 0 && starttls_hello(&s->tls, &rest) == CLAIM_NO) {
        starttls_injects(&s->tls, seg, sink, bytes_left(&rest.payload));
    }
}

static void ask(struct lines_state *s, struct segment *seg, struct sink *sink,
                const struct bytes *tag)
{
    struct bytes copy = *tag;
    s->tag_size = 0;
    if (bytes_left(tag) <= TAG_MAX && bytes_copy(&copy, s->tag, bytes_left(tag))) {
        s->tag_size = (uint8_t)bytes_left(tag);
    }
    s->until_answer = s->waiting;
    starttls_asks(&s->tls, seg, sink);
    look_behind(s, seg, sink);
}

/* RFC 4954 4, RFC 5034 4, RFC 9051 6.2.2: mechanism [SP initial-response]. */
static void begin_sasl(struct lines_state *s, const struct segment *seg, struct sink *sink,
                       struct bytes rest)
{
    struct bytes mechanism = scan_word(&rest);
    enum starttls_secret kind = starttls_mechanism(&mechanism);
    bool initial = bytes_left(&rest) > 1;
    s->sasl = kind == SECRET_COUNT ? 0 : (uint8_t)(kind + 1);
    if (initial && kind != SECRET_COUNT && kind != SECRET_NTLM) {
        starttls_exposes(&s->tls, seg, sink, kind);
    }
}

static void note_user(struct lines_state *s, const struct bytes *name)
{
    s->anonymous = s->protocol == FTP && (scan_is(name, "anonymous") || scan_is(name, "ftp"));
}

static enum step act(struct lines_state *s, struct segment *seg, struct sink *sink,
                     const struct line_command *command, struct bytes rest, const struct bytes *tag)
{
    bool more = bytes_left(&rest) > 0;
    switch ((enum line_action)command->action) {
    case ACTION_NONE:
        return STEP_NEXT;
    case ACTION_LIST:
        s->listing = true;
        s->listed = false;
        return STEP_NEXT;
    case ACTION_ASK_AUTH:
        if (!scan_starts(&rest, "TLS") && !scan_starts(&rest, "SSL")) {
            return STEP_NEXT;
        }
        ask(s, seg, sink, tag);
        return STEP_NEXT;
    case ACTION_ASK:
        ask(s, seg, sink, tag);
        return STEP_NEXT;
    case ACTION_USER:
        note_user(s, &rest);
        return STEP_NEXT;
    case ACTION_PASSWORD:
        starttls_exposes(&s->tls, seg, sink,
                         more && !s->anonymous ? SECRET_PASSWORD : SECRET_COUNT);
        return STEP_NEXT;
    case ACTION_LOGIN:
        starttls_exposes(&s->tls, seg, sink, more ? SECRET_LOGIN : SECRET_COUNT);
        return STEP_NEXT;
    case ACTION_DIGEST:
        starttls_exposes(&s->tls, seg, sink, more ? SECRET_CRAM_MD5 : SECRET_COUNT);
        return STEP_NEXT;
    case ACTION_SASL:
        begin_sasl(s, seg, sink, rest);
        return STEP_NEXT;
    case ACTION_END:
        return STEP_STOP;
    }
    return STEP_STOP;
}

/* RFC 9051 4.3: a line that ends with {n} or {n+} goes on after n bytes. */
static void note_literal(struct line_side *side, const struct bytes *line)
{
    uint32_t left = bytes_left(line), digits = 0, end = left;
    uint64_t size = 0;
    side->continues = false;
    if (left < 3 || bytes_peek(line, --end) != '}') {
        return;
    }
    end -= bytes_peek(line, end - 1) == '+';
    while (digits < end && digits < 6 && bytes_peek(line, end - 1 - digits) >= '0' &&
           bytes_peek(line, end - 1 - digits) <= '9') {
        digits++;
    }
    struct bytes number = *line;
    bytes_skip(&number, end - digits);
    bytes_limit(&number, digits);
    if (digits < end && bytes_peek(line, end - 1 - digits) == '{' &&
        scan_number(&number, LITERAL_MAX, &size)) {
        side->skip = (uint32_t)size;
        side->continues = true;
    }
}

/* Words of a SASL exchange are one word of base64, "*" or "=" (RFC 4954 4). */
static bool is_sasl_word(const struct bytes *line)
{
    return bytes_left(line) > 0 && scan_find(line, " ") < 0 && scan_find(line, ":") < 0;
}

static void take_sasl_word(struct lines_state *s, const struct segment *seg, struct sink *sink,
                           const struct bytes *line)
{
    static const char ntlm_negotiate[] = "TlRMTVNTUAAB"; /* [MS-NLMP] 2.2.1.1: asks only */
    enum starttls_secret kind = (enum starttls_secret)(s->sasl - 1);
    bool asks = bytes_starts(line, ntlm_negotiate, sizeof ntlm_negotiate - 1);
    if (!scan_is(line, "*") && !asks) {
        starttls_exposes(&s->tls, seg, sink, kind);
    }
}

static enum step take_command(struct lines_state *s, struct segment *seg, struct sink *sink,
                              struct bytes line)
{
    struct line_side *side = &s->side[seg->from];
    if (side->continues || (s->sasl != 0 && is_sasl_word(&line))) {
        bool words = !side->continues;
        note_literal(side, &line);
        if (words) {
            take_sasl_word(s, seg, sink, &line);
        }
        return STEP_NEXT;
    }
    s->sasl = 0;
    struct bytes rest = line;
    struct bytes tag = bytes_of(NULL, 0, 0);
    if (s->protocol == IMAP) {
        tag = scan_word(&rest);
        note_literal(side, &line);
    }
    struct bytes word = scan_word(&rest);
    const struct line_command *command = lines_commands_find(s->protocol, &word);
    if (command == NULL && !s->told) {
        return STEP_RELEASE; /* something else that greets so */
    }
    if (command != NULL) {
        decide(s, seg, sink, command->protocol, seg->from);
    }
    s->waiting++;
    starttls_speaks(&s->tls, seg, sink);
    return command != NULL ? act(s, seg, sink, command, rest, &tag) : STEP_NEXT;
}

/* --- the server ----------------------------------------------------------------------------- */

/* The three digits of a reply (RFC 5321 4.2, RFC 959 4.2), 0 = none; ret_last: its last line. */
static unsigned reply_code(const struct bytes *line, bool *ret_last)
{
    unsigned code = 0;
    for (uint32_t i = 0; i < 3; i++) {
        int c = bytes_peek(line, i);
        if (c < '0' || c > '9') {
            return 0;
        }
        code = code * 10 + (unsigned)(c - '0');
    }
    int next = bytes_peek(line, 3);
    *ret_last = next == ' ' || next < 0;
    return *ret_last || next == '-' ? code : 0;
}

static void end_list(struct lines_state *s, const struct segment *seg, struct sink *sink)
{
    s->listing = false;
    s->listed = false;
    if (s->tls.phase == STARTTLS_BEFORE && !s->side[seg->from].lost) {
        starttls_offers(&s->tls, seg, sink, STARTTLS_ABSENT);
    }
}

static void take_final_reply(struct lines_state *s, const struct segment *seg, struct sink *sink,
                             bool good)
{
    s->waiting -= s->waiting > 0;
    s->sasl = 0;
    if (s->until_answer > 0 && --s->until_answer == 0 && s->tls.phase == STARTTLS_ASKED) {
        starttls_answers(&s->tls, seg, sink, good);
    }
}

/* SMTP and FTP. Their capabilities: "250-STARTTLS", " AUTH TLS". */
static void take_code_reply(struct lines_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes line)
{
    bool last = true;
    unsigned code = reply_code(&line, &last);
    struct bytes text = line;
    bytes_skip(&text, code != 0 ? (bytes_left(&text) > 3 ? 4 : 3) : 0);
    text = scan_trim(text);
    bool ftp = s->protocol == FTP;
    bool word = ftp ? scan_starts(&text, "AUTH TLS") || scan_starts(&text, "AUTH SSL")
                    : scan_is(&text, "STARTTLS");
    if (s->listing && word && s->tls.phase == STARTTLS_BEFORE) {
        starttls_offers(&s->tls, seg, sink, STARTTLS_OFFERED);
    }
    if (code == 0 || !last || code / 100 == 1 || (!ftp && code == 334)) {
        return;
    }
    if (s->listing) {
        if (code / 100 == 2) {
            end_list(s, seg, sink);
        }
        s->listing = false;
    }
    if (!ftp && code == 530 && scan_find(&text, "STARTTLS") >= 0) { /* RFC 3207 4 */
        starttls_offers(&s->tls, seg, sink, STARTTLS_REQUIRED);
    }
    take_final_reply(s, seg, sink, code == (ftp ? 234 : 220));
}

static void take_pop3_reply(struct lines_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes line)
{
    bool good = bytes_starts(&line, "+OK", 3), bad = bytes_starts(&line, "-ERR", 4);
    if (s->listed) {
        if (scan_is(&line, "STLS")) {
            starttls_offers(&s->tls, seg, sink, STARTTLS_OFFERED);
        } else if (scan_is(&line, ".")) {
            end_list(s, seg, sink);
        }
        return;
    }
    if (good || bad) {
        s->listed = s->listing && good;
        s->listing = s->listed;
        take_final_reply(s, seg, sink, good);
    }
}

/* RFC 9051 7.2.2: a list of words, in a line of its own or in [] of a greeting. */
static void take_capabilities(struct lines_state *s, const struct segment *seg, struct sink *sink,
                              struct bytes line)
{
    struct bytes word;
    bool offered = false, disabled = false;
    while (bytes_left(&line) > 0) {
        word = scan_word(&line);
        word = scan_until(&word, ']');
        offered |= scan_is(&word, "STARTTLS");
        disabled |= scan_is(&word, "LOGINDISABLED");
    }
    if (s->tls.phase == STARTTLS_BEFORE) {
        starttls_offers(&s->tls, seg, sink,
                        !offered   ? STARTTLS_ABSENT
                        : disabled ? STARTTLS_REQUIRED
                                   : STARTTLS_OFFERED);
    }
}

static void take_imap_reply(struct lines_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes line)
{
    struct bytes rest = line;
    struct bytes tag = scan_word(&rest);
    if (scan_is(&tag, "*")) {
        if (scan_starts(&rest, "CAPABILITY ") || scan_find(&rest, "[CAPABILITY ") >= 0) {
            take_capabilities(s, seg, sink, rest);
        }
        return;
    }
    struct bytes word = scan_word(&rest);
    bool good = scan_is(&word, "OK");
    if (!good && !scan_is(&word, "NO") && !scan_is(&word, "BAD")) {
        return;
    }
    s->sasl = 0;
    if (s->tls.phase == STARTTLS_ASKED && s->tag_size > 0 &&
        bytes_equal(&tag, s->tag, s->tag_size)) {
        starttls_answers(&s->tls, seg, sink, good);
    }
}

/* Of more than one line each may tell what it is; the last one ends it. */
static enum step take_greeting(struct lines_state *s, const struct segment *seg, struct sink *sink,
                               const struct bytes *line)
{
    uint8_t protocols = protocols_of_greeting(line);
    bool last = true;
    unsigned code = reply_code(line, &last);
    bool narrower = (s->protocol & protocols) != 0;
    s->protocol = s->protocol == NOT_KNOWN ? protocols
                  : narrower               ? s->protocol & protocols
                                           : s->protocol;
    s->greeted = s->protocol != (s->protocol & (SMTP | FTP)) || (code != 0 && last);
    if (s->greeted && (s->protocol & (s->protocol - 1)) == 0 && s->protocol != POP3) {
        decide(s, seg, sink, s->protocol, (uint8_t)(1 - seg->from));
    }
    if (s->protocol == IMAP) {
        take_imap_reply(s, seg, sink, *line);
    }
    return STEP_NEXT;
}

static enum step take_reply(struct lines_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes line)
{
    bool last = true;
    if (!s->greeted && (!s->told || reply_code(&line, &last) == 220)) {
        return take_greeting(s, seg, sink, &line);
    }
    s->greeted = true;
    if (s->protocol == IMAP) {
        note_literal(&s->side[seg->from], &line);
        take_imap_reply(s, seg, sink, line);
    } else if (s->protocol == POP3) {
        take_pop3_reply(s, seg, sink, line);
    } else {
        take_code_reply(s, seg, sink, line);
    }
    return STEP_NEXT;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* Who speaks first: a server greets, a client says EHLO. */
static bool learn_sides(struct lines_state *s, const struct segment *seg, struct sink *sink,
                        const struct bytes *line)
{
    if (s->told || s->greeted || s->protocol != NOT_KNOWN) {
        return true;
    }
    if (is_hello(line)) {
        s->server = (uint8_t)(1 - seg->from);
        decide(s, seg, sink, SMTP, seg->from);
        return true;
    }
    s->server = seg->from;
    return protocols_of_greeting(line) != NOT_KNOWN;
}

static enum step lose(struct lines_state *s, struct segment *seg, struct sink *sink)
{
    if (!s->told) {
        return STEP_RELEASE;
    }
    if (s->thrown == 0) {
        observe_text(sink, seg, OBS_MALFORMED, name_of(s->protocol), 1);
    }
    s->side[seg->from].lost = true;
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    return ++s->thrown > RESYNCHRONISATIONS_MAX ? STEP_STOP : STEP_NEXT;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct lines_state *s = state;
    struct line_side *side = &s->side[seg->from];
    struct bytes *in = &seg->payload;
    if (side->skip > 0) {
        uint32_t here = side->skip < bytes_left(in) ? side->skip : bytes_left(in);
        bytes_skip(in, here);
        side->skip -= here;
        return STEP_NEXT;
    }
    enum claim hello = starttls_hello(&s->tls, seg);
    if (hello != CLAIM_NO) {
        return hello == CLAIM_YES ? STEP_RELEASE : STEP_WAIT;
    }
    struct bytes line;
    struct bytes rest = *in;
    if (!scan_line(&rest, &line)) {
        bool long_one = bytes_left(in) > LINE_MAX || side->lost;
        return !seg->open || long_one ? lose(s, seg, sink) : STEP_WAIT;
    }
    *in = rest;
    if (side->lost) {
        side->lost = false;
        return STEP_NEXT;
    }
    if (!is_text(&line)) {
        return lose(s, seg, sink);
    }
    if (!learn_sides(s, seg, sink, &line)) {
        return STEP_RELEASE;
    }
    return seg->from == s->server ? take_reply(s, seg, sink, line)
                                  : take_command(s, seg, sink, line);
}

static enum feed lines_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

/* The answer to a request may be in the hole: nothing is said of it. */
static enum feed lines_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct lines_state *s = state;
    struct line_side *side = &s->side[from & 1];
    (void)sink;
    if (missing <= side->skip) {
        side->skip -= (uint32_t)missing;
        return FEED_MORE;
    }
    *side = (struct line_side){ .lost = true };
    s->until_answer = 0;
    s->waiting = 0;
    s->sasl = 0;
    s->listing = false;
    s->listed = false;
    return FEED_MORE;
}

const struct analyzer lines_analyzer = {
    .name = "lines",
    .spec = "RFC 3207, RFC 2595, RFC 4217",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct lines_state),
    .claim = lines_claim,
    .feed = lines_feed,
    .gap = lines_gap,
};

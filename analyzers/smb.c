/* analyzers/smb.c: SMB 1 to 3 over TCP ([MS-SMB], [MS-SMB2]): what was negotiated, and which
 * messages were encrypted, signed or neither. */
#include <stdio.h>

#include "analyzers/starttls.h"
#include "analyzers/steps.h"

enum {
    NBSS_MESSAGE = 0x00, /* RFC 1002 4.3.1, [MS-SMB2] 2.1: type(1) length(3) */
    NBSS_REQUEST = 0x81,
    NBSS_POSITIVE = 0x82,
    NBSS_KEEP_ALIVE = 0x85,
    HEAD_MAX = 2048, /* bytes of a message that are looked at; the rest is stepped over */
    SMB1_HEADER = 32,
    SMB2_HEADER = 64,
    CHAIN_MAX = 16, /* messages in one */
    CONTEXTS_MAX = 16,
    DIALECTS_MAX = 32,
    CLEAR_ENOUGH = 256, /* messages in clear after which nothing more is wanted */
};

/* [MS-SMB2] 2.2.1.2 */
enum command {
    NEGOTIATE = 0x00,
    SESSION_SETUP = 0x01,
    LOGOFF = 0x02,
    TREE_CONNECT = 0x03,
    TREE_DISCONNECT = 0x04,
    IOCTL = 0x0b,
    CANCEL = 0x0c,
    ECHO = 0x0d,
};

enum {
    FLAG_RESPONSE = 0x01,
    FLAG_SIGNED = 0x08,
    SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP = 0x73,
    SMB1_REPLY = 0x80,
    SMB1_SIGNED = 0x0004,     /* Flags2 */
    ENCRYPT_PASSWORDS = 0x02, /* SecurityMode of SMB 1 */
    CAPABILITY_ENCRYPTION = 0x40,
    SESSION_GUEST = 0x01,
    SESSION_NULL = 0x02,
    SESSION_ENCRYPT = 0x04,
    SHARE_ENCRYPT = 0x8000,
    CONTEXT_ENCRYPTION = 2,
    CONTEXT_SIGNING = 8,
    VALIDATE_NEGOTIATE = 0x00140204, /* [MS-SMB2] 2.2.31: no data of anybody */
    QUERY_INTERFACES = 0x001401fc,
    GET_REFERRALS = 0x00060194, /* [MS-DFSC]: names of shares, as when one connects to them */
    DIALECT_WILDCARD = 0x02ff,
    STATUS_PENDING = 0x103,
    SEVERITY_ERROR = 3, /* [MS-ERREF] 2.3 */
};

struct smb_state {
    uint32_t skip[2]; /* bytes of a message still to be stepped over */
    uint32_t encrypted, clear, is_signed;
    uint64_t packet, time_us; /* of the newest message */
    bool told;
    bool lost[2];         /* where messages begin is not known */
    bool plain_passwords; /* SMB 1: the server asked for them */
    bool share_told;
    uint16_t dialect;
};

static const char *dialect_name(uint16_t revision, char *buffer, size_t size)
{
    switch (revision) {
    case 0x0202:
        return "2.0.2";
    case 0x0210:
        return "2.1";
    case 0x0300:
        return "3.0";
    case 0x0302:
        return "3.0.2";
    case 0x0311:
        return "3.1.1";
    default:
        snprintf(buffer, size, "0x%04x", revision);
        return buffer;
    }
}

static void tell_code(const struct segment *seg, struct sink *sink, enum observation_kind kind,
                      const char *const *names, uint32_t count, uint16_t code)
{
    char unknown[8];
    snprintf(unknown, sizeof unknown, "0x%04x", code);
    observe_text(sink, seg, kind, code < count && names[code] != NULL ? names[code] : unknown,
                 code);
}

static const char *const ciphers[] = { NULL, "AES-128-CCM", "AES-128-GCM", "AES-256-CCM",
                                       "AES-256-GCM" };
static const char *const signings[] = { "HMAC-SHA256", "AES-CMAC", "AES-GMAC" };

/* SecurityMode, [MS-SMB2] 2.2.3: enabled 1, required 2. */
static const char *signing_word(uint16_t mode)
{
    return (mode & 2) != 0 ? "required" : (mode & 1) != 0 ? "enabled" : "no";
}

/* NegotiateContextList, [MS-SMB2] 2.2.4.1: type(2) length(2) reserved(4) data, each at 8 bytes. */
static void take_contexts(const struct segment *seg, struct sink *sink, struct bytes in,
                          uint16_t count)
{
    for (uint16_t i = 0; i < count && i < CONTEXTS_MAX && bytes_left(&in) > 0; i++) {
        uint16_t type = bytes_le16(&in), length = bytes_le16(&in);
        bytes_skip(&in, 4);
        struct bytes data = bytes_take(&in, length);
        uint16_t chosen = bytes_le16(&data);
        uint16_t value = bytes_le16(&data);
        if (!bytes_ok(&data) || chosen != 1) {
            value = UINT16_MAX;
        }
        if (type == CONTEXT_ENCRYPTION && value != UINT16_MAX && value != 0) {
            tell_code(seg, sink, OBS_SMB_CIPHER, ciphers, 5, value);
        } else if (type == CONTEXT_SIGNING && value != UINT16_MAX) {
            tell_code(seg, sink, OBS_SMB_SIGNING_ALGORITHM, signings, 3, value);
        }
        uint32_t padding = -(uint32_t)length & 7;
        bytes_skip(&in, padding < bytes_left(&in) ? padding : bytes_left(&in));
    }
}

/* [MS-SMB2] 2.2.4; whole begins at the header. */
static void take_negotiated(struct smb_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes whole)
{
    struct bytes in = whole;
    char unknown[8];
    bytes_skip(&in, SMB2_HEADER);
    uint16_t size = bytes_le16(&in), mode = bytes_le16(&in), dialect = bytes_le16(&in);
    uint16_t contexts = bytes_le16(&in);
    bytes_skip(&in, 16);
    uint32_t capabilities = bytes_le32(&in);
    bytes_skip(&in, 32);
    uint32_t offset = bytes_le32(&in);
    if (!bytes_ok(&in) || size != 65 || dialect == DIALECT_WILDCARD) {
        return;
    }
    s->dialect = dialect;
    observe_text(sink, seg, OBS_SMB_DIALECT, dialect_name(dialect, unknown, sizeof unknown),
                 dialect);
    observe_text(sink, seg, OBS_SMB_SERVER_SIGNING, signing_word(mode), mode);
    if ((dialect == 0x0300 || dialect == 0x0302) && (capabilities & CAPABILITY_ENCRYPTION) != 0) {
        tell_code(seg, sink, OBS_SMB_CIPHER, ciphers, 5, 1); /* 3.3.5.4: the only one */
    }
    if (dialect == 0x0311 && offset >= SMB2_HEADER && offset <= bytes_left(&whole)) {
        bytes_skip(&whole, offset);
        take_contexts(seg, sink, whole, contexts);
    }
}

/* [MS-SMB2] 2.2.3, behind the header. */
static void take_offer(const struct segment *seg, struct sink *sink, struct bytes in)
{
    char unknown[8];
    uint16_t size = bytes_le16(&in), count = bytes_le16(&in), mode = bytes_le16(&in);
    bytes_skip(&in, 30);
    if (!bytes_ok(&in) || size != 36) {
        return;
    }
    observe_text(sink, seg, OBS_SMB_CLIENT_SIGNING, signing_word(mode), mode);
    for (uint16_t i = 0; i < count && i < DIALECTS_MAX; i++) {
        uint16_t dialect = bytes_le16(&in);
        if (bytes_ok(&in)) {
            observe_text(sink, seg, OBS_SMB_OFFER, dialect_name(dialect, unknown, sizeof unknown),
                         dialect);
        }
    }
}

/* [MS-SMB2] 2.2.6 and 2.2.10, behind the header of a response. */
static void take_session(const struct segment *seg, struct sink *sink, struct bytes in)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } flags[] = { { SESSION_GUEST, "guest" },
                  { SESSION_NULL, "anonymous" },
                  { SESSION_ENCRYPT, "encrypt" } };
    uint16_t size = bytes_le16(&in), said = bytes_le16(&in);
    for (size_t i = 0; i < 3 && bytes_ok(&in) && size == 9; i++) {
        if ((said & flags[i].bit) != 0) {
            observe_text(sink, seg, OBS_SMB_SESSION, flags[i].name, 0);
        }
    }
}

static void take_tree(struct smb_state *s, const struct segment *seg, struct sink *sink,
                      struct bytes in)
{
    uint16_t size = bytes_le16(&in);
    bytes_skip(&in, 2);
    uint32_t flags = bytes_le32(&in);
    if (bytes_ok(&in) && size == 16 && (flags & SHARE_ENCRYPT) != 0 && !s->share_told) {
        s->share_told = true;
        observe_value(sink, seg, OBS_SMB_SHARE_ENCRYPT, 1);
    }
}

static void note_encrypted(struct smb_state *s, const struct segment *seg, struct sink *sink)
{
    if (s->encrypted++ == 0) {
        observe_value(sink, seg, OBS_SMB_ENCRYPTED, 1);
    }
}

/* What it says of files, or of nothing that belongs to anybody. */
static void note_clear(struct smb_state *s, const struct segment *seg, struct sink *sink,
                       bool is_signed)
{
    s->is_signed += is_signed;
    if (s->clear++ == 0) {
        observe_value(sink, seg, OBS_SMB_CLEAR, 1);
    }
}

static void note_command(struct smb_state *s, const struct segment *seg, struct sink *sink,
                         uint16_t command, bool is_signed, struct bytes body)
{
    bool data = command > TREE_DISCONNECT && command != CANCEL && command != ECHO;
    if (command == IOCTL) {
        bytes_skip(&body, 4);
        uint32_t code = bytes_le32(&body);
        data = !bytes_ok(&body) ||
               (code != VALIDATE_NEGOTIATE && code != QUERY_INTERFACES && code != GET_REFERRALS);
    }
    if (data) {
        note_clear(s, seg, sink, is_signed);
    }
}

/* [MS-SMB2] 2.2.1: magic(4) size(2) charge(2) status(4) command(2) credits(2) flags(4) next(4) ...
 */
static uint32_t take_smb2(struct smb_state *s, const struct segment *seg, struct sink *sink,
                          struct bytes whole)
{
    struct bytes in = whole;
    bytes_skip(&in, 8);
    uint32_t status = bytes_le32(&in);
    uint16_t command = bytes_le16(&in);
    bytes_skip(&in, 2);
    uint32_t flags = bytes_le32(&in), next = bytes_le32(&in);
    bytes_skip(&in, SMB2_HEADER - 24);
    if (!bytes_ok(&in)) {
        observe_text(sink, seg, OBS_MALFORMED, "smb", 1);
        return 0;
    }
    bool response = (flags & FLAG_RESPONSE) != 0;
    if (response && (status >> 30 == SEVERITY_ERROR || status == STATUS_PENDING)) {
        return next; /* 2.2.2: an error, of no data */
    }
    if (command == NEGOTIATE && response) {
        take_negotiated(s, seg, sink, whole);
    } else if (command == NEGOTIATE) {
        take_offer(seg, sink, in);
    } else if (command == SESSION_SETUP && response) {
        take_session(seg, sink, in);
    } else if (command == TREE_CONNECT && response) {
        take_tree(s, seg, sink, in);
    } else {
        note_command(s, seg, sink, command, (flags & FLAG_SIGNED) != 0, in);
    }
    return next;
}

/* [MS-CIFS] 2.2.4.52.2: words(1) index(2) mode(1) ...; client's offer: 0x02 name NUL each. */
static void take_smb1_negotiate(struct smb_state *s, const struct segment *seg, struct sink *sink,
                                bool reply, struct bytes in)
{
    uint8_t words = bytes_u8(&in);
    uint16_t index = bytes_le16(&in);
    uint8_t mode = bytes_u8(&in);
    if (!reply || !bytes_ok(&in) || words == 0 || index == UINT16_MAX) {
        return;
    }
    bool nt = words >= 17;
    observe_text(sink, seg, OBS_SMB_DIALECT, nt ? "1.0" : "lanman", 0x0100);
    observe_text(sink, seg, OBS_SMB_SERVER_SIGNING, nt ? signing_word(mode >> 2 & 3) : "no", mode);
    s->plain_passwords = nt && (mode & ENCRYPT_PASSWORDS) == 0;
}

/* [MS-CIFS] 2.2.4.53.1: words 13: andx(4) buffer(2) mpx(2) vc(2) key(4) two lengths of passwords.
 */
static void take_smb1_setup(const struct smb_state *s, const struct segment *seg, struct sink *sink,
                            struct bytes in)
{
    uint8_t words = bytes_u8(&in);
    bytes_skip(&in, 14);
    uint32_t passwords = (uint32_t)bytes_le16(&in) + bytes_le16(&in);
    if (bytes_ok(&in) && words == 13 && passwords > 2 && s->plain_passwords) {
        struct starttls once = { 0 };
        starttls_exposes(&once, seg, sink, SECRET_PASSWORD);
    }
}

/* Clients set the flag where they only could: what is there then is zeros or a placeholder
 * ([MS-CIFS] 3.2.4.1.1). */
static bool has_signature(uint16_t flags2, const struct bytes *signature)
{
    static const uint8_t none[8] = { 0 };
    return (flags2 & SMB1_SIGNED) != 0 && !bytes_equal(signature, none, 8) &&
           !bytes_starts(signature, "BSRSPYL", 7);
}

/* [MS-CIFS] 2.2.3.1: magic(4) command(1) status(4) flags(1) flags2(2) pid(2) signature(8) ... */
static void take_smb1(struct smb_state *s, const struct segment *seg, struct sink *sink,
                      struct bytes in)
{
    bytes_skip(&in, 4);
    uint8_t command = bytes_u8(&in);
    bytes_skip(&in, 4);
    uint8_t flags = bytes_u8(&in);
    uint16_t flags2 = bytes_le16(&in);
    bytes_skip(&in, 2);
    struct bytes signature = bytes_take(&in, 8);
    bytes_skip(&in, SMB1_HEADER - 22);
    bool reply = (flags & SMB1_REPLY) != 0;
    if (!bytes_ok(&in)) {
        observe_text(sink, seg, OBS_MALFORMED, "smb", 1);
    } else if (command == SMB1_NEGOTIATE) {
        take_smb1_negotiate(s, seg, sink, reply, in);
    } else if (command == SMB1_SESSION_SETUP) {
        if (!reply) {
            take_smb1_setup(s, seg, sink, in);
        }
    } else if ((command < 0x70 || command > 0x75) && command != 0x2b) { /* sessions, trees, echo */
        note_clear(s, seg, sink, has_signature(flags2, &signature));
    }
}

/* One message behind its length, as far as it is looked at. */
static void take_message(struct smb_state *s, const struct segment *seg, struct sink *sink,
                         struct bytes in)
{
    s->packet = seg->packet;
    s->time_us = seg->time_us;
    switch (bytes_peek(&in, 0)) {
    case 0xff:
        take_smb1(s, seg, sink, in);
        break;
    case 0xfd: /* 2.2.41 */
        note_encrypted(s, seg, sink);
        break;
    case 0xfc: /* 2.2.42: compressed */
        note_clear(s, seg, sink, false);
        break;
    default:
        for (unsigned i = 0; i < CHAIN_MAX; i++) {
            uint32_t next = take_smb2(s, seg, sink, in);
            if (next < SMB2_HEADER || next >= bytes_left(&in)) {
                break;
            }
            bytes_skip(&in, next);
        }
        break;
    }
}

/* Which message begins behind the four bytes of its length? 0: none of SMB; -1: not here yet. */
static int message_kind(const struct segment *seg, uint32_t at, uint32_t length)
{
    static const char name[] = "SMB";
    int first = bytes_peek(&seg->payload, at);
    uint32_t least = first == 0xff ? SMB1_HEADER + 3 : first == 0xfd ? 52 : first == 0xfc ? 16 : 64;
    if (first >= 0 && (first < 0xfc || length < least)) {
        return 0;
    }
    for (uint32_t i = 0; i < 3; i++) {
        int byte = bytes_peek(&seg->payload, at + 1 + i);
        if (byte >= 0 && byte != name[i]) {
            return 0;
        }
    }
    int low = bytes_peek(&seg->payload, at + 4), high = bytes_peek(&seg->payload, at + 5);
    if (first == 0xfe && ((low >= 0 && low != SMB2_HEADER) || (high >= 0 && high != 0))) {
        return 0;
    }
    return high < 0 ? -1 : first;
}

/* RFC 1002 4.3.2: two names of 34 bytes each, in letters A to P. */
static enum claim claim_netbios(const struct segment *seg)
{
    static const int head[] = { NBSS_REQUEST, 0, 0, 0x44, 0x20 };
    for (uint32_t i = 0; i < 37; i++) {
        int byte = bytes_peek(&seg->payload, i);
        if (byte < 0) {
            return seg->open ? CLAIM_MORE : CLAIM_NO;
        }
        if (i < 5 ? byte != head[i] : byte < 'A' || byte > 'P') {
            return CLAIM_NO;
        }
    }
    return CLAIM_YES;
}

static enum claim smb_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int type = bytes_peek(&in, 0);
    if (type == NBSS_REQUEST) {
        return claim_netbios(seg);
    }
    if (type != NBSS_MESSAGE) {
        return CLAIM_NO;
    }
    uint32_t length = bytes_u32(&in);
    int kind = bytes_ok(&in) ? message_kind(seg, 4, length) : -1;
    if (kind < 0) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    return kind > 0 ? CLAIM_YES : CLAIM_NO;
}

static void tell_app(struct smb_state *s, const struct segment *seg, struct sink *sink)
{
    int first = bytes_peek(&seg->payload, 4);
    int flags = bytes_peek(&seg->payload, first == 0xff ? 13 : 20);
    bool reply = flags > 0 && (flags & (first == 0xff ? SMB1_REPLY : FLAG_RESPONSE)) != 0;
    s->told = true;
    observe_text(sink, seg, OBS_APP, "smb", 0);
    if (first == 0xff || first == 0xfe || bytes_peek(&seg->payload, 0) == NBSS_REQUEST) {
        observe_text(sink, seg, OBS_CLIENT, "request", reply ? 1 - seg->from : seg->from);
    }
}

/* Bytes of a message that have to be here before it is looked at. */
static uint32_t wanted(const struct segment *seg, uint32_t length)
{
    int command = bytes_peek(&seg->payload, 4 + 12);
    bool large = bytes_peek(&seg->payload, 4) != 0xfe || command == NEGOTIATE;
    uint32_t most = large ? HEAD_MAX : SMB2_HEADER + 16;
    return 4 + (length < most ? length : most);
}

static enum step step_over(uint32_t *skip, struct bytes *in)
{
    uint32_t here = *skip < bytes_left(in) ? *skip : bytes_left(in);
    bytes_skip(in, here);
    *skip -= here;
    return STEP_NEXT;
}

static enum step step(void *state, struct segment *seg, struct sink *sink)
{
    struct smb_state *s = state;
    struct bytes *in = &seg->payload;
    if (s->skip[seg->from] > 0) {
        return step_over(&s->skip[seg->from], in);
    }
    struct bytes head = *in;
    int type = bytes_peek(in, 0);
    uint32_t length = bytes_u32(&head) & 0xffffff;
    if (!bytes_ok(&head)) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    int kind = type == NBSS_MESSAGE ? message_kind(seg, 4, length) : 0;
    if (kind < 0 && seg->open) {
        return STEP_WAIT;
    }
    bool session = type >= NBSS_REQUEST && type <= NBSS_KEEP_ALIVE;
    if (kind <= 0 && !(session && length <= 68 && !s->lost[seg->from])) {
        s->lost[seg->from] = true; /* until a message begins where a packet does */
        bytes_skip(in, bytes_left(in));
        return STEP_NEXT;
    }
    s->lost[seg->from] = false;
    if (kind > 0 && bytes_left(in) < wanted(seg, length) && seg->open) {
        return STEP_WAIT;
    }
    if (!s->told) {
        tell_app(s, seg, sink);
    }
    struct bytes message = head;
    uint32_t here = length < bytes_left(&head) ? length : bytes_left(&head);
    bytes_limit(&message, here);
    bytes_skip(in, 4 + here);
    s->skip[seg->from] = length - here;
    if (kind > 0) {
        take_message(s, seg, sink, message);
    }
    return s->clear >= CLEAR_ENOUGH ? STEP_STOP : STEP_NEXT;
}

static enum feed smb_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(step, state, seg, sink);
}

static enum feed smb_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    struct smb_state *s = state;
    uint32_t *skip = &s->skip[from & 1];
    (void)sink;
    s->lost[from & 1] |= missing > *skip;
    *skip -= missing <= *skip ? (uint32_t)missing : *skip;
    return FEED_MORE;
}

static void smb_close(void *state, struct sink *sink)
{
    const struct smb_state *s = state;
    struct segment seg = { .packet = s->packet, .time_us = s->time_us };
    if (s->encrypted > 0) {
        observe_value(sink, &seg, OBS_SMB_ENCRYPTED, s->encrypted);
    }
    if (s->clear > 0) {
        observe_value(sink, &seg, OBS_SMB_CLEAR, s->clear);
        observe_value(sink, &seg, OBS_SMB_SIGNED, s->is_signed);
    }
}

const struct analyzer smb_analyzer = {
    .name = "smb",
    .spec = "[MS-SMB2], [MS-CIFS]",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct smb_state),
    .claim = smb_claim,
    .feed = smb_feed,
    .gap = smb_gap,
    .close = smb_close,
};

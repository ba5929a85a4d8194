/* analyzers/ssh.c: the start of SSH connections (RFC 4253): who speaks which version, and what both
 * sides' lists of algorithms agree on. What comes under keys is not looked at. */
#include "analyzers/analyzer.h"
#include "analyzers/steps.h"
#include "base/scan.h"

enum {
    LINE_MAX_BYTES = 255, /* RFC 4253 4.2 */
    PACKET_MAX = 35000,   /* 6.1 */
    COOKIE_SIZE = 16,
    LISTS = 8,         /* of KEXINIT that are looked at: 7.1 */
    LISTS_SIZE = 2304, /* bytes of one side's lists that are kept */
    KEXINIT = 20,
    NEWKEYS = 21,
    KEX_INIT = 30,    /* the client's, of DH and of ECDH (RFC 5656 7.1) */
    GEX_REQUEST = 34, /* the client's (RFC 4419 5) */
};

/* RFC 4253 7.1, in their order; in pairs, from the client and to it. */
enum list {
    LIST_KEX,
    LIST_HOST_KEY,
    LIST_CIPHER,
    LIST_CIPHER_BACK,
    LIST_MAC,
    LIST_MAC_BACK,
    LIST_COMPRESSION,
    LIST_COMPRESSION_BACK
};

struct side {
    bool banner, newkeys, lists_known;
    uint16_t size[LISTS];
    uint8_t lists[LISTS_SIZE];
};

struct ssh_state {
    bool agreed;
    struct side side[2];
};

static enum claim ssh_claim(const struct segment *seg)
{
    static const char banner[] = "SSH-";
    struct bytes in = seg->payload;
    if (!seg->first || bytes_left(&in) == 0) {
        return CLAIM_NO;
    }
    for (uint32_t i = 0; i + 1 < sizeof banner && i < bytes_left(&in); i++) {
        if (bytes_peek(&in, i) != banner[i]) {
            return CLAIM_NO;
        }
    }
    if (bytes_left(&in) < sizeof banner) {
        return seg->open ? CLAIM_MORE : CLAIM_NO;
    }
    int version = bytes_peek(&in, sizeof banner - 1);
    return version == '1' || version == '2' ? CLAIM_YES : CLAIM_NO;
}

/* RFC 4253 4.2: SSH-protoversion-softwareversion SP comments CR LF */
static enum step take_banner(struct ssh_state *ssh, struct segment *seg, struct sink *sink)
{
    struct bytes in = seg->payload, line;
    if (!scan_line(&in, &line)) {
        bool wait = seg->open && bytes_left(&seg->payload) <= LINE_MAX_BYTES;
        return wait ? STEP_WAIT : STEP_STOP;
    }
    if (!scan_starts(&line, "SSH-")) {
        seg->payload = in; /* servers may greet before */
        return STEP_NEXT;
    }
    bytes_skip(&line, 4);
    struct bytes version = scan_until(&line, '-');
    struct bytes software = scan_until(&line, ' ');
    seg->payload = in;
    ssh->side[seg->from].banner = true;
    if (!ssh->side[1 - seg->from].banner) {
        observe_text(sink, seg, OBS_APP, "ssh", 0);
    }
    observe_bytes(sink, seg, OBS_SSH_VERSION, &version);
    observe_bytes(sink, seg, OBS_SSH_SOFTWARE, &software);
    return scan_starts(&version, "2") || scan_is(&version, "1.99") ? STEP_NEXT : STEP_STOP;
}

/* RFC 4253 7.1: cookie(16), then lists: length(4) names with commas. */
static void keep_lists(struct side *side, const struct segment *seg, struct sink *sink,
                       struct bytes in)
{
    uint32_t used = 0;
    bytes_skip(&in, COOKIE_SIZE);
    for (unsigned i = 0; i < LISTS; i++) {
        uint32_t size = bytes_u32(&in);
        if (!bytes_ok(&in) || size > LISTS_SIZE - used ||
            !bytes_copy(&in, side->lists + used, size)) {
            observe_text(sink, seg, bytes_ok(&in) ? OBS_CUT : OBS_MALFORMED, "ssh", 1);
            return;
        }
        side->size[i] = (uint16_t)size;
        used += size;
    }
    side->lists_known = true;
}

static struct bytes list_of(const struct side *side, enum list which)
{
    uint32_t at = 0;
    for (unsigned i = 0; i < (unsigned)which; i++) {
        at += side->size[i];
    }
    return bytes_of(side->lists + at, side->size[which], side->size[which]);
}

static bool has_name(struct bytes list, const struct bytes *name)
{
    while (bytes_left(&list) > 0) {
        struct bytes one = scan_until(&list, ',');
        if (bytes_left(&one) == bytes_left(name) && scan_begins(&one, name)) {
            return true;
        }
    }
    return false;
}

/* The first of the client's that the server has too (RFC 4253 7.1). */
static bool choose(const struct side *client, const struct side *server, enum list which,
                   struct bytes *ret_name)
{
    struct bytes mine = list_of(client, which);
    while (bytes_left(&mine) > 0) {
        *ret_name = scan_until(&mine, ',');
        if (bytes_left(ret_name) > 0 && has_name(list_of(server, which), ret_name)) {
            return true;
        }
    }
    return false;
}

static bool has_constant(const struct side *side, enum list which, const char *text)
{
    struct bytes name = bytes_of(text, (uint32_t)strlen(text), (uint32_t)strlen(text));
    return has_name(list_of(side, which), &name);
}

/* Ciphers that authenticate by themselves: the lists of MACs then mean nothing (RFC 5647). */
static bool is_aead(const struct bytes *cipher)
{
    return scan_find(cipher, "gcm") >= 0 || scan_find(cipher, "poly1305") >= 0;
}

static void put_choice(const struct segment *seg, struct sink *sink, const struct side *sides[2],
                       enum list which, enum observation_kind kind)
{
    struct bytes name;
    if (choose(sides[0], sides[1], which, &name)) {
        observe_bytes(sink, seg, kind, &name);
    }
}

static void put_agreement(struct ssh_state *ssh, const struct segment *seg, struct sink *sink,
                          uint8_t client)
{
    const struct side *sides[2] = { &ssh->side[client], &ssh->side[1 - client] };
    struct bytes cipher;
    if (ssh->agreed || !sides[0]->lists_known || !sides[1]->lists_known) {
        return;
    }
    ssh->agreed = true;
    put_choice(seg, sink, sides, LIST_KEX, OBS_SSH_KEX);
    put_choice(seg, sink, sides, LIST_HOST_KEY, OBS_SSH_HOST_KEY);
    put_choice(seg, sink, sides, LIST_CIPHER, OBS_SSH_CIPHER);
    put_choice(seg, sink, sides, LIST_CIPHER_BACK, OBS_SSH_CIPHER_BACK);
    if (choose(sides[0], sides[1], LIST_CIPHER, &cipher) && !is_aead(&cipher)) {
        put_choice(seg, sink, sides, LIST_MAC, OBS_SSH_MAC);
    }
    if (choose(sides[0], sides[1], LIST_CIPHER_BACK, &cipher) && !is_aead(&cipher)) {
        put_choice(seg, sink, sides, LIST_MAC_BACK, OBS_SSH_MAC_BACK);
    }
    put_choice(seg, sink, sides, LIST_COMPRESSION, OBS_SSH_COMPRESSION);
    if (has_constant(sides[0], LIST_KEX, "kex-strict-c-v00@openssh.com") &&
        has_constant(sides[1], LIST_KEX, "kex-strict-s-v00@openssh.com")) {
        observe_value(sink, seg, OBS_SSH_STRICT, 1);
    }
}

static enum step take_message(struct ssh_state *ssh, const struct segment *seg, struct sink *sink,
                              uint8_t type, struct bytes body)
{
    struct side *side = &ssh->side[seg->from];
    if (type == KEXINIT && !side->lists_known) {
        keep_lists(side, seg, sink, body);
    } else if (type == KEX_INIT || type == GEX_REQUEST) { /* only clients send these */
        observe_text(sink, seg, OBS_CLIENT, "request", seg->from);
        put_agreement(ssh, seg, sink, seg->from);
    } else if (type == NEWKEYS) {
        side->newkeys = true;
        if (ssh->side[1 - seg->from].newkeys) {
            observe_value(sink, seg, OBS_SSH_ESTABLISHED, 1);
            return STEP_STOP;
        }
    }
    return STEP_NEXT;
}

/* RFC 4253 6: length(4) padding length(1) payload padding; without a MAC as long as it is clear. */
static enum step ssh_step(void *state, struct segment *seg, struct sink *sink)
{
    struct ssh_state *ssh = state;
    struct bytes in = seg->payload;
    if (!ssh->side[seg->from].banner) {
        return take_banner(ssh, seg, sink);
    }
    if (ssh->side[seg->from].newkeys) {
        bytes_skip(&seg->payload, bytes_left(&seg->payload));
        return STEP_NEXT;
    }
    uint32_t length = bytes_u32(&in);
    uint32_t padding = bytes_u8(&in);
    if (!bytes_ok(&in) && seg->open) {
        return STEP_WAIT;
    }
    if (!bytes_ok(&in) || length > PACKET_MAX || length < padding + 2) {
        observe_text(sink, seg, OBS_MALFORMED, "ssh", 1);
        return STEP_STOP;
    }
    if (bytes_left(&in) < length - 1) {
        return seg->open ? STEP_WAIT : STEP_STOP;
    }
    struct bytes packet = bytes_take(&in, length - 1);
    bytes_limit(&packet, length - 1 - padding);
    seg->payload = in;
    uint8_t type = bytes_u8(&packet);
    return take_message(ssh, seg, sink, type, packet);
}

static enum feed ssh_feed(void *state, struct segment *seg, struct sink *sink)
{
    return steps_feed(ssh_step, state, seg, sink);
}

static enum feed ssh_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    (void)state, (void)from, (void)missing, (void)sink;
    return FEED_SETTLED; /* where the next packet begins nobody can tell */
}

const struct analyzer ssh_analyzer = {
    .name = "ssh",
    .spec = "RFC 4253",
    .carriers = CARRIER_TCP,
    .state_size = sizeof(struct ssh_state),
    .claim = ssh_claim,
    .feed = ssh_feed,
    .gap = ssh_gap,
};

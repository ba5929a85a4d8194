/* analyzers/quic.c: QUIC: the TLS handshake inside its Initial packets, and whether both sides went
 * on under keys.
 *
 * The keys of Initial packets come from the Destination Connection ID of the client's first one, so
 * that ClientHello and ServerHello can be read (RFC 9001 5.2); what follows needs logged secrets
 * (quic_hidden.c). What is read here is authentic only in so far as its sender saw that connection
 * id. */
#include "analyzers/analyzer.h"
#include "analyzers/quic_close.h"
#include "analyzers/quic_crypto.h"
#include "analyzers/quic_hidden.h"
#include "analyzers/quic_packet.h"
#include "analyzers/tls_handshake.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_open.h"
#include "analyzers/tls_outcome.h"

enum {
    OPENS_MAX = 64,           /* packets of a flow that are tried to be opened */
    DATAGRAMS_MAX = 1024,     /* of a flow that are looked at */
    DATAGRAM_PACKETS_MAX = 8, /* packets of one datagram */
    NEGOTIATED_MAX = 32,      /* versions of a Version Negotiation packet that are reported */
    FIXED_BIT = 0x40,         /* RFC 9000 17.2; may be 0 after a handshake only (RFC 9287) */
    TEXT_LOOK = 16, /* bytes that all look like text: random ones do once in 10 million times */
    CID_SURE = 8,   /* bytes of a connection id that no other datagram has by chance */
    /* packet number 1, CRYPTO 3, Finished 4 + 32, tag 16: no Handshake packet with less has one */
    FINISHED_MIN = 56,
    AFTER_CID_MIN = 20, /* packet number and frames at least 4 (RFC 9001 5.4.2), tag 16 */
};

struct side {
    struct quic_crypto *crypto; /* owned; NULL = no handshake bytes yet */
    struct quic_cid cid;        /* that it chose: the other side sends to it */
    struct quic_cid second;     /* another of its own, that the other side used; size 0 = none */
    int64_t largest;            /* packet number, of Initial packets, plus one; 0 = none */
    struct quic_keys keys;
    const struct quic_version *keyed; /* version of keys; NULL = none yet */
    bool cid_known;
    bool finished;     /* sent a Handshake packet that could hold a Finished */
    bool short_header; /* sent packets under 1-RTT keys */
    bool confirmed;    /* and did so when both sides had finished */
};

struct quic_state {
    struct tls_handshake hs;
    struct side side[2];
    struct quic_hidden hidden;
    struct quic_cid first;              /* Destination Connection ID of the client's first packet */
    const struct quic_version *version; /* of the newest packet opened; NULL = none yet */
    uint32_t reported_version;
    uint32_t opens, datagrams;
    uint8_t client;    /* side, valid with a version */
    bool first_known;  /* `first` is set, if only by a packet that cannot be read */
    bool server_chose; /* the reported version is the server's */
    bool early_reported, retry_reported, close_reported;
};

static struct quic_cid keep_cid(struct bytes cid)
{
    struct quic_cid kept = { .size = (uint8_t)bytes_left(&cid) };
    if (kept.size > QUIC_CID_MAX || !bytes_copy(&cid, kept.bytes, kept.size)) {
        kept.size = 0;
    }
    return kept;
}

static bool is_cid(const struct quic_cid *cid, const struct bytes *seen)
{
    return bytes_equal(seen, cid->bytes, cid->size);
}

static bool has_known_version(struct bytes versions)
{
    bool known = false;
    while (bytes_left(&versions) > 0) {
        known |= quic_versions_find(bytes_u32(&versions)) != NULL;
    }
    return known && bytes_ok(&versions);
}

/* Strict: version and lengths must fit. Who sits here already is asked by quic_owns. */
static enum claim quic_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    int first = bytes_peek(&in, 0);
    if (first < 0 || !quic_packet_is_long(&in)) {
        bool could_be = first >= FIXED_BIT && bytes_sent(&in) > AFTER_CID_MIN;
        return could_be ? CLAIM_MORE : CLAIM_NO;
    }
    struct quic_packet packet = quic_packet_read(&in);
    if (!bytes_ok(&in)) {
        return CLAIM_NO;
    }
    if (packet.type == QUIC_NEGOTIATION) { /* only one bit of its first byte has a meaning */
        return has_known_version(packet.rest) ? CLAIM_YES : CLAIM_NO;
    }
    bool named = packet.version != NULL || quic_versions_is_google(packet.number);
    bool sure = named || quic_packet_is_first(&packet);
    return (first & FIXED_BIT) != 0 && sure ? CLAIM_YES : CLAIM_NO;
}

/* Do the bytes begin with one of the connection ids that this side chose? */
static bool begins_with_id(const struct side *side, const struct bytes *in)
{
    return bytes_starts(in, side->cid.bytes, side->cid.size) ||
           (side->second.size > 0 && bytes_starts(in, side->second.bytes, side->second.size));
}

/* By the connection id that the receiver chose; where it wants none, by the fixed bit. */
static bool quic_owns(const void *state, const struct segment *seg)
{
    const struct quic_state *s = state;
    const struct side *receiver = &s->side[1 - seg->from];
    struct bytes in = seg->payload;
    uint8_t first = bytes_u8(&in);
    bool sure = receiver->cid.size >= CID_SURE, fixed = (first & FIXED_BIT) != 0;
    if (s->version == NULL || !receiver->cid_known || !bytes_ok(&in)) {
        return false;
    }
    if ((first & 0x80) != 0) {
        return sure && bytes_u32(&in) == s->version->number &&
               bytes_u8(&in) == receiver->cid.size && begins_with_id(receiver, &in);
    }
    return (fixed || sure) && begins_with_id(receiver, &in);
}

static void report_version(struct quic_state *s, const struct segment *seg, uint32_t number,
                           struct sink *sink)
{
    char buffer[QUIC_NAME_SIZE];
    if (s->reported_version != number) {
        s->reported_version = number;
        observe_text(sink, seg, OBS_QUIC_VERSION, quic_versions_name(number, buffer), number);
    }
}

static void forget_handshake_bytes(struct quic_state *s)
{
    for (unsigned i = 0; i < 2; i++) {
        quic_crypto_free(s->side[i].crypto);
        s->side[i].crypto = NULL;
    }
    quic_hidden_forget(&s->hidden);
}

/* A client's first packet, or its first after Retry: another connection id, other keys, and the
 * handshake from its beginning. */
static void begin(struct quic_state *s, const struct segment *seg, const struct quic_packet *packet,
                  struct sink *sink)
{
    struct tls_handshake fresh = { .quic = true,
                                   .announced = s->hs.announced,
                                   .alerts = s->hs.alerts,
                                   .packet = s->hs.packet,
                                   .time_us = s->hs.time_us };
    forget_handshake_bytes(s);
    tls_open_end(&s->hs, sink);
    memset(s->side, 0, sizeof s->side);
    s->hs = fresh;
    s->client = seg->from;
    s->first = keep_cid(packet->destination);
    s->first_known = true;
    s->version = packet->version;
    s->server_chose = false;
}

/* Keys of one side's Initial packets. */
static bool derive(const struct quic_cid *first, const struct quic_version *version, bool server,
                   struct sink *sink, struct quic_keys *ret_keys)
{
    return quic_initial_derive(sink->initial, version->protection, first, server, ret_keys);
}

static bool open_with(const struct quic_keys *keys, const struct quic_packet *packet,
                      int64_t *largest, struct sink *sink, struct bytes *ret_frames)
{
    int64_t before = *largest - 1;
    if (!quic_initial_open(sink->initial, keys, packet->whole, packet->packet_number_at, &before,
                           ret_frames)) {
        return false;
    }
    *largest = before + 1;
    return true;
}

/* By the connection id that is known; the server may change to another version (RFC 9368). */
static bool open_known(struct quic_state *s, const struct segment *seg,
                       const struct quic_packet *packet, struct sink *sink,
                       struct bytes *ret_frames)
{
    struct side *side = &s->side[seg->from];
    struct quic_keys keys = side->keys;
    if (s->version == NULL) {
        return false;
    }
    if (packet->version != side->keyed &&
        !derive(&s->first, packet->version, seg->from != s->client, sink, &keys)) {
        return false;
    }
    if (!open_with(&keys, packet, &side->largest, sink, ret_frames)) {
        return false;
    }
    side->keys = keys;
    side->keyed = packet->version;
    s->version = packet->version;
    return true;
}

/* As a client's first packet. */
static bool open_first(struct quic_state *s, const struct segment *seg,
                       const struct quic_packet *packet, struct sink *sink,
                       struct bytes *ret_frames)
{
    struct quic_keys keys;
    struct quic_cid first = keep_cid(packet->destination);
    int64_t largest = 0;
    bool other_client = s->version != NULL && seg->from != s->client;
    if (other_client || (s->version != NULL && is_cid(&s->first, &packet->destination)) ||
        !derive(&first, packet->version, false, sink, &keys) ||
        !open_with(&keys, packet, &largest, sink, ret_frames)) {
        return false;
    }
    begin(s, seg, packet, sink);
    s->side[seg->from].largest = largest;
    s->side[seg->from].keys = keys;
    s->side[seg->from].keyed = packet->version;
    return true;
}

/* Hands on the messages that are there as a whole. Initial packets hold hellos only (RFC
 * 9001 4.1.3). */
static void read_messages(struct quic_state *s, const struct segment *seg, struct sink *sink)
{
    struct quic_crypto *crypto = s->side[seg->from].crypto;
    uint8_t expected = seg->from == s->client ? CLIENT_HELLO : SERVER_HELLO, type = 0;
    struct bytes body;
    enum quic_crypto_next next = quic_crypto_message(crypto, &type, &body);
    while (next == QUIC_CRYPTO_MESSAGE && type == expected) {
        uint32_t size = QUIC_CRYPTO_HEADER + bytes_left(&body);
        tls_handshake_message(&s->hs, seg, type, body, sink);
        quic_crypto_drop(crypto, size);
        next = quic_crypto_message(crypto, &type, &body);
    }
    if (next != QUIC_CRYPTO_NONE) {
        tls_handshake_lost(&s->hs, seg, BYTES_MALFORMED, sink);
    }
}

static void read_frames(struct quic_state *s, const struct segment *seg, struct bytes frames,
                        struct sink *sink)
{
    struct side *side = &s->side[seg->from];
    enum quic_frames which = s->version->google ? QUIC_FRAMES_GOOGLE : QUIC_FRAMES_HANDSHAKE;
    struct quic_frame frame = quic_packet_frame(&frames, which);
    for (; frame.type != QUIC_FRAME_NONE; frame = quic_packet_frame(&frames, which)) {
        if (frame.type == QUIC_FRAME_CLOSE) {
            quic_close_report(&s->hs, seg, frame.error, &s->close_reported, sink);
        } else if (!quic_crypto_add(&side->crypto, frame.offset, frame.data, sink->budget)) {
            tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
        }
    }
    if (!bytes_ok(&frames)) {
        tls_handshake_lost(&s->hs, seg, BYTES_MALFORMED, sink);
    }
    read_messages(s, seg, sink);
}

static void read_initial(struct quic_state *s, const struct segment *seg,
                         const struct quic_packet *packet, struct sink *sink)
{
    struct bytes frames;
    bool can = sink->initial != NULL && packet->whole.cut == 0 && s->opens++ < OPENS_MAX;
    if (!can || (!open_known(s, seg, packet, sink, &frames) &&
                 !open_first(s, seg, packet, sink, &frames))) {
        tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
        return;
    }
    struct side *side = &s->side[seg->from];
    side->cid = keep_cid(packet->source);
    side->cid_known = true;
    s->hs.side[seg->from].seen = true;
    if (seg->from != s->client || !s->server_chose) {
        s->server_chose = seg->from != s->client;
        report_version(s, seg, packet->number, sink);
    }
    read_frames(s, seg, frames, sink);
}

/* RFC 9000 17.2.1: believed when it answers the packet that was seen: it names both ids. */
static void read_negotiation(struct quic_state *s, const struct segment *seg,
                             const struct quic_packet *packet, struct sink *sink)
{
    const struct side *client = &s->side[1 - seg->from];
    struct bytes versions = packet->rest;
    if (!s->first_known || !client->cid_known || !is_cid(&client->cid, &packet->destination) ||
        !is_cid(&s->first, &packet->source)) {
        return;
    }
    for (unsigned i = 0; i < NEGOTIATED_MAX && bytes_left(&versions) >= 4; i++) {
        char buffer[QUIC_NAME_SIZE];
        uint32_t number = bytes_u32(&versions);
        if (!quic_versions_is_reserved(number)) {
            observe_text(sink, seg, OBS_QUIC_NEGOTIATION, quic_versions_name(number, buffer),
                         number);
        }
    }
}

static void read_retry(struct quic_state *s, const struct segment *seg,
                       const struct quic_packet *packet, struct sink *sink)
{
    bool ours = s->version == packet->version && seg->from != s->client;
    if (!ours || !packet->version->retry_tag || s->retry_reported || packet->whole.cut > 0 ||
        s->opens++ >= OPENS_MAX ||
        !quic_initial_retry(sink->initial, s->version->protection, &s->first, packet->whole)) {
        return;
    }
    s->retry_reported = true;
    observe_value(sink, seg, OBS_QUIC_RETRY, 1);
}

/* A version that cannot be read: only who spoke first and its ids are known (RFC 8999). */
static void read_other(struct quic_state *s, const struct segment *seg,
                       const struct quic_packet *packet, struct sink *sink)
{
    if (s->version != NULL) {
        return;
    }
    report_version(s, seg, packet->number, sink);
    if (!s->first_known && packet->destination.left <= QUIC_CID_MAX &&
        packet->source.left <= QUIC_CID_MAX) {
        s->first_known = true;
        s->first = keep_cid(packet->destination);
        s->side[seg->from].cid = keep_cid(packet->source);
        s->side[seg->from].cid_known = true;
    }
}

/* A Handshake packet of this connection: both ids are those of the Initial packets. The receiver
 * may have told another id of its own under 1-RTT keys: it has the same size. */
static void read_handshake(struct quic_state *s, const struct segment *seg,
                           const struct quic_packet *packet, struct sink *sink)
{
    struct side *sender = &s->side[seg->from], *receiver = &s->side[1 - seg->from];
    struct bytes destination = packet->destination;
    if (s->version == NULL || !sender->cid_known || !receiver->cid_known ||
        !is_cid(&sender->cid, &packet->source) || bytes_sent(&destination) != receiver->cid.size) {
        return;
    }
    if (!is_cid(&receiver->cid, &destination)) {
        receiver->second = keep_cid(destination);
    }
    sender->finished |= packet->length >= FINISHED_MIN;
    quic_hidden_handshake(&s->hidden, &s->hs, seg, packet, sink);
}

static void read_long(struct quic_state *s, const struct segment *seg, struct bytes *in,
                      struct sink *sink)
{
    struct quic_packet packet = quic_packet_read(in);
    if (!bytes_ok(in)) {
        return;
    }
    tls_handshake_announce(&s->hs, seg, sink);
    switch (packet.type) {
    case QUIC_INITIAL:
        read_initial(s, seg, &packet, sink);
        break;
    case QUIC_ZERO_RTT:
        if (s->version != NULL && seg->from == s->client && !s->early_reported) {
            s->early_reported = true;
            observe_value(sink, seg, OBS_QUIC_ZERO_RTT, 1);
        }
        break;
    case QUIC_HANDSHAKE:
        read_handshake(s, seg, &packet, sink);
        break;
    case QUIC_RETRY:
        read_retry(s, seg, &packet, sink);
        break;
    case QUIC_NEGOTIATION:
        read_negotiation(s, seg, &packet, sink);
        break;
    case QUIC_OTHER:
        read_other(s, seg, &packet, sink);
        break;
    }
}

/* Cleartext that happens to begin with a letter? */
static bool is_text(struct bytes in)
{
    unsigned printable = 0;
    for (unsigned i = 0; i < TEXT_LOOK; i++) {
        int c = bytes_peek(&in, i);
        printable += (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t';
    }
    return printable == TEXT_LOOK;
}

/* first(1) connection id, packet number, frames, tag: to the end of the datagram (RFC 9000 17.3).
 * New ids are told under keys: after the handshake an unknown one of that size will do. What is
 * not addressed so is padding, or of another connection. */
static void read_short(struct quic_state *s, const struct segment *seg, struct bytes *in,
                       struct sink *sink)
{
    struct side *sender = &s->side[seg->from];
    const struct side *receiver = &s->side[1 - seg->from];
    struct bytes rest = bytes_take(in, bytes_sent(in)), whole = rest;
    bool fixed = (bytes_u8(&rest) & FIXED_BIT) != 0;
    bool both = s->side[0].finished && s->side[1].finished;
    if (s->version == NULL || !receiver->cid_known ||
        bytes_sent(&rest) < (uint32_t)receiver->cid.size + AFTER_CID_MIN) {
        return;
    }
    bool known = begins_with_id(receiver, &rest) && (fixed || receiver->cid.size > 0);
    if (known || (both && fixed && !is_text(rest))) {
        sender->short_header = true;
        sender->confirmed |= both;
        quic_hidden_later(&s->hidden, &s->hs, seg,
                          &(struct tls_packet){ .protection = s->version->protection,
                                                .whole = whole,
                                                .number_at = 1U + receiver->cid.size,
                                                .later = true },
                          sink);
    }
}

/* What tls_outcome.c counts as the proof that TLS 1.3 is in force: ServerHello, Handshake packets
 * of both sides that may hold a Finished, then 1-RTT packets of both. Their sizes tell nothing of a
 * certificate, so that they are not handed on as records. */
static void conclude(struct quic_state *s)
{
    bool both = s->side[0].confirmed && s->side[1].confirmed;
    if (both && s->hs.version != 0) {
        s->hs.side[0].data_like_finished = 1;
        s->hs.side[1].data_like_finished = 1;
    }
}

/* Nothing more is read. Where both sides went on and the handshake was not seen to finish, the
 * capture lacks packets. */
static void finish(struct quic_state *s, struct sink *sink)
{
    struct segment seg = { .packet = s->hs.packet, .time_us = s->hs.time_us };
    for (uint8_t side = 0; side < 2; side++) {
        seg.from = side;
        bool went_on = s->side[0].short_header && s->side[1].short_header;
        if (went_on && !s->side[side].confirmed) {
            tls_handshake_lost(&s->hs, &seg, BYTES_CUT, sink);
        }
    }
    forget_handshake_bytes(s);
    tls_outcome_update(&s->hs, &seg, true, sink);
    tls_open_end(&s->hs, sink);
}

static enum feed quic_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct quic_state *s = state;
    struct bytes in = seg->payload;
    s->hs.quic = true;
    s->hs.packet = seg->packet;
    s->hs.time_us = seg->time_us;
    for (unsigned i = 0; i < DATAGRAM_PACKETS_MAX && bytes_ok(&in) && bytes_sent(&in) > 0; i++) {
        if (quic_packet_is_long(&in)) {
            read_long(s, seg, &in, sink);
        } else {
            read_short(s, seg, &in, sink);
        }
    }
    if (bytes_ok(&in) && bytes_sent(&in) > 0) {
        tls_handshake_lost(&s->hs, seg, BYTES_CUT, sink);
    }
    if (!bytes_ok(&in)) {
        observe_text(sink, seg, in.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "quic", 0);
    }
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    conclude(s);
    tls_outcome_update(&s->hs, seg, false, sink);
    if (!tls_outcome_settled(&s->hs) && ++s->datagrams < DATAGRAMS_MAX) {
        return FEED_MORE;
    }
    finish(s, sink);
    return FEED_SETTLED;
}

static void quic_close(void *state, struct sink *sink)
{
    finish(state, sink);
}

const struct analyzer quic_analyzer = {
    .name = "quic",
    .spec = "RFC 9000, RFC 9001, RFC 9369",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct quic_state),
    .claim = quic_claim,
    .owns = quic_owns,
    .feed = quic_feed,
    .close = quic_close,
};

/* analyzers/dispatch_opened.c: what was inside the records of TLS and DTLS, to the analyzers of
 * what they carry, and their facts into the same flow, marked as opened.
 *
 * Nobody on the path could read it: what says otherwise in clear is not said here. */
#include <netinet/in.h>
#include <stdlib.h>

#include "analyzers/dispatch_internal.h"

/* Bytes of one connection inside another. */
struct opened {
    struct stream *stream[2]; /* owned; TCP: bytes that an analyzer left */
    uint32_t seq[2];          /* sequence number of the next byte */
    uint32_t undecided;       /* chunks or datagrams that nobody claimed */
    uint8_t seat;             /* of the analysis; SEAT_NONE = undecided */
    uint8_t handed;           /* as in struct segment */
    bool settled;             /* nobody wants more */
};

struct opened_reader {
    struct stream_reader reader; /* first: callbacks cast back */
    struct dispatch *dispatch;
    struct analysis *analysis;
    uint8_t side;
};

static struct opened *begin(struct dispatch *d, struct analysis *a)
{
    if (a->opened == NULL && budget_take(d->shared, sizeof *a->opened)) {
        a->opened = calloc(1, sizeof *a->opened);
        if (a->opened == NULL) {
            budget_give(d->shared, sizeof *a->opened);
        } else {
            a->opened->seat = SEAT_NONE;
        }
    }
    return a->opened;
}

static uint8_t sit(struct dispatch *d, struct analysis *a, unsigned analyzer)
{
    uint8_t seat = dispatch_sit(d, a, analyzer);
    if (seat != SEAT_NONE) {
        a->seats[seat].opened = true;
    }
    return seat;
}

/* Asks all that may be inside: a seat, or SEAT_NONE; ret_wait: somebody wants more bytes first. */
static uint8_t claim(struct dispatch *d, struct analysis *a, const struct segment *seg,
                     uint8_t carriers, bool *ret_wait)
{
    for (unsigned i = 0; i < d->analyzer_count; i++) {
        if (!analyzers[i]->inside || (analyzers[i]->carriers & carriers) == 0) {
            continue;
        }
        enum claim claimed = analyzers[i]->claim(seg);
        if (claimed == CLAIM_YES) {
            return sit(d, a, i);
        }
        *ret_wait |= claimed == CLAIM_MORE;
    }
    return SEAT_NONE;
}

static enum feed feed(struct dispatch *d, struct analysis *a, struct segment *seg)
{
    struct opened *in = a->opened;
    struct seat *seat = &a->seats[in->seat];
    enum feed feed = analyzers[seat->analyzer]->feed(dispatch_state(d, seat), seg, &d->sink.sink);
    if (feed == FEED_SETTLED) {
        seat->settled = true;
        in->settled = true;
    } else if (feed == FEED_RELEASE) {
        in->seat = SEAT_NONE;
        in->handed = seg->handed;
    }
    return feed;
}

/* As on_data of dispatch_tcp.c, a connection further in. */
static uint32_t on_data(struct stream_reader *reader, struct bytes bytes, uint64_t packet,
                        uint64_t time_us, bool first)
{
    struct opened_reader *r = (struct opened_reader *)reader;
    struct analysis *a = r->analysis;
    struct opened *in = a->opened;
    struct segment seg = dispatch_segment(a, r->side, packet, time_us);
    bool wait = false;
    seg.payload = bytes;
    seg.open = bytes.cut > 0;
    seg.handed = in->handed;
    seg.first = first;
    if (in->settled) {
        return bytes_left(&bytes);
    }
    if (in->seat == SEAT_NONE) {
        in->seat = claim(r->dispatch, a, &seg, CARRIER_TCP | CARRIER_OPENED, &wait);
    }
    if (in->seat == SEAT_NONE) {
        if (wait && seg.open && bytes_left(&bytes) < CLAIM_WAIT_MAX) {
            return 0;
        }
        in->settled = ++in->undecided >= UNDECIDED_TCP_MAX;
        return bytes_left(&bytes);
    }
    uint32_t before = bytes_sent(&bytes);
    return feed(r->dispatch, a, &seg) == FEED_SETTLED ? bytes_left(&bytes)
                                                      : before - bytes_sent(&seg.payload);
}

/* An analyzer left more than a stream keeps. */
static void on_gap(struct stream_reader *reader, uint64_t missing, uint64_t packet)
{
    struct opened_reader *r = (struct opened_reader *)reader;
    struct opened *in = r->analysis->opened;
    (void)packet;
    if (in->seat == SEAT_NONE || in->settled) {
        return;
    }
    struct seat *seat = &r->analysis->seats[in->seat];
    const struct analyzer *analyzer = analyzers[seat->analyzer];
    if (analyzer->gap != NULL && analyzer->gap(dispatch_state(r->dispatch, seat), r->side, missing,
                                               &r->dispatch->sink.sink) == FEED_SETTLED) {
        seat->settled = true;
        in->settled = true;
    }
}

static void push(struct dispatch *d, struct analysis *a, const struct segment *seg)
{
    struct opened *in = a->opened;
    uint8_t side = seg->from;
    struct opened_reader r = { { on_data, on_gap }, d, a, side };
    if (in->stream[side] == NULL) {
        in->stream[side] = stream_new(true, in->seq[side]);
        in->seq[side]++;
        if (in->stream[side] == NULL) {
            in->settled = true;
            return;
        }
        stream_share(in->stream[side], d->shared);
    }
    struct stream_segment segment = { in->seq[side], seg->payload, seg->packet, seg->time_us };
    in->seq[side] += bytes_left(&seg->payload);
    stream_push(in->stream[side], &segment, &r.reader, d->options.counters);
}

static void datagram(struct dispatch *d, struct analysis *a, const struct segment *outer)
{
    struct opened *in = a->opened;
    struct segment seg = dispatch_segment(a, outer->from, outer->packet, outer->time_us);
    bool wait = false; /* a datagram is all there is */
    seg.payload = outer->payload;
    seg.first = true;
    if (in->seat == SEAT_NONE) {
        in->seat = claim(d, a, &seg, CARRIER_UDP | CARRIER_OPENED, &wait);
    }
    if (in->seat != SEAT_NONE) {
        (void)feed(d, a, &seg);
    } else {
        in->settled = ++in->undecided >= UNDECIDED_UDP_MAX;
    }
}

bool dispatch_opened(struct sink *sink, const struct segment *seg)
{
    struct flow_sink *fs = (struct flow_sink *)sink;
    struct analysis *a = fs->analysis;
    if (fs->opened) {
        return false; /* records in records: one depth is told apart */
    }
    struct opened *in = begin(fs->dispatch, a);
    if (in == NULL || in->settled) {
        return false;
    }
    fs->opened = true;
    if (a->l4 == IPPROTO_TCP) {
        push(fs->dispatch, a, seg);
    } else {
        datagram(fs->dispatch, a, seg);
    }
    fs->opened = false;
    return !in->settled;
}

void dispatch_opened_finish(struct dispatch *d, struct analysis *a)
{
    d->sink.opened = true;
    for (uint8_t side = 0; a->opened != NULL && side < 2; side++) {
        struct opened_reader r = { { on_data, on_gap }, d, a, side };
        if (a->opened->stream[side] != NULL) {
            stream_finish(a->opened->stream[side], &r.reader, d->options.counters);
        }
    }
    d->sink.opened = false;
}

void dispatch_opened_free(struct dispatch *d, struct analysis *a)
{
    if (a->opened != NULL) {
        stream_free(a->opened->stream[0]);
        stream_free(a->opened->stream[1]);
        free(a->opened);
        a->opened = NULL;
        budget_give(d->shared, sizeof *a->opened);
    }
}

static void put_text(struct sink *sink, struct observation obs, enum observation_kind kind,
                     const char *text)
{
    obs.kind = kind;
    obs.text = text;
    obs.text_size = (uint32_t)strlen(text);
    sink->put(sink, &obs);
}

/* The protocol inside was recognised: it is what the flow carries. */
static void put_carries(struct sink *sink, const struct observation *app)
{
    static const struct {
        const char *name;
        enum observation_kind mark;
    } marks[] = { { "sip", OBS_SIP_DECRYPTED },
                  { "http", OBS_HTTP_DECRYPTED },
                  { "xmpp", OBS_XMPP_DECRYPTED },
                  { "stun", OBS_STUN_DECRYPTED },
                  { "turn", OBS_STUN_DECRYPTED } };
    struct observation obs = *app;
    obs.kind = OBS_CARRIES;
    sink->put(sink, &obs);
    put_text(sink, *app, OBS_CARRIES_BY, "decryption");
    for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (observation_says(app, marks[i].name)) {
            obs = (struct observation){ .kind = marks[i].mark, .from = app->from, .value = 1 };
            obs.packet = app->packet;
            obs.time_us = app->time_us;
            sink->put(sink, &obs);
        }
    }
}

/* Transports as they are called with TLS beneath. */
static void put_transport(struct sink *sink, const struct observation *obs)
{
    const char *name = observation_says(obs, "udp")  ? "dtls"
                       : observation_says(obs, "ws") ? "wss"
                                                     : "tls";
    put_text(sink, *obs, obs->kind, name);
}

/* DTLS that TLS carries (to a relay) is not what protects the flow. */
static bool is_of_records(enum observation_kind kind)
{
    return kind >= OBS_TLS_VERSION && kind <= OBS_TLS_CLIENT_TRUST_NAME_FROM;
}

void dispatch_opened_put(struct flow_sink *fs, const struct observation *obs)
{
    if (is_of_records(obs->kind)) {
        return;
    }
    struct observation copy = *obs;
    copy.decrypted = true;
    fs->opened = false; /* what comes of it is an observation of the flow */
    switch ((int)obs->kind) {
    case OBS_APP:
        put_carries(&fs->sink, &copy);
        break;
    case OBS_SIP_TRANSPORT:
        put_transport(&fs->sink, &copy);
        break;
    case OBS_CLIENT: /* the hello has told */
    case OBS_SIP_KEYS_EXPOSED:
    case OBS_SIP_CREDENTIALS_EXPOSED:
    case OBS_HTTP_CREDENTIALS_EXPOSED:
    case OBS_CREDENTIALS_EXPOSED:
    case OBS_STARTTLS_PROTOCOL: /* nobody turns to TLS inside of it */
    case OBS_STARTTLS_OFFER:
    case OBS_STARTTLS_ASKED:
    case OBS_STARTTLS_ANSWER:
    case OBS_STARTTLS_CLEAR:
    case OBS_STARTTLS_INJECTED:
        break;
    default:
        fs->sink.put(&fs->sink, &copy);
    }
    fs->opened = true;
}

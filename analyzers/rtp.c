/* analyzers/rtp.c: media streams by their sequence numbers; rtp_evidence.c and rtcp.c tell whether
 * they are encrypted.
 *
 * Two bits make a datagram look like RTP, so nothing is said about a stream before eight packets of
 * one sender went on in sequence. Everything but OBS_APP is reported when the flow ends. */
#include "analyzers/analyzer.h"
#include "analyzers/rtcp.h"
#include "analyzers/rtp_codecs.h"
#include "analyzers/rtp_evidence.h"
#include "base/text.h"

extern const struct analyzer rtp_analyzer;

enum {
    HEADER_BYTES = 12,
    TYPES = 4,             /* payload types counted in a stream: codec, event, noise, one more */
    STREAMS = 16,          /* sender and side; further ones are counted as not read */
    EVIDENCES = 4,         /* streams whose payloads are looked at at a time */
    STEPS_SURE = 7,        /* steps in sequence that make a stream certain: eight packets */
    STEPS_EVIDENCE = 2,    /* steps after which payloads are looked at: three packets */
    BAD_PART = 8,          /* a certain stream has fewer than one bad step in so many good ones */
    NEAR = 16,             /* sequence numbers apart that count as a step of a young stream */
    DROPOUT_MAX = 3000,    /* RFC 3550 A.1 */
    MISORDER_MAX = 100,    /* RFC 3550 A.1 */
    CLOCK_MAX_HZ = 256000, /* no media clock is faster */
    CLOCK_SLACK_S = 4,     /* seconds that a timestamp may be ahead of the capture time */
    IDLE_US = 5000000,     /* a stream silent for so long gives its evidence away */
    NO_EVIDENCE = 0,
};

/* RFC 3550 5.1: V(2) P(1) X(1) CC(4) M(1) PT(7) sequence(16) timestamp(32) SSRC(32) CSRC(32)*CC */
struct header {
    bool padding, extension, marker;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
};

struct media_stream {
    uint32_t ssrc;
    uint32_t timestamp;     /* of the newest packet in sequence */
    uint64_t last_us;       /* capture time of the newest packet */
    uint32_t packets;       /* 0 = free */
    uint16_t sequence;      /* highest so far */
    uint16_t expected_bad;  /* RFC 3550 A.1 bad_seq: a restart shows by this one */
    uint32_t cycles;        /* sequence numbers that wrapped, times 65536 */
    uint32_t received;      /* since base */
    uint32_t base;          /* first sequence number since the last restart */
    uint32_t lost_before;   /* lost before that restart */
    uint32_t payload_bytes; /* of the packet `sequence`, as sent; 0 = not usable */
    uint32_t step;          /* timestamp step of all steps so far that were not 0 */
    uint16_t good, bad;     /* steps in sequence and others, until the stream is certain */
    uint8_t from;           /* side that sends */
    uint8_t evidence;       /* slot + 1, NO_EVIDENCE */
    bool certain;
    bool unbroken; /* every step was one number and one constant time, or none */
    bool judged;   /* verdict is filled in */
    bool jumped;   /* expected_bad is set */
    uint8_t types[TYPES];
    uint32_t type_packets[TYPES];
    uint64_t first_us;     /* capture time of the first packet */
    uint64_t first_packet; /* its number in the capture */
    struct rtp_verdict verdict;
};

struct media_flow {
    uint8_t last[2]; /* stream of each side's last packet */
    bool reported;   /* OBS_APP */
    uint8_t streams_used;
    uint64_t unread; /* packets of streams that found no place */
    uint64_t first_packet;
    uint64_t first_us;
    uint8_t rtcp_from; /* side of the first RTCP packet */
    struct rtcp rtcp;
    struct media_stream streams[STREAMS];
    struct rtp_evidence evidences[EVIDENCES];
    bool evidence_used[EVIDENCES];
};

_Static_assert(sizeof(struct media_flow) <= 12288, "media_flow: every media flow holds one");

/* Leaves the payload, padding included, in `in`. An extension is stepped over: profile(16)
 * length(16, words) data. */
static void read_header(struct bytes *in, struct header *ret_header)
{
    uint8_t first = bytes_u8(in);
    uint8_t second = bytes_u8(in);
    *ret_header = (struct header){
        .padding = (first & 0x20) != 0,
        .extension = (first & 0x10) != 0,
        .marker = (second & 0x80) != 0,
        .payload_type = second & 0x7f,
        .sequence = bytes_u16(in),
    };
    ret_header->timestamp = bytes_u32(in);
    ret_header->ssrc = bytes_u32(in);
    bytes_skip(in, (first & 15) * 4U);
    if (ret_header->extension) {
        bytes_skip(in, 2);
        uint16_t words = bytes_u16(in);
        bytes_skip(in, words * 4U);
    }
}

/* RFC 7983: media has a first byte of 128..191. RFC 5761: a second byte of 192..223 is RTCP. */
static bool is_rtcp(const struct bytes *datagram)
{
    int second = bytes_peek(datagram, 1);
    return second >= 192 && second <= 223;
}

static enum claim claim(const struct segment *seg)
{
    int first = bytes_peek(&seg->payload, 0);
    if (first < 128 || first > 191) {
        return CLAIM_NO;
    }
    if (is_rtcp(&seg->payload)) {
        return rtcp_is(&seg->payload) ? CLAIM_YES : CLAIM_NO;
    }
    if (bytes_left(&seg->payload) < HEADER_BYTES) {
        return CLAIM_NO;
    }
    struct bytes in = seg->payload;
    struct header header;
    read_header(&in, &header);
    return in.fault == BYTES_MALFORMED ? CLAIM_NO : CLAIM_YES;
}

static void judge_stream(struct media_flow *flow, struct media_stream *stream)
{
    if (stream->evidence != NO_EVIDENCE) {
        unsigned slot = stream->evidence - 1U;
        rtp_evidence_judge(&flow->evidences[slot], &stream->verdict);
        flow->evidence_used[slot] = false;
        stream->evidence = NO_EVIDENCE;
        stream->judged = true;
    }
}

/* A place for a young stream: a free one, or that of the uncertain one silent for longest. */
static struct media_stream *new_stream(struct media_flow *flow)
{
    struct media_stream *oldest = NULL;
    for (unsigned i = 0; i < STREAMS; i++) {
        struct media_stream *s = &flow->streams[i];
        if (s->packets == 0) {
            flow->streams_used = (uint8_t)(i + 1);
            return s;
        }
        if (!s->certain && (oldest == NULL || s->last_us < oldest->last_us)) {
            oldest = s;
        }
    }
    if (oldest != NULL) {
        judge_stream(flow, oldest);
    }
    return oldest;
}

static struct media_stream *find_stream(struct media_flow *flow, const struct header *header,
                                        uint8_t from)
{
    struct media_stream *last = &flow->streams[flow->last[from]];
    if (last->ssrc == header->ssrc && last->from == from && last->packets > 0) {
        return last;
    }
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *s = &flow->streams[i];
        if (s->ssrc == header->ssrc && s->from == from) {
            flow->last[from] = (uint8_t)i;
            return s;
        }
    }
    return NULL;
}

static void start_stream(struct media_stream *stream, const struct segment *seg,
                         const struct header *header)
{
    *stream = (struct media_stream){
        .ssrc = header->ssrc,
        .timestamp = header->timestamp,
        .last_us = seg->time_us,
        .packets = 1,
        .sequence = header->sequence,
        .received = 1,
        .base = header->sequence,
        .from = seg->from,
        .unbroken = true,
        .types = { header->payload_type },
        .type_packets = { 1 },
        .first_us = seg->time_us,
        .first_packet = seg->packet,
    };
}

static bool count_type(struct media_stream *stream, uint8_t type)
{
    for (unsigned i = 0; i < TYPES; i++) {
        if (stream->type_packets[i] == 0) {
            stream->types[i] = type;
        }
        if (stream->types[i] == type) {
            stream->type_packets[i]++;
            return true;
        }
    }
    return false;
}

/* May the media clock have gone from one packet to the other in the time between them? */
static bool is_plausible_time(const struct media_stream *stream, const struct header *header,
                              uint64_t time_us)
{
    uint32_t step = header->timestamp - stream->timestamp;
    uint64_t distance = step > INT32_MAX ? (uint32_t)-step : step;
    uint64_t passed_us = time_us > stream->last_us ? time_us - stream->last_us : 0;
    return distance <= (passed_us / 1000000 + CLOCK_SLACK_S) * CLOCK_MAX_HZ;
}

static uint32_t lost_since_base(const struct media_stream *stream)
{
    uint32_t expected = stream->cycles + stream->sequence - stream->base + 1;
    return expected > stream->received && expected - stream->received < INT32_MAX
               ? expected - stream->received
               : 0;
}

/* A sequence number far away: the sender started anew when the next one follows it. */
static void take_jump(struct media_stream *stream, const struct header *header)
{
    if (!stream->jumped || header->sequence != stream->expected_bad) {
        stream->expected_bad = (uint16_t)(header->sequence + 1);
        stream->jumped = true;
        return;
    }
    stream->lost_before += lost_since_base(stream);
    stream->cycles = 0;
    stream->base = header->sequence - 1U;
    stream->received = 2;
    stream->sequence = header->sequence;
    stream->timestamp = header->timestamp;
    stream->payload_bytes = 0;
    stream->jumped = false;
}

/* Does this step fit a stream without any loss, pause or change of frame length? */
static bool is_unbroken(struct media_stream *stream, uint16_t ahead, uint32_t step)
{
    if (step != 0 && stream->step == 0) {
        stream->step = step;
    }
    return stream->unbroken && ahead == 1 && (step == 0 || step == stream->step);
}

static void grow_certain(struct media_stream *stream, bool good)
{
    stream->good = (uint16_t)(stream->good + good);
    stream->bad = (uint16_t)(stream->bad + !good);
    stream->certain = stream->good >= STEPS_SURE && stream->bad * BAD_PART <= stream->good;
    if (stream->bad > UINT16_MAX / BAD_PART) {
        stream->good /= 2;
        stream->bad /= 2;
    }
}

/* RFC 3550 A.1, A.3. Returns numbers ahead of the highest (1 = the next); 0 when not ahead. */
static uint16_t take_sequence(struct media_stream *stream, const struct header *header,
                              uint64_t time_us)
{
    uint16_t ahead = (uint16_t)(header->sequence - stream->sequence);
    stream->packets++;
    bool known = count_type(stream, header->payload_type);
    if (!stream->certain && ahead != 0) {
        bool near = (ahead > 0 && ahead <= NEAR) || ahead >= UINT16_MAX - NEAR;
        stream->unbroken = is_unbroken(stream, ahead, header->timestamp - stream->timestamp);
        grow_certain(stream, near && known && is_plausible_time(stream, header, time_us));
    }
    if (ahead > 0 && ahead < DROPOUT_MAX) {
        stream->cycles += header->sequence < stream->sequence ? UINT16_MAX + 1U : 0;
        stream->sequence = header->sequence;
        stream->received++;
        return ahead;
    }
    if (ahead != 0 && ahead <= UINT16_MAX - MISORDER_MAX) {
        take_jump(stream, header);
    } else if (ahead != 0) {
        stream->received++; /* late */
    }
    return 0;
}

/* Gives the stream a place for its statistics; one that another stream no longer fills if need be.
 */
static void take_evidence(struct media_flow *flow, struct media_stream *stream)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        struct media_stream *s = &flow->streams[i];
        if (s->evidence != NO_EVIDENCE && s->last_us + IDLE_US < stream->last_us) {
            judge_stream(flow, s);
        }
    }
    for (unsigned i = 0; i < EVIDENCES; i++) {
        if (!flow->evidence_used[i]) {
            flow->evidence_used[i] = true;
            flow->evidences[i] = (struct rtp_evidence){ .packets = 0 };
            stream->evidence = (uint8_t)(i + 1);
            return;
        }
    }
}

/* ahead: of the packet before, in numbers. */
static void look_at_payload(struct media_flow *flow, struct media_stream *stream,
                            const struct header *header, const struct bytes *payload,
                            uint16_t ahead)
{
    if (stream->evidence == NO_EVIDENCE && stream->good >= STEPS_EVIDENCE) {
        take_evidence(flow, stream);
    }
    if (stream->evidence == NO_EVIDENCE) {
        return;
    }
    struct rtp_evidence *evidence = &flow->evidences[stream->evidence - 1];
    if (ahead == 1 && !header->marker && stream->payload_bytes > 0) {
        rtp_evidence_size(evidence, stream->types[0], stream->payload_bytes,
                          header->timestamp - stream->timestamp);
    }
    if (bytes_ok(payload)) {
        rtp_evidence_payload(evidence, payload);
    }
    if (evidence->packets >= RTP_EVIDENCE_PACKETS) {
        judge_stream(flow, stream);
    }
}

static void take_media(struct media_flow *flow, struct segment *seg)
{
    struct bytes payload = seg->payload;
    struct header header;
    if (bytes_left(&payload) < HEADER_BYTES) {
        return;
    }
    read_header(&payload, &header);
    if (payload.fault == BYTES_MALFORMED) {
        return;
    }
    struct media_stream *stream = find_stream(flow, &header, seg->from);
    if (stream == NULL) {
        stream = new_stream(flow);
        if (stream == NULL) {
            flow->unread++;
            return;
        }
        start_stream(stream, seg, &header);
        return;
    }
    uint16_t ahead = take_sequence(stream, &header, seg->time_us);
    stream->last_us = seg->time_us;
    if (ahead == 0) {
        return; /* late or again */
    }
    if (!stream->judged) {
        look_at_payload(flow, stream, &header, &payload, ahead);
        bool usable =
            bytes_ok(&payload) && !header.padding && header.payload_type == stream->types[0];
        stream->payload_bytes = usable ? bytes_sent(&payload) : 0;
    }
    stream->timestamp = header.timestamp;
}

static bool is_certain(const struct media_flow *flow)
{
    for (unsigned i = 0; i < flow->streams_used; i++) {
        if (flow->streams[i].certain) {
            return true;
        }
    }
    return rtcp_is_certain(&flow->rtcp);
}

static enum feed feed(void *state, struct segment *seg, struct sink *sink)
{
    struct media_flow *flow = state;
    if (flow->first_packet == 0) {
        flow->first_packet = seg->packet;
        flow->first_us = seg->time_us;
    }
    if (is_rtcp(&seg->payload) && rtcp_is(&seg->payload)) {
        flow->rtcp_from = flow->rtcp.packets == 0 ? seg->from : flow->rtcp_from;
        rtcp_take(&flow->rtcp, &seg->payload, seg->from);
    } else if (!is_rtcp(&seg->payload)) {
        take_media(flow, seg);
    }
    if (!flow->reported && is_certain(flow)) {
        flow->reported = true;
        observe_text(sink, seg, OBS_APP, "rtp", 0);
    }
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    return FEED_MORE;
}

/* Where the facts of one stream go. */
struct stream_sink {
    struct sink *sink;
    const struct media_stream *stream;
    uint16_t index;
};

static void put_stream(const struct stream_sink *to, enum observation_kind kind, const char *text,
                       uint64_t value, uint16_t sub)
{
    struct observation obs = {
        .kind = kind,
        .index = to->index,
        .sub = sub,
        .from = to->stream->from,
        .text = text,
        .text_size = text != NULL ? (uint32_t)strlen(text) : 0,
        .value = value,
        .packet = to->stream->first_packet,
        .time_us = to->stream->first_us,
    };
    to->sink->put(to->sink, &obs);
}

static uint8_t main_type(const struct media_stream *stream)
{
    unsigned most = 0;
    for (unsigned i = 1; i < TYPES; i++) {
        most = stream->type_packets[i] > stream->type_packets[most] ? i : most;
    }
    return stream->types[most];
}

static const char *says_text(enum rtp_says says)
{
    static const char *const texts[] = {
        [RTP_SAYS_UNKNOWN] = "unknown",
        [RTP_SAYS_SRTP] = "srtp",
        [RTP_SAYS_RTP] = "rtp",
    };
    return texts[says];
}

static void put_verdict(const struct stream_sink *to, const struct rtp_verdict *verdict)
{
    static const char *const tests[RTP_TESTS] = {
        [RTP_TEST_SIZE] = "payload-size",     [RTP_TEST_FIRST_BYTES] = "first-bytes",
        [RTP_TEST_BYTES] = "byte-histogram",  [RTP_TEST_CONTINUITY] = "continuity",
        [RTP_TEST_REPETITION] = "repetition",
    };
    put_stream(to, OBS_MEDIA_PROTECTION, says_text(verdict->says), 0, 0);
    if (verdict->says != RTP_SAYS_UNKNOWN) {
        put_stream(to, OBS_MEDIA_EVIDENCE, verdict->proven ? "proven" : "inferred", 0, 0);
    }
    if (verdict->says == RTP_SAYS_SRTP && (verdict->null_cipher || verdict->encrypted)) {
        put_stream(to, OBS_MEDIA_CONFIDENTIAL, NULL, !verdict->null_cipher, 0);
    }
    if (verdict->no_tag) {
        put_stream(to, OBS_MEDIA_AUTHENTICATED, NULL, false, 0);
    }
    for (uint16_t i = 0; i < verdict->ground_count; i++) {
        const struct rtp_ground *ground = &verdict->grounds[i];
        put_stream(to, OBS_MEDIA_GROUND_TEST, tests[ground->test], 0, i);
        put_stream(to, OBS_MEDIA_GROUND_RESULT, says_text(ground->says), 0, i);
        put_stream(to, OBS_MEDIA_GROUND_PACKETS, NULL, ground->packets, i);
        put_stream(to, OBS_MEDIA_GROUND_SCORE, NULL, (uint64_t)(int64_t)ground->score, i);
    }
}

static void report_stream(const struct stream_sink *to)
{
    const struct media_stream *stream = to->stream;
    char ssrc[16];
    struct text text = text_into(ssrc, sizeof ssrc);
    text_printf(&text, "0x%08x", (unsigned)stream->ssrc);
    put_stream(to, OBS_MEDIA_SSRC, ssrc, stream->ssrc, 0);
    put_stream(to, OBS_MEDIA_PAYLOAD_TYPE, NULL, main_type(stream), 0);
    const struct rtp_codec *codec = rtp_codecs_find(main_type(stream));
    if (codec != NULL) {
        put_stream(to, OBS_MEDIA_CODEC, codec->name, 0, 0);
        put_stream(to, OBS_MEDIA_KIND, codec->kind, 0, 0);
    }
    put_stream(to, OBS_MEDIA_FROM, NULL, stream->from, 0);
    put_stream(to, OBS_MEDIA_PACKETS, NULL, stream->packets, 0);
    put_stream(to, OBS_MEDIA_LOST, NULL, stream->lost_before + lost_since_base(stream), 0);
    put_stream(to, OBS_MEDIA_FIRST, NULL, stream->first_us, 0);
    put_stream(to, OBS_MEDIA_LAST, NULL, stream->last_us, 0);
    put_verdict(to, &stream->verdict);
}

static void put_rtcp(struct sink *sink, const struct media_flow *flow, struct observation obs)
{
    obs.from = flow->rtcp_from;
    obs.packet = flow->first_packet;
    obs.time_us = flow->first_us;
    obs.text_size = obs.text != NULL ? (uint32_t)strlen(obs.text) : 0;
    sink->put(sink, &obs);
}

static void report_rtcp(const struct media_flow *flow, struct sink *sink)
{
    struct rtcp_verdict v;
    rtcp_judge(&flow->rtcp, &v);
    put_rtcp(sink, flow,
             (struct observation){ .kind = OBS_MEDIA_RTCP_PROTECTION, .text = v.protection });
    if (v.evidence != NULL) {
        put_rtcp(sink, flow,
                 (struct observation){ .kind = OBS_MEDIA_RTCP_EVIDENCE, .text = v.evidence });
    }
    put_rtcp(sink, flow,
             (struct observation){ .kind = OBS_MEDIA_RTCP_PACKETS, .value = flow->rtcp.packets });
    for (uint16_t i = 0; i < v.ground_count; i++) {
        struct observation obs = { .kind = OBS_MEDIA_RTCP_GROUND_TEST, .index = i };
        obs.text = v.grounds[i].test;
        put_rtcp(sink, flow, obs);
        obs.kind = OBS_MEDIA_RTCP_GROUND_RESULT;
        obs.text = v.grounds[i].result;
        put_rtcp(sink, flow, obs);
        obs.kind = OBS_MEDIA_RTCP_GROUND_PACKETS;
        obs.text = NULL;
        obs.value = v.grounds[i].packets;
        put_rtcp(sink, flow, obs);
    }
}

/* A short stream counts beside a certain one, or when nothing in it speaks against it: joins knows
 * whether its port was announced. */
static bool is_worth_telling(const struct media_stream *stream, bool flow_certain)
{
    if (stream->certain) {
        return true;
    }
    return stream->good >= STEPS_EVIDENCE &&
           (stream->unbroken || (flow_certain && stream->bad == 0));
}

static void close_flow(void *state, struct sink *sink)
{
    struct media_flow *flow = state;
    bool flow_certain = is_certain(flow);
    struct stream_sink to = { .sink = sink };
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *stream = &flow->streams[i];
        if (is_worth_telling(stream, flow_certain)) {
            judge_stream(flow, stream);
            to.stream = stream;
            report_stream(&to);
            to.index++;
        }
    }
    if (flow->rtcp.packets > 0 && (flow_certain || to.index > 0)) {
        report_rtcp(flow, sink);
    }
    if (flow->unread > 0) {
        struct observation obs = { .kind = OBS_CUT, .text = "rtp", .value = flow->unread };
        put_rtcp(sink, flow, obs);
    }
}

const struct analyzer rtp_analyzer = {
    .name = "rtp",
    .spec = "RFC 3550, RFC 3711",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct media_flow),
    .claim = claim,
    .feed = feed,
    .close = close_flow,
};

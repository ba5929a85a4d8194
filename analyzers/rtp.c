/* analyzers/rtp.c: media streams by their sequence numbers; rtp_evidence.c and rtcp.c tell whether
 * they are encrypted.
 *
 * Two bits make a datagram look like RTP, so nothing is said about a stream before eight packets of
 * one sender went on in sequence. Everything but OBS_APP is reported when the flow ends. */
#include "analyzers/rtp_stream.h"

#include <stdlib.h>

#include "base/budget.h"

extern const struct analyzer rtp_analyzer;

enum {
    HEADER_BYTES = 12,
    STEPS_SURE = 7,        /* steps in sequence that make a stream certain: eight packets */
    STEPS_EVIDENCE = 2,    /* steps after which payloads are looked at: three packets */
    BAD_PART = 8,          /* a certain stream has fewer than one bad step in so many good ones */
    NEAR = 16,             /* sequence numbers apart that count as a step of a young stream */
    DROPOUT_MAX = 3000,    /* RFC 3550 A.1 */
    MISORDER_MAX = 100,    /* RFC 3550 A.1 */
    SILENT_MAX = 50,       /* frames left out between two packets: a second */
    CLOCK_MAX_HZ = 256000, /* no media clock is faster */
    CLOCK_SLACK_S = 4,     /* seconds that a timestamp may be ahead of the capture time */
    IDLE_US = 5000000,     /* a stream silent for so long gives its evidence away */
    NO_EVIDENCE = 0,
    REST_PACKETS = 2000, /* between two looks at the payloads of a judged stream */
    LOOK_PACKETS = 80,   /* of such a look */
    MORE_BYTES = (STREAMS - STREAMS_NEAR) * sizeof(struct media_stream),
    PAUSE_US = 2000000, /* what goes on after a pause may be keyed anew: looked at at once */
    SAMPLE_FIRST = 32,  /* packets before the third sample of a stream; each next one comes after
                           four times as many */
    SAMPLE_MAX = 1500,  /* bytes of a sample */
    AGAIN_MAX = 8,      /* samples of numbers that came before */
    RTCP_SAMPLES = 3,   /* of each side */
    REPORTS_FEW = 6,    /* RTCP packets that may be too few to be sure of; joins knows more */
};

/* RFC 3550 5.1: V(2) P(1) X(1) CC(4) M(1) PT(7) sequence(16) timestamp(32) SSRC(32) CSRC(32)*CC */
struct header {
    bool padding, marker;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
};

/* Steps over the CSRCs and an extension: profile(16) length(16, words) data. */
static void skip_variable(struct bytes *in, uint8_t first)
{
    bytes_skip(in, (first & 15) * 4U);
    if ((first & 0x10) != 0) {
        bytes_skip(in, 2);
        uint16_t words = bytes_u16(in);
        bytes_skip(in, words * 4U);
    }
}

/* Leaves the payload, padding included, in `datagram`, which has HEADER_BYTES at least. */
static void read_header(struct bytes *datagram, struct header *ret_header)
{
    struct bytes window = bytes_of(bytes_skip(datagram, HEADER_BYTES), HEADER_BYTES, HEADER_BYTES);
    struct bytes *in = &window;
    uint8_t first = bytes_u8(in);
    uint8_t second = bytes_u8(in);
    *ret_header = (struct header){
        .padding = (first & 0x20) != 0,
        .marker = (second & 0x80) != 0,
        .payload_type = second & 0x7f,
        .sequence = bytes_u16(in),
    };
    ret_header->timestamp = bytes_u32(in);
    ret_header->ssrc = bytes_u32(in);
    skip_variable(datagram, first);
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
    bytes_skip(&in, HEADER_BYTES);
    skip_variable(&in, (uint8_t)first);
    return in.fault == BYTES_MALFORMED ? CLAIM_NO : CLAIM_YES;
}

/* Ends a look at the payloads of a stream and gives its place away. */
static void judge_stream(struct media_flow *flow, struct media_stream *stream)
{
    struct rtp_verdict verdict;
    if (stream->evidence == NO_EVIDENCE) {
        return;
    }
    unsigned slot = stream->evidence - 1U;
    rtp_evidence_judge(flow->evidence[slot], &verdict);
    flow->evidence_used[slot] = false;
    stream->evidence = NO_EVIDENCE;
    if (!stream->judged) {
        stream->verdict = verdict;
    } else if (rtp_evidence_join(&stream->verdict, &verdict, stream->look_from)) {
        stream->change_packet = stream->look_packet;
        stream->change_ms = stream->look_ms;
    }
    stream->judged = true;
    stream->rest_until = stream->packets < UINT32_MAX - REST_PACKETS
                             ? stream->packets + (stream->verdict.thorough ? REST_PACKETS : 0)
                             : UINT32_MAX;
}

/* May this stream give its place to another? A certain one only when it is over and nothing was
 * wrong with it. */
static bool is_dispensable(const struct media_stream *stream, uint64_t now_us)
{
    return !stream->certain ||
           (stream->verdict.says == RTP_SAYS_SRTP && !stream->verdict.null_cipher &&
            !stream->verdict.no_tag && stream->last_us + IDLE_US < now_us);
}

/* Memory that give_memory takes back; NULL when there is none. */
static void *take_memory(struct sink *sink, size_t size)
{
    if (!budget_take(sink->budget, size)) {
        return NULL;
    }
    void *memory = calloc(1, size);
    budget_give(sink->budget, memory == NULL ? size : 0);
    return memory;
}

static void give_memory(struct sink *sink, void *memory, size_t size)
{
    if (memory != NULL) {
        budget_give(sink->budget, size);
        free(memory);
    }
}

/* The next place that no stream had yet, or NULL. */
static struct media_stream *unused_stream(struct media_flow *flow, struct sink *sink)
{
    if (flow->streams_used == STREAMS || flow->poor) {
        return NULL;
    }
    if (flow->streams_used == STREAMS_NEAR) {
        flow->more = take_memory(sink, MORE_BYTES);
        flow->poor = flow->more == NULL;
    }
    return flow->poor ? NULL : rtp_stream_at(flow, flow->streams_used++);
}

/* A place for a young stream: a free one, or that of the dispensable one silent for longest. */
static struct media_stream *new_stream(struct media_flow *flow, uint64_t now_us, struct sink *sink)
{
    struct media_stream *oldest = unused_stream(flow, sink);
    if (oldest != NULL) {
        return oldest;
    }
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *s = rtp_stream_at(flow, i);
        if (is_dispensable(s, now_us) &&
            (oldest == NULL || oldest->certain > s->certain ||
             (oldest->certain == s->certain && s->last_us < oldest->last_us))) {
            oldest = s;
        }
    }
    if (oldest != NULL) {
        judge_stream(flow, oldest);
        flow->unread += oldest->certain ? oldest->packets : 0;
    }
    return oldest;
}

static struct media_stream *find_stream(struct media_flow *flow, const struct header *header,
                                        uint8_t from)
{
    struct media_stream *last = rtp_stream_at(flow, flow->last[from]);
    if (last->ssrc == header->ssrc && last->from == from && last->packets > 0) {
        return last;
    }
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *s = rtp_stream_at(flow, i);
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
        .last_packet = seg->packet,
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

/* A sequence number far away: the sender started anew when the next one follows it. */
static void take_jump(struct media_stream *stream, const struct header *header)
{
    if (!stream->jumped || header->sequence != stream->expected_bad) {
        stream->expected_bad = (uint16_t)(header->sequence + 1);
        stream->jumped = true;
        return;
    }
    stream->lost_before += rtp_stream_lost(stream);
    stream->cycles = 0;
    stream->base = header->sequence - 1U;
    stream->received = 2;
    stream->sequence = header->sequence;
    stream->timestamp = header->timestamp;
    stream->payload_bytes = 0;
    stream->jumped = false;
    stream->rest_until = stream->packets;
    stream->sample_at = stream->packets;
    stream->restarted = true;
}

/* Does this step fit a stream without any loss or change of frame length? In silence a sender may
 * leave frames out (RFC 3551 4.1). */
static bool is_unbroken(struct media_stream *stream, uint16_t ahead, uint32_t step)
{
    if (step != 0 && stream->step == 0) {
        stream->step = step;
    }
    if (!stream->unbroken || ahead != 1) {
        return false;
    }
    return step == 0 || step == stream->step ||
           (step % stream->step == 0 && step / stream->step <= SILENT_MAX);
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
    stream->packets += stream->packets < UINT32_MAX;
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

static void begin_look(struct media_flow *flow, struct media_stream *stream, unsigned slot)
{
    flow->evidence_used[slot] = true;
    memset(flow->evidence[slot], 0, sizeof *flow->evidence[slot]);
    stream->evidence = (uint8_t)(slot + 1);
    stream->look_from = stream->packets;
    stream->look_packet = stream->last_packet;
    uint64_t now_us = stream->last_us;
    stream->look_ms =
        now_us > stream->first_us ? (uint32_t)((now_us - stream->first_us) / 1000) : 0;
    stream->payload_bytes = stream->judged ? 0 : stream->payload_bytes;
}

/* Gives the stream a place for its statistics; one that another stream no longer fills if need be.
 */
static void take_evidence(struct media_flow *flow, struct media_stream *stream, struct sink *sink)
{
    for (unsigned i = 0; i < EVIDENCES; i++) {
        if (flow->evidence[i] == NULL) {
            flow->evidence[i] = take_memory(sink, sizeof *flow->evidence[i]);
        }
        if (!flow->evidence_used[i] && flow->evidence[i] != NULL) {
            begin_look(flow, stream, i);
            return;
        }
    }
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *s = rtp_stream_at(flow, i);
        if (s->evidence != NO_EVIDENCE && s->last_us + IDLE_US < stream->last_us) {
            unsigned slot = s->evidence - 1U;
            judge_stream(flow, s);
            begin_look(flow, stream, slot);
            return;
        }
    }
}

/* ahead: of the packet before, in numbers. */
static void look_at_payload(struct media_flow *flow, struct media_stream *stream,
                            const struct header *header, const struct bytes *payload,
                            uint16_t ahead, struct sink *sink)
{
    if (stream->evidence == NO_EVIDENCE && stream->good >= STEPS_EVIDENCE) {
        take_evidence(flow, stream, sink);
    }
    if (stream->evidence == NO_EVIDENCE) {
        return;
    }
    struct rtp_evidence *evidence = flow->evidence[stream->evidence - 1];
    if (ahead == 1 && !header->marker && stream->payload_bytes > 0) {
        rtp_evidence_size(evidence, stream->types[0], stream->payload_bytes,
                          header->timestamp - stream->timestamp);
    }
    if (bytes_ok(payload)) {
        rtp_evidence_payload(evidence, payload);
    }
    bool again = stream->judged && stream->verdict.thorough;
    if (evidence->packets >= (again ? LOOK_PACKETS : RTP_EVIDENCE_PACKETS)) {
        judge_stream(flow, stream);
    }
}

/* Tags are checked with keys that other flows may tell: joins have those. */
static bool put_sample(struct sink *sink, const struct segment *seg, uint32_t ssrc, bool rtcp)
{
    struct observation obs = observation_of(seg, OBS_MEDIA_SAMPLE);
    struct bytes packet = seg->payload;
    obs.text_size = bytes_left(&packet);
    if (obs.text_size != bytes_sent(&packet) || obs.text_size > SAMPLE_MAX) {
        return false;
    }
    obs.text = (const char *)bytes_skip(&packet, obs.text_size);
    obs.value = ssrc;
    obs.sub = rtcp;
    sink->put(sink, &obs);
    return true;
}

/* The first packets of a stream, and now and then a later one. */
static void sample_media(struct sink *sink, const struct segment *seg, struct media_stream *stream)
{
    if (stream->good < STEPS_EVIDENCE || !put_sample(sink, seg, stream->ssrc, false)) {
        return;
    }
    uint32_t next = stream->packets + 1;
    if (stream->samples > 0) {
        next = SAMPLE_FIRST;
        while (next <= stream->packets && next < UINT32_MAX / 4) {
            next *= 4;
        }
    }
    stream->sample_at = next;
    stream->sampled[stream->samples % SAMPLED] = stream->sequence;
    stream->samples = (uint8_t)(stream->samples < UINT8_MAX ? stream->samples + 1 : SAMPLED);
}

/* A number that was sampled comes again: the same packet, or another one under the same number. */
static void sample_again(struct sink *sink, const struct segment *seg, struct media_stream *stream,
                         uint16_t sequence)
{
    for (unsigned i = 0; i < SAMPLED && i < stream->samples; i++) {
        if (stream->sampled[i] == sequence && stream->sampled_again < AGAIN_MAX) {
            stream->sampled_again += put_sample(sink, seg, stream->ssrc, false);
            return;
        }
    }
}

/* RFC 3550 6.4: V(2) P(1) RC(5) PT(8) length(16) SSRC(32). */
static void sample_rtcp(struct sink *sink, const struct segment *seg, struct media_flow *flow)
{
    struct bytes packet = seg->payload;
    bytes_skip(&packet, 4);
    uint32_t ssrc = bytes_u32(&packet);
    uint8_t *samples = &flow->rtcp_samples[seg->from];
    if (bytes_ok(&packet) && *samples < RTCP_SAMPLES && put_sample(sink, seg, ssrc, true)) {
        (*samples)++;
    }
}

static void take_media(struct media_flow *flow, struct segment *seg, struct sink *sink)
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
        stream = new_stream(flow, seg->time_us, sink);
        if (stream == NULL) {
            flow->unread++;
            return;
        }
        start_stream(stream, seg, &header);
        return;
    }
    uint16_t ahead = take_sequence(stream, &header, seg->time_us);
    bool paused = seg->time_us > stream->last_us + PAUSE_US;
    stream->last_us = seg->time_us;
    stream->last_packet = seg->packet;
    if (ahead == 0) {
        sample_again(sink, seg, stream, header.sequence);
        return; /* late or again */
    }
    if (stream->packets >= stream->sample_at || paused) {
        sample_media(sink, seg, stream);
    } else if (stream->restarted) {
        sample_again(sink, seg, stream, header.sequence);
    }
    if (stream->packets >= stream->rest_until || paused) {
        stream->rest_until = 0;
        look_at_payload(flow, stream, &header, &payload, ahead, sink);
        bool usable =
            bytes_ok(&payload) && !header.padding && header.payload_type == stream->types[0];
        stream->payload_bytes = usable ? bytes_sent(&payload) : 0;
    }
    stream->timestamp = header.timestamp;
}

static bool is_certain(struct media_flow *flow)
{
    for (unsigned i = 0; i < flow->streams_used; i++) {
        if (rtp_stream_at(flow, i)->certain) {
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
        sample_rtcp(sink, seg, flow);
    } else if (!is_rtcp(&seg->payload)) {
        take_media(flow, seg, sink);
    }
    if (!flow->reported && is_certain(flow)) {
        flow->reported = true;
        observe_text(sink, seg, OBS_APP, "rtp", 0);
    }
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    return FEED_MORE;
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
    uint16_t told = 0;
    for (unsigned i = 0; i < flow->streams_used; i++) {
        struct media_stream *stream = rtp_stream_at(flow, i);
        if (is_worth_telling(stream, flow_certain)) {
            judge_stream(flow, stream);
            rtp_report_stream(sink, stream, told++);
        }
    }
    bool few = flow->streams_used == 0 && flow->rtcp.packets <= REPORTS_FEW;
    if (flow->rtcp.packets > 0 && (flow_certain || told > 0 || few)) {
        rtp_report_rtcp(sink, flow);
    }
    if (flow->unread > 0) {
        rtp_report_unread(sink, flow);
    }
    give_memory(sink, flow->more, MORE_BYTES);
    for (unsigned i = 0; i < EVIDENCES; i++) {
        give_memory(sink, flow->evidence[i], sizeof *flow->evidence[i]);
    }
}

/* The stream that this side's last packet was of, and what gathers its payloads. */
static void prefetch(const void *state, uint8_t from)
{
    const struct media_flow *flow = state;
    unsigned last = flow->last[from];
    const struct media_stream *stream =
        last < STREAMS_NEAR ? &flow->near[last] : &flow->more[last - STREAMS_NEAR];
    __builtin_prefetch(stream, 1);
    __builtin_prefetch(&stream->payload_bytes, 1);
    if (stream->evidence != NO_EVIDENCE && stream->packets >= stream->rest_until) {
        const struct rtp_evidence *evidence = flow->evidence[stream->evidence - 1];
        __builtin_prefetch(evidence, 1);
        __builtin_prefetch(evidence->held_size, 1);
        __builtin_prefetch(evidence->held_bytes[evidence->held], 1);
    }
}

const struct analyzer rtp_analyzer = {
    .name = "rtp",
    .spec = "RFC 3550, RFC 3711",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct media_flow),
    .claim = claim,
    .feed = feed,
    .prefetch = prefetch,
    .close = close_flow,
};

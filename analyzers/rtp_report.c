/* analyzers/rtp_report.c: the facts of a media flow when it ends. */
#include "analyzers/rtp_codecs.h"
#include "analyzers/rtp_stream.h"
#include "base/text.h"

/* Where the facts of one stream go. */
struct stream_sink {
    struct sink *sink;
    const struct media_stream *stream;
    uint16_t index;
};

static struct observation stream_observation(const struct stream_sink *to,
                                             enum observation_kind kind, uint16_t sub)
{
    return (struct observation){
        .kind = kind,
        .index = to->index,
        .sub = sub,
        .from = to->stream->from,
        .packet = to->stream->first_packet,
        .time_us = to->stream->first_us,
    };
}

static void put_stream(const struct stream_sink *to, enum observation_kind kind, const char *text,
                       uint64_t value, uint16_t sub)
{
    struct observation obs = stream_observation(to, kind, sub);
    obs.text = text;
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    obs.value = value;
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

/* The evidence of the end is the last packet. */
static void put_last(const struct stream_sink *to)
{
    struct observation obs = {
        .kind = OBS_MEDIA_LAST,
        .index = to->index,
        .from = to->stream->from,
        .value = to->stream->last_us,
        .packet = to->stream->last_packet,
        .time_us = to->stream->last_us,
    };
    to->sink->put(to->sink, &obs);
}

/* Does the size of packets leave room for a tag? */
static bool has_tag(const struct rtp_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->ground_count; i++) {
        const struct rtp_ground *ground = &verdict->grounds[i];
        if (ground->test == RTP_TEST_SIZE && ground->says == RTP_SAYS_SRTP) {
            return verdict->says == RTP_SAYS_SRTP;
        }
    }
    return false;
}

static void put_verdict(const struct stream_sink *to, const struct rtp_verdict *verdict)
{
    static const char *const tests[RTP_TESTS] = {
        [RTP_TEST_SIZE] = "payload-size",
        [RTP_TEST_FIRST_BYTES] = "first-bytes",
        [RTP_TEST_TOGETHER] = "first-bytes-together",
        [RTP_TEST_BYTES] = "byte-histogram",
        [RTP_TEST_CONTINUITY] = "continuity",
        [RTP_TEST_REPETITION] = "repetition",
        [RTP_TEST_CHANGE] = "change",
    };
    put_stream(to, OBS_MEDIA_PROTECTION, says_text(verdict->says), 0, 0);
    if (verdict->says != RTP_SAYS_UNKNOWN) {
        put_stream(to, OBS_MEDIA_EVIDENCE, verdict->proven ? "proven" : "inferred", 0, 0);
    }
    if (verdict->says == RTP_SAYS_SRTP && (verdict->null_cipher || verdict->encrypted)) {
        put_stream(to, OBS_MEDIA_CONFIDENTIAL, NULL, !verdict->null_cipher, 0);
    }
    if (verdict->no_tag || has_tag(verdict)) {
        put_stream(to, OBS_MEDIA_AUTHENTICATED, NULL, !verdict->no_tag, 0);
    }
    for (uint16_t i = 0; i < verdict->ground_count; i++) {
        const struct rtp_ground *ground = &verdict->grounds[i];
        struct observation obs = stream_observation(to, OBS_MEDIA_GROUND_TEST, i);
        obs.text = tests[ground->test];
        obs.text_size = (uint32_t)strlen(obs.text);
        if (ground->test == RTP_TEST_CHANGE) {
            obs.packet = to->stream->change_packet;
            obs.time_us = to->stream->first_us + to->stream->change_ms * UINT64_C(1000);
        }
        to->sink->put(to->sink, &obs);
        put_stream(to, OBS_MEDIA_GROUND_RESULT, says_text(ground->says), 0, i);
        put_stream(to, OBS_MEDIA_GROUND_PACKETS, NULL, ground->packets, i);
        put_stream(to, OBS_MEDIA_GROUND_SCORE, NULL, (uint64_t)(int64_t)ground->score, i);
    }
}

void rtp_report_stream(struct sink *sink, const struct media_stream *stream, uint16_t index)
{
    const struct stream_sink put = { sink, stream, index };
    const struct stream_sink *to = &put;
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
    put_stream(to, OBS_MEDIA_LOST, NULL, stream->lost_before + rtp_stream_lost(stream), 0);
    put_stream(to, OBS_MEDIA_FIRST, NULL, stream->first_us, 0);
    put_last(to);
    put_verdict(to, &stream->verdict);
}

static void put_flow(struct sink *sink, const struct media_flow *flow, struct observation obs)
{
    obs.from = flow->rtcp_from;
    obs.packet = flow->first_packet;
    obs.time_us = flow->first_us;
    obs.text_size = obs.text != NULL ? (uint32_t)strlen(obs.text) : 0;
    sink->put(sink, &obs);
}

void rtp_report_rtcp(struct sink *sink, const struct media_flow *flow)
{
    struct rtcp_verdict v;
    rtcp_judge(&flow->rtcp, &v);
    put_flow(sink, flow,
             (struct observation){ .kind = OBS_MEDIA_RTCP_PROTECTION, .text = v.protection });
    if (v.evidence != NULL) {
        put_flow(sink, flow,
                 (struct observation){ .kind = OBS_MEDIA_RTCP_EVIDENCE, .text = v.evidence });
    }
    put_flow(sink, flow,
             (struct observation){ .kind = OBS_MEDIA_RTCP_PACKETS, .value = flow->rtcp.packets });
    for (uint16_t i = 0; i < v.ground_count; i++) {
        struct observation obs = { .kind = OBS_MEDIA_RTCP_GROUND_TEST, .index = i };
        obs.text = v.grounds[i].test;
        put_flow(sink, flow, obs);
        obs.kind = OBS_MEDIA_RTCP_GROUND_RESULT;
        obs.text = v.grounds[i].result;
        put_flow(sink, flow, obs);
        obs.kind = OBS_MEDIA_RTCP_GROUND_PACKETS;
        obs.text = NULL;
        obs.value = v.grounds[i].packets;
        put_flow(sink, flow, obs);
    }
}

void rtp_report_unread(struct sink *sink, const struct media_flow *flow)
{
    put_flow(sink, flow,
             (struct observation){ .kind = OBS_CUT, .text = "rtp", .value = flow->unread });
}

/* analyzers/rtp_evidence.c: statistics of media payloads and what they say.
 *
 * The thresholds: a random stream passes Z_CLEAR in any test with a probability far below 1e-9
 * (chi-square with 15 or 255 degrees of freedom, 20 standard deviations out; also for the few
 * packets of PACKETS_FOR_*), so ciphertext is not called clear. Compressed speech and video in
 * clear passes it through its payload header (Opus TOC, VP8 descriptor, NAL unit type), through
 * parameters that change slowly, or stays above Z_RANDOM: then it is unknown. */
#include "analyzers/rtp_evidence.h"

#include "analyzers/rtp_codecs.h"
#include "base/keyed_hash.h"

enum {
    PAYLOAD_MIN = 4,         /* bytes before the tail: events and comfort noise have fewer */
    REPEAT_MIN = 4,          /* bytes: shorter payloads repeat by chance */
    REPEAT_MAX = 256,        /* bytes: frames of speech are shorter */
    PACKETS_FOR_BYTES = 10,  /* fewest packets for the histogram of all bytes to speak */
    PACKETS_FOR_PLACES = 20, /* fewest for histograms by position and for continuity */
    PACKETS_FOR_RANDOM = 60, /* fewest for "all of it looks random" */
    PACKETS_FOR_SIZE = 10,   /* fewest whose size agrees */
    BARE_FOR_DOUBT = 2,      /* packets that end with the codec's frames among those with a tag */
    REPEATS_FOR_CLEAR = 3,   /* packets with the same payload */
    REPEATS_STRAY = 32,      /* one part in 32 may be clear before the keys are there */
    Z_CLEAR = 20000,         /* thousandths, as all z */
    Z_SAMPLES = 8000,        /* of all bytes: not random although packets are few */
    PACKETS_FOR_WIDE = 120,  /* with fewer, chance has to look smoother: see Z_RANDOM */
    Z_RANDOM = 3500,         /* G.729 in clear: 5.3 at least in 60 packets, 10 in 100 */
    Z_RANDOM_WIDE = 5000,
    Z_TOGETHER = 4000,        /* all half bytes as one: small departures in many of them */
    Z_TOO_EVEN = -2650,       /* 15 degrees of freedom: a counter, not chance */
    Z_TOO_EVEN_BYTES = -5000, /* 255 degrees of freedom */
};

/* The same in every run: reports must not depend on it, and the table is too small to be flooded.
 */
static const struct hash_seed stable_seed;

/* Was this payload there before? */
static bool is_repeat(struct rtp_evidence *evidence, struct bytes payload)
{
    uint8_t copy[REPEAT_MAX];
    uint32_t size = bytes_left(&payload);
    if (bytes_sent(&payload) != size || size < REPEAT_MIN || size > REPEAT_MAX ||
        !bytes_copy(&payload, copy, size)) {
        return false;
    }
    uint64_t hash = keyed_hash(copy, size, stable_seed);
    for (unsigned i = 0; i < RTP_REPEATS; i++) {
        if (evidence->repeated[i] > 0 && evidence->repeat[i] == hash) {
            evidence->repeated[i]++;
            return true;
        }
    }
    unsigned at = evidence->next_repeat;
    for (unsigned i = 0; i < RTP_REPEATS && evidence->repeated[at] >= REPEATS_FOR_CLEAR; i++) {
        at = (at + 1) % RTP_REPEATS; /* what was found is kept */
    }
    if (evidence->repeated[at] < REPEATS_FOR_CLEAR) {
        evidence->repeat[at] = hash;
        evidence->repeated[at] = 1;
    }
    evidence->next_repeat = (uint8_t)((at + 1) % RTP_REPEATS);
    return false;
}

static void compare_with_last(struct rtp_evidence *evidence, const uint8_t *bytes, uint32_t size)
{
    uint32_t both = size < evidence->last_size ? size : evidence->last_size;
    unsigned equal = 0;
    for (uint32_t i = 0; i < both; i++) {
        equal += bytes[i] == evidence->last[i];
    }
    evidence->equal = (uint16_t)(evidence->equal + equal);
    evidence->compared = (uint16_t)(evidence->compared + both);
    evidence->last_size = (uint8_t)(size < RTP_COMPARED_BYTES ? size : RTP_COMPARED_BYTES);
    memcpy(evidence->last, bytes, evidence->last_size);
}

/* Captured bytes that the statistics are made of. */
static uint32_t before_tail(const struct bytes *payload)
{
    uint32_t sent = bytes_sent(payload);
    uint32_t size = sent > RTP_TAIL_BYTES ? sent - RTP_TAIL_BYTES : 0;
    size = size < bytes_left(payload) ? size : bytes_left(payload);
    return size < RTP_POOLED_BYTES ? size : RTP_POOLED_BYTES;
}

static void count_bytes(struct rtp_evidence *evidence, const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        evidence->bytes[bytes[i]]++;
    }
    for (uint32_t i = 0; i < RTP_FIRST_BYTES && i < size; i++) {
        evidence->half[i][bytes[i] >> 4]++;
        evidence->half[RTP_FIRST_BYTES + i][bytes[i] & 15]++;
    }
    compare_with_last(evidence, bytes, size);
}

static void count_held(struct rtp_evidence *evidence)
{
    for (unsigned i = 0; i < evidence->held; i++) {
        count_bytes(evidence, evidence->held_bytes[i], evidence->held_size[i]);
    }
    evidence->held = 0;
}

void rtp_evidence_payload(struct rtp_evidence *evidence, const struct bytes *payload)
{
    if (evidence->packets >= RTP_EVIDENCE_PACKETS) {
        return;
    }
    evidence->packets++;
    if (is_repeat(evidence, *payload)) {
        return; /* counted; silence before the keys are there must not hide what follows */
    }
    struct bytes in = *payload;
    uint32_t size = before_tail(&in);
    if (size < PAYLOAD_MIN || !bytes_copy(&in, evidence->held_bytes[evidence->held], size)) {
        return;
    }
    evidence->measured++;
    evidence->pooled = (uint16_t)(evidence->pooled + size);
    evidence->held_size[evidence->held++] = (uint8_t)size;
    if (evidence->held == RTP_HELD) {
        count_held(evidence);
    }
}

void rtp_evidence_size(struct rtp_evidence *evidence, uint8_t payload_type, uint32_t payload_bytes,
                       uint32_t step)
{
    const struct rtp_codec *codec = rtp_codecs_find(payload_type);
    if (codec == NULL && step > 0 && evidence->steps < RTP_EVIDENCE_PACKETS) {
        evidence->steps++;
        bool whole = payload_bytes > 0 && payload_bytes % step == 0;
        evidence->whole = (uint16_t)(evidence->whole + whole);
    }
    uint32_t frames = codec != NULL ? rtp_codecs_bytes(codec, step) : 0;
    if (frames == 0 || evidence->sizes >= RTP_EVIDENCE_PACKETS) {
        return;
    }
    evidence->sizes++;
    evidence->companded = codec->companded;
    if (payload_bytes >= frames && payload_bytes - frames <= RTP_EXTRA_MAX) {
        evidence->extra[payload_bytes - frames]++;
    }
}

static uint32_t square_root(uint64_t of)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= of) {
            root += bit;
        }
    }
    return (uint32_t)root;
}

/* chi2 = bins / n * sum(count^2) - n; z = (chi2 - df) / sqrt(2 df). */
int32_t rtp_evidence_chi_square(const uint16_t *counts, uint32_t bins)
{
    uint64_t squares = 0;
    uint64_t total = 0;
    for (uint32_t i = 0; i < bins; i++) {
        squares += (uint64_t)counts[i] * counts[i];
        total += counts[i];
    }
    if (total == 0) {
        return 0;
    }
    double chi_square = (double)(bins * squares) / (double)total - (double)total;
    double spread = bins == 16 ? 5.477226 : 22.583180; /* sqrt(2 (bins - 1)) */
    return (int32_t)((chi_square - (double)(bins - 1)) / spread * 1000);
}

/* Each pair of bytes is equal with a chance of 1/256. */
static int32_t continuity(const struct rtp_evidence *evidence)
{
    int64_t expected = (int64_t)evidence->compared * 1000 / 256;
    uint32_t spread = square_root((uint64_t)evidence->compared * 1000000 / 256);
    return spread == 0 ? 0
                       : (int32_t)(((int64_t)evidence->equal * 1000 - expected) * 1000 / spread);
}

/* What the statistics of the payload say together. */
struct statistics {
    int32_t places, lowest_place, together, bytes, continuity;
    bool clear, random;
};

static struct statistics statistics_of(const struct rtp_evidence *evidence)
{
    struct statistics s = { .places = INT32_MIN, .lowest_place = INT32_MAX };
    for (unsigned i = 0; i < sizeof evidence->half / sizeof evidence->half[0]; i++) {
        int32_t z = rtp_evidence_chi_square(evidence->half[i], 16);
        s.places = z > s.places ? z : s.places;
        s.lowest_place = z < s.lowest_place ? z : s.lowest_place;
        s.together += z / 4; /* 16 of them, each of variance 1 */
    }
    s.bytes = rtp_evidence_chi_square(evidence->bytes, 256);
    s.continuity = continuity(evidence);
    s.clear = (evidence->measured >= PACKETS_FOR_BYTES && s.bytes > Z_CLEAR) ||
              (evidence->measured >= PACKETS_FOR_PLACES &&
               (s.places > Z_CLEAR || s.continuity > Z_CLEAR));
    int32_t limit = evidence->measured < PACKETS_FOR_WIDE ? Z_RANDOM : Z_RANDOM_WIDE;
    s.random = evidence->measured >= PACKETS_FOR_RANDOM && s.places < limit &&
               s.lowest_place > Z_TOO_EVEN && s.together < Z_TOGETHER && s.bytes < limit &&
               s.bytes > Z_TOO_EVEN_BYTES && s.continuity < limit;
    return s;
}

/* Bytes beyond the codec's frames in nine of ten packets; -1 when they do not agree. */
static int extra_bytes(const struct rtp_evidence *evidence)
{
    for (int i = 0; i <= RTP_EXTRA_MAX; i++) {
        if (evidence->extra[i] >= PACKETS_FOR_SIZE &&
            evidence->extra[i] * 10 >= evidence->sizes * 9) {
            return i;
        }
    }
    return -1;
}

/* Uncompressed samples (L8, L16, ...) that leave no room for a tag: what looks random may be noise
 * in clear, or SRTP that nobody authenticates. */
static bool is_bare_samples(const struct rtp_evidence *evidence)
{
    return evidence->steps >= PACKETS_FOR_SIZE && evidence->whole * 10 >= evidence->steps * 9;
}

/* Tags of 32, 80 and 128 bits, each with an MKI of 0 to 4 bytes (RFC 3711 3.1, RFC 7714). */
static bool is_tag(int extra)
{
    return (extra >= 4 && extra <= 8) || (extra >= 10 && extra <= 14) ||
           (extra >= 16 && extra <= RTP_EXTRA_MAX);
}

static unsigned repeats(const struct rtp_evidence *evidence)
{
    unsigned most = 0;
    for (unsigned i = 0; i < RTP_REPEATS; i++) {
        most = evidence->repeated[i] > most ? evidence->repeated[i] : most;
    }
    return most;
}

static void add_ground(struct rtp_verdict *verdict, enum rtp_test test, enum rtp_says says,
                       unsigned packets, int32_t score)
{
    verdict->grounds[verdict->ground_count++] =
        (struct rtp_ground){ (uint8_t)test, (uint8_t)says, packets, score };
}

static enum rtp_says says_z(int32_t z, bool enough, bool random)
{
    if (enough && z > Z_CLEAR) {
        return RTP_SAYS_RTP;
    }
    return random ? RTP_SAYS_SRTP : RTP_SAYS_UNKNOWN;
}

static void give_grounds(const struct rtp_evidence *evidence, const struct statistics *s,
                         struct rtp_verdict *verdict)
{
    int extra = extra_bytes(evidence);
    unsigned packets = evidence->measured;
    if (extra >= 0) {
        enum rtp_says says = is_tag(extra) ? RTP_SAYS_SRTP : RTP_SAYS_UNKNOWN;
        add_ground(verdict, RTP_TEST_SIZE, extra == 0 ? RTP_SAYS_RTP : says, evidence->sizes,
                   extra * 1000);
    }
    if (packets > 0) {
        bool places = packets >= PACKETS_FOR_PLACES;
        add_ground(verdict, RTP_TEST_FIRST_BYTES, says_z(s->places, places, s->random), packets,
                   s->places);
        add_ground(verdict, RTP_TEST_BYTES,
                   says_z(s->bytes, packets >= PACKETS_FOR_BYTES, s->random), packets, s->bytes);
        add_ground(verdict, RTP_TEST_CONTINUITY, says_z(s->continuity, places, s->random), packets,
                   s->continuity);
    }
    unsigned repeated = repeats(evidence);
    if (repeated >= REPEATS_FOR_CLEAR) {
        add_ground(verdict, RTP_TEST_REPETITION, RTP_SAYS_RTP, evidence->packets,
                   (int32_t)repeated * 1000);
    }
}

/* A size that leaves no room for a tag: plain RTP, or SRTP without authentication. */
static void judge_bare_size(const struct rtp_evidence *evidence, const struct statistics *s,
                            struct rtp_verdict *verdict)
{
    if (s->random) {
        verdict->says = evidence->companded ? RTP_SAYS_SRTP : RTP_SAYS_UNKNOWN;
        verdict->no_tag = evidence->companded;
        return;
    }
    if (s->clear || !evidence->companded || s->bytes > Z_SAMPLES) {
        verdict->says = RTP_SAYS_RTP;
        verdict->proven = s->clear && evidence->companded;
    }
}

/* A size with room for a tag: SRTP, unless the payload is neither readable nor random, or some
 * packets have no such room: those were sent in clear, as before ZRTP has agreed on keys. */
static void judge_tagged_size(const struct rtp_evidence *evidence, const struct statistics *s,
                              struct rtp_verdict *verdict)
{
    if (evidence->extra[0] >= BARE_FOR_DOUBT) {
        return;
    }
    bool odd = evidence->measured >= PACKETS_FOR_PLACES && !s->random &&
               (s->places > Z_SAMPLES || s->bytes > Z_SAMPLES || s->continuity > Z_SAMPLES ||
                s->together > Z_SAMPLES);
    if (s->clear || !odd) {
        verdict->says = RTP_SAYS_SRTP;
        verdict->null_cipher = s->clear;
        /* eight bits of speech a sample would show in fewer packets than "random" takes */
        verdict->encrypted =
            !s->clear && (s->random || (evidence->companded && s->bytes < Z_SAMPLES &&
                                        evidence->measured >= PACKETS_FOR_BYTES));
    }
}

void rtp_evidence_judge(struct rtp_evidence *evidence, struct rtp_verdict *ret_verdict)
{
    count_held(evidence);
    *ret_verdict = (struct rtp_verdict){ .says = RTP_SAYS_UNKNOWN };
    struct statistics s = statistics_of(evidence);
    give_grounds(evidence, &s, ret_verdict);
    ret_verdict->encrypted = s.random;
    ret_verdict->thorough = evidence->measured >= PACKETS_FOR_RANDOM;
    unsigned repeated = repeats(evidence);
    bool stray = s.random && repeated * REPEATS_STRAY <= evidence->packets;
    int extra = extra_bytes(evidence);
    if (repeated >= REPEATS_FOR_CLEAR && !stray) {
        ret_verdict->says = s.random ? RTP_SAYS_UNKNOWN : RTP_SAYS_RTP;
        ret_verdict->proven = !s.random;
    } else if (extra == 0) {
        judge_bare_size(evidence, &s, ret_verdict);
    } else if (is_tag(extra)) {
        judge_tagged_size(evidence, &s, ret_verdict);
    } else if (s.clear) {
        ret_verdict->says = RTP_SAYS_RTP;
    } else if (s.random && !is_bare_samples(evidence)) {
        ret_verdict->says = RTP_SAYS_SRTP;
    }
}

static bool has_ground(const struct rtp_verdict *verdict, enum rtp_test test)
{
    for (unsigned i = 0; i < verdict->ground_count; i++) {
        if (verdict->grounds[i].test == test) {
            return true;
        }
    }
    return false;
}

bool rtp_evidence_join(struct rtp_verdict *verdict, const struct rtp_verdict *later,
                       uint32_t packets)
{
    bool changed_before = has_ground(verdict, RTP_TEST_CHANGE);
    bool was_unknown = verdict->says == RTP_SAYS_UNKNOWN;
    if (was_unknown && !verdict->thorough && !has_ground(verdict, RTP_TEST_REPETITION)) {
        *verdict = *later;
        return false;
    }
    verdict->null_cipher = verdict->null_cipher || later->null_cipher;
    verdict->no_tag = verdict->no_tag || later->no_tag;
    if (later->says == verdict->says || later->says == RTP_SAYS_UNKNOWN ||
        (was_unknown && later->says == RTP_SAYS_SRTP)) {
        return false; /* one of many looks may find chance where a thorough one did not */
    }
    if (later->says == RTP_SAYS_RTP) {
        *verdict = *later;
    }
    if (changed_before || verdict->ground_count >= RTP_TESTS) {
        return false;
    }
    add_ground(verdict, RTP_TEST_CHANGE, (enum rtp_says)later->says, packets, 0);
    return true;
}

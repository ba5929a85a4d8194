/* analyzers/rtp_evidence.c: statistics of media payloads and what they say.
 *
 * Called clear: chance passes Z_CLEAR at one of 32 half bytes of 40 packets (chi-square with 15
 * degrees of freedom: 19 packets of one value) with a probability of 2e-10, in the other tests and
 * Z_TOGETHER_CLEAR (from two places on) with less than 1e-8: at most one look in ten million calls
 * ciphertext clear. tests/bench/media_chance looks for one in 100 000 streams.
 * Called random: what stays below Z_RANDOM in every test. Payloads that codecs make do not, after
 * 40 packets: Opus TOC, VP8 descriptor, NAL unit type, and parameters that are spread unevenly
 * (tests/bench/media_evidence; the nearest, G.729 without its payload type, gives 10). Between the
 * two it is unknown. Thresholds are not those of one test alone: chance stays below Z_RANDOM
 * in 99.99 of 100 streams. */
#include "analyzers/rtp_evidence.h"

#include "analyzers/rtp_codecs.h"
#include "base/keyed_hash.h"

enum {
    REPEAT_MIN = 4,          /* bytes: shorter payloads repeat by chance */
    REPEAT_MAX = 256,        /* bytes: frames of speech are shorter */
    PACKETS_FOR_BYTES = 10,  /* fewest packets for the histogram of all bytes to speak */
    PACKETS_FOR_PLACES = 20, /* fewest for histograms by position and for continuity */
    PACKETS_FOR_RANDOM = 40, /* fewest for "all of it looks random" */
    BYTES_FOR_RANDOM = 200,  /* and fewest bytes of them */
    KEY_ID_USUAL = 4,        /* bytes */
    PAIRS_FOR_KEY_ID = 3,    /* payloads compared with one before: fewest to rule out a key id */
    PACKETS_FOR_SIZE = 10,   /* fewest whose size agrees */
    BARE_FOR_DOUBT = 2,      /* packets that end with the codec's frames among those with a tag */
    REPEATS_FOR_CLEAR = 3,   /* packets with the same payload */
    REPEATS_STRAY = 32,      /* one part in 32 may be clear before the keys are there */
    PACKETS_MAX = (1 << 24) - 1,
    Z_CLEAR = 20000, /* thousandths, as all z */
    Z_TOGETHER_CLEAR = 10000,
    Z_SAMPLES = 8000,      /* of all bytes: not random although packets are few */
    Z_RANDOM_PLACE = 9000, /* chance stays below, codecs do not: see above */
    Z_RANDOM = 6000,
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

/* Byte `distance` from the end of a held payload (1 = the last); -1 when it is not held. */
static int byte_from_end(const struct rtp_evidence *evidence, unsigned held, unsigned distance)
{
    unsigned size = evidence->held_size[held];
    unsigned behind = evidence->held_behind[held];
    if (distance <= behind || distance > size + behind) {
        return -1;
    }
    return evidence->held_bytes[held][size + behind - distance];
}

/* Distances from the end of held payloads, a bit for each. */
struct tail {
    uint32_t constant; /* most payloads have the byte of the one before that has one there */
    uint32_t unknown;  /* too few were compared */
};

static struct tail tail_of(const struct rtp_evidence *evidence)
{
    struct tail tail = { 0 };
    for (unsigned distance = 1; distance <= RTP_TAIL_BYTES; distance++) {
        unsigned same = 0;
        unsigned pairs = 0;
        int before = -1;
        for (unsigned i = 0; i < evidence->held; i++) {
            int now = byte_from_end(evidence, i, distance);
            pairs += before >= 0 && now >= 0;
            same += before >= 0 && before == now;
            before = now >= 0 ? now : before;
        }
        bool enough = pairs >= PAIRS_FOR_KEY_ID;
        tail.unknown |= (uint32_t)!enough << distance;
        tail.constant |= (uint32_t)(enough && same * 2 >= pairs) << distance;
    }
    return tail;
}

static void count_byte(struct rtp_evidence *evidence, uint32_t place, uint8_t byte)
{
    evidence->bytes[byte]++;
    evidence->pooled++;
    if (place < RTP_FIRST_BYTES) {
        evidence->half[place][byte >> 4]++;
        evidence->half[RTP_FIRST_BYTES + place][byte & 15]++;
    }
}

/* Is nothing left of a payload of so many bytes but a constant beginning as long as a key id, and a
 * tag? */
static bool is_tag_alone(unsigned whole, const struct tail *tail)
{
    unsigned key_id = 0;
    while (key_id < whole && whole - key_id <= RTP_TAIL_BYTES &&
           (tail->constant >> (whole - key_id) & 1) != 0) {
        key_id++;
    }
    unsigned rest = whole - key_id;
    return key_id > 0 && key_id <= KEY_ID_USUAL && (rest == 4 || rest == 10 || rest == 16);
}

/* What may be a key id is left out (RFC 3711 3.1): the first byte of a payload is none. */
static void count_bytes(struct rtp_evidence *evidence, unsigned held, const struct tail *tail)
{
    const uint8_t *bytes = evidence->held_bytes[held];
    unsigned size = evidence->held_size[held];
    unsigned distance = size + evidence->held_behind[held];
    unsigned until = size;
    bool alone = is_tag_alone(distance, tail);
    uint32_t left_out = tail->constant | tail->unknown;
    evidence->tags_alone = evidence->tags_alone || alone;
    for (uint32_t i = 0; i < size; i++, distance--) {
        if ((i == 0 && !alone) || distance > RTP_TAIL_BYTES || (left_out >> distance & 1) == 0) {
            count_byte(evidence, i, bytes[i]);
        } else if (until == size) {
            until = i;
        }
    }
    compare_with_last(evidence, bytes, until);
}

static void count_held(struct rtp_evidence *evidence)
{
    struct tail tail = tail_of(evidence);
    for (unsigned i = 0; i < evidence->held; i++) {
        count_bytes(evidence, i, &tail);
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
    uint32_t sent = bytes_sent(&in);
    uint32_t size = bytes_left(&in) < RTP_POOLED_BYTES ? bytes_left(&in) : RTP_POOLED_BYTES;
    if (size == 0 || !bytes_copy(&in, evidence->held_bytes[evidence->held], size)) {
        return;
    }
    evidence->measured++;
    evidence->held_size[evidence->held] = (uint8_t)size;
    uint32_t behind = sent - size;
    evidence->held_behind[evidence->held++] =
        (uint8_t)(behind < RTP_TAIL_BYTES ? behind : RTP_TAIL_BYTES);
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

/* z of the sum of chi-squares that have z_sum together. */
static int32_t together(int64_t z_sum, unsigned places)
{
    uint32_t spread = square_root((uint64_t)places * 1000000);
    return spread == 0 ? 0 : (int32_t)(z_sum * 1000 / spread);
}

static struct statistics statistics_of(const struct rtp_evidence *evidence)
{
    struct statistics s = { .places = INT32_MIN, .lowest_place = INT32_MAX };
    int64_t sum = 0;
    unsigned places = 0;
    for (unsigned i = 0; i < sizeof evidence->half / sizeof evidence->half[0]; i++) {
        int32_t z = rtp_evidence_chi_square(evidence->half[i], 16);
        s.places = z > s.places ? z : s.places;
        s.lowest_place = z < s.lowest_place ? z : s.lowest_place;
        sum += z;
        places += z != 0;
    }
    s.together = together(sum, places);
    s.bytes = rtp_evidence_chi_square(evidence->bytes, 256);
    s.continuity = continuity(evidence);
    s.clear = (evidence->measured >= PACKETS_FOR_BYTES && s.bytes > Z_CLEAR) ||
              (evidence->measured >= PACKETS_FOR_PLACES &&
               (s.places > Z_CLEAR || s.together > Z_TOGETHER_CLEAR || s.continuity > Z_CLEAR));
    s.random = !evidence->tags_alone && evidence->measured >= PACKETS_FOR_RANDOM &&
               evidence->pooled >= BYTES_FOR_RANDOM && s.places < Z_RANDOM_PLACE &&
               s.lowest_place > Z_TOO_EVEN && s.together < Z_RANDOM && s.bytes < Z_RANDOM &&
               s.bytes > Z_TOO_EVEN_BYTES && s.continuity < Z_RANDOM;
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
    verdict->grounds[verdict->ground_count++] = (struct rtp_ground){
        .test = test & 15U,
        .says = says & 15U,
        .packets = (packets < PACKETS_MAX ? packets : PACKETS_MAX) & PACKETS_MAX,
        .score = score,
    };
}

/* limit: of what chance gives. */
static enum rtp_says says_z(int32_t z, int32_t limit, bool random)
{
    if (z > limit) {
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
        int32_t clear = places ? Z_CLEAR : INT32_MAX;
        int32_t bytes = packets >= PACKETS_FOR_BYTES ? Z_CLEAR : INT32_MAX;
        add_ground(verdict, RTP_TEST_FIRST_BYTES, says_z(s->places, clear, s->random), packets,
                   s->places);
        add_ground(verdict, RTP_TEST_TOGETHER,
                   says_z(s->together, places ? Z_TOGETHER_CLEAR : INT32_MAX, s->random), packets,
                   s->together);
        add_ground(verdict, RTP_TEST_BYTES, says_z(s->bytes, bytes, s->random), packets, s->bytes);
        add_ground(verdict, RTP_TEST_CONTINUITY, says_z(s->continuity, clear, s->random), packets,
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

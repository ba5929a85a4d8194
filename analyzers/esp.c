/* analyzers/esp.c: ESP (RFC 4303), as a protocol of IP or in UDP (RFC 3948), and AH (RFC 4302):
 * which SAs, and what lengths and contents tell of their cipher.
 *
 * Nothing in ESP names its cipher. Lengths do: with a block cipher all packets of an SA leave one
 * rest of 16 bytes, or of 8; counter modes pad to 4 only. Without encryption headers are readable
 * where they must be (RFC 5879). */
#include <netinet/in.h>

#include "analyzers/analyzer.h"
#include "analyzers/esp_null.h"
#include "base/text.h"

enum {
    NATT_PORT = 4500,
    HEADER_SIZE = 8,        /* SPI(4) sequence(4) */
    SPI_MIN = 256,          /* lower ones are reserved: RFC 4303 2.1 */
    SEQUENCE_MAX = 1 << 24, /* to be taken for ESP at a port alone */
    SAS = 8,                /* SAs that are looked at side by side */
    LENGTHS = 8,            /* different lengths kept of one SA */
    LENGTHS_BLOCK128 = 4,   /* that must have left one rest of 16: by chance 1 in 64 */
    LENGTHS_BLOCK64 = 6,    /* one rest of 8: by chance 1 in 32 */
    LOOKS_MIN = 3,          /* packets that say whether there is encryption */
    FIRST_WORD = 64,        /* packets after which a class is told the first time */
    KEEPALIVE = 0xff,       /* RFC 3948 2.3 */
};

struct sa {
    uint32_t spi;
    uint16_t residues; /* bit: a length with this rest of 16 was there */
    uint16_t length[LENGTHS];
    uint8_t lengths;
    uint32_t looked, readable; /* packets looked into, and those with headers in clear */
};

struct esp_state {
    struct sa sas[SAS];
    uint8_t sa_count, oldest;
    bool started;
    uint32_t samples, keepalives;
    struct segment last; /* of the last packet, without its payload */
};

enum cipher_class { CLASS_UNDECIDED, CLASS_STREAM, CLASS_BLOCK128, CLASS_BLOCK64, CLASS_NULL };

static bool is_natt(const struct segment *seg)
{
    return seg->port[0] == NATT_PORT || seg->port[1] == NATT_PORT;
}

static enum claim esp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    if (seg->protocol == IPPROTO_ESP || seg->protocol == IPPROTO_AH) {
        return CLAIM_YES;
    }
    if (seg->open || seg->protocol != 0 || !is_natt(seg)) {
        return CLAIM_NO;
    }
    if (bytes_sent(&in) == 1) {
        return bytes_peek(&in, 0) == KEEPALIVE ? CLAIM_YES : CLAIM_NO;
    }
    bool aligned = bytes_sent(&in) % 4 == 0;
    uint32_t spi = bytes_u32(&in);
    uint32_t sequence = bytes_u32(&in);
    bool esp = aligned && spi >= SPI_MIN && sequence > 0 && sequence < SEQUENCE_MAX;
    return bytes_ok(&in) && bytes_sent(&in) >= 8 && esp ? CLAIM_YES : CLAIM_NO;
}

static void put_spi(const struct segment *seg, struct sink *sink, enum observation_kind kind,
                    uint32_t spi)
{
    char buffer[16];
    struct text t = text_into(buffer, sizeof buffer);
    text_printf(&t, "0x%08x", (unsigned)spi);
    observe_text(sink, seg, kind, buffer, spi);
}

static struct sa *sa_of(struct esp_state *esp, uint32_t spi, const struct segment *seg,
                        struct sink *sink)
{
    for (uint8_t i = 0; i < esp->sa_count; i++) {
        if (esp->sas[i].spi == spi) {
            return &esp->sas[i];
        }
    }
    put_spi(seg, sink, OBS_ESP_SPI, spi);
    uint8_t at = esp->oldest;
    if (esp->sa_count < SAS) {
        at = esp->sa_count++;
    } else {
        esp->oldest = (uint8_t)((esp->oldest + 1) % SAS);
    }
    esp->sas[at] = (struct sa){ .spi = spi };
    return &esp->sas[at];
}

static void note_length(struct sa *sa, uint32_t length)
{
    uint16_t kept = (uint16_t)length;
    sa->residues |= (uint16_t)(1U << (length & 15));
    for (uint8_t i = 0; i < sa->lengths; i++) {
        if (sa->length[i] == kept) {
            return;
        }
    }
    if (sa->lengths < LENGTHS) {
        sa->length[sa->lengths++] = kept;
    }
}

/* Residues that differ by 8 at most: folded, a single one is left. */
static bool is_single(uint32_t mask)
{
    return mask != 0 && (mask & (mask - 1)) == 0;
}

static bool is_null(const struct sa *sa)
{
    return sa->looked >= LOOKS_MIN && sa->readable * 10 >= sa->looked * 9;
}

static enum cipher_class class_of(const struct sa *sa)
{
    uint32_t folded = (sa->residues | sa->residues >> 8) & 0xff;
    if (is_null(sa)) {
        return CLASS_NULL;
    }
    if (!is_single(folded)) {
        return sa->residues != 0 ? CLASS_STREAM : CLASS_UNDECIDED;
    }
    if (is_single(sa->residues)) {
        return sa->lengths >= LENGTHS_BLOCK128 ? CLASS_BLOCK128 : CLASS_UNDECIDED;
    }
    return sa->lengths >= LENGTHS_BLOCK64 ? CLASS_BLOCK64 : CLASS_UNDECIDED;
}

/* The class of the weakest SA, and how much was seen of it. */
static void put_class(struct esp_state *esp, struct sink *sink)
{
    static const char *const words[] = { "undecided", "stream", "block128", "block64", "null" };
    enum cipher_class worst = CLASS_UNDECIDED;
    uint32_t looked = 0, readable = 0, lengths = 0;
    for (uint8_t i = 0; i < esp->sa_count; i++) {
        enum cipher_class its = class_of(&esp->sas[i]);
        worst = its > worst ? its : worst;
        looked += esp->sas[i].looked;
        readable += esp->sas[i].readable;
        lengths += esp->sas[i].lengths;
    }
    const struct segment *seg = &esp->last;
    observe_text(sink, seg, OBS_ESP_CLASS, words[worst], 0);
    observe_text(sink, seg, OBS_ESP_EVIDENCE, worst == CLASS_NULL ? "proven" : "inferred", 0);
    observe_value(sink, seg, OBS_ESP_SAMPLES, esp->samples);
    observe_value(sink, seg, OBS_ESP_LENGTHS, lengths);
    observe_value(sink, seg, OBS_ESP_LOOKED, looked);
    if (readable > 0) {
        observe_value(sink, seg, OBS_ESP_READABLE, readable);
    }
}

static void begin(struct esp_state *esp, const struct segment *seg, struct sink *sink,
                  const char *app)
{
    if (!esp->started) {
        esp->started = true;
        observe_text(sink, seg, OBS_APP, app, 0);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, app, 0);
    }
}

/* RFC 4302 2: next(1) length(1) reserved(2) SPI(4) sequence(4) ICV */
static void read_ah(struct esp_state *esp, const struct segment *seg, struct sink *sink,
                    struct bytes in)
{
    bytes_skip(&in, 4);
    uint32_t spi = bytes_u32(&in);
    if (bytes_ok(&in)) {
        begin(esp, seg, sink, "ah");
        put_spi(seg, sink, OBS_AH_SPI, spi);
    }
}

static enum feed esp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct esp_state *esp = state;
    struct bytes in = seg->payload;
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    esp->last = *seg;
    esp->last.payload = (struct bytes){ 0 };
    if (seg->protocol == IPPROTO_AH) {
        read_ah(esp, seg, sink, in);
        return FEED_MORE;
    }
    if (bytes_sent(&in) == 1) {
        esp->keepalives++;
        return FEED_MORE;
    }
    uint32_t spi = bytes_u32(&in);
    bool known = bytes_ok(&in);
    bytes_u32(&in);
    if (!bytes_ok(&in)) {
        if (known && in.fault == BYTES_CUT) { /* by IP's word it is ESP: so much is certain */
            begin(esp, seg, sink, "esp");
            (void)sa_of(esp, spi, seg, sink);
            observe_text(sink, seg, OBS_CUT, "esp", 1);
        }
        return FEED_MORE;
    }
    begin(esp, seg, sink, "esp");
    struct sa *sa = sa_of(esp, spi, seg, sink);
    enum esp_null null = esp_null_look(&in);
    note_length(sa, bytes_sent(&in));
    sa->looked += null != ESP_NULL_UNSEEN;
    sa->readable += null == ESP_NULL_READABLE;
    if (++esp->samples == FIRST_WORD) {
        put_class(esp, sink);
    }
    return FEED_MORE;
}

static void esp_close(void *state, struct sink *sink)
{
    struct esp_state *esp = state;
    if (esp->sa_count > 0) {
        put_class(esp, sink);
    }
    if (esp->keepalives > 0) {
        observe_value(sink, &esp->last, OBS_ESP_KEEPALIVES, esp->keepalives);
    }
}

const struct analyzer esp_analyzer = {
    .name = "esp",
    .spec = "RFC 4303, RFC 3948, RFC 4302",
    .carriers = CARRIER_UDP | CARRIER_IP,
    .state_size = sizeof(struct esp_state),
    .claim = esp_claim,
    .feed = esp_feed,
    .close = esp_close,
};

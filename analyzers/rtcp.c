/* analyzers/rtcp.c: RTCP packets of a media flow: in clear, or SRTCP? */
#include "analyzers/rtcp.h"

enum {
    SOURCE_DESCRIPTION = 202, /* SDES */
    CNAME = 1,
    TYPE_FIRST = 192, /* RFC 5761 4 */
    TYPE_LAST = 223,
    COMPOUND_MAX = 64,   /* packets in a datagram that are walked */
    CHUNKS_MAX = 31,     /* SDES: count has 5 bits */
    ITEMS_MAX = 32,      /* SDES items of a chunk that are walked */
    INDEX_STEP_MAX = 16, /* packets lost between two that still count as a row */
    STEPS_SURE = 2,      /* steps of the index in a row: three packets */
};

static const uint32_t encrypted_bit = 0x80000000U;

/* Bytes from the index to the end of the datagram. RFC 3711 3.4: index(4) MKI(0..4) tag(10).
 * RFC 7714 9.1, GCM: index(4) MKI(0..4), the tag stands before them. */
static const uint8_t trailer_bytes[RTCP_TRAILERS] = { 14, 15, 16, 17, 18, 4, 5, 6, 7, 8 };

/* RFC 3550 6.4: V(2) P(1) count(5) type(8) length(16, words without the first) SSRC(32) ... */
static bool take_packet(struct bytes *in, uint8_t *ret_type, uint8_t *ret_count,
                        struct bytes *ret_body)
{
    uint8_t first = bytes_u8(in);
    uint8_t type = bytes_u8(in);
    uint16_t words = bytes_u16(in);
    *ret_body = bytes_take(in, words * 4U);
    *ret_type = type;
    *ret_count = first & 31;
    return bytes_ok(in) && first >> 6 == 2 && type >= TYPE_FIRST && type <= TYPE_LAST;
}

bool rtcp_is(const struct bytes *datagram)
{
    struct bytes in = *datagram;
    struct bytes body;
    uint8_t type;
    uint8_t count;
    return take_packet(&in, &type, &count, &body) && bytes_sent(&body) >= 4;
}

static bool is_printable(struct bytes text)
{
    bool some = bytes_left(&text) > 0;
    while (bytes_left(&text) > 0) {
        uint8_t c = bytes_u8(&text);
        some = some && c >= 0x20 && c != 0x7f;
    }
    return some && bytes_finish(&text) == BYTES_OK;
}

/* RFC 3550 6.5: items type(8) length(8) text(length), ended by a zero type and zeros to the next
 * word. Steps over one chunk; true when a CNAME in it is readable. */
static bool read_chunk(struct bytes *chunks)
{
    bool named = false;
    uint32_t used = 0;
    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        uint8_t type = bytes_u8(chunks);
        used++;
        if (type == 0) {
            break;
        }
        uint8_t length = bytes_u8(chunks);
        struct bytes text = bytes_take(chunks, length);
        named = named || (type == CNAME && is_printable(text));
        used += 1U + length;
    }
    bytes_skip(chunks, -used & 3);
    return named;
}

static bool has_cname(struct bytes body, uint8_t count)
{
    bool named = false;
    for (unsigned i = 0; i < count && i < CHUNKS_MAX && bytes_ok(&body); i++) {
        bytes_skip(&body, 4); /* SSRC */
        named = read_chunk(&body) || named;
    }
    return named && bytes_ok(&body);
}

/* Walks the compound packet; true when it ends exactly where the datagram does. */
static bool is_clear(struct bytes in, bool *ret_named)
{
    *ret_named = false;
    for (unsigned i = 0; i < COMPOUND_MAX && bytes_sent(&in) > 0; i++) {
        uint8_t type;
        uint8_t count;
        struct bytes body;
        if (!take_packet(&in, &type, &count, &body)) {
            return false;
        }
        *ret_named = *ret_named || (type == SOURCE_DESCRIPTION && has_cname(body, count));
    }
    return bytes_finish(&in) == BYTES_OK;
}

/* The sender's slot; the one silent for longest is given up for a new sender. */
static struct rtcp_sender *sender_of(struct rtcp *rtcp, uint32_t ssrc, uint8_t from)
{
    struct rtcp_sender *oldest = &rtcp->senders[0];
    for (unsigned i = 0; i < RTCP_SENDERS; i++) {
        struct rtcp_sender *s = &rtcp->senders[i];
        if (s->used > 0 && s->ssrc == ssrc && s->from == from) {
            return s;
        }
        oldest = s->used < oldest->used ? s : oldest;
    }
    *oldest = (struct rtcp_sender){ .ssrc = ssrc, .from = from };
    return oldest;
}

static void follow_index(struct rtcp *rtcp, struct rtcp_sender *sender, unsigned place,
                         uint32_t word)
{
    uint32_t step = word - sender->index[place];
    bool same_kind = ((word ^ sender->index[place]) & encrypted_bit) == 0;
    if (sender->used == 0 || !same_kind || step > INDEX_STEP_MAX) {
        sender->steps[place] = 0;
    } else if (step > 0 && sender->steps[place] < UINT16_MAX) {
        sender->steps[place]++;
    }
    sender->index[place] = word;
    uint32_t *most = (word & encrypted_bit) != 0 ? &rtcp->indexed : &rtcp->bare;
    if (sender->steps[place] >= STEPS_SURE && sender->steps[place] + 1U > *most) {
        *most = sender->steps[place] + 1U;
    }
}

/* RFC 3711 3.4: header(4) SSRC(4) in clear, ciphertext, E(1) index(31) [MKI] tag. */
static void take_opaque(struct rtcp *rtcp, const struct bytes *datagram, uint8_t from)
{
    struct bytes in = *datagram;
    rtcp->opaque++;
    bytes_skip(&in, 4);
    uint32_t ssrc = bytes_u32(&in);
    if (!bytes_ok(&in) || bytes_sent(&in) != bytes_left(&in)) {
        return;
    }
    struct rtcp_sender *sender = sender_of(rtcp, ssrc, from);
    for (unsigned i = 0; i < RTCP_TRAILERS; i++) {
        struct bytes body = in;
        if (bytes_left(&body) >= trailer_bytes[i]) {
            bytes_skip(&body, bytes_left(&body) - trailer_bytes[i]);
            follow_index(rtcp, sender, i, bytes_u32(&body));
        }
    }
    sender->used = rtcp->packets;
}

void rtcp_take(struct rtcp *rtcp, const struct bytes *datagram, uint8_t from)
{
    bool named;
    rtcp->packets++;
    if (bytes_sent(datagram) != bytes_left(datagram)) {
        return; /* the end is what tells */
    }
    if (is_clear(*datagram, &named)) {
        rtcp->clear++;
        rtcp->named += named;
    } else {
        take_opaque(rtcp, datagram, from);
    }
}

bool rtcp_is_certain(const struct rtcp *rtcp)
{
    return rtcp->named > 0 || rtcp->clear > STEPS_SURE || rtcp->indexed > 0;
}

static void add_ground(struct rtcp_verdict *verdict, const char *test, const char *result,
                       uint32_t packets)
{
    if (packets > 0) {
        verdict->grounds[verdict->ground_count++] = (struct rtcp_ground){ test, result, packets };
    }
}

/* Some senders leak clear packets into an SRTCP session: a readable CNAME is proof that this one
 * does; other clear packets beside SRTCP leave the question open. */
void rtcp_judge(const struct rtcp *rtcp, struct rtcp_verdict *ret_verdict)
{
    *ret_verdict = (struct rtcp_verdict){ .protection = "unknown" };
    add_ground(ret_verdict, "rtcp-cname", "rtp", rtcp->named);
    add_ground(ret_verdict, "rtcp-compound", "rtp", rtcp->clear);
    add_ground(ret_verdict, "srtcp-index", "srtp", rtcp->indexed);
    add_ground(ret_verdict, "srtcp-not-encrypted", "rtp", rtcp->bare);
    if (rtcp->named > 0) {
        ret_verdict->protection = "rtp";
        ret_verdict->evidence = "proven";
    } else if (rtcp->indexed > 0 && rtcp->clear == 0 && rtcp->bare == 0) {
        ret_verdict->protection = "srtp";
        ret_verdict->evidence = "inferred";
    } else if (rtcp->indexed == 0 && rtcp->clear + rtcp->bare > 0) {
        ret_verdict->protection = "rtp";
        ret_verdict->evidence = "inferred";
    }
}

/* analyzers/facts_pack.c: facts in runs that one packet told; what a run says, but for its
 * evidence, is a phrase that other flows may say too.
 *
 *   facts  := count text_used dropped run*
 *   run    := (number << 2 | RUN_*) [packet time] [offset] [size bytes]   number 0: bytes follow
 *   bytes  := fact*
 *   fact   := kind FACT_* [index] [sub] [value] [offset] [size text] [room] [hash]
 *
 * Numbers are LEB128. packet, time and offset are differences to the fact before (zigzag). Texts
 * keep their room, so that facts go on as if they had never been packed. */
#include "analyzers/facts_pack.h"

#include <string.h>

enum { RUN_EVIDENCE = 1, RUN_OFFSET = 2, RUN_SHIFT = 2 };

enum {
    FACT_FROM = 1 << 0, /* side 1 */
    FACT_CUT = 1 << 1,
    FACT_INDEX = 1 << 2,
    FACT_SUB = 1 << 3,
    FACT_VALUE = 1 << 4,
    FACT_OFFSET = 1 << 5, /* unlike that of the fact before in the run */
    FACT_TEXT = 1 << 6,
    FACT_ROOM = 1 << 7, /* more than the text needs */
};

enum {
    RUN_FACTS_MAX = 64,
    RUN_BYTES_MAX = 4096, /* when there are as many, the run ends */
    RUN_HEADER_MAX = 48,
};

static uint8_t *put_number(uint8_t *out, uint64_t number)
{
    while (number >= 0x80) {
        *out++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *out++ = (uint8_t)number;
    return out;
}

static uint64_t take_number(const uint8_t **in)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = *(*in)++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return number;
}

static uint8_t *put_change(uint8_t *out, uint64_t from, uint64_t to)
{
    uint64_t change = to - from;
    return put_number(out, change << 1 ^ (0 - (change >> 63)));
}

static uint64_t take_change(const uint8_t **in, uint64_t from)
{
    uint64_t number = take_number(in);
    return from + (number >> 1 ^ (0 - (number & 1)));
}

static bool is_of_certificate(enum observation_kind kind)
{
    return (kind >= OBS_SERVER_CERT_SUBJECT && kind <= OBS_SERVER_CERT_ERROR) ||
           (kind >= OBS_CLIENT_CERT_SUBJECT && kind <= OBS_CLIENT_CERT_ERROR);
}

/* Do two facts come in one run? Members of a list, and what is told of one certificate. */
static bool belong(const struct fact *a, const struct fact *b)
{
    if (a->packet != b->packet || a->time_us != b->time_us) {
        return false;
    }
    return a->kind == b->kind ||
           (is_of_certificate(a->kind) && is_of_certificate(b->kind) && a->index == b->index);
}

static bool has_members(uint16_t kind)
{
    enum observation_shape shape = observation_word(kind)->shape;
    return shape == SHAPE_LIST || shape == SHAPE_COUNTS;
}

static uint8_t *put_text(const char *text, uint32_t size, uint8_t *out)
{
    out = put_number(out, size);
    memcpy(out, text, size);
    return out + size;
}

/* offset: of the fact before in the run. */
static uint8_t *put_fact(const struct facts *facts, const struct fact *f, uint32_t offset,
                         uint8_t *out)
{
    const char *text = facts_text(facts, f);
    uint32_t size = f->room > 0 ? (uint32_t)strlen(text) : 0;
    unsigned flags = (f->from != 0 ? FACT_FROM : 0U) | (f->cut ? FACT_CUT : 0U) |
                     (f->index != 0 ? FACT_INDEX : 0U) | (f->sub != 0 ? FACT_SUB : 0U) |
                     (f->value != 0 ? FACT_VALUE : 0U) | (f->offset != offset ? FACT_OFFSET : 0U) |
                     (f->room > 0 ? FACT_TEXT : 0U) | (f->room > size + 1 ? FACT_ROOM : 0U);
    out = put_number(out, f->kind);
    *out++ = (uint8_t)flags;
    out = (flags & FACT_INDEX) != 0 ? put_number(out, f->index) : out;
    out = (flags & FACT_SUB) != 0 ? put_number(out, f->sub) : out;
    out = (flags & FACT_VALUE) != 0 ? put_number(out, f->value) : out;
    out = (flags & FACT_OFFSET) != 0 ? put_change(out, offset, f->offset) : out;
    out = (flags & FACT_TEXT) != 0 ? put_text(text, size, out) : out;
    out = (flags & FACT_ROOM) != 0 ? put_number(out, f->room) : out;
    if (has_members(f->kind)) {
        memcpy(out, &f->hash, sizeof f->hash);
        out += sizeof f->hash;
    }
    return out;
}

/* The run that begins with a fact; before: the fact before it. Its header is shorter than the room
 * that is left for it. */
static uint8_t *put_run(const struct facts *facts, uint32_t *at, struct phrases *phrases,
                        uint8_t *out)
{
    static const struct fact none;
    const struct fact *first = &facts->items[*at];
    const struct fact *before = *at > 0 ? first - 1 : &none;
    uint8_t *bytes = out + RUN_HEADER_MAX, *end = bytes;
    uint32_t count = 0;
    do {
        end = put_fact(facts, &first[count], first[count > 0 ? count - 1 : 0].offset, end);
        count++;
    } while (*at + count < facts->count && count < RUN_FACTS_MAX && end - bytes < RUN_BYTES_MAX &&
             belong(first, &first[count]));
    *at += count;
    size_t size = (size_t)(end - bytes);
    uint64_t number = phrases_number(phrases, bytes, size);
    bool evidence = first->packet != before->packet || first->time_us != before->time_us;
    bool offset = first->offset != before->offset;
    out = put_number(out, number << RUN_SHIFT | (evidence ? RUN_EVIDENCE : 0U) |
                              (offset ? RUN_OFFSET : 0U));
    out = evidence ? put_change(out, before->packet, first->packet) : out;
    out = evidence ? put_change(out, before->time_us, first->time_us) : out;
    out = offset ? put_change(out, before->offset, first->offset) : out;
    if (number == 0) {
        out = put_number(out, size);
        memmove(out, bytes, size);
        out += size;
    }
    return out;
}

size_t facts_pack_write(const struct facts *facts, struct phrases *phrases, uint8_t *out)
{
    uint8_t *start = out;
    out = put_number(out, facts->count);
    out = put_number(out, facts->text_used);
    out = put_number(out, facts->dropped);
    for (uint32_t at = 0; at < facts->count;) {
        out = put_run(facts, &at, phrases, out);
    }
    return (size_t)(out - start);
}

/* f holds the evidence; its offset moves along. */
static void take_fact(const uint8_t **in, struct fact *f, struct facts *facts)
{
    const char *text = NULL;
    uint32_t size = 0;
    f->kind = (uint16_t)take_number(in);
    unsigned flags = *(*in)++;
    f->from = (flags & FACT_FROM) != 0;
    f->cut = (flags & FACT_CUT) != 0;
    f->index = (flags & FACT_INDEX) != 0 ? (uint16_t)take_number(in) : 0;
    f->sub = (flags & FACT_SUB) != 0 ? (uint16_t)take_number(in) : 0;
    f->value = (flags & FACT_VALUE) != 0 ? take_number(in) : 0;
    f->offset = (flags & FACT_OFFSET) != 0 ? (uint32_t)take_change(in, f->offset) : f->offset;
    f->room = 0;
    if ((flags & FACT_TEXT) != 0) {
        size = (uint32_t)take_number(in);
        text = (const char *)*in;
        *in += size;
        f->room = (uint16_t)(size + 1);
    }
    f->room = (flags & FACT_ROOM) != 0 ? (uint16_t)take_number(in) : f->room;
    f->hash = 0;
    if (has_members(f->kind)) {
        memcpy(&f->hash, *in, sizeof f->hash);
        *in += sizeof f->hash;
    }
    facts_restore(facts, f, text, size);
}

static const uint8_t *take_run(const uint8_t *in, const struct phrases *phrases, struct fact *f,
                               struct facts *facts)
{
    uint64_t head = take_number(&in);
    f->packet = (head & RUN_EVIDENCE) != 0 ? take_change(&in, f->packet) : f->packet;
    f->time_us = (head & RUN_EVIDENCE) != 0 ? take_change(&in, f->time_us) : f->time_us;
    f->offset = (head & RUN_OFFSET) != 0 ? (uint32_t)take_change(&in, f->offset) : f->offset;
    struct phrase phrase;
    if (head >> RUN_SHIFT != 0) {
        phrase = phrases_at(phrases, (uint32_t)(head >> RUN_SHIFT));
    } else {
        phrase.size = (uint32_t)take_number(&in);
        phrase.bytes = in;
        in += phrase.size;
    }
    const uint8_t *end = phrase.bytes + phrase.size;
    while (phrase.bytes < end) {
        take_fact(&phrase.bytes, f, facts);
    }
    return in;
}

bool facts_pack_read(const uint8_t *in, const struct phrases *phrases, struct facts *ret_facts)
{
    uint32_t count = (uint32_t)take_number(&in);
    uint32_t text_used = (uint32_t)take_number(&in);
    if (!facts_reserve(ret_facts, count, text_used)) {
        return false;
    }
    ret_facts->dropped = (uint32_t)take_number(&in);
    struct fact f = { 0 };
    while (ret_facts->count < count) {
        in = take_run(in, phrases, &f, ret_facts);
    }
    ret_facts->text_used = text_used; /* some of it may have been left behind by changes */
    return true;
}

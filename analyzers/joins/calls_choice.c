/* analyzers/joins/calls_choice.c: which of several session descriptions does an answer belong to?
 *
 * In multipart/alternative (RFC 2046 5.1.4) all are one offer, written once for old and once for
 * new peers ([MS-SDPEXT]: candidates of ICE draft 6, then of draft 19), and the peer answers the
 * one it takes. No number tells which: what the answer says has to fit the offer (RFC 3264 6). */
#include <string.h>

#include "analyzers/joins/calls_internal.h"

/* The descriptions of one message. */
struct parts {
    struct call_description of;
    unsigned count;
    bool alternative;
};

struct call_line *calls_choice_line(const struct calls *calls, const struct call *call,
                                    const struct call_description *description, unsigned part,
                                    unsigned place)
{
    for (uint32_t at = call->lines; at != POOL_NONE;) {
        struct call_line *line = calls_line_at(calls, at);
        if (line->party == description->party && line->digest == description->digest &&
            line->part == part && line->place == place) {
            return line;
        }
        at = line->next;
    }
    return NULL;
}

static struct parts parts_of(const struct calls *calls, const struct call *call,
                             const struct call_description *description)
{
    struct parts parts = { .of = *description };
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        if (line->party == description->party && line->digest == description->digest) {
            parts.count = line->part >= parts.count ? line->part + 1U : parts.count;
            parts.alternative = parts.alternative || line->alternative;
        }
    }
    return parts;
}

/* The offered crypto that an answer takes (RFC 4568 5.1.2); NULL = none is like it. */
static const struct call_crypto *taken_of(const struct call_line *offer,
                                          const struct call_line *answer)
{
    for (unsigned i = 0; i < offer->crypto_count; i++) {
        const struct call_crypto *one = &offer->cryptos[i];
        if (answer->crypto_count > 0 && one->tag == answer->cryptos[0].tag &&
            one->suite == answer->cryptos[0].suite) {
            return one;
        }
    }
    return NULL;
}

/* RFC 3264 6.1: the same protocol; but RTP/AVP with keys may be answered by RTP/SAVP ([MS-SDPEXT],
 * RFC 8643). */
static bool proto_fits(const struct call_line *offer, const struct call_line *answer)
{
    bool keys = offer->crypto_count > 0 || offer->fingerprint || offer->keys != KEYS_NONE;
    bool raised = offer->proto == PROTO_AVP && keys &&
                  (answer->proto == PROTO_SAVP || answer->proto == PROTO_DTLS);
    return offer->proto == answer->proto || raised;
}

static bool line_fits(const struct call_line *offer, const struct call_line *answer)
{
    bool known = offer->kind != 0 && answer->kind != 0; /* no name is that of all without one */
    if (known && offer->kind != answer->kind) {
        return false;
    }
    if (answer->port == 0) { /* refused, however it was meant */
        return true;
    }
    bool keyed = answer->crypto_count == 0 || taken_of(offer, answer) != NULL;
    bool shown = !answer->fingerprint || offer->fingerprint;
    bool dialect = answer->ice == 0 || (offer->ice & answer->ice) != 0;
    return proto_fits(offer, answer) && keyed && shown && dialect;
}

static bool is_of(const struct call_line *line, const struct call_description *description,
                  unsigned part)
{
    return line->party == description->party && line->digest == description->digest &&
           line->part == part;
}

/* Line by line, none over. */
static bool part_fits(const struct calls *calls, const struct call *call, const struct parts of[2],
                      const struct call_choice *choice)
{
    unsigned offered = 0, answered = 0;
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        answered += is_of(line, &of[1].of, choice->answer);
        if (!is_of(line, &of[0].of, choice->offer)) {
            continue;
        }
        const struct call_line *answer =
            calls_choice_line(calls, call, &of[1].of, choice->answer, line->place);
        if (answer == NULL || !line_fits(line, answer)) {
            return false;
        }
        offered++;
    }
    return offered > 0 && offered == answered;
}

/* Would both be the same agreement? */
static bool line_means(const struct call_line *offer, const struct call_line *other,
                       const struct call_line *answer, const struct call_line *other_answer)
{
    const struct call_crypto *a = taken_of(offer, answer), *b = taken_of(other, other_answer);
    bool alike = (a == NULL) == (b == NULL) &&
                 (a == NULL || (a->suite == b->suite && a->unencrypted == b->unencrypted &&
                                a->unauthenticated == b->unauthenticated));
    return alike &&
           strcmp(calls_media_agreed(answer, offer), calls_media_agreed(other_answer, other)) == 0;
}

/* Both fit. */
static bool part_means(const struct calls *calls, const struct call *call, const struct parts of[2],
                       const struct call_choice *one, const struct call_choice *other)
{
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        if (!is_of(line, &of[0].of, one->offer)) {
            continue;
        }
        const struct call_line *b =
            calls_choice_line(calls, call, &of[0].of, other->offer, line->place);
        const struct call_line *c =
            calls_choice_line(calls, call, &of[1].of, one->answer, line->place);
        const struct call_line *d =
            calls_choice_line(calls, call, &of[1].of, other->answer, line->place);
        if (b == NULL || c == NULL || d == NULL || !line_means(line, b, c, d)) {
            return false;
        }
    }
    return true;
}

struct call_choice calls_choice_of(const struct calls *calls, const struct call *call,
                                   const struct call_description *offer,
                                   const struct call_description *answer)
{
    const struct parts of[2] = { parts_of(calls, call, offer), parts_of(calls, call, answer) };
    bool choice = of[0].alternative || of[1].alternative;
    if (!choice && of[0].count == of[1].count) {
        return (struct call_choice){ .each = true };
    }
    struct call_choice best = { .undecided = true };
    bool found = false;
    for (uint8_t i = 0; i < of[0].count; i++) {
        for (uint8_t j = 0; j < of[1].count; j++) {
            const struct call_choice one = { .offer = i, .answer = j, .several = found };
            if (!part_fits(calls, call, of, &one)) {
                continue;
            }
            if (found && !part_means(calls, call, of, &best, &one)) {
                return (struct call_choice){ .undecided = true };
            }
            best = one;
            found = true;
        }
    }
    return best;
}

void calls_choice_take(const struct calls *calls, const struct call *call,
                       const struct call_description *offer, unsigned part)
{
    for (uint32_t at = call->lines; at != POOL_NONE;) {
        struct call_line *line = calls_line_at(calls, at);
        if (line->party == offer->party && line->digest == offer->digest) {
            line->passed = line->part != part;
        }
        at = line->next;
    }
    for (uint32_t at = call->endpoints; at != POOL_NONE;) {
        struct call_endpoint *entry = calls_endpoint_at(calls, at);
        const struct call_line *line = calls_line_at(calls, entry->line);
        bool named = line->party == offer->party && line->digest == offer->digest && line->passed &&
                     (entry->parts & 1U << part) != 0;
        const struct call_line *taken =
            named ? calls_choice_line(calls, call, offer, part, line->place) : NULL;
        if (taken != NULL) {
            entry->line = calls_place_of(calls, call, taken);
        }
        at = entry->next_same;
    }
}

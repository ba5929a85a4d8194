/* analyzers/joins/calls_match.c: which call announced the two ends of a media flow? */
#include "analyzers/joins/calls_internal.h"

enum {
    MATCHES = 16,      /* newest entries of one end that are compared */
    LATE_US = 1000000, /* an answer may be captured after the media it announces */
    SCORE_ONE = 4,     /* one end was named by SDP */
    SCORE_GUESS = 1,   /* one end sent the SIP message; counts beside the other end only */
    SCORE_TWO = 8,     /* both ends belong to one call, opposite parties */
    SCORE_AGREED = 16, /* and to the same m= line */
};

/* One end, as one call announced it. */
struct found {
    uint32_t call;
    const struct call_line *line;
    bool guess;
};

/* Ports are used again: by then the call that had them must not speak for the next one. */
static bool is_over(const struct call *call, const struct call_span *span)
{
    bool ended = call->ended_us != 0 && span->start_us > call->ended_us + LATE_US &&
                 span->first_order > call->ended_order;
    return ended || span->start_us > call->last_us + (uint64_t)CALLS_SILENT_S * 1000000;
}

static bool is_after(const struct call_line *line, const struct call_span *span)
{
    return line->time_us > span->end_us + LATE_US && line->order > span->last_order;
}

/* The newest line of the entry that was valid then: not one announced after its end, not a change
 * that was refused or not answered. */
static const struct call_line *line_of(const struct calls *calls, const struct call_endpoint *entry,
                                       const struct call_span *span)
{
    const struct call_line *now = calls_line_at(calls, entry->line);
    const struct call_line *then = calls_line_at(calls, entry->line_then);
    bool unfit = is_after(now, span) || now->refused;
    if (is_over(calls_at(calls, entry->call), span)) {
        return NULL;
    }
    if (then != NULL && (unfit || (now->peer == POOL_NONE && then->peer != POOL_NONE))) {
        return is_after(then, span) || then->refused ? NULL : then;
    }
    return unfit ? NULL : now;
}

static unsigned find_all(const struct calls *calls, const struct flow_end *end,
                         const struct call_span *span, struct found found[MATCHES])
{
    unsigned count = 0;
    uint32_t at = calls_chain(calls, end);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK && count < MATCHES; i++) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        if (calls_same_end(&entry->end, end)) {
            const struct call_line *line = line_of(calls, entry, span);
            if (line != NULL) {
                found[count++] = (struct found){ entry->call, line, entry->guess };
            }
        }
        at = entry->next;
    }
    return count;
}

static unsigned score_one(const struct found *found)
{
    return found->guess ? SCORE_GUESS : SCORE_ONE;
}

static unsigned score_two(const struct calls *calls, const struct found *a, const struct found *b)
{
    unsigned score = score_one(a) + score_one(b);
    if (a->call != b->call || a->line->party == b->line->party) {
        return 0;
    }
    bool agreed = calls_line_at(calls, a->line->peer) == b->line ||
                  calls_line_at(calls, b->line->peer) == a->line; /* one of several answers */
    return score + (agreed ? SCORE_AGREED : SCORE_TWO);
}

struct call_match calls_match_find(const struct calls *calls, const struct flow_end end[2],
                                   const struct call_span *span)
{
    struct found found[2][MATCHES];
    unsigned count[2];
    struct call_match best = { .call = POOL_NONE };
    unsigned best_score = 0;
    for (unsigned side = 0; side < 2; side++) {
        count[side] = find_all(calls, &end[side], span, found[side]);
        for (unsigned i = 0; i < count[side]; i++) {
            if (!found[side][i].guess && score_one(&found[side][i]) > best_score) {
                best_score = score_one(&found[side][i]);
                best = (struct call_match){ .call = found[side][i].call };
                best.side[side] = found[side][i].line;
            }
        }
    }
    for (unsigned i = 0; i < count[0]; i++) {
        for (unsigned j = 0; j < count[1]; j++) {
            unsigned score = score_two(calls, &found[0][i], &found[1][j]);
            if (score > best_score) {
                best_score = score;
                best = (struct call_match){ .call = found[0][i].call };
                best.side[0] = found[0][i].line;
                best.side[1] = found[1][j].line;
                best.agreed = score >= SCORE_AGREED + 2 * SCORE_ONE;
            }
        }
    }
    for (unsigned side = 0; side < 2 && best.call != POOL_NONE; side++) {
        const struct call_line *known = best.side[1 - side];
        if (best.side[side] == NULL && known != NULL) {
            best.side[side] = calls_line_at(calls, known->peer);
        }
    }
    return best;
}

static struct call_span span_of_flow(const struct calls *calls, const struct flow_record *record)
{
    return (struct call_span){
        .start_us = record->start_us,
        .end_us = record->end_us,
        .first_order = calls_order(calls, record->packet_first, record->start_us),
        .last_order = calls_order(calls, record->packet_last, record->end_us),
    };
}

static struct call_match match_of(const struct calls *calls, const struct flow_record *record,
                                  const struct call_span *span)
{
    struct call_match match = calls_match_find(calls, record->side, span);
    return match.call != POOL_NONE ? match : calls_relay_match(calls, record, span);
}

struct call_match calls_match_flow(const struct calls *calls, const struct flow_record *record)
{
    struct call_span span = span_of_flow(calls, record);
    return match_of(calls, record, &span);
}

struct call_match calls_match_stream(const struct calls *calls, const struct flow_record *record,
                                     uint16_t index)
{
    struct call_span span = span_of_flow(calls, record);
    const struct fact *first = facts_find_at(record->facts, OBS_MEDIA_FIRST, index, 0);
    const struct fact *last = facts_find_at(record->facts, OBS_MEDIA_LAST, index, 0);
    if (first != NULL) {
        span.start_us = first->value;
        span.first_order = calls_order(calls, first->packet, first->value);
    }
    if (last != NULL) {
        span.end_us = last->value;
        span.last_order = calls_order(calls, last->packet, last->value);
    }
    return match_of(calls, record, &span);
}

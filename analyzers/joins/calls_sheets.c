/* analyzers/joins/calls_sheets.c: what was agreed and sent in a call, told once when it is over.
 *
 * Flows note what they sent for a call when they end; what was agreed stands in the lines of the
 * call. Both are put together when the call is told. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum {
    SLOTS_A_LOOK = 8, /* looked at by one calls_pass_time */
    OVER_S = 300,     /* by then the flows of a call that is over have ended too */
};

static const uint64_t over_us = OVER_S * UINT64_C(1000000);

static struct call_sent *sent_at(const struct calls *calls, uint32_t at)
{
    return pool_at(&calls->sent, at);
}

/* The entry of this sender in this flow; made when there is none, NULL at a cap. */
static struct call_sent *entry_of(struct calls *calls, struct call *call,
                                  const struct call_sent *want)
{
    for (uint32_t at = call->streams; at != POOL_NONE; at = sent_at(calls, at)->next) {
        struct call_sent *one = sent_at(calls, at);
        if (one->flow_id == want->flow_id && one->ssrc == want->ssrc && one->party == want->party &&
            one->rtcp == want->rtcp) {
            return one;
        }
    }
    uint32_t at = call->stream_count < CALL_STREAMS ? pool_take(&calls->sent) : POOL_NONE;
    if (at == POOL_NONE) {
        calls->dropped++;
        return NULL;
    }
    sent_at(calls, at)->next = call->streams;
    call->streams = at;
    call->stream_count++;
    return sent_at(calls, at);
}

static void note(struct calls *calls, uint32_t place, const struct call_sent *sent)
{
    struct call_sent *entry = entry_of(calls, calls_at(calls, place), sent);
    if (entry != NULL) {
        uint32_t next = entry->next;
        *entry = *sent;
        entry->next = next;
    }
}

static uint8_t sent_as_of(const char *protection)
{
    return strcmp(protection, "srtp") == 0  ? SENT_SRTP
           : strcmp(protection, "rtp") == 0 ? SENT_RTP
                                            : SENT_UNKNOWN;
}

/* Where several m= lines share a port (BUNDLE): the one of the stream's own kind. */
static const struct call_line *line_of_kind(const struct calls *calls, const struct call *call,
                                            const struct call_line *line, const char *kind)
{
    bool known = strcmp(kind, "audio") == 0 || strcmp(kind, "video") == 0;
    if (!known || strcmp(calls->names.text[line->kind], kind) == 0) {
        return line;
    }
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *other = calls_line_at(calls, at);
        if (other->digest == line->digest && other->party == line->party &&
            other->part == line->part && strcmp(calls->names.text[other->kind], kind) == 0) {
            return other;
        }
    }
    return line;
}

/* Who sent it, for which line? False when no call announced it. */
static bool find_line(const struct calls *calls, const struct call_match *match, uint8_t from,
                      const char *kind, struct call_sent *sent)
{
    const struct call_line *own = match->side[from], *other = match->side[1 - from];
    const struct call_line *line = own != NULL ? own : other;
    if (match->call == POOL_NONE || line == NULL) {
        return false;
    }
    sent->party = own != NULL ? own->party : (uint8_t)(1 - other->party);
    line = line_of_kind(calls, calls_at(calls, match->call), line, kind);
    sent->section = line->section;
    sent->kind = line->kind;
    return true;
}

/* A look at the payloads that said otherwise than those before. */
static void note_change(const struct facts *facts, uint16_t index, struct call_sent *sent)
{
    const struct fact *f = NULL;
    while ((f = facts_next(facts, OBS_MEDIA_GROUND_TEST, f)) != NULL) {
        if (f->index == index && strcmp(facts_text(facts, f), "change") == 0) {
            const struct fact *result =
                facts_find_at(facts, OBS_MEDIA_GROUND_RESULT, index, f->sub);
            sent->change_us = f->time_us;
            sent->change_packet = f->packet;
            sent->changed_to = result != NULL ? sent_as_of(facts_text(facts, result)) : 0;
        }
    }
}

/* RFC 6189 4.6: media may begin before ZRTP has keys for it. */
static void note_zrtp(const struct facts *facts, uint16_t index, struct call_sent *sent)
{
    const struct fact *keys = facts_find(facts, OBS_ZRTP_CONFIRMED);
    const struct fact *keying = facts_find_at(facts, OBS_MEDIA_KEYING, index, 0);
    bool zrtp = keying != NULL && strcmp(facts_text(facts, keying), "zrtp") == 0;
    if (zrtp && keys != NULL && keys->time_us > sent->first_us && sent->change_us == 0) {
        sent->change_us = keys->time_us;
        sent->change_packet = keys->packet;
        sent->changed_to = sent->sent_as;
    }
}

static const char *text_at(const struct facts *facts, enum observation_kind kind, uint16_t index)
{
    return facts_text(facts, facts_find_at(facts, kind, index, 0));
}

static uint64_t value_at(const struct facts *facts, enum observation_kind kind, uint16_t index,
                         uint64_t otherwise)
{
    const struct fact *fact = facts_find_at(facts, kind, index, 0);
    return fact != NULL ? fact->value : otherwise;
}

static struct call_sent sent_of(const struct flow_record *record, const struct fact *ssrc)
{
    const struct facts *facts = record->facts;
    struct call_sent sent = {
        .flow_id = record->id,
        .ssrc = (uint32_t)ssrc->value,
        .first_us = value_at(facts, OBS_MEDIA_FIRST, ssrc->index, record->start_us),
        .last_us = value_at(facts, OBS_MEDIA_LAST, ssrc->index, record->end_us),
        .sent_as = sent_as_of(text_at(facts, OBS_MEDIA_PROTECTION, ssrc->index)),
    };
    if (sent.last_us < sent.first_us) { /* the clock was set back */
        sent.last_us = sent.first_us;
    }
    note_change(facts, ssrc->index, &sent);
    note_zrtp(facts, ssrc->index, &sent);
    return sent;
}

static uint8_t sender_of(const struct facts *facts, const struct fact *ssrc)
{
    return (uint8_t)(value_at(facts, OBS_MEDIA_FROM, ssrc->index, ssrc->from) & 1);
}

static void note_reports(struct calls *calls, const struct flow_record *record)
{
    const struct fact *rtcp = facts_find(record->facts, OBS_MEDIA_RTCP_PROTECTION);
    struct call_match match = calls_match_flow(calls, record);
    struct call_sent sent = {
        .flow_id = record->id,
        .rtcp = true,
        .sent_as = sent_as_of(facts_text(record->facts, rtcp)),
    };
    if (find_line(calls, &match, rtcp->from & 1, "", &sent)) {
        sent.party = 0; /* what is known of them is known of both */
        note(calls, match.call, &sent);
    }
}

void calls_sheets_note(struct calls *calls, const struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const struct fact *ssrc = NULL;
    while ((ssrc = facts_next(facts, OBS_MEDIA_SSRC, ssrc)) != NULL) {
        struct call_match match = calls_match_stream(calls, record, ssrc->index);
        struct call_sent sent = sent_of(record, ssrc);
        const char *kind = text_at(facts, OBS_MEDIA_KIND, ssrc->index);
        if (find_line(calls, &match, sender_of(facts, ssrc), kind, &sent)) {
            note(calls, match.call, &sent);
        }
    }
    if (facts_find(facts, OBS_MEDIA_RTCP_PROTECTION) != NULL) {
        note_reports(calls, record);
    }
}

/* --- putting a sheet together --- */

static uint64_t clear_of(const struct call_sent *sent)
{
    uint64_t change_us = sent->change_us;
    bool changed = change_us > sent->first_us && change_us < sent->last_us;
    if (changed && sent->changed_to == SENT_RTP) {
        return sent->last_us - change_us;
    }
    if (changed && sent->changed_to == SENT_SRTP) {
        return change_us - sent->first_us;
    }
    return sent->sent_as == SENT_RTP ? sent->last_us - sent->first_us : 0;
}

static const char *word_of(uint8_t sent_as)
{
    return sent_as == SENT_SRTP ? "srtp" : sent_as == SENT_RTP ? "rtp" : "unknown";
}

/* What several streams together are: clear and protected ones are mixed, doubt stays doubt. */
static const char *both(const char *a, const char *b)
{
    if (a == NULL || strcmp(a, b) == 0) {
        return b;
    }
    bool doubt = strcmp(a, "unknown") == 0 || strcmp(b, "unknown") == 0;
    bool clear = strcmp(a, "srtp") != 0 && strcmp(b, "srtp") != 0; /* rtp or mixed, and doubt */
    if (doubt) {
        return clear ? (strcmp(a, "unknown") == 0 ? b : a) : "unknown";
    }
    return "mixed";
}

static void add_change(struct sheet_medium *medium, struct sheet_change change)
{
    uint32_t at = medium->change_count;
    if (at == SHEET_CHANGES) {
        return;
    }
    for (; at > 0 && medium->changes[at - 1].time_us > change.time_us; at--) {
        medium->changes[at] = medium->changes[at - 1];
    }
    medium->changes[at] = change;
    medium->change_count++;
}

static void add_flow(struct sheet_medium *medium, uint64_t flow)
{
    const uint32_t room = sizeof medium->flows / sizeof medium->flows[0];
    for (uint32_t i = 0; i < medium->flow_count && i < room; i++) {
        if (medium->flows[i] == flow) {
            return;
        }
    }
    if (medium->flow_count < room) {
        medium->flows[medium->flow_count] = flow;
    }
    medium->flow_count++;
}

static void add_sent(struct sheet_medium *medium, const struct call_sent *sent)
{
    bool first = !medium->sent;
    bool changed = sent->change_us != 0;
    medium->sent = true;
    medium->first_us =
        first || sent->first_us < medium->first_us ? sent->first_us : medium->first_us;
    medium->last_us = sent->last_us > medium->last_us ? sent->last_us : medium->last_us;
    uint64_t clear_us = medium->clear_us + clear_of(sent);
    medium->clear_us = clear_us < medium->last_us - medium->first_us
                           ? clear_us
                           : medium->last_us - medium->first_us;
    medium->applied = both(medium->applied, changed ? "mixed" : word_of(sent->sent_as));
    add_flow(medium, sent->flow_id);
    if (changed) {
        add_change(medium, (struct sheet_change){ sent->change_us, sent->change_packet, "applied",
                                                  word_of(sent->changed_to) });
    }
}

/* The entry of that sender and line; NULL without room. */
static struct sheet_medium *medium_of(struct call_sheet *sheet, uint8_t section, bool caller)
{
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        struct sheet_medium *one = &sheet->media[i];
        if (one->section == section && one->caller == caller) {
            return one;
        }
    }
    if (sheet->media_count == SHEET_MEDIA) {
        return NULL;
    }
    struct sheet_medium *one = &sheet->media[sheet->media_count++];
    *one = (struct sheet_medium){ .section = section, .caller = caller, .kind = "" };
    one->has_section = true;
    return one;
}

static const char *offered_of(const struct call_line *offer)
{
    if (offer->proto != PROTO_AVP) {
        return offer->proto == PROTO_OTHER ? "other" : "srtp";
    }
    if (offer->crypto_count > 0 || offer->fingerprint || offer->keys == KEYS_MIKEY) {
        return "srtp-optional"; /* RFC 8643 */
    }
    return offer->keys == KEYS_ZRTP ? "zrtp" : "rtp";
}

/* Where the peer had a choice, SRTP in some of it is SRTP that is optional. */
static const char *offered_in(const struct calls *calls, const struct call *call,
                              const struct call_line *offer)
{
    const char *offered = offered_of(offer);
    for (uint32_t at = call->lines; at != POOL_NONE && offer->alternative;) {
        const struct call_line *line = calls_line_at(calls, at);
        at = line->next;
        bool beside = line->digest == offer->digest && line->party == offer->party &&
                      line->alternative && line->section == offer->section;
        const char *other = beside ? offered_of(line) : offered;
        bool srtp = offered[0] == 's' || other[0] == 's';
        offered = strcmp(other, offered) == 0 ? offered : srtp ? "srtp-optional" : "other";
    }
    return offered;
}

/* The next agreed line of a section behind a place in the order of all; NULL when there is none. */
static const struct call_line *agreed_after(const struct calls *calls, const struct call *call,
                                            uint8_t section, uint64_t order)
{
    const struct call_line *next = NULL;
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        bool agreed = line->is_answer && line->peer != POOL_NONE && line->section == section;
        if (agreed && line->order > order && (next == NULL || line->order < next->order)) {
            next = line;
        }
    }
    return next;
}

/* The first offer of a section that nobody answered, or NULL. */
static const struct call_line *offer_of(const struct calls *calls, const struct call *call,
                                        uint8_t section)
{
    const struct call_line *first = NULL;
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        bool older = first == NULL || line->order < first->order;
        first = line->section == section && line->peer == POOL_NONE && older ? line : first;
    }
    return first;
}

/* What SDP said of a section, and how that changed. */
static void put_agreed(const struct calls *calls, const struct call *call,
                       struct sheet_medium *medium)
{
    const struct call_line *answer = agreed_after(calls, call, medium->section, 0);
    const struct call_line *offer = answer != NULL ? calls_line_at(calls, answer->peer)
                                                   : offer_of(calls, call, medium->section);
    if (offer == NULL) {
        return;
    }
    medium->offered = offered_in(calls, call, offer);
    medium->kind = calls->names.text[offer->kind];
    const char *now = answer != NULL     ? calls_media_agreed(answer, offer)
                      : offer->undecided ? "unknown"
                                         : NULL;
    medium->answered = now;
    while (answer != NULL) {
        answer = agreed_after(calls, call, medium->section, answer->order);
        const char *then =
            answer != NULL ? calls_media_agreed(answer, calls_line_at(calls, answer->peer)) : now;
        if (strcmp(then, now) != 0) {
            uint64_t packet = calls->live ? 0 : answer->order & ((UINT64_C(1) << 40) - 1);
            add_change(medium, (struct sheet_change){ answer->time_us, packet, "answered", then });
            now = then;
        }
    }
}

static bool has_section(const struct call_sheet *sheet, uint8_t section)
{
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        if (sheet->media[i].section == section) {
            return true;
        }
    }
    return false;
}

/* By line of SDP, the caller first. */
static void sort_media(struct call_sheet *sheet)
{
    for (uint32_t i = 1; i < sheet->media_count; i++) {
        struct sheet_medium one = sheet->media[i];
        unsigned key = one.section * 2U + !one.caller;
        uint32_t to = i;
        for (; to > 0 && sheet->media[to - 1].section * 2U + !sheet->media[to - 1].caller > key;
             to--) {
            sheet->media[to] = sheet->media[to - 1];
        }
        sheet->media[to] = one;
    }
}

static void put_sent(const struct calls *calls, const struct call *call, bool reversed,
                     struct call_sheet *sheet)
{
    uint8_t caller = reversed;
    for (uint32_t at = call->streams; at != POOL_NONE; at = sent_at(calls, at)->next) {
        const struct call_sent *sent = sent_at(calls, at);
        struct sheet_medium *medium =
            sent->rtcp ? NULL : medium_of(sheet, sent->section, sent->party == caller);
        if (medium != NULL) {
            medium->kind = calls->names.text[sent->kind];
            add_sent(medium, sent);
        }
    }
    for (uint32_t at = call->lines; at != POOL_NONE; at = calls_line_at(calls, at)->next) {
        const struct call_line *line = calls_line_at(calls, at);
        if (!line->passed && !has_section(sheet, line->section)) {
            (void)medium_of(sheet, line->section, true);
        }
    }
}

static void put_reports(const struct calls *calls, const struct call *call,
                        struct call_sheet *sheet)
{
    for (uint32_t at = call->streams; at != POOL_NONE; at = sent_at(calls, at)->next) {
        const struct call_sent *sent = sent_at(calls, at);
        for (uint32_t i = 0; i < sheet->media_count && sent->rtcp; i++) {
            struct sheet_medium *medium = &sheet->media[i];
            if (medium->section == sent->section) {
                medium->rtcp = both(medium->rtcp, word_of(sent->sent_as));
            }
        }
    }
}

static void put_media(const struct calls *calls, const struct call_group *group,
                      struct call_sheet *sheet)
{
    for (uint32_t i = 0; i < group->count; i++) {
        put_sent(calls, calls_at(calls, group->call[i]), group->reversed[i], sheet);
    }
    sort_media(sheet);
    for (uint32_t i = 0; i < group->count; i++) {
        const struct call *call = calls_at(calls, group->call[i]);
        for (uint32_t k = 0; k < sheet->media_count; k++) {
            if (sheet->media[k].offered == NULL) { /* all dialogs have the same SDP */
                put_agreed(calls, call, &sheet->media[k]);
            }
        }
        put_reports(calls, call, sheet);
    }
}

static void put_legs(const struct call *call, bool reversed, struct call_sheet *sheet)
{
    uint32_t hops = sheet->leg_count > 0 ? sheet->legs[sheet->leg_count - 1].hop : 0;
    for (unsigned i = 0; i < call->leg_count; i++) {
        const struct call_leg *leg = &call->legs[i];
        for (unsigned k = 0; k < leg->flow_count && sheet->leg_count < SHEET_LEGS; k++) {
            sheet->legs[sheet->leg_count++] = (struct sheet_leg){
                .flow = leg->flow[k],
                .hop = hops + i + 1,
                .caller = leg->host[reversed],
                .callee = leg->host[!reversed],
                .opened = leg->opened[k],
            };
        }
    }
}

/* It has ended when all its dialogs have. */
static void put_times(const struct calls *calls, const struct call_group *group,
                      struct call_sheet *sheet)
{
    sheet->start_us = calls_at(calls, group->call[0])->start_us;
    sheet->ended = true;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct call *call = calls_at(calls, group->call[i]);
        uint64_t end_us = call->ended_us != 0 ? call->ended_us : call->last_us;
        sheet->ended = sheet->ended && call->ended_us != 0;
        sheet->end_us = end_us > sheet->end_us ? end_us : sheet->end_us;
    }
    for (uint32_t i = 0; i < sheet->media_count; i++) {
        const struct sheet_medium *medium = &sheet->media[i];
        if (medium->sent) {
            sheet->start_us =
                medium->first_us < sheet->start_us ? medium->first_us : sheet->start_us;
            sheet->end_us = medium->last_us > sheet->end_us ? medium->last_us : sheet->end_us;
        }
    }
}

static void tell(struct calls *calls, uint32_t place)
{
    struct call_group group;
    calls_twins_of(calls, place, &group);
    struct call_sheet sheet = { .id = calls_at(calls, group.call[0])->name };
    for (uint32_t i = 0; i < group.count; i++) {
        struct call *call = calls_at(calls, group.call[i]);
        call->told = true;
        sheet.call_ids[sheet.call_id_count++] = call->id;
        put_legs(call, group.reversed[i], &sheet);
    }
    put_media(calls, &group, &sheet);
    put_times(calls, &group, &sheet);
    calls->tell(calls->tell_context, &sheet);
}

static bool is_untold(const struct call *call)
{
    return call->used && !call->told && call->line_count > 0;
}

void calls_sheets_leave(struct calls *calls, uint32_t place)
{
    struct call *call = calls_at(calls, place);
    if (calls->tell != NULL && is_untold(call)) {
        tell(calls, place);
    }
    while (call->streams != POOL_NONE) {
        uint32_t at = call->streams;
        call->streams = sent_at(calls, at)->next;
        pool_give(&calls->sent, at);
    }
    call->used = false;
}

void calls_teller(struct calls *calls, calls_tell_fn *tell_it, void *context)
{
    calls->tell = tell_it;
    calls->tell_context = context;
}

void calls_pass_time(struct calls *calls, uint64_t now_us)
{
    for (unsigned i = 0; calls->tell != NULL && i < SLOTS_A_LOOK && calls->calls.made > 0; i++) {
        calls->told_at = calls->told_at < calls->calls.made ? calls->told_at + 1 : 1;
        struct call *call = calls_at(calls, calls->told_at);
        if (is_untold(call) && call->ended_us != 0 && now_us > call->last_us + over_us) {
            tell(calls, calls->told_at);
        }
    }
}

/* A call that was not told, in the order of their first messages. */
struct waiting_call {
    uint64_t start_us, name;
    uint32_t place;
};

static int by_start(const void *a, const void *b)
{
    const struct waiting_call *one = a, *other = b;
    if (one->start_us != other->start_us) {
        return one->start_us < other->start_us ? -1 : 1;
    }
    return one->name < other->name ? -1 : one->name > other->name;
}

void calls_tell(struct calls *calls)
{
    struct waiting_call *untold =
        calls->tell != NULL ? calloc(calls->calls.in_use + 1U, sizeof *untold) : NULL;
    size_t count = 0;
    if (untold == NULL) {
        return;
    }
    for (uint32_t at = calls->oldest; at != POOL_NONE; at = calls_at(calls, at)->newer) {
        const struct call *call = calls_at(calls, at);
        if (is_untold(call)) {
            untold[count++] = (struct waiting_call){ call->start_us, call->name, at };
        }
    }
    qsort(untold, count, sizeof *untold, by_start);
    for (size_t i = 0; i < count; i++) {
        if (is_untold(calls_at(calls, untold[i].place))) { /* it may have been told with another */
            tell(calls, untold[i].place);
        }
    }
    free(untold);
}

bool call_sheet_of_flow(const struct flow_record *record, struct call_sheet *ret_sheet)
{
    const struct facts *facts = record->facts;
    const struct fact *ssrc = NULL;
    *ret_sheet = (struct call_sheet){ .id = record->id,
                                      .start_us = record->start_us,
                                      .end_us = record->end_us };
    while ((ssrc = facts_next(facts, OBS_MEDIA_SSRC, ssrc)) != NULL) {
        struct call_sent sent = sent_of(record, ssrc);
        bool caller = sender_of(facts, ssrc) == record->client;
        struct sheet_medium *medium = medium_of(ret_sheet, (uint8_t)ssrc->index, caller);
        if (medium != NULL) {
            const struct fact *rtcp = facts_find(facts, OBS_MEDIA_RTCP_PROTECTION);
            medium->has_section = false;
            medium->kind = text_at(facts, OBS_MEDIA_KIND, ssrc->index);
            medium->rtcp = rtcp != NULL ? facts_text(facts, rtcp) : NULL;
            add_sent(medium, &sent);
        }
    }
    return ret_sheet->media_count > 0;
}

/* analyzers/joins/calls_offer.c: offer and answer of a call (RFC 3264, RFC 6337), leg by leg.
 *
 * Only side, CSeq and method of a message tell who sent it: the first request makes its sender
 * party 0; proxies forward with the same CSeq; an answer comes from the other party. */
#include "analyzers/joins/calls_internal.h"

enum { PARTY_UNKNOWN = 2 };

static uint8_t other(uint8_t party)
{
    return (uint8_t)(1 - party);
}

static struct call_leg *leg_of_flow(struct call *call, const struct call_draft *draft,
                                    uint8_t *ret_party)
{
    for (unsigned i = 0; i < call->leg_count; i++) {
        struct call_leg *leg = &call->legs[i];
        for (unsigned j = 0; j < leg->flow_count; j++) {
            if (leg->flow[j] == draft->flow_id) {
                *ret_party = draft->from == leg->caller_side[j] ? 0 : 1;
                return leg;
            }
        }
    }
    return NULL;
}

/* Who must have sent this, from the request it repeats, forwards or answers. */
static uint8_t party_by_request(const struct call *call, const struct call_draft *draft)
{
    bool same = call->request_method != METHOD_OTHER && call->request_cseq == draft->cseq &&
                (call->request_method == draft->method || draft->method == METHOD_ACK);
    if (!same) {
        return PARTY_UNKNOWN;
    }
    return draft->status == 0 ? call->request_party : other(call->request_party);
}

static void add_flow(struct call_leg *leg, const struct call_draft *draft, uint8_t party)
{
    if (leg->flow_count < CALL_LEG_FLOWS) {
        leg->flow[leg->flow_count] = draft->flow_id;
        leg->opened[leg->flow_count] = draft->decrypted;
        leg->caller_side[leg->flow_count] = party == 0 ? draft->from : other(draft->from);
        leg->flow_count++;
    }
}

/* The same two hosts over another connection. Hosts that are one and the same tell nothing. */
static struct call_leg *leg_of_hosts(struct call *call, const struct call_draft *draft,
                                     uint8_t expected, uint8_t *ret_party)
{
    const struct address *sender = &draft->end[draft->from].address;
    const struct address *receiver = &draft->end[other(draft->from)].address;
    for (unsigned i = 0; i < call->leg_count && !address_equal(sender, receiver); i++) {
        struct call_leg *leg = &call->legs[i];
        for (uint8_t party = 0; party < 2; party++) {
            if ((expected == PARTY_UNKNOWN || expected == party) &&
                address_equal(&leg->host[party], sender) &&
                address_equal(&leg->host[other(party)], receiver)) {
                add_flow(leg, draft, party);
                *ret_party = party;
                return leg;
            }
        }
    }
    return NULL;
}

/* A request on a new leg that no earlier one explains: the sender is known by its address. */
static uint8_t party_by_host(const struct call *call, const struct call_draft *draft)
{
    const struct address *sender = &draft->end[draft->from].address;
    for (unsigned i = 0; i < call->leg_count; i++) {
        for (uint8_t party = 0; party < 2; party++) {
            if (address_equal(&call->legs[i].host[party], sender) &&
                !address_equal(&call->legs[i].host[other(party)], sender)) {
                return party;
            }
        }
    }
    return draft->status == 0 ? 0 : 1;
}

static struct call_leg *leg_of(struct calls *calls, struct call *call, uint8_t *ret_party)
{
    const struct call_draft *draft = &calls->draft;
    struct call_leg *leg = leg_of_flow(call, draft, ret_party);
    if (leg != NULL) {
        return leg;
    }
    uint8_t expected = party_by_request(call, draft);
    leg = leg_of_hosts(call, draft, expected, ret_party);
    if (leg != NULL) {
        return leg;
    }
    if (call->leg_count >= CALL_LEGS) {
        calls->dropped++;
        return NULL;
    }
    uint8_t party = expected != PARTY_UNKNOWN ? expected : party_by_host(call, draft);
    leg = &call->legs[call->leg_count++];
    leg->host[party] = draft->end[draft->from].address;
    leg->host[other(party)] = draft->end[other(draft->from)].address;
    add_flow(leg, draft, party);
    *ret_party = party;
    return leg;
}

static struct call_line *line_with(const struct calls *calls, const struct call *call,
                                   uint8_t party, uint64_t digest, unsigned index)
{
    for (uint32_t at = call->lines; at != POOL_NONE;) {
        struct call_line *line = calls_line_at(calls, at);
        if (line->party == party && line->digest == digest && line->index == index) {
            return line;
        }
        at = line->next;
    }
    return NULL;
}

uint32_t calls_place_of(const struct calls *calls, const struct call *call,
                        const struct call_line *line)
{
    uint32_t at = call->lines;
    while (at != POOL_NONE && calls_line_at(calls, at) != line) {
        at = calls_line_at(calls, at)->next;
    }
    return at;
}

static void announce_line(struct calls *calls, uint32_t call, uint32_t place)
{
    const struct call_draft *draft = &calls->draft;
    const struct call_line *line = calls_line_at(calls, place);
    if (line->port == 0) {
        return;
    }
    struct flow_end end = { draft->end[draft->from].address, line->port };
    uint16_t rtcp_port = line->rtcp_port != 0 ? line->rtcp_port : (uint16_t)(line->port + 1);
    if (!line->has_address || !address_equal(&line->address, &end.address)) {
        calls_announce(calls, call, &end, place, true);
    }
    if (line->has_address) {
        end.address = line->address;
        calls_announce(calls, call, &end, place, false);
        end.port = rtcp_port;
        if (!line->rtcp_mux && rtcp_port != 0) {
            calls_announce(calls, call, &end, place, false);
        }
    }
    for (unsigned i = 0; i < draft->candidate_count; i++) {
        if (draft->candidates[i].line == line->index) {
            calls_announce(calls, call, &draft->candidates[i].end, place, false);
        }
    }
}

/* Keeps the draft's lines unless the same SDP of that party is kept already. */
static void keep_lines(struct calls *calls, uint32_t call_place, uint8_t party)
{
    struct call *call = calls_at(calls, call_place);
    const struct call_draft *draft = &calls->draft;
    for (uint8_t i = 0; i < draft->line_count; i++) {
        if (!draft->lines[i].present) {
            continue;
        }
        struct call_line *line = line_with(calls, call, party, draft->digest, i);
        uint32_t place;
        if (line != NULL) {
            place = calls_place_of(calls, call, line);
            line->refused = false;
            if (line->decrypted && !draft->decrypted) { /* another hop shows it to everybody */
                line->decrypted = false;
                line->flow_id = draft->flow_id;
            }
        } else {
            place = calls_new_line(calls, call_place);
            if (place == POOL_NONE) {
                call->lines_lost = true;
                continue;
            }
            line = calls_line_at(calls, place);
            uint32_t next = line->next;
            *line = draft->lines[i];
            line->next = next;
            line->index = i;
            bool told = line->alternative || line->part > 0;
            line->place = told ? line->place : i;
            line->section = line->alternative ? line->place : i;
            line->party = party;
            line->digest = draft->digest;
            line->flow_id = draft->flow_id;
            line->decrypted = draft->decrypted;
            line->time_us = draft->time_us;
            line->order = draft->order;
            line->keys_held = POOL_NONE;
            calls_keys_hold(calls, call_place, place, i);
        }
        announce_line(calls, call_place, place);
    }
}

static void pair(struct calls *calls, const struct call *call, struct call_line *offer,
                 struct call_line *answer)
{
    offer->peer = calls_place_of(calls, call, answer);
    answer->peer = calls_place_of(calls, call, offer);
    offer->refused = false; /* by another branch of a fork */
    offer->undecided = answer->undecided = false;
    offer->is_answer = false;
    answer->is_answer = true;
    answer->section = offer->section;
}

static void mark_undecided(const struct calls *calls, const struct call *call,
                           const struct call_description *description)
{
    for (uint32_t at = call->lines; at != POOL_NONE;) {
        struct call_line *line = calls_line_at(calls, at);
        if (line->party == description->party && line->digest == description->digest) {
            line->undecided = line->peer == POOL_NONE;
        }
        at = line->next;
    }
}

static void agree(struct calls *calls, struct call *call, const struct call_leg *leg,
                  uint64_t answer_digest)
{
    const struct call_description of[2] = { { leg->offerer, leg->offer_digest },
                                            { other(leg->offerer), answer_digest } };
    const struct call_choice choice = calls_choice_of(calls, call, &of[0], &of[1]);
    for (uint32_t at = call->lines; at != POOL_NONE && !choice.undecided;) {
        struct call_line *offer = calls_line_at(calls, at);
        at = offer->next;
        bool meant = offer->party == of[0].party && offer->digest == of[0].digest &&
                     (choice.each || offer->part == choice.offer);
        unsigned part = choice.each ? offer->part : choice.answer;
        struct call_line *answer =
            meant ? calls_choice_line(calls, call, &of[1], part, offer->place) : NULL;
        if (answer != NULL) {
            pair(calls, call, offer, answer);
            offer->alike = choice.several;
        }
    }
    if (choice.undecided) {
        mark_undecided(calls, call, &of[0]);
        mark_undecided(calls, call, &of[1]);
    } else if (!choice.each) {
        calls_choice_take(calls, call, &of[0], choice.offer);
        calls_choice_take(calls, call, &of[1], choice.answer);
    }
}

/* Is the draft the SDP of a message that was read before? */
static bool is_kept(const struct calls *calls, const struct call *call, uint8_t party)
{
    const struct call_draft *draft = &calls->draft;
    for (uint8_t i = 0; i < draft->line_count; i++) {
        if (draft->lines[i].present) {
            return line_with(calls, call, party, draft->digest, i) != NULL;
        }
    }
    return true;
}

static void take_sdp(struct calls *calls, uint32_t place, struct call_leg *leg, uint8_t party)
{
    struct call *call = calls_at(calls, place);
    const struct call_draft *draft = &calls->draft;
    bool full = call->line_count + draft->line_count > CALL_LINES;
    if (full && !is_kept(calls, call, party)) {
        call->lines_lost = true;
        calls_forget_lines(calls, place); /* what they agree on now counts, not what they did */
    }
    keep_lines(calls, place, party);
    bool can_answer = draft->status != 0 || draft->method == METHOD_ACK;
    bool again = can_answer && leg->answered && !leg->pending && party != leg->offerer &&
                 draft->cseq == leg->answer_cseq;
    bool offer_again = !leg->pending && leg->answered && party == leg->offerer &&
                       draft->cseq == leg->offer_cseq && draft->digest == leg->offer_digest;
    if (offer_again) {
        return;
    }
    if (again || (leg->pending && party != leg->offerer)) {
        agree(calls, call, leg, draft->digest);
        leg->pending = false;
        leg->answered = true;
        leg->answer_cseq = draft->cseq;
        return;
    }
    leg->pending = true;
    leg->offerer = party;
    leg->offer_cseq = draft->cseq;
    leg->offer_digest = draft->digest;
}

/* RFC 3261 14.1: what was agreed before stays as it is. */
static void refuse_offer(struct calls *calls, struct call *call, struct call_leg *leg)
{
    for (unsigned i = 0; i < DRAFT_LINES; i++) {
        struct call_line *line = line_with(calls, call, leg->offerer, leg->offer_digest, i);
        if (line != NULL && line->peer == POOL_NONE) {
            line->refused = true;
        }
    }
    leg->pending = false;
}

/* BYE, or a final refusal of the INVITE, ends a call; what follows it (another branch of a fork
 * that answers, an INVITE with credentials) shows that it goes on. */
static void follow_end(struct call *call, const struct call_draft *draft)
{
    bool invite = draft->method == METHOD_INVITE;
    /* a clock that was set back makes no call older than it is */
    call->last_us = draft->time_us > call->last_us ? draft->time_us : call->last_us;
    if (draft->line_count > 0 || (invite && draft->status < 300)) {
        call->ended_us = draft->status == 0 || draft->status >= 200 ? 0 : call->ended_us;
        call->accepted = call->accepted || (invite && draft->status >= 200 && draft->status < 300);
    }
    if (draft->method == METHOD_BYE || (invite && draft->status >= 300 && !call->accepted)) {
        call->ended_us = draft->time_us;
        call->ended_order = draft->order;
    }
}

void calls_offer_take(struct calls *calls, uint32_t place)
{
    struct call *call = calls_at(calls, place);
    const struct call_draft *draft = &calls->draft;
    uint8_t party;
    follow_end(call, draft);
    if (draft->method == METHOD_BYE) {
        return;
    }
    struct call_leg *leg = leg_of(calls, call, &party);
    if (leg == NULL) {
        return;
    }
    if (draft->status == 0 && draft->method != METHOD_ACK) {
        call->request_method = draft->method;
        call->request_party = party;
        call->request_cseq = draft->cseq;
    }
    if (draft->line_count > 0) {
        take_sdp(calls, place, leg, party);
    } else if (draft->status >= 300 && leg->pending && party != leg->offerer &&
               draft->cseq == leg->offer_cseq) {
        refuse_offer(calls, call, leg);
    }
}

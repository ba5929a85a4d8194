/* analyzers/joins/calls.c: the table of calls and of the addresses they announced. */
#include "analyzers/joins/calls.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum {
    LINES_PER_CALL = 8, /* on average; one call may have CALL_LINES */
    KEYS_PER_CALL = 8,
    STREAMS_PER_CALL = 4,
    SENT_PER_CALL = 4,
    ENDPOINTS_PER_CALL = 16,
    WAITING_PER_CALL = 800, /* bytes of packets that no key fitted yet */
    BUCKETS_MAX = 1 << 20,
};

static uint32_t buckets_for(uint64_t count)
{
    uint32_t buckets = 16;
    while (buckets < count && buckets < BUCKETS_MAX) {
        buckets *= 2;
    }
    return buckets;
}

static uint32_t cap_of(uint32_t calls_max, uint32_t each)
{
    uint64_t cap = (uint64_t)calls_max * each;
    return cap > INT32_MAX ? INT32_MAX : (uint32_t)cap;
}

enum ov_status calls_new(uint32_t calls_max, struct hash_seed seed, struct calls **ret_calls)
{
    struct calls *calls = calloc(1, sizeof *calls);
    if (calls == NULL) {
        return OV_NOMEM;
    }
    uint32_t most = calls_max > 0 ? calls_max : 1;
    uint32_t call_buckets = buckets_for(most);
    uint32_t endpoint_buckets = buckets_for((uint64_t)most * 4);
    calls->seed = seed;
    calls->call_mask = call_buckets - 1;
    calls->endpoint_mask = endpoint_buckets - 1;
    calls->waiting_most = (uint64_t)most * WAITING_PER_CALL;
    pool_init(&calls->calls, sizeof(struct call), most);
    pool_init(&calls->lines, sizeof(struct call_line), cap_of(most, LINES_PER_CALL) + CALL_LINES);
    pool_init(&calls->endpoints, sizeof(struct call_endpoint),
              cap_of(most, ENDPOINTS_PER_CALL) + CALL_ENDPOINTS);
    pool_init(&calls->keys, sizeof(struct call_key), cap_of(most, KEYS_PER_CALL) + DRAFT_KEYS);
    pool_init(&calls->streams, sizeof(struct call_stream), cap_of(most, STREAMS_PER_CALL));
    pool_init(&calls->sent, sizeof(struct call_sent), cap_of(most, SENT_PER_CALL) + CALL_STREAMS);
    calls->call_buckets = calloc(call_buckets, sizeof *calls->call_buckets);
    calls->endpoint_buckets = calloc(endpoint_buckets, sizeof *calls->endpoint_buckets);
    calls->key_buckets = calloc(call_buckets, sizeof *calls->key_buckets);
    calls->stream_buckets = calloc(call_buckets, sizeof *calls->stream_buckets);
    if (calls->call_buckets == NULL || calls->endpoint_buckets == NULL ||
        calls->key_buckets == NULL || calls->stream_buckets == NULL ||
        calls_reuse_init(calls) != OV_OK || calls_talk_init(calls) != OV_OK ||
        srtp_tag_new(&calls->tag) != OV_OK) {
        calls_free(calls);
        return OV_NOMEM;
    }
    *ret_calls = calls;
    return OV_OK;
}

void calls_restart(struct calls *calls)
{
    calls->order_base += (uint64_t)1 << 40; /* more packets than any capture has */
    calls_talk_restart(calls);
}

void calls_live(struct calls *calls)
{
    calls->live = true;
}

void calls_free(struct calls *calls)
{
    if (calls == NULL) {
        return;
    }
    calls_keys_done(calls);
    calls_proof_done(calls);
    calls_reuse_done(calls);
    pool_done(&calls->calls);
    pool_done(&calls->lines);
    pool_done(&calls->endpoints);
    pool_done(&calls->sent);
    free(calls->call_buckets);
    free(calls->endpoint_buckets);
    free(calls->talkers);
    srtp_tag_free(calls->tag);
    free(calls);
}

uint32_t calls_count(const struct calls *calls)
{
    return calls->calls.in_use;
}

uint64_t calls_forgotten(const struct calls *calls)
{
    return calls->forgotten;
}

bool calls_same_end(const struct flow_end *a, const struct flow_end *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

static uint32_t *endpoint_head(const struct calls *calls, const struct flow_end *end)
{
    uint8_t bytes[sizeof end->address.byte + 2];
    memcpy(bytes, end->address.byte, sizeof end->address.byte);
    bytes[sizeof end->address.byte] = (uint8_t)(end->port >> 8);
    bytes[sizeof end->address.byte + 1] = (uint8_t)end->port;
    uint64_t hash = keyed_hash(bytes, sizeof bytes, calls->seed);
    return &calls->endpoint_buckets[hash & calls->endpoint_mask];
}

uint32_t calls_chain(const struct calls *calls, const struct flow_end *end)
{
    return *endpoint_head(calls, end);
}

bool calls_announced(const struct calls *calls, const struct flow_end *end)
{
    uint32_t at = calls_chain(calls, end);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        const struct call_endpoint *entry = calls_endpoint_at(calls, at);
        if (calls_same_end(&entry->end, end)) {
            return true;
        }
        at = entry->next;
    }
    return false;
}

/* Many calls may name one address and port: no walk here. */
static void unchain_endpoint(struct calls *calls, uint32_t place)
{
    const struct call_endpoint *entry = calls_endpoint_at(calls, place);
    if (entry->previous != POOL_NONE) {
        calls_endpoint_at(calls, entry->previous)->next = entry->next;
    } else {
        *endpoint_head(calls, &entry->end) = entry->next;
    }
    if (entry->next != POOL_NONE) {
        calls_endpoint_at(calls, entry->next)->previous = entry->previous;
    }
}

static void unchain_call(struct calls *calls, uint32_t place)
{
    const struct call *call = calls_at(calls, place);
    uint32_t *link = &calls->call_buckets[call->key & calls->call_mask];
    while (*link != POOL_NONE && *link != place) {
        link = &calls_at(calls, *link)->next;
    }
    if (*link == place) {
        *link = call->next;
    }
}

static void take_from_ages(struct calls *calls, uint32_t place)
{
    const struct call *call = calls_at(calls, place);
    if (call->older != POOL_NONE) {
        calls_at(calls, call->older)->newer = call->newer;
    } else {
        calls->oldest = call->newer;
    }
    if (call->newer != POOL_NONE) {
        calls_at(calls, call->newer)->older = call->older;
    } else {
        calls->newest = call->older;
    }
}

static void make_newest(struct calls *calls, uint32_t place)
{
    struct call *call = calls_at(calls, place);
    call->older = calls->newest;
    call->newer = POOL_NONE;
    if (calls->newest != POOL_NONE) {
        calls_at(calls, calls->newest)->newer = place;
    } else {
        calls->oldest = place;
    }
    calls->newest = place;
}

void calls_forget_lines(struct calls *calls, uint32_t place)
{
    struct call *call = calls_at(calls, place);
    while (call->endpoints != POOL_NONE) {
        uint32_t at = call->endpoints;
        call->endpoints = calls_endpoint_at(calls, at)->next_same;
        unchain_endpoint(calls, at);
        pool_give(&calls->endpoints, at);
    }
    while (call->lines != POOL_NONE) {
        uint32_t at = call->lines;
        call->lines = calls_line_at(calls, at)->next;
        calls_keys_forget(calls, at);
        pool_give(&calls->lines, at);
    }
    call->line_count = 0;
    call->endpoint_count = 0;
}

static void forget_call(struct calls *calls, uint32_t place)
{
    calls_sheets_leave(calls, place);
    calls_forget_lines(calls, place);
    unchain_call(calls, place);
    take_from_ages(calls, place);
    pool_give(&calls->calls, place);
}

/* A slot of the pool for the call at `keeper`, at the cost of the calls silent for longest. */
static uint32_t take_slot(struct calls *calls, struct pool *pool, uint32_t keeper)
{
    uint32_t slot = pool_take(pool);
    while (slot == POOL_NONE && calls->oldest != POOL_NONE && calls->oldest != keeper) {
        const struct call *oldest = calls_at(calls, calls->oldest);
        calls->forgotten += oldest->ended_us == 0 && oldest->line_count > 0;
        forget_call(calls, calls->oldest);
        slot = pool_take(pool);
    }
    calls->dropped += slot == POOL_NONE;
    return slot;
}

uint32_t calls_find(struct calls *calls, bool make)
{
    uint64_t key = calls->draft.key;
    uint32_t *head = &calls->call_buckets[key & calls->call_mask];
    for (uint32_t at = *head; at != POOL_NONE; at = calls_at(calls, at)->next) {
        if (calls_at(calls, at)->key == key) {
            take_from_ages(calls, at);
            make_newest(calls, at);
            return at;
        }
    }
    if (!make) {
        return POOL_NONE;
    }
    uint32_t place = take_slot(calls, &calls->calls, POOL_NONE);
    if (place == POOL_NONE) {
        return POOL_NONE;
    }
    struct call *call = calls_at(calls, place);
    call->key = key;
    call->name = calls->draft.name;
    call->start_us = calls->draft.time_us;
    call->used = true;
    memcpy(call->id, calls->draft.id, sizeof call->id);
    call->next = *head;
    *head = place;
    make_newest(calls, place);
    return place;
}

uint32_t calls_new_line(struct calls *calls, uint32_t place)
{
    struct call *call = calls_at(calls, place);
    if (call->line_count >= CALL_LINES) {
        calls->dropped++;
        return POOL_NONE;
    }
    uint32_t line = take_slot(calls, &calls->lines, place);
    if (line == POOL_NONE) {
        return POOL_NONE;
    }
    calls_line_at(calls, line)->next = call->lines;
    call->lines = line;
    call->line_count++;
    return line;
}

/* The call's entry of this end and party; entries of one call are few. */
static struct call_endpoint *entry_of(const struct calls *calls, const struct call *call,
                                      const struct flow_end *end, uint8_t party)
{
    for (uint32_t at = call->endpoints; at != POOL_NONE;) {
        struct call_endpoint *entry = calls_endpoint_at(calls, at);
        if (calls_same_end(&entry->end, end) && calls_line_at(calls, entry->line)->party == party) {
            return entry;
        }
        at = entry->next_same;
    }
    return NULL;
}

void calls_announce(struct calls *calls, uint32_t place, const struct flow_end *end, uint32_t line,
                    bool guess)
{
    struct call *call = calls_at(calls, place);
    struct call_endpoint *entry = entry_of(calls, call, end, calls_line_at(calls, line)->party);
    if (entry != NULL) {
        bool same_message = calls_line_at(calls, entry->line)->digest ==
                            calls_line_at(calls, line)->digest; /* BUNDLE: one port, many lines */
        if (!same_message) {
            entry->line_then = entry->line;
            entry->line = line;
            entry->parts = 0;
        }
        entry->parts |= 1U << calls_line_at(calls, line)->part;
        entry->guess = entry->guess && guess;
        return;
    }
    if (call->endpoint_count >= CALL_ENDPOINTS) {
        calls->dropped++;
        return;
    }
    uint32_t at = take_slot(calls, &calls->endpoints, place);
    if (at == POOL_NONE) {
        return;
    }
    entry = calls_endpoint_at(calls, at);
    uint32_t *head = endpoint_head(calls, end);
    if (*head != POOL_NONE) {
        calls_endpoint_at(calls, *head)->previous = at;
    }
    *entry = (struct call_endpoint){
        .end = *end,
        .next = *head,
        .next_same = call->endpoints,
        .call = place,
        .line = line,
        .parts = 1U << calls_line_at(calls, line)->part,
        .guess = guess,
    };
    *head = at;
    call->endpoints = at;
    call->endpoint_count++;
}

void calls_observe(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                   const struct observation *obs)
{
    if (obs->kind == OBS_MEDIA_SAMPLE) {
        calls_proof_take(calls, flow_id, end, obs);
        return;
    }
    bool whole = calls_draft_take(calls, flow_id, end, obs);
    bool told = obs->kind == OBS_SIP_BEGIN || obs->kind == OBS_SIP_MESSAGE_END;
    if (told && !obs->decrypted) {
        calls_talk_note(calls, end, obs);
    }
    if (!whole) {
        return;
    }
    const struct call_draft *draft = &calls->draft;
    bool invites = draft->method == METHOD_INVITE && draft->status == 0;
    bool ends = draft->method == METHOD_BYE;
    uint32_t call = calls_find(calls, !ends && (draft->line_count > 0 || invites));
    if (call != POOL_NONE) {
        calls_offer_take(calls, call);
    }
    calls_keys_forget_draft(calls);
    calls_keys_sweep(calls, draft->time_us);
}

void calls_conclude(struct calls *calls, struct flow_record *record)
{
    bool media = facts_find(record->facts, OBS_MEDIA_SSRC) != NULL;
    bool keying = facts_find(record->facts, OBS_TLS_USE_SRTP) != NULL ||
                  facts_find(record->facts, OBS_TLS_OFFER_SRTP) != NULL;
    if (media || keying) {
        calls_media_conclude(calls, record);
    }
    bool rtcp = facts_find(record->facts, OBS_MEDIA_RTCP_PROTECTION) != NULL;
    if (rtcp && !media) {
        calls_media_reports(calls, record);
    }
    if (rtcp) {
        calls_tags_reports(calls, record);
    }
    if (calls->tell != NULL && (media || rtcp)) {
        calls_sheets_note(calls, record);
    }
    calls_proof_forget(calls, record->id);
    calls_name(record);
}

/* analyzers/joins/calls_proof.c: do the tags of media packets fit the keys that were read in SIP?
 *
 * A few packets of each sender come here as they are seen. They are checked with the keys of the
 * call that announced the flow, the sender's first; what fits none waits, and is tried again when
 * the flow is told, then with keys of other calls too: a key that one leg hides may be readable on
 * the next one. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum {
    ROLL_OVERS_SOON = 3,  /* roll-over counters tried with every key: 0, 1, 2 */
    ROLL_OVERS_MAX = 256, /* with the sender's own, when the flow is told */
    KEYS_TRIED = 64,      /* keys of its call that a packet is tried with */
    OTHERS_TRIED = 64,    /* keys of other calls, of either kind in try_others */
    OTHERS_SEEN = 4096,   /* keys that are looked at for that */
    OTHERS_PACKETS = 2,   /* packets of a stream that are tried with them; with others than those
                             of its hosts the first only */
    E_AND_INDEX = 4,      /* bytes of an SRTCP packet before MKI and tag (GCM: MKI alone) */
};

/* A packet of a stream, and who may have keyed it. */
struct trial {
    struct calls *calls;
    struct call_stream *stream;
    struct bytes packet;
    struct call_place place; /* of the packet */
    uint32_t tried;          /* keys */
};

static struct call_stream *stream_at(const struct calls *calls, uint32_t at)
{
    return pool_at(&calls->streams, at);
}

static const struct call_key *key_at(const struct calls *calls, uint32_t at)
{
    return at == POOL_NONE ? NULL : pool_at(&calls->keys, at);
}

static uint32_t *head_of(const struct calls *calls, uint64_t flow_id)
{
    uint64_t hash = keyed_hash(&flow_id, sizeof flow_id, calls->seed);
    return &calls->stream_buckets[hash & calls->call_mask];
}

static void drop_waiting(struct calls *calls, struct call_stream *stream, unsigned i)
{
    calls->waiting_bytes -= stream->waiting_bytes[i];
    free(stream->waiting[i]);
    stream->waiting_count--;
    for (; i < stream->waiting_count; i++) {
        stream->waiting[i] = stream->waiting[i + 1];
        stream->waiting_bytes[i] = stream->waiting_bytes[i + 1];
        stream->waiting_at[i] = stream->waiting_at[i + 1];
    }
}

/* Out of the order of ages, and given back; the caller took it out of its chain. */
static void give_stream(struct calls *calls, uint32_t at)
{
    struct call_stream *stream = stream_at(calls, at);
    while (stream->waiting_count > 0) {
        drop_waiting(calls, stream, 0);
    }
    if (stream->older != POOL_NONE) {
        stream_at(calls, stream->older)->newer = stream->newer;
    } else {
        calls->oldest_stream = stream->newer;
    }
    if (stream->newer != POOL_NONE) {
        stream_at(calls, stream->newer)->older = stream->older;
    } else {
        calls->newest_stream = stream->older;
    }
    pool_give(&calls->streams, at);
}

static void forget_oldest(struct calls *calls)
{
    uint32_t at = calls->oldest_stream;
    uint32_t *link = head_of(calls, stream_at(calls, at)->flow_id);
    while (*link != at) {
        link = &stream_at(calls, *link)->next;
    }
    *link = stream_at(calls, at)->next;
    give_stream(calls, at);
    calls->dropped++;
}

void calls_proof_forget(struct calls *calls, uint64_t flow_id)
{
    uint32_t *link = head_of(calls, flow_id);
    while (*link != POOL_NONE) {
        uint32_t at = *link;
        struct call_stream *stream = stream_at(calls, at);
        if (stream->flow_id == flow_id) {
            *link = stream->next;
            give_stream(calls, at);
        } else {
            link = &stream->next;
        }
    }
}

void calls_proof_done(struct calls *calls)
{
    while (calls->oldest_stream != POOL_NONE) {
        give_stream(calls, calls->oldest_stream);
    }
    pool_done(&calls->streams);
    free(calls->stream_buckets);
}

/* ret_room: may the chain take one more? */
static struct call_stream *find_stream(const struct calls *calls, uint64_t flow_id, uint32_t ssrc,
                                       unsigned from_rtcp, bool *ret_room)
{
    uint32_t at = *head_of(calls, flow_id);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        struct call_stream *stream = stream_at(calls, at);
        if (stream->flow_id == flow_id && stream->ssrc == ssrc &&
            stream->from + 2U * stream->rtcp == from_rtcp) {
            return stream;
        }
        at = stream->next;
    }
    *ret_room = at == POOL_NONE;
    return NULL;
}

static struct call_stream *make_stream(struct calls *calls, uint64_t flow_id,
                                       const struct observation *sample)
{
    uint32_t at = pool_take(&calls->streams);
    if (at == POOL_NONE && calls->oldest_stream != POOL_NONE) {
        forget_oldest(calls);
        at = pool_take(&calls->streams);
    }
    if (at == POOL_NONE) {
        return NULL;
    }
    uint32_t *head = head_of(calls, flow_id);
    struct call_stream *stream = stream_at(calls, at);
    stream->flow_id = flow_id;
    stream->ssrc = (uint32_t)sample->value;
    stream->from = sample->from & 1;
    stream->rtcp = sample->sub != 0;
    stream->next = *head;
    *head = at;
    stream->older = calls->newest_stream;
    if (stream->older != POOL_NONE) {
        stream_at(calls, stream->older)->newer = at;
    } else {
        calls->oldest_stream = at;
    }
    calls->newest_stream = at;
    return stream;
}

/* 0, 1, 2, ... below depth, and what lies next to the one that fitted before. */
static bool finds_roll_over(struct trial *t, uint32_t depth, uint32_t *ret_roll_over)
{
    struct srtp_tag *tag = t->calls->tag;
    uint32_t last = t->stream->roll_over;
    for (uint32_t i = 0; t->stream->verified > 0 && i < 3; i++) {
        *ret_roll_over = last + 1 - i;
        if (srtp_tag_rtp(tag, t->packet, *ret_roll_over)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < depth; i++) {
        *ret_roll_over = i;
        if (srtp_tag_rtp(tag, t->packet, i)) {
            return true;
        }
    }
    return false;
}

/* RFC 3711 3.4, RFC 7714 9. */
static bool is_bare(struct bytes packet, const struct srtp_key *key)
{
    uint32_t end = key->identifier_size + (key->suite->gcm ? 0U : key->suite->rtcp_tag_size);
    uint32_t size = bytes_left(&packet);
    return (bytes_peek(&packet, size - end - E_AND_INDEX) & 0x80) == 0;
}

static void note(struct trial *t, const struct call_key *key, const struct call_crypto *crypto,
                 const struct srtp_key *master)
{
    struct call_stream *stream = t->stream;
    uint8_t size = stream->rtcp ? key->key.suite->rtcp_tag_size : key->key.suite->tag_size;
    stream->tag_size = stream->verified == 0 || size < stream->tag_size ? size : stream->tag_size;
    if (stream->verified == 0 || t->place.packet < stream->fitted.packet) {
        stream->fitted = t->place;
    }
    stream->verified++;
    stream->suite = key->suite;
    stream->digest = key->digest;
    stream->unencrypted = crypto->unencrypted;
    stream->bare = stream->bare || (stream->rtcp && is_bare(t->packet, master));
    stream->exposed =
        calls_keys_exposed(t->calls, key->digest, &stream->key_flow) || stream->exposed;
    stream->again = stream->again || key->again;
    stream->twice =
        (!stream->rtcp && calls_reuse_packet(t->calls, key->digest, t->packet, stream->roll_over,
                                             size + master->identifier_size)) ||
        stream->twice;
}

static bool fits(struct trial *t, const struct srtp_key *key, uint32_t depth)
{
    uint32_t roll_over = 0;
    srtp_tag_use(t->calls->tag, key);
    bool good = t->stream->rtcp ? srtp_tag_rtcp(t->calls->tag, t->packet)
                                : finds_roll_over(t, depth, &roll_over);
    t->stream->roll_over = good ? roll_over : t->stream->roll_over;
    return good;
}

/* Not all who announce an MKI send it. */
static bool try_key(struct trial *t, const struct call_key *key, uint32_t depth)
{
    const struct call_crypto *crypto = calls_keys_crypto(t->calls, key);
    if (crypto == NULL || crypto->other || (crypto->unauthenticated && !t->stream->rtcp)) {
        return false;
    }
    struct srtp_key master = key->key;
    bool good = fits(t, &master, depth);
    if (!good && master.identifier_size > 0) {
        master.identifier_size = 0;
        good = fits(t, &master, depth);
    }
    if (good) {
        note(t, key, crypto, &master);
    }
    t->tried++;
    srtp_key_wipe(&master, sizeof master);
    return good;
}

static bool try_line(struct trial *t, const struct call_line *line, uint32_t depth)
{
    const struct call_key *key = line != NULL ? key_at(t->calls, line->keys_held) : NULL;
    while (key != NULL && t->tried < KEYS_TRIED) {
        if (try_key(t, key, depth)) {
            return true;
        }
        key = key_at(t->calls, key->next_of_line);
    }
    return false;
}

/* depth: roll-over counters that the sender's keys are tried with. */
static bool try_call(struct trial *t, const struct call_match *match, uint32_t depth)
{
    const struct calls *calls = t->calls;
    const struct call_line *sender = match->side[t->stream->from];
    const struct call_line *receiver = match->side[1 - t->stream->from];
    if (try_line(t, sender, depth) || try_line(t, receiver, ROLL_OVERS_SOON)) {
        return true;
    }
    uint32_t at = match->call != POOL_NONE ? calls_at(calls, match->call)->lines : POOL_NONE;
    while (at != POOL_NONE) {
        const struct call_line *line = pool_at(&calls->lines, at);
        at = line->next;
        if (line != sender && line != receiver && try_line(t, line, ROLL_OVERS_SOON)) {
            return true;
        }
    }
    return false;
}

static bool is_of_host(const struct calls *calls, const struct call_key *key,
                       const struct flow_end end[2])
{
    const struct call_line *line = calls_line_at(calls, key->line);
    return line->has_address && (address_equal(&line->address, &end[0].address) ||
                                 address_equal(&line->address, &end[1].address));
}

/* The newest keys of all calls: those that one of the two hosts announced or not. */
static bool try_others(struct trial *t, const struct flow_end end[2], bool of_hosts)
{
    const struct call_key *key = key_at(t->calls, t->calls->newest_key);
    t->tried = 0;
    for (unsigned i = 0; key != NULL && i < OTHERS_SEEN && t->tried < OTHERS_TRIED; i++) {
        if (is_of_host(t->calls, key, end) == of_hosts &&
            try_key(t, key, of_hosts ? ROLL_OVERS_SOON : 1)) {
            return true;
        }
        key = key_at(t->calls, key->older);
    }
    return false;
}

/* The first ones stay, of the others the newest. */
static void keep_waiting(const struct trial *t)
{
    struct calls *calls = t->calls;
    struct call_stream *stream = t->stream;
    struct bytes packet = t->packet;
    uint32_t size = bytes_left(&packet);
    unsigned last = STREAM_SAMPLES - 1;
    if (stream->waiting_count > last && stream->waiting_bytes[last] != size) {
        drop_waiting(calls, stream, last);
    }
    if (stream->waiting_count > last) {
        (void)bytes_copy(&packet, stream->waiting[last], size);
        stream->waiting_at[last] = t->place;
        return;
    }
    uint8_t *copy = size <= SRTP_TAG_PACKET_MAX ? malloc(size) : NULL;
    if (copy == NULL || !bytes_copy(&packet, copy, size)) {
        free(copy);
        return;
    }
    stream->waiting[stream->waiting_count] = copy;
    stream->waiting_at[stream->waiting_count] = t->place;
    stream->waiting_bytes[stream->waiting_count++] = (uint16_t)size;
    calls->waiting_bytes += size;
    while (calls->waiting_bytes > calls->waiting_most &&
           stream_at(calls, calls->oldest_stream) != stream) {
        forget_oldest(calls);
    }
}

void calls_proof_take(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                      const struct observation *sample)
{
    struct call_span span = {
        .start_us = sample->time_us,
        .end_us = sample->time_us,
        .first_order = calls_order(calls, sample->packet, sample->time_us),
    };
    span.last_order = span.first_order;
    struct trial t = { .calls = calls,
                       .packet = bytes_of(sample->text, sample->text_size, sample->text_size),
                       .place = { sample->packet, sample->time_us } };
    bool room = false;
    t.stream = find_stream(calls, flow_id, (uint32_t)sample->value,
                           (sample->from & 1U) + 2U * (sample->sub != 0), &room);
    t.stream = t.stream == NULL && room ? make_stream(calls, flow_id, sample) : t.stream;
    if (t.stream == NULL || sample->text_size == 0) {
        calls->dropped++;
        return;
    }
    const struct call_key *before =
        t.stream->verified > 0 ? calls_keys_find(calls, t.stream->digest) : NULL;
    bool good = before != NULL && try_key(&t, before, 0);
    if (!good && calls->newest_key != POOL_NONE) {
        struct call_match match = calls_match_find(calls, end, &span);
        good = try_call(&t, &match, ROLL_OVERS_SOON);
    }
    srtp_tag_forget(calls->tag);
    if (!good) {
        keep_waiting(&t);
    }
}

/* Once more, with all that is known now. Keys of other calls are tried where none of its own is
 * known: a stream that does not fit one is not compliant, whoever has the right one. */
static void try_waiting(struct calls *calls, struct call_stream *stream,
                        const struct proof_search *search)
{
    uint32_t depth = ROLL_OVERS_MAX;
    unsigned looked = 0;
    for (unsigned i = 0; i < stream->waiting_count && calls->newest_key != POOL_NONE; looked++) {
        uint32_t size = stream->waiting_bytes[i];
        struct trial t = { .calls = calls,
                           .stream = stream,
                           .packet = bytes_of(stream->waiting[i], size, size),
                           .place = stream->waiting_at[i] };
        bool good = try_call(&t, search->match, depth) ||
                    (search->all && t.tried == 0 && looked < OTHERS_PACKETS &&
                     (try_others(&t, search->end, true) ||
                      (looked == 0 && try_others(&t, search->end, false))));
        depth = ROLL_OVERS_SOON; /* what did not fit the first fits no other */
        if (good) {
            drop_waiting(calls, stream, i);
        } else {
            i++;
        }
    }
    srtp_tag_forget(calls->tag);
    stream->exposed =
        stream->exposed ||
        (stream->verified > 0 && calls_keys_exposed(calls, stream->digest, &stream->key_flow));
}

const struct call_stream *calls_proof_find(struct calls *calls, const struct proof_search *search)
{
    bool room = false;
    struct call_stream *stream =
        find_stream(calls, search->flow_id, search->ssrc, search->from, &room);
    if (stream != NULL) {
        try_waiting(calls, stream, search);
    }
    return stream;
}

uint32_t calls_proof_reports(struct calls *calls, const struct flow_record *record, bool *ret_bare)
{
    struct call_span span = {
        .start_us = record->start_us,
        .end_us = record->end_us,
        .first_order = calls_order(calls, record->packet_first, record->start_us),
        .last_order = calls_order(calls, record->packet_last, record->end_us),
    };
    struct call_match match = calls_match_find(calls, record->side, &span);
    struct proof_search search = { .end = record->side, .match = &match, .all = true };
    uint32_t verified = 0;
    bool all = true;
    *ret_bare = false;
    for (uint32_t at = *head_of(calls, record->id); at != POOL_NONE;) {
        struct call_stream *stream = stream_at(calls, at);
        if (stream->flow_id == record->id && stream->rtcp) {
            try_waiting(calls, stream, &search);
            verified += stream->verified;
            all = all && stream->waiting_count == 0;
            *ret_bare = *ret_bare || stream->bare;
        }
        at = stream->next;
    }
    return all ? verified : 0;
}

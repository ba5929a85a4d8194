/* analyzers/joins/calls_reuse.c: SDES keys that more than one stream has, and key streams that were
 * used twice (RFC 3711 9.1).
 *
 * Keys are remembered as keyed digests, longer than they are held. A list that is full begins anew:
 * what it forgets is counted. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum ov_status calls_reuse_init(struct calls *calls)
{
    pool_init(&calls->digests, sizeof(struct call_digest), CALL_DIGESTS);
    pool_init(&calls->indices, sizeof(struct call_index), CALL_INDICES);
    calls->digest_buckets = calloc(CALL_DIGESTS, sizeof *calls->digest_buckets);
    calls->index_buckets = calloc(CALL_INDICES, sizeof *calls->index_buckets);
    return calls->digest_buckets != NULL && calls->index_buckets != NULL ? OV_OK : OV_NOMEM;
}

void calls_reuse_done(struct calls *calls)
{
    pool_done(&calls->digests);
    pool_done(&calls->indices);
    free(calls->digest_buckets);
    free(calls->index_buckets);
}

/* A slot; the whole list is forgotten when there is none. */
static uint32_t take(struct calls *calls, struct pool *pool, uint32_t *buckets, size_t slot_size)
{
    uint32_t at = pool_take(pool);
    if (at == POOL_NONE) {
        uint32_t cap = pool->cap;
        calls->dropped += pool->in_use;
        pool_done(pool);
        pool_init(pool, slot_size, cap);
        memset(buckets, 0, cap * sizeof *buckets);
        at = pool_take(pool);
    }
    return at;
}

/* Is the call with that key over, or forgotten? */
static bool was_over(const struct calls *calls, uint64_t key)
{
    uint32_t at = calls->call_buckets[key & calls->call_mask];
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        const struct call *call = calls_at(calls, at);
        if (call->key == key) {
            return call->ended_us != 0;
        }
        at = call->next;
    }
    return true;
}

bool calls_reuse_key(struct calls *calls, uint64_t digest, uint32_t call)
{
    uint64_t key = calls_at(calls, call)->key;
    uint32_t *head = &calls->digest_buckets[digest % CALL_DIGESTS];
    uint32_t at = *head;
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        struct call_digest *known = pool_at(&calls->digests, at);
        if (known->digest == digest) {
            bool again = known->call != key && was_over(calls, known->call);
            known->call = key;
            return again;
        }
        at = known->next;
    }
    at = take(calls, &calls->digests, calls->digest_buckets, sizeof(struct call_digest));
    if (at != POOL_NONE) {
        struct call_digest *fresh = pool_at(&calls->digests, at);
        *fresh = (struct call_digest){ .digest = digest, .call = key, .next = *head };
        *head = at;
    }
    return false;
}

/* RFC 3550 5.1: what stands between header and tag. */
static struct bytes payload_of(struct bytes packet, uint32_t end)
{
    uint8_t first = bytes_u8(&packet);
    bytes_skip(&packet, 11 + (first & 15) * 4U);
    if ((first & 0x10) != 0) {
        bytes_skip(&packet, 2);
        uint16_t words = bytes_u16(&packet);
        bytes_skip(&packet, words * 4U);
    }
    bytes_limit(&packet, bytes_left(&packet) > end ? bytes_left(&packet) - end : 0);
    return packet;
}

static uint64_t digest_of(const struct calls *calls, struct bytes payload)
{
    uint8_t copy[SRTP_TAG_PACKET_MAX];
    uint32_t size = bytes_left(&payload);
    return size <= sizeof copy && bytes_copy(&payload, copy, size)
               ? keyed_hash(copy, size, calls->seed)
               : 0;
}

bool calls_reuse_packet(struct calls *calls, uint64_t digest, struct bytes packet,
                        uint32_t roll_over, uint32_t end)
{
    struct bytes head = packet;
    bytes_skip(&head, 2);
    uint64_t index = (uint64_t)roll_over << 16 | bytes_u16(&head);
    bytes_skip(&head, 4);
    uint32_t ssrc = bytes_u32(&head);
    struct bytes payload = payload_of(packet, end);
    if (!bytes_ok(&head) || !bytes_ok(&payload) || bytes_left(&payload) == 0) {
        return false;
    }
    uint64_t text = digest_of(calls, payload);
    uint64_t parts[3] = { digest, index, ssrc };
    uint32_t *bucket =
        &calls->index_buckets[keyed_hash(parts, sizeof parts, calls->seed) % CALL_INDICES];
    uint32_t at = *bucket;
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        const struct call_index *known = pool_at(&calls->indices, at);
        if (known->digest == digest && known->index == index && known->ssrc == ssrc) {
            return known->payload != text;
        }
        at = known->next;
    }
    at = take(calls, &calls->indices, calls->index_buckets, sizeof(struct call_index));
    if (at != POOL_NONE) {
        struct call_index *fresh = pool_at(&calls->indices, at);
        *fresh = (struct call_index){ .digest = digest, .index = index, .payload = text };
        fresh->ssrc = ssrc;
        fresh->next = *bucket;
        *bucket = at;
    }
    return false;
}

/* Where else one key is found. */
struct places {
    bool direction, section, call;
};

/* Two m= lines with one key. What one call forwards of another while both go on is one stream. */
static void compare(const struct calls *calls, const struct call_key *a, const struct call_key *b,
                    struct places *places)
{
    const struct call_line *one = calls_line_at(calls, a->line);
    const struct call_line *other = calls_line_at(calls, b->line);
    if (a->call == b->call) {
        places->direction = places->direction || one->party != other->party;
        places->section =
            places->section || (one->digest == other->digest && one->party == other->party &&
                                one->section != other->section && one->port != other->port &&
                                !one->passed && !other->passed);
    }
}

static void put(struct facts *facts, const struct observation *place, const char *how)
{
    struct observation obs = *place;
    obs.kind = OBS_MEDIA_KEY_REUSE;
    obs.text = how;
    obs.text_size = (uint32_t)strlen(how);
    facts_put(facts, &obs);
}

void calls_reuse_put(const struct calls *calls, const struct call_stream *seen, uint32_t call,
                     struct facts *facts, const struct observation *place)
{
    const struct call_key *alike[CALL_CRYPTOS];
    struct places places = { .call = seen->again };
    uint32_t at = calls->key_buckets[seen->digest & calls->call_mask];
    unsigned count = 0;
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK && count < CALL_CRYPTOS; i++) {
        const struct call_key *key = pool_at(&calls->keys, at);
        if (key->digest == seen->digest && key->call == call) {
            alike[count++] = key;
            places.call = places.call || key->again;
        }
        at = key->next_alike;
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = i + 1; j < count; j++) {
            compare(calls, alike[i], alike[j], &places);
        }
    }
    if (places.direction) {
        put(facts, place, "direction");
    }
    if (places.section) {
        put(facts, place, "section");
    }
    if (places.call) {
        put(facts, place, "call");
    }
    if (seen->twice) {
        put(facts, place, "index");
    }
}

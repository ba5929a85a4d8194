/* analyzers/joins/calls_keys.c: SDES keys that were read in SIP, for the tags of media packets.
 *
 * A key is held while its call goes on, and some minutes more, until its media flows are told; then
 * it is overwritten. Keys are compared by keyed digests. */
#include <stdlib.h>

#include "analyzers/joins/calls_internal.h"

enum {
    LINGER_US = 400 * 1000000, /* a media flow is told when it was idle for 300 s */
    SWEPT = 8,                 /* keys looked at in one go */
};

static struct call_key *key_at(const struct calls *calls, uint32_t at)
{
    return pool_at(&calls->keys, at);
}

static uint32_t *head_of(const struct calls *calls, uint64_t digest)
{
    return &calls->key_buckets[digest & calls->call_mask];
}

static void link_key(struct calls *calls, uint32_t at)
{
    struct call_key *key = key_at(calls, at);
    uint32_t *head = head_of(calls, key->digest);
    struct call_line *line = calls_line_at(calls, key->line);
    key->next_alike = *head;
    if (*head != POOL_NONE) {
        key_at(calls, *head)->last_alike = at;
    }
    *head = at;
    key->older = calls->newest_key;
    if (key->older != POOL_NONE) {
        key_at(calls, key->older)->newer = at;
    } else {
        calls->oldest_key = at;
    }
    calls->newest_key = at;
    key->next_of_line = line->keys_held;
    line->keys_held = at;
}

/* Out of all lists but that of its line, and overwritten. */
static void give_key(struct calls *calls, uint32_t at)
{
    struct call_key *key = key_at(calls, at);
    if (key->last_alike != POOL_NONE) {
        key_at(calls, key->last_alike)->next_alike = key->next_alike;
    } else {
        *head_of(calls, key->digest) = key->next_alike;
    }
    if (key->next_alike != POOL_NONE) {
        key_at(calls, key->next_alike)->last_alike = key->last_alike;
    }
    if (key->older != POOL_NONE) {
        key_at(calls, key->older)->newer = key->newer;
    } else {
        calls->oldest_key = key->newer;
    }
    if (key->newer != POOL_NONE) {
        key_at(calls, key->newer)->older = key->older;
    } else {
        calls->newest_key = key->older;
    }
    srtp_key_wipe(key, sizeof *key);
    pool_give(&calls->keys, at);
}

static void take_from_line(struct calls *calls, uint32_t at)
{
    uint32_t *link = &calls_line_at(calls, key_at(calls, at)->line)->keys_held;
    while (*link != POOL_NONE && *link != at) {
        link = &key_at(calls, *link)->next_of_line;
    }
    if (*link == at) {
        *link = key_at(calls, at)->next_of_line;
    }
}

void calls_keys_hold(struct calls *calls, uint32_t call, uint32_t line, unsigned draft_line)
{
    const struct call_draft *draft = &calls->draft;
    for (unsigned i = 0; i < draft->key_count; i++) {
        const struct draft_key *from = &draft->keys[i];
        if (from->line != draft_line) {
            continue;
        }
        uint32_t at = pool_take(&calls->keys);
        if (at == POOL_NONE && calls->oldest_key != POOL_NONE) {
            take_from_line(calls, calls->oldest_key);
            give_key(calls, calls->oldest_key);
            calls->dropped++;
            at = pool_take(&calls->keys);
        }
        if (at == POOL_NONE) {
            calls->dropped++;
            return;
        }
        struct call_key *key = key_at(calls, at);
        key->key = from->key;
        key->held = true;
        key->tag = from->tag;
        key->suite = from->suite;
        key->line = line;
        key->call = call;
        key->digest = keyed_hash(from->key.bytes, sizeof from->key.bytes, calls->seed);
        key->again = calls_reuse_key(calls, key->digest, call);
        link_key(calls, at);
    }
}

void calls_keys_forget_draft(struct calls *calls)
{
    struct call_draft *draft = &calls->draft;
    srtp_key_wipe(draft->keys, draft->key_count * sizeof draft->keys[0]);
    draft->key_count = 0;
}

void calls_keys_forget(struct calls *calls, uint32_t line)
{
    struct call_line *of = calls_line_at(calls, line);
    while (of->keys_held != POOL_NONE) {
        uint32_t at = of->keys_held;
        of->keys_held = key_at(calls, at)->next_of_line;
        give_key(calls, at);
    }
}

static bool is_over(const struct call *call, uint64_t now_us)
{
    bool ended = call->ended_us != 0 && now_us > call->ended_us + LINGER_US;
    return ended || now_us > call->last_us + (uint64_t)CALLS_SILENT_S * 1000000;
}

void calls_keys_sweep(struct calls *calls, uint64_t now_us)
{
    for (unsigned i = 0; i < SWEPT && i < calls->keys.made; i++) {
        calls->swept = calls->swept % calls->keys.made + 1;
        const struct call_key *key = key_at(calls, calls->swept);
        if (key->held && is_over(calls_at(calls, key->call), now_us)) {
            take_from_line(calls, calls->swept);
            give_key(calls, calls->swept);
        }
    }
}

void calls_keys_done(struct calls *calls)
{
    while (calls->newest_key != POOL_NONE) {
        give_key(calls, calls->newest_key);
    }
    calls_keys_forget_draft(calls);
    pool_done(&calls->keys);
    free(calls->key_buckets);
}

const struct call_crypto *calls_keys_crypto(const struct calls *calls, const struct call_key *key)
{
    const struct call_line *line = calls_line_at(calls, key->line);
    for (unsigned i = 0; i < line->crypto_count; i++) {
        if (line->cryptos[i].tag == key->tag && line->cryptos[i].suite == key->suite) {
            return &line->cryptos[i];
        }
    }
    return NULL;
}

const struct call_key *calls_keys_find(const struct calls *calls, uint64_t digest)
{
    uint32_t at = *head_of(calls, digest);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        const struct call_key *key = key_at(calls, at);
        if (key->digest == digest) {
            return key;
        }
        at = key->next_alike;
    }
    return NULL;
}

bool calls_keys_exposed(const struct calls *calls, uint64_t digest, uint64_t *ret_flow)
{
    uint32_t at = *head_of(calls, digest);
    for (unsigned i = 0; at != POOL_NONE && i < CALLS_WALK; i++) {
        const struct call_key *key = key_at(calls, at);
        const struct call_line *line = calls_line_at(calls, key->line);
        if (key->digest == digest && !line->decrypted) {
            *ret_flow = line->flow_id;
            return true;
        }
        at = key->next_alike;
    }
    return false;
}

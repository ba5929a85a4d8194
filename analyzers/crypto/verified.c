/* analyzers/crypto/verified.c: signers by hash; of each, the first packets with which it proved its
 * key and failed to. Only such least numbers are kept: they do not depend on who was first to note
 * them. */
#include "analyzers/crypto/verified.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"

enum { SLOTS = 2 * VERIFIED_MAX }; /* a power of two; never more than half are taken */

struct slot {
    uint64_t signer;         /* 0 = free */
    uint64_t valid, invalid; /* first packets, 0 = none */
};

struct verified {
    pthread_mutex_t lock;
    struct hash_seed seed;
    uint32_t count;
    bool all; /* every signature is asked for */
    struct slot slots[SLOTS];
};

struct verified *verified_new(void)
{
    struct verified *v = calloc(1, sizeof *v);
    if (v == NULL || pthread_mutex_init(&v->lock, NULL) != 0) {
        free(v);
        return NULL;
    }
    v->seed = hash_seed_random();
    return v;
}

void verified_free(struct verified *verified)
{
    if (verified != NULL) {
        pthread_mutex_destroy(&verified->lock);
        free(verified);
    }
}

void verified_reset(struct verified *verified)
{
    pthread_mutex_lock(&verified->lock);
    if (verified->count > 0) {
        memset(verified->slots, 0, sizeof verified->slots);
        verified->count = 0;
    }
    pthread_mutex_unlock(&verified->lock);
}

uint64_t verified_signer(const struct verified *verified, const void *who, size_t size)
{
    uint64_t signer = keyed_hash(who, size, verified->seed);
    return signer > 0 ? signer : 1;
}

/* Its slot, or the free one where it would go. */
static struct slot *slot_of(struct verified *v, uint64_t signer)
{
    uint32_t at = (uint32_t)signer & (SLOTS - 1);
    while (v->slots[at].signer != 0 && v->slots[at].signer != signer) {
        at = (at + 1) & (SLOTS - 1);
    }
    return &v->slots[at];
}

static bool counts(uint64_t noted, uint64_t packet)
{
    return noted != 0 && noted + VERIFIED_LAG_PACKETS <= packet;
}

bool verified_is_proven(struct verified *verified, uint64_t signer, uint64_t packet)
{
    pthread_mutex_lock(&verified->lock);
    const struct slot *slot = slot_of(verified, signer);
    bool proven = !verified->all && counts(slot->valid, packet) && !counts(slot->invalid, packet);
    pthread_mutex_unlock(&verified->lock);
    return proven;
}

void verified_demand(struct verified *verified, bool all)
{
    pthread_mutex_lock(&verified->lock);
    verified->all = all;
    pthread_mutex_unlock(&verified->lock);
}

void verified_note(struct verified *verified, uint64_t signer, uint64_t packet, bool valid)
{
    pthread_mutex_lock(&verified->lock);
    struct slot *slot = slot_of(verified, signer);
    if (slot->signer != 0 || verified->count < VERIFIED_MAX) {
        uint64_t *first = valid ? &slot->valid : &slot->invalid;
        verified->count += slot->signer == 0;
        slot->signer = signer;
        *first = *first == 0 || packet < *first ? packet : *first;
    }
    pthread_mutex_unlock(&verified->lock);
}

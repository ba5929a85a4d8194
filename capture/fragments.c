/* capture/fragments.c: a slot for each datagram under way, found by hash, oldest given up first. */
#include "capture/fragments.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { DATAGRAM_MAX = 65535, UNIT = 8, UNITS = (DATAGRAM_MAX + 1) / UNIT };
enum { NO_SLOT = FRAGMENTS_NONE, SPARE = FRAGMENTS_LENT_MAX + FRAGMENTS_HEADS_MAX };
enum { DATAGRAMS_MAX = UINT16_MAX - 1 - SPARE };

static const uint64_t age_max_us = 30000000U;

/* What a datagram's fragments are put into: kept by its slot for the next datagram. */
struct assembly {
    uint64_t have[UNITS / 64]; /* bit per unit of 8 bytes: it came */
    uint8_t bytes[DATAGRAM_MAX + 1];
};

struct datagram {
    struct fragment_key key;
    struct fragment_origin from; /* of its beginning, if that came */
    struct assembly *assembly;   /* owned; NULL until the slot is first used */
    uint64_t begun_us;
    uint32_t fragments; /* put in so far */
    uint32_t units;     /* bits set in have */
    uint32_t end;       /* largest end of a fragment, bytes */
    uint32_t total;     /* bytes of the whole, 0 = the last fragment did not come yet */
    uint32_t captured;  /* bytes from the start that the capture kept, if some are cut */
    uint16_t bucket;
    uint16_t next_in_bucket;
    uint16_t older, newer; /* order of first fragments; newer also chains all other slots */
};

struct fragments {
    struct hash_seed seed;
    struct datagram *slots;
    uint16_t *buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t made;         /* slots ever used */
    uint32_t max;          /* datagrams under way */
    uint32_t under_way;
    uint16_t oldest, newest;
    uint16_t free; /* chain of slots to use again */
    uint16_t lent; /* chain of slots whose payload was given out */
    uint16_t head,
        last_head; /* chain of slots given up whose beginning may be read, in that order */
    uint32_t heads;
};

enum ov_status fragments_new(uint32_t datagrams_max, struct hash_seed seed,
                             struct fragments **ret_fragments)
{
    struct fragments *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return OV_NOMEM;
    }
    f->seed = seed;
    f->max = datagrams_max < DATAGRAMS_MAX ? datagrams_max : DATAGRAMS_MAX;
    f->max = f->max > 0 ? f->max : 1;
    f->bucket_count = 1;
    while (f->bucket_count < f->max && f->bucket_count <= UINT16_MAX / 2) {
        f->bucket_count *= 2;
    }
    f->slots = calloc(f->max + SPARE, sizeof *f->slots);
    f->buckets = malloc(f->bucket_count * sizeof *f->buckets);
    if (f->slots == NULL || f->buckets == NULL) {
        free(f->slots);
        free(f->buckets);
        free(f);
        return OV_NOMEM;
    }
    memset(f->buckets, 0xff, f->bucket_count * sizeof *f->buckets); /* NO_SLOT */
    f->oldest = f->newest = f->free = f->lent = f->head = f->last_head = NO_SLOT;
    *ret_fragments = f;
    return OV_OK;
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL) {
        return;
    }
    for (uint32_t i = 0; i < fragments->made; i++) {
        free(fragments->slots[i].assembly);
    }
    free(fragments->slots);
    free(fragments->buckets);
    free(fragments);
}

/* Takes a slot out of its bucket and out of the order of age. */
static void unlink_slot(struct fragments *f, uint16_t slot)
{
    struct datagram *d = &f->slots[slot];
    uint16_t *at = &f->buckets[d->bucket];
    while (*at != slot) {
        at = &f->slots[*at].next_in_bucket;
    }
    *at = d->next_in_bucket;
    *(d->older == NO_SLOT ? &f->oldest : &f->slots[d->older].newer) = d->newer;
    *(d->newer == NO_SLOT ? &f->newest : &f->slots[d->newer].older) = d->older;
    f->under_way--;
}

static void give_up(struct fragments *f, uint16_t slot, struct counters *counters)
{
    struct datagram *d = &f->slots[slot];
    counters->value[COUNT_FRAGMENTS_LOST] += d->fragments;
    unlink_slot(f, slot);
    if ((d->assembly->have[0] & 1) == 0 || f->heads == FRAGMENTS_HEADS_MAX) {
        d->newer = f->free;
        f->free = slot;
        return;
    }
    d->newer = NO_SLOT;
    *(f->head == NO_SLOT ? &f->head : &f->slots[f->last_head].newer) = slot;
    f->last_head = slot;
    f->heads++;
}

static void expire(struct fragments *f, uint64_t now_us, struct counters *counters)
{
    while (f->oldest != NO_SLOT) {
        uint64_t begun_us = f->slots[f->oldest].begun_us;
        if (now_us <= begun_us || now_us - begun_us <= age_max_us) {
            return;
        }
        give_up(f, f->oldest, counters);
    }
}

/* A slot with an assembly, in no list; NO_SLOT when all are lent or without memory. */
static uint16_t free_slot(struct fragments *f, struct counters *counters)
{
    if (f->under_way == f->max) {
        give_up(f, f->oldest, counters);
    }
    if (f->free == NO_SLOT && f->made < f->max + SPARE) {
        struct assembly *assembly = malloc(sizeof *assembly);
        if (assembly == NULL) {
            return NO_SLOT;
        }
        f->slots[f->made].assembly = assembly;
        return (uint16_t)f->made++;
    }
    uint16_t slot = f->free;
    if (slot != NO_SLOT) {
        f->free = f->slots[slot].newer;
    }
    return slot;
}

static uint16_t begin(struct fragments *f, const struct fragment_key *key, uint16_t bucket,
                      struct counters *counters)
{
    uint16_t slot = free_slot(f, counters);
    if (slot == NO_SLOT) {
        return NO_SLOT;
    }
    struct datagram *d = &f->slots[slot];
    *d = (struct datagram){
        .key = *key,
        .assembly = d->assembly,
        .captured = DATAGRAM_MAX,
        .bucket = bucket,
        .next_in_bucket = f->buckets[bucket],
        .older = f->newest,
        .newer = NO_SLOT,
    };
    memset(d->assembly->have, 0, sizeof d->assembly->have);
    f->buckets[bucket] = slot;
    f->under_way++;
    *(f->newest == NO_SLOT ? &f->oldest : &f->slots[f->newest].newer) = slot;
    f->newest = slot;
    return slot;
}

static uint16_t find_or_begin(struct fragments *f, const struct fragment_key *key, uint64_t now_us,
                              struct counters *counters)
{
    uint64_t hash = keyed_hash(key, sizeof *key, f->seed);
    uint16_t bucket = (uint16_t)(hash & (f->bucket_count - 1));
    for (uint16_t at = f->buckets[bucket]; at != NO_SLOT; at = f->slots[at].next_in_bucket) {
        if (memcmp(&f->slots[at].key, key, sizeof *key) == 0) {
            return at;
        }
    }
    uint16_t slot = begin(f, key, bucket, counters);
    if (slot != NO_SLOT) {
        f->slots[slot].begun_us = now_us;
    }
    return slot;
}

/* Is there a length that makes sense by itself? Only the last fragment ends off an 8-byte border:
 * of others the bytes behind it do not count, as receivers do it. */
static bool is_sound(struct fragment *fragment)
{
    uint32_t length = bytes_sent(&fragment->payload);
    if (fragment->more && length % UNIT != 0) {
        length -= length % UNIT;
        bytes_limit(&fragment->payload, length);
    }
    return length > 0 && length <= DATAGRAM_MAX && fragment->offset <= DATAGRAM_MAX - length &&
           fragment->offset % UNIT == 0;
}

/* Does it agree with what is known of the whole length? Learns it from the last fragment. */
static bool fits(struct datagram *d, const struct fragment *fragment)
{
    uint32_t end = fragment->offset + bytes_sent(&fragment->payload);
    if (!fragment->more) {
        if ((d->total != 0 && d->total != end) || d->end > end) {
            return false;
        }
        d->total = end;
    } else if (d->total != 0 && end > d->total) {
        return false;
    }
    d->end = end > d->end ? end : d->end;
    return true;
}

/* Copies the fragment unit by unit. False when a unit that came before has other bytes now. */
static bool put_in(struct datagram *d, const struct fragment *fragment)
{
    struct bytes in = fragment->payload;
    if (in.cut > 0 && fragment->offset + in.left < d->captured) {
        d->captured = fragment->offset + in.left;
    }
    uint8_t *to = d->assembly->bytes;
    for (uint32_t unit = fragment->offset / UNIT; bytes_sent(&in) > 0; unit++) {
        struct bytes part = bytes_take(&in, bytes_sent(&in) < UNIT ? bytes_sent(&in) : UNIT);
        uint64_t bit = UINT64_C(1) << (unit % 64);
        if ((d->assembly->have[unit / 64] & bit) == 0) {
            d->assembly->have[unit / 64] |= bit;
            d->units++;
            memset(to + (size_t)unit * UNIT, 0, UNIT);
            (void)bytes_copy(&part, to + (size_t)unit * UNIT, bytes_left(&part));
        } else if (!bytes_starts(&part, to + (size_t)unit * UNIT, bytes_left(&part))) {
            return false;
        }
    }
    return true;
}

bool fragments_add(struct fragments *fragments, const struct fragment_key *key,
                   struct fragment *fragment, struct counters *counters, struct bytes *ret_payload)
{
    counters->value[COUNT_FRAGMENTS]++;
    expire(fragments, fragment->from.time_us, counters);
    uint16_t slot = NO_SLOT;
    if (is_sound(fragment)) {
        slot = find_or_begin(fragments, key, fragment->from.time_us, counters);
    }
    if (slot == NO_SLOT) {
        counters->value[COUNT_FRAGMENTS_LOST]++;
        return false;
    }
    struct datagram *d = &fragments->slots[slot];
    d->fragments++;
    if (fragment->offset == 0 && (d->assembly->have[0] & 1) == 0) {
        d->from = fragment->from;
    }
    if (!fits(d, fragment) || !put_in(d, fragment)) {
        d->captured = d->captured < UNIT ? d->captured : UNIT;
        give_up(fragments, slot, counters);
        return false;
    }
    if (d->total == 0 || d->units < (d->total + UNIT - 1) / UNIT) {
        return false;
    }
    counters->value[COUNT_FRAGMENTS_JOINED]++;
    unlink_slot(fragments, slot);
    d->newer = fragments->lent;
    fragments->lent = slot;
    *ret_payload =
        bytes_of(d->assembly->bytes, d->captured < d->total ? d->captured : d->total, d->total);
    return true;
}

/* Bytes from the start of the datagram to the first that did not come or was not kept. */
static uint32_t bytes_in_a_row(const struct datagram *d)
{
    uint32_t unit = 0;
    while (unit < UNITS && (d->assembly->have[unit / 64] >> (unit % 64) & 1) != 0) {
        unit++;
    }
    uint32_t known = unit * UNIT < d->end ? unit * UNIT : d->end;
    return known < d->captured ? known : d->captured;
}

bool fragments_head(struct fragments *fragments, struct fragment_head *ret_head)
{
    uint16_t slot = fragments->head;
    if (slot == NO_SLOT) {
        return false;
    }
    struct datagram *d = &fragments->slots[slot];
    fragments->head = d->newer;
    fragments->heads--;
    d->newer = fragments->lent;
    fragments->lent = slot;
    uint32_t total = d->total;
    if (total == 0) { /* a UDP header tells; elsewhere what follows is a hole of its own */
        total = d->key.protocol == IPPROTO_UDP ? DATAGRAM_MAX : d->end;
    }
    *ret_head = (struct fragment_head){
        d->key,
        d->from,
        bytes_of(d->assembly->bytes, bytes_in_a_row(d), total),
    };
    return true;
}

uint16_t fragments_lent(struct fragments *fragments)
{
    uint16_t chain = fragments->lent;
    fragments->lent = NO_SLOT;
    return chain;
}

void fragments_recycle(struct fragments *fragments, uint16_t chain)
{
    while (chain != NO_SLOT) {
        uint16_t slot = chain;
        chain = fragments->slots[slot].newer;
        fragments->slots[slot].newer = fragments->free;
        fragments->free = slot;
    }
}

void fragments_finish(struct fragments *fragments, struct counters *counters)
{
    while (fragments->oldest != NO_SLOT) {
        give_up(fragments, fragments->oldest, counters);
    }
}

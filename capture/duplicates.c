/* capture/duplicates.c: a ring of the last packets' hashes, found by chains through it.
 *
 * Nothing is ever taken out: an entry is stale when the ring has gone round since, so what is found
 * depends on the packets alone, not on the seed. */
#include "capture/duplicates.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2 * DUPLICATES_WINDOW, SAMPLE_SIZE = 16 };

struct seen {
    uint64_t hash;
    uint64_t time_us;
    uint32_t before; /* number of the packet before in this bucket */
};

struct duplicates {
    struct hash_seed seed;
    uint32_t number;                     /* of the next packet; wraps */
    uint32_t newest[BUCKETS];            /* number of the last packet in each */
    struct seen ring[DUPLICATES_WINDOW]; /* by number */
};

/* What two copies of a packet have in common. No padding: hashed as bytes. Numbers stand in whole
 * words, as keyed_hash loads them: what was just stored in smaller pieces would have to be waited
 * for. */
struct print {
    struct flow_key key;
    uint64_t tcp_numbers;
    uint64_t payload_sizes;                        /* sent, captured */
    uint64_t marks;                                /* id, checksum, TCP flags, FRAME_LOW */
    uint8_t first[SAMPLE_SIZE], last[SAMPLE_SIZE]; /* of the payload captured */
};

_Static_assert(sizeof(struct print) == 96, "print is hashed as bytes: no padding");

static uint64_t print_of(const struct duplicates *d, const struct batch *b, uint32_t i)
{
    struct bytes payload = b->payload[i];
    uint32_t left = bytes_left(&payload);
    struct print print = {
        .key = b->key[i],
        .tcp_numbers = (uint64_t)b->tcp_seq[i] << 32 | b->tcp_ack[i],
        .payload_sizes = (uint64_t)bytes_sent(&payload) << 32 | left,
        .marks = (uint64_t)b->ip_id[i] << 32 | (uint64_t)b->checksum[i] << 16 |
                 (uint64_t)b->tcp_flags[i] << 8 | (b->state[i] & FRAME_LOW),
    };
    if (left >= 2 * SAMPLE_SIZE) {
        (void)bytes_copy(&payload, print.first, SAMPLE_SIZE);
        bytes_skip(&payload, left - 2 * SAMPLE_SIZE);
        (void)bytes_copy(&payload, print.last, SAMPLE_SIZE);
    } else {
        uint32_t first = left < SAMPLE_SIZE ? left : SAMPLE_SIZE;
        (void)bytes_copy(&payload, print.first, first);
        (void)bytes_copy(&payload, print.last, left - first);
    }
    return keyed_hash(&print, sizeof print, d->seed);
}

/* Without a number of the sender's an acknowledgement may well be sent twice in no time. */
static bool is_comparable(const struct batch *b, uint32_t i)
{
    if ((b->state[i] & FRAME_HEADLESS) != 0) {
        return false;
    }
    return b->ip_id[i] != 0 || b->key[i].l4 != IPPROTO_TCP || bytes_sent(&b->payload[i]) > 0 ||
           (b->tcp_flags[i] & (TCP_SYN | TCP_FIN | TCP_RST)) != 0;
}

static bool is_near(uint64_t a, uint64_t b, uint64_t most)
{
    return a > b ? a - b <= most : b - a <= most;
}

static bool was_seen(const struct duplicates *d, uint64_t hash, uint64_t time_us, uint64_t most_us)
{
    uint32_t at = d->newest[hash % BUCKETS];
    uint32_t age = d->number - at; /* numbers that are no longer in the ring are too old */
    while (age > 0 && age <= DUPLICATES_WINDOW) {
        const struct seen *seen = &d->ring[at % DUPLICATES_WINDOW];
        if (seen->hash == hash && is_near(seen->time_us, time_us, most_us)) {
            return true;
        }
        uint32_t older = d->number - seen->before;
        if (older <= age) {
            return false; /* of a packet that took the place: the chain goes no further */
        }
        at = seen->before;
        age = older;
    }
    return false;
}

static void remember(struct duplicates *d, uint64_t hash, uint64_t time_us)
{
    uint32_t *newest = &d->newest[hash % BUCKETS];
    d->ring[d->number % DUPLICATES_WINDOW] = (struct seen){ hash, time_us, *newest };
    *newest = d->number++;
}

/* All hashes first: their buckets are on the way while the others are made. */
void duplicates_mark(struct duplicates *duplicates, struct batch *b, struct counters *counters)
{
    uint64_t hashes[BATCH_SIZE];
    for (uint32_t i = 0; i < b->count; i++) {
        if ((b->state[i] & FRAME_FLOW) != 0 && is_comparable(b, i)) {
            hashes[i] = print_of(duplicates, b, i);
            __builtin_prefetch(&duplicates->newest[hashes[i] % BUCKETS], 1);
        }
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if ((b->state[i] & FRAME_FLOW) == 0 || !is_comparable(b, i)) {
            continue;
        }
        uint64_t hash = hashes[i];
        uint64_t most_us = b->ip_id[i] != 0 ? DUPLICATES_NAMED_US : DUPLICATES_BARE_US;
        if (was_seen(duplicates, hash, b->time_us[i], most_us)) {
            b->state[i] |= FRAME_DUPLICATE;
            counters->value[COUNT_DUPLICATES]++;
        } else {
            remember(duplicates, hash, b->time_us[i]);
        }
    }
}

enum ov_status duplicates_new(struct hash_seed seed, struct duplicates **ret_duplicates)
{
    struct duplicates *d = calloc(1, sizeof *d);
    *ret_duplicates = d;
    if (d == NULL) {
        return OV_NOMEM;
    }
    d->seed = seed;
    d->number = DUPLICATES_WINDOW + 1; /* all buckets say 0, which is too old */
    return OV_OK;
}

void duplicates_free(struct duplicates *duplicates)
{
    free(duplicates);
}

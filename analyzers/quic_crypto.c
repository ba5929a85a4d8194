/* analyzers/quic_crypto.c: handshake bytes put in order: one buffer, and which parts of it came. */
#include "analyzers/quic_crypto.h"
#include "base/budget.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 2048 };

struct range {
    uint32_t start, end; /* offsets in bytes[] */
};

struct quic_crypto {
    uint64_t base;  /* offset of bytes[0] in the handshake */
    uint8_t *bytes; /* owned */
    uint32_t capacity;
    struct budget *budget;                       /* borrowed, NULL = none */
    uint32_t count;                              /* of ranges */
    struct range ranges[QUIC_CRYPTO_RANGES_MAX]; /* in order, never touching */
};

static bool reserve(struct quic_crypto *c, uint32_t size)
{
    uint32_t capacity = c->capacity > 0 ? c->capacity : CAPACITY_FIRST;
    while (capacity < size) {
        capacity *= 2;
    }
    if (capacity > c->capacity) {
        bool paid = budget_take(c->budget, capacity - c->capacity);
        uint8_t *bytes = paid ? realloc(c->bytes, capacity) : NULL;
        if (bytes == NULL) {
            budget_give(c->budget, paid ? capacity - c->capacity : 0);
            return false;
        }
        c->bytes = bytes;
        c->capacity = capacity;
    }
    return true;
}

/* Joins a range with those that it touches; false when there are too many. */
static bool add_range(struct quic_crypto *c, struct range new)
{
    uint32_t at = 0, behind = 0;
    while (at < c->count && c->ranges[at].end < new.start) {
        at++;
    }
    for (behind = at; behind < c->count && c->ranges[behind].start <= new.end; behind++) {
        new.start = c->ranges[behind].start < new.start ? c->ranges[behind].start : new.start;
        new.end = c->ranges[behind].end > new.end ? c->ranges[behind].end : new.end;
    }
    if (behind == at && c->count == QUIC_CRYPTO_RANGES_MAX) {
        return false;
    }
    memmove(&c->ranges[at + 1], &c->ranges[behind], (c->count - behind) * sizeof c->ranges[0]);
    c->count = c->count - (behind - at) + 1;
    c->ranges[at] = new;
    return true;
}

static struct quic_crypto *make(struct budget *budget)
{
    bool paid = budget_take(budget, sizeof(struct quic_crypto));
    struct quic_crypto *made = paid ? calloc(1, sizeof *made) : NULL;
    if (made != NULL) {
        made->budget = budget;
    } else {
        budget_give(budget, paid ? sizeof *made : 0);
    }
    return made;
}

bool quic_crypto_add(struct quic_crypto **crypto, uint64_t offset, struct bytes data,
                     struct budget *budget)
{
    *crypto = *crypto != NULL ? *crypto : make(budget);
    if (*crypto == NULL) {
        return false;
    }
    struct quic_crypto *c = *crypto;
    if (offset < c->base) {
        uint64_t read = c->base - offset;
        bytes_skip(&data, read < bytes_left(&data) ? (uint32_t)read : bytes_left(&data));
        offset = c->base;
    }
    uint32_t size = bytes_left(&data);
    if (size == 0) {
        return true;
    }
    if (size > QUIC_CRYPTO_MAX || offset - c->base > QUIC_CRYPTO_MAX - size) {
        return false;
    }
    struct range range = { (uint32_t)(offset - c->base), (uint32_t)(offset - c->base) + size };
    return reserve(c, range.end) && add_range(c, range) &&
           bytes_copy(&data, c->bytes + range.start, size);
}

struct bytes quic_crypto_ready(const struct quic_crypto *c)
{
    bool any = c != NULL && c->count > 0 && c->ranges[0].start == 0;
    uint32_t size = any ? c->ranges[0].end : 0;
    return bytes_of(any ? c->bytes : NULL, size, size);
}

enum quic_crypto_next quic_crypto_message(const struct quic_crypto *c, uint8_t *ret_type,
                                          struct bytes *ret_body)
{
    struct bytes ready = quic_crypto_ready(c);
    *ret_type = bytes_u8(&ready);
    uint32_t length = bytes_u24(&ready);
    if (bytes_ok(&ready) && length > QUIC_CRYPTO_MAX - QUIC_CRYPTO_HEADER) {
        return QUIC_CRYPTO_OVERLONG;
    }
    *ret_body = bytes_take(&ready, length);
    return bytes_ok(&ready) ? QUIC_CRYPTO_MESSAGE : QUIC_CRYPTO_NONE;
}

void quic_crypto_drop(struct quic_crypto *c, uint32_t size)
{
    if (size == 0 || size > quic_crypto_ready(c).left) {
        return;
    }
    uint32_t last = c->ranges[c->count - 1].end;
    memmove(c->bytes, c->bytes + size, last - size);
    c->base += size;
    bool empty = c->ranges[0].end == size;
    for (uint32_t i = 0; i + empty < c->count; i++) {
        struct range from = c->ranges[i + empty];
        c->ranges[i] = (struct range){ from.start < size ? 0 : from.start - size, from.end - size };
    }
    c->count -= empty;
}

void quic_crypto_free(struct quic_crypto *c)
{
    if (c != NULL) {
        budget_give(c->budget, sizeof *c + c->capacity);
        free(c->bytes);
        free(c);
    }
}

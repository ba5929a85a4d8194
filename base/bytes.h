/* base/bytes.h: a window on bytes that somebody else owns.
 *
 * The only place in overt where packet memory is dereferenced. Reads never leave
 * the window; the first failed read empties it, so later reads give 0 and every
 * loop on bytes_left() ends. Ask bytes_ok() before believing what was read. */
#ifndef OVERT_BASE_BYTES_H
#define OVERT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum bytes_fault {
    BYTES_OK = 0,
    BYTES_CUT,       /* the bytes were on the wire, the capture did not keep them */
    BYTES_MALFORMED, /* a length or a field is wrong whatever was captured */
};

struct bytes {
    const uint8_t *next;    /* first unread byte; borrowed, valid until the batch is released */
    uint32_t left;          /* readable bytes from next */
    uint32_t cut;           /* further bytes sent but not captured (snap length) or not yet here */
    enum bytes_fault fault; /* sticky: the first one stays */
};

/* A window on captured bytes of something that had on_wire bytes when sent. */
static inline struct bytes bytes_of(const void *data, uint32_t captured, uint32_t on_wire)
{
    uint32_t cut = on_wire > captured ? on_wire - captured : 0;
    return (struct bytes){ data, captured, cut, BYTES_OK };
}

static inline uint32_t bytes_left(const struct bytes *b)
{
    return b->left;
}

/* Bytes from here to the end as sent: captured and cut together, at most UINT32_MAX (a stream). */
static inline uint32_t bytes_sent(const struct bytes *b)
{
    return b->cut < UINT32_MAX - b->left ? b->left + b->cut : UINT32_MAX;
}

static inline bool bytes_ok(const struct bytes *b)
{
    return b->fault == BYTES_OK;
}

static inline void bytes_fail(struct bytes *b, enum bytes_fault why)
{
    if (b->fault == BYTES_OK) {
        b->fault = why;
    }
    b->left = 0;
    b->cut = 0;
}

/* Steps over n bytes; returns where they start, or NULL after a fault. Always inlined, so that one
 * question for a whole header answers those of its fields. */
__attribute__((always_inline)) static inline const uint8_t *bytes_skip(struct bytes *b, uint32_t n)
{
    if (__builtin_expect(b->left < n, 0)) {
        bytes_fail(b, n - b->left <= b->cut ? BYTES_CUT : BYTES_MALFORMED);
        return NULL;
    }
    const uint8_t *at = b->next;
    b->next = n > 0 ? at + n : at; /* NULL + 0 is undefined in C17 */
    b->left -= n;
    return at;
}

static inline uint8_t bytes_u8(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 1);
    return p ? p[0] : 0;
}

static inline uint16_t bytes_u16(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 2);
    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

static inline uint32_t bytes_u24(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 3);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t bytes_u32(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t bytes_u64(struct bytes *b)
{
    uint64_t high = bytes_u32(b);
    return high << 32 | bytes_u32(b);
}

static inline uint16_t bytes_le16(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 2);
    return (uint16_t)(p ? p[1] << 8 | p[0] : 0);
}

static inline uint32_t bytes_le32(struct bytes *b)
{
    const uint8_t *p = bytes_skip(b, 4);
    return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

/* The byte at offset n from here, or -1 when it is not in the window. No fault, no move. */
static inline int bytes_peek(const struct bytes *b, uint32_t n)
{
    return n < b->left ? b->next[n] : -1;
}

/* Copies n bytes to out (n bytes of room) and steps over them; false, and out untouched, after a
 * fault. */
static inline bool bytes_copy(struct bytes *b, void *out, uint32_t n)
{
    const uint8_t *p = bytes_skip(b, n);
    if (p == NULL || n == 0) {
        return p != NULL;
    }
    memcpy(out, p, n);
    return true;
}

/* Moves n bytes out of b into a window of their own: the one way to honour a
 * length field. The child cannot read past n, and b continues after n. A child
 * that the capture cut short holds what was kept and knows that it was cut. */
static inline struct bytes bytes_take(struct bytes *b, uint32_t n)
{
    uint32_t have = b->left < n ? b->left : n;
    if (n - have > b->cut) {
        bytes_fail(b, BYTES_MALFORMED);
        return (struct bytes){ .fault = b->fault };
    }
    struct bytes child = { b->next, have, n - have, b->fault };
    b->next = have > 0 ? b->next + have : b->next;
    b->left -= have;
    b->cut -= n - have;
    return child;
}

/* Ends the window n bytes from here: what follows is none of its business. */
static inline void bytes_limit(struct bytes *b, uint32_t n)
{
    if (n <= b->left) {
        b->left = n;
        b->cut = 0;
    } else if (n - b->left <= b->cut) {
        b->cut = n - b->left;
    } else {
        bytes_fail(b, BYTES_MALFORMED);
    }
}

/* Declares the record complete: unread bytes are a fault. */
static inline enum bytes_fault bytes_finish(struct bytes *b)
{
    if (b->left > 0 || b->cut > 0) {
        bytes_fail(b, b->left > 0 ? BYTES_MALFORMED : BYTES_CUT);
    }
    return b->fault;
}

/* Do the captured bytes equal these? A cut window equals nothing. */
static inline bool bytes_equal(const struct bytes *b, const void *want, uint32_t size)
{
    return b->cut == 0 && b->left == size && (size == 0 || memcmp(b->next, want, size) == 0);
}

/* Do the captured bytes start with these? */
static inline bool bytes_starts(const struct bytes *b, const void *want, uint32_t size)
{
    return b->left >= size && (size == 0 || memcmp(b->next, want, size) == 0);
}

#endif

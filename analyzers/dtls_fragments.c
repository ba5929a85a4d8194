/* analyzers/dtls_fragments.c: fragments by message sequence number; they may overlap and repeat. */
#include "analyzers/dtls_fragments.h"

#include <stdlib.h>

#include "analyzers/tls_handshake.h"
#include "base/budget.h"

struct waiting {
    uint8_t *bytes;   /* owned; room bytes, then a bit for each: that byte came */
    uint32_t room;    /* bytes of the message there is room for */
    uint32_t length;  /* of the message */
    uint32_t missing; /* bytes that did not come yet */
    uint32_t have;    /* bytes from the start on that came */
    uint16_t seq;
    uint8_t type;
    bool taken;
};

struct dtls_fragments {
    struct waiting messages[DTLS_PENDING_MAX];
    uint32_t bytes;        /* sum of the rooms */
    struct budget *budget; /* that this and the messages count against; borrowed, NULL = none */
};

struct dtls_fragment dtls_fragments_read(struct bytes *in)
{
    struct dtls_fragment f;
    f.type = bytes_u8(in);
    f.length = bytes_u24(in);
    f.seq = bytes_u16(in);
    f.offset = bytes_u24(in);
    f.size = bytes_u24(in);
    f.bytes = bytes_take(in, f.size);
    bool sound = f.length <= TLS_MESSAGE_MAX && f.offset + f.size <= f.length &&
                 (f.size > 0 || f.length == 0);
    if (bytes_ok(in) && !sound) {
        bytes_fail(in, BYTES_MALFORMED);
    }
    return f;
}

/* The message of this number, or a free place for it; NULL when all are taken. */
static struct waiting *place_of(struct dtls_fragments *fragments, uint16_t seq)
{
    struct waiting *empty = NULL;
    for (uint32_t i = 0; i < DTLS_PENDING_MAX; i++) {
        struct waiting *w = &fragments->messages[i];
        if (w->taken && w->seq == seq) {
            return w;
        }
        empty = w->taken || empty != NULL ? empty : w;
    }
    return empty;
}

static uint32_t allocated(uint32_t room)
{
    return room + room / 8 + 1;
}

static bool came(const struct waiting *w, uint32_t at)
{
    return at < w->room && (w->bytes[w->room + at / 8] >> at % 8 & 1) != 0;
}

static void free_bytes(const struct dtls_fragments *all, struct waiting *w)
{
    budget_give(all->budget, w->bytes != NULL ? allocated(w->room) : 0);
    free(w->bytes);
    w->bytes = NULL;
}

/* Room for the first `need` bytes of the message. Memory follows what came, not what a length
 * promises: a few bytes must not take much of it. */
static bool make_room(struct dtls_fragments *all, struct waiting *w, uint32_t need)
{
    uint32_t came_already = w->length - w->missing;
    uint32_t room = w->room * 2 > need ? w->room * 2 : need;
    room = room < w->length ? room : w->length;
    if (need <= w->room && w->bytes != NULL) {
        return true;
    }
    if (need > came_already + DTLS_AHEAD_MAX ||
        room - w->room > DTLS_PENDING_BYTES_MAX - all->bytes) {
        return false;
    }
    bool paid = budget_take(all->budget, allocated(room));
    uint8_t *bytes = paid ? calloc(1, allocated(room)) : NULL;
    if (bytes == NULL) {
        budget_give(all->budget, paid ? allocated(room) : 0);
        return false;
    }
    for (uint32_t i = 0; w->bytes != NULL && i < w->room; i++) {
        if (came(w, i)) {
            bytes[i] = w->bytes[i];
            bytes[room + i / 8] |= (uint8_t)(1u << i % 8);
        }
    }
    free_bytes(all, w);
    all->bytes += room - w->room;
    w->bytes = bytes;
    w->room = room;
    return true;
}

static struct dtls_fragments *make(struct budget *budget)
{
    bool paid = budget_take(budget, sizeof(struct dtls_fragments));
    struct dtls_fragments *made = paid ? calloc(1, sizeof *made) : NULL;
    if (made != NULL) {
        made->budget = budget;
    } else {
        budget_give(budget, paid ? sizeof *made : 0);
    }
    return made;
}

bool dtls_fragments_add(struct dtls_fragments **fragments, const struct dtls_fragment *fragment,
                        struct budget *budget)
{
    *fragments = *fragments != NULL ? *fragments : make(budget);
    if (*fragments == NULL) {
        return false;
    }
    struct waiting *w = place_of(*fragments, fragment->seq);
    if (w == NULL) {
        return false;
    }
    struct waiting begun = { .length = fragment->length,
                             .missing = fragment->length,
                             .seq = fragment->seq,
                             .type = fragment->type };
    struct waiting *at = w->taken ? w : &begun;
    if (at->length != fragment->length || at->type != fragment->type ||
        !make_room(*fragments, at, fragment->offset + fragment->size)) {
        return false;
    }
    at->taken = true;
    struct bytes in = fragment->bytes;
    for (uint32_t i = fragment->offset; bytes_left(&in) > 0; i++) {
        uint8_t byte = bytes_u8(&in);
        if (!came(at, i)) {
            at->bytes[i] = byte;
            at->bytes[at->room + i / 8] |= (uint8_t)(1u << i % 8);
            at->missing--;
        }
    }
    while (came(at, at->have)) {
        at->have++;
    }
    *w = *at;
    return true;
}

static struct dtls_fragment describe(const struct waiting *w)
{
    return (struct dtls_fragment){ .type = w->type,
                                   .seq = w->seq,
                                   .length = w->length,
                                   .size = w->length,
                                   .bytes = bytes_of(w->bytes, w->have, w->length) };
}

bool dtls_fragments_first(const struct dtls_fragments *fragments, struct dtls_fragment *ret_message)
{
    const struct waiting *first = NULL;
    for (uint32_t i = 0; fragments != NULL && i < DTLS_PENDING_MAX; i++) {
        const struct waiting *w = &fragments->messages[i];
        if (w->taken && (first == NULL || w->seq < first->seq)) {
            first = w;
        }
    }
    if (first != NULL) {
        *ret_message = describe(first);
    }
    return first != NULL;
}

bool dtls_fragments_whole(const struct dtls_fragments *fragments, uint16_t seq,
                          struct dtls_fragment *ret_message)
{
    for (uint32_t i = 0; fragments != NULL && i < DTLS_PENDING_MAX; i++) {
        const struct waiting *w = &fragments->messages[i];
        if (w->taken && w->seq == seq && w->missing == 0) {
            *ret_message = describe(w);
            return true;
        }
    }
    return false;
}

void dtls_fragments_remove(struct dtls_fragments *fragments, uint16_t seq)
{
    for (uint32_t i = 0; fragments != NULL && i < DTLS_PENDING_MAX; i++) {
        struct waiting *w = &fragments->messages[i];
        if (w->taken && w->seq == seq) {
            fragments->bytes -= w->room;
            free_bytes(fragments, w);
            *w = (struct waiting){ 0 };
        }
    }
}

void dtls_fragments_free(struct dtls_fragments *fragments)
{
    for (uint32_t i = 0; fragments != NULL && i < DTLS_PENDING_MAX; i++) {
        free_bytes(fragments, &fragments->messages[i]);
    }
    budget_give(fragments != NULL ? fragments->budget : NULL, sizeof *fragments);
    free(fragments);
}

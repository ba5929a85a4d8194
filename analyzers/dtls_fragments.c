/* analyzers/dtls_fragments.c: fragments by message sequence number; they may overlap and repeat. */
#include "analyzers/dtls_fragments.h"

#include <stdlib.h>

#include "analyzers/tls_handshake.h"

struct waiting {
    uint8_t *bytes;   /* owned; length bytes, and as many flags: 1 = that byte came */
    uint32_t length;  /* of the message */
    uint32_t missing; /* bytes that did not come yet */
    uint16_t seq;
    uint8_t type;
    bool taken;
};

struct dtls_fragments {
    struct waiting messages[DTLS_PENDING_MAX];
    uint32_t bytes; /* sum of the lengths */
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

static bool begin(struct dtls_fragments *all, struct waiting *w, const struct dtls_fragment *f)
{
    if (f->length > DTLS_PENDING_BYTES_MAX - all->bytes) {
        return false;
    }
    uint8_t *bytes = calloc(2u, f->length + 1u);
    if (bytes == NULL) {
        return false;
    }
    *w = (struct waiting){ .bytes = bytes,
                           .length = f->length,
                           .missing = f->length,
                           .seq = f->seq,
                           .type = f->type,
                           .taken = true };
    all->bytes += f->length;
    return true;
}

bool dtls_fragments_add(struct dtls_fragments **fragments, const struct dtls_fragment *fragment)
{
    if (*fragments == NULL) {
        *fragments = calloc(1, sizeof **fragments);
    }
    if (*fragments == NULL) {
        return false;
    }
    struct waiting *w = place_of(*fragments, fragment->seq);
    if (w == NULL || (!w->taken && !begin(*fragments, w, fragment))) {
        return false;
    }
    if (w->length != fragment->length || w->type != fragment->type) {
        return false;
    }
    uint8_t *came = w->bytes + w->length;
    struct bytes in = fragment->bytes;
    for (uint32_t i = fragment->offset; bytes_left(&in) > 0; i++) {
        uint8_t byte = bytes_u8(&in);
        if (came[i] == 0) {
            w->bytes[i] = byte;
            came[i] = 1;
            w->missing--;
        }
    }
    return true;
}

static struct dtls_fragment describe(const struct waiting *w)
{
    uint32_t have = 0;
    while (have < w->length && w->bytes[w->length + have] != 0) {
        have++;
    }
    return (struct dtls_fragment){ .type = w->type,
                                   .seq = w->seq,
                                   .length = w->length,
                                   .size = w->length,
                                   .bytes = bytes_of(w->bytes, have, w->length) };
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
            fragments->bytes -= w->length;
            free(w->bytes);
            *w = (struct waiting){ 0 };
        }
    }
}

void dtls_fragments_free(struct dtls_fragments *fragments)
{
    for (uint32_t i = 0; fragments != NULL && i < DTLS_PENDING_MAX; i++) {
        free(fragments->messages[i].bytes);
    }
    free(fragments);
}

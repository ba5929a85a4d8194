/* analyzers/tls_transcript.c: handshake messages in chains of blocks from one pool. */
#include "analyzers/tls_transcript.h"

#include "analyzers/tls_handshake.h"

enum { HEADER_MAX = 12 };

struct block {
    uint32_t next; /* pool index; also the free list's link */
    uint32_t used;
    uint8_t bytes[TRANSCRIPT_BLOCK];
};

void tls_transcript_init(struct transcripts *all, struct budget *budget)
{
    pool_init(&all->blocks, sizeof(struct block), TRANSCRIPT_BLOCKS_MAX);
    all->budget = budget;
}

void tls_transcript_done(struct transcripts *all)
{
    pool_done(&all->blocks);
}

static void give_up(struct transcripts *all, struct transcript *t, const char *why)
{
    tls_transcript_drop(all, t);
    t->broken = why;
}

/* The block that has room for the next byte; NULL at a cap, said in *ret_why. */
static struct block *room(struct transcripts *all, struct transcript_side *side,
                          const char **ret_why)
{
    if (side->last != POOL_NONE && side->size % TRANSCRIPT_BLOCK != 0) {
        return pool_at(&all->blocks, side->last);
    }
    *ret_why = "too-long";
    if (side->size == (uint32_t)TRANSCRIPT_BLOCKS_SIDE * TRANSCRIPT_BLOCK) {
        return NULL;
    }
    *ret_why = "no-memory";
    if (!budget_take(all->budget, sizeof(struct block))) {
        return NULL;
    }
    uint32_t index = pool_take(&all->blocks);
    if (index == POOL_NONE) {
        budget_give(all->budget, sizeof(struct block));
        return NULL;
    }
    if (side->last != POOL_NONE) {
        struct block *last = pool_at(&all->blocks, side->last);
        last->next = index;
    } else {
        side->first = index;
    }
    side->last = index;
    return pool_at(&all->blocks, index);
}

static bool put(struct transcripts *all, struct transcript *t, uint8_t from, struct bytes in)
{
    struct transcript_side *side = &t->side[from];
    while (bytes_left(&in) > 0) {
        const char *why = NULL;
        struct block *block = room(all, side, &why);
        if (block == NULL) {
            give_up(all, t, why);
            return false;
        }
        uint32_t n = TRANSCRIPT_BLOCK - block->used;
        n = n < bytes_left(&in) ? n : bytes_left(&in);
        bytes_copy(&in, block->bytes + block->used, n);
        block->used += n;
        side->size += n;
    }
    return true;
}

/* RFC 5246 7.4: type(1) length(3). RFC 6347 4.2.6: and number(2) offset(3) length(3), as if the
 * message had come in one fragment. */
static uint32_t write_header(const struct transcript_message *m, uint8_t header[HEADER_MAX])
{
    uint32_t size = bytes_left(&m->body);
    uint8_t length[3] = { (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
    if (m->bare) {
        return 0;
    }
    memset(header, 0, HEADER_MAX);
    header[0] = m->type;
    memcpy(header + 1, length, sizeof length);
    if (!m->datagram) {
        return HEADER_MAX - 8;
    }
    header[4] = (uint8_t)(m->number >> 8);
    header[5] = (uint8_t)m->number;
    memcpy(header + 9, length, sizeof length);
    return HEADER_MAX;
}

void tls_transcript_add(struct transcripts *all, struct transcript *t, uint8_t from,
                        const struct transcript_message *m)
{
    bool hello = m->type == CLIENT_HELLO || m->type == SERVER_HELLO;
    struct transcript_side *side = &t->side[from];
    if (t->broken != NULL || (side->complete && !hello)) {
        return;
    }
    if (hello) {
        tls_transcript_clear(all, t, from);
        side->hello_number = m->number;
    }
    bool follows = hello || (side->size > 0 && (!m->datagram || m->number == side->next_number));
    if (!follows || m->body.cut > 0 || !bytes_ok(&m->body)) {
        give_up(all, t, "lost-bytes");
        return;
    }
    side->next_number = (uint16_t)(m->number + 1);
    uint32_t before = side->size;
    uint8_t header[HEADER_MAX];
    uint32_t size = write_header(m, header);
    if (!put(all, t, from, bytes_of(header, size, size)) || !put(all, t, from, m->body)) {
        return;
    }
    side->hello_size = hello ? side->size : side->hello_size;
    side->complete = m->type == SERVER_HELLO_DONE || m->type == CERTIFICATE_VERIFY;
    side->signed_size = m->type == CERTIFICATE_VERIFY ? before : side->size;
    side->verify_at = before + size;
}

void tls_transcript_clear(struct transcripts *all, struct transcript *t, uint8_t from)
{
    struct transcript_side *side = &t->side[from];
    for (uint32_t at = side->first; at != POOL_NONE;) {
        struct block *block = pool_at(&all->blocks, at);
        uint32_t next = block->next;
        pool_give(&all->blocks, at);
        budget_give(all->budget, sizeof(struct block));
        at = next;
    }
    *side = (struct transcript_side){ 0 };
}

void tls_transcript_drop(struct transcripts *all, struct transcript *t)
{
    tls_transcript_clear(all, t, 0);
    tls_transcript_clear(all, t, 1);
}

/* Appends the bytes `begin` to `end` of a side. */
static uint32_t slice(const struct transcripts *all, const struct transcript_side *side,
                      uint32_t begin, uint32_t end, struct bytes *pieces)
{
    uint32_t count = 0;
    uint32_t before = 0;
    for (uint32_t at = side->first; at != POOL_NONE && before < end;) {
        const struct block *block = pool_at(&all->blocks, at);
        struct bytes piece = bytes_of(block->bytes, block->used, block->used);
        uint32_t after = before + block->used;
        if (after > begin) {
            bytes_limit(&piece, (end < after ? end : after) - before);
            bytes_skip(&piece, begin > before ? begin - before : 0);
            pieces[count++] = piece;
        }
        before = after;
        at = block->next;
    }
    return count;
}

uint32_t tls_transcript_pieces(const struct transcripts *all, const struct transcript *t,
                               uint8_t client, struct bytes *ret_pieces)
{
    const struct transcript_side *c = &t->side[client];
    const struct transcript_side *s = &t->side[1 - client];
    uint32_t n = slice(all, c, 0, c->hello_size, ret_pieces);
    n += slice(all, s, 0, s->signed_size, ret_pieces + n);
    return n + slice(all, c, c->hello_size, c->signed_size, ret_pieces + n);
}

uint32_t tls_transcript_verify(const struct transcripts *all, const struct transcript *t,
                               uint8_t client, uint8_t *out, uint32_t room)
{
    const struct transcript_side *c = &t->side[client];
    struct bytes pieces[TRANSCRIPT_PIECES];
    uint32_t count = slice(all, c, c->verify_at, c->size, pieces);
    uint32_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = bytes_left(&pieces[i]);
        n = n < room - size ? n : room - size;
        bytes_copy(&pieces[i], out + size, n);
        size += n;
    }
    return size;
}

/* tests/seen.h: feeds one analyzer with exact-size heap copies and remembers what it reports. */
#ifndef OVERT_TESTS_SEEN_H
#define OVERT_TESTS_SEEN_H

#include <string.h>

#include "analyzers/analyzer.h"
#include "tests/check.h"

enum { SEEN_MAX = 4096 };

struct seen {
    struct observation obs; /* without its borrowed text */
    char text[OBSERVATION_TEXT_MAX + 1];
};

static struct seen seen[SEEN_MAX];
static unsigned seen_count;

static inline void seen_put(struct sink *sink, const struct observation *obs)
{
    (void)sink;
    if (seen_count == SEEN_MAX) {
        return;
    }
    struct seen *s = &seen[seen_count++];
    uint32_t size = obs->text != NULL ? obs->text_size : 0;
    size = size > OBSERVATION_TEXT_MAX ? OBSERVATION_TEXT_MAX : size;
    s->obs = *obs;
    s->obs.text = NULL;
    memset(s->text, 0, sizeof s->text);
    if (size > 0) {
        memcpy(s->text, obs->text, size);
    }
}

/* The nth observation (from 0) of a kind; NULL when there are not so many. */
static inline const struct seen *seen_nth(enum observation_kind kind, unsigned nth)
{
    for (unsigned i = 0; i < seen_count; i++) {
        if (seen[i].obs.kind == kind && nth-- == 0) {
            return &seen[i];
        }
    }
    return NULL;
}

static inline unsigned seen_times(enum observation_kind kind)
{
    unsigned times = 0;
    while (seen_nth(kind, times) != NULL) {
        times++;
    }
    return times;
}

/* Was this text reported under the kind? */
static inline bool seen_text(enum observation_kind kind, const char *text)
{
    for (unsigned i = 0; i < seen_count; i++) {
        if (seen[i].obs.kind == kind && strcmp(seen[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

/* Value of the last observation of a kind; -1 when there is none. */
static inline int64_t seen_value(enum observation_kind kind)
{
    int64_t value = -1;
    for (unsigned i = 0; i < seen_count; i++) {
        value = seen[i].obs.kind == kind ? (int64_t)seen[i].obs.value : value;
    }
    return value;
}

/* Does any reported text hold these characters? */
static inline bool seen_anywhere(const char *part)
{
    for (unsigned i = 0; i < seen_count; i++) {
        if (strstr(seen[i].text, part) != NULL) {
            return true;
        }
    }
    return false;
}

/* One flow under test. */
struct seen_flow {
    const struct analyzer *analyzer;
    void *state;
    struct sink sink;
    uint8_t *kept[2]; /* bytes of a stream that were not used */
    uint32_t kept_size[2];
    uint32_t ahead[2]; /* bytes to come that were stepped over */
    bool used[2];      /* something was used, or lost */
    uint8_t handed;    /* what the analyzer before it agreed on */
    enum feed last;
};

static inline struct seen_flow seen_open(const struct analyzer *analyzer)
{
    seen_count = 0;
    struct seen_flow flow = { .analyzer = analyzer, .sink = { .put = seen_put } };
    flow.sink.digest_seed = (struct hash_seed){ { 1, 2 } };
    flow.state = calloc(1, analyzer->state_size);
    return flow;
}

static inline void seen_close(struct seen_flow *flow)
{
    if (flow->analyzer->close != NULL) {
        flow->analyzer->close(flow->state, &flow->sink);
    }
    free(flow->state);
    free(flow->kept[0]);
    free(flow->kept[1]);
}

static inline void seen_datagram(struct seen_flow *flow, uint8_t from, const void *data,
                                 uint32_t captured, uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, data, captured);
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire), .from = from };
    seg.first = true;
    seg.packet = 7;
    flow->last = flow->analyzer->feed(flow->state, &seg, &flow->sink);
    free(heap);
}

/* Adds bytes to one side's stream, as capture/stream.c does: what was not used comes again, and
 * what was stepped over does not. */
static inline void seen_bytes(struct seen_flow *flow, uint8_t from, const void *data, uint32_t size)
{
    uint32_t skip = flow->ahead[from] < size ? flow->ahead[from] : size;
    flow->ahead[from] -= skip;
    data = (const uint8_t *)data + skip;
    size -= skip;
    if (size == 0 && skip > 0) {
        return;
    }
    uint32_t total = flow->kept_size[from] + size;
    uint8_t *heap = malloc(total > 0 ? total : 1);
    memcpy(heap, flow->kept[from] != NULL ? flow->kept[from] : heap, flow->kept_size[from]);
    memcpy(heap + flow->kept_size[from], data, size);
    free(flow->kept[from]);
    struct segment seg = { .payload = bytes_of(heap, total, UINT32_MAX), .from = from };
    seg.payload.cut = UINT32_MAX;
    seg.handed = flow->handed;
    seg.open = true;
    seg.first = !flow->used[from];
    seg.packet = 7;
    flow->last = flow->analyzer->feed(flow->state, &seg, &flow->sink);
    uint32_t left = bytes_left(&seg.payload);
    flow->used[from] |= left != total;
    flow->ahead[from] = UINT32_MAX - seg.payload.cut;
    flow->kept[from] = malloc(left > 0 ? left : 1);
    memcpy(flow->kept[from], heap + total - left, left);
    flow->kept_size[from] = left;
    free(heap);
}

static inline void seen_string(struct seen_flow *flow, uint8_t from, const char *text)
{
    seen_bytes(flow, from, text, (uint32_t)strlen(text));
}

/* The stream of one side ends: what was not used is offered for the last time. */
static inline void seen_finish(struct seen_flow *flow, uint8_t from)
{
    struct segment seg = { .payload = bytes_of(flow->kept[from], flow->kept_size[from], 0) };
    seg.from = from;
    seg.handed = flow->handed;
    seg.first = !flow->used[from];
    seg.packet = 7;
    flow->last = flow->analyzer->feed(flow->state, &seg, &flow->sink);
    flow->kept_size[from] = 0;
}

static inline void seen_gap(struct seen_flow *flow, uint8_t from, uint64_t missing)
{
    flow->kept_size[from] = 0;
    flow->used[from] = true;
    flow->last = flow->analyzer->gap(flow->state, from, missing, &flow->sink);
}

static inline enum claim seen_claim(const struct analyzer *analyzer, const void *data,
                                    uint32_t size, bool open)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    memcpy(heap, data, size);
    struct segment seg = { .payload = bytes_of(heap, size, size), .open = open, .first = true };
    seg.payload.cut = open ? UINT32_MAX : 0;
    enum claim claim = analyzer->claim(&seg);
    free(heap);
    return claim;
}

#endif

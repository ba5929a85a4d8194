/* tests/unit/frame_case.h: one frame from hexadecimal digits through frames_decode, from an
 * exact-size heap copy. */
#ifndef OVERT_TESTS_FRAME_CASE_H
#define OVERT_TESTS_FRAME_CASE_H

#include <string.h>

#include "capture/frame.h"
#include "tests/check.h"

enum { FRAME_MAX = 512 };

static struct batch batch;
static struct counters counters;
static struct fragments *fragments;
static struct tunnels *tunnels;

/* A frame under construction. */
struct made {
    uint8_t at[FRAME_MAX];
    uint32_t size;
};

static inline uint8_t digit(char c)
{
    return (uint8_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

static inline void put(struct made *m, const char *hex)
{
    for (; *hex != '\0'; hex += 2) {
        m->at[m->size++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    }
}

static inline void decode_parts(const struct made *m, uint16_t link_type, uint32_t captured,
                                uint32_t on_wire)
{
    uint8_t *heap = malloc(captured > 0 ? captured : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, m->at, captured);
    memset(&counters, 0, sizeof counters);
    batch.count = 1;
    batch.frame[0] = bytes_of(heap, captured, on_wire);
    batch.link_type[0] = link_type;
    frames_decode(&batch, fragments, tunnels, &counters);
    free(heap);
    CHECK_EQ(counters.value[COUNT_PACKETS], 1);
    CHECK_EQ(batch.on_wire[0], on_wire > captured ? on_wire : captured);
}

static inline void decode(const struct made *m, uint16_t link_type)
{
    decode_parts(m, link_type, m->size, m->size);
}

/* Puts the hexadecimal parts, ended by NULL, together and decodes them. */
static inline void decode_hex(uint16_t link_type, const char *const *parts)
{
    struct made m = { .size = 0 };
    for (; *parts != NULL; parts++) {
        put(&m, *parts);
    }
    decode(&m, link_type);
}

#define DECODE(link_type, ...) decode_hex(link_type, (const char *const[]){ __VA_ARGS__, NULL })

static inline bool is_flow(uint8_t l4, uint16_t low_port, uint16_t high_port, uint32_t payload)
{
    return (batch.state[0] & FRAME_FLOW) != 0 && batch.key[0].l4 == l4 &&
           batch.key[0].port[0] == low_port && batch.key[0].port[1] == high_port &&
           bytes_sent(&batch.payload[0]) == payload;
}

static inline bool is_counted(enum capture_counter kind)
{
    return batch.state[0] == 0 && counters.value[kind] == 1;
}

/* Only its ports could be read: counted, and of their flow. */
static inline bool is_headless(uint8_t l4, uint16_t low_port, uint16_t high_port,
                               enum capture_counter kind)
{
    return (batch.state[0] & FRAME_HEADLESS) != 0 && counters.value[kind] == 1 &&
           bytes_left(&batch.payload[0]) == 0 &&
           is_flow(l4, low_port, high_port, batch.payload[0].cut);
}

static inline void frame_case_open(void)
{
    CHECK_EQ(fragments_new(8, (struct hash_seed){ { 1, 2 } }, &fragments), OV_OK);
    CHECK_EQ(tunnels_new((struct hash_seed){ { 1, 2 } }, &tunnels), OV_OK);
}

static inline void frame_case_close(void)
{
    fragments_free(fragments);
    tunnels_free(tunnels);
}

#endif

/* tests/unit/source_made.h: capture files of both formats, made byte by byte. */
#ifndef OVERT_TESTS_UNIT_SOURCE_MADE_H
#define OVERT_TESTS_UNIT_SOURCE_MADE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A capture file under construction. */
struct made {
    bool big; /* byte order */
    uint32_t size;
    uint32_t room;
    uint8_t *at;
};

static char path[] = "/tmp/overt_test_source_XXXXXX";

static inline void put_bytes(struct made *m, const void *bytes, uint32_t size)
{
    if (m->size + size >= m->room) {
        m->room = 2 * (m->size + size) + 64;
        m->at = realloc(m->at, m->room);
        if (m->at == NULL) {
            abort();
        }
    }
    memcpy(m->at + m->size, bytes, size);
    m->size += size;
}

static inline void put(struct made *m, unsigned width, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < width; i++) {
        bytes[m->big ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
    }
    put_bytes(m, bytes, width);
}

static inline void put_fill(struct made *m, uint32_t size, uint8_t value)
{
    for (uint32_t i = 0; i < size; i++) {
        put_bytes(m, &value, 1);
    }
}

static inline void put_pcap_header(struct made *m, uint32_t magic, uint32_t snap_length,
                                   uint32_t link)
{
    put(m, 4, magic);
    put(m, 2, 2);
    put(m, 2, 4);
    put(m, 8, 0);
    put(m, 4, snap_length);
    put(m, 4, link);
}

static inline void put_pcap_record(struct made *m, uint32_t fraction, uint32_t captured,
                                   uint32_t sent)
{
    put(m, 4, 1700000000);
    put(m, 4, fraction);
    put(m, 4, captured);
    put(m, 4, sent);
    put_fill(m, captured, (uint8_t)captured);
}

static inline void put_block_head(struct made *m, uint32_t type, uint32_t body)
{
    put(m, 4, type);
    put(m, 4, body + 12);
}

static inline void put_section(struct made *m)
{
    put_block_head(m, 0x0a0d0d0a, 16);
    put(m, 4, 0x1a2b3c4d);
    put(m, 2, 1);
    put(m, 2, 0);
    put(m, 8, UINT64_MAX);
    put(m, 4, 28);
}

static inline void put_interface(struct made *m, uint32_t link, uint32_t snap_length)
{
    put_block_head(m, 1, 8);
    put(m, 2, link);
    put(m, 2, 0);
    put(m, 4, snap_length);
    put(m, 4, 20);
}

static inline void put_interface_time(struct made *m, uint8_t resolution, int64_t offset_s)
{
    put_block_head(m, 1, 32);
    put(m, 2, 1);
    put(m, 2, 0);
    put(m, 4, 0);
    put(m, 2, 9);
    put(m, 2, 1);
    put_bytes(m, (const uint8_t[]){ resolution, 0, 0, 0 }, 4);
    put(m, 2, 14);
    put(m, 2, 8);
    put(m, 8, (uint64_t)offset_s);
    put(m, 4, 0);
    put(m, 4, 44);
}

static inline void put_enhanced(struct made *m, uint32_t interface, uint64_t ticks,
                                uint32_t captured, uint32_t sent)
{
    uint32_t padding = -captured & 3;
    put_block_head(m, 6, 20 + captured + padding);
    put(m, 4, interface);
    put(m, 4, ticks >> 32);
    put(m, 4, ticks);
    put(m, 4, captured);
    put(m, 4, sent);
    put_fill(m, captured, (uint8_t)captured);
    put_fill(m, padding, 0);
    put(m, 4, 32 + captured + padding);
}

static inline void write_file(const struct made *m, uint32_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(m->at, 1, size, file) != size || fclose(file) != 0) {
        abort();
    }
}

#endif

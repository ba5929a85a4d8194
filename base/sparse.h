/* base/sparse.h: memory that is mostly zero, written down in fewer bytes and back. */
#ifndef OVERT_BASE_SPARSE_H
#define OVERT_BASE_SPARSE_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes that sparse_pack writes for `size` of them. */
static inline size_t sparse_bound(size_t size)
{
    return size + size / 8 + size / 64 + 16;
}

/* Writes `size` bytes of data to out (sparse_bound bytes); returns how many were written. */
size_t sparse_pack(const void *data, size_t size, uint8_t *out);
/* Fills `size` zeroed bytes at out from what sparse_pack wrote of as many; returns its end. */
const uint8_t *sparse_unpack(const uint8_t *in, void *out, size_t size);

#endif

/* base/keyed_hash.h: 64-bit hash with a secret seed, for tables that strangers fill and for
 * digests of secrets that may be compared but not read. Not a MAC. */
#ifndef OVERT_BASE_KEYED_HASH_H
#define OVERT_BASE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_seed {
    uint64_t word[2];
};

/* A fresh seed from the kernel. */
struct hash_seed hash_seed_random(void);
/* Hash of size bytes; the same seed gives the same value on every machine. */
uint64_t keyed_hash(const void *data, size_t size, struct hash_seed seed);

#endif

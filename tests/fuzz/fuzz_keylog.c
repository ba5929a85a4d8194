/* tests/fuzz/fuzz_keylog.c: any bytes as a key log: whole, and in pieces of the size that the first
 * byte tells. Both ways must give the same. */
#include <stdlib.h>

#include "analyzers/crypto/keylog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keylog *read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    static const struct hash_seed seed;
    struct keylog *keylog = NULL;
    struct keylog_text text = { 0 };
    if (keylog_new(seed, &keylog) != OV_OK) {
        abort();
    }
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        keylog_read(keylog, &text, bytes_of(data + at, (uint32_t)n, (uint32_t)n));
    }
    keylog_end(keylog, &text);
    return keylog;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct keylog *whole = read_in_pieces(data + 1, size - 1, size);
    struct keylog *pieces = read_in_pieces(data + 1, size - 1, data[0] + 1U);
    struct keylog_counts a, b;
    keylog_count(whole, &a);
    keylog_count(pieces, &b);
    if (a.secrets != b.secrets || a.unread != b.unread || a.dropped != b.dropped) {
        abort();
    }
    static const uint8_t random[KEYLOG_RANDOM_SIZE];
    struct keylog_secret secret = { 0 };
    for (int label = 0; label < KEYLOG_LABELS; label++) {
        if (keylog_find(whole, random, (enum keylog_label)label, 1, &secret) &&
            secret.size > KEYLOG_SECRET_MAX) {
            abort();
        }
    }
    keylog_free(whole);
    keylog_free(pieces);
    return 0;
}

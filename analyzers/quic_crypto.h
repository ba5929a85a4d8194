/* analyzers/quic_crypto.h: handshake bytes of one side, from CRYPTO frames in any order. */
#ifndef OVERT_ANALYZERS_QUIC_CRYPTO_H
#define OVERT_ANALYZERS_QUIC_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/budget.h"
#include "base/bytes.h"

enum {
    QUIC_CRYPTO_MAX = 16 * 1024, /* bytes of one side that wait to be read */
    QUIC_CRYPTO_RANGES_MAX = 64, /* pieces with holes between them */
    QUIC_CRYPTO_HEADER = 4,      /* bytes of a message before its body */
};

struct quic_crypto;

/* Keeps the bytes of one frame; *crypto is made when NULL and is then the caller's. What was read
 * or is there already is not kept again. What is kept counts against the budget (NULL = none).
 * false: a cap is reached, or there is no memory. */
bool quic_crypto_add(struct quic_crypto **crypto, uint64_t offset, struct bytes data,
                     struct budget *budget);
/* What is there without a hole, from the first byte not dropped yet; borrowed. */
struct bytes quic_crypto_ready(const struct quic_crypto *crypto);
enum quic_crypto_next {
    QUIC_CRYPTO_NONE, /* not there as a whole yet */
    QUIC_CRYPTO_MESSAGE,
    QUIC_CRYPTO_OVERLONG, /* longer than what is ever kept */
};
/* RFC 8446 4: the next message, borrowed: type(1) length(3) body. The caller drops it with
 * QUIC_CRYPTO_HEADER more bytes. */
enum quic_crypto_next quic_crypto_message(const struct quic_crypto *crypto, uint8_t *ret_type,
                                          struct bytes *ret_body);
/* The first size bytes (at most what is ready) were read. */
void quic_crypto_drop(struct quic_crypto *crypto, uint32_t size);
void quic_crypto_free(struct quic_crypto *crypto);

#endif

/* tests/unit/srtp_vectors.h: packets and keys of the RFCs, as hexadecimal text. */
#ifndef OVERT_TESTS_UNIT_SRTP_VECTORS_H
#define OVERT_TESTS_UNIT_SRTP_VECTORS_H

#include "analyzers/crypto/srtp_tag.h"
#include "tests/check.h"
#include <string.h>

enum { VECTOR_MAX = 128 };

/* Bytes of the text; more than VECTOR_MAX end the program. */
static inline uint32_t from_hex(const char *text, uint8_t *out)
{
    uint32_t n = 0;
    for (const char *at = text; at[0] != '\0'; at += 2) {
        char pair[3] = { at[0], at[1], '\0' };
        if (n == VECTOR_MAX) {
            abort();
        }
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

/* RFC 3711 B.3. */
#define MASTER_128 "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6"
/* RFC 6188 7.1, 7.2. */
#define MASTER_192 "73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1c8522f3acd4ce86d5add78edbb11"
#define MASTER_256                                                                                 \
    "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2"

/* Test packets of libsrtp under the key of RFC 3711 B.3, roll-over counter 0, SRTCP index 1. */
#define SRTP_80  "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
#define SRTCP_80 "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"

/* RFC 7714 16.1.1, 16.2.1, 17.1, 17.2, 17.3: session keys, and packets at roll-over counter 0. */
#define GCM_KEY  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define GCM_SALT "517569642070726f2071756f"
#define GCM_128                                                                                    \
    "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de" \
    "3adf8833899d7f27beb16a9152cf765ee4390cce"
#define GCM_256                                                                                    \
    "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba6" \
    "3799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"
#define GCM_128_RTCP                                                                               \
    "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b468630" \
    "3ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4"
#define GCM_256_RTCP                                                                               \
    "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61d" \
    "e0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4"
#define GCM_128_RTCP_CLEAR                                                                         \
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdead" \
    "beefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4"

static inline struct srtp_key key_of(const char *suite, const char *hex)
{
    struct srtp_key key = { .suite = srtp_key_suite(suite) };
    uint8_t bytes[VECTOR_MAX];
    uint32_t size = from_hex(hex, bytes);
    if (key.suite == NULL || size != (uint32_t)key.suite->key_size + key.suite->salt_size) {
        abort();
    }
    memcpy(key.bytes, bytes, size);
    return key;
}

#endif

/* analyzers/crypto/record_suite.h: the algorithms that a cipher suite protects records with, by its
 * IANA name. */
#ifndef OVERT_ANALYZERS_CRYPTO_RECORD_SUITE_H
#define OVERT_ANALYZERS_CRYPTO_RECORD_SUITE_H

#include <stdbool.h>
#include <stdint.h>

enum record_mode { RECORD_GCM, RECORD_CCM, RECORD_CHACHA, RECORD_CBC };

/* Names are OpenSSL's. */
struct record_suite {
    const char *cipher;
    enum record_mode mode;
    uint8_t key_size;
    uint8_t tag_size;   /* of AEAD */
    uint8_t block_size; /* of CBC */
    const char *mac;    /* digest of the HMAC of CBC */
    uint8_t mac_size;
    const char *hash; /* of the key schedule of TLS 1.2 and 1.3 */
    uint8_t hash_size;
};

/* false: this suite's records cannot be opened (NULL, stream ciphers, what OpenSSL has not got). */
bool record_suite_find(const char *name, struct record_suite *ret_suite);

#endif

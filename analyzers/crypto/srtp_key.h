/* analyzers/crypto/srtp_key.h: master keys of SRTP as a=crypto lines hold them (RFC 4568), and the
 * session keys that are derived from them. */
#ifndef OVERT_ANALYZERS_CRYPTO_SRTP_KEY_H
#define OVERT_ANALYZERS_CRYPTO_SRTP_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    SRTP_KEY_MAX = 46,         /* bytes of a master key and salt: AES-256 and 14 */
    SRTP_KEY_TEXT_MAX = 64,    /* their base64 characters */
    SRTP_KEY_CIPHER_MAX = 32,  /* bytes of a cipher key */
    SRTP_KEY_SALT_SIZE = 14,   /* bytes of a salt in the derivation; those of GCM have 12 */
    SRTP_KEY_AUTH_SIZE = 20,   /* bytes of an HMAC-SHA1 key */
    SRTP_KEY_IDENTIFIER = 128, /* most bytes of an MKI (RFC 4568 6.1) */
};

/* What packets under a suite look like, RFC 3711, RFC 6188, RFC 7714. */
struct srtp_suite {
    const char *name;
    uint8_t key_size, salt_size;     /* bytes */
    uint8_t tag_size, rtcp_tag_size; /* bytes */
    bool gcm;                        /* else HMAC-SHA1 */
};

/* A master key with its salt: a secret. Zeroed = none. */
struct srtp_key {
    const struct srtp_suite *suite;
    uint8_t identifier_size; /* bytes of the MKI in each packet */
    uint8_t bytes[SRTP_KEY_MAX];
};

/* RFC 3711 4.3: labels of session keys. */
enum srtp_key_label {
    SRTP_KEY_CIPHER,
    SRTP_KEY_AUTH,
    SRTP_KEY_SALT,
    SRTP_KEY_RTCP, /* added to those of SRTP */
};

/* The suite of that name, in any spelling of it; NULL: its packets cannot be checked. */
const struct srtp_suite *srtp_key_suite(const char *name);
/* Bytes of the key and salt in that base64 text, with or without padding; 0 when it is none. The
 * caller overwrites ret_bytes. */
uint32_t srtp_key_read(struct bytes text, uint8_t ret_bytes[SRTP_KEY_MAX]);
/* RFC 3711 4.3.1 with a key derivation rate of 0, RFC 6188 3. false: OpenSSL failed. */
bool srtp_key_derive(const struct srtp_key *key, unsigned label, uint8_t *out, uint32_t size);
/* Overwrites what held secrets. */
void srtp_key_wipe(void *memory, size_t size);

#endif

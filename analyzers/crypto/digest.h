/* analyzers/crypto/digest.h: digests of short things, through OpenSSL. */
#ifndef OVERT_ANALYZERS_CRYPTO_DIGEST_H
#define OVERT_ANALYZERS_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "analyzers/flow_record.h"

enum { COMMUNITY_ID_SIZE = 32 }; /* "1:" and 28 base64 characters, with NUL */

enum { DIGEST_SIZE_MAX = 64 };
/* Stronger ones behind weaker ones. */
enum digest_hash { DIGEST_UNKNOWN, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };
enum { DIGEST_HASHES = DIGEST_SHA512 + 1 };

/* By its name in SDP (RFC 8122 5), in any case: "sha-256". */
enum digest_hash digest_named(const char *name, size_t size);
/* Bytes of a digest; 0 = unknown hash. */
uint32_t digest_size(enum digest_hash hash);
/* Returns its bytes, 0 and nothing made for an unknown hash. */
uint32_t digest_make(enum digest_hash hash, const void *data, size_t size,
                     uint8_t ret_digest[DIGEST_SIZE_MAX]);
void digest_sha256(const void *data, size_t size, uint8_t ret_digest[32]);
/* Community ID v1, seed 0 (corelight/community-id-spec), of the flow's tuple. ICMP gives its type
 * pair only when known: else it is left empty (""). */
void digest_community_id(const struct flow_record *record, char ret_text[COMMUNITY_ID_SIZE]);

/* OpenSSL's own version text. */
const char *digest_library_version(void);

#endif

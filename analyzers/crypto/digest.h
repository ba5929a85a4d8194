/* analyzers/crypto/digest.h: SHA-1 and SHA-256 of short things, through OpenSSL. */
#ifndef OVERT_ANALYZERS_CRYPTO_DIGEST_H
#define OVERT_ANALYZERS_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "analyzers/flow_record.h"

enum { COMMUNITY_ID_SIZE = 32 }; /* "1:" and 28 base64 characters, with NUL */

void digest_sha256(const void *data, size_t size, uint8_t ret_digest[32]);
/* Community ID v1, seed 0 (corelight/community-id-spec), of the flow's tuple. ICMP gives its type
 * pair only when known: else it is left empty (""). */
void digest_community_id(const struct flow_record *record, char ret_text[COMMUNITY_ID_SIZE]);

/* OpenSSL's own version text. */
const char *digest_library_version(void);

#endif

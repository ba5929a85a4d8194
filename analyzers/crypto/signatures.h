/* analyzers/crypto/signatures.h: does a signature of a TLS or DTLS handshake, up to version 1.2,
 * verify with the key of a certificate that was shown? */
#ifndef OVERT_ANALYZERS_CRYPTO_SIGNATURES_H
#define OVERT_ANALYZERS_CRYPTO_SIGNATURES_H

#include "analyzers/crypto/certificates.h"
#include "base/bytes.h"
#include "base/status.h"

enum signature_result {
    SIGNATURE_PENDING = 0, /* not decided yet */
    SIGNATURE_VALID,
    SIGNATURE_INVALID,
    SIGNATURE_UNCHECKED,
};

struct signature_claim {
    const uint8_t *signer;      /* SHA-256 of the signer's certificate, 32 bytes */
    const struct bytes *pieces; /* what was signed, in order */
    uint32_t piece_count;
    struct bytes signature;
    uint16_t scheme; /* SignatureScheme; not used with `legacy` */
    bool legacy;     /* before TLS 1.2: the key alone says how it was signed */
};

struct signatures; /* of one thread */

OV_MUST_CHECK enum ov_status signatures_new(struct signatures **ret_signatures);
void signatures_free(struct signatures *signatures);

/* VALID, INVALID or UNCHECKED; of the last, *ret_reason is a constant word, else NULL:
 * no-certificate, unknown-scheme, key-mismatch, key-too-large, no-memory. */
enum signature_result signatures_verify(struct signatures *signatures,
                                        struct certificates *certificates,
                                        const struct signature_claim *claim,
                                        const char **ret_reason);

#endif

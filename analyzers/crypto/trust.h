/* analyzers/crypto/trust.h: chains built to a policy's trust sets, at packet time (RFC 5280 6). */
#ifndef OVERT_ANALYZERS_CRYPTO_TRUST_H
#define OVERT_ANALYZERS_CRYPTO_TRUST_H

#include "analyzers/crypto/certificates.h"
#include "capture/address.h"

enum trust_status {
    TRUST_TRUSTED,
    TRUST_UNTRUSTED,  /* ends at no anchor of the set */
    TRUST_INCOMPLETE, /* an issuer is missing from the presented chain */
    TRUST_EXPIRED,
    TRUST_NOT_YET_VALID,
    TRUST_REVOKED,
    TRUST_UNCHECKED, /* no certificates, or some that it takes are no longer kept */
};

/* "trusted", "untrusted", ...: the words of the flow record. */
const char *trust_status_name(enum trust_status status);

enum { TRUST_CHAIN_MAX = 128 };

struct trust_set;

/* Reads CA certificates (PEM bundle), CRLs (PEM, NULL-ended list or NULL) and pins ("sha256:HEX" of
 * whole certificates, NULL-ended list or NULL); ca_path may be NULL when there are pins. OV_IO,
 * OV_SYNTAX, OV_NOMEM; ret_error (256 bytes) then holds a reason with the path. Caller owns the
 * set. */
OV_MUST_CHECK enum ov_status trust_set_new(const char *ca_path, const char *const *crl_paths,
                                           const char *const *pins, struct trust_set **ret_set,
                                           char *ret_error);
void trust_set_free(struct trust_set *set);

/* Is the chain of count hex SHA-256 (leaf first, as presented) good for the set at time_us? A
 * pinned leaf is trusted if in its validity. ret_error: constant English text or "". No other
 * certificates are used than these (at most TRUST_CHAIN_MAX); behind the leaf, order does not
 * matter. Purpose is not checked (seed rule: serverAuth is enough). What was found is kept for the
 * same question in the same second: a set is of one thread. */
enum trust_status trust_check(const struct trust_set *set, const struct certificates *certificates,
                              const char *const *sha256, uint32_t count, int64_t time_us,
                              const char **ret_error);
enum trust_name { TRUST_NAME_UNKNOWN, TRUST_NAME_MATCH, TRUST_NAME_MISMATCH };
/* Does the leaf bear this DNS name (or address written as text) or, when address is not NULL, that
 * address? */
enum trust_name trust_name_check(const struct certificates *certificates, const char *sha256,
                                 const char *name, const struct address *address);

#endif

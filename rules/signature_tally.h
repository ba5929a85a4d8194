/* rules/signature_tally.h: how many signatures of handshakes were verified, and why others were
 * not. */
#ifndef OVERT_RULES_SIGNATURE_TALLY_H
#define OVERT_RULES_SIGNATURE_TALLY_H

#include "analyzers/facts.h"

enum { SIGNATURE_REASONS = 16 }; /* words of tls.*_reason, and one for words not known here */

/* Of ServerKeyExchange and CertificateVerify, up to TLS and DTLS 1.2. Zeroed = none. */
struct signature_tally {
    uint64_t valid, invalid;
    uint64_t unchecked[SIGNATURE_REASONS]; /* by signature_tally_reason */
};

/* Counts the signatures of one finished flow. */
void signature_tally_add(struct signature_tally *tally, const struct facts *facts);
/* The word that unchecked[i] counts; i < SIGNATURE_REASONS. */
const char *signature_tally_reason(unsigned i);

#endif

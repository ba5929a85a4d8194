/* rules/signature_tally.c: signatures by what became of them; nothing is left out. */
#include "rules/signature_tally.h"

/* As analyzers/tls_signatures.c and crypto/signatures.c name them; the last takes the rest. */
static const char *const reasons[SIGNATURE_REASONS] = {
    "lost-bytes",     "malformed",       "too-long",     "no-memory",
    "no-certificate", "raw-public-key",  "key-mismatch", "key-too-large",
    "unknown-scheme", "unknown-version", "ssl3",         "renegotiated",
    "not-requested",  "sampled-out",     "switched-off", "other",
};

static void add(struct signature_tally *tally, const struct facts *facts,
                enum observation_kind result, enum observation_kind reason)
{
    if (facts_is(facts, result, "valid")) {
        tally->valid++;
    } else if (facts_is(facts, result, "invalid")) {
        tally->invalid++;
    } else if (facts_is(facts, result, "unchecked")) {
        unsigned i = 0;
        while (i < SIGNATURE_REASONS - 1 && !facts_is(facts, reason, reasons[i])) {
            i++;
        }
        tally->unchecked[i]++;
    }
}

void signature_tally_add(struct signature_tally *tally, const struct facts *facts)
{
    add(tally, facts, OBS_TLS_KEY_EXCHANGE_SIGNATURE, OBS_TLS_KEY_EXCHANGE_SIGNATURE_REASON);
    add(tally, facts, OBS_TLS_CERTIFICATE_VERIFY, OBS_TLS_CERTIFICATE_VERIFY_REASON);
}

const char *signature_tally_reason(unsigned i)
{
    return reasons[i];
}

/* analyzers/joins/calls_certificates.c: is a DTLS certificate the one that the SDP announced?
 *
 * Lines of one end are alternatives: those of the strongest hash of a media section decide, and
 * which of several messages was in force is not always known, so that only a certificate that fits
 * nothing of what its party ever announced in the call is another one. */
#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "analyzers/joins/calls_internal.h"
#include "base/text.h"

enum {
    HEX_SIZE = 65,          /* of a SHA-256, with NUL */
    SOON_US = 30 * 1000000, /* later handshakes may follow SDP that was not seen */
};

/* The certificate that an end showed. */
struct shown {
    const struct certificates *certificates;
    struct hash_seed seed;
    char sha256[HEX_SIZE];
};

struct comparison {
    bool fits;   /* the strongest lines of the media section */
    bool near;   /* some other line of the party */
    bool read;   /* there was a line to compare with */
    bool unread; /* and one that could not be */
};

enum fit { FIT_UNKNOWN, FIT_NO, FIT_YES };

static enum fit fit_of(const struct shown *shown, const struct call_fingerprint *line)
{
    uint8_t digest[DIGEST_SIZE_MAX];
    uint32_t size = certificates_digest(shown->certificates, shown->sha256,
                                        (enum digest_hash)line->hash, digest);
    if (size == 0) {
        return FIT_UNKNOWN;
    }
    return keyed_hash(digest, size, shown->seed) == line->value ? FIT_YES : FIT_NO;
}

static void compare_line(const struct shown *shown, const struct call_line *line, bool own,
                         struct comparison *comparison)
{
    uint8_t strongest = DIGEST_UNKNOWN;
    for (unsigned i = 0; i < line->fingerprint_count; i++) {
        strongest = line->fingerprints[i].hash > strongest ? line->fingerprints[i].hash : strongest;
    }
    comparison->unread = comparison->unread || line->fingerprints_unread;
    for (unsigned i = 0; i < line->fingerprint_count; i++) {
        const struct call_fingerprint *one = &line->fingerprints[i];
        enum fit fit = fit_of(shown, one);
        comparison->read = true;
        comparison->unread = comparison->unread || fit == FIT_UNKNOWN;
        comparison->near = comparison->near || fit == FIT_YES;
        comparison->fits = comparison->fits || (own && fit == FIT_YES && one->hash == strongest);
    }
}

/* With all that the party of `known` announced in the call. */
static struct comparison compare(const struct calls *calls, uint32_t call,
                                 const struct shown *shown, const struct call_line *known)
{
    struct comparison comparison = { false, false, false, false };
    certificates_lock(shown->certificates);
    uint32_t at = calls_at(calls, call)->lines;
    while (at != POOL_NONE) {
        const struct call_line *line = calls_line_at(calls, at);
        if (line->party == known->party) {
            compare_line(shown, line, line->section == known->section && !line->passed,
                         &comparison);
        }
        at = line->next;
    }
    certificates_unlock(shown->certificates);
    return comparison;
}

/* The call that was going on when the certificate was shown. */
static struct call_match match_of(const struct calls *calls, const struct flow_record *record,
                                  const struct fact *leaf)
{
    uint64_t order = calls_order(calls, leaf->packet, leaf->time_us);
    const struct call_span then = { leaf->time_us, leaf->time_us, order, order };
    struct call_match match = calls_match_find(calls, record->side, &then);
    return match.call != POOL_NONE ? match : calls_relay_match(calls, record, &then);
}

/* NULL: nothing can be said. */
static const char *say(const struct calls *calls, const struct flow_record *record,
                       const struct fact *leaf, const struct shown *shown)
{
    struct call_match match = match_of(calls, record, leaf);
    const struct call_line *line = match.side[leaf->from & 1];
    if (match.call == POOL_NONE || line == NULL) {
        return NULL;
    }
    struct comparison comparison = compare(calls, match.call, shown, line);
    if (comparison.fits) {
        return "match";
    }
    bool all = comparison.read && !comparison.unread && !comparison.near &&
               !calls_at(calls, match.call)->lines_lost;
    bool sure = match.agreed && !record->lost_nearby && leaf->time_us - record->start_us <= SOON_US;
    if (all && sure) {
        return "mismatch";
    }
    return comparison.read && !comparison.near ? "unknown" : NULL;
}

static void conclude_end(const struct calls *calls, const struct certificates *certificates,
                         struct flow_record *record, bool server)
{
    const struct fact *leaf = facts_find_at(
        record->facts, server ? OBS_SERVER_CERT_SHA256 : OBS_CLIENT_CERT_SHA256, 0, 0);
    if (leaf == NULL) {
        return;
    }
    struct shown shown = { .certificates = certificates, .seed = calls->seed };
    struct text copy = text_into(shown.sha256, sizeof shown.sha256);
    text_put(&copy, facts_text(record->facts, leaf));
    const char *said = say(calls, record, leaf, &shown);
    if (said != NULL) {
        const struct observation obs = {
            .kind = server ? OBS_TLS_SERVER_FINGERPRINT : OBS_TLS_CLIENT_FINGERPRINT,
            .from = leaf->from,
            .text = said,
            .text_size = (uint32_t)strlen(said),
            .packet = leaf->packet,
            .time_us = leaf->time_us,
        };
        facts_put(record->facts, &obs);
    }
}

void calls_certificates_conclude(const struct calls *calls, const struct certificates *certificates,
                                 struct flow_record *record)
{
    const struct fact *version = facts_find(record->facts, OBS_TLS_VERSION);
    bool dtls = version != NULL && strncmp(facts_text(record->facts, version), "DTLS", 4) == 0;
    if (!dtls || certificates == NULL || facts_true(record->facts, OBS_TLS_RESUMED)) {
        return;
    }
    conclude_end(calls, certificates, record, true);
    conclude_end(calls, certificates, record, false);
}

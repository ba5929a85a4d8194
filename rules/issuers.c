/* rules/issuers.c: a ring of distinct digests. */
#include "rules/issuers.h"

#include <string.h>

static bool is_known(const struct issuers *issuers, const char *sha256)
{
    for (uint32_t i = 0; i < issuers->count; i++) {
        if (strcmp(issuers->sha256[i], sha256) == 0) {
            return true;
        }
    }
    return false;
}

static void learn_chain(struct issuers *issuers, const struct facts *facts,
                        enum observation_kind sha256_kind, enum observation_kind ca_kind)
{
    for (const struct fact *f = NULL; (f = facts_next(facts, sha256_kind, f)) != NULL;) {
        const struct fact *ca = facts_find_at(facts, ca_kind, f->index, 0);
        const char *sha256 = facts_text(facts, f);
        if (f->index == 0 || ca == NULL || ca->value == 0 || strlen(sha256) != ISSUERS_HEX - 1 ||
            is_known(issuers, sha256)) {
            continue;
        }
        memcpy(issuers->sha256[issuers->next], sha256, ISSUERS_HEX);
        issuers->next = (issuers->next + 1) % ISSUERS_MAX;
        issuers->count += issuers->count < ISSUERS_MAX;
    }
}

void issuers_learn(struct issuers *issuers, const struct facts *facts)
{
    learn_chain(issuers, facts, OBS_SERVER_CERT_SHA256, OBS_SERVER_CERT_CA);
    learn_chain(issuers, facts, OBS_CLIENT_CERT_SHA256, OBS_CLIENT_CERT_CA);
}

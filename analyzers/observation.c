/* analyzers/observation.c: the word list as a table. */
#include "analyzers/observation.h"

#include <string.h>

static const struct observation_word words[OBS_COUNT] = {
#define X(kind, shape, path, source) [kind] = { shape, path, source },
    OBSERVATIONS(X)
#undef X
};

/* Those that come with every handshake. */
static const bool for_records[OBS_COUNT] = {
    [OBS_TLS_COMPRESSION] = true,
    [OBS_TLS_OFFER_VERSION] = true,
    [OBS_TLS_OFFER_GROUP] = true,
    [OBS_TLS_OFFER_SIGNATURE] = true,
    [OBS_TLS_JA4] = true,
    [OBS_TLS_EXTENDED_MASTER_SECRET] = true,
    [OBS_TLS_SECURE_RENEGOTIATION] = true,
    [OBS_SERVER_CERT_ISSUER] = true,
    [OBS_SERVER_CERT_SERIAL] = true,
    [OBS_SERVER_CERT_SAN] = true,
    [OBS_SERVER_CERT_SELF_SIGNED] = true,
    [OBS_CLIENT_CERT_SERIAL] = true,
    [OBS_CLIENT_CERT_SAN] = true,
    [OBS_CLIENT_CERT_SELF_SIGNED] = true,
};

bool observation_is_for_records(enum observation_kind kind)
{
    return for_records[kind];
}

const struct observation_word *observation_word(enum observation_kind kind)
{
    return &words[kind];
}

bool observation_says(const struct observation *obs, const char *text)
{
    return obs->text_size == strlen(text) && memcmp(obs->text, text, obs->text_size) == 0;
}

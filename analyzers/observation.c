/* analyzers/observation.c: the word list as a table. */
#include "analyzers/observation.h"

static const struct observation_word words[OBS_COUNT] = {
#define X(kind, shape, path, source) [kind] = { shape, path, source },
    OBSERVATIONS(X)
#undef X
};

const struct observation_word *observation_word(enum observation_kind kind)
{
    return &words[kind];
}

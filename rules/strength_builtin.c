/* rules/strength_builtin.c: the strength profiles that are part of the program. */
#include <string.h>

#include "rules/strength_read.h"

/* Made from rules/builtin/strength/NAME.yaml at build time. */
extern const unsigned char strength_rfc9325[], strength_fips_140_3[];
extern const unsigned strength_rfc9325_size, strength_fips_140_3_size;

const char strength_builtin_names[] = "rfc9325, fips-140-3";

static const struct {
    const char *name;
    const unsigned char *text;
    const unsigned *size;
} profiles[] = {
    { "rfc9325", strength_rfc9325, &strength_rfc9325_size },
    { "fips-140-3", strength_fips_140_3, &strength_fips_140_3_size },
};

const unsigned char *strength_builtin_text(const char *name, size_t *ret_size)
{
    for (unsigned i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            *ret_size = *profiles[i].size;
            return profiles[i].text;
        }
    }
    return NULL;
}

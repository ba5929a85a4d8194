/* rules/strength_builtin.c: the strength profiles that are part of the program. */
#include <string.h>

#include "rules/strength_read.h"

/* Made from rules/builtin/strength/NAME.yaml at build time. */
extern const unsigned char strength_rfc9325[], strength_nist_800_52r2[], strength_fips_140_3[],
    strength_bsi_tr_02102_2[], strength_pci_dss_4[], strength_cnsa_1[], strength_cnsa_2[],
    strength_legacy_ocs[];
extern const unsigned strength_rfc9325_size, strength_nist_800_52r2_size, strength_fips_140_3_size,
    strength_bsi_tr_02102_2_size, strength_pci_dss_4_size, strength_cnsa_1_size,
    strength_cnsa_2_size, strength_legacy_ocs_size;

const char strength_builtin_names[] =
    "rfc9325, nist-800-52r2, fips-140-3, bsi-tr-02102-2, pci-dss-4, cnsa-1, cnsa-2, legacy-ocs";

static const struct {
    const char *name;
    const unsigned char *text;
    const unsigned *size;
} profiles[] = {
    { "rfc9325", strength_rfc9325, &strength_rfc9325_size },
    { "nist-800-52r2", strength_nist_800_52r2, &strength_nist_800_52r2_size },
    { "fips-140-3", strength_fips_140_3, &strength_fips_140_3_size },
    { "bsi-tr-02102-2", strength_bsi_tr_02102_2, &strength_bsi_tr_02102_2_size },
    { "pci-dss-4", strength_pci_dss_4, &strength_pci_dss_4_size },
    { "cnsa-1", strength_cnsa_1, &strength_cnsa_1_size },
    { "cnsa-2", strength_cnsa_2, &strength_cnsa_2_size },
    { "legacy-ocs", strength_legacy_ocs, &strength_legacy_ocs_size },
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

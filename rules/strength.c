/* rules/strength.c: the grade of a value under a strength profile. */
#include "rules/strength.h"

#include <string.h>

static const struct {
    const char *name, *phrase;
} kinds[STRENGTH_KINDS] = {
    [STRENGTH_VERSION] = { "versions", "protocol version" },
    [STRENGTH_SUITE] = { "suites", "cipher suite" },
    [STRENGTH_GROUP] = { "groups", "group" },
    [STRENGTH_SIGNATURE] = { "signatures", "signature scheme" },
    [STRENGTH_KEY] = { "keys", "certificate key" },
    [STRENGTH_CERTIFICATE_SIGNATURE] = { "certificate_signatures", "certificate signature" },
    [STRENGTH_SRTP] = { "srtp", "SRTP suite" },
    [STRENGTH_IKE_ENCRYPTION] = { "ike_encryption", "IKE cipher" },
    [STRENGTH_IKE_PRF] = { "ike_prf", "IKE pseudorandom function" },
    [STRENGTH_IKE_INTEGRITY] = { "ike_integrity", "IKE integrity algorithm" },
    [STRENGTH_IKE_GROUP] = { "ike_groups", "IKE group" },
    [STRENGTH_VPN] = { "vpn", "cipher of the tunnel" },
    [STRENGTH_SSH_KEX] = { "ssh_kex", "SSH key exchange" },
    [STRENGTH_SSH_HOST_KEY] = { "ssh_host_keys", "SSH host key algorithm" },
    [STRENGTH_SSH_CIPHER] = { "ssh_ciphers", "SSH cipher" },
    [STRENGTH_SSH_MAC] = { "ssh_macs", "SSH MAC" },
    [STRENGTH_RDP] = { "rdp", "RDP encryption method" },
};

const char *strength_kind_name(enum strength_kind kind)
{
    return kinds[kind].name;
}

const char *strength_kind_phrase(enum strength_kind kind)
{
    return kinds[kind].phrase;
}

const char *strength_grade_name(enum strength_grade grade)
{
    static const char *const names[] = { "good", "acceptable", "weak", "forbidden", "unknown" };
    return names[grade];
}

/* '*' stands for any characters: on a mismatch the last one takes one more. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            again = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static bool speaks_of(const struct strength_entry *entry, const struct strength_value *value)
{
    bool sized = entry->bits_low > 0 || entry->bits_high < UINT32_MAX;
    if (entry->kind != value->kind || (entry->with_etm && !value->etm) ||
        (entry->without_etm && value->etm) ||
        (sized &&
         (value->bits == 0 || value->bits < entry->bits_low || value->bits > entry->bits_high))) {
        return false;
    }
    for (const char *const *name = entry->names; *name != NULL; name++) {
        if (matches(*name, value->name)) {
            return true;
        }
    }
    return false;
}

/* Of what is good enough the worst entry is told; of what is not, every fault. */
static void note(struct strength_finding *finding, const struct strength_entry *entry)
{
    bool first = finding->count == 0, worse = first || entry->grade > finding->grade;
    if (worse && (first || finding->grade < STRENGTH_WEAK)) {
        finding->count = 0;
    } else if (entry->grade < STRENGTH_WEAK || finding->count == STRENGTH_ENTRIES_MAX) {
        return;
    }
    finding->grade = worse ? entry->grade : finding->grade;
    finding->entries[finding->count++] = entry;
}

enum strength_grade strength_grade(const struct strength_profile *profile,
                                   const struct strength_value *value,
                                   struct strength_finding *ret_finding)
{
    struct strength_finding *finding = ret_finding;
    *finding = (struct strength_finding){ .grade = STRENGTH_UNKNOWN };
    for (; profile != NULL && finding->count == 0; profile = profile->base) {
        for (uint32_t i = 0; i < profile->count; i++) {
            if (speaks_of(&profile->entries[i], value)) {
                note(finding, &profile->entries[i]);
            }
        }
    }
    return finding->grade;
}

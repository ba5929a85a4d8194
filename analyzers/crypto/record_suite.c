/* analyzers/crypto/record_suite.c: reads the names of cipher suites (RFC 5246 A.5, RFC 8446 B.4):
 * TLS_[exchange_WITH_]cipher[_hash]. */
#include "analyzers/crypto/record_suite.h"

#include <string.h>

static const struct {
    const char *name;
    struct record_suite suite;
} ciphers[] = {
    /* clang-format off */
    { "AES_128_GCM_",       { "AES-128-GCM", RECORD_GCM, 16, 16, 0, NULL, 0, NULL, 0 } },
    { "AES_256_GCM_",       { "AES-256-GCM", RECORD_GCM, 32, 16, 0, NULL, 0, NULL, 0 } },
    { "ARIA_128_GCM_",      { "ARIA-128-GCM", RECORD_GCM, 16, 16, 0, NULL, 0, NULL, 0 } },
    { "ARIA_256_GCM_",      { "ARIA-256-GCM", RECORD_GCM, 32, 16, 0, NULL, 0, NULL, 0 } },
    { "AES_128_CCM_8",      { "AES-128-CCM", RECORD_CCM, 16, 8, 0, NULL, 0, NULL, 0 } },
    { "AES_256_CCM_8",      { "AES-256-CCM", RECORD_CCM, 32, 8, 0, NULL, 0, NULL, 0 } },
    { "AES_128_CCM",        { "AES-128-CCM", RECORD_CCM, 16, 16, 0, NULL, 0, NULL, 0 } },
    { "AES_256_CCM",        { "AES-256-CCM", RECORD_CCM, 32, 16, 0, NULL, 0, NULL, 0 } },
    { "CHACHA20_POLY1305_", { "ChaCha20-Poly1305", RECORD_CHACHA, 32, 16, 0, NULL, 0, NULL, 0 } },
    { "AES_128_CBC_",       { "AES-128-CBC", RECORD_CBC, 16, 0, 16, NULL, 0, NULL, 0 } },
    { "AES_256_CBC_",       { "AES-256-CBC", RECORD_CBC, 32, 0, 16, NULL, 0, NULL, 0 } },
    { "CAMELLIA_128_CBC_",  { "CAMELLIA-128-CBC", RECORD_CBC, 16, 0, 16, NULL, 0, NULL, 0 } },
    { "CAMELLIA_256_CBC_",  { "CAMELLIA-256-CBC", RECORD_CBC, 32, 0, 16, NULL, 0, NULL, 0 } },
    { "ARIA_128_CBC_",      { "ARIA-128-CBC", RECORD_CBC, 16, 0, 16, NULL, 0, NULL, 0 } },
    { "ARIA_256_CBC_",      { "ARIA-256-CBC", RECORD_CBC, 32, 0, 16, NULL, 0, NULL, 0 } },
    { "3DES_EDE_CBC_",      { "DES-EDE3-CBC", RECORD_CBC, 24, 0, 8, NULL, 0, NULL, 0 } },
    /* clang-format on */
};

static bool ends(const char *name, const char *with)
{
    size_t size = strlen(name), n = strlen(with);
    return size >= n && strcmp(name + size - n, with) == 0;
}

/* RFC 5246 5: SHA-256 unless the suite says otherwise. */
static void read_hash(const char *name, struct record_suite *suite)
{
    bool sha384 = ends(name, "_SHA384");
    suite->hash = sha384 ? "SHA384" : "SHA256";
    suite->hash_size = sha384 ? 48 : 32;
}

static bool read_mac(const char *name, struct record_suite *suite)
{
    static const struct {
        const char *end, *mac;
        uint8_t size;
    } macs[] = { { "_SHA384", "SHA384", 48 }, { "_SHA256", "SHA256", 32 }, { "_SHA", "SHA1", 20 } };
    for (unsigned i = 0; i < sizeof macs / sizeof *macs; i++) {
        if (ends(name, macs[i].end)) {
            suite->mac = macs[i].mac;
            suite->mac_size = macs[i].size;
            return true;
        }
    }
    return false;
}

bool record_suite_find(const char *name, struct record_suite *ret_suite)
{
    const char *with = name != NULL ? strstr(name, "_WITH_") : NULL;
    if (name == NULL || strncmp(name, "TLS_", 4) != 0) {
        return false;
    }
    const char *cipher = with != NULL ? with + 6 : name + 4;
    for (unsigned i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
        if (strncmp(cipher, ciphers[i].name, strlen(ciphers[i].name)) == 0) {
            *ret_suite = ciphers[i].suite;
            read_hash(name, ret_suite);
            return ret_suite->mode != RECORD_CBC || read_mac(name, ret_suite);
        }
    }
    return false;
}

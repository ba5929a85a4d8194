/* analyzers/joins/tunnels_rating.c: NULL and integrity alone are none; DES, 3DES, other ciphers of
 * 64-bit blocks and groups below MODP 2048 are weak; AES, Camellia and ChaCha20-Poly1305 are as
 * good as is asked for. What is not known is unknown. */
#include "analyzers/joins/tunnels_rating.h"

#include <string.h>

#include "analyzers/ike_names.h"

enum { LOOKS_MIN = 3 }; /* packets without anything readable, before that says something */

const char *tunnels_rating_name(enum rating rating)
{
    static const char *const names[] = { "unknown", "none", "weak", "ok128", "strong" };
    return names[rating];
}

/* Weak are MODP below 2048 bits, curves below 256 bits (RFC 2409 6.3 and 6.4, RFC 5114, 6954), and
 * 22 to 24, whose primes nobody can show to hide no trapdoor (RFC 8247 2.4). Numbers that stand for
 * no group, and the curves of RFC 9385, which no strength profile weighs, are unknown. */
static enum rating group_rating(uint16_t group)
{
    static const uint16_t weak[] = { 1, 2, 3, 4, 5, 22, 23, 24, 25, 26, 27 };
    static const uint16_t good[] = {
        14, 15, 16, 17, 18, 19, 20, 21, 28, 29, 30, 31, 32, 35, 36, 37
    };
    for (unsigned i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        if (weak[i] == group) {
            return RATING_WEAK;
        }
    }
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (good[i] == group) {
            return RATING_OK128;
        }
    }
    return RATING_UNKNOWN;
}

/* Those with keys of a size that is agreed on: the attribute must be there (RFC 7296 3.3.5). */
static bool takes_key_bits(uint16_t encryption)
{
    return (encryption >= ENCR_AES_CBC && encryption <= ENCR_AES_CCM_16) ||
           (encryption >= ENCR_AES_GCM_8 && encryption <= ENCR_AES_GCM_16) ||
           (encryption >= ENCR_CAMELLIA_CBC && encryption <= ENCR_CAMELLIA_CCM_16);
}

struct tunnel_rating tunnels_rating_ike(uint64_t sa)
{
    uint16_t encryption = sa & 0xffff, key_bits = sa >> 16 & 0xffff, group = sa >> 32 & 0xffff;
    if (encryption == ENCR_NULL || encryption == ENCR_NULL_AUTH_AES_GMAC ||
        encryption == ENCR_KUZNYECHIK_MGM_MAC_KTREE || encryption == ENCR_MAGMA_MGM_MAC_KTREE) {
        return (struct tunnel_rating){ RATING_NONE, true, "ike-null" };
    }
    if (encryption > 0 && encryption <= ENCR_DES_IV32) {
        return (struct tunnel_rating){ RATING_WEAK, true, "ike-cipher" };
    }
    bool sized = takes_key_bits(encryption);
    if (encryption != ENCR_CHACHA20_POLY1305 && (!sized || key_bits == 0)) {
        return (struct tunnel_rating){ RATING_UNKNOWN, true, "ike-cipher-unknown" };
    }
    if (group_rating(group) == RATING_WEAK) {
        return (struct tunnel_rating){ RATING_WEAK, true, "ike-group" };
    }
    if (sized && key_bits < 128) {
        return (struct tunnel_rating){ RATING_WEAK, true, "ike-key" };
    }
    if (group_rating(group) == RATING_UNKNOWN) {
        return (struct tunnel_rating){ RATING_UNKNOWN, true, "ike-group-unknown" };
    }
    bool strong = !sized || key_bits >= 256;
    return (struct tunnel_rating){ strong ? RATING_STRONG : RATING_OK128, true, "ike" };
}

struct tunnel_rating tunnels_rating_ipsec(const struct facts *facts, uint64_t sa)
{
    if (facts_is(facts, OBS_ESP_CLASS, "null")) {
        return (struct tunnel_rating){ RATING_NONE, true, "readable" };
    }
    if (facts_find(facts, OBS_ESP_CLASS) == NULL) {
        return (struct tunnel_rating){ RATING_NONE, true, "integrity-only" };
    }
    if (facts_is(facts, OBS_ESP_CLASS, "block64")) {
        return (struct tunnel_rating){ RATING_WEAK, false, "block64" };
    }
    struct tunnel_rating ike = tunnels_rating_ike(sa);
    ike.proven = false; /* of the IKE SA it is, but not of ESP */
    if (sa == 0) {
        return (struct tunnel_rating){ RATING_UNKNOWN, false, "no-key-exchange" };
    }
    if (ike.rating <= RATING_WEAK) {
        return ike;
    }
    if (facts_value(facts, OBS_ESP_LOOKED, 0) < LOOKS_MIN ||
        facts_value(facts, OBS_ESP_READABLE, 0) > 0) {
        return (struct tunnel_rating){ RATING_UNKNOWN, false, "too-little-captured" };
    }
    ike.rating = RATING_OK128; /* nothing tells of keys of 256 bits */
    return ike;
}

struct tunnel_rating tunnels_rating_openvpn(const struct facts *facts)
{
    if (facts_is(facts, OBS_OPENVPN_CLASS, "null")) {
        return (struct tunnel_rating){ RATING_NONE, true, "readable" };
    }
    if (facts_find(facts, OBS_OPENVPN_WRAP) == NULL) {
        return (struct tunnel_rating){ RATING_UNKNOWN, false, "no-key-exchange" };
    }
    if (facts_is(facts, OBS_OPENVPN_CLASS, "aead")) {
        return (struct tunnel_rating){ RATING_OK128, false, "aead" };
    }
    if (facts_value(facts, OBS_OPENVPN_LOOKED, 0) < LOOKS_MIN) {
        return (struct tunnel_rating){ RATING_UNKNOWN, false, "too-little-captured" };
    }
    if (facts_is(facts, OBS_OPENVPN_CLASS, "block64")) {
        return (struct tunnel_rating){ RATING_WEAK, false, "block64" };
    }
    if (facts_is(facts, OBS_OPENVPN_CLASS, "block128")) {
        return (struct tunnel_rating){ RATING_OK128, false, "block128" };
    }
    return (struct tunnel_rating){ RATING_UNKNOWN, false, "cipher-unknown" };
}

struct tunnel_rating tunnels_rating_ppp(const struct facts *facts)
{
    if (facts_value(facts, OBS_PPP_ENCRYPTED, 0) == 0) {
        return (struct tunnel_rating){ RATING_NONE, true, "no-cipher" };
    }
    return (struct tunnel_rating){ RATING_WEAK, facts_find(facts, OBS_PPP_MPPE) != NULL, "mppe" };
}

/* Names of RFC 4253, 4344, 5647, 8758 and of OpenSSH, by how they begin. */
enum rating tunnels_rating_ssh(const char *cipher, const char *kex)
{
    static const struct {
        const char *prefix;
        enum rating rating;
    } ciphers[] = {
        { "none", RATING_NONE },
        { "3des", RATING_WEAK },
        { "des", RATING_WEAK },
        { "arcfour", RATING_WEAK },
        { "blowfish", RATING_WEAK },
        { "cast128", RATING_WEAK },
        { "idea", RATING_WEAK },
        { "aes128", RATING_OK128 },
        { "aes192", RATING_OK128 },
        { "aes256", RATING_STRONG },
        { "AEAD_AES_128_GCM", RATING_OK128 },
        { "AEAD_AES_256_GCM", RATING_STRONG },
        { "chacha20-poly1305", RATING_STRONG },
        { "rijndael-cbc@lysator.liu.se", RATING_STRONG },
    };
    enum rating rating = RATING_UNKNOWN;
    for (unsigned i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
        if (strncmp(cipher, ciphers[i].prefix, strlen(ciphers[i].prefix)) == 0) {
            rating = ciphers[i].rating;
        }
    }
    bool weak_kex = strcmp(kex, "diffie-hellman-group1-sha1") == 0; /* MODP 1024: RFC 9142 3.4 */
    return weak_kex && rating > RATING_WEAK ? RATING_WEAK : rating;
}

struct tunnel_rating tunnels_rating_records(const struct facts *facts, bool proven)
{
    static const struct {
        const char *part; /* of the IANA name; the first that fits */
        enum rating rating;
        const char *reason;
    } suites[] = {
        { "NULL", RATING_NONE, "suite-null" },  { "EXPORT", RATING_WEAK, "suite-weak" },
        { "RC4", RATING_WEAK, "suite-weak" },   { "RC2", RATING_WEAK, "suite-weak" },
        { "DES_", RATING_WEAK, "suite-weak" },  { "IDEA", RATING_WEAK, "suite-weak" },
        { "AES_256", RATING_STRONG, "suite" },  { "CAMELLIA_256", RATING_STRONG, "suite" },
        { "ARIA_256", RATING_STRONG, "suite" }, { "CHACHA20", RATING_STRONG, "suite" },
        { "AES_128", RATING_OK128, "suite" },   { "CAMELLIA_128", RATING_OK128, "suite" },
        { "ARIA_128", RATING_OK128, "suite" },
    };
    const struct fact *suite = facts_find(facts, OBS_TLS_CIPHER);
    const char *name = facts_text(facts, suite);
    if (proven && suite == NULL && facts_find(facts, OBS_TLS_VERSION) == NULL) {
        return (struct tunnel_rating){ RATING_NONE, proven, "no-cipher" };
    }
    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        if (strstr(name, suites[i].part) != NULL) {
            return (struct tunnel_rating){ suites[i].rating, proven, suites[i].reason };
        }
    }
    return (struct tunnel_rating){ RATING_UNKNOWN, proven, "suite-unknown" };
}

struct tunnel_rating tunnels_rating_wireguard(const struct facts *facts)
{
    bool answered = facts_has(facts, OBS_WIREGUARD_MESSAGE, "response");
    return (struct tunnel_rating){ RATING_STRONG, answered, "wireguard" };
}

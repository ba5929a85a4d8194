/* analyzers/crypto/digest.c: digests of short things, and the Community ID of a flow. */
#include "analyzers/crypto/digest.h"

/* OpenSSL 3 looks an algorithm up by its name at every one-shot digest, which costs four times what
 * the digest of a short thing does; the calls that do not are deprecated there, and no worse. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

enum { TUPLE_MAX = 2 + 16 + 16 + 2 + 2 + 2 }; /* seed, addresses, protocol and zero, ports */

void digest_sha256(const void *data, size_t size, uint8_t ret_digest[32])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data, size);
    SHA256_Final(ret_digest, &context);
}

enum digest_hash digest_named(const char *name, size_t size)
{
    static const char *const names[DIGEST_HASHES] = { "", "sha-1", "sha-256", "sha-384",
                                                      "sha-512" };
    for (unsigned i = DIGEST_SHA1; i < DIGEST_HASHES; i++) {
        if (strlen(names[i]) == size && strncasecmp(name, names[i], size) == 0) {
            return (enum digest_hash)i;
        }
    }
    return DIGEST_UNKNOWN;
}

uint32_t digest_size(enum digest_hash hash)
{
    static const uint8_t sizes[DIGEST_HASHES] = { 0, SHA_DIGEST_LENGTH, SHA256_DIGEST_LENGTH,
                                                  SHA384_DIGEST_LENGTH, SHA512_DIGEST_LENGTH };
    return sizes[hash];
}

uint32_t digest_make(enum digest_hash hash, const void *data, size_t size,
                     uint8_t ret_digest[DIGEST_SIZE_MAX])
{
    switch (hash) {
    case DIGEST_SHA1:
        SHA1(data, size, ret_digest);
        break;
    case DIGEST_SHA256:
        digest_sha256(data, size, ret_digest);
        break;
    case DIGEST_SHA384:
        SHA384(data, size, ret_digest);
        break;
    case DIGEST_SHA512:
        SHA512(data, size, ret_digest);
        break;
    case DIGEST_UNKNOWN:
        break;
    }
    return digest_size(hash);
}

static bool has_ports(uint8_t l4)
{
    return l4 == IPPROTO_TCP || l4 == IPPROTO_UDP || l4 == IPPROTO_SCTP;
}

static size_t put_address(uint8_t *at, const struct address *address)
{
    bool four = address_is_ipv4(address);
    size_t size = four ? 4 : 16;
    struct address sent = address_as_sent(address);
    memcpy(at, sent.byte + (16 - size), size);
    return size;
}

static size_t put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)(value & 0xff);
    return 2;
}

/* community-id-spec v1: seed(2) address(4, 16) address protocol(1) zero(1) port(2) port(2), the end
 * with the smaller (address, port) first. */
static size_t put_tuple(const struct flow_record *record, uint8_t tuple[TUPLE_MAX])
{
    const struct flow_end *low = &record->side[0];
    const struct flow_end *high = &record->side[1];
    int order = memcmp(low->address.byte, high->address.byte, sizeof low->address.byte);
    if (order > 0 || (order == 0 && low->port > high->port)) {
        low = &record->side[1];
        high = &record->side[0];
    }
    size_t n = put_u16(tuple, 0);
    n += put_address(tuple + n, &low->address);
    n += put_address(tuple + n, &high->address);
    tuple[n++] = record->l4;
    tuple[n++] = 0;
    if (has_ports(record->l4)) {
        n += put_u16(tuple + n, low->port);
        n += put_u16(tuple + n, high->port);
    }
    return n;
}

void digest_community_id(const struct flow_record *record, char ret_text[COMMUNITY_ID_SIZE])
{
    ret_text[0] = '\0';
    if (record->l4 == IPPROTO_ICMP || record->l4 == IPPROTO_ICMPV6) {
        return; /* its type and code, which stand for ports, are not part of a flow */
    }
    uint8_t tuple[TUPLE_MAX];
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA1(tuple, put_tuple(record, tuple), digest);
    memcpy(ret_text, "1:", 2);
    EVP_EncodeBlock((unsigned char *)ret_text + 2, digest, sizeof digest);
}

const char *digest_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

/* capture/address.c: comparing, reading and printing addresses. */
#include "capture/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
/* Of addresses that were IPv4-mapped in an IPv6 header; in ::/8, which the IETF keeps. */
static const uint8_t apart_prefix[12] = { 0, 'm', 'a', 'p', 'p', 'e', 'd', 0, 0, 0, 0xff, 0xff };

struct address address_of_ipv4(const uint8_t four[4])
{
    struct address a;
    memcpy(a.byte, mapped_prefix, sizeof mapped_prefix);
    memcpy(a.byte + sizeof mapped_prefix, four, 4);
    return a;
}

static bool is_apart(const struct address *a)
{
    return memcmp(a->byte, apart_prefix, sizeof apart_prefix) == 0;
}

struct address address_of_ipv6(const uint8_t sixteen[16])
{
    struct address a;
    memcpy(a.byte, sixteen, sizeof a.byte);
    if (address_is_ipv4(&a)) {
        memcpy(a.byte, apart_prefix, sizeof apart_prefix);
    }
    return a;
}

struct address address_as_sent(const struct address *a)
{
    struct address sent = *a;
    if (is_apart(a)) {
        memcpy(sent.byte, mapped_prefix, sizeof mapped_prefix);
    }
    return sent;
}

bool address_is_ipv4(const struct address *a)
{
    return memcmp(a->byte, mapped_prefix, sizeof mapped_prefix) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->byte, b->byte, sizeof a->byte) == 0;
}

/* Group i, 0 to 7, of the IPv6 form. */
static unsigned group_at(const struct address *a, unsigned i)
{
    return (unsigned)a->byte[(size_t)2 * i] << 8 | a->byte[(size_t)2 * i + 1];
}

static unsigned zero_groups_from(const struct address *a, unsigned i)
{
    unsigned count = 0;
    while (i + count < 8 && group_at(a, i + count) == 0) {
        count++;
    }
    return count;
}

/* RFC 5952 4.2: "::" stands for the longest run of at least two zero groups, the first of equals.
 */
static void put_ipv6(struct text *t, const struct address *a)
{
    unsigned run = 1, run_at = 8;
    for (unsigned i = 0; i < 8; i++) {
        unsigned count = zero_groups_from(a, i);
        if (count > run) {
            run = count;
            run_at = i;
        }
    }
    bool colon = false;
    for (unsigned i = 0; i < 8; i++) {
        if (i == run_at) {
            text_put(t, "::");
            i += run - 1;
            colon = false;
            continue;
        }
        text_printf(t, "%s%x", colon ? ":" : "", group_at(a, i));
        colon = true;
    }
}

const char *address_text(const struct address *a, char *buffer)
{
    struct text t = text_into(buffer, ADDRESS_TEXT_SIZE);
    if (address_is_ipv4(a) || is_apart(a)) {
        text_put(&t, is_apart(a) ? "::ffff:" : "");
        text_printf(&t, "%u.%u.%u.%u", a->byte[12], a->byte[13], a->byte[14], a->byte[15]);
    } else {
        put_ipv6(&t, a);
    }
    return buffer;
}

bool address_parse(const char *text, uint32_t size, struct address *ret_address)
{
    char copy[ADDRESS_TEXT_SIZE];
    uint8_t four[4];
    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size) != NULL) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (inet_pton(AF_INET, copy, four) == 1) {
        *ret_address = address_of_ipv4(four);
        return true;
    }
    struct address a;
    if (inet_pton(AF_INET6, copy, a.byte) != 1) {
        return false;
    }
    *ret_address = a;
    return true;
}

bool address_in(const struct address *a, const struct address *network, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (bits >= 128) {
        return address_equal(a, network);
    }
    unsigned differ = (unsigned)(a->byte[whole] ^ network->byte[whole]);
    return memcmp(a->byte, network->byte, whole) == 0 && differ >> (8 - rest) == 0;
}

bool address_is_multicast(const struct address *a)
{
    static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
    if (!address_is_ipv4(a)) {
        return a->byte[0] == 0xff;
    }
    return (a->byte[12] & 0xf0) == 0xe0 || memcmp(a->byte + 12, broadcast, 4) == 0;
}

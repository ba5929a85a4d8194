/* capture/address.h: IP addresses as 16 bytes, IPv4 as ::ffff:a.b.c.d. */
#ifndef OVERT_CAPTURE_ADDRESS_H
#define OVERT_CAPTURE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_TEXT_SIZE = 46 }; /* longest text with its NUL */

struct address {
    uint8_t byte[16];
};

struct address address_of_ipv4(const uint8_t four[4]);
/* An address out of an IPv6 header. One that is IPv4-mapped there (RFC 4291 2.5.5.2) is not the
 * IPv4 host of that number: it becomes one of ours that no IPv4 address equals. */
struct address address_of_ipv6(const uint8_t sixteen[16]);
/* The 16 bytes as an IPv6 header has them. */
struct address address_as_sent(const struct address *a);
bool address_is_ipv4(const struct address *a);
/* Eight bytes as the number whose order is that of the bytes. */
static inline uint64_t address_number(const uint8_t *eight)
{
    return (uint64_t)eight[0] << 56 | (uint64_t)eight[1] << 48 | (uint64_t)eight[2] << 40 |
           (uint64_t)eight[3] << 32 | (uint64_t)eight[4] << 24 | (uint64_t)eight[5] << 16 |
           (uint64_t)eight[6] << 8 | eight[7];
}

/* Below, above or equal 0 as a stands before or after b, byte by byte; asked for every packet. */
static inline int address_order(const struct address *a, const struct address *b)
{
    uint64_t x = address_number(a->byte), y = address_number(b->byte);
    if (x == y) {
        x = address_number(a->byte + 8);
        y = address_number(b->byte + 8);
    }
    return (x > y) - (x < y);
}

bool address_equal(const struct address *a, const struct address *b);
/* RFC 5952 text; buffer has ADDRESS_TEXT_SIZE bytes; returns buffer. */
const char *address_text(const struct address *a, char *buffer);
/* Reads "192.0.2.1" or "2001:db8::1" (size characters, no NUL needed); false when it is neither. */
bool address_parse(const char *text, uint32_t size, struct address *ret_address);
/* Do the first `bits` bits agree (bits counted in the 128-bit form: IPv4 /8 is 104)? */
bool address_in(const struct address *a, const struct address *network, unsigned bits);
/* 224/4, ff00::/8 or 255.255.255.255. */
bool address_is_multicast(const struct address *a);

#endif

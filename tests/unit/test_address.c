/* tests/unit/test_address.c: reading, printing and comparing addresses. */
#include "capture/address.h"

#include <string.h>

#include "tests/check.h"

static struct address of(const char *text)
{
    struct address a = { { 0 } };
    CHECK(address_parse(text, (uint32_t)strlen(text), &a));
    return a;
}

static bool prints_as(const char *text, const char *want)
{
    char buffer[ADDRESS_TEXT_SIZE];
    struct address a = of(text);
    return strcmp(address_text(&a, buffer), want) == 0;
}

static void address_text_follows_rfc_5952(void)
{
    CHECK(prints_as("192.0.2.1", "192.0.2.1"));
    CHECK(prints_as("255.255.255.255", "255.255.255.255"));
    CHECK(prints_as("::", "::"));
    CHECK(prints_as("::1", "::1"));
    CHECK(prints_as("1::", "1::"));
    CHECK(prints_as("2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1"));
    CHECK(prints_as("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"));
    CHECK(prints_as("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"));
    CHECK(prints_as("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"));
    CHECK(prints_as("::ffff:192.0.2.1", "192.0.2.1"));
    CHECK(prints_as("::192.0.2.1", "::c000:201"));
    CHECK(prints_as("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

static void address_parse_refuses_what_is_no_address(void)
{
    static const char *const wrong[] = { "",    "1.2.3",   "1.2.3.4.5", "256.1.1.1",
                                         "1:2", ":::",     "1.2.3.4 ",  "fe80::1%eth0",
                                         "x",   "1.2.3.x", "::1/64" };
    struct address a = of("192.0.2.1"), before = a;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(!address_parse(wrong[i], (uint32_t)strlen(wrong[i]), &a));
    }
    char longer[64];
    memset(longer, '1', sizeof longer);
    CHECK(!address_parse(longer, sizeof longer, &a));
    CHECK(!address_parse("1.2.3.4\0x", 9, &a));
    CHECK(address_equal(&a, &before));
    CHECK(address_parse("192.0.2.77", 9, &a)); /* size, not NUL, ends the text */
    before = of("192.0.2.7");
    CHECK(address_equal(&a, &before));
}

static void address_knows_ipv4(void)
{
    struct address four = address_of_ipv4((const uint8_t[]){ 192, 0, 2, 1 });
    struct address same = of("192.0.2.1"), six = of("2001:db8::1");
    CHECK(address_equal(&four, &same));
    CHECK(address_is_ipv4(&four));
    CHECK(!address_is_ipv4(&six));
}

static bool in(const char *text, const char *network, unsigned bits)
{
    struct address a = of(text), n = of(network);
    return address_in(&a, &n, bits);
}

/* RFC 4291 2.5.5.2, in an IPv6 header: another host than the IPv4 address it names. */
static void address_mapped_on_the_wire_is_not_the_ipv4_host(void)
{
    static const uint8_t wire[16] = { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, 1 };
    struct address ipv4 = address_of_ipv4(wire + 12), ipv6 = address_of_ipv6(wire);
    char text[ADDRESS_TEXT_SIZE];
    CHECK(!address_equal(&ipv4, &ipv6));
    CHECK(!address_is_ipv4(&ipv6));
    CHECK(strcmp(address_text(&ipv6, text), "::ffff:192.0.2.1") == 0);
    CHECK(memcmp(address_as_sent(&ipv6).byte, wire, sizeof wire) == 0);
    CHECK(strcmp(address_text(&ipv4, text), "192.0.2.1") == 0);
    CHECK(memcmp(address_as_sent(&ipv4).byte, wire, sizeof wire) == 0);
    struct address other = address_of_ipv6((const uint8_t[16]){ 0x20, 1, [15] = 1 });
    CHECK(strcmp(address_text(&other, text), "2001::1") == 0);
    CHECK(address_equal(&other, &(struct address){ { 0x20, 1, [15] = 1 } }));
}

static void address_in_compares_the_first_bits(void)
{
    CHECK(in("10.255.1.2", "10.0.0.0", 104));
    CHECK(!in("11.0.0.0", "10.0.0.0", 104));
    CHECK(in("172.31.0.1", "172.16.0.0", 108));
    CHECK(!in("172.32.0.1", "172.16.0.0", 108));
    CHECK(in("10.0.0.1", "10.0.0.1", 128));
    CHECK(!in("10.0.0.1", "10.0.0.0", 128));
    CHECK(in("10.0.0.1", "10.0.0.0", 127));
    CHECK(in("::1", "ffff::", 0));
    CHECK(!in("fd00::1", "fe00::", 7));
    CHECK(in("fd00::1", "fc00::", 7));
}

static void address_multicast_of_both_versions(void)
{
    static const char *const yes[] = { "224.0.0.1", "239.255.255.255", "255.255.255.255",
                                       "ff02::1" };
    static const char *const no[] = { "223.255.255.255", "240.0.0.1", "255.255.255.254",
                                      "fe80::1" };
    for (size_t i = 0; i < 4; i++) {
        struct address a = of(yes[i]), b = of(no[i]);
        CHECK(address_is_multicast(&a));
        CHECK(!address_is_multicast(&b));
    }
}

int main(void)
{
    address_text_follows_rfc_5952();
    address_parse_refuses_what_is_no_address();
    address_knows_ipv4();
    address_mapped_on_the_wire_is_not_the_ipv4_host();
    address_in_compares_the_first_bits();
    address_multicast_of_both_versions();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

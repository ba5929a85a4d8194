/* tests/unit/test_digest.c: SHA-256 and Community IDs against published values. */
#include <netinet/in.h>
#include <string.h>

#include "analyzers/crypto/digest.h"
#include "tests/check.h"

static struct flow_record record_of(uint8_t l4, const char *from, uint16_t from_port,
                                    const char *to, uint16_t to_port)
{
    struct flow_record r = { .l4 = l4 };
    CHECK(address_parse(from, (uint32_t)strlen(from), &r.side[0].address));
    CHECK(address_parse(to, (uint32_t)strlen(to), &r.side[1].address));
    r.side[0].port = from_port;
    r.side[1].port = to_port;
    return r;
}

static bool has_id(const struct flow_record *record, const char *want)
{
    char text[COMMUNITY_ID_SIZE];
    digest_community_id(record, text);
    return strcmp(text, want) == 0;
}

static void published_community_ids_come_out(void)
{
    struct flow_record tcp = record_of(IPPROTO_TCP, "128.232.110.120", 34855, "66.35.250.204", 80);
    CHECK(has_id(&tcp, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="));
    struct flow_record udp = record_of(IPPROTO_UDP, "192.168.1.52", 54585, "8.8.8.8", 53);
    CHECK(has_id(&udp, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="));
    struct flow_record six = record_of(IPPROTO_TCP, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
                                       "2607:f8b0:400c:c03::1a", 25);
    CHECK(has_id(&six, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="));
}

static void both_directions_have_one_id(void)
{
    struct flow_record there =
        record_of(IPPROTO_TCP, "66.35.250.204", 80, "128.232.110.120", 34855);
    CHECK(has_id(&there, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="));
    struct flow_record a = record_of(IPPROTO_UDP, "10.0.0.1", 5, "10.0.0.1", 4);
    struct flow_record b = record_of(IPPROTO_UDP, "10.0.0.1", 4, "10.0.0.1", 5);
    char text[COMMUNITY_ID_SIZE];
    digest_community_id(&a, text);
    CHECK(has_id(&b, text));
    CHECK_EQ(strlen(text), COMMUNITY_ID_SIZE - 2);
}

static void flows_without_ports_leave_them_out(void)
{
    struct flow_record esp = record_of(IPPROTO_ESP, "10.0.0.1", 0, "10.0.0.2", 0);
    struct flow_record odd = record_of(IPPROTO_ESP, "10.0.0.1", 7, "10.0.0.2", 9);
    char text[COMMUNITY_ID_SIZE];
    digest_community_id(&esp, text);
    CHECK(has_id(&odd, text));
    struct flow_record sctp = record_of(IPPROTO_SCTP, "10.0.0.1", 7, "10.0.0.2", 9);
    digest_community_id(&sctp, text);
    sctp.side[0].port = 8;
    CHECK(!has_id(&sctp, text));
}

static void icmp_has_no_id(void)
{
    struct flow_record four = record_of(IPPROTO_ICMP, "10.0.0.1", 0, "10.0.0.2", 0);
    struct flow_record six = record_of(IPPROTO_ICMPV6, "fe80::1", 0, "fe80::2", 0);
    CHECK(has_id(&four, "") && has_id(&six, ""));
}

static void sha_256_of_abc_is_the_standards_own(void)
{
    static const uint8_t want[32] = { /* FIPS 180-2 B.1 */
                                      0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                      0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                      0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                      0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad
    };
    uint8_t got[32];
    digest_sha256("abc", 3, got);
    CHECK(memcmp(got, want, sizeof want) == 0);
    CHECK(strncmp(digest_library_version(), "OpenSSL", 7) == 0);
}

/* RFC 8122 5 names them; FIPS 180-2 A.1, B.1, and D.1, C.1 of FIPS 180-2 with change notice. */
static void hashes_are_known_by_their_names_in_sdp(void)
{
    static const struct {
        const char *name;
        uint32_t size;
        uint8_t first, last;
    } of_abc[] = {
        { "sha-1", 20, 0xa9, 0x9d },
        { "SHA-256", 32, 0xba, 0xad },
        { "sha-384", 48, 0xcb, 0xa7 },
        { "sha-512", 64, 0xdd, 0x9f },
    };
    uint8_t got[DIGEST_SIZE_MAX];
    for (unsigned i = 0; i < sizeof of_abc / sizeof *of_abc; i++) {
        enum digest_hash hash = digest_named(of_abc[i].name, strlen(of_abc[i].name));
        CHECK_EQ(digest_size(hash), of_abc[i].size);
        CHECK_EQ(digest_make(hash, "abc", 3, got), of_abc[i].size);
        CHECK_EQ(got[0], of_abc[i].first);
        CHECK_EQ(got[of_abc[i].size - 1], of_abc[i].last);
    }
    CHECK(digest_named("sha-2567", 8) == DIGEST_UNKNOWN &&
          digest_named("md5", 3) == DIGEST_UNKNOWN);
    CHECK_EQ(digest_make(DIGEST_UNKNOWN, "abc", 3, got), 0);
}

int main(void)
{
    hashes_are_known_by_their_names_in_sdp();
    published_community_ids_come_out();
    both_directions_have_one_id();
    flows_without_ports_leave_them_out();
    icmp_has_no_id();
    sha_256_of_abc_is_the_standards_own();
    return check_failures > 0;
}

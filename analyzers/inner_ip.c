/* analyzers/inner_ip.c: IP headers by their lengths and sums (RFC 791 3.1, RFC 8200 3). */
#include "analyzers/inner_ip.h"

#include <netinet/in.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* RFC 1071: the sum over a right header is 0xffff. */
static bool is_sum_right(struct bytes in, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < size; i += 2) {
        sum += bytes_u16(&in);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return bytes_ok(&in) && (sum & 0xffff) + (sum >> 16) == 0xffff;
}

bool inner_ip_is_at(const struct bytes *in, uint32_t room)
{
    struct bytes at = *in;
    uint32_t sent = bytes_sent(in);
    uint8_t first = bytes_u8(&at);
    if (first >> 4 == 4) {
        uint32_t header = (first & 15U) * 4U;
        bytes_u8(&at);
        uint32_t total = bytes_u16(&at);
        return header >= IPV4_HEADER && total >= header && total <= sent && sent - total <= room &&
               is_sum_right(*in, header);
    }
    bytes_skip(&at, 3);
    uint32_t total = bytes_u16(&at) + (uint32_t)IPV6_HEADER;
    uint8_t next = bytes_u8(&at);
    bool known = next == IPPROTO_TCP || next == IPPROTO_UDP || next == IPPROTO_ICMPV6;
    return bytes_ok(&at) && first >> 4 == 6 && known && bytes_left(in) >= IPV6_HEADER &&
           total <= sent && sent - total <= room;
}

/* reports/json_transport.c: one list, to write by and to read by. */
#include "reports/json_transport.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct {
    uint8_t l4;
    const char *name;
} names[] = {
    { IPPROTO_TCP, "tcp" },      { IPPROTO_UDP, "udp" }, { IPPROTO_SCTP, "sctp" },
    { IPPROTO_ICMP, "icmp" },    { IPPROTO_ESP, "esp" }, { IPPROTO_AH, "ah" },
    { IPPROTO_ICMPV6, "icmp6" }, { IPPROTO_GRE, "gre" },
};
static const char other[] = "ip-proto-";

const char *json_transport_text(uint8_t l4, char *buffer)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].l4 == l4) {
            return names[i].name;
        }
    }
    struct text t = text_into(buffer, JSON_TRANSPORT_SIZE);
    text_printf(&t, "%s%u", other, l4);
    return buffer;
}

bool json_transport_read(const char *text, uint8_t *ret_l4)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, text) == 0) {
            *ret_l4 = names[i].l4;
            return true;
        }
    }
    if (strncmp(text, other, sizeof other - 1) != 0) {
        return false;
    }
    const char *digits = text + sizeof other - 1;
    unsigned long number = strtoul(digits, NULL, 10);
    char again[JSON_TRANSPORT_SIZE];
    if (number > UINT8_MAX || strcmp(json_transport_text((uint8_t)number, again), text) != 0) {
        return false;
    }
    *ret_l4 = (uint8_t)number;
    return true;
}

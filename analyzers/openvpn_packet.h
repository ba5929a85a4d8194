/* analyzers/openvpn_packet.h: one packet of OpenVPN as it is on the wire, without the length that
 * TCP has in front. */
#ifndef OVERT_ANALYZERS_OPENVPN_PACKET_H
#define OVERT_ANALYZERS_OPENVPN_PACKET_H

#include <stdbool.h>

#include "base/bytes.h"

/* ssl_pkt.h of OpenVPN. */
enum openvpn_opcode {
    OPENVPN_RESET_CLIENT_V1 = 1,
    OPENVPN_RESET_SERVER_V1 = 2,
    OPENVPN_SOFT_RESET = 3,
    OPENVPN_CONTROL = 4,
    OPENVPN_ACK = 5,
    OPENVPN_DATA_V1 = 6,
    OPENVPN_RESET_CLIENT_V2 = 7,
    OPENVPN_RESET_SERVER_V2 = 8,
    OPENVPN_DATA_V2 = 9,
    OPENVPN_RESET_CLIENT_V3 = 10,
    OPENVPN_CONTROL_WKC = 11,
};

/* How the control channel is wrapped. */
enum openvpn_wrap { OPENVPN_UNKNOWN, OPENVPN_PLAIN, OPENVPN_TLS_AUTH, OPENVPN_TLS_CRYPT };

struct openvpn_layout {
    enum openvpn_wrap wrap;
    uint8_t digest; /* bytes of the HMAC of tls-auth, else 0 */
};

/* Is this the first packet of one side (a hard reset)? Tells the layout by its size and its ids. */
bool openvpn_packet_is_reset(const struct bytes *in, struct openvpn_layout *ret_layout);
/* Steps over all in front of the TLS of a control packet that is not encrypted as a whole; its
 * place in the order of its side's packets. False: it is none, or not whole. */
bool openvpn_packet_control(struct bytes *in, const struct openvpn_layout *layout,
                            uint32_t *ret_id);
/* Is this a ping of OpenVPN without encryption, or an IP packet with nothing around it? */
bool openvpn_packet_is_bare(const struct bytes *in);
/* Is there an IP packet behind the header of a data packet (in: behind that), where there is none
 * with encryption? */
bool openvpn_packet_is_readable(const struct bytes *in);

static inline uint8_t openvpn_packet_opcode(const struct bytes *in)
{
    int first = bytes_peek(in, 0);
    return first < 0 ? 0 : (uint8_t)(first >> 3);
}

#endif

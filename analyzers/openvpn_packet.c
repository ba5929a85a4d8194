/* analyzers/openvpn_packet.c: the formats of ssl_pkt.c, tls_crypt.c and crypto.c of OpenVPN 2.6. */
#include "analyzers/openvpn_packet.h"

#include "analyzers/inner_ip.h"

enum {
    SESSION_END = 9, /* opcode and key id(1) session id(8) */
    REPLAY_SIZE = 8, /* packet id(4) time(4) */
    CRYPT_TAG = 32,  /* HMAC-SHA-256 */
    ID_SIZE = 4,
    ACKS_MAX = 8,
    RESETS_MAX = 16,       /* a first packet is sent again and again, and counted */
    TIME_MIN = 0x40000000, /* 2004 */
    PING_SIZE = 16,
    RESET_MAX = 32,      /* bytes under keys in a reset: ids, and what is negotiated early */
    EARLY_ID = 0x010000, /* of a client that can negotiate early */
};

static const uint8_t digests[] = { 20, 32, 64, 48, 28, 16 };

/* acknowledged(1) their ids(4 each) the peer's session id(8, with ids) own id(4): no more follows
 */
static bool ends_as_reset(struct bytes in)
{
    uint8_t acks = bytes_u8(&in);
    bytes_skip(&in, acks > 0 ? acks * (uint32_t)ID_SIZE + 8 : 0);
    uint32_t id = bytes_u32(&in);
    return acks <= 1 && id == 0 && bytes_ok(&in) && bytes_sent(&in) == 0;
}

/* packet id(4) time(4): the first ones */
static bool is_replay(struct bytes in, bool v3)
{
    uint32_t id = bytes_u32(&in);
    uint32_t time = bytes_u32(&in);
    id &= v3 ? 0x00ffffff : UINT32_MAX; /* one asks for more by the first byte of its id */
    bool first = id > 0 && (id <= RESETS_MAX || (v3 && id - EARLY_ID <= RESETS_MAX));
    return bytes_ok(&in) && first && time >= TIME_MIN;
}

static bool is_tls_auth(const struct bytes *session_end, struct openvpn_layout *ret_layout)
{
    for (unsigned i = 0; i < sizeof digests; i++) {
        struct bytes in = *session_end;
        bytes_skip(&in, digests[i]);
        struct bytes end = in;
        bytes_skip(&end, REPLAY_SIZE);
        if (bytes_ok(&end) && is_replay(in, false) && ends_as_reset(end)) {
            *ret_layout = (struct openvpn_layout){ OPENVPN_TLS_AUTH, digests[i] };
            return true;
        }
    }
    return false;
}

bool openvpn_packet_is_reset(const struct bytes *in, struct openvpn_layout *ret_layout)
{
    struct bytes at = *in;
    uint8_t first = bytes_u8(&at);
    uint8_t opcode = first >> 3;
    bool old = opcode == OPENVPN_RESET_CLIENT_V1 || opcode == OPENVPN_RESET_SERVER_V1;
    bool v2 = opcode == OPENVPN_RESET_CLIENT_V2 || opcode == OPENVPN_RESET_SERVER_V2;
    bool v3 = opcode == OPENVPN_RESET_CLIENT_V3;
    bytes_skip(&at, SESSION_END - 1);
    if ((!old && !v2 && !v3) || (first & 7) != 0 || !bytes_ok(&at)) {
        return false;
    }
    if (!v3 && ends_as_reset(at)) {
        *ret_layout = (struct openvpn_layout){ OPENVPN_PLAIN, 0 };
        return true;
    }
    if (!v3 && is_tls_auth(&at, ret_layout)) {
        return true;
    }
    struct bytes rest = at;
    bytes_skip(&rest, REPLAY_SIZE + CRYPT_TAG);
    uint32_t sent = bytes_sent(&rest);
    bool fits = sent >= 1 + ID_SIZE && (v3 || sent <= RESET_MAX);
    *ret_layout = (struct openvpn_layout){ OPENVPN_TLS_CRYPT, 0 };
    return !old && bytes_ok(&rest) && fits && is_replay(at, v3);
}

bool openvpn_packet_control(struct bytes *in, const struct openvpn_layout *layout, uint32_t *ret_id)
{
    bool plain = layout->wrap == OPENVPN_PLAIN || layout->wrap == OPENVPN_TLS_AUTH;
    bytes_skip(in, SESSION_END);
    bytes_skip(in, layout->wrap == OPENVPN_TLS_AUTH ? layout->digest + (uint32_t)REPLAY_SIZE : 0);
    uint8_t acks = bytes_u8(in);
    bytes_skip(in, acks > 0 ? acks * (uint32_t)ID_SIZE + 8 : 0);
    *ret_id = bytes_u32(in);
    return plain && acks <= ACKS_MAX && bytes_ok(in);
}

bool openvpn_packet_is_bare(const struct bytes *in)
{
    static const uint8_t ping[PING_SIZE] = { 0x2a, 0x18, 0x7b, 0xf3, 0x64, 0x1e, 0xb4, 0xcb,
                                             0x07, 0xed, 0x2d, 0x0a, 0x98, 0x1f, 0xc7, 0x48 };
    return bytes_equal(in, ping, sizeof ping) || inner_ip_is_at(in, 0);
}

/* [HMAC] packet id(4) [compression(1)] and then the IP packet. */
bool openvpn_packet_is_readable(const struct bytes *in)
{
    struct bytes at = *in;
    for (unsigned i = 0; i <= sizeof digests; i++) {
        uint32_t digest = i < sizeof digests ? digests[i] : 0;
        at = *in;
        bytes_skip(&at, digest + ID_SIZE);
        if (inner_ip_is_at(&at, 0)) {
            return true;
        }
        bytes_skip(&at, 1);
        if (inner_ip_is_at(&at, 0)) {
            return true;
        }
    }
    return false;
}

/* analyzers/ppp.c: LCP, PAP, CCP and MPPE (RFC 1661, 1334, 1962, 3078). */
#include "analyzers/ppp.h"

enum {
    ADDRESS_CONTROL = 0xff03,
    MPPE_DATA = 0x00fd, /* RFC 3078 3: compressed or encrypted */
    LCP = 0xc021,
    PAP = 0xc023,
    CHAP = 0xc223,
    CCP = 0x80fd,
    CONFIGURE_ACK = 2,
    AUTHENTICATE_REQUEST = 1, /* of PAP */
    OPTION_AUTHENTICATION = 3,
    OPTION_MPPE = 18,
    OPTIONS_MAX = 16,
    MPPE_ENCRYPTED = 0x1000, /* RFC 3078 3.1: bit D */
};

/* RFC 3078 2.1. */
enum { MPPE_40 = 0x20, MPPE_128 = 0x40, MPPE_56 = 0x80, MPPE_STATELESS = 0x01000000 };

static void put_authentication(const struct segment *seg, struct sink *sink, struct bytes in)
{
    uint16_t protocol = bytes_u16(&in);
    uint8_t algorithm = bytes_left(&in) > 0 ? bytes_u8(&in) : 0;
    const char *name = protocol == PAP     ? "pap"
                       : protocol != CHAP  ? "other"
                       : algorithm == 0x80 ? "ms-chap"
                       : algorithm == 0x81 ? "ms-chap-v2"
                                           : "chap";
    if (bytes_ok(&in)) {
        observe_text(sink, seg, OBS_PPP_AUTHENTICATION, name, protocol);
    }
}

static void put_mppe(const struct segment *seg, struct sink *sink, struct bytes in)
{
    uint32_t bits = bytes_u32(&in);
    if (!bytes_ok(&in)) {
        return;
    }
    const char *name = (bits & MPPE_128) != 0  ? "128bit"
                       : (bits & MPPE_56) != 0 ? "56bit"
                       : (bits & MPPE_40) != 0 ? "40bit"
                                               : "none";
    observe_text(sink, seg, OBS_PPP_MPPE, name, bits);
    observe_value(sink, seg, OBS_PPP_STATELESS, (bits & MPPE_STATELESS) != 0);
}

/* RFC 1661 5: code(1) id(1) length(2), options: type(1) length(1) value. Of what was agreed. */
static void read_options(const struct segment *seg, struct sink *sink, uint16_t protocol,
                         struct bytes in)
{
    uint8_t code = bytes_u8(&in);
    bytes_u8(&in);
    uint32_t length = bytes_u16(&in);
    bytes_limit(&in, length < 4 ? UINT32_MAX : length - 4);
    for (unsigned i = 0; code == CONFIGURE_ACK && i < OPTIONS_MAX && bytes_left(&in) > 0; i++) {
        uint8_t type = bytes_u8(&in);
        uint32_t size = bytes_u8(&in);
        struct bytes value = bytes_take(&in, size < 2 ? UINT32_MAX : size - 2);
        if (!bytes_ok(&in)) {
            return;
        }
        if (protocol == LCP && type == OPTION_AUTHENTICATION) {
            put_authentication(seg, sink, value);
        } else if (protocol == CCP && type == OPTION_MPPE) {
            put_mppe(seg, sink, value);
        }
    }
}

void ppp_read(struct ppp *ppp, const struct segment *seg, struct sink *sink, struct bytes in)
{
    struct bytes start = in;
    if (bytes_u16(&in) != ADDRESS_CONTROL) { /* may be left out (RFC 1661 6.6) */
        in = start;
    }
    bool one = bytes_peek(&in, 0) >= 0 && (bytes_peek(&in, 0) & 1) != 0; /* RFC 1661 6.5 */
    uint16_t protocol = one ? bytes_u8(&in) : bytes_u16(&in);
    if (!bytes_ok(&in)) {
        return;
    }
    ppp->packets++;
    if (protocol == LCP || protocol == CCP) {
        read_options(seg, sink, protocol, in);
    } else if (protocol == MPPE_DATA) {
        ppp->encrypted += (bytes_u16(&in) & MPPE_ENCRYPTED) != 0;
    } else if (protocol == PAP && bytes_peek(&in, 0) == AUTHENTICATE_REQUEST && ppp->told == 0) {
        ppp->told = 1;
        observe_text(sink, seg, OBS_CREDENTIALS_EXPOSED, "password", 0);
    }
}

void ppp_close(const struct ppp *ppp, const struct segment *seg, struct sink *sink)
{
    if (ppp->packets > 0) {
        observe_value(sink, seg, OBS_PPP_PACKETS, ppp->packets);
        observe_value(sink, seg, OBS_PPP_ENCRYPTED, ppp->encrypted);
    }
}

/* analyzers/esp_null.c: heuristics of RFC 5879 that find ESP with NULL encryption. */
#include "analyzers/esp_null.h"

#include <netinet/in.h>

#include "analyzers/inner_ip.h"

enum {
    GMAC_IV = 8,      /* RFC 4543 3: before the payload */
    TRAILER_MAX = 64, /* padding, its length, next header, ICV: the padding is up to 4 here */
    PAD_MAX = 15,
    UDP_HEADER = 8,
    TCP_HEADER = 20,
};

/* RFC 4303 2.4: padding 1, 2, 3, ...; its length(1) next header(1), and an ICV of `icv` bytes. */
static bool has_trailer(const struct bytes *in, uint32_t icv, uint8_t next_header,
                        uint32_t *ret_payload)
{
    uint32_t left = bytes_left(in);
    if (left < icv + 2 || bytes_peek(in, left - icv - 1) != next_header) {
        return false;
    }
    uint32_t pad = (uint32_t)bytes_peek(in, left - icv - 2);
    if (pad > PAD_MAX || left < icv + 2 + pad) {
        return false;
    }
    for (uint32_t i = 0; i < pad; i++) {
        if (bytes_peek(in, left - icv - 2 - pad + i) != (int)(i + 1)) {
            return false;
        }
    }
    *ret_payload = left - icv - 2 - pad;
    return true;
}

/* Transport mode: UDP says its own length, TCP that of its header. */
static bool is_transport(const struct bytes *in)
{
    static const uint8_t icvs[] = { 12, 16, 24, 32, 20, 8 };
    for (unsigned i = 0; i < sizeof icvs; i++) {
        uint32_t payload;
        struct bytes at = *in;
        if (has_trailer(in, icvs[i], IPPROTO_UDP, &payload)) {
            bytes_skip(&at, 4);
            if (payload >= UDP_HEADER && bytes_u16(&at) == payload && bytes_ok(&at)) {
                return true;
            }
        }
        at = *in;
        if (has_trailer(in, icvs[i], IPPROTO_TCP, &payload)) {
            bytes_skip(&at, 12);
            uint32_t fields = bytes_u16(&at);
            uint32_t header = (fields >> 12) * 4;
            bool flags = (fields & 0x0f00) == 0 && (fields & 0x3f) != 0;
            if (bytes_ok(&at) && header >= TCP_HEADER && header <= payload && flags) {
                return true;
            }
        }
    }
    return false;
}

enum esp_null esp_null_look(const struct bytes *in)
{
    struct bytes behind_iv = *in;
    bytes_skip(&behind_iv, GMAC_IV);
    if (inner_ip_is_at(in, TRAILER_MAX) || inner_ip_is_at(&behind_iv, TRAILER_MAX)) {
        return ESP_NULL_READABLE;
    }
    if (in->cut > 0) {
        return ESP_NULL_UNSEEN; /* the trailer would tell */
    }
    return is_transport(in) || is_transport(&behind_iv) ? ESP_NULL_READABLE : ESP_NULL_CLOSED;
}

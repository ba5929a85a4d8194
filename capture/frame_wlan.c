/* capture/frame_wlan.c: IEEE 802.11 data frames, and the radio headers before them. */
#include "capture/frame_layer.h"

enum { TYPE_MASK = 0x0f, TYPE_DATA = 0x08, NO_DATA = 0x40, QOS = 0x80 }; /* 1st control byte */
enum { TO_AND_FROM = 0x03, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, ORDER = 0x80 }; /* 2nd */
enum { QOS_AGGREGATE = 0x80, AGGREGATE_HEADER_SIZE = 14 };
enum { RADIOTAP_WORDS_MAX = 16, PRESENT_TIME = 1 << 0, PRESENT_FLAGS = 1 << 1 };
enum { RADIOTAP_PADDED = 0x20 };
enum { AVS_MAGIC = 0x80211000 >> 12, PRISM_HEADER_SIZE = 144 };

/* IEEE 802.11 9.3.2.2.2: to(6) from(6) length(2) LLC, padded to 4; one after the other. A packet
 * has one flow, so only the first is followed. */
static enum layer read_aggregate(struct walk *w)
{
    bytes_skip(&w->rest, 12);
    uint16_t length = bytes_u16(&w->rest);
    if (bytes_ok(&w->rest) && length < bytes_sent(&w->rest)) {
        uint32_t behind = bytes_sent(&w->rest) - length;
        w->counters->value[COUNT_LINK_AGGREGATED] += behind > AGGREGATE_HEADER_SIZE + 3U;
        bytes_limit(&w->rest, length);
    }
    return frame_layer_after(w, LAYER_LLC);
}

/* IEEE 802.11 9.2.4: control(2) duration(2) addresses(18) fragment(4 bits) sequence(12 bits)
 * [address(6)] [QoS(2) [HT(4)]], for some radios padded to 4 */
static enum layer read_frame(struct walk *w, bool padded, bool swapped)
{
    struct bytes *in = &w->rest;
    uint16_t control = swapped ? bytes_u16(in) : bytes_le16(in);
    uint8_t first = (uint8_t)control, second = (uint8_t)(control >> 8);
    if (bytes_ok(in) && ((first & TYPE_MASK) != TYPE_DATA || (first & NO_DATA) != 0)) {
        return LAYER_NOT_IP; /* control and management */
    }
    bytes_skip(in, 20);
    uint16_t sequence = swapped ? bytes_u16(in) : bytes_le16(in);
    uint32_t addresses = (second & TO_AND_FROM) == TO_AND_FROM ? 6 : 0;
    bytes_skip(in, addresses);
    uint8_t qos = (first & QOS) != 0 ? bytes_u8(in) : 0;
    if ((first & QOS) != 0) {
        bytes_skip(in, (second & ORDER) != 0 ? 5 : 1);
    }
    bool odd = ((first & QOS) != 0) != (addresses != 0); /* not a multiple of 4 bytes so far */
    bytes_skip(in, padded && odd ? 2 : 0);
    if (!bytes_ok(in)) {
        return frame_layer_after(w, LAYER_STOP);
    }
    if ((second & PROTECTED) != 0) {
        return frame_layer_stop(w, COUNT_LINK_ENCRYPTED);
    }
    if ((second & MORE_FRAGMENTS) != 0 || (sequence & 0x0f) != 0) {
        return frame_layer_stop(w, COUNT_LINK_OTHER);
    }
    return (qos & QOS_AGGREGATE) != 0 ? read_aggregate(w) : LAYER_LLC;
}

enum layer frame_wlan_frame(struct walk *w)
{
    return read_frame(w, false, false);
}

/* Inside CAPWAP: some access points swap the bytes of both numbers. */
enum layer frame_wlan_swapped(struct walk *w)
{
    int first = bytes_peek(&w->rest, 0), second = bytes_peek(&w->rest, 1);
    bool swapped = (first & TYPE_MASK) != TYPE_DATA && (second & TYPE_MASK) == TYPE_DATA;
    return read_frame(w, false, swapped);
}

/* radiotap.org: version(1) pad(1) length(2) present(4: bit 31 another one follows), then fields in
 * the order of their bits: time(8, at a multiple of 8) flags(1); little endian */
enum layer frame_wlan_radiotap(struct walk *w)
{
    uint8_t version = bytes_u8(&w->rest);
    bytes_skip(&w->rest, 1);
    uint32_t length = bytes_le16(&w->rest);
    uint32_t present = bytes_le32(&w->rest), size = 8;
    struct bytes in = w->rest;
    for (uint32_t more = present; more >> 31 != 0 && size < 4 + 4U * RADIOTAP_WORDS_MAX;) {
        more = bytes_le32(&in);
        size += 4;
    }
    if ((present & PRESENT_TIME) != 0) {
        bytes_skip(&in, (-size & 7) + 8);
    }
    bool padded = (present & PRESENT_FLAGS) != 0 && (bytes_u8(&in) & RADIOTAP_PADDED) != 0;
    bytes_skip(&w->rest, length < 8 ? UINT32_MAX : length - 8);
    if (!bytes_ok(&w->rest) || version != 0) {
        return frame_layer_after(w, LAYER_UNKNOWN);
    }
    return read_frame(w, padded, false);
}

/* Prism: message(4) length(4) and more, 144 bytes. AVS, which some put under the same link type:
 * version(4: 0x80211001) length(4), big endian, and more up to that length. */
enum layer frame_wlan_prism(struct walk *w)
{
    uint32_t version = bytes_u32(&w->rest);
    uint32_t length = bytes_u32(&w->rest);
    if (version >> 12 != AVS_MAGIC) {
        length = PRISM_HEADER_SIZE;
    }
    bytes_skip(&w->rest, length < 8 ? UINT32_MAX : length - 8);
    return frame_layer_after(w, LAYER_WLAN);
}

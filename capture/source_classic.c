/* capture/source_classic.c: pcap as in draft-ietf-opsawg-pcap, both byte orders and both times. */
#include "capture/source_classic.h"

#include "base/text.h"
#include "capture/source.h"
#include "capture/source_file.h"

enum { RECORD_HEADER_SIZE = 16, CAPTURED_USUAL_MAX = 256 * 1024 };

static uint32_t read_u32(const struct source_classic *classic, struct bytes *in)
{
    return classic->little ? bytes_le32(in) : bytes_u32(in);
}

/* The magic number tells byte order and clock. */
static bool read_magic(struct source_classic *classic, struct bytes *in)
{
    static const struct {
        uint32_t magic; /* as read in network order */
        bool little;
        uint16_t ticks_per_us;
    } kinds[] = {
        { 0xa1b2c3d4, false, 1 },
        { 0xd4c3b2a1, true, 1 },
        { 0xa1b23c4d, false, 1000 },
        { 0x4d3cb2a1, true, 1000 },
    };
    uint32_t magic = bytes_u32(in);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].magic == magic) {
            classic->little = kinds[i].little;
            classic->ticks_per_us = kinds[i].ticks_per_us;
            return true;
        }
    }
    return false;
}

/* magic(4) major(2) minor(2) reserved(8) snap length(4) link type(4, upper bits: FCS) */
bool source_classic_open(struct source_classic *classic, struct bytes *in)
{
    struct bytes at = *in;
    if (!read_magic(classic, &at)) {
        return false;
    }
    bytes_skip(&at, 2);
    classic->version_minor = classic->little ? bytes_le16(&at) : bytes_u16(&at);
    bytes_skip(&at, 8);
    uint32_t snap_length = read_u32(classic, &at);
    classic->link_type = source_record_link(read_u32(classic, &at) & 0x03ffffff);
    classic->captured_max = CAPTURED_USUAL_MAX;
    if (snap_length > CAPTURED_USUAL_MAX) {
        uint32_t most = SOURCE_FILE_RECORD_MAX - RECORD_HEADER_SIZE;
        classic->captured_max = snap_length < most ? snap_length : most;
    }
    *in = at;
    return true;
}

/* seconds(4) fraction(4) captured(4) sent(4) */
enum source_step source_classic_step(const struct source_classic *classic, struct bytes *in,
                                     struct source_record *ret_record, char *ret_damage)
{
    struct bytes at = *in;
    if (bytes_left(&at) < RECORD_HEADER_SIZE) {
        return SOURCE_MORE;
    }
    uint64_t seconds = read_u32(classic, &at);
    uint32_t fraction = read_u32(classic, &at);
    uint32_t captured = read_u32(classic, &at);
    uint32_t sent = read_u32(classic, &at);
    if (classic->version_minor < 3 || (classic->version_minor == 3 && captured > sent)) {
        uint32_t first = captured;
        captured = sent;
        sent = first;
    }
    if (captured > classic->captured_max) {
        struct text t = text_into(ret_damage, SOURCE_TEXT_SIZE);
        text_printf(&t, "packet record claims %u captured bytes", captured);
        return SOURCE_DAMAGED;
    }
    if (bytes_left(&at) < captured) {
        return SOURCE_MORE;
    }
    struct bytes frame = bytes_take(&at, captured);
    ret_record->frame = bytes_of(frame.next, captured, sent);
    ret_record->time_us = seconds * 1000000 + fraction / classic->ticks_per_us;
    ret_record->timeless = false;
    ret_record->link_type = classic->link_type;
    *in = at;
    return SOURCE_PACKET;
}

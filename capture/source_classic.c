/* capture/source_classic.c: pcap as in draft-ietf-opsawg-pcap, both byte orders and both times. */
#include "capture/source_classic.h"

#include "base/text.h"
#include "capture/source.h"
#include "capture/source_file.h"

enum { RECORD_HEADER_SIZE = 16, CAPTURED_USUAL_MAX = 256 * 1024 };
/* What tells records behind damage: so many in a row, or so many up to a cut end. */
enum { ROW_RECORDS = 3, ROW_RECORDS_CUT = 2 };
enum { BACK_MAX_S = 3600, AHEAD_MAX_S = 7 * 86400 }; /* from one time to one that is near it */

struct record_header {
    uint64_t seconds;  /* since 1970 */
    uint32_t fraction; /* of a second, in ticks */
    uint32_t captured, sent;
};

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
static struct record_header read_header(const struct source_classic *classic, struct bytes *in)
{
    struct record_header header = { .seconds = read_u32(classic, in) };
    header.fraction = read_u32(classic, in);
    header.captured = read_u32(classic, in);
    header.sent = read_u32(classic, in);
    if (classic->version_minor < 3 ||
        (classic->version_minor == 3 && header.captured > header.sent)) {
        uint32_t first = header.captured;
        header.captured = header.sent;
        header.sent = first;
    }
    return header;
}

/* What a crashed disk leaves. */
static bool is_zero(const struct record_header *header)
{
    return header->seconds == 0 && header->fraction == 0 && header->captured == 0 &&
           header->sent == 0;
}

/* As every writer has it; some that are not so are records nevertheless. */
static bool is_sound(const struct source_classic *classic, const struct record_header *header)
{
    return header->captured > 0 && header->captured <= header->sent &&
           header->sent <= CAPTURED_USUAL_MAX &&
           header->fraction < 1000000U * classic->ticks_per_us;
}

/* near_s 0: nothing is known. */
static bool is_near(uint64_t seconds, uint64_t near_s)
{
    return near_s == 0 ? seconds > 0
                       : seconds + BACK_MAX_S >= near_s && seconds <= near_s + AHEAD_MAX_S;
}

/* Is what follows an odd record one, too? True where the window ends. */
static bool is_followed(const struct source_classic *classic, const struct record_header *header,
                        struct bytes at)
{
    if (bytes_left(&at) < RECORD_HEADER_SIZE) {
        return true;
    }
    struct record_header next = read_header(classic, &at);
    return next.captured <= classic->captured_max && !is_zero(&next) &&
           is_near(next.seconds, header->seconds);
}

enum source_step source_classic_step(const struct source_classic *classic, struct bytes *in,
                                     struct source_record *ret_record, char *ret_damage)
{
    struct bytes at = *in;
    if (bytes_left(&at) < RECORD_HEADER_SIZE) {
        return SOURCE_MORE;
    }
    struct record_header header = read_header(classic, &at);
    if (header.captured > classic->captured_max || is_zero(&header)) {
        struct text t = text_into(ret_damage, SOURCE_TEXT_SIZE);
        text_printf(&t, "packet record claims %u captured bytes", header.captured);
        return SOURCE_DAMAGED;
    }
    if (bytes_left(&at) < header.captured) {
        return SOURCE_MORE;
    }
    struct bytes frame = bytes_take(&at, header.captured);
    if (!is_sound(classic, &header) && !is_followed(classic, &header, at)) {
        struct text t = text_into(ret_damage, SOURCE_TEXT_SIZE);
        text_printf(&t, "packet record claims %u captured bytes of %u, and none follows it",
                    header.captured, header.sent);
        return SOURCE_DAMAGED;
    }
    ret_record->frame = bytes_of(frame.next, header.captured, header.sent);
    ret_record->time_us = header.seconds * 1000000 + header.fraction / classic->ticks_per_us;
    ret_record->timeless = false;
    ret_record->link_type = classic->link_type;
    *in = at;
    return SOURCE_PACKET;
}

enum source_sight source_classic_sight(const struct source_classic *classic, struct bytes at,
                                       uint64_t last_us, bool ended)
{
    uint64_t near_s = last_us / 1000000;
    for (unsigned records = 0; records < ROW_RECORDS; records++) {
        if (ended && records > 0 && bytes_left(&at) == 0) {
            return SOURCE_SIGHT_RECORDS;
        }
        bool cut = bytes_left(&at) < RECORD_HEADER_SIZE;
        struct record_header header = read_header(classic, &at);
        if (!cut && (!is_sound(classic, &header) || !is_near(header.seconds, near_s))) {
            return SOURCE_SIGHT_NONE;
        }
        if (cut || bytes_left(&at) < header.captured) {
            return !ended                       ? SOURCE_SIGHT_MORE
                   : records >= ROW_RECORDS_CUT ? SOURCE_SIGHT_RECORDS
                                                : SOURCE_SIGHT_NONE;
        }
        near_s = header.seconds;
        bytes_skip(&at, header.captured);
    }
    return SOURCE_SIGHT_RECORDS;
}

bool source_classic_begins(const struct source_classic *classic, struct bytes at, uint64_t last_us)
{
    if (bytes_left(&at) < RECORD_HEADER_SIZE) {
        return true;
    }
    struct record_header header = read_header(classic, &at);
    return is_sound(classic, &header) && is_near(header.seconds, last_us / 1000000);
}

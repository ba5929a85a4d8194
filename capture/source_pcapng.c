/* capture/source_pcapng.c: pcapng as in draft-ietf-opsawg-pcapng: sections, interfaces, packets. */
#include "capture/source_pcapng.h"

#include <stdlib.h>

#include "base/text.h"
#include "capture/source.h"

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_SECRETS = 10,
    BLOCK_STANDARD_MAX = 10, /* names, statistics, secrets, ... lie below */
};
/* Behind damage: so many blocks in a row must agree, none of them larger than any packet needs. */
enum { ROW_BLOCKS = 2, ROW_BLOCK_MAX = 1024 * 1024, PACKET_FIELDS_SIZE = 20 };
enum { BLOCK_FRAME_SIZE = 12, BYTE_ORDER_MAGIC = 0x1a2b3c4d };
enum { SECRETS_TLS = 0x544c534b };
enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };
enum { RESOLUTION_US = 6, RESOLUTION_BINARY = 0x80 };

static const uint64_t time_max_us = 253402300799999999U; /* the end of the year 9999 */

static uint16_t read_u16(const struct source_pcapng *pcapng, struct bytes *in)
{
    return pcapng->little ? bytes_le16(in) : bytes_u16(in);
}

static uint32_t read_u32(const struct source_pcapng *pcapng, struct bytes *in)
{
    return pcapng->little ? bytes_le32(in) : bytes_u32(in);
}

static uint64_t read_i64_bits(const struct source_pcapng *pcapng, struct bytes *in)
{
    uint64_t first = read_u32(pcapng, in), second = read_u32(pcapng, in);
    return pcapng->little ? second << 32 | first : first << 32 | second;
}

static enum source_step damaged(char *ret_damage, const char *before, uint32_t value,
                                const char *after)
{
    struct text t = text_into(ret_damage, SOURCE_TEXT_SIZE);
    text_printf(&t, "%s %u %s", before, value, after);
    return SOURCE_DAMAGED;
}

/* Ticks of 2^-bits s to microseconds, without leaving 64 bits. */
static uint64_t binary_us(uint64_t ticks, unsigned bits)
{
    uint64_t seconds = bits < 64 ? ticks >> bits : 0;
    uint64_t part = bits < 64 ? ticks & ((UINT64_C(1) << bits) - 1) : ticks;
    if (bits > 44) { /* 44 bits of fraction times 10^6 just fit */
        part = bits - 44 < 64 ? part >> (bits - 44) : 0;
        bits = 44;
    }
    uint64_t us = part * 1000000 >> bits;
    return seconds > time_max_us / 1000000 ? time_max_us : seconds * 1000000 + us;
}

/* Ticks of 10^-digits s to microseconds, capped. */
static uint64_t decimal_us(uint64_t ticks, unsigned digits)
{
    for (; digits < RESOLUTION_US; digits++) {
        ticks = ticks > time_max_us / 10 ? time_max_us : ticks * 10;
    }
    for (; digits > RESOLUTION_US && ticks > 0; digits--) {
        ticks /= 10;
    }
    return ticks;
}

/* Times before 1970 become 1970, those after the year 9999 its end. */
static uint64_t time_us(const struct source_interface *from, uint64_t ticks)
{
    uint64_t us = ticks;
    if (from->resolution != RESOLUTION_US) {
        unsigned n = from->resolution & 0x7f;
        us = (from->resolution & RESOLUTION_BINARY) != 0 ? binary_us(ticks, n)
                                                         : decimal_us(ticks, n);
    }
    us = us > time_max_us ? time_max_us : us;
    if (from->offset_s == 0) {
        return us;
    }
    int64_t most_s = (int64_t)(time_max_us / 1000000) + 1;
    if (from->offset_s >= most_s) {
        return time_max_us;
    }
    if (from->offset_s <= -most_s) {
        return 0;
    }
    int64_t moved = (int64_t)us + from->offset_s * 1000000;
    uint64_t later = moved > 0 ? (uint64_t)moved : 0;
    return later > time_max_us ? time_max_us : later;
}

/* code(2) length(2) value, padded to 4 bytes; what is broken ends the list. */
static void read_options(const struct source_pcapng *pcapng, struct bytes *in,
                         struct source_interface *ret_interface)
{
    while (bytes_left(in) > 0) {
        uint16_t code = read_u16(pcapng, in);
        uint16_t length = read_u16(pcapng, in);
        struct bytes value = bytes_take(in, length);
        bytes_skip(in, -(uint32_t)length & 3);
        if (!bytes_ok(in) || code == OPTION_END) {
            return;
        }
        if (code == OPTION_TSRESOL && length == 1) {
            ret_interface->resolution = bytes_u8(&value);
        } else if (code == OPTION_TSOFFSET && length == 8) {
            ret_interface->offset_s = (int64_t)read_i64_bits(pcapng, &value);
        }
    }
}

static bool add_interface(struct source_pcapng *pcapng, const struct source_interface *described)
{
    if (pcapng->interface_count == pcapng->interface_room) {
        uint32_t room = pcapng->interface_room == 0 ? 4 : pcapng->interface_room * 2;
        void *grown = realloc(pcapng->interfaces, room * sizeof *pcapng->interfaces);
        if (grown == NULL) {
            return false;
        }
        pcapng->interfaces = grown;
        pcapng->interface_room = room;
    }
    pcapng->interfaces[pcapng->interface_count++] = *described;
    return true;
}

/* link type(2) reserved(2) snap length(4) options */
static enum source_step read_interface(struct source_pcapng *pcapng, struct bytes *in,
                                       char *ret_damage)
{
    struct source_interface described = { .resolution = RESOLUTION_US };
    described.link_type = read_u16(pcapng, in);
    bytes_skip(in, 2);
    described.snap_length = read_u32(pcapng, in);
    if (!bytes_ok(in)) {
        return damaged(ret_damage, "interface block ends inside its", 8, "bytes of fields");
    }
    if (pcapng->holed) { /* its number depends on what was lost */
        return SOURCE_SKIPPED;
    }
    read_options(pcapng, in, &described);
    if (pcapng->interface_count >= SOURCE_PCAPNG_INTERFACES_MAX) {
        return damaged(ret_damage, "section has more than", SOURCE_PCAPNG_INTERFACES_MAX,
                       "interfaces");
    }
    if (!add_interface(pcapng, &described)) {
        return damaged(ret_damage, "no memory for", pcapng->interface_count, "interfaces");
    }
    return SOURCE_SKIPPED;
}

/* enhanced: interface(4) time(8) captured(4) sent(4) data options;
 * obsolete: interface(2) drops(2), then the same */
static enum source_step read_packet(const struct source_pcapng *pcapng, uint32_t type,
                                    struct bytes *in, struct source_record *ret_record,
                                    char *ret_damage)
{
    uint32_t id = type == BLOCK_PACKET ? read_u16(pcapng, in) : read_u32(pcapng, in);
    bytes_skip(in, type == BLOCK_PACKET ? 2 : 0);
    uint64_t ticks = (uint64_t)read_u32(pcapng, in) << 32;
    ticks |= read_u32(pcapng, in);
    uint32_t captured = read_u32(pcapng, in);
    uint32_t sent = read_u32(pcapng, in);
    struct bytes frame = bytes_take(in, captured);
    if (!bytes_ok(in)) {
        return damaged(ret_damage, "packet block is too short for", captured, "captured bytes");
    }
    if (id >= pcapng->interface_count) {
        return damaged(ret_damage, "packet of interface", id, "which is not described");
    }
    const struct source_interface *from = &pcapng->interfaces[id];
    ret_record->frame = bytes_of(frame.next, captured, sent);
    ret_record->time_us = time_us(from, ticks);
    ret_record->timeless = false;
    ret_record->link_type = from->link_type;
    return SOURCE_PACKET;
}

/* sent(4) data: captured is what the first interface's snap length and the block leave of it */
static enum source_step read_simple(const struct source_pcapng *pcapng, struct bytes *in,
                                    struct source_record *ret_record, char *ret_damage)
{
    uint32_t sent = read_u32(pcapng, in);
    if (!bytes_ok(in)) {
        return damaged(ret_damage, "simple packet block ends inside its", 4, "bytes of fields");
    }
    if (pcapng->interface_count == 0) {
        return damaged(ret_damage, "packet of interface", 0, "which is not described");
    }
    const struct source_interface *from = &pcapng->interfaces[0];
    uint32_t captured = sent < bytes_left(in) ? sent : bytes_left(in);
    if (from->snap_length > 0 && captured > from->snap_length) {
        captured = from->snap_length;
    }
    struct bytes frame = bytes_take(in, captured);
    ret_record->frame = bytes_of(frame.next, captured, sent);
    ret_record->time_us = 0;
    ret_record->timeless = true;
    ret_record->link_type = from->link_type;
    return SOURCE_PACKET;
}

/* byte-order magic(4) version(4) section length(8) options: interfaces count from 0 again */
static enum source_step begin_section(struct source_pcapng *pcapng)
{
    pcapng->interface_count = 0;
    pcapng->holed = false;
    return SOURCE_SKIPPED;
}

/* secrets type(4) length(4) data: of TLS, an NSS key log; what is broken or of others is not used
 */
static enum source_step read_secrets(const struct source_pcapng *pcapng, struct bytes *in)
{
    uint32_t type = read_u32(pcapng, in);
    struct bytes data = bytes_take(in, read_u32(pcapng, in));
    if (bytes_ok(in) && type == SECRETS_TLS) {
        pcapng->secrets->take(pcapng->secrets, data, pcapng->last_us);
    }
    return SOURCE_SKIPPED;
}

static enum source_step read_body(struct source_pcapng *pcapng, uint32_t type, struct bytes *body,
                                  struct source_record *ret_record, char *ret_damage)
{
    switch (type) {
    case SOURCE_PCAPNG_MAGIC:
        return begin_section(pcapng);
    case BLOCK_INTERFACE:
        return read_interface(pcapng, body, ret_damage);
    case BLOCK_SIMPLE:
        return read_simple(pcapng, body, ret_record, ret_damage);
    case BLOCK_SECRETS:
        return read_secrets(pcapng, body);
    default:
        return read_packet(pcapng, type, body, ret_record, ret_damage);
    }
}

static bool is_read(const struct source_pcapng *pcapng, uint32_t type, uint32_t length)
{
    bool secrets = type == BLOCK_SECRETS && length <= SOURCE_FILE_RECORD_MAX;
    return (secrets && pcapng->secrets != NULL) || type == SOURCE_PCAPNG_MAGIC ||
           type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE ||
           type == BLOCK_ENHANCED;
}

/* A section header tells its byte order in the word after its length. False when it does not. */
static bool read_byte_order(struct source_pcapng *pcapng, struct bytes after_type)
{
    bytes_skip(&after_type, 4);
    uint32_t magic = bytes_u32(&after_type);
    pcapng->little = magic != BYTE_ORDER_MAGIC;
    return magic == BYTE_ORDER_MAGIC || magic == 0x4d3c2b1a;
}

/* Does a block of this length end behind the end of the file, as far as that is known? */
static bool is_beyond(const struct source_file *file, uint32_t length)
{
    uint64_t offset = source_file_offset(file);
    return file->inflate == NULL && file->total_bytes > offset &&
           length > file->total_bytes - offset && length > bytes_left(&file->in);
}

/* type(4) length(4) body length(4), the length being that of the whole block */
enum source_step source_pcapng_step(struct source_pcapng *pcapng, struct source_file *file,
                                    struct source_record *ret_record, char *ret_damage)
{
    struct bytes at = file->in;
    if (bytes_left(&at) < BLOCK_FRAME_SIZE) {
        return SOURCE_MORE;
    }
    uint32_t type = read_u32(pcapng, &at);
    if (type == SOURCE_PCAPNG_MAGIC && !read_byte_order(pcapng, at)) {
        return damaged(ret_damage, "section has no byte-order magic after", 8, "bytes");
    }
    uint32_t length = read_u32(pcapng, &at);
    if (length < BLOCK_FRAME_SIZE || length % 4 != 0) {
        return damaged(ret_damage, "block length", length, "is below 12 or not a multiple of 4");
    }
    if (is_beyond(file, length) && !source_pcapng_begins(pcapng, file->in)) {
        return damaged(ret_damage, "block length", length, "is more than the file has");
    }
    if (!is_read(pcapng, type, length) && length > ROW_BLOCK_MAX) {
        source_file_skip(file, length);
        return SOURCE_SKIPPED;
    }
    if (length > SOURCE_FILE_RECORD_MAX) {
        return damaged(ret_damage, "block length", length, "is more than a packet needs");
    }
    if (bytes_left(&file->in) < length) {
        return SOURCE_MORE;
    }
    struct bytes body = bytes_take(&at, length - BLOCK_FRAME_SIZE);
    if (read_u32(pcapng, &at) != length) {
        return damaged(ret_damage, "block length", length,
                       "is not repeated at the end of the block");
    }
    enum source_step step = is_read(pcapng, type, length)
                                ? read_body(pcapng, type, &body, ret_record, ret_damage)
                                : SOURCE_SKIPPED;
    if (step != SOURCE_DAMAGED) {
        file->in = at;
    }
    return step;
}

static bool is_standard(uint32_t type)
{
    return type == SOURCE_PCAPNG_MAGIC || (type > 0 && type <= BLOCK_STANDARD_MAX);
}

/* Behind the data of a packet lie options or the end of the block. True where the window ends. */
static bool is_options(const struct source_pcapng *pcapng, struct bytes at)
{
    enum { OPTION_PACKET_MAX = 8, OPTION_CUSTOM = 2988 };
    if (bytes_left(&at) < 4) {
        return true;
    }
    uint16_t code = read_u16(pcapng, &at);
    uint16_t length = read_u16(pcapng, &at);
    return code == OPTION_END ? length == 0 : code <= OPTION_PACKET_MAX || code >= OPTION_CUSTOM;
}

/* Is the head of a packet block of this length one of a packet that may be here? The window may end
 * inside it: then all that is there may. */
static bool is_packet_sane(const struct source_pcapng *pcapng, uint32_t type, struct bytes body,
                           uint32_t length, uint64_t last_us)
{
    static const uint64_t near_us = UINT64_C(7) * 86400 * 1000000;
    if (bytes_left(&body) < PACKET_FIELDS_SIZE) {
        return length >= PACKET_FIELDS_SIZE + BLOCK_FRAME_SIZE;
    }
    uint32_t id = type == BLOCK_PACKET ? read_u16(pcapng, &body) : read_u32(pcapng, &body);
    bytes_skip(&body, type == BLOCK_PACKET ? 2 : 0);
    uint64_t ticks = (uint64_t)read_u32(pcapng, &body) << 32;
    ticks |= read_u32(pcapng, &body);
    uint32_t captured = read_u32(pcapng, &body);
    bytes_skip(&body, 4);
    if (id >= pcapng->interface_count || captured > length ||
        length - captured < PACKET_FIELDS_SIZE + BLOCK_FRAME_SIZE) {
        return false;
    }
    uint32_t padded = captured + (-captured & 3);
    if (length - padded > PACKET_FIELDS_SIZE + BLOCK_FRAME_SIZE && bytes_left(&body) > padded) {
        bytes_skip(&body, padded);
        if (!is_options(pcapng, body)) {
            return false;
        }
    }
    uint64_t us = time_us(&pcapng->interfaces[id], ticks);
    return last_us == 0 || (us + near_us >= last_us && us <= last_us + near_us);
}

/* One block: in moves behind it. type(4) length(4) body length(4) */
static enum source_sight sight_block(const struct source_pcapng *pcapng, struct bytes *in,
                                     uint32_t *ret_type)
{
    if (bytes_left(in) < BLOCK_FRAME_SIZE) {
        return SOURCE_SIGHT_MORE;
    }
    uint32_t type = read_u32(pcapng, in);
    uint32_t length = read_u32(pcapng, in);
    *ret_type = type;
    if (!is_standard(type) || length < BLOCK_FRAME_SIZE || length % 4 != 0 ||
        length > ROW_BLOCK_MAX) {
        return SOURCE_SIGHT_NONE;
    }
    if (bytes_left(in) < length - BLOCK_FRAME_SIZE + 4) {
        return SOURCE_SIGHT_MORE;
    }
    bytes_skip(in, length - BLOCK_FRAME_SIZE);
    return read_u32(pcapng, in) == length ? SOURCE_SIGHT_RECORDS : SOURCE_SIGHT_NONE;
}

/* Can the first block of a row be one to go on with? */
static bool is_beginning(const struct source_pcapng *pcapng, struct bytes at, uint64_t last_us)
{
    if (bytes_left(&at) < BLOCK_FRAME_SIZE) {
        return true;
    }
    uint32_t type = read_u32(pcapng, &at);
    if (type == SOURCE_PCAPNG_MAGIC) {
        struct source_pcapng as = *pcapng;
        return read_byte_order(&as, at);
    }
    uint32_t length = read_u32(pcapng, &at);
    return (type != BLOCK_ENHANCED && type != BLOCK_PACKET) ||
           is_packet_sane(pcapng, type, at, length, last_us);
}

enum source_sight source_pcapng_sight(const struct source_pcapng *pcapng, struct bytes at,
                                      uint64_t last_us, bool ended)
{
    struct source_pcapng as = *pcapng;
    struct bytes head = at;
    if (!is_beginning(pcapng, at, last_us)) {
        return SOURCE_SIGHT_NONE;
    }
    if (bytes_u32(&head) == SOURCE_PCAPNG_MAGIC) {
        (void)read_byte_order(&as, head);
    }
    for (unsigned blocks = 0; blocks < ROW_BLOCKS; blocks++) {
        uint32_t type = 0;
        if (ended && blocks > 0 && bytes_left(&at) == 0) {
            return SOURCE_SIGHT_RECORDS;
        }
        enum source_sight sight = sight_block(&as, &at, &type);
        if (sight == SOURCE_SIGHT_MORE && ended) {
            return blocks > 0 ? SOURCE_SIGHT_RECORDS : SOURCE_SIGHT_NONE;
        }
        if (sight != SOURCE_SIGHT_RECORDS || type == SOURCE_PCAPNG_MAGIC) {
            return sight; /* a section header says enough by itself */
        }
    }
    return SOURCE_SIGHT_RECORDS;
}

bool source_pcapng_begins(const struct source_pcapng *pcapng, struct bytes at)
{
    uint32_t type = 0;
    return is_beginning(pcapng, at, 0) && sight_block(pcapng, &at, &type) == SOURCE_SIGHT_MORE;
}

void source_pcapng_done(struct source_pcapng *pcapng)
{
    free(pcapng->interfaces);
    *pcapng = (struct source_pcapng){ 0 };
}

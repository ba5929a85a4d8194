/* capture/source.c: one source of batches over the readers of the single formats. */
#include "capture/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/source_classic.h"
#include "capture/source_file.h"
#include "capture/source_pcap.h"
#include "capture/source_pcapng.h"

enum { LINKTYPE_ETHERNET = 1, FORMAT_MAGIC_SIZE = 4 };

enum format { FORMAT_CLASSIC, FORMAT_PCAPNG, FORMAT_LIBPCAP };

struct source {
    enum format format;
    struct source_file file;
    struct source_classic classic;     /* FORMAT_CLASSIC */
    struct source_pcapng pcapng;       /* FORMAT_PCAPNG */
    struct source_pcap *pcap;          /* FORMAT_LIBPCAP; owned */
    struct source_pcap_filter *filter; /* owned, NULL = none */
    uint64_t packets;
    uint64_t last_us; /* time of the last packet that had one */
    uint64_t near_us; /* the last one that came within a day of the packet before it */
    bool ended;
    bool growing; /* more bytes may be written */
    bool waits;   /* for them */
    bool seeking; /* for records behind damage */
    bool drained; /* the window holds all bytes that are left */
    bool tail_lost;
    bool hole;           /* damage, and no packet read since */
    uint64_t hole_us;    /* time of the last packet before it */
    uint64_t damaged_at; /* of the first damage */
    uint64_t damaged_packets;
    uint64_t damaged_us;
    uint64_t damaged_places;
    uint64_t skipped_bytes;
    const char *packing;           /* constant; NULL = none */
    char why[SOURCE_TEXT_SIZE];    /* of the step at hand */
    char damage[SOURCE_TEXT_SIZE]; /* of the first damage */
};

static enum ov_status fail(enum ov_status status, const char *what, char *ret_error)
{
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    text_put(&t, what);
    return status;
}

static enum ov_status fail_errno(int error, char *ret_error)
{
    enum ov_status status = fail(OV_IO, strerror(error), ret_error);
    errno = error;
    return status;
}

/* Fills the window up to `size` bytes or the end of the file. */
static bool have_bytes(struct source_file *file, uint32_t size)
{
    while (bytes_left(&file->in) < size) {
        if (!source_file_fill(file)) {
            return false;
        }
    }
    return true;
}

/* Takes off the packing, if there is one. */
static enum ov_status open_packed(struct source *source, char *ret_error)
{
    enum source_inflate_kind kind = source_inflate_kind(source->file.in);
    if (kind == SOURCE_INFLATE_NONE) {
        return OV_OK;
    }
    source->packing = source_inflate_name(kind);
    enum ov_status status = source_file_unpack(&source->file, kind);
    if (status == OV_UNSUPPORTED) {
        struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
        text_printf(&t, "packed by %s, which this overt was built without", source->packing);
    } else if (status != OV_OK) {
        return fail(status, ov_status_text(status), ret_error);
    }
    return status;
}

/* Finds out the format by the file's first bytes and reads its header. */
static enum ov_status open_format(struct source *source, char *ret_error)
{
    struct source_file *file = &source->file;
    bool whole_header = have_bytes(file, SOURCE_CLASSIC_HEADER_SIZE);
    enum ov_status status = open_packed(source, ret_error);
    if (status != OV_OK) {
        return status;
    }
    if (source->packing != NULL) {
        whole_header = have_bytes(file, SOURCE_CLASSIC_HEADER_SIZE);
    }
    if (file->error != 0) {
        return fail_errno(file->error, ret_error);
    }
    if (bytes_left(&file->in) < FORMAT_MAGIC_SIZE && file->broken != NULL) {
        return fail(OV_SYNTAX, file->broken, ret_error);
    }
    if (bytes_left(&file->in) < FORMAT_MAGIC_SIZE) {
        return fail(OV_SYNTAX, "not a capture: the file is empty or nearly so", ret_error);
    }
    struct bytes magic = file->in;
    if (bytes_u32(&magic) == SOURCE_PCAPNG_MAGIC) {
        source->format = FORMAT_PCAPNG;
        return OV_OK;
    }
    if (whole_header && source_classic_open(&source->classic, &file->in)) {
        source->format = FORMAT_CLASSIC;
        return OV_OK;
    }
    if (source->packing != NULL) {
        return fail(OV_SYNTAX, "packed, but neither pcap nor pcapng is inside", ret_error);
    }
    source->format = FORMAT_LIBPCAP;
    return source_pcap_open(file->descriptor, &source->pcap, ret_error);
}

static enum source_step step(struct source *source, struct source_record *ret_record)
{
    switch (source->format) {
    case FORMAT_CLASSIC:
        return source_classic_step(&source->classic, &source->file.in, ret_record, source->why);
    case FORMAT_PCAPNG:
        source->pcapng.last_us = source->last_us;
        return source_pcapng_step(&source->pcapng, &source->file, ret_record, source->why);
    case FORMAT_LIBPCAP:
        break;
    }
    return source_pcap_step(source->pcap, ret_record, source->why);
}

/* Reads the blocks before the first packet as far as they are here: they tell the link types. */
static enum ov_status add_described_links(struct source *source, char *ret_error)
{
    struct source_record record;
    enum source_step got;
    struct bytes before;
    do {
        before = source->file.in;
        got = step(source, &record);
    } while (got == SOURCE_SKIPPED);
    source->file.in = before;
    const struct source_pcapng *pcapng = &source->pcapng;
    enum ov_status status = OV_OK;
    if (pcapng->interface_count == 0) {
        status = source_pcap_filter_add(source->filter, LINKTYPE_ETHERNET, ret_error);
    }
    for (uint32_t i = 0; i < pcapng->interface_count && status == OV_OK; i++) {
        status = source_pcap_filter_add(source->filter, pcapng->interfaces[i].link_type, ret_error);
    }
    return status;
}

static enum ov_status open_filter(struct source *source, const char *text, char *ret_error)
{
    source->filter = source_pcap_filter_new(text);
    if (source->filter == NULL) {
        return fail(OV_NOMEM, ov_status_text(OV_NOMEM), ret_error);
    }
    switch (source->format) {
    case FORMAT_CLASSIC:
        return source_pcap_filter_add(source->filter, source->classic.link_type, ret_error);
    case FORMAT_PCAPNG:
        return add_described_links(source, ret_error);
    case FORMAT_LIBPCAP:
        break;
    }
    return source_pcap_filter_add(source->filter, source_pcap_link_type(source->pcap), ret_error);
}

enum ov_status source_open(const char *path, const struct source_options *options,
                           struct source **ret_source, char *ret_error)
{
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return fail(OV_NOMEM, ov_status_text(OV_NOMEM), ret_error);
    }
    enum ov_status status = source_file_open(&source->file, path);
    source->file.stop = options != NULL ? options->stop : NULL;
    if (options != NULL && options->growing) {
        source->growing = true;
        source->file.total_bytes = 0;
    }
    source->pcapng.secrets = options != NULL ? options->secrets : NULL;
    if (status == OV_IO) {
        status = fail_errno(errno, ret_error);
    } else if (status != OV_OK) {
        status = fail(status, ov_status_text(status), ret_error);
    } else {
        status = open_format(source, ret_error);
    }
    if (status == OV_OK && options != NULL && options->filter != NULL) {
        status = open_filter(source, options->filter, ret_error);
    }
    if (status != OV_OK) {
        int error = errno;
        source_close(source);
        errno = error;
        return status;
    }
    *ret_source = source;
    return OV_OK;
}

static uint64_t offset(const struct source *source)
{
    return source->format == FORMAT_LIBPCAP ? source_pcap_offset(source->pcap)
                                            : source_file_offset(&source->file);
}

/* There is damage here; source->why tells which. */
static void note_damage(struct source *source)
{
    if (source->damaged_places++ == 0) {
        source->damaged_at = offset(source);
        source->damaged_packets = source->packets;
        source->damaged_us = source->last_us;
        memcpy(source->damage, source->why, sizeof source->damage);
    }
}

/* Ends the input here; source->why says why. */
static void end_damaged(struct source *source)
{
    note_damage(source);
    source->ended = true;
    source->tail_lost = true;
}

/* Steps over a byte that is no place to go on from. */
static void skip_byte(struct source *source)
{
    bytes_skip(&source->file.in, 1);
    source->skipped_bytes++;
}

/* Looks behind the damage that begins here for records; source->why says what is wrong. */
static void begin_seeking(struct source *source)
{
    if (source->format == FORMAT_LIBPCAP) {
        end_damaged(source);
        return;
    }
    note_damage(source);
    source->seeking = true;
    source->pcapng.holed = true;
    if (!source->hole) {
        source->hole = true;
        source->hole_us = source->last_us;
    }
    skip_byte(source);
}

static enum source_sight look(const struct source *source)
{
    const struct source_file *file = &source->file;
    return source->format == FORMAT_CLASSIC
               ? source_classic_sight(&source->classic, file->in, source->near_us, source->drained)
               : source_pcapng_sight(&source->pcapng, file->in, source->near_us, source->drained);
}

/* Goes to where records begin again, or to the end of the window. */
static enum source_step seek(struct source *source)
{
    while (bytes_left(&source->file.in) > 0) {
        switch (look(source)) {
        case SOURCE_SIGHT_RECORDS:
            source->seeking = false;
            return SOURCE_SKIPPED;
        case SOURCE_SIGHT_MORE:
            return SOURCE_MORE;
        case SOURCE_SIGHT_NONE:
            skip_byte(source);
            break;
        }
    }
    source->tail_lost = source->drained;
    return source->drained ? SOURCE_ENDED : SOURCE_MORE;
}

/* Is the rest of the window the beginning of a record, whose end the file lacks? */
static bool ends_inside_record(const struct source *source)
{
    const struct source_file *file = &source->file;
    return source->format == FORMAT_CLASSIC
               ? source_classic_begins(&source->classic, file->in, source->near_us)
               : source_pcapng_begins(&source->pcapng, file->in);
}

/* No more bytes come: that is the end of the file, or a record lacks its rest. */
static void end_of_bytes(struct source *source)
{
    struct text t = text_into(source->why, SOURCE_TEXT_SIZE);
    const struct source_file *file = &source->file;
    source->drained = true;
    if (file->error != 0) {
        text_printf(&t, "read failed: %s", strerror(file->error));
        end_damaged(source);
    } else if (file->broken != NULL) {
        text_put(&t, file->broken);
        end_damaged(source);
    } else if (source_file_stopped(file) || source->seeking) {
        source->ended = !source->seeking;
    } else if (bytes_left(&file->in) > 0 && !ends_inside_record(source)) {
        text_put(&t, "a record is longer than what is left of the file");
        begin_seeking(source);
    } else {
        bool inside = bytes_left(&file->in) > 0 || file->skip_bytes > 0;
        text_put(&t, "the file ends inside a record");
        if (inside) {
            note_damage(source);
        }
        source->skipped_bytes += bytes_left(&file->in);
        source->ended = true;
    }
}

static bool fail_memory(struct source *source)
{
    struct text t = text_into(source->why, SOURCE_TEXT_SIZE);
    text_put(&t, ov_status_text(OV_NOMEM));
    end_damaged(source);
    return false;
}

/* False when the input ended. Frames given out so far are dead unless their buffer is held. */
static bool refill(struct source *source)
{
    if (source->format == FORMAT_LIBPCAP) {
        return source_pcap_forget(source->pcap) || fail_memory(source);
    }
    if (source_file_fill(&source->file)) {
        return true;
    }
    source->waits = source->growing && source->packing == NULL && source->file.error == 0;
    if (!source->waits) {
        end_of_bytes(source);
    }
    return false;
}

/* Does the filter let it through? A link type the filter does not fit ends the input: to drop
 * such packets in silence would look like their absence. */
static bool passes(struct source *source, const struct source_record *record)
{
    if (source->filter == NULL) {
        return true;
    }
    if (source_pcap_filter_add(source->filter, record->link_type, source->why) != OV_OK) {
        end_damaged(source);
        return false;
    }
    return source_pcap_filter_match(source->filter, record);
}

static void note_time(struct source *source, uint64_t us)
{
    static const uint64_t day_us = UINT64_C(86400) * 1000000;
    if (us < source->last_us + day_us && source->last_us < us + day_us) {
        source->near_us = us;
    }
    source->last_us = us;
}

static void take(struct source *source, const struct source_record *record, struct batch *b)
{
    source->packets++;
    if (!record->timeless) {
        note_time(source, record->time_us);
    }
    if (source->hole) {
        bool later = source->last_us > source->hole_us;
        source->hole = false;
        batch_lose(b, later ? source->hole_us : source->last_us,
                   later ? source->last_us : source->hole_us);
    }
    if (passes(source, record)) {
        uint32_t i = b->count++;
        b->frame[i] = record->frame;
        b->time_us[i] = source->last_us;
        b->packet[i] = source->packets;
        b->link_type[i] = record->link_type;
    }
}

/* The memory that frames lie in now. */
static struct source_buffer *buffer_in_use(const struct source *source)
{
    return source->format == FORMAT_LIBPCAP ? source_pcap_buffer(source->pcap)
                                            : source->file.buffers.first;
}

static void fill(struct source *source, struct batch *b)
{
    struct source_record record = { .timeless = true };
    while (b->count < BATCH_SIZE && !source->ended) {
        switch (source->seeking ? seek(source) : step(source, &record)) {
        case SOURCE_PACKET:
            take(source, &record, b);
            break;
        case SOURCE_SKIPPED:
            break;
        case SOURCE_MORE:
            if (b->count > 0) {
                return; /* its frames lie in the window that would move */
            }
            if (!refill(source) && source->waits) {
                return;
            }
            break;
        case SOURCE_DAMAGED:
            begin_seeking(source);
            break;
        case SOURCE_ENDED:
            source->ended = true;
            break;
        }
    }
}

bool source_read(struct source *source, struct batch *b)
{
    b->count = 0;
    b->lost_from_us = b->lost_to_us = 0;
    source->waits = false;
    fill(source, b);
    b->buffer = b->count > 0 ? buffer_in_use(source) : NULL;
    if (b->buffer != NULL) {
        source_buffer_hold(b->buffer);
    }
    return b->count > 0;
}

bool source_waits(const struct source *source)
{
    return source->waits;
}

void source_grown(struct source *source)
{
    source->growing = false;
}

void source_release(struct batch *b)
{
    if (b->buffer != NULL) {
        source_buffer_release(b->buffer);
    }
    for (uint32_t i = 0; i < b->more_count; i++) {
        source_buffer_release(b->more[i]);
    }
    b->buffer = NULL;
    b->more_count = 0;
    b->count = 0;
}

/* How far the file is read, as it lies on the disk. */
static uint64_t place(const struct source *source)
{
    const struct source_file *file = &source->file;
    return file->inflate != NULL ? file->taken_bytes - bytes_left(&file->packed) : offset(source);
}

void source_status(const struct source *source, struct source_status *ret_status)
{
    *ret_status = (struct source_status){
        .read_bytes = place(source),
        .total_bytes = source->file.total_bytes,
        .packets = source->packets,
        .damaged = source->damaged_places > 0,
        .damaged_at = source->damaged_at,
        .damaged_packets = source->damaged_packets,
        .damaged_us = source->damaged_us,
        .damaged_places = source->damaged_places,
        .skipped_bytes = source->skipped_bytes,
        .tail_lost = source->tail_lost,
        .last_us = source->last_us,
        .packing = source->packing,
    };
    memcpy(ret_status->damage, source->damage, sizeof ret_status->damage);
}

void source_close(struct source *source)
{
    if (source != NULL) {
        source_pcap_filter_free(source->filter);
        source_pcap_close(source->pcap);
        source_pcapng_done(&source->pcapng);
        source_file_done(&source->file);
        free(source);
    }
}

bool source_try_close(struct source *source)
{
    bool held = source_buffers_held(&source->file.buffers) ||
                (source->pcap != NULL && source_pcap_held(source->pcap));
    source_file_close(&source->file);
    if (!held) {
        source_close(source);
    }
    return !held;
}

const char *source_library_version(void)
{
    return source_pcap_version();
}

const char *source_gzip_version(void)
{
    return source_inflate_version(SOURCE_INFLATE_GZIP);
}

const char *source_zstd_version(void)
{
    return source_inflate_version(SOURCE_INFLATE_ZSTD);
}

enum ov_status source_check_filter(const char *filter, char *ret_error)
{
    enum { ETHERNET = 1 }; /* any link type shows a wrong word */
    struct source_pcap_filter *compiled = source_pcap_filter_new(filter);
    if (compiled == NULL) {
        snprintf(ret_error, SOURCE_TEXT_SIZE, "%s", ov_status_text(OV_NOMEM));
        return OV_NOMEM;
    }
    enum ov_status status = source_pcap_filter_add(compiled, ETHERNET, ret_error);
    source_pcap_filter_free(compiled);
    return status;
}

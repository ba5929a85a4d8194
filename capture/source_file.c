/* capture/source_file.c: big reads into one buffer; what is unused moves to its front first. */
#include "capture/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SIZE = 2 * SOURCE_FILE_PIECE };

/* The one place where bytes come from: 0 at the end or when stopped, -1 with file->error. */
static ssize_t take(struct source_file *file, uint8_t *room, size_t size)
{
    while (!source_file_stopped(file)) {
        ssize_t got = read(file->descriptor, room, size);
        if (got >= 0) {
            file->taken_bytes += (uint64_t)got;
            return got;
        }
        if (errno != EINTR) {
            file->error = errno;
            return -1;
        }
    }
    return 0;
}

/* More packed bytes; false, as take tells, at their end. */
static bool take_packed(struct source_file *file)
{
    ssize_t got = take(file, file->packed_room, SOURCE_FILE_PACKED);
    if (got > 0) {
        file->packed = bytes_of(file->packed_room, (uint32_t)got, (uint32_t)got);
    } else if (got == 0 && !source_file_stopped(file) && !source_inflate_complete(file->inflate)) {
        file->broken = "the packed file ends early";
    }
    return got > 0;
}

/* As take, of what the packed bytes unpack to. */
static ssize_t take_unpacked(struct source_file *file, uint8_t *room, uint32_t size)
{
    while (file->broken == NULL) {
        uint32_t made = 0, before = bytes_left(&file->packed);
        switch (source_inflate_step(file->inflate, &file->packed, room, size, &made)) {
        case SOURCE_INFLATE_MADE:
            return made;
        case SOURCE_INFLATE_DAMAGED:
            file->broken = "the packed bytes that follow are damaged";
            break;
        case SOURCE_INFLATE_MORE:
            if (bytes_left(&file->packed) == before && !take_packed(file)) {
                return file->error != 0 ? -1 : 0;
            }
            break;
        }
    }
    return 0;
}

static ssize_t supply(struct source_file *file, uint8_t *room, uint32_t size)
{
    return file->inflate == NULL ? take(file, room, size) : take_unpacked(file, room, size);
}

enum ov_status source_file_unpack(struct source_file *file, enum source_inflate_kind kind)
{
    if (source_inflate_version(kind) == NULL) {
        return OV_UNSUPPORTED;
    }
    file->packed_room = malloc(SOURCE_FILE_PACKED);
    file->inflate = source_inflate_new(kind);
    uint32_t here = bytes_left(&file->in);
    if (file->packed_room == NULL || file->inflate == NULL || here > SOURCE_FILE_PACKED) {
        return OV_NOMEM;
    }
    (void)bytes_copy(&file->in, file->packed_room, here);
    file->packed = bytes_of(file->packed_room, here, here);
    file->read_bytes = 0;
    return OV_OK;
}

enum ov_status source_file_open(struct source_file *file, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    *file = (struct source_file){ .descriptor = -1 };
    struct source_buffer *buffer = source_buffers_take(&file->buffers, FIRST_SIZE);
    if (buffer == NULL) {
        return OV_NOMEM;
    }
    file->in = bytes_of(buffer->bytes, 0, 0);
    file->descriptor = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (file->descriptor < 0 || fstat(file->descriptor, &facts) != 0) {
        return OV_IO;
    }
    if (S_ISREG(facts.st_mode)) {
        file->total_bytes = (uint64_t)facts.st_size;
    }
    return OV_OK;
}

/* Moves the unused bytes to the front, of another buffer where batches hold this one, and sees to
 * it that a piece fits behind them. */
static bool make_room(struct source_file *file)
{
    uint32_t keep = bytes_left(&file->in);
    uint32_t from = file->filled - keep;
    struct source_buffer *old = file->buffers.first;
    uint32_t size = old->size;
    while (size - keep < SOURCE_FILE_PIECE) {
        size *= 2;
    }
    struct source_buffer *now = source_buffers_take(&file->buffers, size);
    if (now == NULL) {
        file->error = ENOMEM;
        return false;
    }
    if (keep > 0 && (from > 0 || now != old)) {
        memmove(now->bytes, old->bytes + from, keep);
    }
    file->filled = keep;
    file->in = bytes_of(now->bytes, keep, keep);
    return true;
}

/* Adds what one read gives; of that, what is to be skipped is stepped over. */
static bool read_piece(struct source_file *file)
{
    if (!make_room(file)) {
        return false;
    }
    struct source_buffer *buffer = file->buffers.first;
    ssize_t got = supply(file, buffer->bytes + file->filled, buffer->size - file->filled);
    if (got <= 0) {
        return false;
    }
    file->read_bytes += (uint64_t)got;
    file->filled += (uint32_t)got;
    file->in = bytes_of(buffer->bytes, file->filled, file->filled);
    if (file->skip_bytes > 0) {
        uint64_t skip = file->skip_bytes < file->filled ? file->skip_bytes : file->filled;
        bytes_skip(&file->in, (uint32_t)skip);
        file->skip_bytes -= skip;
    }
    return true;
}

bool source_file_fill(struct source_file *file)
{
    if (bytes_left(&file->in) > SOURCE_FILE_RECORD_MAX) {
        return false;
    }
    do {
        if (!read_piece(file)) {
            return false;
        }
    } while (bytes_left(&file->in) == 0);
    return true;
}

void source_file_skip(struct source_file *file, uint32_t n)
{
    uint32_t here = n < bytes_left(&file->in) ? n : bytes_left(&file->in);
    bytes_skip(&file->in, here);
    file->skip_bytes += n - here;
}

uint64_t source_file_offset(const struct source_file *file)
{
    return file->read_bytes - bytes_left(&file->in);
}

void source_file_close(struct source_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    file->descriptor = -1;
}

void source_file_done(struct source_file *file)
{
    source_file_close(file);
    source_inflate_free(file->inflate);
    free(file->packed_room);
    source_buffers_done(&file->buffers);
    *file = (struct source_file){ .descriptor = -1 };
}

/* capture/source_file.c: big reads into one buffer; what is unused moves to its front first. */
#include "capture/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SIZE = 2 * SOURCE_FILE_PIECE };

/* The one place where bytes come from: 0 at the end or when stopped, -1 with file->error. */
static ssize_t supply(struct source_file *file, uint8_t *room, size_t size)
{
    while (!source_file_stopped(file)) {
        ssize_t got = read(file->descriptor, room, size);
        if (got >= 0) {
            return got;
        }
        if (errno != EINTR) {
            file->error = errno;
            return -1;
        }
    }
    return 0;
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

void source_file_done(struct source_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    source_buffers_done(&file->buffers);
    *file = (struct source_file){ .descriptor = -1 };
}

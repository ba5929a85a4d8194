/* cli/keylog_file.c: the key log file in pieces, by offset. */
#include "cli/keylog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 16 * 1024 };

/* A secrets block of a capture: a text of its own, not of the file. */
static void take(struct source_secrets *secrets, struct bytes text, uint64_t since_us)
{
    struct keylog_file *file = (struct keylog_file *)secrets;
    struct keylog_text block = { .since_us = since_us };
    keylog_read(file->keylog, &block, text);
    keylog_end(file->keylog, &block);
}

enum ov_status keylog_file_init(struct keylog_file *file, struct hash_seed seed)
{
    *file = (struct keylog_file){ .secrets = { take }, .descriptor = -1 };
    return keylog_new(seed, &file->keylog);
}

static void close_file(struct keylog_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    file->descriptor = -1;
}

void keylog_file_done(struct keylog_file *file)
{
    if (file->keylog != NULL) {
        keylog_end(file->keylog, &file->text); /* overwrites it */
        close_file(file);
    }
    keylog_free(file->keylog);
    file->keylog = NULL;
}

/* From its first byte. */
static bool open_file(struct keylog_file *file)
{
    struct stat what;
    close_file(file);
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, &what) != 0) {
        return false;
    }
    file->device = what.st_dev;
    file->inode = what.st_ino;
    file->at = 0;
    return true;
}

/* Up to the end that the file has now. false: it cannot be read; errno. */
static bool read_on(struct keylog_file *file)
{
    char piece[PIECE];
    for (;;) {
        ssize_t n = read(file->descriptor, piece, sizeof piece);
        if (n <= 0) {
            keylog_wipe(piece, sizeof piece);
            return n == 0;
        }
        file->at += n;
        keylog_read(file->keylog, &file->text, bytes_of(piece, (uint32_t)n, (uint32_t)n));
    }
}

enum ov_status keylog_file_read(struct keylog_file *file, const char *path)
{
    file->path = path;
    if (!open_file(file) || !read_on(file)) {
        return OV_IO;
    }
    keylog_end(file->keylog, &file->text);
    close_file(file);
    return OV_OK;
}

void keylog_file_follow(struct keylog_file *file, const char *path)
{
    file->path = path;
    keylog_grows(file->keylog);
    keylog_file_look(file);
}

void keylog_file_look(struct keylog_file *file)
{
    struct stat now;
    if (file->path == NULL || stat(file->path, &now) != 0) {
        return;
    }
    bool same = file->descriptor >= 0 && now.st_dev == file->device && now.st_ino == file->inode;
    if (!same || now.st_size < file->at) {
        keylog_end(file->keylog, &file->text); /* the last line of what was there before */
        if (!open_file(file)) {
            return;
        }
    }
    if (!same || now.st_size > file->at) {
        (void)read_on(file);
    }
}

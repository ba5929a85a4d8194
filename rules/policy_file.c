/* rules/policy_file.c: reading a file that belongs to a policy. */
#include "rules/policy_file.h"

#include <errno.h>

static bool read_open(struct policy_reader *reader, struct arena *arena, FILE *file,
                      struct policy_file *ret_file)
{
    if (fstat(fileno(file), &ret_file->info) != 0 || !S_ISREG(ret_file->info.st_mode)) {
        errno = EINVAL;
        return false;
    }
    if (ret_file->info.st_size > POLICY_FILE_MAX) {
        ret_file->too_big = true;
        return false;
    }
    size_t room = (size_t)ret_file->info.st_size;
    char *text = arena_take(arena, room + 1);
    if (text == NULL) {
        reader->status = OV_NOMEM;
        return true;
    }
    ret_file->size = fread(text, 1, room, file);
    ret_file->text = text;
    return ferror(file) == 0;
}

bool policy_file_read(struct policy_reader *reader, struct arena *arena, const char *path,
                      struct policy_file *ret_file)
{
    FILE *file = fopen(path, "rbe");
    *ret_file = (struct policy_file){ .text = NULL };
    if (file == NULL) {
        return false;
    }
    bool good = read_open(reader, arena, file, ret_file);
    int error = errno;
    (void)fclose(file);
    errno = error;
    return good;
}
